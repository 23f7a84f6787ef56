//! An extended private key with what is known of where it comes from: `[73c5da0a/84'/0'/0']xprv…`.

use airlock::{Code, Exit, Result};
use bitcoin::NetworkKind;
use bitcoin::bip32::{DerivationPath, Fingerprint};

use super::bip32::ExtendedKey;
use super::curve::SECP;
use crate::secret::SecretText;

/// Text that is not a key origin.
pub static KEY_ORIGIN: Code = Code::new(
    "E-KEY-009",
    Exit::BadInput,
    "The origin of a key is the fingerprint of its master key, eight hex digits, and the path below it, as in \
     [73c5da0a/84'/0'/0']; a master key is its own origin.",
    "Copy origin and key from the wallet again, or leave the origin away.",
);

/// An extended private key; the paths of its accounts begin with its origin.
pub struct OriginKey {
    key: ExtendedKey,
    fingerprint: Fingerprint,
    path: DerivationPath,
}

impl OriginKey {
    /// A key with its origin; without one it counts as a master key of its own.
    ///
    /// # Errors
    /// [`KEY_ORIGIN`] where the origin has another depth than the key, or names another key as itself.
    pub fn new(key: ExtendedKey, origin: Option<(Fingerprint, DerivationPath)>) -> Result<Self> {
        let own = key.fingerprint(&SECP);
        let Some((fingerprint, path)) = origin else {
            return Ok(Self { key, fingerprint: own, path: DerivationPath::master() });
        };
        if path.is_empty() && fingerprint != own {
            return Err(KEY_ORIGIN.error(format!("the key's own fingerprint is {own}, not {fingerprint}")));
        }
        if !path.is_empty() && path.len() != usize::from(key.depth()) {
            let (steps, depth) = (path.len(), key.depth());
            return Err(
                KEY_ORIGIN.error(format!("{steps} steps, but the key lies {depth} below its master key"))
            );
        }
        Ok(Self { key, fingerprint, path })
    }

    /// Reads `[fingerprint/path]xprv…` or `xprv…`.
    ///
    /// # Errors
    /// [`KEY_ORIGIN`], [`super::bip32::EXTENDED_KEY`], without the key.
    pub fn parse(text: &str) -> Result<Self> {
        let (origin, key) = split(text)?;
        Self::new(ExtendedKey::parse(key)?, origin)
    }

    /// The text; the origin is left away where it is the key itself.
    pub fn to_text(&self) -> SecretText {
        let key = self.key.to_text();
        // Reserved first: a text that grows leaves copies behind. A path has at most 255 steps of 12 characters.
        let mut text = String::with_capacity(self.path.len().saturating_mul(12).saturating_add(140));
        if !self.path.is_empty() {
            text.push_str(&format!("[{}/{:#}]", self.fingerprint, self.path));
        }
        text.push_str(key.expose());
        SecretText::new(text)
    }

    /// The fingerprint that accounts of this key name.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The path from the master key to this one.
    pub fn path(&self) -> &DerivationPath {
        &self.path
    }

    /// True where it is a master key, so that accounts lie at their usual paths below it.
    pub fn is_master(&self) -> bool {
        self.key.depth() == 0
    }

    /// Main or test network, as the text says.
    pub fn network(&self) -> NetworkKind {
        self.key.network()
    }

    /// The key at a path from the master key; none where the path does not begin with the origin.
    ///
    /// # Errors
    /// As [`ExtendedKey::derive`].
    pub fn derive(&self, path: &DerivationPath) -> Result<Option<ExtendedKey>> {
        let path: &[_] = path.as_ref();
        let below = path.strip_prefix(AsRef::<[_]>::as_ref(&self.path));
        below.map(|steps| self.key.derive(&SECP, steps)).transpose()
    }
}

/// The origin in brackets, if any, and what follows it.
pub(super) fn split(text: &str) -> Result<(Option<(Fingerprint, DerivationPath)>, &str)> {
    let Some(rest) = text.strip_prefix('[') else { return Ok((None, text)) };
    let bad = || KEY_ORIGIN.error("the brackets do not hold a fingerprint and a path");
    let (origin, key) = rest.split_once(']').ok_or_else(bad)?;
    let (fingerprint, path) = origin.split_once('/').map_or((origin, None), |(f, p)| (f, Some(p)));
    let fingerprint = fingerprint.parse().map_err(|_| bad())?;
    let path = path.map_or(Ok(DerivationPath::master()), |path| path.parse().map_err(|_| bad()))?;
    Ok((Some((fingerprint, path)), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    // BIP-32 test vector 1: the master key and m/0'/1.
    const MASTER: &str = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    const CHILD: &str = "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs";

    #[test]
    fn a_key_with_its_origin_derives_what_its_master_key_derives() {
        let master = OriginKey::parse(MASTER).unwrap();
        let fingerprint = master.fingerprint();
        let child = OriginKey::parse(&format!("[{fingerprint}/0'/1]{CHILD}")).unwrap();
        let path: DerivationPath = "m/0'/1/2'".parse().unwrap();
        let public = |key: &OriginKey| key.derive(&path).unwrap().unwrap().public(&SECP);
        assert_eq!(public(&master), public(&child));
        assert!(child.derive(&"m/0'/2".parse().unwrap()).unwrap().is_none());
        assert!(child.to_text().matches(&format!("[{fingerprint}/0'/1]{CHILD}")));
        assert!(master.to_text().matches(MASTER) && master.is_master() && !child.is_master());
    }

    #[test]
    fn refuses_an_origin_that_cannot_be_that_of_the_key() {
        for text in [
            format!("[3442193e/0']{CHILD}"),
            format!("[00000000]{MASTER}"),
            format!("[3442193e/0'/1{CHILD}"),
            format!("[3442193/0'/1]{CHILD}"),
            format!("[3442193e/0'/x]{CHILD}"),
        ] {
            let error = OriginKey::parse(&text).err().unwrap();
            assert!(error.code() == &KEY_ORIGIN && !error.what().contains("xprv"), "{error}");
        }
    }
}
