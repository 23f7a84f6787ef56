//! Every way in which a payment ends badly, and what is said of it.

use std::fs;

use serde_json::{Value, json};

use crate::node::{GENESIS, Node};
use crate::treasury::{Treasury, send};

/// The last ledger that may hold the payment of a signed file.
fn last_ledger(path: &std::path::Path) -> u32 {
    let bundle = path.to_string_lossy().replace(".signed.json", ".bundle.json");
    let wire: Value = serde_json::from_slice(&fs::read(bundle).unwrap()).unwrap();
    let text = wire.to_string();
    let rest = text.split("LastLedgerSequence").nth(1).expect("it is in the bundle");
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn a_payee_that_changes_its_mind_is_found_in_the_trial_and_costs_the_fee_without_it() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 50_000_000);
    let payee = node.stranger(20_000_000);
    let to = payee.account_id().to_string();
    let sent = treasury.signed(&send(&to, "5", &[]));
    node.done(&payee, json!({"TransactionType": "AccountSet", "SetFlag": 1}));
    let (_, said) = sent.refused(&[]);
    assert!(said.contains("tecDST_TAG_NEEDED") && said.contains("E-XRPL-"), "{said}");
    assert_eq!((sent.states(), node.balance(&treasury.address)), (vec!["signed".to_owned()], 50_000_000));
    let told = sent.broadcast(&["--without-dry-run"]);
    assert_eq!(sent.states(), ["seen"], "{told}");
    node.close();
    let steps = sent.steps();
    assert_eq!(steps[0]["state"], "failed", "{steps:?}");
    let says = steps[0]["says"].as_str().unwrap();
    assert!(
        says.starts_with("tecDST_TAG_NEEDED in validated ledger") && says.contains("5000 drops is burned")
    );
    assert_eq!(node.balance(&treasury.address), 49_995_000);
}

#[test]
fn a_payment_that_was_never_handed_over_fails_when_its_last_ledger_has_passed() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 50_000_000);
    let sent = treasury.signed(&send(GENESIS, "5", &["--valid-for", "2m"]));
    let last = last_ledger(sent.path());
    while node.close() < last {}
    let (_, said) = sent.refused(&[]);
    assert!(said.contains("tefMAX_LEDGER"), "{said}");
    sent.broadcast(&["--without-dry-run"]);
    assert_eq!(sent.states(), ["signed"], "the last ledger itself may hold it");
    node.close();
    assert_eq!(sent.states(), ["failed"], "{:?}", sent.steps());
    assert_eq!(node.balance(&treasury.address), 50_000_000);
}

#[test]
fn a_payment_that_the_server_holds_and_never_applies_fails_when_its_last_ledger_has_passed() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 50_000_000);
    // Two payments; the first one is not handed over, so that the second waits for its sequence.
    let config = treasury.at("home/airlock.toml");
    let honest = fs::read_to_string(&config).unwrap();
    let first = treasury.signed(&send(GENESIS, "1", &["--valid-for", "2m"]));
    fs::write(&config, honest.replace(&node.url, "http://127.0.0.1:9")).unwrap();
    first.refused(&[]);
    fs::write(&config, honest).unwrap();
    let second = treasury.signed(&send(GENESIS, "2", &["--valid-for", "2m"]));
    second.interrupted(5);
    let steps = second.steps();
    assert!(steps[0]["says"].as_str().unwrap().contains("terPRE_SEQ"), "{steps:?}");
    assert_eq!(second.states(), ["submitted"], "the server knows it, and it is in no ledger");
    let last = last_ledger(second.path());
    while node.close() < last {}
    assert_ne!(second.states(), ["failed"], "the last ledger itself may hold it");
    node.close();
    assert_eq!(second.states(), ["failed"], "{:?}", second.steps());
    assert_eq!(node.balance(&treasury.address), 50_000_000);
}

#[test]
fn a_payment_waits_in_the_queue_of_a_busy_ledger_and_is_taken_by_a_later_one() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 50_000_000);
    let crowd = node.stranger(900_000_000);
    let sent = treasury.signed(&send(GENESIS, "5", &[]));
    // Others fill the open ledger until a place costs more than our fee, and the queue of the account with it.
    let own = crowd.account_id().to_string();
    let first = node.root(&own)["Sequence"].as_u64().unwrap();
    let mut more = 0;
    while node.reader_fee() <= 6_000 {
        let payment = json!({"TransactionType": "Payment", "Destination": GENESIS, "Amount": "1",
                             "Fee": "900000", "Sequence": first + more});
        let told = node.submit(&node.signed(&crowd, payment));
        assert_eq!(told["engine_result"], "tesSUCCESS", "{told}");
        more += 1;
        assert!(more < 500, "the open ledger does not fill: give the server a small [transaction_queue]");
    }
    sent.broadcast(&[]);
    let steps = sent.steps();
    assert!(steps[0]["says"].as_str().unwrap_or_default().contains("terQUEUED"), "{steps:?}");
    assert_eq!(sent.states(), ["seen"]);
    node.close();
    node.close();
    assert_eq!(sent.states(), ["final"], "{:?}", sent.steps());
}

#[test]
fn a_sequence_that_somebody_else_used_ends_the_payment_as_superseded() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 50_000_000);
    let sent = treasury.signed(&send(GENESIS, "5", &[]));
    let other = json!({"TransactionType": "Payment", "Destination": GENESIS, "Amount": "1"});
    node.done(&treasury.key, other);
    let (_, said) = sent.refused(&[]);
    assert!(said.contains("tefPAST_SEQ") && said.contains("E-XRPL-"), "{said}");
    sent.refused(&["--without-dry-run"]);
    assert_eq!(sent.states(), ["superseded"], "{:?}", sent.steps());
    assert_eq!(node.balance(&treasury.address), 50_000_000 - 5_001);
}

#[test]
fn the_same_blob_twice_pays_once_and_is_found_by_whoever_handed_it_over() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "ed25519", 50_000_000);
    let payee = node.stranger(20_000_000).account_id().to_string();
    let sent = treasury.signed(&send(&payee, "5", &[]));
    let wire: Value = serde_json::from_slice(&fs::read(sent.path()).unwrap()).unwrap();
    let text = wire.to_string();
    let blob = text
        .split('"')
        .find(|part| part.len() > 200 && part.bytes().all(|b| b.is_ascii_hexdigit()))
        .expect("the signed bytes");
    // A person hands it over by hand, twice. What is in the open ledger already is told as a past sequence.
    for expected in ["tesSUCCESS", "tefPAST_SEQ"] {
        let told = node.ask("submit", json!({"tx_blob": blob}));
        assert_eq!(told["engine_result"], expected, "{told}");
    }
    let told = sent.broadcast(&["--without-dry-run"]);
    assert_eq!(sent.states(), ["seen"], "{told}");
    node.close();
    assert_eq!(sent.states(), ["final"]);
    let told = node.ask("submit", json!({"tx_blob": blob}));
    assert_eq!(told["engine_result"], "tefPAST_SEQ", "{told}");
    sent.broadcast(&[]);
    assert_eq!((sent.states(), node.balance(&payee)), (vec!["final".to_owned()], 25_000_000));
}
