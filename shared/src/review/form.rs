//! The transaction as a whole: version, lock time, sequences, duplicates, sums (security.md 13, 14).

use std::collections::BTreeSet;

use bitcoin::absolute::LockTime;
use bitcoin::{Amount, Psbt, Transaction};

use super::job::InputJob;
use super::refusals::{FORM, SUMS, UNKNOWN_FIELDS};
use crate::error::Result;

/// The rest of a transaction's form, for the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// Valid only behind this height.
    pub(super) lock_height: Option<u32>,
    /// Signals that it may be replaced (BIP-125).
    pub(super) replaceable: bool,
}

/// Checks form and lists.
pub(super) fn check(psbt: &Psbt) -> Result<Form> {
    let tx = &psbt.unsigned_tx;
    if psbt.version != 0 {
        return Err(FORM.error(format!("PSBT version {}; the review takes version 0", psbt.version)));
    }
    if tx.input.is_empty() || tx.output.is_empty() {
        return Err(FORM.error(format!("{} inputs and {} outputs", tx.input.len(), tx.output.len())));
    }
    if tx.input.len() != psbt.inputs.len() || tx.output.len() != psbt.outputs.len() {
        return Err(FORM.error("the maps of the PSBT do not match its transaction"));
    }
    if tx.input.iter().any(|input| !input.script_sig.is_empty() || !input.witness.is_empty()) {
        return Err(FORM.error("the unsigned transaction carries scripts or witnesses"));
    }
    if !matches!(tx.version.0, 1 | 2) {
        return Err(FORM.error(format!("version {}; allowed are 1 and 2", tx.version.0)));
    }
    check_duplicates(tx)?;
    check_relative_locks(tx)?;
    Ok(Form { lock_height: lock_height(tx)?, replaceable: tx.is_explicitly_rbf() })
}

fn check_duplicates(tx: &Transaction) -> Result<()> {
    let mut seen = BTreeSet::new();
    match tx.input.iter().find(|input| !seen.insert(input.previous_output)) {
        Some(twice) => Err(FORM.error(format!("{} is spent twice", twice.previous_output))),
        None => Ok(()),
    }
}

fn check_relative_locks(tx: &Transaction) -> Result<()> {
    match tx.input.iter().position(|input| input.sequence.is_relative_lock_time()) {
        Some(index) => Err(FORM.error(format!("input {index} has a relative lock time"))),
        None => Ok(()),
    }
}

/// A height, when there is one that counts; a time is refused.
fn lock_height(tx: &Transaction) -> Result<Option<u32>> {
    match tx.lock_time {
        LockTime::Seconds(time) => {
            Err(FORM.error(format!("lock time {time} is a time; only heights are taken")))
        }
        LockTime::Blocks(height) => Ok(Some(height.to_consensus_u32()).filter(|height| *height > 0)),
    }
}

/// Fee: what the proved inputs are worth above the outputs.
pub(super) fn fee(tx: &Transaction, inputs: &[InputJob]) -> Result<(Amount, Amount)> {
    let paid_in = total(inputs.iter().map(|input| input.prevout.value))?;
    let paid_out = total(tx.output.iter().map(|output| output.value))?;
    let fee = paid_in.checked_sub(paid_out).ok_or_else(|| {
        SUMS.error(format!("outputs of {} sat, inputs of {} sat", paid_out.to_sat(), paid_in.to_sat()))
    })?;
    Ok((paid_in, fee))
}

fn total(mut amounts: impl Iterator<Item = Amount>) -> Result<Amount> {
    amounts
        .try_fold(Amount::ZERO, Amount::checked_add)
        .filter(|sum| *sum <= Amount::MAX_MONEY)
        .ok_or_else(|| SUMS.error("a sum is beyond 21 million bitcoin"))
}

/// Names unknown and proprietary fields outside the inputs; in bundles they are refused (security.md 15).
pub(super) fn unknown_fields(psbt: &Psbt, in_bundle: bool) -> Result<Vec<String>> {
    let mut named = Vec::new();
    let mut name = |place: &str, count: usize| {
        if count > 0 {
            named.push(format!("{place}: {count} unknown or proprietary field(s), passed through"));
        }
    };
    name("the PSBT itself", psbt.unknown.len().saturating_add(psbt.proprietary.len()));
    for (index, output) in psbt.outputs.iter().enumerate() {
        name(&format!("output {index}"), output.unknown.len().saturating_add(output.proprietary.len()));
    }
    match named.first().filter(|_| in_bundle) {
        Some(first) => Err(UNKNOWN_FIELDS.error(first.clone())),
        None => Ok(named),
    }
}
