//! The whole history of an account in a range of validated ledgers, or none of it.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::text::Printable;
use serde_json::Value;

use crate::deposits::error::{GAP, STRANGE_ANSWER};
use crate::source::xrpl::{HistoryEntry, ValidatedLedger, XrplSource};
use crate::stop;

/// More pages than this are no history of one look; a server that always gives a next page would never end.
const MOST_PAGES: u32 = 100_000;

/// The last validated ledger.
///
/// # Errors
/// [`GAP`] where the server has none.
pub(super) fn validated(source: &dyn XrplSource) -> Result<ValidatedLedger> {
    let validated = source.status()?.validated;
    validated.ok_or_else(|| GAP.error(format!("{} has no validated ledger yet", source.name())))
}

/// Everything that touched the account in `from..=tip`, oldest first.
///
/// # Errors
/// [`GAP`] where the server does not hold every ledger or did not search it, [`STRANGE_ANSWER`].
pub(super) fn read(
    source: &dyn XrplSource,
    address: &str,
    from: u32,
    tip: &ValidatedLedger,
) -> Result<Vec<HistoryEntry>> {
    let to = tip.index;
    if !source.status()?.complete.hold(from, to) {
        return Err(GAP.error(format!("{} does not hold every ledger from {from} to {to}", source.name())));
    }
    let mut all: Vec<HistoryEntry> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut marker: Option<Value> = None;
    for _ in 0..MOST_PAGES {
        stop::check()?;
        let page = source.history(address, from, to, marker.as_ref())?;
        if page.from > from || page.to < to {
            return Err(GAP.error(format!(
                "{} searched ledgers {} to {}, asked for were {from} to {to}",
                source.name(),
                page.from,
                page.to
            )));
        }
        for entry in page.entries {
            check(&entry, &all, from, to)?;
            match seen.get(&entry.hash).and_then(|place| all.get(*place)) {
                Some(known) if *known == entry => {}
                Some(_) => {
                    let hash = Printable::new(&entry.hash);
                    return Err(STRANGE_ANSWER.error(format!("{hash} twice, with different contents")));
                }
                None => {
                    seen.insert(entry.hash.clone(), all.len());
                    all.push(entry);
                }
            }
        }
        match page.marker {
            None => return Ok(all),
            next if next == marker => {
                return Err(STRANGE_ANSWER.error("the next page of the history begins where this one did"));
            }
            next => marker = next,
        }
    }
    Err(STRANGE_ANSWER.error(format!("a history of more than {MOST_PAGES} pages")))
}

fn check(entry: &HistoryEntry, before: &[HistoryEntry], from: u32, to: u32) -> Result<()> {
    let (ledger, hash) = (entry.ledger_index, Printable::new(&entry.hash));
    if !(from..=to).contains(&ledger) {
        return Err(
            STRANGE_ANSWER.error(format!("{hash} is in ledger {ledger}, asked for were {from} to {to}"))
        );
    }
    match before.last() {
        Some(last) if last.ledger_index > ledger => {
            Err(STRANGE_ANSWER.error(format!("ledger {ledger} behind ledger {}", last.ledger_index)))
        }
        Some(_) | None => Ok(()),
    }
}
