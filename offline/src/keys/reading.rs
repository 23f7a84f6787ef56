//! What a typed secret can be. One text can be several: twelve words may stand in two lists; only the person knows.

use airlock::account::ScriptKind;
use airlock::xrp::Algorithm;
use airlock::{Code, Exit, Result};
use bitcoin::bip32::DerivationPath;

use super::{
    Counterwallet, FamilySeed, Mnemonic, OriginKey, PrivateKey, hex_seed, private_descriptor, rfc1751,
    secret_numbers, slip132,
};
use crate::secret::SecretText;

/// A text that is none of the forms.
pub static UNKNOWN_SECRET: Code = Code::new(
    "E-KEY-012",
    Exit::BadInput,
    "A secret is a BIP-39 mnemonic, a Counterwallet passphrase, an XRPL family seed (s…), eight groups of secret \
     numbers, 32 hex digits, twelve words of RFC 1751, a private key (WIF), an extended private key (xprv…) or a \
     descriptor around one of these keys.",
    "Compare the text with the paper; `airlock-offline import --help` has examples of the forms.",
);

/// The written forms of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// BIP-39 words.
    Bip39,
    /// Words of a Counterwallet passphrase.
    Counterwallet,
    /// Twelve words of RFC 1751.
    Rfc1751,
    /// A family seed, `s…` or `sEd…`.
    FamilySeed,
    /// Eight groups of six digits.
    SecretNumbers,
    /// 32 hex digits.
    HexSeed,
    /// A private key in wallet import format.
    PrivateKey,
    /// An extended private key.
    ExtendedKey,
    /// A descriptor around a private key.
    Descriptor,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Bip39,
        Self::Counterwallet,
        Self::Rfc1751,
        Self::FamilySeed,
        Self::SecretNumbers,
        Self::HexSeed,
        Self::PrivateKey,
        Self::ExtendedKey,
        Self::Descriptor,
    ];

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bip39 => "bip39",
            Self::Counterwallet => "counterwallet",
            Self::Rfc1751 => "rfc1751",
            Self::FamilySeed => "family-seed",
            Self::SecretNumbers => "secret-numbers",
            Self::HexSeed => "hex-seed",
            Self::PrivateKey => "wif",
            Self::ExtendedKey => "xprv",
            Self::Descriptor => "descriptor",
        }
    }

    /// The form as people know it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Bip39 => "BIP-39 mnemonic",
            Self::Counterwallet => "Counterwallet passphrase",
            Self::Rfc1751 => "RFC 1751 words of an XRP account",
            Self::FamilySeed => "XRPL family seed",
            Self::SecretNumbers => "XRPL secret numbers",
            Self::HexSeed => "XRPL seed in hex digits",
            Self::PrivateKey => "private key (WIF)",
            Self::ExtendedKey => "extended private key",
            Self::Descriptor => "descriptor with a private key",
        }
    }
}

/// A text, read.
pub struct Reading {
    /// The form in which it was read.
    pub form: Form,
    /// What it says.
    pub found: Found,
}

/// What a text says.
pub enum Found {
    /// A mnemonic, without its passphrase.
    Mnemonic(Mnemonic),
    /// A Counterwallet passphrase.
    Counterwallet(Counterwallet),
    /// The 16 bytes of an XRP account; the algorithm is certain where the text tells it.
    Xrp {
        /// With the usual algorithm of the form.
        seed: FamilySeed,
        /// Whether the text tells the algorithm.
        is_certain: bool,
    },
    /// One private key, with the kind of its descriptor.
    PrivateKey(PrivateKey, Option<ScriptKind>),
    /// An extended key, with the kind and the account path of its descriptor or its first letters.
    Extended(OriginKey, Option<ScriptKind>, Option<DerivationPath>),
}

/// Everything that a text can be, at least one.
///
/// # Errors
/// The code of the form that it resembles most, or [`UNKNOWN_SECRET`]; never with the text.
pub fn read(text: &SecretText) -> Result<Vec<Reading>> {
    let text = text.expose().trim();
    let count = text.split_whitespace().count();
    if count == 8 && text.split_whitespace().all(is_digits) {
        return Ok(vec![uncertain(Form::SecretNumbers, secret_numbers::parse(text)?)]);
    }
    if count > 1 && !text.contains('(') {
        return words(text, count);
    }
    let is_hex = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let reading = match text {
        _ if text.contains('(') => descriptor(text)?,
        _ if text.starts_with('[') || text.get(1..4).is_some_and(|letters| letters == "prv") => {
            extended(text)?
        }
        _ if is_hex => uncertain(Form::HexSeed, hex_seed::parse(text)?),
        _ if text.starts_with('s') => {
            let seed = FamilySeed::parse(text)?;
            let is_certain = seed.algorithm() == Algorithm::Ed25519;
            Reading { form: Form::FamilySeed, found: Found::Xrp { seed, is_certain } }
        }
        _ if text.starts_with(['5', 'K', 'L', '9', 'c']) => {
            Reading { form: Form::PrivateKey, found: Found::PrivateKey(PrivateKey::parse(text)?, None) }
        }
        _ => {
            let length = text.chars().count();
            return Err(
                UNKNOWN_SECRET.error(format!("this text of {length} characters is none of the forms"))
            );
        }
    };
    Ok(vec![reading])
}

