//! What people and ledgers read: addresses, transactions, messages.

use airlock::counterparty::message::{self, Message};
use airlock::counterparty::{arc4, rules::Rules};
use airlock::network::BitcoinNetwork;
use airlock::xrp::{Algorithm, Transaction};
use bitcoin::key::CompressedPublicKey;
use bitcoin::secp256k1::XOnlyPublicKey;
use bitcoin::{Address, Network};

use airlock::account::SECP;

use super::{Answers, is_hex, unhex};
use crate::keys::FamilySeed;
use crate::sign::xrp::sign_single;

/// BIP-173 and BIP-86, and the address that everybody knows as that of the key 1.
pub(super) fn bitcoin() -> Answers {
    const ONE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    const BIP86: &str = "cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115";
    let Some(one) = unhex(ONE).and_then(|bytes| CompressedPublicKey::from_slice(&bytes).ok()) else {
        return vec![false];
    };
    let Some(bip86) = unhex(BIP86).and_then(|bytes| XOnlyPublicKey::from_slice(&bytes).ok()) else {
        return vec![false];
    };
    let is_address = |text: &str| {
        text.parse::<Address<_>>().is_ok_and(|found| found.is_valid_for_network(Network::Bitcoin))
    };
    vec![
        Address::p2pkh(one, Network::Bitcoin).to_string() == "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        Address::p2wpkh(&one, Network::Bitcoin).to_string() == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        Address::p2tr(&SECP, bip86, None, Network::Bitcoin).to_string()
            == "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        is_address("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
        !is_address("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ"),
        !is_address("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
        !is_address("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcq"),
    ]
}

/// A payment as xrpl.js 5.3.0 and xrpl-py 5.2.0 sign it, and the account of the best known passphrase.
pub(super) fn xrpl() -> Answers {
    const SEED: &str = "ssRDnz5VbbzVrRUMAcT226SSQw8ok";
    const BLOB: &str = "1200002200000000240222076d201b056710906140000066feac46a86840000000000005b373\
                        21024f3445b52d77b4aa6318e40961b0cd4644a24e476ce9bc940e1914e4a79b4b9874473045\
                        022100c380c9d44b26e5e72c96d44efe1f40707184ba3ff16c4293d3759b37c3a6dd23022032\
                        8e85103f0cbdf2b6e057d969c5e57aeda526ae92f07592468e4a342b44172681144df20964c6\
                        de55be8e6a244d1b7eb4796d985cfc831420552c204ee494fa62ffe0f40ec8a2a3597eb696";
    const HASH: &str = "af52d36384464738010f875231db80a57c12437e7baff7e2b35d40d1d51b3ad0";
    let Some(signed) = unhex(BLOB).and_then(|blob| Transaction::from_blob(&blob).ok()) else {
        return vec![false];
    };
    let key = |text: &str| FamilySeed::parse(text).ok()?.key(&SECP).ok();
    let again = key(SEED).and_then(|key| sign_single(&SECP, &key, &signed.without_signature()).ok());
    let address = |text: &str, algorithm: Algorithm| {
        let seed = FamilySeed::parse(text).ok()?.with_algorithm(algorithm);
        Some(seed.key(&SECP).ok()?.account_id().to_string())
    };
    let is = |found: Option<String>, expected: &str| found.is_some_and(|found| found == expected);
    const ZERO: &str = "sp6JS7f14BuwFY8Mw6bTtLKWauoUs";
    vec![
        is_hex(&signed.to_blob(), BLOB),
        signed.hash().is_some_and(|hash| is_hex(&hash, HASH)),
        again.is_some_and(|again| is_hex(&again.to_blob(), BLOB)),
        is(
            address("snoPBrXtMeMyMHUVTgbuqAfg1SUTb", Algorithm::Secp256k1),
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        ),
        is(address(ZERO, Algorithm::Secp256k1), "rGCkuB7PBr5tNy68tPEABEtcdno4hE6Y7f"),
        is(address(ZERO, Algorithm::Ed25519), "r9zRhGr7b6xPekLvT6wP4qNdWMryaumZS7"),
    ]
}

/// The classic RC4 example, an OP_RETURN and an enhanced send as counterparty-core 11.2.0 makes them.
pub(super) fn counterparty() -> Answers {
    const FIRST_INPUT: &str = "7867c9837f8e25cf0cb925c2ee0ae1d0ec5dce198f2c9d54b92313b523e6c305";
    const SEND: &str = "02000000000000000100000000000001de0029852068e6510283886fb5e36ffbc73ca8bc5d55";
    let rules = Rules::at(BitcoinNetwork::Mainnet, 901_999);
    let decrypted = FIRST_INPUT.parse().ok().zip(unhex("5b3f399b909ff4fff4"));
    let sent = unhex(SEND).and_then(|data| message::decode(&data, &rules).ok());
    let again = sent.as_ref().and_then(|sent| message::encode(sent, &rules).ok());
    vec![
        is_hex(&arc4::crypt(b"Key", b"Plaintext"), "bbf316e8d940af0ad3"),
        decrypted.is_some_and(|(txid, data)| arc4::crypt(&arc4::key(&txid), &data) == b"CNTRPRTYX"),
        matches!(sent, Some(Message::EnhancedSend(_))),
        again.is_some_and(|again| is_hex(&again, SEND)),
    ]
}
