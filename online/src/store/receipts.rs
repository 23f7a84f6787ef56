//! Receipts: what became of a bundle, written once; one more where it was reopened, which names the one before.

use airlock::Result;
use airlock::bundle::{BundleId, Spoken};
use airlock::json::{self, Numbers};
use airlock::time::Moment;
use bitcoin::hashes::{Hash, sha256};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::Store;
use super::bundles::unknown;
use super::error::{OTHER_RECEIPT, damaged};
use super::row::{change, get, row, seconds};

/// The member by which a receipt names the one that it takes the place of.
pub const CORRECTS: &str = "corrects";

impl Store {
    /// Writes the receipt of a bundle in canonical JSON, and gives its bytes. The same one again is no error; another one is
    /// taken where its member [`CORRECTS`] is the [`digest`] of the last one, which stays too.
    ///
    /// # Errors
    /// [`OTHER_RECEIPT`] where another one is there; [`super::error::UNKNOWN_BUNDLE`].
    pub fn write_receipt(&self, bundle: BundleId, receipt: &Value, now: Moment) -> Result<Vec<u8>> {
        let (id, file) = (bundle.to_string(), json::canonical(receipt));
        self.write(|connection| {
            let question = "SELECT id FROM bundles WHERE id = ?1";
            if row(connection, question, [&id], |row| get::<String>(row, "id"))?.is_none() {
                return Err(unknown(&bundle.short()));
            }
            let Some((number, last)) = last(connection, &id)? else {
                let statement = "INSERT INTO receipts (bundle, written, file) VALUES (?1, ?2, ?3)";
                return change(connection, statement, params![id, seconds(now), file]).map(|_| ());
            };
            if last == file {
                return Ok(());
            }
            if receipt.get(CORRECTS).and_then(Value::as_str) != Some(digest(&last).as_str()) {
                return Err(OTHER_RECEIPT.error(format!("bundle {} has another receipt", bundle.short())));
            }
            let statement =
                "INSERT INTO later_receipts (bundle, number, written, file) VALUES (?1, ?2, ?3, ?4)";
            change(connection, statement, params![id, number.saturating_add(1), seconds(now), file])
                .map(|_| ())
        })?;
        Ok(file)
    }

    /// The last receipt of a bundle.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn receipt(&self, bundle: BundleId) -> Result<Option<Value>> {
        let file = last(&self.connection, &bundle.to_string())?.map(|(_, file)| file);
        file.map(|file| json::parse(&file, Numbers::Integers).map_err(damaged)).transpose()
    }
}

/// SHA-256 over a receipt's canonical bytes, in hex.
pub fn digest(file: &[u8]) -> String {
    sha256::Hash::hash(file).to_string()
}

/// The number of the last receipt, the first is 1, and its bytes.
fn last(connection: &Connection, id: &str) -> Result<Option<(u32, Vec<u8>)>> {
    let question = "SELECT number, file FROM (SELECT 1 AS number, file FROM receipts WHERE bundle = ?1
                    UNION ALL SELECT number, file FROM later_receipts WHERE bundle = ?1)
                    ORDER BY number DESC LIMIT 1";
    row(connection, question, [id], |row| Ok((get(row, "number")?, get(row, "file")?)))
}
