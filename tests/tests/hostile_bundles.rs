//! Bundles of a hostile online machine: whatever stands in them, with a right id, nothing panics, and what is accepted
//! can be signed and verified as what was shown.
//!
//! 20,000 mutations for each decoder; `AIRLOCK_MUTATIONS` asks for more, `AIRLOCK_SEED` repeats a run.

use airlock::bitcoin::psbt_v2;
use airlock::bundle::{Bundle, Signed, SignedStep, verify};
use airlock::json;
use airlock::review::{Book, Review};
use airlock_offline::sign::sign;
use airlock_tests::dice::{Dice, mutate, mutations, seed};
use airlock_tests::permits::permission;
use airlock_tests::treasury::{Treasury, requests};
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash, sha256};
use serde_json::{Value, json};

fn honest(treasury: &Treasury) -> Vec<Bundle> {
    let to = "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w";
    let send = |from: &str, encoding: &str| {
        let payee = json!({"asset": "XCP", "to": to, "amount": "2.5", "memo": {"text": "invoice 42"}});
        json!([{"from": from, "encoding": encoding, "intent": {"send-asset": {"payee": payee}}}])
    };
    let many = json!([{"from": "cold", "encoding": "taproot", "intent": {"send-many": {"payees": [
        {"asset": "XCP", "to": to, "amount": "1"},
        {"asset": "CARDSIND", "to": to, "amount": "1", "memo": {"hex": "c0ffee"}},
        {"asset": "XCP", "to": "mmgxbR37BM9Ert3ZMmg1nvkfzydaM91gPZ", "amount": "3"}]}}}]);
    let xrp = json!([{"from": "xrp-cold", "intent":
        {"send-xrp": {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "80000"}}}]);
    let bitcoin =
        json!([{"from": "float", "intent": {"send-bitcoin": {"payees": [{"to": to, "amount": "0.0003"}]}}}]);
    let sets =
        [send("cold", "opreturn"), send("legacy", "taproot"), send("nested", "multisig"), many, xrp, bitcoin];
    sets.into_iter().map(|set| treasury.plan(&requests(set))).collect()
}

/// All places of leaves in a JSON value, as pointers.
fn leaves(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| leaves(member, &format!("{at}/{name}"), into))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| leaves(item, &format!("{at}/{i}"), into))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => into.push(at.to_owned()),
    }
}

/// Changes one leaf: a PSBT in its bytes, other texts in their characters, numbers to numbers that matter.
fn change(dice: &mut Dice, leaf: &mut Value) {
    *leaf = match &*leaf {
        Value::String(text) if text.starts_with("cHNidP") => {
            let bytes = mutate(dice, &[STANDARD.decode(text).unwrap()]);
            // What reads as a PSBT is written as bundles demand it, so that the change gets past the form.
            let bytes = bitcoin::Psbt::deserialize(&bytes).map_or(bytes, |psbt| psbt.serialize());
            STANDARD.encode(bytes).into()
        }
        Value::String(text) => {
            let texts =
                ["", "XCP", "0", "18446744073709551616", "\u{202e}", "bcrt1q", "rrrrrrrrrrrrrrrrrrrrrhoLvTp"];
            match dice.below(3) {
                0 => (*dice.pick(&texts)).into(),
                _ => String::from_utf8_lossy(&mutate(dice, &[text.clone().into_bytes()])).into_owned().into(),
            }
        }
        Value::Number(_) => {
            json!(*dice.pick(&[0u64, 1, 2, 7, 255, 65_536, 901_999, 4_294_967_295, 9_007_199_254_740_991]))
        }
        Value::Bool(value) => (!value).into(),
        other => other.clone(),
    };
}

fn with_right_id(mut value: Value) -> Vec<u8> {
    value.as_object_mut().unwrap().remove("id");
    let id = sha256::Hash::hash(&[b"airlock-bundle/1\n".as_slice(), &json::canonical(&value)].concat());
    value.as_object_mut().unwrap().insert("id".into(), id.to_string().into());
    json::canonical(&value)
}

