//! Lists of what happened to an address, newest first: the rows of some blocks.

use airlock::Result;
use airlock::amount::Quantity;
use airlock::text::Printable;
use bitcoin::{OutPoint, Txid};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::query::Query;
use super::refusal::ANOTHER_ANSWER;
use super::{CounterpartyServer, row};

/// A row that stands in a block.
pub(super) trait Placed {
    /// The block's height.
    fn height(&self) -> u32;
}

/// A send as the ledger recorded it; what a send is that could not be read is null.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SendRecord {
    pub(super) tx_hash: Txid,
    pub(super) block_index: u32,
    pub(super) source: Option<String>,
    pub(super) destination: Option<String>,
    pub(super) asset: Option<String>,
    pub(super) quantity: Value,
    pub(super) status: String,
    pub(super) msg_index: u32,
    pub(super) memo: Option<String>,
    /// The owner of the output, where `source` is one.
    #[serde(default)]
    pub(super) source_address: Option<String>,
}

/// A sweep.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SweepRecord {
    pub(super) tx_hash: Txid,
    pub(super) block_index: u32,
    pub(super) source: String,
    pub(super) destination: Option<String>,
    pub(super) status: String,
    pub(super) memo: Option<String>,
}

/// What a dispenser paid.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DispenseRecord {
    pub(super) tx_hash: Txid,
    pub(super) block_index: u32,
    pub(super) source: String,
    pub(super) destination: String,
    #[serde(deserialize_with = "row::asset")]
    pub(super) asset: String,
}

/// What came onto an address, or onto an output of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CreditRecord {
    pub(super) block_index: u32,
    pub(super) address: Option<String>,
    pub(super) utxo: Option<OutPoint>,
    pub(super) utxo_address: Option<String>,
    #[serde(deserialize_with = "row::asset")]
    pub(super) asset: String,
    #[serde(deserialize_with = "row::quantity")]
    pub(super) quantity: Quantity,
    pub(super) calling_function: Option<String>,
    /// The transaction, or the two of a match joined by `_`.
    pub(super) event: Option<String>,
}

impl Placed for SendRecord {
    fn height(&self) -> u32 {
        self.block_index
    }
}

impl Placed for SweepRecord {
    fn height(&self) -> u32 {
        self.block_index
    }
}

impl Placed for DispenseRecord {
    fn height(&self) -> u32 {
        self.block_index
    }
}

impl Placed for CreditRecord {
    fn height(&self) -> u32 {
        self.block_index
    }
}

impl CounterpartyServer {
    /// The rows of the blocks `from..=to`, oldest first. Reads no further back than it must.
    pub(super) fn history<T: Placed + DeserializeOwned>(
        &self,
        query: &Query,
        from: u32,
        to: u32,
    ) -> Result<Vec<T>> {
        let mut rows: Vec<T> = self.rows_until(query, |row: &T| row.height() < from)?.rows;
        if !rows.is_sorted_by(|newer, older| newer.height() >= older.height()) {
            return Err(self.named(
                ANOTHER_ANSWER
                    .error(format!("{} does not go back block by block", Printable::new(query.path()))),
            ));
        }
        rows.reverse();
        rows.retain(|row| row.height() <= to);
        Ok(rows)
    }
}
