//! Questions of the deposit books to several tables.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::review::Use;
use airlock::time::Moment;
use bitcoin::OutPoint;

use super::row::{get, moment, row, rows};
use super::{Credit, CreditFilter, Store};

/// The credits with all that the books say beside them, of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// The credits, in the order in which they were found.
    pub credits: Vec<Credit>,
    /// By the number of a credit the last entry of its history and when that was written.
    pub changes: BTreeMap<u64, (u64, Moment)>,
    /// How far each chain was looked through.
    pub heights: BTreeMap<String, u32>,
    /// The last entry of the whole history; entries are only added, each with a larger number.
    pub last_entry: u64,
}

impl Store {
    /// Reads the books as they stand at one moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn books(&self, filter: &CreditFilter) -> Result<Books> {
        self.read(|connection| {
            let question = "SELECT credit, entry, at FROM credit_history WHERE entry IN
                 (SELECT max(entry) FROM credit_history GROUP BY credit)";
            let changes = rows(connection, question, [], |row| {
                Ok((get(row, "credit")?, (get(row, "entry")?, moment(row, "at")?)))
            })?;
            let heights = rows(connection, "SELECT key, height FROM cursors", [], |row| {
                Ok((get(row, "key")?, get(row, "height")?))
            })?;
            let last = "SELECT coalesce(max(entry), 0) AS entry FROM credit_history";
            let last_entry = row(connection, last, [], |row| get(row, "entry"))?.unwrap_or_default();
            Ok(Books {
                credits: self.credits(filter)?,
                changes: changes.into_iter().collect(),
                heights: heights.into_iter().collect(),
                last_entry,
            })
        })
    }

    /// True where a transaction is a signed step of one of our bundles.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn made(&self, txid: &str) -> Result<bool> {
        let question = "SELECT 1 AS one FROM steps WHERE txid = ?1 LIMIT 1";
        Ok(row(&self.connection, question, [txid], |row| get::<u32>(row, "one"))?.is_some())
    }

    /// True where any bundle, also one that was only planned, spends a coin: whatever spends it is ours, by whatever txid
    /// and whoever handed it in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn spends(&self, coin: OutPoint) -> Result<bool> {
        let question = "SELECT 1 AS one FROM uses WHERE what = ?1 LIMIT 1";
        let what = Use::Coin(coin).to_string();
        Ok(row(&self.connection, question, [what], |row| get::<u32>(row, "one"))?.is_some())
    }
}
