use super::*;

#[test]
fn a_fit_machine_is_refused_nothing() {
    assert_eq!(refusal(&Recorded::fit().facts().findings()), None);
}
