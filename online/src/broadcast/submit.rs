//! Handing over: what is ready, in the order of the plan, written down before it is done.

use airlock::Result;
use airlock::text::Printable;
use bitcoin::Transaction;

use super::bitcoin::Nodes;
use super::courier::{Courier, Look};
use super::job::JobStep;
use super::xrpl::{Servers, Told, is_taken};
use crate::source::engine::{self, Outlook, Stage};
use crate::source::xrpl::Engine;
use crate::store::{State, Transition};

/// How a result of an engine ends: in a step that is submitted and not seen, a refusal.
pub(super) const PROVISIONAL: &str = "; provisional until a validated ledger holds it";
/// More transactions than nodes take in one package.
const PACKAGE: usize = 25;

/// Hands over Bitcoin packages: every member whose turn it is, parents first, in one call where nodes can.
pub(super) fn bitcoin(courier: &Courier<'_>, look: &mut Look, nodes: &mut Nodes<'_>) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    for package in courier.job.packages() {
        let due: Vec<&JobStep> = package
            .iter()
            .filter_map(|index| courier.job.steps.get(*index))
            .filter(|step| is_due(courier, look, step, &package))
            .collect();
        if due.is_empty() {
            continue;
        }
        let tip = nodes.tip();
        let begin = |step: &&JobStep| {
            let record = look.records.get(step.index)?;
            let begins = record.state == State::Signed;
            begins.then(|| (step.index, Transition::new(State::Signed, State::Submitted).since(tip)))
        };
        let begun: Vec<_> = due.iter().filter_map(begin).collect();
        if !courier.note_all(look, begun, false)? {
            continue;
        }
        let pieces = if due.len() > PACKAGE { 1 } else { due.len() };
        for piece in due.chunks(pieces.max(1)) {
            let transactions: Vec<Transaction> =
                piece.iter().filter_map(|step| step.bitcoin().cloned()).collect();
            let told = nodes.submit(&transactions);
            for (step, told) in piece.iter().zip(told) {
                hear(courier, look, step, told)?;
            }
        }
    }
    Ok(())
}

/// True where a step is to be handed over now.
fn is_due(courier: &Courier<'_>, look: &Look, step: &JobStep, package: &[usize]) -> bool {
    let Some(record) = look.records.get(step.index) else { return false };
    let state_is_due = match record.state {
        State::Signed => courier.obstacle(step, look).is_none(),
        State::Submitted => true,
        State::Seen => look.missing.contains(&step.index),
        State::Planned | State::Confirmed | State::Final | State::Failed | State::Superseded => false,
    };
    let is_out = |index: &usize| {
        look.records.get(*index).is_some_and(|record| {
            matches!(record.state, State::Seen | State::Confirmed | State::Final)
                || (record.state == State::Failed && record.height.is_some())
        })
    };
    let parents_can = step.parents.iter().all(|parent| {
        !look.unclear.contains(parent)
            && look.records.get(*parent).is_some_and(|record| !matches!(record.state, State::Superseded))
    });
    let rest_is_out = step.after.iter().filter(|earlier| !package.contains(earlier)).all(is_out);
    state_is_due && parents_can && rest_is_out && !look.unclear.contains(&step.index)
}

fn hear(courier: &Courier<'_>, look: &mut Look, step: &JobStep, told: super::bitcoin::Told) -> Result<()> {
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    if told.taken {
        if state == State::Submitted {
            courier.note(look, step.index, Transition::new(state, State::Seen))?;
        }
        return Ok(());
    }
    let Some((_, error)) = told.refused.first() else { return Ok(()) };
    let error = error.clone();
    let all: Vec<String> = told.refused.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    let why = format!("refused by every node that answered: {}", all.join("; "));
    // Only what changed is written down: a wait looks often.
    let known =
        look.records.get(step.index).and_then(|record| record.detail.as_deref()) == Some(why.as_str());
    if state == State::Submitted && !known {
        courier.note(look, step.index, Transition::new(state, state).because(why.clone()))?;
    }
    let waiting_first = step.first_of_pair.filter(|first| {
        look.records
            .get(*first)
            .is_some_and(|record| matches!(record.state, State::Seen | State::Confirmed | State::Final))
    });
    if let Some(report) = look.report.step(step.index) {
        report.says = Some(why);
        report.todo = Some(match waiting_first {
            None => error.next().to_owned(),
            Some(first) => format!(
                "The first of the pair, step {}, is out, and nothing else can spend its outputs but this transaction: keep the \
                 store, and give `broadcast` again until a node takes it. {}",
                first.saturating_add(1),
                error.next()
            ),
        });
        report.refused = Some(error);
        report.may_help_itself = false;
    }
    Ok(())
}

