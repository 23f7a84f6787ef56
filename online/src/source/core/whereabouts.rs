//! Where a transaction of ours is, without `txindex`: among those that wait, else by its unspent outputs, else by its spent
//! inputs and the blocks since it was submitted.

use airlock::{Error, Result};
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::chain::block_hash;
use super::coins::spenders;
use super::rpc::{Call, Reply, Rpc};
use crate::source::bitcoin::Whereabouts;
use crate::source::proof;
use crate::source::refusal::{OUT_OF_SIGHT, REORGANIZED};
use crate::stop;

/// How many blocks are looked through, newest first.
const BLOCKS: u32 = 1_000;
/// How many outputs of an unknown transaction are tried, to learn whether it exists.
const SIBLINGS: u32 = 16;
/// What the node says of a transaction that it does not have (`RPC_INVALID_ADDRESS_OR_KEY`).
pub(super) const UNKNOWN: i64 = -5;

#[derive(Deserialize)]
struct Seen {
    txid: Txid,
    blockhash: Option<BlockHash>,
}

#[derive(Deserialize)]
struct Header {
    hash: BlockHash,
    height: u32,
    /// Negative outside the best chain.
    confirmations: i64,
}

#[derive(Deserialize)]
struct Unspent {
    bestblock: BlockHash,
    confirmations: u32,
}

#[derive(Deserialize)]
struct Block {
    hash: BlockHash,
    height: u32,
    tx: Vec<Txid>,
    previousblockhash: Option<BlockHash>,
}

/// Where the transaction is.
pub(super) fn whereabouts(node: &Rpc, transaction: &Transaction, since: u32) -> Result<Whereabouts> {
    let txid = transaction.compute_txid();
    if let Some(place) = named(node, txid)? {
        return Ok(place);
    }
    if let Some(place) = by_outputs(node, transaction, txid)? {
        return Ok(place);
    }
    let gone = gone(node, transaction)?;
    if gone.is_empty() {
        // All its coins are there: it is in no block, and nothing else has taken them.
        return Ok(Whereabouts::Unknown);
    }
    if let Some(place) = by_spenders(node, &gone, txid)? {
        return Ok(place);
    }
    let (place, seen) = by_blocks(node, &gone, txid, since)?;
    match place {
        Some(place) => Ok(place),
        None => displaced(node, &gone, &seen),
    }
}

/// By its txid: among those that wait, or with `txindex` anywhere.
fn named(node: &Rpc, txid: Txid) -> Result<Option<Whereabouts>> {
    let reply: Reply<Seen> = node.call(&Call::new("getrawtransaction", json!([txid, 1])))?;
    let seen = match reply {
        Ok(seen) => seen,
        Err(error) if error.code == UNKNOWN => return Ok(None),
        Err(error) => return Err(node.refused("getrawtransaction", &error)),
    };
    if seen.txid != txid {
        return Err(proof::other(
            &node.name(),
            format!("gives transaction {} when asked for {txid}", seen.txid),
        ));
    }
    match seen.blockhash {
        None => Ok(Some(Whereabouts::Waiting)),
        Some(hash) => in_best_chain(node, hash),
    }
}

/// The block's place, where it is in the best chain.
fn in_best_chain(node: &Rpc, hash: BlockHash) -> Result<Option<Whereabouts>> {
    let header = header(node, hash)?;
    Ok((header.confirmations > 0).then_some(Whereabouts::InBlock { height: header.height, hash }))
}

fn header(node: &Rpc, hash: BlockHash) -> Result<Header> {
    let header: Header = node.ask(&Call::new("getblockheader", json!([hash, true])))?;
    if header.hash != hash {
        return Err(proof::other(&node.name(), format!("gives block {} when asked for {hash}", header.hash)));
    }
    Ok(header)
}

/// By an output that is in the set of unspent outputs: its confirmations tell the block, and the block must hold it.
fn by_outputs(node: &Rpc, transaction: &Transaction, txid: Txid) -> Result<Option<Whereabouts>> {
    let asked: Vec<Value> = (0_u32..)
        .zip(&transaction.output)
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(|(vout, _)| json!([txid, vout, false]))
        .collect();
    let outputs: Vec<Option<Unspent>> = node.ask_all("gettxout", &asked)?;
    let Some(output) = outputs.into_iter().flatten().next() else { return Ok(None) };
    let tip = header(node, output.bestblock)?.height;
    let height = output.confirmations.checked_sub(1).and_then(|below| tip.checked_sub(below));
    let height = height.ok_or_else(|| {
        let depth = output.confirmations;
        proof::other(&node.name(), format!("gives {txid} {depth} confirmations at a height of {tip}"))
    })?;
    let moved = || -> Error {
        REORGANIZED.error(format!("{} changed its best chain while {txid} was looked for", node.name()))
    };
    let hash = block_hash(node, height)?.ok_or_else(moved)?;
    match block(node, hash)?.tx.contains(&txid) {
        true => Ok(Some(Whereabouts::InBlock { height, hash })),
        false => Err(moved()),
    }
}

/// The coins that it spends and that are not there any more, or not yet.
fn gone(node: &Rpc, transaction: &Transaction) -> Result<Vec<OutPoint>> {
    let coins: Vec<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
    let asked: Vec<Value> = coins.iter().map(|coin| json!([coin.txid, coin.vout, true])).collect();
    let there: Vec<Option<IgnoredAny>> = node.ask_all("gettxout", &asked)?;
    let pairs = coins.into_iter().zip(there);
    Ok(pairs.filter(|(_, there)| there.is_none()).map(|(coin, _)| coin).collect())
}

