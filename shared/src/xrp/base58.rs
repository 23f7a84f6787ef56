//! Base58 with the ledger's alphabet and a four-byte check (xrpl.md 1), in buffers of fixed size so that
//! nothing that passes through here grows on the heap.

use bitcoin::hashes::{Hash, sha256d};

/// The 58 characters, index 0 first.
const ALPHABET: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
/// Room for the longest identifier with its check: an X-address has 31 + 4 bytes.
const ROOM: usize = 40;
/// The length of the check.
const CHECK: usize = 4;

/// Encodes version and payload with their check; at most 36 bytes.
///
/// Returns nothing when there is no room.
pub fn encode_check(payload: &[u8]) -> Option<String> {
    let mut bytes = [0u8; ROOM];
    let end = payload.len().checked_add(CHECK)?;
    bytes.get_mut(..payload.len())?.copy_from_slice(payload);
    bytes.get_mut(payload.len()..end)?.copy_from_slice(&check(payload));
    let bytes = bytes.get(..end)?;

    // Digits of base 58, least significant first: log(256)/log(58) < 1.37.
    let mut digits = [0u8; 56];
    let mut used = 0usize;
    for byte in bytes {
        let mut carry = u32::from(*byte);
        let mut place = 0usize;
        while place < used || carry > 0 {
            let digit = digits.get_mut(place)?;
            carry = carry.checked_add(u32::from(*digit).checked_mul(256)?)?;
            *digit = u8::try_from(carry % 58).ok()?;
            carry /= 58;
            place = place.checked_add(1)?;
        }
        used = used.max(place);
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
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
    // Bytes of the number, least significant first.
    let mut bytes = [0u8; ROOM];
    let mut used = 0usize;
    for character in text.bytes() {
        let mut carry = u32::try_from(ALPHABET.iter().position(|candidate| *candidate == character)?).ok()?;
        let mut place = 0usize;
        while place < used || carry > 0 {
            let byte = bytes.get_mut(place)?;
            carry = carry.checked_add(u32::from(*byte).checked_mul(58)?)?;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
            place = place.checked_add(1)?;
        }
        used = used.max(place);
    }
    let zeros = text.bytes().take_while(|character| *character == b'r').count();
    if zeros.checked_add(used)? != N.checked_add(CHECK)? {
        return None;
    }
    let number = bytes.get_mut(..zeros.checked_add(used)?)?;
    number.reverse();
    let (payload, found) = number.split_at_checked(N)?;
    let payload: [u8; N] = payload.try_into().ok()?;
    (found == check(&payload)).then_some(payload)
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
