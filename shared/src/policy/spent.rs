//! What was spent: of earlier bundles within a day, or by one bundle.

use std::collections::BTreeMap;

use crate::amount::decimal::Decimal;
use crate::review::{Chain, Money, Outgoing};

/// Sums by money, and by destination and money; exact, so that no sum can wrap around a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    all: BTreeMap<(Chain, Money), Decimal>,
    to: BTreeMap<(Chain, Money, String), Decimal>,
}

impl Spent {
    /// Adds one outgoing.
    pub fn add(&mut self, outgoing: &Outgoing) {
        let Outgoing { chain, money, to, amount } = outgoing;
        let sum = self.all.entry((*chain, *money)).or_default();
        *sum = sum.plus(*amount);
        if let Some(to) = to {
            let sum = self.to.entry((*chain, *money, to.clone())).or_default();
            *sum = sum.plus(*amount);
        }
    }

    /// The sum of a money, fees included.
    pub fn of(&self, chain: Chain, money: Money) -> Decimal {
        self.all.get(&(chain, money)).copied().unwrap_or_default()
    }

    /// The sum of a money to one destination, in its usual spelling.
    pub fn to(&self, chain: Chain, money: Money, to: &str) -> Decimal {
        self.to.get(&(chain, money, to.to_owned())).copied().unwrap_or_default()
    }

    /// The moneys that were spent.
    pub(super) fn moneys(&self) -> impl Iterator<Item = (Chain, Money)> {
        self.all.keys().copied()
    }
}

impl<'a> FromIterator<&'a Outgoing> for Spent {
    fn from_iter<I: IntoIterator<Item = &'a Outgoing>>(outgoings: I) -> Self {
        let mut spent = Self::default();
        outgoings.into_iter().for_each(|outgoing| spent.add(outgoing));
        spent
    }
}
