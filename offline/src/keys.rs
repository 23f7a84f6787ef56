//! From what a person keeps to keys: seeds, words and numbers in, public keys and signatures out.
//!
//! - [`family_seed`], [`secret_numbers`], [`rfc1751`]: the three texts for 16 bytes of an XRP account.
//! - [`mnemonic`], [`bip32`]: words and the tree of keys below them, for all chains.
//! - [`hex_seed`]: the same bytes in hex.
//! - [`counterwallet`], [`private_key`], [`origin_key`], [`slip132`], [`private_descriptor`]: what other wallets left.
//! - [`reading`]: what a typed text can be.
//! - [`curve`]: the blinded context of all this arithmetic.
//! - [`xrp`]: the key of an XRP account, of either algorithm.

pub mod bip32;
pub mod counterwallet;
pub mod curve;
pub mod family_seed;
pub mod hex_seed;
pub mod mnemonic;
pub mod origin_key;
pub mod private_descriptor;
pub mod private_key;
pub mod reading;
pub mod rfc1751;
pub mod secret_numbers;
pub mod slip132;
pub mod xrp;

use airlock::Code;

pub use bip32::ExtendedKey;
pub use counterwallet::Counterwallet;
pub use family_seed::FamilySeed;
pub use mnemonic::Mnemonic;
pub use origin_key::OriginKey;
pub use private_key::PrivateKey;
pub use xrp::XrpKey;

/// The codes of these modules.
pub static CODES: &[&Code] = &[
    &family_seed::FAMILY_SEED,
    &secret_numbers::SECRET_NUMBERS,
    &rfc1751::RFC1751,
    &mnemonic::MNEMONIC,
    &bip32::EXTENDED_KEY,
    &bip32::DERIVATION,
    &counterwallet::COUNTERWALLET,
    &private_key::PRIVATE_KEY,
    &origin_key::KEY_ORIGIN,
    &hex_seed::HEX_SEED,
    &private_descriptor::PRIVATE_DESCRIPTOR,
    &reading::UNKNOWN_SECRET,
];
