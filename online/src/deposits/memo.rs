//! Invoices: memos of ten bytes, and what a memo that came in says.
//!
//! A memo is bytes on the chain. Wallets let people type it as hex or as text, and the same characters are other bytes:
//! `a1b2` is two bytes as hex and four as text. An invoice is its ten bytes; whoever typed its twenty digits as text has
//! paid with twenty other bytes, which is recognized here and decided by a rule, never by chance.

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::hex::FromHex as _;

use crate::source::counterparty::CreditMemo;

// The checksum is over the random bytes under a prefix of its own.
const PREFIX: &[u8] = b"airlock invoice 1\n";

/// Random bytes of an invoice.
pub const DRAWN: usize = 8;
/// Bytes of an invoice's memo: the random ones and two of checksum.
pub const LENGTH: usize = 10;

/// The memo of an invoice: eight random bytes and the first two of SHA-256 of a prefix and them.
pub fn of(drawn: [u8; DRAWN]) -> [u8; LENGTH] {
    let [a, b, ..] = sha256::Hash::hash(&[PREFIX, &drawn].concat()).to_byte_array();
    let mut memo = [0; LENGTH];
    let (random, check) = memo.split_at_mut(DRAWN);
    random.copy_from_slice(&drawn);
    check.copy_from_slice(&[a, b]);
    memo
}

/// True where bytes have the form of an invoice of ours, checksum included: a slip of a digit or two does not.
pub fn is_well_formed(memo: &[u8]) -> bool {
    memo.first_chunk::<DRAWN>().is_some_and(|drawn| of(*drawn) == memo)
}

/// The bytes of a memo that came in: those that the server's hex says, else the text itself.
pub fn bytes(memo: &CreditMemo) -> Vec<u8> {
    memo.bytes.clone().unwrap_or_else(|| memo.written.clone().into_bytes())
}

/// The bytes whose hex digits these bytes are as text, in any case; none where they are not.
pub fn typed_as_text(memo: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(memo).ok()?.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    Vec::from_hex(digits).ok().filter(|bytes| bytes.len() == LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_one_digit_is_no_invoice() {
        let memo = of([7; 8]);
        assert!(is_well_formed(&memo));
        for place in 0..LENGTH {
            for nibble in [0x01, 0x10, 0x80] {
                let mut slip = memo;
                slip[place] ^= nibble;
                assert!(!is_well_formed(&slip), "byte {place}");
            }
        }
        assert!(!is_well_formed(&memo[..9]) && !is_well_formed(&[memo.as_slice(), &[0]].concat()));
    }

    #[test]
    fn digits_typed_as_text_are_recognized_in_any_case() {
        let memo = of([0xab; 8]);
        let digits: String = memo.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [digits.clone(), digits.to_uppercase(), format!("0x{digits}"), format!(" {digits}\n")] {
            assert_eq!(typed_as_text(text.as_bytes()), Some(memo.to_vec()), "{text:?}");
        }
        assert_eq!(typed_as_text(&memo), None);
        assert_eq!(typed_as_text(&digits.as_bytes()[..19]), None);
        assert_eq!(typed_as_text(b"invoice 42"), None);
    }
}
