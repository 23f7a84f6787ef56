//! Assets and XRP that bundles under way send are nobody else's.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use bitcoin::Txid;
use bitcoin::hashes::Hash as _;

use super::*;
use crate::promise::PROMISED;
use crate::source::counterparty::Judgement;

/// `cold` of the demo holds 670.76201564 XCP on one address.
const ONE: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
const OTHER: &str = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";

fn xcp(to: &str, amount: &str) -> Vec<Request> {
    let text = format!(
        r#"[{{"from":"cold","intent":{{"send-asset":{{"payee":{{"asset":"XCP","to":"{to}","amount":"{amount}",
        "memo":{{"text":"7"}}}}}}}}}}]"#
    );
    airlock::json::parse_as(text.as_bytes()).unwrap()
}

fn pay_xrp(amount: &str) -> Vec<Request> {
    let text = format!(
        r#"[{{"from":"cold","intent":{{"send-xrp":{{"to":"rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s","tag":1,
        "amount":"{amount}"}}}}}}]"#
    );
    airlock::json::parse_as(text.as_bytes()).unwrap()
}

#[track_caller]
fn refused(desk: &Desk, requests: &[Request], parts: &[&str]) -> Error {
    let kept = desk.kept();
    let error = desk.send(requests, &[]).unwrap_err();
    assert_eq!((error.code(), error.code().exit.code()), (&PROMISED, 1), "{error}");
    for part in parts {
        assert!(error.what().contains(part), "'{part}' is not in: {error}");
    }
    assert_eq!(desk.kept(), kept, "nothing was kept");
    error
}

impl Desk {
    /// As if the ledger had parsed what was set, and taken it off.
    fn parsed(&self, sent: u64) {
        let height = self.chain.facts.borrow().bitcoin.as_ref().unwrap().height;
        let judgement = Judgement::Parsed { height, valid: true, kind: "send".to_owned(), sends: vec![] };
        self.chain.judged.borrow_mut().insert(Txid::all_zeros(), judgement);
        let mut facts = self.chain.facts.borrow_mut();
        let balances = &mut facts.counterparty.as_mut().unwrap().balances;
        let row = balances.iter_mut().find(|row| row.quantity == "67076201564").unwrap();
        row.quantity = (67_076_201_564 - sent).to_string();
    }
}

#[test]
fn a_second_send_beyond_the_rest_is_refused_while_the_first_is_under_way() {
    let desk = Desk::new();
    let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
    let short = told(&first, "short_id");
    for state in ["signed", "submitted", "seen", "confirmed"] {
        desk.set(&first, state);
        let error = refused(
            &desk,
            &xcp(OTHER, "170.7620157"),
            &[
                "670.76201564 XCP",
                &format!("500 XCP with bundle {short}"),
                "170.76201564 XCP are free",
                "170.7620157 XCP",
            ],
        );
        assert!(error.next().contains(&format!("status {short}")), "{error}");
    }
    // An address of which all is promised still holds assets, and what is left is left.
    let rest = desk.send(&xcp(OTHER, "170.76201564"), &[]).unwrap();
    desk.set(&rest, "signed");
    refused(&desk, &xcp(OTHER, "0.00000001"), &[&short, &told(&rest, "short_id"), "; 0 XCP are free"]);
    for ended in ["failed", "superseded"] {
        desk.set(&first, ended);
        assert!(desk.send(&xcp(OTHER, "499.5"), &["--again"]).is_ok(), "{ended}");
        desk.set(&first, "seen");
    }
    desk.expire(&rest);
    assert!(
        desk.send(&xcp(OTHER, "170"), &["--again"]).is_ok(),
        "what was never submitted is not submitted any more"
    );
}

