//! The heads of offline journals that signed files brought back.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::bundle::{Bundle, JournalHead};
use rusqlite::params;

use super::Store;
use super::error::damaged;
use super::row::{change, get, rows};
use crate::heads::{Heads, Sighting, accounts_of};

impl Store {
    /// The heads that any account still needs, each account's newest.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn heads(&self) -> Result<Heads> {
        let question = "SELECT number, heads.head AS head, reference FROM heads
            JOIN head_accounts ON head_accounts.head = heads.number
            WHERE number IN (SELECT max(head) FROM head_accounts GROUP BY reference)";
        let found = rows(&self.connection, question, [], |row| {
            let (number, reference): (i64, String) = (get(row, "number")?, get(row, "reference")?);
            let head: JournalHead = get::<String>(row, "head")?.parse().map_err(damaged)?;
            Ok((number, head, reference))
        })?;
        let mut seen: BTreeMap<i64, Sighting> = BTreeMap::new();
        for (number, head, reference) in found {
            let sighting = seen.entry(number).or_insert(Sighting { accounts: BTreeSet::new(), head });
            sighting.accounts.insert(reference);
        }
        Ok(Heads::new(seen.into_values().collect()))
    }

    /// Keeps the head that the signed file of a bundle brought. One that was seen before stays where it was, because a
    /// signed file can be verified again after newer ones. True where it is new.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn saw_head(&self, bundle: &Bundle, head: JournalHead) -> Result<bool> {
        self.write(|connection| {
            let statement = "INSERT INTO heads (head) VALUES (?1) ON CONFLICT (head) DO NOTHING";
            if change(connection, statement, [head.to_string()])? == 0 {
                return Ok(false);
            }
            let number = connection.last_insert_rowid();
            for account in accounts_of(bundle.steps()) {
                let statement = "INSERT INTO head_accounts (head, reference) VALUES (?1, ?2)";
                change(connection, statement, params![number, account])?;
            }
            Ok(true)
        })
    }
}
