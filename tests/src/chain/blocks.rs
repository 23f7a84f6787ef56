//! A little Bitcoin chain: real blocks of real transactions, coins out of nowhere, a mempool with the rules that count here.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version as BlockVersion};
use bitcoin::hashes::Hash as _;
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode,
    TxOut, Txid, Witness,
};

use crate::consensus::execute;

/// The height of the first block of a chain that is made here.
const FIRST: u32 = 1_000;
/// Satoshi per 1,000 vB below which a transaction is not relayed.
const RELAY: u64 = 100;

/// A refusal as Bitcoin Core words it: the code of `sendrawtransaction`, and the words.
pub type Refusal = (i64, String);

/// The chain.
#[derive(Clone, Debug)]
pub struct Blocks {
    first: u32,
    blocks: Vec<Block>,
    /// Transactions that wait, parents before children.
    pub mempool: Vec<Transaction>,
    made: u32,
    clock: u32,
}

/// An unspent output.
#[derive(Clone, Debug)]
pub struct Unspent {
    /// The output.
    pub output: TxOut,
    /// Height of its block; none while it waits.
    pub height: Option<u32>,
}

impl Blocks {
    /// A chain of one block, made at this time.
    pub fn new(time: u32) -> Self {
        let mut chain = Self { first: FIRST, blocks: Vec::new(), mempool: Vec::new(), made: 0, clock: time };
        chain.mine();
        chain
    }

    /// The chain of a real node, from its first block on.
    pub fn copied(blocks: Vec<Block>) -> Self {
        Self { first: 0, blocks, mempool: Vec::new(), made: 0, clock: 0 }
    }

    /// Height of the first block.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// Height of the tip.
    pub fn height(&self) -> u32 {
        self.first + u32::try_from(self.blocks.len()).expect("few blocks") - 1
    }

    /// The block at a height.
    pub fn at(&self, height: u32) -> Option<&Block> {
        self.blocks.get(usize::try_from(height.checked_sub(self.first)?).ok()?)
    }

    /// A block with its height.
    pub fn block(&self, hash: BlockHash) -> Option<(u32, &Block)> {
        (self.first..).zip(&self.blocks).find(|(_, block)| block.block_hash() == hash)
    }

    /// The tip.
    pub fn tip(&self) -> &Block {
        self.blocks.last().expect("there is always a block")
    }

    /// All blocks with their heights.
    pub fn all(&self) -> impl Iterator<Item = (u32, &Block)> {
        (self.first..).zip(&self.blocks)
    }

    /// The block that holds a transaction.
    pub fn holder(&self, txid: Txid) -> Option<(u32, &Block)> {
        self.all().find(|(_, block)| block.txdata.iter().any(|tx| tx.compute_txid() == txid))
    }

    /// A transaction, in a block or waiting.
    pub fn transaction(&self, txid: Txid) -> Option<&Transaction> {
        let all = self.blocks.iter().flat_map(|block| &block.txdata).chain(&self.mempool);
        all.into_iter().find(|tx| tx.compute_txid() == txid)
    }

    /// Mines everything that waits.
    pub fn mine(&mut self) {
        let waiting = std::mem::take(&mut self.mempool);
        self.mine_only(waiting);
    }

    /// Mines a block of these and no others; what waits and is contradicted by them is thrown away.
    pub fn mine_only(&mut self, transactions: Vec<Transaction>) {
        self.made += 1;
        self.clock += 1;
        let height = self.first + u32::try_from(self.blocks.len()).expect("few blocks");
        // The number of the block makes it another one after a reorganization.
        let text = bitcoin::script::Builder::new()
            .push_int(i64::from(height))
            .push_int(i64::from(self.made))
            .into_script();
        let coinbase = made_of(OutPoint::null(), text, vec![paid(ScriptBuf::new_op_return([]), 0)]);
        let mut txdata = vec![coinbase];
        txdata.extend(transactions);
        let mut block = Block {
            header: Header {
                version: BlockVersion::TWO,
                prev_blockhash: self.blocks.last().map_or(BlockHash::all_zeros(), Block::block_hash),
                merkle_root: TxMerkleNode::all_zeros(),
                time: self.clock,
                bits: CompactTarget::from_consensus(0x207f_ffff),
                nonce: 0,
            },
            txdata,
        };
        block.header.merkle_root = block.compute_merkle_root().expect("there is a coinbase");
        while block.header.validate_pow(block.header.target()).is_err() {
            block.header.nonce += 1;
        }
        let spent: Vec<OutPoint> = block.txdata.iter().flat_map(spends).collect();
        self.blocks.push(block);
        self.mempool.retain(|tx| !spends(tx).any(|coin| spent.contains(&coin)));
        let waiting = std::mem::take(&mut self.mempool);
        for tx in waiting {
            drop(self.accept(&tx));
        }
    }

