//! From a snapshot to sums: by tier, asset and what it is.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::{Account, AccountName};
use airlock::amount::decimal::Decimal;
use airlock::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, parse_units};
use airlock::snapshot::{Coin, XrplFacts};
use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;

use crate::gather::Gathered;
use crate::plan::BAD_COIN;
use crate::promise::XRP;

/// What a sum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// It can be spent.
    Free,
    /// XRP that must stay for the account and what it owns.
    Reserve,
    /// An asset on a coin, and the bitcoin of such coins.
    Attached,
    /// Coins that no block holds yet.
    Unconfirmed,
    /// What bundles under way send: coins as a whole, what comes back of them included; amounts of assets; XRP with its fee.
    InFlight,
    /// All of it, in all tiers.
    Total,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Reserve => "reserve",
            Self::Attached => "attached",
            Self::Unconfirmed => "unconfirmed",
            Self::InFlight => "in flight",
            Self::Total => "total",
        }
    }
}

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) tier: String,
    pub(super) asset: String,
    pub(super) longname: Option<String>,
    pub(super) part: Part,
    /// Satoshi, drops, or base units of the asset.
    pub(super) base_units: Decimal,
    /// None where the ledger was not asked about the asset.
    pub(super) decimals: Option<u8>,
}

type Sums = BTreeMap<(String, String, Part), Decimal>;

/// What the accounts hold, by tier, asset and part; nothing that is zero. `waiting` are coins that the Bitcoin server does
/// not list any more, because it has the transaction that spends them waiting.
///
/// # Errors
/// [`BAD_COIN`], or those of amounts.
pub(super) fn holdings(
    gathered: &Gathered,
    accounts: &[&Account],
    tiers: &BTreeMap<String, BTreeSet<String>>,
    waiting: &[(AccountName, u64)],
) -> Result<Vec<Holding>> {
    let tier_by_name: BTreeMap<&str, String> =
        accounts.iter().map(|account| (account.name.as_str(), tier_of(account, tiers))).collect();
    let tier = |coin: &Coin| tier_by_name.get(coin.account.as_str()).cloned().unwrap_or_default();
    let mut sums = Sums::new();
    let facts = &gathered.snapshot;
    for coin in facts.bitcoin.iter().flat_map(|bitcoin| &bitcoin.coins) {
        let part = match (coin.attached.is_empty(), coin.height) {
            (false, _) => Part::Attached,
            (true, None) => Part::Unconfirmed,
            (true, Some(_)) => Part::Free,
        };
        add(&mut sums, &tier(coin), "BTC", part, value(coin)?);
        attached(&mut sums, &tier(coin), coin)?;
    }
    for coin in &gathered.in_flight {
        add(&mut sums, &tier(coin), "BTC", Part::InFlight, value(coin)?);
        attached(&mut sums, &tier(coin), coin)?;
    }
    for row in facts.counterparty.iter().flat_map(|ledger| &ledger.balances) {
        let owner = accounts.iter().find(|account| owns(account, &row.address, gathered));
        let tier = owner.map(|account| tier_of(account, tiers)).unwrap_or_default();
        add(&mut sums, &tier, &row.asset, Part::Free, parse_units(&row.quantity, 0)?);
    }
    for row in &gathered.under_way {
        let owner = accounts.iter().find(|account| match account.xrp() {
            Some(xrp) => row.asset == XRP && xrp.address() == row.address,
            None => owns(account, &row.address, gathered),
        });
        let tier = owner.map(|account| tier_of(account, tiers)).unwrap_or_default();
        add(&mut sums, &tier, &row.asset, Part::InFlight, row.base_units);
    }
    for (account, sat) in waiting {
        let tier = tier_by_name.get(account.as_str()).cloned().unwrap_or_default();
        add(&mut sums, &tier, "BTC", Part::InFlight, *sat);
    }
    if let Some(ledger) = &facts.xrpl {
        for account in accounts {
            xrp(&mut sums, account, &tier_of(account, tiers), ledger)?;
        }
    }
    Ok(named(sums, gathered))
}

