//! What the program remembers, in one SQLite file: accounts, journal heads, the address book, bundles and how far each of
//! their transactions has come, receipts, and deposits.
//!
//! - [`state`]: how far a transaction can be, and what may follow.
//! - [`bundles`], [`asked`], [`transition`], [`in_flight`], [`receipts`]: from the plan to the end.
//! - [`accounts`], [`heads`], [`book`]: what people brought.
//! - [`allocations`], [`credits`], [`alarms`]: addresses, invoices and tags of customers, what came in, and what is wrong
//!   with it.
//! - [`schema`]: the tables, and how older files become the present form.
//!
//! Every change is one transaction that takes the write lock at its beginning (`BEGIN IMMEDIATE`), and is on the disk when
//! the call returns (WAL, `synchronous=FULL`). So a process can be killed at any moment and two processes can work at once:
//! a change is there as a whole or not at all, and whoever expected another state than the present one is told so.
//! These modules keep plain records; what has to be done with them is decided elsewhere.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use airlock::Result;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::files;
use crate::home::Home;

pub mod accounts;
pub mod alarms;
pub mod allocations;
pub mod asked;
pub mod book;
mod books;
pub mod bundles;
pub mod credits;
pub mod error;
pub mod heads;
pub mod in_flight;
pub mod receipts;
mod row;
pub mod schema;
mod spenders;
pub mod state;
#[cfg(test)]
mod tests;
pub mod transition;

pub use alarms::Alarm;
pub use allocations::{Allocated, CustomerAddress, CustomerTag, Invoice};
pub use asked::Asked;
pub use book::BookEntry;
pub use books::Books;
pub use bundles::{BundleRecord, Filter, StepRecord};
pub use credits::{Batch, Credit, CreditChange, CreditFilter, CreditState, Credited, Cursor, NewCredit};
pub use error::CODES;
pub use in_flight::{InFlight, Rival};
pub use state::State;
pub use transition::{Advanced, HistoryEntry, Transition};

use error::{CANNOT_OPEN, failed};

/// The file in the home folder; SQLite keeps `-wal` and `-shm` beside it while it is open.
pub const FILE_NAME: &str = "store.sqlite";
/// How long one process waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the store of a home folder, and makes both where they are missing.
    ///
    /// # Errors
    /// [`error::CANNOT_OPEN`], [`error::NEWER`], [`error::DAMAGED`], [`error::BUSY`], [`error::CANNOT_WRITE`].
    pub fn open(home: &Home) -> Result<Self> {
        home.create()?;
        Self::open_at(&home.folder().join(FILE_NAME))
    }

    /// Opens the store of a home folder; none where none was made yet.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_existing(home: &Home) -> Result<Option<Self>> {
        let path = home.folder().join(FILE_NAME);
        if std::fs::symlink_metadata(&path).is_err() {
            return Ok(None);
        }
        Self::open_at(&path).map(Some)
    }

    /// Opens a store by the path of its file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_at(path: &Path) -> Result<Self> {
        let place = |e: airlock::Error| e.at(files::shown(path));
        create_private(path)
            .map_err(|e| CANNOT_OPEN.error(format!("{}: {}", files::shown(path), e.kind())))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed).map_err(place)?;
        prepare(&connection).map_err(place)?;
        let store = Self { connection, path: path.to_path_buf() };
        schema::bring_up_to_date(&store).map_err(place)?;
        Ok(store)
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads every page and every reference of the file.
    ///
    /// # Errors
    /// [`error::DAMAGED`] with what is wrong first.
    pub fn check(&self) -> Result<()> {
        schema::check(self)
    }

    /// One change, as a whole or not at all.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(&self.connection, behavior).map_err(failed)?;
        let changed = change(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(changed)
    }

    /// Several questions to one state of the file.
    fn read<T>(&self, question: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let behavior = TransactionBehavior::Deferred;
        let transaction = Transaction::new_unchecked(&self.connection, behavior).map_err(failed)?;
        question(&transaction)
    }
}

/// Makes the file readable for its owner only, before SQLite makes it (and its companions, which take its mode).
fn create_private(path: &Path) -> std::io::Result<()> {
    let file: File =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(failed)?;
    for (name, value) in [("foreign_keys", "ON"), ("synchronous", "FULL"), ("cell_size_check", "ON")] {
        connection.pragma_update(None, name, value).map_err(failed)?;
    }
    Ok(())
}
