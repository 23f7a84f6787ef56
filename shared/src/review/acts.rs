//! A review as a policy looks at it: its transactions one by one, with what only the review knows of them.

use bitcoin::Amount;

use super::Review;
use super::effect::Effect;
use super::outgoing::Chain;
use super::step::CHANGE_INDICES;
use super::steps::{StepKind, StepReview};
use crate::account::{Account, AccountName, BitcoinAccount, Rail};
use crate::bundle::Topic;
use crate::network::BitcoinNetwork;
use crate::xrp::AccountId;

/// One transaction.
pub(crate) struct Act<'a> {
    review: &'a Review,
    step: &'a StepReview,
    /// Where the bundle says that the XRP Ledger is.
    ledger: Option<u32>,
}

/// The Bitcoin fee of one transaction, or of a pair together.
pub(crate) struct FeeAct {
    /// Which transactions.
    pub(crate) place: String,
    /// Satoshi.
    pub(crate) sat: u64,
    /// Satoshi per 1,000 virtual bytes.
    pub(crate) rate: u64,
    /// Satoshi paid to others: payments to own accounts are no base for a percentage.
    pub(crate) paid: u64,
}

impl Review {
    /// All transactions, also those that exclude each other.
    pub(crate) fn acts(&self) -> impl Iterator<Item = Act<'_>> {
        let ledger = self.claimed_ledger();
        self.steps.iter().map(move |step| Act { review: self, step, ledger })
    }

    /// True for a PSBT of other software.
    pub(crate) fn is_bare(&self) -> bool {
        self.bundle.is_none()
    }

    /// Seconds from a bundle's making to its end.
    pub(crate) fn life(&self) -> Option<u64> {
        Some(self.expires?.since(self.created?))
    }

    /// True for a destination that derivation proves ours.
    pub(crate) fn is_own(&self, effect: &Effect, address: &str) -> bool {
        matches!(effect, Effect::PaysBitcoin { own: Some(_), .. })
            || self.own.contains_key(address)
            || self.own_xrp.contains_key(address)
    }

    /// True for an address of ours at an index so far that no wallet would find it again by itself.
    pub(crate) fn is_far(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::PaysBitcoin { own: Some(place), .. } if place.index >= CHANGE_INDICES)
    }

    /// Bitcoin fees, each pair as one.
    pub(crate) fn fee_acts(&self) -> impl Iterator<Item = FeeAct> {
        self.fees.iter().map(|fee| {
            let steps = [Some(fee.steps.0), fee.steps.1].into_iter().flatten();
            let effects = steps.filter_map(|step| self.steps.get(step)).flat_map(StepReview::effects);
            let paid = effects.filter_map(|effect| {
                if let Effect::PaysBitcoin { amount, to, .. } = effect
                    && !self.is_own(effect, to)
                {
                    Some(*amount)
                } else {
                    None
                }
            });
            let paid = paid.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum));
            FeeAct {
                place: fee.place(),
                sat: fee.fee.amount.to_sat(),
                rate: fee.fee.rate(),
                paid: paid.to_sat(),
            }
        })
    }

    fn claimed_ledger(&self) -> Option<u32> {
        self.assumptions.iter().find_map(|assumption| {
            if let Topic::XrpLedger { index, .. } = &assumption.topic { Some(*index) } else { None }
        })
    }
}

impl<'a> Act<'a> {
    /// Whose key signs, and for whom on the XRP Ledger.
    pub(crate) fn signer(&self) -> (&'a AccountName, Option<AccountId>) {
        let acts_for = match &self.step.kind {
            StepKind::Xrp(found) => Some(found.acts_for),
            StepKind::Bitcoin(_) => None,
        };
        (self.step.account(), acts_for)
    }

    /// `transaction 2 of 3`.
    pub(crate) fn place(&self) -> String {
        self.step.place()
    }

    /// Where it counts.
    pub(crate) fn chain(&self) -> Chain {
        self.review.chain_of(self.step)
    }

    /// What it does to the outside.
    pub(crate) fn effects(&self) -> &[Effect] {
        self.step.effects()
    }

    /// True for the first of a pair, whose only purpose is the second.
    pub(crate) fn only_prepares(&self) -> bool {
        self.step.bitcoin().is_some_and(|found| !found.commits.is_empty())
    }

    /// Drops that an XRP transaction burns.
    pub(crate) fn xrp_fee(&self) -> Option<u64> {
        match &self.step.kind {
            StepKind::Xrp(found) => Some(found.fee.to_drops()),
            StepKind::Bitcoin(_) => None,
        }
    }

    /// Ledgers from the claimed one to the last that takes an XRP transaction.
    pub(crate) fn ledgers_ahead(&self) -> Option<u32> {
        match &self.step.kind {
            // The review has refused what lies behind the claimed ledger, and what claims none.
            StepKind::Xrp(found) => found.last_ledger.checked_sub(self.ledger?),
            StepKind::Bitcoin(_) => None,
        }
    }

    /// An account of the vault on a chain of `main` whose key, or whose address, this transaction uses on another.
    pub(crate) fn also_on(&self, main: &dyn Fn(Chain) -> bool) -> Option<&Account> {
        let accounts = &self.review.accounts;
        let mine = accounts.iter().find(|account| &account.name == self.step.account())?;
        accounts.iter().find(|other| match (&other.rail, &mine.rail, &self.step.kind) {
            (Rail::Bitcoin(other), Rail::Bitcoin(mine), StepKind::Bitcoin(_)) => {
                let first = |account: &BitcoinAccount| account.public_key(0, 0).map(|key| key.inner);
                let extended =
                    |account: &BitcoinAccount| account.xpub().map(|key| (key.public_key, key.chain_code));
                let is_same = match (extended(other), extended(mine)) {
                    (Some(other), Some(mine)) => other == mine,
                    (None, _) | (_, None) => first(other).is_some() && first(other) == first(mine),
                };
                is_same && main(Chain::Bitcoin(other.network()))
            }
            (Rail::Xrp(other), Rail::Xrp(mine), StepKind::Xrp(found)) => {
                let is_same = other.account_id() == mine.account_id() || other.account_id() == found.acts_for;
                is_same && main(Chain::Xrpl(other.network_id))
            }
            (Rail::Bitcoin(_) | Rail::Xrp(_), ..) => false,
        })
    }
}

impl Chain {
    /// True where every Bitcoin network but the main one, and the listed ids of the XRP Ledger, are for tests.
    pub(crate) fn is_main(self, is_test_xrpl: impl Fn(u32) -> bool) -> bool {
        match self {
            Self::Bitcoin(network) => network == BitcoinNetwork::Mainnet,
            Self::Xrpl(id) => !is_test_xrpl(id),
        }
    }
}
