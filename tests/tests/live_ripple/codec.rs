//! Keys and transactions as the server has them: the same addresses, the same bytes, the same hashes, valid signatures.

use airlock::xrp::{Algorithm, MultiSignature, Transaction};
use airlock_offline::keys::{FamilySeed, XrpKey, rfc1751};
use airlock_offline::sign::xrp::sign_multi;
use airlock_tests::vectors;
use bitcoin::hex::{DisplayHex as _, FromHex as _};
use bitcoin::secp256k1::Secp256k1;
use serde_json::{Value, json};

use crate::node::{Node, key};

#[test]
fn the_server_makes_the_same_keys_and_addresses_of_a_seed() {
    let Some(node) = Node::open() else { return };
    for round in 0..20 {
        for (name, algorithm) in [("secp256k1", Algorithm::Secp256k1), ("ed25519", Algorithm::Ed25519)] {
            let told = node.ask("wallet_propose", json!({"key_type": name}));
            let text = |member: &str| told[member].as_str().unwrap_or_else(|| panic!("{told}"));
            let seed = FamilySeed::parse(text("master_seed")).unwrap().with_algorithm(algorithm);
            let ours = seed.key(&Secp256k1::new()).unwrap();
            assert_eq!(ours.account_id().to_string(), text("account_id"), "{round} {name}");
            assert_eq!(ours.public_key().to_string(), text("public_key_hex"), "{round} {name}");
            let entropy = rfc1751::parse(text("master_key")).unwrap();
            let again = FamilySeed::new(entropy, algorithm).key(&Secp256k1::new()).unwrap();
            assert_eq!(again.account_id(), ours.account_id(), "{round} {name}: the words");
        }
    }
}

/// What the server makes of signed bytes: the engine's result, or what it refuses.
fn judged(node: &Node, blob: &[u8]) -> Value {
    node.ask("submit", json!({"tx_blob": blob.to_upper_hex_string()}))
}

