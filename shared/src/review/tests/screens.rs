use super::counterparty::{send, with_message};
use super::*;

#[test]
fn every_line_fits_and_the_screen_is_the_same_each_time() {
    let cold = of(&accounts(), "cold");
    let found = bare(&with_message(&cold, &send(Some(b"order 7")))).unwrap();
    let screen = found.screen();
    assert_eq!(screen, found.screen());
    assert!(screen.iter().all(|line| line.chars().count() <= super::super::lines::WIDTH));
    assert_eq!(found.to_json()["approval"], "1.5");
}

#[test]
fn shows_times_as_the_caller_writes_them() {
    let cold = of(&accounts(), "cold");
    let found =
        review(contents(vec![pays("cold", PAYEE, "0.0006")], vec![step(&cold, payment(&cold))], vec![]))
            .unwrap();
    let screen = found.screen_at(&|moment| format!("<{}>", moment.to_unix())).join("\n");
    assert!(screen.contains(&format!("<{}>", CREATED + 86_400)), "{screen}");
    assert!(found.screen().join("\n").contains("UTC"));
}

#[test]
fn warns_of_addresses_that_look_alike() {
    let cold = of(&accounts(), "cold");

    let mut found = bare(&payment(&cold)).unwrap();
    let twin = format!("{}{}{}", &PAYEE[..10], "q".repeat(PAYEE.len() - 14), &PAYEE[PAYEE.len() - 4..]);
    let StepKind::Bitcoin(step) = &mut found.steps[0].kind else { panic!("no bitcoin") };
    step.change[0].to = twin;
    let warnings = super::super::warnings::collect(&found, None);
    assert_eq!(warnings[0].kind.code(), "W-LOOK-ALIKE");
}

#[test]
fn a_reference_is_outside_text() {
    let cold = of(&accounts(), "cold");
    let mut asked = pays("cold", PAYEE, "0.0006");
    asked.reference = Some("W-1\u{1b}[1A\nFee 0 sat".to_owned());
    let found = review(contents(vec![asked], vec![step(&cold, payment(&cold))], vec![])).unwrap();
    assert!(found.screen().iter().any(|line| line == "      | W-1\\u{1b}[1A\\u{a}Fee 0 sat"));
    assert_eq!(codes(&found), ["W-HOSTILE-TEXT"]);
}
