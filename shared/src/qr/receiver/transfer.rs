//! One transfer under way, of whatever format.

use bitcoin::{Psbt, Transaction, consensus};

use crate::bitcoin::psbt_maps::{MAGIC as PSBT_MAGIC, NOT_PSBT};
use crate::bitcoin::psbt_v2::decode_any;
use crate::inspect::{UNKNOWN, inspect};
use crate::json::{self, Numbers};
use crate::network::BitcoinNetwork;
use crate::qr::frame::Frame;
use crate::qr::receiver::progress::Progress;
use crate::qr::receiver::{DAMAGED, UNEXPECTED};
use crate::qr::{Kind, Payload, bbqr, envelope, specter, ur};
use crate::text::Printable;
use crate::{Error, Result};

/// A transfer that has begun.
#[derive(Debug)]
pub(super) enum Transfer {
    Ur(Box<ur::Receiver>),
    Bbqr(bbqr::Receiver),
    Specter(specter::Receiver),
    Plain(Payload),
}

/// What a part brought to a transfer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    New,
    Repeat,
    /// Two files are shown; what to tell the person.
    Conflict(String),
    Foreign,
}

impl Transfer {
    /// Begins with a first part, which is taken in, when its type is one of the kinds expected.
    pub(super) fn begin(part: &Frame, expected: &[Kind]) -> Result<Self> {
        let is_expected = |kind: Option<Kind>| kind.is_some_and(|kind| takes(expected, kind));
        let mut transfer = match part {
            Frame::Ur(part) => {
                let ur_type = &part.header().ur_type;
                // `bytes` says nothing of what it holds: that is looked at in the end.
                if *ur_type != ur::UrType::Bytes && !is_expected(ur_type.kind()) {
                    return Err(unexpected(expected, ur_name, &ur_type.to_string()));
                }
                Self::Ur(Box::new(ur::Receiver::new(part)))
            }
            Frame::Bbqr(part) => {
                if !is_expected(part.file_type().kind()) {
                    let name = |kind| bbqr::FileType::of_kind(kind).to_string();
                    return Err(unexpected(expected, name, &part.file_type().to_string()));
                }
                Self::Bbqr(bbqr::Receiver::new(part)?)
            }
            Frame::Specter(part) => {
                checked(expected, Kind::Psbt)?;
                Self::Specter(specter::Receiver::new(part))
            }
            Frame::Plain(payload) => {
                checked(expected, payload.kind)?;
                Self::Plain(payload.clone())
            }
            Frame::Ur1 | Frame::Seed | Frame::TooLarge(_) | Frame::Damaged(_) | Frame::Foreign(_) => {
                return Err(DAMAGED.error("this code is no part of a transfer"));
            }
        };
        transfer.add(part);
        Ok(transfer)
    }

    /// Takes a part in, if it is one of this transfer.
    pub(super) fn add(&mut self, part: &Frame) -> Step {
        match (self, part) {
            (Self::Ur(receiver), Frame::Ur(part)) => match receiver.add(part) {
                ur::Added::New => Step::New,
                ur::Added::Repeat => Step::Repeat,
                ur::Added::Conflict => Step::Conflict(changed(part.sequence())),
                ur::Added::Foreign => Step::Foreign,
            },
            (Self::Bbqr(receiver), Frame::Bbqr(part)) => step(receiver.add(part.clone()), part.number()),
            (Self::Specter(receiver), Frame::Specter(part)) => {
                step(receiver.add(part.clone()), part.number())
            }
            (Self::Plain(known), Frame::Plain(payload)) if known == payload => Step::Repeat,
            (Self::Ur(_) | Self::Bbqr(_) | Self::Specter(_) | Self::Plain(_), _) => Step::Foreign,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Ur(receiver) => receiver.is_complete(),
            Self::Bbqr(receiver) => receiver.is_complete(),
            Self::Specter(receiver) => receiver.is_complete(),
            Self::Plain(_) => true,
        }
    }

    /// The payload. Fails with [`UNEXPECTED`] when it is of another kind, with other codes when it is damaged.
    pub(super) fn finish(self, expected: &[Kind]) -> Result<Payload> {
        let payload = match self {
            Self::Ur(receiver) => {
                let ur_type = receiver.header().ur_type.clone();
                let bytes = receiver.finish().map_err(|fault| DAMAGED.error(fault.to_string()))?;
                match ur_type.kind() {
                    Some(Kind::Bytes) if envelope::is_envelope(&bytes) => envelope::open(&bytes)?,
                    Some(Kind::Bytes) => classify(bytes, expected),
                    Some(kind @ (Kind::Psbt | Kind::Transaction | Kind::Json | Kind::Text)) => {
                        Payload { kind, bytes }
                    }
                    None => return Err(unexpected(expected, ur_name, &ur_type.to_string())),
                }
            }
            Self::Bbqr(receiver) => decoded(receiver.finish()?)?,
            Self::Specter(receiver) => decoded(receiver.finish()?)?,
            Self::Plain(payload) => payload,
        };
        if payload.kind == Kind::Psbt && !payload.bytes.starts_with(PSBT_MAGIC) {
            return Err(DAMAGED.error("what was read does not begin as a PSBT does"));
        }
        checked(expected, payload.kind)?;
        one_file(payload)
    }

