//! Where the Bitcoin transactions of a job are, and what that makes of them.

use airlock::Result;
use bitcoin::{BlockHash, OutPoint, Txid};

use super::bitcoin::{Nodes, Sight};
use super::courier::{Courier, Look};
use super::expected::{Expected, Ruling};
use super::job::JobStep;
use super::ledger;
use crate::store::{State, Transition};

/// Blocks behind which nobody looks again whether a final transaction is still there: a day.
const DEEP: u32 = 144;

/// What came of a message that the ledger did not count.
const NOT_COUNTED: &str = "The bitcoin fee is spent. Plan again only the rows named here, after looking why.";

pub(super) fn look(courier: &Courier<'_>, look: &mut Look, nodes: &mut Nodes<'_>) -> Result<()> {
    if nodes.is_empty() {
        look.report.note([
            "no Bitcoin server can be used now; nothing is known of the bitcoin transactions".to_owned()
        ]);
        look.unclear.extend(courier.job.steps.iter().filter(|s| s.bitcoin().is_some()).map(|s| s.index));
        return Ok(());
    }
    for step in &courier.job.steps {
        let (Some(transaction), Some(record)) = (step.bitcoin(), look.records.get(step.index)) else {
            continue;
        };
        let tip = nodes.tip();
        let since = courier.since(record, tip);
        match record.state {
            State::Planned => {}
            State::Final => look_again(courier, look, nodes, step)?,
            State::Failed | State::Superseded => {}
            State::Signed | State::Submitted | State::Seen | State::Confirmed => {
                let sight = nodes.sight(transaction, since);
                note(courier, look, nodes, step, sight)?;
            }
        }
    }
    end_rivals(courier, look)
}

/// What a sight makes of a step that has not ended.
fn note(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &Nodes<'_>,
    step: &JobStep,
    sight: Sight,
) -> Result<()> {
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    match sight {
        Sight::InBlock { height, hash, depth, agreed } => {
            in_block(courier, look, step, (height, hash), depth, agreed)
        }
        Sight::Waiting { missing } => {
            if missing {
                look.missing.insert(step.index);
            }
            if state == State::Seen {
                return Ok(());
            }
            let back = "back from a block: the chain was reorganized; it waits again";
            let mut seen = Transition::new(state, State::Seen);
            if state == State::Confirmed {
                seen = seen.because(back);
                look.report.note([format!("{}: {back}", step.place())]);
            }
            courier.note(look, step.index, seen).map(|_| ())
        }
        Sight::Unknown => {
            look.missing.insert(step.index);
            let why = match state {
                State::Seen => "dropped by every node (evicted); it is handed over again",
                State::Confirmed => "gone with its block: the chain was reorganized; it is handed over again",
                State::Planned
                | State::Signed
                | State::Submitted
                | State::Final
                | State::Failed
                | State::Superseded => return Ok(()),
            };
            look.report.note([format!("{}: {why}", step.place())]);
            courier.note(look, step.index, Transition::new(state, State::Submitted).because(why)).map(|_| ())
        }
        Sight::Displaced { coin, by, in_block } => {
            // What waits may be replaced by a first submission, or by the rung that is wanted; what is in a block may not.
            let wanted = step.one_of.is_some() && !courier.is_other_rung(step, &look.records);
            if in_block || !(state == State::Signed || wanted) {
                look.unclear.insert(step.index);
            }
            displaced(courier, look, nodes.tip(), step, Rival { coin, by, in_block })
        }
        Sight::Unclear(_) => {
            look.unclear.insert(step.index);
            Ok(())
        }
    }
}

fn in_block(
    courier: &Courier<'_>,
    look: &mut Look,
    step: &JobStep,
    block: (u32, BlockHash),
    depth: u32,
    agreed: bool,
) -> Result<()> {
    let (height, hash) = (block.0, block.1.to_string());
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let same = record.height == Some(height) && record.block_hash.as_deref() == Some(hash.as_str());
    let state = record.state;
    if state == State::Confirmed && !same {
        let was = record.height.unwrap_or_default();
        look.report.note([format!(
            "{}: the chain was reorganized: it was in block {was}, now it is in block {height} {hash}",
            step.place()
        )]);
    }
    if state != State::Confirmed || !same {
        let confirmed = Transition::new(state, State::Confirmed).in_block(height, &hash);
        if !courier.note(look, step.index, confirmed)? {
            return Ok(());
        }
    }
    let needed = courier.needed(step);
    let mut notes = Vec::new();
    let txid = step.bitcoin().map(bitcoin::Transaction::compute_txid);
    let ruling = txid.map_or(Ruling::NotYet, |txid| {
        ledger::ruling(&courier.world, &step.expected, txid, block, &mut notes)
    });
    look.report.note(notes);
    let says = says(&step.expected, &ruling);
    if let Some(report) = look.report.step(step.index) {
        report.depth = Some((depth, needed));
        report.says.clone_from(&says);
        report.todo = matches!(ruling, Ruling::Invalid { .. }).then(|| NOT_COUNTED.to_owned());
    }
    if depth < needed || !agreed {
        return Ok(());
    }
    let end = match ruling {
        Ruling::NotYet => return Ok(()),
        Ruling::Valid { .. } => State::Final,
        Ruling::Invalid { .. } => State::Failed,
    };
    let mut end = Transition::new(State::Confirmed, end).in_block(height, hash);
    end.detail = says;
    courier.note(look, step.index, end).map(|_| ())
}

