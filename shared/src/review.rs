//! The review: what the bytes really do, computed from the bytes that get signed.
//!
//! `Review` is made from a bundle or a bare PSBT, the vault's own accounts and the clock's time. It refuses what
//! must not be signed, and shows the rest. Only [`Review::approve`] makes an [`Approved`], and only an
//! `Approved` can be signed.

use bitcoin::Psbt;

use crate::bundle::Bundle;
use crate::error::{Code, Result};
use crate::network::BitcoinNetwork;
use crate::time::Moment;

pub mod book;
pub mod job;

pub use book::{Book, KnownAsset};
pub use job::{Approved, BitcoinJob, InputJob, Job, Spend, XrpJob};

/// The codes of all reviews.
pub static CODES: &[&Code] = &[];

/// Everything that a person has to see before saying yes.
#[derive(Clone, Debug)]
pub struct Review {
    headline: String,
    approval: String,
}

impl Review {
    /// Reviews a bundle at the clock's time.
    ///
    /// # Errors
    /// Refusals (exit 1), malformed input (exit 2), a clock that is wrong (exit 4).
    pub fn of_bundle(bundle: &Bundle, book: &Book<'_>, now: Moment) -> Result<Self> {
        let _ = (bundle, book, now);
        todo!()
    }

    /// Reviews a bare PSBT of other software, version 0, under the newest Counterparty rules.
    ///
    /// # Errors
    /// As [`Review::of_bundle`].
    pub fn of_psbt(psbt: &Psbt, network: BitcoinNetwork, book: &Book<'_>) -> Result<Self> {
        let _ = (psbt, network, book);
        todo!()
    }

    /// The one sentence that says it all.
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// Every line of the review, at most 100 columns, nothing elided; times in UTC.
    pub fn screen(&self) -> Vec<String> {
        self.screen_at(&|moment| moment.to_string())
    }

    /// As [`Review::screen`], with the caller's way of writing a moment: the offline half adds local time.
    pub fn screen_at(&self, show_time: &dyn Fn(Moment) -> String) -> Vec<String> {
        let _ = show_time;
        todo!()
    }

    /// The review as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }

    /// What the person types to approve (design.md 10.11).
    pub fn approval_text(&self) -> &str {
        &self.approval
    }

    /// Takes the person's yes.
    ///
    /// # Errors
    /// When what was typed is not exactly [`Review::approval_text`] (exit 3).
    pub fn approve(self, typed: &str) -> Result<Approved> {
        let _ = typed;
        todo!()
    }
}

impl Approved {
    /// The job of a step whose linked parents are signed: filled in, reviewed again from its final bytes, and the same
    /// as what was approved. A job that was final already comes back as it is.
    ///
    /// `parents` holds the signed transaction of each step, by step, as far as there is one.
    ///
    /// # Errors
    /// When a parent is missing, or the second review differs from the first.
    pub fn complete(&self, step: usize, parents: &[Option<bitcoin::Transaction>]) -> Result<BitcoinJob> {
        let _ = (step, parents);
        todo!()
    }
}
