//! Single private keys in the form in which wallets export them (WIF): base58 with a check, the network and whether
//! the public key is written in 33 bytes or in 65.

use airlock::{Code, Exit, Result};
use bitcoin::{NetworkKind, PublicKey};
use zeroize::Zeroizing;

use super::curve::SECP;
use super::xrp::ErasedKey;
use crate::secret::SecretText;

/// Text that is not a private key in WIF.
pub static PRIVATE_KEY: Code = Code::new(
    "E-KEY-008",
    Exit::BadInput,
    "A private key in wallet import format begins with 5, K or L (main network) or 9 or c (test networks), has 51 or \
     52 characters and carries a check that catches typing errors.",
    "Compare the key with the paper, character by character; upper and lower case differ.",
);

const MAIN: u8 = 0x80;
const TEST: u8 = 0xEF;
const COMPRESSED: u8 = 1;

/// One private key, on the heap and erased on drop.
///
/// It cannot be printed:
/// ```compile_fail,E0277
/// fn show(key: &airlock_offline::keys::PrivateKey) { println!("{key:?}"); }
/// ```
pub struct PrivateKey {
    key: Box<ErasedKey>,
    network: NetworkKind,
    is_compressed: bool,
}

impl PrivateKey {
    /// Reads the text; nothing is trimmed.
    ///
    /// # Errors
    /// [`PRIVATE_KEY`], without the text.
    pub fn parse(text: &str) -> Result<Self> {
        let bad =
            || PRIVATE_KEY.error(format!("this text of {} characters is not a private key", text.len()));
        // 52 characters are the most; a longer text is not decoded at all.
        let payload = (text.len() <= 52).then(|| bitcoin::base58::decode_check(text).ok()).flatten();
        let payload = Zeroizing::new(payload.ok_or_else(bad)?);
        let (network, scalar, is_compressed) = match payload.as_slice() {
            [network, scalar @ .., COMPRESSED] if scalar.len() == 32 => (*network, scalar, true),
            [network, scalar @ ..] if scalar.len() == 32 => (*network, scalar, false),
            _ => return Err(bad()),
        };
        let network = match network {
            MAIN => NetworkKind::Main,
            TEST => NetworkKind::Test,
            _ => return Err(bad()),
        };
        let mut key = bitcoin::secp256k1::SecretKey::from_slice(scalar).map_err(|_| bad())?;
        Ok(Self { key: ErasedKey::take(&mut key), network, is_compressed })
    }

    /// The text.
    pub fn to_text(&self) -> SecretText {
        let mut payload = Zeroizing::new(Vec::with_capacity(34));
        payload.push(if self.network == NetworkKind::Main { MAIN } else { TEST });
        let mut scalar = Zeroizing::new(self.key.expose().secret_bytes());
        payload.extend_from_slice(&*scalar);
        *scalar = [0; 32];
        if self.is_compressed {
            payload.push(COMPRESSED);
        }
        SecretText::new(bitcoin::base58::encode_check(&payload))
    }

    /// Main or test network, as the text says.
    pub fn network(&self) -> NetworkKind {
        self.network
    }

    /// Whether the text says that the public key is written in 33 bytes.
    pub fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// The public key in the form of that many bytes.
    pub fn public(&self, is_compressed: bool) -> PublicKey {
        PublicKey { compressed: is_compressed, inner: self.key.expose().public_key(&SECP) }
    }

    /// The key, for the code that signs.
    pub(crate) fn expose(&self) -> &ErasedKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_forms_of_one_key() {
        // The key of value 1, as every wallet writes it.
        for (text, network, is_compressed) in [
            ("5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf", NetworkKind::Main, false),
            ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", NetworkKind::Main, true),
            ("cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA", NetworkKind::Test, true),
        ] {
            let key = PrivateKey::parse(text).unwrap();
            assert_eq!((key.network(), key.is_compressed()), (network, is_compressed));
            assert!(key.to_text().matches(text));
            assert_eq!(key.public(false).to_bytes()[..5], [4, 0x79, 0xbe, 0x66, 0x7e]);
        }
    }

    #[test]
    fn refuses_every_other_text_without_repeating_it() {
        let good = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
        for bad in [&good[1..], &good.replace('D', "E"), &format!("{good} "), "", &"1".repeat(52)] {
            let error = PrivateKey::parse(bad).err().unwrap();
            assert!(error.code() == &PRIVATE_KEY && !error.what().contains("DiBf"), "{error}");
        }
    }
}
