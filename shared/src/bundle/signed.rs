//! The signed file: answers a bundle by its id with one signed artefact for each step.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::{self, NOT_CANONICAL, WRONG_ID};
use super::structure::{BAD_STRUCTURE, at_most};
use super::{JournalHead, SignedId, limits};
use crate::error::Result;
use crate::json;

/// The value of `format` in a signed file.
pub const FORMAT: &str = "airlock-signed";
/// The version of the signed format.
pub const VERSION: u32 = 1;

/// What a signed file holds beside its format, version and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedContents {
    /// Id of the bundle that it answers, in hex.
    pub bundle: String,
    /// One entry for each step of the bundle, in its order.
    pub steps: Vec<SignedStep>,
    /// Head of the offline journal after this bundle's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_head: Option<JournalHead>,
}

/// One signed step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SignedStep {
    /// A Bitcoin transaction.
    Bitcoin {
        /// The signed PSBT, base64, finalized.
        psbt: String,
        /// The final transaction in lower-case hex.
        tx: String,
        /// Its txid.
        txid: String,
    },
    /// An XRPL transaction.
    Xrpl {
        /// The signed blob in upper-case hex.
        tx_blob: String,
        /// Its transaction id in upper-case hex.
        hash: String,
    },
}

/// A sealed signed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    id: SignedId,
    contents: SignedContents,
}

impl Signed {
    /// Seals contents.
    ///
    /// # Errors
    /// [`super::file::OVER_LIMIT`] or [`BAD_STRUCTURE`] for too many steps or none.
    pub fn seal(contents: SignedContents) -> Result<Self> {
        at_most("steps", contents.steps.len(), limits::STEPS)?;
        if contents.steps.is_empty() {
            return Err(BAD_STRUCTURE.error("no steps"));
        }
        let id = SignedId::of(&json::canonical(&to_value(&contents)));
        Ok(Self { id, contents })
    }

    /// Reads a signed file.
    ///
    /// # Errors
    /// As [`super::Bundle::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut members = file::open(bytes, FORMAT, VERSION)?;
        let claimed = members.remove("id");
        let signed = Self::seal(json::from_value(Value::Object(members))?)?;
        if claimed != Some(Value::String(signed.id.to_string())) {
            return Err(WRONG_ID.error(format!("the content hashes to {}", signed.id)));
        }
        if signed.encode() != bytes {
            return Err(NOT_CANONICAL.error("the file is not in canonical form"));
        }
        Ok(signed)
    }

    /// Writes the signed file.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = to_value(&self.contents);
        if let Value::Object(members) = &mut value {
            members.insert("id".to_owned(), Value::String(self.id.to_string()));
        }
        json::canonical(&value)
    }

    /// The id.
    pub fn id(&self) -> SignedId {
        self.id
    }

    /// What it holds.
    pub fn contents(&self) -> &SignedContents {
        &self.contents
    }
}

fn to_value(contents: &SignedContents) -> Value {
    let mut value =
        serde_json::to_value(contents).expect("signed contents have string keys and always serialize");
    if let Value::Object(members) = &mut value {
        members.insert("format".to_owned(), FORMAT.into());
        members.insert("version".to_owned(), VERSION.into());
    }
    value
}
