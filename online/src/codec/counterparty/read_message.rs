//! From the JSON of a message to the message.

use airlock::Result;
use airlock::amount::{self, Quantity};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::cbor::Double;
use airlock::counterparty::message::{
    Broadcast, EnhancedSend, Issuance, Memo, Message, Mpma, MpmaSend, Number, Other, Sweep, framing, other,
};
use airlock::counterparty::rules::Rules;
use airlock::text::Printable;
use serde_json::Value;

use super::{BAD_LINE, Members, hex};

const TYPE: &str = "type";
const TYPE_ID: &str = "type_id";

pub(super) fn read(message: &Value, rules: &Rules) -> Result<Message> {
    let kind = message.get(TYPE).and_then(Value::as_str);
    let kind = kind.ok_or_else(|| BAD_LINE.error("the message has no member 'type'"))?;
    match kind {
        "enhanced_send" => enhanced_send(message).map(Message::EnhancedSend),
        "mpma" => mpma(message, rules).map(Message::Mpma),
        "sweep" => sweep(message).map(Message::Sweep),
        "broadcast" => broadcast(message).map(Message::Broadcast),
        "issuance" => issuance(message).map(Message::Issuance),
        name => raw(message, name).map(Message::Other),
    }
}

/// A type id in the message must be the one that is written.
pub(super) fn check_type_id(message: &Value, data: &[u8], rules: &Rules) -> Result<()> {
    let written = framing::split(data, rules).map(|(type_id, _)| u64::from(type_id));
    match message.get(TYPE_ID) {
        None => Ok(()),
        Some(given) if given.as_u64() == written => Ok(()),
        Some(given) => {
            let given = Printable::new(&given.to_string()).to_string();
            let written = written.map_or("none".to_owned(), |written| written.to_string());
            Err(BAD_LINE.error(format!("type_id is {given}, but {written} is written")))
        }
    }
}

fn enhanced_send(message: &Value) -> Result<EnhancedSend> {
    let message = Members::of(message, &[TYPE, TYPE_ID, "asset", "quantity", "destination", "memo"])?;
    Ok(EnhancedSend {
        asset: AssetId::from_name(message.text("asset")?)?,
        quantity: Quantity::new(message.integer("quantity")?)?,
        destination: message.text("destination")?.to_owned(),
        memo: memo(message)?,
    })
}

fn mpma(message: &Value, rules: &Rules) -> Result<Mpma> {
    let message = Members::of(message, &[TYPE, TYPE_ID, "sends", "memo"])?;
    let sends = message.list("sends")?.iter().zip(1usize..);
    let sends = sends.map(|(send, row)| mpma_send(send).map_err(|e| e.at(format!("row {row}"))));
    let batch = Mpma { sends: sends.collect::<Result<_>>()?, memo: memo(message)? };
    batch.check(rules)?;
    Ok(batch.in_reference_order(|send| send.asset.name()))
}

fn mpma_send(send: &Value) -> Result<MpmaSend> {
    let send = Members::of(send, &["asset", "quantity", "destination", "memo"])?;
    Ok(MpmaSend {
        asset: AssetId::from_name(send.text("asset")?)?,
        destination: send.text("destination")?.to_owned(),
        quantity: Quantity::new(send.integer("quantity")?)?,
        memo: memo(send)?,
    })
}

fn sweep(message: &Value) -> Result<Sweep> {
    let message = Members::of(message, &[TYPE, TYPE_ID, "destination", "flags", "memo"])?;
    Ok(Sweep {
        destination: message.text("destination")?.to_owned(),
        flags: message.integer("flags")?,
        memo: memo(message)?,
    })
}

