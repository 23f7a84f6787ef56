//! Laws of base43.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn bytes_survive(bytes in prop::collection::vec(any::<u8>(), 0..400), zeros in 0usize..5) {
        let bytes = [vec![0; zeros], bytes].concat();
        let text = encode(&bytes).unwrap();
        prop_assert_eq!(decode(&text), Some(bytes));
    }

    #[test]
    fn a_text_that_reads_is_written_the_same_way(text in "[0-9A-Z$*+./:-]{0,100}") {
        prop_assert_eq!(encode(&decode(&text).unwrap()), Some(text));
    }

    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = decode(&text);
    }
}

#[test]
fn agrees_with_known_numbers() {
    for (bytes, text) in [
        (&[][..], ""),
        (&[0], "0"),
        (&[0, 0, 1], "001"),
        (&[42], ":"),
        (&[43], "10"),
        (&[255], "5."),
        (&[1, 0], "5/"),
        // 43^5, the first number of two chunks.
        (&[0x08, 0xc3, 0x2b, 0xbb], "100000"),
    ] {
        assert_eq!(encode(bytes).as_deref(), Some(text));
        assert_eq!(decode(text).as_deref(), Some(bytes));
    }
}

#[test]
fn a_code_holds_the_most_bytes_and_not_one_more() {
    let full = encode(&[255; BYTES]).unwrap();
    assert_eq!(full.len(), 4295);
    assert_eq!(decode(&full), Some(vec![255; BYTES]));
    assert_eq!(encode(&[255; BYTES + 1]), None);
    assert_eq!(decode(&"0".repeat(4297)), None);
}

#[test]
fn refuses_foreign_characters() {
    for text in ["a", " ", "A%", "\u{e9}", "0A\n"] {
        assert_eq!(decode(text), None, "{text}");
    }
}
