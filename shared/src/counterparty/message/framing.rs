//! The type id in front of the body (counterparty.md 1.1).

use crate::counterparty::rules::{Change, Rules};

/// The prefix of every payload, in some carriers of every chunk.
pub const PREFIX: &[u8; 8] = b"CNTRPRTY";

/// The type id as it is written: one byte where that is in force and the id fits, else four.
pub fn pack(type_id: u32, rules: &Rules) -> Vec<u8> {
    let bytes = type_id.to_be_bytes();
    if rules.is_active(Change::ShortTxTypeId) && (1..256).contains(&type_id) {
        return vec![bytes[3]];
    }
    bytes.to_vec()
}

/// Splits id and body as the ledger does; none when there is no id.
pub fn split<'a>(data: &'a [u8], rules: &Rules) -> Option<(u32, &'a [u8])> {
    match data {
        [short, body @ ..] if *short > 0 && !body.is_empty() && rules.is_active(Change::ShortTxTypeId) => {
            Some((u32::from(*short), body))
        }
        [a, b, c, d, body @ ..] if !body.is_empty() => Some((u32::from_be_bytes([*a, *b, *c, *d]), body)),
        _ => None,
    }
}
