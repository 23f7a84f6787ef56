//! Asset balances of the paying addresses, less what earlier requests of the same plan send away.

use std::collections::{BTreeMap, BTreeSet};

use airlock::amount::{BITCOIN_DECIMALS, Quantity, grouped_units, parse_units};
use airlock::snapshot::{AssetFacts, CounterpartyFacts};
use airlock::{Code, Exit, Result};
use bitcoin::{Address, Amount};

use super::purse::{Place, Purse};

/// Not enough of an asset.
pub static SHORT_OF_ASSET: Code = Code::new(
    "E-PLAN-030",
    Exit::Fixable,
    "A Counterparty message moves assets of one address; no single address of the account that has bitcoin for the fee \
     holds enough of every asset that the request sends. Assets attached to outputs do not count, nor does what \
     earlier requests of the same plan send away.",
    "Send less, gather the assets on one address, or send bitcoin for the fee to the address that holds them.",
);
/// Several addresses could be meant.
pub static AMBIGUOUS_SOURCE: Code = Code::new(
    "E-PLAN-031",
    Exit::BadInput,
    "The request concerns one address, and several addresses of the account could be meant.",
    "Use an account of which only one address holds assets, or only one holds bitcoin.",
);
/// Somebody else owns the asset.
pub static NOT_THE_OWNER: Code = Code::new(
    "E-PLAN-032",
    Exit::Refused,
    "Only the owner of an asset can give it away, and the snapshot names an owner that is not an address of the \
     account with bitcoin for the fee.",
    "Name the account that owns the asset, and send bitcoin for the fee to the owning address.",
);
/// A balance that is no number.
pub static BAD_BALANCE: Code = Code::new(
    "E-PLAN-033",
    Exit::BadInput,
    "A balance of the snapshot is not a quantity from 0 to 2^63-1 base units.",
    "Take the snapshot again.",
);

/// Quantities by asset name.
pub(super) type Needs = BTreeMap<String, Quantity>;

/// The address that acts: the owner of input 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) address: Address,
    pub(super) place: Place,
}

/// Who must be the source of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// An address that holds these quantities.
    Of(Needs),
    /// The one address of the account that is used.
    Only,
    /// This address.
    Named(String),
}

/// The balances of a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Holdings {
    balances: BTreeMap<(String, String), u64>,
    owners: BTreeSet<String>,
}

impl Holdings {
    /// Reads the balances.
    ///
    /// # Errors
    /// [`BAD_BALANCE`].
    pub(super) fn read(facts: &CounterpartyFacts) -> Result<Self> {
        let mut balances: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in &facts.balances {
            let quantity = parse_units(&row.quantity, 0)
                .and_then(Quantity::new)
                .map_err(|e| BAD_BALANCE.error(e.what()).at(format!("{} of {}", row.asset, row.address)))?;
            let sum = balances.entry((row.address.clone(), row.asset.clone())).or_default();
            *sum = sum.saturating_add(quantity.to_base_units());
        }
        let owners = facts.assets.iter().filter_map(|asset| asset.owner.clone()).collect();
        Ok(Self { balances, owners })
    }

    /// What is left of an asset at an address, in base units.
    pub(super) fn left(&self, address: &str, asset: &str) -> u64 {
        self.balances.get(&(address.to_owned(), asset.to_owned())).copied().unwrap_or(0)
    }

    /// The number of assets of which an address has a balance.
    pub(super) fn count(&self, address: &str) -> usize {
        self.balances.iter().filter(|((holder, _), left)| holder == address && **left > 0).count()
    }

    /// Takes away what a message sends.
    pub(super) fn spend(&mut self, address: &str, needs: &Needs) {
        for (asset, quantity) in needs {
            if let Some(left) = self.balances.get_mut(&(address.to_owned(), asset.clone())) {
                *left = left.saturating_sub(quantity.to_base_units());
            }
        }
    }

    /// Takes away everything that an address holds.
    pub(super) fn empty(&mut self, address: &str) {
        self.balances.retain(|(holder, _), _| holder != address);
    }

