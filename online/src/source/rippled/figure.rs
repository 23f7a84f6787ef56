//! Amounts, times, hashes and addresses as servers write them; none where they are written otherwise.

use airlock::amount::Drops;
use airlock::time::Moment;
use airlock::xrp::AccountId;
use serde::Deserialize;
use serde_json::Number;

/// Seconds from 1970 to 2000, where the ledger's time begins.
const LEDGER_EPOCH: u64 = 946_684_800;
/// Decimals of XRP.
const XRP_DECIMALS: i32 = 6;

/// Drops as plain digits without a sign or leading zeros, at most 10^17.
pub(super) fn drops(text: &str) -> Option<Drops> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok()).flatten().and_then(|drops| Drops::new(drops).ok())
}

/// XRP as a JSON number, which some servers write like `1e-05`; read from its text, without floating point.
pub(super) fn xrp(number: &Number) -> Option<Drops> {
    let text = number.to_string();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text.as_str(), 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let places = i32::try_from(fraction.len()).ok()?;
    let zeros = XRP_DECIMALS.checked_add(exponent)?.checked_sub(places)?;
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros <= 18)?;
    let digits = format!("{digits}{}", "0".repeat(zeros));
    match digits.trim_start_matches('0') {
        "" => drops("0"),
        digits => drops(digits),
    }
}

/// Seconds since 2000.
pub(super) fn ledger_time(seconds: u64) -> Option<Moment> {
    seconds.checked_add(LEDGER_EPOCH).and_then(|seconds| Moment::try_from(seconds).ok())
}

/// `2026-11-21T15:40:32Z`.
pub(super) fn iso_time(text: &str) -> Option<Moment> {
    let stamp: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(stamp.as_second()).ok().and_then(|seconds| Moment::try_from(seconds).ok())
}

/// A close time that is written in one of two ways, or in both alike.
pub(super) fn close_time(iso: Option<&str>, seconds: Option<u64>) -> Option<Moment> {
    match (iso, seconds) {
        (Some(iso), None) => iso_time(iso),
        (None, Some(seconds)) => ledger_time(seconds),
        (Some(iso), Some(seconds)) => iso_time(iso).filter(|moment| ledger_time(seconds) == Some(*moment)),
        (None, None) => None,
    }
}

/// A hash of 32 bytes in hex, as upper case.
pub(super) fn hash(text: &str) -> Option<String> {
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_uppercase())
}

/// A classic address.
pub(super) fn address(text: &str) -> Option<AccountId> {
    text.parse().ok()
}

/// The name of an engine result or of a transaction type: letters, digits and `_`.
pub(super) fn is_name(text: &str) -> bool {
    (3..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A ledger index: a number in version 2, text in some answers of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "IndexForm")]
pub(super) struct Index(pub(super) u32);

#[derive(Deserialize)]
#[serde(untagged)]
enum IndexForm {
    Number(u32),
    Text(String),
}

impl TryFrom<IndexForm> for Index {
    type Error = &'static str;

    fn try_from(form: IndexForm) -> Result<Self, Self::Error> {
        match form {
            IndexForm::Number(index) => Ok(Self(index)),
            IndexForm::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().map(Self).map_err(|_| "a ledger index beyond 32 bits")
            }
            IndexForm::Text(_) => Err("a ledger index that is no number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_drops_as_plain_digits_only() {
        assert_eq!(drops("0"), Some(Drops::default()));
        assert_eq!(drops("100000000000000000"), Some(Drops::MAX));
        for bad in [
            "",
            "-1",
            "+1",
            "1.0",
            "1e6",
            "01",
            " 1",
            "1_000",
            "0x10",
            "100000000000000001",
            "99999999999999999999999",
        ] {
            assert_eq!(drops(bad), None, "{bad}");
        }
    }

    #[test]
    fn reads_numbers_of_xrp_without_floating_point() {
        for (text, read) in [
            ("1e-05", Some(10)),
            ("0.00001", Some(10)),
            ("1e-6", Some(1)),
            ("0.2", Some(200_000)),
            ("1", Some(1_000_000)),
            ("1.0", Some(1_000_000)),
            ("10", Some(10_000_000)),
            ("0", Some(0)),
            ("1e-7", None),
            ("0.0000015", None),
            ("-1", None),
            ("1e12", None),
            ("1e300", None),
        ] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(xrp(&number).map(Drops::to_drops), read, "{text}");
        }
    }

    #[test]
    fn reads_both_ways_of_writing_a_close_time_and_refuses_contradictions() {
        let moment = Some(Moment::from_unix(1_795_275_632));
        let (iso, seconds) = ("2026-11-21T15:40:32Z", 848_590_832);
        assert_eq!(close_time(Some(iso), None), moment);
        assert_eq!(close_time(None, Some(seconds)), moment);
        assert_eq!(close_time(Some(iso), Some(seconds)), moment);
        assert_eq!(close_time(Some(iso), Some(seconds + 1)), None);
        assert_eq!(close_time(Some("yesterday"), None), None);
        assert_eq!(close_time(Some("1969-12-31T23:59:59Z"), None), None);
        assert_eq!(close_time(None, Some(u64::MAX)), None);
        assert_eq!(close_time(None, None), None);
    }
}
