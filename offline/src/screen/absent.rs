//! Nobody is there: every question must have been answered by an option.

use airlock::Result;

use super::Screen;
use crate::error::NO_TERMINAL;
use crate::secret::SecretText;

/// A run without a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

impl Screen for Absent {
    fn show(&mut self, _lines: &[String]) -> Result<()> {
        Err(NO_TERMINAL.error("there is no terminal to show the review on"))
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        Err(NO_TERMINAL
            .error(format!("there is no terminal to ask on: {}", question.trim_end_matches([':', ' ']))))
    }

    fn ask_secret(&mut self, question: &str) -> Result<SecretText> {
        self.ask(question).map(SecretText::new)
    }

    fn show_secret(&mut self, _page: &SecretText) -> Result<()> {
        Err(NO_TERMINAL.error("there is no terminal to show secrets on"))
    }

    fn ask_seen(&mut self, question: &str) -> Result<SecretText> {
        self.ask_secret(question)
    }
}
