//! When something else spends what a Bitcoin transaction of a job spends. By itself such a transaction ends only where the
//! rival is a transaction of ours that the chain holds deep enough; whatever else it is, a person decides.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::bundle::Spoken;
use airlock::text::Printable;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{OutPoint, Transaction, Txid};

use super::bitcoin::{Nodes, Sight};
use super::courier::{Courier, Look};
use super::heard::{Heard, waits_for};
use super::job::JobStep;
use super::look_bitcoin::SURE;
use super::report::Report;
use super::rival::{self, Told};
use super::{BAD_REASON, DISPLACED, NOT_DISPLACED};
use crate::store::{Advanced, State, StepRecord, Transition};

/// The longest reason that a person can give, in bytes.
const LONGEST_REASON: usize = 500;

/// What spends a coin of a step.
pub(super) struct Rival {
    /// The coin.
    pub(super) coin: OutPoint,
    /// Its txid, where nodes can name it.
    pub(super) by: Option<Txid>,
    /// True where all say that it is in a block.
    pub(super) in_block: bool,
}

/// Notes that something else spends what a step spends.
pub(super) fn displaced(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
    heard: Heard<Rival>,
) -> Result<()> {
    let Heard { what: Rival { coin, by, in_block }, silent } = heard;
    let sibling = courier.job.steps.iter().find(|other| {
        other.one_of.is_some()
            && other.one_of == step.one_of
            && Some(other.transaction.id()) == by.map(|by| by.to_string())
    });
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let since = courier.since(record, nodes.tip());
    if let Some(sibling) = sibling {
        let whose = format!("step {} of the same fee ladder", sibling.index.saturating_add(1));
        let why = if in_block { has_spent(&whose, coin) } else { only_one(&whose, coin) };
        return step_back(courier, look, step, why);
    }
    if !in_block {
        let rival = nodes.spender(coin, by, since);
        let whose = match ours(courier, coin, by)? {
            Some((bundle, record, _)) => place(&bundle, &record),
            None => rival::waiting(courier, step, by, rival.as_ref()),
        };
        return step_back(courier, look, step, only_one(&whose, coin));
    }
    // The output of a step that is not in the chain itself says nothing about this one.
    let is_parents = |parent: &usize| {
        courier.job.steps.get(*parent).is_some_and(|parent| parent.transaction.id() == coin.txid.to_string())
            && look.records.get(*parent).is_some_and(|r| !matches!(r.state, State::Confirmed | State::Final))
    };
    if step.parents.iter().any(is_parents) {
        return Ok(());
    }
    let mut known = ours(courier, coin, by)?;
    let found = if known.is_none() { nodes.spender(coin, by, since) } else { None };
    if let (None, Some(found)) = (&known, &found) {
        known = ours(courier, coin, Some(found.compute_txid()))?;
    }
    let Some((bundle, rival, transaction)) = known else {
        let rival = Stranger { coin, by, found, since };
        return by_a_stranger(courier, look, nodes, step, rival, &silent);
    };
    let tip = nodes.tip();
    let since = rival.since_height.or(rival.height).unwrap_or(tip).min(tip);
    let why = has_spent(&format!("{} ({})", place(&bundle, &rival), transaction.compute_txid()), coin);
    if !is_in_chain(&rival) {
        step_back(courier, look, step, why)?;
        if let Some(report) = look.report.step(step.index) {
            report.todo = Some(format!(
                "That one is {} as far as this store knows: `airlock-online status {bundle}` looks where it is; then look at \
                 this one again.",
                rival.state
            ));
        }
        return Ok(());
    }
    let Heard { what: Sight::InBlock { height, hash, depth, agreed }, silent } =
        nodes.sight(&transaction, since)
    else {
        return step_back(courier, look, step, format!("{why}, and not all nodes say so"));
    };
    let needed = courier.needed(step).max(SURE);
    let is_sure = depth >= needed && agreed && silent.is_empty();
    if !is_sure || !nodes.prove(transaction.compute_txid(), (height, hash), needed) {
        step_back(courier, look, step, why.clone())?;
        if let Some(report) = look.report.step(step.index) {
            report.says = Some(format!("{why} (block {depth} of {needed} behind it)"));
            report.todo = (!silent.is_empty()).then(|| waits_for(&silent));
        }
        return Ok(());
    }
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    let mut end = Transition::new(state, State::Superseded)
        .because(format!("{why}: this transaction pays nobody, and its fee is not spent"));
    // So that it is looked at again while that block is young.
    end.height = Some(tip);
    courier.note(look, step.index, end).map(|_| ())
}

/// Takes a step that was seen or in a block back to submitted, and says why.
fn step_back(courier: &Courier<'_>, look: &mut Look, step: &JobStep, why: String) -> Result<()> {
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let state = record.state;
    let is_new = record.detail.as_deref() != Some(why.as_str());
    if matches!(state, State::Seen | State::Confirmed) || (state == State::Submitted && is_new) {
        courier.note(look, step.index, Transition::new(state, State::Submitted).because(why.clone()))?;
    }
    if let Some(report) = look.report.step(step.index) {
        report.says = Some(why);
    }
    Ok(())
}

