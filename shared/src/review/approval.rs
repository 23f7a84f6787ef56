//! What the person types: the amount, the end of the address, or the number of payments (design.md 10.11).

use std::collections::{BTreeMap, BTreeSet};

use super::Review;
use super::effect::Effect;
use super::outgoing::Money;
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, plain_units};

/// How much of one money is paid in how many payments; tokens are not added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) payments: usize,
    pub(super) units: Option<u64>,
    /// A token's only value.
    pub(super) value: Option<String>,
}

/// Totals by money over all counted effects.
pub(super) fn totals(review: &Review) -> BTreeMap<Money, Total> {
    let mut totals: BTreeMap<Money, Total> = BTreeMap::new();
    for effect in review.counted_effects() {
        let Some((money, units)) = effect.money() else { continue };
        let total = totals.entry(money).or_default();
        let before = if total.payments == 0 { Some(0) } else { total.units };
        total.payments = total.payments.saturating_add(1);
        total.units = before.zip(units).and_then(|(sum, units)| sum.checked_add(units));
        total.value = token(effect).filter(|_| total.payments == 1);
    }
    totals
}

fn token(effect: &Effect) -> Option<String> {
    if let Effect::PaysToken { value, .. } = effect { Some(value.to_string()) } else { None }
}

/// The text and what it is, in words for the prompt.
pub(super) fn text(review: &Review) -> (String, String) {
    let effects = review.counted_effects();
    let totals = totals(review);
    let all_paid = effects.iter().all(|effect| effect.money().is_some());
    if let (true, [(money, total)]) = (all_paid, totals.iter().collect::<Vec<_>>().as_slice())
        && let Some(amount) = amount(review, **money, total)
    {
        return amount;
    }
    let destinations: BTreeSet<String> = effects.iter().filter_map(|effect| effect.destination()).collect();
    let mut only = destinations.iter();
    if let (Some(destination), None) = (only.next(), only.next()) {
        let skip = destination.chars().count().saturating_sub(6);
        let end = destination.chars().skip(skip).collect();
        return (end, "the last six characters of the address".to_owned());
    }
    let count = effects.len();
    (format!("{count} {}", review.word), "the number of effects and the word".to_owned())
}

fn amount(review: &Review, money: Money, total: &Total) -> Option<(String, String)> {
    Some(match money {
        Money::Bitcoin => (plain_units(total.units?, BITCOIN_DECIMALS), "the amount in BTC".to_owned()),
        Money::Xrp => (plain_units(total.units?, XRP_DECIMALS), "the amount in XRP".to_owned()),
        Money::Asset(asset) => {
            let text = review.assets.plain(asset, total.units?);
            let certain = review.assets.authority(asset) == Some(super::assets::Authority::Certain);
            let unit = if certain { "" } else { "base units of " };
            (text, format!("the amount in {unit}{asset}"))
        }
        Money::Token(currency, _) => (total.value.clone()?, format!("the amount in {currency}")),
    })
}
