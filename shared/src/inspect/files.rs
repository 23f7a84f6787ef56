//! The files of our own formats.

use std::collections::BTreeMap;

use bitcoin::hex::FromHex;
use bitcoin::{Transaction, consensus};
use serde_json::{Value, json};

use super::transaction::{describe_alone, indented_lines};
use super::{Inspection, indented, inspection, psbt, xrpl};
use crate::account::Rail;
use crate::bundle::{Artefact, Bundle, Signed, SignedStep, Spoken, Step};
use crate::error::Result;
use crate::network::BitcoinNetwork;
use crate::snapshot::Snapshot;
use crate::text::Printable;
use crate::watch::Watch;
use crate::xrp;

/// A bundle with all its steps.
pub(super) fn bundle(bytes: &[u8]) -> Result<Inspection> {
    let bundle = Bundle::decode(bytes)?;
    let contents = bundle.contents();
    let mut lines = vec![
        format!("id           {}", bundle.id()),
        format!("created      {}", contents.created),
        format!("expires      {}", contents.expires),
    ];
    lines.extend(contents.networks.bitcoin.map(|network| format!("network      Bitcoin {network}")));
    lines.extend(contents.networks.xrpl.map(|id| format!("network      XRP Ledger {id}")));
    for (index, request) in contents.requests.iter().enumerate() {
        let text = serde_json::to_string(&request.intent).unwrap_or_default();
        lines.push(format!(
            "request {:<4} from {}: {}",
            index.saturating_add(1),
            request.from,
            Printable::new(&text)
        ));
    }
    let network = contents.networks.bitcoin.unwrap_or_default();
    let mut parents = BTreeMap::new();
    let mut steps = Vec::new();
    for (index, step) in bundle.steps().iter().enumerate() {
        let (step_lines, json) = describe_step(step, &parents, network);
        let after: Vec<String> =
            step.after.iter().map(|earlier| earlier.saturating_add(1).to_string()).collect();
        let after =
            if after.is_empty() { String::new() } else { format!(", after step {}", after.join(", ")) };
        lines.push(format!("step {} by {}{after}", index.saturating_add(1), Printable::new(&step.account)));
        lines.extend(indented(step_lines));
        steps.push(json);
        remember_parent(bundle.steps(), index, &mut parents);
    }
    lines.push(format!("{} assumptions", contents.assumptions.len()));
    for assumption in &contents.assumptions {
        let text = serde_json::to_string(assumption).unwrap_or_default();
        lines.push(format!("  {}", Printable::new(&text)));
    }
    let json = json!({
        "id": bundle.id().to_string(), "short_id": bundle.id().short(), "words": bundle.id().words(),
        "created": contents.created, "expires": contents.expires, "networks": contents.networks,
        "requests": contents.requests, "steps": steps, "assumptions": contents.assumptions,
    });
    let (short, words) = (bundle.id().short(), bundle.id().words().join(" "));
    let headline = format!("bundle {short}  \"{words}\"  not signed");
    Ok(inspection("bundle", headline, lines, json))
}

fn describe_step(
    step: &Step,
    parents: &BTreeMap<bitcoin::Txid, Transaction>,
    network: BitcoinNetwork,
) -> (Vec<String>, Value) {
    match &step.artefact {
        Artefact::Psbt(fields) => psbt::describe_psbt(fields, parents, network),
        Artefact::TxJson(tx_json) => {
            let json = Value::Object(tx_json.clone());
            match xrp::Transaction::from_json(&json) {
                Ok(transaction) => (xrpl::lines(&transaction), xrpl::to_json(&transaction)),
                Err(error) => (vec![format!("not a transaction: {}", error.what())], json),
            }
        }
    }
}

/// Keeps a step's transaction under the txid by which later steps spend it.
fn remember_parent(steps: &[Step], index: usize, parents: &mut BTreeMap<bitcoin::Txid, Transaction>) {
    let Some(Step { artefact: Artefact::Psbt(parent), .. }) = steps.get(index) else { return };
    for child in steps.iter().skip(index) {
        let Artefact::Psbt(psbt) = &child.artefact else { continue };
        for link in child.links.iter().filter(|link| link.step == index) {
            if let Some(input) = psbt.unsigned_tx.input.get(link.input) {
                parents.insert(input.previous_output.txid, parent.unsigned_tx.clone());
                return;
            }
        }
    }
}

