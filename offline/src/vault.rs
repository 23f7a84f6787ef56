//! The vault: one sealed file that holds every secret.
//!
//! ```text
//! offset size
//! 0      16   "airlock-vault/1\n"
//! 16     4    Argon2id memory in KiB, big endian
//! 20     4    Argon2id passes
//! 24     4    Argon2id lanes
//! 28     16   salt
//! 44     24   nonce
//! 68     …    XChaCha20-Poly1305 of the contents with its 16-byte tag; bytes 0 to 67 are the associated data
//! ```
//! The key is Argon2id (version 0x13, 32 bytes) of the passphrase's bytes. The header is input like any other: only two
//! settings are accepted, before the derivation runs. The fast one is for test networks and holds nothing else.

mod contents;
mod header;

use airlock::{Code, Exit, Result};
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256};
use chacha20poly1305::{AeadInPlace, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretText};

pub use contents::{Kept, NamedSecret};
pub use header::Strength;
pub(crate) use header::fill_random;
use header::{HEADER_BYTES, Header};

/// Not a vault, or settings that are not ours.
pub static BAD_VAULT: Code = Code::new(
    "E-VAULT-001",
    Exit::BadInput,
    "A vault begins with `airlock-vault/1`, then 64 MiB of Argon2id memory, 3 to 256 passes and one lane, or the fast \
     setting of test vaults. Anything else could be meant to exhaust this machine or to weaken the passphrase.",
    "Use the backup of the vault; this file is damaged, cut off, or of another version.",
);
/// The passphrase does not open it.
pub static WRONG_PASSPHRASE: Code = Code::new(
    "E-VAULT-002",
    Exit::Fixable,
    "The key made of this passphrase does not open the vault. A vault whose bytes were changed looks the same.",
    "Type the passphrase again; if you are sure of it, use the backup of the vault.",
);
/// No vault yet.
pub static NO_VAULT: Code = Code::new(
    "E-VAULT-003",
    Exit::Fixable,
    "There is no vault at this place.",
    "Make one with `airlock-offline init` or `import`, or say where it is with `--home DIR`.",
);
/// No such secret, or one with this name already, or more than fit.
pub static SECRET_NAME: Code = Code::new(
    "E-VAULT-004",
    Exit::Fixable,
    "Each secret of a vault has a name of its own, by which accounts refer to it; a vault holds at most 255.",
    "`airlock-offline accounts list` shows the names; choose with `--secret NAME`.",
);
/// A vault for tests and an account with real money.
pub static TEST_VAULT: Code = Code::new(
    "E-VAULT-005",
    Exit::Refused,
    "A vault made with `--test-only` opens fast and protects little, so it takes accounts of test networks only: \
     every Bitcoin network but mainnet, and XRPL network ids 1 and 2.",
    "Choose a test network, or import into a vault made without `--test-only`.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_VAULT, &WRONG_PASSPHRASE, &NO_VAULT, &SECRET_NAME, &TEST_VAULT];

/// Most secrets of a vault.
pub const MOST_SECRETS: usize = 255;

/// The purposes of keys that the vault derives for files beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Authenticates accounts.json.
    Accounts,
    /// Authenticates the records of journal.jsonl.
    Journal,
}

/// An open vault. Its secrets are wiped when it is dropped.
pub struct Vault {
    header: Header,
    key: Secret<32>,
    root: Secret<32>,
    secrets: Vec<NamedSecret>,
}

impl Vault {
    /// A new vault without secrets; a full one is measured first, so that a guess takes about a second on this machine.
    ///
    /// # Errors
    /// When the system has no randomness or no memory.
    pub fn create(passphrase: &SecretText, strength: Strength) -> Result<Self> {
        let header = Header::new(strength)?;
        let key = header.derive_key(passphrase)?;
        let mut root = Secret::zero();
        fill_random(root.expose_mut())?;
        Ok(Self { header, key, root, secrets: Vec::new() })
    }

