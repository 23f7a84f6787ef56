//! What a plan rests on, collected while it is made: each thing once, in an order that does not depend on chance.

use std::collections::{BTreeMap, BTreeSet};

use airlock::amount::{Drops, Quantity};
use airlock::bundle::{Assumption, Topic};
use airlock::snapshot::{AssetFacts, BitcoinFacts, XrplFacts};

use super::fee;

/// The claims of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    inputs: usize,
    change: usize,
    height: Option<u32>,
    fee_level: Option<u64>,
    assets: BTreeMap<String, Topic>,
    balances: BTreeMap<(String, String), u64>,
    memos: BTreeMap<String, bool>,
    /// Destinations that get no memo and of which the snapshot does not say whether they require one.
    unknown: BTreeSet<String>,
    ledger: Option<Topic>,
    xrp_accounts: BTreeMap<String, Topic>,
    destinations: BTreeMap<String, Topic>,
    /// What else a person should know and what does not stop the plan.
    pub(super) warnings: BTreeSet<String>,
}

impl Claims {
    /// What Bitcoin transactions rest on.
    pub(super) fn bitcoin(&mut self, facts: &BitcoinFacts, inputs: usize, change: usize) {
        self.inputs = self.inputs.saturating_add(inputs);
        self.change = self.change.saturating_add(change);
        self.height = Some(facts.height);
        self.fee_level = fee::estimate(facts);
    }

    /// An asset's name, longname and divisibility.
    pub(super) fn asset(&mut self, facts: &AssetFacts) {
        let topic = Topic::Asset {
            name: facts.name.clone(),
            longname: facts.longname.clone(),
            divisible: facts.divisible,
        };
        self.assets.insert(facts.name.clone(), topic);
    }

    /// A balance of a paying address.
    pub(super) fn balance(&mut self, address: &str, asset: &str, quantity: Quantity) {
        self.balances.insert((address.to_owned(), asset.to_owned()), quantity.to_base_units());
    }

    /// Whether a destination requires memos.
    pub(super) fn memo_required(&mut self, address: &str, required: bool) {
        self.memos.insert(address.to_owned(), required);
    }

    /// A destination that gets no memo, without facts.
    pub(super) fn memo_unknown(&mut self, address: &str) {
        self.unknown.insert(address.to_owned());
    }

    /// What a person should know and what does not stop the plan.
    pub(super) fn warnings(&self) -> Vec<String> {
        let unknown = match self.unknown.len() {
            0 => None,
            1 => {
                self.unknown.first().map(|to| format!("nothing is known of {to}: whether it requires a memo"))
            }
            many => Some(format!("nothing is known of {many} destinations: whether they require a memo")),
        };
        self.warnings.iter().cloned().chain(unknown).collect()
    }

    /// The last validated ledger.
    pub(super) fn ledger(&mut self, facts: &XrplFacts) {
        self.ledger = Some(Topic::XrpLedger { index: facts.ledger_index, close_time: facts.close_time });
    }

    /// The state of a paying XRP account.
    pub(super) fn xrp_account(&mut self, address: &str, sequence: u32, balance: Drops, reserve: Drops) {
        let topic = Topic::XrpAccount {
            address: address.to_owned(),
            sequence,
            balance: balance.to_drops().to_string(),
            reserve: reserve.to_drops().to_string(),
        };
        self.xrp_accounts.insert(address.to_owned(), topic);
    }

    /// The state of an XRP destination.
    pub(super) fn xrp_destination(&mut self, address: &str, exists: bool, requires_tag: bool) {
        let topic = Topic::XrpDestination { address: address.to_owned(), exists, requires_tag };
        self.destinations.insert(address.to_owned(), topic);
    }

    /// Takes over what another plan of one request claims.
    pub(super) fn merge(&mut self, other: Self) {
        self.inputs = self.inputs.saturating_add(other.inputs);
        self.change = self.change.saturating_add(other.change);
        self.height = self.height.or(other.height);
        self.fee_level = self.fee_level.or(other.fee_level);
        self.assets.extend(other.assets);
        self.balances.extend(other.balances);
        self.memos.extend(other.memos);
        self.ledger = self.ledger.take().or(other.ledger);
        self.xrp_accounts.extend(other.xrp_accounts);
        self.destinations.extend(other.destinations);
        self.unknown.extend(other.unknown);
        self.warnings.extend(other.warnings);
    }

    /// The assumptions of the bundle.
    pub(super) fn into_assumptions(self) -> Vec<Assumption> {
        let mut topics = Vec::new();
        if let Some(height) = self.height {
            topics.push(Topic::InputAmounts { inputs: self.inputs });
            topics.push(Topic::Change { outputs: self.change });
            topics.push(Topic::BitcoinHeight { height });
        }
        topics.extend(self.fee_level.map(|sat_per_kvb| Topic::FeeLevel { sat_per_kvb }));
        topics.extend(self.assets.into_values());
        topics.extend(self.balances.into_iter().map(|((address, asset), quantity)| Topic::Balance {
            address,
            asset,
            quantity: quantity.to_string(),
        }));
        topics.extend(
            self.memos.into_iter().map(|(address, required)| Topic::MemoRequired { address, required }),
        );
        topics.extend(self.ledger);
        topics.extend(self.xrp_accounts.into_values());
        topics.extend(self.destinations.into_values());
        topics.into_iter().map(Assumption::from).collect()
    }
}
