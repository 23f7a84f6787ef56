//! One signed bundle on its way: its final transactions, what each must follow, and what each must have done in the end.

use std::collections::BTreeSet;

use airlock::account::Account;
use airlock::bundle::{Bundle, BundleId, FinalTransaction, Signed, Topic, verify};
use airlock::review::{Book, Effect, Review};
use airlock::time::Moment;
use airlock::{Result, xrp};
use bitcoin::Transaction;
use serde_json::Value;

use super::expected::Expected;

/// A verified signed bundle.
#[derive(Debug)]
pub struct Job {
    /// The plan.
    pub bundle: Bundle,
    /// Its answer.
    pub signed: Signed,
    /// The final transactions in the order of the plan.
    pub steps: Vec<JobStep>,
    /// The review's sentence.
    pub headline: String,
}

/// One transaction of it.
#[derive(Debug)]
pub struct JobStep {
    /// Its place, from 0.
    pub index: usize,
    /// What goes out.
    pub transaction: FinalTransaction,
    /// Steps that must be seen before.
    pub after: Vec<usize>,
    /// Steps whose outputs it spends.
    pub parents: Vec<usize>,
    /// Steps with the same number exclude each other.
    pub one_of: Option<u32>,
    /// Its place in that group by fee, the cheapest 0; 0 outside of groups.
    pub rung: usize,
    /// Which request it serves.
    pub request: usize,
    /// What the Counterparty ledger must record of it.
    pub expected: Expected,
    /// What it pays: asset (`BTC`, `XRP`, a name, `*` for what has no amount) and base units.
    pub pays: Vec<(String, u64)>,
    /// Its fee, in satoshi or drops.
    pub fee: u64,
    /// Its effects as JSON.
    pub effects: Vec<Value>,
    /// The earlier step whose data it shows, when it is the second of a pair.
    pub first_of_pair: Option<usize>,
}

impl Job {
    /// Verifies a signed file against its bundle, and reviews the bundle once more.
    ///
    /// # Errors
    /// Those of [`fn@verify`] and of [`Review::of_bundle`].
    pub fn new(bundle: Bundle, signed: Signed, accounts: &[Account]) -> Result<Self> {
        let transactions = verify(&bundle, &signed)?;
        let book = Book { accounts, assets: &[], destinations: &[], authenticated: true };
        // The expiry is a matter of broadcasting, and none once it has begun: what the bytes do does not change.
        let review = Review::of_bundle(&bundle, &book, bundle.contents().created)?;
        let mut steps = Vec::with_capacity(transactions.len());
        for (index, (transaction, step)) in transactions.into_iter().zip(bundle.steps()).enumerate() {
            let Some(view) = review.transaction(index) else { continue };
            steps.push(JobStep {
                index,
                transaction,
                after: step.after.clone(),
                parents: step
                    .links
                    .iter()
                    .map(|link| link.step)
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                one_of: step.one_of,
                rung: 0,
                request: step.request,
                expected: Expected::of(&view),
                pays: view.effects.iter().map(paid).collect(),
                fee: view.fee,
                effects: view.effects_json(),
                first_of_pair: view.first_of_pair,
            });
        }
        set_rungs(&mut steps);
        let headline = review.headline().to_owned();
        Ok(Self { bundle, signed, steps, headline })
    }

    /// The bundle's id.
    pub fn id(&self) -> BundleId {
        self.bundle.id()
    }

    /// The final transactions.
    pub fn transactions(&self) -> Vec<FinalTransaction> {
        self.steps.iter().map(|step| step.transaction.clone()).collect()
    }

    /// When the bundle can no longer be submitted for the first time.
    pub fn expires(&self) -> Moment {
        self.bundle.contents().expires
    }

    /// The Bitcoin tip when the bundle was planned, as it claims: no earlier block can hold its transactions.
    pub fn planned_height(&self) -> Option<u32> {
        self.claimed(|topic| if let Topic::BitcoinHeight { height } = topic { Some(*height) } else { None })
    }

