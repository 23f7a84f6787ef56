//! Does a signed file answer its bundle, and nothing but its bundle?
//!
//! The online half accepts what came back only if it equals the plan in everything but signatures, and if every
//! signature verifies. Templates (children of legacy parents) are filled in first, as the signer did.

use bitcoin::Txid;
use bitcoin::hex::DisplayHex;

use super::{Bundle, Signed};
use crate::error::{Code, Result};
use crate::xrp;

/// The codes of this module.
pub static CODES: &[&Code] = &[];

/// A signed transaction that equals its plan, ready to broadcast.
#[derive(Clone, Debug, PartialEq)]
pub enum FinalTransaction {
    /// A Bitcoin transaction.
    Bitcoin {
        /// The signed transaction.
        transaction: bitcoin::Transaction,
        /// Its id, computed again.
        txid: Txid,
    },
    /// An XRPL transaction.
    Xrpl {
        /// The signed transaction.
        transaction: Box<xrp::Transaction>,
        /// Its id, computed again.
        hash: [u8; 32],
    },
}

impl FinalTransaction {
    /// The id: txid in lower-case hex, or hash in upper-case hex.
    pub fn id(&self) -> String {
        match self {
            Self::Bitcoin { txid, .. } => txid.to_string(),
            Self::Xrpl { hash, .. } => hash.to_upper_hex_string(),
        }
    }

    /// What a node takes: the transaction in lower-case hex, or the `tx_blob` in upper-case hex.
    pub fn raw(&self) -> String {
        match self {
            Self::Bitcoin { transaction, .. } => bitcoin::consensus::encode::serialize_hex(transaction),
            Self::Xrpl { transaction, .. } => transaction.to_blob().to_upper_hex_string(),
        }
    }
}

/// Checks a signed file against its bundle and gives the final transactions in the order of the steps.
///
/// # Errors
/// Which step differs from the plan in what.
pub fn verify(bundle: &Bundle, signed: &Signed) -> Result<Vec<FinalTransaction>> {
    let _ = (bundle, signed);
    todo!()
}
