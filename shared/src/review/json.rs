//! The review as JSON, for `--json`.

use serde_json::{Value, json};

use super::Review;
use super::effect::Effect;
use super::screen::show_fee;
use super::steps::StepKind;

pub(super) fn to_json(review: &Review) -> Value {
    let effects: Vec<Value> = review
        .counted_effects()
        .into_iter()
        .map(|found| {
            let mut row = effect(found);
            let name = found.destination().and_then(|to| review.listed.get(&to));
            if let (Some(name), Some(members)) = (name, row.as_object_mut()) {
                members.insert("listed".to_owned(), name.clone().into());
            }
            row
        })
        .collect();
    let warnings: Vec<Value> = review
        .warnings
        .iter()
        .map(|warning| json!({ "code": warning.kind.code(), "text": warning.text }))
        .collect();
    let fees: Vec<Value> = review
        .fees
        .iter()
        .map(|fee| {
            json!({
                "of": fee.place(),
                "sat": fee.fee.amount.to_sat().to_string(),
                "vsize": fee.fee.vsize,
                "sat_per_kvb": fee.fee.rate(),
                "basis_points": fee.fee.basis_points(),
                "text": show_fee(&fee.fee, fee.paid_in == fee.fee.base),
            })
        })
        .collect();
    json!({
        "headline": review.headline(),
        "bundle": review.bundle.map(|id| id.to_string()),
        "networks": { "bitcoin": review.bitcoin, "xrpl": review.xrpl },
        "authenticated": review.authenticated,
        "created": review.created,
        "expires": review.expires,
        "effects": effects,
        "transactions": review.steps.iter().map(step).collect::<Vec<_>>(),
        "fees": fees,
        "warnings": warnings,
        "assumptions": review.assumptions,
        "approval": review.approval_text(),
    })
}

fn step(step: &super::steps::StepReview) -> Value {
    match &step.kind {
        StepKind::Bitcoin(found) => json!({
            "rail": "bitcoin",
            "account": found.account,
            "request": step.request,
            "txid": found.is_final.then(|| found.txid.to_string()),
            "inputs": found.inputs.len(),
            "change": found.change.iter().map(|change| json!({
                "to": change.to, "sat": change.amount.to_sat().to_string(),
            })).collect::<Vec<_>>(),
            "carrier": found.data.as_ref().map(|data| data.carrier.name()),
            "source": found.data.as_ref().map(|data| data.source.clone()),
        }),
        StepKind::Xrp(found) => json!({
            "rail": "xrpl",
            "account": found.account,
            "request": step.request,
            "type": found.kind,
            "for": found.acts_for.to_string(),
            "fee_drops": found.fee.to_drops().to_string(),
            "last_ledger": found.last_ledger,
        }),
    }
}

/// One effect.
pub(super) fn effect(effect: &Effect) -> Value {
    let memo = |memo: &Option<super::effect::EffectMemo>| {
        memo.as_ref().map(|memo| bitcoin::hex::DisplayHex::to_lower_hex_string(&memo.bytes[..]))
    };
    let to = effect.destination();
    match effect {
        Effect::PaysBitcoin { amount, own, .. } => json!({
            "effect": "pays-bitcoin", "to": to, "sat": amount.to_sat().to_string(), "own": own.is_some(),
        }),
        Effect::SendsAsset { asset, quantity, memo: found, .. } => json!({
            "effect": "sends-asset", "to": to, "asset": asset.name(),
            "quantity": quantity.to_base_units().to_string(), "memo_hex": memo(found),
        }),
        Effect::Sweeps { balances, ownerships, memo: found, .. } => json!({
            "effect": "sweeps", "to": to, "balances": balances, "ownerships": ownerships, "memo_hex": memo(found),
        }),
        Effect::RequiresMemo { require } => json!({ "effect": "requires-memo", "require": require }),
        Effect::TransfersOwnership { asset, dust, .. } => json!({
            "effect": "transfers-ownership", "to": to, "asset": asset.name(), "sat": dust.to_sat().to_string(),
        }),
        Effect::PaysXrp { tag, amount, .. } => json!({
            "effect": "pays-xrp", "to": to, "tag": tag, "drops": amount.to_drops().to_string(),
        }),
        Effect::PaysToken { tag, value, currency, issuer, send_max, .. } => json!({
            "effect": "pays-token", "to": to, "tag": tag, "value": value.to_string(),
            "currency": currency.to_string(), "issuer": issuer.to_string(),
            "send_max": send_max.map(|most| most.to_string()),
        }),
        Effect::SetsAccount { set, clear, .. } => json!({
            "effect": "sets-account", "set": set.map(|flag| flag.name()), "clear": clear.map(|flag| flag.name()),
        }),
        Effect::SetsRegularKey { .. } => json!({ "effect": "sets-regular-key", "key": to }),
        Effect::SetsSigners { quorum, entries } => json!({
            "effect": "sets-signers", "quorum": quorum,
            "signers": entries.iter().map(|entry| json!({
                "account": entry.account.to_string(), "weight": entry.weight,
            })).collect::<Vec<_>>(),
        }),
        Effect::CreatesTickets { count } => json!({ "effect": "creates-tickets", "count": count }),
        Effect::DeletesAccount { tag, .. } => json!({ "effect": "deletes-account", "to": to, "tag": tag }),
        Effect::SetsTrust { limit, currency, no_ripple, .. } => json!({
            "effect": "sets-trust", "issuer": to, "limit": limit.to_string(),
            "currency": currency.to_string(), "no_ripple": no_ripple,
        }),
        Effect::Preauthorizes { authorize, .. } => json!({
            "effect": "preauthorizes", "sender": to, "authorize": authorize,
        }),
    }
}
