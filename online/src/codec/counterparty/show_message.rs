//! From a message to its JSON.

use airlock::amount::plain_units;
use airlock::counterparty::message::{Broadcast, Memo, Message, Number, framing};
use airlock::counterparty::rules::Rules;
use bitcoin::hex::DisplayHex as _;
use serde_json::{Map, Value, json};

use super::integer;

/// The message as an object; `data` is what it was read from and tells the type id.
pub(super) fn show(message: &Message, data: &[u8], rules: &Rules) -> Value {
    let type_id = framing::split(data, rules).map(|(type_id, _)| type_id);
    let mut shown = Map::new();
    shown.insert("type".to_owned(), message.type_name().into());
    shown.insert("type_id".to_owned(), type_id.into());
    let fields = match message {
        Message::EnhancedSend(send) => json!({
            "asset": send.asset.name(),
            "quantity": send.quantity.to_base_units().to_string(),
            "destination": send.destination,
            "memo": memo(send.memo.as_ref()),
        }),
        Message::Mpma(batch) => {
            let sends = batch.sends.iter().map(|send| {
                json!({
                    "asset": send.asset.name(),
                    "destination": send.destination,
                    "quantity": send.quantity.to_base_units().to_string(),
                    "memo": memo(send.memo.as_ref()),
                })
            });
            json!({ "sends": sends.collect::<Vec<_>>(), "memo": memo(batch.memo.as_ref()) })
        }
        Message::Sweep(sweep) => json!({
            "destination": sweep.destination,
            "flags": integer(sweep.flags),
            "memo": memo(sweep.memo.as_ref()),
        }),
        Message::Broadcast(broadcast) => broadcast_fields(broadcast),
        Message::Issuance(issuance) => {
            let mut fields = json!({
                "asset": issuance.asset.name(),
                "quantity": issuance.quantity.to_base_units().to_string(),
                "divisible": issuance.divisible,
                "lock": issuance.lock,
                "reset": issuance.reset,
                "description": issuance.description,
                "mime_type": issuance.mime_type,
            });
            if let (Some(longname), Some(fields)) = (&issuance.longname, fields.as_object_mut()) {
                fields.insert("longname".to_owned(), longname.clone().into());
            }
            fields
        }
        Message::Other(other) => json!({ "body": other.body.to_lower_hex_string() }),
        Message::Unsound(unsound) => Value::Object(unsound.fields.clone()),
    };
    if let Value::Object(fields) = fields {
        shown.extend(fields);
    }
    Value::Object(shown)
}

fn memo(memo: Option<&Memo>) -> Value {
    memo.map_or(Value::Null, Memo::to_json)
}

fn broadcast_fields(broadcast: &Broadcast) -> Value {
    let fee: f64 = plain_units(broadcast.fee_fraction, 8).parse().unwrap_or_default();
    json!({
        "timestamp": integer(broadcast.timestamp),
        "value": match broadcast.value {
            Number::Integer(number) if number.unsigned_abs() > (1 << 53) => number.to_string().into(),
            Number::Integer(number) => Value::from(number),
            Number::Double(double) if !double.to_f64().is_finite() => double.to_f64().to_string().into(),
            Number::Double(double) => Value::from(double.to_f64()),
        },
        "fee_fraction": fee,
        "text": broadcast.text,
        "mime_type": broadcast.mime_type,
    })
}
