//! The receipt: what became of a bundle, for the books. Written when everything has ended, and once more where
//! that turned out to be wrong.

use airlock::Result;
use airlock::bundle::Spoken;
use airlock::json::canonical;
use airlock::time::Moment;
use serde_json::{Map, Value, json};

use super::courier::Courier;
use super::expected::Expected;
use crate::store::receipts::{CORRECTS, digest};
use crate::store::{HistoryEntry, State, StepRecord};

/// The value of `format` in a receipt.
pub const FORMAT: &str = "airlock-receipt";
/// The version of the format.
pub const VERSION: u32 = 1;

/// The member that counts how often ends were taken back.
const REOPENED: &str = "reopened";

/// Writes the receipt where everything has ended and none is written, and gives it; none where something is under way.
/// Where a step was reopened behind the last receipt, one more is written, which names that one.
///
/// # Errors
/// Those of the store.
pub fn write(courier: &Courier<'_>) -> Result<Option<Value>> {
    let id = courier.job.id();
    let known = courier.records.receipt(id)?;
    let steps = courier.records.steps(id)?;
    if !steps.iter().all(|step| step.state.has_ended()) {
        return Ok(None);
    }
    let history = courier.records.history(id)?;
    let times = history.iter().filter(|entry| entry.incident).count();
    let reopened = u64::try_from(times).unwrap_or(u64::MAX);
    if let Some(known) = known.as_ref().filter(|known| times_reopened(known) >= reopened) {
        return Ok(Some(known.clone()));
    }
    let mut receipt = compose(courier, &steps, &history);
    if let Some(members) = receipt.as_object_mut().filter(|_| reopened > 0) {
        members.insert(REOPENED.to_owned(), reopened.into());
        if let Some(known) = known {
            members.insert(CORRECTS.to_owned(), digest(&canonical(&known)).into());
        }
    }
    courier.records.write_receipt(id, &receipt, (courier.now)())?;
    Ok(Some(receipt))
}

/// How often ends were taken back before a receipt was written.
pub fn times_reopened(receipt: &Value) -> u64 {
    receipt.get(REOPENED).and_then(Value::as_u64).unwrap_or(0)
}

fn compose(courier: &Courier<'_>, records: &[StepRecord], history: &[HistoryEntry]) -> Value {
    let job = courier.job;
    let contents = job.bundle.contents();
    let states: Vec<(Option<u32>, State)> = records.iter().map(|step| (step.one_of, step.state)).collect();
    let steps: Vec<Value> =
        job.steps.iter().zip(records).map(|(step, record)| step_json(step, record, history)).collect();
    let requests = contents.requests.iter().map(|request| match &request.reference {
        Some(reference) => json!({ "from": request.from, "reference": reference }),
        None => json!({ "from": request.from }),
    });
    json!({
        "format": FORMAT,
        "version": VERSION,
        "bundle": job.id().to_string(),
        "short": job.id().short(),
        "signed": job.signed.id().to_string(),
        "networks": contents.networks,
        "headline": job.headline,
        "state": State::of_bundle(&states).name(),
        "ended": ended(history, None),
        "requests": requests.collect::<Vec<_>>(),
        "steps": steps,
    })
}

fn step_json(step: &super::job::JobStep, record: &StepRecord, history: &[HistoryEntry]) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, member: Value| drop(value.insert(name.to_owned(), member));
    let is_xrp = step.xrp().is_some();
    put("step", step.index.saturating_add(1).into());
    put("request", step.request.saturating_add(1).into());
    put(if is_xrp { "hash" } else { "txid" }, step.transaction.id().into());
    put("state", record.state.name().into());
    put("ended", ended(history, Some(step.index)).into());
    let in_chain = record.height.filter(|_| record.state != State::Superseded);
    if let Some(height) = in_chain {
        put(if is_xrp { "ledger" } else { "block" }, height.into());
        put(if is_xrp { "fee_drops" } else { "fee_sat" }, step.fee.to_string().into());
    }
    if let Some(hash) = record.block_hash.as_ref().filter(|hash| in_chain.is_some() && !hash.is_empty()) {
        put("block_hash", hash.clone().into());
    }
    if let Some(detail) = &record.detail {
        put("says", detail.clone().into());
    }
    // What did not happen stands nowhere as an effect.
    match record.state {
        State::Final => put("effects", without_nulls(&step.effects)),
        State::Failed | State::Superseded => put("not_done", without_nulls(&step.effects)),
        State::Planned | State::Signed | State::Submitted | State::Seen | State::Confirmed => {}
    }
    if record.state == State::Final {
        match &step.expected {
            Expected::Nothing => {}
            Expected::Sends { source, rows } => {
                put("counterparty", json!({ "source": source, "rows": rows.len(), "valid": rows.len() }));
            }
            Expected::Message { source, kind } => {
                put("counterparty", json!({ "source": source, "kind": kind }))
            }
        }
    }
    Value::Object(value)
}

/// Canonical JSON has no null: what is absent is absent.
fn without_nulls(effects: &[Value]) -> Value {
    let strip = |effect: &Value| {
        let members = effect.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    Value::Array(effects.iter().map(strip).collect())
}

/// When a step, or the last of all, came to its present end.
fn ended(history: &[HistoryEntry], step: Option<usize>) -> u64 {
    let entries = history.iter().filter(|entry| step.is_none_or(|step| entry.step == step));
    entries
        .filter(|entry| entry.to.has_ended())
        .map(|entry| entry.at)
        .max()
        .unwrap_or(Moment::from_unix(0))
        .to_unix()
}
