//! Money that goes elsewhere than it seems.

use airlock::account::ScriptKind;
use airlock::network::BitcoinNetwork::Regtest;
use airlock::review::Effect;
use airlock::review::refusals::{
    DUST, FEE, FOREIGN_DATA, FORM, MESSAGE_REFUSED, OUTPUT_KIND, REQUEST_DIFFERS,
};
use airlock_tests::forge::{add_output, address, back, change, claim, output, pays, psbt, stranger};
use bitcoin::absolute::LockTime;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Sequence};

use crate::{VAULT, attack, attack_any, screen};

#[test]
fn refuses_bytes_that_do_not_match_the_request() {
    let honest = VAULT.payment("cold");
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].script_pubkey = stranger(ScriptKind::Pkh, Regtest);
    });
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].value = Amount::from_sat(60_001);
    });
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(30_000);
        add_output(psbt(contents, 0), output(stranger(ScriptKind::Wpkh, Regtest), 9_000));
    });
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.output.remove(0);
        psbt.outputs.remove(0);
        psbt.unsigned_tx.output[0].value = Amount::from_sat(99_000);
    });
    // The same total to the same address, in two payments.
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].value = Amount::from_sat(30_000);
        add_output(psbt(contents, 0), output(stranger(ScriptKind::Wpkh, Regtest), 30_000));
    });
}

#[test]
fn shows_the_address_found_in_the_script() {
    let honest = VAULT.payment("cold");
    let asked = address(&stranger(ScriptKind::Wpkh, Regtest), Regtest);
    assert!(screen(&honest).contains(&asked));
    // A thief who changes the request too is shown his own address.
    let script = stranger(ScriptKind::Pkh, Regtest);
    let thief = address(&script, Regtest);
    let mut forged = honest;
    forged.requests[0].intent = pays(&[(thief.clone(), "0.0006")]);
    psbt(&mut forged, 0).unsigned_tx.output[0].script_pubkey = script;
    let shown = screen(&forged);
    assert!(shown.contains(&thief) && !shown.contains(&asked), "{shown}");
    let groups: Vec<String> =
        thief.as_bytes().chunks(4).map(|group| String::from_utf8(group.to_vec()).unwrap()).collect();
    assert!(shown.contains(&groups.join(" ")), "{shown}");
}

/// Two payments in one bare PSBT: where no request tells them apart, change that is not ours is one of them.
fn payments_of(psbt: &bitcoin::Psbt) -> Vec<(String, u64)> {
    let review = VAULT.review_psbt(psbt).unwrap();
    review
        .effects()
        .into_iter()
        .map(|effect| match effect {
            Effect::PaysBitcoin { to, amount, .. } => (to.clone(), amount.to_sat()),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn change_that_is_not_ours_is_a_payment() {
    let honest = VAULT.payment("cold");
    let mut bare = honest.clone();
    assert_eq!(payments_of(psbt(&mut bare, 0)).len(), 1);
    // The origin of our change address on a stranger's script.
    let script = stranger(ScriptKind::Pkh, Regtest);
    psbt(&mut bare, 0).unsigned_tx.output[1].script_pubkey = script.clone();
    assert!(payments_of(psbt(&mut bare, 0)).contains(&(address(&script, Regtest), 39_000)));
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).unsigned_tx.output[1].script_pubkey = script;
    });
    // Ours, but nothing says where: it cannot be proved and is a payment.
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        psbt(contents, 0).outputs[1].bip32_derivation.clear();
    });
}

#[test]
fn change_of_another_account_is_a_payment() {
    let other = VAULT.account("store");
    let forge = |psbt: &mut bitcoin::Psbt| {
        psbt.unsigned_tx.output[1] = change(other, 39_000);
        psbt.outputs[1] = bitcoin::psbt::Output::default();
        claim(psbt, 1, other, 1, 3);
    };
    let honest = VAULT.payment("cold");
    attack(&honest, &REQUEST_DIFFERS, |contents| forge(psbt(contents, 0)));
    let mut bare = honest;
    forge(psbt(&mut bare, 0));
    let to = other.address(1, 3).unwrap().to_string();
    assert!(payments_of(psbt(&mut bare, 0)).contains(&(to, 39_000)));
}

