//! What touched an account: `account_tx`, oldest first.

use std::collections::BTreeSet;

use airlock::xrp::AccountId;
use airlock::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Asker, Said, bad, foreign, members_of};
use super::figure;
use super::meta::Meta;
use crate::http::{ANSWER_BYTES, OVER_LIMIT};
use crate::source::xrpl::{HistoryEntry, HistoryPage};

const METHOD: &str = "account_tx";
/// Transactions of a page with the bytes that it may have: where somebody has filled the account's history with huge
/// transactions, the smallest page that servers give.
const PAGES: [(u32, u64); 2] = [(200, ANSWER_BYTES), (10, 4 * ANSWER_BYTES)];
/// The longest marker, as JSON.
const MARKER_BYTES: usize = 1_024;

#[derive(Deserialize)]
struct Page {
    account: String,
    ledger_index_min: u32,
    ledger_index_max: u32,
    transactions: Vec<Map<String, Value>>,
    marker: Option<Value>,
}

/// An entry of version 2; `tx` is where version 1 has everything about the transaction.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    validated: bool,
    meta: Meta,
    tx_json: Option<Tx>,
    tx: Option<Tx>,
    hash: Option<String>,
    ledger_index: Option<u32>,
    close_time_iso: Option<String>,
}

#[derive(Deserialize)]
struct Tx {
    #[serde(rename = "Account")]
    account: String,
    #[serde(rename = "TransactionType")]
    transaction_type: String,
    #[serde(rename = "Destination")]
    destination: Option<String>,
    #[serde(rename = "DestinationTag")]
    destination_tag: Option<u32>,
    hash: Option<String>,
    ledger_index: Option<u32>,
    date: Option<u64>,
}

/// One page. `from` and `to` of the answer are what the server really searched, all pages together.
pub(super) fn page(
    asker: &Asker<'_>,
    address: &str,
    from: u32,
    to: u32,
    marker: Option<&Value>,
) -> Result<HistoryPage> {
    let account: AccountId = address.parse()?;
    if from > to {
        return Err(foreign(METHOD, &format!("is asked for the ledgers {from} to {to}, which are none")));
    }
    let ask = |(limit, bytes): (u32, u64)| {
        let mut question = json!({
            "account": address,
            "ledger_index_min": from,
            "ledger_index_max": to,
            "forward": true,
            "binary": false,
            "limit": limit,
        });
        if let (Some(marker), Value::Object(members)) = (marker, &mut question) {
            members.insert("marker".to_owned(), marker.clone());
        }
        asker.ask_within(METHOD, question, bytes)
    };
    let [large, small] = PAGES;
    let said = match ask(large) {
        Err(error) if error.code() == &OVER_LIMIT => ask(small)?,
        said => said?,
    };
    let members = match said {
        Said::Result(members) => members,
        Said::Refused(refusal) => return Err(refusal.error(METHOD)),
    };
    let page: Page = members_of(METHOD, members)?;
    if figure::address(&page.account) != Some(account) {
        return Err(foreign(METHOD, "is about another account"));
    }
    let (first, last) = (page.ledger_index_min, page.ledger_index_max);
    if first < from || last > to || first > last {
        return Err(foreign(METHOD, &format!("is about the ledgers {first} to {last}, not {from} to {to}")));
    }
    let entries = page
        .transactions
        .into_iter()
        .map(|members| entry(members, account, (first, last)))
        .collect::<Result<Vec<_>>>()?;
    check_order(&entries)?;
    let next = page.marker.filter(|next| !next.is_null());
    if next.as_ref().is_some_and(|next| Some(next) == marker || next.to_string().len() > MARKER_BYTES) {
        return Err(bad(METHOD, "the marker does not move on, or is too long"));
    }
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(HistoryPage { from: first, to: last, entries, marker: next })
}

/// Reads an entry, with its place in its ledger.
fn entry(
    members: Map<String, Value>,
    account: AccountId,
    (first, last): (u32, u32),
) -> Result<(Option<u32>, HistoryEntry)> {
    let Entry { validated, meta, tx_json, tx, hash, ledger_index, close_time_iso } =
        members_of(METHOD, members)?;
    let tx = match (tx_json, tx) {
        (Some(tx), None) | (None, Some(tx)) => tx,
        (Some(_), Some(_)) => return Err(bad(METHOD, "a transaction stands in two places")),
        (None, None) => return Err(bad(METHOD, "an entry has no transaction")),
    };
    let unread = |what: &str| -> Error { bad(METHOD, &format!("{what} of a transaction cannot be read")) };
    let hash = once(hash, tx.hash).and_then(|hash| figure::hash(&hash)).ok_or_else(|| unread("the hash"))?;
    if !validated {
        return Err(foreign(METHOD, &format!("holds {hash}, which is not validated")));
    }
    let ledger_index = once(ledger_index, tx.ledger_index).ok_or_else(|| unread("the ledger_index"))?;
    if !(first..=last).contains(&ledger_index) {
        return Err(foreign(
            METHOD,
            &format!("holds {hash} of ledger {ledger_index}, which was not asked for"),
        ));
    }
    if !figure::is_name(&tx.transaction_type) {
        return Err(unread("the type"));
    }
    let read_address = |text: &str, what| figure::address(text).ok_or_else(|| unread(what));
    let destination = match tx.destination.as_deref() {
        None => None,
        Some(text) => Some(read_address(text, "the destination")?.to_string()),
    };
    let entry = HistoryEntry {
        ledger_index,
        close_time: figure::close_time(close_time_iso.as_deref(), tx.date)
            .ok_or_else(|| unread("the close time"))?,
        transaction_type: tx.transaction_type,
        result: meta.result(METHOD)?,
        account: read_address(&tx.account, "the account")?.to_string(),
        destination,
        destination_tag: tx.destination_tag,
        delivered: meta.delivered(METHOD)?,
        balance_change: meta.balance_change(METHOD, account)?,
        hash,
    };
    Ok((meta.transaction_index, entry))
}

/// A value that stands in one of two places, or in both alike.
fn once<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// Oldest first and nothing twice, as was asked for.
fn check_order(entries: &[(Option<u32>, HistoryEntry)]) -> Result<()> {
    let mut hashes = BTreeSet::new();
    let mut before: Option<(u32, Option<u32>)> = None;
    for (place, entry) in entries {
        let here = (entry.ledger_index, *place);
        let is_later = before.is_none_or(|(ledger, place)| match (place, here.1) {
            _ if ledger != here.0 => ledger < here.0,
            (Some(place), Some(here)) => place < here,
            (Some(_) | None, _) => true,
        });
        if !is_later {
            return Err(bad(METHOD, &format!("{} does not come in the order of the ledger", entry.hash)));
        }
        if !hashes.insert(entry.hash.as_str()) {
            return Err(bad(METHOD, &format!("{} comes twice", entry.hash)));
        }
        before = Some(here);
    }
    Ok(())
}
