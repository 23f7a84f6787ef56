use super::super::refusals::*;
use super::*;
use bitcoin::psbt::PsbtSighashType;

#[test]
fn reviews_a_payment_of_every_account_kind() {
    let accounts = accounts();
    for name in ["cold", "old", "tap", "nested"] {
        let account = of(&accounts, name);
        let found = bare(&payment(&account)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(found.effects().len(), 1, "{name}");
        assert_eq!(found.approval_text(), "0.0006");
        let screen = found.screen().join("\n");
        assert!(screen.contains(PAYEE) && screen.contains("bcrt 1qxd yjf6"), "{screen}");
        assert!(screen.contains("1000 sat") && screen.contains("proved yours: address 1/3"), "{screen}");
        assert!(found.screen().iter().all(|line| line.chars().count() <= 100));
    }
}

#[test]
fn signs_only_what_was_typed() {
    let account = of(&accounts(), "cold");
    let found = bare(&payment(&account)).unwrap();
    refused(found.clone().approve("y", permission(&found)), &APPROVAL);
    refused(found.clone().approve("0.00060", permission(&found)), &APPROVAL);
    let granted = permission(&found);
    let approved = found.approve("0.0006", granted).unwrap();
    assert_eq!(approved.jobs().len(), 1);
    assert!(approved.bundle().is_none());
}

#[test]
fn refuses_an_amount_lie_with_and_without_the_previous_transaction() {
    let account = of(&accounts(), "cold");
    let mut lie = payment(&account);
    lie.inputs[0].witness_utxo = Some(output(account.script_pubkey(0, 0).unwrap(), 1_000_000));
    refused(bare(&lie), &PREVIOUS_LIE);
    lie.inputs[0].non_witness_utxo = None;
    refused(bare(&lie), &NO_PREVIOUS);
}

#[test]
fn refuses_a_previous_transaction_with_another_txid_or_too_few_outputs() {
    let account = of(&accounts(), "cold");
    let mut other = payment(&account);
    other.inputs[0].non_witness_utxo = Some(funding(&account, 0, 100_000, 2));
    refused(bare(&other), &PREVIOUS_LIE);
    let mut beyond = payment(&account);
    beyond.unsigned_tx.input[0].previous_output.vout = 7;
    refused(bare(&beyond), &PREVIOUS_LIE);
}

#[test]
fn takes_witness_utxo_alone_only_where_all_inputs_are_taproot() {
    let accounts = accounts();
    let tap = of(&accounts, "tap");
    let mut psbt = payment(&tap);
    psbt.inputs[0].witness_utxo = Some(output(tap.script_pubkey(0, 0).unwrap(), 100_000));
    psbt.inputs[0].non_witness_utxo = None;
    assert!(bare(&psbt).is_ok());
}

#[test]
fn refuses_every_other_sighash() {
    let accounts = accounts();
    for number in 0..=255u32 {
        for (name, allowed) in [("cold", vec![1]), ("tap", vec![0, 1])] {
            let mut psbt = payment(&of(&accounts, name));
            psbt.inputs[0].sighash_type = Some(PsbtSighashType::from_u32(number));
            match allowed.contains(&number) {
                true => assert!(bare(&psbt).is_ok(), "{name} {number}"),
                false => drop(refused(bare(&psbt), &SIGHASH)),
            }
        }
    }
}

#[test]
fn refuses_an_input_that_is_not_ours_and_our_origin_on_a_foreign_script() {
    let accounts = accounts();
    let cold = of(&accounts, "cold");
    let mut without_origin = payment(&cold);
    without_origin.inputs[0].bip32_derivation.clear();
    refused(bare(&without_origin), &FOREIGN_INPUT);

    let mut previous = funding(&cold, 0, 100_000, 1);
    previous.output[0].script_pubkey = script(PAYEE);
    let mut lie = unsigned(&[outpoint(&previous, 0)], vec![output(script(PAYEE), 90_000)]);
    prove(&mut lie, 0, &previous, &cold, 0);
    refused(bare(&lie), &FOREIGN_INPUT);
}

#[test]
fn refuses_inputs_of_two_accounts() {
    let accounts = accounts();
    let (cold, tap) = (of(&accounts, "cold"), of(&accounts, "tap"));
    let (first, second) = (funding(&cold, 0, 50_000, 1), funding(&tap, 0, 50_000, 2));
    let outputs = vec![output(script(PAYEE), 99_000)];
    let mut psbt = unsigned(&[outpoint(&first, 0), outpoint(&second, 0)], outputs);
    prove(&mut psbt, 0, &first, &cold, 0);
    prove(&mut psbt, 1, &second, &tap, 0);
    refused(bare(&psbt), &FOREIGN_INPUT);
}

#[test]
fn refuses_a_finalized_or_signed_input_and_unknown_fields() {
    let account = of(&accounts(), "cold");
    let mut finalized = payment(&account);
    finalized.inputs[0].final_script_witness = Some(Witness::from_slice(&[[0u8; 64]]));
    refused(bare(&finalized), &ALREADY_SIGNED);
    let mut unknown = payment(&account);
    unknown.inputs[0].unknown.insert(bitcoin::psbt::raw::Key { type_value: 0x70, key: vec![] }, vec![1]);
    refused(bare(&unknown), &INPUT_FIELDS);
    let mut script = payment(&account);
    script.inputs[0].witness_script = Some(ScriptBuf::new());
    refused(bare(&script), &INPUT_FIELDS);
}

#[test]
fn names_unknown_fields_of_foreign_psbts_and_refuses_them_in_bundles() {
    let account = of(&accounts(), "cold");
    let mut psbt = payment(&account);
    let key = bitcoin::psbt::raw::Key { type_value: 0x70, key: vec![] };
    psbt.outputs[0].unknown.insert(key.clone(), vec![1]);
    psbt.unknown.insert(key, vec![1]);
    assert!(codes(&bare(&psbt).unwrap()).contains(&"W-UNKNOWN-FIELDS"));
    let bundle = contents(vec![pays("cold", PAYEE, "0.0006")], vec![step(&account, psbt)], vec![]);
    refused(review(bundle), &UNKNOWN_FIELDS);
}

#[test]
fn shows_change_of_another_account_and_far_change_as_payments() {
    let accounts = accounts();
    let (cold, tap) = (of(&accounts, "cold"), of(&accounts, "tap"));
    for (account, branch, index, is_change) in
        [(&cold, 1, 9_999, true), (&cold, 1, 10_000, false), (&tap, 1, 3, false), (&cold, 0, 3, false)]
    {
        let mut psbt = payment(&cold);
        psbt.unsigned_tx.output[1].script_pubkey = account.script_pubkey(branch, index).unwrap();
        psbt.outputs[1] = Default::default();
        claim(&mut psbt, 1, account, branch, index);
        let found = bare(&psbt).unwrap();
        assert_eq!(found.effects().len(), if is_change { 1 } else { 2 }, "{branch}/{index}");
    }
    let mut false_claim = payment(&cold);
    false_claim.unsigned_tx.output[1].script_pubkey = script(PAYEE);
    assert_eq!(bare(&false_claim).unwrap().effects().len(), 2);
}

#[test]
fn warns_of_two_changes_rbf_and_lock_heights() {
    let account = of(&accounts(), "cold");
    let mut psbt = payment(&account);
    psbt.unsigned_tx.output.push(output(account.script_pubkey(0, 0).unwrap(), 500));
    psbt.outputs.push(Default::default());
    psbt.unsigned_tx.input[0].sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
    psbt.unsigned_tx.lock_time = LockTime::from_consensus(800_000);
    let found = bare(&psbt).unwrap();
    assert_eq!(codes(&found), ["W-TWO-CHANGES", "W-REPLACEABLE", "W-LOCK-HEIGHT"]);
    assert!(found.screen().join("\n").contains("800000"));
}

#[test]
fn refuses_time_locks_relative_locks_and_odd_versions() {
    let account = of(&accounts(), "cold");
    let broken: [fn(&mut Psbt); 5] = [
        |psbt| psbt.unsigned_tx.lock_time = LockTime::from_consensus(1_700_000_000),
        |psbt| psbt.unsigned_tx.input[0].sequence = Sequence::from_height(10),
        |psbt| psbt.unsigned_tx.version = Version(3),
        |psbt| psbt.unsigned_tx.version = Version(0),
        |psbt| {
            let (input, fields) = (psbt.unsigned_tx.input[0].clone(), psbt.inputs[0].clone());
            psbt.unsigned_tx.input.push(input);
            psbt.inputs.push(fields);
        },
    ];
    for (index, break_it) in broken.iter().enumerate() {
        let mut psbt = payment(&account);
        break_it(&mut psbt);
        let what = refused(bare(&psbt), &FORM);
        assert!(!what.is_empty(), "{index}");
    }
}

#[test]
fn refuses_dust_sums_and_outputs_above_inputs() {
    let account = of(&accounts(), "cold");
    for (sat, code) in [(0, &DUST), (293, &DUST), (100_000, &SUMS), (u64::MAX, &SUMS)] {
        let mut psbt = payment(&account);
        psbt.unsigned_tx.output[0].value = Amount::from_sat(sat);
        refused(bare(&psbt), code);
    }
}

#[test]
fn refuses_fees_over_each_limit() {
    let account = of(&accounts(), "cold");
    let with = |value: u64, paid: u64| {
        let previous = funding(&account, 0, value, 1);
        let mut psbt = unsigned(&[outpoint(&previous, 0)], vec![output(script(PAYEE), paid)]);
        prove(&mut psbt, 0, &previous, &account, 0);
        psbt
    };
    assert!(bare(&with(110_000, 100_000)).is_ok());
    assert!(refused(bare(&with(110_001, 100_000)), &FEE).contains("percent"));
    assert!(refused(bare(&with(100_000_000, 98_999_999)), &FEE).contains("1000001 sat"));
    assert!(refused(bare(&with(10_000_000, 9_800_000)), &FEE).contains("sat/kvB"));
}

#[test]
fn estimates_the_size_of_the_signed_transaction() {
    // One P2WPKH input, two P2WPKH outputs: 141 vB with a 72-byte signature, 140.5 with a low-R one.
    let found = bare(&payment(&of(&accounts(), "cold"))).unwrap();
    assert!(found.screen().join("\n").contains("at about 141 vB"));
    let found = bare(&payment(&of(&accounts(), "old"))).unwrap();
    assert!(found.screen().join("\n").contains("at about 222 vB"), "{:?}", found.screen());
}

#[test]
fn an_account_that_may_hold_assets_pays_only_key_hashes() {
    let accounts = accounts();
    let old = of(&accounts, "old");
    let (tap, nested) = (of(&accounts, "tap"), of(&accounts, "nested"));
    for foreign in [tap.script_pubkey(0, 9).unwrap(), nested.script_pubkey(0, 9).unwrap()] {
        let mut psbt = payment(&old);
        psbt.unsigned_tx.output[0].script_pubkey = foreign.clone();
        refused(bare(&psbt), &OUTPUT_KIND);
        let mut from_cold = payment(&of(&accounts, "cold"));
        from_cold.unsigned_tx.output[0].script_pubkey = foreign;
        assert!(bare(&from_cold).is_ok());
    }
    let mut to_own_tap = payment(&old);
    to_own_tap.unsigned_tx.output[0].script_pubkey = tap.script_pubkey(0, 9).unwrap();
    claim(&mut to_own_tap, 0, &tap, 0, 9);
    assert!(bare(&to_own_tap).unwrap().screen().join("\n").contains("your own: account tap, 0/9"));
    let mut to_key = payment(&of(&accounts, "cold"));
    to_key.unsigned_tx.output[0].script_pubkey =
        ScriptBuf::new_p2pk(&of(&accounts, "old").public_key(0, 0).unwrap());
    refused(bare(&to_key), &OUTPUT_KIND);
}

#[test]
fn refuses_bytes_that_do_not_match_the_request() {
    let accounts = accounts();
    let cold = of(&accounts, "cold");
    let bundle = |request| contents(vec![request], vec![step(&cold, payment(&cold))], vec![]);
    assert!(review(bundle(pays("cold", PAYEE, "0.0006"))).is_ok());
    assert!(review(bundle(pays("cold", &PAYEE.to_uppercase(), "0.00060000"))).is_ok());
    let other = cold.address(0, 4).unwrap().to_string();
    for wrong in [
        pays("cold", PAYEE, "0.00060001"),
        pays("cold", &other, "0.0006"),
        pays("tap", PAYEE, "0.0006"),
        request("cold", Intent::SendBitcoin { payees: vec![] }),
        request("cold", Intent::RequireMemo { require: true }),
    ] {
        refused(review(bundle(wrong)), &REQUEST_DIFFERS);
    }
    let mut two = pays("cold", PAYEE, "0.0006");
    if let Intent::SendBitcoin { payees } = &mut two.intent {
        payees.push(payees[0].clone());
    }
    assert!(refused(review(bundle(two)), &REQUEST_DIFFERS).contains("not there"));
}

#[test]
fn refuses_an_expired_bundle_and_a_clock_that_is_behind() {
    let accounts = accounts();
    let cold = of(&accounts, "cold");
    let bundle = Bundle::seal(contents(
        vec![pays("cold", PAYEE, "0.0006")],
        vec![step(&cold, payment(&cold))],
        vec![],
    ))
    .unwrap();
    let at = |seconds: u64| Review::of_bundle(&bundle, &book(&accounts), Moment::from_unix(seconds));
    assert!(at(CREATED - 600).is_ok());
    refused(at(CREATED - 601), &CLOCK_BEHIND);
    assert!(codes(&at(CREATED + 86_399).unwrap()).contains(&"W-EXPIRY-NEAR"));
    refused(at(CREATED + 86_400), &EXPIRED);
}

#[test]
fn refuses_two_steps_that_spend_the_same_output() {
    let cold = of(&accounts(), "cold");
    let steps = |group: Option<u32>| {
        let mut second = payment(&cold);
        second.unsigned_tx.output[1].value = Amount::from_sat(38_000);
        [payment(&cold), second].map(|psbt| Step { one_of: group, ..step(&cold, psbt) }).to_vec()
    };
    let request = || vec![pays("cold", PAYEE, "0.0006")];
    refused(review(contents(request(), steps(None), vec![])), &LINKS);
    assert_eq!(review(contents(request(), steps(Some(1)), vec![])).unwrap().effects().len(), 1);
}

#[test]
fn an_unknown_account_is_refused() {
    let cold = of(&accounts(), "cold");
    let mut foreign = step(&cold, payment(&cold));
    foreign.account = "zzzzzzzz".to_owned();
    refused(review(contents(vec![pays("cold", PAYEE, "0.0006")], vec![foreign], vec![])), &FOREIGN_INPUT);
}

#[test]
fn no_flipped_bit_panics_or_hides_what_a_payment_does() {
    let account = of(&accounts(), "cold");
    let psbt = payment(&account);
    let shown = bare(&psbt).unwrap().screen();
    let bytes = psbt.serialize();
    let (mut read, mut accepted) = (0, 0);
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(mutated) = Psbt::deserialize(&bytes) else { continue };
        read += 1;
        let Ok(found) = bare(&mutated) else { continue };
        accepted += 1;
        let same = mutated.unsigned_tx == psbt.unsigned_tx;
        assert!(same || found.screen() != shown, "bit {bit}");
    }
    assert!(read > 1_000 && accepted > 100, "{read} {accepted}");
}
