//! The codes that a file plays in a loop: one version, one period.

use core::time::Duration;

use airlock::qr::UR_PARTS;
use airlock::{Code, Exit, Result};

use crate::symbol::Symbol;

/// The shortest and the longest time of a frame in milliseconds (qr.md 8.2).
pub const PERIOD_MILLIS: core::ops::RangeInclusive<u128> = 100..=2000;
/// Most frames of a file that plays: one and a half rounds of the longest transfer.
pub const FRAMES: u32 = UR_PARTS / 2 * 3;

/// Frames that cannot be played as one file.
pub static REEL: Code = Code::new(
    "E-QR-042",
    Exit::BadInput,
    "A file plays 1 to 6,144 codes of one version, each for 100 to 2,000 milliseconds.",
    "Choose another density or speed, or move the file on a stick.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&REEL];

/// What a file plays.
#[derive(Clone, Debug)]
pub struct Reel {
    symbols: Vec<Symbol>,
    period: Duration,
}

impl Reel {
    /// The codes of these frames' texts, all in this version.
    ///
    /// # Errors
    /// [`REEL`] when there are none or too many, or the period is out of range; [`crate::symbol::FRAME`] when one does not fit.
    pub fn new(frames: impl IntoIterator<Item = String>, version: u8, period: Duration) -> Result<Self> {
        let millis = period.as_millis();
        if !PERIOD_MILLIS.contains(&millis) {
            return Err(REEL.error(format!("a frame is shown {millis} ms; allowed are 100 to 2000")));
        }
        let mut symbols = Vec::new();
        for (number, frame) in (1..).zip(frames) {
            if number > FRAMES {
                return Err(REEL.error(format!("there are more than {FRAMES} frames")));
            }
            symbols.push(Symbol::new(&frame, version).map_err(|error| error.at(format!("frame {number}")))?);
        }
        if symbols.is_empty() {
            return Err(REEL.error("there are no frames"));
        }
        Ok(Self { symbols, period })
    }

    /// The codes in order, at least one.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The first code.
    pub fn first(&self) -> &Symbol {
        self.symbols.first().expect("a reel has at least one code")
    }

    /// How long each is shown.
    pub fn period(&self) -> Duration {
        self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Look, MODULE, SCALE};
    use crate::symbol::FRAME;

    fn reel(frames: usize, millis: u64) -> Result<Reel> {
        Reel::new(vec!["A".to_owned(); frames], 1, Duration::from_millis(millis))
    }

    #[test]
    fn nothing_too_fast_too_slow_empty_or_too_long_for_a_version_is_played() {
        for millis in [100, 2000] {
            assert_eq!(reel(2, millis).unwrap().symbols().len(), 2);
        }
        for (frames, millis) in [(1, 99), (1, 2001), (0, 200)] {
            assert_eq!(reel(frames, millis).unwrap_err().code(), &REEL);
        }
        let frames = ["A".to_owned(), "A".repeat(26)];
        let error = Reel::new(frames, 1, Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.code(), &FRAME);
        assert_eq!(
            error.what(),
            "frame 2: a frame of 26 characters does not fit QR version 1, which holds 25"
        );
    }

    #[test]
    fn frames_without_end_are_not_all_painted() {
        let endless = core::iter::repeat("A".to_owned());
        let error = Reel::new(endless, 1, Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.what(), "there are more than 6144 frames");
    }

    #[test]
    fn modules_of_no_pixel_or_of_too_many_are_refused() {
        for scale in [1, SCALE] {
            assert!(Look::default().with_scale(scale).is_ok());
        }
        for scale in [0, SCALE + 1, usize::MAX] {
            assert_eq!(Look::default().with_scale(scale).unwrap_err().code(), &MODULE);
        }
    }
}
