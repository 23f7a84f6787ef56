//! A treasury's policy in the hands of a test: exactly wide enough for one review.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::policy::{Kind, Permission, Policy, Spent};
use airlock::review::{Money, Review};
use airlock::time::Moment;

use crate::forge::CREATED;

/// The permission of a policy that lists every kind, and what this review pays with room to spare.
///
/// # Errors
/// Whatever a policy cannot be made to allow.
pub fn permission(review: &Review) -> Result<Permission> {
    let policy = Policy::parse(&policy_for(review))?;
    policy.judge(review, &Spent::default(), Moment::from_unix(CREATED)).permission()
}

/// The text of that policy.
pub fn policy_for(review: &Review) -> String {
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| format!("\"{kind}\"")).collect();
    let mut text = format!(
        "version = 1\nown_accounts = true\n[networks]\nxrpl_test = [1, 2]\n[transactions]\nallow = [{}]\n",
        kinds.join(", ")
    );
    let (mut moneys, mut destinations) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<Money>>::new());
    for outgoing in review.outgoings() {
        moneys.insert(outgoing.money);
        if let Some(to) = outgoing.to {
            destinations.entry(to).or_default().insert(outgoing.money);
        }
    }
    for money in &moneys {
        if matches!(money, Money::Asset(_)) && money.to_string() != "XCP" {
            text.push_str(&format!("[[asset]]\nname = \"{money}\"\ndivisible = false\n"));
        }
        let most = "1000000000";
        text.push_str(&format!(
            "[[limit]]\nasset = \"{money}\"\nper_event = \"{most}\"\nper_day = \"{most}\"\n"
        ));
    }
    for (number, (to, moneys)) in destinations.into_iter().enumerate() {
        let marks = if to.starts_with('r') { "tags" } else { "memos" };
        let moneys: Vec<String> = moneys.iter().map(|money| format!("\"{money}\"")).collect();
        let also = if to.starts_with('r') { "account-delete" } else { "transfer-ownership" };
        text.push_str(&format!(
            "[[destination]]\nname = \"payee {number}\"\naddress = \"{to}\"\nassets = [{}]\n{marks} = \"any\"\n\
             also = [\"{also}\"]\n",
            moneys.join(", ")
        ));
    }
    text
}
