//! What is sealed: a random root for the vault's own keys, and the secrets as people know them.
//!
//! ```text
//! 32 bytes   root
//! 1 byte     number of secrets, then for each:
//!   1 byte     kind: 1 mnemonic, 2 family seed, 3 Counterwallet passphrase, 4 private key (WIF), 5 extended private key
//!   1 byte     length of the name, then the name
//!   2 bytes    length of the text (big endian), then the words, the seed or the key as written on paper; an extended
//!              key may have its origin in front: [fingerprint/path]xprv
//!   2 bytes    length of the BIP-39 passphrase, then the passphrase; 0 for all but a mnemonic
//! ```
//! Text rather than entropy, so that whoever opens the vault with other software reads what other software takes.

use airlock::account::AccountName;
use airlock::{Error, Result};
use zeroize::Zeroizing;

use super::BAD_VAULT;
use crate::keys::{Counterwallet, FamilySeed, Mnemonic, OriginKey, PrivateKey};
use crate::secret::{Secret, SecretText};

const MNEMONIC: u8 = 1;
const FAMILY_SEED: u8 = 2;
const COUNTERWALLET: u8 = 3;
const PRIVATE_KEY: u8 = 4;
const EXTENDED: u8 = 5;

/// A secret with the name by which accounts refer to it.
pub struct NamedSecret {
    /// Unique in its vault.
    pub name: AccountName,
    /// The secret itself.
    pub kept: Kept,
}

/// The kinds of secret that a vault keeps.
pub enum Kept {
    /// BIP-39 words with their passphrase, which may be empty.
    Mnemonic {
        /// The words.
        words: Mnemonic,
        /// The BIP-39 passphrase.
        passphrase: SecretText,
    },
    /// The 16 bytes of an XRPL account with their algorithm, however they were written.
    FamilySeed(FamilySeed),
    /// A Counterwallet passphrase.
    Counterwallet(Counterwallet),
    /// One private key.
    PrivateKey(PrivateKey),
    /// An extended private key.
    Extended(OriginKey),
}

impl Kept {
    /// The BIP-39 words, where it is of words.
    pub fn words(&self) -> Option<&Mnemonic> {
        if let Self::Mnemonic { words, .. } = self { Some(words) } else { None }
    }

    /// The kind in a few words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mnemonic { .. } => "mnemonic",
            Self::FamilySeed(_) => "family seed",
            Self::Counterwallet(_) => "Counterwallet passphrase",
            Self::PrivateKey(_) => "private key",
            Self::Extended(_) => "extended key",
        }
    }
}

pub(super) fn encode(root: &Secret<32>, secrets: &[NamedSecret]) -> Zeroizing<Vec<u8>> {
    // Reserved at once: a vector that grows leaves its old memory behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(secrets.len().saturating_mul(9216).saturating_add(64)));
    bytes.extend_from_slice(root.expose());
    bytes.push(u8::try_from(secrets.len()).expect("a vault takes at most 255 secrets"));
    let none = SecretText::new(String::new());
    for secret in secrets {
        let (kind, text, passphrase) = match &secret.kept {
            Kept::Mnemonic { words, passphrase } => (MNEMONIC, words.to_text(), passphrase),
            Kept::FamilySeed(seed) => (FAMILY_SEED, seed.to_text(), &none),
            Kept::Counterwallet(words) => (COUNTERWALLET, words.to_text(), &none),
            Kept::PrivateKey(key) => (PRIVATE_KEY, key.to_text(), &none),
            Kept::Extended(key) => (EXTENDED, key.to_text(), &none),
        };
        bytes.push(kind);
        let name = secret.name.as_str().as_bytes();
        bytes.push(u8::try_from(name.len()).expect("a name has at most 32 characters"));
        bytes.extend_from_slice(name);
        for text in [&text, passphrase] {
            let text = text.expose().as_bytes();
            let length = u16::try_from(text.len()).expect("an answer has at most 4096 bytes");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(text);
        }
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<(Secret<32>, Vec<NamedSecret>)> {
    let mut rest = bytes;
    let mut root = Secret::zero();
    root.expose_mut().copy_from_slice(take(&mut rest, 32)?);
    let count = length::<1>(&mut rest)?;
    let mut secrets = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = length::<1>(&mut rest)?;
        let name_length = length::<1>(&mut rest)?;
        let name = text(take(&mut rest, name_length)?)?.parse::<AccountName>()?;
        let secret_length = length::<2>(&mut rest)?;
        let secret = text(take(&mut rest, secret_length)?)?;
        let passphrase_length = length::<2>(&mut rest)?;
        let passphrase = text(take(&mut rest, passphrase_length)?)?;
        let kept = match u8::try_from(kind) {
            Ok(MNEMONIC) => Kept::Mnemonic {
                words: Mnemonic::parse(secret)?,
                passphrase: SecretText::new(passphrase.to_owned()),
            },
            Ok(FAMILY_SEED) if passphrase.is_empty() => Kept::FamilySeed(FamilySeed::parse(secret)?),
            Ok(COUNTERWALLET) if passphrase.is_empty() => Kept::Counterwallet(Counterwallet::parse(secret)?),
            Ok(PRIVATE_KEY) if passphrase.is_empty() => Kept::PrivateKey(PrivateKey::parse(secret)?),
            Ok(EXTENDED) if passphrase.is_empty() => Kept::Extended(OriginKey::parse(secret)?),
            _ => return Err(BAD_VAULT.error(format!("a secret of kind {kind}"))),
        };
        secrets.push(NamedSecret { name, kept });
    }
    match rest {
        [] => Ok((root, secrets)),
        more => Err(BAD_VAULT.error(format!("{} bytes behind the last secret", more.len()))),
    }
}

fn length<const N: usize>(rest: &mut &[u8]) -> Result<usize> {
    Ok(take(rest, N)?.iter().fold(0usize, |number, byte| number << 8 | usize::from(*byte)))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count).ok_or_else(cut_off)?;
    *rest = tail;
    Ok(head)
}

fn text(bytes: &[u8]) -> Result<&str> {
    core::str::from_utf8(bytes).map_err(|_| BAD_VAULT.error("a secret that is not text"))
}

fn cut_off() -> Error {
    BAD_VAULT.error("the contents are cut off")
}
