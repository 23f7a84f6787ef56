//! Typed messages: [`encode`] refuses what the ledger would refuse or lose, [`decode`] reads as the ledger reads.

use super::rules::Rules;
use crate::error::{Code, Exit, Result};

mod bits;
pub mod broadcast;
pub mod enhanced_send;
pub mod framing;
pub mod issuance;
mod legacy;
pub mod memo;
pub mod mime;
pub mod mpma;
pub mod other;
pub mod sweep;
pub mod unsound;

pub use broadcast::{Broadcast, Number, OptionsReading};
pub use enhanced_send::EnhancedSend;
pub use issuance::Issuance;
pub use memo::Memo;
pub use mpma::{Mpma, MpmaSend};
pub use other::Other;
pub use sweep::Sweep;
pub use unsound::Unsound;

/// A body in which the ledger finds no message of its type.
pub static UNREADABLE: Code = Code::new(
    "E-CPMSG-001",
    Exit::BadInput,
    "The ledger cannot read the body as a message of its type; the transaction is recorded as invalid and \
     nothing moves.",
    "Do not sign it; make the message again.",
);
/// A quantity that no send can carry.
pub static BAD_QUANTITY: Code = Code::new(
    "E-CPMSG-002",
    Exit::BadInput,
    "A send carries 1 to 2^63-1 base units of an asset; zero, negative and larger quantities are invalid on \
     the ledger.",
    "Check the quantity.",
);
/// Bitcoin in a message.
pub static BTC_NOT_MOVABLE: Code = Code::new(
    "E-CPMSG-003",
    Exit::BadInput,
    "No Counterparty message can move bitcoin.",
    "Send bitcoin with an ordinary payment.",
);
/// A memo that is too long.
pub static MEMO_TOO_LONG: Code = Code::new(
    "E-CPMSG-004",
    Exit::BadInput,
    "A memo has at most 34 bytes in sends and sweeps and 63 bytes in MPMA; letters beyond ASCII take 2 to 4 \
     bytes each.",
    "Shorten the memo.",
);
/// A memo whose hex or form is wrong.
pub static BAD_MEMO: Code = Code::new(
    "E-CPMSG-005",
    Exit::BadInput,
    "A hex memo has an even number of the digits 0-9 a-f and nothing else; an MPMA or sweep memo must be said \
     to be text or hex; an empty hex memo does not exist in MPMA.",
    "Correct the memo.",
);
/// A batch of fewer than two sends.
pub static TOO_FEW_SENDS: Code = Code::new(
    "E-CPMSG-006",
    Exit::BadInput,
    "An MPMA batch has at least two sends; with fewer the ledger calls it invalid.",
    "Use an ordinary send for one recipient.",
);
/// A batch beyond the limit.
pub static TOO_MANY_SENDS: Code = Code::new(
    "E-CPMSG-007",
    Exit::BadInput,
    "A batch has more sends than the limit of 1,000.",
    "Split the batch.",
);
/// The same asset and destination twice.
pub static DUPLICATE_SEND: Code = Code::new(
    "E-CPMSG-008",
    Exit::BadInput,
    "An MPMA batch pays each asset to each destination once; of duplicates the ledger refuses the batch or \
     silently drops one.",
    "Add the quantities up, or use a second batch.",
);
/// Sweep flags without meaning.
pub static BAD_FLAGS: Code = Code::new(
    "E-CPMSG-009",
    Exit::BadInput,
    "Sweep flags are 1 balances, 2 ownerships, 4 binary memo; at least one of 1 and 2, and 4 exactly when the \
     memo is hex.",
    "Correct the flags.",
);
/// A broadcast that the ledger would call invalid.
pub static BAD_BROADCAST: Code = Code::new(
    "E-CPMSG-010",
    Exit::BadInput,
    "A broadcast has a timestamp from 0 to 2^32-1, a finite value, a fee fraction below 1, a text of type \
     text/plain, and an OPTIONS text sets 0 or 1.",
    "Correct the broadcast.",
);
/// An issuance that the codec does not write.
pub static BAD_ISSUANCE: Code = Code::new(
    "E-CPMSG-011",
    Exit::BadInput,
    "An issuance names an asset other than BTC and XCP, states its divisibility, and has a description of \
     type text/plain.",
    "Correct the issuance.",
);
/// A message type that is not in force, or that is written in a typed form only.
pub static NOT_ACTIVE: Code = Code::new(
    "E-CPMSG-012",
    Exit::Refused,
    "The message type is not in force on this network at this height.",
    "Check network and height.",
);
/// A message without a type, or under a wrong name.
pub static BAD_TYPE: Code = Code::new(
    "E-CPMSG-013",
    Exit::BadInput,
    "A message written as raw body needs its type id and the name that belongs to it, and must not be of a \
     type that has a form of its own.",
    "Use the typed form, or correct type and type_id.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &UNREADABLE,
    &BAD_QUANTITY,
    &BTC_NOT_MOVABLE,
    &MEMO_TOO_LONG,
    &BAD_MEMO,
    &TOO_FEW_SENDS,
    &TOO_MANY_SENDS,
    &DUPLICATE_SEND,
    &BAD_FLAGS,
    &BAD_BROADCAST,
    &BAD_ISSUANCE,
    &NOT_ACTIVE,
    &BAD_TYPE,
];

