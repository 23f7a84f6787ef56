//! Public keys of accounts and the check of their signatures (xrpl.md 2.3, 5.7).

use core::fmt;
use std::sync::LazyLock;

use bitcoin::hashes::{Hash, hash160};
use bitcoin::hex::DisplayHex;
use bitcoin::secp256k1::{self, Message, Secp256k1, VerifyOnly};

use crate::error::{Code, Exit, Result};
use crate::xrp::address::AccountId;
use crate::xrp::hash::sha512_half;

/// Bytes that are not a public key of either algorithm.
pub static PUBLIC_KEY: Code = Code::new(
    "E-XRP-003",
    Exit::BadInput,
    "A public key of an account has 33 bytes: a compressed secp256k1 point (02 or 03 first) or ED and an \
     ed25519 point.",
    "Take the key from the account list of the offline machine.",
);
/// A signature that is malformed, not canonical, or not by this key.
pub static SIGNATURE: Code = Code::new(
    "E-XRP-004",
    Exit::Refused,
    "A signature does not verify under its public key, or is not in the one form that the ledger takes \
     (strict DER with low S; ed25519 with S below the group order).",
    "Do not use this transaction; sign it again.",
);

/// The two signature algorithms of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA over secp256k1.
    Secp256k1,
    /// EdDSA over edwards25519 (RFC 8032).
    Ed25519,
}

impl Algorithm {
    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A public key on its curve.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 33]);

const ED25519_PREFIX: u8 = 0xED;

/// Made once: making a context costs as much as a signature.
static VERIFIER: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);

impl PublicKey {
    /// Checks the 33 bytes: prefix and point on the curve.
    ///
    /// # Errors
    /// [`PUBLIC_KEY`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        Verifier::read(bytes).map(|verifier| verifier.key)
    }

    /// The bytes as they stand in SigningPubKey.
    pub const fn to_bytes(self) -> [u8; 33] {
        self.0
    }

    /// The algorithm, told by the first byte.
    pub fn algorithm(self) -> Algorithm {
        if self.0[0] == ED25519_PREFIX { Algorithm::Ed25519 } else { Algorithm::Secp256k1 }
    }

    /// The account that this key is the master key of.
    pub fn account_id(self) -> AccountId {
        AccountId::from_bytes(hash160::Hash::hash(&self.0).to_byte_array())
    }

    /// Verifies a signature over signing data (with its prefix, not yet hashed).
    ///
    /// # Errors
    /// [`SIGNATURE`] when it is malformed, not canonical or wrong.
    pub fn verify(self, signing_data: &[u8], signature: &[u8]) -> Result<()> {
        self.verify_with(&VERIFIER, signing_data, signature)
    }

    /// As [`PublicKey::verify`] with the caller's own context.
    ///
    /// # Errors
    /// [`SIGNATURE`] when it is malformed, not canonical or wrong.
    pub fn verify_with<C: secp256k1::Verification>(
        self,
        secp: &Secp256k1<C>,
        signing_data: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        Verifier::of(self)?.verify_with(secp, signing_data, signature)
    }
}

/// A public key with its point, which takes as long to find as a tenth of a signature.
pub(crate) struct Verifier {
    key: PublicKey,
    point: Point,
}

enum Point {
    Secp256k1(secp256k1::PublicKey),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl Verifier {
    /// Reads a key as it stands in SigningPubKey.
    ///
    /// # Errors
    /// [`PUBLIC_KEY`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let key: [u8; 33] = bytes
            .try_into()
            .map_err(|_| PUBLIC_KEY.error(format!("a public key has 33 bytes, this has {}", bytes.len())))?;
        Self::of(PublicKey(key))
    }

    fn of(key: PublicKey) -> Result<Self> {
        let bad = || PUBLIC_KEY.error(format!("'{key}' is not a public key"));
        let point = match key.algorithm() {
            Algorithm::Secp256k1 => {
                Point::Secp256k1(secp256k1::PublicKey::from_slice(&key.0).map_err(|_| bad())?)
            }
            Algorithm::Ed25519 => {
                let [_, point @ ..] = key.0;
                let point = ed25519_dalek::VerifyingKey::from_bytes(&point).map_err(|_| bad())?;
                Point::Ed25519(Box::new(point))
            }
        };
        Ok(Self { key, point })
    }

    /// As [`PublicKey::verify`].
    ///
    /// # Errors
    /// [`SIGNATURE`] when it is malformed, not canonical or wrong.
    pub(crate) fn verify(&self, signing_data: &[u8], signature: &[u8]) -> Result<()> {
        self.verify_with(&VERIFIER, signing_data, signature)
    }

    fn verify_with<C: secp256k1::Verification>(
        &self,
        secp: &Secp256k1<C>,
        signing_data: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        let bad = |why: &str| SIGNATURE.error(format!("the signature under {} {why}", self.key));
        match &self.point {
            Point::Secp256k1(key) => {
                let parsed =
                    secp256k1::ecdsa::Signature::from_der(signature).map_err(|_| bad("is not strict DER"))?;
                if *parsed.serialize_der() != *signature {
                    return Err(bad("is not strict DER"));
                }
                let mut low = parsed;
                low.normalize_s();
                if low != parsed {
                    return Err(bad("has a high S"));
                }
                let digest = Message::from_digest(sha512_half(&[signing_data]));
                secp.verify_ecdsa(&digest, &parsed, key).map_err(|_| bad("does not verify"))
            }
            Point::Ed25519(key) => {
                let parsed = ed25519_dalek::Signature::from_slice(signature)
                    .map_err(|_| bad("does not have 64 bytes"))?;
                key.verify_strict(signing_data, &parsed).map_err(|_| bad("does not verify"))
            }
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_upper_hex_string())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