#[test]
fn what_the_ledger_has_parsed_is_taken_off_once_and_counts_again_behind_a_reorganization() {
    for state in ["seen", "confirmed", "final"] {
        let desk = Desk::new();
        let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
        // A block came since somebody looked; the balance says it already.
        desk.set(&first, state);
        desk.ended_now(&first);
        desk.parsed(50_000_000_000);
        let next = desk.send(&xcp(OTHER, "170.76201564"), &[]).unwrap();
        assert_eq!(next.answer.json["facts"]["under_way"], json!([]), "{state}");
        // The block is gone, and the ledger has taken everything back.
        desk.chain.judged.borrow_mut().clear();
        let mut facts = desk.chain.facts.borrow_mut();
        let balances = &mut facts.counterparty.as_mut().unwrap().balances;
        balances.iter_mut().find(|row| row.quantity == "17076201564").unwrap().quantity =
            "67076201564".to_owned();
        drop(facts);
        refused(&desk, &xcp(OTHER, "300"), &["500 XCP with bundle", "170.76201564 XCP are free"]);
    }
    // A ledger that has parsed a later block than the one that is read has not taken it off there.
    let desk = Desk::new();
    let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
    desk.set(&first, "seen");
    let height = desk.chain.facts.borrow().bitcoin.as_ref().unwrap().height + 1;
    let judgement = Judgement::Parsed { height, valid: true, kind: "send".to_owned(), sends: vec![] };
    desk.chain.judged.borrow_mut().insert(Txid::all_zeros(), judgement);
    refused(&desk, &xcp(OTHER, "300"), &["170.76201564 XCP are free"]);
}

impl Desk {
    /// As if its steps had come to their state a moment ago.
    fn ended_now(&self, done: &Done) {
        let store = rusqlite::Connection::open(Store::open(&self.home()).unwrap().path()).unwrap();
        let change = "INSERT INTO history (at, bundle, number, was, state, incident)
                      SELECT ?2, bundle, number, 'planned', state, 0 FROM steps WHERE bundle = ?1";
        let now = clock::now().to_unix().to_string();
        assert!(store.execute(change, [told(done, "id"), now]).unwrap() > 0);
    }
}

#[test]
fn a_bundle_that_sends_more_than_others_leave_is_told() {
    let desk = Desk::new();
    let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
    let used = in_flight::uses_of(&bundle_of(&first)).unwrap();
    let free = |coin: &airlock::snapshot::Coin| !used.contains(&Use::Coin(coin.outpoint));
    desk.chain.facts.borrow_mut().bitcoin.as_mut().unwrap().coins.retain(free);
    let second = desk.send(&xcp(OTHER, "200"), &[]).unwrap();
    desk.set(&first, "signed");
    desk.set(&second, "signed");
    let third = desk.send(&btc(None, "0.0005", "2"), &[]).unwrap();
    let rows = third.answer.json["facts"]["under_way"].as_array().unwrap();
    let number = |row: &Value, name: &str| row[name].as_str().unwrap().parse::<u64>().unwrap();
    let sums = ["base_units", "beyond"].map(|name| rows.iter().map(|row| number(row, name)).sum::<u64>());
    assert_eq!(sums, [67_076_201_564, 2_923_798_436], "{rows:?}");
    let line = third.answer.lines.iter().find(|line| line.starts_with("WARNING")).unwrap();
    assert!(line.contains("29.23798436 XCP more than bcrt1q"), "{line}");
}

#[test]
fn the_snapshot_holds_what_is_free_and_gives_the_same_bundle() {
    let desk = Desk::new();
    let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
    desk.set(&first, "submitted");
    let second = desk.send(&xcp(OTHER, "150"), &[]).unwrap();
    let row = &second.answer.json["facts"]["under_way"][0];
    assert_eq!((&row["bundle"], &row["base_units"]), (&first.answer.json["short_id"], &json!("50000000000")));
    let line = format!("with bundle {}: taken off the balance", told(&first, "short_id"));
    assert!(second.answer.lines.iter().any(|told| told.contains(&line) && told.contains("500 XCP")));
    let snapshot = fs::read(told(&second, "snapshot")).unwrap();
    let kept = Snapshot::decode(&snapshot).unwrap().counterparty.unwrap();
    assert!(kept.balances.iter().any(|row| row.quantity == "17076201564"));
    let bytes = fs::read(told(&second, "file")).unwrap();
    fs::remove_file(told(&second, "file")).unwrap();
    let line = desk.line(&["--snapshot", &told(&second, "snapshot")]);
    let again = build(&xcp(OTHER, "150"), "test", &line.build, &line.global).unwrap();
    assert_eq!(fs::read(told(&again, "file")).unwrap(), bytes);
}

