//! Ten thousand seeds go text, key, address, signature, verification and back to text, and an independent
//! implementation agrees at each of these stations.

use airlock::xrp::{AccountId, Algorithm, Transaction};
use airlock_offline::keys::FamilySeed;
use airlock_offline::secret::Secret;
use airlock_offline::sign::xrp;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::secp256k1::Secp256k1;
use ripple_keypairs::{Algorithm as OtherAlgorithm, Entropy, Seed};
use serde_json::json;

const SEEDS: u32 = 10_000;
/// One key in 256 begins with a zero byte: about 39 of ten thousand.
const LEAST_ZERO_KEYS: usize = 20;

/// The seed of the generator: new in every run, or given in `AIRLOCK_SEED`.
fn generator_seed() -> String {
    std::env::var("AIRLOCK_SEED").unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_nanos().to_string()
    })
}

/// The `number`-th entropy of a generator.
fn entropy(generator: &str, number: u32) -> [u8; 16] {
    let hash = sha256::Hash::hash(format!("{generator}/{number}").as_bytes()).to_byte_array();
    *hash.first_chunk().unwrap()
}

/// One payment per seed, from the seed's own account.
fn payment(account: &AccountId, number: u32) -> Transaction {
    Transaction::from_json(&json!({
        "TransactionType": "Payment",
        "Account": account.to_string(),
        "Destination": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "DestinationTag": number,
        "Amount": (1 + number).to_string(),
        "Fee": "5000",
        "Flags": 0,
        "Sequence": 1 + number,
        "LastLedgerSequence": 100_000_000,
    }))
    .unwrap()
}

/// Follows the seeds from `first` on, every `step`-th; gives how many keys begin with a zero byte.
fn follow(generator: &str, first: u32, step: usize, algorithm: Algorithm, count: u32) -> usize {
    let other_algorithm = match algorithm {
        Algorithm::Secp256k1 => &OtherAlgorithm::Secp256k1,
        Algorithm::Ed25519 => &OtherAlgorithm::Ed25519,
    };
    let secp = Secp256k1::new();
    let mut zero_keys = 0;
    for number in (first..count).step_by(step) {
        let place = || format!("generator {generator}, seed {number}");
        let other = Seed::new(Entropy::Array(entropy(generator, number)), other_algorithm);
        let (other_private, other_public) = other.derive_keypair().unwrap();

        let seed = FamilySeed::new(Secret::take(&mut entropy(generator, number)), algorithm);
        let text = other.to_string();
        assert!(seed.to_text().matches(&text), "{}", place());
        let seed = FamilySeed::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", place()));
        assert_eq!(seed.algorithm(), algorithm, "{}", place());

        let key = seed.key(&secp).unwrap();
        assert_eq!(key.public_key().to_string(), other_public.to_string(), "{}", place());
        let address = key.account_id().to_string();
        assert_eq!(address, other_public.derive_address(), "{}", place());
        assert_eq!(address.parse::<AccountId>().unwrap(), key.account_id(), "{}", place());
        // The other implementation shows a private key as 00 or ED and 64 hex digits.
        zero_keys += usize::from(other_private.to_string().starts_with("0000"));

        let unsigned = payment(&key.account_id(), number);
        let signed = xrp::sign_single(&secp, &key, &unsigned).unwrap();
        let data = signed.signing_data();
        let signature = signed.to_json()["TxnSignature"].as_str().unwrap().to_owned();
        assert_eq!(signature, other_private.sign(&data).to_string(), "{}", place());
        let bytes = Vec::from_hex(&signature).unwrap();
        assert!(other_public.verify(&data, &bytes).is_ok(), "{}", place());
        signed.check_signatures().unwrap_or_else(|e| panic!("{}: {e}", place()));

        assert!(seed.to_text().matches(&text), "{}", place());
        let again = FamilySeed::parse(&text).unwrap().key(&secp).unwrap();
        assert_eq!(again.public_key(), key.public_key(), "{}", place());
    }
    zero_keys
}

/// Follows all seeds on two threads.
fn follow_all(algorithm: Algorithm, count: u32) -> usize {
    let generator = generator_seed();
    println!("AIRLOCK_SEED={generator}, {count} seeds, {}", algorithm.name());
    std::thread::scope(|scope| {
        let run = |first| {
            let generator = &generator;
            scope.spawn(move || follow(generator, first, 2, algorithm, count))
        };
        let halves = [run(0), run(1)];
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    })
}

#[test]
fn ten_thousand_secp256k1_seeds_agree_with_another_implementation() {
    let zero_keys = follow_all(Algorithm::Secp256k1, SEEDS);
    println!("{zero_keys} of {SEEDS} keys begin with a zero byte");
    assert!(zero_keys >= LEAST_ZERO_KEYS, "only {zero_keys} keys begin with a zero byte");
}

#[test]
fn a_thousand_ed25519_seeds_agree_with_another_implementation() {
    follow_all(Algorithm::Ed25519, 1_000);
}

#[test]
fn the_genesis_key_is_the_one_that_everybody_knows() {
    let secp = Secp256k1::new();
    let key = FamilySeed::parse("snoPBrXtMeMyMHUVTgbuqAfg1SUTb").unwrap().key(&secp).unwrap();
    assert_eq!(key.account_id().to_string(), "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh");
    // The worked example of xrpl.md 5.7: ticket 7, tag 0, Flags 0.
    let unsigned = Transaction::from_json(&json!({
        "TransactionType": "Payment",
        "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe",
        "DestinationTag": 0,
        "Amount": "1000000",
        "Fee": "12",
        "Flags": 0,
        "Sequence": 0,
        "TicketSequence": 7,
    }))
    .unwrap();
    let signed = xrp::sign_single(&secp, &key, &unsigned).unwrap();
    let digest = airlock::xrp::hash::sha512_half(&[&signed.signing_data()]);
    assert_eq!(
        digest.to_upper_hex_string(),
        "50A3617F2585440450CD7D9A473CBC644F4988B8C3C415F08A5E7C2463D76F9B"
    );
    assert_eq!(
        signed.hash().unwrap().to_upper_hex_string(),
        "E8BA46F5C6BA7ECC45FAF3B508888BC628B964D4B5CBD9474C1A8A4DFA6AAA7C"
    );
}
