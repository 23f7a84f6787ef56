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

use super::fee::{InputSize, OutputSize, Rate, dust, vsize};
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
    /// Chooses among coins, which stand largest first; they keep that order.
    ///
    /// # Errors
    /// [`SHORT_OF_BITCOIN`] with what is there and what is needed.
    pub(super) fn fund(&self, coins: &[&Spendable], purse: &Purse<'_>) -> Result<Funding> {
        let sums = Sums::of(self);
        let usable = coins.get(..limits::INPUTS).unwrap_or(coins);
        let cost = |chosen: &Vec<usize>| {
            sums.settle(chosen.len(), total(usable, chosen)).map_or(u64::MAX, |settled| sums.cost(&settled))
        };
        let chosen = match (sums.search(usable), sums.largest_first(usable)) {
            (Some(searched), Some(plain)) if cost(&searched) <= cost(&plain) => searched,
            (_, Some(plain)) => plain,
            (Some(searched), None) => searched,
            (None, None) => return Err(sums.short(usable, coins.len(), purse)),
        };
        let settlement = sums
            .settle(chosen.len(), total(usable, &chosen))
            .map_err(|_| sums.short(usable, coins.len(), purse))?;
        let coins =
            chosen.iter().filter_map(|index| usable.get(*index).map(|coin| (*coin).clone())).collect();
        Ok(Funding { coins, settlement })
    }
}

/// A bill, added up.
struct Sums {
    spent: u64,
    without_change: OutputSize,
    with_change: OutputSize,
    least_change: u64,
    rate: Rate,
    input: InputSize,
}

impl Sums {
    fn of(bill: &Bill) -> Self {
        let without_change = OutputSize::of(&bill.outputs);
        Self {
            spent: bill.outputs.iter().fold(0u64, |sum, output| sum.saturating_add(output.value.to_sat())),
            without_change,
            with_change: without_change.plus(&bill.change),
            least_change: dust(&bill.change).to_sat(),
            rate: bill.rate,
            input: bill.input,
        }
    }

    /// What so many inputs of so much value come to, or how much is missing.
    fn settle(&self, inputs: usize, value: u64) -> Result<Settlement, u64> {
        let sizes = vec![self.input; inputs];
        let without = vsize(&sizes, self.without_change);
        let needed = self.spent.saturating_add(self.rate.fee(without).to_sat());
        let Some(surplus) = value.checked_sub(needed) else {
            return Err(needed.saturating_sub(value));
        };
        let with = vsize(&sizes, self.with_change);
        let fee = self.rate.fee(with);
        let change = value.saturating_sub(self.spent).saturating_sub(fee.to_sat());
        Ok(if change > self.least_change {
            Settlement { fee, change: Some(Amount::from_sat(change)), vsize: with }
        } else {
            let fee = Amount::from_sat(self.rate.fee(without).to_sat().saturating_add(surplus));
            Settlement { fee, change: None, vsize: without }
        })
    }

    /// What a settlement costs now and when its change is spent.
    fn cost(&self, settlement: &Settlement) -> u64 {
        let later = match settlement.change {
            Some(_) => self.rate.fee(vsize(&[self.input], OutputSize::default())).to_sat(),
            None => 0,
        };
        settlement.fee.to_sat().saturating_add(later)
    }

    fn largest_first(&self, coins: &[&Spendable]) -> Option<Vec<usize>> {
        let mut value = 0u64;
        for (index, coin) in coins.iter().enumerate() {
            value = value.saturating_add(coin.output.value.to_sat());
            let count = index.saturating_add(1);
            if self.settle(count, value).is_ok() {
                return Some((0..count).collect());
            }
        }
        None
    }

    fn search(&self, coins: &[&Spendable]) -> Option<Vec<usize>> {
        let candidates: Vec<Candidate> = coins
            .iter()
            .map(|coin| {
                let value = coin.output.value.to_sat();
                Candidate { value, weight: 1, input_count: 1, is_segwit: true }
            })
            .collect();
        let mut selector = CoinSelector::new(&candidates);
        let rounds = SEARCH_STEPS.checked_div(coins.len()).unwrap_or(0).min(MAX_ROUNDS);
        selector.run_bnb(LowestCost(self), rounds).ok()?;
        let chosen: Vec<usize> = selector.selected_indices().iter().copied().collect();
        (!chosen.is_empty()).then_some(chosen)
    }

    fn short(&self, usable: &[&Spendable], count: usize, purse: &Purse<'_>) -> airlock::Error {
        let all: Vec<usize> = (0..usable.len()).collect();
        let have = total(usable, &all);
        let missing = self.settle(usable.len().max(1), have).err().unwrap_or(0);
        let most = match count > usable.len() {
            true => format!(" (of {count}: no more fit one transaction)"),
            false => String::new(),
        };
        SHORT_OF_BITCOIN.error(format!(
            "account '{}' has {} to spend in {} coin(s){most}, {} with the fee are needed{}",
            purse.name,
            show_bitcoin(Amount::from_sat(have)),
            usable.len(),
            show_bitcoin(Amount::from_sat(have.saturating_add(missing))),
            purse.about_set_aside()
        ))
    }
}