/// The transaction of another bundle of ours that spends a coin: the one of this txid, or where nobody knows the txid one
/// that the store has in a block.
fn ours(
    courier: &Courier<'_>,
    coin: OutPoint,
    by: Option<Txid>,
) -> Result<Option<(String, StepRecord, Transaction)>> {
    for (bundle, record) in courier.records.spenders(coin, courier.job.id())? {
        let raw = record.raw.as_deref().and_then(|raw| deserialize_hex::<Transaction>(raw).ok());
        let Some(transaction) = raw else { continue };
        if by.map_or_else(|| is_in_chain(&record), |by| by == transaction.compute_txid()) {
            return Ok(Some((bundle, record, transaction)));
        }
    }
    Ok(None)
}

fn is_in_chain(record: &StepRecord) -> bool {
    matches!(record.state, State::Confirmed | State::Final)
}

fn place(bundle: &str, record: &StepRecord) -> String {
    format!("bundle {bundle}, step {}", record.index.saturating_add(1))
}

fn has_spent(whose: &str, coin: OutPoint) -> String {
    format!("{whose} has spent coin {coin} in a block")
}

fn only_one(whose: &str, coin: OutPoint) -> String {
    format!("{whose} spends coin {coin} and waits for a block: only one of the two can confirm")
}

/// What is known of a transaction that is not of a plan in this store.
struct Stranger {
    coin: OutPoint,
    by: Option<Txid>,
    found: Option<Transaction>,
    since: u32,
}

/// A transaction that this program did not plan has spent the coin: the step stays, and a person must look.
fn by_a_stranger(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
    stranger: Stranger,
    silent: &[String],
) -> Result<()> {
    let Stranger { coin, by, found, since } = stranger;
    let (told, is_buried) = match &found {
        None => (rival::unseen(step, coin, by), true),
        Some(found) => {
            let block = match nodes.sight(found, since).what {
                Sight::InBlock { height, hash, .. } => Some((height, hash)),
                Sight::Unknown | Sight::Waiting { .. } | Sight::Displaced { .. } | Sight::Unclear(_) => None,
            };
            // What a server shows as our own payment is believed when the block holds it.
            let txid = found.compute_txid();
            let block = block.filter(|block| nodes.prove(txid, *block, 1));
            let is_buried = block.is_some_and(|block| nodes.prove(txid, block, SURE));
            (rival::seen(courier, step, coin, found, block.map(|(height, _)| height)), is_buried)
        }
    };
    look.report.incidents.append(&mut nodes.alarms);
    let Told { what, advice, is_copy } = told;
    step_back(courier, look, step, what.clone())?;
    let (short, number) = (courier.job.id().short(), step.index.saturating_add(1));
    look.report.incidents.push(format!("{}: {what}. {advice}", step.place()));
    // Waiting helps neither it nor what spends its outputs.
    let mut stuck = BTreeSet::from([step.index]);
    for other in &courier.job.steps {
        if other.parents.iter().any(|parent| stuck.contains(parent)) {
            stuck.insert(other.index);
        }
    }
    // What was paid under another txid has not failed; what was to spend its outputs by this txid has.
    let is_lost = !is_copy || stuck.len() > 1;
    let may_end = silent.is_empty() && is_lost && is_buried;
    let Some(report) = look.report.step(step.index) else { return Ok(()) };
    report.todo = Some(match (silent.is_empty(), may_end) {
        (false, _) => waits_for(silent),
        (true, false) if is_lost => format!(
            "{advice} Until a server shows it {SURE} blocks deep in the chain, this transaction may still confirm, and the step \
             cannot be given up."
        ),
        (true, false) => advice,
        (true, true) => format!(
            "{advice} When you know that nobody was paid: `airlock-online broadcast {short} --give-up {number} --because TEXT` \
             ends the step."
        ),
    });
    report.says = Some(what.clone());
    report.is_displaced = may_end;
    for index in stuck {
        if let Some(report) = look.report.step(index) {
            report.refused = Some(DISPLACED.error(what.clone()));
            report.may_help_itself = false;
        }
    }
    Ok(())
}

/// Ends a step, counted from 1, that a transaction not of ours has displaced, on a person's word. Their reason stays in the
/// history and in the receipt.
///
/// # Errors
/// [`BAD_REASON`], [`NOT_DISPLACED`] where in a look just now it is not so, and those of the store.
pub fn give_up(courier: &Courier<'_>, number: usize, because: &str) -> Result<Report> {
    let because = because.trim();
    if because.is_empty() || because.len() > LONGEST_REASON || because.chars().any(char::is_control) {
        let length = because.len();
        return Err(
            BAD_REASON.error(format!("{length} bytes, allowed are 1 to {LONGEST_REASON} on one line"))
        );
    }
    let report = courier.look()?;
    let step = number.checked_sub(1).and_then(|index| report.steps.get(index));
    let Some(step) = step else {
        return Err(NOT_DISPLACED.error(format!("step {number} of {}", report.steps.len())));
    };
    if !step.is_displaced {
        let why = step
            .todo
            .as_deref()
            .filter(|_| step.refused.is_some())
            .unwrap_or("no coin of it is spent elsewhere");
        let state = step.state;
        return Err(NOT_DISPLACED.error(format!("step {number} is {state}: {}", Printable::new(why))));
    }
    let says = step.says.as_deref().unwrap_or_default();
    let end = Transition::new(step.state, State::Failed).because(format!("given up: {because} ({says})"));
    match courier.records.advance(courier.job.id(), &[(step.index, end)], false, (courier.now)())? {
        Advanced::Done => courier.look(),
        Advanced::Elsewhere { state, .. } => {
            Err(NOT_DISPLACED.error(format!("step {number} is {state} now, by another process")))
        }
    }
}
