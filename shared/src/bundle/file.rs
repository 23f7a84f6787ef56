//! Bundle files: canonical bytes in, canonical bytes out.

use bitcoin::Psbt;
use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Artefact, Assumption, BundleId, Contents, FORMAT, JournalHead, Link, Networks, Step, VERSION, limits,
    structure,
};
use crate::bitcoin::psbt_maps;
use crate::error::{Code, Exit, Result};
use crate::json;
use crate::request::Request;
use crate::text::Printable;
use crate::time::Moment;

/// Not a bundle, or another version of it.
pub static WRONG_FORMAT: Code = Code::new(
    "E-BNDL-001",
    Exit::BadInput,
    "The file is not an Airlock bundle of a version that this program knows.",
    "Check that both halves have the same version, and that this is the right file: `inspect FILE` says what it is.",
);
/// The bytes are not the canonical form of what they say.
pub static NOT_CANONICAL: Code = Code::new(
    "E-BNDL-002",
    Exit::BadInput,
    "Re-encoding what the file says gives other bytes: it was damaged, cut off or edited.",
    "Copy the file again from the machine that made it.",
);
/// The id is not the hash of the content.
pub static WRONG_ID: Code = Code::new(
    "E-BNDL-003",
    Exit::BadInput,
    "The id in the file is not the hash of its content: it was damaged or edited.",
    "Copy the file again from the machine that made it.",
);
/// A limit of `limits.rs` is exceeded.
pub static OVER_LIMIT: Code = Code::new(
    "E-BNDL-004",
    Exit::BadInput,
    "The file holds more than the limits allow; docs/LIMITS.md lists them.",
    "Split the job into smaller bundles.",
);
/// A PSBT or transaction inside a step is malformed.
pub static BAD_ARTEFACT: Code = Code::new(
    "E-BNDL-005",
    Exit::BadInput,
    "A step must hold exactly one of `psbt` (base64, BIP-174 version 0, equal to its own re-serialization) and `tx_json`.",
    "Build the bundle again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&WRONG_FORMAT, &NOT_CANONICAL, &WRONG_ID, &OVER_LIMIT, &BAD_ARTEFACT];

/// A sealed bundle: contents with the id of exactly these contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    id: BundleId,
    contents: Contents,
}

impl Bundle {
    /// Seals contents.
    ///
    /// # Errors
    /// [`OVER_LIMIT`], or the codes of [`structure`] where steps, links and requests do not fit together.
    pub fn seal(contents: Contents) -> Result<Self> {
        structure::check(&contents)?;
        Ok(Self::of(contents).0)
    }

    /// Gives the bytes of the file beside the bundle.
    fn of(contents: Contents) -> (Self, Vec<u8>) {
        let canonical = Canonical::of(&contents);
        let id = BundleId::of(&canonical.without_id());
        (Self { id, contents }, canonical.with_id(id))
    }

    /// Reads a bundle file.
    ///
    /// # Errors
    /// [`OVER_LIMIT`] before anything is allocated, [`WRONG_FORMAT`], [`NOT_CANONICAL`], [`WRONG_ID`],
    /// [`BAD_ARTEFACT`], the codes of [`structure`] and of [`json`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let value = open(bytes, FORMAT, VERSION)?;
        let mut members = value;
        let claimed = members.remove("id");
        let contents: Contents = json::from_value(Value::Object(members))?;
        structure::check(&contents)?;
        let (bundle, written) = Self::of(contents);
        if claimed != Some(Value::String(bundle.id.to_string())) {
            return Err(WRONG_ID.error(format!("the content hashes to {}", bundle.id)));
        }
        if written != bytes {
            return Err(NOT_CANONICAL.error("the file is not in canonical form"));
        }
        Ok(bundle)
    }

    /// Writes the bundle file.
    pub fn encode(&self) -> Vec<u8> {
        Canonical::of(&self.contents).with_id(self.id)
    }

    /// The id.
    pub fn id(&self) -> BundleId {
        self.id
    }

    /// What it holds.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The steps, parents before children.
    pub fn steps(&self) -> &[Step] {
        &self.contents.steps
    }
}

/// Opens a file of one of our formats: size, strict JSON, `format` and `version`, which are taken out.
pub(crate) fn open(bytes: &[u8], format: &str, version: u32) -> Result<Map<String, Value>> {
    if bytes.len() > limits::FILE_BYTES {
        return Err(OVER_LIMIT.error(format!("{} bytes are more than {}", bytes.len(), limits::FILE_BYTES)));
    }
    let Value::Object(mut members) = json::parse(bytes, json::Numbers::Integers)? else {
        return Err(WRONG_FORMAT.error("not a JSON object"));
    };
    match (members.remove("format"), members.remove("version")) {
        (Some(Value::String(found)), Some(number)) if found == format => match number.as_u64() {
            Some(found) if found == u64::from(version) => Ok(members),
            _ => Err(WRONG_FORMAT
                .error(format!("version {} instead of {version}", Printable::new(&number.to_string())))),
        },
        (Some(Value::String(found)), _) => {
            Err(WRONG_FORMAT.error(format!("format '{}' instead of '{format}'", Printable::new(&found))))
        }
        _ => Err(WRONG_FORMAT.error("no format and version")),
    }
}

