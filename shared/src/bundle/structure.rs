//! How steps, links, requests and limits must fit together, whatever the transactions say.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Psbt, Txid};
use serde::Serialize;
use serde_json::Value;

use super::file::OVER_LIMIT;
use super::{Artefact, Assumption, Contents, Link, Step, limits};
use crate::error::{Code, Exit, Result};
use crate::request::Intent;

/// Steps, links or requests that contradict each other.
pub static BAD_STRUCTURE: Code = Code::new(
    "E-BNDL-006",
    Exit::BadInput,
    "The steps, links, requests, networks and assumptions of the bundle contradict each other.",
    "Build the bundle again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_STRUCTURE];

/// Checks everything about a bundle that does not need to understand its transactions.
///
/// # Errors
/// [`OVER_LIMIT`] or [`BAD_STRUCTURE`].
pub(super) fn check(contents: &Contents) -> Result<()> {
    at_most("steps", contents.steps.len(), limits::STEPS)?;
    at_most("requests", contents.requests.len(), limits::REQUESTS)?;
    at_most("assumptions", contents.assumptions.len(), limits::ASSUMPTIONS)?;
    if contents.steps.is_empty() {
        return Err(BAD_STRUCTURE.error("no steps"));
    }
    if contents.expires <= contents.created {
        return Err(BAD_STRUCTURE.error("it expires before it was created"));
    }
    let life = contents.expires.since(contents.created);
    if life > limits::LIFE_SECONDS {
        return Err(
            OVER_LIMIT.error(format!("a life of {life} seconds is more than {}", limits::LIFE_SECONDS))
        );
    }
    check_assumptions(&contents.assumptions)?;
    contents.requests.iter().try_for_each(check_texts)?;
    contents.assumptions.iter().try_for_each(check_texts)?;
    let mut served = vec![false; contents.requests.len()];
    let mut previous_transactions = BTreeMap::new();
    for (index, step) in contents.steps.iter().enumerate() {
        check_step(contents, index, step).map_err(|e| e.at(format!("step {}", index.saturating_add(1))))?;
        if let Some(flag) = served.get_mut(step.request) {
            *flag = true;
        }
        if let Artefact::Psbt(psbt) = &step.artefact {
            check_psbt(psbt, &mut previous_transactions)
                .map_err(|e| e.at(format!("step {}", index.saturating_add(1))))?;
        }
    }
    let total = previous_transactions.values().fold(0usize, |sum, size| sum.saturating_add(*size));
    at_most("bytes of previous transactions", total, limits::PREVIOUS_TRANSACTIONS_BYTES)?;
    match served.iter().position(|served| !served) {
        Some(index) => Err(BAD_STRUCTURE.error(format!("request {index} has no step"))),
        None => Ok(()),
    }
}

/// Each is marked as what it is, and nothing is assumed twice.
fn check_assumptions(assumptions: &[Assumption]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (index, assumption) in assumptions.iter().enumerate() {
        let at = |why: &str| BAD_STRUCTURE.error(why).at(format!("assumption {index}"));
        if assumption.basis != assumption.topic.basis() {
            return Err(at("marked with the wrong basis"));
        }
        if !seen.insert(assumption.topic.subject()) {
            return Err(at("it is about the same thing as an earlier one"));
        }
    }
    Ok(())
}

/// Bounds every text of a request or assumption; memos of a whole XRP transaction are hex and may be longer.
fn check_texts(item: &impl Serialize) -> Result<()> {
    let value =
        serde_json::to_value(item).expect("requests and assumptions have string keys and always serialize");
    check_value(&value, limits::TEXT_CHARACTERS)
}

fn check_value(value: &Value, limit: usize) -> Result<()> {
    match value {
        Value::String(text) => at_most("characters of one text", text.chars().count(), limit),
        Value::Array(items) => items.iter().try_for_each(|item| check_value(item, limit)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            let limit = if name == "tx_json" { limits::XRPL_TEXT_CHARACTERS } else { limit };
            check_value(member, limit)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_step(contents: &Contents, index: usize, step: &Step) -> Result<()> {
    let Some(request) = contents.requests.get(step.request) else {
        return Err(BAD_STRUCTURE.error(format!("serves request {}, which is not there", step.request)));
    };
    match &request.intent {
        Intent::SendBitcoin { payees } => at_most("payees of one request", payees.len(), limits::OUTPUTS)?,
        Intent::SendMany { payees, .. } => at_most("rows of one request", payees.len(), limits::MPMA_ROWS)?,
        Intent::SendAsset { .. }
        | Intent::Sweep { .. }
        | Intent::RequireMemo { .. }
        | Intent::TransferOwnership { .. }
        | Intent::SendXrp { .. }
        | Intent::XrpTransaction { .. } => {}
    }
    if !step.after.is_sorted_by(|a, b| a < b) || step.after.iter().any(|earlier| *earlier >= index) {
        return Err(BAD_STRUCTURE.error("must follow earlier steps only, each named once in order"));
    }
    if !step.links.is_sorted_by(|a, b| a.input < b.input) {
        return Err(BAD_STRUCTURE.error("links must be sorted by input, one for each input"));
    }
    for link in &step.links {
        if !step.after.contains(&link.step) {
            return Err(
                BAD_STRUCTURE.error(format!("spends an output of step {} without following it", link.step))
            );
        }
    }
    let is_there = |link: &Link| {
        let spends = matches!(&step.artefact, Artefact::Psbt(psbt) if link.input < psbt.inputs.len());
        let spent = contents.steps.get(link.step).map(|parent| &parent.artefact);
        let vout = usize::try_from(link.vout).unwrap_or(usize::MAX);
        spends && matches!(spent, Some(Artefact::Psbt(parent)) if vout < parent.outputs.len())
    };
    if !step.links.iter().all(is_there) {
        return Err(BAD_STRUCTURE.error("a link names an input or an output that is not there"));
    }
    let network = match &step.artefact {
        Artefact::Psbt(_) => contents.networks.bitcoin.is_some(),
        Artefact::TxJson(_) => contents.networks.xrpl.is_some() && step.links.is_empty(),
    };
    if !network {
        return Err(BAD_STRUCTURE.error("its network is not named by the bundle, or an XRP step has links"));
    }
    Ok(())
}

/// Counts inputs and outputs, and the previous transactions, each once over the whole bundle.
fn check_psbt(psbt: &Psbt, previous_transactions: &mut BTreeMap<Txid, usize>) -> Result<()> {
    at_most("inputs", psbt.inputs.len(), limits::INPUTS)?;
    at_most("outputs", psbt.outputs.len(), limits::OUTPUTS)?;
    for input in &psbt.inputs {
        let Some(previous) = &input.non_witness_utxo else { continue };
        if previous.input.iter().any(|input| !input.witness.is_empty()) {
            return Err(
                BAD_STRUCTURE.error("a previous transaction carries witnesses; bundles carry them without")
            );
        }
        let size = previous.total_size();
        at_most("bytes of one previous transaction", size, limits::PREVIOUS_TRANSACTION_BYTES)?;
        previous_transactions.insert(previous.compute_txid(), size);
    }
    Ok(())
}

/// Refuses a count above its limit.
pub(super) fn at_most(what: &str, count: usize, limit: usize) -> Result<()> {
    if count > limit {
        return Err(OVER_LIMIT.error(format!("{count} {what} are more than {limit}")));
    }
    Ok(())
}
