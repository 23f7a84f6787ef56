//! What the online program reads from a real node, and what it says where it cannot.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use airlock::account::{AccountName, BitcoinAccount};
use airlock::snapshot::Snapshot;
use airlock_online::source::bitcoin::BitcoinSource;
use airlock_online::source::refusal::{SCAN_BUSY, WARMING_UP};
use airlock_tests::ceremony::{done, text};
use airlock_tests::online::PAYEE;
use airlock_tests::treasury::Treasury;
use serde_json::{Value, json};

use crate::bitcoind::Bitcoind;
use crate::scene::{Chain, Scene, spend};

/// The bitcoin accounts of the treasury.
pub fn accounts() -> Vec<(AccountName, BitcoinAccount)> {
    let all = Treasury::open().accounts.into_iter();
    all.filter_map(|account| Some((account.name.clone(), account.bitcoin()?.clone()))).collect()
}

fn snapshot(scene: &Scene) -> Snapshot {
    let path = scene.machine.at("now.json");
    drop(fs::remove_file(&path));
    scene.machine.world.close();
    done(&scene.machine.run(&["snapshot", "--out", "now.json"]));
    Snapshot::decode(&fs::read(path).unwrap()).unwrap()
}

/// Satoshi in all.
fn held(scene: &Scene) -> u64 {
    let told = scene.machine.json(&["balances"]);
    let parts = told["totals"].as_array().unwrap().iter().filter(|held| held["asset"] == "BTC");
    parts.map(|held| held["base_units"].as_str().unwrap().parse::<u64>().unwrap()).sum()
}

fn is_counted(scene: &Scene) {
    scene.machine.world.close();
    let output = scene.machine.run(&["--trace", "--json", "doctor"]);
    let said = done(&output) + &text(&output.stderr);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["fit"], true, "{said}");
    assert!(said.contains(scene.node().version().trim_matches('/')), "{said}");
    let secret = fs::read_to_string(scene.node().cookie()).unwrap();
    assert!(!said.contains(secret.split(':').nth(1).unwrap()), "{said}");

    let facts = snapshot(scene).bitcoin.unwrap();
    assert_eq!(u64::from(facts.height), scene.node().height());
    assert_eq!(json!(facts.hash.to_string()), scene.node().call("getbestblockhash", json!([])));
    assert_eq!((facts.coins.len(), held(scene)), (8, 85_000_000));
    // What waits spends one of them, and pays change that is not there yet.
    let sent = scene.signed(&["send", "btc", "--from", "legacy", "--to", PAYEE, "--amount", "0.01"]);
    scene.broadcast(&sent);
    let spent = sent.transactions()[0].input.len();
    assert_eq!(snapshot(scene).bitcoin.unwrap().coins.len(), 8 - spent);
    scene.mine(1);
    let facts = snapshot(scene).bitcoin.unwrap();
    assert_eq!(facts.coins.len(), 9 - spent);
    // A young coinbase is no coin yet.
    scene.node().mine(1, &scene.machine.address("cold"));
    scene.follow();
    assert_eq!(snapshot(scene).bitcoin.unwrap().coins, facts.coins);
}

#[test]
fn a_real_node_is_fit_and_its_coins_are_counted() {
    let Some(scene) = Scene::open(&[]) else { return };
    is_counted(&scene);
}

#[test]
fn a_node_with_every_index_says_the_same() {
    let Some(node) = Bitcoind::start(&[]) else { return };
    let options: &[&str] = match node.major() {
        0..31 => &["-txindex=1"],
        31.. => &["-txindex=1", "-txospenderindex=1"],
    };
    drop(node);
    is_counted(&Scene::open(options).unwrap());
}

#[test]
fn five_hundred_coins_are_read_in_a_moment() {
    let Some(scene) = Scene::open(&[]) else { return };
    // Each one of a transaction of its own.
    let coins = scene.chain.split(500, 30_000);
    for (index, coin) in (0..).zip(&coins) {
        let script = scene.machine.script("cold", index % 2, index / 2 % 20);
        scene.chain.send(&spend(std::slice::from_ref(coin), &[(script, 29_000)]));
        if index % 50 == 49 {
            scene.node().mine(1, PAYEE);
        }
    }
    scene.mine(1);
    let begun = Instant::now();
    let output = scene.machine.run(&["--trace", "snapshot", "--out", "now.json"]);
    let took = begun.elapsed();
    let said = done(&output) + &text(&output.stderr);
    let facts = Snapshot::decode(&fs::read(scene.machine.at("now.json")).unwrap()).unwrap();
    assert_eq!(facts.bitcoin.unwrap().coins.len(), 508);
    let url = scene.node().url();
    eprintln!("508 coins in {took:?}; {}:", scene.node().version());
    said.lines().filter(|line| line.contains(&url)).for_each(|line| eprintln!("  {line}"));
}

#[test]
fn a_pruned_node_is_told_apart_from_one_that_lost_money() {
    let Some(scene) = Scene::open(&["-prune=1", "-fastprune"]) else { return };
    let said = done(&scene.machine.run(&["doctor"]));
    assert!(said.contains("pruned"), "{said}");
    snapshot(&scene);
    for _ in 0..5 {
        scene.node().mine(200, PAYEE);
    }
    scene.follow();
    let from = scene.node().call("pruneblockchain", json!([scene.node().height() - 300]));
    eprintln!("{}: pruned up to {from}", scene.node().version());
    let words = scene.node().try_call("getblock", json!([scene.node().call("getblockhash", json!([5])), 0]));
    eprintln!("{words:?}");
    let (code, said) = scene.machine.refused(&["snapshot", "--out", "later.json"]);
    assert!(code == 4 && said.contains("E-BTC-009"), "{said}");
    eprintln!("{}", said.trim());
}

