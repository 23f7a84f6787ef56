//! Bitcoin Core by JSON-RPC, version 24 and later; with or without `txindex`, with or without a watch-only wallet.
//!
//! No amount is read from its JSON: they come from raw transactions and blocks, which prove themselves by their hashes.

use airlock::Result;
use airlock::snapshot::FeeRate;
use bitcoin::block::Header;
use bitcoin::{Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};

use super::bitcoin::{BitcoinSource, BitcoinStatus, FoundCoin, Payment, Verdict, Watched, Whereabouts};
use crate::http::Http;
use crate::progress::Progress;

mod chain;
mod coins;
#[cfg(test)]
mod recorded;
mod rpc;
mod scan;
mod spender;
mod submit;
mod try_out;
mod wallet;
mod whereabouts;

use rpc::Rpc;
pub(super) use submit::one_by_one;

/// One Bitcoin Core node.
#[derive(Clone, Debug)]
pub struct BitcoinCore {
    node: Rpc,
    wallet: Option<wallet::Wallet>,
}

impl BitcoinCore {
    /// A node, and the name of a watch-only wallet of it: without one the whole set of unspent outputs is looked through.
    pub fn new(http: Http, wallet: Option<String>) -> Self {
        let wallet = wallet.map(|name| wallet::Wallet::new(http.clone(), name));
        Self { node: Rpc::new(http, None), wallet }
    }
}

impl BitcoinSource for BitcoinCore {
    fn name(&self) -> String {
        self.node.name()
    }

    fn status(&self) -> Result<BitcoinStatus> {
        chain::status(&self.node)
    }

    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>> {
        chain::block_hash(&self.node, height)
    }

    fn fee_rates(&self) -> Result<Vec<FeeRate>> {
        chain::fee_rates(&self.node)
    }

    fn coins(&self, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
        match &self.wallet {
            None => coins::coins(&self.node, watched, progress),
            Some(wallet) => wallet.coins(watched, progress),
        }
    }

    /// One look through all coins costs the same for any number of scripts; a wallet lists what it has.
    fn free_reach(&self) -> u32 {
        1_000
    }

    fn payments(
        &self,
        scripts: &[ScriptBuf],
        from: u32,
        to: u32,
        progress: &dyn Progress,
    ) -> Result<Vec<Payment>> {
        chain::payments(&self.node, scripts, from, to, progress)
    }

    fn block(&self, hash: BlockHash) -> Result<Block> {
        chain::block(&self.node, hash)
    }

    fn header(&self, hash: BlockHash) -> Result<Header> {
        chain::header(&self.node, hash)
    }

    fn transaction(&self, txid: Txid, block: Option<BlockHash>) -> Result<Option<Transaction>> {
        spender::transaction(&self.node, txid, block)
    }

    fn spender(&self, coin: OutPoint, since: u32) -> Result<Option<Transaction>> {
        spender::spender(&self.node, coin, since)
    }

    fn try_out(&self, transactions: &[Transaction]) -> Result<Option<Vec<Verdict>>> {
        try_out::try_out(&self.node, transactions).map(Some)
    }

    fn submit(&self, transactions: &[Transaction]) -> Result<Vec<Verdict>> {
        submit::submit(&self.node, transactions)
    }

    fn whereabouts(&self, transaction: &Transaction, since: u32) -> Result<Whereabouts> {
        whereabouts::whereabouts(&self.node, transaction, since)
    }
}
