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

    /// For a line that is shared with a note and the keys: as much as there is room for.
    pub(super) fn shorter(&self, note: &str, columns: usize, keys: &str) -> String {
        let paused = if self.paused { ", paused" } else { "" };
        let (frame, of) = (self.n.saturating_add(1), self.source_frames);
        let expected = expected(of, self.period).as_secs();
        let texts = match of {
            0 | 1 => [self.text(), self.text(), format!("one code, version {}", self.version)],
            _ => {
                let plain = format!("frame {frame} ({of} hold all){paused}");
                let long = format!("{plain}, {} ms, {expected} s", self.period.as_millis());
                let long = if note.is_empty() { long } else { plain.clone() };
                [long, plain, format!("{frame} ({of}){paused}")]
            }
        };
        let with_note = |text: &String| join(text, note);
        let room = columns.saturating_sub(keys.len()).saturating_sub(GAP.len());
        let fitting = texts.iter().map(with_note).find(|text| text.chars().count() <= room);
        fitting.unwrap_or_else(|| texts.last().map(with_note).unwrap_or_default())
    }
}

/// What a file is called: its short id and words, which stand on both screens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// The short id, or the first digits of a txid; empty where the file has none.
    pub short: String,
    /// Its words, if it has some.
    pub words: Vec<String>,
}

impl Title {
    /// On a line of its own.
    pub(super) fn line(&self) -> Option<String> {
        let words =
            if self.words.is_empty() { String::new() } else { format!("  \"{}\"", self.words.join(" ")) };
        (!self.short.is_empty()).then(|| format!("{}{words}", self.short))
    }

    /// In front of another text.
    pub(super) fn before(&self, text: &str) -> String {
        self.line().map_or_else(|| text.to_owned(), |line| join(&line, text))
    }

    /// One under the other.
    pub(super) fn pieces(&self) -> Vec<String> {
        let all = core::iter::once(&self.short).chain(&self.words);
        all.filter(|piece| !piece.is_empty()).cloned().collect()
    }
}

const GAP: &str = "   ";

fn join(left: &str, right: &str) -> String {
    if left.is_empty() || right.is_empty() { format!("{left}{right}") } else { format!("{left}{GAP}{right}") }
}

/// A text and the keys. What is too long for the columns of the window is cut off the text: the keys stay whole.
pub(super) fn beside(text: &str, keys: &str, columns: usize) -> String {
    let room = columns.saturating_sub(keys.len()).saturating_sub(GAP.len());
    join(&cut(text, room), keys)
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
