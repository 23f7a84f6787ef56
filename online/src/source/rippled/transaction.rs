//! Where a transaction is: `tx`.

use airlock::Result;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Asker, Said, bad, foreign, members_of};
use super::figure;
use super::meta::Meta;
use crate::source::xrpl::{Delivered, Found};

const METHOD: &str = "tx";
/// The most ledgers that servers search in one call.
const SEARCH: u32 = 1_000;
/// The most calls of one search: 200,000 ledgers are more than a week.
const MAX_SEARCHES: u32 = 200;

#[derive(Deserialize)]
struct TxAnswer {
    hash: String,
    #[serde(default)]
    validated: bool,
    ledger_index: Option<u32>,
    close_time_iso: Option<String>,
    date: Option<u64>,
    meta: Option<Meta>,
    tx_json: Option<TxJson>,
    /// Its place in version 1.
    #[serde(rename = "TransactionType")]
    transaction_type: Option<String>,
}

#[derive(Deserialize)]
struct TxJson {
    #[serde(rename = "TransactionType")]
    transaction_type: String,
    date: Option<u64>,
}

/// Looks for a transaction, from the last ledgers of the range back to the first. The search ends early where the
/// server cannot say that it searched all: nothing follows from a "not found" then.
pub(super) fn find(asker: &Asker<'_>, hash: &str, from: u32, to: u32) -> Result<Found> {
    let hash = figure::hash(hash).ok_or_else(|| foreign(METHOD, "is asked for what is no hash"))?;
    let mut last = to;
    for _ in 0..MAX_SEARCHES {
        let first = from.max(last.saturating_sub(SEARCH.saturating_sub(1)));
        let mut question = json!({ "transaction": hash, "binary": false });
        if let (Value::Object(members), true) = (&mut question, first <= last) {
            members.insert("min_ledger".to_owned(), json!(first));
            members.insert("max_ledger".to_owned(), json!(last));
        }
        let refusal = match asker.ask(METHOD, question)? {
            Said::Result(members) => return read(&hash, members),
            Said::Refused(refusal) if refusal.name == "txnNotFound" => refusal,
            Said::Refused(refusal) => return Err(refusal.error(METHOD)),
        };
        let is_searched = first <= last && refusal.members.get("searched_all") == Some(&Value::Bool(true));
        match (is_searched, first > from) {
            (false, _) => return Ok(Found::NotFound { searched_all: false }),
            (true, false) => return Ok(Found::NotFound { searched_all: true }),
            (true, true) => last = first.saturating_sub(1),
        }
    }
    Ok(Found::NotFound { searched_all: false })
}

fn read(hash: &str, members: Map<String, Value>) -> Result<Found> {
    let answer: TxAnswer = members_of(METHOD, members)?;
    if figure::hash(&answer.hash).as_deref() != Some(hash) {
        return Err(foreign(METHOD, "is about another transaction"));
    }
    if !answer.validated {
        return Ok(Found::Pending);
    }
    let (transaction_type, date) = match (answer.tx_json, answer.transaction_type) {
        (Some(TxJson { transaction_type, date }), None) => (transaction_type, answer.date.or(date)),
        (None, Some(transaction_type)) => (transaction_type, answer.date),
        (Some(_), Some(_)) => return Err(bad(METHOD, "the transaction stands in two places")),
        (None, None) => return Err(bad(METHOD, "it has no transaction")),
    };
    let meta = answer.meta.ok_or_else(|| bad(METHOD, "a validated transaction has no meta"))?;
    let ledger_index =
        answer.ledger_index.ok_or_else(|| bad(METHOD, "a validated transaction has no ledger_index"))?;
    let close_time = match (answer.close_time_iso.as_deref(), date) {
        (None, None) => None,
        (iso, date) => Some(
            figure::close_time(iso, date)
                .ok_or_else(|| bad(METHOD, "the close time is none, or stands in two ways"))?,
        ),
    };
    let delivered = match meta.delivered(METHOD)? {
        Some(Delivered::Xrp(drops)) if transaction_type == "Payment" => Some(drops),
        Some(Delivered::Xrp(_) | Delivered::Token { .. } | Delivered::Unavailable) | None => None,
    };
    Ok(Found::Validated { ledger_index, result: meta.result(METHOD)?, delivered, close_time })
}
