//! Sweep, message 4 (counterparty.md 4.3).

use serde_json::{Map, Value as Json};

use super::legacy::Fields;
use super::memo::MAX_SEND_MEMO;
use super::{BAD_FLAGS, BAD_MEMO, Memo, Message, NOT_ACTIVE, UNREADABLE, Unsound};
use crate::counterparty::address::{self, Form};
use crate::counterparty::cbor::{self, Value};
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;

/// The type id.
pub const ID: u32 = 4;
/// Moves every balance of the source.
pub const FLAG_BALANCES: u64 = 1;
/// Moves the ownership of every asset of the source.
pub const FLAG_OWNERSHIP: u64 = 2;
/// The memo is bytes, not text.
pub const FLAG_BINARY_MEMO: u64 = 4;

/// Everything to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// To whom: an address, or whatever text the ledger makes of the bytes.
    pub destination: String,
    /// What moves, and what the memo is.
    pub flags: u64,
    /// The memo; an empty one is none.
    pub memo: Option<Memo>,
}

impl Sweep {
    pub(super) fn encode(&self, rules: &Rules) -> Result<Vec<u8>> {
        if !rules.is_active(Change::SweepSend) {
            return Err(NOT_ACTIVE.error(format!("sweeps are not in force at height {}", rules.height())));
        }
        let flags = self.check_flags()?;
        let form = Form::of(rules);
        let (packed, _) = address::pack_exactly(&self.destination, form, rules)?;
        let memo = self.memo.as_ref().map(Memo::as_bytes).unwrap_or_default();
        Ok(match form {
            Form::New => cbor::write(&Value::Array(vec![
                Value::Bytes(packed),
                Value::Integer(flags.into()),
                Value::Bytes(memo.to_vec()),
            ])),
            Form::Legacy => [&packed[..], &[flags], memo].concat(),
        })
    }

    fn check_flags(&self) -> Result<u8> {
        let flags = u8::try_from(self.flags).ok().filter(|flags| *flags <= 7);
        let flags = flags.ok_or_else(|| BAD_FLAGS.error(format!("flags {}, at most 7", self.flags)))?;
        if self.flags & (FLAG_BALANCES | FLAG_OWNERSHIP) == 0 {
            return Err(BAD_FLAGS.error(format!("flags {flags} move nothing: neither 1 nor 2 is set")));
        }
        let Some(memo) = self.memo.as_ref().filter(|memo| !memo.as_bytes().is_empty()) else {
            return Ok(flags);
        };
        memo.check_length(MAX_SEND_MEMO)?;
        let binary = self.flags & FLAG_BINARY_MEMO != 0;
        match memo {
            Memo::Hex(_) if !binary => {
                Err(BAD_FLAGS.error(format!("a hex memo needs flag 4; flags are {flags}")))
            }
            Memo::Text(_) if binary => {
                Err(BAD_FLAGS.error(format!("a text memo must not have flag 4; flags are {flags}")))
            }
            Memo::Unknown(_) => Err(BAD_MEMO.error("the memo is neither said to be text nor hex")),
            Memo::Hex(_) | Memo::Text(_) => Ok(flags),
        }
    }
}

/// Reads CBOR where it is in force, else or if that fails the fixed layout.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn decode(body: &[u8], rules: &Rules) -> Result<Message> {
    if rules.is_active(Change::TaprootSupport)
        && let Some(message) = decode_cbor(body, rules)
    {
        return Ok(message);
    }
    if body.len() > 22 + MAX_SEND_MEMO {
        return Err(UNREADABLE.error(format!("the memo is too long: {} bytes of body", body.len())));
    }
    let mut fields = Fields::new(body);
    let (Some(packed), Some(flags)) = (fields.bytes(21), fields.u8()) else {
        return Err(UNREADABLE.error(format!("{} bytes, at least 22 are needed", body.len())));
    };
    let flags = u64::from(flags);
    let memo = match fields.rest() {
        [] => None,
        bytes if flags & FLAG_BINARY_MEMO != 0 => Some(Memo::Hex(bytes.to_vec())),
        bytes => Some(Memo::Text(
            String::from_utf8(bytes.to_vec()).map_err(|_| UNREADABLE.error("the text memo is not UTF-8"))?,
        )),
    };
    let destination = address::unpack(packed, rules)?;
    Ok(Message::Sweep(Sweep { destination, flags, memo }))
}

fn decode_cbor(body: &[u8], rules: &Rules) -> Option<Message> {
    let items: [Value; 3] = cbor::read(body)?.into_items()?.try_into().ok()?;
    let [packed, flags, memo] = items;
    let memo = read_memo(&memo, &flags)?;
    let destination = address::unpack(packed.as_bytes()?, rules).ok()?;
    if let Value::Integer(number) = flags
        && let Ok(flags) = u64::try_from(number)
    {
        return Some(Message::Sweep(Sweep { destination, flags, memo }));
    }
    let shown = if let Value::Text(text) = flags { text } else { format!("{flags:?}") };
    let fields: Map<String, Json> = [
        ("destination".to_owned(), destination.into()),
        ("flags".to_owned(), shown.into()),
        ("memo".to_owned(), memo.as_ref().map_or(Json::Null, Memo::to_json)),
    ]
    .into_iter()
    .collect();
    let why = "the flags are no number from 0".to_owned();
    Some(Message::Unsound(Unsound { type_id: ID, name: "sweep", fields, why }))
}

/// The memo as the ledger reads it: without flag 4 a text, bytes that are none as the text of their hex.
#[expect(clippy::option_option, reason = "outer: readable at all, inner: is there a memo")]
fn read_memo(memo: &Value, flags: &Value) -> Option<Option<Memo>> {
    if memo.length()? == 0 {
        return Some(None);
    }
    let binary = flags.as_integer()? & i128::from(FLAG_BINARY_MEMO) != 0;
    Some(match (memo, binary) {
        (Value::Bytes(bytes), true) => Some(Memo::Hex(bytes.clone())),
        (Value::Bytes(bytes), false) => Some(Memo::Text(match String::from_utf8(bytes.clone()) {
            Ok(text) => text,
            Err(_) => bitcoin::hex::DisplayHex::to_lower_hex_string(&bytes[..]),
        })),
        (Value::Text(text), true) => Some(Memo::Text(text.clone())),
        (_, true) => None,
        (_, false) => return None,
    })
}