    /// The validated ledger when the bundle was planned, and when it closed.
    pub fn planned_ledger(&self) -> Option<(u32, Moment)> {
        self.claimed(|topic| match topic {
            Topic::XrpLedger { index, close_time } => Some((*index, *close_time)),
            Topic::InputAmounts { .. }
            | Topic::Change { .. }
            | Topic::BitcoinHeight { .. }
            | Topic::FeeLevel { .. }
            | Topic::Asset { .. }
            | Topic::Balance { .. }
            | Topic::MemoRequired { .. }
            | Topic::XrpAccount { .. }
            | Topic::XrpDestination { .. } => None,
        })
    }

    fn claimed<T>(&self, read: impl Fn(&Topic) -> Option<T>) -> Option<T> {
        self.bundle.contents().assumptions.iter().find_map(|assumption| read(&assumption.topic))
    }

    /// The number of rungs of the longest fee ladder; 0 where there is none.
    pub fn rungs(&self) -> usize {
        let ladders = self.steps.iter().filter(|step| step.one_of.is_some());
        ladders.map(|step| step.rung.saturating_add(1)).max().unwrap_or(0)
    }

    /// Bitcoin steps that hang together by the outputs they spend, parents first; each step is in one of them.
    pub fn packages(&self) -> Vec<Vec<usize>> {
        let mut packages: Vec<Vec<usize>> = Vec::new();
        for step in self.steps.iter().filter(|step| step.bitcoin().is_some()) {
            let (joined, mut rest): (Vec<_>, Vec<_>) = packages
                .into_iter()
                .partition(|package| package.iter().any(|index| step.parents.contains(index)));
            let mut package: Vec<usize> = joined.into_iter().flatten().chain([step.index]).collect();
            package.sort_unstable();
            rest.push(package);
            packages = rest;
        }
        packages.sort();
        packages
    }

    /// True where a step means nothing, or harm, unless an earlier one had its effect. Payments of XRP that follow each
    /// other only by sequence do not depend.
    pub fn depends(&self, later: usize, earlier: usize) -> bool {
        let payment = |index: usize| {
            self.steps
                .get(index)
                .and_then(JobStep::xrp)
                .is_some_and(|transaction| transaction.transaction_type() == xrp::TransactionType::Payment)
        };
        !(payment(later) && payment(earlier))
    }
}

impl JobStep {
    /// The Bitcoin transaction.
    pub fn bitcoin(&self) -> Option<&Transaction> {
        match &self.transaction {
            FinalTransaction::Bitcoin { transaction, .. } => Some(transaction),
            FinalTransaction::Xrpl { .. } => None,
        }
    }

    /// The XRPL transaction.
    pub fn xrp(&self) -> Option<&xrp::Transaction> {
        match &self.transaction {
            FinalTransaction::Bitcoin { .. } => None,
            FinalTransaction::Xrpl { transaction, .. } => Some(transaction),
        }
    }

    /// `step 2`, as messages count.
    pub fn place(&self) -> String {
        format!("step {}", self.index.saturating_add(1))
    }
}

/// Numbers the members of each group by fee, the cheapest first; members of equal fee keep the order of the plan.
fn set_rungs(steps: &mut [JobStep]) {
    let fees: Vec<(Option<u32>, u64, usize)> =
        steps.iter().map(|step| (step.one_of, step.fee, step.index)).collect();
    for step in steps.iter_mut().filter(|step| step.one_of.is_some()) {
        let cheaper = |(group, fee, index): &&(Option<u32>, u64, usize)| {
            *group == step.one_of && (*fee, *index) < (step.fee, step.index)
        };
        step.rung = fees.iter().filter(cheaper).count();
    }
}

/// What an effect pays, for the depth that it has to wait for: rights to an asset wait as any amount of it, and what has no
/// amount as everything else.
fn paid(effect: &Effect) -> (String, u64) {
    match (effect, effect.money()) {
        (Effect::TransfersOwnership { asset, .. }, _) => (asset.name(), 0),
        (_, Some((money, Some(units)))) => (money.to_string(), units),
        (_, Some((_, None)) | None) => ("*".to_owned(), 0),
    }
}
