//! Customers' XRP as the server tells of it: by tag, and every other way in which XRP arrives.

use serde_json::{Value, json};

use crate::node::Node;
use crate::treasury::{NAME, Treasury};

fn look(treasury: &Treasury, from: u32) -> Vec<Value> {
    let from = from.to_string();
    let output =
        treasury.run(&["--json", "deposits", "watch", "--once", "--from-ledger", &from]);
    let said = airlock_tests::ceremony::done(&output);
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// State, kind, drops, customer of all credits in their order.
fn credits(treasury: &Treasury) -> Vec<(String, String, String, String)> {
    let list = treasury.json(&["deposits", "list"]);
    let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    list["credits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (word(row, "state"), word(row, "kind"), word(row, "base_units"), word(row, "customer")))
        .collect()
}

#[test]
fn deposits_are_credited_by_tag_and_everything_else_waits_for_a_person() {
    let Some(node) = Node::open() else { return };
    let treasury = Treasury::funded(&node, "secp256k1", 100_000_000);
    let from = node.close();
    let payer = node.stranger(200_000_000);
    let us = treasury.address.clone();
    let told = treasury.json(&["deposits", "tag", "--account", NAME, "--customer", "4711"]);
    let tag = told["tag"].as_u64().unwrap_or_else(|| panic!("{told}"));
    let pay = |drops: &str| json!({"TransactionType": "Payment", "Destination": us, "Amount": drops});
    let tagged = |drops: &str, tag: u64| {
        let mut tx = pay(drops);
        tx["DestinationTag"] = json!(tag);
        tx
    };
    node.done(&payer, tagged("1500000", tag));
    node.done(&payer, tagged("7", 4_294_967_295));
    node.done(&payer, pay("8"));

    // A check, an escrow, a channel.
    node.done(&payer, json!({"TransactionType": "CheckCreate", "Destination": us, "SendMax": "3000000"}));
    let objects = node.ask("account_objects", json!({"account": us, "type": "check", "ledger_index": "validated"}));
    let check = objects["account_objects"][0]["index"].as_str().unwrap_or_else(|| panic!("{objects}")).to_owned();
    node.done(&treasury.key, json!({"TransactionType": "CheckCash", "CheckID": check, "Amount": "3000000"}));

    let reports = look(&treasury, from);
    eprintln!("{reports:?}");
    let found = credits(&treasury);
    let row = |state: &str, kind: &str, drops: &str, customer: &str| {
        (state.to_owned(), kind.to_owned(), drops.to_owned(), customer.to_owned())
    };
    assert_eq!(found[0], row("credited", "Payment", "1500000", "4711"), "{found:?}");
    assert_eq!(found[1], row("suspense", "Payment", "7", ""), "{found:?}");
    assert_eq!(found[2], row("suspense", "Payment", "8", ""), "{found:?}");
    assert_eq!((found[3].0.as_str(), found[3].1.as_str()), ("suspense", "CheckCash"), "{found:?}");

    // A partial payment says much and delivers little: XRP cannot be paid so without a token on the way.
    let issuer = node.stranger(50_000_000);
    let token = |value: &str| json!({"currency": "USD", "issuer": issuer.account_id().to_string(), "value": value});
    node.done(&treasury.key, json!({"TransactionType": "TrustSet", "LimitAmount": token("1000")}));
    node.done(&payer, json!({"TransactionType": "TrustSet", "LimitAmount": token("1000")}));
    let issue = json!({"TransactionType": "Payment", "Destination": payer.account_id().to_string(), "Amount": token("3")});
    node.done(&issuer, issue);
    node.done(&payer, json!({"TransactionType": "Payment", "Destination": us, "DestinationTag": tag, "Flags": 131_072,
        "Amount": token("900"), "SendMax": token("3")}));
    look(&treasury, from);
    let found = credits(&treasury);
    let last = found.last().unwrap();
    assert!(last.0 != "credited" && found.len() == 5, "{found:?}");

    // An account is deleted into ours, with the customer's tag.
    (0..260).for_each(|_| drop(node.close()));
    let gone = node.stranger(10_000_000);
    (0..260).for_each(|_| drop(node.close()));
    let delete = json!({"TransactionType": "AccountDelete", "Destination": us, "DestinationTag": tag, "Fee": "200000"});
    node.done(&gone, delete);
    look(&treasury, from);
    look(&treasury, from);
    let found = credits(&treasury);
    let last = found.last().unwrap();
    assert_eq!((last.0.as_str(), last.1.as_str(), last.2.as_str()), ("suspense", "AccountDelete", "9800000"), "{found:?}");
    assert_eq!(found.len(), 6, "each once");
    let reports = look(&treasury, from);
    assert!(!reports.iter().any(|report| report.to_string().contains("ALARM")), "{reports:?}");
}
