//! A counterparty-server of the little chain: it reads the blocks from the first one for every question, so that a
//! reorganization undoes what it must, and answers the routes of API v2 that the online half asks.

use std::collections::{BTreeMap, BTreeSet};

use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::{Memo, Message};
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{Options, Reading, decode};
use airlock::network::BitcoinNetwork;
use airlock::snapshot::AssetFacts;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::hex::DisplayHex as _;
use bitcoin::{OutPoint, Transaction, Txid};
use serde_json::{Value, json};

use super::blocks::Blocks;
use crate::server::{Received, Reply};

/// What the ledger begins with, and how its server stands.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// `network` of the server's root.
    pub network: String,
    /// Balances before the first block: address and asset.
    pub balances: BTreeMap<(String, String), u64>,
    /// Assets on outputs: output, then address, asset and quantity.
    pub attached: BTreeMap<OutPoint, (String, String, u64)>,
    /// All assets.
    pub assets: Vec<AssetFacts>,
    /// Addresses that want memos.
    pub memo_required: BTreeSet<String>,
    /// Open dispensers.
    pub dispensers: BTreeMap<String, u32>,
    /// Blocks that the server is behind its node.
    pub behind: u32,
    /// Most rows of a page, whatever is asked for.
    pub page: usize,
}

/// A send as the ledger judged it.
#[derive(Clone, Debug)]
struct Row {
    txid: Txid,
    height: u32,
    source: String,
    destination: String,
    asset: String,
    quantity: u64,
    memo: Option<String>,
    status: &'static str,
    msg_index: u32,
    is_mpma: bool,
}

/// A transaction with a message.
#[derive(Clone, Debug)]
struct Record {
    height: u32,
    kind: &'static str,
    valid: bool,
    source: String,
}

/// The ledger after its blocks.
#[derive(Clone, Debug, Default)]
struct Parsed {
    balances: BTreeMap<(String, String), u64>,
    rows: Vec<Row>,
    records: BTreeMap<Txid, Record>,
}

impl Ledger {
    /// A ledger on regtest without any asset but XCP.
    pub fn new() -> Self {
        let xcp = AssetFacts {
            name: "XCP".to_owned(),
            id: "1".to_owned(),
            longname: None,
            divisible: true,
            locked: true,
            owner: None,
        };
        Self {
            network: "regtest".to_owned(),
            balances: BTreeMap::new(),
            attached: BTreeMap::new(),
            assets: vec![xcp],
            memo_required: BTreeSet::new(),
            dispensers: BTreeMap::new(),
            behind: 0,
            page: 100,
        }
    }

    fn parse(&self, blocks: &Blocks, waiting: bool) -> Parsed {
        let mut parsed = Parsed { balances: self.balances.clone(), ..Parsed::default() };
        let top = blocks.height() - self.behind;
        for (height, block) in blocks.all().take_while(|(height, _)| *height <= top) {
            for tx in &block.txdata {
                parsed.take(tx, height, blocks);
            }
        }
        for tx in blocks.mempool.iter().filter(|_| waiting) {
            parsed.take(tx, 9_999_999, blocks);
        }
        parsed
    }

