//! Bitcoin transactions: what they spend and pay, and the Counterparty message in them.

use bitcoin::{Address, Amount, Script, Transaction, TxOut, consensus};
use serde_json::{Value, json};

use super::{Inspection, indented, inspection, message};
use crate::amount::show_bitcoin;
use crate::counterparty::transaction::Lookup;
use crate::network::BitcoinNetwork;

/// What is known beside the transaction itself.
pub(super) struct Known<'a> {
    /// The network of its addresses.
    pub(super) network: BitcoinNetwork,
    /// The spent outputs, by input, as far as they are known.
    pub(super) prevouts: Vec<Option<TxOut>>,
    /// Previous transactions, by txid.
    pub(super) previous: Lookup<'a>,
    /// Whether it carries its signatures.
    pub(super) is_signed: bool,
}

/// A transaction alone: nothing is known of what it spends.
pub(super) fn inspect(tx: &Transaction, network: BitcoinNetwork) -> Inspection {
    let (lines, json) = describe_alone(tx, network);
    let headline = format!("Bitcoin transaction {}", tx.compute_txid());
    inspection("bitcoin-transaction", headline, lines, json)
}

/// Describes a transaction of which nothing else is known.
pub(super) fn describe_alone(tx: &Transaction, network: BitcoinNetwork) -> (Vec<String>, Value) {
    let is_signed = tx.input.iter().any(|input| !input.script_sig.is_empty() || !input.witness.is_empty());
    let prevouts = vec![None; tx.input.len()];
    describe(tx, &Known { network, prevouts, previous: &|_| None, is_signed })
}

/// Describes a transaction with what is known beside it.
pub(super) fn describe(tx: &Transaction, known: &Known<'_>) -> (Vec<String>, Value) {
    let mut lines = vec![
        format!("txid         {}", tx.compute_txid()),
        format!("version {}, locktime {}, {} vbytes", tx.version, tx.lock_time, tx.vsize()),
    ];
    lines.push("inputs".to_owned());
    for (index, (input, prevout)) in tx.input.iter().zip(&known.prevouts).enumerate() {
        let amount = prevout.as_ref().map_or("amount unknown".to_owned(), |prevout| {
            format!("{} from {}", show_bitcoin(prevout.value), target(&prevout.script_pubkey, known.network))
        });
        let sequence = match input.sequence.is_rbf() {
            true => "",
            false => "  (not replaceable)",
        };
        lines.push(format!("  {index:>3}  {}  {amount}{sequence}", input.previous_output));
    }
    lines.push("outputs".to_owned());
    for (index, output) in tx.output.iter().enumerate() {
        let to = target(&output.script_pubkey, known.network);
        lines.push(format!("  {index:>3}  {} to {to}", show_bitcoin(output.value)));
    }
    let fee = fee(tx, &known.prevouts);
    lines.extend(fee.map(|fee| format!("fee          {}", show_bitcoin(fee))));
    let seen = message::inspect(tx, known.previous, known.network, known.is_signed);
    let (message_lines, message_json) = seen.unwrap_or_default();
    lines.extend(message_lines);
    (lines, to_json(tx, known, fee, message_json))
}

/// Describes a transaction as a part of something larger.
pub(super) fn indented_lines((lines, json): (Vec<String>, Value)) -> (Vec<String>, Value) {
    (indented(lines).collect(), json)
}

fn fee(tx: &Transaction, prevouts: &[Option<TxOut>]) -> Option<Amount> {
    let spent =
        prevouts.iter().try_fold(Amount::ZERO, |sum, prevout| sum.checked_add(prevout.as_ref()?.value))?;
    let paid = tx.output.iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))?;
    spent.checked_sub(paid)
}

/// The address of a script, or the script.
fn target(script: &Script, network: BitcoinNetwork) -> String {
    match Address::from_script(script, network.to_bitcoin()) {
        Ok(address) => address.to_string(),
        Err(_) if script.is_op_return() => format!("OP_RETURN {}", script.to_hex_string()),
        Err(_) => format!("script {}", script.to_hex_string()),
    }
}

fn to_json(tx: &Transaction, known: &Known<'_>, fee: Option<Amount>, message: Value) -> Value {
    let inputs: Vec<Value> = tx
        .input
        .iter()
        .zip(&known.prevouts)
        .map(|(input, prevout)| {
            json!({
                "outpoint": input.previous_output.to_string(),
                "sequence": input.sequence.0,
                "value_sat": prevout.as_ref().map(|prevout| prevout.value.to_sat().to_string()),
                "from": prevout.as_ref().map(|prevout| target(&prevout.script_pubkey, known.network)),
            })
        })
        .collect();
    let outputs: Vec<Value> = tx
        .output
        .iter()
        .map(|output| {
            json!({
                "value_sat": output.value.to_sat().to_string(),
                "to": target(&output.script_pubkey, known.network),
                "script": output.script_pubkey.to_hex_string(),
            })
        })
        .collect();
    json!({
        "txid": tx.compute_txid().to_string(),
        "network": known.network.name(),
        "version": tx.version.0,
        "locktime": tx.lock_time.to_consensus_u32(),
        "vsize": tx.vsize(),
        "inputs": inputs,
        "outputs": outputs,
        "fee_sat": fee.map(|fee| fee.to_sat().to_string()),
        "counterparty": message,
        "hex": consensus::encode::serialize_hex(tx),
    })
}
