//! A Bitcoin Core of the little chain: its JSON-RPC, as far as the online half asks.

use std::collections::BTreeSet;

use airlock::account::{BitcoinAccount, descriptor_checksum};
use airlock::network::BitcoinNetwork;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use serde_json::{Value, json};

use super::blocks::{Blocks, Company, Refusal};
use crate::server::{Received, Reply};

/// What a node says of itself.
#[derive(Clone, Debug)]
pub struct Node {
    /// `chain` of `getblockchaininfo`.
    pub chain: String,
    /// Whether it has `txindex`.
    pub txindex: bool,
    /// `user:password` that it wants.
    pub cookie: String,
}

type Answer = Result<Value, Refusal>;

/// Answers a request: one call or a batch.
pub fn answer(node: &Node, blocks: &mut Blocks, received: &Received) -> Reply {
    use bitcoin::base64::Engine as _;
    let wanted = bitcoin::base64::engine::general_purpose::STANDARD.encode(&node.cookie);
    if received.header("authorization") != Some(&format!("Basic {wanted}")) {
        return Reply::unauthorized();
    }
    // A program without wallets.
    if received.path().starts_with("/wallet/") {
        return Reply::empty(404);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&received.body) else {
        return Reply::json(&enveloped(&Value::Null, Err((-32700, "Parse error".to_owned())))).status(500);
    };
    match &body {
        Value::Array(calls) => {
            let answers = calls.iter().map(|call| enveloped(&call["id"], called(node, blocks, call)));
            Reply::json(&Value::Array(answers.collect()))
        }
        call => {
            let answer = called(node, blocks, call);
            let status = match &answer {
                Ok(_) => 200,
                Err((-32601, _)) => 404,
                Err(_) => 500,
            };
            Reply::json(&enveloped(&call["id"], answer)).status(status)
        }
    }
}

fn enveloped(id: &Value, answer: Answer) -> Value {
    match answer {
        Ok(result) => json!({"result": result, "error": null, "id": id}),
        Err((code, message)) => {
            json!({"result": null, "error": {"code": code, "message": message}, "id": id})
        }
    }
}

fn called(node: &Node, blocks: &mut Blocks, call: &Value) -> Answer {
    let params = &call["params"];
    match call["method"].as_str().unwrap_or_default() {
        "getblockchaininfo" => Ok(json!({
            "chain": node.chain, "blocks": blocks.height(), "headers": blocks.height(),
            "bestblockhash": blocks.tip().block_hash(), "initialblockdownload": false, "pruned": false,
            "time": blocks.tip().header.time, "mediantime": blocks.tip().header.time, "verificationprogress": 1,
            "warnings": [],
        })),
        "getnetworkinfo" => Ok(json!({"version": 310000, "subversion": "/Satoshi:31.0.0/", "warnings": []})),
        "getindexinfo" if node.txindex => {
            Ok(json!({"txindex": {"synced": true, "best_block_height": blocks.height()}}))
        }
        "getindexinfo" => Ok(json!({})),
        "getblockcount" => Ok(json!(blocks.height())),
        "getbestblockhash" => Ok(json!(blocks.tip().block_hash())),
        "getblockhash" => {
            let height = params[0].as_u64().and_then(|height| u32::try_from(height).ok());
            let block = height.and_then(|height| blocks.at(height));
            block
                .map(|block| json!(block.block_hash()))
                .ok_or_else(|| refused(-8, "Block height out of range"))
        }
        "getblockheader" => {
            let (height, block) = found_block(blocks, &params[0])?;
            Ok(if params[1] == json!(false) {
                json!(serialize_hex(&block.header))
            } else {
                header(blocks, height, block)
            })
        }
        "getblock" => {
            let (height, block) = found_block(blocks, &params[0])?;
            if params[1] == json!(0) {
                return Ok(json!(serialize_hex(block)));
            }
            let mut shown = header(blocks, height, block);
            shown["tx"] = block.txdata.iter().map(|tx| json!(tx.compute_txid())).collect();
            Ok(shown)
        }
        "scantxoutset" if params[0] == "status" => Ok(Value::Null),
        "scantxoutset" => scan(blocks, &params[1]),
        "gettxout" => {
            let coin = outpoint(&params[0], &params[1])?;
            let coins = blocks.unspent(params[2] != json!(false));
            Ok(coins.get(&coin).map_or(Value::Null, |unspent| {
                let depth = unspent.height.map_or(0, |height| blocks.height() - height + 1);
                json!({
                    "bestblock": blocks.tip().block_hash(), "confirmations": depth, "coinbase": false,
                    "scriptPubKey": {"hex": unspent.output.script_pubkey.to_hex_string()},
                })
            }))
        }
        "gettxspendingprevout" => {
            let coins = params[0].as_array().into_iter().flatten();
            let spent = coins.map(|coin| {
                let mut shown = json!({"txid": coin["txid"], "vout": coin["vout"]});
                if let Some(by) = blocks.spender(outpoint(&coin["txid"], &coin["vout"])?) {
                    shown["spendingtxid"] = json!(by);
                }
                Ok(shown)
            });
            spent.collect()
        }
        "getrawtransaction" => raw_transaction(node, blocks, params),
        "getmempoolentry" => {
            let txid = txid(&params[0])?;
            let waits = blocks.mempool.iter().find(|tx| tx.compute_txid() == txid);
            waits
                .map(
                    |tx| json!({"vsize": tx.vsize(), "wtxid": tx.compute_wtxid(), "height": blocks.height()}),
                )
                .ok_or_else(|| refused(-5, "Transaction not in mempool"))
        }
        "getrawmempool" => Ok(blocks.mempool.iter().map(|tx| json!(tx.compute_txid())).collect()),
        "estimatesmartfee" => Ok(json!({"feerate": 0.00002, "blocks": params[0]})),
        "testmempoolaccept" => Ok(rehearsal(blocks, &transactions(&params[0])?)),
        "sendrawtransaction" => {
            let tx = transaction(&params[0])?;
            match blocks.accept(&tx) {
                Err((_, words)) if is_waiting(&words) => Ok(json!(tx.compute_txid())),
                outcome => outcome.map(|()| json!(tx.compute_txid())),
            }
        }
        "submitpackage" => Ok(package(blocks, &transactions(&params[0])?)),
        _ => Err(refused(-32601, "Method not found")),
    }
}

