//! The one sentence that says it all.

use std::collections::BTreeSet;

use super::Review;
use super::approval;
use super::effect::Effect;
use super::outgoing::Money;
use super::rows::meaning;
use super::screen::{amount, count};
use super::steps::StepKind;
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, grouped_units};
use crate::text::Printable;
use crate::time::Moment;

/// What, from whom, to whom, for which fee, until when.
pub(super) fn headline(review: &Review, show_time: &dyn Fn(Moment) -> String) -> String {
    let from = payers(review);
    let effects = review.counted_effects();
    let mut sentence = match effects.as_slice() {
        [] => format!("Move bitcoin within {from} only"),
        [effect] => deed(review, effect, &from).unwrap_or_else(|| payment(review, &effects, &from)),
        _ if approval::totals(review).is_empty() => {
            format!("Make {} changes to {from}", effects.len())
        }
        _ => payment(review, &effects, &from),
    };
    if let [effect] = effects.as_slice() {
        sentence.push_str(&addition(effect));
    }
    let transactions = review.steps.len();
    let counted = review.counted_steps().len();
    if counted < transactions {
        sentence.push_str(&format!(", in {transactions} transactions of which at most {counted} can count"));
    } else if transactions > 1 {
        sentence.push_str(&format!(", in {transactions} transactions"));
    }
    let fee_is = if counted < transactions { "Fee at most" } else { "Fee" };
    let fees = [
        (review.bitcoin_fee(), "BTC", "sat", BITCOIN_DECIMALS),
        (review.xrp_fee(), "XRP", "drops", XRP_DECIMALS),
    ];
    for (fee, name, unit, decimals) in fees {
        if let Some(fee) = fee {
            let units = grouped_units(fee, decimals);
            sentence.push_str(&format!(". {fee_is} {units} {name} ({fee} {unit})"));
        }
    }
    if let Some(expires) = review.expires {
        sentence.push_str(&format!(". To be signed until {}", show_time(expires)));
    }
    sentence.push('.');
    sentence
}

/// Whose money and rights are moved; the account of an XRP transaction need not be the key's own.
fn payers(review: &Review) -> String {
    let payers: BTreeSet<String> = review
        .steps
        .iter()
        .map(|step| match &step.kind {
            StepKind::Xrp(xrp) if !xrp.is_master => {
                format!("{} (signed with the key of {})", xrp.acts_for, xrp.account)
            }
            StepKind::Xrp(_) | StepKind::Bitcoin(_) => step.account().to_string(),
        })
        .collect();
    payers.into_iter().collect::<Vec<_>>().join(", ")
}

fn payment(review: &Review, effects: &[&Effect], from: &str) -> String {
    let totals = approval::totals(review);
    let paid: usize = totals.values().map(|total| total.payments).sum();
    let what: Vec<String> = totals
        .into_iter()
        .map(|(money, total)| match money {
            Money::Token(_, issuer) => format!("{} issued by {issuer}", amount(review, money, &total)),
            Money::Bitcoin | Money::Asset(_) | Money::Xrp => amount(review, money, &total),
        })
        .collect();
    let verb = if effects.iter().all(|effect| own_name(review, effect).is_some()) { "Move" } else { "Pay" };
    let mut sentence = format!("{verb} {} from {from}{}", what.join(" and "), destination(review, effects));
    let others = effects.len().saturating_sub(paid);
    if others > 0 {
        sentence.push_str(&format!(", and make {}", count(others, "other change")));
    }
    sentence
}

/// Where it goes: the only address, or how many they are.
fn destination(review: &Review, effects: &[&Effect]) -> String {
    let to: BTreeSet<String> = effects.iter().filter_map(|effect| effect.destination()).collect();
    match (to.len(), to.first()) {
        (0, _) | (_, None) => String::new(),
        (1, Some(to)) => match effects.iter().find_map(|effect| own_name(review, effect)) {
            Some(name) => format!(" to your own account {name} ({})", Printable::new(to)),
            None => match review.listed.get(to) {
                Some(name) => format!(" to \"{}\" ({})", Printable::new(name), Printable::new(to)),
                None => format!(" to {}", Printable::new(to)),
            },
        },
        (many, _) => format!(" to {many} addresses"),
    }
}

