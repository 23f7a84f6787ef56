//! Broadcast, message 30, and the address options in its text (counterparty.md 4.4).

use serde_json::{Map, Value as Json};

use super::legacy::Fields;
use super::{BAD_BROADCAST, Message, UNREADABLE, Unsound, mime};
use crate::counterparty::cbor::{self, Double, Value};
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;
use crate::text::Printable;

/// The type id.
pub const ID: u32 = 30;
/// A fee fraction of 1, in the units of [`Broadcast::fee_fraction`].
pub const FEE_FRACTION_ONE: u64 = 100_000_000;

/// The number that a broadcast publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// An integer, as JSON-RPC callers give it.
    Integer(i64),
    /// A double.
    Double(Double),
}

/// A public text with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Seconds since 1970; must grow from broadcast to broadcast of one source.
    pub timestamp: u64,
    /// The number; 0 on an address that nobody bets on.
    pub value: Number,
    /// The feed's fee, in 10^-8; below [`FEE_FRACTION_ONE`].
    pub fee_fraction: u64,
    /// The text; for a MIME type that is no text the hex of the content.
    pub text: String,
    /// The MIME type as it is written; empty means text/plain.
    pub mime_type: String,
}

/// What a text does to the options of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsReading {
    /// An ordinary text.
    None,
    /// Sets the options: 1 requires memos, 0 does not.
    Sets(u8),
    /// The ledger calls the broadcast invalid.
    Invalid,
}

impl Broadcast {
    /// What the ledger reads in the text about address options.
    pub fn options(&self) -> OptionsReading {
        if !self.text.to_lowercase().starts_with("options") {
            return OptionsReading::None;
        }
        let mut parts = self.text.split(' ');
        let (Some(_), Some(number), None) = (parts.next(), parts.next(), parts.next()) else {
            return OptionsReading::None;
        };
        match lenient_integer(number) {
            Some(0) => OptionsReading::Sets(0),
            Some(1) => OptionsReading::Sets(1),
            _ => OptionsReading::Invalid,
        }
    }

    /// True for the text that locks the feed for ever.
    pub fn locks_feed(&self) -> bool {
        self.text.to_lowercase() == "lock"
    }

    pub(super) fn encode(&self, rules: &Rules) -> Result<Vec<u8>> {
        let refuse = |why: String| BAD_BROADCAST.error(why);
        let timestamp = u32::try_from(self.timestamp)
            .map_err(|_| refuse(format!("timestamp {} is beyond 2^32-1", self.timestamp)))?;
        let fee = u32::try_from(self.fee_fraction)
            .ok()
            .filter(|_| self.fee_fraction < FEE_FRACTION_ONE)
            .ok_or_else(|| {
                refuse(format!("fee fraction {} of 100000000 is not below 1", self.fee_fraction))
            })?;
        if let Number::Double(double) = self.value
            && !double.to_f64().is_finite()
        {
            return Err(refuse("the value is not finite".to_owned()));
        }
        if !mime::is_plain(&self.mime_type) {
            return Err(refuse(format!("MIME type '{}' is not written", Printable::new(&self.mime_type))));
        }
        if self.options() == OptionsReading::Invalid {
            return Err(refuse(format!(
                "'{}' sets no option: 0 or 1 must follow",
                Printable::new(&self.text)
            )));
        }
        let text = self.text.as_bytes();
        if rules.is_active(Change::TaprootSupport) {
            return Ok(cbor::write(&Value::Array(vec![
                Value::Integer(timestamp.into()),
                match self.value {
                    Number::Integer(integer) => Value::Integer(integer.into()),
                    Number::Double(double) => Value::Double(double),
                },
                Value::Integer(fee.into()),
                Value::Text(self.mime_type.clone()),
                Value::Bytes(text.to_vec()),
            ])));
        }
        if !self.mime_type.is_empty() {
            return Err(refuse(format!("a MIME type is not in force at height {}", rules.height())));
        }
        let value = match self.value {
            Number::Double(double) => double,
            Number::Integer(integer) => i32::try_from(integer)
                .map(|integer| Double::new(f64::from(integer)))
                .map_err(|_| refuse(format!("the integer value {integer} does not fit")))?,
        };
        Ok([
            &timestamp.to_be_bytes()[..],
            &value.to_bits().to_be_bytes(),
            &fee.to_be_bytes(),
            &bitcoin::consensus::serialize(&bitcoin::VarInt::from(text.len())),
            text,
        ]
        .concat())
    }
}

