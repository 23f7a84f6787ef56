//! The Bitcoin chain as one look sees it: a tip, and the hashes below it, which must be the same when the look ends.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock::time::Moment;
use bitcoin::{Block, BlockHash, Transaction, Txid};

use super::error::MOVED;
use crate::source::bitcoin::{BitcoinSource, BitcoinStatus};
use crate::source::blocks;
use crate::store::Cursor;

/// The chain up to a tip.
pub(super) struct View<'a> {
    pub(super) source: &'a dyn BitcoinSource,
    pub(super) height: u32,
    pub(super) hash: BlockHash,
    pub(super) time: Moment,
    hashes: RefCell<BTreeMap<u32, Option<BlockHash>>>,
    /// The last block that was read whole.
    block: RefCell<Option<(BlockHash, Rc<Block>)>>,
}

impl<'a> View<'a> {
    /// The chain as a server that was found usable stands now.
    pub(super) fn of(source: &'a dyn BitcoinSource, status: &BitcoinStatus) -> Self {
        let hashes = RefCell::new(BTreeMap::from([(status.height, Some(status.hash))]));
        let block = RefCell::new(None);
        Self { source, height: status.height, hash: status.hash, time: status.tip_time, hashes, block }
    }

    /// The block at a height, whole and proven, with the work that the network demands.
    ///
    /// # Errors
    /// [`MOVED`], and those of the server.
    pub(super) fn block(&self, height: u32, network: BitcoinNetwork) -> Result<Rc<Block>> {
        let hash = self.hash_at(height)?;
        let hash = hash.ok_or_else(|| MOVED.error(format!("there is no block {height} any more")))?;
        if let Some((known, block)) = &*self.block.borrow()
            && *known == hash
        {
            return Ok(Rc::clone(block));
        }
        let block = Rc::new(blocks::whole(self.source, hash, network)?);
        self.block.replace(Some((hash, Rc::clone(&block))));
        Ok(block)
    }

    /// The transaction of this txid in the block at a height; none where it is not there.
    pub(super) fn transaction(
        &self,
        height: u32,
        txid: &str,
        network: BitcoinNetwork,
    ) -> Result<Option<Transaction>> {
        let Ok(txid) = txid.parse::<Txid>() else { return Ok(None) };
        let block = self.block(height, network)?;
        blocks::transaction(&self.source.name(), &block, txid).map(Option::<&Transaction>::cloned)
    }

    /// The hash at a height; none above the tip.
    pub(super) fn hash_at(&self, height: u32) -> Result<Option<BlockHash>> {
        if height > self.height {
            return Ok(None);
        }
        if let Some(known) = self.hashes.borrow().get(&height) {
            return Ok(*known);
        }
        let hash = self.source.block_hash(height)?;
        self.hashes.borrow_mut().insert(height, hash);
        Ok(hash)
    }

    /// The block at a height, as a cursor.
    pub(super) fn block_at(&self, height: u32) -> Result<Cursor> {
        let hash = self.hash_at(height)?;
        let hash = hash.ok_or_else(|| MOVED.error(format!("there is no block {height} any more")))?;
        Ok(Cursor { height, hash: hash.to_string() })
    }

    /// True where this block is in the chain.
    pub(super) fn holds(&self, height: u32, hash: &str) -> Result<bool> {
        Ok(self.hash_at(height)?.is_some_and(|found| found.to_string() == hash))
    }

    /// Says that the tip is still in the chain, and with it every block below.
    ///
    /// # Errors
    /// [`MOVED`].
    pub(super) fn check_still(&self) -> Result<()> {
        match self.source.block_hash(self.height)? == Some(self.hash) {
            true => Ok(()),
            false => Err(MOVED.error(format!("block {} is another one now", self.height))),
        }
    }
}
