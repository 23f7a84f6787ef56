//! Mnemonics of English words (BIP-39).

use airlock::{Code, Exit, Result};
use bip39::Language;

use crate::secret::{Secret, SecretText};

/// Words that are not a BIP-39 mnemonic.
pub static MNEMONIC: Code = Code::new(
    "E-KEY-004",
    Exit::BadInput,
    "A mnemonic has 12, 15, 18, 21 or 24 words of the English BIP-39 list, the last of which holds a check.",
    "Compare the words with the paper, one by one and in their order.",
);

/// A mnemonic whose check is right; wiped on drop.
///
/// It cannot be printed:
/// ```compile_fail,E0277
/// fn show(words: &airlock_offline::keys::Mnemonic) { println!("{words:?}"); }
/// ```
pub struct Mnemonic {
    words: Box<bip39::Mnemonic>,
}

impl Mnemonic {
    /// Reads English words, separated by white space.
    ///
    /// # Errors
    /// [`MNEMONIC`] with the place of a wrong word, never the word.
    pub fn parse(text: &str) -> Result<Self> {
        let words = bip39::Mnemonic::parse_in(Language::English, text).map_err(|error| {
            MNEMONIC.error(match error {
                bip39::Error::BadWordCount(count) => format!("{count} words are not a mnemonic"),
                bip39::Error::UnknownWord(index) => {
                    format!("word {} is not in the English list", index.saturating_add(1))
                }
                bip39::Error::InvalidChecksum => {
                    "the check is wrong: a word or the order is not right".to_owned()
                }
                bip39::Error::BadEntropyBitCount(_) | bip39::Error::AmbiguousLanguages(_) => {
                    "these words are not a mnemonic".to_owned()
                }
            })
        })?;
        Ok(Self { words: Box::new(words) })
    }

    /// Makes the words of entropy; 16, 20, 24, 28 or 32 bytes.
    ///
    /// # Errors
    /// [`MNEMONIC`] for any other length.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self> {
        let words = bip39::Mnemonic::from_entropy_in(Language::English, entropy)
            .map_err(|_| MNEMONIC.error(format!("{} bytes do not make a mnemonic", entropy.len())))?;
        Ok(Self { words: Box::new(words) })
    }

    /// The seed of all keys; the passphrase is brought to its compatibility form (NFKD) as BIP-39 says.
    pub fn seed(&self, passphrase: &SecretText) -> Secret<64> {
        Secret::take(&mut self.words.to_seed(passphrase.expose()))
    }

    /// How many words.
    pub fn word_count(&self) -> usize {
        self.words.word_count()
    }

    /// The words, for paper and vault.
    pub fn to_text(&self) -> SecretText {
        // Reserved first: a text that grows leaves copies behind.
        let mut text = String::with_capacity(24 * 9);
        for (index, word) in self.words.words().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        SecretText::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn takes_a_passphrase_in_any_unicode_form() {
        let words = Mnemonic::parse(WORDS).unwrap();
        let seed = |passphrase: &str| words.seed(&SecretText::new(passphrase.to_owned()));
        assert_eq!(seed("caf\u{e9}").expose(), seed("cafe\u{301}").expose());
        assert_ne!(seed("cafe").expose(), seed("caf\u{e9}").expose());
    }

    #[test]
    fn names_the_place_of_a_wrong_word_and_never_the_word() {
        let error = Mnemonic::parse(&WORDS.replace("about", "ripplex")).err().unwrap();
        assert!(error.what().contains("word 12 ") && !error.what().contains("ripplex"), "{error}");
        assert_eq!(Mnemonic::parse(&WORDS.replace("about", "abandon")).err().unwrap().code(), &MNEMONIC);
    }

    #[test]
    fn gives_the_words_of_entropy() {
        assert!(Mnemonic::from_entropy(&[0; 16]).unwrap().to_text().matches(WORDS));
        assert_eq!(Mnemonic::from_entropy(&[0; 15]).err().unwrap().code(), &MNEMONIC);
    }
}