    /// Throws the last blocks away and mines one more than that without their transactions, which wait again.
    ///
    /// # Panics
    /// Where so many blocks are not there.
    pub fn reorganize(&mut self, count: usize) {
        assert!(count < self.blocks.len(), "{count} of {} blocks", self.blocks.len());
        let lost = self.blocks.split_off(self.blocks.len() - count);
        let mut waiting: Vec<Transaction> =
            lost.into_iter().flat_map(|block| block.txdata.into_iter().skip(1)).collect();
        waiting.append(&mut self.mempool);
        for _ in 0..=count {
            self.mine_only(Vec::new());
        }
        self.mempool = waiting;
    }

    /// Throws a waiting transaction away, and those that spend its outputs.
    pub fn evict(&mut self, txid: Txid) {
        let mut gone = vec![txid];
        self.mempool.retain(|tx| {
            let id = tx.compute_txid();
            let out = gone.contains(&id) || spends(tx).any(|coin| gone.contains(&coin.txid));
            if out {
                gone.push(id);
            }
            !out
        });
    }

    /// Coins out of nowhere, mined at once: one transaction that pays all of them.
    pub fn fund(&mut self, to: &[(ScriptBuf, u64)]) -> Txid {
        let nowhere = OutPoint::new(Txid::from_byte_array([0xfe; 32]), self.made);
        let outputs = to.iter().map(|(script, sat)| paid(script.clone(), *sat)).collect();
        let tx = made_of(nowhere, ScriptBuf::new(), outputs);
        let txid = tx.compute_txid();
        let mut all = std::mem::take(&mut self.mempool);
        all.push(tx);
        self.mine_only(all);
        txid
    }

    /// The unspent outputs; those that wait, and what they spend, count where `waiting`.
    pub fn unspent(&self, waiting: bool) -> BTreeMap<OutPoint, Unspent> {
        let mut coins = BTreeMap::new();
        let mined =
            self.all().flat_map(|(height, block)| block.txdata.iter().map(move |tx| (Some(height), tx)));
        let pending = self.mempool.iter().filter(|_| waiting).map(|tx| (None, tx));
        for (height, tx) in mined.chain(pending) {
            for coin in spends(tx) {
                coins.remove(&coin);
            }
            let txid = tx.compute_txid();
            for (vout, output) in (0..).zip(&tx.output) {
                if !output.script_pubkey.is_op_return() {
                    coins.insert(OutPoint::new(txid, vout), Unspent { output: output.clone(), height });
                }
            }
        }
        coins
    }

    /// The waiting transaction that spends a coin.
    pub fn spender(&self, coin: OutPoint) -> Option<Txid> {
        self.mempool.iter().find(|tx| spends(tx).any(|spent| spent == coin)).map(Transaction::compute_txid)
    }

    /// What the node would say to a transaction that comes alone: the waiting transactions that it replaces.
    ///
    /// # Errors
    /// The refusal.
    pub fn judge(&self, tx: &Transaction) -> Result<Vec<Txid>, Refusal> {
        self.judged(tx, Company::Alone)
    }

