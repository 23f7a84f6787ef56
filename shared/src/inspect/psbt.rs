//! PSBTs of both versions, alone or as steps of a bundle.

use std::collections::BTreeMap;

use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{Psbt, ScriptBuf, Transaction, TxOut, Txid, Witness};
use serde_json::{Value, json};

use super::transaction::{Known, describe};
use super::{Inspection, inspection};
use crate::bitcoin::psbt_v2::{PsbtVersion, decode_any};
use crate::error::Result;
use crate::network::BitcoinNetwork;

/// Reads a PSBT as bytes, base64 or hex.
pub(super) fn inspect(file: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    let (psbt, version) = decode_any(file)?;
    let version = match version {
        PsbtVersion::Zero => 0,
        PsbtVersion::Two => 2,
    };
    let signed = signed_inputs(&psbt);
    let headline = format!("PSBT version {version}, {signed} of {} inputs signed", psbt.inputs.len());
    let (mut lines, transaction) = describe_psbt(&psbt, &BTreeMap::new(), network);
    let unknown =
        psbt.unknown.len().saturating_add(psbt.outputs.iter().map(|output| output.unknown.len()).sum());
    if unknown > 0 {
        lines.push(format!("{unknown} unknown global and output fields"));
    }
    let json = json!({
        "version": version, "signed_inputs": signed, "inputs": psbt.inputs.len(), "transaction": transaction,
    });
    Ok(inspection("psbt", headline, lines, json))
}

/// Describes the transaction of a PSBT; `parents` holds transactions that are known from elsewhere.
pub(super) fn describe_psbt(
    psbt: &Psbt,
    parents: &BTreeMap<Txid, Transaction>,
    network: BitcoinNetwork,
) -> (Vec<String>, Value) {
    let mut previous: BTreeMap<Txid, &Transaction> = parents.iter().map(|(txid, tx)| (*txid, tx)).collect();
    for tx in psbt.inputs.iter().filter_map(|input| input.non_witness_utxo.as_ref()) {
        previous.insert(tx.compute_txid(), tx);
    }
    let prevout = |index: usize| -> Option<TxOut> {
        let outpoint = psbt.unsigned_tx.input.get(index)?.previous_output;
        let vout = usize::try_from(outpoint.vout).ok()?;
        let full = previous.get(&outpoint.txid).and_then(|tx| tx.output.get(vout)).cloned();
        full.or_else(|| psbt.inputs.get(index)?.witness_utxo.clone())
    };
    let prevouts = (0..psbt.inputs.len()).map(prevout).collect();
    let lookup = |txid: &Txid| previous.get(txid).copied();
    let known = Known { network, prevouts, previous: &lookup, is_signed: false };
    describe(&with_data(psbt), &known)
}

fn signed_inputs(psbt: &Psbt) -> usize {
    let is_signed = |input: &&bitcoin::psbt::Input| {
        !input.partial_sigs.is_empty()
            || input.tap_key_sig.is_some()
            || !input.tap_script_sigs.is_empty()
            || input.final_script_sig.is_some()
            || input.final_script_witness.is_some()
    };
    psbt.inputs.iter().filter(is_signed).count()
}

/// The transaction with those parts of witnesses and scriptSigs that carry data, which signing does not change: leaf
/// and control block of a reveal, redeem script of a P2SH pair. Its txid may differ from the signed one's.
fn with_data(psbt: &Psbt) -> Transaction {
    let mut tx = psbt.unsigned_tx.clone();
    for (input, fields) in tx.input.iter_mut().zip(&psbt.inputs) {
        if let Some((control_block, (leaf, _))) = fields.tap_scripts.iter().next() {
            let control_block = control_block.serialize();
            input.witness = Witness::from_slice(&[&[0u8; 64][..], leaf.as_bytes(), &control_block[..]]);
        }
        if let Some(redeem_script) = fields.redeem_script.as_ref().filter(|script| !script.is_p2wpkh()) {
            input.script_sig = signed_by_nobody(redeem_script).unwrap_or_default();
        }
    }
    tx
}

fn signed_by_nobody(redeem_script: &ScriptBuf) -> Option<ScriptBuf> {
    let push = PushBytesBuf::try_from(redeem_script.to_bytes()).ok()?;
    Some(Builder::new().push_slice([0u8; 71]).push_slice(push).into_script())
}
