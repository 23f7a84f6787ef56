//! Fees: sizes estimated with dummy signatures, limits that nothing lifts (security.md 4, design.md 10.16).

use bitcoin::{Amount, Transaction};

use super::job::{InputJob, Spend};
use super::refusals::FEE;
use crate::error::Result;

/// The most that a transaction or a pair pays.
pub const MAX_FEE: Amount = Amount::from_sat(1_000_000);
/// The highest rate, in satoshi per 1,000 virtual bytes.
pub const MAX_RATE: u64 = 1_000_000;
/// The highest share of a bitcoin payment, in percent; a warning elsewhere.
pub const MAX_PERCENT: u64 = 10;

/// The fee of one transaction, or of a pair together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fee {
    /// What miners get.
    pub amount: Amount,
    /// Virtual bytes with signatures, estimated.
    pub vsize: u64,
    /// What the percentage is taken of: bitcoin paid to others, else all inputs.
    pub base: Amount,
    /// True where bitcoin is what is paid.
    pub of_payment: bool,
}

impl Fee {
    /// Satoshi per 1,000 virtual bytes.
    pub fn rate(&self) -> u64 {
        self.amount.to_sat().saturating_mul(1_000).checked_div(self.vsize).unwrap_or(u64::MAX)
    }

    /// Hundredths of a percent of the base, rounded up.
    pub fn basis_points(&self) -> u64 {
        let wide = u128::from(self.amount.to_sat()).saturating_mul(10_000);
        let base = u128::from(self.base.to_sat());
        let points = wide.saturating_add(base.saturating_sub(1)).checked_div(base);
        points.and_then(|points| u64::try_from(points).ok()).unwrap_or(u64::MAX)
    }

    /// True above [`MAX_PERCENT`].
    pub fn is_large_share(&self) -> bool {
        self.basis_points() > MAX_PERCENT.saturating_mul(100)
    }

    /// The two together, judged as one.
    pub(super) fn with(self, other: Self) -> Self {
        let sum = |a: Amount, b: Amount| a.checked_add(b).unwrap_or(Amount::MAX_MONEY);
        Self {
            amount: sum(self.amount, other.amount),
            vsize: self.vsize.saturating_add(other.vsize),
            base: self.base.max(other.base),
            of_payment: self.of_payment || other.of_payment,
        }
    }

    /// Applies the limits.
    pub(super) fn check(&self) -> Result<()> {
        if self.amount > MAX_FEE {
            return Err(FEE.error(format!(
                "a fee of {} sat; the limit is {} sat",
                self.amount.to_sat(),
                MAX_FEE.to_sat()
            )));
        }
        if self.rate() > MAX_RATE {
            return Err(
                FEE.error(format!("a fee rate of {} sat/kvB; the limit is {MAX_RATE} sat/kvB", self.rate()))
            );
        }
        if self.of_payment && self.is_large_share() {
            return Err(FEE.error(format!(
                "a fee of {} sat is more than {MAX_PERCENT} percent of the {} sat that are paid",
                self.amount.to_sat(),
                self.base.to_sat()
            )));
        }
        Ok(())
    }
}

/// Virtual size of the signed transaction.
pub(super) fn vsize(tx: &Transaction, inputs: &[InputJob]) -> u64 {
    let sizes: Vec<(usize, usize)> = inputs.iter().map(|input| signed_sizes(&input.spend)).collect();
    let has_witness = sizes.iter().any(|(_, witness)| *witness > 0);
    let script_sigs = sizes.iter().fold(0usize, |sum, (script_sig, _)| sum.saturating_add(*script_sig));
    let witnesses = sizes.iter().fold(2usize, |sum, (_, witness)| sum.saturating_add((*witness).max(1)));
    let base = tx.base_size().saturating_add(script_sigs).saturating_mul(4);
    let weight = if has_witness { base.saturating_add(witnesses) } else { base };
    u64::try_from(weight.div_ceil(4)).unwrap_or(u64::MAX)
}

/// Bytes that signing adds to the scriptSig and to the witness; signatures are low-R.
fn signed_sizes(spend: &Spend) -> (usize, usize) {
    const SIGNATURE: usize = 1 + 71;
    const KEY: usize = 1 + 33;
    const WITNESS: usize = 1 + SIGNATURE + KEY;
    match spend {
        Spend::Wpkh => (0, WITNESS),
        Spend::Pkh => (SIGNATURE + KEY, 0),
        Spend::PkhUncompressed => (SIGNATURE + 1 + 65, 0),
        Spend::ShWpkh => (23, WITNESS),
        Spend::TaprootKey => (0, 1 + 1 + 64),
        Spend::TaprootReveal { leaf, control_block } => {
            let leaf = compact(leaf.len()).saturating_add(leaf.len());
            (0, [1 + 1 + 64, leaf, 1, control_block.size()].iter().sum())
        }
        Spend::P2shData { redeem_script } => {
            let push = match redeem_script.len() {
                0..=75 => 1usize,
                76..=255 => 2,
                _ => 3,
            };
            let length = SIGNATURE.saturating_add(push).saturating_add(redeem_script.len());
            (length.saturating_add(compact(length)).saturating_sub(1), 0)
        }
    }
}

fn compact(length: usize) -> usize {
    if length < 253 { 1 } else { 3 }
}
