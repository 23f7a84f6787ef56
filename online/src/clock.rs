//! The clock, and moments in UTC and in local time.

use std::time::{SystemTime, UNIX_EPOCH};

use airlock::time::Moment;
use airlock::{Error, Result};
use jiff::{Timestamp, tz::TimeZone};

use crate::error::DURATION;

/// The longest time that a bundle may live, in seconds: 365 days.
const LONGEST: u64 = 365 * 86_400;

/// What this machine's clock says.
pub fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix(since_1970.as_secs())
}

/// Shows a moment in UTC and in this machine's time zone: `2026-11-21 15:40 UTC (16:40 CET)`.
pub fn show(moment: Moment) -> String {
    show_in(moment, &TimeZone::system())
}

/// Shows a moment in UTC and, where it differs, in a time zone; the local date is added when it is another day.
fn show_in(moment: Moment, zone: &TimeZone) -> String {
    let local = i64::try_from(moment.to_unix()).ok().and_then(|s| Timestamp::from_second(s).ok());
    let Some(instant) = local else { return moment.to_string() };
    let (there, utc) = (instant.to_zoned(zone.clone()), instant.to_zoned(TimeZone::UTC));
    if there.offset() == utc.offset() {
        return moment.to_string();
    }
    let form = if there.date() == utc.date() { "%H:%M %Z" } else { "%Y-%m-%d %H:%M %Z" };
    format!("{moment} ({})", there.strftime(form))
}

/// Reads a duration like `90m`, `2h` or `3d`, in seconds.
///
/// # Errors
/// [`DURATION`] for anything else, zero and more than 365 days.
pub fn parse_duration(text: &str) -> Result<u64> {
    let bad = || -> Error {
        DURATION.error(format!("'{}' is not a duration from 1m to 365d", airlock::text::Printable::new(text)))
    };
    let unit = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(bad()),
    };
    let digits = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let seconds = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    seconds.filter(|seconds| (60..=LONGEST).contains(seconds)).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_local_time_beside_utc() {
        let moment = Moment::from_unix(1_795_275_632);
        let zone = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        assert_eq!(show_in(moment, &TimeZone::UTC), "2026-11-21 15:40 UTC");
        assert_eq!(show_in(moment, &zone(1)), "2026-11-21 15:40 UTC (16:40 +01)");
        assert_eq!(show_in(moment, &zone(9)), "2026-11-21 15:40 UTC (2026-11-22 00:40 +09)");
        assert_eq!(show_in(Moment::MAX, &zone(1)), "9999-12-31 23:59 UTC");
    }

    #[test]
    fn reads_durations_and_nothing_like_them() {
        for (text, seconds) in [("90m", 5_400), ("2h", 7_200), ("3d", 259_200), ("365d", LONGEST)] {
            assert_eq!(parse_duration(text).unwrap(), seconds);
        }
        for bad in ["", "h", "2", "2 h", "-2h", "+2h", "1.5h", "0m", "366d", "99999999999999999999d", "2é"] {
            assert_eq!(parse_duration(bad).unwrap_err().code(), &DURATION, "{bad}");
        }
    }
}
