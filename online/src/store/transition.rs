//! From one state to the next: compared with the present one, and never forgotten.

use airlock::Result;
use airlock::bundle::{BundleId, Spoken};
use airlock::time::Moment;
use rusqlite::{Connection, named_params, params};

use super::bundles::unknown;
use super::error::{FORBIDDEN, MISUSED};
use super::row::{change, get, moment, parsed, parsed_if_any, row, rows, seconds};
use super::{State, Store};

/// A change of a step. What is not given is not known in the new state any more (block) or stays as it was (the rest).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state in which the caller found the step.
    pub from: State,
    /// The new state.
    pub to: State,
    /// The block or ledger that holds it; for confirmed and final.
    pub height: Option<u32>,
    /// The hash of that block.
    pub block_hash: Option<String>,
    /// The tip (last validated ledger) before the first submission; only the first one given is kept.
    pub since_height: Option<u32>,
    /// What a person should know: the node's or the ledger's words.
    pub detail: Option<String>,
}

impl Transition {
    /// A change without further facts.
    pub fn new(from: State, to: State) -> Self {
        Self { from, to, height: None, block_hash: None, since_height: None, detail: None }
    }

    /// The block or ledger that holds the transaction.
    #[must_use]
    pub fn in_block(mut self, height: u32, hash: impl Into<String>) -> Self {
        (self.height, self.block_hash) = (Some(height), Some(hash.into()));
        self
    }

    /// The tip before the first submission.
    #[must_use]
    pub fn since(mut self, height: u32) -> Self {
        self.since_height = Some(height);
        self
    }

    /// What a person should know.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advanced {
    /// It is on the disk.
    Done,
    /// Nothing was changed: this step is in another state than the caller believed, by another process. Read again.
    Elsewhere {
        /// The step.
        step: usize,
        /// Its present state.
        state: State,
    },
}

/// A line of what happened to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: Moment,
    /// The step.
    pub step: usize,
    /// The state before; none when it came into the store.
    pub from: Option<State>,
    /// The state behind.
    pub to: State,
    /// True where something that had ended was reopened by a deep reorganization.
    pub incident: bool,
    /// The block or ledger.
    pub height: Option<u32>,
    /// The block's hash.
    pub block_hash: Option<String>,
    /// What was said.
    pub detail: Option<String>,
}

impl Store {
    /// Sets the state of a step, if it is still in the state `transition.from`.
    ///
    /// # Errors
    /// [`FORBIDDEN`] where the new state cannot follow ([`State::may_become`]); [`super::error::UNKNOWN_BUNDLE`].
    pub fn advance(
        &self,
        bundle: BundleId,
        step: usize,
        transition: &Transition,
        now: Moment,
    ) -> Result<Advanced> {
        self.advance_all(bundle, &[(step, transition.clone())], now)
    }

    /// As [`Store::advance`] for several steps of a bundle: all of them or none.
    ///
    /// # Errors
    /// As [`Store::advance`].
    pub fn advance_all(
        &self,
        bundle: BundleId,
        transitions: &[(usize, Transition)],
        now: Moment,
    ) -> Result<Advanced> {
        self.change_states(bundle, transitions, false, now)
    }

    /// Takes back the end of a step, because a reorganization deeper than its finality undid it. Loud: the history marks it
    /// as an incident.
    ///
    /// # Errors
    /// [`FORBIDDEN`] unless [`State::may_reopen`].
    pub fn reorged(
        &self,
        bundle: BundleId,
        step: usize,
        transition: &Transition,
        now: Moment,
    ) -> Result<Advanced> {
        self.change_states(bundle, &[(step, transition.clone())], true, now)
    }

    /// What happened to a bundle, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn history(&self, bundle: BundleId) -> Result<Vec<HistoryEntry>> {
        let question = "SELECT * FROM history WHERE bundle = ?1 ORDER BY entry";
        rows(&self.connection, question, [bundle.to_string()], |row| {
            Ok(HistoryEntry {
                at: moment(row, "at")?,
                step: get(row, "number")?,
                from: parsed_if_any(row, "was")?,
                to: parsed(row, "state")?,
                incident: get(row, "incident")?,
                height: get(row, "height")?,
                block_hash: get(row, "block_hash")?,
                detail: get(row, "detail")?,
            })
        })
    }

    fn change_states(
        &self,
        bundle: BundleId,
        transitions: &[(usize, Transition)],
        incident: bool,
        now: Moment,
    ) -> Result<Advanced> {
        let id = bundle.to_string();
        for (step, transition) in transitions {
            let (from, to) = (transition.from, transition.to);
            let may = if incident { from.may_reopen(to) } else { from.may_become(to) };
            if !may || to == State::Signed {
                let step = step.saturating_add(1);
                return Err(FORBIDDEN
                    .error(format!("step {step} of {} cannot become {to} from {from}", bundle.short())));
            }
        }
        self.write(|connection| {
            for (step, transition) in transitions {
                let question = "SELECT state FROM steps WHERE bundle = ?1 AND number = ?2";
                let present: Option<State> =
                    row(connection, question, params![id, step], |row| parsed(row, "state"))?;
                let present = present.ok_or_else(|| unknown(&bundle.short()))?;
                if present != transition.from {
                    return Ok(Advanced::Elsewhere { step: *step, state: present });
                }
            }
            for (step, transition) in transitions {
                set(connection, &id, *step, transition, now)?;
                note(connection, &id, *step, Some(transition.from), transition, incident, now)?;
            }
            Ok(Advanced::Done)
        })
    }
}

/// Sets the state of a step and what is known in it.
pub(super) fn set(
    connection: &Connection,
    bundle: &str,
    step: usize,
    transition: &Transition,
    now: Moment,
) -> Result<()> {
    let submitted = (transition.to == State::Submitted).then(|| seconds(now));
    let changed = change(
        connection,
        "UPDATE steps SET state = :state, height = :height, block_hash = :hash, detail = :detail,
             since_height = coalesce(since_height, :since), first_submitted = coalesce(first_submitted, :submitted)
         WHERE bundle = :bundle AND number = :number AND state = :from",
        named_params! {
            ":state": transition.to.name(),
            ":height": transition.height,
            ":hash": transition.block_hash,
            ":detail": transition.detail,
            ":since": transition.since_height,
            ":submitted": submitted,
            ":bundle": bundle,
            ":number": step,
            ":from": transition.from.name(),
        },
    )?;
    if changed == 1 { Ok(()) } else { Err(MISUSED.error(format!("{changed} steps instead of one"))) }
}

/// Writes a line of the history.
pub(super) fn note(
    connection: &Connection,
    bundle: &str,
    step: usize,
    from: Option<State>,
    transition: &Transition,
    incident: bool,
    now: Moment,
) -> Result<()> {
    change(
        connection,
        "INSERT INTO history (at, bundle, number, was, state, incident, height, block_hash, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            seconds(now),
            bundle,
            step,
            from.map(State::name),
            transition.to.name(),
            incident,
            transition.height,
            transition.block_hash,
            transition.detail
        ],
    )?;
    Ok(())
}
