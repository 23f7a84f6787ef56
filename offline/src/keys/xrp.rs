//! The key of an XRP account (xrpl.md 2.1, 2.2, 2.5). Scalars have a fixed width of 32 bytes everywhere:
//! one key in 256 begins with a zero byte, and stripping it would make another key.

use airlock::xrp::hash::sha512_half;
use airlock::xrp::{AccountId, Algorithm, PublicKey};
use airlock::{Error, Result};
use bitcoin::bip32::{ChildNumber, DerivationPath};
use bitcoin::secp256k1::{All, Scalar, Secp256k1, SecretKey};
use ed25519_dalek::SigningKey;
use zeroize::{Zeroize, Zeroizing};

use crate::keys::bip32::{DERIVATION, ExtendedKey};
use crate::secret::Secret;

/// The private key of an account, wiped on drop.
///
/// It cannot be printed or copied:
/// ```compile_fail,E0277
/// fn show(key: &airlock_offline::keys::XrpKey) { println!("{key:?}"); }
/// ```
/// ```compile_fail,E0308
/// fn copy(key: &airlock_offline::keys::XrpKey) -> airlock_offline::keys::XrpKey { key.clone() }
/// ```
pub struct XrpKey {
    private: Private,
    public: PublicKey,
}

pub(crate) enum Private {
    /// On the heap, erased on drop.
    Secp256k1(Box<ErasedKey>),
    /// Wipes itself.
    Ed25519(Box<SigningKey>),
}

/// A secp256k1 key that is erased on drop.
pub struct ErasedKey(SecretKey);

impl ErasedKey {
    /// Takes the key over and erases where it came from.
    pub(crate) fn take(key: &mut SecretKey) -> Box<Self> {
        let taken = Box::new(Self(*key));
        key.non_secure_erase();
        taken
    }

    /// The key, for the code that signs.
    pub(crate) fn expose(&self) -> &SecretKey {
        &self.0
    }
}

impl Drop for ErasedKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl XrpKey {
    /// The secp256k1 account key of a family seed: `a + b` of the root and account scalars.
    pub(crate) fn family(secp: &Secp256k1<All>, entropy: &Secret<16>) -> Result<Self> {
        let root = first_scalar(entropy.expose(), None)?;
        let root_public = root.expose().public_key(secp).serialize();
        let account = first_scalar(&root_public, Some(0))?;
        let mut tweak = Scalar::from(*account.expose());
        let sum = root.expose().add_tweak(&tweak);
        tweak.non_secure_erase();
        let mut key = sum.map_err(|_| no_key())?;
        Self::secp256k1(secp, &mut key)
    }

    /// The ed25519 account key of a family seed.
    pub(crate) fn ed25519(entropy: &Secret<16>) -> Self {
        let seed = Zeroizing::new(sha512_half(&[entropy.expose()]));
        let private = Box::new(SigningKey::from_bytes(&seed));
        let mut public = [0xED; 33];
        for (to, from) in public.iter_mut().skip(1).zip(private.verifying_key().as_bytes()) {
            *to = *from;
        }
        let public = PublicKey::from_slice(&public).expect("a verifying key is a point on its curve");
        Self { private: Private::Ed25519(private), public }
    }

    /// The key below a mnemonic, at `m/44'/144'/account'/0/index` (SLIP-44 coin type 144).
    ///
    /// # Errors
    /// [`DERIVATION`] when a number is 2^31 or more.
    pub fn bip44(secp: &Secp256k1<All>, master: &ExtendedKey, account: u32, index: u32) -> Result<Self> {
        Self::at(secp, master, &bip44_path(account, index)?)
    }

    /// The key at any path below a master key; the leaf scalar is the key itself.
    ///
    /// # Errors
    /// Never in practice: only if a derived scalar were zero.
    pub fn at(secp: &Secp256k1<All>, master: &ExtendedKey, path: &DerivationPath) -> Result<Self> {
        let leaf = master.derive(secp, path)?;
        let mut key = *leaf.expose_private_key();
        Self::secp256k1(secp, &mut key)
    }

    fn secp256k1(secp: &Secp256k1<All>, key: &mut SecretKey) -> Result<Self> {
        let public = PublicKey::from_slice(&key.public_key(secp).serialize())?;
        Ok(Self { private: Private::Secp256k1(ErasedKey::take(key)), public })
    }

    /// The public key as it stands in SigningPubKey.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// The account that this is the master key of.
    pub fn account_id(&self) -> AccountId {
        self.public.account_id()
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The private key, for the code that signs.
    pub(crate) fn expose(&self) -> &Private {
        &self.private
    }
}

/// `m/44'/144'/account'/0/index`.
///
/// # Errors
/// [`DERIVATION`] when a number is 2^31 or more.
pub fn bip44_path(account: u32, index: u32) -> Result<DerivationPath> {
    let hardened = |number: u32| ChildNumber::from_hardened_idx(number);
    let normal = |number: u32| ChildNumber::from_normal_idx(number);
    let steps = || {
        Ok::<_, bitcoin::bip32::Error>([
            hardened(44)?,
            hardened(144)?,
            hardened(account)?,
            normal(0)?,
            normal(index)?,
        ])
    };
    let steps = steps().map_err(|_| {
        DERIVATION.error(format!("account {account}, index {index}: each must be below 2147483648"))
    })?;
    Ok(steps.as_slice().into())
}

/// The first scalar in range of H512/2(data, family index if any, counter), counting from 0.
fn first_scalar(data: &[u8], family: Option<u32>) -> Result<Box<ErasedKey>> {
    let family = family.map(u32::to_be_bytes);
    for counter in 0..u32::MAX {
        let mut candidate =
            sha512_half(&[data, family.as_ref().map_or(&[], |index| &index[..]), &counter.to_be_bytes()]);
        let key = SecretKey::from_slice(&candidate);
        candidate.zeroize();
        if let Ok(mut key) = key {
            return Ok(ErasedKey::take(&mut key));
        }
    }
    Err(no_key())
}

fn no_key() -> Error {
    DERIVATION.error("no key can be derived from this secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_hardened_down_to_the_account() {
        assert_eq!(bip44_path(7, 9).unwrap().to_string(), "44'/144'/7'/0/9");
        assert_eq!(bip44_path(1 << 31, 0).unwrap_err().code(), &DERIVATION);
        assert_eq!(bip44_path(0, 1 << 31).unwrap_err().code(), &DERIVATION);
    }
}
