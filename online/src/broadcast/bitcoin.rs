//! Bitcoin nodes together: where a transaction is when all that work are asked, and handing over.

use airlock::network::BitcoinNetwork;
use airlock::{Error, Result};
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};

use super::World;
use super::heard::Heard;
use crate::source::bitcoin::{BitcoinSource, BitcoinStatus, Verdict, Whereabouts};
use crate::source::blocks;
use crate::source::open::{Meant, check_bitcoin};
use crate::source::proof::OTHER_ANSWER;

/// The nodes that can be relied on now.
pub(super) struct Nodes<'a> {
    network: BitcoinNetwork,
    usable: Vec<(&'a dyn BitcoinSource, BitcoinStatus)>,
    /// Why the others cannot.
    pub(super) notes: Vec<String>,
    /// What a node claimed and did not hold to: loud.
    pub(super) alarms: Vec<String>,
    /// Those that cannot be relied on.
    silent: Vec<String>,
}

/// Where a transaction is, by all nodes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// No node knows it.
    Unknown,
    /// It waits for a block; some nodes may not have it.
    Waiting {
        /// True where a node does not have it.
        missing: bool,
    },
    /// It is in a block.
    InBlock {
        /// The block's height.
        height: u32,
        /// The block's hash.
        hash: BlockHash,
        /// The block itself counts as 1; the least of all nodes.
        depth: u32,
        /// True where every node says so.
        agreed: bool,
    },
    /// All nodes say that something else spends one of its inputs.
    Displaced {
        /// The contested coin.
        coin: OutPoint,
        /// By which transaction.
        by: Option<Txid>,
        /// True where all say that it is in a block.
        in_block: bool,
    },
    /// Nobody can tell.
    Unclear(String),
}

/// What became of handing over one transaction.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// A node took it, or had it already.
    pub(super) taken: bool,
    /// Who refused it, with the reason.
    pub(super) refused: Vec<(String, Error)>,
}

impl<'a> Nodes<'a> {
    /// Asks all nodes how they stand.
    pub(super) fn open(world: &World<'a>, network: BitcoinNetwork) -> Self {
        let (usable, notes, alarms, silent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut nodes = Self { network, usable, notes, alarms, silent };
        let meant = Meant::OfBundle(network);
        for source in world.bitcoin {
            let status = source.status().and_then(|status| check_bitcoin(&status, meant).map(|()| status));
            match status {
                Ok(status) => nodes.usable.push((source.as_ref(), status)),
                Err(error) => {
                    nodes.silent.push(source.name());
                    nodes.notes.push(format!("{}: {error}", source.name()));
                }
            }
        }
        nodes
    }

    /// True where none can be relied on.
    pub(super) fn is_empty(&self) -> bool {
        self.usable.is_empty()
    }

    /// The lowest tip.
    pub(super) fn tip(&self) -> u32 {
        self.usable.iter().map(|(_, status)| status.height).min().unwrap_or(0)
    }

    /// True where every node has another block at this height than this one, or none.
    pub(super) fn lost_block(&self, height: u32, hash: &str) -> bool {
        let has = |(source, _): &(&dyn BitcoinSource, BitcoinStatus)| match source.block_hash(height) {
            Ok(found) => found.is_some_and(|found| found.to_string() == hash),
            // Who cannot say has not lost it.
            Err(_) => true,
        };
        !self.usable.is_empty() && !self.usable.iter().any(has)
    }

    /// Where a transaction is. No block below `since` can hold it.
    pub(super) fn sight(&mut self, transaction: &Transaction, since: u32) -> Heard<Sight> {
        let (mut answers, mut silent) = (Vec::new(), self.silent.clone());
        for (source, status) in &self.usable {
            match source.whereabouts(transaction, since) {
                // A block may have come since the status; a height from nowhere is no answer.
                Ok(Whereabouts::InBlock { height, .. })
                    if height < since || height > status.height.saturating_add(10) =>
                {
                    let (name, tip) = (source.name(), status.height);
                    silent.push(source.name());
                    self.notes.push(format!(
                        "{name}: not believed: it says block {height}; possible are {since} to {tip}"
                    ));
                }
                Ok(found) => answers.push((found, status.height)),
                Err(error) => {
                    silent.push(source.name());
                    self.notes.push(format!("{}: {error}", source.name()));
                }
            }
        }
        let sight = merge(&answers);
        if let Sight::Unclear(why) = &sight {
            self.notes.push(why.clone());
        }
        Heard { what: sight, silent }
    }

    /// True where a node proves by its blocks that one of them holds a transaction, so deep in the chain; why not is among
    /// the notes. The work in the blocks speaks for itself: one node that shows it is enough, and what many merely say is not.
    pub(super) fn prove(&mut self, txid: Txid, block: (u32, BlockHash), depth: u32) -> bool {
        for (source, _) in &self.usable {
            let Err(error) = blocks::prove(*source, self.network, txid, block, depth) else { return true };
            if error.code() == &OTHER_ANSWER {
                let what = error.what();
                self.alarms.push(format!(
                    "{what}: do not use this server before you know why, and book nothing by it"
                ));
            }
            self.notes.push(format!("{}: {error}", source.name()));
        }
        false
    }

    /// The transaction that spends a coin, by the first node that has it. No block below `since` can hold it.
    pub(super) fn spender(&mut self, coin: OutPoint, by: Option<Txid>, since: u32) -> Option<Transaction> {
        for (source, _) in &self.usable {
            let named = by.map_or(Ok(None), |by| source.transaction(by, None));
            let found =
                named.and_then(|named| named.map_or_else(|| source.spender(coin, since), |n| Ok(Some(n))));
            let spends = |found: &Transaction| {
                by.is_none_or(|by| by == found.compute_txid())
                    && found.input.iter().any(|input| input.previous_output == coin)
            };
            match found {
                Ok(Some(found)) if spends(&found) => return Some(found),
                Ok(Some(found)) => {
                    let (name, txid) = (source.name(), found.compute_txid());
                    self.notes.push(format!("{name}: not believed: it says that {txid} spends {coin}"));
                }
                Ok(None) => {}
                Err(error) => self.notes.push(format!("{}: {error}", source.name())),
            }
        }
        None
    }

    /// What the first node that can tell would say to these transactions; none where all are of a kind that cannot.
    ///
    /// # Errors
    /// The first node's, where those that could tell fail or answer something else than was asked.
    pub(super) fn try_out(&self, transactions: &[Transaction]) -> Result<Option<(String, Vec<Verdict>)>> {
        let mut error = None;
        for (source, _) in &self.usable {
            match source.try_out(transactions) {
                Ok(Some(verdicts)) => return Ok(Some((source.name(), verdicts))),
                Ok(None) => {}
                Err(found) => drop(error.get_or_insert(found.at(source.name()))),
            }
        }
        error.map_or(Ok(None), Err)
    }

    /// Hands transactions to every node; any one that takes them counts.
    pub(super) fn submit(&mut self, transactions: &[Transaction]) -> Vec<Told> {
        let mut told: Vec<Told> = transactions.iter().map(|_| Told::default()).collect();
        for (source, _) in &self.usable {
            let verdicts = match source.submit(transactions) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    self.notes.push(format!("{}: {error}", source.name()));
                    continue;
                }
            };
            for (told, verdict) in told.iter_mut().zip(verdicts) {
                match verdict {
                    Verdict::Accepted | Verdict::AlreadyWaiting | Verdict::AlreadyInBlock => {
                        told.taken = true
                    }
                    Verdict::Refused(error) => told.refused.push((source.name(), error)),
                    Verdict::NotTried => {}
                }
            }
        }
        for (name, error) in told.iter().filter(|told| told.taken).flat_map(|told| &told.refused) {
            self.notes.push(format!("{name} refuses what another node took: {error}"));
        }
        told
    }
}