#[test]
fn what_is_only_planned_is_a_warning_unless_the_two_exclude_each_other() {
    let desk = Desk::new();
    let first = desk.send(&xcp(ONE, "500"), &[]).unwrap();
    let short = told(&first, "short_id");
    let second = desk.send(&xcp(OTHER, "300"), &[]).unwrap();
    assert!(warned(&second, "already used by"), "both take the same coin");
    assert!(!warned(&second, "no effect"));
    // Now it takes another coin.
    let used = in_flight::uses_of(&bundle_of(&first)).unwrap();
    let free = |coin: &airlock::snapshot::Coin| !used.contains(&Use::Coin(coin.outpoint));
    desk.chain.facts.borrow_mut().bitcoin.as_mut().unwrap().coins.retain(free);
    desk.expire(&second);
    let third = desk.send(&xcp(OTHER, "170.7620157"), &[]).unwrap();
    assert!(
        warned(&third, &format!("bundle {short} would send"))
            && warned(&third, "670.76201564 XCP that are free")
    );
    desk.expire(&third);
    let fits = desk.send(&xcp(OTHER, "170.76201564"), &[]).unwrap();
    assert!(!warned(&fits, "no effect"));
}

#[test]
fn a_sweep_does_not_take_what_is_promised() {
    let desk = Desk::new();
    let sweep = format!(
        r#"[{{"from":"cold","intent":{{"sweep":{{"to":"{OTHER}","balances":true,"ownerships":false,"memo":{{"text":"7"}}}}}}}}]"#
    );
    let sweep: Vec<Request> = airlock::json::parse_as(sweep.as_bytes()).unwrap();
    let first = desk.send(&xcp(ONE, "1"), &[]).unwrap();
    desk.set(&first, "seen");
    refused(
        &desk,
        &sweep,
        &["everything of bcrt1q", &format!("1 XCP with bundle {}", told(&first, "short_id"))],
    );
    desk.set(&first, "failed");
    let swept = desk.send(&sweep, &[]).unwrap();
    desk.set(&swept, "signed");
    refused(&desk, &xcp(ONE, "1"), &[&format!("670.76201564 XCP with bundle {}", told(&swept, "short_id"))]);
    let error = desk.send(&send_of("CARDSIND"), &[]).unwrap_err();
    assert!(error.code() == &PROMISED && error.what().contains("84,976 CARDSIND with"), "{error}");
}

#[test]
fn xrp_under_way_is_taken_off_until_the_ledger_has_its_sequence() {
    let desk = Desk::new();
    let first = desk.send(&pay_xrp("200000"), &[]).unwrap();
    let short = told(&first, "short_id");
    desk.set(&first, "submitted");
    refused(
        &desk,
        &pay_xrp("49999"),
        &[
            "250,000 XRP",
            &format!("200,000.005 XRP with bundle {short}"),
            "1 XRP is the reserve",
            "49,998.995 XRP are free",
            "49,999.005 XRP",
        ],
    );
    assert!(desk.send(&pay_xrp("49998.99"), &[]).is_ok());
    {
        let mut facts = desk.chain.facts.borrow_mut();
        let account = &mut facts.xrpl.as_mut().unwrap().accounts;
        let account = account.iter_mut().find(|account| account.balance == "250000000000").unwrap();
        (account.sequence, account.balance) = (account.sequence + 1, "49999995000".to_owned());
    }
    let next = desk.send(&pay_xrp("49998"), &[]).unwrap();
    assert_eq!(next.answer.json["facts"]["under_way"], json!([]));
    assert_eq!(desk.send(&pay_xrp("49999"), &[]).unwrap_err().code(), &plan::SHORT_OF_XRP);
}

#[test]
fn bundles_of_which_one_at_most_can_happen_are_taken_off_once() {
    let desk = Desk::new();
    let mut old = xcp(ONE, "500");
    old[0].fee_rate = Some("2".to_owned());
    let first = desk.send(&old, &[]).unwrap();
    desk.set(&first, "seen");
    let mut new = xcp(ONE, "600");
    new[0].fee_rate = Some("9".to_owned());
    let second = desk.send(&new, &["--replaces", &told(&first, "short_id")]).unwrap();
    desk.set(&second, "signed");
    let error = refused(&desk, &xcp(OTHER, "100"), &["600 XCP with bundle", "70.76201564 XCP are free"]);
    let both = [told(&first, "short_id"), told(&second, "short_id")];
    assert!(both.iter().all(|short| error.what().contains(short.as_str())), "{error}");
}
