//! Carriers: how message bytes become outputs, and how outputs become message bytes (counterparty.md 5).
//!
//! Encoders are pure and judge no height; [`Carrier::is_read`] says where the ledger reads a carrier.

use super::rules::Rules;
use crate::error::{Code, Exit};

pub mod multisig;
pub mod opreturn;
pub mod p2sh;
pub mod pubkeyhash;
pub mod script;
pub mod taproot;

/// Data that does not fit the carrier.
pub static TOO_LONG: Code = Code::new(
    "E-CARRIER-001",
    Exit::Refused,
    "The message does not fit this carrier: an OP_RETURN holds 72 bytes of it everywhere, a P2SH pair at most \
     as many chunks as redeem scripts of 520 bytes can number.",
    "Use another carrier: taproot holds any message, multisig needs no second transaction.",
);
/// A key that the carrier cannot use.
pub static BAD_KEY: Code = Code::new(
    "E-CARRIER-002",
    Exit::BadInput,
    "The public key is not one: multisig and p2sh need 33 or 65 bytes on the curve, taproot 32.",
    "Check the key.",
);
/// No message at all.
pub static EMPTY: Code = Code::new(
    "E-CARRIER-003",
    Exit::BadInput,
    "There are no message bytes to carry.",
    "Give the message as bytes: type id and body.",
);
/// Scripts that hold no data where data must be.
pub static NOT_DATA: Code = Code::new(
    "E-CARRIER-004",
    Exit::BadInput,
    "The script is not of the shape that the carrier needs, or does not decrypt to the prefix; the ledger \
     ignores the transaction.",
    "Check the script and, for encrypted data, the txid of the first input.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&TOO_LONG, &BAD_KEY, &EMPTY, &NOT_DATA];

/// How data reaches the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// One OP_RETURN output, or several whose messages are joined.
    OpReturn,
    /// 1-of-3 bare multisig outputs.
    Multisig,
    /// P2PKH outputs; historical, read only.
    PubkeyHash,
    /// The witness of a reveal that spends a commit.
    Taproot,
    /// The redeem scripts of a second transaction; historical.
    P2sh,
    /// Data outputs of several kinds in one transaction.
    Mixed,
}

impl Carrier {
    /// The name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpReturn => "opreturn",
            Self::Multisig => "multisig",
            Self::PubkeyHash => "pubkeyhash",
            Self::Taproot => "taproot",
            Self::P2sh => "p2sh",
            Self::Mixed => "mixed",
        }
    }

    /// True where the ledger reads the carrier.
    pub fn is_read(self, rules: &Rules) -> bool {
        match self {
            Self::OpReturn | Self::Multisig | Self::PubkeyHash | Self::Mixed => true,
            Self::Taproot => rules.reads_taproot_envelope(),
            Self::P2sh => rules.reads_p2sh_pair(),
        }
    }
}
