//! The XRPL commands of the codec answer as codec.md says, line by line.

use airlock_tests::vectors;
use serde_json::{Value, json};

/// Runs lines through one command.
fn answers(command: &str, lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut output = Vec::new();
    airlock_online::codec::run("xrpl", command, input.as_bytes(), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn answer(command: &str, line: Value) -> Value {
    answers(command, &[line]).remove(0)
}

fn of_category(category: &str) -> Vec<Value> {
    let file = vectors("xrpl.json");
    file["vectors"].as_array().unwrap().iter().filter(|v| v["category"] == category).cloned().collect()
}

fn payment() -> Value {
    json!({
        "TransactionType": "Payment", "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe", "Amount": "1", "Fee": "12", "Flags": 0,
        "Sequence": 5, "LastLedgerSequence": 100,
    })
}

#[test]
fn encodes_and_decodes_the_vectors() {
    let mut answered = 0;
    for vector in of_category("tx_encode") {
        let tx_json = &vector["input"]["tx_json"];
        let single = answer("encode", json!({ "tx_json": tx_json }));
        let Some(ok) = single.get("ok") else {
            assert!(single["error"]["code"].as_str().unwrap().starts_with("E-XRP-01"), "{single}");
            continue;
        };
        assert_eq!(ok["tx_blob"], vector["expected"]["blob"], "{}", vector["id"]);
        assert_eq!(ok["signing_data"], vector["expected"]["signing_hex"], "{}", vector["id"]);
        assert_eq!(ok["hash"], Value::Null);
        if let Some(signer) = vector["input"].get("multisign_account") {
            let multi = answer("encode", json!({ "tx_json": tx_json, "signer": signer }));
            assert_eq!(multi["ok"]["signing_data"], vector["expected"]["multisign_signing_hex"]);
            assert_eq!(multi["ok"]["tx_blob"], vector["expected"]["blob"]);
        }
        answered += 1;
    }
    assert_eq!(answered, 77);
    for vector in of_category("sign_single") {
        let blob = &vector["expected"]["tx_blob"];
        if let Some(ok) = answer("decode", json!({ "tx_blob": blob })).get("ok") {
            assert_eq!(ok["hash"], vector["expected"]["hash"], "{}", vector["id"]);
            let again = answer("encode", json!({ "tx_json": ok["tx_json"] }));
            assert_eq!(again["ok"]["tx_blob"], *blob, "{}", vector["id"]);
            assert_eq!(again["ok"]["hash"], vector["expected"]["hash"], "{}", vector["id"]);
            answered += 1;
        }
    }
    assert_eq!(answered, 77 + 105);
}

#[test]
fn turns_amounts_and_addresses_both_ways() {
    for vector in of_category("amounts") {
        let hex = answer("amount", json!({ "amount": vector["input"]["amount"] }))["ok"]["hex"].clone();
        assert_eq!(hex, vector["expected"]["hex"]);
        let lower = hex.as_str().unwrap().to_lowercase();
        assert_eq!(
            answer("amount", json!({ "hex": lower }))["ok"]["amount"],
            vector["expected"]["canonical"]
        );
    }
    for vector in of_category("x_address") {
        let input = &vector["input"];
        let parts =
            json!({ "address": input["classic_address"], "tag": input["tag"], "test": input["testnet"] });
        let x = answer("address", parts.clone())["ok"]["x_address"].clone();
        assert_eq!(x, vector["expected"]["x_address"]);
        assert_eq!(answer("address", json!({ "x_address": x }))["ok"], parts);
    }
}

#[test]
fn applies_the_whitelist_only_where_the_line_asks_for_it() {
    let check = json!({
        "TransactionType": "CheckCreate", "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe", "SendMax": "1", "Fee": "12", "Flags": 0, "Sequence": 5,
    });
    assert!(answer("encode", json!({ "tx_json": check })).get("ok").is_some());
    let refused = answer("encode", json!({ "tx_json": check, "for": "signing" }));
    assert_eq!(refused["error"]["code"], "E-XRP-030");
    assert!(refused["error"]["message"].as_str().unwrap().contains("CheckCreate"), "{refused}");
    assert!(answer("encode", json!({ "tx_json": payment(), "for": "signing" })).get("ok").is_some());
}

#[test]
fn refuses_lines_that_are_not_of_the_contract_and_goes_on() {
    let tx_json = payment();
    let mut signed_badly = payment();
    signed_badly["SigningPubKey"] =
        "0330E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020".into();
    signed_badly["TxnSignature"] = "AB".into();
    let mut negative = payment();
    negative["DestinationTag"] = json!(-1);
    let mut fraction = payment();
    fraction["DestinationTag"] = json!(1.5);
    let lines = [
        json!({ "tx_json": tx_json, "extra": 1 }),
        json!({ "tx_json": tx_json, "for": "fun" }),
        json!({ "tx_json": tx_json, "signer": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh" }),
        json!({ "tx_json": tx_json, "signer": "nobody" }),
        json!({ "tx_json": signed_badly }),
        json!({ "tx_json": negative }),
        json!({ "tx_json": fraction }),
        json!({}),
        json!([]),
        json!({ "tx_json": tx_json }),
    ];
    let answers = answers("encode", &lines);
    assert_eq!(answers.len(), lines.len());
    for (line, answer) in lines.iter().zip(&answers).take(lines.len() - 1) {
        assert!(
            answer["error"]["code"].as_str().is_some_and(|code| code.starts_with("E-")),
            "{line}: {answer}"
        );
    }
    assert!(answers.last().unwrap().get("ok").is_some());
    for bad in [
        json!({ "amount": "1", "hex": "4000000000000001" }),
        json!({ "hex": "400000000000000100" }),
        json!({ "hex": "0000000000000001" }),
        json!({}),
    ] {
        assert!(answer("amount", bad.clone()).get("error").is_some(), "{bad}");
    }
    for bad in [
        json!({ "address": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "tag": 4_294_967_296u64 }),
        json!({ "address": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "x_address": "X" }),
        json!({ "x_address": 5 }),
    ] {
        assert!(answer("address", bad.clone()).get("error").is_some(), "{bad}");
    }
}
