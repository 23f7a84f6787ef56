//! The codec commands, in lines a second; the goal is more than 50,000 simple lines a second on one core.

use divan::Bencher;
use divan::counter::ItemsCount;
use serde_json::{Value, json};

const LINES: usize = 10_000;
const ADDRESS: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

fn main() {
    divan::main();
}

fn run(chain: &str, command: &str, input: &str) -> Vec<u8> {
    let mut output = Vec::new();
    airlock_online::codec::run(chain, command, input.as_bytes(), &mut output).expect("output is memory");
    output
}

/// The answer to one line.
fn ok(chain: &str, command: &str, line: &Value) -> Value {
    let answer: Value = serde_json::from_slice(&run(chain, command, &format!("{line}\n"))).expect("JSON");
    answer.get("ok").unwrap_or_else(|| panic!("{answer}")).clone()
}

fn measure(bencher: Bencher<'_, '_>, chain: &str, command: &str, line: &Value) {
    ok(chain, command, line);
    let input = format!("{line}\n").repeat(LINES);
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| run(chain, command, &input));
}

fn send() -> Value {
    json!({ "message": { "type": "enhanced_send", "asset": "XCP", "quantity": "123456789",
        "destination": ADDRESS, "memo": { "text": "invoice 42" } } })
}

fn payment() -> Value {
    json!({ "tx_json": {
        "TransactionType": "Payment", "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe", "DestinationTag": 1, "Amount": "80000000000",
        "Fee": "12", "Flags": 0, "Sequence": 5, "LastLedgerSequence": 9_001_000,
    } })
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn counterparty_asset(bencher: Bencher<'_, '_>) {
    measure(bencher, "counterparty", "asset", &json!({ "name": "A95428956661682177" }));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn counterparty_address(bencher: Bencher<'_, '_>) {
    measure(bencher, "counterparty", "address", &json!({ "address": ADDRESS, "form": "new" }));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn counterparty_pack(bencher: Bencher<'_, '_>) {
    measure(bencher, "counterparty", "pack", &send());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn counterparty_unpack(bencher: Bencher<'_, '_>) {
    let packed = ok("counterparty", "pack", &send());
    measure(bencher, "counterparty", "unpack", &json!({ "data": packed["data"] }));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn xrpl_encode(bencher: Bencher<'_, '_>) {
    measure(bencher, "xrpl", "encode", &payment());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn xrpl_decode(bencher: Bencher<'_, '_>) {
    let encoded = ok("xrpl", "encode", &payment());
    measure(bencher, "xrpl", "decode", &json!({ "tx_blob": encoded["tx_blob"] }));
}