/// A signed file with all its transactions.
pub(super) fn signed(bytes: &[u8], network: BitcoinNetwork) -> Result<Inspection> {
    let signed = Signed::decode(bytes)?;
    let contents = signed.contents();
    let mut lines = vec![
        format!("id           {}", signed.id()),
        format!("answers      {}", Printable::new(&contents.bundle)),
    ];
    let mut steps = Vec::new();
    for (index, step) in contents.steps.iter().enumerate() {
        let (step_lines, json) = match step {
            SignedStep::Bitcoin { tx, .. } => indented_lines(bitcoin_step(tx, network)),
            SignedStep::Xrpl { tx_blob, .. } => indented_lines(xrpl_step(tx_blob)),
        };
        lines.push(format!("step {}", index.saturating_add(1)));
        lines.extend(step_lines);
        steps.push(json);
    }
    lines.push("Whether it is what was planned, `airlock-online verify` says.".to_owned());
    let json = json!({ "id": signed.id().to_string(), "bundle": contents.bundle, "steps": steps });
    let count = contents.steps.len();
    let transactions = if count == 1 { "transaction" } else { "transactions" };
    Ok(inspection("signed", format!("signed file, {count} {transactions}"), lines, json))
}

fn bitcoin_step(tx: &str, network: BitcoinNetwork) -> (Vec<String>, Value) {
    let decoded = Vec::from_hex(tx).ok().and_then(|bytes| consensus::deserialize::<Transaction>(&bytes).ok());
    match decoded {
        Some(tx) => describe_alone(&tx, network),
        None => (vec!["not a Bitcoin transaction".to_owned()], Value::Null),
    }
}

fn xrpl_step(tx_blob: &str) -> (Vec<String>, Value) {
    match Vec::from_hex(tx_blob).ok().and_then(|blob| xrp::Transaction::from_blob(&blob).ok()) {
        Some(transaction) => (xrpl::lines(&transaction), xrpl::to_json(&transaction)),
        None => (vec!["not an XRPL transaction".to_owned()], Value::Null),
    }
}

/// A watch file with all its accounts.
pub(super) fn watch(bytes: &[u8]) -> Result<Inspection> {
    let watch = Watch::decode(bytes)?;
    let mut lines = Vec::new();
    let mut accounts = Vec::new();
    for account in &watch.accounts {
        let (what, network) = match &account.rail {
            Rail::Bitcoin(bitcoin) => (bitcoin.descriptor().to_owned(), bitcoin.network().to_string()),
            Rail::Xrp(xrp) => (xrp.address().to_owned(), format!("XRP Ledger {}", xrp.network_id)),
        };
        lines.push(format!("{}  {}  {network}  {what}", account.name, account.role.name()));
        accounts.push(json!({
            "name": account.name, "role": account.role, "network": network, "account": what,
        }));
    }
    let headline = format!("watch file, {} accounts, no secrets", watch.accounts.len());
    Ok(inspection("watch", headline, lines, json!({ "accounts": accounts })))
}

/// What a snapshot says, in numbers.
pub(super) fn snapshot(bytes: &[u8]) -> Result<Inspection> {
    let snapshot = Snapshot::decode(bytes)?;
    let mut lines = Vec::new();
    if let Some(facts) = &snapshot.bitcoin {
        lines.push(format!(
            "Bitcoin {} at height {}: {} coins",
            facts.network,
            facts.height,
            facts.coins.len()
        ));
    }
    if let Some(facts) = &snapshot.counterparty {
        lines.push(format!(
            "Counterparty at height {}: {} assets, {} balances, {} addresses",
            facts.height,
            facts.assets.len(),
            facts.balances.len(),
            facts.addresses.len()
        ));
    }
    if let Some(facts) = &snapshot.xrpl {
        lines.push(format!(
            "XRP Ledger {} at ledger {}: {} accounts",
            facts.network_id,
            facts.ledger_index,
            facts.accounts.len()
        ));
    }
    let json = json!({ "snapshot": snapshot });
    Ok(inspection("snapshot", format!("snapshot of {}", snapshot.taken_at), lines, json))
}

/// The format of a broadcast file, which `verify` of the online half writes and nothing reads.
pub(super) const BROADCAST: &str = "airlock-broadcast";

/// What a broadcast file says about each of its transactions.
pub(super) fn broadcast(value: &Value) -> Inspection {
    let text = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .map(|text| Printable::new(text).to_string())
            .unwrap_or_default()
    };
    let none = Vec::new();
    let transactions = value.get("transactions").and_then(Value::as_array).unwrap_or(&none);
    let mut lines = vec![
        format!("bundle       {}", text(value, "bundle")),
        format!("signed       {}", text(value, "signed")),
    ];
    for (index, transaction) in transactions.iter().enumerate() {
        let id = ["txid", "hash"].map(|name| text(transaction, name)).concat();
        lines.push(format!("transaction {:<2} {} {id}", index.saturating_add(1), text(transaction, "chain")));
    }
    let headline = format!(
        "broadcast file, {} verified and signed",
        match transactions.len() {
            1 => "1 transaction".to_owned(),
            count => format!("{count} transactions"),
        }
    );
    inspection("broadcast", headline, lines, json!({ "broadcast": value }))
}
