//! What a look changes in the books. Pure: from what was found and what is known to new credits, changes and alarms.
//!
//! A credit is pending until its block is deep enough, and then becomes what its [`Fate`] says. Depth counts the block
//! that holds it as 1. What is known and was not found is reversed only if its block left the chain; a server that merely
//! stops telling of it changes nothing and raises an alarm.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::amount::grouped_units;
use airlock::text::Printable;

use super::error::STRANGE_ANSWER;
use crate::config::{Depths, Purpose};
use crate::store::{Credit, CreditChange, CreditState, Cursor, NewCredit};

/// Something that a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What came in; its state, customer and detail follow from its fate.
    pub credit: NewCredit,
    /// What becomes of it once it is deep enough.
    pub fate: Fate,
    /// The depth from which on it does.
    pub needs: u32,
    /// Why it stays pending however deep it is.
    pub waits: Option<String>,
}

impl Found {
    /// True where nothing was decided yet.
    pub(super) fn is_open(&self, known: Option<&Credit>) -> bool {
        known.is_none_or(|known| matches!(known.what.state, CreditState::Pending | CreditState::Reversed))
    }
}

/// What becomes of a credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Credited, suspense or quarantine.
    pub state: CreditState,
    /// Whose it is.
    pub customer: Option<String>,
    /// Why, where a person has to know.
    pub why: Option<String>,
}

impl Fate {
    /// It is this customer's.
    pub fn credited(customer: &str) -> Self {
        Self { state: CreditState::Credited, customer: Some(customer.to_owned()), why: None }
    }

    /// A person has to say whose it is.
    pub fn suspense(why: impl Into<String>) -> Self {
        Self { state: CreditState::Suspense, customer: None, why: Some(why.into()) }
    }

    /// It is kept apart.
    pub fn quarantine(customer: Option<&str>, why: impl Into<String>) -> Self {
        let customer = customer.map(str::to_owned);
        Self { state: CreditState::Quarantine, customer, why: Some(why.into()) }
    }

    /// The same with a remark.
    #[must_use]
    pub fn noting(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

/// One look, ready to be settled.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The first block that was looked through.
    pub from: u32,
    /// The last one.
    pub to: u32,
    /// The tip, from which depth is counted.
    pub tip: u32,
    /// What was found.
    pub found: Vec<Found>,
    /// What is known of that and of these blocks, by key.
    pub known: BTreeMap<String, Credit>,
    /// Keys of known ones whose block is no longer in the chain.
    pub left: BTreeSet<String>,
}

/// What a look changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// New credits.
    pub credits: Vec<NewCredit>,
    /// Changes of known ones.
    pub changes: Vec<CreditChange>,
    /// What a person must look at.
    pub alarms: Vec<String>,
    /// What a person may like to know.
    pub notes: Vec<String>,
}

impl Look {
    /// Lets each deposit wait as long as the sum would that its customer has waiting in the same asset: many small ones
    /// are not safer than a large one.
    pub(super) fn wait_by_sum(&mut self, depths: &Depths) {
        let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
        let of = |found: &Found| Some((found.fate.customer.clone()?, found.credit.asset.clone()));
        for found in &self.found {
            if let (true, Some(whose)) = (found.is_open(self.known.get(&found.credit.key())), of(found)) {
                let sum = sums.entry(whose).or_default();
                *sum = sum.saturating_add(found.credit.amount.unwrap_or_default());
            }
        }
        for found in &mut self.found {
            let sum = of(found).and_then(|whose| sums.get(&whose)).copied().unwrap_or_default();
            let credit = &found.credit;
            let needs = depths.of(Purpose::Deposit, &credit.asset, sum, credit.decimals);
            found.needs = found.needs.max(needs);
        }
    }

    /// True where this would be decided now.
    pub(super) fn decides(&self, found: &Found) -> bool {
        found.is_open(self.known.get(&found.credit.key()))
            && depth(found.credit.height, self.tip) >= found.needs
    }
}

/// Confirmations of a block, counting the block itself; 0 above the tip.
pub fn depth(height: u32, tip: u32) -> u32 {
    tip.saturating_add(1).saturating_sub(height)
}

