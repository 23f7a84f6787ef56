//! Moments as seconds since 1970 UTC, and how they are shown. The clock itself is read elsewhere.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A moment in whole seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Moment(u64);

impl Moment {
    /// The end of the year 9999: no later moment is accepted anywhere.
    pub const MAX: Moment = Moment(253_402_300_799);

    /// A moment, cut at [`Moment::MAX`].
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(Self::MAX.0))
    }

    /// Seconds since 1970 UTC.
    pub fn to_unix(self) -> u64 {
        self.0
    }

    /// This moment and so many seconds, cut at [`Moment::MAX`].
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// This moment less so many seconds, not before 1970.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` until this moment, zero when it is not later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Year, month and day (proleptic Gregorian calendar, H. Hinnant's civil-from-days).
    fn date(self) -> (u64, u64, u64) {
        let days = (self.0 / 86_400).saturating_add(719_468);
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = day_of_era
            .saturating_sub(day_of_era / 1_460)
            .saturating_add(day_of_era / 36_524)
            .saturating_sub(day_of_era / 146_096)
            / 365;
        let day_of_year = day_of_era.saturating_sub(
            year_of_era.saturating_mul(365).saturating_add(year_of_era / 4).saturating_sub(year_of_era / 100),
        );
        let shifted_month = day_of_year.saturating_mul(5).saturating_add(2) / 153;
        let day = day_of_year
            .saturating_sub(shifted_month.saturating_mul(153).saturating_add(2) / 5)
            .saturating_add(1);
        let (month, carry) = match shifted_month {
            0..=9 => (shifted_month.saturating_add(3), 0),
            _ => (shifted_month.saturating_sub(9), 1),
        };
        (year_of_era.saturating_add(era.saturating_mul(400)).saturating_add(carry), month, day)
    }
}

impl TryFrom<u64> for Moment {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        if seconds > Self::MAX.0 { Err("a moment behind the year 9999") } else { Ok(Self(seconds)) }
    }
}

impl From<Moment> for u64 {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

/// Shows `2026-11-21 15:40 UTC`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let minute_of_day = self.0 % 86_400 / 60;
        write!(f, "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute_of_day / 60, minute_of_day % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_dates_of_the_calendar() {
        for (seconds, shown) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_795_275_632, "2026-11-21 15:40 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
            (u64::MAX, "9999-12-31 23:59 UTC"),
        ] {
            assert_eq!(Moment::from_unix(seconds).to_string(), shown);
        }
    }
}
