//! Lies about what is spent, and about whose it is.

use airlock::account::ScriptKind;
use airlock::bundle::Contents;
use airlock::network::BitcoinNetwork::Regtest;
use airlock::review::refusals::{
    ALREADY_SIGNED, FOREIGN_INPUT, FORM, INPUT_FIELDS, NO_PREVIOUS, PREVIOUS_LIE, SIGHASH, SUMS,
    UNKNOWN_FIELDS,
};
use airlock_tests::forge::{
    add_input, address, coin, outpoint, output, pays, prove, psbt, refused, stranger, stranger_key, unsigned,
};
use bitcoin::psbt::{Input, PsbtSighashType, raw};
use bitcoin::{Amount, ScriptBuf, Transaction, TxIn, TxOut, Witness};
use proptest::prelude::*;

use crate::{VAULT, attack};

const ALL_KINDS: [&str; 4] = ["cold", "old", "nested", "tap"];

fn spent(input: &Input) -> TxOut {
    input.non_witness_utxo.as_ref().unwrap().output[0].clone()
}

#[test]
fn refuses_amount_lie_with_and_without_prevtx() {
    for name in ALL_KINDS {
        let honest = VAULT.payment(name);
        attack(&honest, &PREVIOUS_LIE, |contents| {
            let input = &mut psbt(contents, 0).inputs[0];
            input.witness_utxo = Some(TxOut { value: Amount::from_sat(1_000_000), ..spent(input) });
        });
        attack(&honest, &PREVIOUS_LIE, |contents| {
            let input = &mut psbt(contents, 0).inputs[0];
            input.witness_utxo =
                Some(TxOut { script_pubkey: stranger(ScriptKind::Wpkh, Regtest), ..spent(input) });
        });
    }
    for name in ["cold", "old", "nested"] {
        attack(&VAULT.payment(name), &NO_PREVIOUS, |contents| {
            let input = &mut psbt(contents, 0).inputs[0];
            input.witness_utxo = Some(spent(input));
            input.non_witness_utxo = None;
        });
    }
}

#[test]
fn refuses_to_call_a_segwit_v0_output_taproot_to_hide_its_amount() {
    let taproot = VAULT.account("tap").script_pubkey(0, 0).unwrap();
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| {
        let input = &mut psbt(contents, 0).inputs[0];
        input.non_witness_utxo = None;
        input.witness_utxo = Some(output(taproot.clone(), 1_000_000));
    });
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| {
        let account = VAULT.account("tap");
        let key = account.public_key(0, 0).unwrap();
        let origin = (account.origin().0, account.full_path(0, 0).unwrap());
        let input = &mut psbt(contents, 0).inputs[0];
        input.non_witness_utxo = None;
        input.witness_utxo = Some(output(taproot, 1_000_000));
        input.tap_key_origins.insert(key.inner.into(), (vec![], origin));
    });
}

/// Two coins of one address; each session proves one and lies about the other.
#[test]
fn refuses_two_halves_of_an_amount_lie() {
    let account = VAULT.account("cold");
    let other = coin(account, 1, 500_000, 2);
    let mut honest = VAULT.payment("cold");
    let both = psbt(&mut honest, 0);
    add_input(both, outpoint(&other, 0));
    prove(both, 1, &other, account, 1);
    both.unsigned_tx.output[1].value = Amount::from_sat(539_000);
    for half in 0..2 {
        attack(&honest, &NO_PREVIOUS, |contents| {
            let psbt = psbt(contents, 0);
            let input = &mut psbt.inputs[half];
            let (claimed, true_value) = (Amount::from_sat(50_000), spent(input).value);
            input.witness_utxo = Some(TxOut { value: claimed, ..spent(input) });
            input.non_witness_utxo = None;
            // The change is less by what is hidden: all sums fit, and the fee that is shown is the honest one.
            psbt.unsigned_tx.output[1].value -= true_value - claimed;
        });
    }
}

