//! Bitcoin as both halves must see it: what a signature covers, whether it holds, and PSBTs of both versions.
//!
//! - [`spend`]: the kinds of input that we sign, and which key each of them wants.
//! - [`sighash`]: the digest of one proved input.
//! - [`verify`]: every input of a final transaction, before anything leaves or is accepted.
//! - [`psbt_maps`]: the maps of a PSBT as bytes, counted before anything is allocated.
//! - [`psbt_v2`]: BIP-370 PSBTs, read as version 0 and answered in version 2.

use crate::error::Code;

pub mod psbt_maps;
pub mod psbt_v2;
pub mod sighash;
pub mod spend;
pub mod verify;

/// The codes of these modules.
pub static CODES: &[&Code] = &[
    &spend::WRONG_SCRIPT,
    &sighash::NO_DIGEST,
    &verify::NOT_OURS,
    &verify::BAD_SIGNATURE,
    &psbt_maps::NOT_PSBT,
    &psbt_v2::AMBIGUOUS,
];
