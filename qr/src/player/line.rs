//! The words under a code.

use core::time::Duration;

use crate::reel::PERIOD_MILLIS;

/// What the keys do, in the order in which they are wanted.
pub(super) const KEYS: &str = "+ - density   < > speed   space pause   d dim   q quit";
/// The same where one line is all there is.
pub(super) const KEYS_SHORT: &str = "+ - < > space d, q quit";

/// What the line of progress tells.
pub(super) struct Progress {
    /// The code on the screen, from 0.
    pub(super) n: u32,
    /// Codes that carry everything.
    pub(super) source_frames: u32,
    /// Time of each.
    pub(super) period: Duration,
    /// QR version.
    pub(super) version: u8,
    /// Nothing moves until the next key.
    pub(super) paused: bool,
}

impl Progress {
    /// For a line of its own.
    pub(super) fn text(&self) -> String {
        if self.source_frames <= 1 {
            return format!("one code holds all, QR version {}", self.version);
        }
        let paused = if self.paused { ", paused" } else { "" };
        format!(
            "frame {} ({} hold all), {} ms each, about {} s, QR version {}{paused}",
            self.n.saturating_add(1),
            self.source_frames,
            self.period.as_millis(),
            expected(self.source_frames, self.period).as_secs(),
            self.version,
        )
    }

    /// For a line that is shared with the keys, and with a note unless there is `room`.
    pub(super) fn short(&self, room: bool) -> String {
        if self.source_frames <= 1 {
            return self.text();
        }
        let paused = if self.paused { ", paused" } else { "" };
        let frame = format!("frame {} ({} hold all){paused}", self.n.saturating_add(1), self.source_frames);
        if !room {
            return frame;
        }
        let expected = expected(self.source_frames, self.period).as_secs();
        format!("{frame}, {} ms, {expected} s", self.period.as_millis())
    }
}

/// The time until a reader that misses some has everything, in whole seconds: a fifth more than the frames (qr.md 9).
pub(super) fn expected(source_frames: u32, period: Duration) -> Duration {
    let period = u64::try_from(period.as_millis().min(*PERIOD_MILLIS.end())).unwrap_or(u64::MAX);
    let millis = u64::from(source_frames).saturating_mul(period).saturating_mul(6) / 5;
    Duration::from_secs(millis.div_ceil(1000))
}

/// A text cut to the columns of the window.
pub(super) fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}
