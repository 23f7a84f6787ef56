//! How many frames a UR transfer takes when frames are lost, beside the receiver of the crate `ur` on the same frames.
//! Run with `--nocapture` to read the table.

use airlock::qr::ur::{Part, Receiver, Sender, UrType, max_fragment};

/// Alphanumeric characters of QR version 20, level L.
const V20: usize = 1249;
/// Losses in per cent.
const LOSSES: [u64; 3] = [0, 10, 30];
/// Rounds that were shown before a late camera joins.
const ROUNDS: u32 = 3;
/// Frames that are made ready: rounds before, and what the slowest receiver may need.
const SHOWN: u32 = 14;

/// A transfer of so many bytes, its frames made once.
struct Stream {
    parts: u32,
    frames: Vec<String>,
}

impl Stream {
    fn new(bytes: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let payload: Vec<u8> = (0..bytes).map(|_| random.below(256) as u8).collect();
        let max = max_fragment(&UrType::Bytes, bytes, V20);
        let sender = Sender::new(UrType::Bytes, &payload, max).unwrap();
        let parts = sender.source_parts();
        Self { parts, frames: (0..SHOWN * parts).map(|shown| sender.frame(shown)).collect() }
    }

    /// The frames that reach the camera, with their places from 1.
    fn seen(&self, late: bool, loss: u64, seed: u64) -> Vec<(u32, &String)> {
        let mut random = Random(seed);
        let skipped = if late { ROUNDS * self.parts + random.below(u64::from(self.parts)) as u32 } else { 0 };
        let shown = self.frames.iter().skip(skipped as usize);
        (1..).zip(shown).filter(|_| random.below(100) >= loss).collect()
    }
}

/// What one receiver needed, in frames shown, and the longest row of frames that brought nothing after the first.
struct Run {
    shown: u32,
    stall: u32,
}

fn ours(seen: &[(u32, &String)]) -> Run {
    let mut receiver = Receiver::new(&Part::parse(seen[0].1).unwrap());
    let (mut since, mut stall) = (0, 0);
    for (shown, frame) in seen {
        let before = receiver.rank();
        receiver.add(&Part::parse(frame).unwrap());
        since = if receiver.rank() > before { 0 } else { since + 1 };
        stall = stall.max(since);
        if receiver.is_complete() {
            assert!(receiver.finish().is_ok());
            return Run { shown: *shown, stall };
        }
    }
    panic!("{} frames were not enough", seen.len());
}

fn theirs(seen: &[(u32, &String)]) -> u32 {
    let mut decoder = ur::Decoder::default();
    for (shown, frame) in seen {
        decoder.receive(&frame.to_ascii_lowercase()).unwrap();
        if decoder.complete() {
            return *shown;
        }
    }
    panic!("{} frames were not enough for the crate ur", seen.len());
}

#[test]
fn ten_per_cent_loss_joined_late_costs_at_most_a_third_more_frames() {
    println!("v20, frames shown until complete, mean; loss 0 / 10 / 30 %, from the first and joined late");
    let table = [
        ("12 fragments", 7_000),
        ("500 payments, 22 kB", 22_192),
        ("25 fragments", 14_700),
        ("40 kB PSBT, 33 kB", 32_692),
    ];
    for (name, bytes) in table {
        let streams: Vec<Stream> = (0..6).map(|seed| Stream::new(bytes, seed)).collect();
        let parts = f64::from(streams[0].parts);
        for late in [false, true] {
            let mut line = format!("{name:<20} N={parts:<3} {:<7}", if late { "late" } else { "first" });
            for loss in LOSSES {
                let (mut ours_shown, mut theirs_shown, mut stalls) = (Vec::new(), Vec::new(), Vec::new());
                for (index, stream) in streams.iter().enumerate() {
                    for run in 0..8 {
                        let seen = stream.seen(late, loss, (index * 1000 + run) as u64);
                        let result = ours(&seen);
                        ours_shown.push(result.shown);
                        stalls.push(result.stall);
                        if run == 0 {
                            theirs_shown.push(theirs(&seen));
                        }
                    }
                }
                let (mean, other) = (mean(&ours_shown), mean(&theirs_shown));
                stalls.sort_unstable();
                let median = stalls[stalls.len() / 2];
                line += &format!(
                    " | {mean:5.1} {:.2}x (ur {other:5.1} {:.2}x) stall {median}/{}",
                    mean / parts,
                    other / parts,
                    stalls[stalls.len() - 1]
                );
                if late && loss == 10 && parts >= 25.0 {
                    assert!(mean <= 1.3 * parts, "{name}: {mean} frames for {parts}");
                    assert!(mean < other, "{name}: {mean} against {other}");
                }
                if !late && loss == 0 {
                    assert_eq!(mean, parts);
                }
            }
            println!("{line}");
        }
    }
}

fn mean(values: &[u32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }
}
