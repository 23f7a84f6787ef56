//! What bundles of ours send away and the ledgers have not taken off the balances yet, so that nothing is promised twice.
//!
//! It is read from the bytes by the review, never from a note. A balance no longer holds it once the ledger has parsed the
//! transaction, or has moved the account beyond its sequence: whoever reads the balance asks that at the same block.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::Account;
use airlock::bundle::{Artefact, Bundle, Step};
use airlock::counterparty::asset::AssetId;
use airlock::review::{Book, Chain, Effect, Review, TransactionView, Use};
use bitcoin::Txid;
use serde_json::Value;

use crate::store::in_flight::uses;
use crate::store::{BundleRecord, StepRecord};

mod free;

pub use free::{CODES, PROMISED, check, show, warnings};

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
    /// What it sends beyond that, because the balance did not hold more: the ledger will not count it.
    pub beyond: u64,
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
            let (base_units, beyond) = match units {
                Units::Some(units) => (units.min(*left), units.saturating_sub(*left)),
                Units::All => (*left, 0),
            };
            *left = left.saturating_sub(base_units);
            let (address, asset) = (address.to_owned(), asset.to_owned());
            taken.push(UnderWay { bundle: self.bundle(), address, asset, base_units, beyond });
        }
        taken.retain(|taken| taken.base_units > 0 || taken.beyond > 0);
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