#[test]
fn refuses_prevtx_with_other_txid() {
    for name in ALL_KINDS {
        let honest = VAULT.payment(name);
        for sat in [100_000, 5_000_000] {
            attack(&honest, &PREVIOUS_LIE, |contents| {
                let other = coin(VAULT.account(name), 0, sat, 9);
                psbt(contents, 0).inputs[0].non_witness_utxo = Some(other);
            });
        }
        attack(&honest, &PREVIOUS_LIE, |contents| {
            psbt(contents, 0).unsigned_tx.input[0].previous_output.vout = 1;
        });
        attack(&honest, &PREVIOUS_LIE, |contents| {
            psbt(contents, 0).unsigned_tx.input[0].previous_output.vout = u32::MAX;
        });
    }
}

#[test]
fn refuses_every_other_sighash() {
    for (name, allowed) in [("cold", &[1][..]), ("old", &[1]), ("nested", &[1]), ("tap", &[0, 1])] {
        let honest = VAULT.payment(name);
        for value in (0..=255u32).chain([256, 257, 0x0100_0001, u32::MAX]) {
            let mut forged = honest.clone();
            psbt(&mut forged, 0).inputs[0].sighash_type = Some(PsbtSighashType::from_u32(value));
            let signed = VAULT.sign(&forged);
            match allowed.contains(&value) {
                true => assert!(signed.is_ok(), "{name}: {value}"),
                false => refused(signed, &SIGHASH),
            }
        }
    }
}

#[test]
fn refuses_every_other_sighash_of_a_reveal_and_of_a_second_input() {
    let honest = VAULT.taproot_send("cold", "order 7", 0);
    for value in [2, 3, 0x81, 0x82, 0x83, 0x84, 0xff] {
        attack(&honest, &SIGHASH, |contents| {
            psbt(contents, 1).inputs[0].sighash_type = Some(PsbtSighashType::from_u32(value));
        });
        let account = VAULT.account("cold");
        let other = coin(account, 1, 500_000, 2);
        let mut two = VAULT.payment("cold");
        add_input(psbt(&mut two, 0), outpoint(&other, 0));
        prove(psbt(&mut two, 0), 1, &other, account, 1);
        psbt(&mut two, 0).unsigned_tx.output[1].value = Amount::from_sat(539_000);
        attack(&two, &SIGHASH, |contents| {
            psbt(contents, 0).inputs[1].sighash_type = Some(PsbtSighashType::from_u32(value));
        });
    }
}

/// A coin of a stranger, with everything a signer of his would need.
fn foreign_coin() -> Transaction {
    Transaction {
        output: vec![output(stranger(ScriptKind::Wpkh, Regtest), 200_000)],
        ..coin(VAULT.account("cold"), 0, 1, 3)
    }
}

#[test]
fn refuses_an_input_that_is_not_ours() {
    let foreign = foreign_coin();
    for first in [false, true] {
        let honest = VAULT.payment("cold");
        attack(&honest, &FOREIGN_INPUT, |contents| {
            let psbt = psbt(contents, 0);
            add_input(psbt, outpoint(&foreign, 0));
            psbt.inputs[1].non_witness_utxo = Some(foreign.clone());
            psbt.unsigned_tx.output[1].value = Amount::from_sat(239_000);
            if first {
                psbt.inputs.swap(0, 1);
                psbt.unsigned_tx.input.swap(0, 1);
            }
        });
        let mut bare = VAULT.payment("cold");
        let bare = psbt(&mut bare, 0);
        assert!(VAULT.sign_psbt(bare).is_ok());
        add_input(bare, outpoint(&foreign, 0));
        bare.inputs[1].non_witness_utxo = Some(foreign.clone());
        bare.unsigned_tx.output[1].value = Amount::from_sat(239_000);
        refused(VAULT.sign_psbt(bare), &FOREIGN_INPUT);
    }
}

#[test]
fn refuses_our_origin_on_a_foreign_script() {
    let account = VAULT.account("cold");
    let foreign = foreign_coin();
    let forge = |psbt: &mut bitcoin::Psbt| {
        psbt.unsigned_tx.input[0].previous_output = outpoint(&foreign, 0);
        psbt.inputs[0] = Input::default();
        prove(psbt, 0, &foreign, account, 0);
    };
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| forge(psbt(contents, 0)));
    // Our key's hash inside a script that another key opens too.
    let wrapped = ScriptBuf::new_p2wsh(&account.script_pubkey(0, 0).unwrap().wscript_hash());
    let wrapped = Transaction { output: vec![output(wrapped, 100_000)], ..foreign_coin() };
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| {
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.input[0].previous_output = outpoint(&wrapped, 0);
        psbt.inputs[0] = Input::default();
        prove(psbt, 0, &wrapped, account, 0);
    });
    // The true script under the path of another address.
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| {
        let input = &mut psbt(contents, 0).inputs[0];
        let key = account.public_key(0, 0).unwrap();
        let origin = (account.origin().0, account.full_path(0, 1).unwrap());
        input.bip32_derivation.insert(key.inner, origin);
    });
    // Under another master key.
    attack(&VAULT.payment("cold"), &FOREIGN_INPUT, |contents| {
        let input = &mut psbt(contents, 0).inputs[0];
        let key = account.public_key(0, 0).unwrap();
        input.bip32_derivation.insert(key.inner, ([1; 4].into(), account.full_path(0, 0).unwrap()));
    });
}

