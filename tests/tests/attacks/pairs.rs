//! Commit and reveal, first transaction and data: what is approved together must be signed together.

use airlock::bundle::template::OTHER_PARENT;
use airlock::counterparty::carrier::{p2sh, taproot};
use airlock::network::BitcoinNetwork::Regtest;
use airlock::review::refusals::{DATA_KEY, FOREIGN_DATA, FOREIGN_INPUT, LINKS, NOT_READ, PREVIOUS_LIE};
use airlock_tests::forge::{
    add_output, address, back, coin, outpoint, output, pays, prove, psbt, refused, request, stranger,
    stranger_key,
};
use airlock_tests::permits::permission;
use bitcoin::taproot::{ControlBlock, LeafVersion};
use bitcoin::{Amount, Psbt, ScriptBuf};

use crate::{VAULT, attack};

const SOURCES: [&str; 4] = ["store", "old", "nested", "tap"];

#[test]
fn refuses_a_reveal_key_at_another_index() {
    for name in SOURCES {
        let honest = VAULT.taproot_send(name, "order 7", 0);
        for shift in [1, 2, 0x4000_0000] {
            attack(&honest, &DATA_KEY, |contents| {
                *contents = VAULT.taproot_send(name, "order 7", shift);
            });
        }
    }
}

/// Replaces the leaf: commit output, control block and script fit together, but not with our key.
fn committed_to(data: &[u8], key: &[u8; 32], commit: &mut Psbt) -> taproot::Envelope {
    let envelope = taproot::encode(data, key).unwrap();
    commit.unsigned_tx.output[0].script_pubkey = envelope.commit_script.clone();
    envelope
}

#[test]
fn refuses_a_commit_to_a_strangers_key() {
    let key = stranger_key().0.x_only_public_key().0.serialize();
    attack(&VAULT.taproot_send("store", "order 7", 0), &DATA_KEY, |contents| {
        let data = VAULT.send_bytes("store", "order 7");
        let envelope = committed_to(&data, &key, psbt(contents, 0));
        let txid = psbt(contents, 0).unsigned_tx.compute_txid();
        let reveal = psbt(contents, 1);
        reveal.unsigned_tx.input[0].previous_output.txid = txid;
        let input = &mut reveal.inputs[0];
        input.witness_utxo = Some(output(envelope.commit_script, 1_000));
        input.tap_internal_key = None;
        input.tap_scripts.clear();
        let control = ControlBlock::decode(&envelope.control_block).unwrap();
        input.tap_scripts.insert(control, (envelope.script, LeafVersion::TapScript));
    });
}

#[test]
fn refuses_another_leaf_than_the_committed_one() {
    let honest = VAULT.taproot_send("store", "order 7", 0);
    let other = VAULT.taproot_send("store", "order 8", 0);
    attack(&honest, &DATA_KEY, |contents| {
        let scripts = psbt(&mut other.clone(), 1).inputs[0].tap_scripts.clone();
        psbt(contents, 1).inputs[0].tap_scripts = scripts;
    });
    // Two leaves, one of them ours.
    attack(&honest, &airlock::review::refusals::INPUT_FIELDS, |contents| {
        let input = &mut psbt(contents, 1).inputs[0];
        let (control, leaf) = input.tap_scripts.first_key_value().unwrap();
        let (mut second, leaf) = (control.clone(), leaf.clone());
        second.output_key_parity =
            bitcoin::key::Parity::from_u8(second.output_key_parity.to_u8() ^ 1).unwrap();
        input.tap_scripts.insert(second, leaf);
    });
}

#[test]
fn refuses_a_commit_without_its_reveal() {
    let honest = VAULT.taproot_send("store", "order 7", 0);
    VAULT.sign(&honest).unwrap();
    let mut forged = honest.clone();
    forged.steps.pop();
    assert!(VAULT.sign(&forged).is_err());
    // The reveal alone, of a commit that was made before.
    let mut forged = honest.clone();
    let commit = psbt(&mut forged, 0).unsigned_tx.clone();
    forged.steps.remove(0);
    forged.steps[0].links.clear();
    forged.steps[0].after.clear();
    psbt(&mut forged, 0).inputs[0].non_witness_utxo = Some(commit);
    refused(VAULT.sign(&forged), &FOREIGN_INPUT);
    // A reveal that hides from which step it spends.
    attack(&honest, &LINKS, |contents| contents.steps[1].links.clear());
}

#[test]
fn refuses_a_reveal_that_pays_somebody() {
    let to = stranger(airlock::account::ScriptKind::Wpkh, Regtest);
    for name in SOURCES {
        attack(&VAULT.taproot_send(name, "order 7", 0), &FOREIGN_DATA, |contents| {
            add_output(psbt(contents, 1), output(to.clone(), 500));
        });
    }
}

/// The parent's output is not the one that the child's fields say it spends.
#[test]
fn refuses_a_template_child_whose_parent_differs() {
    for name in SOURCES {
        let honest = VAULT.taproot_send(name, "order 7", 0);
        // Another parent than the outpoint names.
        attack(&honest, &LINKS, |contents| {
            psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(97_999);
        });
        attack(&honest, &LINKS, |contents| contents.steps[1].links[0].vout = 1);
        // Another amount than the parent's output has.
        attack(&honest, &PREVIOUS_LIE, |contents| {
            let utxo = psbt(contents, 1).inputs[0].witness_utxo.as_mut().unwrap();
            utxo.value = Amount::from_sat(900);
        });
        // A parent with the same txid that pays more, as the child claims in its own copy.
        attack(&honest, &PREVIOUS_LIE, |contents| {
            let mut other = psbt(contents, 0).unsigned_tx.clone();
            other.output[0].value = Amount::from_sat(2_000);
            psbt(contents, 1).inputs[0].non_witness_utxo = Some(other);
        });
    }
}

