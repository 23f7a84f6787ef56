//! How much: the whole bundle at once, and with what was signed in the 24 hours before; in all, and to one destination.

use super::super::limit::Limit;
use super::super::refusals::{NO_LIMIT, PER_DAY, PER_EVENT};
use super::{Findings, Policy, Spent};
use crate::amount::decimal::Decimal;
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS};
use crate::counterparty::asset::AssetId;
use crate::review::{Chain, Money, Review};

pub(super) fn judge(policy: &Policy, review: &Review, spent: &Spent, findings: &mut Findings) {
    let event: Spent = review.outgoings().iter().collect();
    for (chain, money) in event.moneys() {
        let amounts = Amounts { event: event.of(chain, money), before: spent.of(chain, money), money };
        let rule = format!("[[limit]] {money}");
        match policy.limits.get(&money) {
            Some(limit) => amounts.compare(limit, &rule, findings),
            None => no_limit(policy, chain, &amounts, &rule, findings),
        }
    }
    for entry in policy.destinations.iter().filter(|entry| !entry.limits.is_empty()) {
        for (chain, money) in event.moneys() {
            let Some(limit) = entry.limits.get(&money) else { continue };
            let to = &entry.address;
            let amounts =
                Amounts { event: event.to(chain, money, to), before: spent.to(chain, money, to), money };
            if !amounts.event.is_zero() {
                let rule = format!("[[destination]] \"{}\" limit {money}", entry.name);
                amounts.compare(limit, &rule, findings);
            }
        }
    }
}

fn no_limit(policy: &Policy, chain: Chain, amounts: &Amounts, rule: &str, findings: &mut Findings) {
    let moved = policy.shown(amounts.event, amounts.money);
    if policy.is_main(chain) {
        findings.refuse(&NO_LIMIT, rule, format!("there is no limit; this moves {moved}, fees included"));
    } else {
        findings.warn(rule, format!("there is no limit; {moved} allowed because {chain} is a test network"));
    }
}

/// What moves now and what moved before, in base units.
struct Amounts {
    event: Decimal,
    before: Decimal,
    money: Money,
}

impl Amounts {
    fn compare(&self, limit: &Limit, rule: &str, findings: &mut Findings) {
        let money = self.money;
        let show = |amount: Decimal| amount.grouped(limit.decimals);
        if let Some(most) = limit.per_event {
            let (rule, event) = (format!("{rule} per_event"), show(self.event));
            let most_shown = show(most);
            if self.event > most {
                let text = format!("this moves {event} {money}; at most {most_shown} {money} at once");
                findings.refuse(&PER_EVENT, rule, text);
            } else {
                near(findings, self.event, most, rule, format!("{event} of {most_shown} {money}"));
            }
        }
        if let Some(most) = limit.per_day {
            let (rule, after) = (format!("{rule} per_day"), self.before.plus(self.event));
            let (after_shown, most_shown) = (show(after), show(most));
            if after > most {
                let (before, event) = (show(self.before), show(self.event));
                let text = format!(
                    "{after_shown} {money} after this ({before} in the last 24 hours and {event} now); at most \
                     {most_shown} {money} in a day"
                );
                findings.refuse(&PER_DAY, rule, text);
            } else {
                near(
                    findings,
                    after,
                    most,
                    rule,
                    format!("{after_shown} of {most_shown} {money} after this"),
                );
            }
        }
    }
}

/// From 80 percent of a limit on, the person is told.
fn near(findings: &mut Findings, amount: Decimal, most: Decimal, rule: String, text: String) {
    match amount.times(5) >= most.times(4) {
        true => findings.warn(rule, format!("{text}: 80 percent or more of the limit")),
        false => findings.allow(rule, text),
    }
}

impl Policy {
    /// An amount of a money that may have no limit: units where they are certain, else base units.
    fn shown(&self, amount: Decimal, money: Money) -> String {
        let decimals = match money {
            Money::Bitcoin | Money::Asset(AssetId::XCP) => Some(BITCOIN_DECIMALS),
            Money::Xrp => Some(XRP_DECIMALS),
            Money::Token(..) => Some(0),
            Money::Asset(asset) => {
                let known = self.assets.iter().find(|known| known.name == asset.name());
                known.map(|known| if known.divisible { BITCOIN_DECIMALS } else { 0 })
            }
        };
        match decimals {
            Some(decimals) => format!("{} {money}", amount.grouped(decimals)),
            None => format!("{amount} base units of {money}"),
        }
    }
}
