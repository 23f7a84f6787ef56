//! Customers' XRP as the server tells of it: by tag, and every other way in which XRP arrives.

use serde_json::{Value, json};

use crate::node::Node;
use crate::treasury::{NAME, Treasury};

/// One look at what came in since a ledger; the lines that it says.
pub fn look(treasury: &Treasury, from: u32) -> Vec<Value> {
    let from = from.to_string();
    let output = treasury.run(&["--json", "deposits", "watch", "--once", "--from-ledger", &from]);
    let said = airlock_tests::ceremony::done(&output);
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// State, kind, drops, customer of all credits in their order.
pub fn credits(treasury: &Treasury) -> Vec<(String, String, String, String)> {
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
    let Some(node) = Node::of_test_network() else { return };
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

    // A check.
    node.done(&payer, json!({"TransactionType": "CheckCreate", "Destination": us, "SendMax": "3000000"}));
    let objects =
        node.ask("account_objects", json!({"account": us, "type": "check", "ledger_index": "validated"}));
    let check =
        objects["account_objects"][0]["index"].as_str().unwrap_or_else(|| panic!("{objects}")).to_owned();
    node.done(&treasury.key, json!({"TransactionType": "CheckCash", "CheckID": check, "Amount": "3000000"}));

    look(&treasury, from);
    let found = credits(&treasury);
    let row = |state: &str, kind: &str, drops: &str, customer: &str| {
        (state.to_owned(), kind.to_owned(), drops.to_owned(), customer.to_owned())
    };
    assert_eq!(found[0], row("credited", "Payment", "1500000", "4711"), "{found:?}");
    assert_eq!(found[1], row("suspense", "Payment", "7", ""), "{found:?}");
    assert_eq!(found[2], row("suspense", "Payment", "8", ""), "{found:?}");
    assert_eq!((found[3].0.as_str(), found[3].1.as_str()), ("suspense", "CheckCash"), "{found:?}");

    // Partial payments say much and deliver little: a token, and XRP that is bought with one on the way.
    let (issuer, maker) = (node.stranger(50_000_000), node.stranger(50_000_000));
    let token =
        |value: &str| json!({"currency": "USD", "issuer": issuer.account_id().to_string(), "value": value});
    node.done(&issuer, json!({"TransactionType": "AccountSet", "SetFlag": 8}));
    for holder in [&treasury.key, &payer, &maker] {
        node.done(holder, json!({"TransactionType": "TrustSet", "LimitAmount": token("1000")}));
    }
    let to_payer = payer.account_id().to_string();
    node.done(&issuer, json!({"TransactionType": "Payment", "Destination": to_payer, "Amount": token("6")}));
    node.done(
        &maker,
        json!({"TransactionType": "OfferCreate", "TakerPays": token("9"), "TakerGets": "9000000"}),
    );
    for amount in [token("900"), json!("900000000")] {
        node.done(
            &payer,
            json!({"TransactionType": "Payment", "Destination": us, "DestinationTag": tag,
            "Flags": 131_072, "Amount": amount, "SendMax": token("3")}),
        );
    }
    // An escrow, which a stranger finishes.
    let sequence = node.root(&to_payer)["Sequence"].clone();
    let after = node.close_time() + 3;
    let escrow = json!({"TransactionType": "EscrowCreate", "Destination": us, "Amount": "4000000", "FinishAfter": after});
    node.done(&payer, escrow);
    node.close_many(6);
    let finish = json!({"TransactionType": "EscrowFinish", "Owner": to_payer, "OfferSequence": sequence});
    node.done(&maker, finish);
    (0..2).for_each(|_| drop(look(&treasury, from)));
    let found = credits(&treasury);
    assert_eq!(found.len(), 7, "each once: {found:?}");
    assert!(found[4].0 == "quarantine" && found[4].2.is_empty(), "{found:?}");
    // What was delivered, and nothing else.
    assert_eq!(found[5], row("credited", "Payment", "3000000", "4711"), "{found:?}");
    assert_eq!(found[6], row("suspense", "EscrowFinish", "4000000", ""), "{found:?}");

    let reports = look(&treasury, from);
    assert!(!reports.iter().any(|report| report.to_string().contains("ALARM")), "{reports:?}");
}
