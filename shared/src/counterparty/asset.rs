//! Asset ids and names (counterparty.md 2.1).

use core::fmt;

use crate::error::{Code, Exit, Result};
use crate::text::Printable;

pub mod subasset;

/// A text that names no asset, or not in the one spelling that the asset has.
pub static NOT_AN_ASSET: Code = Code::new(
    "E-ASSET-001",
    Exit::BadInput,
    "An asset is BTC, XCP, a name of 4 to 12 letters A to Z that does not begin with A, or A followed by a \
     number from 95428956661682177 to 18446744073709551615 without leading zeros.",
    "Check the asset name; a subasset travels under its A… number, which its issuer or a server knows.",
);
/// A number that is no asset.
pub static NOT_AN_ID: Code = Code::new(
    "E-ASSET-002",
    Exit::BadInput,
    "Asset ids are 0, 1, 17576 to 95428956661682175, and 95428956661682177 to 18446744073709551615.",
    "Check where the data came from.",
);
/// A subasset name that the ledger would not accept.
pub static NOT_A_LONGNAME: Code = Code::new(
    "E-ASSET-003",
    Exit::BadInput,
    "A subasset name is PARENT.child: at most 250 characters, a parent of 4 to 21 characters that is neither \
     BTC nor XCP, and a child of the characters a-z A-Z 0-9 . - _ @ ! without points at its ends or in a row.",
    "Check the subasset name.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_AN_ASSET, &NOT_AN_ID, &NOT_A_LONGNAME];

/// 26^3: the lowest id of a named asset.
const FIRST_NAMED: u64 = 17_576;
/// 26^12 + 1: the lowest id of a numeric asset.
const FIRST_NUMERIC: u64 = 95_428_956_661_682_177;

/// The number of an asset on the wire; always one that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(u64);

impl AssetId {
    /// Bitcoin; no message can move it.
    pub const BTC: AssetId = AssetId(0);
    /// XCP.
    pub const XCP: AssetId = AssetId(1);

    /// Checks a number from the wire.
    ///
    /// # Errors
    /// [`NOT_AN_ID`] for numbers that no name gives. The number 26^12 is let through: the ledger reads it
    /// as a name of 13 letters (counterparty.md 2.1), which [`AssetId::from_name`] refuses.
    pub fn new(id: u64) -> Result<Self> {
        if (2..FIRST_NAMED).contains(&id) {
            return Err(NOT_AN_ID.error(format!("{id} is no asset id: 2 to 17575 do not exist")));
        }
        Ok(Self(id))
    }

    /// Reads a name in its one spelling.
    ///
    /// # Errors
    /// [`NOT_AN_ASSET`] for anything else, other spellings of a numeric asset included.
    pub fn from_name(name: &str) -> Result<Self> {
        let refuse = |why: &str| NOT_AN_ASSET.error(format!("'{}' is no asset: {why}", Printable::new(name)));
        match name {
            "BTC" => return Ok(Self::BTC),
            "XCP" => return Ok(Self::XCP),
            _ => {}
        }
        if let Some(digits) = name.strip_prefix('A') {
            let id = digits.parse::<u64>().ok().filter(|id| *id >= FIRST_NUMERIC).map(Self);
            return id
                .filter(|id| id.name() == name)
                .ok_or_else(|| refuse("after A there must be a number in range, without leading zeros"));
        }
        if !(4..=12).contains(&name.len()) {
            return Err(refuse(&format!("{} letters, a name has 4 to 12", name.chars().count())));
        }
        let mut id = 0u64;
        for letter in name.bytes() {
            if !letter.is_ascii_uppercase() {
                return Err(refuse("a name has only the letters A to Z"));
            }
            id = id.saturating_mul(26).saturating_add(u64::from(letter.wrapping_sub(b'A')));
        }
        Self::new(id)
    }

    /// The name that the ledger gives to the number.
    pub fn name(self) -> String {
        match self.0 {
            0 => "BTC".to_owned(),
            1 => "XCP".to_owned(),
            numeric @ FIRST_NUMERIC.. => format!("A{numeric}"),
            named => {
                let mut letters = Vec::with_capacity(13);
                let mut rest = named;
                while rest > 0 {
                    let digit = u8::try_from(rest % 26).unwrap_or_default();
                    letters.push(char::from(b'A'.saturating_add(digit)));
                    rest /= 26;
                }
                letters.iter().rev().collect()
            }
        }
    }

    /// The number.
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// True for `A…` assets; subassets are among them.
    pub fn is_numeric(self) -> bool {
        self.0 >= FIRST_NUMERIC
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_other_spellings_of_a_numeric_asset() {
        assert_eq!(AssetId::from_name("A95428956661682177").unwrap().to_u64(), FIRST_NUMERIC);
        for bad in [
            "A095428956661682177",
            "A+95428956661682177",
            "A95_428956661682177",
            "A95428956661682176",
            "A18446744073709551616",
            "A",
            "",
            "BAAAAAAAAAAAA",
            "AAAA",
            "ABCD",
            "BAA",
            "bAAA",
            "BAÄA",
        ] {
            assert_eq!(AssetId::from_name(bad).unwrap_err().code(), &NOT_AN_ASSET, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_name_gives_back_its_id(id: u64) {
            if let Some(id) = AssetId::new(id).ok().filter(|id| id.to_u64() != FIRST_NUMERIC - 1) {
                proptest::prop_assert_eq!(AssetId::from_name(&id.name()).unwrap(), id);
            }
        }
    }
}
