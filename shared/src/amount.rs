//! Integers of money: drops, base units of Counterparty assets, and the one reader and one writer of
//! decimal text. Satoshi are [`bitcoin::Amount`]. No floating point anywhere.

use core::fmt;

use crate::error::{Code, Exit, Result};

pub mod decimal;

/// Text that is not a plain positive decimal.
pub static NOT_A_NUMBER: Code = Code::new(
    "E-AMT-001",
    Exit::BadInput,
    "An amount must be written with the digits 0 to 9 and at most one point: no sign, no exponent, no \
     thousands separators, no decimal comma, no unit.",
    "Write the amount as digits with at most one decimal point, for example 80000 or 0.25.",
);
/// More decimals than the asset has.
pub static TOO_PRECISE: Code = Code::new(
    "E-AMT-002",
    Exit::BadInput,
    "The amount has more decimals than the asset can carry: bitcoin, XCP and divisible assets have 8, XRP \
     has 6, indivisible assets have none.",
    "Round the amount yourself and type it again; nothing is rounded for you.",
);
/// Beyond what the ledger can carry.
pub static OUT_OF_RANGE: Code = Code::new(
    "E-AMT-003",
    Exit::BadInput,
    "The amount is larger than the ledger can carry (2^63-1 base units for Counterparty assets, 21 million \
     bitcoin, 100 billion XRP).",
    "Check the number of zeros.",
);
/// Zero where something must be paid.
pub static ZERO: Code = Code::new(
    "E-AMT-004",
    Exit::BadInput,
    "A payment of nothing is never meant.",
    "Give an amount above zero.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_A_NUMBER, &TOO_PRECISE, &OUT_OF_RANGE, &ZERO];

/// Decimals of bitcoin and of divisible Counterparty assets.
pub const BITCOIN_DECIMALS: u8 = 8;
/// Decimals of XRP.
pub const XRP_DECIMALS: u8 = 6;

/// An amount of XRP in drops (1 XRP = 1,000,000 drops), at most 10^17.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drops(u64);

impl Drops {
    /// All XRP that ever existed: 100 billion XRP.
    pub const MAX: Drops = Drops(100_000_000_000_000_000);

    /// Checks the range.
    ///
    /// # Errors
    /// [`OUT_OF_RANGE`] above [`Drops::MAX`].
    pub fn new(drops: u64) -> Result<Self> {
        if drops > Self::MAX.0 {
            return Err(OUT_OF_RANGE.error(format!("{drops} drops are more than {} drops", Self::MAX.0)));
        }
        Ok(Self(drops))
    }

    /// Reads XRP units, for example `80000` or `0.25`.
    ///
    /// # Errors
    /// [`NOT_A_NUMBER`], [`TOO_PRECISE`] or [`OUT_OF_RANGE`].
    pub fn parse_xrp(text: &str) -> Result<Self> {
        Self::new(parse_units(text, XRP_DECIMALS)?)
    }

    /// The number of drops.
    pub fn to_drops(self) -> u64 {
        self.0
    }

    /// The sum, or none when it would exceed [`Drops::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).filter(|sum| *sum <= Self::MAX.0).map(Self)
    }

    /// The difference, or none when it would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// Shows units and base units: `80,000 XRP (80000000000 drops)`.
impl fmt::Display for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.0 == 1 { "drop" } else { "drops" };
        write!(f, "{} XRP ({} {unit})", grouped_units(self.0, XRP_DECIMALS), self.0)
    }
}

/// A quantity of a Counterparty asset in base units, at most 2^63-1 (counterparty.md 2.3). Whether 10^8
/// of them are one unit depends on the asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u64);

impl Quantity {
    /// The largest quantity that the ledger accepts: 2^63-1.
    pub const MAX: Quantity = Quantity(i64::MAX.unsigned_abs());

    /// Checks the range.
    ///
    /// # Errors
    /// [`OUT_OF_RANGE`] above [`Quantity::MAX`].
    pub fn new(base_units: u64) -> Result<Self> {
        if base_units > Self::MAX.0 {
            return Err(
                OUT_OF_RANGE.error(format!("{base_units} base units are more than {} (2^63-1)", Self::MAX.0))
            );
        }
        Ok(Self(base_units))
    }

    /// Reads units of an asset: up to 8 decimals when divisible, none otherwise.
    ///
    /// # Errors
    /// [`NOT_A_NUMBER`], [`TOO_PRECISE`] or [`OUT_OF_RANGE`].
    pub fn parse(text: &str, divisible: bool) -> Result<Self> {
        Self::new(parse_units(text, if divisible { BITCOIN_DECIMALS } else { 0 })?)
    }

    /// The number of base units.
    pub fn to_base_units(self) -> u64 {
        self.0
    }