    /// What the node would say to a transaction in this company.
    ///
    /// # Errors
    /// The refusal.
    pub fn judged(&self, tx: &Transaction, company: Company) -> Result<Vec<Txid>, Refusal> {
        let txid = tx.compute_txid();
        if let Some(same) = self.mempool.iter().find(|waiting| waiting.compute_txid() == txid) {
            let is_it = same.compute_wtxid() == tx.compute_wtxid();
            let words = if is_it { "txn-already-in-mempool" } else { "txn-same-nonwitness-data-in-mempool" };
            return Err((-26, words.to_owned()));
        }
        let mined = self.unspent(false);
        if (0..).zip(&tx.output).any(|(vout, _)| mined.contains_key(&OutPoint::new(txid, vout))) {
            return Err((-27, "Transaction outputs already in utxo set".to_owned()));
        }
        if !is_final(tx, self.height() + 1, self.clock) {
            return Err((-26, "non-final".to_owned()));
        }
        let rivals: BTreeSet<Txid> = spends(tx).filter_map(|coin| self.spender(coin)).collect();
        if !rivals.is_empty() && company == Company::Rehearsed {
            return Err((-26, "bip125-replacement-disallowed".to_owned()));
        }
        let mut without = self.clone();
        rivals.iter().for_each(|rival| without.evict(*rival));
        let coins = without.unspent(true);
        let mut prevouts = Vec::new();
        for coin in spends(tx) {
            let missing = || (-25, "bad-txns-inputs-missingorspent".to_owned());
            prevouts.push(coins.get(&coin).ok_or_else(missing)?.output.clone());
        }
        let (there, paid) = (sum(&prevouts), sum(&tx.output));
        let fee = there.checked_sub(paid).ok_or_else(|| {
            let (there, paid) = (money(there), money(paid));
            (-26, format!("bad-txns-in-belowout, value in ({there}) < value out ({paid})"))
        })?;
        let is_dust = |output: &TxOut| {
            !output.script_pubkey.is_op_return() && output.value < output.script_pubkey.minimal_non_dust()
        };
        if tx.output.iter().any(is_dust) {
            return Err((-26, "dust, tx with dust output must be 0-fee".to_owned()));
        }
        let least = relay_fee(tx);
        if fee < least && company != Company::Paid {
            return Err((-26, format!("min relay fee not met, {fee} < {least}")));
        }
        self.outbids(tx, fee, &rivals, &without)?;
        match execute(tx, &prevouts) {
            Ok(()) => Ok(rivals.into_iter().collect()),
            Err(why) => Err((-26, format!("mempool-script-verify-flag-failed ({why})"))),
        }
    }

    /// Whether a transaction pays enough to take the place of others (BIP-125 without its signal, as Core since 28).
    fn outbids(
        &self,
        tx: &Transaction,
        fee: u64,
        rivals: &BTreeSet<Txid>,
        without: &Self,
    ) -> Result<(), Refusal> {
        let gone = self.mempool.iter().filter(|waiting| !without.mempool.contains(waiting));
        let old: u64 = gone.map(|waiting| self.fee(waiting)).sum();
        let begin = format!("insufficient fee, rejecting replacement {}", tx.compute_txid());
        if rivals.is_empty() {
            return Ok(());
        }
        if fee < old {
            let (new, old) = (money(fee), money(old));
            return Err((-26, format!("{begin}, less fees than conflicting txs; {new} < {old}")));
        }
        if fee - old < relay_fee(tx) {
            let (more, least) = (money(fee - old), money(relay_fee(tx)));
            return Err((-26, format!("{begin}, not enough additional fees to relay; {more} < {least}")));
        }
        let direct = self.mempool.iter().filter(|waiting| rivals.contains(&waiting.compute_txid()));
        let is_denser = |rival: &Transaction| fee * size(rival) > self.fee(rival) * size(tx);
        match direct.clone().all(is_denser) {
            true => Ok(()),
            false => {
                let words = "replacement-failed, insufficient feerate: does not improve feerate diagram";
                Err((-26, words.to_owned()))
            }
        }
    }

