//! Base58 with the ledger's alphabet and a four-byte check (xrpl.md 1), in buffers of fixed size so that
//! nothing that passes through here grows on the heap.

use bitcoin::hashes::{Hash, sha256d};

/// The 58 characters, index 0 first.
const ALPHABET: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
/// Room for the longest identifier with its check: an X-address has 31 + 4 bytes.
const ROOM: usize = 40;
/// The length of the check.
const CHECK: usize = 4;
/// The same room in words of 32 bits.
const WORDS: usize = ROOM / 4;
/// Digits that are worked on together: as many as fit a word.
const GROUP: usize = 5;
const GROUP_VALUE: u64 = 58u64.pow(5);
/// Enough for 40 bytes: 256^40 < 58^55.
const GROUPS: usize = 11;

/// Encodes version and payload with their check; at most 36 bytes.
///
/// Returns nothing when there is no room.
pub fn encode_check(payload: &[u8]) -> Option<String> {
    let mut bytes = [0u8; ROOM];
    let length = payload.len().checked_add(CHECK)?;
    let (head, tail) = bytes.get_mut(ROOM.checked_sub(length)?..)?.split_at_mut_checked(payload.len())?;
    head.copy_from_slice(payload);
    tail.copy_from_slice(&check(payload));
    let zeros = head.iter().chain(&*tail).take_while(|byte| **byte == 0).count();

    let mut words = to_words(&bytes);
    // Least significant first.
    let mut digits = [0u8; GROUPS * GROUP];
    for group in digits.chunks_exact_mut(GROUP) {
        let mut rest = 0u64;
        for word in &mut words {
            let value = (rest << 32) | u64::from(*word);
            *word = u32::try_from(value / GROUP_VALUE).ok()?;
            rest = value % GROUP_VALUE;
        }
        for digit in group {
            *digit = u8::try_from(rest % 58).ok()?;
            rest /= 58;
        }
    }
    let used = digits.iter().rposition(|digit| *digit != 0).map_or(Some(0), |place| place.checked_add(1))?;
    let mut text = String::with_capacity(64);
    text.extend(core::iter::repeat_n('r', zeros));
    for digit in digits.get(..used)?.iter().rev() {
        text.push(char::from(*ALPHABET.get(usize::from(*digit))?));
    }
    Some(text)
}

/// Decodes exactly `N` bytes of version and payload and checks them. No trimming, no other length.
pub fn decode_check<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > 2 * ROOM {
        return None;
    }
    let mut words = [0u32; WORDS];
    for group in text.as_bytes().chunks(GROUP) {
        let (mut factor, mut carry) = (1u64, 0u64);
        for character in group {
            let digit = ALPHABET.iter().position(|candidate| candidate == character)?;
            factor = factor.checked_mul(58)?;
            carry = carry.checked_mul(58)?.checked_add(u64::try_from(digit).ok()?)?;
        }
        for word in words.iter_mut().rev() {
            let value = u64::from(*word).checked_mul(factor)?.checked_add(carry)?;
            let [high, low] = [value >> 32, value & u64::from(u32::MAX)];
            (*word, carry) = (u32::try_from(low).ok()?, high);
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0u8; ROOM];
    for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    let used = ROOM.checked_sub(bytes.iter().take_while(|byte| **byte == 0).count())?;
    let zeros = text.bytes().take_while(|character| *character == b'r').count();
    let length = zeros.checked_add(used)?;
    if length != N.checked_add(CHECK)? {
        return None;
    }
    let (payload, found) = bytes.get(ROOM.checked_sub(length)?..)?.split_at_checked(N)?;
    let payload: [u8; N] = payload.try_into().ok()?;
    (found == check(&payload)).then_some(payload)
}

/// Big-endian words, the most significant first.
fn to_words(bytes: &[u8; ROOM]) -> [u32; WORDS] {
    let mut words = [0u32; WORDS];
    for (to, from) in words.iter_mut().zip(bytes.as_chunks().0) {
        *to = u32::from_be_bytes(*from);
    }
    words
}

/// The first four bytes of the double SHA-256.
fn check(payload: &[u8]) -> [u8; CHECK] {
    let [a, b, c, d, ..] = sha256d::Hash::hash(payload).to_byte_array();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn reads_back_what_it_writes(payload: [u8; 23], zeros in 0usize..23) {
            let mut payload = payload;
            payload[..zeros].fill(0);
            let text = encode_check(&payload).unwrap();
            proptest::prop_assert_eq!(decode_check::<23>(&text), Some(payload));
            proptest::prop_assert_eq!(decode_check::<22>(&text), None);
            proptest::prop_assert_eq!(decode_check::<24>(&text), None);
        }

        #[test]
        fn never_panics_on_text(text: String) {
            let _ = decode_check::<21>(&text);
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert!(encode_check(&[1; 36]).is_some());
        assert!(encode_check(&[1; 37]).is_none());
        assert_eq!(decode_check::<21>(&"z".repeat(200)), None);
        assert_eq!(decode_check::<21>(""), None);
    }
}
