//! The end of an account: it takes 256 ledgers, which are closed at once, so it comes last.

use serde_json::json;

use crate::deposits::{credits, look};
use crate::node::Node;
use crate::treasury::{NAME, Treasury};

#[test]
fn an_account_is_deleted_and_what_it_held_arrives_and_waits_for_a_person() {
    let Some(node) = Node::of_test_network() else { return };
    node.wait_for_the_clock(10);
    let (treasury, exchange) =
        (Treasury::funded(&node, "secp256k1", 30_000_000), Treasury::funded(&node, "ed25519", 20_000_000));
    let tag = exchange.json(&["deposits", "tag", "--account", NAME, "--customer", "4711"])["tag"].clone();
    let delete = json!([{"from": NAME, "intent": {"xrp-transaction": {"tx_json":
        {"TransactionType": "AccountDelete", "Destination": exchange.address, "DestinationTag": tag}}}}]);
    std::fs::write(treasury.at("delete.json"), delete.to_string()).unwrap();
    let (_, said) = treasury.refused(&["plan", "delete.json"]);
    assert!(said.contains("E-PLAN-070"), "{said}");
    let from = node.close_many(257);
    let sent = treasury.signed_plan(&delete, &[]);
    sent.broadcast(&[]);
    node.close();
    assert_eq!(sent.states(), ["final"], "{:?}", sent.steps());
    assert!(node.root(&treasury.address).is_null());
    assert_eq!(node.balance(&exchange.address), 50_000_000 - 200_000);
    (0..2).for_each(|_| assert!(!format!("{:?}", look(&exchange, from)).contains("ALARM")));
    let [credit] = credits(&exchange).try_into().expect("one credit");
    assert_eq!(
        (credit.0.as_str(), credit.1.as_str(), credit.2.as_str()),
        ("suspense", "AccountDelete", "29800000")
    );
}
