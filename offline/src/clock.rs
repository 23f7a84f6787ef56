//! The clock, and moments in UTC and in local time.

use std::time::{SystemTime, UNIX_EPOCH};

use airlock::time::Moment;
use jiff::{Timestamp, tz::TimeZone};

/// Reads a clock, each time anew: a person can wait at a prompt until a bundle has expired.
pub type Clock<'a> = &'a dyn Fn() -> Moment;

/// What this machine's clock says.
pub fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix(since_1970.as_secs())
}

/// Shows a moment in UTC and, where it differs, in this machine's time zone: `2026-11-21 15:40 UTC (16:40 CET)`.
pub fn show(moment: Moment) -> String {
    show_in(moment, &TimeZone::system())
}

fn show_in(moment: Moment, zone: &TimeZone) -> String {
    let instant = i64::try_from(moment.to_unix()).ok().and_then(|s| Timestamp::from_second(s).ok());
    let Some(instant) = instant else { return moment.to_string() };
    let (there, utc) = (instant.to_zoned(zone.clone()), instant.to_zoned(TimeZone::UTC));
    if there.offset() == utc.offset() {
        return moment.to_string();
    }
    let form = if there.date() == utc.date() { "%H:%M %Z" } else { "%Y-%m-%d %H:%M %Z" };
    format!("{moment} ({})", there.strftime(form))
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
    }
}