/// A scan that takes a while: so many scripts are made before it looks for them.
fn long_scan(scripts: u32) -> Value {
    let body = accounts()[0].1.descriptor().split('#').next().unwrap().replace("<0;1>", "0");
    json!(["start", [{"desc": body, "range": [0, scripts]}]])
}

#[test]
fn another_scan_is_waited_for() {
    let Some(scene) = Scene::open(&[]) else { return };
    let is_free = || scene.node().call("scantxoutset", json!(["status"])).is_null();
    thread::scope(|scope| {
        let caller = scene.node().caller();
        let other = scope.spawn(move || caller.call("", "scantxoutset", long_scan(60_000)));
        while is_free() {
            assert!(!other.is_finished());
            thread::sleep(Duration::from_millis(5));
        }
        let words = scene.node().try_call("scantxoutset", json!(["start", []])).unwrap_err();
        eprintln!("{words:?}");
        assert!(words.1.to_lowercase().contains("scan already in progress"), "{}", SCAN_BUSY.id);
        let output = scene.machine.run(&["--trace", "snapshot", "--out", "now.json"]);
        let said = done(&output) + &text(&output.stderr);
        assert!(said.matches("scantxoutset").count() > 2, "{said}");
        other.join().unwrap().unwrap();
    });
    let facts = Snapshot::decode(&fs::read(scene.machine.at("now.json")).unwrap()).unwrap();
    assert_eq!(facts.bitcoin.unwrap().coins.len(), 8);
}

#[test]
fn a_node_that_is_starting_is_told() {
    let options = ["-checkblocks=0", "-checklevel=4"];
    let Some(mut chain) = Chain::open(&options) else { return };
    for _ in 0..10 {
        chain.node.mine(200, PAYEE);
        chain.node.stop();
        chain.node.begin(&options);
        loop {
            match chain.node.try_call("getblockcount", json!([])) {
                Ok(_) => break,
                Err((-28, words)) => {
                    eprintln!("-28 {words}");
                    match chain.node.source(None).status() {
                        // It was up in between.
                        Ok(_) => break,
                        Err(error) => {
                            assert_eq!(error.code(), &WARMING_UP, "{error}");
                            while chain.node.try_call("getblockcount", json!([])).is_err() {}
                            return;
                        }
                    }
                }
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }
    panic!("the node was never seen starting");
}

#[test]
fn wrong_credentials_and_a_node_that_is_gone_are_told() {
    let Some(mut scene) = Scene::open(&[]) else { return };
    let refused = |scene: &Scene, code: &str| {
        for command in [&["doctor"][..], &["balances"], &["snapshot", "--out", "now.json"]] {
            let (_, said) = scene.machine.refused(command);
            assert!(said.contains(code), "{code}: {said}");
            assert!(!said.contains("__cookie__"), "{said}");
        }
    };
    let stranger = scene.machine.at("stranger.cookie");
    fs::write(&stranger, "__cookie__:0000").unwrap();
    let cookie = scene.node().cookie().display().to_string();
    scene.configure(&cookie, &stranger.display().to_string());
    refused(&scene, "E-HTTP-006");
    scene.configure(&stranger.display().to_string(), &cookie);
    // A wallet that the node cannot have, or has not loaded.
    scene.point(Some("nobody"));
    let (_, said) = scene.machine.refused(&["balances"]);
    eprintln!("{}", said.trim());
    assert!(said.contains("E-BTC-005") || said.contains("E-BTC-002"), "{said}");
    scene.point(None);
    scene.chain.node.stop();
    // The node takes its cookie with it.
    refused(&scene, "E-HTTP-009");
    fs::write(&cookie, "__cookie__:0000").unwrap();
    refused(&scene, "E-HTTP-002");
    fs::remove_file(&cookie).unwrap();
    scene.chain.node.restart(&[]);
    scene.machine.world.close();
    done(&scene.machine.run(&["doctor"]));
}

#[test]
fn a_node_without_its_chain_is_not_believed() {
    let Some(mut scene) = Scene::open(&[]) else { return };
    // A tip from long ago: as far as the node knows it has yet to catch up.
    scene.chain.node.restart(&["-mocktime=1900000000"]);
    let info = scene.node().call("getblockchaininfo", json!([]));
    assert_eq!(info["initialblockdownload"], true);
    scene.machine.world.close();
    let (code, said) = scene.machine.refused(&["doctor"]);
    assert!(code == 4 && said.contains("caught up"), "{said}");
    let (_, said) = scene.machine.refused(&["snapshot", "--out", "now.json"]);
    assert!(said.contains("E-LIVE-001"), "{said}");
    eprintln!("{}", said.trim());
}

#[test]
fn a_node_that_serves_one_call_at_a_time_is_enough() {
    let Some(scene) = Scene::open(&["-rpcthreads=1", "-rpcworkqueue=1"]) else { return };
    is_counted(&scene);
}
