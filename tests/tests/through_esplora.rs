//! The real program before an Esplora server in place of Bitcoin Core: the same facts, the same payment. Deposits:
//! `deposits.rs`.

use std::fs;

use airlock::snapshot::Snapshot;
use airlock_tests::ceremony::done;
use airlock_tests::chain::Which;
use airlock_tests::online::{OnlineMachine, PAYEE};
use airlock_tests::server::{Received, Reply};

const SEND_BTC: [&str; 8] = ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"];

/// With the Esplora server in airlock.toml in place of the node.
fn explored(machine: OnlineMachine) -> OnlineMachine {
    machine.world.configure_explorer(&machine.home());
    machine
}

fn snapshot(machine: &OnlineMachine, name: &str) -> Snapshot {
    done(&machine.run(&["snapshot", "--out", name]));
    Snapshot::decode(&fs::read(machine.at(name)).unwrap()).unwrap()
}

#[test]
fn an_esplora_server_tells_the_coins_that_the_node_tells() {
    let machine = OnlineMachine::funded();
    let node = snapshot(&machine, "node.json");
    let asked = machine.world.core.count();
    let machine = explored(machine);
    let esplora = snapshot(&machine, "esplora.json");
    assert_eq!(machine.world.core.count(), asked, "the node is not asked any more");
    let (node_side, esplora_side) = (node.bitcoin.unwrap(), esplora.bitcoin.unwrap());
    assert_eq!(esplora_side.coins.len(), 8);
    assert_eq!(esplora_side.coins, node_side.coins);
    assert_eq!((esplora_side.height, esplora_side.hash), (node_side.height, node_side.hash));
    assert_eq!(esplora.counterparty, node.counterparty);
    let rates: Vec<(u32, u64)> =
        esplora_side.fee_rates.iter().map(|fee| (fee.blocks, fee.sat_per_kvb)).collect();
    assert_eq!(rates, [(1, 12_500), (144, 1_001)]);
}

#[test]
fn a_payment_goes_out_through_esplora_and_is_followed_through_eviction_and_reorganization() {
    let machine = explored(OnlineMachine::funded());
    let (bundle, path) = machine.plan(&SEND_BTC);
    let (_, file) = machine.sign(&bundle, &path);
    let id = bundle.id().to_string();
    let broadcast = || machine.json(&["broadcast", file.to_str().unwrap(), "--wait", "seen"]);
    let state = || {
        let told = machine.json(&["status", &id]);
        told["bundles"][0]["steps"][0]["state"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    broadcast();
    let waiting = || machine.world.with(|truth| truth.blocks.mempool.clone());
    let sent = waiting();
    assert_eq!((state(), sent.len()), ("seen".to_owned(), 1));
    broadcast();
    assert_eq!(waiting(), sent, "once");
    machine.world.with(|truth| truth.blocks.evict(sent[0].compute_txid()));
    assert_eq!(state(), "submitted");
    broadcast();
    assert_eq!((state(), waiting()), ("seen".to_owned(), sent.clone()));
    machine.world.mine();
    assert_eq!(state(), "final");
    machine.world.with(|truth| truth.blocks.reorganize(1));
    let told = machine.json(&["status", &id]);
    assert_eq!(told["bundles"][0]["incidents"].as_array().unwrap().len(), 1, "{told}");
    machine.world.mine();
    assert_eq!(state(), "final");
    assert_eq!(machine.world.core.count(), 0, "nothing went past the Esplora server");
}

#[test]
fn no_plan_is_built_on_a_lie_of_an_esplora_server() {
    let machine = explored(OnlineMachine::funded());
    let raised = |received: &Received, reply: Reply| match received.path().ends_with("/hex") {
        // A transaction that pays us more than it does.
        true => {
            let hex = String::from_utf8(reply.body().to_vec()).unwrap();
            let mut raw: bitcoin::Transaction =
                bitcoin::consensus::encode::deserialize_hex(hex.trim()).unwrap();
            raw.output.iter_mut().for_each(|output| output.value += bitcoin::Amount::ONE_BTC);
            reply.with_body(bitcoin::consensus::encode::serialize_hex(&raw))
        }
        false => reply,
    };
    machine.world.bend(Which::Explorer, raised);
    let (_, said) = machine.refused(&SEND_BTC);
    assert!(said.contains("E-SRC-002"), "{said}");
    let other = bitcoin::constants::genesis_block(bitcoin::Network::Signet).block_hash().to_string();
    machine.world.bend(Which::Explorer, move |received, reply| match received.path() {
        "/block-height/0" => reply.with_body(other.clone()),
        _ => reply,
    });
    let (_, said) = machine.refused(&SEND_BTC);
    assert!(said.contains("E-LIVE-001") && said.contains("signet"), "{said}");
    assert_eq!(machine.files(".bundle.json"), Vec::<std::path::PathBuf>::new());
    machine.world.straighten(Which::Explorer);
    machine.plan(&SEND_BTC);
}
