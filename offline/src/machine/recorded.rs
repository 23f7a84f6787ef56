//! A machine made of prepared facts, which confines nothing: for tests.

use std::cell::RefCell;

use airlock::Result;

use super::{Facts, Machine};
use crate::sandbox::{Confinement, Folders};

/// Prepared facts, and the folders of every lock-down.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What it measures.
    pub facts: Facts,
    /// What it says of every lock-down.
    pub confinement: Confinement,
    /// What it was asked to lock down to.
    pub locked_down: RefCell<Vec<Folders>>,
}

impl Recorded {
    /// A machine without a network that can do everything.
    pub fn fit() -> Self {
        Self {
            facts: Facts { core_limit: Some(0), locked_kib: 4096, ..Facts::default() },
            confinement: Confinement::full(),
            locked_down: RefCell::default(),
        }
    }
}

impl Machine for Recorded {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }

    fn lock_down(&self, folders: &Folders) -> Result<Confinement> {
        self.locked_down.borrow_mut().push(folders.clone());
        Ok(self.confinement.clone())
    }
}
