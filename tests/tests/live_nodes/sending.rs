//! Payments that go out through a real node, are lost, come back, and are overtaken.

use airlock_tests::ceremony::text;
use airlock_tests::online::PAYEE;
use bitcoin::{Transaction, Txid};
use serde_json::json;

use crate::scene::{Scene, Sent};

const PAY: [&str; 8] = ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"];

fn txids(sent: &Sent) -> Vec<Txid> {
    sent.transactions().iter().map(Transaction::compute_txid).collect()
}

/// Payments wait for three confirmations.
fn deep(options: &[&str]) -> Option<Scene> {
    let scene = Scene::open(options)?;
    scene.configure("payment = 1", "payment = 3");
    Some(scene)
}

#[test]
fn a_payment_outlives_restarts_of_the_node_and_the_loss_of_its_mempool() {
    let Some(mut scene) = deep(&[]) else { return };
    let sent = scene.signed(&PAY);
    scene.broadcast(&sent);
    assert_eq!((scene.states(&sent), scene.node().waiting()), (vec!["seen".to_owned()], txids(&sent)));
    scene.chain.node.restart(&[]);
    assert_eq!(scene.states(&sent), ["seen"]);
    assert_eq!(scene.node().waiting(), txids(&sent));
    // It forgets what waited.
    scene.chain.node.restart(&["-persistmempool=0"]);
    scene.chain.node.restart(&["-persistmempool=0"]);
    assert_eq!(scene.node().waiting(), []);
    assert_eq!(scene.states(&sent), ["submitted"]);
    scene.broadcast(&sent);
    assert_eq!((scene.states(&sent), scene.node().waiting()), (vec!["seen".to_owned()], txids(&sent)));
    for state in ["confirmed", "confirmed", "final"] {
        scene.mine(1);
        scene.chain.node.restart(&[]);
        assert_eq!(scene.states(&sent), [state]);
    }
}

/// A payment in a block that is taken out of the chain, waits, and comes again in another.
fn is_reorganized(options: &[&str]) {
    let Some(scene) = deep(options) else { return };
    let sent = scene.signed(&PAY);
    scene.broadcast(&sent);
    scene.mine(1);
    assert_eq!(scene.states(&sent), ["confirmed"]);
    scene.node().invalidate(1);
    scene.follow();
    assert_eq!(scene.states(&sent), ["seen"], "it waits again");
    // The other chain is longer and holds it not.
    for _ in 0..2 {
        scene.node().mine_only(&[], PAYEE);
    }
    scene.follow();
    assert_eq!((scene.states(&sent), scene.node().waiting()), (vec!["seen".to_owned()], txids(&sent)));
    for state in ["confirmed", "confirmed", "final"] {
        scene.mine(1);
        assert_eq!(scene.states(&sent), [state]);
    }
    // Final, and taken back by a reorganization that is deeper than what was waited for.
    scene.node().invalidate(3);
    scene.node().mine_only(&[], PAYEE);
    scene.follow();
    let told = text(&scene.machine.run(&["status"]).stdout);
    assert!(told.contains("reorganization removed that block"), "{told}");
    assert_eq!(scene.states(&sent), ["seen"]);
    scene.mine(3);
    assert_eq!(scene.states(&sent), ["final"]);
}

#[test]
fn a_reorganization_takes_confirmations_back_and_loses_nothing() {
    is_reorganized(&[]);
}

#[test]
fn a_reorganization_is_seen_through_an_index_of_transactions_too() {
    is_reorganized(&["-txindex=1"]);
}

#[test]
fn a_rival_in_another_block_is_an_alarm_and_ends_on_a_persons_word() {
    let Some(scene) = Scene::open(&[]) else { return };
    let sent = scene.signed(&PAY);
    let rival = scene.signed(&["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.2"]);
    scene.broadcast(&sent);
    scene.mine(1);
    assert_eq!(scene.states(&sent), ["final"]);
    scene.node().invalidate(1);
    scene.node().mine_only(&[&rival.transactions()[0]], PAYEE);
    scene.follow();
    let told = text(&scene.machine.run(&["status"]).stdout);
    assert!(
        told.contains("ALARM") && told.contains("6 blocks deep") && !told.contains("--give-up"),
        "{told}"
    );
    assert_eq!(scene.states(&sent), ["submitted"]);
    scene.mine(5);
    let told = text(&scene.machine.run(&["status"]).stdout);
    assert!(told.contains("ALARM") && told.contains("--give-up 1"), "{told}");
    let said = scene.refused(&sent);
    assert!(said.contains("E-BCST-008"), "{said}");
    let id = sent.bundle.id().to_string();
    scene.machine.json(&["broadcast", &id, "--give-up", "1", "--because", "the other one paid them"]);
    assert_eq!(scene.states(&sent), ["failed"]);
    // The rival itself is known as being in the chain, though nobody submitted it from here.
    scene.broadcast(&rival);
    assert_eq!(scene.states(&rival), ["final"]);
}