/// Hands over XRP transactions in the order of the plan, each when what it follows is known to a server.
pub(super) fn xrpl(courier: &Courier<'_>, look: &mut Look, servers: &mut Servers<'_>) -> Result<()> {
    if servers.is_empty() {
        return Ok(());
    }
    let validated = servers.validated();
    for step in courier.job.steps.iter().filter(|step| step.xrp().is_some()) {
        let again = look.missing.contains(&step.index);
        let Some(record) = look.records.get(step.index) else { continue };
        if !(record.state == State::Signed || again && record.state == State::Submitted)
            || !is_due(courier, look, step, &[])
            || stops_behind_a_tec(courier, look, step)
        {
            continue;
        }
        let passed =
            step.xrp().and_then(|tx| tx.last_ledger_sequence()).is_some_and(|last| validated >= last);
        if passed {
            continue;
        }
        if record.state == State::Signed {
            // The search for it begins here, so the ledger is written down before the first submission.
            let begun = Transition::new(State::Signed, State::Submitted).since(validated);
            if !courier.note(look, step.index, begun)? {
                continue;
            }
        }
        let told = servers.submit(&step.transaction.raw());
        hear_engine(courier, look, step, &told)?;
    }
    Ok(())
}

/// True where an earlier step, which this one depends on, has failed as far as an open ledger tells.
fn stops_behind_a_tec(courier: &Courier<'_>, look: &Look, step: &JobStep) -> bool {
    step.after.iter().any(|earlier| {
        let record = look.records.get(*earlier);
        let not_yet = record.is_some_and(|record| {
            record.state != State::Final
                && record.detail.as_deref().is_some_and(|detail| detail.starts_with("tec"))
        });
        not_yet && courier.job.depends(step.index, *earlier)
    })
}

fn hear_engine(courier: &Courier<'_>, look: &mut Look, step: &JobStep, told: &Told) -> Result<()> {
    let (Some(best), Some(record)) = (&told.best, look.records.get(step.index)) else { return Ok(()) };
    let state = record.state;
    if told.all.iter().any(|(_, engine)| engine.result != best.result) {
        let each: Vec<String> =
            told.all.iter().map(|(name, engine)| format!("{name}: {}", words(engine))).collect();
        look.report.note([format!("{}: the servers differ: {}", step.place(), each.join("; "))]);
    }
    let says = format!("{}{PROVISIONAL}", words(best));
    if is_taken(best) {
        if state == State::Submitted {
            courier.note(look, step.index, Transition::new(state, State::Seen).because(says))?;
        }
        return Ok(());
    }
    let changed = record.detail.as_deref() != Some(says.as_str());
    if state == State::Submitted && changed {
        courier.note(look, step.index, Transition::new(state, state).because(says.clone()))?;
    }
    if let Some(report) = look.report.step(step.index)
        && let Some(error) = engine::error(&best.result, &best.message, Stage::Submitted)
    {
        report.says = Some(says);
        report.todo = Some(error.next().to_owned());
        report.refused = Some(error);
        report.may_help_itself = engine::read(&best.result).outlook != Outlook::Dead;
    }
    Ok(())
}

/// The result and the server's words.
fn words(engine: &Engine) -> String {
    let (result, message) = (Printable::new(&engine.result), Printable::new(&engine.message));
    format!("{result} ({})", message.as_str().trim_end_matches('.'))
}
