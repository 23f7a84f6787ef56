//! What looks like a seed or a private key. Better one refusal too many: nothing that crosses the gap looks so.

use serde_json::Value;

use crate::inspect::inspect;
use crate::json::{self, Numbers};
use crate::network::BitcoinNetwork;

/// Digits of a SeedQR: four for each of 12, 15, 18, 21 or 24 words. Eight secret numbers of the XRP Ledger are 48, too.
const SEED_DIGITS: [usize; 5] = [48, 60, 72, 84, 96];
/// Digits of 16 or 32 bytes in hex.
const KEY_DIGITS: [usize; 2] = [32, 64];
/// Most bytes of a CompactSeedQR.
const RAW_BYTES: usize = 32;

/// Types of a UR that carry secrets (BCR-2020-006 and its successors), in lower case.
const SECRET_TYPES: [&str; 7] =
    ["crypto-seed", "seed", "crypto-bip39", "bip39", "crypto-sskr", "sskr", "crypto-eckey"];

/// True for `ur:crypto-seed/…` and the like, whole or damaged.
pub(super) fn is_secret_ur(text: &str) -> bool {
    let name = text.split('/').next().and_then(|start| start.get(3..)).unwrap_or_default();
    SECRET_TYPES.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// True for words, digits, raw bytes and keys that could be a secret, and for JSON with one in it.
pub(super) fn is_seed(text: &str) -> bool {
    let text = text.trim();
    is_digits_of_a_seed(text)
        || is_words(text)
        || is_raw(text)
        || (KEY_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || is_base58_secret(text)
        || text.split(|character: char| !character.is_ascii_alphanumeric()).any(is_extended_private_key)
        || (text.starts_with(['{', '[']) && is_json_with_seed(text))
}

/// True for JSON with a seed as the text of a member, or its words one by one as a list, unless it is a file of ours: the notes
/// of people in those are prose. Hex is no seed here: in JSON it is the hash of something.
fn is_json_with_seed(text: &str) -> bool {
    let Ok(value) = json::parse(text.as_bytes(), Numbers::Any) else { return false };
    if is_ours(text, &value) {
        return false;
    }
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if is_member_of_a_seed(text.trim()) => return true,
            Value::Array(items) => {
                let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                if words.is_some_and(|words| is_words(&words.join(" "))) {
                    return true;
                }
                open.extend(items);
            }
            Value::Object(members) => open.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

fn is_member_of_a_seed(text: &str) -> bool {
    is_digits_of_a_seed(text) || is_words(text) || is_base58_secret(text)
}

/// True for a whole file of ours, also where it lost the line end behind it. Of a broadcast file the members are not known one
/// by one.
fn is_ours(text: &str, value: &Value) -> bool {
    let format = value.get("format").and_then(Value::as_str).unwrap_or_default();
    let found = || inspect(format!("{text}\n").as_bytes(), BitcoinNetwork::default());
    format.starts_with("airlock-") && found().is_ok_and(|found| found.kind != "broadcast")
}

/// `xprv…`, `tprv…` and the like, wherever it stands: in a descriptor, in JSON. Strict enough that no piece of base64 is one.
fn is_extended_private_key(word: &str) -> bool {
    let is_named = word.get(1..4) == Some("prv") && word.starts_with(|first| "xtyzuvYZUV".contains(first));
    is_named && (107..=115).contains(&word.len()) && is_base58(word)
}

fn is_base58(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte))
}

fn is_digits_of_a_seed(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let others = |character: char| character.is_ascii_digit() || character.is_ascii_whitespace();
    SEED_DIGITS.contains(&digits) && text.chars().all(others)
}

/// 12 words or more (BIP 39 of any language, Electrum, SLIP 39, Counterwallet, RFC 1751), also with their numbers or with
/// commas.
fn is_words(text: &str) -> bool {
    let is_beside = |character: char| character.is_ascii_digit() || ".,;:)(#-".contains(character);
    let is_letter = |character: char| character.is_ascii_alphabetic() || !character.is_ascii();
    let words =
        || text.split_whitespace().map(|word| word.trim_matches(is_beside)).filter(|word| !word.is_empty());
    let is_word = |word: &str| word.chars().count() <= 12 && word.chars().all(is_letter);
    (12..=33).contains(&words().count()) && words().all(is_word)
}

/// A few bytes that are no text: readers turn each into one character or less.
fn is_raw(text: &str) -> bool {
    let is_text = |character: char| (' '..='~').contains(&character) || character.is_ascii_whitespace();
    text.chars().count() <= RAW_BYTES && !text.chars().all(is_text)
}

/// A private key in WIF, a family seed of the XRP Ledger.
fn is_base58_secret(text: &str) -> bool {
    let first = text.chars().next().unwrap_or_default();
    let wif = (51..=52).contains(&text.len()) && "5KLc9".contains(first);
    let family_seed = (28..=31).contains(&text.len()) && first == 's';
    is_base58(text) && (wif || family_seed)
}
