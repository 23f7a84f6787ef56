//! A code as text of a terminal: half blocks, two modules in a cell, both colours named in every row (qr.md 8.3).

use airlock::{Code, Error, Exit, Result};

use crate::symbol::{Symbol, VERSIONS};

/// A window of the terminal in which no code fits.
pub static WINDOW: Code = Code::new(
    "E-QR-044",
    Exit::Fixable,
    "The window of the terminal is too small for the QR code: a row of modules must not wrap.",
    "Make the window larger or its letters smaller, choose a lower density, or write the codes to a file.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&WINDOW];

/// Size of a window in cells, or the part of one that a code needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Cells of a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

impl Window {
    /// What a code of this version needs with its quiet zone: 25 + 4 × version columns and half as many rows.
    pub fn needed(version: u8) -> Self {
        let columns = usize::from(version).saturating_mul(4).saturating_add(25);
        Self { columns, rows: columns.div_ceil(2) }
    }

    /// The largest version that fits above `lines` lines of text, if one does.
    pub fn largest_version(self, lines: usize) -> Option<u8> {
        VERSIONS.rev().find(|&version| {
            let needed = Self::needed(version);
            needed.columns <= self.columns && needed.rows.saturating_add(lines) <= self.rows
        })
    }

    /// Says that a code of this version fits.
    ///
    /// # Errors
    /// [`WINDOW`] with what it needs, what there is, and what would fit.
    pub fn check(self, version: u8, lines: usize) -> Result<()> {
        match self.largest_version(lines) {
            Some(largest) if version <= largest => Ok(()),
            Some(_) | None => Err(self.too_small(version, lines)),
        }
    }

    /// The refusal of a code of this version.
    pub(crate) fn too_small(self, version: u8, lines: usize) -> Error {
        let needed = Self::needed(version);
        let fits = match self.largest_version(lines) {
            Some(largest) => format!("which holds version {largest} at most"),
            None => "which holds no code".to_owned(),
        };
        WINDOW.error(format!(
            "QR version {version} needs {} columns and {} rows; the window has {} and {}, {fits}",
            needed.columns,
            needed.rows.saturating_add(lines),
            self.columns,
            self.rows
        ))
    }
}

/// The rows of a code, quiet zone included, without line ends, black on white or on gray. Each names its colours and ends with the terminal's own.
pub fn rows(symbol: &Symbol, dim: bool) -> Vec<String> {
    let outer = symbol.outer_size();
    (0..outer).step_by(2).map(|y| row(symbol, y, dim)).collect()
}

/// A code that stays where it is printed: for a single one, without keys.
///
/// # Errors
/// [`WINDOW`] when it would wrap or scroll away.
pub fn print(symbol: &Symbol, dim: bool, window: Window) -> Result<String> {
    window.check(symbol.version(), 1)?;
    let mut text = rows(symbol, dim).join("\n");
    text.push('\n');
    Ok(text)
}

/// Two rows of modules. Cells of one colour are painted as background, which fills the cell in every font; where they differ
/// the lower module is the background, so that a gap between lines continues it.
fn row(symbol: &Symbol, y: usize, dim: bool) -> String {
    let mut text = String::new();
    let mut pen = None;
    for x in 0..symbol.outer_size() {
        let (top, bottom) = (symbol.is_dark_outer(x, y), symbol.is_dark_outer(x, y.saturating_add(1)));
        let wanted = if bottom { Pen::LightOnBlack } else { Pen::BlackOnLight };
        if pen != Some(wanted) {
            text.push_str(wanted.escape(dim));
            pen = Some(wanted);
        }
        text.push(if top == bottom { ' ' } else { '▀' });
    }
    text.push_str("\x1b[0m");
    text
}

/// What is foreground and what background.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pen {
    BlackOnLight,
    LightOnBlack,
}

impl Pen {
    /// Colours of the 256 that do not depend on the terminal's theme: 16 black, 231 white, 250 gray.
    fn escape(self, dim: bool) -> &'static str {
        match (self, dim) {
            (Self::BlackOnLight, false) => "\x1b[38;5;16;48;5;231m",
            (Self::BlackOnLight, true) => "\x1b[38;5;16;48;5;250m",
            (Self::LightOnBlack, false) => "\x1b[38;5;231;48;5;16m",
            (Self::LightOnBlack, true) => "\x1b[38;5;250;48;5;16m",
        }
    }
}

#[cfg(test)]
mod tests;
