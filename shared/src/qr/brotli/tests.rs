//! Laws of the coder: what is written is read, the window is the smallest, bombs stop at the limit.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_compressed_decompresses(some in prop::collection::vec(any::<u8>(), 0..3000), times in 1usize..20) {
        let plain = some.repeat(times);
        prop_assert_eq!(decompress(&compress(&plain), plain.len()), Ok(plain));
    }

    #[test]
    fn no_bytes_panic_or_pass_the_length(mut coded in prop::collection::vec(any::<u8>(), 1..300), length in 0usize..5000) {
        // Begin with the window that this length has, or nothing is ever looked at.
        coded[0] = compress(&vec![0; length])[0];
        if let Ok(plain) = decompress(&coded, length) {
            prop_assert_eq!(plain.len(), length);
        }
    }

    #[test]
    fn damage_gives_an_error_or_other_bytes_of_the_length(
        plain in prop::collection::vec(0u8..4, 1..2000), place in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let mut coded = compress(&plain);
        let place = place.index(coded.len());
        coded[place] ^= 1 << bit;
        if let Ok(other) = decompress(&coded, plain.len()) {
            prop_assert_eq!(other.len(), plain.len());
        }
    }
}

#[test]
fn the_window_is_the_smallest_that_covers_the_plain_bytes() {
    for (length, bits) in [
        (0, 10),
        (1008, 10),
        (1009, 11),
        (2032, 11),
        (2033, 12),
        (65_520, 16),
        (65_521, 17),
        (131_057, 18),
        (300_000, 19),
        (1_000_000, 20),
        (2_000_000, 21),
        (4_194_288, 22),
        (4_194_304, 22),
    ] {
        assert_eq!(window_bits(length), bits, "{length}");
        let coded = compress(&vec![b'a'; length]);
        assert_eq!(declared_window(&coded), Some(bits), "{length}");
        assert_eq!(decompress(&coded, length).map(|plain| plain.len()), Ok(length));
    }
}

#[test]
fn reads_the_windows_of_rfc_7932() {
    let declared: Vec<_> = (0u8..128).map(|first| declared_window(&[first])).collect();
    for (first, bits) in [
        (0b000_0000, 16),
        (0b000_0001, 17),
        (0b000_0011, 18),
        (0b000_1111, 24),
        (0b010_0001, 10),
        (0b111_0001, 15),
    ] {
        assert_eq!(declared[first], Some(bits), "{first:b}");
    }
    assert_eq!(declared_window(&[0x11]), None, "the large windows are no part of the RFC");
    assert_eq!(declared_window(&[]), None);
}

#[test]
fn refuses_a_window_that_the_length_does_not_need() {
    let params = BrotliEncoderParams { quality: 5, lgwin: 24, ..BrotliEncoderParams::default() };
    let mut coded = Vec::new();
    brotli::BrotliCompress(&mut &b"plain"[..], &mut coded, &params).unwrap();
    assert_eq!(declared_window(&coded), Some(24));
    assert_eq!(decompress(&coded, 5), Err(Fault::Malformed));
}

#[test]
fn stops_at_the_declared_length() {
    let coded = compress(&vec![0; 60_000]);
    assert!(coded.len() < 100);
    // 50,000 needs the same window.
    assert_eq!(decompress(&coded, 50_000), Err(Fault::OverLimit(50_000)));
    assert_eq!(decompress(&coded, 60_001), Err(Fault::Malformed));
    let plain = decompress(&coded, 60_000).unwrap();
    assert_eq!((plain.len(), plain.capacity()), (60_000, 60_000));
}

#[test]
fn consumes_everything() {
    let mut coded = compress(b"plain");
    assert_eq!(decompress(&coded[..coded.len() - 1], 5), Err(Fault::Malformed));
    coded.push(0);
    assert_eq!(decompress(&coded, 5), Err(Fault::Trailing(1)));
}
