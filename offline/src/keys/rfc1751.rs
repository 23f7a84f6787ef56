//! Twelve words of RFC 1751 for the 16 bytes of an account, in the ledger's byte order (xrpl.md 2.7).
//! The list of 2048 words is the one in the RFC's appendix.

use airlock::{Code, Exit, Result};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Words that are not an RFC 1751 secret.
pub static RFC1751: Code = Code::new(
    "E-KEY-003",
    Exit::BadInput,
    "The old word form of an account's secret has 12 short words of the RFC 1751 list; each half of six carries \
     two bits of check, which is weak: compare the account's address as well.",
    "Compare the words with the paper, one by one and in their order.",
);

const WORDS: &str = include_str!("rfc1751_words.txt");
const PER_HALF: usize = 6;
const BITS_PER_WORD: u32 = 11;

/// Reads twelve words, in capitals or not. The algorithm is not in them.
///
/// # Errors
/// [`RFC1751`] with the place of a wrong word, never the word.
pub fn parse(text: &str) -> Result<Secret<16>> {
    let count = text.split_whitespace().count();
    if count != 2 * PER_HALF {
        return Err(RFC1751.error(format!("{count} words, this form has 12")));
    }
    let mut entropy = Secret::zero();
    let (halves, _) = entropy.expose_mut().as_chunks_mut::<8>();
    for (half, bytes) in halves.iter_mut().enumerate() {
        let mut bits = Zeroizing::new(0u128);
        let first = half.saturating_mul(PER_HALF);
        for (place, word) in text.split_whitespace().enumerate().skip(first).take(PER_HALF) {
            let index = WORDS.lines().position(|known| known.eq_ignore_ascii_case(word));
            let index = index.and_then(|index| u128::try_from(index).ok()).ok_or_else(|| {
                RFC1751.error(format!("word {} is not in the list", place.saturating_add(1)))
            })?;
            *bits = (*bits << BITS_PER_WORD) | index;
        }
        // 64 bits of secret above 2 bits of parity.
        let (secret, parity) = (*bits >> 2, *bits & 3);
        if parity_of(secret) != parity {
            return Err(RFC1751.error(format!(
                "the check of words {} to {} is wrong",
                first.saturating_add(1),
                first.saturating_add(PER_HALF)
            )));
        }
        let [_, _, _, _, _, _, _, _, low @ ..] = secret.to_be_bytes();
        *bytes = low;
    }
    entropy.expose_mut().reverse();
    Ok(entropy)
}

/// The sum of all pairs of bits, modulo 4.
fn parity_of(secret: u128) -> u128 {
    (0..64).step_by(2).fold(0u128, |sum, shift| sum.wrapping_add((secret >> shift) & 3)) & 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_2048_words_and_the_short_ones_first() {
        let words: Vec<_> = WORDS.lines().collect();
        assert_eq!(words.len(), 2048);
        assert!(words[..571].iter().all(|word| word.len() <= 3) && words[571..].iter().all(|w| w.len() == 4));
    }

    #[test]
    fn never_repeats_a_wrong_word() {
        let error = parse("XRPLX MARE MESH COED SIR TAG GUY MORT REP FILL ANY HAWK").err().unwrap();
        assert!(error.what().contains("word 1 ") && !error.what().contains("XRPLX"), "{error}");
    }
}