#[test]
fn what_is_in_the_chain_already_is_final_without_being_sent_again() {
    for restart in [false, true] {
        let Some(mut scene) = Scene::open(&[]) else { return };
        let sent = scene.signed(&PAY);
        scene.chain.send(&sent.transactions()[0]);
        scene.mine(1);
        if restart {
            scene.chain.node.restart(&[]);
        }
        scene.broadcast(&sent);
        assert_eq!(scene.states(&sent), ["final"], "restarted: {restart}");
    }
}

#[test]
fn a_coin_that_is_gone_and_a_fee_below_the_nodes_floor_send_nothing() {
    let Some(scene) = Scene::open(&["-minrelaytxfee=0.0001"]) else { return };
    let poor = scene.signed(&PAY);
    let said = scene.refused(&poor);
    assert!(said.contains("E-BTC-023") && said.contains("min relay fee not met"), "{said}");
    assert_eq!((scene.states(&poor), scene.node().waiting()), (vec!["signed".to_owned()], vec![]));
    eprintln!("{}", said.trim());

    let Some(scene) = Scene::open(&[]) else { return };
    let sent = scene.signed(&PAY);
    let other = scene.signed(&["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.3"]);
    scene.chain.send(&other.transactions()[0]);
    scene.mine(1);
    let said = scene.refused(&sent);
    assert!(said.contains("E-BTC-020"), "{said}");
    eprintln!("{}", said.trim());
    assert_eq!((scene.states(&sent), scene.node().waiting()), (vec!["signed".to_owned()], vec![]));
}

#[test]
fn a_pair_that_was_evicted_goes_out_as_a_package_again() {
    let Some(mut scene) = Scene::open(&[]) else { return };
    let command =
        ["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "1", "--encoding", "taproot"];
    let sent = scene.signed(&command);
    assert_eq!(sent.transactions().len(), 2);
    scene.broadcast(&sent);
    scene.chain.node.restart(&["-persistmempool=0"]);
    scene.chain.node.restart(&["-persistmempool=0"]);
    assert_eq!(scene.states(&sent), ["submitted", "submitted"]);
    let output =
        scene.machine.run(&["--trace", "broadcast", &sent.bundle.id().to_string(), "--wait", "seen"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("submitpackage"), "{said}");
    assert_eq!(scene.states(&sent), ["seen", "seen"]);
    // The first leg alone is mined, the second is lost.
    scene.node().mine_only(&[&sent.transactions()[0]], PAYEE);
    scene.chain.node.restart(&["-persistmempool=0"]);
    scene.follow();
    assert_eq!(scene.states(&sent), ["final", "submitted"]);
    scene.broadcast(&sent);
    scene.mine(1);
    assert_eq!(scene.states(&sent), ["final", "final"]);
    assert_eq!(scene.node().call("getrawmempool", json!([])), json!([]));
}

/// What waits gives way to a dearer bundle of the same coins, and not the other way round.
fn is_replaced(first: &[&str], second: &[&str]) {
    let Some(scene) = Scene::open(&[]) else { return };
    let first = scene.signed(first);
    let dearer = scene.signed_for("9", second);
    scene.broadcast(&first);
    scene.broadcast(&dearer);
    let waiting = |sent: &Sent| txids(sent).iter().all(|txid| scene.node().waiting().contains(txid));
    assert_eq!(scene.node().waiting().len(), dearer.transactions().len());
    assert!(waiting(&dearer) && !waiting(&first));
    scene.mine(1);
    assert!(scene.states(&dearer).iter().all(|state| state == "final"), "{:?}", scene.states(&dearer));
}

#[test]
fn a_waiting_payment_gives_way_to_a_dearer_one() {
    is_replaced(&PAY, &["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.2"]);
}

#[test]
fn a_waiting_pair_gives_way_to_a_dearer_one() {
    let pair = |amount| {
        ["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", amount, "--encoding", "taproot"]
    };
    is_replaced(&pair("1"), &pair("2"));
}