#[test]
fn far_index_is_a_payment() {
    let account = VAULT.account("cold");
    for (branch, index) in [(1, 10_000), (1, 0x7fff_ffff), (0, 3), (9, 3), (2, 0)] {
        let forge = |psbt: &mut bitcoin::Psbt| {
            psbt.unsigned_tx.output[1].script_pubkey = account.script_pubkey(branch, index).unwrap();
            psbt.outputs[1] = bitcoin::psbt::Output::default();
            claim(psbt, 1, account, branch, index);
        };
        attack(&VAULT.payment("cold"), &REQUEST_DIFFERS, |contents| forge(psbt(contents, 0)));
        let mut bare = VAULT.payment("cold");
        forge(psbt(&mut bare, 0));
        assert_eq!(payments_of(psbt(&mut bare, 0)).len(), 2, "{branch}/{index}");
    }
}

#[test]
fn refuses_fee_over_limit() {
    // More than 1,000 sat/vB; more than a tenth of the payment.
    let honest = VAULT.payment("cold");
    attack(&honest, &FEE, |contents| {
        psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(33_999);
    });
    let mut limit = honest.clone();
    psbt(&mut limit, 0).unsigned_tx.output[1].value = Amount::from_sat(34_000);
    assert!(VAULT.sign(&limit).is_ok());
    let send = VAULT.send("store", "order 7");
    let sized = |psbt: &mut bitcoin::Psbt, sat: u64| {
        let account = VAULT.account("store");
        let coin = airlock_tests::forge::coin(account, 0, 900_000_000, 4);
        psbt.unsigned_tx.input[0].previous_output = airlock_tests::forge::outpoint(&coin, 0);
        airlock_tests::forge::prove(psbt, 0, &coin, account, 0);
        let data = airlock::counterparty::carrier::opreturn::encode(
            &VAULT.send_bytes("store", "order 7"),
            &coin.compute_txid(),
            80,
        );
        psbt.unsigned_tx.output[0] = data.unwrap();
        psbt.unsigned_tx.output[1] = back(account, 900_000_000 - sat);
    };
    attack(&send, &FEE, |contents| sized(psbt(contents, 0), 1_000_001));
    attack(&send, &FEE, |contents| sized(psbt(contents, 0), 300_000));
    let mut below = send;
    sized(psbt(&mut below, 0), 100_000);
    assert!(VAULT.sign(&below).is_ok());
}

/// Where nothing is paid to others the share is of the inputs, and it is shown.
#[test]
fn all_change_fee_uses_inputs() {
    let mut honest = VAULT.send("store", "order 7");
    assert!(!screen(&honest).contains("W-LARGE-FEE"));
    psbt(&mut honest, 0).unsigned_tx.output[1].value = Amount::from_sat(85_000);
    let shown = screen(&honest);
    assert!(shown.contains("W-LARGE-FEE") && shown.contains("15.00 percent of the inputs"), "{shown}");
}

#[test]
fn warns_of_two_changes() {
    let account = VAULT.account("cold");
    let mut honest = VAULT.payment("cold");
    assert!(!screen(&honest).contains("W-TWO-CHANGES"));
    let psbt = psbt(&mut honest, 0);
    psbt.unsigned_tx.output[1].value = Amount::from_sat(20_000);
    add_output(psbt, output(account.script_pubkey(1, 4).unwrap(), 19_000));
    claim(psbt, 2, account, 1, 4);
    assert!(screen(&honest).contains("W-TWO-CHANGES"));
}

#[test]
fn refuses_dust_and_outputs_worth_nothing() {
    for sat in [0, 293] {
        attack(&VAULT.payment("cold"), &DUST, |contents| {
            psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(sat);
        });
    }
}

#[test]
fn shows_locktime_and_rbf() {
    let honest = VAULT.payment("cold");
    let shown = screen(&honest);
    assert!(!shown.contains("may be replaced") && !shown.contains("W-LOCK-HEIGHT"), "{shown}");
    let mut forged = honest.clone();
    psbt(&mut forged, 0).unsigned_tx.input[0].sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
    psbt(&mut forged, 0).unsigned_tx.lock_time = LockTime::from_height(900_001).unwrap();
    let shown = screen(&forged);
    assert!(shown.contains("may be replaced") && shown.contains("W-LOCK-HEIGHT"), "{shown}");
    assert!(shown.contains("900001") || shown.contains("900,001"), "{shown}");
    attack(&honest, &FORM, |contents| {
        psbt(contents, 0).unsigned_tx.lock_time = LockTime::from_consensus(1_800_000_000);
    });
    attack(&honest, &FORM, |contents| {
        psbt(contents, 0).unsigned_tx.input[0].sequence = Sequence::from_height(10);
    });
    for version in [0, 3, -1] {
        attack(&honest, &FORM, |contents| psbt(contents, 0).unsigned_tx.version = Version(version));
    }
}

