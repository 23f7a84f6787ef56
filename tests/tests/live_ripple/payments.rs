//! XRP from plan to receipt.

use airlock::xrp::XAddress;
use airlock_tests::ceremony::done;
use serde_json::{Value, json};

use crate::node::{GENESIS, Node};
use crate::treasury::{NAME, Treasury, send};

#[test]
fn xrp_is_paid_to_new_and_old_accounts_and_final_with_what_arrived() {
    let Some(node) = Node::of_test_network() else { return };
    for algorithm in ["secp256k1", "ed25519"] {
        let treasury = Treasury::funded(&node, algorithm, 100_000_000);
        let (_, new) = node.propose("secp256k1");
        let (account, new) = (new.account_id(), new.account_id().to_string());
        let said = done(&treasury.run(&["doctor"]));
        assert!(!said.contains("E-"), "{said}");
        let balances = treasury.json(&["balances"]);
        assert!(balances.to_string().contains("100000000"), "{balances}");

        let sent = treasury.signed(&send(&new, "12.345678", &[]));
        sent.broadcast(&[]);
        assert_eq!(sent.states(), ["seen"]);
        let ledger = node.close();
        let steps = sent.steps();
        assert_eq!((&steps[0]["state"], &steps[0]["height"]), (&json!("final"), &json!(ledger)), "{steps:?}");
        assert!(steps[0]["says"].as_str().unwrap().contains("12345678 drops delivered"), "{steps:?}");
        assert_eq!(node.balance(&new), 12_345_678);

        // To an account that exists: with tag 0, and with an X-address that holds a tag.
        let x = XAddress { account, tag: Some(77), test: node.network_id != 0 }.to_string();
        for (to, amount, more) in [(&new, "1", &["--tag", "0"][..]), (&x, "2.5", &[])] {
            let sent = treasury.signed(&send(to, amount, more));
            sent.broadcast(&[]);
            let ledger = node.close();
            assert_eq!(sent.states(), ["final"], "{to}");
            let history = node.ask("account_tx", json!({"account": new, "limit": 1}));
            let tx = &history["transactions"][0]["tx_json"];
            let tag = if more.is_empty() { 77 } else { 0 };
            assert_eq!(
                (&tx["DestinationTag"], &tx["ledger_index"]),
                (&json!(tag), &json!(ledger)),
                "{history}"
            );
        }
        assert_eq!(node.balance(&new), 12_345_678 + 3_500_000);
        assert_eq!(node.balance(&treasury.address), 100_000_000 - 15_845_678 - 15_000);
        // The receipts say the same.
        assert_eq!(std::fs::read_dir(treasury.at("home/receipts")).unwrap().count(), 3);
    }
}

#[test]
fn many_payments_of_one_bundle_go_out_in_order_and_a_second_broadcast_changes_nothing() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 100_000_000);
    let payees: Vec<String> = (0..7).map(|_| node.propose("ed25519").1.account_id().to_string()).collect();
    let requests: Vec<Value> = payees
        .iter()
        .map(|to| json!({"from": NAME, "intent": {"send-xrp": {"to": to, "amount": "2", "tag": 5}}}))
        .collect();
    let sent = treasury.signed_plan(&json!(requests), &[]);
    sent.broadcast(&[]);
    sent.broadcast(&[]);
    assert_eq!(sent.states(), ["seen"; 7]);
    node.close();
    sent.broadcast(&["--wait", "final"]);
    assert_eq!(sent.states(), ["final"; 7]);
    sent.broadcast(&["--wait", "final"]);
    assert!(payees.iter().all(|payee| node.balance(payee) == 2_000_000));
    assert_eq!(node.balance(&treasury.address), 100_000_000 - 7 * 2_005_000);
}

