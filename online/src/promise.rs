//! What bundles of ours send away and the ledgers have not taken off the balances yet, so that nothing is promised twice.
//!
//! It is read from the bytes by the review, never from a note. A balance no longer holds it once the ledger has parsed the
//! transaction, or has moved the account beyond its sequence: whoever reads the balance asks that at the same block.

use std::collections::{BTreeMap, BTreeSet};

use airlock::account::Account;
use airlock::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, grouped_units, parse_units};
use airlock::bundle::{Artefact, Bundle, Step};
use airlock::counterparty::asset::AssetId;
use airlock::review::{Book, Chain, Effect, Review, TransactionView, Use};
use airlock::snapshot::Snapshot;
use airlock::text::Printable;
use airlock::{Code, Exit, Result};
use bitcoin::Txid;
use serde_json::Value;

use crate::store::in_flight::uses;
use crate::store::{BundleRecord, StepRecord};

/// What bundles under way send already.
pub static PROMISED: Code = Code::new(
    "E-TWICE-003",
    Exit::Refused,
    "Bundles under way send what this plan would send as well. The ledger takes it off the balance when their block comes; \
     of two messages that together send more than there is, the later one has no effect, and its fee is lost. A sweep sends \
     everything, also what is promised to others.",
    "Wait until those bundles are final: `airlock-online status` shows them. Or ask for what is free, or let more come in. \
     `--replaces ID` plans it so that at most one of the two can happen.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&PROMISED];

/// Everything that an address holds.
const EVERYTHING: &str = "*";
/// XRP among the assets.
pub const XRP: &str = "XRP";
const XCP: &str = "XCP";

/// What leaves: address and asset, and how much of it.
pub type Leaves = BTreeMap<(String, String), Units>;

/// How much, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Units {
    /// So much.
    Some(u64),
    /// All there is: how much that is, the ledger knows when it comes to it.
    All,
}

impl Units {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Some(one), Self::Some(other)) => Self::Some(one.saturating_add(other)),
            (Self::All, _) | (_, Self::All) => Self::All,
        }
    }
}

/// What a transaction sends away; or several of which at most one can happen: then the largest amounts count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Short ids of the bundles.
    pub bundles: BTreeSet<String>,
    /// Bitcoin transactions that do it.
    pub txids: BTreeSet<Txid>,
    /// What each of them uses: coins, a sequence, a ticket.
    pub uses: BTreeSet<Use>,
    /// What leaves.
    pub leaves: Leaves,
    one_of: Option<u32>,
}

/// What was taken off a balance because a bundle under way sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Short id; several are `A or B`.
    pub bundle: String,
    /// The address that sends.
    pub address: String,
    /// The asset, or `XRP`.
    pub asset: String,
    /// Base units, or drops.
    pub base_units: u64,
}

impl Promise {
    /// The bundles in words.
    pub fn bundle(&self) -> String {
        let names: Vec<&str> = self.bundles.iter().map(String::as_str).collect();
        names.join(" or ")
    }

    /// What leaves an address, of `held`: each asset and how much of it there is. Takes it off.
    pub fn take_off<'a>(
        &self,
        address: &str,
        held: impl IntoIterator<Item = (&'a str, &'a mut u64)>,
    ) -> Vec<UnderWay> {
        let mut taken = Vec::new();
        for (asset, left) in held {
            let Some(units) = self.sends(address, asset) else { continue };
            let base_units = match units {
                Units::Some(units) => units.min(*left),
                Units::All => *left,
            };
            *left = left.saturating_sub(base_units);
            let (address, asset) = (address.to_owned(), asset.to_owned());
            taken.push(UnderWay { bundle: self.bundle(), address, asset, base_units });
        }
        taken.retain(|taken| taken.base_units > 0);
        taken
    }

    /// How much of an asset of an address leaves.
    fn sends(&self, address: &str, asset: &str) -> Option<Units> {
        let named = |asset: &str| self.leaves.get(&(address.to_owned(), asset.to_owned())).copied();
        named(EVERYTHING).max(named(asset))
    }

    /// True where something of an address leaves.
    pub fn is_of(&self, address: &str) -> bool {
        self.leaves.keys().any(|(source, _)| source == address)
    }

    /// True where at most one of the two can happen: something is used by all transactions of one and by the other. Of one
    /// bundle only those exclude each other that say so.
    fn excludes(&self, other: &Self) -> bool {
        let apart =
            self.bundles.is_disjoint(&other.bundles) || self.one_of.is_some() && self.one_of == other.one_of;
        apart && !self.uses.is_disjoint(&other.uses)
    }

    fn join(&mut self, other: Self) {
        self.bundles.extend(other.bundles);
        self.txids.extend(other.txids);
        self.uses.retain(|used| other.uses.contains(used));
        for (what, units) in other.leaves {
            let most = self.leaves.entry(what).or_insert(units);
            *most = units.max(*most);
        }
    }
}

