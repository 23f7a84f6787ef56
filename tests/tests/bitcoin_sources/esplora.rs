//! An Esplora server over the same little chain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use airlock_online::progress::Silent;
use airlock_online::source::bitcoin::{BitcoinSource, Verdict, Whereabouts};
use airlock_online::source::esplora::Esplora;
use airlock_online::source::proof::{BAD_ANSWER, OTHER_ANSWER};
use airlock_online::source::refusal::INPUTS_GONE;
use airlock_tests::chain::blocks::Blocks;
use airlock_tests::chain::esplora::{answer, text};
use airlock_tests::server::{Reply, Server};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Network, OutPoint, Transaction};
use serde_json::json;

use crate::treasure::{accounts, anyone, http, spend, watched};

/// The chain, and lies by path.
#[derive(Default)]
struct Lies(BTreeMap<String, Reply>);

struct Explorer {
    blocks: Arc<Mutex<Blocks>>,
    lies: Arc<Mutex<Lies>>,
    server: Server,
}

impl Explorer {
    fn new() -> Self {
        let blocks = Arc::new(Mutex::new(Blocks::new(1_795_000_000)));
        let lies = Arc::new(Mutex::new(Lies::default()));
        let (there, lied) = (Arc::clone(&blocks), Arc::clone(&lies));
        let server = Server::start(move |received| {
            let lie = lied.lock().unwrap().0.get(received.path()).cloned();
            lie.unwrap_or_else(|| answer(&mut there.lock().unwrap(), Network::Signet, received))
        });
        Self { blocks, lies, server }
    }

    fn source(&self) -> Esplora {
        Esplora::new(http(&self.server.url()))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Blocks) -> T) -> T {
        look(&mut self.blocks.lock().unwrap())
    }

    fn lie(&self, path: &str, reply: Reply) {
        self.lies.lock().unwrap().0.insert(path.to_owned(), reply);
    }
}

#[test]
fn finds_coins_with_those_that_wait_and_payments_in_blocks() {
    let explorer = Explorer::new();
    let accounts = accounts();
    let script = |account: usize, branch, index| accounts[account].1.script_pubkey(branch, index).unwrap();
    let mined =
        explorer.with(|b| b.fund(&[(script(0, 0, 2), 5_000), (script(2, 1, 0), 6_000), (anyone().0, 9_000)]));
    let height = explorer.with(|b| b.height());
    let waiting = spend(&[OutPoint::new(mined, 2)], &[(script(1, 0, 1), 7_000)]);
    explorer.with(|b| b.mempool.push(waiting.clone()));
    let source = explorer.source();
    let coins = source.coins(&watched(&accounts, 3), &Silent).unwrap();
    let found: Vec<_> =
        coins.iter().map(|c| (c.account.as_str(), c.branch, c.index, c.outpoint, c.height)).collect();
    assert_eq!(
        found,
        [
            ("pkh", 0, 1, OutPoint::new(waiting.compute_txid(), 0), None),
            ("tr", 1, 0, OutPoint::new(mined, 1), Some(height)),
            ("wpkh", 0, 2, OutPoint::new(mined, 0), Some(height)),
        ]
    );
    let payments = source.payments(&[script(0, 0, 2)], height - 1, height, &Silent).unwrap();
    assert_eq!(payments.len(), 1);
    assert_eq!((payments[0].outpoint, payments[0].amount.to_sat()), (OutPoint::new(mined, 0), 5_000));

    // A coin of somebody else under our address, and a transaction with another amount.
    let name = sha256::Hash::hash(script(0, 0, 0).as_bytes());
    let path = format!("/scripthash/{name}/utxo");
    explorer.lie(&path, Reply::json(&json!([{"txid": mined, "vout": 0, "status": {"confirmed": false}}])));
    assert_eq!(source.coins(&watched(&accounts, 3), &Silent).unwrap_err().code(), &OTHER_ANSWER);
    explorer.lie(&path, Reply::json(&json!([])));
    let mut bent = explorer.with(|b| b.transaction(mined).unwrap().clone());
    bent.output[0].value += bitcoin::Amount::from_sat(1);
    explorer.lie(&format!("/tx/{mined}/hex"), text(serialize_hex(&bent)));
    assert_eq!(source.coins(&watched(&accounts, 3), &Silent).unwrap_err().code(), &OTHER_ANSWER);
}

