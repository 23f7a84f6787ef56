//! Every rule against every transaction. What is not listed is refused on main networks.
//!
//! Kinds and destinations are looked at in all transactions, also in those that exclude each other; amounts count as
//! [`Review::outgoings`] counts them.

mod amounts;
mod destinations;
mod terms;

pub(super) use destinations::{shown_marks, shown_memo};
pub(super) use terms::span;

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Kind;
use super::refusals::{KIND, SAME_KEY};
use super::verdict::{Finding, Outcome, Verdict};
use super::{Policy, Spent};
use crate::error::Code;
use crate::review::acts::Act;
use crate::review::{Chain, Effect, Review};
use crate::time::Moment;

pub(super) fn judge(policy: &Policy, review: &Review, spent: &Spent, now: Moment) -> Verdict {
    let mut findings = Findings::default();
    same_keys(policy, review, &mut findings);
    kinds(policy, review, &mut findings);
    destinations::judge(policy, review, &mut findings);
    amounts::judge(policy, review, spent, &mut findings);
    terms::fees(policy, review, &mut findings);
    terms::expiry(policy, review, &mut findings);
    Verdict::new(review, findings.all, now)
}

/// What was found so far, each once.
#[derive(Default)]
struct Findings {
    all: Vec<Finding>,
    seen: BTreeSet<(String, String)>,
}

impl Findings {
    fn refuse(&mut self, code: &'static Code, rule: impl Into<String>, text: impl Into<String>) {
        self.add(Outcome::Refused(code), rule.into(), text.into());
    }

    fn warn(&mut self, rule: impl Into<String>, text: impl Into<String>) {
        self.add(Outcome::Warned, rule.into(), text.into());
    }

    fn allow(&mut self, rule: impl Into<String>, text: impl Into<String>) {
        self.add(Outcome::Allowed, rule.into(), text.into());
    }

    fn add(&mut self, outcome: Outcome, rule: String, text: String) {
        if self.seen.insert((rule.clone(), text.clone())) {
            self.all.push(Finding { outcome, rule, text });
        }
    }
}

impl Policy {
    fn is_main(&self, chain: Chain) -> bool {
        chain.is_main(|id| self.is_test_xrpl(id))
    }
}

/// `1 time`, `3 times`.
fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A key of a main network signs nothing for a test network: on the XRP Ledger the bytes would count on both.
fn same_keys(policy: &Policy, review: &Review, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for act in review.acts().filter(|act| !policy.is_main(act.chain())) {
        if !seen.insert((act.signer(), act.chain())) {
            continue;
        }
        if let Some(other) = act.also_on(&|chain| policy.is_main(chain)) {
            findings.refuse(
                &SAME_KEY,
                "[networks]",
                format!(
                    "{} is for {}, but account '{}' has its key too",
                    act.place(),
                    act.chain(),
                    other.name
                ),
            );
        }
    }
}

/// The kinds of a transaction, one for each effect.
fn kinds_of(act: &Act<'_>) -> Vec<Kind> {
    let effects = act.effects();
    let sends = effects.iter().filter(|effect| matches!(effect, Effect::SendsAsset { .. })).count();
    if effects.is_empty() && !act.only_prepares() {
        // Everything comes back, and the fee is paid.
        return vec![Kind::BitcoinPayment];
    }
    effects.iter().map(|effect| Kind::of(effect, sends)).collect()
}

fn kinds(policy: &Policy, review: &Review, findings: &mut Findings) {
    const RULE: &str = "[transactions] allow";
    let mut found: BTreeMap<(Kind, Chain), usize> = BTreeMap::new();
    for act in review.acts() {
        let foreign = review.is_bare().then_some(Kind::ForeignPsbt);
        for kind in kinds_of(&act).into_iter().chain(foreign) {
            let count = found.entry((kind, act.chain())).or_default();
            *count = count.saturating_add(1);
        }
    }
    for ((kind, chain), count) in found {
        match (policy.kinds.contains(&kind), policy.is_main(chain)) {
            (true, _) => findings.allow(RULE, format!("{kind}, {}", times(count))),
            (false, true) => {
                findings.refuse(&KIND, RULE, format!("{kind} is not listed; found {}", times(count)))
            }
            (false, false) => findings
                .warn(RULE, format!("{kind} is not listed; allowed because {chain} is a test network")),
        }
    }
}
