//! The terminal itself: where reviews are read and questions answered. Never stdin, never stdout.

mod absent;
mod layout;
mod recorded;
mod terminal;

use airlock::Result;

use crate::secret::SecretText;

pub use absent::Absent;
pub use recorded::Recorded;
pub use terminal::Terminal;

/// The longest answer, in bytes.
pub const ANSWER_BYTES: usize = 4096;

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
