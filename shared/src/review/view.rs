//! One transaction of a review as those look at it who follow it on its chain.

use serde_json::Value;

use super::effect::Effect;
use super::steps::StepKind;
use super::{Review, json};
use crate::account::AccountName;

/// What a transaction does, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct TransactionView<'a> {
    /// The signing account.
    pub account: &'a AccountName,
    /// The effects found in its bytes; none for the first of a pair.
    pub effects: &'a [Effect],
    /// The address that its Counterparty message speaks for, where it carries one.
    pub source: Option<&'a str>,
    /// The fee: satoshi, or drops.
    pub fee: u64,
    /// Virtual bytes with the largest signatures; none for the XRP Ledger.
    pub vsize: Option<u64>,
    /// The earlier transaction whose data this one shows, when it is the second of a pair.
    pub first_of_pair: Option<usize>,
}

impl Review {
    /// The transaction of a step, counted from 0.
    pub fn transaction(&self, step: usize) -> Option<TransactionView<'_>> {
        let found = self.steps.get(step)?;
        let (source, fee, vsize) = match &found.kind {
            StepKind::Bitcoin(bitcoin) => {
                let source = bitcoin.data.as_ref().map(|data| data.source.as_str());
                (source, bitcoin.fee.amount.to_sat(), Some(bitcoin.fee.vsize))
            }
            StepKind::Xrp(xrp) => (None, xrp.fee.to_drops(), None),
        };
        Some(TransactionView {
            account: found.account(),
            effects: found.effects(),
            source,
            fee,
            vsize,
            first_of_pair: found.first_of_pair(),
        })
    }
}

impl TransactionView<'_> {
    /// The effects as `review --json` writes them.
    pub fn effects_json(&self) -> Vec<Value> {
        self.effects.iter().map(json::effect).collect()
    }
}
