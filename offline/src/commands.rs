//! The commands, one file for each.

pub mod accounts;
pub mod backup;
pub mod completions;
pub mod doctor;
pub mod drill;
pub mod explain;
pub mod import;
pub mod init;
pub mod inspect;
pub mod journal;
pub mod man;
pub mod passphrase;
pub mod policy;
pub mod review;
pub mod self_test;
pub mod sign;
pub mod words;

use airlock::Result;
use airlock::time::Moment;

use crate::home::Home;
use crate::journal::{Event, Journal};
use crate::vault::Vault;

/// Records an event that is not a signature.
fn record(home: &Home, vault: &Vault, event: Event, now: Moment) -> Result<()> {
    Journal::open(home, vault)?.append(vault, event, now).map(drop)
}
