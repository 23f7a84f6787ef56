//! The bundle: the sealed file that crosses the gap, and the signed file that answers it.
//!
//! Canonical JSON (see [`crate::json`]); what was parsed and re-encoded must give the same bytes, unknown members
//! are refused, every limit stands in [`limits`]. A bundle is a DAG of steps: each step holds one standard
//! artefact, a BIP-174 PSBT or an XRPL transaction, names the steps it must follow and which of its inputs spend
//! which outputs of them. `docs/FORMAT.md` describes the files byte by byte.

use bitcoin::Psbt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::network::BitcoinNetwork;
use crate::request::Request;
use crate::time::Moment;

pub mod assumption;
pub mod file;
pub mod id;
pub mod limits;
pub mod signed;
pub mod structure;
pub mod template;
pub mod verify;

pub use assumption::{Assumption, Basis, Topic};
pub use file::Bundle;
pub use id::{BundleId, JournalHead, SignedId, Spoken};
pub use signed::{Signed, SignedContents, SignedStep};
pub use verify::{FinalTransaction, verify};

/// The value of `format` in a bundle file.
pub const FORMAT: &str = "airlock-bundle";
/// The version of the bundle format.
pub const VERSION: u32 = 1;

/// The networks that a bundle touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Networks {
    /// The Bitcoin network of all Bitcoin steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitcoin: Option<BitcoinNetwork>,
    /// The XRPL network id of all XRP steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xrpl: Option<u32>,
}

/// What a bundle holds beside its format, version and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// The networks.
    pub networks: Networks,
    /// The snapshot's time.
    pub created: Moment,
    /// When the offline half stops signing it.
    pub expires: Moment,
    /// What people asked for, as they put it.
    pub requests: Vec<Request>,
    /// The transactions, parents before children.
    pub steps: Vec<Step>,
    /// What is provable from the bundle and what is only claimed.
    pub assumptions: Vec<Assumption>,
    /// Head of the offline journal that the online half saw last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_head: Option<JournalHead>,
}

/// One transaction of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the request that it serves.
    pub request: usize,
    /// The signing account: descriptor checksum or classic address.
    pub account: String,
    /// Steps that must come before it, ascending.
    pub after: Vec<usize>,
    /// Inputs that spend outputs of earlier steps, ascending by input.
    pub links: Vec<Link>,
    /// Steps with the same number exclude each other: at most one of them confirms.
    pub one_of: Option<u32>,
    /// The unsigned transaction.
    pub artefact: Artefact,
}

/// An input that spends an output of an earlier step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Input of this step.
    pub input: usize,
    /// The earlier step.
    pub step: usize,
    /// Output of the earlier step.
    pub vout: u32,
}

/// The standard artefact that a step carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artefact {
    /// A BIP-174 PSBT (version 0).
    Psbt(Box<Psbt>),
    /// An XRPL transaction as xrpl.js takes it, without signature.
    TxJson(Map<String, Value>),
}