/// What these steps of bundles send away.
///
/// # Errors
/// Those of [`Review::of_bundle`].
pub fn of_steps(bundles: &[(BundleRecord, BTreeSet<usize>)], accounts: &[Account]) -> Result<Vec<Promise>> {
    let mut all: Vec<Promise> = Vec::new();
    for (record, steps) in bundles {
        let review =
            review(&record.bundle, accounts).map_err(|e| e.at(format!("bundle {}", record.short)))?;
        for step in record.steps.iter().filter(|step| steps.contains(&step.index)) {
            let Some(promise) = promise(record, step, &review)? else { continue };
            match all.iter_mut().find(|known| known.excludes(&promise)) {
                Some(known) => known.join(promise),
                None => all.push(promise),
            }
        }
    }
    Ok(all)
}

/// What the steps of a bundle send away; steps that exclude each other count with their largest amounts.
pub fn leaves(bundle: &Bundle, review: &Review) -> Leaves {
    let (mut all, mut groups) = (Leaves::new(), BTreeMap::<u32, Leaves>::new());
    for (index, step) in bundle.steps().iter().enumerate() {
        let Some(view) = review.transaction(index) else { continue };
        let of_step = of(&view, step);
        let sums = step.one_of.map_or(&mut all, |group| groups.entry(group).or_default());
        for (what, units) in of_step {
            let sum = sums.entry(what).or_insert(Units::Some(0));
            *sum = if step.one_of.is_some() { units.max(*sum) } else { units.plus(*sum) };
        }
    }
    for (what, units) in groups.into_values().flatten() {
        let sum = all.entry(what).or_insert(Units::Some(0));
        *sum = units.plus(*sum);
    }
    all
}

fn review(bundle: &Bundle, accounts: &[Account]) -> Result<Review> {
    let book = Book { accounts, assets: &[], destinations: &[], authenticated: true };
    // What the bytes do does not change with the expiry.
    Review::of_bundle(bundle, &book, bundle.contents().created)
}

fn promise(record: &BundleRecord, known: &StepRecord, review: &Review) -> Result<Option<Promise>> {
    let steps = record.bundle.steps();
    let (Some(step), Some(view)) = (steps.get(known.index), review.transaction(known.index)) else {
        return Ok(None);
    };
    let leaves = of(&view, step);
    if leaves.is_empty() {
        return Ok(None);
    }
    let txid = match known.chain {
        Chain::Bitcoin(_) => known.txid.as_deref().and_then(|txid| txid.parse().ok()),
        Chain::Xrpl(_) => None,
    };
    let parents = step.links.iter().filter_map(|link| steps.get(link.step));
    let used = core::iter::once(step).chain(parents).map(uses).collect::<Result<Vec<_>>>()?;
    Ok(Some(Promise {
        bundles: BTreeSet::from([record.short.clone()]),
        txids: txid.into_iter().collect(),
        uses: used.into_iter().flatten().collect(),
        leaves,
        one_of: step.one_of,
    }))
}

/// What one transaction sends away.
fn of(view: &TransactionView<'_>, step: &Step) -> Leaves {
    let mut leaves = Leaves::new();
    let mut leave = |address: &str, asset: &str, units: Units| {
        let sum = leaves.entry((address.to_owned(), asset.to_owned())).or_insert(Units::Some(0));
        *sum = units.plus(*sum);
    };
    match (&step.artefact, view.source) {
        (Artefact::TxJson(fields), _) => {
            let account = fields.get("Account").and_then(Value::as_str).unwrap_or_default();
            leave(account, XRP, Units::Some(view.fee));
            for effect in view.effects {
                if let Effect::PaysXrp { amount, .. } = effect {
                    leave(account, XRP, Units::Some(amount.to_drops()));
                } else if let Effect::DeletesAccount { .. } = effect {
                    leave(account, XRP, Units::All);
                }
            }
        }
        (Artefact::Psbt(_), Some(source)) => {
            for effect in view.effects {
                if let Effect::SendsAsset { asset, quantity, .. } = effect
                    && *asset != AssetId::BTC
                {
                    leave(source, &asset.name(), Units::Some(quantity.to_base_units()));
                } else if let Effect::Sweeps { balances, .. } = effect {
                    // It burns XCP as well, how much of it the ledger alone knows.
                    leave(source, if *balances { EVERYTHING } else { XCP }, Units::All);
                }
            }
        }
        (Artefact::Psbt(_), None) => {}
    }
    leaves
}

