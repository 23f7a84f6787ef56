//! What the facts mean: each with a stable name, a grade and what to do.

use super::Facts;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Good,
    /// Should be mended; signing goes on with a line in the review.
    Warns,
    /// No signature on mainnet without a typed sentence; test networks warn.
    Forbids,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable name: `interfaces`, `routes`, `radios`, `swap`, `core-dumps`, `debugger`, ….
    pub name: &'static str,
    /// How much it weighs.
    pub grade: Grade,
    /// What was found, with the figures.
    pub what: String,
    /// What to do about it; empty where there is nothing to do.
    pub next: &'static str,
}

impl Facts {
    /// Everything that was looked at, good or not, in the order in which `doctor` shows it.
    pub fn checks(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// What is not as it should be.
    pub fn findings(&self) -> Vec<Finding> {
        self.checks().into_iter().filter(|check| check.grade != Grade::Good).collect()
    }
}
