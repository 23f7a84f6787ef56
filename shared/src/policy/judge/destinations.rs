//! Who receives: listed, for this asset or kind, with the right tag or memo.

use std::collections::BTreeMap;

use super::super::destination::{Destination, Marks, usual};
use super::super::kind::Kind;
use super::super::refusals::{DESTINATION, DESTINATION_ASSET, MEMO, TAG};
use super::{Findings, Policy, kinds_of, times};
use crate::review::effect::EffectMemo;
use crate::review::{Chain, Effect, Review};
use crate::text::Printable;

/// One effect and one address that it is for.
struct Case<'a> {
    effect: &'a Effect,
    kind: Kind,
    chain: Chain,
    address: String,
}

pub(super) fn judge(policy: &Policy, review: &Review, findings: &mut Findings) {
    let listed: BTreeMap<&str, &Destination> =
        policy.destinations.iter().map(|entry| (entry.address.as_str(), entry)).collect();
    let mut counted = Counted::default();
    for act in review.acts() {
        for (effect, kind) in act.effects().iter().zip(kinds_of(&act)) {
            for address in receivers(effect) {
                let case = Case { effect, kind, chain: act.chain(), address };
                match listed.get(case.address.as_str()) {
                    Some(entry) => {
                        if matches(entry, &case, findings) {
                            let count = counted.listed.entry(&entry.name).or_default();
                            *count = count.saturating_add(1);
                        }
                    }
                    None => unlisted(policy, review, &case, findings, &mut counted),
                }
            }
        }
    }
    for (name, count) in counted.listed {
        findings.allow(rule(name), format!("listed; found {}", times(count)));
    }
    if counted.own > 0 {
        findings.allow("own_accounts", format!("to own accounts {}", times(counted.own)));
    }
    if counted.tests > 0 {
        findings.warn(
            "[[destination]]",
            format!("unlisted destinations {}; allowed because it is a test network", times(counted.tests)),
        );
    }
}

/// What needs one line in all.
#[derive(Default)]
struct Counted<'a> {
    listed: BTreeMap<&'a str, usize>,
    own: usize,
    tests: usize,
}

fn rule(name: &str) -> String {
    format!("[[destination]] \"{name}\"")
}

/// Everybody who gets something by an effect: money, rights, or power over the account.
fn receivers(effect: &Effect) -> Vec<String> {
    match effect {
        Effect::SetsSigners { entries, .. } => {
            entries.iter().map(|entry| entry.account.to_string()).collect()
        }
        Effect::Preauthorizes { authorize: false, .. } => Vec::new(),
        Effect::SendsAsset { .. } | Effect::Sweeps { .. } => {
            effect.destination().iter().map(|to| usual(to)).collect()
        }
        Effect::PaysBitcoin { .. }
        | Effect::RequiresMemo { .. }
        | Effect::TransfersOwnership { .. }
        | Effect::PaysXrp { .. }
        | Effect::PaysToken { .. }
        | Effect::SetsAccount { .. }
        | Effect::SetsRegularKey { .. }
        | Effect::CreatesTickets { .. }
        | Effect::DeletesAccount { .. }
        | Effect::SetsTrust { .. }
        | Effect::Preauthorizes { .. } => effect.destination().into_iter().collect(),
    }
}

fn unlisted(
    policy: &Policy,
    review: &Review,
    case: &Case<'_>,
    findings: &mut Findings,
    counted: &mut Counted<'_>,
) {
    let is_own = review.is_own(case.effect, &case.address);
    let is_far = review.is_far(case.effect);
    if is_own && !is_far && !case.kind.needs_also() && policy.own_accounts {
        counted.own = counted.own.saturating_add(1);
    } else if policy.is_main(case.chain) {
        let own = match is_own {
            false => "",
            true if is_far => "; it is your own, but at an index that wallets do not look at",
            true if case.kind.needs_also() => "; it is your own, but own_accounts is for payments only",
            true => "; it is your own, but own_accounts is false",
        };
        findings.refuse(
            &DESTINATION,
            "[[destination]]",
            format!("{} is not listed ({}){own}", Printable::new(&case.address), case.kind),
        );
    } else {
        counted.tests = counted.tests.saturating_add(1);
    }
}

