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
pub mod qr;
pub mod review;
pub mod self_test;
pub mod sign;
pub mod words;

use airlock::Result;
use airlock::time::Moment;

use self::sign::hurdles::of_clock;
use crate::Streams;
use crate::home::Home;
use crate::journal::{Chain, Event, Journal};
use crate::sentence::{Hurdle, Sentences};
use crate::unlocked::Seen;
use crate::vault::Vault;

/// When a command writes its records: the clock, and the sentence that was typed where it is far ahead of the journal.
pub struct Dated {
    now: Moment,
    jumped: Option<Hurdle>,
}

impl Dated {
    /// Asks for the sentence where the clock needs one. A journal that is not there or damaged is told by the command.
    ///
    /// # Errors
    /// [`CLOCK_AHEAD`](crate::journal::CLOCK_AHEAD).
    pub fn ask(
        home: &Home,
        streams: &mut Streams<'_>,
        sentences: Sentences<'_>,
        as_json: bool,
        now: Moment,
    ) -> Result<Self> {
        let jumped = Chain::read(home).ok().and_then(|chain| of_clock(&chain, now));
        if let Some(hurdle) = &jumped {
            sentences.pass(hurdle, streams, as_json)?;
        }
        Ok(Self { now, jumped })
    }
}

/// Records an event that is not a signature, behind the sentence that let it go on.
fn record(home: &Home, vault: &Vault, event: Event, dated: &Dated) -> Result<()> {
    append(&mut Journal::open(home, vault)?, vault, event, dated)
}

/// As [`record`], for a command that then writes vault or accounts: nobody else does until the journal that it gives is
/// dropped, nor did since they were read.
fn record_alone(home: &Home, vault: &Vault, event: Event, dated: &Dated, seen: &Seen) -> Result<Journal> {
    let mut journal = Journal::open(home, vault)?;
    seen.check(home)?;
    append(&mut journal, vault, event, dated)?;
    Ok(journal)
}

fn append(journal: &mut Journal, vault: &Vault, event: Event, dated: &Dated) -> Result<()> {
    match (journal.check_jump(dated.now), &dated.jumped) {
        (Ok(()), _) => {}
        (Err(_), Some(hurdle)) => {
            journal.append(vault, hurdle.event(), dated.now)?;
        }
        (Err(error), None) => return Err(error),
    }
    journal.append(vault, event, dated.now).map(drop)
}
