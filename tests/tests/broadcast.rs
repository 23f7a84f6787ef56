//! From the signed file to the receipt, before servers that live.

use std::fs;

use airlock_tests::ceremony::{done, text};
use airlock_tests::online::{OnlineMachine, PAYEE, XRP_PAYEE};
use serde_json::Value;

const SEND_BTC: [&str; 8] = ["send", "btc", "--from", "float", "--to", PAYEE, "--amount", "0.1"];
const SEND_XCP: [&str; 8] = ["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "12.5"];
const SEND_XRP: [&str; 10] =
    ["send", "xrp", "--from", "xrp-cold", "--to", XRP_PAYEE, "--amount", "80", "--tag", "7"];

/// Plans and signs, and gives the short id.
fn signed(machine: &OnlineMachine, arguments: &[&str]) -> String {
    // Building the programs may have taken longer than a ledger stays new.
    machine.world.close();
    let (bundle, path) = machine.plan(arguments);
    machine.sign(&bundle, &path);
    airlock::bundle::Spoken::short(&bundle.id())
}

fn states(told: &Value) -> Vec<&str> {
    told["steps"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect()
}

fn status(machine: &OnlineMachine, short: &str) -> Value {
    machine.json(&["status", short])["bundles"][0].clone()
}

#[test]
fn an_xrp_payment_goes_out_once_and_leaves_a_receipt() {
    let machine = OnlineMachine::funded();
    let short = signed(&machine, &SEND_XRP);
    let told = machine.json(&["broadcast", &short, "--wait", "seen"]);
    assert_eq!(states(&told), ["seen"], "{told}");
    assert!(told["steps"][0]["last_ledger_closes_by"].is_number(), "{told}");
    assert_eq!(states(&status(&machine, &short)), ["seen"]);
    machine.world.close();
    let told = machine.json(&["broadcast", &short]);
    assert_eq!(states(&told), ["final"], "{told}");
    let receipt = machine.home().join(format!("receipts/{short}.receipt.json"));
    let receipt: Value = serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
    assert_eq!(receipt["steps"][0]["effects"][0]["drops"], "80000000");
    assert_eq!(receipt["steps"][0]["hash"], told["steps"][0]["id"]);
    let paid = machine.world.with(|truth| truth.xrpl.accounts[XRP_PAYEE].balance);
    // Again, and again: the same end, and nothing more is paid.
    done(&machine.run(&["broadcast", &short]));
    machine.world.close();
    assert_eq!(machine.world.with(|truth| truth.xrpl.accounts[XRP_PAYEE].balance), paid);
}

#[test]
fn bitcoin_is_followed_through_eviction_and_reorganization() {
    let machine = OnlineMachine::funded();
    let short = signed(&machine, &SEND_BTC);
    let told = machine.json(&["broadcast", &short]);
    assert_eq!(states(&told), ["seen"], "{told}");
    let txid: bitcoin::Txid = told["steps"][0]["id"].as_str().unwrap().parse().unwrap();
    machine.world.with(|truth| truth.blocks.evict(txid));
    let told = status(&machine, &short);
    assert_eq!(states(&told), ["submitted"], "{told}");
    assert!(told["todo"].as_str().unwrap().contains("hands it over again"), "{told}");
    assert_eq!(states(&machine.json(&["broadcast", &short])), ["seen"]);
    machine.world.mine();
    let told = status(&machine, &short);
    assert_eq!((states(&told), &told["steps"][0]["depth"]), (vec!["final"], &1.into()), "{told}");
    machine.world.with(|truth| truth.blocks.reorganize(1));
    let told = status(&machine, &short);
    assert_eq!(told["incidents"].as_array().unwrap().len(), 1, "{told}");
}

#[test]
fn an_asset_is_paid_when_the_ledger_says_so() {
    let machine = OnlineMachine::funded();
    let short = signed(&machine, &SEND_XCP);
    assert_eq!(states(&machine.json(&["broadcast", &short])), ["seen"]);
    machine.world.mine();
    let told = machine.json(&["broadcast", &short, "--wait", "final"]);
    assert_eq!(states(&told), ["final"], "{told}");
    assert!(told["steps"][0]["says"].as_str().unwrap().contains("1 of 1 as planned and valid"), "{told}");
}

#[test]
fn a_file_of_nobody_is_not_broadcast() {
    let machine = OnlineMachine::funded();
    let (exit, said) = machine.refused(&["broadcast", "ZZZZ"]);
    assert!(exit == 3 && said.contains("E-BCST-001"), "{said}");
    machine.world.close();
    let (bundle, path) = machine.plan(&SEND_XRP);
    let (_, path) = machine.sign(&bundle, &path);
    let altered = text(&fs::read(&path).unwrap()).replacen("tx_blob\":\"12", "tx_blob\":\"13", 1);
    fs::write(&path, altered).unwrap();
    let (exit, said) = machine.refused(&["broadcast", path.to_str().unwrap()]);
    assert!(exit == 2 && said.contains("E-BNDL-003"), "{said}");
}
