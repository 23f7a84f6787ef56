//! What a transaction itself says of a row that a ledger tells: the data of sends stands in the block, and the row must
//! be in it.

use airlock::amount::Quantity;
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::{Memo, Message, Other};
use airlock::counterparty::rules::Rules;
use airlock::counterparty::transaction::{self, Decoded, Options, Reading, Reason};
use bitcoin::Transaction;

use crate::deposits::memo;
use crate::source::counterparty::Credit;

/// What follows from the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It says the same.
    Same,
    /// It cannot say it: the ledger's word stands alone.
    Nothing,
    /// It says otherwise, and how.
    Otherwise(String),
}

/// The type of the message that gives credits of a kind, where there must be one.
const TYPES: [(&str, &str); 3] = [("dividend", "dividend"), ("attach", "attach"), ("detach", "detach")];

/// Holds a row that credits `address` against its transaction.
pub(super) fn told(transaction: &Transaction, address: &str, row: &Credit, rules: &Rules) -> Told {
    let is_send = matches!(row.kind.as_str(), "send" | "mpma");
    let wants = TYPES.iter().find(|(kind, _)| *kind == row.kind).map(|(_, name)| *name);
    if !is_send && wants.is_none() && row.kind != "sweep" {
        return Told::Nothing;
    }
    let options = Options { assume_signed: false, open_dispensers: &[] };
    let decoded = match transaction::decode(transaction, &|_| None, rules, &options) {
        Reading::Seen(decoded) => decoded,
        Reading::NotSeen(Reason::UnreadablePair | Reason::NotAnEnvelope) => return Told::Nothing,
        Reading::NotSeen(reason) => {
            return Told::Otherwise(format!(
                "the ledger does not look at the transaction ({})",
                reason.name()
            ));
        }
    };
    let Some(message) = &decoded.message else {
        return Told::Otherwise("the transaction has no message that can be read".to_owned());
    };
    let same = match (message, wants) {
        (_, Some(name)) => message.type_name() == name,
        (Message::Sweep(sweep), None) => {
            row.kind == "sweep" && sweep.destination == address && memo_is(row, sweep.memo.as_ref())
        }
        (Message::EnhancedSend(send), None) => {
            is_send
                && send.destination == address
                && money_is(row, send.asset, send.quantity)
                && memo_is(row, send.memo.as_ref())
        }
        (Message::Mpma(batch), None) => {
            is_send
                && batch.sends.iter().any(|send| {
                    send.destination == address
                        && money_is(row, send.asset, send.quantity)
                        && memo_is(row, batch.memo_of(send))
                })
        }
        (Message::Other(other), None) => is_send && old_send_is(row, address, &decoded, other),
        (Message::Broadcast(_) | Message::Issuance(_) | Message::Unsound(_), None) => false,
    };
    match same {
        true => Told::Same,
        false => Told::Otherwise(format!("the transaction is {} that says otherwise", message.type_name())),
    }
}

/// A send of type 0: asset and quantity of 8 bytes each, the destination is an output.
fn old_send_is(row: &Credit, address: &str, decoded: &Decoded, other: &Other) -> bool {
    let number = |at: usize| other.body.get(at..).and_then(|rest| rest.first_chunk::<8>()).copied();
    let (Some(asset), Some(quantity)) = (number(0), number(8)) else { return false };
    let asset = AssetId::new(u64::from_be_bytes(asset)).ok();
    let quantity = Quantity::new(u64::from_be_bytes(quantity)).ok();
    other.type_id == Some(0)
        && decoded.destination.as_deref() == Some(address)
        && asset.zip(quantity).is_some_and(|(asset, quantity)| money_is(row, asset, quantity))
        && memo_is(row, None)
}

fn money_is(row: &Credit, asset: AssetId, quantity: Quantity) -> bool {
    row.quantity == quantity && AssetId::from_name(&row.asset).is_ok_and(|named| named == asset)
}

/// The server writes a text memo as it is and others as hex.
fn memo_is(row: &Credit, memo: Option<&Memo>) -> bool {
    let said = memo.map(Memo::as_bytes).filter(|bytes| !bytes.is_empty());
    let told = row.memo.as_ref().filter(|memo| !memo.written.is_empty());
    match (told, said) {
        (None, None) => true,
        (Some(told), Some(said)) => memo::bytes(told) == said || told.written.as_bytes() == said,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
