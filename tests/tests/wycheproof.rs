//! All vectors of Project Wycheproof for the four primitives that Airlock rests on, through the judge of the self-test;
//! and the subset that the program carries. `AIRLOCK_BLESS=1 cargo test --test wycheproof` writes the subset again.

use std::collections::BTreeSet;
use std::fs;

use airlock_offline::self_test::wycheproof::{SUBSET, agrees};
use airlock_tests::workspace_root;
use serde_json::Value;
use wycheproof::{aead, ecdsa, eddsa, pbkdf2};

/// A vector as a line, with what marks its kind.
struct Vector {
    line: String,
    kinds: BTreeSet<String>,
    is_valid: bool,
}

fn vectors(primitive: &str, json: &str, members: &[&str]) -> Vec<Vector> {
    let file: Value = serde_json::from_str(json).unwrap();
    let mut vectors = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let bytes = members.iter().map(|member| {
                let value = match *member {
                    "key of the group" if primitive == "ed25519" => &group["publicKey"]["pk"],
                    "key of the group" => &group["publicKey"]["uncompressed"],
                    member => &test[member],
                };
                match value.as_str() {
                    Some("") => "-".to_owned(),
                    Some(hex) => hex.to_owned(),
                    None => format!("{:08x}", value.as_u64().unwrap()),
                }
            });
            let bytes: Vec<String> = bytes.collect();
            let result = test["result"].as_str().unwrap();
            let flags = test["flags"].as_array().unwrap().iter().map(|flag| format!("{result} {flag}"));
            vectors.push(Vector {
                line: format!("{primitive} {result} {}", bytes.join(" ")),
                kinds: flags.collect(),
                is_valid: result == "valid",
            });
        }
    }
    assert_eq!(file["numberOfTests"], vectors.len());
    vectors
}

fn all() -> [(&'static str, Vec<Vector>); 4] {
    let signed = ["key of the group", "msg", "sig"];
    let ecdsa = ecdsa::TestName::EcdsaSecp256k1Sha256Bitcoin.json_data();
    let ed25519 = eddsa::TestName::Ed25519.json_data();
    let xchacha20 = aead::TestName::XChaCha20Poly1305.json_data();
    let pbkdf2 = pbkdf2::TestName::Pbkdf2HmacSha512.json_data();
    [
        ("ecdsa-secp256k1-sha256", ecdsa, &signed[..]),
        ("ed25519", ed25519, &signed),
        ("xchacha20-poly1305", xchacha20, &["key", "iv", "aad", "msg", "ct", "tag"]),
        ("pbkdf2-hmac-sha512", pbkdf2, &["password", "salt", "iterationCount", "dk"]),
    ]
    .map(|(primitive, json, members)| (primitive, vectors(primitive, json, members)))
}

#[test]
fn every_vector_is_judged_as_it_should_be() {
    let expected = [(463, 301), (151, 63), (315, 69), (58, 0)];
    for ((primitive, vectors), (count, invalid)) in all().into_iter().zip(expected) {
        for vector in &vectors {
            assert_eq!(agrees(&vector.line), Some(true), "{}", vector.line);
            let (words, other) =
                (vector.line.split_once(' ').unwrap(), if vector.is_valid { "invalid" } else { "valid" });
            let rest = words.1.split_once(' ').unwrap().1;
            assert_eq!(agrees(&format!("{} {other} {rest}", words.0)), Some(false), "{}", vector.line);
        }
        let refused = vectors.iter().filter(|vector| !vector.is_valid).count();
        println!("Wycheproof {primitive}: {} vectors, {refused} of them invalid and refused", vectors.len());
        assert_eq!((vectors.len(), refused), (count, invalid), "{primitive}");
    }
}

/// The first vector of each kind; of the slow PBKDF2 one alone.
fn subset() -> String {
    let mut text = String::from(
        "# Project Wycheproof (C2SP), Apache-2.0: the first vector of each kind. Written by tests/tests/wycheproof.rs.\n",
    );
    for (primitive, vectors) in all() {
        let mut seen = BTreeSet::new();
        for vector in vectors {
            let is_slow = primitive == "pbkdf2-hmac-sha512" && !seen.is_empty();
            if !vector.kinds.is_subset(&seen) && !is_slow {
                text.push_str(&vector.line);
                text.push('\n');
            }
            seen.extend(vector.kinds);
        }
    }
    text
}

#[test]
fn the_subset_of_the_program_is_current() {
    let subset = subset();
    if std::env::var_os("AIRLOCK_BLESS").is_some() {
        fs::write(workspace_root().join("offline/src/self_test/wycheproof.txt"), &subset).unwrap();
    } else {
        assert_eq!(SUBSET, subset);
    }
}
