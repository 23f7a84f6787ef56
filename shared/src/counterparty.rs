//! Counterparty messages and the carriers that bring them onto Bitcoin, in both directions.
//!
//! - [`rules`]: which protocol changes are in force on a network at a height.
//! - [`asset`], [`address`], [`cbor`], [`arc4`]: the parts of a message.
//! - [`message`]: typed messages; [`message::encode`] is strict, [`message::decode`] reads as the ledger reads.
//! - [`carrier`]: from message bytes to outputs and back.
//! - [`transaction`]: what the ledger sees in a Bitcoin transaction.
//!
//! Reading and signing are two gates: a reader accepts what the ledger accepts, oddities included; what is
//! signed must also be [`message::is_canonical`].

pub mod address;
pub mod arc4;
pub mod asset;
pub mod carrier;
pub mod cbor;
pub mod message;
pub mod rules;
pub mod transaction;

use crate::error::Code;

/// All codes of the Counterparty modules, by module.
pub static CODES: &[&[&Code]] =
    &[asset::CODES, address::CODES, message::CODES, carrier::CODES, transaction::CODES];