/// The vault's name of a destination that is proved to be an own one.
fn own_name(review: &Review, effect: &Effect) -> Option<String> {
    if let Effect::PaysBitcoin { own: Some(place), .. } = effect {
        return Some(place.account.to_string());
    }
    let to = effect.destination()?;
    let bitcoin = review.own.get(&to).map(|place| place.account.to_string());
    bitcoin.or_else(|| review.own_xrp.get(&to).map(ToString::to_string))
}

/// What a single effect that pays nothing does; none for payments.
fn deed(review: &Review, effect: &Effect, from: &str) -> Option<String> {
    let to = || destination(review, &[effect]);
    Some(match effect {
        Effect::Sweeps { balances: true, ownerships: true, .. } => {
            format!("Sweep ALL asset balances and ALL issuer rights from {from}{}", to())
        }
        Effect::Sweeps { balances: true, .. } => format!("Sweep ALL asset balances from {from}{}", to()),
        Effect::Sweeps { .. } => format!("Sweep ALL issuer rights from {from}{}", to()),
        Effect::RequiresMemo { require: true } => format!("Require a memo on all sends to {from}"),
        Effect::RequiresMemo { require: false } => format!("No longer require a memo on sends to {from}"),
        Effect::TransfersOwnership { asset, .. } => {
            format!("Give the issuer right of {} away, from {from}{}", review.assets.name(*asset), to())
        }
        Effect::SetsAccount { set, clear, .. } => {
            let flags = [("Set", "", set), ("Clear", "which meant: ", clear)];
            let flags = flags.into_iter().filter_map(|(verb, was, flag)| {
                flag.map(|flag| format!("{verb} {} ({was}{}) on {from}", flag.name(), meaning(flag)))
            });
            let flags: Vec<String> = flags.collect();
            if flags.is_empty() { format!("Change settings of {from}") } else { flags.join(". ") }
        }
        Effect::SetsRegularKey { key: Some(key) } => {
            format!("Let the key of {key} sign for {from} from then on")
        }
        Effect::SetsRegularKey { key: None } => format!("Remove the regular key of {from}"),
        Effect::SetsSigners { quorum: 0, .. } => format!("Remove the signer list of {from}"),
        Effect::SetsSigners { quorum, entries } => {
            format!("Let {} with quorum {quorum} sign for {from}", count(entries.len(), "signer"))
        }
        Effect::CreatesTickets { count: tickets } => format!("Create {tickets} tickets on {from}"),
        Effect::DeletesAccount { .. } => {
            format!("DELETE the account {from} and send all its XRP{}", to())
        }
        Effect::SetsTrust { limit, currency, issuer, .. } => {
            format!("Let {from} hold up to {limit} {currency} issued by {issuer}")
        }
        Effect::Preauthorizes { sender, authorize: true } => format!("Let {sender} pay into {from}"),
        Effect::Preauthorizes { sender, authorize: false } => {
            format!("No longer let {sender} pay into {from} where only preauthorized senders may")
        }
        Effect::PaysBitcoin { .. }
        | Effect::SendsAsset { .. }
        | Effect::PaysXrp { .. }
        | Effect::PaysToken { .. } => return None,
    })
}

/// Tag or memo of a single effect: without it a payment to an exchange is lost.
fn addition(effect: &Effect) -> String {
    match (effect.tag(), effect) {
        (Some(Some(tag)), _) => format!(", tag {tag}"),
        (Some(None), _) => ", no tag".to_owned(),
        (None, Effect::SendsAsset { memo, .. } | Effect::Sweeps { memo, .. }) => {
            let has_memo = memo.as_ref().is_some_and(|memo| !memo.bytes.is_empty());
            if has_memo { ", with a memo".to_owned() } else { ", no memo".to_owned() }
        }
        (None, _) => String::new(),
    }
}