/// Settles a look.
///
/// # Errors
/// [`STRANGE_ANSWER`] where something was found twice.
pub fn settle(look: &Look) -> Result<Settled> {
    let mut settled = Settled::default();
    let mut seen = BTreeSet::new();
    for found in &look.found {
        let key = found.credit.key();
        let deep = depth(found.credit.height, look.tip) >= found.needs && found.waits.is_none();
        settled.notes.extend(found.waits.iter().map(|why| format!("{} waits: {why}", Printable::new(&key))));
        let target = if deep { found.fate.state } else { CreditState::Pending };
        match look.known.get(&key) {
            None => settled.credits.push(NewCredit {
                state: target,
                customer: found.fate.customer.clone(),
                detail: found.waits.clone().or_else(|| found.fate.why.clone()),
                ..found.credit.clone()
            }),
            Some(known) if known.what.amount != found.credit.amount => settled.contradicted(known, found),
            Some(known) => settled.again(known, found, target),
        }
        if !seen.insert(key.clone()) {
            return Err(STRANGE_ANSWER.error(format!("{} twice", Printable::new(&key))));
        }
    }
    for (key, known) in look.known.iter().filter(|(key, _)| !seen.contains(*key)) {
        if known.what.state != CreditState::Reversed && (look.from..=look.to).contains(&known.what.height) {
            settled.vanished(known, look.left.contains(key));
        }
    }
    Ok(settled)
}

impl Settled {
    fn again(&mut self, known: &Credit, found: &Found, target: CreditState) {
        let here = Cursor { height: found.credit.height, hash: found.credit.block_hash.clone() };
        let moved = (known.what.height, &known.what.block_hash) != (here.height, &here.hash);
        let was = known.what.state;
        let to = match was {
            CreditState::Pending | CreditState::Reversed => target,
            CreditState::Credited | CreditState::Suspense | CreditState::Quarantine => was,
        };
        if to == was && !moved {
            return;
        }
        if was == CreditState::Reversed {
            self.notes.push(format!("{} is in the chain again, in block {}", name(known), here.height));
        } else if moved && was == CreditState::Credited {
            let (old, new) = (known.what.height, here.height);
            self.notes.push(format!("{} moved from block {old} to block {new}", name(known)));
        }
        let decided = to != was;
        self.changes.push(CreditChange {
            key: known.key.clone(),
            from: was,
            to,
            customer: if decided { found.fate.customer.clone() } else { None },
            block: moved.then_some(here),
            detail: if decided { found.fate.why.clone() } else { known.what.detail.clone() },
        });
    }

    /// The ledger tells another amount under the same key: what was written stays, and nothing is credited by itself.
    fn contradicted(&mut self, known: &Credit, found: &Found) {
        let shown = |amount: Option<u64>| amount.map_or("nothing".to_owned(), |units| units.to_string());
        let (was, is) = (shown(known.what.amount), shown(found.credit.amount));
        let what = format!("{is} base units are told now, {was} were told before");
        self.alarms.push(format!("{}: {what}", name(known)));
        if matches!(known.what.state, CreditState::Pending | CreditState::Reversed) {
            self.changes.push(CreditChange {
                key: known.key.clone(),
                from: known.what.state,
                to: CreditState::Suspense,
                customer: None,
                block: None,
                detail: Some(what),
            });
        }
    }

    fn vanished(&mut self, known: &Credit, left: bool) {
        let height = known.what.height;
        if !left {
            let what =
                "the server no longer tells of it, though its block is still there; nothing was changed";
            self.alarms.push(format!("{}: {what}", name(known)));
            return;
        }
        if known.credited.is_some() {
            self.alarms.push(format!(
                "{} was credited, and its block {height} is no longer in the chain. It is marked as reversed; the books \
                 of the exchange still have it",
                name(known)
            ));
        } else {
            self.notes.push(format!("{} is gone with its block {height}", name(known)));
        }
        self.changes.push(CreditChange {
            key: known.key.clone(),
            from: known.what.state,
            to: CreditState::Reversed,
            customer: None,
            block: None,
            detail: Some(format!("block {height} left the chain")),
        });
    }
}

/// A credit in a sentence.
pub(super) fn name(credit: &Credit) -> String {
    let what = &credit.what;
    let customer = match &what.customer {
        Some(customer) => format!(" for {}", Printable::new(customer)),
        None => String::new(),
    };
    format!("credit {} ({}{customer})", credit.number, money(what))
}

/// Amount and asset: `12.5 XCP (1250000000)`.
pub fn money(what: &NewCredit) -> String {
    let asset = Printable::new(&what.asset);
    match what.amount {
        Some(units) if what.decimals == 0 => format!("{} {asset}", grouped_units(units, 0)),
        Some(units) => format!("{} {asset} ({units})", grouped_units(units, what.decimals)),
        None => format!("some {asset}"),
    }
}
