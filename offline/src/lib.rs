//! The offline half of Airlock.

#![forbid(unsafe_code)]

pub mod keyring;
pub mod keys;
pub mod secret;
pub mod sign;