    /// Finds the source of a message among the addresses that have bitcoin, the one with most of it first.
    ///
    /// # Errors
    /// [`SHORT_OF_ASSET`], [`AMBIGUOUS_SOURCE`], [`NOT_THE_OWNER`].
    pub(super) fn source(
        &self,
        holder: &Holder,
        purse: &Purse<'_>,
        assets: &BTreeMap<String, AssetFacts>,
    ) -> Result<Source> {
        let funded = funded_addresses(purse);
        match holder {
            Holder::Of(needs) => funded
                .iter()
                .find(|source| self.covers(&source.address.to_string(), needs))
                .cloned()
                .ok_or_else(|| self.short(needs, &funded, purse, assets)),
            Holder::Named(owner) => {
                funded.iter().find(|source| source.address.to_string() == *owner).cloned().ok_or_else(|| {
                    NOT_THE_OWNER.error(format!(
                        "the owner {owner} is not an address of account '{}' that has bitcoin to spend{}",
                        purse.name,
                        purse.about_set_aside()
                    ))
                })
            }
            Holder::Only => self.only(&funded, purse),
        }
    }

    fn only(&self, funded: &[Source], purse: &Purse<'_>) -> Result<Source> {
        let used = |source: &&Source| {
            let address = source.address.to_string();
            self.count(&address) > 0 || self.owners.contains(&address)
        };
        let holding: Vec<&Source> = funded.iter().filter(used).collect();
        let candidates = if holding.is_empty() { funded.iter().collect() } else { holding };
        match candidates.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(super::funding::SHORT_OF_BITCOIN.error(format!(
                "account '{}' has no bitcoin to spend{}",
                purse.name,
                purse.about_set_aside()
            ))),
            several => {
                let names: Vec<String> = several.iter().map(|source| source.address.to_string()).collect();
                Err(AMBIGUOUS_SOURCE.error(format!(
                    "account '{}' uses {} addresses: {}",
                    purse.name,
                    several.len(),
                    names.join(", ")
                )))
            }
        }
    }

    fn covers(&self, address: &str, needs: &Needs) -> bool {
        needs.iter().all(|(asset, quantity)| self.left(address, asset) >= quantity.to_base_units())
    }

    fn short(
        &self,
        needs: &Needs,
        funded: &[Source],
        purse: &Purse<'_>,
        assets: &BTreeMap<String, AssetFacts>,
    ) -> airlock::Error {
        let own: Vec<&str> = self
            .balances
            .keys()
            .map(|(holder, _)| holder.as_str())
            .filter(|holder| {
                airlock::counterparty::address::parse(holder, purse.account.network())
                    .is_ok_and(|address| purse.owns(&address.script_pubkey()))
            })
            .collect();
        let with_bitcoin: Vec<String> = funded.iter().map(|source| source.address.to_string()).collect();
        let shown = |asset: &str, base_units: u64| {
            let divisible = assets.get(asset).is_some_and(|facts| facts.divisible);
            format!("{} {asset}", grouped_units(base_units, if divisible { BITCOIN_DECIMALS } else { 0 }))
        };
        if let Some(holder) = own.iter().find(|holder| self.covers(holder, needs)) {
            return SHORT_OF_ASSET.error(format!(
                "{holder} of account '{}' holds what is needed, but has no bitcoin to spend for the fee{}",
                purse.name,
                purse.about_set_aside()
            ));
        }
        let best = |asset: &str| {
            own.iter().copied().map(|holder| (self.left(holder, asset), holder)).max_by_key(|(left, _)| *left)
        };
        let rows: Vec<String> = needs
            .iter()
            .map(|(asset, need)| {
                let need = need.to_base_units();
                match best(asset) {
                    Some((have, holder)) => {
                        format!("{} needed, {} at {holder}", shown(asset, need), shown(asset, have))
                    }
                    None => format!("{} needed, none there", shown(asset, need)),
                }
            })
            .collect();
        let place = if with_bitcoin.is_empty() { "; no address of it has bitcoin to spend" } else { "" };
        SHORT_OF_ASSET.error(format!(
            "no address of account '{}' holds enough: {}{place}",
            purse.name,
            rows.join("; ")
        ))
    }
}

/// The addresses of the spendable coins, the one with most bitcoin first.
fn funded_addresses(purse: &Purse<'_>) -> Vec<Source> {
    let mut sums: BTreeMap<Place, (u64, Address)> = BTreeMap::new();
    for coin in purse.coins() {
        let entry = sums.entry(coin.place).or_insert_with(|| (0, coin.address.clone()));
        entry.0 = entry.0.saturating_add(coin.output.value.to_sat());
    }
    let mut funded: Vec<(Amount, Source)> = sums
        .into_iter()
        .map(|(place, (sum, address))| (Amount::from_sat(sum), Source { address, place }))
        .collect();
    funded.sort_by_key(|(sum, source)| (core::cmp::Reverse(*sum), source.place));
    funded.into_iter().map(|(_, source)| source).collect()
}
