//! The XRP Ledger for a signer: addresses, amounts, the strict binary format, the signer's whitelist.
//!
//! - [`address`], [`public_key`]: accounts, X-addresses, keys and the check of signatures.
//! - [`amount`], [`token_value`], [`currency`]: money in JSON and in bytes, never rounded.
//! - [`fields`], [`transaction_type`], [`object`], [`path`]: what a transaction is made of.
//! - [`transaction`]: the codec, one gate. [`whitelist`]: what may be signed, the other gate.
//! - [`base58`], [`hash`]: the alphabet and the prefixes.

pub mod address;
pub mod amount;
pub mod base58;
pub mod currency;
pub mod fields;
pub mod hash;
pub mod object;
pub mod path;
pub mod public_key;
pub mod token_value;
pub mod transaction;
pub mod transaction_type;
pub mod whitelist;

use crate::error::Code;

pub use address::{AccountId, XAddress};
pub use amount::Amount;
pub use currency::Currency;
pub use fields::Field;
pub use object::{FieldValue, Object};
pub use public_key::{Algorithm, PublicKey};
pub use token_value::TokenValue;
pub use transaction::{MultiSignature, Transaction};
pub use transaction_type::TransactionType;
pub use whitelist::Permitted;

/// The codes of the codec; the whitelist lists its own.
pub static CODES: &[&Code] = &[
    &address::ADDRESS,
    &address::X_ADDRESS,
    &public_key::PUBLIC_KEY,
    &public_key::SIGNATURE,
    &currency::CURRENCY,
    &token_value::TOKEN_VALUE,
    &amount::AMOUNT,
    &fields::UNKNOWN_FIELD,
    &transaction_type::UNKNOWN_TYPE,
    &object::BLOB,
    &object::JSON_VALUE,
    &transaction::INCOMPLETE,
    &transaction::NOT_OF_TYPE,
    &transaction::RULE,
    &transaction::UNSIGNED,
];
