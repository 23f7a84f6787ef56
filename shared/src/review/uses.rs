//! What a review's transactions use up: coins, sequences and tickets, each of which counts only once on its chain.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeSet;

use bitcoin::OutPoint;
use serde::{Deserialize, Serialize};

use super::Review;
use super::job::Job;
use super::refusals::MONEY;
use super::steps::StepKind;
use crate::error::{Error, Result};
use crate::text::Printable;
use crate::xrp::AccountId;
use crate::xrp::whitelist::Turn;

/// What can be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Use {
    /// An output that was there before.
    Coin(OutPoint),
    /// A sequence of an XRP account.
    Sequence {
        /// Whose.
        account: AccountId,
        /// Which.
        sequence: u32,
    },
    /// A ticket of an XRP account.
    Ticket {
        /// Whose.
        account: AccountId,
        /// Which.
        ticket: u32,
    },
}

impl Review {
    /// What the transactions use up, each once, in a fixed order. Outputs of earlier steps of the same bundle are none.
    pub fn uses(&self) -> Vec<Use> {
        let coins = self.jobs.iter().filter_map(|job| match job {
            Job::Bitcoin(job) => Some(job),
            Job::Xrp(_) => None,
        });
        let coins = coins.flat_map(|job| {
            let inputs = job.psbt.unsigned_tx.input.iter().enumerate();
            inputs.filter(|(index, _)| job.links.iter().all(|link| link.input != *index))
        });
        let coins = coins.map(|(_, input)| Use::Coin(input.previous_output));
        let turns = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Xrp(found) => Some(match found.turn {
                Turn::Sequence(sequence) => Use::Sequence { account: found.acts_for, sequence },
                Turn::Ticket(ticket) => Use::Ticket { account: found.acts_for, ticket },
            }),
            StepKind::Bitcoin(_) => None,
        });
        coins.chain(turns).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// `coin TXID:VOUT`, `sequence rADDRESS 5`, `ticket rADDRESS 9`.
impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coin(outpoint) => write!(f, "coin {outpoint}"),
            Self::Sequence { account, sequence } => write!(f, "sequence {account} {sequence}"),
            Self::Ticket { account, ticket } => write!(f, "ticket {account} {ticket}"),
        }
    }
}

/// Reads what it shows, and no other spelling.
impl FromStr for Use {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad =
            || MONEY.error(format!("'{}' is neither a coin, a sequence nor a ticket", Printable::new(text)));
        let words: Vec<&str> = text.split(' ').collect();
        let read = match words.as_slice() {
            ["coin", outpoint] => Self::Coin(outpoint.parse().map_err(|_| bad())?),
            ["sequence", account, number] => {
                Self::Sequence { account: account.parse()?, sequence: number.parse().map_err(|_| bad())? }
            }
            ["ticket", account, number] => {
                Self::Ticket { account: account.parse()?, ticket: number.parse().map_err(|_| bad())? }
            }
            _ => return Err(bad()),
        };
        if read.to_string() == text { Ok(read) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Use {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Use> for String {
    fn from(value: Use) -> Self {
        value.to_string()
    }
}
