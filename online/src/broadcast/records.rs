//! What broadcasting writes down, and where: the store.

use airlock::Result;
use airlock::bundle::BundleId;
use airlock::time::Moment;
use bitcoin::OutPoint;
use serde_json::Value;

use super::job::Job;
use crate::store::{Advanced, HistoryEntry, StepRecord, Store, Transition};

/// A memory that survives the program.
pub trait Records {
    /// Takes a job's plan and its signed transactions, before anything of it is submitted.
    ///
    /// # Errors
    /// Where another signed file was taken for the bundle, or nothing can be written.
    fn take(&self, job: &Job, now: Moment) -> Result<()>;

    /// The steps of a bundle.
    ///
    /// # Errors
    /// When they cannot be read.
    fn steps(&self, bundle: BundleId) -> Result<Vec<StepRecord>>;

    /// Notes changes of steps, all or none.
    ///
    /// # Errors
    /// When a state cannot follow, or nothing can be written.
    fn advance(
        &self,
        bundle: BundleId,
        transitions: &[(usize, Transition)],
        incident: bool,
        now: Moment,
    ) -> Result<Advanced>;

    /// The steps of other bundles that spend a coin, with the short ids of their bundles.
    ///
    /// # Errors
    /// When they cannot be read.
    fn spenders(&self, coin: OutPoint, except: BundleId) -> Result<Vec<(String, StepRecord)>>;

    /// What happened to a bundle.
    ///
    /// # Errors
    /// When it cannot be read.
    fn history(&self, bundle: BundleId) -> Result<Vec<HistoryEntry>>;

    /// The receipt, where there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    fn receipt(&self, bundle: BundleId) -> Result<Option<Value>>;

    /// Writes the receipt.
    ///
    /// # Errors
    /// Where another one is there, or nothing can be written.
    fn write_receipt(&self, bundle: BundleId, receipt: &Value, now: Moment) -> Result<()>;
}

impl Records for Store {
    fn take(&self, job: &Job, now: Moment) -> Result<()> {
        self.plan(&job.bundle, "bundle", &job.headline, now)?;
        self.record_signed(&job.bundle, &job.signed, &job.transactions(), now).map(|_| ())
    }

    fn steps(&self, bundle: BundleId) -> Result<Vec<StepRecord>> {
        Store::steps(self, bundle)
    }

    fn advance(
        &self,
        bundle: BundleId,
        transitions: &[(usize, Transition)],
        incident: bool,
        now: Moment,
    ) -> Result<Advanced> {
        match (incident, transitions) {
            (false, _) => self.advance_all(bundle, transitions, now),
            (true, [(step, transition)]) => self.reorged(bundle, *step, transition, now),
            (true, _) => {
                for (step, transition) in transitions {
                    let advanced = self.reorged(bundle, *step, transition, now)?;
                    if advanced != Advanced::Done {
                        return Ok(advanced);
                    }
                }
                Ok(Advanced::Done)
            }
        }
    }

    fn spenders(&self, coin: OutPoint, except: BundleId) -> Result<Vec<(String, StepRecord)>> {
        Store::spenders(self, coin, except)
    }

    fn history(&self, bundle: BundleId) -> Result<Vec<HistoryEntry>> {
        Store::history(self, bundle)
    }

    fn receipt(&self, bundle: BundleId) -> Result<Option<Value>> {
        Store::receipt(self, bundle)
    }

    fn write_receipt(&self, bundle: BundleId, receipt: &Value, now: Moment) -> Result<()> {
        Store::write_receipt(self, bundle, receipt, now).map(|_| ())
    }
}
