//! Carriers: outputs from messages and messages from outputs.

use airlock::counterparty::arc4;
use airlock::counterparty::carrier::multisig::{self, Multisig};
use airlock::counterparty::carrier::{opreturn, p2sh, pubkeyhash, taproot};
use airlock::counterparty::rules::Change;
use bitcoin::hex::{DisplayHex as _, FromHex as _};
use bitcoin::script::Script;
use bitcoin::{Transaction, Txid};
use serde_json::{Value, json};

use super::{ask, bytes, equal, is_error, network, rules, text};

pub(super) fn carry(vector: &Value) -> Result<(), String> {
    let (input, expected) = (&vector["input"], &vector["expected"]);
    let carrier = match text(vector, "category") {
        "p2sh_pair" => "p2sh",
        other => other,
    };
    let mut line = json!({ "carrier": carrier, "data": input["data"] });
    line["first_input_txid"] = input.get("first_input_txid").or(input.get("pretx_txid")).unwrap().clone();
    for (from, to) in [("pubkey", "pubkey"), ("output_value", "value")] {
        if let Some(value) = input.get(from) {
            line[to] = value.clone();
        }
    }
    let answer = ask("carry", vector, line);
    if is_error(vector) {
        return equal(answer, Err("E-CARRIER-001".to_owned()));
    }
    let answer = answer?;
    let txid: Txid =
        input.get("first_input_txid").or(input.get("pretx_txid")).unwrap().as_str().unwrap().parse().unwrap();
    let key = arc4::key(&txid);
    match carrier {
        "opreturn" => {
            equal(
                &answer["outputs"],
                &json!([{ "value": expected["value"], "script": expected["script"] }]),
            )?;
            let script = bytes(expected, "script");
            equal(opreturn::decode(Script::from_bytes(&script), &key), Some(bytes(input, "data")))
        }
        "multisig" => {
            equal(&answer["outputs"], &expected["outputs"])?;
            let mut joined = Vec::new();
            for output in expected["outputs"].as_array().unwrap() {
                match multisig::decode(Script::from_bytes(&bytes(output, "script")), &key).unwrap() {
                    Multisig::Data(data) => joined.extend(data),
                    Multisig::Destination(..) => return Err("a destination".to_owned()),
                }
            }
            equal(joined, bytes(input, "data"))
        }
        _ => {
            equal(&answer["outputs"], &expected["pretx_data_outputs"])?;
            equal(&answer["redeem_scripts"], &expected["redeem_scripts"])?;
            let pubkey_length = bytes(input, "pubkey").len();
            equal(p2sh::chunk_length(pubkey_length) as u64, expected["chunk_size"].as_u64().unwrap())?;
            let second: Transaction =
                bitcoin::consensus::deserialize(&bytes(expected, "unsigned_datatx")).unwrap();
            let outputs: Vec<Value> = second
                .output
                .iter()
                .map(|o| json!({ "value": o.value.to_sat(), "script": o.script_pubkey.to_hex_string() }))
                .collect();
            equal(&answer["second_outputs"], &Value::Array(outputs))
        }
    }
}

pub(super) fn pubkey_hash(vector: &Value) -> Result<(), String> {
    let input = &vector["input"];
    let key = arc4::key(&text(input, "first_input_txid").parse().unwrap());
    let mut data = Vec::new();
    for script in input["scripts"].as_array().unwrap() {
        let script = Vec::from_hex(script.as_str().unwrap()).unwrap();
        data.extend(pubkeyhash::decode_block(&script[3..23], &key).ok_or("no data")?);
    }
    equal(data, bytes(&vector["expected"], "data"))
}

pub(super) fn envelope(vector: &Value) -> Result<(), String> {
    let (input, expected) = (&vector["input"], &vector["expected"]);
    if text(input, "op") == "decode" {
        let metadata_map = rules(vector).is_active(Change::OrdinalsMetadataSupport);
        let data = taproot::decode(Script::from_bytes(&bytes(input, "witness_script")), metadata_map);
        return match (data, is_error(vector)) {
            (Err(_), true) => Ok(()),
            (Ok(data), false) => equal(data, bytes(expected, "data")),
            (got, _) => Err(format!("{got:?}")),
        };
    }
    let line = json!({ "carrier": "taproot", "data": input["data"], "pubkey": input["xonly_pubkey"] });
    let answer = ask("carry", vector, line)?;
    equal(&answer["envelope_script"], &expected["envelope_script"])?;
    equal(&answer["control_block"], &expected["control_block"])?;
    equal(&answer["outputs"], &json!([{ "value": 330, "script": expected["commit_script_pubkey"] }]))?;
    equal(&answer["reveal_outputs"], &json!([{ "value": 0, "script": expected["reveal_op_return"] }]))?;
    let envelope = taproot::encode(&bytes(input, "data"), &bytes(input, "xonly_pubkey")).unwrap();
    equal(envelope.leaf_hash.to_string().as_str(), text(expected, "leaf_hash"))?;
    equal(taproot::script_length(bytes(input, "data").len()), envelope.script.len())?;
    let address =
        bitcoin::Address::from_script(&envelope.commit_script, network(vector).to_bitcoin()).unwrap();
    equal(address.to_string().as_str(), text(expected, "commit_address"))?;
    equal(taproot::decode(&envelope.script, false).unwrap(), bytes(input, "data"))
}

pub(super) fn redeem(vector: &Value) -> Result<(), String> {
    let (input, expected) = (&vector["input"], &vector["expected"]);
    if text(input, "op") == "decode" {
        let got = p2sh::decode_redeem(&bytes(input, "redeem_script"));
        if is_error(vector) {
            return equal(got.map_err(|e| e.code().id), Err("E-CARRIER-004"));
        }
        let got = got.map_err(|e| e.to_string())?;
        equal(
            got.as_ref().map(|got| got.data.to_lower_hex_string()),
            expected["data"].as_str().map(str::to_owned),
        )?;
        let key = got.and_then(|got| got.pubkey);
        return equal(key.is_some(), expected["source"].is_string());
    }
    let index = u32::try_from(input["n"].as_u64().unwrap()).unwrap();
    let chunk = bytes(input, "chunk");
    let script = match input.get("pubkey") {
        Some(_) => p2sh::redeem_script(&chunk, &bytes(input, "pubkey"), index),
        None => {
            let keys = input["multisig_pubkeys"].as_array().unwrap();
            let keys: Vec<Vec<u8>> =
                keys.iter().map(|key| Vec::from_hex(key.as_str().unwrap()).unwrap()).collect();
            p2sh::multisig_redeem_script(&chunk, &keys, input["required"].as_u64().unwrap() as u8, index)
        }
    };
    if is_error(vector) {
        return equal(script.map_err(|e| e.code().id), Err("E-CARRIER-001"));
    }
    let script = script.map_err(|e| e.to_string())?;
    equal(script.to_hex_string().as_str(), text(expected, "redeem_script"))?;
    equal(script.to_p2sh().to_hex_string().as_str(), text(expected, "script_pubkey"))?;
    equal(p2sh::decode_redeem(script.as_bytes()).unwrap().unwrap().data, chunk)
}
