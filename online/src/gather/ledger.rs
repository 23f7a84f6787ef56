//! What the Counterparty ledger says of our addresses and coins, of assets and of destinations.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::Holds;
use airlock::snapshot::{AddressFacts, AssetBalance, AssetFacts, CounterpartyFacts};
use airlock::text::Printable;
use bitcoin::OutPoint;

use super::coins::Found;
use super::scope::Assets;
use super::{DISAGREE, Gathered, Scope, Terms, step};
use crate::progress::Progress;
use crate::promise::{Promise, UnderWay};
use crate::source::counterparty::{CounterpartySource, Judgement};
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
    gathered: &mut Gathered,
) -> Result<CounterpartyFacts> {
    let all = sources.all_counterparty()?;
    let (source, status) = all.first().expect("at least one server can be read from");
    let block = source.block(status.height)?;
    let witnesses: Vec<&dyn CounterpartySource> = all.iter().skip(1).map(|(other, _)| *other).collect();
    own_addresses(scope, terms, found);
    let mut balances = balances(*source, found)?;
    for witness in &witnesses {
        step::same_ledger(*source, status.height, block.hash, *witness, terms, progress)?;
        let theirs = self::balances(*witness, found)?;
        if let Err(error) = agree(&source.name(), &balances, &witness.name(), &theirs) {
            // A block that arrived meanwhile is no disagreement.
            step::same_ledger(*source, status.height, block.hash, *witness, terms, progress)?;
            return Err(error);
        }
    }
    let outpoints: Vec<OutPoint> = found.coins.keys().copied().collect();
    for server in [*source].iter().chain(&witnesses) {
        for row in server.attached(&outpoints)? {
            found.attach(row.outpoint, &row.asset, row.quantity.to_base_units());
        }
    }
    let mut names = scope.named.clone();
    names.insert("XCP".to_owned());
    if scope.assets == Assets::Held {
        let on_coins = found.attached.values().flat_map(BTreeMap::keys);
        let held: BTreeSet<&String> = balances.keys().map(|(_, asset)| asset).chain(on_coins).collect();
        names.extend(held.into_iter().take(MOST_HELD).cloned());
    }
    let assets = assets(*source, &names, progress)?;
    let addresses = addresses(*source, &witnesses, &scope.destinations, progress)?;
    let servers: Vec<&dyn CounterpartySource> = all.iter().map(|(server, _)| *server).collect();
    take_off(&servers, status.height, terms, &mut balances, &mut gathered.under_way)?;
    gathered.servers.extend(all.iter().map(|(server, _)| server.name()));
    let row = |((address, asset), sum): ((String, String), u64)| AssetBalance {
        address,
        asset,
        quantity: sum.to_string(),
    };
    Ok(CounterpartyFacts {
        height: status.height,
        ledger_hash: block.ledger_hash,
        assets,
        balances: balances.into_iter().map(row).collect(),
        addresses,
    })
}

/// Addresses and assets, and how many base units each holds.
type Sums = BTreeMap<(String, String), u64>;

/// Finds the addresses to ask about: all of accounts that may hold assets, and the used ones of the others.
fn own_addresses(scope: &Scope<'_>, terms: &Terms, found: &mut Found) {
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
    found.own = own;
}

/// What one server says that our addresses hold. Rows of outputs mark our coins as well, should the list of attached assets
/// not have them.
fn balances(source: &dyn CounterpartySource, found: &mut Found) -> Result<Sums> {
    let addresses: Vec<String> = found.own.keys().cloned().collect();
    let mut sums = Sums::new();
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
    Ok(sums)
}

/// Takes off the balances what is under way and what they still hold, because the ledger has not parsed it. A balance of
/// which nothing is left stays as 0: its address still holds assets.
fn take_off(
    servers: &[&dyn CounterpartySource],
    height: u32,
    terms: &Terms,
    balances: &mut Sums,
    under_way: &mut Vec<UnderWay>,
) -> Result<()> {
    let addresses: BTreeSet<String> = balances.keys().map(|(address, _)| address.clone()).collect();
    for promise in &terms.promises {
        let sources: Vec<&String> = addresses.iter().filter(|address| promise.is_of(address)).collect();
        if sources.is_empty() || is_parsed(servers, promise, height)? {
            continue;
        }
        for address in sources {
            let held = balances.iter_mut().filter(|((holder, _), _)| holder == address);
            under_way
                .extend(promise.take_off(address, held.map(|((_, asset), left)| (asset.as_str(), left))));
        }
    }
    Ok(())
}

/// True where the ledger of every server has come to one of the transactions: whatever it made of it, the balances say it.
fn is_parsed(servers: &[&dyn CounterpartySource], promise: &Promise, height: u32) -> Result<bool> {
    'transactions: for txid in &promise.txids {
        for server in servers {
            stop::check()?;
            match server.judgement(*txid)? {
                Judgement::Parsed { height: parsed, .. } if parsed <= height => {}
                Judgement::Unknown | Judgement::Waiting | Judgement::Parsed { .. } => continue 'transactions,
            }
        }
        return Ok(!servers.is_empty());
    }
    Ok(false)
}

/// # Errors
/// [`DISAGREE`] with the first balance that differs.
fn agree(name: &str, ours: &Sums, other: &str, theirs: &Sums) -> Result<()> {
    let mut keys = ours.keys().chain(theirs.keys());
    let Some(key) = keys.find(|key| ours.get(*key) != theirs.get(*key)) else { return Ok(()) };
    let (address, asset) = key;
    let of = |sums: &Sums| sums.get(key).copied().unwrap_or(0);
    Err(DISAGREE.error(format!(
        "{} holds {} base units of {} at {name} and {} at {other}",
        Printable::new(address),
        of(ours),
        Printable::new(asset),
        of(theirs)
    )))
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

/// What an address wants and has; where servers differ, the more cautious answer counts.
fn addresses(
    source: &dyn CounterpartySource,
    witnesses: &[&dyn CounterpartySource],
    destinations: &BTreeSet<String>,
    progress: &dyn Progress,
) -> Result<Vec<AddressFacts>> {
    let mut known = BTreeMap::new();
    each("destinations", destinations, progress, |address| {
        let mut facts = source.address(address)?;
        for witness in witnesses {
            let theirs = witness.address(address)?;
            facts.requires_memo |= theirs.requires_memo;
            facts.dispensers = facts.dispensers.max(theirs.dispensers);
        }
        known.insert(address.to_owned(), facts);
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
