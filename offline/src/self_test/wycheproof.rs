//! The test vectors of Project Wycheproof, one a line: what attacks on each primitive look like, and whether it must
//! take them. A subset, one for each kind of attack, is part of the program; tests run all of them through the same
//! judge.

use airlock::account::SECP;
use airlock::xrp::PublicKey as XrpPublicKey;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message, PublicKey, ecdsa};
use chacha20poly1305::{AeadInPlace, KeyInit, Tag, XChaCha20Poly1305, XNonce};

use super::hashes::pbkdf2_hmac_sha512;
use super::{Answers, unhex};

/// The subset.
pub const SUBSET: &str = include_str!("wycheproof.txt");

/// Whether each line of the subset is judged as it should be.
pub(super) fn subset() -> Answers {
    let lines = SUBSET.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| agrees(line).unwrap_or(false)).collect()
}

/// Whether a primitive takes what a line calls `valid` and refuses what it calls `invalid`. None where the line is none.
///
/// Each line holds a primitive, `valid` or `invalid`, and bytes in hexadecimal (`-` for none):
/// `ecdsa-secp256k1-sha256` key, message, DER signature · `ed25519` key, message, signature ·
/// `xchacha20-poly1305` key, nonce, associated data, text, sealed text, tag ·
/// `pbkdf2-hmac-sha512` password, salt, rounds (four bytes), key.
pub fn agrees(line: &str) -> Option<bool> {
    let mut words = line.split(' ');
    let (primitive, result) = (words.next()?, words.next()?);
    let bytes: Option<Vec<Vec<u8>>> =
        words.map(|word| if word == "-" { Some(Vec::new()) } else { unhex(word) }).collect();
    let takes = match (primitive, bytes?.as_slice()) {
        ("ecdsa-secp256k1-sha256", [key, message, signature]) => ecdsa(key, message, signature),
        ("ed25519", [key, message, signature]) => ed25519(key, message, signature),
        ("xchacha20-poly1305", [key, nonce, data, text, sealed, tag]) => {
            xchacha20_poly1305(key, nonce, data, sealed, tag).is_some_and(|opened| opened == *text)
        }
        ("pbkdf2-hmac-sha512", [password, salt, rounds, key]) => {
            let rounds = u32::from_be_bytes(rounds.as_slice().try_into().ok()?);
            pbkdf2_hmac_sha512(password, salt, rounds, key.len()) == *key
        }
        _ => return None,
    };
    match result {
        "valid" => Some(takes),
        "invalid" => Some(!takes),
        _ => None,
    }
}

/// As Bitcoin takes it: strict DER, low S.
fn ecdsa(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let digest = Message::from_digest(sha256::Hash::hash(message).to_byte_array());
    let parsed = PublicKey::from_slice(key).ok().zip(ecdsa::Signature::from_der(signature).ok());
    parsed.is_some_and(|(key, signature)| SECP.verify_ecdsa(&digest, &signature, &key).is_ok())
}

/// As the XRP Ledger takes it.
fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = XrpPublicKey::from_slice(&[&[0xed], key].concat());
    key.is_ok_and(|key| key.verify(message, signature).is_ok())
}

fn xchacha20_poly1305(key: &[u8], nonce: &[u8], data: &[u8], sealed: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
    let nonce: [u8; 24] = nonce.try_into().ok()?;
    let tag: [u8; 16] = tag.try_into().ok()?;
    let mut bytes = sealed.to_vec();
    let opened = cipher.decrypt_in_place_detached(&XNonce::from(nonce), data, &mut bytes, &Tag::from(tag));
    opened.ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_none_is_not_taken_for_a_right_answer() {
        for line in
            ["", "ed25519", "ed25519 valid", "md5 valid 00", "ed25519 maybe 00 00 00", "ed25519 valid 0 0 0"]
        {
            assert_eq!(agrees(line), None, "{line}");
        }
        assert_eq!(agrees("ed25519 invalid - - -"), Some(true));
        assert_eq!(agrees("ed25519 valid - - -"), Some(false));
    }
}
