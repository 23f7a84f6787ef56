//! The address book: names for destinations.

use airlock::Result;
use airlock::request::RequestMemo;
use airlock::time::Moment;
use rusqlite::{Row, params};

use super::Store;
use super::error::damaged;
use super::row::{change, get, moment, row, rows, seconds};

/// A destination by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// What people type.
    pub name: String,
    /// The address, as it was given.
    pub address: String,
    /// The destination tag that payments to it carry.
    pub tag: Option<u32>,
    /// The memo that Counterparty sends to it carry.
    pub memo: Option<RequestMemo>,
    /// Whatever a person wants to remember.
    pub note: Option<String>,
    /// When it was added.
    pub added: Moment,
}

impl Store {
    /// All entries, sorted by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn book(&self) -> Result<Vec<BookEntry>> {
        rows(&self.connection, "SELECT * FROM book ORDER BY name", [], entry)
    }

    /// The entry of a name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn book_entry(&self, name: &str) -> Result<Option<BookEntry>> {
        row(&self.connection, "SELECT * FROM book WHERE name = ?1", [name], entry)
    }

    /// Adds an entry; false where the name is taken, and nothing changes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_to_book(&self, entry: &BookEntry) -> Result<bool> {
        let (text, hex) = match &entry.memo {
            Some(RequestMemo::Text(text)) => (Some(text), None),
            Some(RequestMemo::Hex(hex)) => (None, Some(hex)),
            None => (None, None),
        };
        self.write(|connection| {
            let added = change(
                connection,
                "INSERT INTO book (name, address, tag, memo, memo_hex, note, added)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO NOTHING",
                params![entry.name, entry.address, entry.tag, text, hex, entry.note, seconds(entry.added)],
            )?;
            Ok(added == 1)
        })
    }

    /// Removes the entry of a name, and gives it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remove_from_book(&self, name: &str) -> Result<Option<BookEntry>> {
        self.write(|connection| {
            let found = row(connection, "SELECT * FROM book WHERE name = ?1", [name], entry)?;
            change(connection, "DELETE FROM book WHERE name = ?1", [name])?;
            Ok(found)
        })
    }
}

fn entry(row: &Row<'_>) -> Result<BookEntry> {
    let memo = match (get(row, "memo")?, get(row, "memo_hex")?) {
        (Some(text), None) => Some(RequestMemo::Text(text)),
        (None, Some(hex)) => Some(RequestMemo::Hex(hex)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(damaged("an entry of the book has two memos")),
    };
    Ok(BookEntry {
        name: get(row, "name")?,
        address: get(row, "address")?,
        tag: get(row, "tag")?,
        memo,
        note: get(row, "note")?,
        added: moment(row, "added")?,
    })
}
