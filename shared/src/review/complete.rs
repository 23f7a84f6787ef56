//! Completing templates: the second review must equal the first (design.md section 4).

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Psbt, Transaction};

use super::ground::Ground;
use super::inputs::{Parent, Parents};
use super::job::{Approved, BitcoinJob, Job};
use super::refusals::{NO_PARENT, TEMPLATE_DIFFERS};
use super::step::BitcoinStep;
use super::steps;
use crate::account::Account;
use crate::bundle::template;
use crate::counterparty::rules::Rules;
use crate::error::Result;

/// What the second review needs of the first.
#[derive(Debug)]
pub(super) struct FirstReview {
    pub(super) accounts: Vec<Account>,
    pub(super) rules: Option<Rules>,
    pub(super) in_bundle: bool,
    /// By step; none for XRP.
    pub(super) steps: Vec<Option<BitcoinStep>>,
}

impl Approved {
    /// The job of a step whose linked parents are signed: filled in, reviewed again from its final bytes, and the same
    /// as what was approved. A job that was final already comes back as it is.
    ///
    /// `parents` holds the signed transaction of each step, by step, as far as there is one.
    ///
    /// # Errors
    /// When a parent is missing, or the second review differs from the first.
    pub fn complete(&self, step: usize, parents: &[Option<Transaction>]) -> Result<BitcoinJob> {
        let at = |e: crate::Error| e.at(format!("step {}", step.saturating_add(1)));
        let not_there = || at(NO_PARENT.error("it is no Bitcoin transaction of this bundle"));
        let job = self.bitcoin_job(step).ok_or_else(not_there)?;
        let first = self.first.steps.get(step).and_then(Option::as_ref).ok_or_else(not_there)?;
        let rules = self.first.rules.ok_or_else(not_there)?;
        let psbt = template::fill(&job.psbt, &job.links, parents).map_err(at)?;
        if psbt == job.psbt {
            return Ok(job.clone());
        }
        let filled = BitcoinJob { psbt, inputs: job.inputs.clone(), links: job.links.clone() };
        let ground = Ground { rules, accounts: &self.first.accounts, in_bundle: self.first.in_bundle };
        let parents = self.final_parents(&filled, parents).map_err(at)?;
        let committed: BTreeSet<u32> =
            first.commits.iter().filter_map(|(index, _)| u32::try_from(*index).ok()).collect();
        let second = steps::again(&ground, &filled, &parents, &committed).map_err(at)?;
        if !second.does_the_same_as(first) {
            return Err(
                at(TEMPLATE_DIFFERS.error("the completed transaction is not the one that was shown")),
            );
        }
        Ok(BitcoinJob { inputs: second.inputs, ..filled })
    }

    fn bitcoin_job(&self, step: usize) -> Option<&BitcoinJob> {
        match self.jobs.get(step)? {
            Job::Bitcoin(job) => Some(job),
            Job::Xrp(_) => None,
        }
    }

    /// The signed parents of a step. Each must be the approved transaction with signatures and nothing else.
    fn final_parents(&self, job: &BitcoinJob, signed: &[Option<Transaction>]) -> Result<Parents> {
        let mut parents = BTreeMap::new();
        for link in &job.links {
            let missing = || NO_PARENT.error(format!("step {} is not signed", link.step.saturating_add(1)));
            let tx = signed.get(link.step).and_then(Option::as_ref).ok_or_else(missing)?;
            let planned = self.bitcoin_job(link.step).ok_or_else(missing)?;
            let first = planned.inputs.first().ok_or_else(missing)?;
            if !is_signed_form_of(tx, &planned.psbt) {
                return Err(TEMPLATE_DIFFERS.error(format!(
                    "step {} was signed as another transaction",
                    link.step.saturating_add(1)
                )));
            }
            let parent = Parent {
                txid: tx.compute_txid(),
                outputs: tx.output.clone(),
                first_input: tx.input.first().ok_or_else(missing)?.previous_output,
                account: first.account.clone(),
                source: first.prevout.script_pubkey.clone(),
            };
            parents.insert(link.step, parent);
        }
        Ok(parents)
    }
}

/// Equal but for scriptSigs, witnesses and what a template leaves open: the txids of its own parents.
fn is_signed_form_of(tx: &Transaction, planned: &Psbt) -> bool {
    let planned = template::with_encrypted_marker(planned.clone()).unsigned_tx;
    let inputs = tx.input.len() == planned.input.len()
        && tx.input.iter().zip(&planned.input).all(|(signed, planned)| {
            signed.sequence == planned.sequence && signed.previous_output.vout == planned.previous_output.vout
        });
    let scripts = tx.output.len() == planned.output.len()
        && tx.output.iter().zip(&planned.output).all(|(signed, planned)| {
            signed.value == planned.value
                && (signed.script_pubkey == planned.script_pubkey || planned.script_pubkey.is_op_return())
        });
    inputs && scripts && tx.version == planned.version && tx.lock_time == planned.lock_time
}