/// How long the search may take: rounds times coins.
const SEARCH_STEPS: usize = 200_000;
const MAX_ROUNDS: usize = 20_000;

fn total(coins: &[&Spendable], chosen: &[usize]) -> u64 {
    chosen
        .iter()
        .filter_map(|index| coins.get(*index))
        .fold(0u64, |sum, coin| sum.saturating_add(coin.output.value.to_sat()))
}

/// Lowest fee now and later, counted in whole satoshi.
struct LowestCost<'a>(&'a Sums);

impl BnbMetric for LowestCost<'_> {
    fn score(&mut self, selector: &CoinSelector<'_>) -> Option<Ordf32> {
        let inputs = selector.selected_indices().len();
        let settled = self.0.settle(inputs, selector.selected_value()).ok()?;
        (inputs > 0).then(|| rank(self.0.cost(&settled)))
    }

    /// More inputs never cost less than the fee of those chosen already, and all that are left must suffice.
    fn bound(&mut self, selector: &CoinSelector<'_>) -> Option<Ordf32> {
        let inputs = selector.selected_indices().len();
        let left = selector
            .unselected()
            .fold(selector.selected_value(), |sum, (_, coin)| sum.saturating_add(coin.value));
        let least = self.0.rate.fee(vsize(&vec![self.0.input; inputs.max(1)], self.0.without_change));
        (left >= self.0.spent.saturating_add(least.to_sat())).then(|| rank(least.to_sat()))
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

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use airlock::account::ScriptKind;
    use airlock::snapshot::{BitcoinFacts, FeeRate};
    use bitcoin::absolute::LockTime;
    use bitcoin::hashes::Hash as _;
    use bitcoin::transaction::Version;
    use bitcoin::{Address, Network, OutPoint, ScriptBuf, Transaction, WPubkeyHash};

    use super::*;
    use crate::plan::purse::Place;

    fn script(byte: u8) -> ScriptBuf {
        ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array([byte; 20]))
    }

    fn coin(value: u64) -> Spendable {
        let output = TxOut { value: Amount::from_sat(value), script_pubkey: script(1) };
        let previous =
            Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![], output: vec![] };
        let address = Address::from_script(&script(1), Network::Regtest).unwrap();
        Spendable {
            outpoint: OutPoint::null(),
            output,
            previous,
            place: Place { branch: 0, index: 0 },
            address,
        }
    }

    fn bill(value: u64, sat_per_kvb: u64) -> Bill {
        let facts = BitcoinFacts {
            network: airlock::network::BitcoinNetwork::Regtest,
            height: 1,
            hash: String::new(),
            fee_rates: vec![FeeRate { blocks: 1, sat_per_kvb }],
            coins: vec![],
        };
        let request = airlock::json::parse_as(br#"{"from":"a","intent":{"require-memo":{"require":true}}}"#);
        Bill {
            outputs: vec![TxOut { value: Amount::from_sat(value), script_pubkey: script(2) }],
            change: script(3),
            rate: Rate::of(&request.unwrap(), &facts).unwrap(),
            input: InputSize::of(ScriptKind::Wpkh, true),
        }
    }

    #[test]
    fn finds_the_lowest_cost_of_all_selections() {
        let mut state = 1u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut paid = 0;
        for _ in 0..300 {
            let mut values: Vec<u64> = (0..8).map(|_| 300 + next(40_000)).collect();
            values.sort_unstable_by(|a, b| b.cmp(a));
            let coins: Vec<Spendable> = values.iter().map(|value| coin(*value)).collect();
            let coins: Vec<&Spendable> = coins.iter().collect();
            let sums = Sums::of(&bill(1_000 + next(250_000), 500 + next(20_000)));
            let best = (1u32..256)
                .filter_map(|mask| {
                    let chosen: Vec<usize> = (0..8).filter(|index| mask >> index & 1 == 1).collect();
                    let settled = sums.settle(chosen.len(), total(&coins, &chosen)).ok()?;
                    Some(sums.cost(&settled))
                })
                .min();
            let found = sums.search(&coins).map(|chosen| {
                let settled = sums.settle(chosen.len(), total(&coins, &chosen)).unwrap();
                sums.cost(&settled)
            });
            assert_eq!(found, best);
            paid += usize::from(best.is_some());
        }
        assert!((100..300).contains(&paid), "{paid} of 300 could be paid");
    }

    #[test]
    fn change_is_made_above_dust_only() {
        let sums = Sums::of(&bill(10_000, 1_000));
        let exact = sums.spent + sums.rate.fee(vsize(&[sums.input], sums.without_change)).to_sat();
        assert_eq!(sums.settle(1, exact - 1), Err(1));
        assert_eq!(sums.settle(1, exact).unwrap().change, None);
        let with = sums.spent + sums.rate.fee(vsize(&[sums.input], sums.with_change)).to_sat();
        let at_dust = sums.settle(1, with + 330).unwrap();
        assert_eq!((at_dust.change, at_dust.fee.to_sat()), (None, with + 330 - sums.spent));
        assert_eq!(sums.settle(1, with + 331).unwrap().change, Some(Amount::from_sat(331)));
    }
}
