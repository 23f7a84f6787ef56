//! Planning: from requests, a snapshot and the accounts to an unsigned bundle.
//!
//! A pure function: no clock, no randomness, no I/O. The same requests, snapshot and accounts give the same bytes.

use airlock::account::Account;
use airlock::bundle::Bundle;
use airlock::request::{Encoding, Request};
use airlock::snapshot::Snapshot;
use airlock::{Code, Result};
use bitcoin::Amount;

/// The codes of planning.
pub static CODES: &[&Code] = &[];

/// What a person can choose about a plan beside its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Seconds from the snapshot until the bundle expires; the default of design.md 10.4 when absent.
    pub valid_for: Option<u64>,
    /// Head of the offline journal that this half saw last, in hex.
    pub journal_head: Option<String>,
}

/// A bundle and what the ways of carrying its Counterparty messages would have cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The unsigned bundle.
    pub bundle: Bundle,
    /// For every Counterparty request one row for each carrier, in the order of the requests.
    pub prices: Vec<Price>,
}

/// What one carrier would cost one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Index of the request.
    pub request: usize,
    /// The carrier; never [`Encoding::Auto`].
    pub encoding: Encoding,
    /// Whether it can be used, and for how much.
    pub verdict: Verdict,
    /// True for the carrier that the plan uses.
    pub chosen: bool,
}

/// What planning a message with a carrier came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts on the network at the height.
    Counts {
        /// 1, or 2 for a pair.
        transactions: usize,
        /// Virtual bytes of all transactions.
        vsize: u64,
        /// Fees of all transactions.
        fee: Amount,
        /// Bitcoin left in outputs that are not ordinary coins: bare multisig data outputs.
        tied_up: Amount,
    },
    /// It cannot be used.
    Not {
        /// Why, without full stop.
        why: String,
    },
}

/// Plans requests.
///
/// # Errors
/// One of [`CODES`], of the address, amount, memo and message codes, or of the bundle's limits; the place says which
/// request and row.
pub fn plan(
    requests: &[Request],
    snapshot: &Snapshot,
    accounts: &[Account],
    options: &Options,
) -> Result<Plan> {
    let _ = (requests, snapshot, accounts, options);
    todo!()
}
