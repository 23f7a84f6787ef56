//! Bitcoin transactions that have ended, looked at again while their block is young: an end that turns out to be wrong is
//! taken back, loudly.

use airlock::Result;

use super::bitcoin::{Nodes, Sight};
use super::courier::{Courier, Look};
use super::expected::Ruling;
use super::heard::Heard;
use super::job::JobStep;
use super::look_bitcoin::{note, ruling};
use crate::store::{State, Transition};

/// Blocks behind which nobody looks again whether a final transaction is still there: a day.
const DEEP: u32 = 144;
/// Blocks behind which nobody looks again whether one that failed or was superseded has come after all.
const RECENT: u32 = 100;

/// Whether the block of a final transaction is still there. Where no node has it, the end is taken back.
pub(super) fn after_final(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
) -> Result<()> {
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
    let heard = nodes.sight(transaction, courier.since(record, tip));
    let back = match &heard.what {
        Sight::InBlock { .. } => Transition::new(State::Final, State::Confirmed),
        Sight::Waiting { .. } => Transition::new(State::Final, State::Seen),
        Sight::Unknown | Sight::Displaced { .. } => Transition::new(State::Final, State::Submitted),
        Sight::Unclear(_) => return Ok(()),
    };
    let mut back = back.because(format!("taken back: block {height} {hash} is no longer in the chain"));
    if let Sight::InBlock { height, hash, .. } = &heard.what {
        back = back.in_block(*height, hash.to_string());
    }
    let to = back.to;
    if courier.note_all(look, vec![(step.index, back)], true)? {
        look.report.incidents.push(format!(
            "{} was final in block {height}, and a deep reorganization removed that block: it is {to} now. Check what was \
             booked for it",
            step.place()
        ));
        note(courier, look, nodes, step, heard)?;
    }
    Ok(())
}

/// Whether a transaction that failed or was superseded has done its work after all. It is never handed over again: it may
/// have been paid in another way.
pub(super) fn after_an_end(
    courier: &Courier<'_>,
    look: &mut Look,
    nodes: &mut Nodes<'_>,
    step: &JobStep,
) -> Result<()> {
    let Some(record) = look.records.get(step.index) else { return Ok(()) };
    let (state, tip) = (record.state, nodes.tip());
    // What a person gave up has no height: nothing can say how old it is.
    let is_old = record.height.is_some_and(|height| tip.saturating_sub(height) > RECENT);
    let Some(transaction) = step.bitcoin().filter(|_| !is_old) else { return Ok(()) };
    let heard = nodes.sight(transaction, courier.since(record, tip));
    let Heard { what: Sight::InBlock { height, hash, agreed: true, .. }, .. } = &heard else {
        return Ok(());
    };
    let (height, hash) = (*height, *hash);
    // That a message was not counted stands until the ledger counts it.
    let failed_in_block = state == State::Failed && record.height.is_some();
    if failed_in_block && !matches!(ruling(courier, look, step, (height, hash)).what, Ruling::Valid { .. }) {
        return Ok(());
    }
    let says = if failed_in_block { "the Counterparty ledger counts it" } else { "it is in a block" };
    let back = Transition::new(state, State::Confirmed)
        .in_block(height, hash.to_string())
        .because(format!("taken back: it was {state}, and {says} after all"));
    if courier.note_all(look, vec![(step.index, back)], true)? {
        look.report.incidents.push(format!(
            "{} was {state}, and {says} after all, block {height}: it is reopened. Check whether it was paid again in the \
             meantime",
            step.place()
        ));
        note(courier, look, nodes, step, heard)?;
    }
    Ok(())
}