/// The sums of each asset over all tiers: of its parts, where there are several, and of all of it.
pub(super) fn totals(holdings: &[Holding]) -> Vec<Holding> {
    let mut totals: BTreeMap<(&str, Part), Holding> = BTreeMap::new();
    for (held, part) in holdings.iter().flat_map(|held| [(held, held.part), (held, Part::Total)]) {
        totals
            .entry((&held.asset, part))
            .and_modify(|total| total.base_units = total.base_units.plus(held.base_units))
            .or_insert_with(|| Holding { tier: "all".to_owned(), part, ..held.clone() });
    }
    // Beside the total one part alone says nothing.
    let parts = |asset: &str| totals.keys().filter(|(known, _)| *known == asset).count();
    let is_told = |total: &&Holding| total.part == Part::Total || parts(&total.asset) > 2;
    totals.values().filter(is_told).cloned().collect()
}

/// The tier of an account: the one that names it, else the one that names its role, else its role.
fn tier_of(account: &Account, tiers: &BTreeMap<String, BTreeSet<String>>) -> String {
    let naming =
        |word: &str| tiers.iter().find(|(_, members)| members.contains(word)).map(|(tier, _)| tier.clone());
    let role = account.role.name();
    naming(account.name.as_str()).or_else(|| naming(role)).unwrap_or_else(|| role.to_owned())
}

fn add(sums: &mut Sums, tier: &str, asset: &str, part: Part, base_units: u64) {
    let sum = sums.entry((tier.to_owned(), asset.to_owned(), part)).or_default();
    *sum = sum.plus(Decimal::from(base_units));
}

fn attached(sums: &mut Sums, tier: &str, coin: &Coin) -> Result<()> {
    for on in &coin.attached {
        add(sums, tier, &on.asset, Part::Attached, parse_units(&on.quantity, 0)?);
    }
    Ok(())
}

fn value(coin: &Coin) -> Result<u64> {
    let bad = || BAD_COIN.error(format!("{} has no such output", coin.outpoint));
    let transaction: Transaction = deserialize_hex(&coin.prev_tx).map_err(|_| bad())?;
    let output = usize::try_from(coin.outpoint.vout).ok().and_then(|vout| transaction.output.get(vout));
    output.map(|output| output.value.to_sat()).ok_or_else(bad)
}

/// True for an address that was asked about because of this account.
fn owns(account: &Account, address: &str, gathered: &Gathered) -> bool {
    gathered.own.get(address).is_some_and(|name| *name == account.name)
}

fn xrp(sums: &mut Sums, account: &Account, tier: &str, ledger: &XrplFacts) -> Result<()> {
    let own =
        account.xrp().and_then(|xrp| ledger.accounts.iter().find(|known| known.address == xrp.address()));
    let Some(facts) = own.filter(|facts| facts.exists) else { return Ok(()) };
    let balance = parse_units(&facts.balance, 0)?;
    let owned = u64::from(facts.owner_count).saturating_mul(parse_units(&ledger.reserve_inc, 0)?);
    let reserve = owned.saturating_add(parse_units(&ledger.reserve_base, 0)?).min(balance);
    add(sums, tier, "XRP", Part::Reserve, reserve);
    add(sums, tier, "XRP", Part::Free, balance.saturating_sub(reserve));
    Ok(())
}

fn named(sums: Sums, gathered: &Gathered) -> Vec<Holding> {
    let assets = gathered.snapshot.counterparty.iter().flat_map(|ledger| &ledger.assets);
    let known: BTreeMap<&str, _> = assets.map(|asset| (asset.name.as_str(), asset)).collect();
    let holding = |((tier, asset, part), base_units): ((String, String, Part), Decimal)| {
        let facts = known.get(asset.as_str());
        let decimals = match asset.as_str() {
            "BTC" | "XCP" => Some(BITCOIN_DECIMALS),
            "XRP" => Some(XRP_DECIMALS),
            _ => facts.map(|facts| if facts.divisible { BITCOIN_DECIMALS } else { 0 }),
        };
        let longname = facts.and_then(|facts| facts.longname.clone());
        Holding { tier, asset, longname, part, base_units, decimals }
    };
    sums.into_iter().filter(|(_, sum)| !sum.is_zero()).map(holding).collect()
}
