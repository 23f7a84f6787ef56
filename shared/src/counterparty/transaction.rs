//! What the ledger sees in a Bitcoin transaction (counterparty.md 6).
//!
//! Outputs are read in order: destinations, then all data, then one change output; the owner of input 0 is
//! the source. A missing previous transaction leaves the source unknown and never guesses.

use bitcoin::{OutPoint, Transaction, Txid};

use super::carrier::{Carrier, p2sh};
use super::message::{self, Message, framing, other};
use super::rules::{Change, Rules};
use crate::error::{Code, Error, Exit};

mod outputs;
mod pair;
mod signatures;
mod source;

/// A message in a transaction that the ledger does not look at.
pub static NOT_SEEN: Code = Code::new(
    "E-CPTX-001",
    Exit::Refused,
    "The ledger would see no message in the transaction: an output that it cannot read, no data, an unreadable \
     source, or signatures of input 0 that do not cover all outputs.",
    "Do not send it; make the transaction again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_SEEN];

/// Looks a previous transaction up, with its witnesses where it had any.
pub type Lookup<'a> = &'a dyn Fn(&Txid) -> Option<&'a Transaction>;

/// How to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Reads an unsigned transaction as if input 0 were properly signed.
    pub assume_signed: bool,
    /// Addresses with an open dispenser. They matter below `disable_vanilla_btc_dispense` only, where a plain
    /// payment to one of them dispenses.
    pub open_dispensers: &'a [String],
}

/// The outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The ledger records the transaction.
    Seen(Box<Decoded>),
    /// The ledger does not look at it: bitcoin moves, nothing else.
    NotSeen(Reason),
}

/// Why the ledger does not look at a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Newly minted bitcoin.
    Coinbase,
    /// An ordinary payment.
    NoData,
    /// An output up to the change that the ledger cannot read.
    UnreadableOutput(usize),
    /// A reveal whose witness script is no envelope.
    NotAnEnvelope,
    /// A P2SH pair with a push that has no prefix, or with an input without scriptSig.
    UnreadablePair,
    /// Input 0 has no signature.
    Unsigned,
    /// Input 0 has signatures where the ledger does not look for them, as P2WSH multisig has.
    NoReadableSignature,
    /// A signature of input 0 does not cover all outputs.
    SignatureFlag,
    /// The output that input 0 spends has a script that cannot be a source.
    UnreadableSource,
    /// A dispense that pays nobody but the source.
    NothingToDispense,
}

impl Reason {
    /// The word in command output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coinbase => "coinbase",
            Self::NoData => "no_data",
            Self::UnreadableOutput(_) => "unreadable_output",
            Self::NotAnEnvelope => "not_an_envelope",
            Self::UnreadablePair => "unreadable_pair",
            Self::Unsigned => "unsigned",
            Self::NoReadableSignature => "no_readable_signature",
            Self::SignatureFlag => "signature_flag",
            Self::UnreadableSource => "unreadable_source",
            Self::NothingToDispense => "nothing_to_dispense",
        }
    }
}

/// What the ledger records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// How the data came; none when there is none (a burn, or a dispense by plain payment).
    pub carrier: Option<Carrier>,
    /// The address that acts; none when a previous transaction is missing.
    pub source: Option<String>,
    /// The address before the data; several are joined with `-`.
    pub destination: Option<String>,
    /// Satoshi paid to the destinations.
    pub btc_amount: u64,
    /// Type id and body.
    pub data: Vec<u8>,
    /// The message; none when there is no data or the body does not read.
    pub message: Option<Message>,
    /// Why the body does not read.
    pub message_error: Option<Error>,
    /// False when the ledger records the transaction and does not act on the message.
    pub executed: bool,
    /// The payments that a dispense tries: address, satoshi.
    pub dispense_outputs: Vec<(String, u64)>,
}

