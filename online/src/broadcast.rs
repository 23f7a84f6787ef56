//! Broadcasting: a signed bundle on its way, from the first submission to the receipt.
//!
//! 1. [`job`]: the signed file is verified against the plan, and the plan is reviewed once more: what each transaction
//!    must have done in the end is known before anything goes out.
//! 2. [`courier`]: one look at the chains and what follows from it: noted in the store *before* it is done, so that the
//!    program can be killed at any moment and taken up again; submitted is what is ready, again and again, always the
//!    same bytes.
//! 3. [`mod@follow`]: look after look until everything is as far as a person wants it.
//! 4. [`receipt`]: what became of it, written once.
//!
//! Several servers of a chain are asked together. Any one that takes a transaction counts; what makes one final needs that no
//! working server contradicts it, and an end without effect (failed, superseded), which makes people pay again, needs every
//! configured one. The ledger's verdict on a Counterparty message is compared with
//! the review's effects row by row ([`expected`]); what ends an XRP transaction are the rules of reliable submission.

use airlock::{Code, Exit};

use crate::source::bitcoin::BitcoinSource;
use crate::source::counterparty::CounterpartySource;
use crate::source::xrpl::XrplSource;

mod absent;
mod bitcoin;
pub mod courier;
mod displaced;
mod dry_run;
pub mod expected;
pub mod find;
pub mod follow;
mod heard;
pub mod job;
mod ledger;
mod look_again;
mod look_bitcoin;
mod look_xrpl;
pub mod receipt;
pub mod records;
pub mod report;
mod rival;
mod submit;
#[cfg(test)]
mod tests;
mod xrpl;

pub use courier::{Courier, Options};
pub use displaced::give_up;
pub use follow::{Goal, follow};
pub use job::Job;
pub use records::Records;
pub use report::{Report, StepReport};

/// No signed file.
pub static NO_SIGNED: Code = Code::new(
    "E-BCST-001",
    Exit::Fixable,
    "Only what the offline half signed can be broadcast. A signed file is looked for by the id of its bundle: in the store, \
     in the current folder and in the folders of `--media`.",
    "Bring the signed file, and name it: `airlock-online broadcast FILE`.",
);
/// Several signed files that differ.
pub static SEVERAL_SIGNED: Code = Code::new(
    "E-BCST-002",
    Exit::Fixable,
    "Several signed files answer what was typed, and they are not the same.",
    "Name the file: `airlock-online broadcast FILE`.",
);
/// No server of a chain can be used.
pub static NO_NODE: Code = Code::new(
    "E-BCST-003",
    Exit::Environment,
    "Nothing is submitted unless a server of every chain of the bundle works, is of the right network and has caught up.",
    "`airlock-online doctor` shows how each server stands and what to do. Then give the same command again.",
);
/// A bundle ended without all its effects.
pub static NOT_PAID: Code = Code::new(
    "E-BCST-004",
    Exit::Refused,
    "A transaction of the bundle has ended and has not done what was planned.",
    "`airlock-online status ID` says which one and why. Plan again only what it names as not paid.",
);
/// A rung that is not there.
pub static NO_RUNG: Code = Code::new(
    "E-BCST-005",
    Exit::BadInput,
    "`--rung` chooses among transactions that exclude each other, 1 is the one with the lowest fee.",
    "Look at the fees with `airlock-online inspect BUNDLE`.",
);
/// A last ledger that cannot be right.
pub static FALSE_LEDGER: Code = Code::new(
    "E-BCST-007",
    Exit::Refused,
    "The last ledger that can hold the transaction lies much further off than the bundle's expiry: the bundle was planned with \
     a false ledger index. It could still pay long after it seems to have failed. Nothing was submitted.",
    "Destroy the signed file. Find the server that told the false index (`airlock-online doctor`), and plan again with another; \
     `--replaces ID` takes the same sequence or ticket, so that only one of the two can count.",
);
/// A coin was spent by a transaction that is not ours.
pub static DISPLACED: Code = Code::new(
    "E-BCST-008",
    Exit::Refused,
    "A coin of the transaction was spent in a block by a transaction that is not of a plan in this store. The step does not end \
     by itself: the other one may be the same payment under another txid, or somebody else has the key.",
    "Compare the outputs of the two before anything is paid again. `airlock-online broadcast ID --give-up STEP --because TEXT` \
     ends the step when you know that nobody was paid.",
);
/// Nothing to give up.
pub static NOT_DISPLACED: Code = Code::new(
    "E-BCST-009",
    Exit::Refused,
    "Only a step of which a coin was spent in a block by a transaction that is not ours can be given up, while every \
     configured server says so. Everything else ends by itself. Nothing was changed.",
    "`airlock-online status ID` shows how far each step is and what to do.",
);
/// A reason that cannot be kept.
pub static BAD_REASON: Code = Code::new(
    "E-BCST-010",
    Exit::BadInput,
    "Whoever gives a step up says why, on one line: it stays in the history and in the receipt. Nothing was changed.",
    "Give the reason with `--because TEXT`.",
);
/// The plan instead of its answer.
pub static NOT_SIGNED: Code = Code::new(
    "E-BCST-011",
    Exit::Fixable,
    "The file is the plan, which nobody has signed: only what the offline half signed can be broadcast.",
    "Sign it first: carry it to the offline machine, `airlock-offline sign FILE` there, and bring the signed file back. Then \
     `airlock-online broadcast FILE`.",
);

/// The codes of these modules.
pub static CODES: &[&Code] = &[
    &NO_SIGNED,
    &SEVERAL_SIGNED,
    &NO_NODE,
    &NOT_PAID,
    &NO_RUNG,
    &FALSE_LEDGER,
    &DISPLACED,
    &NOT_DISPLACED,
    &BAD_REASON,
    &NOT_SIGNED,
];

/// The servers of all chains, and what people want of them.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Bitcoin.
    pub bitcoin: &'a [Box<dyn BitcoinSource>],
    /// Counterparty.
    pub counterparty: &'a [Box<dyn CounterpartySource>],
    /// The XRP Ledger.
    pub xrpl: &'a [Box<dyn XrplSource>],
    /// Confirmations that a payment waits for, by asset and base units; inclusion counts as 1.
    pub depth: &'a dyn Fn(&str, u64) -> u32,
}

impl core::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (bitcoin, counterparty, xrpl) = (self.bitcoin.len(), self.counterparty.len(), self.xrpl.len());
        write!(f, "World({bitcoin} bitcoin, {counterparty} counterparty, {xrpl} xrpl)")
    }
}