/// What a destination's own entry says; it holds on every network.
fn matches(entry: &Destination, case: &Case<'_>, findings: &mut Findings) -> bool {
    let name = rule(&entry.name);
    if case.kind.needs_also() && !entry.also.contains(&case.kind) {
        let (kind, to) = (case.kind, &entry.address);
        findings.refuse(&DESTINATION, format!("{name} also"), format!("{kind} is not listed for {to}"));
        return false;
    }
    let paid = case.effect.money().map(|(money, _)| money);
    if let Some(money) = paid.filter(|money| !entry.assets.contains(money)) {
        let to = &entry.address;
        findings.refuse(
            &DESTINATION_ASSET,
            format!("{name} assets"),
            format!("{money} is not listed for {to}"),
        );
        return false;
    }
    if let Some(tag) = case.effect.tag().filter(|tag| !entry.tags.allow(tag.as_ref())) {
        let found = tag.map_or_else(|| "no tag".to_owned(), |tag| format!("tag {tag}"));
        findings.refuse(
            &TAG,
            format!("{name} tags"),
            format!("{found}; listed: {}", shown_marks(&entry.tags, |t| t.to_string())),
        );
        return false;
    }
    if let Some(memo) = memo(case.effect).filter(|memo| !entry.memos.allow(memo.as_ref())) {
        let found = memo.map_or_else(|| "no memo".to_owned(), |memo| format!("memo {}", shown_memo(&memo)));
        let listed = shown_marks(&entry.memos, |memo| shown_memo(memo));
        findings.refuse(&MEMO, format!("{name} memos"), format!("{found}; listed: {listed}"));
        return false;
    }
    everything(entry, case, findings);
    true
}

/// Effects whose amount only the ledger knows are named, because no limit can count them.
fn everything(entry: &Destination, case: &Case<'_>, findings: &mut Findings) {
    let what = match case.effect {
        Effect::Sweeps { .. } => "everything of the source address goes there",
        Effect::DeletesAccount { .. } => "the whole balance of the account goes there",
        Effect::PaysBitcoin { .. }
        | Effect::SendsAsset { .. }
        | Effect::RequiresMemo { .. }
        | Effect::TransfersOwnership { .. }
        | Effect::PaysXrp { .. }
        | Effect::PaysToken { .. }
        | Effect::SetsAccount { .. }
        | Effect::SetsRegularKey { .. }
        | Effect::SetsSigners { .. }
        | Effect::CreatesTickets { .. }
        | Effect::SetsTrust { .. }
        | Effect::Preauthorizes { .. } => return,
    };
    findings.warn(
        format!("{} also", rule(&entry.name)),
        format!("{}: {what}, and no limit counts it", case.kind),
    );
}

/// The memo of an effect that can have one; an empty one is none.
fn memo(effect: &Effect) -> Option<Option<Vec<u8>>> {
    let bytes = |memo: &EffectMemo| Some(memo.bytes.clone()).filter(|bytes| !bytes.is_empty());
    if let Effect::SendsAsset { memo, .. } | Effect::Sweeps { memo, .. } = effect {
        Some(memo.as_ref().and_then(bytes))
    } else {
        None
    }
}

/// Tags or memos in words.
pub(in crate::policy) fn shown_marks<T>(marks: &Marks<T>, show: impl Fn(&T) -> String) -> String {
    match marks {
        Marks::Any => "any".to_owned(),
        Marks::None => "none".to_owned(),
        Marks::These(these) => these.iter().map(show).collect::<Vec<_>>().join(", "),
    }
}

/// A memo as text in quotes, or as hex.
pub(in crate::policy) fn shown_memo(memo: &[u8]) -> String {
    match core::str::from_utf8(memo) {
        Ok(text) => format!("'{}'", Printable::new(text).as_str().replace('\'', "\\u{27}")),
        Err(_) => format!("hex:{}", bitcoin::hex::DisplayHex::to_lower_hex_string(memo)),
    }
}
