//! How the node stands, its blocks and its estimates.

use airlock::network::BitcoinNetwork;
use airlock::snapshot::FeeRate;
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::{Error, Result};
use bitcoin::block::Header;
use bitcoin::hex::FromHex;
use bitcoin::{Block, BlockHash, ScriptBuf};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::rpc::{Call, Reply, Rpc};
use crate::progress::Progress;
use crate::source::bitcoin::{BitcoinStatus, Payment};
use crate::source::blocks;
use crate::source::decimal::scaled;
use crate::source::proof;

/// Most bytes of a block in hex with its envelope: 4,000,000 bytes, and a little.
const BLOCK_BYTES: u64 = 8_100_000;
/// The confirmation targets that are asked for, in blocks.
const TARGETS: [u32; 8] = [1, 2, 3, 6, 12, 24, 72, 144];
/// The highest fee rate that is believed, in satoshi per 1,000 virtual bytes: 1 BTC.
const HIGHEST_RATE: u64 = 100_000_000;
/// What the node says for a height above its tip (`RPC_INVALID_PARAMETER`).
const INVALID_PARAMETER: i64 = -8;

#[derive(Deserialize)]
struct ChainInfo {
    chain: String,
    blocks: u32,
    headers: u32,
    bestblockhash: BlockHash,
    initialblockdownload: bool,
    pruned: bool,
}

#[derive(Deserialize)]
struct NetworkInfo {
    subversion: String,
}

#[derive(Default, Deserialize)]
struct Indexes {
    txindex: Option<Index>,
}

#[derive(Deserialize)]
struct Index {
    synced: bool,
}

#[derive(Deserialize)]
struct Estimate<'a> {
    #[serde(borrow)]
    feerate: Option<&'a RawValue>,
    blocks: u32,
}

/// How the node stands. Its clock and height are those of a header that hashes to the hash it names.
pub(super) fn status(node: &Rpc) -> Result<BitcoinStatus> {
    let server = node.name();
    let chain: ChainInfo = node.ask(&Call::new("getblockchaininfo", json!([])))?;
    let network = network(&server, &chain.chain)?;
    let about: NetworkInfo = node.ask(&Call::new("getnetworkinfo", json!([])))?;
    let indexes: Reply<Indexes> = node.call(&Call::new("getindexinfo", json!([])))?;
    let hash = chain.bestblockhash;
    let header = header(node, hash)?;
    Ok(BitcoinStatus {
        network,
        height: chain.blocks,
        hash,
        tip_time: Moment::from_unix(u64::from(header.time)),
        headers: chain.headers,
        // A header is known a moment before its block.
        synced: !chain.initialblockdownload && chain.headers.saturating_sub(chain.blocks) <= 1,
        version: Printable::new(about.subversion.trim_matches('/')).to_string(),
        txindex: indexes.unwrap_or_default().txindex.is_some_and(|index| index.synced),
        pruned: chain.pruned,
    })
}

/// The network by the node's name for it.
fn network(server: &str, chain: &str) -> Result<BitcoinNetwork> {
    match chain {
        "main" => Ok(BitcoinNetwork::Mainnet),
        "test" => Ok(BitcoinNetwork::Testnet3),
        "testnet4" => Ok(BitcoinNetwork::Testnet4),
        "signet" => Ok(BitcoinNetwork::Signet),
        "regtest" => Ok(BitcoinNetwork::Regtest),
        other => Err(proof::bad(server, "getblockchaininfo", &format!("the chain '{other}' is not known"))),
    }
}

/// The hash at a height; none above the tip.
pub(super) fn block_hash(node: &Rpc, height: u32) -> Result<Option<BlockHash>> {
    let call = Call::new("getblockhash", json!([height]));
    match node.call(&call)? {
        Ok(hash) => Ok(Some(hash)),
        Err(error) if error.code == INVALID_PARAMETER && error.message.contains("out of range") => Ok(None),
        Err(error) => Err(node.refused("getblockhash", &error)),
    }
}

/// The node's estimates, by the targets that it answers for.
pub(super) fn fee_rates(node: &Rpc) -> Result<Vec<FeeRate>> {
    let asked: Vec<Value> = TARGETS.iter().map(|target| json!([target])).collect();
    let answers: Vec<Box<RawValue>> = node.ask_all("estimatesmartfee", &asked)?;
    let mut rates: Vec<FeeRate> = Vec::new();
    for answer in &answers {
        let rate = parse_estimate(&node.name(), answer)?;
        rates.extend(rate.filter(|rate| rates.iter().all(|known| known.blocks != rate.blocks)));
    }
    rates.sort_by_key(|rate| rate.blocks);
    Ok(rates)
}