#[test]
fn refuses_to_spend_from_another_account_than_the_step_or_the_request_names() {
    let honest = VAULT.payment("cold");
    attack(&honest, &FOREIGN_INPUT, |contents| {
        contents.steps[0].account = VAULT.account("store").checksum().to_owned();
    });
    attack(&honest, &FOREIGN_INPUT, |contents| {
        contents.steps[0].account = VAULT.account("main").checksum().to_owned();
    });
    attack(&honest, &airlock::review::refusals::REQUEST_DIFFERS, |contents| {
        *contents = VAULT.payment("store");
        contents.requests[0].from = "cold".parse().unwrap();
    });
    // Coins of two accounts in one transaction.
    let other = coin(VAULT.account("store"), 0, 100_000, 5);
    attack(&honest, &FOREIGN_INPUT, |contents| {
        let psbt = psbt(contents, 0);
        add_input(psbt, outpoint(&other, 0));
        prove(psbt, 1, &other, VAULT.account("store"), 0);
        psbt.unsigned_tx.output[1].value = Amount::from_sat(139_000);
    });
    // An account of another network with the same words.
    attack(&honest, &FOREIGN_INPUT, |contents| {
        contents.networks.bitcoin = Some(airlock::network::BitcoinNetwork::Mainnet);
        contents.steps[0].account = VAULT.account("main").checksum().to_owned();
        let previous = coin(VAULT.account("main"), 0, 100_000, 1);
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.input[0].previous_output = outpoint(&previous, 0);
        psbt.inputs[0] = Input::default();
        prove(psbt, 0, &previous, VAULT.account("main"), 0);
        contents.steps[0].account = VAULT.account("cold").checksum().to_owned();
    });
}

#[test]
fn refuses_a_finalized_input() {
    let honest = VAULT.payment("cold");
    let key = VAULT.account("cold").public_key(0, 0).unwrap();
    let signature =
        bitcoin::ecdsa::Signature::from_slice(&[&[0x30, 6, 2, 1, 1, 2, 1, 1][..], &[1]].concat()).unwrap();
    attack(&honest, &ALREADY_SIGNED, |contents| {
        psbt(contents, 0).inputs[0].final_script_witness = Some(Witness::from_slice(&[[1; 71]]));
    });
    attack(&honest, &ALREADY_SIGNED, |contents| {
        psbt(contents, 0).inputs[0].final_script_sig = Some(ScriptBuf::from_bytes(vec![0x51]));
    });
    attack(&honest, &ALREADY_SIGNED, |contents| {
        psbt(contents, 0).inputs[0].partial_sigs.insert(key, signature);
    });
    attack(&honest, &ALREADY_SIGNED, |contents| {
        let key = bitcoin::PublicKey::new(stranger_key().0);
        psbt(contents, 0).inputs[0].partial_sigs.insert(key, signature);
    });
}