    /// The present balance of an address.
    pub fn balance(&self, blocks: &Blocks, address: &str, asset: &str) -> u64 {
        let parsed = self.parse(blocks, false);
        parsed.balances.get(&(address.to_owned(), asset.to_owned())).copied().unwrap_or(0)
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Parsed {
    fn take(&mut self, tx: &Transaction, height: u32, blocks: &Blocks) {
        let rules = Rules::newest(BitcoinNetwork::Regtest);
        let previous = |txid: &Txid| blocks.transaction(*txid);
        let Reading::Seen(decoded) = decode(tx, &previous, &rules, &Options::default()) else { return };
        let (Some(source), Some(message)) = (decoded.source, decoded.message) else { return };
        let hex = |memo: &Memo| memo.as_bytes().to_lower_hex_string();
        let sends: Vec<(AssetId, u64, String, Option<String>)> = match &message {
            Message::EnhancedSend(send) => {
                let quantity = send.quantity.to_base_units();
                vec![(send.asset, quantity, send.destination.clone(), send.memo.as_ref().map(hex))]
            }
            Message::Mpma(batch) => batch
                .sends
                .iter()
                .map(|send| {
                    // Text stays text here (counterparty.md 9.1).
                    let memo = batch.memo_of(send).map(|memo| match memo {
                        Memo::Text(text) => text.clone(),
                        Memo::Hex(_) | Memo::Unknown(_) => hex(memo),
                    });
                    (send.asset, send.quantity.to_base_units(), send.destination.clone(), memo)
                })
                .collect(),
            Message::Sweep(_)
            | Message::Broadcast(_)
            | Message::Issuance(_)
            | Message::Other(_)
            | Message::Unsound(_) => Vec::new(),
        };
        let is_mpma = matches!(message, Message::Mpma(_));
        // All rows of a batch, or none.
        let mut needed: BTreeMap<String, u64> = BTreeMap::new();
        for (asset, quantity, ..) in &sends {
            let sum = needed.entry(asset.name()).or_default();
            *sum = sum.saturating_add(*quantity);
        }
        let valid = needed.iter().all(|(asset, sum)| {
            self.balances.get(&(source.clone(), asset.clone())).is_some_and(|held| held >= sum)
        });
        // Of a batch that is refused nothing is written down but that it is.
        let sends = if valid || !is_mpma { sends } else { Vec::new() };
        for (index, (asset, quantity, destination, memo)) in (0..).zip(sends) {
            let asset = asset.name();
            if valid {
                *self.balances.entry((source.clone(), asset.clone())).or_default() -= quantity;
                *self.balances.entry((destination.clone(), asset.clone())).or_default() += quantity;
            }
            self.rows.push(Row {
                txid: tx.compute_txid(),
                height,
                source: source.clone(),
                destination,
                asset,
                quantity,
                memo,
                status: if valid { "valid" } else { "invalid: insufficient funds" },
                msg_index: index,
                is_mpma,
            });
        }
        let record = Record { height, kind: message.type_name(), valid, source };
        self.records.insert(tx.compute_txid(), record);
    }
}

/// Answers a request.
pub fn answer(ledger: &Ledger, blocks: &Blocks, received: &Received) -> Reply {
    let height = blocks.height() - ledger.behind;
    let (status, body) = match told(ledger, blocks, received, height) {
        Ok(body) => (200, body),
        Err((status, words)) => (status, json!({"error": words})),
    };
    Reply::json(&body)
        .status(status)
        .header("X-COUNTERPARTY-HEIGHT", &height.to_string())
        .header("X-BITCOIN-HEIGHT", &blocks.height().to_string())
        .header("X-COUNTERPARTY-READY", "True")
        .header("X-COUNTERPARTY-VERSION", "11.2.0")
        .header("X-LEDGER-STATE", if ledger.behind == 0 { "Following" } else { "Catching Up" })
}

fn told(ledger: &Ledger, blocks: &Blocks, received: &Received, height: u32) -> Result<Value, (u16, String)> {
    let query: BTreeMap<String, String> = received.query().into_iter().collect();
    let list = |name: &str| -> Vec<String> {
        query.get(name).into_iter().flat_map(|list| list.split(',')).map(str::to_owned).collect()
    };
    let parsed = || ledger.parse(blocks, false);
    let path: Vec<&str> = received.path().trim_matches('/').split('/').collect();
    let rows = |rows: Vec<Value>| paged(rows, &query, ledger.page);
    match path.as_slice() {
        ["v2"] => Ok(json!({"result": {
            "server_ready": true, "network": ledger.network, "version": "11.2.0", "backend_height": blocks.height(),
            "counterparty_height": height, "ledger_state": if ledger.behind == 0 { "Following" } else { "Catching Up" },
        }})),
        ["v2", "blocks", which] => {
            let at = if *which == "last" { Some(height) } else { which.parse().ok() };
            let block = at.filter(|at| *at <= height).and_then(|at| Some((at, blocks.at(at)?)));
            let (at, block) = block.ok_or_else(not_found)?;
            let hash = block.block_hash();
            Ok(json!({"result": {
                "block_index": at, "block_hash": hash, "block_time": block.header.time,
                "ledger_hash": sha256::Hash::hash(hash.as_byte_array()),
            }}))
        }
        ["v2", "addresses", "balances"] => {
            let asked = list("addresses");
            Ok(rows(balances(ledger, &parsed(), &asked)))
        }
        ["v2", "addresses", address, "options"] => {
            let options = u8::from(ledger.memo_required.contains(*address));
            Ok(json!({"result": {"address": address, "options": options, "block_index": null}}))
        }
        ["v2", "addresses", address, "dispensers"] => {
            let open = ledger.dispensers.get(*address).copied().unwrap_or(0);
            Ok(rows((0..open).map(|_| json!({"source": address, "status": 0})).collect()))
        }
        ["v2", "addresses", address, "credits"] => Ok(rows(credits(&parsed(), address))),
        ["v2", "addresses", address, "sends"] => {
            let touches = |row: &&Row| row.source == *address || row.destination == *address;
            Ok(rows(parsed().rows.iter().rev().filter(touches).map(sent).collect()))
        }
        ["v2", "addresses", _, "sweeps"] | ["v2", "addresses", _, "dispenses", "receives"] => {
            Ok(rows(Vec::new()))
        }
        ["v2", "utxos", "withbalances"] => {
            let asked = list("utxos");
            let held = |name: &str| name.parse().is_ok_and(|coin| ledger.attached.contains_key(&coin));
            let told: serde_json::Map<_, _> = asked
                .into_iter()
                .map(|name| {
                    let held = held(&name);
                    (name, json!(held))
                })
                .collect();
            Ok(json!({"result": told}))
        }
        ["v2", "utxos", name, "balances"] => {
            let held = name.parse().ok().and_then(|coin: OutPoint| ledger.attached.get(&coin));
            Ok(rows(held.into_iter().map(|(address, asset, quantity)| json!({
                "address": null, "asset": asset, "quantity": quantity, "utxo": name, "utxo_address": address,
            })).collect()))
        }
        ["v2", "mempool", "events", ..] => Ok(rows(Vec::new())),
        ["v2", "mempool", "transactions", txid, "events"] => {
            let waits = blocks.mempool.iter().any(|tx| tx.compute_txid().to_string() == *txid);
            let event = json!({"tx_hash": txid, "event": "TRANSACTION_PARSED", "params": {}});
            Ok(rows(if waits { vec![event] } else { Vec::new() }))
        }
        ["v2", "transactions", txid] => transaction(ledger, blocks, txid).ok_or_else(not_found),
        ["v2", "transactions", txid, "sends"] => {
            let of = |row: &&Row| row.txid.to_string() == *txid;
            Ok(rows(parsed().rows.iter().filter(of).map(sent).collect()))
        }
        ["v2", "assets", name] => {
            let named = |asset: &&AssetFacts| asset.name == *name || asset.longname.as_deref() == Some(*name);
            let asset = ledger.assets.iter().find(named).ok_or_else(not_found)?;
            Ok(json!({"result": {
                "asset": asset.name, "asset_id": asset.id, "asset_longname": asset.longname, "owner": asset.owner,
                "divisible": asset.divisible, "locked": asset.locked,
            }}))
        }
        ["v2", .., "compose", _] => Err((400, "this server composes nothing".to_owned())),
        _ => Err(not_found()),
    }
}

fn not_found() -> (u16, String) {
    (404, "Not found".to_owned())
}

/// A page of rows; the cursor is the number of the next row.
fn paged(rows: Vec<Value>, query: &BTreeMap<String, String>, most: usize) -> Value {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let from = number("cursor").unwrap_or(0).min(rows.len());
    let to = from.saturating_add(number("limit").unwrap_or(100).min(most)).min(rows.len());
    let next = (to < rows.len()).then_some(to);
    json!({"result": rows[from..to], "next_cursor": next, "result_count": rows.len()})
}

fn balances(ledger: &Ledger, parsed: &Parsed, asked: &[String]) -> Vec<Value> {
    let mut by_asset: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for ((address, asset), quantity) in &parsed.balances {
        if asked.contains(address) && *quantity > 0 {
            by_asset
                .entry(asset)
                .or_default()
                .push(json!({"address": address, "utxo": null, "utxo_address": null, "quantity": quantity}));
        }
    }
    for (coin, (address, asset, quantity)) in &ledger.attached {
        if asked.contains(address) {
            by_asset
                .entry(asset)
                .or_default()
                .push(json!({"address": null, "utxo": coin, "utxo_address": address, "quantity": quantity}));
        }
    }
    let total =
        |holders: &[Value]| holders.iter().filter_map(|holder| holder["quantity"].as_u64()).sum::<u64>();
    let rows = by_asset.into_iter();
    rows.map(|(asset, holders)| json!({"asset": asset, "total": total(&holders), "addresses": holders}))
        .collect()
}

fn credits(parsed: &Parsed, address: &str) -> Vec<Value> {
    let rows = parsed.rows.iter().rev().filter(|row| row.destination == address && row.status == "valid");
    rows.map(|row| {
        json!({
            "block_index": row.height, "address": address, "utxo": null, "utxo_address": null, "asset": row.asset,
            "quantity": row.quantity, "calling_function": if row.is_mpma { "mpma send" } else { "send" },
            "event": row.txid,
        })
    })
    .collect()
}

fn sent(row: &Row) -> Value {
    json!({
        "tx_hash": row.txid, "block_index": row.height, "source": row.source, "destination": row.destination,
        "asset": row.asset, "quantity": row.quantity, "status": row.status, "msg_index": row.msg_index,
        "memo": row.memo, "fee_paid": 0, "send_type": "send", "source_address": null, "destination_address": null,
    })
}

fn transaction(ledger: &Ledger, blocks: &Blocks, txid: &str) -> Option<Value> {
    let txid: Txid = txid.parse().ok()?;
    let parsed = ledger.parse(blocks, true);
    let record = parsed.records.get(&txid)?;
    let confirmed = record.height <= blocks.height();
    Some(json!({"result": {
        "tx_hash": txid, "block_index": record.height, "source": record.source, "transaction_type": record.kind,
        "confirmed": confirmed, "valid": confirmed.then_some(record.valid), "supported": true,
    }}))
}
