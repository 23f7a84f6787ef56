//! Questions of the deposit books to several tables.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::review::Use;
use airlock::time::Moment;
use bitcoin::OutPoint;

use super::Store;
use super::row::{get, moment, row, rows};

impl Store {
    /// When each credit changed last, by its number.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_changes(&self) -> Result<BTreeMap<u64, Moment>> {
        let question = "SELECT credit, max(at) AS at FROM credit_history GROUP BY credit";
        let changes =
            rows(&self.connection, question, [], |row| Ok((get(row, "credit")?, moment(row, "at")?)))?;
        Ok(changes.into_iter().collect())
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