/// Without what is the server's own way of writing: the kind of a step of a path, and exponents of tokens. As bytes all is
/// the same, which is compared, too.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) if members.contains_key("value") => json!({
            "currency": members.get("currency"), "issuer": members.get("issuer"),
            "mpt_issuance_id": members.get("mpt_issuance_id"),
        }),
        Value::Object(members) => {
            let is_kept = |name: &String| name != "type" && name != "type_hex";
            members
                .iter()
                .filter(|(name, _)| is_kept(name))
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Checks that the server read the same transaction with the same hash, and that its signature is valid.
#[track_caller]
fn agrees(id: &str, transaction: &Transaction, told: &Value) -> String {
    let result = told["engine_result"].as_str().unwrap_or_else(|| panic!("{id}: {told}"));
    let ours = transaction.to_json();
    let mut theirs = told["tx_json"].clone();
    let hash = theirs.as_object_mut().unwrap().remove("hash").unwrap();
    assert_eq!(hash, transaction.hash().unwrap().to_upper_hex_string(), "{id}");
    assert_eq!(told["tx_blob"], transaction.to_blob().to_upper_hex_string(), "{id}");
    for (name, value) in ours.as_object().unwrap() {
        assert_eq!(plain(&theirs[name]), plain(value), "{id}: {name}");
    }
    // It adds nothing but the new name of an amount.
    let more = theirs.as_object().unwrap().keys().filter(|name| ours.get(name.as_str()).is_none());
    assert!(more.clone().all(|name| name == "DeliverMax"), "{id}: {theirs}");
    result.to_owned()
}

#[test]
fn the_server_reads_every_signed_vector_as_we_do() {
    let Some(node) = Node::open() else { return };
    let (mut agreed, mut unknown, mut refused) = (0, 0, Vec::new());
    for vector in vectors("xrpl.json")["vectors"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        let blob = match vector["category"].as_str().unwrap() {
            "sign_single" => &vector["expected"]["tx_blob"],
            "sign_multi" => &vector["expected"]["tx_blob"],
            _ => continue,
        };
        let Some(blob) = blob.as_str() else { panic!("{id}: {}", vector["expected"]) };
        let blob = Vec::<u8>::from_hex(blob).unwrap();
        // A few types are known to no signer of ours.
        let Ok(transaction) = Transaction::from_blob(&blob) else {
            unknown += 1;
            continue;
        };
        let told = judged(&node, &blob);
        if told["error"].is_string() {
            refused.push(format!(
                "{id} {}: {}",
                transaction.transaction_type().name(),
                told["error_exception"]
            ));
            continue;
        }
        agrees(id, &transaction, &told);
        agreed += 1;
    }
    eprintln!("{agreed} agreed, {unknown} of other types; {}", refused.join("\n"));
    assert!(agreed > 100, "{agreed}");
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn one_changed_bit_of_a_signature_is_refused_by_the_server() {
    let Some(node) = Node::open() else { return };
    let payee = node.stranger(20_000_000);
    let payment = json!({"TransactionType": "Payment", "Destination": crate::node::GENESIS, "Amount": "1"});
    let signed = node.signed(&payee, payment);
    let mut blob = signed.to_blob();
    let place = blob.windows(2).position(|pair| pair == [0x74, 0x40]).expect("a signature of 64 bytes") + 10;
    blob[place] ^= 1;
    let told = judged(&node, &blob);
    assert_eq!(told["error"], "invalidTransaction", "{told}");
    assert!(told["error_exception"].as_str().unwrap().contains("signature"), "{told}");
}

fn sign_as(keys: &[&XrpKey], transaction: &Transaction) -> Transaction {
    let ready = transaction.with_empty_signing_pub_key();
    let secp = Secp256k1::new();
    let mut signatures: Vec<MultiSignature> =
        keys.iter().map(|key| sign_multi(&secp, key, &key.account_id(), &ready).unwrap()).collect();
    signatures.sort_by_key(|signature| signature.account.to_bytes());
    ready.with_signers(&signatures).unwrap()
}

#[test]
fn several_signers_move_an_account_together_and_too_few_do_not() {
    let Some(node) = Node::open() else { return };
    let account = node.stranger(100_000_000);
    let signers = ["secp256k1", "ed25519", "secp256k1"].map(|algorithm| node.propose(algorithm).1);
    let entries: Vec<Value> = signers
        .iter()
        .map(|key| json!({"SignerEntry": {"Account": key.account_id().to_string(), "SignerWeight": 1}}))
        .collect();
    let list = json!({"TransactionType": "SignerListSet", "SignerQuorum": 2, "SignerEntries": entries});
    node.done(&account, list);
    let address = account.account_id().to_string();
    let payment = |drops: &str| {
        let members =
            json!({"TransactionType": "Payment", "Destination": crate::node::GENESIS, "Amount": drops});
        node.complete(&account, members)
    };
    let [first, second, third] = &signers;
    let alone = sign_as(&[first], &payment("1"));
    assert_eq!(agrees("one signer", &alone, &node.submit(&alone)), "tefBAD_QUORUM");
    let two = sign_as(&[first, second], &payment("2"));
    assert_eq!(agrees("two signers", &two, &node.submit(&two)), "tesSUCCESS");
    node.close();
    let three = sign_as(&[first, second, third], &payment("3"));
    let told = node.ask("submit_multisigned", json!({"tx_json": three.to_json()}));
    assert_eq!(told["engine_result"], "tesSUCCESS", "{told}");
    node.close();
    assert_eq!(node.balance(&address), 100_000_000 - 5 - 3 * 5_000);
    let facts = airlock_online::source::xrpl::XrplSource::account(&node.reader(), &address).unwrap();
    assert!(facts.signer_list && facts.owner_count == 1, "{facts:?}");
    // The genesis key is no signer.
    let stranger = key("snoPBrXtMeMyMHUVTgbuqAfg1SUTb");
    let foreign = sign_as(&[first, &stranger], &payment("4"));
    assert_eq!(agrees("a stranger", &foreign, &node.submit(&foreign)), "tefBAD_SIGNATURE");
}
