//! Missing, added and exchanged steps, told by name before anything is compared in depth.

use bitcoin::hex::FromHex;
use bitcoin::{Psbt, Transaction, TxOut, consensus};
use serde_json::{Map, Value};

use super::OTHER_STEPS;
use crate::bundle::{Artefact, Link, SignedStep, Step};
use crate::error::Result;
use crate::xrp;
use crate::xrp::Field;

/// Checks that there is one entry for each step and none stands in the place of another.
///
/// # Errors
/// [`OTHER_STEPS`].
pub(super) fn check(steps: &[Step], entries: &[SignedStep]) -> Result<()> {
    let resembles = |step: usize, entry: usize| match (steps.get(step), entries.get(entry)) {
        (Some(step), Some(entry)) => resembles(step, entry),
        _ => false,
    };
    let strange = (0..steps.len().max(entries.len())).find(|index| !resembles(*index, *index));
    let Some(index) = strange else { return Ok(()) };
    let number = index.saturating_add(1);
    if entries.len() < steps.len() {
        return Err(OTHER_STEPS.error(format!("step {number} is missing")));
    }
    if entries.len() > steps.len() {
        let (extra, planned) = (entries.len().saturating_sub(steps.len()), steps.len());
        let are = if extra == 1 { "transaction is" } else { "transactions are" };
        return Err(OTHER_STEPS
            .error(format!("{extra} {are} too many: entry {number} is no step, {planned} are planned")));
    }
    // Whatever resembles no step at all is told in depth by the step's own check.
    match (0..entries.len()).find(|other| *other != index && resembles(*other, index)) {
        Some(other) if resembles(index, other) => {
            Err(OTHER_STEPS.error(format!("steps {number} and {} are swapped", other.saturating_add(1))))
        }
        Some(other) => Err(OTHER_STEPS
            .error(format!("step {number} holds the transaction of step {}", other.saturating_add(1)))),
        None => Ok(()),
    }
}

/// True when the entry is about this step, signatures and details aside.
fn resembles(step: &Step, entry: &SignedStep) -> bool {
    match (&step.artefact, entry) {
        (Artefact::Psbt(psbt), SignedStep::Bitcoin { tx, .. }) => Vec::from_hex(tx)
            .ok()
            .and_then(|bytes| consensus::deserialize::<Transaction>(&bytes).ok())
            .is_some_and(|tx| spends_the_same(psbt, &step.links, &tx)),
        (Artefact::TxJson(planned), SignedStep::Xrpl { tx_blob, .. }) => Vec::from_hex(tx_blob)
            .ok()
            .and_then(|blob| xrp::Transaction::from_blob(&blob).ok())
            .is_some_and(|tx| has_the_same_turn(planned, &tx)),
        (Artefact::Psbt(_), SignedStep::Xrpl { .. }) | (Artefact::TxJson(_), SignedStep::Bitcoin { .. }) => {
            false
        }
    }
}

/// Coins are spent once, so they tell transactions apart. The txids of linked inputs, and a marker encrypted under them,
/// may be filled in later, so linked transactions are told apart by their outputs as well.
fn spends_the_same(psbt: &Psbt, links: &[Link], tx: &Transaction) -> bool {
    let planned = &psbt.unsigned_tx;
    let inputs = planned.input.len() == tx.input.len()
        && planned.input.iter().zip(&tx.input).enumerate().all(|(index, (planned, found))| {
            match links.iter().any(|link| link.input == index) {
                true => planned.previous_output.vout == found.previous_output.vout,
                false => planned.previous_output == found.previous_output,
            }
        });
    let outputs = planned.output.len() == tx.output.len()
        && planned.output.iter().zip(&tx.output).all(|(planned, found)| pays_alike(planned, found));
    inputs && (links.is_empty() || outputs)
}

fn pays_alike(planned: &TxOut, found: &TxOut) -> bool {
    let (a, b) = (&planned.script_pubkey, &found.script_pubkey);
    let both_data = a.is_op_return() && b.is_op_return() && a.len() == b.len();
    planned.value == found.value && (a == b || both_data)
}

/// Sequences and tickets are used once by each account.
fn has_the_same_turn(planned: &Map<String, Value>, tx: &xrp::Transaction) -> bool {
    let number = |field: Field| planned.get(field.name()).and_then(Value::as_u64);
    let account = planned.get(Field::Account.name()).and_then(Value::as_str);
    account == Some(tx.account().to_string().as_str())
        && number(Field::Sequence) == Some(u64::from(tx.sequence()))
        && number(Field::TicketSequence) == tx.ticket_sequence().map(u64::from)
}
