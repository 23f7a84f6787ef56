//! The types that hold secrets: private fields, wiped on drop, and no way to copy, print, compare or store
//! one by accident. What is exposed is exposed by name, inside this crate only.
//!
//! A secret cannot be printed:
//! ```compile_fail,E0277
//! let secret = airlock_offline::secret::Secret::<16>::zero();
//! println!("{secret:?}");
//! ```
//! nor copied:
//! ```compile_fail,E0599
//! let secret = airlock_offline::secret::Secret::<16>::zero();
//! let copy = secret.clone();
//! ```
//! nor compared, which would take a time that tells about it:
//! ```compile_fail,E0369
//! use airlock_offline::secret::Secret;
//! let same = Secret::<16>::zero() == Secret::<16>::zero();
//! ```
//! nor taken out by other crates:
//! ```compile_fail,E0624
//! let secret = airlock_offline::secret::Secret::<16>::zero();
//! let bytes = secret.expose();
//! ```
//! The same holds for text:
//! ```compile_fail,E0277
//! let secret = airlock_offline::secret::SecretText::new(String::from("words"));
//! println!("{secret:?}");
//! ```

use zeroize::{Zeroize, Zeroizing};

/// Secret bytes of a fixed number. They lie on the heap, so that moving the owner copies a pointer only.
pub struct Secret<const N: usize> {
    bytes: Box<Zeroizing<[u8; N]>>,
}

impl<const N: usize> Secret<N> {
    /// All zero, to be filled in place.
    pub fn zero() -> Self {
        Self { bytes: Box::new(Zeroizing::new([0; N])) }
    }

    /// Takes the bytes over and wipes where they came from.
    pub fn take(bytes: &mut [u8; N]) -> Self {
        let mut secret = Self::zero();
        secret.bytes.copy_from_slice(bytes);
        bytes.zeroize();
        secret
    }

    /// The bytes, for the code that needs them.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.bytes
    }

    /// The bytes, to be filled in place.
    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.bytes
    }
}

/// Secret text: a seed as it is typed or written on paper, words, a passphrase.
pub struct SecretText {
    text: Zeroizing<String>,
}

impl SecretText {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self { text: Zeroizing::new(text) }
    }

    /// The text, for the code that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// Whether a person typed the same text again; takes the same time wherever they differ.
    pub fn matches(&self, typed: &str) -> bool {
        let (own, typed) = (self.text.as_bytes(), typed.as_bytes());
        let difference = own.iter().zip(typed).fold(0u8, |difference, (a, b)| difference | (a ^ b));
        own.len() == typed.len() && core::hint::black_box(difference) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_bytes_over_and_wipes_their_source() {
        let mut source = [7u8; 16];
        let secret = Secret::take(&mut source);
        assert_eq!(source, [0; 16]);
        assert_eq!(secret.expose(), &[7; 16]);
    }

    #[test]
    fn tells_whether_text_was_typed_again() {
        let secret = SecretText::new("amber falcon".to_owned());
        assert!(secret.matches("amber falcon"));
        for other in ["amber falco", "amber falcom", "amber falcon ", ""] {
            assert!(!secret.matches(other));
        }
    }
}