/// By a waiting transaction that spends one of the coins.
fn by_spenders(node: &Rpc, gone: &[OutPoint], txid: Txid) -> Result<Option<Whereabouts>> {
    let spenders = spenders(node, gone)?.unwrap_or_default();
    for (coin, spender) in gone.iter().zip(spenders) {
        match (spender.spendingtxid, spender.blockhash) {
            (None, _) => {}
            (Some(by), None) if by == txid => return Ok(Some(Whereabouts::Waiting)),
            (Some(by), Some(hash)) if by == txid => return in_best_chain(node, hash),
            (Some(by), block) => {
                return Ok(Some(Whereabouts::Displaced {
                    coin: *coin,
                    by: Some(by),
                    in_block: block.is_some(),
                }));
            }
        }
    }
    Ok(None)
}

/// By the blocks from the tip down to `since`; and which of the coins were made in them.
fn by_blocks(
    node: &Rpc,
    gone: &[OutPoint],
    txid: Txid,
    since: u32,
) -> Result<(Option<Whereabouts>, Vec<OutPoint>)> {
    let mut made = Vec::new();
    let mut next: Option<BlockHash> = Some(node.ask(&Call::new("getbestblockhash", json!([])))?);
    for _ in 0..BLOCKS {
        stop::check()?;
        let Some(hash) = next else { return Ok((None, made)) };
        let block = block(node, hash)?;
        if block.height < since {
            return Ok((None, made));
        }
        if block.tx.contains(&txid) {
            return Ok((Some(Whereabouts::InBlock { height: block.height, hash }), made));
        }
        made.extend(gone.iter().filter(|coin| block.tx.contains(&coin.txid)));
        next = block.previousblockhash;
    }
    Err(OUT_OF_SIGHT.error(format!(
        "{} does not find {txid} in the last {BLOCKS} blocks; it was first submitted at height {since}",
        node.name()
    )))
}

/// One block with the txids in it.
fn block(node: &Rpc, hash: BlockHash) -> Result<Block> {
    let block: Block = node.ask(&Call::new("getblock", json!([hash, 1])))?;
    if block.hash != hash {
        return Err(proof::other(&node.name(), format!("gives block {} when asked for {hash}", block.hash)));
    }
    Ok(block)
}

/// A coin that is gone although the transaction that made it is there was spent by another one: in a block where the chain
/// alone does not hold it either. Where the transaction that made it is not known, it may as well not have come yet: then
/// nobody has taken the coin.
fn displaced(node: &Rpc, gone: &[OutPoint], made: &[OutPoint]) -> Result<Whereabouts> {
    for coin in gone {
        if made.contains(coin) || exists(node, coin.txid)? {
            let in_chain: Option<IgnoredAny> =
                node.ask(&Call::new("gettxout", json!([coin.txid, coin.vout, false])))?;
            return Ok(Whereabouts::Displaced { coin: *coin, by: None, in_block: in_chain.is_none() });
        }
    }
    Ok(Whereabouts::Unknown)
}

/// True where the node can show that a transaction is in its chain or waits.
fn exists(node: &Rpc, txid: Txid) -> Result<bool> {
    let reply: Reply<Seen> = node.call(&Call::new("getrawtransaction", json!([txid, 1])))?;
    match reply {
        Ok(seen) => return Ok(seen.txid == txid),
        Err(error) if error.code == UNKNOWN => {}
        Err(error) => return Err(node.refused("getrawtransaction", &error)),
    }
    let asked: Vec<Value> = (0..SIBLINGS).map(|vout| json!([txid, vout, true])).collect();
    let outputs: Vec<Option<IgnoredAny>> = node.ask_all("gettxout", &asked)?;
    Ok(outputs.iter().any(Option::is_some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::core::recorded::result;

    #[test]
    fn reads_recorded_outputs() {
        for (name, confirmations) in [
            ("btc_gettxout_unspent", Some(160)),
            ("btc_gettxout_pkh", Some(160)),
            ("btc_gettxout_tr", Some(160)),
            ("btc_gettxout_mempool_output", Some(0)),
            ("btc_gettxout_spent_in_mempool_exclude_mempool", Some(3)),
            ("btc_gettxout_spent_in_mempool", None),
            ("btc_gettxout_spent", None),
            ("btc_gettxout_unknown_tx", None),
        ] {
            let output: Option<Unspent> = result(name);
            assert_eq!(output.map(|output| output.confirmations), confirmations, "{name}");
        }
    }

    #[test]
    fn reads_recorded_transactions_and_blocks() {
        for (name, is_mined) in [
            ("btc_getrawtransaction_mempool_verbose", false),
            ("btc_getrawtransaction_confirmed_verbose", true),
            ("btc_getrawtransaction_verbose", true),
            ("btc_getrawtransaction_verbose2", true),
        ] {
            let seen: Seen = result(name);
            assert_eq!(seen.blockhash.is_some(), is_mined, "{name}");
        }
        let header: Header = result("btc_getblockheader");
        let block: Block = result("btc_getblock_verbosity1");
        assert_eq!((header.hash, header.height, header.confirmations), (block.hash, 140, 151));
        assert_eq!((block.height, block.tx.len(), block.previousblockhash.is_some()), (140, 11, true));
        let hex: String = result("btc_getrawtransaction_hex");
        let seen: Seen = result("btc_getrawtransaction_verbose");
        assert!(proof::transaction("node", seen.txid, &hex).is_ok());
    }
}