/// Python's reading of an integer: blanks around it, a sign, single underscores between digits.
fn lenient_integer(text: &str) -> Option<i64> {
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let mut number: Option<i64> = None;
    for character in digits.chars().filter(|character| *character != '_') {
        let digit = i64::from(character.to_digit(10)?);
        number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
    }
    number.map(|number| if negative { number.saturating_neg() } else { number })
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
    let mut fields = Fields::new(body);
    let (Some(timestamp), Some(value), Some(fee)) = (fields.u32(), fields.u64(), fields.u32()) else {
        return Err(UNREADABLE.error(format!("{} bytes, at least 16 are needed", body.len())));
    };
    let rest = fields.rest();
    let length = compact_size(rest).ok_or_else(|| UNREADABLE.error("the length of the text is cut short"))?;
    // The ledger takes the last bytes, whatever stands between the length and them.
    let text = usize::try_from(length)
        .ok()
        .and_then(|length| rest.len().checked_sub(length))
        .and_then(|start| rest.get(start..))
        .ok_or_else(|| UNREADABLE.error(format!("a text of {length} bytes in {} bytes", rest.len())))?;
    Ok(Message::Broadcast(Broadcast {
        timestamp: timestamp.into(),
        value: Number::Double(Double::from_bits(value)),
        fee_fraction: fee.into(),
        text: String::from_utf8(text.to_vec()).unwrap_or_default(),
        mime_type: String::new(),
    }))
}

/// Bitcoin's compact size, which need not be the shortest here.
fn compact_size(bytes: &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let size = match first {
        0xfd => 2,
        0xfe => 4,
        0xff => 8,
        small => return Some(u64::from(*small)),
    };
    Some(rest.get(..size)?.iter().rev().fold(0u64, |number, byte| (number << 8) | u64::from(*byte)))
}

fn decode_cbor(body: &[u8], rules: &Rules) -> Option<Message> {
    let items: [Value; 5] = cbor::read(body)?.into_items()?.try_into().ok()?;
    let [timestamp, value, fee, mime_type, content] = items;
    let mime_type = mime::read(mime_type, rules)?;
    let text = mime::show(content.as_bytes()?, &mime_type, rules)?;
    let number = if let Value::Double(double) = &value {
        Some(Number::Double(*double))
    } else {
        value.as_integer().and_then(|number| i64::try_from(number).ok()).map(Number::Integer)
    };
    let whole = |value: &Value| value.as_integer().and_then(|number| u64::try_from(number).ok());
    if let (Some(timestamp), Some(value), Some(fee_fraction)) = (whole(&timestamp), number, whole(&fee)) {
        return Some(Message::Broadcast(Broadcast { timestamp, value, fee_fraction, text, mime_type }));
    }
    let fields: Map<String, Json> = [
        ("timestamp".to_owned(), format!("{timestamp:?}").into()),
        ("value".to_owned(), format!("{value:?}").into()),
        ("fee_fraction".to_owned(), format!("{fee:?}").into()),
        ("text".to_owned(), text.into()),
        ("mime_type".to_owned(), mime_type.into()),
    ]
    .into_iter()
    .collect();
    let why = "timestamp, value or fee fraction is no number in range".to_owned();
    Some(Message::Unsound(Unsound { type_id: ID, name: "broadcast", fields, why }))
}