    /// Opens a vault file.
    ///
    /// # Errors
    /// [`BAD_VAULT`] before any work is done, [`WRONG_PASSPHRASE`].
    pub fn open(file: &[u8], passphrase: &SecretText) -> Result<Self> {
        let bad = |what: &str| BAD_VAULT.error(what);
        let (head, sealed) = file
            .split_at_checked(HEADER_BYTES)
            .ok_or_else(|| bad(&format!("{} bytes are shorter than a vault", file.len())))?;
        let header = Header::decode(head)?;
        let (text, tag) = sealed
            .len()
            .checked_sub(TAG_BYTES)
            .and_then(|length| sealed.split_at_checked(length))
            .ok_or_else(|| bad("cut off behind its header"))?;
        let key = header.derive_key(passphrase)?;
        let mut text = Zeroizing::new(text.to_vec());
        cipher(&key)
            .decrypt_in_place_detached(
                XNonce::from_slice(header.nonce()),
                head,
                &mut text,
                Tag::from_slice(tag),
            )
            .map_err(|_| WRONG_PASSPHRASE.error("the passphrase does not open the vault"))?;
        let (root, secrets) = contents::decode(&text)?;
        Ok(Self { header, key, root, secrets })
    }

    /// Writes the vault file, each time under a nonce of its own.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&mut self) -> Result<Vec<u8>> {
        self.header.renew_nonce()?;
        let head = self.header.encode();
        let mut text = contents::encode(&self.root, &self.secrets);
        let tag = cipher(&self.key)
            .encrypt_in_place_detached(XNonce::from_slice(self.header.nonce()), &head, &mut text)
            .expect("the contents of a vault are far shorter than the cipher's limit");
        Ok([&head[..], &text, tag.as_slice()].concat())
    }

    /// Puts the vault under another passphrase, with a salt of its own and the passes measured anew. What the vault
    /// authenticates stays authentic: the root does not change.
    ///
    /// # Errors
    /// When the system has no randomness or no memory.
    pub fn change_passphrase(&mut self, passphrase: &SecretText) -> Result<()> {
        let header = Header::new(self.header.strength())?;
        self.key = header.derive_key(passphrase)?;
        self.header = header;
        Ok(())
    }

    /// How much work a guess at the passphrase costs.
    pub fn strength(&self) -> Strength {
        self.header.strength()
    }

    /// Argon2id passes over the memory.
    pub fn passes(&self) -> u32 {
        self.header.passes()
    }

    /// True where it is for test networks only.
    pub fn is_test_only(&self) -> bool {
        self.header.strength() == Strength::TestOnly
    }

    /// The secrets in the order of their import.
    pub fn secrets(&self) -> &[NamedSecret] {
        &self.secrets
    }

    /// The secret of a name.
    pub fn secret(&self, name: &str) -> Option<&NamedSecret> {
        self.secrets.iter().find(|secret| secret.name.as_str() == name)
    }

    /// Takes one more secret.
    ///
    /// # Errors
    /// [`SECRET_NAME`] where the name is taken or the vault is full.
    pub fn add(&mut self, secret: NamedSecret) -> Result<()> {
        if self.secret(secret.name.as_str()).is_some() {
            return Err(SECRET_NAME.error(format!("a secret '{}' is in the vault already", secret.name)));
        }
        if self.secrets.len() >= MOST_SECRETS {
            return Err(SECRET_NAME.error(format!("the vault holds {MOST_SECRETS} secrets already")));
        }
        self.secrets.push(secret);
        Ok(())
    }

    /// HMAC-SHA256 of a file beside the vault, under a key for this purpose only.
    pub fn mac(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        let label: &[u8] = match purpose {
            Purpose::Accounts => b"airlock-accounts/1\n",
            Purpose::Journal => b"airlock-journal/1\n",
        };
        let key = Zeroizing::new(hmac(self.root.expose(), label));
        hmac(&*key, bytes)
    }
}

/// What a guess at the passphrase of a vault file costs, as its header says: the setting and the passes.
///
/// # Errors
/// [`BAD_VAULT`].
pub fn cost(file: &[u8]) -> Result<(Strength, u32)> {
    let header = Header::decode(file.get(..HEADER_BYTES).unwrap_or(file))?;
    Ok((header.strength(), header.passes()))
}

const TAG_BYTES: usize = 16;

fn cipher(key: &Secret<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(key);
    engine.input(bytes);
    Hmac::from_engine(engine).to_byte_array()
}

#[cfg(test)]
mod tests;
