//! The differences of two compositions, as sentences.

use std::collections::{BTreeMap, BTreeSet};

use airlock::counterparty::carrier::Carrier;
use airlock::counterparty::rules::Rules;
use airlock::text::Printable;
use bitcoin::Transaction;
use bitcoin::hex::DisplayHex as _;

use super::view::{Row, View};
use super::{Sequence, coins};

/// What is different in the server's transactions, without a full stop; nothing where both do the same.
pub fn differences(ours: &Sequence, theirs: Vec<Transaction>, rules: &Rules) -> Vec<String> {
    let Some(plan) = View::of(ours, rules) else {
        return vec!["the ledger would see no message in the plan".to_owned()];
    };
    let mut previous = ours.previous.clone();
    previous.extend(theirs.iter().map(|transaction| (transaction.compute_txid(), transaction.clone())));
    let Some(server) = View::of(&Sequence { transactions: theirs, previous }, rules) else {
        return vec!["the ledger would see no message in the server's transaction".to_owned()];
    };
    let mut found = Vec::new();
    fields(&plan, &server, &mut found);
    messages(&plan, &server, &mut found);
    bitcoins(&plan, &server, &mut found);
    found
}

/// A sentence where a field is different.
fn field(found: &mut Vec<String>, name: &str, plan: &str, server: &str) {
    if plan != server {
        let (plan, server) = (Printable::new(plan), Printable::new(server));
        found.push(format!("{name}: {plan} in the plan, {server} by the server"));
    }
}

fn fields(plan: &View, server: &View, found: &mut Vec<String>) {
    let carrier = |view: &View| view.carrier.map_or("none", Carrier::name);
    let source = |view: &View| view.source.clone().unwrap_or_else(|| "unknown".to_owned());
    field(found, "carrier", carrier(plan), carrier(server));
    field(found, "source", &source(plan), &source(server));
    field(found, "message", plan.kind, server.kind);
    let set = |view: &View| view.inputs.iter().copied().collect::<BTreeSet<_>>();
    if set(plan) != set(server) || plan.inputs.len() != server.inputs.len() {
        found.push(format!(
            "coins: {} in the plan, {} by the server",
            coins(&plan.inputs),
            coins(&server.inputs)
        ));
    }
}

fn messages(plan: &View, server: &View, found: &mut Vec<String>) {
    let before = found.len();
    if let (Some(ours), Some(theirs)) = (&plan.rows, &server.rows) {
        rows(ours, theirs, found);
        let has_memos = ours.iter().any(|row| row.memo.is_some());
        if found.len() > before || has_memos {
            return;
        }
    }
    if plan.data != server.data && plan.kind == server.kind {
        found.push(format!(
            "message bytes: {} in the plan, {} by the server",
            plan.data.to_lower_hex_string(),
            server.data.to_lower_hex_string()
        ));
    }
}

/// Rows are known by asset and destination, which stand in a message once.
fn rows(ours: &[Row], theirs: &[Row], found: &mut Vec<String>) {
    let by_place = |rows: &[Row]| -> BTreeMap<(String, String), Row> {
        rows.iter().map(|row| ((row.destination.clone(), row.asset.clone()), row.clone())).collect()
    };
    let (plan, server) = (by_place(ours), by_place(theirs));
    if ours.len() != theirs.len() {
        found.push(format!("payments: {} in the plan, {} by the server", ours.len(), theirs.len()));
    }
    for ((destination, asset), row) in &plan {
        let place = format!("{asset} to {}", Printable::new(destination));
        let Some(other) = server.get(&(destination.clone(), asset.clone())) else {
            found.push(format!("{place}: {} base units in the plan, nothing by the server", units(row)));
            continue;
        };
        field(found, &format!("quantity of {place}"), &units(row), &units(other));
        field(found, &format!("memo of {place}"), &memo(row), &memo(other));
    }
    for ((destination, asset), row) in &server {
        if !plan.contains_key(&(destination.clone(), asset.clone())) {
            let destination = Printable::new(destination);
            found.push(format!(
                "{asset} to {destination}: nothing in the plan, {} base units by the server",
                units(row)
            ));
        }
    }
}

fn units(row: &Row) -> String {
    row.quantity.to_base_units().to_string()
}

fn memo(row: &Row) -> String {
    row.memo.as_ref().map_or_else(|| "none".to_owned(), |memo| format!("hex {}", memo.to_lower_hex_string()))
}

fn bitcoins(plan: &View, server: &View, found: &mut Vec<String>) {
    field(found, "bitcoin payments", &places(&plan.payments), &places(&server.payments));
    let sats =
        |amount: Option<u64>| amount.map_or_else(|| "unknown".to_owned(), |sats| format!("{sats} sat"));
    field(found, "fee", &sats(plan.fee), &sats(server.fee));
    if plan.is_pair || server.is_pair {
        // The server puts its own price of the reveal on the commit; change is less by that.
        let to = |change: &[(String, u64)]| {
            change.iter().map(|(address, _)| address.as_str()).collect::<Vec<_>>().join(", ")
        };
        field(found, "change goes to", &to(&plan.change), &to(&server.change));
        return;
    }
    field(found, "bitcoin on data outputs", &sats(Some(plan.on_data)), &sats(Some(server.on_data)));
    field(found, "change", &places(&plan.change), &places(&server.change));
}

fn places(outputs: &[(String, u64)]) -> String {
    match outputs {
        [] => "none".to_owned(),
        outputs => outputs
            .iter()
            .map(|(address, sats)| format!("{sats} sat to {address}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}
