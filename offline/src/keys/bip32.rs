//! Extended private keys (BIP-32) that wipe themselves: `bitcoin`'s own are `Copy` and do not.

use airlock::{Code, Exit, Result};
use bitcoin::NetworkKind;
use bitcoin::bip32::{ChainCode, ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::secp256k1::{All, Secp256k1, SecretKey};

use crate::secret::{Secret, SecretText};

/// Text that is not an extended private key.
pub static EXTENDED_KEY: Code = Code::new(
    "E-KEY-005",
    Exit::BadInput,
    "An extended private key begins with xprv (main network) or tprv (test networks), has 111 characters and \
     carries a check that catches typing errors.",
    "Copy the key again from where it came; public keys (xpub) cannot sign.",
);
/// A path below which no key lies.
pub static DERIVATION: Code = Code::new(
    "E-KEY-006",
    Exit::BadInput,
    "A derivation path has at most 255 steps, each below 2147483648, hardened or not.",
    "Check the path of the account.",
);

/// An extended private key on the heap, wiped on drop.
///
/// It cannot be printed:
/// ```compile_fail,E0277
/// fn show(key: &airlock_offline::keys::ExtendedKey) { println!("{key:?}"); }
/// ```
pub struct ExtendedKey {
    key: Box<Xpriv>,
}

impl ExtendedKey {
    /// The master key of a seed, whose network decides only how extended keys are written.
    ///
    /// # Errors
    /// Never in practice: only if the seed's scalar were zero or too large.
    pub fn master<const N: usize>(seed: &Secret<N>, network: impl Into<NetworkKind>) -> Result<Self> {
        let mut key = Xpriv::new_master(network, seed.expose())
            .map_err(|_| DERIVATION.error("no key can be derived from this seed"))?;
        Ok(Self::take(&mut key))
    }

    /// Reads `xprv…` or `tprv…`.
    ///
    /// # Errors
    /// [`EXTENDED_KEY`], without the text.
    pub fn parse(text: &str) -> Result<Self> {
        let mut key = text
            .parse::<Xpriv>()
            .map_err(|_| EXTENDED_KEY.error("this text is not an extended private key"))?;
        Ok(Self::take(&mut key))
    }

    /// The text, `xprv…` or `tprv…`.
    pub fn to_text(&self) -> SecretText {
        use core::fmt::Write;

        // Reserved first: a text that grows leaves copies behind.
        let mut text = String::with_capacity(120);
        write!(text, "{}", self.key).expect("writing to text cannot fail");
        SecretText::new(text)
    }

    /// Main or test network, as the text says.
    pub fn network(&self) -> NetworkKind {
        self.key.network
    }

    /// How many steps below its master key; 0 for a master key.
    pub fn depth(&self) -> u8 {
        self.key.depth
    }

    fn take(key: &mut Xpriv) -> Self {
        let taken = Self { key: Box::new(*key) };
        wipe(key);
        taken
    }

    /// The key at a path below this one.
    ///
    /// # Errors
    /// [`DERIVATION`] beyond depth 255.
    pub fn derive(&self, secp: &Secp256k1<All>, path: impl AsRef<[ChildNumber]>) -> Result<Self> {
        let mut current = Self { key: Box::new(*self.key) };
        for step in path.as_ref() {
            let mut child = current
                .key
                .derive_priv(secp, &[*step])
                .map_err(|e| DERIVATION.error(format!("step {step}: {e}")))?;
            current = Self::take(&mut child);
        }
        Ok(current)
    }

    /// The key at a written path such as `m/84'/0'/0'`.
    ///
    /// # Errors
    /// [`DERIVATION`] when the path cannot be read or is too deep.
    pub fn derive_text(&self, secp: &Secp256k1<All>, path: &str) -> Result<Self> {
        let path = path.parse::<DerivationPath>().map_err(|e| DERIVATION.error(format!("the path: {e}")))?;
        self.derive(secp, path)
    }

    /// The extended public key.
    pub fn public(&self, secp: &Secp256k1<All>) -> Xpub {
        Xpub::from_priv(secp, &self.key)
    }

    /// The first four bytes of the key's hash, as origins name it.
    pub fn fingerprint(&self, secp: &Secp256k1<All>) -> Fingerprint {
        self.key.fingerprint(secp)
    }

    /// The private key, for the code that signs.
    pub(crate) fn expose_private_key(&self) -> &SecretKey {
        &self.key.private_key
    }
}

impl Drop for ExtendedKey {
    fn drop(&mut self) {
        wipe(&mut self.key);
    }
}

fn wipe(key: &mut Xpriv) {
    key.private_key.non_secure_erase();
    key.chain_code = ChainCode::from([0; 32]);
    core::hint::black_box(&key.chain_code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_what_bip32_vector_1_says() {
        let secp = Secp256k1::new();
        let master = ExtendedKey::parse(
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
        )
        .unwrap();
        let child = master.derive_text(&secp, "m/0'/1/2'/2/1000000000").unwrap();
        assert_eq!(
            child.public(&secp).to_string(),
            "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy"
        );
    }

    #[test]
    fn refuses_public_keys_and_bad_paths_without_repeating_them() {
        let secp = Secp256k1::new();
        let error = ExtendedKey::parse("xprv9s21Zr").err().unwrap();
        assert!(error.code() == &EXTENDED_KEY && !error.what().contains("9s21Zr"));
        let mut seed = [1; 64];
        let master = ExtendedKey::master(&Secret::take(&mut seed), bitcoin::Network::Bitcoin).unwrap();
        assert_eq!(master.derive_text(&secp, "m/x").err().unwrap().code(), &DERIVATION);
    }
}
