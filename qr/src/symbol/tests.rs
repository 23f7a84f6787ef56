//! Capacities, segments and the modules of all versions.

#![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

use airlock::qr::capacity::{alphanumeric, bytes};

use super::*;
use crate::eye::{self, Picture};

fn picture(symbol: &Symbol, scale: usize) -> Picture {
    let mut picture = Picture::blank(symbol.outer_size() * scale, 255);
    for y in 0..symbol.size() {
        for x in (0..symbol.size()).filter(|&x| symbol.is_dark(x, y)) {
            picture.fill(((x + QUIET) * scale, (y + QUIET) * scale), (scale, scale), 0);
        }
    }
    picture
}

#[test]
fn every_version_holds_the_published_number_of_characters() {
    // ISO/IEC 18004 table 7, level L, from the published table; qr.md 4 names seven of them.
    let published = [
        (1, 25, 17),
        (2, 47, 32),
        (3, 77, 53),
        (4, 114, 78),
        (5, 154, 106),
        (6, 195, 134),
        (7, 224, 154),
        (8, 279, 192),
        (9, 335, 230),
        (10, 395, 271),
        (11, 468, 321),
        (12, 535, 367),
        (13, 619, 425),
        (14, 667, 458),
        (15, 758, 520),
        (16, 854, 586),
        (17, 938, 644),
        (18, 1046, 718),
        (19, 1153, 792),
        (20, 1249, 858),
        (21, 1352, 929),
        (22, 1460, 1003),
        (23, 1588, 1091),
        (24, 1704, 1171),
        (25, 1853, 1273),
        (26, 1990, 1367),
        (27, 2132, 1465),
        (28, 2223, 1528),
        (29, 2369, 1628),
        (30, 2520, 1732),
        (31, 2677, 1840),
        (32, 2840, 1952),
        (33, 3009, 2068),
        (34, 3183, 2188),
        (35, 3351, 2303),
        (36, 3537, 2431),
        (37, 3729, 2563),
        (38, 3927, 2699),
        (39, 4087, 2809),
        (40, 4296, 2953),
    ];
    assert_eq!(published.map(|(version, ..)| version).to_vec(), VERSIONS.collect::<Vec<u8>>());
    for (version, letters, octets) in published {
        assert_eq!(alphanumeric(version), letters, "version {version}");
        assert_eq!(bytes(version), octets, "version {version}");
        let full = "A".repeat(letters);
        assert_eq!(Symbol::new(&full, version).unwrap().size(), 17 + 4 * usize::from(version));
        assert_eq!(Symbol::smallest(&full).unwrap().version(), version);
        let lower = "a".repeat(octets);
        assert_eq!(Symbol::new(&lower, version).unwrap().version(), version);
        assert_eq!(Symbol::smallest(&lower).unwrap().version(), version);
        for over in [full + "A", lower + "a"] {
            let error = Symbol::new(&over, version).unwrap_err();
            assert_eq!(error.code(), &FRAME);
            assert!(error.what().contains(&format!("{} characters", over.len())), "{error}");
        }
    }
    assert_eq!(alphanumeric(40), airlock::qr::FRAME_CHARACTERS);
    assert_eq!(Symbol::smallest(&"A".repeat(4297)).unwrap_err().code(), &FRAME);
}

#[test]
fn full_codes_of_all_versions_are_read_again() {
    for version in VERSIONS {
        let text = eye::text_for(version, usize::from(version));
        let symbol = Symbol::new(&text, version).unwrap();
        assert_eq!(picture(&symbol, 3).text().as_deref(), Some(text.as_str()), "version {version}");
        let lower: String = text.to_lowercase().chars().take(bytes(version)).collect();
        let symbol = Symbol::new(&lower, version).unwrap();
        assert_eq!(picture(&symbol, 3).text().as_deref(), Some(lower.as_str()), "version {version}, bytes");
    }
}

#[test]
fn short_texts_in_large_versions_and_texts_of_other_letters_are_read_again() {
    for (text, version) in [
        ("UR:CRYPTO-PSBT/AE", 40),
        ("p1of3 cHNidP8BAHUCAAAA+/=", 10),
        ("{\"Memo\":\"Zürich – 東京\"}", 5),
        ("a", 1),
        ("0", 1),
    ] {
        let symbol = Symbol::new(text, version).unwrap();
        assert_eq!(symbol.version(), version);
        assert_eq!(picture(&symbol, 4).text().as_deref(), Some(text));
    }
}

#[test]
fn versions_that_do_not_exist_are_refused() {
    for version in [0, 41, 255] {
        assert_eq!(Symbol::new("A", version).unwrap_err().code(), &FRAME);
    }
}

#[test]
fn packed_rows_are_the_modules_and_all_outside_is_light() {
    let symbol = Symbol::new("UR:BYTES/AE", 2).unwrap();
    let bytes = symbol.size().div_ceil(8);
    for y in 0..symbol.size() {
        for x in 0..symbol.size() {
            let bit = symbol.packed()[y * bytes + x / 8] >> (7 - x % 8) & 1;
            assert_eq!(symbol.is_dark(x, y), bit == 1);
            assert_eq!(symbol.is_dark_outer(x + QUIET, y + QUIET), bit == 1);
        }
    }
    assert!(symbol.is_dark(0, 0) && symbol.is_dark(24, 0) && symbol.is_dark(0, 24) && !symbol.is_dark(7, 7));
    for (x, y) in [(25, 0), (0, 25), (31, 3), (usize::MAX, 0), (0, usize::MAX)] {
        assert!(!symbol.is_dark(x, y));
    }
    assert!(!symbol.is_dark_outer(3, 4) && !symbol.is_dark_outer(4, 3));
}
