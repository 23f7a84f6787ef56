//! Mutations of valid inputs never make an XRPL decoder panic, and what it takes it gives back the same.
//!
//! 20,000 for each decoder; `AIRLOCK_MUTATIONS` asks for more, `AIRLOCK_SEED` repeats a run.

use airlock::xrp::{AccountId, Amount, Permitted, Transaction, XAddress};
use airlock_offline::keys::{ExtendedKey, FamilySeed, Mnemonic, rfc1751, secret_numbers};
use airlock_tests::dice::{Dice, mutate, mutations, seed};
use airlock_tests::vectors;
use bitcoin::hex::FromHex;
use serde_json::{Value, json};

fn run(decoder: &str, corpus: &[Vec<u8>], mut decode: impl FnMut(&[u8]) -> bool) {
    let seed = seed();
    let mut dice = Dice::new(&seed, decoder);
    let mut taken = 0usize;
    for number in 0..mutations() {
        let bytes = mutate(&mut dice, corpus);
        let shown = bitcoin::hex::DisplayHex::to_lower_hex_string(&bytes[..]);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| decode(&bytes)));
        let Ok(accepted) = result else {
            panic!("{decoder}: AIRLOCK_SEED={seed}, mutation {number}: {shown}");
        };
        taken += usize::from(accepted);
    }
    println!("{decoder}: {} mutations, {taken} taken, AIRLOCK_SEED={seed}", mutations());
}

fn all_vectors() -> Vec<Value> {
    vectors("xrpl.json")["vectors"].as_array().unwrap().clone()
}

/// All texts under a name in the inputs and expectations of the vectors.
fn texts(name: &str) -> Vec<Vec<u8>> {
    let found = all_vectors().into_iter().flat_map(|vector| {
        [&vector["input"], &vector["expected"]].map(|part| part[name].as_str().map(str::to_owned))
    });
    found.flatten().filter(|text| !text.is_empty()).map(String::into_bytes).collect()
}

fn blobs() -> Vec<Vec<u8>> {
    let hex = [texts("blob"), texts("tx_blob")].concat();
    hex.iter().filter_map(|hex| Vec::from_hex(std::str::from_utf8(hex).unwrap()).ok()).collect()
}

#[test]
fn blobs_are_refused_or_give_themselves() {
    run("blob", &blobs(), |bytes| match Transaction::from_blob(bytes) {
        Ok(tx) => {
            assert_eq!(tx.to_blob(), bytes);
            if tx.is_signed() {
                let unsigned = tx.without_signature();
                assert_eq!(Transaction::from_json(&unsigned.to_json()).unwrap(), unsigned);
                let _ = tx.check_signatures();
            } else if let Ok(again) = Transaction::from_json(&tx.to_json()) {
                assert_eq!(again, tx);
            } else {
                panic!("its own JSON is refused");
            }
            let _ = Permitted::of(&tx, 0);
            true
        }
        Err(_) => false,
    });
}

#[test]
fn amounts_in_bytes_are_refused_or_give_themselves() {
    let corpus: Vec<_> =
        texts("hex").iter().filter_map(|hex| Vec::from_hex(std::str::from_utf8(hex).unwrap()).ok()).collect();
    run("amount", &corpus, |bytes| match Amount::split_from(bytes) {
        Ok((amount, rest)) => {
            assert_eq!([&amount.to_bytes()[..], rest].concat(), bytes);
            assert_eq!(Amount::from_json(&amount.to_json()).unwrap(), amount);
            true
        }
        Err(_) => false,
    });
}

/// Replaces one value somewhere in the tree, or takes a member out, or adds one.
fn mutate_json(dice: &mut Dice, value: &mut Value, pool: &[Value]) {
    let go_deeper = dice.below(4) > 0;
    match value {
        Value::Object(members) if !members.is_empty() && go_deeper => {
            let names: Vec<_> = members.keys().cloned().collect();
            let name = dice.pick(&names).clone();
            match dice.below(8) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert(name, dice.pick(pool).clone())),
                2 => drop(members.insert(
                    dice.pick(&["Memos", "DestinationTag", "Signers", "Flags", "x", "Paths"]).to_string(),
                    dice.pick(pool).clone(),
                )),
                _ => mutate_json(dice, &mut members[&name], pool),
            }
        }
        Value::Array(items) if !items.is_empty() && go_deeper => {
            let index = dice.below(items.len());
            match dice.below(6) {
                0 => drop(items.remove(index)),
                1 => items.push(items[index].clone()),
                _ => mutate_json(dice, &mut items[index], pool),
            }
        }
        Value::String(text) if dice.below(2) == 0 => {
            let bytes = mutate(dice, &[text.clone().into_bytes()]);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        other => *other = dice.pick(pool).clone(),
    }
}

