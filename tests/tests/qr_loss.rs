//! How many frames a UR transfer takes when frames are lost, beside the receiver of the crate `ur` on the same frames.
//! Run with `--nocapture` to read the table.

use airlock::qr::ur::{Order, Part, Receiver, Sender, UrType, max_fragment};

/// Alphanumeric characters of QR version 20, level L.
const V20: usize = 1249;
/// Losses in per cent.
const LOSSES: [u64; 3] = [0, 10, 30];
/// Rounds that were shown before a late camera joins.
const ROUNDS: u32 = 3;
/// Frames that are made ready: rounds before, and what the slowest receiver may need.
const SHOWN: u32 = 14;

/// Bytes of a fragment: what counts is how many there are.
const FRAGMENT: usize = 16;
/// Messages, and runs of each.
const MESSAGES: u64 = 40;
const RUNS: u64 = 5;

/// A transfer of so many fragments, its frames made once.
struct Stream {
    parts: u32,
    frames: Vec<String>,
}

impl Stream {
    fn new(parts: u32, order: Order, seed: u64) -> Self {
        let mut random = Random(seed);
        let payload: Vec<u8> = (0..parts as usize * FRAGMENT - 3).map(|_| random.below(256) as u8).collect();
        let sender = Sender::new(UrType::Bytes, &payload, FRAGMENT).unwrap().in_order(order);
        assert_eq!(sender.source_parts(), parts);
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

/// Frames of version 20 that a payload of so many bytes in an envelope takes.
fn fragments(bytes: usize) -> u32 {
    let max = max_fragment(&UrType::Bytes, bytes, V20, Order::Dense);
    Sender::new(UrType::Bytes, &vec![0; bytes], max).unwrap().source_parts()
}

#[test]
fn ten_per_cent_loss_joined_late_costs_at_most_a_third_more_frames() {
    println!(
        "frames shown until complete, mean of {} runs, and most repeats in a row (95 of 100 runs)",
        MESSAGES * RUNS
    );
    let table = [
        ("6 fragments", 6),
        ("12 fragments", 12),
        ("25 fragments", 25),
        ("500 payments, v20", fragments(22_192)),
        ("40 kB PSBT, v20", fragments(32_692)),
    ];
    for (name, parts) in table {
        for order in [Order::Ascending, Order::Dense] {
            let streams: Vec<Stream> = (0..MESSAGES).map(|seed| Stream::new(parts, order, seed)).collect();
            for late in [false, true] {
                let mut line = format!(
                    "{name:<18} N={parts:<3} {order:<10?} {:<6}",
                    if late { "late" } else { "first" }
                );
                for loss in LOSSES {
                    let (shown, stalls): (Vec<u32>, Vec<u32>) = (0..MESSAGES * RUNS)
                        .map(|run| ours(&streams[(run / RUNS) as usize].seen(late, loss, run)))
                        .map(|run| (run.shown, run.stall))
                        .unzip();
                    let (mean, stall) = (mean(&shown), percentile(stalls, 95));
                    line +=
                        &format!(" | {loss:>2} %: {mean:5.1} {:.2}x, {stall:>2}", mean / f64::from(parts));
                    if order == Order::Dense && parts >= 25 {
                        let floor = f64::from(parts) / (1.0 - loss as f64 / 100.0);
                        assert!(mean <= floor + 3.5, "{name}: {mean} frames where {floor} are the least");
                        assert!(stall <= 5, "{name}: {stall} frames in a row brought nothing");
                        if loss == 10 {
                            assert!(mean <= 1.3 * f64::from(parts));
                        }
                    }
                    if !late && loss == 0 {
                        assert_eq!(mean, f64::from(parts));
                    }
                }
                println!("{line}");
            }
        }
        let streams: Vec<Stream> = (0..10).map(|seed| Stream::new(parts, Order::Ascending, seed)).collect();
        for late in [false, true] {
            let mut line =
                format!("{name:<18} N={parts:<3} crate ur   {:<6}", if late { "late" } else { "first" });
            for loss in LOSSES {
                let shown: Vec<u32> =
                    (0..).zip(&streams).map(|(run, stream)| theirs(&stream.seen(late, loss, run))).collect();
                line += &format!(
                    " | {loss:>2} %: {:5.1} {:.2}x    ",
                    mean(&shown),
                    mean(&shown) / f64::from(parts)
                );
            }
            println!("{line}");
        }
    }
}

fn percentile(mut values: Vec<u32>, percent: usize) -> u32 {
    values.sort_unstable();
    values[(values.len() - 1) * percent / 100]
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
