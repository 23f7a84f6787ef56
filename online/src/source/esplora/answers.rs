//! The forms of Esplora's answers.

use std::collections::BTreeMap;

use airlock::network::BitcoinNetwork;
use airlock::snapshot::FeeRate;
use airlock::{Error, Result};
use bitcoin::{BlockHash, Txid};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{by_status, parse_text};
use crate::source::bitcoin::Verdict;
use crate::source::decimal::scaled;
use crate::source::proof;
use crate::source::refusal::{self, NodeError};

/// The highest fee rate that is believed, in satoshi per 1,000 virtual bytes: 1 BTC.
const HIGHEST_RATE: u64 = 100_000_000;

/// Whether and where a transaction is in a block.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Status {
    confirmed: bool,
    block_height: Option<u32>,
    block_hash: Option<BlockHash>,
}

impl Status {
    /// Its block; none while it waits.
    pub(super) fn block(&self) -> Option<(u32, BlockHash)> {
        self.block_height.zip(self.block_hash).filter(|_| self.confirmed)
    }

    /// The height of its block; none while it waits.
    pub(super) fn height(&self, server: &str) -> Result<Option<u32>> {
        match (self.confirmed, self.block()) {
            (false, _) => Ok(None),
            (true, Some((height, _))) => Ok(Some(height)),
            (true, None) => Err(proof::bad(server, "status", "confirmed without a block")),
        }
    }
}

/// An unspent output.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Unspent {
    pub(super) txid: Txid,
    pub(super) vout: u32,
    pub(super) status: Status,
}

/// Whether an output is spent, and by what.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Outspend {
    pub(super) spent: bool,
    pub(super) txid: Option<Txid>,
    pub(super) status: Option<Status>,
}

/// Where a block is.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Place {
    pub(super) in_best_chain: bool,
    pub(super) height: Option<u32>,
}

/// The network of a genesis block.
pub(super) fn network_of(server: &str, genesis: BlockHash) -> Result<BitcoinNetwork> {
    let of = |network: &BitcoinNetwork| {
        bitcoin::constants::genesis_block(network.to_bitcoin()).block_hash() == genesis
    };
    BitcoinNetwork::ALL.into_iter().find(of).ok_or_else(|| {
        proof::bad(server, "/block-height/0", &format!("{genesis}, which begins no network that is known"))
    })
}

/// Reads estimates in satoshi per virtual byte, by target, into satoshi per 1,000, rounded up.
pub(super) fn parse_rates(server: &str, body: &[u8]) -> Result<Vec<FeeRate>> {
    let answer: BTreeMap<&str, &RawValue> = proof::json(server, "/fee-estimates", body)?;
    let mut rates = Vec::new();
    for (target, rate) in answer {
        let bad = || -> Error {
            let why = format!("{} sat/vB for {target} blocks", rate.get());
            proof::bad(server, "/fee-estimates", &why)
        };
        let blocks = target.parse().ok().filter(|blocks| (1..=1_008).contains(blocks)).ok_or_else(bad)?;
        let believable = |rate: &u64| (1..=HIGHEST_RATE).contains(rate);
        let sat_per_kvb = scaled(rate.get(), 3).filter(believable).ok_or_else(bad)?;
        rates.push(FeeRate { blocks, sat_per_kvb });
    }
    rates.sort_by_key(|rate| rate.blocks);
    Ok(rates)
}

/// What became of a transaction that was handed over: 200 with its txid, or 400 with the words of the node behind it.
pub(super) fn of_send(server: &str, txid: Txid, status: u16, body: &[u8]) -> Result<Verdict> {
    match status {
        200 => {
            let named: Txid = parse_text(server, "/tx", body)?;
            match named == txid {
                true => Ok(Verdict::Accepted),
                false => Err(proof::other(server, format!("calls transaction {txid} by the name {named}"))),
            }
        }
        400 => {
            let text = String::from_utf8_lossy(body);
            Ok(match node_error(&text) {
                Some(error) => refusal::verdict(server, txid, Some(error.code), &error.message),
                None => refusal::verdict(server, txid, None, &text),
            })
        }
        status => Err(by_status(server, "/tx", status, body)),
    }
}

