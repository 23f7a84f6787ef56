//! A file that asks for signatures, with what it would do and what policy and journal say of it.

use std::path::{Path, PathBuf};

use airlock::bundle::{JournalHead, Networks, Spoken};
use airlock::network::BitcoinNetwork;
use airlock::policy::{Spent, Verdict};
use airlock::review::{Outgoing, Review, Use};
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::{Error, Exit, Result};

use crate::desk::Desk;
use crate::journal::{Chain, DAY_SECONDS, Earlier, Entry, Event};
use crate::subject::Subject;
use crate::{clock, files};

/// One file under judgement.
pub struct Case {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub subject: Subject,
    /// What it would do.
    pub review: Review,
    /// What the policy says; none where no policy was accepted.
    pub verdict: Option<Verdict>,
    /// Its id in the journal.
    pub id: String,
    /// What counts as spent.
    pub outgoings: Vec<Outgoing>,
    /// Coins, sequences and tickets that it uses up.
    pub uses: Vec<Use>,
    /// The record of the first signature, where it was signed before.
    pub known: Option<Entry>,
    /// Other bundles in the journal that use the same.
    pub earlier: Vec<Earlier>,
    /// The clock when it was reviewed.
    pub at: Moment,
}

/// Reviews and judges files together: the earlier ones count as spent for the later ones. All files are looked at; what
/// cannot be reviewed is among the errors.
pub fn look(
    desk: &Desk,
    paths: &[PathBuf],
    network: Option<BitcoinNetwork>,
    now: Moment,
) -> (Vec<Case>, Vec<Error>) {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    let mut before = Vec::new();
    for path in paths {
        match Case::read(desk, path, network, &before, now) {
            Ok(case) => {
                if case.known.is_none() {
                    before.extend(case.outgoings.iter().cloned());
                }
                cases.push(case);
            }
            Err(error) => errors.push(error),
        }
    }
    (cases, errors)
}

/// What was spent in the day before, without a bundle, and what files before it in the same run spend.
///
/// # Errors
/// When the journal cannot be read.
pub fn spent(chain: &Chain, clock: Moment, except: &str, before: &[Outgoing]) -> Result<Spent> {
    let day = chain.now(clock).minus(DAY_SECONDS);
    let mut spent = chain.spent_since(day, except)?;
    before.iter().for_each(|outgoing| spent.add(outgoing));
    Ok(spent)
}

impl Case {
    fn read(
        desk: &Desk,
        path: &Path,
        network: Option<BitcoinNetwork>,
        before: &[Outgoing],
        now: Moment,
    ) -> Result<Self> {
        let subject = Subject::read(path)?;
        let at = |e: Error| e.at(files::shown(path));
        let review = subject.review(&desk.book(false), network, now).map_err(at)?;
        let id = subject.id();
        let spent = spent(&desk.chain, now, &id, before)?;
        let verdict = desk.policy().ok().map(|policy| policy.judge(&review, &spent, desk.chain.now(now)));
        let (outgoings, uses) = (review.outgoings(), review.uses());
        let known = desk.chain.signed(&id)?;
        let earlier = if known.is_none() { desk.chain.using(&uses, &id)? } else { Vec::new() };
        Ok(Self {
            path: path.to_owned(),
            subject,
            review,
            verdict,
            id,
            outgoings,
            uses,
            known,
            earlier,
            at: now,
        })
    }

    /// The policy's refusal, if it refuses.
    pub fn refusal(&self) -> Option<Error> {
        let refusal = self.verdict.as_ref().and_then(Verdict::refusal);
        refusal.map(|error| error.at(files::shown(&self.path)))
    }

    /// The four words of a bundle, or of a PSBT's unsigned transaction.
    pub fn words(&self) -> String {
        self.review.subject().words().join(" ")
    }

    /// The networks that it touches.
    pub fn networks(&self) -> Networks {
        self.review.networks()
    }

    /// The head of the journal that the online half saw last, where the bundle tells one.
    pub fn echo(&self) -> Option<JournalHead> {
        match &self.subject {
            Subject::Bundle(bundle) => bundle.contents().journal_head,
            Subject::Psbt(_) => None,
        }
    }

    /// The screen that is read before the approval: the review, what the policy says, what the journal knows, and the
    /// machine; for a window of so many columns.
    pub fn screen(&self, machine: &[String], columns: usize) -> Vec<String> {
        let policy = match &self.verdict {
            Some(verdict) => verdict.lines(),
            None => vec![
                "NOT JUDGED: no policy is accepted, or policy.toml was changed; nothing is signed".to_owned(),
            ],
        };
        let mut sections = vec![("What the policy says", policy)];
        let journal = self.journal_lines();
        if !journal.is_empty() {
            sections.push(("What the journal knows", journal));
        }
        if !machine.is_empty() {
            sections.push(("This machine", machine.to_vec()));
        }
        self.review.screen_with(columns, &sections, &clock::show)
    }

    fn journal_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(Entry { record, .. }) = &self.known {
            lines.push(format!(
                "signed already on {} (record {}): the same bytes are given again, and nothing counts twice",
                clock::show(record.time),
                record.number
            ));
        }
        for earlier in &self.earlier {
            lines.push(format!("! {}", describe(earlier)));
        }
        lines
    }
}

/// The first thing that both use, and how many more, and by what.
pub fn describe(earlier: &Earlier) -> String {
    let (record, words) = (&earlier.entry.record, words(earlier));
    let first = earlier.uses.first().map(ToString::to_string).unwrap_or_default();
    let more = match earlier.uses.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{first}{more} is used already by \"{words}\", signed on {} (record {}): at most one of the two can count",
        clock::show(record.time),
        record.number
    )
}

/// The words of an earlier bundle. The journal may not be authentic yet: they are outside text.
pub fn words(earlier: &Earlier) -> String {
    let event = &earlier.entry.record.event;
    if let Event::Signed(signing) = event {
        Printable::new(&signing.words).to_string()
    } else {
        String::new()
    }
}

/// The error that a run ends with where several apply: bad input before the environment before refusals before what
/// can be mended (design.md 10.13).
pub fn gravest(errors: impl IntoIterator<Item = Error>) -> Option<Error> {
    let rank = |error: &Error| match error.code().exit {
        Exit::Internal => 0,
        Exit::BadInput => 1,
        Exit::Environment => 2,
        Exit::Refused => 3,
        Exit::Fixable => 4,
    };
    errors.into_iter().min_by_key(rank)
}
