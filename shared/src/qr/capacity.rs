//! How much text one code holds at level L (ISO/IEC 18004, table 7), which is all that is shown.

/// The smallest and the largest version of QR codes.
pub const VERSIONS: core::ops::RangeInclusive<u8> = 1..=40;

/// Data codewords at level L of the versions 1 to 40.
const CODEWORDS: [usize; 40] = [
    19, 34, 55, 80, 108, 136, 156, 194, 232, 274, 324, 370, 428, 461, 523, 589, 647, 721, 795, 861, 932,
    1006, 1094, 1174, 1276, 1370, 1468, 1531, 1631, 1735, 1843, 1955, 2071, 2191, 2306, 2434, 2566, 2702,
    2812, 2956,
];
/// Bits that name the mode.
const MODE_BITS: usize = 4;

/// Most bytes of `text` in one code of this version, by the shorter of the two segments that hold it; 0 for no version.
pub fn characters(version: u8, text: &str) -> usize {
    if text.bytes().all(is_alphanumeric) { alphanumeric(version) } else { bytes(version) }
}

/// Most characters of the alphanumeric set in one code of this version; 0 for no version.
pub fn alphanumeric(version: u8) -> usize {
    let length_bits = match version {
        0..=9 => 9,
        10..=26 => 11,
        27..=u8::MAX => 13,
    };
    let bits = bits_behind(version, length_bits);
    // 11 bits for two characters, 6 for one.
    (bits / 11).saturating_mul(2).saturating_add(usize::from(bits % 11 >= 6))
}

/// Most bytes in one code of this version; 0 for no version.
pub fn bytes(version: u8) -> usize {
    bits_behind(version, if version < 10 { 8 } else { 16 }) / 8
}

/// The smallest version that holds `length` bytes of a text like `text`; none above version 40.
pub fn version_for(text: &str) -> Option<u8> {
    VERSIONS.into_iter().find(|version| text.len() <= characters(*version, text))
}

/// True for the 45 characters that take 5.5 bits.
pub fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" $%*+-./:".contains(&byte)
}

fn bits_behind(version: u8, length_bits: usize) -> usize {
    let codewords = version.checked_sub(1).and_then(|index| CODEWORDS.get(usize::from(index)));
    codewords.map_or(0, |codewords| {
        codewords.saturating_mul(8).saturating_sub(MODE_BITS).saturating_sub(length_bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacities_are_those_of_the_standard() {
        for (version, letters, octets) in [
            (1, 25, 17),
            (5, 154, 106),
            (9, 335, 230),
            (10, 395, 271),
            (15, 758, 520),
            (20, 1249, 858),
            (25, 1853, 1273),
            (26, 1990, 1367),
            (27, 2132, 1465),
            (40, 4296, 2953),
            (0, 0, 0),
            (41, 0, 0),
        ] {
            assert_eq!((alphanumeric(version), bytes(version)), (letters, octets), "{version}");
        }
    }

    #[test]
    fn a_text_takes_the_smallest_version_that_holds_it() {
        assert_eq!(version_for(&"A".repeat(395)), Some(10));
        assert_eq!(version_for(&"A".repeat(396)), Some(11));
        assert_eq!(version_for(&"a".repeat(2953)), Some(40));
        assert_eq!(version_for(&"a".repeat(2954)), None);
    }
}