#[test]
fn what_the_ledger_would_refuse_is_refused_before_the_walk() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 30_000_000);
    let (tagged, hermit) = (node.stranger(20_000_000), node.stranger(20_000_000));
    node.done(&tagged, json!({"TransactionType": "AccountSet", "SetFlag": 1}));
    node.done(&hermit, json!({"TransactionType": "AccountSet", "SetFlag": 9}));
    let (_, nobody) = node.propose("ed25519");
    let address = |key: &airlock_offline::keys::XrpKey| key.account_id().to_string();
    let sequence = node.root(&treasury.address)["Sequence"].clone();
    for (to, amount, code) in [
        (address(&tagged), "1", "E-PLAN-065"),
        (address(&hermit), "1", "E-PLAN-066"),
        (address(&nobody), "0.999999", "E-PLAN-067"),
        (GENESIS.to_owned(), "28.995001", "E-PLAN-064"),
    ] {
        let (_, said) = treasury.refused(&send(&to, amount, &[]));
        assert!(said.contains(code), "{code}: {said}");
    }
    assert_eq!(node.root(&treasury.address)["Sequence"], sequence);
    // The last drop that the reserve leaves, and with the tag.
    let sent = treasury.signed(&send(&address(&tagged), "28.995", &["--tag", "1"]));
    sent.broadcast(&[]);
    node.close();
    assert_eq!((sent.states(), node.balance(&treasury.address)), (vec!["final".to_owned()], 1_000_000));
}

#[test]
fn settings_tickets_and_lines_of_every_kind_that_is_signed_are_taken_by_the_server() {
    let Some(node) = Node::of_test_network() else { return };
    let treasury = Treasury::funded(&node, "ed25519", 100_000_000);
    let issuer = node.stranger(20_000_000).account_id().to_string();
    let other = node.stranger(20_000_000).account_id().to_string();
    let entry = |account: &str| json!({"SignerEntry": {"Account": account, "SignerWeight": 1}});
    let kinds = [
        json!({"TransactionType": "TicketCreate", "TicketCount": 3}),
        json!({"TransactionType": "AccountSet", "SetFlag": 1, "Domain": "6578616D706C652E636F6D"}),
        json!({"TransactionType": "AccountSet", "ClearFlag": 1}),
        json!({"TransactionType": "SetRegularKey", "RegularKey": other}),
        json!({"TransactionType": "SignerListSet", "SignerQuorum": 2,
               "SignerEntries": [entry(&issuer), entry(&other)]}),
        json!({"TransactionType": "DepositPreauth", "Authorize": other}),
        json!({"TransactionType": "TrustSet", "Flags": 131_072,
               "LimitAmount": {"currency": "USD", "issuer": issuer, "value": "1000000000"}}),
        json!({"TransactionType": "Payment", "Destination": other, "Amount": "1000000",
               "InvoiceID": "AB".repeat(32),
               "Memos": [{"Memo": {"MemoType": "746578742F706C61696E", "MemoData": "696E766F696365"}}]}),
    ];
    let request = |tx: &Value| json!({"from": NAME, "intent": {"xrp-transaction": {"tx_json": tx}}});
    let sent = treasury.signed_plan(&json!(kinds.iter().map(request).collect::<Vec<_>>()), &[]);
    sent.broadcast(&[]);
    node.close();
    assert_eq!(sent.states(), ["final"; 8], "{:?}", sent.steps());
    let root = node.root(&treasury.address);
    assert_eq!(root["OwnerCount"], 3 + 1 + 1 + 1, "{root}");
    assert_eq!((&root["RegularKey"], &root["TicketCount"]), (&json!(other), &json!(3)));

    // By tickets, the later one first.
    let mut tickets =
        airlock_online::source::xrpl::XrplSource::account(&node.reader(), &treasury.address).unwrap().tickets;
    assert_eq!(tickets.len(), 3);
    tickets.reverse();
    let by = |ticket: &u32| {
        request(
            &json!({"TransactionType": "Payment", "Destination": other, "Amount": "5", "TicketSequence": ticket}),
        )
    };
    for ticket in &tickets {
        let sent = treasury.signed_plan(&json!([by(ticket)]), &["--again"]);
        sent.broadcast(&[]);
        node.close();
        assert_eq!(sent.states(), ["final"], "{:?}", sent.steps());
    }
    assert_eq!(node.root(&treasury.address)["TicketCount"], Value::Null);
}
