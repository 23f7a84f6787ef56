//! What the XRP Ledger says of our accounts and of destinations.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::snapshot::{XrplAccountFacts, XrplFacts};
use airlock::time::Moment;

use super::ledger::each;
use super::{APART, OTHER_TIME, Scope, Terms};
use crate::clock;
use crate::progress::Progress;
use crate::source::open::Sources;
use crate::source::xrpl::ValidatedLedger;
use crate::store::InFlight;

/// How far the close time of the last ledger may lie from this machine's clock, in seconds.
const CLOCKS: u64 = 300;
/// How far the last ledgers of two servers may lie apart.
const LEDGERS: u32 = 20;

pub(super) fn read(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
    servers: &mut Vec<String>,
) -> Result<XrplFacts> {
    // The ledger comes first: accounts that are read after it can only be newer, and the expiry counts from it.
    let all = sources.all_xrpl()?;
    let (source, status, ledger) = all.first().expect("at least one server can be read from");
    check_time(&source.name(), ledger, (terms.now)())?;
    for (other, _, theirs) in all.iter().skip(1) {
        check_apart((&source.name(), ledger.index), (&other.name(), theirs.index))?;
    }
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

/// # Errors
/// [`OTHER_TIME`].
fn check_time(name: &str, ledger: &ValidatedLedger, now: Moment) -> Result<()> {
    match now.to_unix().abs_diff(ledger.close_time.to_unix()) {
        0..=CLOCKS => Ok(()),
        _ => Err(OTHER_TIME.error(format!(
            "ledger {} of {name} closed {}, this machine's clock says {}",
            ledger.index,
            clock::show(ledger.close_time),
            clock::show(now)
        ))),
    }
}

/// # Errors
/// [`APART`].
fn check_apart((one, ours): (&str, u32), (other, theirs): (&str, u32)) -> Result<()> {
    match ours.abs_diff(theirs) {
        0..=LEDGERS => Ok(()),
        _ => {
            Err(APART.error(format!("the last validated ledger is {ours} at {one} and {theirs} at {other}")))
        }
    }
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
