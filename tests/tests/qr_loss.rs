//! How many frames a UR transfer takes when frames are lost, beside the receiver of the crate `ur` on the same frames.
//! Run with `--nocapture` to read the table; `cargo bench -p airlock-tests --bench qr_loss` has whole files.

use airlock::qr::ur::{Order, Sender, UrType, max_fragment};
use airlock_tests::camera::Chance;
use airlock_tests::loss::{LOSSES, Step, Stream, mean, ours, percentile, run};

/// Alphanumeric characters of QR version 20, level L.
const V20: usize = 1249;
/// Rounds that are made ready: those before a late camera joins, and what the slowest receiver may need.
const SHOWN: u32 = 14;

/// Bytes of a fragment: what counts is how many there are.
const FRAGMENT: usize = 16;
/// Messages, and runs of each.
const MESSAGES: u64 = 40;
const RUNS: u64 = 5;

/// A transfer of so many fragments.
fn stream(parts: u32, order: Order, seed: u64) -> Stream {
    let mut chance = Chance::new(seed);
    let payload: Vec<u8> = (0..parts as usize * FRAGMENT - 3).map(|_| chance.below(256) as u8).collect();
    let sender = Sender::new(UrType::Bytes, &payload, FRAGMENT).unwrap().in_order(order);
    assert_eq!(sender.source_parts(), parts);
    Stream::new(parts, SHOWN, |shown| sender.frame(shown))
}

fn theirs(seen: &[(usize, &str)]) -> usize {
    let mut decoder = ur::Decoder::default();
    run(seen, |frame| {
        decoder.receive(&frame.to_ascii_lowercase()).unwrap();
        if decoder.complete() { Step::Done } else { Step::Nearer }
    })
    .shown
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
            let streams: Vec<Stream> = (0..MESSAGES).map(|seed| stream(parts, order, seed)).collect();
            for late in [false, true] {
                let mut line = format!(
                    "{name:<18} N={parts:<3} {order:<10?} {:<6}",
                    if late { "late" } else { "first" }
                );
                for loss in LOSSES {
                    let (shown, stalls): (Vec<usize>, Vec<usize>) = (0..MESSAGES * RUNS)
                        .map(|run| ours(&streams[(run / RUNS) as usize].seen(late, loss, run)))
                        .map(|run| (run.shown, run.stall))
                        .unzip();
                    let (mean, stall) = (mean(&shown), percentile(&stalls, 95));
                    line +=
                        &format!(" | {loss:>2} %: {mean:5.1} {:.2}x, {stall:>2}", mean / f64::from(parts));
                    if order == Order::Dense && parts >= 25 {
                        let floor = f64::from(parts) / (1.0 - loss as f64 / 100.0);
                        assert!(mean <= floor + 3.5, "{name}: {mean} frames where {floor} are the least");
                        // With one fragment missing, any mixed part brings it with even chances: 6.6 of 100 runs of the
                        // best such code stall for more than 3 frames.
                        let most = percentile(&stalls, 90);
                        assert!(
                            most <= 3 && stall <= 5,
                            "{name}: {most}, {stall} frames in a row brought nothing"
                        );
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
        let streams: Vec<Stream> = (0..10).map(|seed| stream(parts, Order::Ascending, seed)).collect();
        for late in [false, true] {
            let mut line =
                format!("{name:<18} N={parts:<3} crate ur   {:<6}", if late { "late" } else { "first" });
            for loss in LOSSES {
                let shown: Vec<usize> =
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
