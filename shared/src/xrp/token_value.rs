//! The decimal numbers of issued tokens: 16 digits and an exponent (xrpl.md 4.2). Never rounded.

use core::fmt;
use core::str::FromStr;

use crate::error::{Code, Error, Exit, Result};
use crate::text::Printable;

/// A token value that the ledger cannot hold exactly.
pub static TOKEN_VALUE: Code = Code::new(
    "E-XRP-006",
    Exit::BadInput,
    "A token value has at most 16 significant digits and lies between 1000000000000000e-96 and \
     9999999999999999e80. Nothing is rounded.",
    "Write the value with fewer digits, as plain digits with at most one point.",
);

const MIN_MANTISSA: u64 = 1_000_000_000_000_000;
const MAX_MANTISSA: u64 = 9_999_999_999_999_999;
const MIN_EXPONENT: i32 = -96;
const MAX_EXPONENT: i32 = 80;
/// Zero has one form only.
const ZERO_WORD: u64 = 0x8000_0000_0000_0000;
/// The longest text of a value that is read.
const MAX_TEXT: usize = 200;

/// A value in normal form: sign, mantissa of 16 digits, power of ten; or zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenValue {
    negative: bool,
    mantissa: u64,
    exponent: i32,
}

impl TokenValue {
    /// Zero.
    pub const ZERO: TokenValue = TokenValue { negative: false, mantissa: 0, exponent: 0 };

    /// Brings a number of any form into normal form.
    fn normal(negative: bool, mut mantissa: u64, mut exponent: i32) -> Option<Self> {
        if mantissa == 0 {
            return (!negative).then_some(Self::ZERO);
        }
        while mantissa < MIN_MANTISSA {
            mantissa = mantissa.checked_mul(10)?;
            exponent = exponent.checked_sub(1)?;
        }
        while mantissa > MAX_MANTISSA {
            if !mantissa.is_multiple_of(10) {
                return None;
            }
            mantissa /= 10;
            exponent = exponent.checked_add(1)?;
        }
        (MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent).then_some(Self { negative, mantissa, exponent })
    }

    /// Reads the 8-byte word of an issued amount.
    ///
    /// # Errors
    /// [`TOKEN_VALUE`] for any word that is not in normal form.
    pub fn from_word(word: u64) -> Result<Self> {
        if word == ZERO_WORD {
            return Ok(Self::ZERO);
        }
        let bad = || TOKEN_VALUE.error(format!("{word:016X} is not a token value in normal form"));
        let negative = word & (1 << 62) == 0;
        let biased = i32::try_from((word >> 54) & 0xFF).map_err(|_| bad())?;
        let exponent = biased.checked_sub(97).ok_or_else(bad)?;
        let mantissa = word & ((1 << 54) - 1);
        let value = Self { negative, mantissa, exponent };
        let normal = word & ZERO_WORD != 0
            && (MIN_MANTISSA..=MAX_MANTISSA).contains(&mantissa)
            && (MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent);
        if normal { Ok(value) } else { Err(bad()) }
    }

    /// The 8-byte word of an issued amount.
    pub fn to_word(self) -> u64 {
        if self.mantissa == 0 {
            return ZERO_WORD;
        }
        let sign = if self.negative { 0 } else { 1 << 62 };
        let biased = u64::from(self.exponent.saturating_add(97).unsigned_abs());
        ZERO_WORD | sign | (biased << 54) | self.mantissa
    }

    /// True above zero.
    pub fn is_positive(self) -> bool {
        self.mantissa != 0 && !self.negative
    }

    /// True for zero.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }
}

/// Plain decimal without exponent and without trailing zeros, as xrpl.js writes it.
impl fmt::Display for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.to_string();
        let significant = digits.trim_end_matches('0');
        let dropped = digits.len().saturating_sub(significant.len());
        if significant.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let exponent = self.exponent.saturating_add(i32::try_from(dropped).unwrap_or(0));
        let behind = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
        if exponent >= 0 {
            return write!(f, "{significant}{}", "0".repeat(behind));
        }
        match significant.len().checked_sub(behind).and_then(|whole| significant.split_at_checked(whole)) {
            Some((whole, fraction)) if !whole.is_empty() => write!(f, "{whole}.{fraction}"),
            Some(_) | None => {
                write!(f, "0.{}{significant}", "0".repeat(behind.saturating_sub(significant.len())))
            }
        }
    }
}