/// Holds what a plan sends against what is free beside the bundles under way.
///
/// # Errors
/// [`PROMISED`] with the balance, what is under way with which bundle, what is free, and what is asked for.
pub fn check(asked: &Leaves, snapshot: &Snapshot, under_way: &[UnderWay]) -> Result<()> {
    for ((address, asset), units) in asked {
        let of_asset =
            |row: &&UnderWay| row.address == *address && (row.asset == *asset || asset == EVERYTHING);
        let rows: Vec<&UnderWay> = under_way.iter().filter(of_asset).collect();
        let Some(first) = rows.first() else { continue };
        let shown = |base_units: u64, asset: &str| show(base_units, asset, snapshot);
        let each =
            |row: &&UnderWay| format!("{} with bundle {}", shown(row.base_units, &row.asset), row.bundle);
        let told = rows.iter().map(each).collect::<Vec<_>>().join(", ");
        match units {
            Units::All if asset == EVERYTHING => {
                return Err(
                    PROMISED.error(format!("everything of {address} is asked for, and under way are {told}"))
                );
            }
            // How much it is the ledger alone knows; the planner has estimated it.
            Units::All => {}
            Units::Some(asked) => {
                let (balance, reserve) = balance(snapshot, address, asset);
                let free = balance.saturating_sub(reserve);
                if *asked <= free {
                    continue;
                }
                let whole = rows.iter().fold(balance, |sum, row| sum.saturating_add(row.base_units));
                let kept = if reserve > 0 {
                    format!(", {} is the reserve", shown(reserve, asset))
                } else {
                    String::new()
                };
                let (whole, free, asked) = (shown(whole, asset), shown(free, asset), shown(*asked, asset));
                return Err(PROMISED
                    .error(format!(
                        "{address} holds {whole}; under way are {told}{kept}; {free} are free, and {asked} are asked for"
                    ))
                    .with_next(format!(
                        "Ask for no more than {free} (fees included), or wait until {bundle} is final: `airlock-online status \
                         {bundle}` shows how it stands. `--replaces {bundle}` plans it so that at most one of the two can \
                         happen.",
                        bundle = first.bundle
                    )));
            }
        }
    }
    Ok(())
}

/// Warnings about other bundles that would send what this plan sends too, and are not taken off the balances of the
/// snapshot: more would leave than there is, if all of them happen.
pub fn warnings(
    asked: &Leaves,
    used: &BTreeSet<Use>,
    others: &[Promise],
    snapshot: &Snapshot,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for ((address, asset), units) in asked {
        let of_address = |other: &&Promise| other.uses.is_disjoint(used) && other.is_of(address);
        let with: Vec<(&Promise, Units)> = others
            .iter()
            .filter(of_address)
            .filter_map(|other| Some((other, other.sends(address, asset)?)))
            .collect();
        let sum = with.iter().fold(*units, |sum, (_, units)| sum.plus(*units));
        let (balance, reserve) = balance(snapshot, address, asset);
        let free = balance.saturating_sub(reserve);
        if with.is_empty() || matches!(sum, Units::Some(sum) if sum <= free) {
            continue;
        }
        let names: Vec<String> = with.iter().map(|(other, _)| other.bundle()).collect();
        let names = names.join(", ");
        warnings.push(match asset.as_str() {
            EVERYTHING => format!("everything of {address} is asked for, of which bundle {names} sends too"),
            _ => format!(
                "bundle {names} would send of {address} too, together more than the {} that are free: whatever the ledger \
                 reaches last has no effect",
                show(free, asset, snapshot)
            ),
        });
    }
    warnings
}

/// What the snapshot has of an asset at an address, and how much of it must stay.
fn balance(snapshot: &Snapshot, address: &str, asset: &str) -> (u64, u64) {
    let units = |text: &str| parse_units(text, 0).unwrap_or(0);
    if asset == XRP {
        let Some(ledger) = &snapshot.xrpl else { return (0, 0) };
        let account = ledger.accounts.iter().find(|known| known.address == address);
        return account.map_or((0, 0), |account| {
            let owned = u64::from(account.owner_count).saturating_mul(units(&ledger.reserve_inc));
            (units(&account.balance), owned.saturating_add(units(&ledger.reserve_base)))
        });
    }
    let rows = snapshot.counterparty.iter().flat_map(|ledger| &ledger.balances);
    let rows = rows.filter(|row| row.address == address && row.asset == asset);
    (rows.fold(0, |sum, row| sum.saturating_add(units(&row.quantity))), 0)
}

/// `12.5 XCP`; in base units where the snapshot does not know the asset.
pub fn show(base_units: u64, asset: &str, snapshot: &Snapshot) -> String {
    let facts = snapshot.counterparty.iter().flat_map(|ledger| &ledger.assets);
    let known = facts.into_iter().find(|facts| facts.name == asset);
    let decimals = match asset {
        XRP => Some(XRP_DECIMALS),
        XCP => Some(BITCOIN_DECIMALS),
        _ => known.map(|facts| if facts.divisible { BITCOIN_DECIMALS } else { 0 }),
    };
    let name = Printable::new(known.and_then(|facts| facts.longname.as_deref()).unwrap_or(asset));
    match decimals {
        Some(decimals) => format!("{} {name}", grouped_units(base_units, decimals)),
        None => format!("{base_units} base units of {name}"),
    }
}
