//! The ways of looking at one picture, in the order of their cost (qr.md 7.3).

use super::light::{inverted, stretched};
use super::sharpness::{halved, sharpened, smoothed};
use super::symbols::{self, Threshold};
use crate::gray::Gray;

/// One way of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// As it is.
    Plain,
    /// At half the resolution, against noise and the grid of screens.
    Halved,
    /// Each pixel the mean of its neighbours, against noise in small codes.
    Smoothed,
    /// From black to white, for pale pictures.
    Stretched,
    /// The same with stronger edges, for blurred pictures.
    Sharpened,
    /// The stretched picture with one threshold for all of it, for even light and small codes.
    Global,
    /// White on black.
    Inverted,
}

impl Step {
    /// Cheap enough for every frame.
    pub(super) const QUICK: &[Step] = &[Step::Plain, Step::Halved, Step::Smoothed];
    /// All.
    pub(super) const ALL: &[Step] = &[
        Step::Plain,
        Step::Halved,
        Step::Smoothed,
        Step::Stretched,
        Step::Sharpened,
        Step::Global,
        Step::Inverted,
    ];
}

/// A picture and what was made of it so far.
pub(super) struct Views<'a> {
    picture: &'a Gray,
    stretched: Option<Gray>,
}

impl<'a> Views<'a> {
    /// Nothing was made yet.
    pub(super) fn of(picture: &'a Gray) -> Self {
        Self { picture, stretched: None }
    }

    /// Gives each text that this way of looking finds to `accept`, until it says true.
    pub(super) fn search(&mut self, step: Step, thorough: bool, accept: &mut dyn FnMut(String) -> bool) {
        let mut look = |view: &Gray, threshold| symbols::search(view, threshold, thorough, accept);
        match step {
            Step::Plain => look(self.picture, Threshold::Local),
            Step::Halved => {
                if let Some(view) = halved(self.picture) {
                    look(&view, Threshold::Local);
                }
            }
            Step::Smoothed => look(&smoothed(self.picture), Threshold::Local),
            Step::Stretched => look(self.stretched(), Threshold::Local),
            Step::Sharpened => look(&sharpened(self.stretched()), Threshold::Local),
            Step::Global => look(self.stretched(), Threshold::Global),
            Step::Inverted => look(&inverted(self.picture), Threshold::Local),
        }
    }

    fn stretched(&mut self) -> &Gray {
        self.stretched.get_or_insert_with(|| stretched(self.picture))
    }
}
