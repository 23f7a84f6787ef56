//! Receipts: what became of a bundle, written once.

use airlock::Result;
use airlock::bundle::{BundleId, Spoken};
use airlock::json::{self, Numbers};
use airlock::time::Moment;
use rusqlite::params;
use serde_json::Value;

use super::Store;
use super::bundles::unknown;
use super::error::{OTHER_RECEIPT, damaged};
use super::row::{change, get, row, seconds};

impl Store {
    /// Writes the receipt of a bundle in canonical JSON, and gives its bytes. The same one again is no error.
    ///
    /// # Errors
    /// [`OTHER_RECEIPT`] where another one is there; [`super::error::UNKNOWN_BUNDLE`].
    pub fn write_receipt(&self, bundle: BundleId, receipt: &Value, now: Moment) -> Result<Vec<u8>> {
        let (id, file) = (bundle.to_string(), json::canonical(receipt));
        self.write(|connection| {
            let question =
                "SELECT (SELECT file FROM receipts WHERE bundle = id) AS file FROM bundles WHERE id = ?1";
            let known: Option<Option<Vec<u8>>> = row(connection, question, [&id], |row| get(row, "file"))?;
            match known {
                None => Err(unknown(&bundle.short())),
                Some(Some(known)) if known == file => Ok(()),
                Some(Some(_)) => {
                    Err(OTHER_RECEIPT.error(format!("bundle {} has another receipt", bundle.short())))
                }
                Some(None) => {
                    let statement = "INSERT INTO receipts (bundle, written, file) VALUES (?1, ?2, ?3)";
                    change(connection, statement, params![id, seconds(now), file]).map(|_| ())
                }
            }
        })?;
        Ok(file)
    }

    /// The receipt of a bundle.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn receipt(&self, bundle: BundleId) -> Result<Option<Value>> {
        let question = "SELECT file FROM receipts WHERE bundle = ?1";
        let file: Option<Vec<u8>> =
            row(&self.connection, question, [bundle.to_string()], |row| get(row, "file"))?;
        file.map(|file| json::parse(&file, Numbers::Integers).map_err(damaged)).transpose()
    }
}
