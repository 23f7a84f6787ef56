//! Subasset names: syntax and the compact form of issuance messages (counterparty.md 2.2).

use super::{AssetId, NOT_A_LONGNAME};
use crate::error::Result;
use crate::text::Printable;

const DIGITS: &[u8; 67] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@!";

/// The longest longname, in characters.
pub const MAX_LONGNAME: usize = 250;
/// The longest compact form that is expanded, in bytes.
pub const MAX_COMPACT: usize = 200;

/// Checks the syntax of `PARENT.child`; gives the parent's name. None when there is no point in the text.
///
/// # Errors
/// [`NOT_A_LONGNAME`]. `numeric_parents`: the rule since allow_subassets_on_numerics, under which the parent
/// may also be any 4 to 21 letters.
pub fn parent_of(longname: &str, numeric_parents: bool) -> Result<Option<&str>> {
    let refuse = |why: &str| {
        NOT_A_LONGNAME.error(format!("'{}' is no subasset name: {why}", Printable::new(longname)))
    };
    let Some((parent, child)) = longname.split_once('.') else { return Ok(None) };
    if parent == "BTC" || parent == "XCP" {
        return Err(refuse("BTC and XCP have no subassets"));
    }
    let longest = if numeric_parents { 21 } else { 12 };
    if !(4..=longest).contains(&parent.chars().count()) {
        return Err(refuse(&format!("the parent must have 4 to {longest} characters")));
    }
    let is_numeric = numeric_parents && AssetId::from_name(parent).is_ok_and(AssetId::is_numeric);
    if !is_numeric && !parent.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(refuse("the parent has only the letters A to Z, or is a numeric asset"));
    }
    if !numeric_parents && parent.starts_with('A') {
        return Err(refuse("the parent begins with A"));
    }
    if child.is_empty() {
        return Err(refuse("nothing behind the point"));
    }
    if longname.chars().count() > MAX_LONGNAME {
        return Err(refuse(&format!("{} characters, at most {MAX_LONGNAME}", longname.chars().count())));
    }
    if !child.bytes().all(|character| DIGITS.contains(&character)) {
        return Err(refuse("the child has only a-z A-Z 0-9 . - _ @ !"));
    }
    if child.starts_with('.') || child.ends_with('.') || child.contains("..") {
        return Err(refuse("no point at the ends of the child and no two in a row"));
    }
    Ok(Some(parent))
}

/// The compact form: base 68 with the digits 1 to 67, big-endian, minimal. None for characters outside the alphabet.
pub fn compact(longname: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    for character in longname.bytes() {
        let digit = DIGITS.iter().position(|d| *d == character)?.checked_add(1)?;
        let mut carry = u32::try_from(digit).ok()?;
        for byte in bytes.iter_mut().rev() {
            let value = u32::from(*byte).saturating_mul(68).saturating_add(carry);
            *byte = value.to_le_bytes()[0];
            carry = value >> 8;
        }
        while carry > 0 {
            bytes.insert(0, carry.to_le_bytes()[0]);
            carry >>= 8;
        }
    }
    Some(bytes)
}

/// The longname that the ledger reads from a compact form; a zero digit reads as `!`. None beyond [`MAX_COMPACT`].
pub fn expand(compact: &[u8]) -> Option<String> {
    if compact.len() > MAX_COMPACT {
        return None;
    }
    let mut number: Vec<u8> = compact.to_vec();
    let mut reversed = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 68).unwrap_or_default();
            remainder = value % 68;
        }
        let index = usize::try_from(remainder).unwrap_or_default().checked_sub(1).unwrap_or(66);
        reversed.push(char::from(DIGITS.get(index).copied().unwrap_or(b'!')));
    }
    Some(reversed.iter().rev().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_digit_reads_as_an_exclamation_mark() {
        assert_eq!(expand(&[68]).unwrap(), "a!");
        assert_eq!(compact("a!").unwrap(), [0x87]);
    }

    proptest::proptest! {
        #[test]
        fn expands_what_it_compacts(longname in "[a-zA-Z0-9._@!-]{1,80}") {
            proptest::prop_assert_eq!(expand(&compact(&longname).unwrap()).unwrap(), longname);
        }
    }
}
