//! The signed bundles that the online half's own tests broadcast are what the planner and the signer make today.
//!
//! `AIRLOCK_BLESS=1` writes them anew.

use std::env;
use std::fs;

use airlock::bundle::{Bundle, Contents, Signed, verify};
use airlock::watch::Watch;
use airlock_online::plan::{Options, plan};
use airlock_tests::treasury::{Treasury, requests, snapshot};
use airlock_tests::workspace_root;
use serde_json::{Value, json};

const TAGGED: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
const PAYEES: [&str; 3] = [
    "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w",
    "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks",
    "mmgxbR37BM9Ert3ZMmg1nvkfzydaM91gPZ",
];

fn xrp(amount: &str) -> Value {
    json!({"from": "xrp-cold", "reference": format!("w-{amount}"), "intent": {"send-xrp":
        {"to": TAGGED, "tag": 1, "amount": amount}}})
}

fn bitcoin(rate: &str) -> Value {
    json!({"from": "float", "fee_rate": rate, "intent": {"send-bitcoin":
        {"payees": [{"to": PAYEES[1], "amount": "0.0003"}]}}})
}

fn payouts(from: &str) -> Value {
    let payee = |(to, amount): (&&str, &str)| json!({"asset": "XCP", "to": to, "amount": amount, "memo": {"text": format!("payout {amount}")}});
    let payees: Vec<Value> = PAYEES.iter().zip(["1.5", "2.5", "3.5"]).map(payee).collect();
    json!({"from": from, "reference": "october", "encoding": "taproot", "intent": {"send-many":
        {"payees": payees}}})
}

fn send() -> Value {
    json!({"from": "cold", "encoding": "opreturn", "intent": {"send-asset": {"payee":
        {"asset": "XCP", "to": PAYEES[0], "amount": "1.5", "memo": {"hex": "00ff"}}}}})
}

/// The same payment at two fee rates, which exclude each other.
fn ladder(treasury: &Treasury) -> Bundle {
    let cheap = treasury.plan(&requests(json!([bitcoin("12")])));
    let dear = treasury.plan(&requests(json!([bitcoin("18")])));
    let mut contents: Contents = cheap.contents().clone();
    contents.steps.extend(dear.steps().iter().cloned());
    for step in &mut contents.steps {
        step.one_of = Some(0);
    }
    // Both pay; what is asked for is the payment, at whatever rate.
    contents.requests[0].fee_rate = None;
    Bundle::seal(contents).expect("it is a bundle")
}

/// A payment that uses a ticket.
fn ticketed(treasury: &Treasury) -> Bundle {
    let mut snapshot = snapshot();
    let facts = snapshot.xrpl.as_mut().expect("it has the XRP Ledger");
    facts.accounts[0].tickets = vec![8_100_005];
    facts.accounts[0].owner_count = 1;
    let wanted = json!([{"from": "xrp-cold", "intent": {"xrp-transaction": {"tx_json": {
        "TransactionType": "Payment", "Destination": TAGGED, "DestinationTag": 1, "Amount": "5000000",
        "TicketSequence": 8_100_005}}}}]);
    let options = Options::default();
    plan(&requests(wanted), &snapshot, &treasury.accounts, &options).expect("it can be planned").bundle
}

fn bundles(treasury: &Treasury) -> Vec<(&'static str, Bundle)> {
    let planned = |wanted: Value| treasury.plan(&requests(wanted));
    vec![
        ("payments", planned(json!([xrp("80000"), xrp("12"), xrp("13")]))),
        ("ticketed", ticketed(treasury)),
        ("bitcoin", planned(json!([bitcoin("12")]))),
        ("ladder", ladder(treasury)),
        ("send", planned(json!([send()]))),
        ("pair", planned(json!([payouts("legacy")]))),
        ("everything", planned(json!([xrp("80000"), xrp("12"), bitcoin("12"), send(), payouts("legacy")]))),
    ]
}

#[test]
fn what_is_broadcast_in_tests_is_what_planner_and_signer_make() {
    let treasury = Treasury::open();
    let folder = workspace_root().join("vectors/broadcast");
    let bless = env::var_os("AIRLOCK_BLESS").is_some();
    let keep = |name: String, bytes: Vec<u8>| {
        let path = folder.join(&name);
        if bless {
            fs::write(&path, &bytes).expect("it can be written");
        }
        assert!(fs::read(&path).unwrap_or_default() == bytes, "{name} is another; AIRLOCK_BLESS=1 writes it");
    };
    for (name, bundle) in bundles(&treasury) {
        let signed: Signed = treasury.sign(&bundle);
        assert_eq!(verify(&bundle, &signed).expect("it verifies").len(), bundle.steps().len());
        keep(format!("{name}.bundle.json"), bundle.encode());
        keep(format!("{name}.signed.json"), signed.encode());
    }
    keep("watch.json".to_owned(), Watch { accounts: treasury.accounts.clone() }.encode());
}
