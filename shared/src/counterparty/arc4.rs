//! The stream cipher that hides data outputs (counterparty.md 1.1). It protects nothing: the key is public.

use bitcoin::Txid;
use bitcoin::hashes::Hash as _;

/// The key of a transaction: the txid of its first input in the order in which it is displayed.
pub fn key(first_input: &Txid) -> [u8; 32] {
    let mut key = first_input.to_byte_array();
    key.reverse();
    key
}

/// Encrypts or decrypts from the start of the stream.
pub fn crypt(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = core::array::from_fn(|index| index.to_le_bytes()[0]);
    let mut j = 0u8;
    for (i, key_byte) in (0..=u8::MAX).zip(key.iter().cycle()) {
        j = j.wrapping_add(at(&state, i)).wrapping_add(*key_byte);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0u8, 0u8);
    data.iter()
        .map(|byte| {
            i = i.wrapping_add(1);
            j = j.wrapping_add(at(&state, i));
            state.swap(usize::from(i), usize::from(j));
            byte ^ at(&state, at(&state, i).wrapping_add(at(&state, j)))
        })
        .collect()
}

fn at(state: &[u8; 256], index: u8) -> u8 {
    state.get(usize::from(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_key_stream() {
        assert_eq!(crypt(b"Key", b"Plaintext"), [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3]);
        assert_eq!(crypt(b"Wiki", b"pedia"), [0x10, 0x21, 0xbf, 0x04, 0x20]);
    }
}
