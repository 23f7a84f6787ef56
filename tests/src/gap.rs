//! The gap between the halves, crossed by codes: the frames that one half shows, the pictures that a hand-held camera takes of
//! them, and what the other half reads.

use std::time::Duration;

use airlock::qr::{Frame, Payload, Profile, Reaction, Receiver, Sender};
use airlock_camera::{Chance, Scene};
use airlock_qr::reader::{Effort, Reader};
use airlock_qr::symbol::Symbol;
use rustix::time::{ClockId, clock_gettime};

/// Codes of a hundred that the camera never sees.
const LOST_PERCENT: usize = 10;
/// Rounds of the series within which the camera joins.
const ROUNDS: u32 = 3;
/// After so long without a text every way of looking is tried, as by `qr scan`.
const PATIENCE: Duration = Duration::from_millis(500);
/// Pixels of the camera.
const CAMERA: (usize, usize) = (1280, 720);

/// What it took to bring a payload across.
#[derive(Clone, Debug)]
pub struct Crossing {
    /// What arrived.
    pub payload: Payload,
    /// What was shown: `UR bytes`.
    pub format: String,
    /// Version of the codes.
    pub version: u8,
    /// Codes of the series.
    pub source: u32,
    /// Codes shown from the moment at which the camera joined.
    pub shown: u32,
    /// Codes of these that no picture was taken of.
    pub lost: u32,
    /// Pictures in which no code was read.
    pub unread: u32,
    /// Codes that were read and brought nothing new.
    pub repeats: u32,
    /// How long each code stood on the screen.
    pub period: Duration,
    /// Milliseconds of the processor for each picture.
    pub milliseconds: Vec<f64>,
}

impl Crossing {
    /// Pictures of which the code was read.
    pub fn read(&self) -> u32 {
        self.shown - self.lost - self.unread
    }

    /// From the first code that was shown to the last, in seconds.
    pub fn seconds(&self) -> f64 {
        self.period.as_secs_f64() * f64::from(self.shown)
    }
}

/// Shows the payload to a camera that joins at any time, is held in a hand in good light, and misses a tenth of the codes.
///
/// # Errors
/// When it cannot be shown, is refused by the receiver, or is not there after 20 rounds.
pub fn cross(payload: &Payload, profile: &Profile, chance: &mut Chance) -> Result<Crossing, String> {
    let sender = Sender::new(payload, profile).map_err(|error| error.to_string())?;
    let source = sender.source_frames();
    let joined = chance.below((ROUNDS * source) as usize) as u32;
    let mut receiver = Receiver::new(&[payload.kind]);
    let mut reader = Reader::new();
    let mut silence = Duration::ZERO;
    let mut crossing = Crossing {
        payload: payload.clone(),
        format: sender.format(),
        version: sender.version(),
        source,
        shown: 0,
        lost: 0,
        unread: 0,
        repeats: 0,
        period: sender.period(),
        milliseconds: Vec::new(),
    };
    for shown in joined..joined + 20 * source.max(2) {
        crossing.shown += 1;
        silence += sender.period();
        if chance.below(100) < LOST_PERCENT {
            crossing.lost += 1;
            continue;
        }
        let symbol =
            Symbol::new(&sender.frame(shown), sender.version()).map_err(|error| error.to_string())?;
        let seen = airlock_camera::Symbol::from(&symbol);
        let picture = Scene::hand(CAMERA.0, CAMERA.1, chance).take(&seen, &seen, chance);
        let effort = if silence < PATIENCE { Effort::Quick } else { Effort::Full };
        let before = processor_time();
        let text = reader.read(&picture, &is_part, effort);
        let reaction = text.map(|text| receiver.accept(&text));
        crossing.milliseconds.push(processor_time() - before);
        let Some(reaction) = reaction else {
            crossing.unread += 1;
            continue;
        };
        silence = Duration::ZERO;
        match reaction {
            Reaction::Accepted => {}
            Reaction::Repeat => crossing.repeats += 1,
            Reaction::Done(payload) => return Ok(Crossing { payload, ..crossing }),
            other => return Err(format!("the receiver says {other:?}")),
        }
    }
    Err(format!("{} codes were not enough for {source}", crossing.shown))
}

fn is_part(text: &str) -> bool {
    matches!(Frame::read(text), Frame::Ur(_) | Frame::Bbqr(_) | Frame::Plain(_))
}

/// Milliseconds of the processor that this thread has used.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
