//! What is this? Recognizes and decodes everything that the two halves exchange or meet.
//!
//! A bundle, a signed file, a watch file, a snapshot, a PSBT of version 0 or 2 (bytes, base64 or hex), a Bitcoin
//! transaction, an XRPL transaction (blob or JSON), an address. Reading only: nothing here judges.

use serde_json::Value;

use crate::error::{Code, Result};
use crate::network::BitcoinNetwork;

/// The codes of this module.
pub static CODES: &[&Code] = &[];

/// What something is and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What it is, in one line: `Airlock bundle R7K3 "amber falcon lantern tundra"`.
    pub headline: String,
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same for programs.
    pub json: Value,
}

/// Says what the bytes are and decodes them.
///
/// `network` is that of addresses to be shown where the bytes do not tell.
///
/// # Errors
/// When the bytes are nothing that is known, or are damaged.
pub fn inspect(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    let _ = (bytes, network);
    todo!()
}
