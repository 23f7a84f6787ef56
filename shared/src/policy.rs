//! The treasury's own rules, which the offline half enforces itself: `policy.toml`, edited by people, judged before
//! every signature.
//!
//! A policy can only be narrower than the limits of the review, which nothing lifts (design.md 10.16, 10.17). On main
//! networks what is not listed is refused; on test networks it is allowed with a line that says so, and what is listed
//! holds there too. Fees and everything that is not proven change count as spent (requirements BP-4). A yes is a
//! [`Permission`], and [`Review::approve`] takes nothing less.

mod destination;
mod difference;
mod file;
mod judge;
mod kind;
mod limit;
mod read;
mod refusals;
mod registry;
mod spent;
mod starter;
mod verdict;

pub use kind::Kind;
pub use refusals::*;
pub use spent::Spent;
pub use verdict::{Finding, Outcome, Permission, Verdict};

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::error::Result;
use crate::review::{KnownAsset, KnownDestination, Money, Review};
use crate::time::Moment;
use destination::Destination;
use limit::Limit;

/// The rules of one `policy.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    kinds: BTreeSet<Kind>,
    own_accounts: bool,
    xrpl_test: BTreeSet<u32>,
    fees: FeeRules,
    expiry: ExpiryRules,
    /// By name.
    assets: Vec<KnownAsset>,
    /// By name.
    destinations: Vec<Destination>,
    limits: BTreeMap<Money, Limit>,
}

/// `[fees]`: each may be absent, and then the limit of the review holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct FeeRules {
    /// Satoshi for a transaction or a pair.
    bitcoin_max: Option<u64>,
    /// Satoshi per 1,000 virtual bytes.
    bitcoin_max_rate: Option<u64>,
    /// Percent of what is paid to others.
    bitcoin_max_percent: Option<u64>,
    /// Drops for a transaction, AccountDelete excepted.
    xrp_max: Option<u64>,
}

/// `[expiry]`: each may be absent, and then the limit of the review holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ExpiryRules {
    /// Seconds from a bundle's making to its end.
    max_bundle: Option<u64>,
    /// Ledgers from the claimed one to LastLedgerSequence.
    xrpl_max_ledgers: Option<u32>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`FILE`] for what is not TOML of version 1 with known members, [`ENTRY`] for entries that make no sense, [`WIDER`]
    /// for what would be wider than the review.
    pub fn parse(text: &str) -> Result<Self> {
        read::policy(text)
    }

    /// A commented file for new homes: it parses, and on main networks it refuses everything until a person has listed
    /// destinations and limits.
    pub fn starter(accounts: &[Account]) -> String {
        starter::text(accounts)
    }

    /// What the policy says of a review. `spent` is what was signed in the 24 hours before, without this bundle; `now` is
    /// the journal's time.
    pub fn judge(&self, review: &Review, spent: &Spent, now: Moment) -> Verdict {
        judge::judge(self, review, spent, now)
    }

    /// The registry of assets, for [`Book`](crate::review::Book).
    pub fn assets(&self) -> &[KnownAsset] {
        &self.assets
    }

    /// The listed destinations, for [`Book`](crate::review::Book).
    pub fn destinations(&self) -> Vec<KnownDestination> {
        self.destinations
            .iter()
            .map(|found| KnownDestination { name: found.name.clone(), address: found.address.clone() })
            .collect()
    }

    /// True for network ids that the policy lists as test networks.
    pub fn is_test_xrpl(&self, network_id: u32) -> bool {
        self.xrpl_test.contains(&network_id)
    }
}

/// What changed between two policy files, as people read it; nothing when the texts are the same. An old text that is no
/// policy counts as an empty one; of a new one only the error is told.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    difference::lines(old, new)
}

#[cfg(test)]
mod tests;
