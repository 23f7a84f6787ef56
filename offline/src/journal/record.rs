//! One line of the journal: what happened, when, behind which line, under the vault's seal.

use airlock::Result;
use airlock::bundle::{JournalHead, limits};
use airlock::review::{Outgoing, Use};
use airlock::time::Moment;
use bitcoin::hex::{DisplayHex, FromHex};
use serde::{Deserialize, Serialize};

use super::{DAMAGED, FULL};
use crate::vault::{Purpose, Vault};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The home was founded; the first record of every journal.
    Founded {
        /// Fingerprints of the secrets, in the order of the vault.
        fingerprints: Vec<String>,
    },
    /// A bundle or a bare PSBT was approved and is signed.
    Signed(Box<Signing>),
    /// A policy was accepted.
    PolicyAccepted {
        /// SHA-256 of its text, in hex.
        sha256: String,
    },
    /// A person went on by a typed sentence where the program would have stopped.
    Overridden {
        /// What the person was told: findings, lost records, earlier bundles.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        about: Vec<String>,
        /// The head that the online half had seen and this journal has lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<JournalHead>,
        /// What the person typed.
        text: String,
        /// The stable name of what would have stopped the program.
        what: String,
    },
    /// A secret came into the vault.
    Imported {
        /// Its fingerprint.
        fingerprint: String,
        /// What kind of secret it is.
        kind: String,
        /// Its name in the vault.
        secret: String,
    },
    /// The vault has a new passphrase.
    PassphraseChanged,
    /// The backups were tried.
    Drill {
        /// What was tried and how it went, for people.
        outcome: String,
        /// The secret that was tried, by its name in the vault.
        secret: String,
    },
}

/// What was signed, and what it used and spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    /// Id of the bundle, or txid of a bare PSBT's unsigned transaction: 64 lower-case hex digits.
    pub bundle: String,
    /// What it does, as the person read it.
    pub effects: Vec<String>,
    /// What counts as spent.
    pub outgoings: Vec<Outgoing>,
    /// The name of what was signed, as the screen showed it.
    pub title: String,
    /// The ids of the signed transactions, in the order of the steps.
    pub txids: Vec<String>,
    /// Coins, sequences and tickets that are used up.
    pub uses: Vec<Use>,
    /// What the policy said.
    pub verdict: Vec<String>,
    /// The four words of its id.
    pub words: String,
}

/// A line of the journal. The members stand in the order of canonical JSON, so that writing them gives the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What happened.
    pub event: Event,
    /// The seal, in hex; none while it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    /// Counted from 1.
    pub number: u64,
    /// The head before this record.
    pub previous: JournalHead,
    /// Journal time.
    pub time: Moment,
}

/// What stands before and behind the 64 digits of the seal in a line.
const SEAL: (&[u8], &[u8]) = (b",\"mac\":\"", b"\"");

impl Record {
    /// The line of a new record with its seal, line end included.
    ///
    /// # Errors
    /// [`FULL`] where it would be longer than any file.
    pub(super) fn seal(
        event: Event,
        number: u64,
        previous: JournalHead,
        time: Moment,
        vault: &Vault,
    ) -> Result<Vec<u8>> {
        let mut record = Self { event, mac: None, number, previous, time };
        record.mac = Some(vault.mac(Purpose::Journal, &record.encode()).to_lower_hex_string());
        let line = record.encode();
        if line.len() > limits::FILE_BYTES {
            let (length, most) = (line.len(), limits::FILE_BYTES);
            return Err(FULL.error(format!("a record of {length} bytes is longer than {most}")));
        }
        Ok(line)
    }

    /// Reads a line, line end included; its seal is told by [`has_seal`].
    ///
    /// # Errors
    /// [`DAMAGED`] where it is not exactly what this program writes.
    pub(super) fn decode(line: &[u8]) -> Result<Self> {
        let record: Self = serde_json::from_slice(line).map_err(|_| DAMAGED.error("it is not a record"))?;
        let is_seal = |mac: &str| mac.len() == 64 && <[u8; 32]>::from_hex(mac).is_ok();
        if !record.mac.as_deref().is_some_and(is_seal) || record.encode() != line {
            return Err(DAMAGED.error("it is not in the form in which records are written"));
        }
        Ok(record)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("a record has string keys and always serializes");
        bytes.push(b'\n');
        bytes
    }
}

/// True where a line that [`Record::decode`] takes carries the seal of this vault over all its other bytes.
pub(super) fn has_seal(line: &[u8], vault: &Vault) -> bool {
    // Quotes inside a string are escaped, so that this stands where the member begins and nowhere else.
    let Some(start) = line.windows(SEAL.0.len()).rposition(|window| window == SEAL.0) else { return false };
    let Some((before, rest)) = line.split_at_checked(start) else { return false };
    let digits = rest.strip_prefix(SEAL.0).and_then(|rest| rest.split_at_checked(64));
    let Some((digits, rest)) = digits else { return false };
    let Some(after) = rest.strip_prefix(SEAL.1) else { return false };
    let mac = vault.mac(Purpose::Journal, &[before, after].concat());
    mac.to_lower_hex_string().as_bytes() == digits
}