#[test]
fn no_mutation_of_a_bundle_panics_and_what_is_accepted_is_what_gets_signed() {
    let (seed, treasury) = (seed(), Treasury::open());
    println!("AIRLOCK_SEED={seed}");
    let mut dice = Dice::new(&seed, "hostile bundles");
    let corpus = honest(&treasury);
    let values: Vec<Value> =
        corpus.iter().map(|bundle| serde_json::from_slice(&bundle.encode()).unwrap()).collect();
    let book = Book { accounts: &treasury.accounts, assets: &[], destinations: &[], authenticated: true };
    let (mut unread, mut refused, mut accepted) = (0, 0, 0);
    // Reviews and signatures in a debug build are slow: a tenth of what a decoder gets.
    for _ in 0..mutations() / 10 {
        let index = dice.below(values.len());
        let (mut value, now) = (values[index].clone(), corpus[index].contents().created);
        let mut places = Vec::new();
        leaves(&value, "", &mut places);
        for _ in 0..=dice.below(2) {
            let place = dice.pick(&places).clone();
            change(&mut dice, value.pointer_mut(&place).unwrap());
        }
        let Ok(bundle) = Bundle::decode(&with_right_id(value)) else {
            unread += 1;
            continue;
        };
        let Ok(review) = Review::of_bundle(&bundle, &book, now) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        assert!(
            review
                .screen()
                .iter()
                .all(|line| line.chars().count() <= 100 && !line.chars().any(char::is_control))
        );
        let typed = review.approval_text().to_owned();
        let permission = permission(&review).unwrap();
        let signed = sign(review.approve(&typed, permission).unwrap(), &treasury.keyring).unwrap();
        let checked = verify(&bundle, &signed);
        assert!(checked.is_ok(), "accepted and signed, but not verified: {checked:?}");
    }
    println!("{unread} unread, {refused} refused, {accepted} accepted");
    assert!(unread > 0 && refused > 0 && accepted > 0);
}

#[test]
fn no_mutation_of_a_signed_file_passes_unless_it_is_the_same() {
    let (seed, treasury) = (seed(), Treasury::open());
    println!("AIRLOCK_SEED={seed}");
    let mut dice = Dice::new(&seed, "hostile signed files");
    let corpus: Vec<(Bundle, Signed)> =
        honest(&treasury).into_iter().map(|bundle| (bundle.clone(), treasury.sign(&bundle))).collect();
    let (mut refused, mut passed) = (0, 0);
    for _ in 0..mutations() {
        let (bundle, signed) = dice.pick(&corpus);
        let mut contents = signed.contents().clone();
        let step = dice.below(contents.steps.len());
        let field = match &mut contents.steps[step] {
            SignedStep::Bitcoin { psbt, tx, txid } => match dice.below(3) {
                0 => psbt,
                1 => tx,
                _ => txid,
            },
            SignedStep::Xrpl { tx_blob, hash } => match dice.below(2) {
                0 => tx_blob,
                _ => hash,
            },
        };
        *field = String::from_utf8_lossy(&mutate(&mut dice, &[field.clone().into_bytes()])).into_owned();
        let Ok(changed) = Signed::seal(contents) else { continue };
        if verify(bundle, &changed).is_ok() {
            assert_eq!(&changed, signed, "another signed file passed");
            passed += 1;
        } else {
            refused += 1;
        }
    }
    println!("{refused} refused, {passed} unchanged");
    assert!(refused > passed);
}

#[test]
fn no_mutation_of_a_psbt_file_panics() {
    let (seed, treasury) = (seed(), Treasury::open());
    println!("AIRLOCK_SEED={seed}");
    let mut dice = Dice::new(&seed, "psbt files");
    let golden = airlock_tests::vectors("golden.json");
    let transactions = golden["transactions"].as_array().unwrap();
    let file = |tx: &Value, name: &str| STANDARD.decode(tx[name].as_str().unwrap()).unwrap();
    let corpus: Vec<Vec<u8>> =
        transactions.iter().flat_map(|tx| [file(tx, "psbt"), file(tx, "psbt_v0")]).collect();
    let book = Book { accounts: &treasury.accounts, assets: &[], destinations: &[], authenticated: true };
    let (mut unread, mut read) = (0, 0);
    for _ in 0..mutations() {
        match psbt_v2::decode_any(&mutate(&mut dice, &corpus)) {
            Err(_) => unread += 1,
            Ok((psbt, version)) => {
                read += 1;
                let again = psbt_v2::decode_any(&psbt_v2::encode(&psbt, version).unwrap()).unwrap();
                assert_eq!(again.0.unsigned_tx, psbt.unsigned_tx);
                let network = airlock::network::BitcoinNetwork::Regtest;
                assert!(Review::of_psbt(&psbt, network, &book).is_err(), "nothing proves these inputs");
            }
        }
    }
    println!("{unread} unread, {read} read");
    assert!(unread > 0 && read > 0);
}
