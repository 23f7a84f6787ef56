//! Words, keys and signatures. The keys are public: they stand in standards.

use airlock::account::SECP;
use airlock::xrp::PublicKey as XrpPublicKey;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Keypair, Message, PublicKey, SecretKey, XOnlyPublicKey, ecdsa, schnorr};
use ed25519_dalek::{Signer, SigningKey};

use super::hashes::pbkdf2_hmac_sha512;
use super::{Answers, array, is_hex, unhex};
use crate::keys::{ExtendedKey, Mnemonic};
use crate::secret::{Secret, SecretText};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// The first vector of BIP-39, and the same seed by a second road.
pub(super) fn bip39() -> Answers {
    let Ok(words) = Mnemonic::parse(WORDS) else { return vec![false] };
    let seed = words.seed(&SecretText::new("TREZOR".to_owned()));
    let again = pbkdf2_hmac_sha512(WORDS.as_bytes(), b"mnemonicTREZOR", 2048, 64);
    let wrong = WORDS.replace("about", "abandon");
    vec![
        is_hex(
            seed.expose(),
            "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d182\
             64c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
        ),
        again == seed.expose(),
        Mnemonic::from_entropy(&[0; 16]).is_ok_and(|made| made.to_text().matches(WORDS)),
        Mnemonic::parse(&wrong).is_err(),
    ]
}

/// Test vector 2 of BIP-32.
pub(super) fn bip32() -> Answers {
    const SEED: &str = "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2\
                        9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542";
    let public = |path: &str| {
        let master =
            ExtendedKey::master(&Secret::take(&mut array::<64>(SEED)?), bitcoin::Network::Bitcoin).ok()?;
        Some(master.derive_text(&SECP, path).ok()?.public(&SECP).to_string())
    };
    [
        (
            "m",
            "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB",
        ),
        (
            "m/0/2147483647'/1/2147483646'/2",
            "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFbdpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt",
        ),
    ]
    .into_iter()
    .map(|(path, expected)| public(path).is_some_and(|made| made == expected))
    .collect()
}

/// RFC 6979 with Bitcoin Core's counter: after one and after six further nonces; computed by 40 lines of Python of
/// their own. The first without the counter is a vector that many libraries carry.
pub(super) fn ecdsa() -> Answers {
    const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";
    const OTHER: &str = "5a3d33bc7638618e23b63f9d567bc9060682fc570e3c8f34df7b5a51563f8d0a";
    let digest = Message::from_digest(sha256::Hash::hash(b"Satoshi Nakamoto").to_byte_array());
    let key = |text: &str| array::<32>(text).and_then(|bytes| SecretKey::from_slice(&bytes).ok());
    let (Some(one), Some(other)) = (key(ONE), key(OTHER)) else { return vec![false] };
    let is = |signature: &ecdsa::Signature, expected: &str| is_hex(&signature.serialize_compact(), expected);
    let low = SECP.sign_ecdsa_low_r(&digest, &other);
    let public = PublicKey::from_secret_key(&SECP, &other);
    let another = Message::from_digest([7; 32]);
    vec![
        is(
            &SECP.sign_ecdsa(&digest, &one),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8\
             2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
        ),
        is(
            &SECP.sign_ecdsa_low_r(&digest, &one),
            "3311d51d1326e30774b2fb1fbfd5e199ebccb43be1db2ce41051eb2d75e4b68f\
             44d2ea67486df31a242363de1f835d583620fea148ee422c8c80b904b53f5ac3",
        ),
        is(
            &low,
            "43e23923bd1f74434f8cf935b83229a50cb835bd4c52ce5fb2852c1415064200\
             56bd7b64740e28f253f9f4d35b19e4768331d9ae445fcab47ea484a634989310",
        ),
        is_hex(&public.serialize(), "021b3a76cc4f51771fc51375a7167700c8f50367ebd00446d96ad398d6813d6586"),
        SECP.verify_ecdsa(&digest, &low, &public).is_ok(),
        SECP.verify_ecdsa(&another, &low, &public).is_err(),
    ]
}

/// Test vector 0 of BIP-340.
pub(super) fn schnorr() -> Answers {
    const THREE: &str = "0000000000000000000000000000000000000000000000000000000000000003";
    let pair = array::<32>(THREE).and_then(|bytes| Keypair::from_seckey_slice(&SECP, &bytes).ok());
    let Some(pair) = pair else { return vec![false] };
    let (digest, another) = (Message::from_digest([0; 32]), Message::from_digest([7; 32]));
    let signature: schnorr::Signature = SECP.sign_schnorr_with_aux_rand(&digest, &pair, &[0; 32]);
    let (public, _) = XOnlyPublicKey::from_keypair(&pair);
    vec![
        is_hex(&public.serialize(), "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"),
        is_hex(
            &signature.serialize(),
            "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215\
             25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
        ),
        SECP.verify_schnorr(&signature, &digest, &public).is_ok(),
        SECP.verify_schnorr(&signature, &another, &public).is_err(),
    ]
}

/// RFC 8032, section 7.1, test 2.
pub(super) fn ed25519() -> Answers {
    const KEY: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let Some(key) = array::<32>(KEY) else { return vec![false] };
    let key = SigningKey::from_bytes(&key);
    let signature = key.sign(&[0x72]).to_bytes();
    let verifies = |message: &[u8]| {
        let public = unhex(&format!("ed{PUBLIC}")).and_then(|bytes| XrpPublicKey::from_slice(&bytes).ok());
        public.is_some_and(|public| public.verify(message, &signature).is_ok())
    };
    vec![
        is_hex(key.verifying_key().as_bytes(), PUBLIC),
        is_hex(
            &signature,
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        verifies(&[0x72]),
        !verifies(&[0x73]),
    ]
}
