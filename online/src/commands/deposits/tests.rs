#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use std::ffi::OsString;

use airlock::account::Role;
use airlock::network::BitcoinNetwork;
use airlock::review::Chain;
use airlock::watch::Watch;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::clock;
use crate::store::{CreditState, NewCredit, Store};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = crate::source::memory::accounts();
        accounts[0].role = Role::Deposit;
        let home = Home::find(Some(folder.path())).unwrap();
        let watch = Watch { accounts };
        home.import(&watch).unwrap();
        std::fs::write(folder.path().join("airlock.toml"), "[bitcoin]\nnetwork = \"regtest\"\n").unwrap();
        Self(folder)
    }

    fn run(&self, words: &str) -> (u8, String) {
        let arguments = ["airlock-online", "deposits"].into_iter().chain(words.split_whitespace());
        let home = ["--home".into(), self.0.path().as_os_str().to_owned()];
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams =
            Streams { stdin: &mut std::io::empty(), stdout: &mut out, stderr: &mut err, is_terminal: false };
        let code = crate::run(arguments.map(OsString::from).chain(home), &mut streams);
        out.extend(err);
        (code, String::from_utf8(out).unwrap())
    }

    fn json(&self, words: &str) -> Value {
        let (code, said) = self.run(&format!("{words} --json"));
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&said).unwrap()
    }
}

