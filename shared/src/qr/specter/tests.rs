//! Laws of `pMofN`: any order joins, nothing foreign joins, no text panics.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use proptest::prelude::*;

use super::*;

fn frames(psbt: &[u8], piece: usize) -> Vec<String> {
    let text = STANDARD.encode(psbt).into_bytes();
    let pieces: Vec<_> = text.chunks(piece).collect();
    let of = pieces.len();
    (1..).zip(pieces).map(|(n, piece)| format!("p{n}of{of} {}", str::from_utf8(piece).unwrap())).collect()
}

fn part(frame: &str) -> Part {
    Part::parse(frame).unwrap()
}

fn joined(frames: &[String]) -> Result<Payload> {
    let mut receiver = Receiver::new(&part(&frames[0]));
    for frame in frames {
        receiver.add(part(frame));
    }
    receiver.finish()
}

proptest! {
    #[test]
    fn what_was_cut_joins_in_any_order(tail in prop::collection::vec(any::<u8>(), 0..500), piece in 1usize..200, turn in 0usize..50) {
        let psbt = [PSBT_MAGIC, &tail[..]].concat();
        let mut frames = frames(&psbt, piece);
        let turn = turn % frames.len();
        frames.rotate_left(turn);
        prop_assert_eq!(joined(&frames).unwrap(), Payload { kind: Kind::Psbt, bytes: psbt });
    }

    #[test]
    fn no_text_panics(text in ".{0,40}", frame in "p[0-9]{0,5}of[0-9]{0,5} ?[A-Za-z0-9+/=]{0,9}") {
        for frame in [text, frame] {
            if let Some(part) = Part::parse(&frame) {
                let mut receiver = Receiver::new(&part);
                receiver.add(part);
                let _ = receiver.finish();
            }
        }
    }
}

#[test]
fn reads_only_the_grammar() {
    let long = format!("p1of2 {}", "A".repeat(4291));
    for frame in [
        "",
        "p1of2",
        "p1of2 ",
        "P1OF2 AAAA",
        "p0of2 AAAA",
        "p3of2 AAAA",
        "p01of2 AAAA",
        "p1of02 AAAA",
        "p+1of2 AAAA",
        "p1of10000 AAAA",
        "p1of2  AAAA",
        "p1of2 AA A",
        "p1of2 AA-A",
        "pof AAAA",
        "p1of2 A\u{e9}",
        &long,
    ] {
        assert_eq!(Part::parse(frame), None, "{frame}");
    }
    assert_eq!(part("p12of9999 cHNidP=").number(), 12);
    assert_eq!(part("p12of9999 cHNidP=").of(), 9999);
}

#[test]
fn tells_new_from_repeated_conflicting_and_foreign() {
    let mut receiver = Receiver::new(&part("p1of3 AAAA"));
    assert_eq!(receiver.add(part("p1of3 AAAA")), Added::New);
    assert_eq!(receiver.add(part("p1of3 AAAA")), Added::Repeat);
    assert_eq!(receiver.add(part("p1of3 BBBB")), Added::Conflict);
    assert_eq!(receiver.add(part("p2of4 AAAA")), Added::Foreign);
    assert_eq!((receiver.have(), receiver.of()), (1, 3));
    assert_eq!(receiver.missing().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_whole_that_is_no_psbt_is_damaged() {
    for frames in [["p1of2 cHNidP", "p2of2 ="], ["p1of2 AAAA", "p2of2 AAAA"]] {
        assert_eq!(joined(&frames.map(str::to_owned)).unwrap_err().code(), &DAMAGED);
    }
    assert_eq!(joined(&["p1of2 AAAA".to_owned()]).unwrap_err().what(), "1 of 2 parts were read");
}

#[test]
fn holds_no_more_than_4_mib() {
    let piece = "A".repeat(4096);
    let mut receiver = Receiver::new(&part("p1of9999 A"));
    let answers: Vec<_> = (1..=1400).map(|n| receiver.add(part(&format!("p{n}of9999 {piece}")))).collect();
    let taken = answers.iter().take_while(|added| **added == Added::New).count();
    assert_eq!(taken, CHARACTERS / 4096);
    assert!(answers.iter().skip(taken).all(|added| *added == Added::Conflict));
}