fn header(blocks: &Blocks, height: u32, block: &Block) -> Value {
    let mut shown = json!({
        "hash": block.block_hash(), "height": height, "confirmations": blocks.height() - height + 1,
        "time": block.header.time, "mediantime": block.header.time, "merkleroot": block.header.merkle_root,
    });
    if height > blocks.first() {
        shown["previousblockhash"] = json!(block.header.prev_blockhash);
    }
    shown
}

fn raw_transaction(node: &Node, blocks: &Blocks, params: &Value) -> Answer {
    let txid = txid(&params[0])?;
    let unknown = || {
        let why = match (&params[2], node.txindex) {
            (Value::Null, false) => {
                "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries"
            }
            (Value::Null, true) => "No such mempool or blockchain transaction",
            _ => "No such transaction found in the provided block",
        };
        refused(-5, &format!("{why}. Use gettransaction for wallet transactions."))
    };
    let waits = blocks.mempool.iter().find(|tx| tx.compute_txid() == txid);
    let holder = blocks.holder(txid);
    let (tx, block) = match (waits, holder) {
        (Some(tx), _) => (tx, None),
        (None, Some((_, block))) if node.txindex || params[2] == json!(block.block_hash()) => {
            let tx = block.txdata.iter().find(|tx| tx.compute_txid() == txid).ok_or_else(unknown)?;
            (tx, Some(block.block_hash()))
        }
        (None, _) => return Err(unknown()),
    };
    let hex = serialize_hex(tx);
    if [json!(false), json!(0), Value::Null].contains(&params[1]) {
        return Ok(json!(hex));
    }
    let mut shown = json!({"txid": txid, "hash": tx.compute_wtxid(), "hex": hex});
    if let Some(hash) = block {
        shown["blockhash"] = json!(hash);
    }
    Ok(shown)
}

fn scan(blocks: &Blocks, wanted: &Value) -> Answer {
    let mut scripts = BTreeSet::new();
    for object in wanted.as_array().into_iter().flatten() {
        scripts.extend(scripts_of(object)?);
    }
    let coins = blocks.unspent(false);
    let unspents: Vec<Value> = coins
        .iter()
        .filter(|(_, unspent)| scripts.contains(&unspent.output.script_pubkey))
        .filter_map(|(coin, unspent)| {
            let height = unspent.height?;
            Some(json!({
                "txid": coin.txid, "vout": coin.vout, "scriptPubKey": unspent.output.script_pubkey.to_hex_string(),
                "height": height, "blockhash": blocks.at(height)?.block_hash(), "coinbase": false,
                "confirmations": blocks.height() - height + 1,
            }))
        })
        .collect();
    Ok(json!({
        "success": true, "txouts": coins.len(), "height": blocks.height(), "bestblock": blocks.tip().block_hash(),
        "unspents": unspents,
    }))
}