/// Template and final form differ: the message under the parent's final txid is another than under the template's. A
/// payment from a legacy address, and a send that spends its change: the first review sees nothing wrong.
#[test]
fn refuses_a_legacy_chain_whose_message_changes_when_it_is_filled_in() {
    let chained = |name: &str| {
        let account = VAULT.account(name);
        let to = stranger(airlock::account::ScriptKind::Wpkh, Regtest);
        let first = VAULT.spending(name, vec![output(to.clone(), 60_000), back(account, 39_000)]);
        let parent = first.unsigned_tx.clone();
        let data = VAULT.send_bytes(name, "order 7");
        let data =
            airlock::counterparty::carrier::opreturn::encode(&data, &parent.compute_txid(), 80).unwrap();
        let mut child =
            airlock_tests::forge::unsigned(&[outpoint(&parent, 1)], vec![data, back(account, 38_000)]);
        prove(&mut child, 0, &parent, account, 0);
        let mut contents = VAULT.send(name, "order 7");
        contents.requests.insert(0, request(name, pays(&[(address(&to, Regtest), "0.0006")])));
        let links = vec![airlock::bundle::Link { input: 0, step: 0, vout: 1 }];
        contents.steps = vec![
            VAULT.step(name, first),
            airlock::bundle::Step { request: 1, after: vec![0], links, ..VAULT.step(name, child) },
        ];
        contents
    };
    // From segwit the txid is known before signing, and nothing changes.
    assert_eq!(VAULT.sign(&chained("store")).unwrap().contents().steps.len(), 2);
    let legacy = chained("old");
    assert!(VAULT.review(&legacy).is_ok());
    refused(VAULT.sign(&legacy), &FOREIGN_DATA);
}

#[test]
fn refuses_a_p2sh_pair_where_the_ledger_ignores_it() {
    let honest = VAULT.p2sh_send("test", "order 7", 84_000);
    attack(&honest, &NOT_READ, |contents| {
        *contents = VAULT.p2sh_send("test", "order 7", 84_999);
    });
    for height in [901_999, 902_000, 950_000] {
        refused(VAULT.sign(&VAULT.p2sh_send("main", "order 7", height)), &NOT_READ);
    }
    // The regtest ledger reads none either.
    refused(VAULT.sign(&VAULT.p2sh_send("old", "order 7", 100)), &NOT_READ);
}

#[test]
fn refuses_redeem_scripts_that_are_not_ours() {
    let honest = VAULT.p2sh_send("test", "order 7", 84_000);
    // The second transaction shows another redeem script than the first one pays to.
    attack(&honest, &PREVIOUS_LIE, |contents| {
        let rules = airlock::counterparty::rules::Rules::at(VAULT.account("test").network(), 84_001);
        let data = VAULT.send_bytes_under(&rules, "order 8");
        let key = VAULT.account("test").public_key(0, 0).unwrap().to_bytes();
        psbt(contents, 1).inputs[0].redeem_script =
            Some(p2sh::redeem_scripts(&data, &key, 0).unwrap()[0].clone());
    });
    // A stranger's key, in both.
    attack(&honest, &DATA_KEY, |contents| {
        let rules = airlock::counterparty::rules::Rules::at(VAULT.account("test").network(), 84_001);
        let data = VAULT.send_bytes_under(&rules, "order 7");
        let redeem = p2sh::redeem_scripts(&data, &stranger_key().to_bytes(), 0).unwrap()[0].clone();
        psbt(contents, 0).unsigned_tx.output[0].script_pubkey = ScriptBuf::new_p2sh(&redeem.script_hash());
        let parent = psbt(contents, 0).unsigned_tx.clone();
        let second = psbt(contents, 1);
        second.unsigned_tx.input[0].previous_output = outpoint(&parent, 0);
        second.inputs[0].non_witness_utxo = Some(parent);
        second.inputs[0].redeem_script = Some(redeem);
    });
    // Payments in the second transaction.
    attack(&honest, &FOREIGN_DATA, |contents| {
        let to = stranger(airlock::account::ScriptKind::Pkh, VAULT.account("test").network());
        add_output(psbt(contents, 1), output(to, 600));
    });
}

#[test]
fn a_child_is_never_signed_for_a_parent_that_is_not_the_approved_one() {
    for name in ["store", "old"] {
        let contents = VAULT.taproot_send(name, "order 7", 0);
        let review = VAULT.review(&contents).unwrap();
        let text = review.approval_text().to_owned();
        let permission = permission(&review).unwrap();
        let approved = review.approve(&text, permission).unwrap();
        let mut honest = psbt(&mut contents.clone(), 0).unsigned_tx.clone();
        assert!(approved.complete(1, &[Some(honest.clone()), None]).is_ok());
        let other = coin(VAULT.account(name), 0, 1_000, 2);
        refused(approved.complete(1, &[Some(other), None]), &OTHER_PARENT);
        honest.output[1].script_pubkey = stranger(airlock::account::ScriptKind::Wpkh, Regtest);
        refused(approved.complete(1, &[Some(honest), None]), &airlock::review::refusals::TEMPLATE_DIFFERS);
    }
}
