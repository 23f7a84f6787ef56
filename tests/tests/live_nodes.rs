//! Each carrier from plan to confirmation with both real programs: on the little chain always, on a real Bitcoin Core where
//! `BITCOIND_EXE` names one; and what real servers answer where `COUNTERPARTY_URL` and `RIPPLED_URL` name some.

use std::fs;

use airlock::network::BitcoinNetwork;
use airlock_online::http::{Credential, Http, Trace};
use airlock_online::source::counterparty::{CounterpartySource, Judgement};
use airlock_online::source::counterparty_server::CounterpartyServer;
use airlock_online::source::rippled::Rippled;
use airlock_online::source::xrpl::{Found, XrplSource};
use airlock_tests::ceremony::{OfflineMachine, done};
use airlock_tests::online::{OnlineMachine, PAYEE};
use bitcoin::hashes::Hash as _;
use bitcoin::{Address, Network, Txid};

#[path = "live_nodes/bitcoind.rs"]
mod bitcoind;
#[path = "live_nodes/deposits.rs"]
mod deposits;
#[path = "live_nodes/reading.rs"]
mod reading;
#[path = "live_nodes/refusals.rs"]
mod refusals;
#[path = "live_nodes/scene.rs"]
mod scene;
#[path = "live_nodes/sending.rs"]
mod sending;
#[path = "live_nodes/wallet.rs"]
mod wallet;

use bitcoind::{Bitcoind, address};

