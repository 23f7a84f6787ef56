//! What changed between two files, entry by entry, as people read them.

use std::collections::BTreeMap;

use super::destination::Destination;
use super::limit::Limit;
use super::{Policy, judge};
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, plain_units};
use crate::review::Money;
use crate::text::Printable;

/// Members of an entry by name.
type Members = BTreeMap<&'static str, String>;

pub(super) fn lines(old: &str, new: &str) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let old = Policy::parse(old).unwrap_or_default();
    let new = match Policy::parse(new) {
        Ok(new) => new,
        Err(error) => return vec![format!("the new file cannot be read: {error}")],
    };
    if old == new {
        return vec!["only comments, order or layout changed; the rules are the same".to_owned()];
    }
    let (before, after) = (entries(&old), entries(&new));
    let mut lines = Vec::new();
    for (name, members) in &after {
        match before.get(name) {
            None => {
                lines.push(format!("added {name}"));
                lines.extend(members.iter().map(|(member, value)| format!("  {member} = {value}")));
            }
            Some(earlier) => lines.extend(changes(name, earlier, members)),
        }
    }
    for (name, members) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        lines.push(format!("REMOVED {name}"));
        lines.extend(members.iter().map(|(member, value)| format!("  {member} = {value}")));
    }
    if lines.is_empty() {
        lines.push("THE RULES CHANGED in a way that cannot be shown here: compare the two files".to_owned());
    }
    lines
}

fn changes(name: &str, before: &Members, after: &Members) -> Vec<String> {
    let mut lines = Vec::new();
    let members: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for member in members {
        match (before.get(member), after.get(member)) {
            (Some(before), Some(after)) if before != after => {
                lines.push(format!("changed {name}, {member}: {before} -> {after}"));
            }
            (Some(before), None) => lines.push(format!("changed {name}, {member}: {before} -> not set")),
            (None, Some(after)) => lines.push(format!("changed {name}, {member}: not set -> {after}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    lines
}

/// The whole policy as entries with members; two policies are equal exactly when these are.
fn entries(policy: &Policy) -> BTreeMap<String, Members> {
    let Policy { kinds, own_accounts, xrpl_test, fees, expiry, assets, destinations, limits } = policy;
    let mut all = BTreeMap::new();
    let set =
        |all: &mut BTreeMap<String, Members>, name: &str, members: Vec<(&'static str, Option<String>)>| {
            let members = members.into_iter().filter_map(|(member, value)| Some((member, value?))).collect();
            all.insert(name.to_owned(), members);
        };
    set(&mut all, "the whole file", vec![("own_accounts", Some(own_accounts.to_string()))]);
    for kind in kinds {
        set(&mut all, &format!("[transactions] allow {kind}"), vec![]);
    }
    for id in xrpl_test {
        set(&mut all, &format!("[networks] xrpl_test {id}"), vec![]);
    }
    let units = |value: &Option<u64>, decimals: u8| value.map(|value| plain_units(value, decimals));
    set(
        &mut all,
        "[fees]",
        vec![
            ("bitcoin_max", units(&fees.bitcoin_max, BITCOIN_DECIMALS)),
            ("bitcoin_max_rate", units(&fees.bitcoin_max_rate, 3)),
            ("bitcoin_max_percent", units(&fees.bitcoin_max_percent, 0)),
            ("xrp_max", units(&fees.xrp_max, XRP_DECIMALS)),
        ],
    );
    set(
        &mut all,
        "[expiry]",
        vec![
            ("max_bundle", expiry.max_bundle.map(judge::span)),
            ("xrpl_max_ledgers", expiry.xrpl_max_ledgers.map(|ledgers| ledgers.to_string())),
        ],
    );
    for asset in assets {
        let longname = asset.longname.as_deref().map(|longname| Printable::new(longname).to_string());
        set(
            &mut all,
            &format!("[[asset]] {}", asset.name),
            vec![("divisible", Some(asset.divisible.to_string())), ("longname", longname)],
        );
    }
    for entry in destinations {
        all.insert(format!("[[destination]] \"{}\"", entry.name), destination(entry));
        for (money, found) in &entry.limits {
            all.insert(format!("[[destination]] \"{}\" limit {money}", entry.name), limit(found));
        }
    }
    for (money, found) in limits {
        all.insert(format!("[[limit]] {money}"), limit(found));
    }
    all
}

fn destination(entry: &Destination) -> Members {
    let list = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let tags = judge::shown_marks(&entry.tags, |tag| tag.to_string());
    let memos = judge::shown_marks(&entry.memos, |memo| judge::shown_memo(memo));
    Members::from([
        ("address", entry.address.clone()),
        ("assets", list(entry.assets.iter().map(Money::to_string).collect())),
        ("tags", tags),
        ("memos", memos),
        ("also", list(entry.also.iter().map(ToString::to_string).collect())),
    ])
}

fn limit(limit: &Limit) -> Members {
    let members = [("per_event", limit.per_event), ("per_day", limit.per_day)];
    members
        .into_iter()
        .filter_map(|(member, amount)| Some((member, amount?.grouped(limit.decimals))))
        .collect()
}
