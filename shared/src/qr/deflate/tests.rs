//! Laws of the coder: any window is read, a window of 1 kB is written, bombs stop at the limit.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use bitcoin::hashes::{Hash, sha256};
use proptest::prelude::*;

use super::*;

mod window;

fn noise(length: usize) -> Vec<u8> {
    (0u32..).flat_map(|n| sha256::Hash::hash(&n.to_be_bytes()).to_byte_array()).take(length).collect()
}

fn deflate_with_window(bits: u8, plain: &[u8]) -> Vec<u8> {
    let mut coder = Compress::new_with_window_bits(Compression::best(), false, bits);
    let mut coded = Vec::with_capacity(plain.len() + 1000);
    assert_eq!(coder.compress_vec(plain, &mut coded, FlushCompress::Finish).unwrap(), Status::StreamEnd);
    coded
}

/// The same noise again after `distance` bytes.
fn repeating_after(distance: usize) -> Vec<u8> {
    noise(distance).repeat(3)
}

proptest! {
    #[test]
    fn what_is_deflated_inflates(plain in prop::collection::vec(any::<u8>(), 0..3000), times in 1usize..20) {
        let plain = plain.repeat(times);
        let coded = deflate(&plain);
        let (read, distance) = window::inflate(&coded);
        prop_assert!(distance <= 1024, "{}", distance);
        prop_assert_eq!(&read, &plain);
        prop_assert_eq!(inflate(&coded, plain.len()), Ok(plain));
    }

    #[test]
    fn no_bytes_panic_or_pass_the_limit(coded in prop::collection::vec(any::<u8>(), 0..300), limit in 0usize..5000) {
        if let Ok(plain) = inflate(&coded, limit) {
            prop_assert!(plain.len() <= limit);
        }
    }

    #[test]
    fn damage_gives_an_error_or_other_bytes_within_the_limit(
        plain in prop::collection::vec(0u8..4, 1..2000), place in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let mut coded = deflate(&plain);
        let place = place.index(coded.len());
        coded[place] ^= 1 << bit;
        if let Ok(other) = inflate(&coded, 4000) {
            prop_assert!(other.len() <= 4000);
        }
    }
}

#[test]
fn everything_that_is_written_is_readable_with_a_window_of_1_kb() {
    let near = deflate(&repeating_after(700));
    assert!(near.len() < 1000, "the repetition was found");
    for plain in [
        repeating_after(700),
        repeating_after(1020),
        repeating_after(1500),
        repeating_after(5000),
        vec![1; 100_000],
    ] {
        let (read, distance) = window::inflate(&deflate(&plain));
        assert_eq!(read, plain);
        assert!(distance <= 1024, "{distance}");
    }
}

#[test]
fn the_reader_of_the_test_above_notices_a_larger_window_and_ours_takes_it() {
    let plain = repeating_after(5000);
    let coded = deflate_with_window(15, &plain);
    assert_eq!(window::inflate(&coded), (plain.clone(), 5000));
    assert_eq!(inflate(&coded, plain.len()), Ok(plain));
}

#[test]
fn stops_at_the_limit() {
    let coded = deflate(&vec![0; 1 << 20]);
    assert!(coded.len() < 2000);
    assert_eq!(inflate(&coded, (1 << 20) - 1), Err(Fault::OverLimit((1 << 20) - 1)));
    assert_eq!(inflate(&coded, 0), Err(Fault::OverLimit(0)));
    assert_eq!(inflate(&coded, 1 << 20).map(|plain| plain.len()), Ok(1 << 20));
}

#[test]
fn never_has_room_for_more_than_the_limit() {
    let coded = deflate(&vec![0; 100_000]);
    let plain = inflate(&coded, 100_000).unwrap();
    assert_eq!((plain.len(), plain.capacity()), (100_000, 100_000));
}

#[test]
fn consumes_everything() {
    let mut coded = deflate(b"plain");
    assert_eq!(inflate(&coded[..coded.len() - 1], 100), Err(Fault::Malformed));
    assert_eq!(inflate(&[], 100), Err(Fault::Malformed));
    coded.extend([0, 1]);
    assert_eq!(inflate(&coded, 100), Err(Fault::Trailing(2)));
    assert_eq!(inflate(&coded, 5), Err(Fault::Trailing(2)));
}
