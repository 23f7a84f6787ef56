//! The terminal itself: where reviews are read and questions answered. Never stdin, never stdout.

mod absent;
mod aside;
mod folded;
mod layout;
mod recorded;
mod terminal;

use std::fs::File;

use airlock::{Code, Error, Result};

use crate::error::BROKEN_OFF;
use crate::secret::SecretText;

pub use absent::Absent;
pub use folded::Folded;
pub use recorded::Recorded;
pub use terminal::Terminal;

/// The longest answer, in bytes.
pub const ANSWER_BYTES: usize = 4096;

/// Columns of a review where no window is narrower.
pub const REVIEW_COLUMNS: usize = 100;

/// Most rows of a page of secrets: it fits every window that is accepted.
pub const SECRET_ROWS: usize = 9;

/// Most columns of a page of secrets.
pub const SECRET_COLUMNS: usize = 39;

/// How often a person may type what is not taken before the run ends.
const MOST_TRIES: usize = 3;

/// A person who reads and answers.
pub trait Screen {
    /// Shows lines page by page, and comes back only after the last page was seen.
    ///
    /// # Errors
    /// When there is nobody, or the person broke off.
    fn show(&mut self, lines: &[String]) -> Result<()>;

    /// Asks for a line of text.
    ///
    /// # Errors
    /// When there is nobody, or the person broke off.
    fn ask(&mut self, question: &str) -> Result<String>;

    /// Asks for a secret, which does not appear on the screen.
    ///
    /// # Errors
    /// When there is nobody, or the person broke off.
    fn ask_secret(&mut self, question: &str) -> Result<SecretText>;

    /// Shows one page of secrets, at most [`SECRET_ROWS`] and [`SECRET_COLUMNS`] large, until the person goes on. Then
    /// nothing of it stays on the screen, nor above it.
    ///
    /// # Errors
    /// When there is nobody, or the person broke off.
    fn show_secret(&mut self, page: &SecretText) -> Result<()>;

    /// Asks for a secret that is seen while it is typed and gone from the screen afterwards: long texts, of which a
    /// person wants to see where they are. Around the question nothing secret is shown.
    ///
    /// # Errors
    /// When there is nobody, or the person broke off.
    fn ask_seen(&mut self, question: &str) -> Result<SecretText>;

    /// How wide a review may be: the columns of the window, or as many as a review uses.
    fn columns(&self) -> usize {
        REVIEW_COLUMNS
    }

    /// The terminal behind it, for moving pictures; none where there is nobody.
    fn terminal(&self) -> Option<File> {
        None
    }

    /// No colour from now on.
    fn make_plain(&mut self) {}
}

/// The terminal of this process, or nobody.
pub fn open() -> Box<dyn Screen> {
    match Terminal::open() {
        Some(terminal) => Box::new(terminal),
        None => Box::new(Absent),
    }
}

/// Asks until what is typed is not refused with this code, a few times. A person who breaks off after a refusal is told
/// of the refusal.
///
/// # Errors
/// As `attempt`.
pub fn tries<T>(
    screen: &mut dyn Screen,
    code: &Code,
    mut attempt: impl FnMut(&mut dyn Screen) -> Result<T>,
) -> Result<T> {
    let mut refusal: Option<Error> = None;
    let mut left = MOST_TRIES;
    loop {
        left = left.saturating_sub(1);
        match attempt(screen) {
            Err(e) if e.code() == code && left > 0 => {
                screen.show(&[format!("Not taken: {}. Once more; Ctrl-C stops.", e.what())])?;
                refusal = Some(e);
            }
            Err(e) if e.code() == &BROKEN_OFF => return Err(refusal.unwrap_or(e)),
            outcome => return outcome,
        }
    }
}
