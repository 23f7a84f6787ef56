//! XRPL transactions, from their blob or from JSON.

use bitcoin::hex::DisplayHex;
use serde_json::{Value, json};

use super::{Inspection, inspection};
use crate::error::Result;
use crate::text::Printable;
use crate::xrp::{Field, Transaction};

/// Reads a `tx_blob`.
pub(super) fn blob(bytes: &[u8]) -> Result<Inspection> {
    Ok(inspect(&Transaction::from_blob(bytes)?))
}

/// Reads transaction JSON.
pub(super) fn json(value: &Value) -> Result<Inspection> {
    Ok(inspect(&Transaction::from_json(value)?))
}

fn inspect(transaction: &Transaction) -> Inspection {
    let headline = format!("XRPL transaction: {}, {}", kind(transaction), state(transaction));
    inspection("xrpl-transaction", headline, lines(transaction), to_json(transaction))
}

/// The fields, one on each line.
pub(super) fn lines(transaction: &Transaction) -> Vec<String> {
    let json = transaction.to_json();
    let mut lines: Vec<String> = transaction
        .fields()
        .map(|(field, _)| format!("{:<20} {}", field.name(), value(field, transaction, &json)))
        .collect();
    lines.extend(transaction.hash().map(|hash| format!("{:<20} {}", "hash", hash.to_upper_hex_string())));
    lines
}

/// The transaction for programs.
pub(super) fn to_json(transaction: &Transaction) -> Value {
    json!({
        "tx_json": transaction.to_json(),
        "tx_blob": transaction.to_blob().to_upper_hex_string(),
        "hash": transaction.hash().map(|hash| hash.to_upper_hex_string()),
        "signed": transaction.is_signed(),
    })
}

fn kind(transaction: &Transaction) -> String {
    let json = transaction.to_json();
    let name = json.get(Field::TransactionType.name()).and_then(Value::as_str).unwrap_or_default();
    Printable::new(name).to_string()
}

fn state(transaction: &Transaction) -> &'static str {
    match (transaction.is_signed(), transaction.check_signatures()) {
        (false, _) => "not signed",
        (true, Ok(())) => "signed, every signature verifies",
        (true, Err(_)) => "SIGNED WRONGLY: a signature does not verify",
    }
}

/// Amounts of XRP are shown in both units, everything else as JSON.
fn value(field: Field, transaction: &Transaction, json: &Value) -> String {
    use crate::xrp::{Amount, FieldValue};
    if let Some(FieldValue::Amount(Amount::Xrp(drops))) = transaction.get(field) {
        return drops.to_string();
    }
    match json.get(field.name()) {
        Some(Value::String(text)) => Printable::new(text).to_string(),
        Some(other) => Printable::new(&other.to_string()).to_string(),
        None => String::new(),
    }
}
