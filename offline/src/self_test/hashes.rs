//! Hashes, and what is made of them.

use airlock::xrp::hash::sha512_half;
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, hash160, ripemd160, sha256, sha256d, sha512};

use super::{Answers, is_hex};

/// FIPS 180-4 and RIPEMD-160: the examples of "abc"; SHA-256d and HASH160 are SHA-256 and one of them once more.
pub(super) fn digests() -> Answers {
    let abc = b"abc";
    let sha512_of_abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    let thousand: Vec<u8> = vec![b'a'; 1_000];
    vec![
        is_hex(
            sha256::Hash::hash(abc).as_byte_array(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        is_hex(sha512::Hash::hash(abc).as_byte_array(), sha512_of_abc),
        is_hex(ripemd160::Hash::hash(abc).as_byte_array(), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        is_hex(
            sha256::Hash::hash(&thousand).as_byte_array(),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3",
        ),
        sha256d::Hash::hash(abc) == sha256::Hash::hash(abc).hash_again(),
        is_hex(hash160::Hash::hash(abc).as_byte_array(), "bb1be98c142444d7a56aa3981c3942a978e4dc33"),
        is_hex(&sha512_half(&[b"a", b"bc"]), sha512_of_abc.get(..64).unwrap_or_default()),
    ]
}

/// RFC 4231, test case 2.
pub(super) fn hmac() -> Answers {
    let (key, data) = (b"Jefe", b"what do ya want for nothing?");
    let mut short = HmacEngine::<sha256::Hash>::new(key);
    short.input(data);
    let mut long = HmacEngine::<sha512::Hash>::new(key);
    long.input(data);
    vec![
        is_hex(
            Hmac::from_engine(short).as_byte_array(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        is_hex(
            Hmac::from_engine(long).as_byte_array(),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ]
}

/// PBKDF2 (RFC 8018) over the HMAC that BIP-39 uses. It makes no key: it judges the one of the BIP-39 crate.
pub(super) fn pbkdf2_hmac_sha512(password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let keyed = HmacEngine::<sha512::Hash>::new(password);
    let once = |parts: &[&[u8]]| {
        let mut engine = keyed.clone();
        parts.iter().for_each(|part| engine.input(part));
        Hmac::from_engine(engine).to_byte_array()
    };
    let mut derived = Vec::with_capacity(length.saturating_add(64));
    let mut number = 0u32;
    while derived.len() < length {
        number = number.saturating_add(1);
        let mut last = once(&[salt, &number.to_be_bytes()]);
        let mut block = last;
        for _ in 1..rounds {
            last = once(&[&last]);
            block.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
        }
        derived.extend_from_slice(&block);
    }
    derived.truncate(length);
    derived
}

/// Made with Python's `hashlib.pbkdf2_hmac`.
pub(super) fn pbkdf2() -> Answers {
    vec![
        is_hex(
            &pbkdf2_hmac_sha512(b"password", b"salt", 1, 64),
            "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252\
             c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce",
        ),
        is_hex(
            &pbkdf2_hmac_sha512(b"password", b"salt", 2, 64),
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c\
             f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e",
        ),
    ]
}