#[test]
fn refuses_fields_that_nobody_knows() {
    let honest = VAULT.payment("cold");
    let pair = || (raw::Key { type_value: 0xf0, key: vec![1] }, vec![2]);
    attack(&honest, &INPUT_FIELDS, |contents| {
        psbt(contents, 0).inputs[0].unknown.extend([pair()]);
    });
    attack(&honest, &INPUT_FIELDS, |contents| {
        psbt(contents, 0).inputs[0].witness_script = Some(ScriptBuf::from_bytes(vec![0x51]));
    });
    attack(&honest, &UNKNOWN_FIELDS, |contents| {
        psbt(contents, 0).unknown.extend([pair()]);
    });
    attack(&honest, &UNKNOWN_FIELDS, |contents| {
        psbt(contents, 0).outputs[0].unknown.extend([pair()]);
    });
    let mut bare = honest.clone();
    psbt(&mut bare, 0).outputs[1].unknown.extend([pair()]);
    let shown = VAULT.review_psbt(psbt(&mut bare, 0)).unwrap().screen().join("\n");
    assert!(shown.contains("W-UNKNOWN-FIELDS") && shown.contains("output 1"), "{shown}");
    psbt(&mut bare, 0).inputs[0].unknown.extend([pair()]);
    refused(VAULT.sign_psbt(psbt(&mut bare, 0)), &INPUT_FIELDS);
}

#[test]
fn refuses_duplicate_outpoint() {
    attack(&VAULT.payment("cold"), &FORM, |contents| {
        let psbt = psbt(contents, 0);
        psbt.inputs.push(psbt.inputs[0].clone());
        psbt.unsigned_tx.input.push(TxIn { ..psbt.unsigned_tx.input[0].clone() });
        psbt.unsigned_tx.output[1].value = Amount::from_sat(139_000);
    });
}

#[test]
fn refuses_sums_that_cannot_be() {
    let honest = VAULT.payment("cold");
    for sat in [40_001, 2_100_000_000_000_000, u64::MAX - 60_000, u64::MAX] {
        attack(&honest, &SUMS, |contents| {
            psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(sat);
        });
    }
}

/// One proved coin and one payment of any value beside change of any value: what is accepted adds up in 128 bits.
fn spends(coins: &[u64], paid: &[u64]) -> Contents {
    let account = VAULT.account("cold");
    let mut psbt =
        unsigned(&[], paid.iter().map(|sat| output(stranger(ScriptKind::Wpkh, Regtest), *sat)).collect());
    for (index, sat) in coins.iter().enumerate() {
        let at = u32::try_from(index).unwrap();
        let previous = coin(account, at, *sat, 40 + at);
        add_input(&mut psbt, outpoint(&previous, 0));
        prove(&mut psbt, index, &previous, account, at);
    }
    let to = address(&stranger(ScriptKind::Wpkh, Regtest), Regtest);
    let texts: Vec<String> =
        paid.iter().map(|sat| format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000)).collect();
    let payees: Vec<(String, &str)> = texts.iter().map(|text| (to.clone(), text.as_str())).collect();
    VAULT.bundle("cold", pays(&payees), vec![VAULT.step("cold", psbt)])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn sums_never_wrap(
        coins in prop::collection::vec(prop_oneof![100_000u64..200_000, any::<u64>(), Just(u64::MAX)], 1..4),
        paid in prop::collection::vec(prop_oneof![90_000u64..110_000, any::<u64>(), Just(1u64 << 63)], 1..4),
    ) {
        const ALL_BITCOIN: u128 = 2_100_000_000_000_000;
        let sum = |values: &[u64]| values.iter().map(|value| u128::from(*value)).sum::<u128>();
        let (into, out) = (sum(&coins), sum(&paid));
        let can_be = into <= ALL_BITCOIN && out <= into;
        match VAULT.review(&spends(&coins, &paid)) {
            Ok(review) => {
                prop_assert!(can_be, "{coins:?} pay {paid:?}");
                let fee = format!("{} sat", into - out);
                prop_assert!(review.screen().iter().any(|line| line.replace(',', "").contains(&fee)), "{fee}");
            }
            Err(error) if error.code().id == SUMS.id => prop_assert!(!can_be, "{coins:?} pay {paid:?}: {error}"),
            Err(_) => {}
        }
    }
}

#[test]
fn sums_that_can_be_are_shown() {
    let review = VAULT.review(&spends(&[150_000, 160_000], &[100_000, 110_000, 99_000])).unwrap();
    assert!(review.screen().iter().any(|line| line.contains("1,000 sat") || line.contains("1000 sat")));
    refused(VAULT.review(&spends(&[u64::MAX, 160_000], &[100_000])), &SUMS);
    refused(VAULT.review(&spends(&[1 << 63, 1 << 63], &[100_000])), &SUMS);
    refused(VAULT.review(&spends(&[160_000], &[u64::MAX, 100_000])), &SUMS);
}
