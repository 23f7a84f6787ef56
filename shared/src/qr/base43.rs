//! Base43, Electrum's way to use the alphanumeric mode of QR codes: the bytes as one number to the base 43, a leading
//! zero digit for every leading zero byte.

use super::FRAME_CHARACTERS;

const ALPHABET: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-./:";
/// Digits that are worked on together: 43^5 fits 32 bits.
const CHUNK: usize = 5;

/// The most bytes that one code can hold in base43.
pub const BYTES: usize = 2913;

/// Writes bytes; none where they fill more than one code.
pub fn encode(bytes: &[u8]) -> Option<String> {
    if bytes.len() > BYTES {
        return None;
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut digits = Vec::<u8>::new();
    let mut number = bytes.to_vec();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = divide(&mut number);
        for _ in 0..CHUNK {
            digits.push(*ALPHABET.get(usize::try_from(rest % 43).ok()?)?);
            rest /= 43;
        }
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    digits.extend(core::iter::repeat_n(b'0', zeros));
    digits.reverse();
    String::from_utf8(digits).ok().filter(|text| text.len() <= FRAME_CHARACTERS)
}

/// Reads the text of one code; none for a foreign character and for a text longer than a code.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > FRAME_CHARACTERS {
        return None;
    }
    let zeros = text.bytes().take_while(|digit| *digit == b'0').count();
    // Limbs of 32 bits, the smallest first.
    let mut limbs = Vec::<u32>::new();
    for chunk in text.as_bytes().get(zeros..)?.chunks(CHUNK) {
        let mut carry = 0u64;
        for digit in chunk {
            let value = ALPHABET.iter().position(|letter| letter == digit)?;
            carry = carry.checked_mul(43)?.checked_add(u64::try_from(value).ok()?)?;
        }
        for limb in &mut limbs {
            carry = u64::from(*limb).checked_mul(power(chunk.len()))?.checked_add(carry)?;
            *limb = u32::try_from(carry & u64::from(u32::MAX)).ok()?;
            carry >>= 32;
        }
        if carry > 0 {
            limbs.push(u32::try_from(carry).ok()?);
        }
    }
    let mut bytes = vec![0; zeros];
    let number = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes());
    bytes.extend(number.skip_while(|byte| *byte == 0));
    Some(bytes)
}

/// 43 to the power of at most five.
fn power(exponent: usize) -> u64 {
    core::iter::repeat_n(43u64, exponent.min(CHUNK)).fold(1, u64::saturating_mul)
}

/// Divides a big-endian number in place by 43 to the power of five and returns the rest.
fn divide(number: &mut [u8]) -> u64 {
    const DIVISOR: u64 = 43 * 43 * 43 * 43 * 43;
    let mut rest = 0u64;
    for byte in number {
        let value = (rest << 8) | u64::from(*byte);
        *byte =
            u8::try_from(value / DIVISOR).expect("the rest is below the divisor, so the quotient is a byte");
        rest = value % DIVISOR;
    }
    rest
}

#[cfg(test)]
mod tests;
