//! A transaction that is not of a plan in this store and spends what a step spends, held beside that step: is it the same
//! payment under another txid, or what else does it pay to whom.

use std::collections::BTreeMap;

use bitcoin::{Address, OutPoint, Transaction, TxOut, Txid};

use super::courier::Courier;
use super::expected::Expected;
use super::job::JobStep;

/// The most outputs that are told one by one.
const MOST_TOLD: usize = 8;
/// The longest script that is shown, in bytes.
const LONGEST_SCRIPT: usize = 80;

/// What a person is told of it.
pub(super) struct Told {
    /// What happened.
    pub(super) what: String,
    /// What it means, and what to do.
    pub(super) advice: String,
    /// True where it is this payment itself under another txid.
    pub(super) is_copy: bool,
}

/// One that waits for a block, in words.
pub(super) fn waiting(
    courier: &Courier<'_>,
    step: &JobStep,
    by: Option<Txid>,
    found: Option<&Transaction>,
) -> String {
    match (found, by) {
        (Some(found), _) if is_copy(step, found) => {
            format!("{}, this payment itself under another txid,", found.compute_txid())
        }
        (Some(found), _) => {
            format!("{}, which pays {},", found.compute_txid(), paid(courier, step, found).0)
        }
        (None, Some(by)) => by.to_string(),
        (None, None) => "another transaction".to_owned(),
    }
}

/// One in a block that no server gives.
pub(super) fn unseen(step: &JobStep, coin: OutPoint, by: Option<Txid>) -> Told {
    let whose = match by {
        Some(by) => format!("transaction {by}"),
        None => "another transaction, which the node cannot name,".to_owned(),
    };
    let what = format!("coin {coin} was spent in a block by {whose} that is not of a plan in this store");
    let input = step.bitcoin().and_then(|tx| tx.input.iter().find(|input| input.previous_output == coin));
    // Without a witness the txid covers the signature script, which others can rewrite.
    let is_malleable = input.is_some_and(|input| input.witness.is_empty());
    let advice = if is_malleable {
        "It may be this very payment under another txid, because the signature script of a legacy input can be rewritten \
         by others: compare its outputs with those of this transaction before anything is paid again. If they are not the \
         same, somebody else has the key."
    } else {
        "Either another wallet or store with this key has planned it, or somebody else has the key: look at its outputs \
         before anything is paid again."
    };
    Told { what, advice: advice.to_owned(), is_copy: false }
}

/// One that a server gives, and the height of the block that is proven to hold it.
pub(super) fn seen(
    courier: &Courier<'_>,
    step: &JobStep,
    coin: OutPoint,
    found: &Transaction,
    height: Option<u32>,
) -> Told {
    let txid = found.compute_txid();
    let place = match height {
        Some(height) => format!("in block {height}"),
        None => "in a block that no server shows".to_owned(),
    };
    if is_copy(step, found) {
        let what = format!(
            "coin {coin} was spent {place} by transaction {txid}: it spends the same coins and has the same outputs, it is this \
             payment itself under another txid"
        );
        return Told { what, advice: of_copy(courier, step, txid, height), is_copy: true };
    }
    let (pays, same) = paid(courier, step, found);
    let what = format!(
        "coin {coin} was spent {place} by transaction {txid} that is not of a plan in this store; it pays {pays}"
    );
    let count = step.bitcoin().map_or(0, |transaction| transaction.output.len());
    let advice = match same {
        0 => "None of the outputs of this step stands in it. Somebody else has the key, unless another wallet or store with \
              this key has planned it: find out which before anything is paid again, and where nobody has, move what the \
              key still holds."
            .to_owned(),
        same => format!(
            "{same} of the {count} outputs of this step stand in it too: another wallet or store with this key may have made \
             the same payment. Compare the two before anything is paid again; where nobody has planned it, somebody else \
             has the key."
        ),
    };
    Told { what, advice, is_copy: false }
}

fn of_copy(courier: &Courier<'_>, step: &JobStep, txid: Txid, height: Option<u32>) -> String {
    let mut advice = match height {
        Some(_) => format!(
            "Whoever this step pays is paid by {txid}: do not pay again, and book it under that txid. Another signer of the \
             same multisig, or whoever rewrote a legacy signature script, made it; the amounts are those that were signed."
        ),
        None => "Do not pay again: ask another server where it is.".to_owned(),
    };
    if step.expected != Expected::Nothing {
        advice.push_str(" Whether the Counterparty ledger counts it is to be asked under that txid too.");
    }
    let spends = |other: &&JobStep| other.parents.contains(&step.index);
    if let Some(child) = courier.job.steps.iter().find(spends) {
        advice.push_str(&format!(
            " Step {} spends its outputs by the old txid and can no longer confirm: what that was to do is not done.",
            child.index.saturating_add(1)
        ));
    }
    advice
}

/// True where it spends what the step spends and pays what the step pays, in the same order. Data outputs of Counterparty
/// are hidden with the first input, so the same bytes mean the same only behind the same inputs.
fn is_copy(step: &JobStep, found: &Transaction) -> bool {
    let Some(own) = step.bitcoin() else { return false };
    let coins = |transaction: &Transaction| -> Vec<OutPoint> {
        transaction.input.iter().map(|input| input.previous_output).collect()
    };
    own.output == found.output && coins(own) == coins(found)
}

/// What it pays to whom, in words, and how many of the step's own outputs stand in it.
fn paid(courier: &Courier<'_>, step: &JobStep, found: &Transaction) -> (String, usize) {
    let mut own: BTreeMap<&TxOut, usize> = BTreeMap::new();
    for output in step.bitcoin().into_iter().flat_map(|transaction| &transaction.output) {
        let count = own.entry(output).or_default();
        *count = count.saturating_add(1);
    }
    let (mut same, mut told) = (0usize, Vec::new());
    for output in &found.output {
        let left = own.get_mut(output).filter(|count| **count > 0);
        let as_ours = left.is_some();
        if let Some(count) = left {
            *count = count.saturating_sub(1);
            same = same.saturating_add(1);
        }
        let mark = if as_ours { " (as this step)" } else { "" };
        told.push(format!("{} sat to {}{mark}", output.value.to_sat(), payee(courier, output)));
    }
    let more = told.len().saturating_sub(MOST_TOLD);
    told.truncate(MOST_TOLD);
    if more > 0 {
        told.push(format!("and {more} more outputs"));
    }
    (told.join(", "), same)
}

fn payee(courier: &Courier<'_>, output: &TxOut) -> String {
    let script = &output.script_pubkey;
    let network = courier.job.bundle.contents().networks.bitcoin.unwrap_or_default();
    match Address::from_script(script, network.to_bitcoin()) {
        Ok(address) => address.to_string(),
        Err(_) if script.is_op_return() => "nobody (data)".to_owned(),
        Err(_) if script.len() <= LONGEST_SCRIPT => format!("script {}", script.to_hex_string()),
        Err(_) => format!("a script of {} bytes", script.len()),
    }
}