    /// What a transaction pays for itself, where all that it spends is known.
    fn fee(&self, tx: &Transaction) -> u64 {
        let value = |coin: OutPoint| {
            let output = self.transaction(coin.txid)?.output.get(usize::try_from(coin.vout).ok()?)?;
            Some(output.value.to_sat())
        };
        spends(tx).filter_map(value).sum::<u64>().saturating_sub(sum(&tx.output))
    }

    /// Takes a transaction into the mempool.
    ///
    /// # Errors
    /// The refusal.
    pub fn accept(&mut self, tx: &Transaction) -> Result<(), Refusal> {
        self.accept_in(tx, Company::Alone)
    }

    /// Takes a transaction in this company into the mempool.
    ///
    /// # Errors
    /// The refusal.
    pub fn accept_in(&mut self, tx: &Transaction, company: Company) -> Result<(), Refusal> {
        for rival in self.judged(tx, company)? {
            self.evict(rival);
        }
        self.mempool.push(tx.clone());
        Ok(())
    }

    /// Takes a package into the mempool: each by itself, and where parents pay too little, all of them for what they pay
    /// together. One outcome for each.
    pub fn accept_package(&mut self, all: &[Transaction]) -> Vec<Result<(), Refusal>> {
        let mut outcomes: Vec<Result<(), Refusal>> = all.iter().map(|tx| self.accept(tx)).collect();
        let may_be_helped = |outcome: &Result<(), Refusal>| match outcome {
            Ok(()) => true,
            Err((_, words)) => words.starts_with("min relay fee") || words.contains("missingorspent"),
        };
        if outcomes.iter().all(Result::is_ok) || !outcomes.iter().all(may_be_helped) {
            return outcomes;
        }
        let mut there = self.clone();
        let open: Vec<usize> = (0..all.len()).filter(|index| outcomes[*index].is_err()).collect();
        if !open.iter().all(|index| there.accept_in(&all[*index], Company::Paid).is_ok()) {
            return outcomes;
        }
        let (paid, least): (Vec<u64>, Vec<u64>) =
            open.iter().map(|index| (there.fee(&all[*index]), relay_fee(&all[*index]))).unzip();
        if paid.iter().sum::<u64>() >= least.iter().sum() {
            *self = there;
            open.iter().for_each(|index| outcomes[*index] = Ok(()));
        }
        outcomes
    }
}

/// In what company a transaction is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// By itself.
    Alone,
    /// In a rehearsal with others, where nothing may replace what waits.
    Rehearsed,
    /// With a child that pays for it.
    Paid,
}

fn sum(outputs: &[TxOut]) -> u64 {
    outputs.iter().map(|output| output.value.to_sat()).sum()
}

fn size(tx: &Transaction) -> u64 {
    u64::try_from(tx.vsize()).expect("a size fits")
}

fn relay_fee(tx: &Transaction) -> u64 {
    (RELAY * size(tx)).div_ceil(1_000)
}

/// An amount as the node writes it: at least two decimals.
fn money(sat: u64) -> String {
    let mut text = format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000);
    while text.ends_with('0') && !text.ends_with(".00") && text.len() > text.find('.').map_or(0, |at| at + 3)
    {
        text.pop();
    }
    text
}

/// The coins that a transaction spends.
pub fn spends(tx: &Transaction) -> impl Iterator<Item = OutPoint> {
    tx.input.iter().map(|input| input.previous_output)
}

/// An output.
pub fn paid(script_pubkey: ScriptBuf, sat: u64) -> TxOut {
    TxOut { value: Amount::from_sat(sat), script_pubkey }
}

fn made_of(previous_output: OutPoint, script_sig: ScriptBuf, output: Vec<TxOut>) -> Transaction {
    let input = vec![TxIn { previous_output, script_sig, sequence: Sequence::MAX, witness: Witness::new() }];
    Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input, output }
}

/// True where the lock time lets a transaction into a block of this height.
fn is_final(tx: &Transaction, height: u32, time: u32) -> bool {
    let reached = match tx.lock_time {
        LockTime::Blocks(at) => at.to_consensus_u32() < height,
        LockTime::Seconds(at) => at.to_consensus_u32() < time,
    };
    reached || tx.input.iter().all(|input| input.sequence == Sequence::MAX)
}
