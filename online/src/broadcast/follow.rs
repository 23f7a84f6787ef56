//! Look after look, until everything is as far as a person wants it.

use std::time::Duration;

use airlock::bundle::Spoken;
use airlock::text::Printable;
use airlock::{Result, report};
use clap::ValueEnum;

use super::courier::Courier;
use super::report::{Report, StepReport};
use crate::store::State;

/// Between two looks where XRP is under way: ledgers close every three to five seconds.
const XRP_PACE: Duration = Duration::from_secs(2);
/// Between two looks where only Bitcoin is under way.
const BITCOIN_PACE: Duration = Duration::from_secs(15);

/// How far a person wants to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// Every transaction is known to a server
    Seen,
    /// Every transaction is in a block, or in a validated ledger
    Confirmed,
    /// Everything has ended: deep enough, and judged by the Counterparty ledger
    Final,
}

impl Goal {
    /// True where nothing more is to be waited for.
    pub fn is_reached(self, report: &Report) -> bool {
        let wanted = match self {
            Self::Seen => State::Seen,
            Self::Confirmed => State::Confirmed,
            Self::Final => State::Final,
        };
        report.steps.iter().all(|step| step.is_settled() || step.state >= wanted)
    }
}

/// Carries a job until the goal is reached, nothing can change any more, or every server refuses what is left. `told` sees
/// each report; `wait` sleeps, and ends the work where somebody pressed Ctrl-C.
///
/// # Errors
/// Those of the store, of `told` and of `wait`. The store says how far everything is.
pub fn follow(
    courier: &Courier<'_>,
    goal: Goal,
    told: &mut dyn FnMut(&Report) -> Result<()>,
    wait: &dyn Fn(Duration) -> Result<()>,
) -> Result<Report> {
    loop {
        let report = courier.carry()?;
        told(&report)?;
        if goal.is_reached(&report) || report.is_settled() || is_stuck(&report) {
            return Ok(report);
        }
        wait(pace(courier, &report))?;
    }
}

/// True where all that goes on was refused by every server in this look, and waiting alone does not help. What is not
/// submitted yet waits for these, unless it was displaced.
fn is_stuck(report: &Report) -> bool {
    let waits = |step: &&StepReport| step.state != State::Signed || step.refused.is_some();
    let left = || report.steps.iter().filter(|step| !step.is_settled()).filter(waits);
    left().next().is_some()
        && left()
            .all(|step| step.state <= State::Submitted && step.refused.is_some() && !step.may_help_itself)
}

fn pace(courier: &Courier<'_>, report: &Report) -> Duration {
    let is_xrp = |index: usize| courier.job.steps.get(index).is_some_and(|step| step.xrp().is_some());
    match report.steps.iter().any(|step| !step.is_settled() && is_xrp(step.index)) {
        true => XRP_PACE,
        false => BITCOIN_PACE,
    }
}

/// What a person should know before it is waited on: every refusal with its code, what it means and what to do, and what
/// else a step waits for.
pub fn obstacles(courier: &Courier<'_>, report: &Report) -> Vec<String> {
    let short = courier.job.id().short();
    let pace = pace(courier, report).as_secs();
    let goes_on = format!(
        "It is handed over again with each look, every {pace} seconds. Ctrl-C ends the wait and loses nothing: \
         `airlock-online broadcast {short}` takes it up again, `airlock-online status {short}` shows it."
    );
    let mut told = Vec::new();
    for step in report.steps.iter().filter(|step| !step.is_settled()) {
        let place = format!("{short}, step {} of {}", step.index.saturating_add(1), report.steps.len());
        match (&step.refused, &step.todo) {
            (Some(error), todo) => {
                let next = todo.clone().unwrap_or_else(|| error.next().to_owned());
                let error = error.clone().at(place).with_next(next);
                let meaning = error.code().meaning;
                told.push(format!("{}\n{goes_on}", report::text(&error, meaning)));
            }
            (None, Some(todo)) => {
                let says = step.says.as_deref().unwrap_or_default();
                told.push(format!("{place}: {}\n{todo}", Printable::new(says)));
            }
            (None, None) => {}
        }
    }
    told
}

/// A line for each step, for people.
pub fn lines(courier: &Courier<'_>, report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &report.steps {
        let chain = match courier.job.steps.get(step.index).and_then(super::job::JobStep::xrp) {
            Some(_) => "xrp",
            None => "bitcoin",
        };
        let held = if step.is_held { " (held)" } else { "" };
        let mut line =
            format!("{:>3}  {chain:<8} {}  {}{held}", step.index.saturating_add(1), step.id, step.state);
        match (step.depth, step.height) {
            (Some((depth, needed)), Some(height)) if step.state.has_ended() || depth >= needed => {
                line.push_str(&format!("  block {height}, {depth} of {needed}"));
            }
            (Some((depth, needed)), Some(height)) => {
                line.push_str(&format!("  block {height}, {depth}/{needed}"))
            }
            (None, Some(height)) if chain == "xrp" => line.push_str(&format!("  ledger {height}")),
            (_, _) => {}
        }
        if let Some((ledger, by)) = step.last_ledger {
            line.push_str(&format!("  until ledger {ledger}, {} at the latest", crate::clock::show(by)));
        }
        lines.push(line);
        lines.extend(step.says.iter().map(|says| format!("       {}", Printable::new(says))));
        lines.extend(step.todo.iter().map(|todo| format!("       -> {todo}")));
    }
    lines.extend(report.notes.iter().map(|note| format!("note   {note}")));
    lines.extend(report.incidents.iter().map(|incident| format!("ALARM  {incident}")));
    lines
}
