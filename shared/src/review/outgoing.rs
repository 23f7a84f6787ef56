//! What counts as spent: every payment, every fee, and all else that is not proven change.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Review;
use super::effect::Effect;
use super::refusals::MONEY;
use super::steps::{StepKind, StepReview};
use crate::amount::decimal::Decimal;
use crate::counterparty::asset::AssetId;
use crate::error::{Error, Result};
use crate::network::BitcoinNetwork;
use crate::text::Printable;
use crate::xrp::{AccountId, Currency, TokenValue};

/// What is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Money {
    /// Bitcoin, in satoshi.
    Bitcoin,
    /// A Counterparty asset, in base units.
    Asset(AssetId),
    /// XRP, in drops.
    Xrp,
    /// An issued token of the XRP Ledger, in its own units.
    Token(Currency, AccountId),
}

/// A chain with its network: money of a test network is other money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Chain {
    /// Bitcoin, and Counterparty on it.
    Bitcoin(BitcoinNetwork),
    /// The XRP Ledger of this network id.
    Xrpl(u32),
}

/// What leaves to one destination in one money, or to nobody (fees, data outputs). The members stand in the order of
/// canonical JSON, because the journal writes them as they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// Base units (satoshi, drops, base units of the asset); for tokens their own units.
    pub amount: Decimal,
    /// Where the money is money.
    pub chain: Chain,
    /// What.
    pub money: Money,
    /// The address in its usual spelling; none for fees and for bitcoin on data outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

type Key = (Chain, Money, Option<String>);

impl Review {
    /// Everything that counts as spent, one entry for each destination and money, in a fixed order. Steps that exclude
    /// each other count once, with the largest amount of each destination and money.
    pub fn outgoings(&self) -> Vec<Outgoing> {
        let mut all: BTreeMap<Key, Decimal> = BTreeMap::new();
        let mut groups: BTreeMap<u32, BTreeMap<Key, Decimal>> = BTreeMap::new();
        for step in &self.steps {
            let spends = self.spends(step);
            match step.one_of {
                None => add_up(&mut all, spends),
                Some(group) => {
                    let mut member = BTreeMap::new();
                    add_up(&mut member, spends);
                    let largest = groups.entry(group).or_default();
                    for (key, amount) in member {
                        let most = largest.entry(key).or_default();
                        *most = amount.max(*most);
                    }
                }
            }
        }
        for group in groups.into_values() {
            add_up(&mut all, group);
        }
        all.into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|((chain, money, to), amount)| Outgoing { chain, money, to, amount })
            .collect()
    }

    /// The chain of a step.
    pub(super) fn chain_of(&self, step: &StepReview) -> Chain {
        match &step.kind {
            StepKind::Bitcoin(_) => Chain::Bitcoin(self.bitcoin.unwrap_or_default()),
            StepKind::Xrp(found) => Chain::Xrpl(found.network_id),
        }
    }

    fn spends(&self, step: &StepReview) -> Vec<(Key, Decimal)> {
        let chain = self.chain_of(step);
        let mut spends: Vec<(Key, Decimal)> = step
            .effects()
            .iter()
            .filter_map(|effect| {
                let (money, amount) = paid(effect)?;
                Some(((chain, money, effect.destination()), amount))
            })
            .collect();
        let to_nobody = match &step.kind {
            StepKind::Bitcoin(found) => {
                let dust = found.data.as_ref().map_or(0, |data| data.dust.to_sat());
                let fee = Decimal::from(found.fee.amount.to_sat());
                (Money::Bitcoin, fee.plus(Decimal::from(dust)))
            }
            StepKind::Xrp(found) => (Money::Xrp, Decimal::from(found.fee.to_drops())),
        };
        spends.push(((chain, to_nobody.0, None), to_nobody.1));
        spends
    }
}

fn add_up(sums: &mut BTreeMap<Key, Decimal>, amounts: impl IntoIterator<Item = (Key, Decimal)>) {
    for (key, amount) in amounts {
        let sum = sums.entry(key).or_default();
        *sum = sum.plus(amount);
    }
}

/// What an effect pays, with the bitcoin on an output that names a new owner, and for a token the most that leaves. What a
/// sweep or the end of an account moves is known to the ledger alone.
fn paid(effect: &Effect) -> Option<(Money, Decimal)> {
    if let Effect::TransfersOwnership { dust, .. } = effect {
        return Some((Money::Bitcoin, Decimal::from(dust.to_sat())));
    }
    let (money, units) = effect.money()?;
    Some((money, units.map_or_else(|| token(effect), Decimal::from)))
}

fn token(effect: &Effect) -> Decimal {
    // What cannot be read as a positive decimal is more than any limit.
    let read = |value: &TokenValue| value.to_string().parse().unwrap_or(Decimal::MAX);
    if let Effect::PaysToken { value, send_max, .. } = effect {
        read(value).max(send_max.as_ref().map_or(Decimal::ZERO, read))
    } else {
        Decimal::MAX
    }
}

/// `BTC`, `XRP`, the name of an asset, or `USD.rISSUER`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bitcoin => f.write_str("BTC"),
            Self::Xrp => f.write_str("XRP"),
            Self::Asset(asset) => f.write_str(&asset.name()),
            Self::Token(currency, issuer) => write!(f, "{currency}.{issuer}"),
        }
    }
}

/// Reads what [`Money`] shows.
impl FromStr for Money {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text, text.rsplit_once('.')) {
            ("BTC", _) => Ok(Self::Bitcoin),
            ("XRP", _) => Ok(Self::Xrp),
            (_, Some((currency, issuer))) => Ok(Self::Token(currency.parse()?, issuer.parse()?)),
            (name, None) => Ok(Self::Asset(AssetId::from_name(name)?)),
        }
    }
}

/// `bitcoin mainnet`, `xrpl 0`.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bitcoin(network) => write!(f, "bitcoin {network}"),
            Self::Xrpl(id) => write!(f, "xrpl {id}"),
        }
    }
}

/// Reads what [`Chain`] shows.
impl FromStr for Chain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || MONEY.error(format!("'{}' is not a chain", Printable::new(text)));
        match text.split_once(' ') {
            Some(("bitcoin", network)) => Ok(Self::Bitcoin(network.parse()?)),
            Some(("xrpl", id)) => {
                let read = id.parse::<u32>().map_err(|_| bad())?;
                if read.to_string() == id { Ok(Self::Xrpl(read)) } else { Err(bad()) }
            }
            Some(_) | None => Err(bad()),
        }
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}
as_text! { Money Chain }
