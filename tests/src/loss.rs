//! A series of codes before a camera that misses some of them, and how many it takes until a receiver has everything.

use airlock::qr::{Reaction, Receiver};
use airlock_camera::Chance;

/// Losses in per cent.
pub const LOSSES: [usize; 3] = [0, 10, 30];
/// Rounds that were shown before a late camera joins.
const ROUNDS: usize = 3;

/// The frames of one transfer, made once.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Frames that are enough when none is missed.
    pub source: usize,
    frames: Vec<String>,
}

impl Stream {
    /// So many rounds of frames.
    pub fn new(source: u32, rounds: u32, frame: impl Fn(u32) -> String) -> Self {
        Self { source: source as usize, frames: (0..rounds * source).map(frame).collect() }
    }

    /// The frames that reach the camera, with their places from 1.
    pub fn seen(&self, late: bool, loss: usize, seed: u64) -> Vec<(usize, &str)> {
        let mut chance = Chance::new(seed);
        let joined = if late { ROUNDS * self.source + chance.below(self.source) } else { 0 };
        let shown = self.frames.iter().skip(joined).map(String::as_str);
        (1..).zip(shown).filter(|_| chance.below(100) >= loss).collect()
    }
}

/// What one frame did for a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It came nearer.
    Nearer,
    /// Nothing new.
    Nothing,
    /// Everything is there.
    Done,
}

/// What one receiver needed.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Frames shown until it was complete.
    pub shown: usize,
    /// The longest row of frames that were read and brought nothing.
    pub stall: usize,
}

/// Gives the frames to a receiver until it is done.
///
/// # Panics
/// When they are not enough.
pub fn run(seen: &[(usize, &str)], mut receive: impl FnMut(&str) -> Step) -> Run {
    let (mut since, mut stall) = (0, 0);
    for (shown, frame) in seen {
        match receive(frame) {
            Step::Nearer => since = 0,
            Step::Nothing => since += 1,
            Step::Done => return Run { shown: *shown, stall },
        }
        stall = stall.max(since);
    }
    panic!("{} frames were not enough", seen.len());
}

/// Gives the frames to our receiver.
///
/// # Panics
/// When they are not enough, or when it objects.
pub fn ours(seen: &[(usize, &str)]) -> Run {
    let mut receiver = Receiver::new(&[]);
    run(seen, |frame| match receiver.accept(frame) {
        Reaction::Accepted => Step::Nearer,
        Reaction::Repeat => Step::Nothing,
        Reaction::Done(_) => Step::Done,
        other => panic!("{other:?}"),
    })
}

/// The mean.
pub fn mean(values: &[usize]) -> f64 {
    values.iter().sum::<usize>() as f64 / values.len() as f64
}

/// The value below which so many of a hundred lie.
pub fn percentile(values: &[usize], percent: usize) -> usize {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() - 1) * percent / 100]
}
