//! The moving show of a series on a terminal: keys for density, speed, pause; a line of progress under the code.

mod line;
mod show;

use core::time::Duration;

use airlock::Result;
use airlock::qr::sender::Sender;

pub use line::Title;

use crate::terminal::Window;

/// A terminal that shows and listens. Both halves have one; tests play a scripted one.
pub trait Stage {
    /// Writes text with escape sequences at once.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn write(&mut self, text: &str) -> Result<()>;

    /// The window as it is now.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn size(&mut self) -> Result<Window>;

    /// The next key that means something, or nothing when the time is over.
    ///
    /// # Errors
    /// When the terminal is gone, or the person broke off.
    fn key_within(&mut self, time: Duration) -> Result<Option<Key>>;

    /// Time since any fixed moment.
    fn now(&mut self) -> Duration;
}

/// What a person can ask of the show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `+`: more characters in a code, fewer codes.
    Denser,
    /// `-`: fewer characters in a code.
    Sparser,
    /// `>`: each code for a shorter time.
    Faster,
    /// `<`: each code for a longer time.
    Slower,
    /// Space: stay at this code, or go on.
    Pause,
    /// `d`: gray instead of white, for cameras that white overexposes.
    Dim,
    /// `q`, Ctrl-C, Ctrl-D: the end.
    Quit,
}

impl Key {
    /// The key of a byte from the terminal, also without the shift that `+`, `<` and `>` need on many keyboards. No byte of
    /// an arrow key is one: neither Escape nor `D`.
    pub fn of(byte: u8) -> Option<Self> {
        match byte {
            b'+' | b'=' => Some(Self::Denser),
            b'-' | b'_' => Some(Self::Sparser),
            b'>' | b'.' => Some(Self::Faster),
            b'<' | b',' => Some(Self::Slower),
            b' ' => Some(Self::Pause),
            b'd' => Some(Self::Dim),
            b'q' | b'Q' | 0x03 | 0x04 => Some(Self::Quit),
            _ => None,
        }
    }
}

/// The frames of one transfer at one density.
pub trait Series {
    /// The text of the `n`-th frame shown, from 0 and without end; a single static code is always the same.
    fn frame(&self, n: u32) -> String;

    /// Frames that carry the whole transfer when none is missed, at least 1. With 1 nothing moves.
    fn source_frames(&self) -> u32;

    /// The QR version of every frame.
    fn version(&self) -> u8;
}

impl Series for Sender {
    fn frame(&self, n: u32) -> String {
        self.frame(n)
    }

    fn source_frames(&self) -> u32 {
        self.source_frames()
    }

    fn version(&self) -> u8 {
        self.version()
    }
}

/// Densities that the keys walk through, as QR versions (qr.md 8.1); the lowest fits a terminal of 80 columns and 24 rows.
pub const DENSITIES: [u8; 5] = [5, 10, 15, 20, 27];
/// Milliseconds of a frame that the keys walk through (qr.md 8.2).
pub const PERIODS_MILLIS: [u64; 6] = [100, 125, 200, 400, 800, 1600];

/// How the show begins, and how it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Largest QR version that is asked for; the window may force a smaller one.
    pub version: u8,
    /// Time of each frame.
    pub period: Duration,
    /// Gray instead of white.
    pub dim: bool,
}

/// What was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Codes that were shown, of all densities together.
    pub frames: u64,
    /// How the show was left, for the next one.
    pub settings: Settings,
}

/// Plays a series until the person quits, with the title of its file beside it. `build` makes it anew for codes of at most the version it is given; it is asked
/// for a smaller one when that does not fit the window either.
///
/// # Errors
/// [`crate::terminal::WINDOW`] when the window holds no series at the start; what `build` says about the first series; what
/// the stage says. The terminal is left as it was in every case.
pub fn play(
    stage: &mut dyn Stage,
    settings: Settings,
    title: &Title,
    build: &mut dyn FnMut(u8) -> Result<Box<dyn Series>>,
) -> Result<Shown> {
    let mut show = show::Show::new(stage.size()?, settings, title, build)?;
    stage.write(ENTER)?;
    let played = show.run(stage);
    let left = stage.write(LEAVE);
    played?;
    left?;
    Ok(show.shown())
}

/// Another screen page, no cursor, no wrapping.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[0m\x1b[2J";
/// Undoes what the show did to the terminal; also for whoever ends the program in the middle of it.
pub const LEAVE: &str = "\x1b[?2026l\x1b[0m\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l";

#[cfg(test)]
mod tests;
