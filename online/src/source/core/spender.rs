//! Single transactions without `txindex`: by txid among those that wait or in a named block, and by a coin that they spend.

use airlock::Result;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use serde_json::json;

use super::chain::{block, block_hash};
use super::coins::spenders;
use super::rpc::{Call, Reply, Rpc};
use super::whereabouts::UNKNOWN;
use crate::source::proof;
use crate::stop;

/// How many whole blocks are read for what spends a coin, oldest first: two days.
const BLOCKS: u32 = 288;

/// The transaction, proven; none where the node does not find it.
pub(super) fn transaction(node: &Rpc, txid: Txid, block: Option<BlockHash>) -> Result<Option<Transaction>> {
    let params = match block {
        Some(block) => json!([txid, false, block]),
        None => json!([txid, false]),
    };
    let reply: Reply<String> = node.call(&Call::new("getrawtransaction", params))?;
    match reply {
        Ok(hex) => proof::transaction(&node.name(), txid, &hex).map(Some),
        Err(error) if error.code == UNKNOWN => Ok(None),
        Err(error) => Err(node.refused("getrawtransaction", &error)),
    }
}

/// What spends a coin: the waiting transaction that the node names, else the one that a block since then holds.
pub(super) fn spender(node: &Rpc, coin: OutPoint, since: u32) -> Result<Option<Transaction>> {
    if let Some(spender) = spenders(node, &[coin])?.and_then(|spenders| spenders.into_iter().next())
        && let Some(txid) = spender.spendingtxid
        && let Some(found) = transaction(node, txid, spender.blockhash)?
    {
        return Ok(Some(found));
    }
    for height in since..since.saturating_add(BLOCKS) {
        stop::check()?;
        let Some(hash) = block_hash(node, height)? else { return Ok(None) };
        let spends =
            |transaction: &Transaction| transaction.input.iter().any(|input| input.previous_output == coin);
        if let Some(found) = block(node, hash)?.txdata.into_iter().find(spends) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
