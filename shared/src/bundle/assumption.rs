//! What a plan rests on: what the offline half can prove from the bundle, and what it has to be told.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One thing that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// Whether the offline half can prove it; must be what [`Topic::basis`] says.
    pub basis: Basis,
    /// What is assumed.
    pub topic: Topic,
}

/// Whether the offline half can prove an assumption from the bundle alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Proved again from previous transactions, derivations or signatures.
    Provable,
    /// Told by the online half; shown as such.
    Claimed,
}

/// What is assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Topic {
    /// Amounts and scripts of all inputs follow from their previous transactions or from earlier steps.
    InputAmounts {
        /// Number of inputs over all steps.
        inputs: usize,
    },
    /// These change outputs belong to the paying accounts by derivation.
    Change {
        /// Number of change outputs over all steps.
        outputs: usize,
    },
    /// Height of the Bitcoin chain, and with it the Counterparty rules that were used.
    BitcoinHeight {
        /// Height of the tip.
        height: u32,
    },
    /// The fee level of the Bitcoin network.
    FeeLevel {
        /// Satoshi per 1,000 virtual bytes.
        sat_per_kvb: u64,
    },
    /// Id and divisibility of an asset.
    Asset {
        /// `XCP`, a named asset or `A…`.
        name: String,
        /// Subasset longname.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        longname: Option<String>,
        /// True where 10^8 base units are one unit.
        divisible: bool,
    },
    /// An asset balance of a paying address.
    Balance {
        /// The address.
        address: String,
        /// Asset name.
        asset: String,
        /// Base units, decimal.
        quantity: String,
    },
    /// Whether a destination rejects sends without memo.
    MemoRequired {
        /// The destination.
        address: String,
        /// True where a memo is required.
        required: bool,
    },
    /// The XRP Ledger when the plan was made.
    XrpLedger {
        /// Index of the last validated ledger.
        index: u32,
        /// When it closed.
        close_time: Moment,
    },
    /// State of a paying XRP account.
    XrpAccount {
        /// Classic address.
        address: String,
        /// Next sequence.
        sequence: u32,
        /// Balance in drops, decimal.
        balance: String,
        /// What must stay in it, in drops, decimal.
        reserve: String,
    },
    /// State of an XRP destination.
    XrpDestination {
        /// Classic address.
        address: String,
        /// False where the payment would create the account.
        exists: bool,
        /// True where payments without tag are rejected.
        requires_tag: bool,
    },
}

impl Topic {
    /// Whether the offline half can prove such a thing.
    pub fn basis(&self) -> Basis {
        match self {
            Self::InputAmounts { .. } | Self::Change { .. } => Basis::Provable,
            Self::BitcoinHeight { .. }
            | Self::FeeLevel { .. }
            | Self::Asset { .. }
            | Self::Balance { .. }
            | Self::MemoRequired { .. }
            | Self::XrpLedger { .. }
            | Self::XrpAccount { .. }
            | Self::XrpDestination { .. } => Basis::Claimed,
        }
    }
}

impl Topic {
    /// What it is about: its kind, and the asset or address that it speaks of.
    pub fn subject(&self) -> (u8, &str, &str) {
        match self {
            Self::InputAmounts { .. } => (0, "", ""),
            Self::Change { .. } => (1, "", ""),
            Self::BitcoinHeight { .. } => (2, "", ""),
            Self::FeeLevel { .. } => (3, "", ""),
            Self::Asset { name, .. } => (4, name, ""),
            Self::Balance { address, asset, .. } => (5, address, asset),
            Self::MemoRequired { address, .. } => (6, address, ""),
            Self::XrpLedger { .. } => (7, "", ""),
            Self::XrpAccount { address, .. } => (8, address, ""),
            Self::XrpDestination { address, .. } => (9, address, ""),
        }
    }
}

impl From<Topic> for Assumption {
    fn from(topic: Topic) -> Self {
        Self { basis: topic.basis(), topic }
    }
}
