//! Where the XRP transactions of a job are, and what that makes of them.

use airlock::Result;
use airlock::bundle::Spoken;

use super::courier::{Courier, Look};
use super::heard::{Heard, waits_for};
use super::job::JobStep;
use super::submit::PROVISIONAL;
use super::xrpl::{Outlook, Servers};
use crate::source::engine::{self, Stage};
use crate::store::{State, Transition};

pub(super) fn look(courier: &Courier<'_>, look: &mut Look, servers: &mut Servers<'_>) -> Result<()> {
    let steps = courier.job.steps.iter().filter(|step| step.xrp().is_some());
    if servers.is_empty() {
        look.report
            .note(["no server of the XRP Ledger can be used now; nothing is known of the XRP transactions"
                .to_owned()]);
        look.unclear.extend(steps.map(|step| step.index));
        return Ok(());
    }
    let newest = servers.newest().map(|ledger| (ledger.index, ledger.close_time));
    for step in steps {
        let (Some(transaction), Some(record)) = (step.xrp(), look.records.get(step.index)) else { continue };
        if let (Some(last), Some(newest), Some(report)) =
            (transaction.last_ledger_sequence(), newest, look.report.steps.get_mut(step.index))
            && !record.state.has_ended()
        {
            report.last_ledger = Some((last, courier.closes_by(last, newest)));
        }
        let from = courier.since_ledger(record, servers.validated());
        let hash = step.transaction.id();
        match record.state {
            State::Planned | State::Final => {}
            State::Failed | State::Superseded => {
                if record.height.is_none()
                    && let Some(found) = servers.came_after_all(transaction, &hash, from)
                {
                    reopen(courier, look, step, found)?;
                }
            }
            State::Signed | State::Submitted | State::Seen | State::Confirmed => {
                let outlook = servers.outlook(transaction, &hash, from);
                note(courier, look, step, outlook)?;
            }
        }
    }
    look.report.incidents.append(&mut servers.alarms);
    end_rungs(courier, look)
}

/// What was said never to come is in a validated ledger: the end is taken back, loudly.
fn reopen(courier: &Courier<'_>, look: &mut Look, step: &JobStep, found: (u32, String)) -> Result<()> {
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    let (ledger, result) = (found.0, airlock::text::Printable::new(&found.1));
    let why = format!("taken back: it was {state}, and it is in validated ledger {ledger} with {result}");
    let mut back = Transition::new(state, State::Confirmed).because(why);
    back.height = Some(ledger);
    if courier.note_all(look, vec![(step.index, back)], true)? {
        look.report.incidents.push(format!(
            "{} was {state}, and it is in validated ledger {ledger} with {result} after all. Check whether it was paid again \
             in the meantime",
            step.place()
        ));
    }
    Ok(())
}

fn note(courier: &Courier<'_>, look: &mut Look, step: &JobStep, heard: Heard<Outlook>) -> Result<()> {
    let Heard { what: outlook, silent } = heard;
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    let transition = match outlook {
        Outlook::Validated { ledger, result, delivered } => validated(step, state, ledger, &result, delivered),
        // What every server refused is known to them, and in no open ledger: it is handed over again.
        Outlook::Pending if state == State::Submitted && was_refused(look, step) => {
            look.missing.insert(step.index);
            return Ok(());
        }
        Outlook::Pending if matches!(state, State::Signed | State::Submitted) => {
            Transition::new(state, State::Seen)
        }
        Outlook::Pending => return Ok(()),
        Outlook::Open => {
            look.missing.insert(step.index);
            if state != State::Seen {
                return Ok(());
            }
            Transition::new(state, State::Submitted).because("no server has it any more; it is handed over again")
        }
        Outlook::Lost { from, to } => Transition::new(state, State::Failed).because(format!(
            "it never came into the ledger and never will: ledgers {from} to {to}, the last that could hold it, were all \
             searched. Nothing was paid, no fee was burned, its turn is free"
        )),
        Outlook::Used { turn } => Transition::new(state, State::Superseded).because(format!(
            "another transaction used {turn}: this one never came into the ledger and never will. It paid nothing and burned \
             no fee"
        )),
        Outlook::Gap(why) => {
            look.unclear.insert(step.index);
            if let Some(report) = look.report.step(step.index) {
                report.says = Some(why);
                report.todo = Some(format!(
                    "Name a server with the full history in airlock.toml and look again. Until then do not pay this \
                     otherwise, unless by a bundle that is planned with `--replaces {}`: it uses the same sequence or \
                     ticket, and only one of the two can count.",
                    courier.job.id().short()
                ));
            }
            return Ok(());
        }
        Outlook::Unclear(why) => {
            look.unclear.insert(step.index);
            if let Some(report) = look.report.step(step.index) {
                report.says = Some(why);
            }
            return Ok(());
        }
    };
    if matches!(transition.to, State::Failed | State::Superseded) && !silent.is_empty() {
        look.unclear.insert(step.index);
        if let Some(report) = look.report.step(step.index) {
            report.says = transition.detail;
            report.todo = Some(waits_for(&silent));
        }
        return Ok(());
    }
    courier.note(look, step.index, transition).map(|_| ())
}

/// True where the last submission was refused by every server that answered.
fn was_refused(look: &Look, step: &JobStep) -> bool {
    let detail = look.records.get(step.index).and_then(|record| record.detail.as_deref());
    detail.is_some_and(|detail| detail.ends_with(PROVISIONAL))
}

/// In a validated ledger: what its result means for the money.
fn validated(step: &JobStep, state: State, ledger: u32, result: &str, delivered: Option<u64>) -> Transition {
    let fee = step.fee;
    let mut end = match engine::error(result, "", Stage::Validated) {
        None => {
            let delivered = delivered.map_or(String::new(), |drops| format!(", {drops} drops delivered"));
            Transition::new(state, State::Final)
                .because(format!("{result} in validated ledger {ledger}{delivered}"))
        }
        Some(error) => {
            let (result, next) = (airlock::text::Printable::new(result), error.next().to_owned());
            Transition::new(state, State::Failed).because(format!(
                "{result} in validated ledger {ledger}: nothing was paid; the fee of {fee} drops is burned and the sequence \
                 or ticket is used. {next}"
            ))
        }
    };
    end.height = Some(ledger);
    end
}

/// The other rungs of a ladder of which one has used the sequence or ticket.
fn end_rungs(courier: &Courier<'_>, look: &mut Look) -> Result<()> {
    for step in courier.job.steps.iter().filter(|step| step.xrp().is_some() && step.one_of.is_some()) {
        let Some(record) = look.records.get(step.index) else { continue };
        let state = record.state;
        let has_used = |other: &&JobStep| {
            let record = look.records.get(other.index);
            other.index != step.index
                && other.one_of == step.one_of
                && record
                    .is_some_and(|r| matches!(r.state, State::Final | State::Failed) && r.height.is_some())
        };
        let Some(winner) = courier.job.steps.iter().find(has_used) else { continue };
        if state.is_in_flight() {
            let why = format!("{} of the same fee ladder used its sequence or ticket", winner.place());
            courier.note(look, step.index, Transition::new(state, State::Superseded).because(why))?;
        }
    }
    Ok(())
}
