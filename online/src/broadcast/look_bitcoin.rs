//! Where the Bitcoin transactions of a job are, and what that makes of them.

use airlock::Result;
use bitcoin::BlockHash;

use super::bitcoin::{Nodes, Sight};
use super::courier::{Courier, Look};
use super::displaced::{Rival, displaced};
use super::expected::{Expected, Ruling};
use super::heard::{Heard, waits_for};
use super::job::JobStep;
use super::{ledger, look_again};
use crate::store::{State, Transition};

/// The least confirmations behind which an end without effect is believed.
pub(super) const SURE: u32 = 6;

/// What came of a message that the ledger did not count.
const NOT_COUNTED: &str = "The bitcoin fee is spent. Plan again only the rows named here, after looking why.";

/// What is not sure yet.
const NOT_SURE: &str = "Do not pay again yet: that the ledger does not count it is believed at the depth shown here, said by \
     every server in looks at two different blocks.";
/// What servers say and none shows.
const NOT_PROVEN: &str = "the servers say so, and none of them shows the blocks that prove it:";
/// What to do where nothing is proven.
const LOOK_ELSEWHERE: &str = "It stays as it is until a server proves it. Look again in a while; where that does not help, name a server \
     that keeps all blocks in airlock.toml, best a node of your own. Do not pay again.";
/// Between a verdict and the tip at which it was given.
const ASKED: &str = " (asked at block ";

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
            State::Final => look_again::after_final(courier, look, nodes, step)?,
            State::Failed | State::Superseded => look_again::after_an_end(courier, look, nodes, step)?,
            State::Signed | State::Submitted | State::Seen | State::Confirmed => {
                let sight = nodes.sight(transaction, since);
                note(courier, look, nodes, step, sight)?;
            }
        }
    }
    look.report.incidents.append(&mut nodes.alarms);
    end_rivals(courier, look, nodes.tip())
}

/// What a sight makes of a step that has not ended.
pub(super) fn note(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
    heard: Heard<Sight>,
) -> Result<()> {
    let Heard { what: sight, silent } = heard;
    let Some(state) = look.records.get(step.index).map(|record| record.state) else { return Ok(()) };
    match sight {
        Sight::InBlock { height, hash, depth, agreed } => {
            let found = Found { block: (height, hash), depth, agreed, tip: nodes.tip(), silent };
            in_block(courier, look, nodes, step, found)
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
            displaced(courier, look, nodes, step, Heard { what: Rival { coin, by, in_block }, silent })
        }
        Sight::Unclear(_) => {
            look.unclear.insert(step.index);
            Ok(())
        }
    }
}

/// Where nodes have a transaction in a block.
struct Found {
    block: (u32, BlockHash),
    depth: u32,
    agreed: bool,
    tip: u32,
    /// Servers that said nothing.
    silent: Vec<String>,
}

fn in_block(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
    found: Found,
) -> Result<()> {
    let Found { block, depth, agreed, tip, mut silent } = found;
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
    let heard = ruling(courier, look, step, block);
    silent.extend(heard.silent);
    let (ruling, says) = (&heard.what, says(&step.expected, &heard.what));
    let is_invalid = matches!(ruling, Ruling::Invalid { .. });
    let needed = courier.needed(step);
    let needed = if is_invalid { needed.max(SURE) } else { needed };
    let say = |look: &mut Look, todo: Option<String>| {
        if let Some(report) = look.report.step(step.index) {
            report.depth = Some((depth, needed));
            report.says.clone_from(&says);
            report.todo = todo;
        }
    };
    say(look, None);
    let end = match ruling {
        Ruling::NotYet => return Ok(()),
        Ruling::Valid { .. } => State::Final,
        Ruling::Invalid { .. } => State::Failed,
    };
    if is_invalid {
        let twice = agreed && is_said_again(courier, look, step, (height, &hash), tip, says.as_deref())?;
        say(look, Some(if silent.is_empty() { NOT_SURE.to_owned() } else { waits_for(&silent) }));
        if !twice || !silent.is_empty() {
            return Ok(());
        }
    }
    if depth < needed || !agreed {
        return Ok(());
    }
    let Some(transaction) = step.bitcoin() else { return Ok(()) };
    if !nodes.prove(transaction.compute_txid(), block, needed) {
        if let Some(report) = look.report.step(step.index) {
            report.says = Some(format!("{NOT_PROVEN} block {height}, {needed} deep"));
            report.todo = Some(LOOK_ELSEWHERE.to_owned());
        }
        return Ok(());
    }
    let mut end = Transition::new(State::Confirmed, end).in_block(height, hash);
    end.detail.clone_from(&says);
    if courier.note(look, step.index, end)? && is_invalid {
        say(look, Some(NOT_COUNTED.to_owned()));
    }
    Ok(())
}

/// What the Counterparty ledger says of a step in a block; what else its servers say becomes a note.
pub(super) fn ruling(
    courier: &Courier<'_>,
    look: &mut Look,
    step: &JobStep,
    block: (u32, BlockHash),
) -> Heard<Ruling> {
    let network = courier.job.bundle.contents().networks.bitcoin;
    let (Some(transaction), Some(network)) = (step.bitcoin(), network) else {
        return Heard { what: Ruling::NotYet, silent: Vec::new() };
    };
    let (mut notes, txid) = (Vec::new(), transaction.compute_txid());
    let heard = ledger::ruling(&courier.world, network, &step.expected, txid, block, &mut notes);
    look.report.note(notes);
    heard
}

/// True where the same verdict was noted in a look at another tip; otherwise it is noted now.
fn is_said_again(
    courier: &Courier<'_>,
    look: &mut Look,
    step: &JobStep,
    (height, hash): (u32, &str),
    tip: u32,
    says: Option<&str>,
) -> Result<bool> {
    let (Some(record), Some(says)) = (look.records.get(step.index), says) else { return Ok(false) };
    let noted = record.detail.as_deref().and_then(|detail| detail.strip_prefix(says));
    let asked = noted.and_then(|rest| rest.strip_prefix(ASKED)?.strip_suffix(')')?.parse::<u32>().ok());
    if let Some(asked) = asked {
        return Ok(asked != tip);
    }
    let noted = Transition::new(State::Confirmed, State::Confirmed)
        .in_block(height, hash)
        .because(format!("{says}{ASKED}{tip})"));
    courier.note(look, step.index, noted).map(|_| false)
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

/// What can no longer confirm because of another step of the same job: the other rungs of a final one, and what spends
/// outputs of a superseded one.
fn end_rivals(courier: &Courier<'_>, look: &mut Look, tip: u32) -> Result<()> {
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
        let gave_up = |index: usize| {
            look.records.get(index).is_some_and(|r| r.state == State::Failed && r.height.is_none())
        };
        let parent = step.parents.iter().find(|parent| is(**parent, State::Superseded) || gave_up(**parent));
        let why = match (winner, parent) {
            (Some(winner), _) => format!("{} of the same fee ladder is final", winner.place()),
            (None, Some(parent)) => {
                format!("step {}, whose output it spends, cannot confirm", parent.saturating_add(1))
            }
            (None, None) => continue,
        };
        let mut end = Transition::new(state, State::Superseded).because(why);
        // So that it is looked at again while that block is young.
        end.height = Some(tip);
        courier.note(look, step.index, end)?;
    }
    Ok(())
}
