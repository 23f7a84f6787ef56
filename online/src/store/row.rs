//! Values of the file as types of ours; whatever this program would not have written is damage.

use core::fmt::Display;
use core::str::FromStr;

use airlock::Result;
use airlock::time::Moment;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};

use super::error::{damaged, failed};

/// A column.
pub(super) fn get<T: FromSql>(row: &Row<'_>, name: &str) -> Result<T> {
    row.get(name).map_err(failed)
}

/// A column that holds the text of something.
pub(super) fn parsed<T: FromStr<Err: Display>>(row: &Row<'_>, name: &str) -> Result<T> {
    read(&get::<String>(row, name)?, name)
}

/// A column that holds the text of something, or nothing.
pub(super) fn parsed_if_any<T: FromStr<Err: Display>>(row: &Row<'_>, name: &str) -> Result<Option<T>> {
    get::<Option<String>>(row, name)?.map(|text| read(&text, name)).transpose()
}

fn read<T: FromStr<Err: Display>>(text: &str, name: &str) -> Result<T> {
    text.parse().map_err(|e: T::Err| damaged(format!("column {name}: {e}")))
}

/// A column that holds a moment.
pub(super) fn moment(row: &Row<'_>, name: &str) -> Result<Moment> {
    checked_moment(get(row, name)?)
}

/// A column that holds a moment or nothing.
pub(super) fn moment_if_any(row: &Row<'_>, name: &str) -> Result<Option<Moment>> {
    get::<Option<u64>>(row, name)?.map(checked_moment).transpose()
}

fn checked_moment(seconds: u64) -> Result<Moment> {
    Moment::try_from(seconds).map_err(damaged)
}

/// Seconds, as a parameter; no moment is beyond the range.
pub(super) fn seconds(moment: Moment) -> i64 {
    i64::try_from(moment.to_unix()).unwrap_or(i64::MAX)
}

/// All rows that a question finds.
pub(super) fn rows<T>(
    connection: &Connection,
    question: &str,
    parameters: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut prepared = connection.prepare_cached(question).map_err(failed)?;
    let mut found = prepared.query(parameters).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The row that a question finds, if it finds one.
pub(super) fn row<T>(
    connection: &Connection,
    question: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    Ok(rows(connection, question, parameters, read)?.into_iter().next())
}

/// Changes rows, and says how many.
pub(super) fn change(connection: &Connection, statement: &str, parameters: impl Params) -> Result<usize> {
    connection.prepare_cached(statement).and_then(|mut prepared| prepared.execute(parameters)).map_err(failed)
}