/// The ledger's verdict in words.
fn says(expected: &Expected, ruling: &Ruling) -> Option<String> {
    let source = expected.source()?;
    Some(match ruling {
        Ruling::NotYet => "the Counterparty ledger has not judged it yet".to_owned(),
        Ruling::Valid { rows } => format!("the ledger counts it: {rows} of {rows} as planned and valid"),
        Ruling::Invalid { valid: 0, what, .. } => {
            format!("the ledger does not count it; nothing left {source}: {}", what.join("; "))
        }
        Ruling::Invalid { valid, rows, what } => format!(
            "the ledger counts {valid} of {rows}; what is named here stays with {source}: {}",
            what.join("; ")
        ),
    })
}

struct Rival {
    coin: OutPoint,
    by: Option<Txid>,
    in_block: bool,
}

/// Something else spends what a step spends. It ends only when that is as deep in the chain as the step itself would have
/// to be; the height at which it was noticed stands in the record of the submitted step.
fn displaced(courier: &Courier<'_>, look: &mut Look, tip: u32, step: &JobStep, rival: Rival) -> Result<()> {
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let (state, noticed) = (record.state, record.height.filter(|_| record.state == State::Submitted));
    let by = rival.by.map_or("another transaction".to_owned(), |txid| txid.to_string());
    let sibling = courier.job.steps.iter().find(|other| {
        other.one_of.is_some()
            && other.one_of == step.one_of
            && Some(other.transaction.id()) == rival.by.map(|by| by.to_string())
    });
    let whose = match sibling {
        Some(sibling) => format!("step {} of the same fee ladder", sibling.index.saturating_add(1)),
        None => by,
    };
    let coin = rival.coin;
    if !rival.in_block {
        let why =
            format!("{whose} spends coin {coin} and waits for a block: only one of the two can confirm");
        if let Some(report) = look.report.step(step.index) {
            report.says = Some(why.clone());
        }
        if matches!(state, State::Seen | State::Confirmed) {
            courier.note(look, step.index, Transition::new(state, State::Submitted).because(why))?;
        }
        return Ok(());
    }
    let needed = courier.needed(step);
    let first = noticed.unwrap_or(tip);
    let depth = tip.saturating_sub(first).saturating_add(1);
    let why = format!(
        "{whose} has spent coin {coin} in a block: this transaction pays nobody, and its fee is not spent"
    );
    if let Some(report) = look.report.step(step.index) {
        report.says = Some(format!("{why} (block {depth} of {needed} behind it)"));
    }
    if noticed.is_none() {
        let mut submitted = Transition::new(state, State::Submitted).because(why.clone());
        submitted.height = Some(tip);
        if !courier.note(look, step.index, submitted)? {
            return Ok(());
        }
    }
    if depth < needed {
        return Ok(());
    }
    let end = Transition::new(State::Submitted, State::Superseded).because(why);
    courier.note(look, step.index, end).map(|_| ())
}

/// What can no longer confirm because of another step of the same job: the other rungs of a final one, and what spends
/// outputs of a superseded one.
fn end_rivals(courier: &Courier<'_>, look: &mut Look) -> Result<()> {
    for step in &courier.job.steps {
        let Some(record) = look.records.get(step.index) else { continue };
        let state = record.state;
        if !state.is_in_flight() || step.bitcoin().is_none() {
            continue;
        }
        let is = |index: usize, wanted: State| look.records.get(index).is_some_and(|r| r.state == wanted);
        let winner = courier.job.steps.iter().find(|other| {
            other.index != step.index
                && other.one_of.is_some()
                && other.one_of == step.one_of
                && is(other.index, State::Final)
        });
        let parent = step.parents.iter().find(|parent| is(**parent, State::Superseded));
        let why = match (winner, parent) {
            (Some(winner), _) => format!("{} of the same fee ladder is final", winner.place()),
            (None, Some(parent)) => {
                format!("step {}, whose output it spends, cannot confirm", parent.saturating_add(1))
            }
            (None, None) => continue,
        };
        courier.note(look, step.index, Transition::new(state, State::Superseded).because(why))?;
    }
    Ok(())
}

/// Whether the block of a final transaction is still there. Where no node has it, the end is taken back, loudly.
fn look_again(courier: &Courier<'_>, look: &mut Look, nodes: &mut Nodes<'_>, step: &JobStep) -> Result<()> {
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let (Some(height), Some(hash), Some(transaction)) =
        (record.height, record.block_hash.clone(), step.bitcoin())
    else {
        return Ok(());
    };
    let tip = nodes.tip();
    let depth = tip.saturating_sub(height).saturating_add(1);
    if let Some(report) = look.report.step(step.index) {
        report.depth = Some((depth, courier.needed(step)));
    }
    if depth > DEEP || !nodes.lost_block(height, &hash) {
        return Ok(());
    }
    let sight = nodes.sight(transaction, courier.since(record, tip));
    let back = match &sight {
        Sight::InBlock { .. } => Transition::new(State::Final, State::Confirmed),
        Sight::Waiting { .. } => Transition::new(State::Final, State::Seen),
        Sight::Unknown | Sight::Displaced { .. } => Transition::new(State::Final, State::Submitted),
        Sight::Unclear(_) => return Ok(()),
    };
    let mut back = back.because(format!("taken back: block {height} {hash} is no longer in the chain"));
    if let Sight::InBlock { height, hash, .. } = &sight {
        back = back.in_block(*height, hash.to_string());
    }
    let to = back.to;
    if courier.note_all(look, vec![(step.index, back)], true)? {
        look.report.incidents.push(format!(
            "{} was final in block {height}, and a deep reorganization removed that block: it is {to} now. Check what was \
             booked for it",
            step.place()
        ));
        note(courier, look, nodes, step, sight)?;
    }
    Ok(())
}
