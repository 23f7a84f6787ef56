//! The heads of offline journals, as signed files brought them back. The newest one of a bundle's accounts goes into the
//! bundle, so that an offline journal that lost records is noticed (design.md 10.14).
//!
//! Heads are kept by accounts, so that those of several vaults do not mix.

use std::collections::BTreeSet;

use airlock::bundle::{JournalHead, Step};

/// The heads that the accounts still need, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    seen: Vec<Sighting>,
}

/// A head, and the accounts of the bundle whose signed file brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The accounts, as bundles name them.
    pub accounts: BTreeSet<String>,
    /// The head.
    pub head: JournalHead,
}

impl Heads {
    /// Heads in the order in which they were first seen.
    pub fn new(seen: Vec<Sighting>) -> Self {
        Self { seen }
    }

    /// The head that was seen last for any account of these steps.
    pub fn newest(&self, steps: &[Step]) -> Option<JournalHead> {
        let wanted = accounts_of(steps);
        let newest = self.seen.iter().rev().find(|sighting| !sighting.accounts.is_disjoint(&wanted));
        newest.map(|sighting| sighting.head)
    }
}

/// The accounts of a bundle, as it names them.
pub fn accounts_of(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().map(|step| step.account.clone()).collect()
}
