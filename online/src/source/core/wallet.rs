//! Coins by a watch-only descriptor wallet of the node: at once, and with those that still wait for a block.

use std::collections::{BTreeMap, BTreeSet};

use airlock::account::descriptor_checksum;
use airlock::text::Printable;
use airlock::{Error, Result};
use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::coins::sort;
use super::rpc::{Call, Rpc};
use super::scan::branch_of;
use crate::http::Http;
use crate::progress::Progress;
use crate::source::bitcoin::{FoundCoin, Watched};
use crate::source::proof;
use crate::source::refusal::{NOT_WATCHED, WALLET_BEHIND};
use crate::source::scripts::Scripts;

/// Most bytes of a list of coins: 64 MiB.
const BYTES: u64 = 64 << 20;

/// One wallet of a node.
#[derive(Clone, Debug)]
pub(super) struct Wallet {
    rpc: Rpc,
    name: String,
}

#[derive(Deserialize)]
struct Info {
    /// `false`, or how far it is.
    scanning: Box<RawValue>,
}

#[derive(Deserialize)]
struct Descriptors {
    descriptors: Vec<Held>,
}

/// A descriptor that the wallet watches.
#[derive(Deserialize)]
struct Held {
    desc: String,
    /// First and last index; none where it has one script.
    range: Option<(u32, u32)>,
}

#[derive(Deserialize)]
struct Unspent {
    txid: Txid,
    vout: u32,
    #[serde(rename = "scriptPubKey")]
    script: ScriptBuf,
}

#[derive(Deserialize)]
struct Known {
    hex: String,
    blockheight: Option<u32>,
}

impl Wallet {
    pub(super) fn new(http: Http, name: String) -> Self {
        Self { rpc: Rpc::new(http, Some(&name)), name }
    }

    /// Every coin of the accounts that can be spent, once the wallet has shown that it watches all of them.
    pub(super) fn coins(&self, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
        progress.begin("reading the wallet", 0);
        let coins = self.read(watched);
        progress.end();
        coins
    }

    fn read(&self, watched: &[Watched<'_>]) -> Result<Vec<FoundCoin>> {
        let info: Info = self.rpc.ask(&Call::new("getwalletinfo", json!([])))?;
        if info.scanning.get() != "false" {
            let name = Printable::new(&self.name);
            return Err(WALLET_BEHIND
                .error(format!("wallet '{name}' of {} is still reading old blocks", self.rpc.name())));
        }
        let held: Descriptors = self.rpc.ask(&Call::new("listdescriptors", json!([])).limit(BYTES))?;
        for one in watched {
            self.check_watches(one, &held.descriptors)?;
        }
        let scripts = Scripts::of(watched);
        let unspent: Vec<Unspent> =
            self.rpc.ask(&Call::new("listunspent", json!([0, 9_999_999, [], true])).limit(BYTES))?;
        // The wallet may watch more than we ask for.
        let ours: BTreeSet<OutPoint> = unspent
            .iter()
            .filter(|unspent| scripts.place(&unspent.script).is_some())
            .map(|unspent| OutPoint::new(unspent.txid, unspent.vout))
            .collect();
        let transactions = self.transactions(&ours)?;
        let server = self.rpc.name();
        let mut coins = Vec::new();
        for outpoint in ours {
            let Some((transaction, height)) = transactions.get(&outpoint.txid) else { continue };
            coins.push(scripts.coin(&server, outpoint, transaction.clone(), *height)?);
        }
        sort(&mut coins);
        Ok(coins)
    }

    /// The proven transactions of these coins, with the height of their blocks: the wallet keeps them, whatever the node
    /// has thrown away.
    fn transactions(&self, coins: &BTreeSet<OutPoint>) -> Result<BTreeMap<Txid, (Transaction, Option<u32>)>> {
        let txids: BTreeSet<Txid> = coins.iter().map(|coin| coin.txid).collect();
        let asked: Vec<Value> = txids.iter().map(|txid| json!([txid])).collect();
        let known: Vec<Known> = self.rpc.ask_all("gettransaction", &asked)?;
        let server = self.rpc.name();
        let proven = txids.into_iter().zip(known).map(|(txid, known)| {
            Ok((txid, (proof::transaction(&server, txid, &known.hex)?, known.blockheight)))
        });
        proven.collect()
    }

    /// Both branches, or the one key, must be watched as far as coins are looked for.
    fn check_watches(&self, one: &Watched<'_>, held: &[Held]) -> Result<()> {
        let branches: &[u32] = if one.account.xpub().is_some() { &[0, 1] } else { &[0] };
        for branch in branches {
            let descriptor = branch_of(one.account, *branch);
            let is_ranged = one.account.xpub().is_some();
            let reaches = |held: &Held| match held.range {
                Some((first, last)) => first == 0 && last >= one.last_index,
                None => !is_ranged,
            };
            let same = |held: &&Held| bare(&held.desc) == bare(&descriptor);
            if !held.iter().filter(same).any(reaches) {
                return Err(self.not_watched(one, *branch, &descriptor));
            }
        }
        Ok(())
    }

    fn not_watched(&self, one: &Watched<'_>, branch: u32, descriptor: &str) -> Error {
        let name = Printable::new(&self.name);
        let checksum = descriptor_checksum(descriptor).unwrap_or_default();
        let import = json!([{
            "desc": format!("{descriptor}#{checksum}"),
            "range": [0, one.last_index],
            "timestamp": 0,
        }]);
        let error = NOT_WATCHED.error(format!(
            "wallet '{name}' of {} does not watch branch {branch} of account {} up to index {}",
            self.rpc.name(),
            one.name,
            one.last_index
        ));
        error.with_next(format!(
            "Import it with `bitcoin-cli -rpcwallet={name} importdescriptors '{import}'`, where timestamp 0 reads the whole \
             chain again; or take `wallet` out of airlock.toml."
        ))
    }
}

/// A descriptor without checksum and key origin, hardened steps written with `h`: what is left decides the scripts.
fn bare(descriptor: &str) -> String {
    let body = descriptor.split('#').next().unwrap_or_default();
    let without_origin = match (body.split_once('['), body.split_once(']')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => body.to_owned(),
    };
    without_origin.replace('\'', "h")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::core::recorded::result;

    #[test]
    fn reads_a_recorded_wallet() {
        let info: Info = result("btc_getwalletinfo_watchonly");
        assert_eq!(info.scanning.get(), "false");
        let held: Descriptors = result("btc_listdescriptors_watchonly");
        assert!(held.descriptors.iter().all(|held| held.range.is_some_and(|(first, _)| first == 0)));
        for (name, are_there) in [
            ("btc_listunspent_watchonly_one_address", true),
            ("btc_listunspent_watchonly_query_options", true),
            ("btc_listunspent_watchonly_unknown_address", false),
        ] {
            let unspent: Vec<Unspent> = result(name);
            assert_eq!(!unspent.is_empty(), are_there, "{name}");
        }
    }

    #[test]
    fn compares_descriptors_by_what_decides_their_scripts() {
        let ours = "wpkh([73c5da0a/84'/1'/0']tpub/0/*)";
        for same in ["wpkh([73c5da0a/84h/1h/0h]tpub/0/*)#evh9fu0w", "wpkh(tpub/0/*)"] {
            assert_eq!(bare(same), bare(ours));
        }
        for other in ["wpkh(tpub/1/*)", "pkh([73c5da0a/84'/1'/0']tpub/0/*)", "wpkh(tpub/0/*h)"] {
            assert_ne!(bare(other), bare(ours));
        }
    }
}
