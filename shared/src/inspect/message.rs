//! What the Counterparty ledger sees in a transaction, as lines and as JSON.

use bitcoin::Transaction;
use bitcoin::hex::DisplayHex;
use serde_json::{Value, json};

use crate::counterparty::message::{Memo, Message, Number, OptionsReading};
use crate::counterparty::rules::Rules;
use crate::counterparty::transaction::{Decoded, Lookup, Options, Reading, decode};
use crate::network::BitcoinNetwork;
use crate::text::Printable;

/// Reads a transaction under the newest rules; nothing where the ledger would see nothing.
pub(super) fn inspect(
    tx: &Transaction,
    previous: Lookup<'_>,
    network: BitcoinNetwork,
    is_signed: bool,
) -> Option<(Vec<String>, Value)> {
    let options = Options { assume_signed: !is_signed, open_dispensers: &[] };
    match decode(tx, previous, &Rules::newest(network), &options) {
        Reading::Seen(decoded) => Some((lines(&decoded), to_json(&decoded))),
        Reading::NotSeen(_) => None,
    }
}

fn lines(decoded: &Decoded) -> Vec<String> {
    let carrier = decoded.carrier.map_or("plain payment", |carrier| carrier.name());
    let name = decoded.message.as_ref().map_or("unreadable message", Message::type_name);
    let mut lines = vec![format!("Counterparty: {name} ({carrier})")];
    match &decoded.source {
        Some(source) => lines.push(format!("  source       {}", Printable::new(source))),
        None => lines.push("  source       unknown: a previous transaction is not here".to_owned()),
    }
    if let Some(destination) = &decoded.destination {
        lines.push(format!("  destination  {}", Printable::new(destination)));
    }
    lines.extend(decoded.message.iter().flat_map(details).map(|line| format!("  {line}")));
    lines.extend(decoded.message_error.iter().map(|error| format!("  not read: {}", error.what())));
    if !decoded.executed {
        lines.push("  recorded by the ledger, not executed".to_owned());
    }
    lines
}

fn details(message: &Message) -> Vec<String> {
    match message {
        Message::EnhancedSend(send) => {
            let mut lines = vec![format!(
                "send         {} base units of {} to {}",
                send.quantity.to_base_units(),
                send.asset,
                Printable::new(&send.destination)
            )];
            lines.extend(send.memo.as_ref().map(memo_line));
            lines
        }
        Message::Mpma(batch) => {
            let mut lines = vec![format!("{} sends", batch.sends.len())];
            for (index, send) in batch.sends.iter().enumerate() {
                let memo = batch.memo_of(send).map_or(String::new(), |memo| format!("  {}", memo_line(memo)));
                lines.push(format!(
                    "{:>4}  {} base units of {} to {}{memo}",
                    index.saturating_add(1),
                    send.quantity.to_base_units(),
                    send.asset,
                    Printable::new(&send.destination)
                ));
            }
            lines
        }
        Message::Sweep(sweep) => {
            let mut lines = vec![format!(
                "sweep        to {}, flags {}",
                Printable::new(&sweep.destination),
                sweep.flags
            )];
            lines.extend(sweep.memo.as_ref().map(memo_line));
            lines
        }
        Message::Broadcast(broadcast) => {
            let mut lines = vec![format!("text         \"{}\"", Printable::new(&broadcast.text))];
            if let OptionsReading::Sets(options) = broadcast.options() {
                let requires = if options == 1 { "requires" } else { "no longer requires" };
                lines.push(format!("the address {requires} a memo on incoming sends"));
            }
            lines
        }
        Message::Issuance(issuance) => vec![format!(
            "issuance     {} base units of {}, divisible {}, lock {}, reset {}",
            issuance.quantity.to_base_units(),
            issuance.asset,
            issuance.divisible,
            issuance.lock,
            issuance.reset
        )],
        Message::Other(other) => vec![format!("body         {}", clipped_hex(&other.body))],
        Message::Unsound(unsound) => vec![format!("always invalid: {}", Printable::new(&unsound.why))],
    }
}

fn memo_line(memo: &Memo) -> String {
    let hex = memo.as_bytes().to_lower_hex_string();
    match memo.as_text() {
        Some(text) => format!("memo         \"{}\" (hex {hex})", Printable::new(text)),
        None => format!("memo         hex {hex}"),
    }
}

fn clipped_hex(bytes: &[u8]) -> Printable {
    Printable::new(&bytes.to_lower_hex_string())
}

fn to_json(decoded: &Decoded) -> Value {
    json!({
        "carrier": decoded.carrier.map(|carrier| carrier.name()),
        "source": decoded.source,
        "destination": decoded.destination,
        "btc_amount": decoded.btc_amount.to_string(),
        "data": decoded.data.to_lower_hex_string(),
        "type": decoded.message.as_ref().map(Message::type_name),
        "message": decoded.message.as_ref().map(message_json),
        "message_error": decoded.message_error.as_ref().map(|error| error.what()),
        "executed": decoded.executed,
    })
}

fn message_json(message: &Message) -> Value {
    let memo = |memo: Option<&Memo>| memo.map_or(Value::Null, Memo::to_json);
    match message {
        Message::EnhancedSend(send) => json!({
            "asset": send.asset.name(), "quantity": send.quantity.to_base_units().to_string(),
            "destination": send.destination, "memo": memo(send.memo.as_ref()),
        }),
        Message::Mpma(batch) => {
            let row = |send: &crate::counterparty::message::MpmaSend| {
                json!({
                    "asset": send.asset.name(), "quantity": send.quantity.to_base_units().to_string(),
                    "destination": send.destination, "memo": memo(batch.memo_of(send)),
                })
            };
            json!({ "sends": batch.sends.iter().map(row).collect::<Vec<_>>() })
        }
        Message::Sweep(sweep) => json!({
            "destination": sweep.destination, "flags": sweep.flags.to_string(), "memo": memo(sweep.memo.as_ref()),
        }),
        Message::Broadcast(broadcast) => json!({
            "text": broadcast.text, "timestamp": broadcast.timestamp.to_string(),
            "value": match broadcast.value {
                Number::Integer(number) => number.to_string(),
                Number::Double(double) => double.to_f64().to_string(),
            },
            "fee_fraction": broadcast.fee_fraction.to_string(), "mime_type": broadcast.mime_type,
        }),
        Message::Issuance(issuance) => json!({
            "asset": issuance.asset.name(), "quantity": issuance.quantity.to_base_units().to_string(),
            "divisible": issuance.divisible, "lock": issuance.lock, "reset": issuance.reset,
            "description": issuance.description, "longname": issuance.longname,
        }),
        Message::Other(other) => {
            json!({ "type_id": other.type_id, "body": other.body.to_lower_hex_string() })
        }
        Message::Unsound(unsound) => json!({ "why": unsound.why, "fields": unsound.fields }),
    }
}