/// All answers as one: the most advanced place counts, unless a claim that ends something is contradicted.
fn merge(answers: &[(Whereabouts, u32)]) -> Sight {
    let mut blocks = Vec::new();
    let (mut waiting, mut unknown, mut displaced) = (0usize, 0usize, Vec::new());
    for (answer, tip) in answers {
        match answer {
            Whereabouts::InBlock { height, hash } => blocks.push((*height, *hash, *tip)),
            Whereabouts::Waiting => waiting = waiting.saturating_add(1),
            Whereabouts::Unknown => unknown = unknown.saturating_add(1),
            Whereabouts::Displaced { coin, by, in_block } => displaced.push((*coin, *by, *in_block)),
        }
    }
    if let Some((height, hash, _)) = blocks.first().copied() {
        let same = blocks.iter().all(|(other, name, _)| (*other, *name) == (height, hash));
        let depth =
            |(height, _, tip): &(u32, BlockHash, u32)| tip.max(height).abs_diff(*height).saturating_add(1);
        let depth = blocks.iter().map(depth).min().unwrap_or(1);
        return Sight::InBlock { height, hash, depth, agreed: same && blocks.len() == answers.len() };
    }
    if waiting > 0 {
        return Sight::Waiting { missing: waiting < answers.len() };
    }
    match displaced.first().copied() {
        Some((coin, by, _)) if unknown == 0 => {
            Sight::Displaced { coin, by, in_block: displaced.iter().all(|(_, _, in_block)| *in_block) }
        }
        Some((coin, ..)) => Sight::Unclear(format!(
            "the nodes disagree: some say that {coin} is spent elsewhere, others that it is not"
        )),
        None if unknown > 0 => Sight::Unknown,
        None => Sight::Unclear("no node could say where a transaction is".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::hashes::Hash;

    use super::*;

    #[test]
    fn the_most_advanced_answer_counts_and_ends_need_all() {
        let hash = |byte| BlockHash::from_byte_array([byte; 32]);
        let block = |height, byte| Whereabouts::InBlock { height, hash: hash(byte) };
        let coin = OutPoint::null();
        let gone = |in_block| Whereabouts::Displaced { coin, by: None, in_block };
        let merged = |answers: &[Whereabouts]| {
            merge(&answers.iter().map(|answer| (answer.clone(), 105)).collect::<Vec<_>>())
        };
        let in_block = |depth, agreed| Sight::InBlock { height: 103, hash: hash(1), depth, agreed };
        assert_eq!(merged(&[block(103, 1), block(103, 1)]), in_block(3, true));
        assert_eq!(merged(&[block(103, 1), Whereabouts::Waiting]), in_block(3, false));
        assert_eq!(merged(&[block(103, 1), block(103, 2)]), in_block(3, false));
        assert_eq!(merged(&[block(103, 1), gone(true)]), in_block(3, false));
        assert_eq!(merged(&[Whereabouts::Unknown, Whereabouts::Waiting]), Sight::Waiting { missing: true });
        assert_eq!(merged(&[gone(true), Whereabouts::Waiting]), Sight::Waiting { missing: true });
        assert_eq!(merged(&[gone(true), gone(false)]), Sight::Displaced { coin, by: None, in_block: false });
        assert!(matches!(merged(&[gone(true), Whereabouts::Unknown]), Sight::Unclear(_)));
        assert!(matches!(merged(&[]), Sight::Unclear(_)));
        assert_eq!(merged(&[Whereabouts::Unknown]), Sight::Unknown);
    }
}
