//! What a server knows and no validated ledger holds: waiting, or remembered only.
//!
//! rippled keeps every transaction that was handed to it for half an hour after the last question about it, and answers
//! `tx` from this memory without looking into any ledger, whatever range was asked for. So a transaction that can no longer
//! come would wait for as long as somebody asks. Its account tells: once its sequence or ticket is used, or its last ledger
//! is validated, the account's history shows whether it came.

use airlock::Result;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Asker, NOT_HELD, bad};
use super::{account, figure, history, status};
use crate::source::xrpl::{Delivered, Found};

/// More pages than this are no history of the ledgers in which a transaction can be.
const MOST_PAGES: u32 = 1_000;

/// What of an unvalidated transaction tells how long it can wait.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Waiting {
    account: String,
    #[serde(default)]
    sequence: u32,
    ticket_sequence: Option<u32>,
    last_ledger_sequence: Option<u32>,
}

/// Looks whether an unvalidated transaction can still come, and for one that cannot into every ledger from `from` on.
pub(super) fn find(asker: &Asker<'_>, method: &str, hash: &str, waiting: &Waiting, from: u32) -> Result<Found> {
    let address =
        figure::address(&waiting.account).ok_or_else(|| bad(method, "the account is no address"))?.to_string();
    // The account first: what has used its sequence is then in a ledger that is searched.
    let account = account::read(asker, &address)?;
    let newest = status::newest(asker)?;
    let has_used = match waiting.ticket_sequence {
        Some(ticket) => !account.tickets.contains(&ticket),
        None => !account.exists || account.sequence > waiting.sequence,
    };
    let has_passed = waiting.last_ledger_sequence.is_some_and(|last| last < newest);
    if !(has_used || has_passed) || newest < from {
        return Ok(Found::Pending);
    }
    let mut marker: Option<Value> = None;
    for _ in 0..MOST_PAGES {
        let page = match history::page(asker, &address, from, newest, marker.as_ref()) {
            Ok(page) => page,
            // Not all of it is held, or written down yet.
            Err(error) if error.code() == &NOT_HELD => return Ok(Found::Pending),
            Err(error) => return Err(error),
        };
        if page.from > from || page.to < newest {
            return Ok(Found::Pending);
        }
        if let Some(entry) = page.entries.into_iter().find(|entry| entry.hash == hash) {
            let is_payment = entry.transaction_type == "Payment";
            let delivered = match entry.delivered {
                Some(Delivered::Xrp(drops)) if is_payment => Some(drops),
                Some(Delivered::Xrp(_) | Delivered::Token { .. } | Delivered::Unavailable) | None => None,
            };
            return Ok(Found::Validated {
                ledger_index: entry.ledger_index,
                result: entry.result,
                delivered,
                close_time: Some(entry.close_time),
            });
        }
        match page.marker {
            None => return Ok(Found::NotFound { searched_all: true }),
            next => marker = next,
        }
    }
    Ok(Found::Pending)
}
