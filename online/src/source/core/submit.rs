//! Handing over: one transaction (`sendrawtransaction`), or a child with its parents (`submitpackage`).

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Transaction, Txid, Wtxid};
use serde::Deserialize;
use serde_json::json;

use super::rpc::{Call, Reply, Rpc};
use crate::source::bitcoin::Verdict;
use crate::source::proof;
use crate::source::refusal::{self, NodeError};

/// Most transactions in a package.
const PACKAGE: usize = 25;
/// Errors that are about the transaction and not about the node (`src/rpc/protocol.h`): it cannot be decoded, its inputs are
/// not there, it is refused, it is known.
const ABOUT_THE_TRANSACTION: [i64; 4] = [-22, -25, -26, -27];

/// The outcome of a package, by wtxid.
#[derive(Deserialize)]
struct Outcome {
    package_msg: String,
    #[serde(rename = "tx-results")]
    results: BTreeMap<Wtxid, Said>,
}

#[derive(Deserialize)]
struct Said {
    txid: Txid,
    error: Option<String>,
}

/// Hands over one transaction, or several with parents first. A package that the node does not take as one goes one after
/// the other: no transaction of ours needs its child to pay for it.
pub(super) fn submit(node: &Rpc, transactions: &[Transaction]) -> Result<Vec<Verdict>> {
    let mut verdicts = vec![None; transactions.len()];
    if is_child_with_parents(transactions) {
        let hex: Vec<String> = transactions.iter().map(serialize_hex).collect();
        let reply: Reply<Outcome> = node.call(&Call::new("submitpackage", json!([hex, 0])))?;
        // Whatever stands against the package as such, nothing was judged: each one is then told by itself what is wrong.
        if let Ok(outcome) = reply {
            verdicts = of_package(&node.name(), transactions, &outcome)?;
        }
    }
    one_by_one(transactions, verdicts, |transaction| send(node, transaction))
}

/// Hands over what is not judged yet, in order, and stops at the first that is refused.
pub(in crate::source) fn one_by_one(
    transactions: &[Transaction],
    judged: Vec<Option<Verdict>>,
    send: impl Fn(&Transaction) -> Result<Verdict>,
) -> Result<Vec<Verdict>> {
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (transaction, judged) in transactions.iter().zip(judged) {
        let stopped = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_)));
        verdicts.push(match judged {
            Some(verdict) => verdict,
            None if stopped => Verdict::NotTried,
            None => send(transaction)?,
        });
    }
    Ok(verdicts)
}

/// Hands over one. No limit of the fee is given (`maxfeerate` 0) and for no other reason than this: the policy of the signer
/// has held it already, and a person has seen it. Nothing is sent whose fee was not in a reviewed bundle.
fn send(node: &Rpc, transaction: &Transaction) -> Result<Verdict> {
    let call = Call::new("sendrawtransaction", json!([serialize_hex(transaction), 0]));
    let reply: Reply<Txid> = node.call(&call)?;
    of_send(&node.name(), transaction, reply)
        .unwrap_or_else(|error| Err(node.refused("sendrawtransaction", &error)))
}

/// What the node said to one transaction; an error of its own where that says nothing about it.
fn of_send(
    server: &str,
    transaction: &Transaction,
    reply: Reply<Txid>,
) -> Result<Result<Verdict>, NodeError> {
    let txid = transaction.compute_txid();
    match reply {
        Ok(named) if named == txid => Ok(Ok(Verdict::Accepted)),
        Ok(named) => Ok(Err(proof::other(server, format!("calls transaction {txid} by the name {named}")))),
        Err(error) if ABOUT_THE_TRANSACTION.contains(&error.code) => {
            Ok(Ok(refusal::judged(server, transaction, Some(error.code), &error.message)))
        }
        Err(error) => Err(error),
    }
}

/// The verdicts on a package; none where one was not judged.
fn of_package(server: &str, transactions: &[Transaction], outcome: &Outcome) -> Result<Vec<Option<Verdict>>> {
    let mut failed: BTreeSet<Txid> = BTreeSet::new();
    let mut verdicts = Vec::new();
    for transaction in transactions {
        let txid = transaction.compute_txid();
        let Some(said) = outcome.results.get(&transaction.compute_wtxid()) else {
            return Err(proof::other(server, format!("says nothing about {txid} of a package")));
        };
        if said.txid != txid {
            return Err(proof::other(server, format!("calls transaction {txid} by the name {}", said.txid)));
        }
        let orphaned = transaction.input.iter().any(|input| failed.contains(&input.previous_output.txid));
        let verdict = match &said.error {
            None => Some(Verdict::Accepted),
            Some(words) if words.contains("package-not-validated") && !orphaned => None,
            Some(words) => {
                let verdict = refusal::judged(server, transaction, None, words);
                let is_refused = matches!(verdict, Verdict::Refused(_));
                Some(if is_refused && orphaned { Verdict::NotTried } else { verdict })
            }
        };
        if matches!(verdict, Some(Verdict::Refused(_) | Verdict::NotTried)) {
            failed.insert(txid);
        }
        verdicts.push(verdict);
    }
    parents_of_known(transactions, &mut verdicts);
    let all_taken = verdicts.iter().all(|verdict| matches!(verdict, Some(Verdict::Accepted)));
    if all_taken && outcome.package_msg != "success" {
        let why = format!("takes each transaction of a package, and says of all: {}", outcome.package_msg);
        return Err(proof::bad(server, "submitpackage", &why));
    }
    Ok(verdicts)
}

/// A parent in the chain whose outputs are all spent is told apart from one without coins by its child, which is there, too.
fn parents_of_known(transactions: &[Transaction], verdicts: &mut [Option<Verdict>]) {
    let pairs = transactions.iter().zip(verdicts.iter());
    let known = pairs.filter(|(_, verdict)| matches!(verdict, Some(Verdict::AlreadyInBlock)));
    let parents: BTreeSet<Txid> = known
        .flat_map(|(transaction, _)| &transaction.input)
        .map(|input| input.previous_output.txid)
        .collect();
    for (transaction, verdict) in transactions.iter().zip(verdicts) {
        let is_gone =
            matches!(verdict, Some(Verdict::Refused(error)) if error.code() == &refusal::INPUTS_GONE);
        if is_gone && parents.contains(&transaction.compute_txid()) {
            *verdict = Some(Verdict::AlreadyInBlock);
        }
    }
}

/// True for two to 25 transactions of which the last spends every other one, and none of the others spends another.
fn is_child_with_parents(transactions: &[Transaction]) -> bool {
    let Some((child, parents)) = transactions.split_last() else { return false };
    let spent = |by: &Transaction| -> BTreeSet<Txid> {
        by.input.iter().map(|input| input.previous_output.txid).collect()
    };
    let txids: BTreeSet<Txid> = parents.iter().map(Transaction::compute_txid).collect();
    let alone = parents.iter().all(|parent| spent(parent).is_disjoint(&txids));
    !parents.is_empty() && transactions.len() <= PACKAGE && alone && txids.is_subset(&spent(child))
}

#[cfg(test)]
mod tests;
