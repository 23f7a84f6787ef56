//! The tables, and how a file of an older version becomes one of this version.

use airlock::Result;
use rusqlite::{Connection, Transaction};

use super::Store;
use super::error::{BUSY, NEWER, damaged, failed};

/// Says that a SQLite file is ours: `ALOK` in ASCII.
const APPLICATION: i64 = 0x414c_4f4b;

/// One script for each version, in order; the file's `user_version` counts those that it has been through. What was
/// released is never changed: a later version adds a script.
pub(super) const MIGRATIONS: &[&str] =
    &[include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// The version of the tables that this program writes.
pub const VERSION: usize = MIGRATIONS.len();

/// How often a process that opens a new file at the same moment as another one is let try again.
const ATTEMPTS: u32 = 100;

/// Makes the tables, or brings older ones up to date, in one transaction.
///
/// # Errors
/// [`NEWER`], [`super::error::DAMAGED`] for a file of something else.
pub(super) fn bring_up_to_date(store: &Store) -> Result<()> {
    apply(store, MIGRATIONS)
}

/// As [`bring_up_to_date`] with scripts of the caller's.
pub(super) fn apply(store: &Store, scripts: &[&str]) -> Result<()> {
    let present = store.read(|connection| version(connection, scripts.len()))?;
    use_write_ahead_log(&store.connection)?;
    if present == scripts.len() { Ok(()) } else { store.write(|change| migrate(change, scripts)) }
}

/// A change of the journal mode does not wait for others as everything else does.
fn use_write_ahead_log(connection: &Connection) -> Result<()> {
    let question = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    if connection.pragma_query_value(None, "journal_mode", question).map_err(failed)? == "wal" {
        return Ok(());
    }
    for _ in 0..ATTEMPTS {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", question).map_err(failed);
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(damaged(format!("the journal mode stays {mode} instead of wal"))),
            Err(error) if error.code() == &BUSY => std::thread::sleep(core::time::Duration::from_millis(20)),
            Err(error) => return Err(error),
        }
    }
    Err(BUSY.error("another process is making the file"))
}

/// How many scripts the file has been through.
fn version(connection: &Connection, newest: usize) -> Result<usize> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) =
        (number("user_version").map_err(failed)?, number("application_id").map_err(failed)?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if (version, application, tables) == (0, 0, 0) {
        return Ok(0);
    }
    let version = usize::try_from(version).ok().filter(|version| *version > 0 && application == APPLICATION);
    let version = version.ok_or_else(|| damaged("a SQLite file of another program"))?;
    if version > newest {
        return Err(
            NEWER.error(format!("version {version} of the tables, this program knows up to {newest}"))
        );
    }
    Ok(version)
}

fn migrate(change: &Transaction<'_>, scripts: &[&str]) -> Result<()> {
    // Another process may have been here since the question was asked.
    let present = version(change, scripts.len())?;
    for script in scripts.iter().skip(present) {
        change.execute_batch(script).map_err(failed)?;
    }
    change.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    change
        .pragma_update(None, "user_version", i64::try_from(scripts.len()).unwrap_or(i64::MAX))
        .map_err(failed)
}

/// Reads every page and every reference.
///
/// # Errors
/// [`super::error::DAMAGED`].
pub(super) fn check(store: &Store) -> Result<()> {
    let first = |question: &str| {
        let mut found = store.connection.prepare(question).map_err(failed)?;
        let mut rows = found.query([]).map_err(failed)?;
        let row = rows.next().map_err(failed)?;
        row.map(|row| row.get::<_, String>(0).map_err(failed)).transpose()
    };
    match first("PRAGMA integrity_check(1)")? {
        Some(answer) if answer == "ok" => {}
        other => return Err(damaged(other.unwrap_or_else(|| "no answer to integrity_check".to_owned()))),
    }
    match first("PRAGMA foreign_key_check")? {
        None => Ok(()),
        Some(table) => Err(damaged(format!("a row of {table} refers to one that is not there"))),
    }
}
