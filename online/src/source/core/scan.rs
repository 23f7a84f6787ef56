//! One look through the whole set of unspent outputs (`scantxoutset`): needs neither wallet nor index, takes minutes.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use airlock::account::BitcoinAccount;
use airlock::{Error, Result};
use bitcoin::{BlockHash, OutPoint, ScriptBuf, Txid};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::rpc::{Call, Reply, Rpc};
use crate::progress::Progress;
use crate::source::bitcoin::Watched;
use crate::source::decimal::scaled;
use crate::source::proof;
use crate::source::refusal::{SCAN_BUSY, SCAN_ENDED};
use crate::source::scripts::Scripts;
use crate::stop;

/// The longest that a scan may take: an hour.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Most bytes of its answer: 64 MiB, about 100,000 coins.
const BYTES: u64 = 64 << 20;
/// How often it is looked whether the scan is over.
const TICK: Duration = Duration::from_millis(200);
/// How many ticks lie between two questions for its progress.
const TICKS: u32 = 10;
/// How many ticks somebody else's scan is waited for: ten minutes.
const PATIENCE: u32 = 3_000;

/// What a scan found, at the tip that it looked at.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) height: u32,
    pub(super) found: Vec<Found>,
}

/// A confirmed output of ours, not yet proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) outpoint: OutPoint,
    pub(super) height: u32,
    /// Its block; not told by all versions.
    pub(super) block: Option<BlockHash>,
}

#[derive(Deserialize)]
struct Outcome {
    success: bool,
    height: u32,
    unspents: Vec<Unspent>,
}

#[derive(Deserialize)]
struct Unspent {
    txid: Txid,
    vout: u32,
    #[serde(rename = "scriptPubKey")]
    script: ScriptBuf,
    height: u32,
    blockhash: Option<BlockHash>,
}

