//! Bitcoin Core's script engine as the judge of every signature. The halves never link it.

use bitcoin::{Transaction, TxOut};
use bitcoinconsensus::{Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT};

/// Executes every input of a final transaction under all consensus rules, Taproot included; `prevouts` holds the
/// spent outputs in the order of the inputs.
///
/// # Errors
/// The first input that fails, with the engine's word for it; or counts that differ.
pub fn execute(transaction: &Transaction, prevouts: &[TxOut]) -> Result<(), String> {
    if transaction.input.is_empty() || transaction.input.len() != prevouts.len() {
        return Err(format!("{} inputs, {} spent outputs", transaction.input.len(), prevouts.len()));
    }
    let bytes = bitcoin::consensus::serialize(transaction);
    // The engine believes a Schnorr signature unseen when it is not told of all spent outputs.
    let spent: Vec<Utxo> = prevouts
        .iter()
        .map(|output| Utxo {
            script_pubkey: output.script_pubkey.as_bytes().as_ptr(),
            script_pubkey_len: u32::try_from(output.script_pubkey.len()).expect("a script fits in memory"),
            value: i64::try_from(output.value.to_sat()).expect("an amount is below 21 million bitcoin"),
        })
        .collect();
    for (index, output) in prevouts.iter().enumerate() {
        bitcoinconsensus::verify_with_flags(
            output.script_pubkey.as_bytes(),
            output.value.to_sat(),
            &bytes,
            Some(&spent),
            index,
            VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT,
        )
        .map_err(|e| format!("input {index}: {e:?}"))?;
    }
    Ok(())
}
