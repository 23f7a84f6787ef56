//! Base32 of RFC 4648 section 6, upper case, without padding.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Writes bytes: 5 bytes in 8 characters, 1 to 4 bytes in 2, 4, 5 or 7.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(8).div_ceil(5));
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << 5u32.saturating_sub(bits)));
    }
    text
}

fn letter(value: u32) -> char {
    let index = usize::try_from(value & 31).expect("five bits fit");
    char::from(*ALPHABET.get(index).expect("there are 32 letters"))
}

/// Reads characters; none for a foreign character, for a length at which no encoder ends, and for padding bits that
/// are not zero.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if !matches!(text.len() % 8, 0 | 2 | 4 | 5 | 7) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len().div_ceil(8).saturating_mul(5));
    let (mut bits, mut held) = (0u32, 0u32);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character.checked_sub(b'A'),
            b'2'..=b'7' => character.checked_sub(b'2').and_then(|value| value.checked_add(26)),
            _ => None,
        };
        held = (held << 5) | u32::from(value?);
        bits = bits.saturating_add(5);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push(u8::try_from((held >> bits) & 0xff).expect("eight bits fit"));
        }
        held &= 0xff;
    }
    let padding = held & !(u32::MAX << bits);
    (padding == 0).then_some(bytes)
}
