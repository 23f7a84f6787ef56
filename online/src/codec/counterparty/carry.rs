//! `carry`: from message bytes to outputs. Judges no height.

use airlock::Result;
use airlock::counterparty::carrier::{multisig, opreturn, p2sh, taproot};
use airlock::text::Printable;
use bitcoin::hex::DisplayHex as _;
use bitcoin::{Amount, TxOut, Txid};
use serde_json::{Value, json};

use super::{BAD_LINE, HEIGHT, Members, NETWORK, integer, rules};

pub(super) fn carry(line: &Value) -> Result<Value> {
    let allowed = ["carrier", "data", "first_input_txid", "pubkey", "value", "index", NETWORK, HEIGHT];
    let line = Members::of(line, &allowed)?;
    rules(line)?;
    let data = line.hex("data")?;
    let value = |otherwise: Amount| match line.optional("value") {
        None => Ok(otherwise),
        Some(_) => line.integer("value").map(Amount::from_sat),
    };
    match line.text("carrier")? {
        "opreturn" => {
            let output = opreturn::encode(&data, &txid(line)?, opreturn::MAX_PUSH)?;
            Ok(json!({ "outputs": outputs(&[output]) }))
        }
        "multisig" => {
            let encoded =
                multisig::encode(&data, &txid(line)?, &line.hex("pubkey")?, value(multisig::DUST)?)?;
            Ok(json!({ "outputs": outputs(&encoded) }))
        }
        "taproot" => {
            let envelope = taproot::encode(&data, &line.hex("pubkey")?)?;
            let commit = TxOut { value: value(taproot::DUST)?, script_pubkey: envelope.commit_script };
            Ok(json!({
                "outputs": outputs(&[commit]),
                "envelope_script": envelope.script.to_hex_string(),
                "control_block": envelope.control_block.to_lower_hex_string(),
                "reveal_outputs": outputs(&envelope.reveal_outputs),
            }))
        }
        "p2sh" => {
            let first = line.optional("index").map_or(Ok(0), |_| line.integer_u32("index"))?;
            let scripts = p2sh::redeem_scripts(&data, &line.hex("pubkey")?, first)?;
            let hex: Vec<String> = scripts.iter().map(|script| script.to_hex_string()).collect();
            Ok(json!({
                "outputs": outputs(&p2sh::first_outputs(&scripts, value(p2sh::DUST)?)),
                "redeem_scripts": hex,
                "second_outputs": outputs(&p2sh::second_outputs(&txid(line)?)),
            }))
        }
        other => Err(BAD_LINE.error(format!("there is no carrier '{}'", Printable::new(other)))),
    }
}

fn txid(line: Members<'_>) -> Result<Txid> {
    let text = line.text("first_input_txid")?;
    text.parse().map_err(|_| BAD_LINE.error("member 'first_input_txid' is not a txid of 64 hex digits"))
}

fn outputs(outputs: &[TxOut]) -> Vec<Value> {
    let show = |output: &TxOut| json!({ "value": integer(output.value.to_sat()), "script": output.script_pubkey.to_hex_string() });
    outputs.iter().map(show).collect()
}
