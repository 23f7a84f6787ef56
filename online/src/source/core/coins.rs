//! Coins without a wallet: the scan, less what a waiting transaction spends, each with the transaction that made it.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::rpc::{Call, Reply, Rpc};
use super::scan::{self, Found};
use crate::progress::Progress;
use crate::source::bitcoin::{FoundCoin, Watched};
use crate::source::proof;
use crate::source::scripts::Scripts;

/// What a node answers that cannot tell what spends an output: it does not know the method, or its index of spenders
/// (`txospenderindex`, since Bitcoin Core 31) is not through yet (`RPC_MISC_ERROR`).
const NO_SPENDERS: [i64; 2] = [-32_601, -1];
/// How many outputs are asked for in one call.
const AT_ONCE: usize = 1_000;
/// How deep the outputs of a coinbase lie before they may be spent.
const MATURITY: u32 = 100;

/// What spends an output, among the waiting transactions or, with an index, in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Spender {
    txid: Txid,
    vout: u32,
    pub(super) spendingtxid: Option<Txid>,
    pub(super) blockhash: Option<BlockHash>,
}

/// Every coin of the accounts that can be spent. Newly mined coins are left out until they are mature.
pub(super) fn coins(node: &Rpc, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
    let scripts = Scripts::of(watched);
    let scan = scan::scan(node, watched, &scripts, progress)?;
    let outpoints: Vec<OutPoint> = scan.found.iter().map(|found| found.outpoint).collect();
    let spent = spent(node, &outpoints)?;
    let unspent: Vec<Found> =
        scan.found.into_iter().filter(|found| !spent.contains(&found.outpoint)).collect();
    progress.begin("reading transactions", 0);
    let transactions = transactions(node, &unspent);
    progress.end();
    let transactions = transactions?;
    let server = node.name();
    let mut coins = Vec::new();
    for found in unspent {
        let Some(transaction) = transactions.get(&found.outpoint.txid) else { continue };
        let depth = scan.height.saturating_sub(found.height).saturating_add(1);
        if transaction.is_coinbase() && depth < MATURITY {
            continue;
        }
        coins.push(scripts.coin(&server, found.outpoint, transaction.clone(), Some(found.height))?);
    }
    sort(&mut coins);
    Ok(coins)
}

/// Puts coins into the one order in which they are always given.
pub(super) fn sort(coins: &mut [FoundCoin]) {
    coins.sort_by(|a, b| {
        (&a.account, a.branch, a.index, a.outpoint).cmp(&(&b.account, b.branch, b.index, b.outpoint))
    });
}

/// Those of the outputs that something waiting spends, or, with an index of spenders, a block that came since.
fn spent(node: &Rpc, outpoints: &[OutPoint]) -> Result<BTreeSet<OutPoint>> {
    match spenders(node, outpoints)? {
        Some(spenders) => Ok(outpoints
            .iter()
            .zip(spenders)
            .filter(|(_, spender)| spender.spendingtxid.is_some())
            .map(|(outpoint, _)| *outpoint)
            .collect()),
        None => {
            let asked: Vec<Value> =
                outpoints.iter().map(|outpoint| json!([outpoint.txid, outpoint.vout, true])).collect();
            let unspent: Vec<Option<IgnoredAny>> = node.ask_all("gettxout", &asked)?;
            let pairs = outpoints.iter().zip(unspent);
            Ok(pairs.filter(|(_, unspent)| unspent.is_none()).map(|(outpoint, _)| *outpoint).collect())
        }
    }
}

/// What spends each of the outputs, in their order; none where the node cannot tell.
pub(super) fn spenders(node: &Rpc, outpoints: &[OutPoint]) -> Result<Option<Vec<Spender>>> {
    let mut all = Vec::new();
    for some in outpoints.chunks(AT_ONCE) {
        let asked: Vec<Value> =
            some.iter().map(|outpoint| json!({"txid": outpoint.txid, "vout": outpoint.vout})).collect();
        let reply: Reply<Vec<Spender>> = node.call(&Call::new("gettxspendingprevout", json!([asked])))?;
        match reply {
            Ok(spenders) => all.extend(belonging(&node.name(), some, spenders)?),
            Err(error) if NO_SPENDERS.contains(&error.code) => return Ok(None),
            Err(error) => return Err(node.refused("gettxspendingprevout", &error)),
        }
    }
    Ok(Some(all))
}

