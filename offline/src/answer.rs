//! What a command says when it is done: lines for people, one document for programs.

use std::io::{self, Write};

use serde_json::Value;

/// The answer of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The lines for people.
    pub lines: Vec<String>,
    /// The same for programs.
    pub json: Value,
}

impl Answer {
    /// Writes it: one JSON document, or the lines.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn write(&self, to: &mut dyn Write, as_json: bool) -> io::Result<()> {
        if as_json {
            writeln!(to, "{}", self.json)?;
        } else {
            for line in &self.lines {
                writeln!(to, "{line}")?;
            }
        }
        to.flush()
    }
}
