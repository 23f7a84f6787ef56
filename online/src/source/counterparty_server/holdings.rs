//! What addresses and outputs hold.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::amount::Quantity;
use airlock::counterparty::asset::AssetId;
use airlock::text::Printable;
use bitcoin::{OutPoint, Txid};
use serde::Deserialize;
use serde_json::Value;

use super::envelope::result_of;
use super::query::Query;
use super::refusal::{ANOTHER_ANSWER, MOVED, REFUSED, UNREADABLE};
use super::{CounterpartyServer, Rows, row};
use crate::source::counterparty::{AttachedAsset, Balance};

/// Addresses and outputs of one question: their names fit a line of 4,094 bytes.
const ADDRESSES: usize = 50;
const OUTPOINTS: usize = 45;
/// What puts assets on the outputs of a transaction that still waits.
const EVENTS: [&str; 2] = ["ATTACH_TO_UTXO", "UTXO_MOVE"];

/// An asset and its holders among the addresses that were asked for.
#[derive(Debug, Deserialize)]
pub(super) struct AssetRow {
    #[serde(deserialize_with = "row::asset")]
    asset: String,
    #[serde(deserialize_with = "row::quantity")]
    total: Quantity,
    addresses: Vec<Holder>,
}

#[derive(Debug, Deserialize)]
struct Holder {
    address: Option<String>,
    utxo: Option<OutPoint>,
    utxo_address: Option<String>,
    #[serde(deserialize_with = "row::quantity")]
    quantity: Quantity,
}

/// A balance of one output.
#[derive(Debug, Deserialize)]
pub(super) struct OutputRow {
    #[serde(deserialize_with = "row::asset")]
    asset: String,
    #[serde(deserialize_with = "row::quantity")]
    quantity: Quantity,
    utxo: OutPoint,
}

/// An event of a waiting transaction. Those of strangers may hold anything.
#[derive(Debug, Deserialize)]
pub(super) struct Pending {
    tx_hash: Txid,
    params: Moved,
}

#[derive(Debug, Deserialize)]
struct Moved {
    #[serde(default)]
    destination: Value,
    #[serde(default)]
    asset: Value,
    #[serde(default)]
    quantity: Value,
    #[serde(default)]
    status: Value,
}

/// The balances in the rows of `/v2/addresses/balances`.
///
/// # Errors
/// [`ANOTHER_ANSWER`] for strangers' balances, rows twice, and sums that are none.
pub(super) fn balances(rows: Vec<AssetRow>, asked: &BTreeSet<&str>) -> Result<Vec<Balance>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        let mut sum = Quantity::default();
        for holder in row.addresses {
            let address = match (&holder.utxo, holder.address, holder.utxo_address) {
                (None, Some(address), None) | (Some(_), None, Some(address)) => address,
                _ => {
                    return Err(ANOTHER_ANSWER.error(format!(
                        "a balance of {} that is neither of an address nor of an output",
                        row.asset
                    )));
                }
            };
            if !asked.contains(address.as_str()) {
                let address = Printable::new(&address);
                return Err(ANOTHER_ANSWER.error(format!("a balance of {address}, which was not asked for")));
            }
            if !seen.insert((row.asset.clone(), address.clone(), holder.utxo)) {
                return Err(ANOTHER_ANSWER.error(format!("two balances of {} at {address}", row.asset)));
            }
            sum = sum.checked_add(holder.quantity).ok_or_else(|| {
                UNREADABLE.error(format!("the balances of {} are more than 2^63-1 in all", row.asset))
            })?;
            found.push(Balance {
                address,
                asset: row.asset.clone(),
                quantity: holder.quantity,
                outpoint: holder.utxo,
            });
        }
        if sum != row.total {
            return Err(ANOTHER_ANSWER.error(format!(
                "the balances of {} are {} in all, the server adds them up to {}",
                row.asset,
                sum.to_base_units(),
                row.total.to_base_units()
            )));
        }
    }
    Ok(found)
}

/// The outputs that hold assets, from `/v2/utxos/withbalances`.
///
/// # Errors
/// [`UNREADABLE`], [`ANOTHER_ANSWER`] where the outputs are not those that were asked for.
pub(super) fn with_balances(body: &[u8], asked: &[OutPoint]) -> Result<Vec<OutPoint>> {
    let told: BTreeMap<OutPoint, bool> = result_of(body, "/v2/utxos/withbalances")?;
    if !told.keys().eq(asked.iter().collect::<BTreeSet<_>>()) {
        return Err(ANOTHER_ANSWER.error(format!(
            "{} outputs for the {} that were asked for, or others",
            told.len(),
            asked.len()
        )));
    }
    Ok(told.into_iter().filter_map(|(outpoint, holds)| holds.then_some(outpoint)).collect())
}

