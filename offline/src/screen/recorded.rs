//! A person made of prepared answers, who remembers what was shown: for tests.

use std::collections::VecDeque;

use airlock::Result;

use super::Screen;
use crate::error::BROKEN_OFF;
use crate::secret::SecretText;

/// Answers in their order, and everything that was shown or asked.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    answers: VecDeque<String>,
    /// What was shown and asked, line by line.
    pub seen: Vec<String>,
    /// The pages of secrets that were shown.
    pub pages: Vec<String>,
}

impl Recorded {
    /// A person who will answer this.
    pub fn answering(answers: &[&str]) -> Self {
        Self { answers: answers.iter().map(|&answer| answer.to_owned()).collect(), ..Self::default() }
    }

    /// One more answer, for a person who answers what was shown.
    pub fn will_answer(&mut self, answer: &str) {
        self.answers.push_back(answer.to_owned());
    }

    /// How many answers were not asked for.
    pub fn unused_answers(&self) -> usize {
        self.answers.len()
    }
}

impl Screen for Recorded {
    fn show(&mut self, lines: &[String]) -> Result<()> {
        self.seen.extend_from_slice(lines);
        Ok(())
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        self.seen.push(question.to_owned());
        self.answers.pop_front().ok_or_else(|| BROKEN_OFF.error("no answer is prepared"))
    }

    fn ask_secret(&mut self, question: &str) -> Result<SecretText> {
        self.ask(question).map(SecretText::new)
    }

    fn show_secret(&mut self, page: &SecretText) -> Result<()> {
        self.pages.push(page.expose().to_owned());
        Ok(())
    }

    fn ask_seen(&mut self, question: &str) -> Result<SecretText> {
        self.ask_secret(question)
    }
}