/// The scripts of a scan object: a descriptor of one branch with its range.
fn scripts_of(object: &Value) -> Result<Vec<ScriptBuf>, Refusal> {
    let bad = || refused(-5, "Invalid descriptor");
    let descriptor = object.as_str().or_else(|| object["desc"].as_str()).ok_or_else(bad)?;
    let body = descriptor.split('#').next().unwrap_or_default();
    let last = match &object["range"] {
        Value::Array(range) => range.get(1).and_then(Value::as_u64),
        Value::Number(last) => last.as_u64(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => Some(0),
    };
    let last = last.and_then(|last| u32::try_from(last).ok()).ok_or_else(bad)?;
    let branch = u32::from(body.contains("/1/*"));
    let whole = body.replace("/0/*", "/<0;1>/*").replace("/1/*", "/<0;1>/*");
    let checksum = descriptor_checksum(&whole).ok_or_else(bad)?;
    let account = BitcoinAccount::parse(&format!("{whole}#{checksum}"), BitcoinNetwork::Regtest);
    let account = account.map_err(|_| bad())?;
    Ok((0..=last).filter_map(|index| account.script_pubkey(branch, index)).collect())
}

fn is_waiting(words: &str) -> bool {
    ["txn-already-in-mempool", "txn-same-nonwitness-data-in-mempool"].contains(&words)
}

fn package(blocks: &mut Blocks, all: &[Transaction]) -> Value {
    let mut results = serde_json::Map::new();
    let mut message = "success";
    for (tx, outcome) in all.iter().zip(blocks.accept_package(all)) {
        let mut shown = json!({"txid": tx.compute_txid(), "vsize": tx.vsize()});
        if let Err((_, words)) = outcome.or_else(|(code, words)| match is_waiting(&words) {
            true => Ok(()),
            false => Err((code, words)),
        }) {
            message = "transaction failed";
            shown["error"] = json!(words);
        }
        results.insert(tx.compute_wtxid().to_string(), shown);
    }
    json!({"package_msg": message, "tx-results": results, "replaced-transactions": []})
}

/// Judges in a copy, so that a child finds its parent. Where one of several is refused, the others are not judged, unless
/// they came as far as their scripts.
fn rehearsal(blocks: &Blocks, all: &[Transaction]) -> Value {
    let mut there = blocks.clone();
    let company = if all.len() > 1 { Company::Rehearsed } else { Company::Alone };
    let mut said = Vec::new();
    let mut ended = false;
    for tx in all {
        let ids = json!({"txid": tx.compute_txid(), "wtxid": tx.compute_wtxid()});
        if ended {
            said.push(ids);
            continue;
        }
        let outcome = there.accept_in(tx, company);
        if let Err((_, words)) = &outcome {
            ended = true;
            if !words.contains("script-verify") {
                for earlier in &mut said {
                    *earlier = json!({"txid": earlier["txid"], "wtxid": earlier["wtxid"]});
                }
            }
        }
        said.push(verdict(ids, tx, outcome));
    }
    Value::Array(said)
}

fn verdict(mut shown: Value, tx: &Transaction, outcome: Result<(), Refusal>) -> Value {
    shown["allowed"] = json!(outcome.is_ok());
    let words = match outcome {
        Ok(()) => {
            shown["vsize"] = json!(tx.vsize());
            return shown;
        }
        Err((-25, _)) => {
            shown["reject-reason"] = json!("missing-inputs");
            return shown;
        }
        Err((-27, _)) => "txn-already-known".to_owned(),
        Err((_, words)) => words,
    };
    shown["reject-reason"] = json!(words.split(", ").next());
    shown["reject-details"] = json!(words);
    shown
}

fn refused(code: i64, words: &str) -> Refusal {
    (code, words.to_owned())
}

fn found_block<'a>(blocks: &'a Blocks, hash: &Value) -> Result<(u32, &'a Block), Refusal> {
    let hash: Option<BlockHash> = hash.as_str().and_then(|text| text.parse().ok());
    hash.and_then(|hash| blocks.block(hash)).ok_or_else(|| refused(-5, "Block not found"))
}

fn txid(value: &Value) -> Result<Txid, Refusal> {
    let txid = value.as_str().and_then(|text| text.parse().ok());
    txid.ok_or_else(|| refused(-8, "parameter 1 must be of length 64"))
}

fn outpoint(id: &Value, vout: &Value) -> Result<OutPoint, Refusal> {
    let vout = vout.as_u64().and_then(|vout| u32::try_from(vout).ok());
    Ok(OutPoint::new(txid(id)?, vout.ok_or_else(|| refused(-3, "JSON value is not an integer"))?))
}

fn transaction(hex: &Value) -> Result<Transaction, Refusal> {
    let tx = hex.as_str().and_then(|hex| deserialize_hex(hex).ok());
    tx.ok_or_else(|| refused(-22, "TX decode failed. Make sure the tx has at least one input."))
}

fn transactions(list: &Value) -> Result<Vec<Transaction>, Refusal> {
    list.as_array().into_iter().flatten().map(transaction).collect()
}
