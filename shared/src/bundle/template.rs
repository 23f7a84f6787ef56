//! Templates: transactions whose parents' txids change when the parents are signed (design.md section 4).
//!
//! A legacy input's signature stands in its scriptSig and so in the txid: a child of such a transaction is
//! planned and reviewed with the parent's unsigned txid, and filled in once the parent is signed.

use bitcoin::psbt::Input;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{Psbt, Script, ScriptBuf, Transaction, TxOut, Txid, Witness};

use super::{Artefact, Link, Step};
use crate::counterparty::carrier::{opreturn, p2sh};
use crate::error::{Code, Exit, Result};

/// A template whose parent is missing.
pub static NO_PARENT: Code = Code::new(
    "E-BNDL-020",
    Exit::Internal,
    "A transaction was to be filled in before the transaction that it spends was signed.",
    "This is a defect of this program: please report it.",
);
/// A template whose parent is another transaction.
pub static OTHER_PARENT: Code = Code::new(
    "E-BNDL-021",
    Exit::Refused,
    "The signed parent does not have the output that its child was planned to spend.",
    "Nothing of this bundle may be used. Plan it again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NO_PARENT, &OTHER_PARENT];

/// The txid that the signed transaction will have, as far as it is known before signing: nested segwit
/// inputs get their known scriptSig, legacy inputs keep an empty one (a template, see [`is_final`]).
pub fn txid_of(psbt: &Psbt) -> Txid {
    let known = |input: &Input| known_script_sig(input);
    if !psbt.inputs.iter().any(|input| known(input).is_some()) {
        return psbt.unsigned_tx.compute_txid();
    }
    let mut transaction = psbt.unsigned_tx.clone();
    for (input, fields) in transaction.input.iter_mut().zip(&psbt.inputs) {
        if let Some(script_sig) = known(fields) {
            input.script_sig = script_sig;
        }
    }
    transaction.compute_txid()
}

/// True when [`txid_of`] is the txid of the signed transaction, given that its outpoints are final: no input is
/// legacy and no P2SH marker waits for encryption.
pub fn is_final(psbt: &Psbt) -> bool {
    let scripts_known = psbt.inputs.iter().enumerate().all(|(index, input)| {
        let script = spent_output(psbt, index).map(|output| &output.script_pubkey);
        script.is_some_and(|script| script.is_witness_program() || known_script_sig(input).is_some())
    });
    scripts_known && !psbt.unsigned_tx.output.iter().any(|output| is_plain_marker(&output.script_pubkey))
}

/// For each step, whether it spends, directly or through other steps, an output of a step whose txid is not final.
pub fn templates(steps: &[Step]) -> Vec<bool> {
    let mut unsettled = Vec::with_capacity(steps.len());
    let mut templates = Vec::with_capacity(steps.len());
    for step in steps {
        let is_template = step.links.iter().any(|link| unsettled.get(link.step) == Some(&true));
        let own_is_final = match &step.artefact {
            Artefact::Psbt(psbt) => is_final(psbt),
            Artefact::TxJson(_) => true,
        };
        templates.push(is_template);
        unsettled.push(is_template || !own_is_final);
    }
    templates
}

/// [`templates`] for one step.
pub fn is_template(steps: &[Step], step: usize) -> bool {
    templates(steps.get(..=step).unwrap_or_default()).last() == Some(&true)
}

/// Fills in the final parents: txids of linked outpoints, their previous transactions (without witnesses), and the
/// P2SH marker that is encrypted under the first of them. The identity where the parents' txids were known.
///
/// `parents` holds the signed transaction of each step, by step, as far as there is one.
///
/// # Errors
/// [`NO_PARENT`] when a linked parent is not there, [`OTHER_PARENT`] when its output is not the one that the PSBT says
/// it spends.
pub fn fill(psbt: &Psbt, links: &[Link], parents: &[Option<Transaction>]) -> Result<Psbt> {
    let mut filled = psbt.clone();
    for link in links {
        let at = |e: crate::error::Error| e.at(format!("input {}", link.input));
        let parent = parents.get(link.step).and_then(Option::as_ref);
        let parent =
            parent.ok_or_else(|| at(NO_PARENT.error(format!("step {} is not signed", link.step))))?;
        let vout = usize::try_from(link.vout).unwrap_or(usize::MAX);
        let planned = spent_output(psbt, link.input);
        let output =
            parent.output.get(vout).filter(|output| planned.is_none_or(|planned| planned == *output));
        if output.is_none() {
            return Err(at(OTHER_PARENT.error(format!("output {vout} of step {} is another", link.step))));
        }
        if let Some(input) = filled.unsigned_tx.input.get_mut(link.input) {
            input.previous_output.txid = parent.compute_txid();
        }
        if let Some(previous) =
            filled.inputs.get_mut(link.input).and_then(|input| input.non_witness_utxo.as_mut())
        {
            *previous = without_witnesses(parent);
        }
    }
    Ok(with_encrypted_marker(filled))
}

/// Encrypts a plain P2SH marker under the txid that the first input spends now.
pub(crate) fn with_encrypted_marker(mut psbt: Psbt) -> Psbt {
    let Some(first) = psbt.unsigned_tx.input.first().map(|input| input.previous_output.txid) else {
        return psbt;
    };
    for output in &mut psbt.unsigned_tx.output {
        if is_plain_marker(&output.script_pubkey)
            && let Some(encrypted) = p2sh::second_outputs(&first).into_iter().next()
        {
            output.script_pubkey = encrypted.script_pubkey;
        }
    }
    psbt
}

fn is_plain_marker(script: &Script) -> bool {
    opreturn::push_of(script).is_some_and(|push| push == b"CNTRPRTYP2SH")
}

/// The scriptSig of nested segwit: the push of the redeem script. None for other inputs.
fn known_script_sig(input: &Input) -> Option<ScriptBuf> {
    let redeem = input.redeem_script.as_ref().filter(|script| script.is_p2wpkh())?;
    let push = PushBytesBuf::try_from(redeem.to_bytes()).ok()?;
    Some(Builder::new().push_slice(push).into_script())
}

fn spent_output(psbt: &Psbt, index: usize) -> Option<&TxOut> {
    let input = psbt.inputs.get(index)?;
    let vout = psbt.unsigned_tx.input.get(index)?.previous_output.vout;
    let previous = input.non_witness_utxo.as_ref().and_then(|tx| tx.output.get(usize::try_from(vout).ok()?));
    previous.or(input.witness_utxo.as_ref())
}

fn without_witnesses(transaction: &Transaction) -> Transaction {
    let mut stripped = transaction.clone();
    for input in &mut stripped.input {
        input.witness = Witness::new();
    }
    stripped
}