/// The error of the node in `sendrawtransaction RPC error: {"code":-26,"message":"dust"}`.
fn node_error(text: &str) -> Option<NodeError> {
    let begin = text.find('{')?;
    let end = text.rfind('}')?;
    serde_json::from_str(text.get(begin..=end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::proof::{BAD_ANSWER, OTHER_ANSWER};
    use crate::source::refusal::{DUST, FEE_TOO_LOW, OTHER_REFUSAL};
    use bitcoin::hashes::Hash;

    #[test]
    fn knows_each_network_by_its_first_block() {
        for network in BitcoinNetwork::ALL {
            let genesis = bitcoin::constants::genesis_block(network.to_bitcoin()).block_hash();
            assert_eq!(network_of("server", genesis).unwrap(), network);
        }
        let mainnet = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
        assert_eq!(network_of("server", mainnet.parse().unwrap()).unwrap(), BitcoinNetwork::Mainnet);
        let other = BlockHash::from_byte_array([1; 32]);
        assert_eq!(network_of("server", other).unwrap_err().code(), &BAD_ANSWER);
    }

    #[test]
    fn reads_fractions_of_satoshi_as_integers() {
        let rates = parse_rates("server", br#"{"10":1.2345,"1":87.882,"2":87,"144":0.1}"#).unwrap();
        let read: Vec<(u32, u64)> = rates.iter().map(|rate| (rate.blocks, rate.sat_per_kvb)).collect();
        assert_eq!(read, [(1, 87_882), (2, 87_000), (10, 1_235), (144, 100)]);
        for hostile in [
            &br#"{"1":-1}"#[..],
            br#"{"1":1e9}"#,
            br#"{"0":1}"#,
            br#"{"x":1}"#,
            br#"{"1":"5"}"#,
            br#"{"1":null}"#,
            br#"[1]"#,
        ] {
            assert_eq!(parse_rates("server", hostile).unwrap_err().code(), &BAD_ANSWER);
        }
        assert!(parse_rates("server", b"{}").unwrap().is_empty());
    }

    #[test]
    fn reads_what_the_node_behind_it_says() {
        let txid = Txid::from_byte_array([7; 32]);
        let send = |status, text: &str| of_send("server", txid, status, text.as_bytes());
        assert_eq!(send(200, &format!("{txid}\n")).unwrap(), Verdict::Accepted);
        let other = Txid::from_byte_array([8; 32]);
        assert_eq!(send(200, &other.to_string()).unwrap_err().code(), &OTHER_ANSWER);
        let refused = |text: &str| {
            let Verdict::Refused(error) = send(400, text).unwrap() else { panic!("{text}") };
            error
        };
        let json = r#"sendrawtransaction RPC error: {"code":-26,"message":"min relay fee not met, 1 < 141"}"#;
        assert_eq!(refused(json).code(), &FEE_TOO_LOW);
        assert_eq!(refused("sendrawtransaction RPC error -26: dust").code(), &DUST);
        let unknown = refused("sendrawtransaction RPC error: \u{1b}[2Jsomething new");
        assert_eq!(unknown.code(), &OTHER_REFUSAL);
        assert!(unknown.what().contains("something new") && !unknown.what().contains('\u{1b}'));
        let known =
            r#"sendrawtransaction RPC error: {"code":-27,"message":"Transaction already in block chain"}"#;
        assert_eq!(send(400, known).unwrap(), Verdict::AlreadyInBlock);
        assert!(send(500, "").is_err());
    }

    #[test]
    fn takes_no_block_for_granted() {
        let hash = BlockHash::from_byte_array([7; 32]);
        let status = |confirmed, block_height| Status { confirmed, block_height, block_hash: Some(hash) };
        assert_eq!(status(true, Some(5)).block(), Some((5, hash)));
        assert_eq!(status(false, Some(5)).block(), None);
        assert!(status(true, None).height("server").is_err());
    }
}
