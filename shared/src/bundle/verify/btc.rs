//! A Bitcoin step: the filled-in plan, field by field, then what the file claims, then every signature.

use bitcoin::hex::FromHex;
use bitcoin::psbt::Input;
use bitcoin::{Address, Psbt, Script, Transaction, TxIn, TxOut, consensus};

use super::{DIFFERS, FinalTransaction, MALFORMED, WRONG_CLAIM, same};
use crate::bundle::{Link, template};
use crate::error::Result;
use crate::network::BitcoinNetwork;
use crate::text::Printable;

/// What the signed file says about the step.
pub(super) struct Answer<'a> {
    /// The finalized PSBT, base64.
    pub(super) psbt: &'a str,
    /// The final transaction in lower-case hex.
    pub(super) tx: &'a str,
    /// Its txid.
    pub(super) txid: &'a str,
}

/// Checks the signed transaction of a step; `parents` holds those of the steps before it.
///
/// # Errors
/// The codes of [`super`], of templates and of [`crate::bitcoin::verify`].
pub(super) fn check(
    planned: &Psbt,
    links: &[Link],
    parents: &[Option<Transaction>],
    network: BitcoinNetwork,
    answer: &Answer<'_>,
) -> Result<FinalTransaction> {
    let filled = template::fill(planned, links, parents)?;
    let transaction = decode(answer.tx)?;
    check_transaction(&filled.unsigned_tx, &transaction, network.to_bitcoin())?;
    let txid = transaction.compute_txid();
    if answer.txid != txid.to_string() {
        return Err(
            WRONG_CLAIM.error(format!("the txid is {txid}, the file says {}", Printable::new(answer.txid)))
        );
    }
    check_psbt(&filled, answer.psbt, &transaction)?;
    let prevouts = filled
        .iter_funding_utxos()
        .collect::<core::result::Result<Vec<&TxOut>, _>>()
        .map_err(|e| DIFFERS.error(format!("the plan lacks a spent output: {e}")))?;
    crate::bitcoin::verify::verify(&transaction, &prevouts)?;
    Ok(FinalTransaction::Bitcoin { transaction, txid })
}

fn decode(tx: &str) -> Result<Transaction> {
    let bad = |why: &str| MALFORMED.error(format!("tx {why}"));
    let bytes = Vec::from_hex(tx).map_err(|_| bad("is not hex"))?;
    let transaction: Transaction = consensus::deserialize(&bytes)
        .map_err(|e| bad(&format!("is not a transaction: {}", Printable::new(&e.to_string()))))?;
    if consensus::encode::serialize_hex(&transaction) != tx {
        return Err(bad("is not in lower-case hex as a node writes it"));
    }
    Ok(transaction)
}

/// Everything but scriptSigs and witnesses.
fn check_transaction(planned: &Transaction, found: &Transaction, network: bitcoin::Network) -> Result<()> {
    same("version", &found.version, &planned.version)?;
    same("locktime", &found.lock_time.to_consensus_u32(), &planned.lock_time.to_consensus_u32())?;
    same("the number of inputs", &found.input.len(), &planned.input.len())?;
    same("the number of outputs", &found.output.len(), &planned.output.len())?;
    for (index, (found, planned)) in found.input.iter().zip(&planned.input).enumerate() {
        check_input(found, planned).map_err(|e| e.at(format!("input {index}")))?;
    }
    for (index, (found, planned)) in found.output.iter().zip(&planned.output).enumerate() {
        if found.value != planned.value {
            let (found, planned) = (found.value.to_sat(), planned.value.to_sat());
            return Err(DIFFERS.error(format!("output {index} pays {found} sat instead of {planned} sat")));
        }
        if found.script_pubkey != planned.script_pubkey {
            let (found, planned) =
                (destination(&found.script_pubkey, network), destination(&planned.script_pubkey, network));
            return Err(DIFFERS.error(format!("output {index} pays {found} instead of {planned}")));
        }
    }
    Ok(())
}

fn check_input(found: &TxIn, planned: &TxIn) -> Result<()> {
    if found.previous_output != planned.previous_output {
        let (found, planned) = (found.previous_output, planned.previous_output);
        return Err(DIFFERS.error(format!("spends {found} instead of {planned}")));
    }
    same("sequence", &found.sequence.0, &planned.sequence.0)
}

/// The address of an output, or its script where it has none.
fn destination(script: &Script, network: bitcoin::Network) -> String {
    match Address::from_script(script, network) {
        Ok(address) => address.to_string(),
        Err(_) if script.len() <= 128 => format!("script {}", script.to_hex_string()),
        Err(_) => format!("a script of {} bytes with hash {}", script.len(), script.script_hash()),
    }
}

/// The PSBT is the plan with this transaction's scriptSigs and witnesses, less what a finalizer clears (BIP-174,
/// BIP-371).
fn check_psbt(planned: &Psbt, text: &str, transaction: &Transaction) -> Result<()> {
    let psbt: Psbt =
        text.parse().map_err(|e| MALFORMED.error(format!("psbt: {}", Printable::new(&format!("{e}")))))?;
    if psbt.to_string() != text {
        return Err(MALFORMED.error("psbt does not equal its re-serialization"));
    }
    if psbt.unsigned_tx != planned.unsigned_tx {
        return Err(WRONG_CLAIM.error("the PSBT is for another transaction"));
    }
    let global = |psbt: &Psbt| Psbt { inputs: Vec::new(), ..psbt.clone() };
    if global(&psbt) != global(planned) {
        return Err(WRONG_CLAIM.error("the PSBT has other global or output fields than the plan"));
    }
    for (index, (input, signed)) in psbt.inputs.iter().zip(&transaction.input).enumerate() {
        let script_sig = input.final_script_sig.clone().unwrap_or_default();
        let witness = input.final_script_witness.clone().unwrap_or_default();
        if script_sig != signed.script_sig || witness != signed.witness {
            return Err(WRONG_CLAIM
                .error(format!("input {index} is signed otherwise in the PSBT than in the transaction")));
        }
        let kept = Input { final_script_sig: None, final_script_witness: None, ..input.clone() };
        let planned = planned.inputs.get(index).cloned().unwrap_or_default();
        if !is_cleared(&kept, &planned) {
            return Err(
                WRONG_CLAIM.error(format!("input {index} has other fields in the PSBT than in the plan"))
            );
        }
    }
    Ok(())
}

/// True when every field of a finalized input is that of the plan or was cleared.
fn is_cleared(found: &Input, planned: &Input) -> bool {
    let cleared = Input {
        non_witness_utxo: planned.non_witness_utxo.clone(),
        witness_utxo: planned.witness_utxo.clone(),
        proprietary: planned.proprietary.clone(),
        unknown: planned.unknown.clone(),
        ..Input::default()
    };
    *found == *planned || *found == cleared
}
