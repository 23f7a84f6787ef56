//! Deposits of bitcoin on a real chain: credited, reversed when the block is taken out, credited again.

use std::fs;
use std::process::Output;

use airlock::account::Role;
use airlock::watch::Watch;
use airlock_tests::ceremony::{done, text};
use airlock_tests::online::PAYEE;
use airlock_tests::programs::{programs, run};
use serde_json::Value;

use crate::scene::Scene;

/// A second home of the machine, in which the float is a deposit account.
struct Exchange(Scene);

impl Exchange {
    fn open(options: &[&str]) -> Option<Self> {
        let scene = Scene::open(options)?;
        let home = scene.machine.at("exchange");
        fs::create_dir_all(&home).unwrap();
        let told = fs::read_to_string(scene.machine.home().join("airlock.toml")).unwrap();
        fs::write(home.join("airlock.toml"), format!("{told}\n[deposits]\nreorg_window = 10\n")).unwrap();
        let mut accounts = scene.machine.treasury.accounts.clone();
        for account in accounts.iter_mut().filter(|account| account.name.as_str() == "float") {
            account.role = Role::Deposit;
        }
        fs::write(scene.machine.at("exchange.json"), Watch { accounts }.encode()).unwrap();
        let exchange = Self(scene);
        done(&exchange.run(&["accounts", "import", "exchange.json"]));
        Some(exchange)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&programs().online, self.0.machine.folder(), &[&["--home", "exchange"], arguments].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&done(&self.run(&[&["--json"], arguments].concat()))).unwrap()
    }

    fn look(&self) -> (Option<i32>, String) {
        self.0.follow();
        let from = ["deposits", "watch", "--once", "--from", "100", "--from-ledger", "9000000"];
        let output = self.run(&from);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    fn states(&self, sat: u64) -> Vec<String> {
        let list = self.json(&["deposits", "list"]);
        let rows = list["credits"].as_array().unwrap().iter();
        let mine = rows.filter(|row| row["base_units"] == sat.to_string().as_str());
        mine.map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_deposit_on_a_real_chain_is_credited_once_reversed_and_credited_again() {
    let Some(exchange) = Exchange::open(&[]) else { return };
    let arguments = ["deposits", "address", "--account", "float", "--customer", "4711", "--at-least", "5"];
    let address = exchange.json(&arguments);
    assert_eq!(address["index"], 5);
    let (code, said) = exchange.look();
    assert_eq!(code, Some(0), "{said}");
    let script = exchange.0.machine.script("float", 0, 5);
    assert_eq!(address["address"], crate::bitcoind::address(&script));
    let paid = exchange.0.chain.pay(&[(script, 123_456)]);
    exchange.look();
    assert_eq!(exchange.states(123_456), ["pending"]);
    exchange.0.mine(1);
    for _ in 0..2 {
        let (code, said) = exchange.look();
        assert_eq!((code, exchange.states(123_456)), (Some(0), vec!["credited".to_owned()]), "{said}");
    }
    // Both blocks leave the chain; the payment waits, and the longer chain holds it not.
    exchange.0.node().invalidate(2);
    for _ in 0..3 {
        exchange.0.node().mine_only(&[], PAYEE);
    }
    assert_eq!(exchange.0.node().waiting(), [paid]);
    let (code, said) = exchange.look();
    assert!(code == Some(1) && said.contains("ALARM credit ") && said.contains("E-DEP-015"), "{said}");
    assert_eq!(exchange.states(123_456), ["reversed"]);
    exchange.0.mine(2);
    let (code, said) = exchange.look();
    assert_eq!((code, exchange.states(123_456)), (Some(0), vec!["credited".to_owned()]), "{said}");
}

#[test]
fn blocks_that_a_node_has_thrown_away_are_told() {
    use serde_json::json;
    let Some(exchange) = Exchange::open(&["-prune=1", "-fastprune"]) else { return };
    for _ in 0..5 {
        exchange.0.node().mine(200, PAYEE);
    }
    exchange.0.follow();
    let height = exchange.0.node().height();
    exchange.0.node().call("pruneblockchain", json!([height - 300]));
    exchange.json(&["deposits", "address", "--account", "float", "--customer", "4711"]);
    let (code, said) = exchange.look();
    assert!(code == Some(4) && said.contains("E-BTC-009"), "{code:?} {said}");
    eprintln!("{}", said.trim());
}
