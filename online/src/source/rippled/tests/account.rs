use super::*;
use crate::source::rippled::account::read;

const TICKETS: [&str; 3] = ["account_info_tickets", "account_objects_tickets_1", "account_objects_tickets_2"];

fn ask(script: Script) -> Result<XrplAccountFacts> {
    script.run(|asker| read(asker, SENDER, None))
}

fn plain() -> XrplAccountFacts {
    XrplAccountFacts {
        address: SENDER.to_owned(),
        exists: true,
        balance: "80000000000".to_owned(),
        sequence: 69_296_647,
        owner_count: 0,
        flags: 0x0002_0000,
        regular_key: None,
        signer_list: false,
        tickets: Vec::new(),
    }
}

#[test]
fn reads_an_account() {
    assert_eq!(ask(Script::of(&["account_info"])).unwrap(), plain());
    let with_list = XrplAccountFacts { owner_count: 1, signer_list: true, ..plain() };
    assert_eq!(ask(Script::of(&["account_info_v1"])).unwrap(), with_list);
}

#[test]
fn reads_an_account_in_the_ledger_that_is_named_and_in_no_other() {
    let of = |script: Script| {
        let asked = script.asked("ledger_index", json!(LEDGER));
        asked.run(|asker| read(asker, SENDER, Some(LEDGER)))
    };
    assert_eq!(of(Script::of(&["account_info"])).unwrap(), plain());
    for other in [LEDGER - 1, LEDGER + 1] {
        let outcome = of(Script::of(&["account_info"]).with("/ledger_index", json!(other)));
        assert_eq!(code_of(outcome), FOREIGN_ANSWER.id);
    }
    assert_eq!(code_of(of(Script::of(&["account_info_lgr_not_found"]))), NOT_SYNCED.id);
}

#[test]
fn reads_tickets_from_all_pages_of_the_same_ledger() {
    let facts = ask(Script::of(&TICKETS)).unwrap();
    let expected = XrplAccountFacts {
        owner_count: 4,
        regular_key: Some(GENESIS.to_owned()),
        signer_list: true,
        tickets: vec![69_296_642, 69_296_644, 69_296_646],
        ..plain()
    };
    assert_eq!(facts, expected);
}

#[test]
fn knows_an_account_that_does_not_exist() {
    for name in ["account_info_not_found", "account_info_not_found_clio"] {
        let facts = ask(Script::of(&[name])).unwrap();
        assert_eq!((facts.exists, facts.balance.as_str(), facts.sequence), (false, "0", 0), "{name}");
    }
    for (place, value) in
        [("/account", json!(GENESIS)), ("/request/account", json!(GENESIS)), ("/validated", json!(false))]
    {
        let outcome = ask(Script::of(&["account_info_not_found"]).with(place, value));
        assert_eq!(code_of(outcome), FOREIGN_ANSWER.id, "{place}");
    }
    assert_eq!(code_of(ask(Script::of(&["account_info_lgr_not_found"]))), NOT_SYNCED.id);
}

#[test]
fn refuses_another_account_and_other_ledgers() {
    for (place, value) in [
        ("/account_data/Account", json!(GENESIS)),
        ("/account_data/Account", json!("nobody")),
        ("/validated", json!(false)),
        ("/validated", Value::Null),
    ] {
        let outcome = ask(Script::of(&["account_info"]).with(place, value));
        assert_eq!(code_of(outcome), FOREIGN_ANSWER.id, "{place}");
    }
}

#[test]
fn refuses_accounts_out_of_range() {
    for (place, value) in [
        ("/account_data/Balance", json!("100000000000000001")),
        ("/account_data/Balance", json!("9223372036854775808")),
        ("/account_data/Balance", json!("-1")),
        ("/account_data/Balance", json!(80_000)),
        ("/account_data/Sequence", json!(4_294_967_296_u64)),
        ("/account_data/Sequence", json!(1.5)),
        ("/account_data/Flags", json!(-1)),
        ("/account_data/OwnerCount", Value::Null),
        ("/account_data/RegularKey", json!("rNobody")),
        ("/account_data/TicketCount", json!(251)),
        ("/account_data/TicketCount", json!(1)),
        ("/account_data/signer_lists", json!([])),
        ("/signer_lists", Value::Null),
        ("/signer_lists", json!([{}, {}])),
        ("/ledger_index", Value::Null),
    ] {
        let outcome = ask(Script::of(&["account_info"]).with(place, value));
        assert_eq!(code_of(outcome), BAD_ANSWER.id, "{place}");
    }
}

#[test]
fn refuses_tickets_that_do_not_belong_or_do_not_add_up() {
    for (place, value, code) in [
        ("/account", json!(GENESIS), FOREIGN_ANSWER.id),
        ("/ledger_index", json!(LEDGER + 1), FOREIGN_ANSWER.id),
        ("/validated", json!(false), FOREIGN_ANSWER.id),
        ("/account_objects/0/Account", json!(GENESIS), FOREIGN_ANSWER.id),
        ("/account_objects/0/LedgerEntryType", json!("Check"), FOREIGN_ANSWER.id),
        ("/account_objects/0/TicketSequence", json!(69_296_644), BAD_ANSWER.id),
        ("/account_objects/0/TicketSequence", json!(69_296_647), BAD_ANSWER.id),
        ("/account_objects", json!([]), BAD_ANSWER.id),
        ("/marker", json!("F6F6,0"), BAD_ANSWER.id),
    ] {
        let outcome = ask(Script::of(&TICKETS).with(place, value));
        assert_eq!(code_of(outcome), code, "{place}");
    }
}

#[test]
fn asks_for_nothing_under_a_name_that_is_no_address() {
    assert!(Script::of(&[]).run(|asker| read(asker, "sEdTM1uX8pu2do5XvTnutH6HsouMaM2", None)).is_err());
}
