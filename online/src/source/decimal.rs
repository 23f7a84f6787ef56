//! Fractions of JSON as integers of a smaller unit, read from their text: no floating point stands in between.

/// Most digits of a number that is read.
const DIGITS: usize = 30;
/// The largest exponent that is read, either way.
const EXPONENT: i32 = 40;

/// The number times `10^places`, rounded up; none where it is negative, no number, or beyond 64 bits.
pub(super) fn scaled(text: &str, places: i32) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let long = whole.len().saturating_add(fraction.len()) > DIGITS;
    if whole.is_empty() || long || !is_digits(whole) || !is_digits(fraction) || exponent.abs() > EXPONENT {
        return None;
    }
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(places)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let value = match (shift >= 0, power) {
        _ if digits == 0 => 0,
        (true, power) => digits.checked_mul(power?)?,
        (false, Some(power)) => digits.div_ceil(power),
        // Smaller than one by far.
        (false, None) => 1,
    };
    u64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fractions_and_exponents_exactly_and_rounds_up() {
        for (text, places, value) in [
            ("2e-05", 8, 2_000),
            ("0.00002", 8, 2_000),
            ("1E-6", 8, 100),
            ("1.0", 8, 100_000_000),
            ("20999999.9769", 8, 2_099_999_997_690_000),
            ("1.012", 3, 1_012),
            ("1.0121", 3, 1_013),
            ("87.882", 3, 87_882),
            ("0.000000001", 8, 1),
            ("1e-40", 0, 1),
            ("0", 8, 0),
            ("0.0e5", 8, 0),
            ("18446744073709551615", 0, u64::MAX),
        ] {
            assert_eq!(scaled(text, places), Some(value), "{text}");
        }
        for bad in [
            "",
            "-1",
            "+1",
            ".5",
            "1e",
            "1e999",
            "NaN",
            "null",
            "\"1\"",
            "1 ",
            "1.2.3",
            "18446744073709551616",
            "1e30",
        ] {
            assert_eq!(scaled(bad, 0), None, "{bad}");
        }
    }
}