    /// How far it is; the counts of frames are the caller's.
    pub(super) fn progress(&self) -> Progress {
        let (format, have, of, missing) = match self {
            Self::Ur(receiver) => {
                (format!("UR {}", receiver.header().ur_type), receiver.rank(), receiver.of(), Vec::new())
            }
            Self::Bbqr(receiver) => {
                let format = format!("BBQr {}", bbqr::FileType::of_kind(receiver.kind()));
                (format, receiver.have(), receiver.of(), receiver.missing().collect())
            }
            Self::Specter(receiver) => {
                ("pMofN PSBT".into(), receiver.have(), receiver.of(), receiver.missing().collect())
            }
            Self::Plain(payload) => (format!("text {}", name(payload.kind)), 1, 1, Vec::new()),
        };
        Progress { format, have, of, missing, read: 0, repeats: 0, rejected: 0 }
    }
}

fn step(added: bbqr::Added, number: u32) -> Step {
    match added {
        bbqr::Added::New => Step::New,
        bbqr::Added::Repeat => Step::Repeat,
        bbqr::Added::Conflict => Step::Conflict(changed(number)),
        bbqr::Added::Foreign => Step::Foreign,
    }
}

fn changed(number: u32) -> String {
    format!("part {number} changed: two files are being shown")
}

/// Where the format has no sum over the whole, the parts of two PSBTs or transactions join as well as those of one: what was
/// read must be one from its first byte to its last, with the previous transactions that its inputs name. What is refused for
/// another reason than its form is left to the command.
fn decoded(payload: Payload) -> Result<Payload> {
    let bytes = &payload.bytes;
    if payload.kind == Kind::Psbt || bytes.starts_with(PSBT_MAGIC) {
        match decode_any(bytes) {
            Ok((psbt, _)) => check_previous(&psbt)?,
            Err(error) if error.code() == &NOT_PSBT => return Err(damaged(error)),
            Err(_) => {}
        }
    }
    if payload.kind == Kind::Transaction {
        consensus::deserialize::<Transaction>(bytes).map_err(|error| {
            DAMAGED.error(format!("not a transaction: {}", Printable::new(&error.to_string())))
        })?;
    }
    Ok(payload)
}

fn check_previous(psbt: &Psbt) -> Result<()> {
    for (number, (input, spent)) in (1..).zip(psbt.inputs.iter().zip(&psbt.unsigned_tx.input)) {
        let previous = input.non_witness_utxo.as_ref().map(Transaction::compute_txid);
        if previous.is_some_and(|txid| txid != spent.previous_output.txid) {
            return Err(
                DAMAGED.error(format!("input {number} has another previous transaction than it names"))
            );
        }
    }
    Ok(())
}

/// JSON must be JSON, and a file of ours must be what it says it is: not mixed of two, nor changed on its way. One of a format
/// that is not known yet is left to whoever knows it. A file of ours that lost the line end behind it, as static codes of other
/// programs may have it, gets it back.
fn one_file(mut payload: Payload) -> Result<Payload> {
    if payload.kind != Kind::Json {
        return Ok(payload);
    }
    let bytes = &mut payload.bytes;
    let value = json::parse(bytes, Numbers::Any).map_err(damaged)?;
    let format = value.get("format").and_then(|format| format.as_str()).unwrap_or_default();
    let look = |bytes: &[u8]| inspect(bytes, BitcoinNetwork::default());
    if format.starts_with("airlock-")
        && let Err(error) = look(bytes)
        && error.code() != &UNKNOWN
    {
        bytes.push(b'\n');
        look(bytes).map_err(|_| damaged(error))?;
    }
    Ok(payload)
}

fn damaged(error: Error) -> Error {
    DAMAGED.error(format!("{} {}", error.code().id, error.what()))
}

/// What bytes without a type are, as far as they show it; bytes where only those are expected.
fn classify(bytes: Vec<u8>, expected: &[Kind]) -> Payload {
    let is_json = || bytes.trim_ascii_start().starts_with(b"{") && json::parse(&bytes, Numbers::Any).is_ok();
    let seen = if bytes.starts_with(PSBT_MAGIC) {
        Kind::Psbt
    } else if is_json() {
        Kind::Json
    } else if consensus::deserialize::<Transaction>(&bytes).is_ok() {
        Kind::Transaction
    } else if expected.contains(&Kind::Text) && core::str::from_utf8(&bytes).is_ok() {
        Kind::Text
    } else {
        Kind::Bytes
    };
    let kind = if !takes(expected, seen) && takes(expected, Kind::Bytes) { Kind::Bytes } else { seen };
    Payload { kind, bytes }
}

fn takes(expected: &[Kind], kind: Kind) -> bool {
    expected.is_empty() || expected.contains(&kind)
}

fn checked(expected: &[Kind], kind: Kind) -> Result<()> {
    if takes(expected, kind) {
        return Ok(());
    }
    Err(unexpected(expected, |kind| name(kind).to_owned(), name(kind)))
}

fn unexpected(expected: &[Kind], name: impl Fn(Kind) -> String, got: &str) -> Error {
    let mut names: Vec<String> = expected.iter().map(|kind| name(*kind)).collect();
    names.dedup();
    let names = if names.is_empty() { "a file".into() } else { names.join(" or ") };
    UNEXPECTED.error(format!("expected {names}, got {got}"))
}

fn ur_name(kind: Kind) -> String {
    let ur_type = match kind {
        Kind::Psbt => ur::UrType::CryptoPsbt,
        Kind::Transaction | Kind::Json | Kind::Text | Kind::Bytes => ur::UrType::Bytes,
    };
    ur_type.to_string()
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Psbt => "PSBT",
        Kind::Transaction => "transaction",
        Kind::Json => "JSON",
        Kind::Text => "text",
        Kind::Bytes => "bytes",
    }
}
