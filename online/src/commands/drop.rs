use std::io::{BufRead, Read};
use std::path::PathBuf;

use airlock::bundle::Spoken;
use airlock::text::Printable;
use airlock::{Code, Exit, Result};
use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::broadcast::{BAD_REASON, NO_SIGNED, find};
use crate::cli::{Global, stream_error};
use crate::home::Home;
use crate::store::in_flight::uses_of;
use crate::store::{Advanced, BundleRecord, State, StepRecord, Store, Transition};
use crate::{Streams, clash, clock, files};

/// Something that is more than planned.
pub(super) static NOT_PLANNED: Code = Code::new(
    "E-DROP-001",
    Exit::Refused,
    "Only a bundle that was planned and never signed can be dropped. What is signed can pay, wherever its signed file lies; what \
     is submitted may have paid. Nothing was changed.",
    "`airlock-online status ID` shows how far it is. `--replaces ID` with a new plan makes sure that at most one of the two happens.",
);
/// Nobody said yes.
pub(super) static NOT_CONFIRMED: Code = Code::new(
    "E-DROP-002",
    Exit::Fixable,
    "A dropped bundle does not come back, so a person confirms it: by typing its short id, or with `--yes`. Nothing was changed.",
    "Give the command again, and type the short id as it stands there; without a terminal add `--yes`.",
);

/// The longest reason, and the longest answer, in bytes.
const LONGEST: usize = 500;

/// Give up a bundle that was planned and never signed
///
/// What it uses is free for other plans, and the same payment can be planned again. The history
/// keeps it; `broadcast` and `verify` take no signed file of it any more.
///
/// Where somebody may have signed it, plan in its place with `--replaces ID` instead: a signed file
/// can be submitted from anywhere, and only a transaction that uses the same coin or sequence keeps
/// it from paying.
///
///     airlock-online drop R7K3
///     airlock-online drop R7K3 --yes --because "the amount was a slip"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Drop {
    /// Its id, short or full
    id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
    /// Folder in which a signed file is looked for, may be given several times [default: all sticks]
    #[arg(long, value_name = "DIR")]
    media: Vec<PathBuf>,
}

impl Drop {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        let home = Home::find(global.home.as_deref())?;
        let store = Store::open(&home)?;
        let why = self.reason()?;
        let record = store.known_bundle(&self.id)?;
        if record.was_dropped() {
            return self.told(&record, &format!("{} was dropped already.", record.short));
        }
        check_planned(&record)?;
        self.check_unsigned(&record, &home, &store)?;
        self.confirm(&record, global, streams)?;
        let end = |step: &StepRecord| {
            (step.index, Transition::new(State::Planned, State::Superseded).because(why.as_str()))
        };
        let ends: Vec<(usize, Transition)> = record.steps.iter().map(end).collect();
        match store.advance_all(record.id, &ends, clock::now())? {
            Advanced::Done => self.told(&record, &format!("{} is dropped.", record.short)),
            // Another process took its signed file, or dropped it, a moment ago.
            Advanced::Elsewhere { .. } => {
                let record = store.known_bundle(&record.id.to_string())?;
                check_planned(&record)?;
                self.told(&record, &format!("{} was dropped already.", record.short))
            }
        }
    }

    fn reason(&self) -> Result<String> {
        let Some(because) = &self.because else { return Ok("dropped".to_owned()) };
        let because = because.trim();
        if because.is_empty() || because.len() > LONGEST || because.chars().any(char::is_control) {
            let length = because.len();
            return Err(BAD_REASON.error(format!("{length} bytes, allowed are 1 to {LONGEST} on one line")));
        }
        Ok(format!("dropped: {because}"))
    }

    /// A signed file that nobody has handed over yet is a signature all the same.
    fn check_unsigned(&self, record: &BundleRecord, home: &Home, store: &Store) -> Result<()> {
        let found = find::by_id(&record.id.to_string(), &self.media, home, store);
        let what = match found {
            Err(error) if error.code() == &NO_SIGNED => return Ok(()),
            Err(error) => error.what().to_owned(),
            Ok(located) => {
                let path = located.path.as_deref().map(files::shown).unwrap_or_default();
                format!("there is a signed file of {}: {path}", record.short)
            }
        };
        Err(NOT_PLANNED.error(what).with_next(next(record, State::Signed)))
    }

    fn confirm(&self, record: &BundleRecord, global: &Global, streams: &mut Streams<'_>) -> Result<()> {
        let short = &record.short;
        if self.yes {
            return Ok(());
        }
        if global.json || !streams.is_terminal {
            return Err(NOT_CONFIRMED.error(format!("nobody was asked whether {short} is dropped")));
        }
        let headline = Printable::new(&record.headline);
        let words = record.id.words().join(" ");
        let question = format!(
            "{short}  \"{words}\"\n     {headline}\nWas it never signed, on any machine? To drop it, type {short}: "
        );
        write!(streams.stderr, "{question}")
            .and_then(|()| streams.stderr.flush())
            .map_err(|e| stream_error(&e))?;
        let mut typed = String::new();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        // What cannot be read is no yes.
        let _unread = (&mut *streams.stdin).take(limit).read_line(&mut typed);
        match typed.trim().eq_ignore_ascii_case(short) {
            true => Ok(()),
            false => Err(NOT_CONFIRMED.error(format!("'{}' is not {short}", Printable::new(typed.trim())))),
        }
    }

    fn told(&self, record: &BundleRecord, headline: &str) -> Result<Answer> {
        let uses = uses_of(&record.bundle)?;
        let mut lines = vec![format!("     {}", Printable::new(&record.headline))];
        if !uses.is_empty() {
            lines.push(format!("     free again: {}", clash::shared(&uses)));
        }
        if record.expires > clock::now() {
            let until = clock::show(record.expires);
            lines.push(format!(
                "     Delete its file where it lies: the offline half would sign it until {until}."
            ));
        }
        let json = json!({
            "bundle": record.id.to_string(), "short": record.short, "headline": record.headline,
            "state": State::Superseded.name(), "expires": record.expires.to_unix(),
            "free": uses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        Ok(Answer { headline: Some(headline.to_owned()), lines, json })
    }
}

/// Refuses what is more than planned, and says what can be done instead.
fn check_planned(record: &BundleRecord) -> Result<()> {
    let further = record.steps.iter().map(|step| step.state).filter(|state| *state != State::Planned);
    match further.max() {
        None if record.signed.is_none() => Ok(()),
        None => Err(NOT_PLANNED.error(format!("bundle {} is signed", record.short))),
        Some(_) if record.was_dropped() => Ok(()),
        Some(state) => {
            let error = NOT_PLANNED.error(format!("bundle {} is {state}", record.short));
            Err(error.with_next(next(record, state)))
        }
    }
}

fn next(record: &BundleRecord, state: State) -> String {
    let short = &record.short;
    match state {
        State::Planned | State::Signed => format!(
            "`airlock-online broadcast {short}` submits it. `--replaces {short}` with a new plan uses the same coin or sequence, so that \
             at most one of the two happens."
        ),
        State::Submitted | State::Seen | State::Confirmed => format!(
            "It is on its way: `airlock-online status {short}` shows how far, and what to do. `--replaces {short}` with a new plan \
             uses the same coin or sequence, so that at most one of the two happens."
        ),
        State::Final | State::Failed | State::Superseded => {
            format!("It has ended, and holds nothing any more: `airlock-online status {short}` shows how.")
        }
    }
}
