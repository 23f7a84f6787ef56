//! A watch-only wallet of a real node; `BITCOIND_EXE` may name one that was built without wallets, which is said.

use airlock_online::progress::Silent;
use airlock_online::source::bitcoin::{BitcoinSource, Watched};
use airlock_online::source::core::BitcoinCore;
use airlock_online::source::refusal::{NO_METHOD, NO_WALLET, NOT_WATCHED};
use airlock_tests::ceremony::done;
use airlock_tests::online::PAYEE;
use serde_json::{Value, json};

use crate::bitcoind::Bitcoind;
use crate::scene::Scene;

const NAME: &str = "air lock";

/// The descriptors in the advice of an error, as a person would copy them.
fn advised(next: &str) -> Value {
    let begin = next.find("importdescriptors '").unwrap() + "importdescriptors '".len();
    let length = next[begin..].find('\'').unwrap();
    let length = next[begin..].find("}]'").map_or(length, |at| at + 2);
    serde_json::from_str(&next[begin..begin + length]).unwrap_or_else(|e| panic!("{e}: {next}"))
}

fn on_the_wallet(node: &Bitcoind, method: &str, params: Value) -> Value {
    node.try_call_on("/wallet/air%20lock", method, params).unwrap()
}

#[test]
fn a_watch_only_wallet_is_asked_instead_of_a_scan() {
    let Some(scene) = Scene::open(&[]) else { return };
    scene.point(Some(NAME));
    let node = scene.node();
    let source: BitcoinCore = node.source(Some(NAME));
    let accounts = crate::reading::accounts();
    let watched: Vec<Watched<'_>> =
        accounts.iter().map(|(name, account)| Watched { name, account, last_index: 1_000 }).collect();
    let error = source.coins(&watched, &Silent).unwrap_err();
    eprintln!("{}: {error}", node.version());
    // Disabled private keys, blank, no passphrase, no reuse, descriptors.
    let made = node.try_call("createwallet", json!([NAME, true, true, "", false, true]));
    if let Err((-32601, words)) = made {
        assert_eq!(error.code(), &NO_METHOD);
        eprintln!("skipped: {} has no wallets: {words}", node.version());
        return;
    }
    made.unwrap();
    assert_eq!(error.code(), &NO_WALLET);
    // The advice is followed until it gives none.
    let mut imported = 0;
    let coins = loop {
        match source.coins(&watched, &Silent) {
            Ok(coins) => break coins,
            Err(error) => {
                assert_eq!(error.code(), &NOT_WATCHED, "{error}");
                let told = on_the_wallet(node, "importdescriptors", json!([advised(error.next())]));
                assert_eq!(told[0]["success"], true, "{told}");
                imported += 1;
                assert!(imported <= 8);
            }
        }
    };
    assert_eq!((imported, coins.len()), (8, 8));
    assert_eq!(coins, node.source(None).coins(&watched, &Silent).unwrap());
    let told = scene.machine.json(&["balances"]);
    let totals = told["totals"].as_array().unwrap();
    assert!(totals.iter().any(|held| held["asset"] == "BTC"), "{told}");
    // A payment through it; its change waits and is a coin of the wallet, unlike with a scan.
    let sent = scene.signed(&["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"]);
    scene.broadcast(&sent);
    scene.mine(1);
    assert_eq!(scene.states(&sent), ["final"]);
    done(&scene.machine.run(&["doctor"]));
    // Unloaded, and with a wallet beside it.
    node.call("unloadwallet", json!([NAME]));
    let error = source.coins(&watched, &Silent).unwrap_err();
    eprintln!("{error}");
    assert_eq!(error.code(), &NO_WALLET);
    node.call("createwallet", json!(["another", true, true]));
    assert_eq!(source.coins(&watched, &Silent).unwrap_err().code(), &NO_WALLET);
    node.call("loadwallet", json!([NAME]));
    assert_eq!(
        source.coins(&watched, &Silent).unwrap().len(),
        node.source(None).coins(&watched, &Silent).unwrap().len()
    );
}
