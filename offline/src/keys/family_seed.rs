//! Family seeds: 16 bytes and the algorithm that makes an account of them (xrpl.md 1, 2.1, 2.2, 2.4).

use airlock::xrp::{Algorithm, base58};
use airlock::{Code, Exit, Result};
use bitcoin::secp256k1::{All, Secp256k1};
use zeroize::{Zeroize, Zeroizing};

use crate::keys::curve::SECP;
use crate::keys::xrp::XrpKey;
use crate::secret::{Secret, SecretText};

/// Text that is not a family seed.
pub static FAMILY_SEED: Code = Code::new(
    "E-KEY-001",
    Exit::BadInput,
    "A family seed begins with s (secp256k1) or sEd (ed25519), has about 29 or 31 characters and carries a check \
     that catches typing errors.",
    "Compare the seed with the paper, character by character; upper and lower case differ.",
);

const SECP256K1_PREFIX: u8 = 0x21;
const ED25519_PREFIX: [u8; 3] = [0x01, 0xE1, 0x4B];

/// The 16 bytes of an XRP account with their algorithm: the same bytes make two accounts.
pub struct FamilySeed {
    entropy: Secret<16>,
    algorithm: Algorithm,
}

impl FamilySeed {
    /// Takes entropy whose algorithm the person has named.
    pub fn new(entropy: Secret<16>, algorithm: Algorithm) -> Self {
        Self { entropy, algorithm }
    }

    /// Reads `s…` or `sEd…`; nothing is trimmed.
    ///
    /// # Errors
    /// [`FAMILY_SEED`], without the text.
    pub fn parse(text: &str) -> Result<Self> {
        let mut entropy = Secret::zero();
        if let Some(payload) = base58::decode_check::<19>(text).map(Zeroizing::new)
            && let Some(bytes) = payload.strip_prefix(&ED25519_PREFIX)
        {
            entropy.expose_mut().copy_from_slice(bytes);
            return Ok(Self::new(entropy, Algorithm::Ed25519));
        }
        if let Some(payload) = base58::decode_check::<17>(text).map(Zeroizing::new)
            && let [SECP256K1_PREFIX, bytes @ ..] = &*payload
        {
            entropy.expose_mut().copy_from_slice(bytes);
            return Ok(Self::new(entropy, Algorithm::Secp256k1));
        }
        Err(FAMILY_SEED
            .error(format!("this text of {} characters is not a family seed", text.chars().count())))
    }

    /// The same entropy with the algorithm that the person insists on; it is another account.
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The same bytes under an algorithm, beside this one.
    #[must_use]
    pub fn under(&self, algorithm: Algorithm) -> Self {
        let mut entropy = Secret::zero();
        entropy.expose_mut().copy_from_slice(self.entropy.expose());
        Self { entropy, algorithm }
    }

    /// The text, whose prefix tells the algorithm.
    pub fn to_text(&self) -> SecretText {
        let mut payload = Zeroizing::new([0u8; 19]);
        let prefix = match self.algorithm {
            Algorithm::Secp256k1 => &[SECP256K1_PREFIX][..],
            Algorithm::Ed25519 => &ED25519_PREFIX,
        };
        let mut used = 0usize;
        for (to, from) in payload.iter_mut().zip(prefix.iter().chain(self.entropy.expose())) {
            *to = *from;
            used = used.saturating_add(1);
        }
        let text = payload.get(..used).and_then(base58::encode_check);
        let text = text.expect("19 bytes and their check are shorter than what base58 has room for");
        payload.zeroize();
        SecretText::new(text)
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The account's key.
    ///
    /// # Errors
    /// Never in practice: only if a derived scalar were zero.
    pub fn key(&self, secp: &Secp256k1<All>) -> Result<XrpKey> {
        self.key_of(secp, self.algorithm)
    }

    /// The key that the same bytes make under an algorithm.
    ///
    /// # Errors
    /// Never in practice: only if a derived scalar were zero.
    pub fn key_under(&self, algorithm: Algorithm) -> Result<XrpKey> {
        self.key_of(&SECP, algorithm)
    }

    fn key_of(&self, secp: &Secp256k1<All>, algorithm: Algorithm) -> Result<XrpKey> {
        match algorithm {
            Algorithm::Secp256k1 => XrpKey::family(secp, &self.entropy),
            Algorithm::Ed25519 => Ok(XrpKey::ed25519(&self.entropy)),
        }
    }
}
