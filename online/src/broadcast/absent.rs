//! Whether a transaction of the XRP Ledger is in no validated ledger of a range: by its hash, or by its account's history.
//!
//! Two answers to `tx` prove nothing of what they seem to say, as rippled gives them: it calls everything known that was
//! handed to it within half an hour of the last question about it, whatever became of it; and it calls a range searched
//! completely only where each of its ledgers holds a transaction. The history of the account answers both.

use airlock::amount::Drops;
use airlock::{Result, xrp};
use serde_json::Value;

use crate::source::xrpl::{Delivered, Found, HistoryEntry, XrplSource, XrplStatus};
use crate::stop;

/// Servers refuse to search more ledgers than this in one call.
pub(super) const SEARCH: u32 = 1_000;
/// The longest proof that is tried, in ledgers: more than a day.
const LONGEST_PROOF: u32 = 40_000;
/// More pages than this are no history of an account in so many ledgers.
const MOST_PAGES: u32 = 10_000;

/// What a search found.
pub(super) enum Absence {
    /// The transaction: ledger, result, what arrived.
    Validated((u32, String, Option<Drops>)),
    /// That it is in none of the ledgers.
    Proved,
    /// Nothing: the server does not hold every ledger, or has not searched every one.
    Gap,
}

/// Looks through every ledger of a range.
pub(super) fn prove(
    source: &dyn XrplSource,
    status: &XrplStatus,
    (transaction, hash): (&xrp::Transaction, &str),
    from: u32,
    to: u32,
) -> Result<Absence> {
    if !status.complete.hold(from, to) || to.abs_diff(from) > LONGEST_PROOF {
        return Ok(Absence::Gap);
    }
    let mut first = from;
    while first <= to {
        stop::check()?;
        let end = first.saturating_add(SEARCH.saturating_sub(1)).min(to);
        match source.transaction(hash, first, end)? {
            Found::Validated { ledger_index, result, delivered, .. } => {
                return Ok(Absence::Validated((ledger_index, result, delivered)));
            }
            Found::Pending | Found::NotFound { searched_all: false } => {
                return by_history(source, &transaction.account().to_string(), hash, (first, to));
            }
            Found::NotFound { searched_all: true } => {}
        }
        first = end.saturating_add(1);
    }
    Ok(Absence::Proved)
}

/// Looks through everything that touched the account.
fn by_history(source: &dyn XrplSource, account: &str, hash: &str, (from, to): (u32, u32)) -> Result<Absence> {
    let mut marker: Option<Value> = None;
    for _ in 0..MOST_PAGES {
        stop::check()?;
        let page = source.history(account, from, to, marker.as_ref())?;
        if let Some(entry) = page.entries.into_iter().find(|entry| entry.hash == hash) {
            let delivered = delivered(&entry);
            return Ok(Absence::Validated((entry.ledger_index, entry.result, delivered)));
        }
        if page.from > from || page.to < to {
            return Ok(Absence::Gap);
        }
        match page.marker {
            None => return Ok(Absence::Proved),
            next if next == marker => return Ok(Absence::Gap),
            next => marker = next,
        }
    }
    Ok(Absence::Gap)
}

fn delivered(entry: &HistoryEntry) -> Option<Drops> {
    match &entry.delivered {
        Some(Delivered::Xrp(drops)) if entry.transaction_type == "Payment" => Some(*drops),
        Some(Delivered::Xrp(_) | Delivered::Token { .. } | Delivered::Unavailable) | None => None,
    }
}

/// True where the ledgers that came since a look do not hold the transaction either.
pub(super) fn is_settled(
    source: &dyn XrplSource,
    transaction: (&xrp::Transaction, &str),
    index: u32,
) -> Result<bool> {
    let now = source.status()?;
    let Some(newest) = now.validated.as_ref().map(|ledger| ledger.index) else { return Ok(false) };
    if newest <= index {
        return Ok(true);
    }
    Ok(matches!(prove(source, &now, transaction, index, newest)?, Absence::Proved))
}