    /// The sum, or none when it would exceed [`Quantity::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).filter(|sum| *sum <= Self::MAX.0).map(Self)
    }
}

/// Reads a plain decimal into base units.
///
/// # Errors
/// [`NOT_A_NUMBER`] for anything but digits and one point with digits on both sides, [`TOO_PRECISE`] for
/// more than `decimals` digits behind the point, [`OUT_OF_RANGE`] beyond 64 bits.
pub fn parse_units(text: &str, decimals: u8) -> Result<u64> {
    let shown = || crate::text::Printable::new(text);
    let not_a_number = || NOT_A_NUMBER.error(format!("'{}' is not a plain amount", shown()));
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(not_a_number()),
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(not_a_number());
    }
    if fraction.len() > usize::from(decimals) {
        let rule = match decimals {
            0 => "this asset is indivisible: no decimals".to_owned(),
            n => format!("at most {n} decimals"),
        };
        let unit = if fraction.len() == 1 { "decimal" } else { "decimals" };
        return Err(TOO_PRECISE.error(format!("'{}' has {} {unit}; {rule}", shown(), fraction.len())));
    }
    let padding = usize::from(decimals).saturating_sub(fraction.len());
    let mut value = 0u64;
    for digit in whole.bytes().chain(fraction.bytes()).chain(core::iter::repeat_n(b'0', padding)) {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u64::from(digit.wrapping_sub(b'0'))))
            .ok_or_else(|| OUT_OF_RANGE.error(format!("'{}' does not fit 64 bits", shown())))?;
    }
    Ok(value)
}

/// Writes base units as units without separators and without trailing zeros: `80000`, `0.25`.
pub fn plain_units(base_units: u64, decimals: u8) -> String {
    let one = 10u64.saturating_pow(u32::from(decimals));
    let whole = base_units.checked_div(one).unwrap_or(0);
    let rest = base_units.checked_rem(one).unwrap_or(0);
    if rest == 0 {
        return whole.to_string();
    }
    let fraction = format!("{rest:0width$}", width = usize::from(decimals));
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// Writes base units as units with thousands separators in the whole part: `80,000.25`.
pub fn grouped_units(base_units: u64, decimals: u8) -> String {
    let plain = plain_units(base_units, decimals);
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let mut grouped = String::with_capacity(plain.len().saturating_mul(2));
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// Shows satoshi both ways: `0.0005 BTC (50000 sat)`.
pub fn show_bitcoin(amount: bitcoin::Amount) -> String {
    format!("{} BTC ({} sat)", grouped_units(amount.to_sat(), BITCOIN_DECIMALS), amount.to_sat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_decimals_only() {
        assert_eq!(parse_units("80000", 6).unwrap(), 80_000_000_000);
        assert_eq!(parse_units("0.25", 8).unwrap(), 25_000_000);
        assert_eq!(parse_units("007", 0).unwrap(), 7);
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1e6", "1,000", "1 000", "1_000", "0x10", "NaN", "١", "1.2.3",
            "1 XRP",
        ] {
            assert_eq!(parse_units(bad, 8).unwrap_err().code(), &NOT_A_NUMBER, "{bad}");
        }
        assert_eq!(parse_units("0.0000001", 6).unwrap_err().code(), &TOO_PRECISE);
        assert_eq!(parse_units("1.0", 0).unwrap_err().code(), &TOO_PRECISE);
        assert_eq!(parse_units("18446744073709551616", 0).unwrap_err().code(), &OUT_OF_RANGE);
        assert_eq!(Quantity::parse("9223372036854775808", false).unwrap_err().code(), &OUT_OF_RANGE);
        assert_eq!(Quantity::parse("9223372036854775807", false).unwrap(), Quantity::MAX);
        assert_eq!(Drops::parse_xrp("100000000000.000001").unwrap_err().code(), &OUT_OF_RANGE);
    }

    #[test]
    fn shows_units_beside_base_units() {
        assert_eq!(Drops::new(80_000_000_000).unwrap().to_string(), "80,000 XRP (80000000000 drops)");
        assert_eq!(Drops::new(1).unwrap().to_string(), "0.000001 XRP (1 drop)");
        assert_eq!(Drops::new(5).unwrap().to_string(), "0.000005 XRP (5 drops)");
        assert_eq!(show_bitcoin(bitcoin::Amount::from_sat(50_000)), "0.0005 BTC (50000 sat)");
        assert_eq!(grouped_units(1_234_567, 0), "1,234,567");
    }

    proptest::proptest! {
        #[test]
        fn reads_back_what_it_writes(value: u64, decimals in 0u8..=8) {
            proptest::prop_assert_eq!(parse_units(&plain_units(value, decimals), decimals).unwrap(), value);
        }
    }
}
