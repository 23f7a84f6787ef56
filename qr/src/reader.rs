//! Finds QR codes in a picture and gives their text.
//!
//! What a camera sees is read in several ways, cheapest first, until one gives a text that the gate accepts (qr.md 7.3).
//! The gate is the grammar of transfers: error correction of level L can pass wrong data, grammar seldom does.

mod cascade;
mod light;
mod sharpness;
mod symbols;

use cascade::{Step, Views};

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
pub struct Reader {
    worked: Option<Step>,
}

impl Reader {
    /// A reader that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first text in the picture that the gate accepts. Bytes that are not UTF-8 come as one character each, U+0000 to
    /// U+00FF.
    pub fn read(&mut self, picture: &Gray, gate: &dyn Fn(&str) -> bool, effort: Effort) -> Option<String> {
        let steps = match effort {
            Effort::Quick => Step::QUICK,
            Effort::Full => Step::ALL,
        };
        let first = self.worked.into_iter();
        let others = steps.iter().copied().filter(|step| Some(*step) != self.worked);
        let mut views = Views::of(picture);
        for step in first.chain(others) {
            let mut found = None;
            views.search(step, effort == Effort::Full, &mut |text| {
                let good = gate(&text);
                if good {
                    found = Some(text);
                }
                good
            });
            if found.is_some() {
                self.worked = Some(step);
                return found;
            }
        }
        None
    }

    /// Every text in the picture that the gate accepts, each once, for a still picture with several codes on it.
    pub fn read_all(&mut self, picture: &Gray, gate: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut views = Views::of(picture);
        let mut texts = Vec::new();
        for step in Step::ALL {
            views.search(*step, true, &mut |text| {
                if gate(&text) && !texts.contains(&text) {
                    texts.push(text);
                }
                false
            });
        }
        texts
    }
}

#[cfg(test)]
mod tests;
