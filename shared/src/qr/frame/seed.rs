//! What looks like a seed or a private key. Better one refusal too many: nothing that crosses the gap looks so.

/// Digits of a SeedQR: four for each of 12, 15, 18, 21 or 24 words. Eight secret numbers of the XRP Ledger are 48, too.
const SEED_DIGITS: [usize; 5] = [48, 60, 72, 84, 96];
/// Digits of 16 or 32 bytes in hex.
const KEY_DIGITS: [usize; 2] = [32, 64];
/// Most bytes of a CompactSeedQR.
const RAW_BYTES: usize = 32;

/// True for words, digits, raw bytes and keys that could be a secret.
pub(super) fn is_seed(text: &str) -> bool {
    let text = text.trim();
    is_digits_of_a_seed(text)
        || is_words(text)
        || is_raw(text)
        || (KEY_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || is_base58_secret(text)
}

fn is_digits_of_a_seed(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let others = |character: char| character.is_ascii_digit() || character.is_ascii_whitespace();
    SEED_DIGITS.contains(&digits) && text.chars().all(others)
}

/// 12 words or more of three to eight letters each (BIP 39, Electrum, SLIP 39, Counterwallet), or RFC 1751 in capitals.
fn is_words(text: &str) -> bool {
    let is_word =
        |word: &str| (1..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let count = text.split_ascii_whitespace().count();
    (12..=33).contains(&count) && text.split_ascii_whitespace().all(is_word)
}

/// A few bytes that are no text: readers turn each into one character or less.
fn is_raw(text: &str) -> bool {
    let is_text = |character: char| (' '..='~').contains(&character) || character.is_ascii_whitespace();
    text.chars().count() <= RAW_BYTES && !text.chars().all(is_text)
}

/// A private key in WIF, a family seed of the XRP Ledger, an extended private key.
fn is_base58_secret(text: &str) -> bool {
    let is_base58 = text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte));
    let first = text.chars().next().unwrap_or_default();
    let wif = (51..=52).contains(&text.len()) && "5KLc9".contains(first);
    let family_seed = (28..=31).contains(&text.len()) && first == 's';
    let extended = text.len() > 100 && text.get(1..4) == Some("prv");
    is_base58 && (wif || family_seed || extended)
}
