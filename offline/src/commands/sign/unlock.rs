//! The vault is opened, and everything that was judged before is judged again by what is authentic now.

use airlock::Result;
use airlock::review::Approved;
use airlock::time::Moment;

use super::{Looked, Run, at, hurdles};
use crate::case::{self, Case};
use crate::desk::Desk;
use crate::error::REVIEW_CHANGED;
use crate::journal::{BUSY, Journal};
use crate::sentence::Hurdle;
use crate::unlocked::Unlocked;
use crate::{Streams, machine, self_test};

/// The open vault and journal, and every file with its approval.
pub(super) struct Opened {
    pub(super) unlocked: Unlocked,
    pub(super) journal: Journal,
    pub(super) desk: Desk,
    pub(super) cases: Vec<(Case, Approved)>,
    pub(super) hurdles: Vec<Hurdle>,
    pub(super) now: Moment,
}

impl Run<'_> {
    /// Opens the vault and the journal and repeats every judgement.
    pub(super) fn unlock(
        &self,
        looked: Looked,
        typed: Vec<String>,
        streams: &mut Streams<'_>,
    ) -> Result<Opened> {
        let Looked { locked, desk, cases, hurdles, .. } = looked;
        // A program that computes wrongly does not get as far as the passphrase.
        self_test::run()?;
        let file = self.args.passphrase_file.as_deref();
        let unlocked = locked.unlock_by(file, streams.screen)?;
        let journal = Journal::open(self.home, &unlocked.vault)?;
        if journal.head() != desk.chain.head() {
            return Err(BUSY.error("another run wrote a record while this one was asking"));
        }
        if unlocked.register.accounts() != desk.accounts() {
            return Err(REVIEW_CHANGED.error("the accounts after unlocking differ from those before"));
        }
        let now = (self.clock)();
        journal.check_clock(now)?;
        // A cable can be plugged in, and hours can pass, while a person reads.
        let findings = machine::findings(streams.machine, self.home);
        for hurdle in hurdles::of_run(&desk, &cases, &findings, now) {
            if !hurdles.iter().any(|passed| passed.sentence == hurdle.sentence) {
                return Err(hurdle.refusal());
            }
        }
        let mut before = Vec::new();
        let mut approved = Vec::new();
        for (case, typed) in cases.into_iter().zip(typed) {
            let yes = self.again(&desk, &journal, &case, &before, &typed, now).map_err(at(&case))?;
            if case.known.is_none() {
                before.extend(case.outgoings.iter().cloned());
            }
            approved.push((case, yes));
        }
        Ok(Opened { unlocked, journal, desk, cases: approved, hurdles, now })
    }

    /// The same bytes under authenticated accounts, policy and journal must be reviewed and judged as they were when the
    /// person looked; and after all the waiting at prompts they must still be within their time.
    fn again(
        &self,
        desk: &Desk,
        journal: &Journal,
        case: &Case,
        before: &[airlock::review::Outgoing],
        typed: &str,
        now: Moment,
    ) -> Result<Approved> {
        let review = case.subject.review(&desk.book(true), self.args.network, case.at)?;
        if !review.is_same_as(&case.review) {
            return Err(
                REVIEW_CHANGED.error("the review after unlocking differs from the one that was shown")
            );
        }
        review.check_time(now)?;
        let spent = case::spent(journal, case.at, &case.id, before)?;
        let verdict = desk.policy()?.judge(&review, &spent, journal.now(case.at));
        if case.verdict.as_ref().map(|verdict| verdict.findings()) != Some(verdict.findings()) {
            return Err(REVIEW_CHANGED
                .error("the policy's verdict after unlocking differs from the one that was shown"));
        }
        review.approve(typed, verdict.permission()?)
    }
}
