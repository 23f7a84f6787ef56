//! Which coins pay for given outputs, and what comes back as change.
//!
//! The search is BDK's branch and bound; the figures it compares are computed here in whole satoshi from exact sizes,
//! so that its floating-point scores rank selections and never touch money. Where it finds nothing in its rounds, the
//! largest coins pay.

use airlock::amount::show_bitcoin;
use airlock::bundle::limits;
use airlock::{Code, Exit, Result};
use bdk_coin_select::float::Ordf32;
use bdk_coin_select::{BnbMetric, Candidate, CoinSelector};
use bitcoin::{Amount, ScriptBuf, TxOut};

use super::fee::{InputSize, Rate, dust, vsize};
use super::purse::{Purse, Spendable};

/// Not enough bitcoin.
pub static SHORT_OF_BITCOIN: Code = Code::new(
    "E-PLAN-012",
    Exit::Fixable,
    "The coins that this request may spend do not cover its outputs and its fee. Coins that are unconfirmed, carry \
     attached assets or are used by an earlier request of the same plan do not count.",
    "Send bitcoin to the address or account that the message names, wait for a confirmation, and take a new snapshot; \
     or choose a lower fee rate.",
);

/// What has to be paid, and how.
pub(super) struct Bill {
    /// All outputs but the change, in order.
    pub(super) outputs: Vec<TxOut>,
    /// Where change goes.
    pub(super) change: ScriptBuf,
    pub(super) rate: Rate,
    pub(super) input: InputSize,
}

/// A bill with its change and its fee, without saying which coins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settlement {
    pub(super) fee: Amount,
    pub(super) change: Option<Amount>,
    pub(super) vsize: u64,
}

/// The coins that pay a bill.
#[derive(Clone, Debug)]
pub(super) struct Funding {
    pub(super) coins: Vec<Spendable>,
    pub(super) settlement: Settlement,
}

impl Bill {
    /// What so many inputs of so much value come to, or how much is missing.
    fn settle(&self, inputs: usize, value: Amount) -> Result<Settlement, Amount> {
        let sizes = vec![self.input; inputs];
        let spent = self.outputs.iter().fold(0u64, |sum, output| sum.saturating_add(output.value.to_sat()));
        let without = vsize(&sizes, &self.outputs);
        let needed = spent.saturating_add(self.rate.fee(without).to_sat());
        let Some(surplus) = value.to_sat().checked_sub(needed) else {
            return Err(Amount::from_sat(needed.saturating_sub(value.to_sat())));
        };
        let mut outputs = self.outputs.clone();
        outputs.push(TxOut { value: Amount::ZERO, script_pubkey: self.change.clone() });
        let with = vsize(&sizes, &outputs);
        let fee = self.rate.fee(with);
        let change = value.to_sat().saturating_sub(spent).saturating_sub(fee.to_sat());
        Ok(if change > dust(&self.change).to_sat() {
            Settlement { fee, change: Some(Amount::from_sat(change)), vsize: with }
        } else {
            let fee = Amount::from_sat(self.rate.fee(without).to_sat().saturating_add(surplus));
            Settlement { fee, change: None, vsize: without }
        })
    }

    /// What a settlement costs now and when its change is spent.
    fn cost(&self, settlement: &Settlement) -> u64 {
        let later = match settlement.change {
            Some(_) => self.rate.fee(vsize(&[self.input], &[])).to_sat(),
            None => 0,
        };
        settlement.fee.to_sat().saturating_add(later)
    }

    /// Chooses among coins, which stand largest first; they keep that order.
    ///
    /// # Errors
    /// [`SHORT_OF_BITCOIN`] with what is there and what is needed.
    pub(super) fn fund(&self, coins: &[&Spendable], purse: &Purse<'_>) -> Result<Funding> {
        let largest_first = self.largest_first(coins);
        let searched = self.search(coins);
        let cost = |chosen: &Vec<usize>| {
            self.settle(chosen.len(), total(coins, chosen)).map_or(u64::MAX, |settled| self.cost(&settled))
        };
        let chosen = match (searched, largest_first) {
            (Some(searched), Some(plain)) if cost(&searched) <= cost(&plain) => searched,
            (_, Some(plain)) => plain,
            (Some(searched), None) => searched,
            (None, None) => return Err(self.short(coins, purse)),
        };
        let settlement =
            self.settle(chosen.len(), total(coins, &chosen)).map_err(|_| self.short(coins, purse))?;
        let coins = chosen.iter().filter_map(|index| coins.get(*index).map(|coin| (*coin).clone())).collect();
        Ok(Funding { coins, settlement })
    }

