//! Exact sums: non-negative decimals with 96 digits behind the point and 128 in front of it.
//!
//! Every amount of every money fits, the smallest and the largest value of an issued token included (xrpl.md 4.2), and
//! so does every sum that a journal can hold: nothing is rounded and nothing wraps.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::NOT_A_NUMBER;
use crate::error::{Error, Result};
use crate::text::Printable;

/// Decimal digits of one limb.
const DIGITS: usize = 16;
/// One more than the largest limb.
const BASE: u64 = 10_000_000_000_000_000;
/// Limbs in front of the point.
const WHOLE: usize = 8;
/// Limbs behind the point.
const FRACTION: usize = 6;

/// A non-negative decimal, exact. Limbs stand with the most significant first, so that they compare as numbers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal([u64; WHOLE + FRACTION]);

impl Decimal {
    /// Nothing.
    pub const ZERO: Decimal = Decimal([0; WHOLE + FRACTION]);
    /// More than anything that is ever paid.
    pub const MAX: Decimal = Decimal([BASE - 1; WHOLE + FRACTION]);

    /// The sum, cut at [`Decimal::MAX`], which no limit reaches.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let mut sum = Self::ZERO;
        let mut carry = 0u64;
        let limbs = self.0.iter().zip(&other.0).rev();
        for (to, (a, b)) in sum.0.iter_mut().rev().zip(limbs) {
            // Each is below 10^16: three of them are far below 2^64.
            let all = a.saturating_add(*b).saturating_add(carry);
            *to = all % BASE;
            carry = all / BASE;
        }
        if carry > 0 { Self::MAX } else { sum }
    }

    /// So many times this, cut at [`Decimal::MAX`].
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        (0..count).fold(Self::ZERO, |sum, _| sum.plus(self))
    }

    /// True for nothing.
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// A whole number of base units as units with so many decimals and with thousands separators: `80,000.25`.
    pub fn grouped(&self, decimals: u8) -> String {
        let text = self.to_string();
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole.to_owned(), fraction.to_owned()),
            None => (text, String::new()),
        };
        let decimals = usize::from(decimals);
        let padded = format!("{whole:0>width$}", width = decimals.saturating_add(1));
        let (whole, shifted) = padded.split_at(padded.len().saturating_sub(decimals));
        let fraction = format!("{shifted}{fraction}");
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && whole.len().saturating_sub(index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        match fraction.trim_end_matches('0') {
            "" => grouped,
            fraction => format!("{grouped}.{fraction}"),
        }
    }
}

impl From<u64> for Decimal {
    fn from(units: u64) -> Self {
        let mut limbs = [0; WHOLE + FRACTION];
        if let [.., high, low] = &mut limbs[..WHOLE] {
            *high = units / BASE;
            *low = units % BASE;
        }
        Self(limbs)
    }
}

/// Plain digits with at most one point, without superfluous zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = self.0.split_at(WHOLE);
        let text = |limbs: &[u64]| limbs.iter().map(|limb| format!("{limb:016}")).collect::<String>();
        let (whole, fraction) = (text(whole), text(fraction));
        let whole = whole.trim_start_matches('0');
        f.write_str(if whole.is_empty() { "0" } else { whole })?;
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            fraction => write!(f, ".{fraction}"),
        }
    }
}

/// Reads plain digits with at most one point and digits on both sides of it.
impl FromStr for Decimal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || NOT_A_NUMBER.error(format!("'{}' is not a plain amount", Printable::new(text)));
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(bad()),
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = whole.len() <= WHOLE * DIGITS && fraction.len() <= FRACTION * DIGITS;
        if whole.is_empty() || !fits || !is_number(whole) || !is_number(fraction) {
            return Err(bad());
        }
        let digits =
            format!("{whole:0>front$}{fraction:0<back$}", front = WHOLE * DIGITS, back = FRACTION * DIGITS);
        let mut limbs = [0; WHOLE + FRACTION];
        for (limb, digits) in limbs.iter_mut().zip(digits.as_bytes().chunks(DIGITS)) {
            *limb = digits.iter().fold(0u64, |value, digit| {
                value.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
            });
        }
        Ok(Self(limbs))
    }
}

impl TryFrom<String> for Decimal {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn adds_what_64_bits_cannot_hold() {
        let sum = (0..10_000).fold(Decimal::ZERO, |sum, _| sum.plus(Decimal::from(u64::MAX)));
        assert_eq!(sum.to_string(), "184467440737095516150000");
        let tiny = decimal(&format!("0.{}1", "0".repeat(95)));
        let huge = decimal(&format!("9999999999999999{}", "0".repeat(80)));
        let both = huge.plus(tiny);
        assert!(both > huge);
        assert_eq!(both.to_string(), format!("9999999999999999{}.{}1", "0".repeat(80), "0".repeat(95)));
        assert_eq!(Decimal::MAX.plus(tiny), Decimal::MAX, "a sum never wraps");
    }

    #[test]
    fn shows_base_units_as_units() {
        assert_eq!(decimal("80005000000").grouped(6), "80,005");
        assert_eq!(decimal("1").grouped(8), "0.00000001");
        assert_eq!(decimal("123456789").grouped(0), "123,456,789");
        assert_eq!(decimal("1234.5").grouped(0), "1,234.5");
        assert_eq!(Decimal::ZERO.grouped(8), "0");
    }

    #[test]
    fn reads_plain_digits_only() {
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e6", "1,000", " 1", "\u{661}", "1.2.3"] {
            assert_eq!(bad.parse::<Decimal>().unwrap_err().code(), &NOT_A_NUMBER, "{bad}");
        }
        assert!("9".repeat(129).parse::<Decimal>().is_err());
        assert!(format!("0.{}", "9".repeat(97)).parse::<Decimal>().is_err());
        assert_eq!(decimal("007.50"), decimal("7.5"));
    }

    proptest! {
        #[test]
        fn adds_and_compares_as_numbers_do(a: u64, b: u64) {
            let sum = u128::from(a).checked_add(u128::from(b)).unwrap();
            prop_assert_eq!(Decimal::from(a).plus(Decimal::from(b)).to_string(), sum.to_string());
            prop_assert_eq!(Decimal::from(a).cmp(&Decimal::from(b)), a.cmp(&b));
        }

        #[test]
        fn reads_back_what_it_writes(whole in "[0-9]{1,128}", fraction in "[0-9]{1,96}") {
            let read = decimal(&format!("{whole}.{fraction}"));
            prop_assert_eq!(decimal(&read.to_string()), read);
        }
    }
}
