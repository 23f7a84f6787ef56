//! A Bitcoin transaction that waits for a block, and the one that is planned in its place for a higher fee (BIP-125).
//!
//! Servers leave out coins that a waiting transaction spends. For the plan that replaces it they are there: as they stand in
//! the snapshot that the old bundle was planned from, while the server has the old transaction waiting.

use std::collections::BTreeSet;

use airlock::bundle::{Artefact, Bundle, Step};
use airlock::review::{Review, Use};
use airlock::snapshot::{Coin, Snapshot};
use airlock::{Code, Exit, Result};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{OutPoint, Transaction};

use crate::source::bitcoin::{BitcoinSource, Whereabouts};
use crate::store::in_flight::uses;
use crate::store::{BundleRecord, StepRecord};

/// A replacement that nodes would not take.
pub static TOO_CHEAP: Code = Code::new(
    "E-TWICE-004",
    Exit::Fixable,
    "Nodes take a transaction in place of waiting ones only if it pays more: a higher rate than those it takes coins of, and \
     at least the fees of all that fall with it and 1 sat for each of its own virtual bytes on top (BIP-125).",
    "Plan again with a higher `--fee-rate`.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&TOO_CHEAP];

/// What a replacement pays for itself, in satoshi per 1,000 virtual bytes: the increment of Bitcoin Core before 29.1, and ten
/// times that of later versions.
const INCREMENT: u64 = 1_000;

/// The coins that the open steps of bundles spend: whatever replaces the bundles takes of these.
///
/// # Errors
/// When a step's account is no address.
pub fn coins(replaced: &[BundleRecord]) -> Result<BTreeSet<OutPoint>> {
    let mut all = BTreeSet::new();
    for (step, _) in replaced.iter().flat_map(open_steps) {
        all.extend(uses(step)?.into_iter().filter_map(|used| coin(&used)));
    }
    Ok(all)
}

/// The coins of a bundle whose transactions wait for a block, as the snapshot has them that it was planned from. What does
/// not signal that it may be replaced keeps its coins: a child that is signed already spends it.
///
/// # Errors
/// Those of the server.
pub fn waiting(record: &BundleRecord, kept: &Snapshot, source: &dyn BitcoinSource) -> Result<Vec<Coin>> {
    let mut found = Vec::new();
    for (step, known) in open_steps(record) {
        let raw = known.raw.as_deref().and_then(|raw| deserialize_hex::<Transaction>(raw).ok());
        let Some(transaction) = raw.filter(Transaction::is_explicitly_rbf) else { continue };
        let since = known.since_height.unwrap_or(0);
        if source.whereabouts(&transaction, since)? != Whereabouts::Waiting {
            continue;
        }
        let spends: BTreeSet<OutPoint> = uses(step)?.iter().filter_map(coin).collect();
        let coins = kept.bitcoin.iter().flat_map(|bitcoin| &bitcoin.coins);
        found.extend(coins.filter(|coin| spends.contains(&coin.outpoint)).cloned());
    }
    Ok(found)
}

/// Checks that a plan pays enough to take the place of what it replaces.
///
/// # Errors
/// [`TOO_CHEAP`], with the rate that would do.
pub fn check(replaced: &[BundleRecord], new: &Bundle, review: &Review) -> Result<()> {
    for (index, step) in new.steps().iter().enumerate() {
        let Some((view, vsize)) = review.transaction(index).and_then(|view| Some((view, view.vsize?))) else {
            continue;
        };
        let taken = uses(step)?;
        let mut price = Price::default();
        for record in replaced {
            price.add(record, &taken)?;
        }
        let Some(least) = price.least(vsize).filter(|least| view.fee < *least) else { continue };
        let rate = least.div_ceil(vsize.max(1));
        let (fee, old) = (view.fee, price.fees);
        return Err(TOO_CHEAP
            .error(format!(
                "transaction {} pays {fee} sat; in place of what paid {old} sat it needs {least} sat",
                index.saturating_add(1)
            ))
            .with_next(format!("Plan again with `--fee-rate {rate}` or more.")));
    }
    Ok(())
}

/// What falls when a transaction takes its coins.
#[derive(Debug, Default)]
struct Price {
    /// The fees of all that falls, in satoshi.
    fees: u64,
    /// Fee and virtual bytes of those that lose a coin.
    rivals: Vec<(u64, u64)>,
}

impl Price {
    /// Adds the transactions of a bundle that were handed over and lose a coin, or spend an output of one that does.
    fn add(&mut self, record: &BundleRecord, taken: &BTreeSet<Use>) -> Result<()> {
        let mut fallen = BTreeSet::new();
        for (step, known) in open_steps(record).filter(|(_, known)| known.first_submitted.is_some()) {
            let loses = !uses(step)?.is_disjoint(taken);
            if !loses && !step.links.iter().any(|link| fallen.contains(&link.step)) {
                continue;
            }
            fallen.insert(known.index);
            let Some((fee, vsize)) = paid(step, known) else { continue };
            self.fees = self.fees.saturating_add(fee);
            self.rivals.extend(loses.then_some((fee, vsize)));
        }
        Ok(())
    }

    /// The least fee of so many virtual bytes in the place of all this; none where nothing falls.
    fn least(&self, vsize: u64) -> Option<u64> {
        let own = INCREMENT.saturating_mul(vsize).div_ceil(1_000);
        let above = |(fee, size): &(u64, u64)| {
            let same = u128::from(*fee).saturating_mul(u128::from(vsize)).checked_div(u128::from(*size))?;
            u64::try_from(same).ok()?.checked_add(1)
        };
        let by_rate = self.rivals.iter().filter_map(above).max()?;
        Some(self.fees.saturating_add(own).max(by_rate))
    }
}

/// Fee and virtual bytes of a signed step.
fn paid(step: &Step, known: &StepRecord) -> Option<(u64, u64)> {
    let Artefact::Psbt(psbt) = &step.artefact else { return None };
    let transaction: Transaction = deserialize_hex(known.raw.as_deref()?).ok()?;
    let fee = psbt.fee().ok()?;
    Some((fee.to_sat(), u64::try_from(transaction.vsize()).ok()?))
}

fn open_steps(record: &BundleRecord) -> impl Iterator<Item = (&Step, &StepRecord)> {
    let steps = record.bundle.steps().iter().zip(&record.steps);
    steps.filter(|(_, known)| !known.state.has_ended())
}

fn coin(used: &Use) -> Option<OutPoint> {
    if let Use::Coin(outpoint) = used { Some(*outpoint) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_pays_for_all_that_falls_for_itself_and_at_a_higher_rate() {
        assert_eq!(Price::default().least(200), None, "nothing falls");
        // 1,000 sat for 200 vB: 5 sat/vB. As large again it pays its own 200 sat on top.
        let one = Price { fees: 1_000, rivals: vec![(1_000, 200)] };
        assert_eq!(one.least(200), Some(1_200));
        // Much smaller, all fees and its own; much larger, the rate.
        assert_eq!(one.least(100), Some(1_100));
        assert_eq!(one.least(400), Some(2_001));
        // A child that falls with it is paid for and sets no rate.
        let pair = Price { fees: 9_000, rivals: vec![(1_000, 200)] };
        assert_eq!(pair.least(200), Some(9_200));
    }
}
