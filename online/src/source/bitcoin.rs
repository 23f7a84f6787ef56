//! What planning, broadcasting and deposits ask of the Bitcoin chain.

use airlock::Result;
use airlock::account::{AccountName, BitcoinAccount};
use airlock::network::BitcoinNetwork;
use airlock::snapshot::FeeRate;
use airlock::time::Moment;
use bitcoin::block::Header;
use bitcoin::{Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};

use crate::progress::Progress;

/// A server that knows the Bitcoin chain.
pub trait BitcoinSource {
    /// The server as messages name it.
    fn name(&self) -> String;

    /// How it stands.
    fn status(&self) -> Result<BitcoinStatus>;

    /// The hash of the block at a height of the best chain; none above the tip.
    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>>;

    /// Fee estimates, sorted by target; empty where the node has too little data.
    fn fee_rates(&self) -> Result<Vec<FeeRate>>;

    /// Every unspent output of the accounts' addresses, with the transaction that made it. An output that a waiting
    /// transaction already spends is left out. Each one is proved here: the transaction hashes to the txid, and the
    /// output's script is the one that the account's descriptor gives at that branch and index.
    fn coins(&self, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Vec<FoundCoin>>;

    /// The index up to which looking for coins costs nothing more: 0 for servers that are asked address by address.
    fn free_reach(&self) -> u32 {
        0
    }

    /// The outputs that pay any of these scripts in blocks `from..=to` of the best chain, in the order of the chain;
    /// for deposits of bitcoin itself.
    fn payments(
        &self,
        scripts: &[ScriptBuf],
        from: u32,
        to: u32,
        progress: &dyn Progress,
    ) -> Result<Vec<Payment>>;

    /// The whole block with this hash, proven: the header hashes to it and holds the work that it states, and the
    /// transactions belong to it.
    fn block(&self, hash: BlockHash) -> Result<Block> {
        Err(super::proof::bad(&self.name(), &format!("block {hash}"), "this kind of server gives no blocks"))
    }

    /// The header of the block with this hash, proven: it hashes to it and holds the work that it states.
    fn header(&self, hash: BlockHash) -> Result<Header> {
        Ok(self.block(hash)?.header)
    }

    /// The transaction with this txid, proven: it hashes to it; none where the server does not know it. A node without an
    /// index finds one that does not wait by the block that holds it.
    fn transaction(&self, txid: Txid, block: Option<BlockHash>) -> Result<Option<Transaction>> {
        let _ = (txid, block);
        Ok(None)
    }

    /// The transaction that spends a coin, waiting or in the best chain, proven; none where the server finds none. No
    /// block below `since` can hold it.
    fn spender(&self, coin: OutPoint, since: u32) -> Result<Option<Transaction>> {
        let _ = (coin, since);
        Ok(None)
    }

    /// What the node would say to these transactions, parents first, without keeping them; none where this kind of
    /// server cannot tell.
    fn try_out(&self, transactions: &[Transaction]) -> Result<Option<Vec<Verdict>>>;

    /// Hands over one transaction, or a package with its parents first, and gives one verdict for each. A package is
    /// one call where the server knows that, otherwise one after the other, stopping at the first that is refused
    /// (the others are then [`Verdict::NotTried`]).
    fn submit(&self, transactions: &[Transaction]) -> Result<Vec<Verdict>>;

    /// Where a transaction of ours is now. `since` is the height of the tip when it was first submitted: no block below
    /// can hold it.
    fn whereabouts(&self, transaction: &Transaction, since: u32) -> Result<Whereabouts>;
}

/// How a Bitcoin server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitcoinStatus {
    /// Its network.
    pub network: BitcoinNetwork,
    /// Height of its best chain.
    pub height: u32,
    /// Hash of the block at that height.
    pub hash: BlockHash,
    /// When that block was made, by its header.
    pub tip_time: Moment,
    /// Highest header that it knows.
    pub headers: u32,
    /// False while it is still catching up.
    pub synced: bool,
    /// What it calls itself.
    pub version: String,
    /// True where it has every transaction by its txid.
    pub txindex: bool,
    /// True where it has thrown old blocks away.
    pub pruned: bool,
}

/// An account to look for, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// Its name.
    pub name: &'a AccountName,
    /// Its descriptor.
    pub account: &'a BitcoinAccount,
    /// The last index of both branches that is looked at: the last one handed out and the gap limit.
    pub last_index: u32,
}

/// An unspent output of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCoin {
    /// Which output.
    pub outpoint: OutPoint,
    /// Of which account.
    pub account: AccountName,
    /// 0 receive, 1 change.
    pub branch: u32,
    /// Index on the branch.
    pub index: u32,
    /// The transaction that made it.
    pub transaction: Transaction,
    /// Height of its block; none while unconfirmed.
    pub height: Option<u32>,
}

/// An output in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Which output.
    pub outpoint: OutPoint,
    /// Its script, one of those asked for.
    pub script: ScriptBuf,
    /// How much.
    pub amount: bitcoin::Amount,
    /// The block's height.
    pub height: u32,
    /// The block's hash.
    pub block: BlockHash,
}

/// What a node says to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, or would be, taken.
    Accepted,
    /// It is waiting there already.
    AlreadyWaiting,
    /// It is in a block already.
    AlreadyInBlock,
    /// It is not taken.
    Refused(airlock::Error),
    /// An earlier one of the package was refused.
    NotTried,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// The node does not know it, and nothing else has spent its inputs.
    Unknown,
    /// It waits for a block.
    Waiting,
    /// It is in a block of the best chain.
    InBlock {
        /// The block's height.
        height: u32,
        /// The block's hash.
        hash: BlockHash,
    },
    /// Another transaction spends one of its inputs.
    Displaced {
        /// The contested coin.
        coin: OutPoint,
        /// The other transaction, where the node can name it.
        by: Option<Txid>,
        /// True where the other one is in a block.
        in_block: bool,
    },
}
