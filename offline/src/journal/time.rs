//! The journal's time: the clock's, but never before the last record (design.md 10.14).

use airlock::Result;
use airlock::bundle::{JournalHead, Spoken};
use airlock::time::Moment;

use super::{CLOCK_AHEAD, CLOCK_BEHIND, Chain, ROLLED_BACK};

/// A day of the limits, in seconds: the last 24 hours of journal time.
pub const DAY_SECONDS: u64 = 86_400;
/// How far the clock may be ahead of the last record without a typed sentence, in seconds: 7 days.
pub const JUMP_SECONDS: u64 = 7 * DAY_SECONDS;

impl Chain {
    /// Journal time: what the clock says, or the last record's time where that is later.
    pub fn now(&self, clock: Moment) -> Moment {
        clock.max(self.last_time())
    }

    /// Refuses a clock before the last record.
    ///
    /// # Errors
    /// [`CLOCK_BEHIND`].
    pub fn check_clock(&self, clock: Moment) -> Result<()> {
        let last = self.last_time();
        if clock < last {
            return Err(CLOCK_BEHIND.error(format!(
                "the clock says {clock}, the last record of the journal is of {last}, {} seconds later",
                last.since(clock)
            )));
        }
        Ok(())
    }

    /// Stops at a clock more than [`JUMP_SECONDS`] ahead of the last record; a typed sentence may go on.
    ///
    /// # Errors
    /// [`CLOCK_AHEAD`].
    pub fn check_jump(&self, clock: Moment) -> Result<()> {
        let (last, ahead) = (self.last_time(), clock.since(self.last_time()));
        if ahead > JUMP_SECONDS {
            return Err(CLOCK_AHEAD.error(format!(
                "the clock says {clock}, the last record of the journal is of {last}, {} days before",
                ahead / DAY_SECONDS
            )));
        }
        Ok(())
    }

    /// Refuses a bundle with a head that this journal never had: it was rolled back, or belongs to another vault.
    ///
    /// # Errors
    /// [`ROLLED_BACK`].
    pub fn check_echo(&self, head: Option<JournalHead>) -> Result<()> {
        match head {
            Some(head) if !self.contains(head) => Err(ROLLED_BACK.error(format!(
                "the bundle names the journal head {} ({}), which is not in this journal of {} records",
                head.short(),
                head.words().join(" "),
                self.count()
            ))),
            Some(_) | None => Ok(()),
        }
    }
}
