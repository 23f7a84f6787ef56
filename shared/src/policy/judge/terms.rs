//! What it costs and how long it stays valid.

use super::super::refusals::{EXPIRY, FEE};
use super::{Findings, Policy};
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, grouped_units};
use crate::review::{Effect, Review};

pub(super) fn fees(policy: &Policy, review: &Review, findings: &mut Findings) {
    let rules = &policy.fees;
    for fee in review.fee_acts() {
        if let Some(most) = rules.bitcoin_max {
            let show = |sat| format!("{} BTC", grouped_units(sat, BITCOIN_DECIMALS));
            Rule { name: "bitcoin_max", place: &fee.place }.compare(fee.sat, most, show, findings);
        }
        if let Some(most) = rules.bitcoin_max_rate {
            let show = |rate| format!("{} sat/vB", grouped_units(rate, 3));
            Rule { name: "bitcoin_max_rate", place: &fee.place }.compare(fee.rate, most, show, findings);
        }
        if let Some(most) = rules.bitcoin_max_percent.filter(|_| fee.paid > 0) {
            let is_more = u128::from(fee.sat).saturating_mul(100)
                > u128::from(fee.paid).saturating_mul(u128::from(most));
            let text =
                format!("{}: {} sat on {} sat paid; at most {most} percent", fee.place, fee.sat, fee.paid);
            match is_more {
                true => findings.refuse(&FEE, "[fees] bitcoin_max_percent", text),
                false => findings.allow("[fees] bitcoin_max_percent", text),
            }
        }
    }
    xrp_fees(policy, review, findings);
}

/// AccountDelete burns an owner reserve; its fee has the review's limit and counts as spent.
fn xrp_fees(policy: &Policy, review: &Review, findings: &mut Findings) {
    let Some(most) = policy.fees.xrp_max else { return };
    let deletes = |effect: &Effect| matches!(effect, Effect::DeletesAccount { .. });
    let show = |drops| format!("{} XRP", grouped_units(drops, XRP_DECIMALS));
    let paid = review.acts().filter(|act| !act.effects().iter().any(deletes));
    let Some((drops, place)) = paid.filter_map(|act| Some((act.xrp_fee()?, act.place()))).max() else {
        return;
    };
    Rule { name: "xrp_max", place: &place }.compare(drops, most, show, findings);
}

struct Rule<'a> {
    name: &'a str,
    place: &'a str,
}

impl Rule<'_> {
    fn compare(&self, value: u64, most: u64, show: impl Fn(u64) -> String, findings: &mut Findings) {
        let rule = format!("[fees] {}", self.name);
        let (place, value_shown, most_shown) = (self.place, show(value), show(most));
        match value > most {
            true => findings.refuse(&FEE, rule, format!("{place}: {value_shown}; at most {most_shown}")),
            false => findings.allow(rule, format!("{place}: {value_shown} of {most_shown}")),
        }
    }
}

pub(super) fn expiry(policy: &Policy, review: &Review, findings: &mut Findings) {
    if let (Some(life), Some(most)) = (review.life(), policy.expiry.max_bundle) {
        let text = format!("the bundle lives {}; at most {}", span(life), span(most));
        match life > most {
            true => findings.refuse(&EXPIRY, "[expiry] max_bundle", text),
            false => findings.allow("[expiry] max_bundle", text),
        }
    }
    let ahead = review.acts().filter_map(|act| Some((act.ledgers_ahead()?, act.place()))).max();
    if let (Some((ahead, place)), Some(most)) = (ahead, policy.expiry.xrpl_max_ledgers) {
        let text = format!("{place}: valid for {ahead} ledgers; at most {most}");
        match ahead > most {
            true => findings.refuse(&EXPIRY, "[expiry] xrpl_max_ledgers", text),
            false => findings.allow("[expiry] xrpl_max_ledgers", text),
        }
    }
}

/// Seconds as hours and minutes.
pub(in crate::policy) fn span(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    match (hours, minutes, seconds % 60) {
        (0, minutes, 0) => format!("{minutes} min"),
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes} min"),
        _ => format!("{seconds} s"),
    }
}