/// Looks for all outputs of the accounts.
pub(super) fn scan(
    node: &Rpc,
    watched: &[Watched<'_>],
    scripts: &Scripts<'_>,
    progress: &dyn Progress,
) -> Result<Scan> {
    progress.begin("looking through the unspent outputs", 100);
    let outcome = scanned(node, watched, progress);
    progress.end();
    proven_ours(&node.name(), outcome?, scripts)
}

fn scanned(node: &Rpc, watched: &[Watched<'_>], progress: &dyn Progress) -> Result<Outcome> {
    let wanted: Vec<Value> = watched.iter().flat_map(|one| objects(one.account, one.last_index)).collect();
    let call = Call::new("scantxoutset", json!(["start", wanted])).limit(BYTES).long(LONGEST);
    for _ in 0..PATIENCE {
        match in_the_background(node, &call, progress)? {
            Ok(outcome) => return Ok(outcome),
            Err(error) if error.message.to_ascii_lowercase().contains("scan already in progress") => {
                progress.say("another scan is running: waiting for its end");
                stop::sleep(TICK)?;
            }
            Err(error) => return Err(node.refused("scantxoutset", &error)),
        }
    }
    let minutes = TICK.saturating_mul(PATIENCE).as_secs() / 60;
    Err(SCAN_BUSY.error(format!("{} is busy with another scan for more than {minutes} minutes", node.name())))
}

/// Makes the call on a connection of its own, and asks on another how far it is.
fn in_the_background(node: &Rpc, call: &Call, progress: &dyn Progress) -> Result<Reply<Outcome>> {
    let (tell, told) = mpsc::channel();
    let (there, asked) = (node.clone(), call.clone());
    thread::spawn(move || {
        // Nobody listens any more where the caller has given up.
        drop(tell.send(there.call(&asked)));
    });
    for tick in 1_u32.. {
        if let Err(stopped) = stop::check() {
            // The node would scan on for nobody. Where it does not listen, the next scan waits for the end of this one.
            drop(
                node.call::<bool>(&Call::new("scantxoutset", json!(["abort"])).long(TICK.saturating_mul(10))),
            );
            return Err(stopped);
        }
        match told.recv_timeout(TICK) {
            Ok(reply) => return reply,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if tick % TICKS == 0 => {
                // How far it is matters to nobody but the person who waits.
                if let Some(percent) = percent(node) {
                    progress.reach(percent);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    Err(proof::bad(&node.name(), "scantxoutset", "the connection ended without an answer"))
}

/// How far the running scan is, where the node can tell.
fn percent(node: &Rpc) -> Option<u64> {
    #[derive(Deserialize)]
    struct Status {
        progress: Box<RawValue>,
    }
    let call = Call::new("scantxoutset", json!(["status"])).long(TICK.saturating_mul(10));
    let status: Option<Status> = node.call(&call).ok()?.ok()?;
    scaled(status?.progress.get(), 0).map(|percent| percent.min(100))
}

/// The account's two branches, or its one key, as the scan takes them.
fn objects(account: &BitcoinAccount, last_index: u32) -> Vec<Value> {
    match account.xpub() {
        Some(_) => [0, 1]
            .into_iter()
            .map(|branch| json!({"desc": branch_of(account, branch), "range": [0, last_index]}))
            .collect(),
        None => vec![json!(branch_of(account, 0))],
    }
}

/// One branch of an account as a descriptor of its own, without checksum.
pub(super) fn branch_of(account: &BitcoinAccount, branch: u32) -> String {
    let body = account.descriptor().split('#').next().unwrap_or_default();
    body.replace("/<0;1>/", &format!("/{branch}/"))
}

/// Believes an outcome that is whole and speaks of our scripts only, each output once.
fn proven_ours(server: &str, outcome: Outcome, scripts: &Scripts<'_>) -> Result<Scan> {
    if !outcome.success {
        return Err(SCAN_ENDED.error(format!("{server} ended the scan before it was through")));
    }
    let mut seen = BTreeSet::new();
    let found = outcome.unspents.into_iter().map(|unspent| {
        let outpoint = OutPoint::new(unspent.txid, unspent.vout);
        let other = |why: &str| -> Error { proof::other(server, format!("finds {outpoint}, {why}")) };
        if scripts.place(&unspent.script).is_none() {
            return Err(other("which pays to a script that was not asked for"));
        }
        if unspent.height > outcome.height {
            return Err(other(&format!("which is above the tip of {}", outcome.height)));
        }
        if !seen.insert(outpoint) {
            return Err(other("and finds it twice"));
        }
        Ok(Found { outpoint, height: unspent.height, block: unspent.blockhash })
    });
    Ok(Scan { height: outcome.height, found: found.collect::<Result<_>>()? })
}

#[cfg(test)]
mod tests {
    use airlock::account::AccountName;
    use airlock::network::BitcoinNetwork;

    use super::*;
    use crate::source::core::recorded::result;

    /// The recorded accounts, as their descriptors are given in the question.
    fn accounts() -> Vec<(AccountName, BitcoinAccount)> {
        let asked = crate::source::core::recorded::read("btc_scantxoutset_start_4_kinds");
        let objects = asked["request"]["body"]["params"][1].as_array().unwrap().clone();
        let account = |(place, object): (usize, Value)| {
            let body = object["desc"].as_str().unwrap().replace("/0/*", "/<0;1>/*");
            let body = body.replace("h/", "'/").replace("h]", "']");
            let checksum = airlock::account::descriptor_checksum(&body).unwrap();
            let account = BitcoinAccount::parse(&format!("{body}#{checksum}"), BitcoinNetwork::Regtest);
            (format!("a{place}").parse().unwrap(), account.unwrap())
        };
        objects.into_iter().enumerate().map(account).collect()
    }

    #[test]
    fn reads_recorded_scans_and_only_for_the_scripts_in_question() {
        let accounts = accounts();
        let watched: Vec<Watched<'_>> =
            accounts.iter().map(|(name, account)| Watched { name, account, last_index: 2 }).collect();
        let scripts = Scripts::of(&watched);
        for (name, count) in [
            ("btc_scantxoutset_start_4_kinds", None),
            ("btc_scantxoutset_start_wpkh_range", None),
            ("btc_scantxoutset_start_addr", None),
            ("btc_scantxoutset_start_none_found", Some(0)),
        ] {
            let outcome: Outcome = result(name);
            let expected = count.unwrap_or(outcome.unspents.len());
            let scan = proven_ours("node", outcome, &scripts).unwrap();
            assert_eq!((scan.height, scan.found.len()), (290, expected), "{name}");
            assert!(scan.found.iter().all(|found| found.block.is_some()));
        }
        // With fewer indices those coins were not asked for.
        let nearer: Vec<Watched<'_>> = watched.iter().map(|one| Watched { last_index: 0, ..*one }).collect();
        let outcome: Outcome = result("btc_scantxoutset_start_wpkh_range");
        let error = proven_ours("node", outcome, &Scripts::of(&nearer)).unwrap_err();
        assert_eq!(error.code(), &proof::OTHER_ANSWER);
    }

    #[test]
    fn asks_for_both_branches_or_for_the_one_key() {
        let (_, account) = accounts().remove(0);
        let asked = objects(&account, 20);
        assert_eq!(asked.len(), 2);
        for (branch, object) in (0_u32..).zip(&asked) {
            assert_eq!(object["range"], json!([0, 20]));
            let text = object["desc"].as_str().unwrap();
            assert!(text.ends_with(&format!("/{branch}/*)")) && !text.contains('#'), "{text}");
        }
        let idle: Option<Value> = result("btc_scantxoutset_status_idle");
        assert_eq!(idle, None);
    }
}