/// The file in its two parts, the members before `id` and those behind it, each a JSON object. Written at once, without
/// the values of the whole file in memory; tests hold it against the sorted form of what it says.
struct Canonical {
    before: Vec<u8>,
    behind: Vec<u8>,
}

/// In the order of canonical JSON, as all members of steps are.
#[derive(Serialize)]
struct BeforeId<'a> {
    assumptions: Sorted<'a, Assumption>,
    created: Moment,
    expires: Moment,
    format: &'a str,
}

/// In the order of canonical JSON.
#[derive(Serialize)]
struct BehindId<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_head: Option<JournalHead>,
    networks: Networks,
    requests: Sorted<'a, Request>,
    steps: &'a [Step],
    version: u32,
}

/// Items whose members are sorted one item at a time.
struct Sorted<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for Sorted<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|item| {
            serde_json::to_value(item)
                .expect("requests and assumptions have string keys and always serialize")
        }))
    }
}

impl Canonical {
    fn of(contents: &Contents) -> Self {
        let before = BeforeId {
            assumptions: Sorted(&contents.assumptions),
            created: contents.created,
            expires: contents.expires,
            format: FORMAT,
        };
        let behind = BehindId {
            journal_head: contents.journal_head,
            networks: contents.networks,
            requests: Sorted(&contents.requests),
            steps: &contents.steps,
            version: VERSION,
        };
        Self { before: write(&before), behind: write(&behind) }
    }

    fn without_id(&self) -> Vec<u8> {
        self.joined(b"")
    }

    fn with_id(&self, id: BundleId) -> Vec<u8> {
        self.joined(format!(",\"id\":\"{id}\"").as_bytes())
    }

    fn joined(&self, id: &[u8]) -> Vec<u8> {
        let before = self.before.strip_suffix(b"}").unwrap_or_default();
        let behind = self.behind.strip_prefix(b"{").unwrap_or_default();
        [before, id, b",", behind, b"\n"].concat()
    }
}

fn write(members: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(members).expect("bundle contents have string keys and always serialize")
}

/// A step as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepMembers {
    account: String,
    after: Vec<usize>,
    links: Vec<Link>,
    #[serde(default)]
    one_of: Option<u32>,
    #[serde(default)]
    psbt: Option<String>,
    request: usize,
    #[serde(default)]
    tx_json: Option<Map<String, Value>>,
}

/// The same, to be written; in the order of canonical JSON.
#[derive(Serialize)]
struct WrittenStep<'a> {
    account: &'a str,
    after: &'a [usize],
    links: &'a [Link],
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psbt: Option<String>,
    request: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx_json: Option<&'a Map<String, Value>>,
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (psbt, tx_json) = match &self.artefact {
            Artefact::Psbt(psbt) => (Some(psbt.to_string()), None),
            Artefact::TxJson(tx_json) => (None, Some(tx_json)),
        };
        let step = WrittenStep {
            account: &self.account,
            after: &self.after,
            links: &self.links,
            one_of: self.one_of,
            psbt,
            request: self.request,
            tx_json,
        };
        step.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = StepMembers::deserialize(deserializer)?;
        let artefact = match (members.psbt, members.tx_json) {
            (Some(text), None) => {
                Artefact::Psbt(Box::new(decode_psbt(&text).map_err(serde::de::Error::custom)?))
            }
            (None, Some(tx_json)) => Artefact::TxJson(tx_json),
            _ => return Err(serde::de::Error::custom("a step holds exactly one of psbt and tx_json")),
        };
        Ok(Self {
            request: members.request,
            account: members.account,
            after: members.after,
            links: members.links,
            one_of: members.one_of,
            artefact,
        })
    }
}

/// Reads a PSBT that must equal its own re-serialization (design.md 10.19).
fn decode_psbt(text: &str) -> Result<Psbt> {
    let not_psbt = |why: String| BAD_ARTEFACT.error(format!("not a PSBT: {}", Printable::new(&why)));
    let bytes = STANDARD.decode(text).map_err(|e| not_psbt(e.to_string()))?;
    psbt_maps::check_limits(&bytes)?;
    let psbt = Psbt::deserialize(&bytes).map_err(|e| not_psbt(e.to_string()))?;
    if psbt.to_string() != text {
        return Err(BAD_ARTEFACT.error("the PSBT does not equal its re-serialization"));
    }
    Ok(psbt)
}
