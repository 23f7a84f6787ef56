//! Does a signed file answer its bundle, and nothing but its bundle?
//!
//! The online half accepts what came back only if it equals the plan in everything but signatures, and if every
//! signature verifies. Templates (children of legacy parents) are filled in first, as the signer did. The order of the
//! checks: which bundle, how many steps and in which order, then step by step the transaction, what the file claims
//! about it, and its signatures.

use bitcoin::Txid;
use bitcoin::hex::DisplayHex;

use super::{Artefact, Bundle, Signed, SignedStep};
use crate::error::{Code, Exit, Result};
use crate::text::Printable;
use crate::xrp;

mod btc;
mod order;
mod xrpl;

/// The signed file answers another bundle.
pub static OTHER_BUNDLE: Code = Code::new(
    "E-VRFY-001",
    Exit::Refused,
    "The signed file answers another bundle than this one.",
    "Name the bundle that it answers, or bring the signed file of this bundle.",
);
/// Steps missing, added or exchanged.
pub static OTHER_STEPS: Code = Code::new(
    "E-VRFY-002",
    Exit::Refused,
    "The signed file must hold one transaction for each step of the bundle, in its order.",
    "Do not broadcast any of it; sign the bundle again.",
);
/// A transaction that is not the planned one.
pub static DIFFERS: Code = Code::new(
    "E-VRFY-003",
    Exit::Refused,
    "A signed transaction differs from the plan in more than signatures.",
    "Do not broadcast any of it. Find out who changed the file, then sign the bundle again.",
);
/// An id or a PSBT that does not belong to the transaction.
pub static WRONG_CLAIM: Code = Code::new(
    "E-VRFY-004",
    Exit::Refused,
    "What the signed file says about a transaction (its id, its PSBT) does not belong to that transaction.",
    "Do not broadcast any of it; sign the bundle again.",
);
/// A signature that is missing, malformed, wrong, or of another key.
pub static NOT_SIGNED: Code = Code::new(
    "E-VRFY-005",
    Exit::Refused,
    "A transaction lacks a signature, or is signed by another key than planned.",
    "Do not broadcast any of it; sign the bundle again.",
);
/// Bytes that are no transaction.
pub static MALFORMED: Code = Code::new(
    "E-VRFY-006",
    Exit::BadInput,
    "A transaction or PSBT of the signed file is not written in its one form: hex of the right case, nothing behind the \
     end.",
    "Copy the signed file again from the offline machine.",
);

/// The codes of these modules.
pub static CODES: &[&Code] = &[&OTHER_BUNDLE, &OTHER_STEPS, &DIFFERS, &WRONG_CLAIM, &NOT_SIGNED, &MALFORMED];

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
/// One of [`CODES`] or of the signature checks, with the step (counted from 1) and the field that differs.
pub fn verify(bundle: &Bundle, signed: &Signed) -> Result<Vec<FinalTransaction>> {
    if signed.contents().bundle != bundle.id().to_string() {
        let answered = Printable::new(&signed.contents().bundle).to_string();
        return Err(OTHER_BUNDLE.error(format!("it answers bundle {answered}, not {}", bundle.id())));
    }
    order::check(bundle.steps(), &signed.contents().steps)?;
    let mut parents: Vec<Option<bitcoin::Transaction>> = Vec::with_capacity(bundle.steps().len());
    let mut finals = Vec::with_capacity(bundle.steps().len());
    for (index, (step, entry)) in bundle.steps().iter().zip(&signed.contents().steps).enumerate() {
        let number = index.saturating_add(1);
        let checked = match (&step.artefact, entry) {
            (Artefact::Psbt(psbt), SignedStep::Bitcoin { psbt: answered, tx, txid }) => {
                let network = bundle.contents().networks.bitcoin.unwrap_or_default();
                btc::check(psbt, &step.links, &parents, network, &btc::Answer { psbt: answered, tx, txid })
            }
            (Artefact::TxJson(tx_json), SignedStep::Xrpl { tx_blob, hash }) => {
                let network = bundle.contents().networks.xrpl.unwrap_or_default();
                xrpl::check(tx_json, network, &step.account, tx_blob, hash)
            }
            (Artefact::Psbt(_), SignedStep::Xrpl { .. })
            | (Artefact::TxJson(_), SignedStep::Bitcoin { .. }) => {
                Err(OTHER_STEPS.error("is of the other chain"))
            }
        };
        let checked = checked.map_err(|e| e.at(format!("step {number}")))?;
        parents.push(match &checked {
            FinalTransaction::Bitcoin { transaction, .. } => Some(transaction.clone()),
            FinalTransaction::Xrpl { .. } => None,
        });
        finals.push(checked);
    }
    Ok(finals)
}

/// Refuses a field that differs from the plan.
fn same<T: PartialEq + core::fmt::Display>(what: &str, found: &T, planned: &T) -> Result<()> {
    if found == planned {
        return Ok(());
    }
    Err(DIFFERS.error(format!("{what} is {found} instead of {planned}")))
}