/// What is sent, and how.
const CARRIERS: [(&str, &[&str]); 6] = [
    ("tr", &["send", "btc", "--from", "float", "--to", PAYEE, "--amount", "0.05"]),
    ("opreturn", &["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "1", "--memo", "42"]),
    (
        "multisig",
        &["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "2", "--encoding", "multisig"],
    ),
    (
        "taproot pair",
        &["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "3", "--encoding", "taproot"],
    ),
    ("opreturn from pkh", &["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "4"]),
    // Last: it may spend the coins that lie on the address of the assets.
    ("wpkh", &["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"]),
];

/// Takes all carriers to confirmation; `mine` makes a block and lets the ledger see it.
fn carries_everything(machine: &OnlineMachine, mine: impl Fn()) {
    let offline = OfflineMachine::bare();
    offline.import(&["--account", "cold=wpkh", "--account", "float=tr", "--account", "legacy=pkh"]);
    for (name, command) in CARRIERS {
        // A node on regtest has no estimates.
        let (bundle, path) = machine.plan(&[command, &["--fee-rate", "2"]].concat());
        offline.write("A.bundle.json", &fs::read(&path).unwrap());
        let approval = offline.approval("A.bundle.json");
        done(&offline.sign("A.bundle.json", &approval));
        let signed = offline.files().into_iter().find(|file| file.ends_with(".signed.json")).expect(name);
        fs::copy(offline.at(&signed), machine.at("A.signed.json")).unwrap();
        fs::remove_file(offline.at(&signed)).unwrap();
        fs::remove_file(offline.at("A.bundle.json")).unwrap();
        machine.json(&["broadcast", "A.signed.json", "--wait", "seen"]);
        mine();
        let told = machine.json(&["status", &bundle.id().to_string()]);
        let steps = told["bundles"][0]["steps"].as_array().unwrap();
        assert!(!steps.is_empty() && steps.iter().all(|step| step["state"] == "final"), "{name}: {told}");
        eprintln!("{name}: {} transactions, final", steps.len());
    }
    let sent = machine.world.with(|truth| truth.ledger.balance(&truth.blocks, PAYEE, "XCP"));
    assert_eq!(sent, 1_000_000_000);
}

#[test]
fn every_carrier_is_confirmed_on_the_little_chain() {
    let machine = OnlineMachine::funded();
    carries_everything(&machine, || machine.world.mine());
}

#[test]
fn every_carrier_is_confirmed_by_bitcoin_core() {
    let Some(node) = Bitcoind::start(&[]) else { return };
    let machine = OnlineMachine::funded();
    for name in ["cold", "cold", "float", "legacy", "legacy", "legacy"] {
        node.mine(1, &address(&machine.script(name, 0, 0)));
    }
    // A hundred blocks, until new bitcoin can be spent; to nobody of ours.
    node.mine(101, PAYEE);
    let config = machine.home().join("airlock.toml");
    let honest = fs::read_to_string(&config).unwrap();
    let real = honest.replace(&machine.world.core.url(), &node.url()).replace(
        &machine.home().join("node.cookie").display().to_string(),
        &node.cookie().display().to_string(),
    );
    fs::write(&config, real).unwrap();
    // The ledger is the little one, on the blocks of the real node.
    let follow = || machine.world.with(|truth| truth.blocks = node.blocks());
    follow();
    done(&machine.run(&["doctor"]));
    carries_everything(&machine, || {
        node.mine(1, PAYEE);
        follow();
    });
    assert_eq!(machine.world.core.count(), 0, "the little node was asked");
}

#[test]
fn a_real_counterparty_server_is_understood() {
    let Ok(url) = std::env::var("COUNTERPARTY_URL") else {
        eprintln!("skipped: COUNTERPARTY_URL is not set");
        return;
    };
    let http = || Http::new(url.parse().unwrap(), Credential::None, None, Trace::Stderr).unwrap();
    let status = CounterpartyServer::new(http(), BitcoinNetwork::Mainnet).status().unwrap();
    let server = CounterpartyServer::new(http(), status.network);
    assert!(status.height > 0 && status.height <= status.bitcoin_height, "{status:?}");
    let block = server.block(status.height.saturating_sub(1)).unwrap();
    assert_eq!(block.ledger_hash.len(), 64);
    let xcp = server.asset("XCP").unwrap().unwrap();
    assert!(xcp.divisible && xcp.id == "1");
    // Not of digits alone: that would be the number of a transaction.
    assert_eq!(server.judgement(Txid::from_byte_array([0xa7; 32])).unwrap(), Judgement::Unknown);
    let kind = match status.network {
        BitcoinNetwork::Mainnet => Network::Bitcoin,
        BitcoinNetwork::Regtest => Network::Regtest,
        BitcoinNetwork::Testnet3 | BitcoinNetwork::Testnet4 | BitcoinNetwork::Signet => Network::Testnet,
    };
    let nobody = Address::p2pkh(bitcoin::PubkeyHash::from_byte_array([9; 20]), kind).to_string();
    assert_eq!(server.balances(std::slice::from_ref(&nobody)).unwrap(), []);
    assert_eq!(server.address(&nobody).unwrap().dispensers, 0);
    assert_eq!(server.credits(&nobody, status.height.saturating_sub(10), status.height).unwrap(), []);
}

#[test]
fn a_real_rippled_is_understood() {
    let Ok(url) = std::env::var("RIPPLED_URL") else {
        eprintln!("skipped: RIPPLED_URL is not set");
        return;
    };
    let http = Http::new(url.parse().unwrap(), Credential::None, None, Trace::Stderr).unwrap();
    let server = Rippled::new(http);
    let status = server.status().unwrap();
    let ledger = status.validated.expect("it has a validated ledger");
    assert!(ledger.reserve_base.to_drops() > 0 && ledger.base_fee.to_drops() > 0);
    assert!(server.fee().unwrap().open >= ledger.base_fee);
    // The account of the first ledger's XRP, and one that nobody can have.
    assert!(server.account("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh").unwrap().exists);
    assert!(!server.account("rBogusBogusBogusBogusBogusBogusB").is_ok_and(|account| account.exists));
    let first = ledger.index.saturating_sub(20);
    let found = server.transaction(&"AB".repeat(32), first, ledger.index).unwrap();
    assert!(matches!(found, Found::NotFound { .. }), "{found:?}");
    let page = server.history("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", first, ledger.index, None).unwrap();
    assert!(page.from >= first && page.to <= ledger.index);
}
