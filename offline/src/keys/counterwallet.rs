//! Passphrases of Counterwallet: twelve words of Electrum's first list for 16 bytes, and the key tree below them.
//!
//! Each three words hold 32 bits: with `a`, `b`, `c` as their places in the list of 1626 words,
//! `a + 1626·((b − a) mod 1626) + 1626²·((c − b) mod 1626)`. The 16 bytes are the seed of a BIP-32 master key, and the
//! address `i` lies at `m/0'/0/i`.
//!
//! Passphrases of the first months, written with `old` in front, took the 32 hex digits of the 16 bytes for the seed,
//! each as one byte: a digit 0 to 9 as its value, a letter as zero. (The program meant to feed bytes and fed
//! characters, of which its language made numbers.) Counterwallet's own tests hold addresses of both schemes;
//! `vectors/counterwallet.json` has them.

use airlock::{Code, Exit, Result};
use bitcoin::NetworkKind;
use zeroize::Zeroizing;

use super::bip32::ExtendedKey;
use crate::secret::{Secret, SecretText};

/// Words that are not a Counterwallet passphrase.
pub static COUNTERWALLET: Code = Code::new(
    "E-KEY-007",
    Exit::BadInput,
    "A Counterwallet passphrase has 12 words of Electrum's first list of 1,626 words, or 13 of which the first is \
     `old`. It carries no check: compare the addresses as well.",
    "Compare the words with the paper, one by one and in their order.",
);

const WORDS: &str = include_str!("electrum_v1_words.txt");
const COUNT: u64 = 1626;
const OLD: &str = "old";

/// A Counterwallet passphrase, as its 16 bytes.
pub struct Counterwallet {
    entropy: Secret<16>,
    is_old: bool,
}

impl Counterwallet {
    /// Reads twelve words, or `old` and twelve words; capitals and white space as they come.
    ///
    /// # Errors
    /// [`COUNTERWALLET`] with the place of a wrong word, never the word.
    pub fn parse(text: &str) -> Result<Self> {
        let count = text.split_whitespace().count();
        let is_old = count == 13 && text.split_whitespace().next().is_some_and(|word| is(word, OLD));
        if count != 12 && !is_old {
            return Err(
                COUNTERWALLET.error(format!("{count} words, this form has 12, or 13 beginning with old"))
            );
        }
        let mut places = Zeroizing::new([0u64; 12]);
        let first = usize::from(is_old);
        for ((place, word), number) in places.iter_mut().zip(text.split_whitespace().skip(first)).zip(1u32..)
        {
            let found = WORDS.lines().position(|known| is(word, known));
            *place = found.and_then(|found| u64::try_from(found).ok()).ok_or_else(|| {
                COUNTERWALLET
                    .error(format!("word {} is not in the list", number.saturating_add(u32::from(is_old))))
            })?;
        }
        let mut entropy = Secret::zero();
        let (triples, _) = places.as_chunks::<3>();
        let (quads, _) = entropy.expose_mut().as_chunks_mut::<4>();
        for ((triple, quad), number) in triples.iter().zip(quads).zip(0u32..) {
            *quad = number_of(triple)
                .ok_or_else(|| {
                    let from = number.saturating_mul(3).saturating_add(1).saturating_add(u32::from(is_old));
                    let to = from.saturating_add(2);
                    COUNTERWALLET.error(format!("words {from} to {to} stand together for no number"))
                })?
                .to_be_bytes();
        }
        Ok(Self { entropy, is_old })
    }

    /// The words, with `old` in front where they had it.
    pub fn to_text(&self) -> SecretText {
        // Reserved first: a text that grows leaves copies behind.
        let mut text = String::with_capacity(13 * 13);
        if self.is_old {
            text.push_str(OLD);
        }
        let (quads, _) = self.entropy.expose().as_chunks::<4>();
        for quad in quads {
            for place in Zeroizing::new(places_of(u32::from_be_bytes(*quad))).iter() {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(WORDS.lines().nth(*place).unwrap_or_default());
            }
        }
        SecretText::new(text)
    }

    /// True for passphrases that begin with `old`.
    pub fn is_old(&self) -> bool {
        self.is_old
    }

    /// The master key.
    ///
    /// # Errors
    /// Never in practice: only if the seed's scalar were zero or too large.
    pub fn master(&self, network: impl Into<NetworkKind>) -> Result<ExtendedKey> {
        if !self.is_old {
            return ExtendedKey::master(&self.entropy, network);
        }
        let mut seed = Secret::<32>::zero();
        let nibbles = self.entropy.expose().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (digit, nibble) in seed.expose_mut().iter_mut().zip(nibbles) {
            *digit = if nibble < 10 { nibble } else { 0 };
        }
        ExtendedKey::master(&seed, network)
    }
}

fn is(word: &str, known: &str) -> bool {
    word.eq_ignore_ascii_case(known)
}

/// The number of three places; none where it has more than 32 bits, which no encoder writes.
fn number_of(&[a, b, c]: &[u64; 3]) -> Option<u32> {
    let from = |low: u64, high: u64| high.checked_add(COUNT)?.checked_sub(low)?.checked_rem(COUNT);
    let high = from(b, c)?.checked_mul(COUNT)?.checked_add(from(a, b)?)?;
    u32::try_from(high.checked_mul(COUNT)?.checked_add(a)?).ok()
}

fn places_of(number: u32) -> [usize; 3] {
    const N: u32 = 1626;
    let a = number % N;
    let b = (number / N).wrapping_add(a) % N;
    let c = (number / N / N).wrapping_add(b) % N;
    [a, b, c].map(|place| usize::try_from(place).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "voice flame certainly anyone former raw limit king rhythm tumble crystal earth";

    #[test]
    fn reads_the_words_and_writes_them_again() {
        for text in [WORDS.to_owned(), format!("old {WORDS}")] {
            let read = Counterwallet::parse(&text.to_uppercase().replace(' ', "\n ")).unwrap();
            assert!(read.to_text().matches(&text));
            assert_eq!(read.is_old(), text.starts_with("old"));
            assert_eq!(read.entropy.expose()[..4], [0x91, 0x56, 0x56, 0xcd]);
        }
    }

    #[test]
    fn every_number_has_words_and_words_beyond_32_bits_are_refused() {
        for number in [0, 1, 1625, 1626, 1627, 2_643_876, 0x7fff_ffff, u32::MAX - 1, u32::MAX] {
            let places = places_of(number).map(|place| u64::try_from(place).unwrap());
            assert_eq!(number_of(&places), Some(number));
        }
        // The largest number of three words is 1626^3 - 1, beyond 2^32.
        assert_eq!(number_of(&[1625, 1625, 1624]), None);
        let last = super::WORDS.lines().last().unwrap();
        let error =
            Counterwallet::parse(&format!("{}like like {last}", "like like like ".repeat(3))).err().unwrap();
        assert!(error.what().contains("words 10 to 12 "), "{error}");
    }

    #[test]
    fn names_the_place_of_a_wrong_word_and_never_the_word() {
        for (text, place) in [
            (WORDS.replace("king", "kingg"), "word 8 "),
            (format!("old {}", WORDS.replace("king", "kingg")), "word 9 "),
        ] {
            let error = Counterwallet::parse(&text).err().unwrap();
            assert!(error.what().contains(place) && !error.what().contains("kingg"), "{error}");
        }
        for text in [WORDS.trim_end_matches(" earth").to_owned(), format!("new {WORDS}")] {
            assert_eq!(Counterwallet::parse(&text).err().unwrap().code(), &COUNTERWALLET);
        }
    }
}