/// What waiting transactions put on the outputs asked for.
///
/// # Errors
/// [`UNREADABLE`] for such an event that does not say what and how much, [`ANOTHER_ANSWER`] for one of another
/// transaction.
pub(super) fn pending(events: Vec<Pending>, asked: &BTreeSet<OutPoint>) -> Result<Vec<AttachedAsset>> {
    let mut found = Vec::new();
    for event in events {
        let outpoint = event.params.destination.as_str().and_then(|text| text.parse::<OutPoint>().ok());
        let Some(outpoint) = outpoint.filter(|outpoint| asked.contains(outpoint)) else { continue };
        if event.params.status.as_str().is_some_and(|status| status != "valid") {
            continue;
        }
        if outpoint.txid != event.tx_hash {
            return Err(ANOTHER_ANSWER.error(format!(
                "transaction {} puts assets on {outpoint}, which is not its own",
                event.tx_hash
            )));
        }
        let asset = event.params.asset.as_str().filter(|name| AssetId::from_name(name).is_ok());
        let (Some(asset), Some(quantity)) = (asset, row::quantity_of(&event.params.quantity)) else {
            return Err(UNREADABLE.error(format!("what transaction {} puts on {outpoint}", event.tx_hash)));
        };
        found.push(AttachedAsset { outpoint, asset: asset.to_owned(), quantity });
    }
    Ok(found)
}

impl CounterpartyServer {
    pub(super) fn read_balances(&self, addresses: &[String]) -> Result<Vec<Balance>> {
        let asked: BTreeSet<&str> = addresses.iter().map(String::as_str).collect();
        let all: Vec<&str> = asked.iter().copied().collect();
        let mut found = Vec::new();
        let mut height = None;
        for chunk in all.chunks(ADDRESSES) {
            let query =
                Query::of(&["addresses", "balances"]).with("addresses", &chunk.join(",")).with("type", "all");
            let Rows { height: now, rows } = self.rows::<AssetRow>(&query)?;
            let first = *height.get_or_insert(now);
            if first != now {
                return Err(self.named(MOVED.error(format!(
                    "balances: the ledger went from block {first} to block {now} between two questions"
                ))));
            }
            found.extend(balances(rows, &chunk.iter().copied().collect()).map_err(|e| self.named(e))?);
        }
        found.sort_by(|a, b| (&a.address, &a.asset, a.outpoint).cmp(&(&b.address, &b.asset, b.outpoint)));
        Ok(found)
    }

    pub(super) fn read_attached(&self, outpoints: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        let asked: BTreeSet<OutPoint> = outpoints.iter().copied().collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        // Waiting ones first: what a block takes up meanwhile is then found among the confirmed ones.
        let mut found: BTreeMap<(OutPoint, String), Quantity> = BTreeMap::new();
        for event in EVENTS {
            let events: Vec<Pending> = self.rows(&Query::of(&["mempool", "events", event]))?.rows;
            for attached in pending(events, &asked).map_err(|e| self.named(e))? {
                let sum = found.entry((attached.outpoint, attached.asset)).or_default();
                *sum = sum.checked_add(attached.quantity).unwrap_or(Quantity::MAX);
            }
        }
        let all: Vec<OutPoint> = asked.iter().copied().collect();
        for chunk in all.chunks(OUTPOINTS) {
            let names: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            let query = Query::of(&["utxos", "withbalances"]).with("utxos", &names.join(","));
            let holding = self
                .fact(&query, |body| with_balances(body, chunk))?
                .ok_or_else(|| self.named(REFUSED.error("the server knows no balances of outputs")))?;
            for outpoint in holding {
                for row in self.balances_of(outpoint)? {
                    found.insert((outpoint, row.asset), row.quantity);
                }
            }
        }
        Ok(found
            .into_iter()
            .map(|((outpoint, asset), quantity)| AttachedAsset { outpoint, asset, quantity })
            .collect())
    }

    fn balances_of(&self, outpoint: OutPoint) -> Result<Vec<OutputRow>> {
        let query = Query::of(&["utxos", &outpoint.to_string(), "balances"]);
        let rows: Vec<OutputRow> = self.rows(&query)?.rows;
        if let Some(other) = rows.iter().find(|row| row.utxo != outpoint) {
            return Err(self.named(ANOTHER_ANSWER.error(format!("output {} for {outpoint}", other.utxo))));
        }
        let assets: BTreeSet<&String> = rows.iter().map(|row| &row.asset).collect();
        if assets.len() != rows.len() {
            return Err(self.named(ANOTHER_ANSWER.error(format!("an asset stands twice on {outpoint}"))));
        }
        if rows.is_empty() {
            return Err(
                self.named(MOVED.error(format!("the assets on {outpoint} went away while they were read")))
            );
        }
        Ok(rows)
    }
}