fn is_digits(group: &str) -> bool {
    group.bytes().all(|byte| byte.is_ascii_digit())
}

fn words(text: &str, count: usize) -> Result<Vec<Reading>> {
    let mut readings = Vec::with_capacity(3);
    let mnemonic = Mnemonic::parse(text);
    let as_mnemonic = match mnemonic {
        Ok(words) => {
            readings.push(Reading { form: Form::Bip39, found: Found::Mnemonic(words) });
            None
        }
        Err(error) => Some(error),
    };
    let counterwallet = Counterwallet::parse(text);
    let as_counterwallet = match counterwallet {
        Ok(words) => {
            readings.push(Reading { form: Form::Counterwallet, found: Found::Counterwallet(words) });
            None
        }
        Err(error) => Some(error),
    };
    if let Ok(entropy) = rfc1751::parse(text) {
        readings.push(uncertain(Form::Rfc1751, entropy));
    }
    match (as_mnemonic, as_counterwallet) {
        _ if !readings.is_empty() => Ok(readings),
        (_, Some(error)) if count == 13 => Err(error),
        (Some(error), _) | (None, Some(error)) => Err(error),
        (None, None) => Err(UNKNOWN_SECRET.error("these words are none of the forms")),
    }
}

fn uncertain(form: Form, entropy: crate::secret::Secret<16>) -> Reading {
    let seed = FamilySeed::new(entropy, Algorithm::Secp256k1);
    Reading { form, found: Found::Xrp { seed, is_certain: false } }
}

fn extended(text: &str) -> Result<Reading> {
    let (origin, key) = super::origin_key::split(text)?;
    let (key, kind) = slip132::parse(key)?;
    Ok(Reading { form: Form::ExtendedKey, found: Found::Extended(OriginKey::new(key, origin)?, kind, None) })
}

fn descriptor(text: &str) -> Result<Reading> {
    let read = private_descriptor::PrivateDescriptor::parse(text)?;
    let found = match read.key {
        private_descriptor::DescriptorKey::Single(key) => Found::PrivateKey(key, Some(read.kind)),
        private_descriptor::DescriptorKey::Extended { key, account } => {
            Found::Extended(key, Some(read.kind), Some(account))
        }
    };
    Ok(Reading { form: Form::Descriptor, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<Form> {
        read(&SecretText::new(text.to_owned())).unwrap().iter().map(|reading| reading.form).collect()
    }

    #[test]
    fn tells_the_forms_apart_and_keeps_all_that_fit() {
        let both = "act act act act act act act act act act act actor";
        for (text, expected) in [
            ("snoPBrXtMeMyMHUVTgbuqAfg1SUTb", &[Form::FamilySeed][..]),
            ("DEDCE9CE67B451D852FD4E846FCDE31C", &[Form::HexSeed]),
            ("399150 474506 009147 088773 432160 282843 253738 605430", &[Form::SecretNumbers]),
            ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", &[Form::PrivateKey]),
            ("wpkh(KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn)", &[Form::Descriptor]),
            (
                "voice flame certainly anyone former raw limit king rhythm tumble crystal earth",
                &[Form::Counterwallet],
            ),
            (
                "old voice flame certainly anyone former raw limit king rhythm tumble crystal earth",
                &[Form::Counterwallet],
            ),
            ("I IRE BOND BOW TRIO LAID SEAT GOAL HEN IBIS IBIS DARE", &[Form::Rfc1751]),
        ] {
            assert_eq!(forms(text), expected, "{text}");
        }
        assert!(read(&SecretText::new(both.to_owned())).is_err());
    }

    #[test]
    fn says_what_is_wrong_in_the_form_that_it_resembles_without_repeating_it() {
        for (text, code) in [
            ("snoPBrXtMeMyMHUVTgbuqAfg1SUTc", "E-KEY-001"),
            ("DEDCE9CE67B451D852FD4E846FCDE31CDEDCE9CE67B451D852FD4E846FCDE31C", "E-KEY-010"),
            ("399151 474506 009147 088773 432160 282843 253738 605430", "E-KEY-002"),
            ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWm", "E-KEY-008"),
            (
                "old voice flame certainly anyone former raw limit king rhythm tumble crystal xyzzy",
                "E-KEY-007",
            ),
            ("abandon abandon abandon", "E-KEY-004"),
            ("xprv9s21", "E-KEY-005"),
            ("hunter2hunter2", "E-KEY-012"),
            ("", "E-KEY-012"),
        ] {
            let error = read(&SecretText::new(text.to_owned())).err().unwrap();
            assert_eq!(error.code().id, code, "{text}");
            assert!(
                text.split_whitespace()
                    .filter(|word| word.len() > 4)
                    .all(|word| !error.what().contains(word))
            );
        }
    }
}
