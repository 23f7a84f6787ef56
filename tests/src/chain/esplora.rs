//! An Esplora server of the little chain: its HTTP API, as far as the online half asks.

use bitcoin::consensus::encode::{deserialize_hex, serialize, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Network, OutPoint, Transaction, Txid};
use serde_json::{Value, json};

use super::blocks::Blocks;
use crate::server::{Received, Reply};

/// A text as an answer.
pub fn text(text: impl ToString) -> Reply {
    Reply::bytes(text.to_string())
}

/// The answer of an honest server. Its first block is that of `network`, wherever the little chain begins.
pub fn answer(blocks: &mut Blocks, network: Network, received: &Received) -> Reply {
    if received.path() == "/tx" {
        return sent(blocks, received);
    }
    let parts: Vec<&str> = received.path().split('/').skip(1).collect();
    let malformed = || Reply::bytes("Invalid hex string").status(400);
    known(blocks, network, &parts).unwrap_or_else(malformed)
}

/// The answer to a question; none where it is malformed.
fn known(blocks: &Blocks, network: Network, parts: &[&str]) -> Option<Reply> {
    let missing = || Reply::bytes("not found").status(404);
    Some(match parts {
        ["blocks", "tip", "hash"] => text(blocks.tip().block_hash()),
        ["block-height", "0"] => text(bitcoin::constants::genesis_block(network).block_hash()),
        ["block-height", height] => {
            blocks.at(height.parse().ok()?).map_or_else(missing, |block| text(block.block_hash()))
        }
        ["block", hash, what] => match (blocks.block(hash.parse().ok()?), *what) {
            (Some((_, block)), "header") => text(serialize_hex(&block.header)),
            (Some((_, block)), "raw") => Reply::bytes(serialize(block)),
            (Some((height, _)), "status") => Reply::json(&json!({"in_best_chain": true, "height": height})),
            _ => missing(),
        },
        ["scripthash", name, "utxo"] => {
            let coins = blocks.unspent(true).into_iter();
            let ours = coins.filter(|(_, unspent)| {
                sha256::Hash::hash(unspent.output.script_pubkey.as_bytes()).to_string() == *name
            });
            let shown = ours.map(|(coin, unspent)| {
                json!({"txid": coin.txid, "vout": coin.vout, "value": unspent.output.value.to_sat(),
                    "status": status(blocks, coin.txid)})
            });
            Reply::json(&shown.collect())
        }
        ["tx", id, "hex"] => {
            let transaction = blocks.transaction(id.parse().ok()?);
            transaction.map_or_else(missing, |transaction| text(serialize_hex(transaction)))
        }
        ["tx", id, "status"] => Reply::json(&status(blocks, id.parse().ok()?)),
        ["tx", id, "outspend", vout] => {
            let coin = OutPoint::new(id.parse().ok()?, vout.parse().ok()?);
            let mut all = blocks.all().flat_map(|(_, block)| &block.txdata).chain(&blocks.mempool);
            let spender = all
                .find(|transaction| transaction.input.iter().any(|input| input.previous_output == coin))
                .map(Transaction::compute_txid);
            Reply::json(&spender.map_or(
                json!({"spent": false}),
                |by| json!({"spent": true, "txid": by, "vin": 0, "status": status(blocks, by)}),
            ))
        }
        ["fee-estimates"] => Reply::json(&json!({"1": 12.5, "144": 1.001})),
        _ => return None,
    })
}

fn sent(blocks: &mut Blocks, received: &Received) -> Reply {
    let body = std::str::from_utf8(&received.body).ok();
    let plain = received.header("content-type") == Some("text/plain");
    let Some(transaction) = body.filter(|_| plain).and_then(|hex| deserialize_hex::<Transaction>(hex).ok())
    else {
        return Reply::bytes("TX decode failed").status(400);
    };
    match blocks.accept(&transaction) {
        Ok(()) => text(transaction.compute_txid()),
        Err((code, message)) => {
            let error = json!({"code": code, "message": message});
            text(format!("sendrawtransaction RPC error: {error}")).status(400)
        }
    }
}

fn status(blocks: &Blocks, txid: Txid) -> Value {
    match blocks.holder(txid) {
        None => json!({"confirmed": false}),
        Some((height, block)) => json!({"confirmed": true, "block_height": height,
            "block_hash": block.block_hash(), "block_time": block.header.time}),
    }
}
