//! Which bundle spends a coin.

use airlock::Result;
use airlock::bundle::BundleId;
use airlock::review::Use;
use bitcoin::OutPoint;

use super::bundles::steps;
use super::row::{get, rows};
use super::{StepRecord, Store};

impl Store {
    /// The steps of other bundles than this one that spend a coin, with the short ids of their bundles.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn spenders(&self, coin: OutPoint, except: BundleId) -> Result<Vec<(String, StepRecord)>> {
        let what = Use::Coin(coin).to_string();
        self.read(|connection| {
            let question = "SELECT bundle, short, number FROM uses JOIN bundles ON bundles.id = bundle
                            WHERE what = ?1 AND bundle <> ?2 ORDER BY planned, bundle, number";
            let found: Vec<(String, String, usize)> =
                rows(connection, question, [what, except.to_string()], |row| {
                    Ok((get(row, "bundle")?, get(row, "short")?, get(row, "number")?))
                })?;
            let mut spenders = Vec::new();
            for (bundle, short, number) in found {
                let step = steps(connection, &bundle)?.into_iter().find(|step| step.index == number);
                spenders.extend(step.map(|step| (short, step)));
            }
            Ok(spenders)
        })
    }
}