/// A message: type id and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// 2: one asset to one destination.
    EnhancedSend(EnhancedSend),
    /// 3: many assets to many destinations.
    Mpma(Mpma),
    /// 4: everything to one destination.
    Sweep(Sweep),
    /// 30: a public text; `OPTIONS n` sets address options.
    Broadcast(Broadcast),
    /// 20 to 23: issuance, and transfer of ownership.
    Issuance(Issuance),
    /// Any other type, or no type at all.
    Other(Other),
    /// A body that the ledger reads and then always calls invalid.
    Unsound(Unsound),
}

impl Message {
    /// The name of the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::EnhancedSend(_) => "enhanced_send",
            Self::Mpma(_) => "mpma",
            Self::Sweep(_) => "sweep",
            Self::Broadcast(_) => "broadcast",
            Self::Issuance(_) => "issuance",
            Self::Other(other) => other.name(),
            Self::Unsound(unsound) => unsound.name,
        }
    }

    /// True when [`encode`] writes the message as these bytes.
    pub fn is_written_as(&self, data: &[u8], rules: &Rules) -> bool {
        encode(self, rules).is_ok_and(|bytes| bytes == data)
    }
}

/// Writes a message: type id and body, without prefix, before ARC4.
///
/// # Errors
/// One of [`CODES`] or of the address codes when the ledger would refuse the message, lose a part of it or
/// read something else; in a batch the error names the row.
pub fn encode(message: &Message, rules: &Rules) -> Result<Vec<u8>> {
    let (type_id, body) = match message {
        Message::EnhancedSend(send) => (enhanced_send::ID, send.encode(rules)?),
        Message::Mpma(batch) => (mpma::ID, batch.encode(rules)?),
        Message::Sweep(sweep) => (sweep::ID, sweep.encode(rules)?),
        Message::Broadcast(broadcast) => (broadcast::ID, broadcast.encode(rules)?),
        Message::Issuance(issuance) => issuance.encode(rules)?,
        Message::Other(other) => other.encode()?,
        Message::Unsound(unsound) => {
            return Err(
                BAD_TYPE.error(format!("{} that the ledger calls invalid: {}", unsound.name, unsound.why))
            );
        }
    };
    Ok([framing::pack(type_id, rules), body].concat())
}

/// Reads type id and body as the ledger does.
///
/// # Errors
/// [`UNREADABLE`] where the ledger finds no message of the type in the body.
pub fn decode(data: &[u8], rules: &Rules) -> Result<Message> {
    let Some((type_id, body)) = framing::split(data, rules) else {
        return Ok(Message::Other(Other { type_id: None, body: data.to_vec() }));
    };
    match type_id {
        enhanced_send::ID => enhanced_send::decode(body, rules),
        mpma::ID => mpma::decode(body, rules),
        sweep::ID => sweep::decode(body, rules),
        broadcast::ID => broadcast::decode(body, rules),
        issuance::FIRST_ID..=issuance::LAST_ID => issuance::decode(type_id, body, rules),
        _ => Ok(Message::Other(Other { type_id: Some(type_id), body: body.to_vec() })),
    }
}

/// True when the bytes are exactly what [`encode`] writes for the message that they are read as.
pub fn is_canonical(data: &[u8], rules: &Rules) -> bool {
    decode(data, rules).is_ok_and(|message| message.is_written_as(data, rules))
}

/// Checks what every send must hold: an asset that can move and a quantity from 1.
fn check_movable(asset: super::asset::AssetId, quantity: crate::amount::Quantity) -> Result<()> {
    if asset == super::asset::AssetId::BTC {
        return Err(BTC_NOT_MOVABLE.error("the asset is BTC"));
    }
    if quantity.to_base_units() == 0 {
        return Err(BAD_QUANTITY.error(format!("zero base units of {asset}")));
    }
    Ok(())
}
