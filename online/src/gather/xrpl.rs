//! What the XRP Ledger says of our accounts and of destinations.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::amount::parse_units;
use airlock::review::Use;
use airlock::snapshot::{XrplAccountFacts, XrplFacts};
use airlock::time::Moment;

use super::ledger::each;
use super::{APART, Gathered, OTHER_TIME, Scope, Terms};
use crate::clock;
use crate::progress::Progress;
use crate::promise::{Promise, UnderWay, XRP};
use crate::source::open::Sources;
use crate::source::xrpl::ValidatedLedger;

/// How far the close time of the last ledger may lie from this machine's clock, in seconds.
const CLOCKS: u64 = 300;
/// How far the last ledgers of two servers may lie apart.
const LEDGERS: u32 = 20;

pub(super) fn read(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
    gathered: &mut Gathered,
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
        let facts = source.account(address)?;
        let (facts, under_way) = left(facts, terms);
        gathered.under_way.extend(under_way);
        accounts.insert(address.to_owned(), facts);
        Ok(())
    })?;
    gathered.servers.push(source.name());
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

/// An account without the sequences, tickets and drops that are under way.
fn left(mut facts: XrplAccountFacts, terms: &Terms) -> (XrplAccountFacts, Vec<UnderWay>) {
    let under_way = take_off(&mut facts, &terms.promises);
    let in_flight = &terms.in_flight;
    let next = in_flight.next_sequence.get(&facts.address).copied().unwrap_or(0);
    if facts.exists {
        facts.sequence = facts.sequence.max(next);
    }
    if let Some(used) = in_flight.tickets.get(&facts.address) {
        facts.tickets.retain(|ticket| !used.contains(ticket));
    }
    facts.tickets.sort_unstable();
    (facts, under_way)
}

/// Takes off what the balance still holds, because the ledger has not come to its sequence or ticket.
fn take_off(facts: &mut XrplAccountFacts, promises: &[Promise]) -> Vec<UnderWay> {
    let Ok(mut balance) = parse_units(&facts.balance, 0) else { return Vec::new() };
    let is_open = |used: &Use| match used {
        Use::Sequence { sequence, .. } => *sequence >= facts.sequence,
        Use::Ticket { ticket, .. } => facts.tickets.contains(ticket),
        Use::Coin(_) => false,
    };
    let open = promises.iter().filter(|promise| facts.exists && promise.uses.iter().any(is_open));
    let taken: Vec<UnderWay> =
        open.flat_map(|promise| promise.take_off(&facts.address, [(XRP, &mut balance)])).collect();
    facts.balance = balance.to_string();
    taken
}
