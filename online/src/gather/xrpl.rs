//! What the XRP Ledger says of our accounts and of destinations.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::snapshot::{XrplAccountFacts, XrplFacts};

use super::ledger::each;
use super::{Scope, Terms};
use crate::progress::Progress;
use crate::source::open::Sources;
use crate::store::InFlight;

pub(super) fn read(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
    servers: &mut Vec<String>,
) -> Result<XrplFacts> {
    // The ledger comes first: accounts that are read after it can only be newer, and the expiry counts from it.
    let (source, status, ledger) = sources.read_xrpl()?;
    let fee = source.fee()?;
    let mut accounts = BTreeMap::new();
    each("XRP accounts", &scope.xrp, progress, |address| {
        accounts.insert(address.to_owned(), left(source.account(address)?, &terms.in_flight));
        Ok(())
    })?;
    servers.push(source.name());
    Ok(XrplFacts {
        network_id: status.network_id,
        ledger_index: ledger.index,
        close_time: ledger.close_time,
        base_fee: ledger.base_fee.to_drops().to_string(),
        open_fee: fee.open.to_drops().to_string(),
        reserve_base: ledger.reserve_base.to_drops().to_string(),
        reserve_inc: ledger.reserve_inc.to_drops().to_string(),
        accounts: accounts.into_values().collect(),
    })
}

/// An account without the sequences and tickets that are under way.
fn left(mut facts: XrplAccountFacts, in_flight: &InFlight) -> XrplAccountFacts {
    let next = in_flight.next_sequence.get(&facts.address).copied().unwrap_or(0);
    if facts.exists {
        facts.sequence = facts.sequence.max(next);
    }
    if let Some(used) = in_flight.tickets.get(&facts.address) {
        facts.tickets.retain(|ticket| !used.contains(ticket));
    }
    facts.tickets.sort_unstable();
    facts
}
