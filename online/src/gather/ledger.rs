//! What the Counterparty ledger says of our addresses and coins, of assets and of destinations.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::Holds;
use airlock::snapshot::{AddressFacts, AssetBalance, AssetFacts, CounterpartyFacts};
use bitcoin::OutPoint;

use super::coins::Found;
use super::scope::Assets;
use super::{Scope, Terms};
use crate::progress::Progress;
use crate::source::counterparty::CounterpartySource;
use crate::source::open::Sources;
use crate::stop;

/// Most held assets that are looked up; whoever sends us dust of more of them only hides their names.
const MOST_HELD: usize = 500;

pub(super) fn read(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    found: &mut Found,
    progress: &dyn Progress,
    servers: &mut Vec<String>,
) -> Result<CounterpartyFacts> {
    let (source, status) = sources.read_counterparty()?;
    let block = source.block(status.height)?;
    let balances = balances(source, scope, terms, found)?;
    let outpoints: Vec<OutPoint> = found.coins.keys().copied().collect();
    for row in source.attached(&outpoints)? {
        found.attach(row.outpoint, &row.asset, row.quantity.to_base_units());
    }
    let mut names = scope.named.clone();
    names.insert("XCP".to_owned());
    if scope.assets == Assets::Held {
        let on_coins = found.attached.values().flat_map(BTreeMap::keys);
        let held: BTreeSet<&String> = balances.iter().map(|row| &row.asset).chain(on_coins).collect();
        names.extend(held.into_iter().take(MOST_HELD).cloned());
    }
    let assets = assets(source, &names, progress)?;
    let addresses = addresses(source, &scope.destinations, progress)?;
    servers.push(source.name());
    Ok(CounterpartyFacts {
        height: status.height,
        ledger_hash: block.ledger_hash,
        assets,
        balances,
        addresses,
    })
}

/// Balances of all addresses of accounts that may hold assets, and of the used ones of the others. Rows of outputs mark
/// our coins as well, should the list of attached assets not have them.
fn balances(
    source: &dyn CounterpartySource,
    scope: &Scope<'_>,
    terms: &Terms,
    found: &mut Found,
) -> Result<Vec<AssetBalance>> {
    let mut own = BTreeMap::new();
    for (account, bitcoin) in scope.accounts.iter().filter_map(|account| Some((account, account.bitcoin()?)))
    {
        let mut addresses = match account.holds {
            Holds::Assets => found.addresses(&account.name, bitcoin, terms.gap_limit),
            Holds::BitcoinOnly => {
                bitcoin.address(0, 0).map(|address| address.to_string()).into_iter().collect()
            }
        };
        let used = found.coins.values().filter(|coin| coin.account == account.name);
        addresses.extend(used.filter_map(|coin| Some(bitcoin.address(coin.branch, coin.index)?.to_string())));
        own.extend(addresses.into_iter().map(|address| (address, account.name.clone())));
    }
    let addresses: Vec<String> = own.keys().cloned().collect();
    found.own = own;
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in source.balances(&addresses)? {
        let base_units = row.quantity.to_base_units();
        match row.outpoint {
            Some(outpoint) if found.coins.contains_key(&outpoint) => {
                found.attach(outpoint, &row.asset, base_units);
            }
            Some(_) => {}
            None if base_units == 0 => {}
            None => {
                let sum = sums.entry((row.address, row.asset)).or_default();
                *sum = sum.saturating_add(base_units);
            }
        }
    }
    let row = |((address, asset), sum): ((String, String), u64)| AssetBalance {
        address,
        asset,
        quantity: sum.to_string(),
    };
    Ok(sums.into_iter().map(row).collect())
}

fn assets(
    source: &dyn CounterpartySource,
    names: &BTreeSet<String>,
    progress: &dyn Progress,
) -> Result<Vec<AssetFacts>> {
    let mut known = BTreeMap::new();
    each("assets", names, progress, |name| {
        if let Some(facts) = source.asset(name)? {
            known.insert(facts.name.clone(), facts);
        }
        Ok(())
    })?;
    Ok(known.into_values().collect())
}

fn addresses(
    source: &dyn CounterpartySource,
    destinations: &BTreeSet<String>,
    progress: &dyn Progress,
) -> Result<Vec<AddressFacts>> {
    let mut known = BTreeMap::new();
    each("destinations", destinations, progress, |address| {
        known.insert(address.to_owned(), source.address(address)?);
        Ok(())
    })?;
    Ok(known.into_values().collect())
}

/// Asks one thing after the other, with a bar.
pub(super) fn each(
    what: &str,
    things: &BTreeSet<String>,
    progress: &dyn Progress,
    mut ask: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    progress.begin(what, u64::try_from(things.len()).unwrap_or(0));
    let mut asked = || {
        for (done, thing) in (0..).zip(things) {
            stop::check()?;
            ask(thing)?;
            progress.reach(done);
        }
        Ok(())
    };
    let ended = asked();
    progress.end();
    ended
}