    fn largest_first(&self, coins: &[&Spendable]) -> Option<Vec<usize>> {
        (1..=coins.len().min(limits::INPUTS))
            .map(|count| (0..count).collect::<Vec<usize>>())
            .find(|chosen| self.settle(chosen.len(), total(coins, chosen)).is_ok())
    }

    fn search(&self, coins: &[&Spendable]) -> Option<Vec<usize>> {
        let candidates: Vec<Candidate> = coins
            .iter()
            .map(|coin| Candidate {
                value: coin.output.value.to_sat(),
                weight: 1,
                input_count: 1,
                is_segwit: true,
            })
            .collect();
        let mut selector = CoinSelector::new(&candidates);
        let rounds = 200_000usize.checked_div(coins.len()).unwrap_or(0).min(20_000);
        selector.run_bnb(LowestCost(self), rounds).ok()?;
        let chosen: Vec<usize> = selector.selected_indices().iter().copied().collect();
        (!chosen.is_empty() && chosen.len() <= limits::INPUTS).then_some(chosen)
    }

    fn short(&self, coins: &[&Spendable], purse: &Purse<'_>) -> airlock::Error {
        let have = coins.iter().fold(0u64, |sum, coin| sum.saturating_add(coin.output.value.to_sat()));
        let missing = match self.settle(coins.len().max(1), Amount::from_sat(have)) {
            Err(missing) => missing,
            Ok(_) => Amount::ZERO,
        };
        let need = Amount::from_sat(have.saturating_add(missing.to_sat()));
        SHORT_OF_BITCOIN.error(format!(
            "account '{}' has {} to spend in {} coin(s), {} with the fee are needed{}",
            purse.name,
            show_bitcoin(Amount::from_sat(have)),
            coins.len(),
            show_bitcoin(need),
            purse.about_set_aside()
        ))
    }
}

fn total(coins: &[&Spendable], chosen: &[usize]) -> Amount {
    let sum = chosen
        .iter()
        .filter_map(|index| coins.get(*index))
        .fold(0u64, |sum, coin| sum.saturating_add(coin.output.value.to_sat()));
    Amount::from_sat(sum)
}

/// Lowest fee now and later, counted in whole satoshi.
struct LowestCost<'a>(&'a Bill);

impl BnbMetric for LowestCost<'_> {
    fn score(&mut self, selector: &CoinSelector<'_>) -> Option<Ordf32> {
        let inputs = selector.selected_indices().len();
        let settled = self.0.settle(inputs, Amount::from_sat(selector.selected_value())).ok()?;
        (inputs > 0).then(|| rank(self.0.cost(&settled)))
    }

    /// More inputs never cost less than the fee of those chosen already, and all that are left must suffice.
    fn bound(&mut self, selector: &CoinSelector<'_>) -> Option<Ordf32> {
        let inputs = selector.selected_indices().len();
        let (left, count) =
            selector.unselected().fold((selector.selected_value(), inputs), |(sum, count), (_, coin)| {
                (sum.saturating_add(coin.value), count.saturating_add(1))
            });
        let least = self.0.rate.fee(vsize(&vec![self.0.input; inputs.max(1)], &self.0.outputs));
        let needed =
            self.0.outputs.iter().fold(least.to_sat(), |sum, o| sum.saturating_add(o.value.to_sat()));
        (count > 0 && left >= needed).then(|| rank(least.to_sat()))
    }
}

/// The search ranks by single-precision numbers.
#[allow(
    clippy::cast_precision_loss,
    reason = "a rank, never an amount: close costs may tie beyond 2^24 satoshi"
)]
fn rank(cost: u64) -> Ordf32 {
    Ordf32(cost as f32)
}