#[test]
fn hands_out_and_says_what_was_there() {
    let place = Place::new();
    let first = place.json("address --account cold --customer 4711");
    let again = place.json("address --account cold --customer 4711");
    assert_eq!((&first["new"], &again["new"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(first["address"], again["address"]);
    let (code, said) = place.run("address --account cold --customer 4711 --qr");
    assert!(code == 0 && said.contains("4711 has had this one since") && said.contains('▀'), "{said}");
    let (code, said) =
        place.run("invoice --account nested --customer 4711 --asset XCP --amount 12.5 --valid-for 2h");
    assert!(
        code == 0 && said.contains("12.5 XCP") && said.contains("hex memo") && said.contains("until"),
        "{said}"
    );
    let folder = place.0.path().to_str().unwrap();
    let bill = place.json(&format!("invoice --account nested --customer 4711 --asset XCP --png {folder}"));
    let memo = bill["memo_hex"].as_str().unwrap();
    assert_eq!(memo.len(), 20);
    for what in ["address", "memo"] {
        let picture = std::fs::read(place.0.path().join(format!("{memo}.{what}.png"))).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
    }
    let tag = place.json("tag --account xrp-cold --customer 4711");
    assert!(tag["x_address"].as_str().unwrap().starts_with('T'));
    let all = place.json("customers");
    assert_eq!(all["handed_out"].as_array().unwrap().len(), 5, "{all}");
    let (code, said) = place.run("address --account nobody --customer 4711");
    assert!(code == 3 && said.starts_with("E-DEP-001"), "{said}");
    let (code, said) = place.run("address --account cold --customer =1");
    assert!(code == 2 && said.contains("customer id"), "{said}");
}

fn credit(place: &Place, state: CreditState, number: u8, amount: Option<u64>) {
    credit_on(place, Chain::Bitcoin(BitcoinNetwork::Regtest), state, number, amount);
}

fn credit_on(place: &Place, chain: Chain, state: CreditState, number: u8, amount: Option<u64>) {
    let store = Store::open(&Home::find(Some(place.0.path())).unwrap()).unwrap();
    let credit = NewCredit {
        chain,
        txid: format!("{number:02x}").repeat(32),
        position: 0,
        address: "bcrt1qx".to_owned(),
        asset: "XCP".to_owned(),
        account: "cold".parse().unwrap(),
        customer: None,
        amount,
        decimals: 8,
        height: 100,
        block_hash: "ab".repeat(32),
        block_time: None,
        kind: "send".to_owned(),
        source: None,
        memo: Some(vec![0xab, 0xcd]),
        tag: None,
        state,
        detail: Some("without a memo, says \"who\"".to_owned()),
    };
    store.credit(&credit, clock::now()).unwrap();
}

#[test]
fn assigns_what_waits_and_nothing_else() {
    let place = Place::new();
    place.json("address --account cold --customer 4711");
    let states =
        [CreditState::Suspense, CreditState::Quarantine, CreditState::Pending, CreditState::Credited];
    for (number, state) in (1..).zip(states) {
        credit(&place, state, number, Some(1_250_000_000));
    }
    credit(&place, CreditState::Suspense, 5, None);
    let store = Store::open(&Home::find(Some(place.0.path())).unwrap()).unwrap();
    let cursor = |height| crate::store::Cursor { height, hash: String::new() };
    store.set_cursor("counterparty regtest", &cursor(100)).unwrap();
    let (code, said) = place.run("assign 1 --customer 4711 --reason slip");
    assert!(code == 1 && said.contains("depth of 1 at the last look and needs 2"), "{said}");
    store.set_cursor("counterparty regtest", &cursor(101)).unwrap();
    let (code, said) = place.run("assign 1 --customer 4712 --reason slip");
    assert!(code == 3 && said.starts_with("E-DEP-010"), "{said}");
    let done = place.json("assign 1 --customer 4711 --reason ticket-991");
    assert_eq!((&done["state"], &done["detail"]), (&"credited".into(), &"assigned: ticket-991".into()));
    place.json("assign 1 --customer 4711 --reason again");
    place.json("assign 2 --customer 4712 --reason ticket-992 --new-customer");
    for number in [3, 4, 5] {
        let (code, said) = place.run(&format!("assign {number} --customer 4711 --reason x"));
        assert!(code == 1 && said.starts_with("E-DEP-009"), "{number}: {said}");
    }
    let (code, said) = place.run("assign 1 --customer 4712 --reason x --new-customer");
    assert!(code == 1 && said.starts_with("E-DEP-009"), "what is somebody's stays: {said}");
    let (code, said) = place.run("assign 99 --customer 4711 --reason x");
    assert!(code == 3 && said.starts_with("E-DEP-008"), "{said}");
}

#[test]
fn the_books_are_csv_and_json() {
    let place = Place::new();
    credit(&place, CreditState::Suspense, 1, Some(1_250_000_001));
    credit(&place, CreditState::Credited, 2, Some(u64::MAX >> 1));
    let (code, csv) = place.run("export --csv --since 1h");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((code, lines.len(), lines[3]), (0, 4, "last entry 2"), "{csv}");
    assert!(
        lines[0]
            .starts_with("key,customer,asset,units,base_units,txid,position,height,depth,time,kind,state,")
    );
    let row = "\"bitcoin regtest:0101010101010101010101010101010101010101010101010101010101010101:0:bcrt1qx:XCP\",\"\",\"XCP\",\"12.50000001\",\"1250000001\",";
    assert!(lines[1].starts_with(row), "{csv}");
    assert!(
        lines[1].ends_with(",\"without a memo, says \"\"who\"\"\"") && lines[1].contains(",\"abcd\","),
        "{csv}"
    );
    let json = place.json("export");
    assert_eq!(json["credits"][1]["base_units"], "9223372036854775807");
    assert_eq!(json["credits"][1]["state"], "credited");
    let after = |entry: u64| place.json(&format!("export --after {entry}"));
    let numbers = |json: &Value| {
        let rows = json["credits"].as_array().unwrap();
        rows.iter().map(|row| row["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((numbers(&after(0)), numbers(&after(1)), numbers(&after(2))), (vec![1, 2], vec![2], vec![]));
    assert_eq!(after(1)["last_entry"], 2);
    let store = Store::open(&Home::find(Some(place.0.path())).unwrap()).unwrap();
    store.raise_alarm("bitcoin regtest", "look at it", clock::now()).unwrap();
    let alarm = &after(2)["alarms"][0];
    assert_eq!((&alarm["number"], &alarm["what"]), (&1.into(), &"look at it".into()));
    assert!(place.run("list").1.contains("ALARM 1 since"));
    assert_eq!(place.run("acknowledge 1").0, 0);
    assert!(!place.run("list").1.contains("ALARM"));
    assert!(place.run("acknowledge 1").1.starts_with("E-DEP-022"));
    let (code, said) = place.run("export --csv --since yesterday");
    assert!(code == 2 && said.starts_with("E-DEP-018"), "{said}");
    let (code, said) = place.run("list --state suspense");
    assert!(
        code == 0 && said.contains("12.50000001 XCP (1250000001)") && said.lines().count() == 2,
        "{said}"
    );
    assert_eq!(place.run("export --csv --json").0, 2);
}

#[test]
fn a_depth_is_shown_of_what_is_in_a_block_alone() {
    let place = Place::new();
    let bitcoin = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let depth = |chain: Chain, state: CreditState, number: u8| {
        credit_on(&place, chain, state, number, Some(1));
        let (code, said) = place.run(&format!("list --state {state}"));
        let line = said.lines().find(|line| line.starts_with(&number.to_string())).unwrap();
        assert_eq!(code, 0, "{said}");
        // NUMBER STATE CUSTOMER 0.00000001 XCP (1) DEPTH
        line.split_whitespace().nth(6).unwrap().to_owned()
    };
    assert_eq!(depth(bitcoin, CreditState::Pending, 1), "-", "no look has come so far yet");
    let store = Store::open(&Home::find(Some(place.0.path())).unwrap()).unwrap();
    let cursor = crate::store::Cursor { height: 101, hash: String::new() };
    store.set_cursor("counterparty regtest", &cursor).unwrap();
    assert_eq!(depth(bitcoin, CreditState::Suspense, 2), "2");
    assert_eq!(depth(bitcoin, CreditState::Reversed, 3), "-");
    assert_eq!(depth(Chain::Xrpl(1), CreditState::Credited, 4), "final");
    store
        .set_credit_state(
            &crate::store::CreditChange {
                key: store.credits(&Default::default()).unwrap()[3].key.clone(),
                from: CreditState::Credited,
                to: CreditState::Reversed,
                customer: None,
                block: None,
                detail: None,
            },
            clock::now(),
        )
        .unwrap();
    let (_, said) = place.run("list --state reversed");
    assert!(said.lines().count() == 3 && !said.contains("final"), "{said}");
}

#[test]
fn whoever_writes_a_moment_wrongly_is_told_every_way() {
    let (_, said) = Place::new().run("list --since 21.11.2026");
    for way in ["2026-11-21,", "2026-11-21T15:40:00Z", "36h", "7d"] {
        assert!(said.contains(way), "{way}: {said}");
    }
}

#[test]
fn watching_says_what_is_missing() {
    let place = Place::new();
    let (code, said) = place.run("watch --once");
    assert!(code == 3 && said.starts_with("E-DEP-017"), "{said}");
    place.json("address --account cold --customer 4711");
    let (code, said) = place.run("watch --once");
    assert!(code == 3 && said.starts_with("E-CONF-003"), "{said}");
    std::fs::remove_file(place.0.path().join("airlock.toml")).unwrap();
    let (code, said) = place.run("watch --once");
    assert!(code == 3 && said.starts_with("E-CONF-001"), "{said}");
}
