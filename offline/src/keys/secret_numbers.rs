//! Secret numbers: eight groups of six digits, as Xaman writes the 16 bytes of an account (xrpl.md 2.6).

use airlock::{Code, Exit, Result};

use crate::secret::{Secret, SecretText};

/// Digits that are not secret numbers.
pub static SECRET_NUMBERS: Code = Code::new(
    "E-KEY-002",
    Exit::BadInput,
    "Secret numbers are eight groups (A to H) of six digits; the first five are a number up to 65535, the sixth \
     is a check, which is weak: compare the account's address as well.",
    "Compare the group that the message names with the paper.",
);

const GROUPS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// Reads the groups, separated by white space. The algorithm is not in them: Xaman uses secp256k1.
///
/// # Errors
/// [`SECRET_NUMBERS`] with the group, never its digits.
pub fn parse(text: &str) -> Result<Secret<16>> {
    let count = text.split_whitespace().count();
    if count != GROUPS.len() {
        return Err(SECRET_NUMBERS.error(format!("{count} groups, secret numbers have 8")));
    }
    let mut entropy = Secret::zero();
    let (pairs, _) = entropy.expose_mut().as_chunks_mut::<2>();
    for (((group, name), place), pair) in text.split_whitespace().zip(GROUPS).zip(0u32..).zip(pairs) {
        let bad = |why: &str| SECRET_NUMBERS.error(format!("group {name} {why}"));
        let well_formed = group.len() == 6 && group.bytes().all(|byte| byte.is_ascii_digit());
        let digits: u32 =
            if well_formed { group.parse().ok() } else { None }.ok_or_else(|| bad("is not six digits"))?;
        let (value, check) = (digits / 10, digits % 10);
        let value = u16::try_from(value).map_err(|_| bad("is above 65535"))?;
        if check_digit(value, place) != check {
            return Err(bad("has a wrong check digit"));
        }
        *pair = value.to_be_bytes();
    }
    Ok(entropy)
}

/// Writes the groups with single spaces.
pub fn to_text(entropy: &Secret<16>) -> SecretText {
    use core::fmt::Write;

    let mut text = String::with_capacity(55);
    let (pairs, _) = entropy.expose().as_chunks::<2>();
    for (pair, place) in pairs.iter().zip(0u32..) {
        let value = u16::from_be_bytes(*pair);
        let space = if place == 0 { "" } else { " " };
        write!(text, "{space}{value:05}{}", check_digit(value, place)).expect("writing to text cannot fail");
    }
    SecretText::new(text)
}

fn check_digit(value: u16, place: u32) -> u32 {
    let factor = place.saturating_mul(2).saturating_add(1);
    u32::from(value).saturating_mul(factor) % 9
}