/// Reads a transaction as the ledger does under the rules of its confirming height.
pub fn decode(tx: &Transaction, previous: Lookup<'_>, rules: &Rules, options: &Options<'_>) -> Reading {
    match read(tx, previous, rules, options) {
        Ok(decoded) => Reading::Seen(Box::new(decoded)),
        Err(reason) => Reading::NotSeen(reason),
    }
}

fn read(
    tx: &Transaction,
    previous: Lookup<'_>,
    rules: &Rules,
    options: &Options<'_>,
) -> Result<Decoded, Reason> {
    if tx.is_coinbase() {
        return Err(Reason::Coinbase);
    }
    let mut outputs = outputs::read(tx, rules)?;
    let mut source = None;
    if outputs.data == p2sh::MARK && rules.reads_p2sh_pair() {
        let pair = pair::read(tx, previous, rules)?;
        outputs.carrier = Some(Carrier::P2sh);
        outputs.data = pair.data;
        source = pair.source;
    }
    let burns = outputs.destinations == [outputs::burn_address(rules.network())];
    let dispensers = outputs.open_dispensers(options, rules);
    if outputs.data.is_empty() && !burns && dispensers.is_empty() {
        return Err(Reason::NoData);
    }
    let source = match source {
        Some(source) => source,
        None => {
            if !options.assume_signed {
                signatures::check(tx, rules)?;
            }
            source::of(tx, outputs.is_reveal, previous, rules)?
        }
    };
    let is_dispense = rules.is_active(Change::DisableVanillaBtcDispense)
        && framing::split(&outputs.data, rules).is_some_and(|(type_id, _)| type_id == 13);
    if is_dispense {
        let payments = core::mem::take(&mut outputs.payments);
        return dispense(outputs, payments, source, rules);
    }
    if outputs.data.is_empty() && !burns {
        return dispense(outputs, dispensers, source, rules);
    }
    Ok(decoded(outputs, source, burns, rules))
}

fn decoded(outputs: outputs::Outputs, source: Option<String>, burns: bool, rules: &Rules) -> Decoded {
    let (message, message_error) = match outputs.data.is_empty() {
        true => (None, None),
        false => match message::decode(&outputs.data, rules) {
            Ok(message) => (Some(message), None),
            Err(error) => (None, Some(error)),
        },
    };
    let type_is_executed =
        framing::split(&outputs.data, rules).is_some_and(|(type_id, _)| other::is_executed(type_id, rules));
    Decoded {
        carrier: outputs.carrier.filter(|_| !outputs.data.is_empty()),
        source,
        executed: type_is_executed && !burns && outputs.destinations.len() < 2,
        destination: (!outputs.destinations.is_empty()).then(|| outputs.destinations.join("-")),
        btc_amount: outputs.btc_amount,
        data: outputs.data,
        message,
        message_error,
        dispense_outputs: Vec::new(),
    }
}

/// Every payment that is not to the source itself is tried; the last one is what the ledger records.
fn dispense(
    outputs: outputs::Outputs,
    payments: Vec<(String, u64)>,
    source: Option<String>,
    rules: &Rules,
) -> Result<Decoded, Reason> {
    let tried: Vec<(String, u64)> =
        payments.into_iter().filter(|(address, _)| source.as_ref() != Some(address)).collect();
    let Some((destination, btc_amount)) = tried.last().cloned() else {
        return Err(Reason::NothingToDispense);
    };
    let carrier = outputs.carrier.filter(|_| !outputs.data.is_empty());
    let data = vec![13, 0];
    Ok(Decoded {
        carrier,
        source,
        destination: Some(destination),
        btc_amount,
        message: message::decode(&data, rules).ok(),
        data,
        message_error: None,
        executed: true,
        dispense_outputs: tried,
    })
}

/// The output on which the assets attached to the spent outputs land: the first that is no OP_RETURN
/// (counterparty.md 4.7); none when they are detached.
pub fn landing_output(tx: &Transaction) -> Option<OutPoint> {
    let index = tx.output.iter().position(|output| !output.script_pubkey.is_op_return())?;
    Some(OutPoint { txid: tx.compute_txid(), vout: u32::try_from(index).ok()? })
}