fn broadcast(message: &Value) -> Result<Broadcast> {
    let allowed = [TYPE, TYPE_ID, "timestamp", "value", "fee_fraction", "text", "mime_type"];
    let message = Members::of(message, &allowed)?;
    Ok(Broadcast {
        timestamp: message.integer("timestamp")?,
        value: match message.optional("value") {
            None => Number::Double(Double::new(0.0)),
            Some(value) => number(value)?,
        },
        fee_fraction: match message.optional("fee_fraction") {
            None => 0,
            Some(Value::String(text)) => amount::parse_units(text, 8)?,
            // The shortest decimal that means the number; nothing is rounded.
            Some(Value::Number(number)) => match number.as_f64() {
                Some(double) if number.is_f64() => amount::parse_units(&double.to_string(), 8)?,
                _ => amount::parse_units(&number.to_string(), 8)?,
            },
            Some(_) => return Err(BAD_LINE.error("member 'fee_fraction' is not a number")),
        },
        text: message.text("text")?.to_owned(),
        mime_type: message.text_or("mime_type", "")?.to_owned(),
    })
}

/// A number with a point or an exponent is a double, one without an integer.
fn number(value: &Value) -> Result<Number> {
    let integer = value.as_str().map_or_else(|| value.as_i64(), |digits| digits.parse().ok());
    let double = value.as_f64().filter(|_| value.is_f64());
    integer
        .map(Number::Integer)
        .or_else(|| double.map(|double| Number::Double(Double::new(double))))
        .ok_or_else(|| BAD_LINE.error("member 'value' is not a number in range"))
}

fn issuance(message: &Value) -> Result<Issuance> {
    let allowed = [
        TYPE,
        TYPE_ID,
        "asset",
        "quantity",
        "divisible",
        "lock",
        "reset",
        "description",
        "mime_type",
        "longname",
    ];
    let message = Members::of(message, &allowed)?;
    Ok(Issuance {
        asset: AssetId::from_name(message.text("asset")?)?,
        quantity: Quantity::new(message.integer("quantity")?)?,
        divisible: message.flag("divisible")?,
        lock: message.flag_or("lock", false)?,
        reset: message.flag_or("reset", false)?,
        description: message
            .optional("description")
            .map(|_| message.text("description").map(str::to_owned))
            .transpose()?,
        mime_type: message.text_or("mime_type", "")?.to_owned(),
        longname: message
            .optional("longname")
            .map(|_| message.text("longname").map(str::to_owned))
            .transpose()?,
    })
}

fn raw(message: &Value, name: &str) -> Result<Other> {
    let message = Members::of(message, &[TYPE, TYPE_ID, "body"])?;
    let type_id = message.integer_u32(TYPE_ID)?;
    if other::name_of(type_id) != name {
        let name = Printable::new(name);
        return Err(BAD_LINE.error(format!("type {type_id} is '{}', not '{name}'", other::name_of(type_id))));
    }
    Ok(Other { type_id: Some(type_id), body: message.hex("body")? })
}

/// `{"text":…}`, `{"hex":…}`, or the form of answers, whose bytes stand in `hex`.
fn memo(message: Members<'_>) -> Result<Option<Memo>> {
    let Some(value) = message.optional("memo") else { return Ok(None) };
    let memo = Members::of(value, &["text", "hex", "form"])?;
    if !memo.has("form") {
        return match (memo.has("text"), memo.has("hex")) {
            (true, false) => Ok(Some(Memo::Text(memo.text("text")?.to_owned()))),
            (false, true) => Memo::from_hex(memo.text("hex")?).map(Some),
            _ => Err(BAD_LINE.error("a memo has either 'text' or 'hex'")),
        };
    }
    let bytes = hex(memo.text("hex")?, "hex")?;
    let text = String::from_utf8(bytes.clone()).ok();
    if memo.optional("text").is_some() && Some(memo.text("text")?) != text.as_deref() {
        return Err(BAD_LINE.error("'text' and 'hex' of the memo differ"));
    }
    match (memo.text_or("form", "")?, text) {
        ("", _) => Ok(Some(Memo::Unknown(bytes))),
        ("hex", _) => Ok(Some(Memo::Hex(bytes))),
        ("text", Some(text)) => Ok(Some(Memo::Text(text))),
        ("text", None) => Err(BAD_LINE.error("the text memo is not UTF-8")),
        (other, _) => Err(BAD_LINE.error(format!("a memo has no form '{}'", Printable::new(other)))),
    }
}