/// Believes an answer that names each output that was asked for once, and no other. With an index of spenders a node names
/// those first that something waiting spends.
fn belonging(server: &str, asked: &[OutPoint], spenders: Vec<Spender>) -> Result<Vec<Spender>> {
    let count = spenders.len();
    let by_output: BTreeMap<OutPoint, Spender> =
        spenders.into_iter().map(|spender| (OutPoint::new(spender.txid, spender.vout), spender)).collect();
    let found: Option<Vec<Spender>> = asked.iter().map(|outpoint| by_output.get(outpoint).copied()).collect();
    let found = found.filter(|found| found.len() == count && by_output.len() == count);
    found.ok_or_else(|| proof::other(server, "tells what spends other outputs than those asked for"))
}

/// The proven transactions that made these outputs: each from its block, so that no index is needed.
fn transactions(node: &Rpc, found: &[Found]) -> Result<BTreeMap<Txid, Transaction>> {
    let heights: BTreeSet<u32> =
        found.iter().filter(|found| found.block.is_none()).map(|found| found.height).collect();
    let asked: Vec<Value> = heights.iter().map(|height| json!([height])).collect();
    let hashes: Vec<BlockHash> = node.ask_all("getblockhash", &asked)?;
    let by_height: BTreeMap<u32, BlockHash> = heights.into_iter().zip(hashes).collect();
    let wanted: BTreeMap<Txid, BlockHash> = found
        .iter()
        .filter_map(|found| {
            let block = found.block.or_else(|| by_height.get(&found.height).copied())?;
            Some((found.outpoint.txid, block))
        })
        .collect();
    let asked: Vec<Value> = wanted.iter().map(|(txid, block)| json!([txid, false, block])).collect();
    let raw: Vec<String> = node.ask_all("getrawtransaction", &asked)?;
    let server = node.name();
    let pairs = wanted.into_keys().zip(raw);
    pairs.map(|(txid, hex)| Ok((txid, proof::transaction(&server, txid, &hex)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::core::recorded::result;
    use bitcoin::hashes::Hash;

    #[test]
    fn reads_recorded_spenders() {
        for (name, is_spent) in [
            ("btc_gettxspendingprevout_spent_by", true),
            ("btc_gettxspendingprevout_unspent", false),
            ("btc_gettxspendingprevout_spent_in_chain", false),
        ] {
            let spenders: Vec<Spender> = result(name);
            assert_eq!(spenders.len(), 1);
            assert_eq!(
                (spenders[0].spendingtxid.is_some(), spenders[0].blockhash),
                (is_spent, None),
                "{name}"
            );
        }
    }

    #[test]
    fn believes_spenders_of_the_outputs_asked_for_and_of_no_others() {
        let outpoint = |n| OutPoint::new(Txid::from_byte_array([n; 32]), u32::from(n));
        let spender = |n| Spender {
            txid: outpoint(n).txid,
            vout: outpoint(n).vout,
            spendingtxid: None,
            blockhash: None,
        };
        for said in [vec![spender(1), spender(2)], vec![spender(2), spender(1)]] {
            let told = belonging("node", &[outpoint(1), outpoint(2)], said).unwrap();
            assert_eq!(told, [spender(1), spender(2)]);
        }
        for hostile in [
            vec![spender(1)],
            vec![spender(1), spender(1)],
            vec![spender(1), spender(3)],
            vec![spender(1), spender(2), spender(2)],
            vec![],
        ] {
            let error = belonging("node", &[outpoint(1), outpoint(2)], hostile).unwrap_err();
            assert_eq!(error.code(), &proof::OTHER_ANSWER);
        }
    }
}
