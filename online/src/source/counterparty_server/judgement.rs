//! What the ledger made of a transaction.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::counterparty::asset::AssetId;
use airlock::text::Printable;
use bitcoin::Txid;
use serde::Deserialize;

use super::envelope::result_of;
use super::history::SendRecord;
use super::query::Query;
use super::refusal::{ANOTHER_ANSWER, MOVED, UNREADABLE};
use super::{CounterpartyServer, Rows, row};
use crate::source::counterparty::{Judgement, SendRow};

/// What `status` says of a row that counts.
pub(super) const VALID: &str = "valid";

/// What the ledger says of a transaction as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// In no block yet.
    Waiting,
    /// In a block.
    Parsed { height: u32, valid: bool, kind: String },
}

/// Reads `/v2/transactions/TXID`.
///
/// # Errors
/// [`UNREADABLE`], [`ANOTHER_ANSWER`].
pub(super) fn whole(body: &[u8], txid: Txid) -> Result<Whole> {
    #[derive(Deserialize)]
    struct Record {
        tx_hash: Txid,
        block_index: u32,
        confirmed: bool,
        valid: Option<bool>,
        transaction_type: Option<String>,
    }
    let found: Record = result_of(body, "/v2/transactions")?;
    if found.tx_hash != txid {
        return Err(ANOTHER_ANSWER.error(format!("transaction {} for {txid}", found.tx_hash)));
    }
    if !found.confirmed {
        return Ok(Whole::Waiting);
    }
    Ok(Whole::Parsed {
        height: found.block_index,
        // Without a verdict it has done nothing that counts.
        valid: found.valid.unwrap_or(false),
        kind: found.transaction_type.unwrap_or_else(|| "unknown".to_owned()),
    })
}

/// The sends of a transaction in their order.
///
/// # Errors
/// [`ANOTHER_ANSWER`] for rows of other transactions and places given twice, [`UNREADABLE`] for valid rows that do not
/// say what went where.
pub(super) fn sends(records: Vec<SendRecord>, txid: Txid, height: u32) -> Result<Vec<SendRow>> {
    let mut places = BTreeSet::new();
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let place = record.msg_index;
        if record.tx_hash != txid || record.block_index != height {
            let (other, block) = (record.tx_hash, record.block_index);
            return Err(ANOTHER_ANSWER
                .error(format!("a send of {other} in block {block} for {txid} in block {height}")));
        }
        if !places.insert(place) {
            return Err(ANOTHER_ANSWER.error(format!("two sends at place {place} of {txid}")));
        }
        rows.push(send(record).map_err(|e| e.at(format!("send {place} of {txid}")))?);
    }
    rows.sort_by_key(|row| row.msg_index);
    Ok(rows)
}

fn send(record: SendRecord) -> Result<SendRow> {
    let quantity = row::quantity_of(&record.quantity);
    let asset = record.asset.filter(|name| AssetId::from_name(name).is_ok());
    if record.status == VALID {
        let missing = [
            ("source", record.source.is_none()),
            ("destination", record.destination.is_none()),
            ("asset", asset.is_none()),
            ("quantity", quantity.is_none()),
        ];
        if let Some((what, _)) = missing.iter().find(|(_, missing)| *missing) {
            return Err(UNREADABLE.error(format!("it is valid and has no {what} that can be")));
        }
    }
    Ok(SendRow {
        source: record.source.unwrap_or_default(),
        destination: record.destination.unwrap_or_default(),
        asset: asset.unwrap_or_default(),
        quantity: quantity.unwrap_or_default(),
        memo: record.memo,
        status: record.status,
        msg_index: record.msg_index,
    })
}

impl CounterpartyServer {
    pub(super) fn read_judgement(&self, txid: Txid) -> Result<Judgement> {
        let id = txid.to_string();
        let transaction = Query::of(&["transactions", &id]);
        let Some(found) = self.fact(&transaction, |body| whole(body, txid))? else {
            let events = Query::of(&["mempool", "transactions", &id, "events"]);
            let waits: Vec<Waiting> = self.rows(&events)?.rows;
            return match waits.iter().find(|event| event.tx_hash != txid) {
                Some(other) => Err(self.named(ANOTHER_ANSWER.error(format!(
                    "an event of {} for {txid}",
                    Printable::new(&other.tx_hash.to_string())
                )))),
                None if waits.is_empty() => Ok(Judgement::Unknown),
                None => Ok(Judgement::Waiting),
            };
        };
        let Whole::Parsed { height, valid, kind } = found else { return Ok(Judgement::Waiting) };
        let Rows { height: now, rows } =
            self.rows::<SendRecord>(&Query::of(&["transactions", &id, "sends"]))?;
        if rows.iter().any(|record| record.tx_hash == txid && record.block_index != height) || now < height {
            return Err(self.named(MOVED.error(format!("{txid} left block {height} while it was read"))));
        }
        let sends = sends(rows, txid, height).map_err(|e| self.named(e))?;
        Ok(Judgement::Parsed { height, valid, kind, sends })
    }
}

/// An event of a waiting transaction.
#[derive(Debug, Deserialize)]
struct Waiting {
    tx_hash: Txid,
}
