//! Counterparty servers together: what the ledger made of a message.

use airlock::Result;
use airlock::network::BitcoinNetwork;
use bitcoin::{BlockHash, Txid};

use super::World;
use super::expected::{Expected, Ruling};
use super::heard::Heard;
use crate::source::counterparty::{CounterpartySource, Judgement};
use crate::source::open::Meant;

/// What all servers that answer say of the message of a transaction in this block. What they say of another block, or do
/// not agree on, is [`Ruling::NotYet`], with the reason among the notes.
pub(super) fn ruling(
    world: &World<'_>,
    network: BitcoinNetwork,
    expected: &Expected,
    txid: Txid,
    block: (u32, BlockHash),
    notes: &mut Vec<String>,
) -> Heard<Ruling> {
    let mut silent = Vec::new();
    if *expected == Expected::Nothing {
        return Heard { what: Ruling::Valid { rows: 0 }, silent };
    }
    if world.counterparty.is_empty() {
        notes.push(
            "no Counterparty server is configured: nobody can say whether the ledger counts it".to_owned(),
        );
        return Heard { what: Ruling::NotYet, silent };
    }
    let mut rulings: Vec<(String, Ruling)> = Vec::new();
    for source in world.counterparty {
        match of_one(source.as_ref(), network, expected, txid, block) {
            Ok(Answer::Rules(ruling)) => rulings.push((source.name(), ruling)),
            Ok(Answer::Says(why)) => {
                notes.push(format!("{}: {why}", source.name()));
                rulings.push((source.name(), Ruling::NotYet));
            }
            Err(error) => {
                silent.push(source.name());
                notes.push(format!("{}: {error}", source.name()));
            }
        }
    }
    let Some((name, first)) = rulings.first().cloned() else {
        return Heard { what: Ruling::NotYet, silent };
    };
    let what = match rulings.iter().find(|(_, other)| *other != first) {
        None => first,
        Some((other, _)) => {
            notes.push(format!("{name} and {other} do not (yet) say the same of {txid}"));
            Ruling::NotYet
        }
    };
    Heard { what, silent }
}

enum Answer {
    Rules(Ruling),
    Says(String),
}

fn of_one(
    source: &dyn CounterpartySource,
    network: BitcoinNetwork,
    expected: &Expected,
    txid: Txid,
    (height, hash): (u32, BlockHash),
) -> Result<Answer> {
    let status = source.status()?;
    Meant::OfBundle(network).check(status.network)?;
    if status.height < height {
        return Ok(Answer::Says(format!(
            "its ledger is at block {}, the transaction in {height}",
            status.height
        )));
    }
    let found = source.block(height)?;
    if found.hash != hash {
        return Ok(Answer::Says(format!("it has another block {height} than the Bitcoin nodes")));
    }
    let judgement = source.judgement(txid)?;
    Ok(match &judgement {
        // What carries no message that counts is not in the ledger at all (counterparty.md 12).
        Judgement::Unknown => Answer::Rules(expected.ignored()),
        Judgement::Waiting => Answer::Says(format!("it has block {height}, but {txid} still waiting")),
        Judgement::Parsed { height: other, .. } if *other != height => {
            Answer::Says(format!("it has {txid} in block {other} instead of {height}"))
        }
        Judgement::Parsed { .. } => Answer::Rules(expected.rule(&judgement)),
    })
}