#[test]
fn tells_its_network_by_the_first_block_and_its_tip_by_the_header() {
    let explorer = Explorer::new();
    let source = explorer.source();
    let status = source.status().unwrap();
    assert_eq!(status.network, airlock::network::BitcoinNetwork::Signet);
    assert_eq!((status.height, status.hash), explorer.with(|b| (b.height(), b.tip().block_hash())));
    assert_eq!(status.tip_time.to_unix(), u64::from(explorer.with(|b| b.tip().header.time)));
    assert_eq!(source.block_hash(status.height).unwrap(), Some(status.hash));
    assert_eq!(source.block_hash(status.height + 1).unwrap(), None);
    let rates = source.fee_rates().unwrap();
    assert_eq!(
        rates.iter().map(|r| (r.blocks, r.sat_per_kvb)).collect::<Vec<_>>(),
        [(1, 12_500), (144, 1_001)]
    );
    assert_eq!(source.try_out(&[]).unwrap(), None);
    explorer.lie("/block-height/0", text("00".repeat(32)));
    assert_eq!(source.status().unwrap_err().code(), &BAD_ANSWER);
    explorer.lie("/block-height/0", text("<html>"));
    assert_eq!(source.status().unwrap_err().code(), &BAD_ANSWER);
}

#[test]
fn hands_over_one_after_the_other_and_follows_each() {
    let explorer = Explorer::new();
    let source = explorer.source();
    let funding = explorer.with(|b| b.fund(&vec![(anyone().0, 100_000); 3]));
    let coin = |vout| OutPoint::new(funding, vout);
    let parent = spend(&[coin(0)], &[(anyone().0, 99_000)]);
    let child = spend(&[OutPoint::new(parent.compute_txid(), 0)], &[(anyone().0, 98_000)]);
    let is = |transaction: &Transaction| source.whereabouts(transaction, 0).unwrap();
    assert_eq!(is(&parent), Whereabouts::Unknown);
    assert_eq!(is(&child), Whereabouts::Unknown);
    assert_eq!(
        source.submit(&[parent.clone(), child.clone()]).unwrap(),
        [Verdict::Accepted, Verdict::Accepted]
    );
    assert_eq!(source.submit(std::slice::from_ref(&parent)).unwrap(), [Verdict::AlreadyWaiting]);
    assert_eq!(is(&child), Whereabouts::Waiting);
    explorer.with(Blocks::mine);
    let (height, hash) = explorer.with(|b| (b.height(), b.tip().block_hash()));
    assert_eq!(is(&child), Whereabouts::InBlock { height, hash });
    assert_eq!(source.submit(std::slice::from_ref(&child)).unwrap(), [Verdict::AlreadyInBlock]);
    // Of the parent nothing is left in the set of unspent outputs, and nodes know transactions by that.
    let sent = source.submit(std::slice::from_ref(&parent)).unwrap();
    assert!(matches!(&sent[..], [Verdict::Refused(error)] if error.code() == &INPUTS_GONE), "{sent:?}");
    assert_eq!(is(&parent), Whereabouts::InBlock { height, hash });

    let ours = spend(&[coin(1), coin(2)], &[(anyone().0, 150_000)]);
    let other = spend(&[coin(2)], &[(anyone().0, 90_000)]);
    explorer.with(|b| b.mempool.push(other.clone()));
    let by = Some(other.compute_txid());
    assert_eq!(is(&ours), Whereabouts::Displaced { coin: coin(2), by, in_block: false });
    explorer.with(Blocks::mine);
    assert_eq!(is(&ours), Whereabouts::Displaced { coin: coin(2), by, in_block: true });
    let next = spend(&[OutPoint::new(ours.compute_txid(), 0)], &[(anyone().0, 1_000)]);
    let sent = source.submit(&[ours, next]).unwrap();
    assert!(
        matches!(&sent[..], [Verdict::Refused(error), Verdict::NotTried] if error.code() == &INPUTS_GONE),
        "{sent:?}"
    );
}

#[test]
fn gives_single_transactions_by_txid_and_by_the_coin_that_they_spend() {
    let explorer = Explorer::new();
    let source = explorer.source();
    let funding = explorer.with(|b| b.fund(&vec![(anyone().0, 100_000); 2]));
    let coin = |vout| OutPoint::new(funding, vout);
    let one = spend(&[coin(0)], &[(anyone().0, 99_000)]);
    let txid = one.compute_txid();
    assert_eq!(source.transaction(txid, None).unwrap(), None);
    assert_eq!(source.spender(coin(0), 0).unwrap(), None);
    explorer.with(|b| b.mempool.push(one.clone()));
    assert_eq!(source.spender(coin(0), 0).unwrap(), Some(one.clone()));
    explorer.with(Blocks::mine);
    assert_eq!(source.transaction(txid, None).unwrap(), Some(one.clone()));
    assert_eq!(source.spender(coin(0), 0).unwrap(), Some(one));
    assert_eq!(source.spender(coin(1), 0).unwrap(), None);
    let hash = explorer.with(|b| b.tip().block_hash());
    assert_eq!(source.header(hash).unwrap().block_hash(), hash);
    let other = spend(&[coin(1)], &[(anyone().0, 1_000)]);
    explorer.lie(&format!("/tx/{txid}/hex"), text(serialize_hex(&other)));
    assert_eq!(source.transaction(txid, None).unwrap_err().code(), &OTHER_ANSWER);
}