impl fmt::Debug for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads an optional minus, digits, an optional fraction and an optional exponent.
impl FromStr for TokenValue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| TOKEN_VALUE.error(format!("'{}' {why}", Printable::new(text)));
        let form = || bad("is not a plain decimal number");
        if text.len() > MAX_TEXT {
            return Err(form());
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, read_exponent(exponent).ok_or_else(form)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(form()),
            None => (number, ""),
        };
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(form());
        }
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let kept = significant.trim_end_matches('0');
        if kept.len() > 16 {
            return Err(bad("has more than 16 significant digits"));
        }
        let mantissa = if kept.is_empty() { 0 } else { kept.parse::<u64>().map_err(|_| form())? };
        let count = |length: usize| i32::try_from(length).map_err(|_| form());
        let scale = exponent
            .checked_sub(count(fraction.len())?)
            .and_then(|scale| scale.checked_add(count(significant.len().saturating_sub(kept.len())).ok()?))
            .ok_or_else(form)?;
        if mantissa == 0 && negative {
            return Err(bad("is a negative zero"));
        }
        Self::normal(negative, mantissa, scale).ok_or_else(|| bad("is beyond what the ledger can hold"))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads the digits behind `e`, with their sign; at most four of them.
fn read_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !is_digits(digits) {
        return None;
    }
    let size: i32 = digits.parse().ok()?;
    if text.starts_with('-') { size.checked_neg() } else { Some(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_words_that_are_not_in_normal_form() {
        for word in [
            0,
            0xC000_0000_0000_0000,
            0xD440_0000_0000_0001,
            ZERO_WORD | 1,
            0xD483_8D7E_A4C6_7FFF,
            0xD4A3_86F2_6FC1_0000,
            0xEC83_8D7E_A4C6_8000,
            0xC003_8D7E_A4C6_8000,
        ] {
            assert_eq!(TokenValue::from_word(word).unwrap_err().code(), &TOKEN_VALUE, "{word:016X}");
        }
    }

    #[test]
    fn refuses_what_would_have_to_be_rounded_or_guessed() {
        for bad in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            " 1",
            "1 ",
            "1_0",
            "1,0",
            "0x1",
            "-0",
            "1e",
            "1e+",
            "1e99999",
            "12345678901234567",
            "1e97",
            "1e-97",
            "1e-82",
            "9999999999999999e81",
            "NaN",
            "1e1e1",
            "1.2.3",
        ] {
            assert!(bad.parse::<TokenValue>().is_err(), "{bad}");
        }
    }

    #[test]
    fn writes_plain_decimals() {
        for (text, shown) in [
            ("0e5", "0"),
            ("1E5", "100000"),
            ("100.000", "100"),
            ("-0.01", "-0.01"),
            ("8e-7", "0.0000008"),
            ("0012.50", "12.5"),
            ("1e+2", "100"),
            ("12345678901234560", "12345678901234560"),
        ] {
            assert_eq!(text.parse::<TokenValue>().unwrap().to_string(), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn values_read_back(mantissa in MIN_MANTISSA..=MAX_MANTISSA, exponent in -96i32..=80, negative: bool) {
            let value = TokenValue { negative, mantissa, exponent };
            proptest::prop_assert_eq!(TokenValue::from_word(value.to_word()).unwrap(), value);
            proptest::prop_assert_eq!(value.to_string().parse::<TokenValue>().unwrap(), value);
            let scientific = format!("{}{mantissa}e{exponent}", if negative { "-" } else { "" });
            proptest::prop_assert_eq!(scientific.parse::<TokenValue>().unwrap(), value);
        }

        #[test]
        fn words_are_refused_or_give_themselves(word: u64) {
            if let Ok(value) = TokenValue::from_word(word) {
                proptest::prop_assert_eq!(value.to_word(), word);
            }
        }
    }
}
