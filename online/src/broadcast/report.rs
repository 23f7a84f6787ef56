//! What one look at the chains showed, for people and programs.

use serde_json::{Value, json};

use super::job::JobStep;
use crate::store::{State, StepRecord};

/// Everything about a bundle after one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// What servers said that a person should know, each thing once.
    pub notes: Vec<String>,
    /// What must not be passed over: ends taken back, servers that contradict each other, coins that others have spent.
    pub incidents: Vec<String>,
}

/// How far one step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Its place, from 0.
    pub index: usize,
    /// Txid or hash.
    pub id: String,
    /// Its state as it is written down.
    pub state: State,
    /// Confirmations that it has and that it needs; inclusion counts as 1.
    pub depth: Option<(u32, u32)>,
    /// The block or ledger.
    pub height: Option<u32>,
    /// The last ledger that can hold it, and when that closes at the latest.
    pub last_ledger: Option<(u32, airlock::time::Moment)>,
    /// True where nothing will be done for it any more in this run: another rung is under way, or what it follows failed.
    pub is_held: bool,
    /// What is known about it.
    pub says: Option<String>,
    /// What a person should do.
    pub todo: Option<String>,
    /// Every server's refusal in this look, when none took it.
    pub refused: Option<airlock::Error>,
    /// False where handing it over again does not help before a person does something.
    pub may_help_itself: bool,
    /// True where a transaction that is not ours has spent a coin of it in a block, as every server says: a person may give
    /// it up.
    pub is_displaced: bool,
}

impl StepReport {
    pub(super) fn of(step: &JobStep, record: &StepRecord) -> Self {
        Self {
            index: step.index,
            id: step.transaction.id(),
            state: record.state,
            depth: None,
            height: record.height,
            last_ledger: None,
            is_held: false,
            says: record.detail.clone(),
            todo: None,
            refused: None,
            may_help_itself: true,
            is_displaced: false,
        }
    }

    /// True where looking again can change nothing but by a deep reorganization.
    pub fn is_settled(&self) -> bool {
        self.state.has_ended() || self.is_held
    }

    /// The step for programs.
    pub fn to_json(&self) -> Value {
        let mut value = json!({
            "step": self.index.saturating_add(1),
            "id": self.id,
            "state": self.state.name(),
            "held": self.is_held,
            "displaced": self.is_displaced,
        });
        let members = value.as_object_mut();
        let Some(members) = members else { return value };
        if let Some((depth, needed)) = self.depth {
            members.insert("depth".to_owned(), depth.into());
            members.insert("needed".to_owned(), needed.into());
        }
        if let Some(height) = self.height {
            members.insert("height".to_owned(), height.into());
        }
        if let Some((ledger, by)) = self.last_ledger {
            members.insert("last_ledger".to_owned(), ledger.into());
            members.insert("last_ledger_closes_by".to_owned(), by.to_unix().into());
        }
        if let Some(says) = &self.says {
            members.insert("says".to_owned(), says.clone().into());
        }
        if let Some(todo) = &self.todo {
            members.insert("todo".to_owned(), todo.clone().into());
        }
        value
    }
}

impl Report {
    /// Adds what servers said, each thing once.
    pub(super) fn note(&mut self, notes: impl IntoIterator<Item = String>) {
        for note in notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    pub(super) fn step(&mut self, index: usize) -> Option<&mut StepReport> {
        self.steps.get_mut(index)
    }

    /// True where nothing more is to be done or awaited.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(StepReport::is_settled)
    }

    /// True where every step has ended.
    pub fn has_ended(&self) -> bool {
        self.steps.iter().all(|step| step.state.has_ended())
    }

    /// Everything for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "steps": self.steps.iter().map(StepReport::to_json).collect::<Vec<_>>(),
            "notes": self.notes,
            "incidents": self.incidents,
        })
    }
}
