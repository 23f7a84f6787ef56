//! Signatures: from an approved review to signed steps, and by no other road. Each signature is verified before
//! it leaves.
//!
//! There is no signature without the yes of a person:
//! ```compile_fail,E0308
//! fn sign(review: airlock::review::Review, keyring: &airlock_offline::keyring::Keyring) {
//!     let _ = airlock_offline::sign::sign(review, keyring);
//! }
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};

use ::bitcoin::Transaction;
use ::bitcoin::consensus::encode::serialize_hex;
use ::bitcoin::hex::DisplayHex;
use airlock::bundle::{Signed, SignedContents, SignedStep};
use airlock::review::{Approved, BitcoinJob, Job, XrpJob};
use airlock::{Code, Exit, Result};

pub mod bitcoin;
pub mod xrp;

pub use self::bitcoin::SignedTransaction;
use crate::hygiene::scrubbed;
use crate::keyring::Keyring;

/// The approval is of the other kind: a bundle, or a bare PSBT.
pub static OTHER_APPROVAL: Code = Code::new(
    "E-SIGN-004",
    Exit::Internal,
    "What was approved is not what is about to be signed.",
    "Report this: it is a defect of the program. Nothing was signed.",
);

/// The codes of these modules.
pub static CODES: &[&Code] = &[&xrp::WRONG_KEY, &xrp::ALREADY_SIGNED, &bitcoin::UNFIT_JOB, &OTHER_APPROVAL];

/// Most threads that sign.
const THREADS: usize = 2;

/// A signed step, and its transaction where children need it.
type SignedJob = (SignedStep, Option<Transaction>);

/// Signs all steps of an approved bundle, parents before children; templates are completed and reviewed again
/// before they are signed. All or nothing: the first error in the order of the steps ends it.
///
/// The result carries no journal head.
///
/// # Errors
/// [`OTHER_APPROVAL`] for a bare PSBT, a key that is missing, a second review that differs from the first, or a
/// signature that does not hold.
pub fn sign(approved: Approved, keyring: &Keyring) -> Result<Signed> {
    let bundle = approved.bundle().ok_or_else(|| OTHER_APPROVAL.error("a bare PSBT has no signed file"))?;
    let complete = |step: usize, parents: &[Option<Transaction>]| approved.complete(step, parents);
    let steps = scrubbed(|| sign_jobs(approved.jobs(), complete, keyring))?;
    Signed::seal(SignedContents { bundle: bundle.to_string(), steps, journal_head: None })
}

/// Signs an approved bare PSBT. Every input is ours, so the result holds all forms: `signed` is the one to give
/// back, because it keeps what the other software wrote and lets it finalize by itself.
///
/// # Errors
/// [`OTHER_APPROVAL`] for a bundle; otherwise as [`sign`].
pub fn sign_psbt(approved: Approved, keyring: &Keyring) -> Result<SignedTransaction> {
    match (approved.bundle(), approved.jobs()) {
        (None, [Job::Bitcoin(job)]) => scrubbed(|| bitcoin::sign(job, keyring)),
        _ => Err(OTHER_APPROVAL.error("not one bare PSBT")),
    }
}

fn sign_jobs(
    jobs: &[Job],
    complete: impl Fn(usize, &[Option<Transaction>]) -> Result<BitcoinJob>,
    keyring: &Keyring,
) -> Result<Vec<SignedStep>> {
    let at = |step: usize| move |e: airlock::Error| e.at(format!("step {}", step.saturating_add(1)));
    let mut parents: Vec<Option<Transaction>> = vec![None; jobs.len()];
    let mut signed: Vec<Option<SignedStep>> = vec![None; jobs.len()];
    for (step, result) in sign_independent(jobs, keyring) {
        let (artefact, transaction) = result.map_err(at(step))?;
        place(&mut signed, step, artefact);
        if let Some(parent) = parents.get_mut(step) {
            *parent = transaction;
        }
    }
    for (step, job) in jobs.iter().enumerate().filter(|(_, job)| !is_independent(job)) {
        let (artefact, transaction) = match job {
            Job::Bitcoin(_) => sign_bitcoin(&complete(step, &parents).map_err(at(step))?, keyring),
            Job::Xrp(job) => sign_xrp(job, keyring),
        }
        .map_err(at(step))?;
        place(&mut signed, step, artefact);
        if let Some(parent) = parents.get_mut(step) {
            *parent = transaction;
        }
    }
    signed
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| OTHER_APPROVAL.error("a step was not signed"))
}

fn place(signed: &mut [Option<SignedStep>], step: usize, artefact: SignedStep) {
    if let Some(slot) = signed.get_mut(step) {
        *slot = Some(artefact);
    }
}

fn is_independent(job: &Job) -> bool {
    match job {
        Job::Bitcoin(job) => job.links.is_empty(),
        Job::Xrp(_) => true,
    }
}

/// Signs all jobs without links, on as many threads as help; sorted by step.
fn sign_independent(jobs: &[Job], keyring: &Keyring) -> Vec<(usize, Result<SignedJob>)> {
    let ready: Vec<(usize, &Job)> = jobs.iter().enumerate().filter(|(_, job)| is_independent(job)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((step, job)) = ready.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = match job {
                Job::Bitcoin(job) => sign_bitcoin(job, keyring),
                Job::Xrp(job) => sign_xrp(job, keyring),
            };
            done.push((*step, result));
        }
        done
    };
    if ready.len() < THREADS {
        return work();
    }
    let mut done = std::thread::scope(|scope| {
        // A thread's stack stays mapped after its end, to be used again.
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(|| scrubbed(work))).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(step, _)| *step);
    done
}

fn sign_bitcoin(job: &BitcoinJob, keyring: &Keyring) -> Result<SignedJob> {
    let SignedTransaction { finalized, transaction, .. } = bitcoin::sign(job, keyring)?;
    let step = SignedStep::Bitcoin {
        psbt: finalized.to_string(),
        tx: serialize_hex(&transaction),
        txid: transaction.compute_txid().to_string(),
    };
    Ok((step, Some(transaction)))
}

fn sign_xrp(job: &XrpJob, keyring: &Keyring) -> Result<SignedJob> {
    let signed = xrp::sign_single(keyring.secp(), keyring.xrp(&job.account)?, &job.transaction)?;
    let (blob, hash) = signed
        .to_signed_blob()
        .ok_or_else(|| xrp::ALREADY_SIGNED.error("a signed transaction without a hash"))?;
    let step = SignedStep::Xrpl { tx_blob: blob.to_upper_hex_string(), hash: hash.to_upper_hex_string() };
    Ok((step, None))
}

#[cfg(test)]
mod tests;
