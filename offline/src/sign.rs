//! Signatures. Each is verified before it leaves.

pub mod xrp;

use airlock::Code;

/// The codes of these modules.
pub static CODES: &[&Code] = &[&xrp::WRONG_KEY, &xrp::ALREADY_SIGNED];
