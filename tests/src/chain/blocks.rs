//! A little Bitcoin chain: real blocks of real transactions, coins out of nowhere, a mempool with the rules that count here.

use std::collections::BTreeMap;

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

    /// What the node would say to a transaction.
    ///
    /// # Errors
    /// The refusal.
    pub fn judge(&self, tx: &Transaction) -> Result<(), Refusal> {
        let txid = tx.compute_txid();
        if self.mempool.iter().any(|waiting| waiting.compute_txid() == txid) {
            return Err((-26, "txn-already-in-mempool".to_owned()));
        }
        if self.holder(txid).is_some() {
            return Err((-27, "Transaction outputs already in utxo set".to_owned()));
        }
        let coins = self.unspent(true);
        let mut prevouts = Vec::new();
        for coin in spends(tx) {
            if self.spender(coin).is_some() {
                return Err((-26, "txn-mempool-conflict".to_owned()));
            }
            let missing = || (-25, "bad-txns-inputs-missingorspent".to_owned());
            prevouts.push(coins.get(&coin).ok_or_else(missing)?.output.clone());
        }
        if !is_final(tx, self.height() + 1, self.clock) {
            return Err((-26, "non-final".to_owned()));
        }
        let paid: Amount = prevouts.iter().map(|output| output.value).sum();
        let fee = paid.checked_sub(tx.output.iter().map(|output| output.value).sum());
        let fee = fee.ok_or_else(|| (-25, "bad-txns-in-belowout".to_owned()))?.to_sat();
        if fee * 1_000 < RELAY * u64::try_from(tx.vsize()).expect("a size fits") {
            return Err((-26, format!("min relay fee not met, {fee} < {}", tx.vsize())));
        }
        if let Some(index) = tx.output.iter().position(|output| {
            !output.script_pubkey.is_op_return() && output.value < output.script_pubkey.minimal_non_dust()
        }) {
            return Err((-26, format!("dust, tx with dust output must be 0-fee (output {index})")));
        }
        execute(tx, &prevouts).map_err(|why| (-26, format!("mempool-script-verify-flag-failed ({why})")))
    }

    /// Takes a transaction into the mempool.
    ///
    /// # Errors
    /// The refusal.
    pub fn accept(&mut self, tx: &Transaction) -> Result<(), Refusal> {
        self.judge(tx)?;
        self.mempool.push(tx.clone());
        Ok(())
    }
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
