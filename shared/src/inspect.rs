//! What is this? Recognizes and decodes everything that the two halves exchange or meet.
//!
//! A bundle, a signed file, a watch file, a snapshot, a PSBT of version 0 or 2 (bytes, base64 or hex), a Bitcoin
//! transaction, an XRPL transaction (blob or JSON), an address. Reading only: nothing here judges. The input is
//! hostile: every limit is checked first, and all its text is shown through [`Printable`](crate::text::Printable).

use bitcoin::hex::FromHex;
use bitcoin::{Transaction, consensus};
use serde_json::{Map, Value, json};

use crate::bundle::{self, file, limits, signed};
use crate::error::{Code, Exit, Result};
use crate::json::{self, Numbers};
use crate::network::BitcoinNetwork;
use crate::{snapshot, watch};

mod address;
mod files;
mod message;
mod psbt;
mod transaction;
mod xrpl;

/// Bytes that are nothing known.
pub static UNKNOWN: Code = Code::new(
    "E-INSP-001",
    Exit::BadInput,
    "The input is none of: bundle, signed file, watch file, snapshot, broadcast file, PSBT (bytes, base64 or hex), Bitcoin transaction, \
     XRPL transaction (tx_blob or JSON), Bitcoin or XRP address.",
    "Check that it is complete and that this is the right file.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNKNOWN];

/// What something is and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What it is: `bundle`, `signed`, `watch`, `snapshot`, `psbt`, `bitcoin-transaction`, `xrpl-transaction`,
    /// `bitcoin-address`, `xrp-address`, `x-address` or `broadcast`.
    pub kind: &'static str,
    /// What it is, in one line: `bundle R7K3 "amber falcon lantern tundra"`.
    pub headline: String,
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same for programs; the member `kind` says what it is.
    pub json: Value,
}

/// Says what the bytes are and decodes them.
///
/// `network` is that of addresses and Counterparty rules where the bytes do not tell.
///
/// # Errors
/// [`UNKNOWN`], which never repeats what is in the bytes (they can be somebody's words), or the codes of what it seems
/// to be, where it is damaged.
pub fn inspect(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    let mut found = recognize(bytes, network)?;
    if matches!(found.kind, "psbt" | "bitcoin-transaction") {
        found
            .lines
            .push(format!("network      Bitcoin {network}, assumed: the bytes do not tell (--network NAME)"));
    }
    Ok(found)
}

fn recognize(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    if bytes.len() > limits::FILE_BYTES {
        let (length, limit) = (bytes.len(), limits::FILE_BYTES);
        return Err(file::OVER_LIMIT.error(format!("{length} bytes are more than {limit}")));
    }
    if bytes.starts_with(b"psbt\xff") {
        return psbt::inspect(bytes, network);
    }
    match core::str::from_utf8(bytes).map(str::trim) {
        Ok(text) if text.starts_with(['{', '[']) => inspect_json(bytes, network),
        Ok(text) => inspect_text(text, network),
        Err(_) => inspect_raw(bytes, network),
    }
}

fn inspect_json(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    let value = json::parse(bytes, Numbers::Integers)?;
    let Value::Object(members) = &value else {
        return Err(UNKNOWN.error("a JSON list"));
    };
    if let Some(Value::String(format)) = members.get("format") {
        return match format.as_str() {
            bundle::FORMAT => files::bundle(bytes),
            signed::FORMAT => files::signed(bytes, network),
            watch::FORMAT => files::watch(bytes),
            snapshot::FORMAT => files::snapshot(bytes),
            files::BROADCAST => Ok(files::broadcast(&value)),
            _ => Err(UNKNOWN.error(format!("{} bytes of JSON have a format that is not known", bytes.len()))),
        };
    }
    if members.contains_key("TransactionType") {
        return xrpl::json(&value);
    }
    match members.get("tx_json") {
        Some(inner @ Value::Object(_)) => xrpl::json(inner),
        _ => Err(UNKNOWN.error("JSON without format and without TransactionType")),
    }
}

fn inspect_text(text: &str, network: BitcoinNetwork) -> Result<Inspection> {
    if text.starts_with("cHNidP") {
        return psbt::inspect(text.as_bytes(), network);
    }
    if let Some(found) = address::inspect(text) {
        return Ok(found);
    }
    match Vec::from_hex(text) {
        Ok(bytes) if bytes.starts_with(b"psbt\xff") => psbt::inspect(&bytes, network),
        Ok(bytes) if !bytes.is_empty() => inspect_raw(&bytes, network),
        _ => Err(UNKNOWN.error(format!("{} bytes of text are nothing known", text.len()))),
    }
}

/// Bytes without a mark of their own: a Bitcoin transaction, else an XRPL one.
fn inspect_raw(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    if let Ok(tx) = consensus::deserialize::<Transaction>(bytes) {
        return Ok(transaction::inspect(&tx, network));
    }
    let (number, unknown) = (bytes.len(), "are neither a Bitcoin transaction nor an XRPL one");
    xrpl::blob(bytes).map_err(|_| UNKNOWN.error(format!("{number} bytes {unknown}")))
}

/// An inspection whose JSON begins with its kind.
fn inspection(kind: &'static str, headline: String, lines: Vec<String>, json: Value) -> Inspection {
    let mut members = Map::new();
    members.insert("kind".to_owned(), kind.into());
    match json {
        Value::Object(more) => members.extend(more),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            members.insert("value".to_owned(), json);
        }
    }
    Inspection { kind, headline, lines, json: json!(members) }
}

/// Lines set in by two columns.
fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}