/// Reads BTC per 1,000 virtual bytes into satoshi, rounded up; none where the node has too little data.
fn parse_estimate(server: &str, answer: &RawValue) -> Result<Option<FeeRate>> {
    let estimate: Estimate<'_> = proof::json(server, "estimatesmartfee", answer.get().as_bytes())?;
    let Some(rate) = estimate.feerate else { return Ok(None) };
    let bad = || -> Error {
        proof::bad(
            server,
            "estimatesmartfee",
            &format!("{} BTC/kvB for {} blocks", rate.get(), estimate.blocks),
        )
    };
    let believable = |rate: &u64| (1..=HIGHEST_RATE).contains(rate) && (1..=1_008).contains(&estimate.blocks);
    let sat_per_kvb = scaled(rate.get(), 8).filter(believable).ok_or_else(bad)?;
    Ok(Some(FeeRate { blocks: estimate.blocks, sat_per_kvb }))
}

/// The header of a block, proven.
pub(super) fn header(node: &Rpc, hash: BlockHash) -> Result<Header> {
    let hex: String = node.ask(&Call::new("getblockheader", json!([hash, false])))?;
    proof::header(&node.name(), hash, &hex)
}

/// A whole block, proven.
pub(super) fn block(node: &Rpc, hash: BlockHash) -> Result<Block> {
    let server = node.name();
    let hex: String = node.ask(&Call::new("getblock", json!([hash, 0])).limit(BLOCK_BYTES))?;
    let bytes = Vec::<u8>::from_hex(&hex)
        .map_err(|e| proof::bad(&server, &format!("block {hash}"), &e.to_string()))?;
    proof::block(&server, hash, &bytes)
}

/// The outputs that pay these scripts in the blocks of a range.
pub(super) fn payments(
    node: &Rpc,
    scripts: &[ScriptBuf],
    from: u32,
    to: u32,
    progress: &dyn Progress,
) -> Result<Vec<Payment>> {
    let heights = from..to.saturating_add(1);
    let asked: Vec<Value> = heights.clone().map(|height| json!([height])).collect();
    let hashes: Vec<BlockHash> = node.ask_all("getblockhash", &asked)?;
    let chain: Vec<(u32, BlockHash)> = heights.zip(hashes).collect();
    blocks::payments(&node.name(), scripts, &chain, progress, |hash| block(node, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_estimates_without_floating_point_and_believes_no_absurd_ones() {
        let parse = |text: &str| parse_estimate("node", &RawValue::from_string(text.to_owned()).unwrap());
        let rate = |blocks, sat_per_kvb| Some(FeeRate { blocks, sat_per_kvb });
        assert_eq!(parse(r#"{"feerate":2e-05,"blocks":3}"#).unwrap(), rate(3, 2_000));
        assert_eq!(parse(r#"{"feerate":0.00001001,"blocks":144}"#).unwrap(), rate(144, 1_001));
        assert_eq!(parse(r#"{"errors":["Insufficient data"],"blocks":0}"#).unwrap(), None);
        for hostile in [
            r#"{"feerate":-1,"blocks":3}"#,
            r#"{"feerate":0,"blocks":3}"#,
            r#"{"feerate":1.1,"blocks":3}"#,
            r#"{"feerate":1e300,"blocks":3}"#,
            r#"{"feerate":"0.1","blocks":3}"#,
            r#"{"feerate":0.1,"blocks":0}"#,
        ] {
            assert_eq!(parse(hostile).unwrap_err().code(), &proof::BAD_ANSWER, "{hostile}");
        }
    }

    #[test]
    fn knows_the_networks_of_bitcoin_core() {
        for (chain, network_of) in [
            ("main", BitcoinNetwork::Mainnet),
            ("test", BitcoinNetwork::Testnet3),
            ("testnet4", BitcoinNetwork::Testnet4),
            ("signet", BitcoinNetwork::Signet),
            ("regtest", BitcoinNetwork::Regtest),
        ] {
            assert_eq!(network("node", chain).unwrap(), network_of);
        }
        assert!(network("node", "liquidv1").is_err());
    }
}
