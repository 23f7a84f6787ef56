//! Alarms of deposits: told until a person acknowledges them, kept for ever.

use airlock::Result;
use airlock::time::Moment;
use rusqlite::{Connection, params};

use super::Store;
use super::row::{change, get, moment, rows, seconds};

/// Something that a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number, by which it is acknowledged.
    pub number: u64,
    /// When it was raised.
    pub at: Moment,
    /// The chain that was looked at.
    pub stream: String,
    /// What is wrong.
    pub what: String,
}

impl Store {
    /// Alarms that nobody has acknowledged, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open_alarms(&self) -> Result<Vec<Alarm>> {
        let question = "SELECT * FROM alarms WHERE acknowledged IS NULL ORDER BY number";
        rows(&self.connection, question, [], |row| {
            Ok(Alarm {
                number: get(row, "number")?,
                at: moment(row, "at")?,
                stream: get(row, "stream")?,
                what: get(row, "what")?,
            })
        })
    }

    /// Raises an alarm by itself, where no look is written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn raise_alarm(&self, stream: &str, what: &str, now: Moment) -> Result<()> {
        self.write(|connection| raise(connection, stream, what, now))
    }

    /// Notes that a person has seen an alarm; false where there is no such open one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn acknowledge(&self, number: u64, now: Moment) -> Result<bool> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let statement = "UPDATE alarms SET acknowledged = ?2 WHERE number = ?1 AND acknowledged IS NULL";
        self.write(|connection| Ok(change(connection, statement, params![number, seconds(now)])? > 0))
    }
}

/// An alarm that is open already is not raised again.
pub(super) fn raise(connection: &Connection, stream: &str, what: &str, now: Moment) -> Result<()> {
    let statement = "INSERT INTO alarms (at, stream, what) VALUES (?1, ?2, ?3)
        ON CONFLICT (stream, what) WHERE acknowledged IS NULL DO NOTHING";
    change(connection, statement, params![seconds(now), stream, what]).map(|_| ())
}
