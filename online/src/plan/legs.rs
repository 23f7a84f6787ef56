//! The Bitcoin transactions that serve one request: one, or the two of a pair.

use airlock::bundle::{Artefact, Link, Step};
use bitcoin::{Amount, Psbt};

use super::purse::Spendable;

/// One transaction.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) psbt: Psbt,
    /// Inputs that spend the first leg: input and output.
    pub(super) links: Vec<(usize, u32)>,
    pub(super) fee: Amount,
    pub(super) vsize: u64,
}

/// All transactions of a request, parents first.
#[derive(Clone, Debug)]
pub(super) struct Legs {
    pub(super) legs: Vec<Leg>,
    pub(super) spent: Vec<Spendable>,
    /// Bitcoin left in outputs that are not ordinary coins.
    pub(super) tied_up: Amount,
    /// True where the account's next change address is used up.
    pub(super) takes_change_address: bool,
}

impl Legs {
    /// The fees of all transactions.
    pub(super) fn fee(&self) -> Amount {
        self.legs.iter().fold(Amount::ZERO, |sum, leg| sum.checked_add(leg.fee).unwrap_or(Amount::MAX_MONEY))
    }

    /// The virtual bytes of all transactions.
    pub(super) fn vsize(&self) -> u64 {
        self.legs.iter().fold(0, |sum, leg| sum.saturating_add(leg.vsize))
    }

    /// What the request costs beside what it pays.
    pub(super) fn cost(&self) -> u64 {
        self.fee().to_sat().saturating_add(self.tied_up.to_sat())
    }

    /// True where the first transaction has change.
    pub(super) fn has_change(&self) -> bool {
        self.legs.first().is_some_and(|leg| {
            leg.psbt.outputs.iter().any(|o| !o.bip32_derivation.is_empty() || !o.tap_key_origins.is_empty())
        })
    }

    /// The steps of a bundle in which `first` is the number of the first of them.
    pub(super) fn into_steps(self, request: usize, account: &str, first: usize) -> Vec<Step> {
        self.legs
            .into_iter()
            .map(|leg| {
                let links: Vec<Link> = leg
                    .links
                    .iter()
                    .map(|(input, vout)| Link { input: *input, step: first, vout: *vout })
                    .collect();
                Step {
                    request,
                    account: account.to_owned(),
                    after: if links.is_empty() { Vec::new() } else { vec![first] },
                    links,
                    one_of: None,
                    artefact: Artefact::Psbt(Box::new(leg.psbt)),
                }
            })
            .collect()
    }
}
