//! What the keys will sign, and what the online half takes back.

use airlock::bundle::{Bundle, Signed, SignedStep, verify};
use airlock::xrp::hash::{TRANSACTION_ID, sha512_half};
use airlock_tests::sources::product;
use bitcoin::Transaction;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hex::{DisplayHex, FromHex};

use crate::VAULT;

/// The function around a place in a source.
fn function(text: &str, place: usize) -> String {
    let before = &text[..place];
    let name = |at: usize| text[at + 3..].split(['(', '<']).next().unwrap().to_owned();
    before.rfind("fn ").map(name).unwrap_or_default()
}

/// Signing primitives are called in four places beside the self-test, which signs known answers with known keys; of these, three are private to the crate and one signs what it built
/// from a decoded transaction. What may be called from outside takes an approval or a whole transaction, never a digest.
/// The compile-fail examples beside `sign` and `sign::xrp` show the same to the compiler.
#[test]
fn api_has_no_sign_hash() {
    const PRIMITIVES: [&str; 11] = [
        "sign_ecdsa",
        "sign_schnorr",
        "sign_low_r",
        "sign_grind",
        "try_sign",
        "sign_prehash",
        "sign_digest",
        "raw_sign",
        "Signer::sign",
        ".sign(",
        "sign_recoverable",
    ];
    let found: Vec<_> = ["offline", "shared", "online"].into_iter().flat_map(product).collect();
    let mut callers = Vec::new();
    for (name, text) in &found {
        for primitive in PRIMITIVES {
            for (place, _) in text.match_indices(primitive) {
                let line = text[text[..place].rfind('\n').map_or(0, |at| at + 1)..].lines().next().unwrap();
                if !line.trim_start().starts_with("//") && !line.contains(&format!("fn {primitive}")) {
                    callers.push(format!("{name} {}", function(text, place)));
                }
            }
        }
    }
    callers.sort();
    callers.dedup();
    let expected = [
        "offline/src/keyring.rs sign_ecdsa",
        "offline/src/keyring.rs sign_schnorr",
        "offline/src/self_test/curves.rs ecdsa",
        "offline/src/self_test/curves.rs ed25519",
        "offline/src/self_test/curves.rs schnorr",
        "offline/src/sign/bitcoin.rs sign_input",
        "offline/src/sign/xrp.rs signature",
    ];
    assert_eq!(callers, expected, "a signature is made in a place that this test does not know");
    let text = |wanted: &str| &found.iter().find(|(name, _)| name == wanted).unwrap().1;
    for (file, line) in [
        ("offline/src/keyring.rs", "    pub(crate) fn sign_ecdsa("),
        ("offline/src/keyring.rs", "    pub(crate) fn sign_schnorr("),
        ("offline/src/self_test/curves.rs", "pub(super) fn ecdsa() -> Answers {"),
        ("offline/src/self_test/curves.rs", "pub(super) fn schnorr() -> Answers {"),
        ("offline/src/self_test/curves.rs", "pub(super) fn ed25519() -> Answers {"),
        ("offline/src/sign/bitcoin.rs", "\nfn sign_input("),
        ("offline/src/sign/xrp.rs", "\nfn signature("),
    ] {
        assert!(text(file).contains(line), "{file} has no {line:?}");
    }
    let mut public = Vec::new();
    for file in ["offline/src/sign.rs", "offline/src/sign/bitcoin.rs", "offline/src/sign/xrp.rs"] {
        for (place, _) in text(file).match_indices("\npub fn ") {
            let signature = text(file)[place..].split('{').next().unwrap();
            public.push(signature.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    assert_eq!(public.len(), 5, "{public:?}");
    for signature in public {
        let takes = ["approved: Approved,", "job: &BitcoinJob,", "transaction: &Transaction"];
        assert!(takes.iter().any(|takes| signature.contains(takes)), "{signature}");
        for digest in ["Message", "[u8", "Sha512", "digest", "hash"] {
            assert!(!signature.contains(digest), "{signature}");
        }
    }
}

/// Each byte of each signed transaction changed, with the ids and the seal made right again.
#[test]
fn broadcast_refuses_other_bytes() {
    for contents in [VAULT.payment("tap"), VAULT.taproot_send("old", "order 7", 0), VAULT.xrp()] {
        let (bundle, signed) = (Bundle::seal(contents.clone()).unwrap(), VAULT.sign(&contents).unwrap());
        assert_eq!(verify(&bundle, &signed).unwrap().len(), contents.steps.len());
        let mut tried = 0;
        for (step, artefact) in signed.contents().steps.iter().enumerate() {
            let raw = match artefact {
                SignedStep::Bitcoin { tx, .. } => tx,
                SignedStep::Xrpl { tx_blob, .. } => tx_blob,
            };
            let bytes = Vec::from_hex(raw).unwrap();
            for (place, bit) in (0..bytes.len()).flat_map(|place| [(place, 0), (place, 7)]) {
                let mut other = bytes.clone();
                other[place] ^= 1 << bit;
                let mut forged = signed.contents().clone();
                match &mut forged.steps[step] {
                    SignedStep::Bitcoin { tx, txid, .. } => {
                        let Ok(transaction) = deserialize_hex::<Transaction>(&other.to_lower_hex_string())
                        else {
                            continue;
                        };
                        (*tx, *txid) = (serialize_hex(&transaction), transaction.compute_txid().to_string());
                    }
                    SignedStep::Xrpl { tx_blob, hash } => {
                        *tx_blob = other.to_upper_hex_string();
                        *hash = sha512_half(&[&TRANSACTION_ID, &other]).to_upper_hex_string();
                    }
                }
                let Ok(forged) = Signed::seal(forged) else { continue };
                assert!(verify(&bundle, &forged).is_err(), "byte {place} of step {}", step + 1);
                tried += 1;
            }
        }
        assert!(tried > 100, "{tried}");
    }
    // The signed file of another plan.
    let (one, two) = (VAULT.payment("cold"), VAULT.payment("tap"));
    assert!(verify(&Bundle::seal(one).unwrap(), &VAULT.sign(&two).unwrap()).is_err());
}