/// Every value anywhere in the inputs, and some that are wrong everywhere.
fn pool(from: &[Value]) -> Vec<Value> {
    fn walk(value: &Value, into: &mut Vec<Value>) {
        into.push(value.clone());
        match value {
            Value::Object(members) => members.values().for_each(|value| walk(value, into)),
            Value::Array(items) => items.iter().for_each(|value| walk(value, into)),
            _ => {}
        }
    }
    let mut pool = vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(0),
        json!(4_294_967_295u32),
        json!(4_294_967_296u64),
        json!(u64::MAX),
        json!(""),
        json!([]),
        json!({}),
        json!([[]]),
        json!([[[[[[[[[[[[[]]]]]]]]]]]]]),
        json!("é"),
    ];
    from.iter().for_each(|value| walk(value, &mut pool));
    pool
}

#[test]
fn transaction_json_is_refused_or_gives_itself() {
    let corpus: Vec<_> =
        all_vectors().iter().map(|v| v["input"]["tx_json"].clone()).filter(Value::is_object).collect();
    let pool = pool(&corpus);
    let seed = seed();
    let mut dice = Dice::new(&seed, "json");
    let mut taken = 0;
    for number in 0..mutations() {
        let mut json = dice.pick(&corpus).clone();
        for _ in 0..=dice.below(2) {
            mutate_json(&mut dice, &mut json, &pool);
        }
        let decode = || {
            let tx = Transaction::from_json(&json).ok()?;
            assert_eq!(Transaction::from_json(&tx.to_json()).unwrap(), tx);
            assert_eq!(Transaction::from_blob(&tx.to_blob()).unwrap(), tx);
            let _ = Permitted::of(&tx, 0);
            Some(())
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode));
        let Ok(accepted) = result else { panic!("json: AIRLOCK_SEED={seed}, mutation {number}: {json}") };
        taken += usize::from(accepted.is_some());
    }
    println!("json: {} mutations, {taken} taken, AIRLOCK_SEED={seed}", mutations());
}

/// Runs a reader of text over mutations of valid texts.
fn run_text(decoder: &str, corpus: &[Vec<u8>], mut decode: impl FnMut(&str) -> bool) {
    assert!(!corpus.is_empty(), "{decoder}");
    run(decoder, corpus, |bytes| decode(&String::from_utf8_lossy(bytes)));
}

#[test]
fn addresses_are_refused_or_give_themselves() {
    run_text("address", &[texts("classic_address"), texts("address")].concat(), |text| {
        text.parse::<AccountId>().is_ok_and(|account| {
            assert_eq!(account.to_string(), text);
            true
        })
    });
    run_text("x_address", &texts("x_address"), |text| {
        text.parse::<XAddress>().is_ok_and(|x| {
            assert_eq!(x.to_string(), text);
            true
        })
    });
}

#[test]
fn secrets_are_refused_or_give_themselves() {
    run_text("seed", &texts("seed"), |text| {
        FamilySeed::parse(text).is_ok_and(|seed| {
            assert!(seed.to_text().matches(text));
            true
        })
    });
    run_text("secret_numbers", &texts("secret_numbers"), |text| {
        secret_numbers::parse(text).is_ok_and(|entropy| {
            let groups: Vec<_> = text.split_whitespace().collect();
            assert!(secret_numbers::to_text(&entropy).matches(&groups.join(" ")));
            true
        })
    });
    run_text("rfc1751", &texts("words"), |text| rfc1751::parse(text).is_ok());
    run_text("mnemonic", &texts("mnemonic"), |text| Mnemonic::parse(text).is_ok());
    let xprv = b"xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    run_text("xprv", &[xprv.to_vec()], |text| ExtendedKey::parse(text).is_ok());
}