/// counterparty.md 6.6.
#[test]
fn an_account_that_may_hold_assets_pays_no_foreign_scripts() {
    let p2wsh = ScriptBuf::new_p2wsh(&ScriptBuf::from_bytes(vec![0x51]).wscript_hash());
    let foreign = [stranger(ScriptKind::Tr, Regtest), stranger(ScriptKind::ShWpkh, Regtest), p2wsh];
    for name in ["store", "old", "nested", "tap"] {
        for script in &foreign {
            attack(&VAULT.payment(name), &OUTPUT_KIND, |contents| {
                contents.requests[0].intent = pays(&[(address(script, Regtest), "0.0006")]);
                psbt(contents, 0).unsigned_tx.output[0].script_pubkey = script.clone();
            });
        }
    }
    for script in &foreign {
        let mut allowed = VAULT.payment("cold");
        allowed.requests[0].intent = pays(&[(address(script, Regtest), "0.0006")]);
        psbt(&mut allowed, 0).unsigned_tx.output[0].script_pubkey = script.clone();
        assert!(VAULT.sign(&allowed).is_ok());
    }
    // Our own origin on a foreign script does not make it ours.
    attack(&VAULT.payment("store"), &OUTPUT_KIND, |contents| {
        let psbt = psbt(contents, 0);
        psbt.unsigned_tx.output[0].script_pubkey = foreign[0].clone();
        claim(psbt, 0, VAULT.account("store"), 0, 0);
        claim(psbt, 0, VAULT.account("tap"), 0, 0);
    });
}

#[test]
fn no_account_pays_to_scripts_that_are_no_address() {
    let key = airlock_tests::forge::stranger_key();
    let bare = Builder::new().push_key(&bitcoin::PublicKey::new(key.0));
    for script in [
        bare.push_opcode(bitcoin::opcodes::all::OP_CHECKSIG).into_script(),
        ScriptBuf::from_bytes(vec![0x51]),
        ScriptBuf::new(),
    ] {
        let honest = VAULT.payment("cold");
        VAULT.sign(&honest).unwrap();
        let mut forged = honest;
        psbt(&mut forged, 0).unsigned_tx.output[0].script_pubkey = script;
        let code = VAULT.sign(&forged).unwrap_err().code().id;
        assert!([OUTPUT_KIND.id, FOREIGN_DATA.id].contains(&code), "{code}");
    }
}

#[test]
fn refuses_second_op_return() {
    let honest = VAULT.send("store", "order 7");
    let plain = |bytes: &[u8]| ScriptBuf::new_op_return(PushBytesBuf::try_from(bytes.to_vec()).unwrap());
    for script in [plain(b"hello"), plain(b"CNTRPRTY"), plain(b""), ScriptBuf::from_bytes(vec![0x6a])] {
        attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
            add_output(psbt(contents, 0), output(script.clone(), 0));
        });
        attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
            let psbt = psbt(contents, 0);
            add_output(psbt, output(script.clone(), 0));
            psbt.unsigned_tx.output.swap(0, 2);
        });
        attack_any(&VAULT.payment("cold"), &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
            add_output(psbt(contents, 0), output(script.clone(), 0));
        });
    }
    // The same message twice.
    attack_any(&honest, &[&FOREIGN_DATA, &MESSAGE_REFUSED], |contents| {
        let again = psbt(contents, 0).unsigned_tx.output[0].clone();
        add_output(psbt(contents, 0), again);
    });
    // Bitcoin that no key can take back.
    attack(&honest, &FOREIGN_DATA, |contents| {
        psbt(contents, 0).unsigned_tx.output[0].value = Amount::from_sat(50_000);
        psbt(contents, 0).unsigned_tx.output[1].value = Amount::from_sat(49_000);
    });
}
