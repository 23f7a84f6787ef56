//! What a command says when it is done: lines for people, one document for programs.

use std::io::{self, Write};

use serde_json::Value;

/// The answer of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The line that matters most, if one does.
    pub headline: Option<String>,
    /// The other lines.
    pub lines: Vec<String>,
    /// The same for programs.
    pub json: Value,
}

impl Answer {
    /// Writes it: one JSON document, or the lines with the headline in bold where `colour` allows.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write(&self, to: &mut dyn Write, as_json: bool, colour: bool) -> io::Result<()> {
        if as_json {
            writeln!(to, "{}", self.json)?;
            return to.flush();
        }
        if let Some(headline) = &self.headline {
            let (on, off) = if colour { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
            writeln!(to, "{on}{headline}{off}")?;
        }
        for line in &self.lines {
            writeln!(to, "{line}")?;
        }
        to.flush()
    }
}

/// Sets a member of a JSON object.
pub fn put(json: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = json.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

/// Lays rows out in columns, two spaces apart; the first row is the heading.
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_its_columns_up() {
        let rows = [["name", "role"], ["treasury", "cold"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), ["name      role", "treasury  cold"]);
    }
}
