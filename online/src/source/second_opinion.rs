//! A plan held against what the server would compose (design.md, Counterparty: the server is a second opinion, never
//! the author).
//!
//! Both transactions are read as the ledger reads them, and compared field by field: carrier, source, message with each
//! row's asset, quantity, destination and memo, coins, payments, change, fee. A difference is a sentence for a person;
//! a server that is unable or cannot be reached is no error of the plan.
//!
//! What need not agree is left out: the order of the coins (the server sorts them), the form of a memo (the question
//! cannot carry it), and the reveal's key and price in a Taproot pair, which the server chooses for itself.

use std::collections::{BTreeMap, BTreeSet};

use airlock::amount::Quantity;
use airlock::bundle::{Artefact, Contents, Step, template};
use airlock::counterparty::carrier::Carrier;
use airlock::counterparty::rules::Rules;
use bitcoin::hex::DisplayHex as _;
use bitcoin::script::Instruction;
use bitcoin::{OutPoint, Psbt, Transaction, Txid, Witness};

use super::counterparty::{Composition, CounterpartySource};

mod compare;
#[cfg(test)]
mod tests;
mod view;

pub use compare::differences;
use view::View;

/// What the server says to one message of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The step that carries the message: of a pair the second.
    pub step: usize,
    /// What comes of the comparison.
    pub outcome: Outcome,
}

/// What comes of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server would compose the same.
    Agrees,
    /// It would not: a sentence for each difference.
    Differs(Vec<String>),
    /// There is no second opinion, and why.
    None(String),
}

/// The transactions that bring one message, in the order in which they are broadcast, and where their coins come from.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// One, or commit and reveal.
    pub transactions: Vec<Transaction>,
    /// The transactions whose outputs they spend.
    pub previous: BTreeMap<Txid, Transaction>,
}

/// Asks the server about every send of a plan. Of transactions that replace each other the first is asked about.
pub fn of_plan(source: &dyn CounterpartySource, plan: &Contents, rules: &Rules) -> Vec<Opinion> {
    let mut asked = BTreeSet::new();
    let mut opinions = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(ours) = sequence(&plan.steps, step) else { continue };
        let Some(view) = View::of(&ours, rules) else { continue };
        if asked.insert((step.request, view.data.clone())) {
            opinions.push(Opinion { step: index, outcome: ask(source, &ours, &view, rules) });
        }
    }
    opinions
}

fn ask(source: &dyn CounterpartySource, ours: &Sequence, view: &View, rules: &Rules) -> Outcome {
    let Some(rows) = &view.rows else {
        return Outcome::None(format!(
            "the server is asked about sends, this is a message of type {}",
            view.kind
        ));
    };
    let (Some(payer), Some(fee)) = (&view.source, view.fee) else {
        return Outcome::None("the plan does not hold the transactions that its coins come from".to_owned());
    };
    let sends: Vec<(String, Quantity, String, Option<Vec<u8>>)> = rows
        .iter()
        .map(|row| (row.asset.clone(), row.quantity, row.destination.clone(), row.memo.clone()))
        .collect();
    let pubkey = ours.transactions.first().and_then(multisig_key);
    let wish = Composition {
        source: payer,
        sends: &sends,
        inputs: &view.inputs,
        fee,
        encoding: view.carrier.map_or("none", Carrier::name),
        pubkey: pubkey.as_deref(),
    };
    let theirs = match source.compose(&wish) {
        Ok(theirs) => theirs,
        Err(error) => return Outcome::None(format!("{} {}", error.code().id, error.what())),
    };
    match differences(ours, theirs, rules) {
        sentences if sentences.is_empty() => Outcome::Agrees,
        sentences => Outcome::Differs(sentences),
    }
}

/// The transactions of a step that can bring a message: itself, and before a reveal its commit.
fn sequence(steps: &[Step], step: &Step) -> Option<Sequence> {
    let Artefact::Psbt(psbt) = &step.artefact else { return None };
    let mut previous = previous_of(psbt);
    let mut transactions = vec![as_signed(psbt)];
    if psbt.inputs.iter().any(|input| !input.tap_scripts.is_empty()) {
        let commit = steps.get(step.links.first()?.step)?;
        let Artefact::Psbt(commit) = &commit.artefact else { return None };
        previous.extend(previous_of(commit));
        previous.insert(template::txid_of(commit), commit.unsigned_tx.clone());
        transactions.insert(0, commit.unsigned_tx.clone());
    }
    Some(Sequence { transactions, previous })
}

fn previous_of(psbt: &Psbt) -> BTreeMap<Txid, Transaction> {
    psbt.inputs
        .iter()
        .filter_map(|input| input.non_witness_utxo.as_ref())
        .map(|transaction| (transaction.compute_txid(), transaction.clone()))
        .collect()
}

/// The transaction with a stand-in for the signature where the ledger reads data beside it.
fn as_signed(psbt: &Psbt) -> Transaction {
    let mut transaction = psbt.unsigned_tx.clone();
    for (input, fields) in transaction.input.iter_mut().zip(&psbt.inputs) {
        if let Some((control_block, (leaf, _))) = fields.tap_scripts.first_key_value() {
            input.witness = Witness::from_slice(&[&[0; 64][..], leaf.as_bytes(), &control_block.serialize()]);
        }
    }
    transaction
}

/// The payer's key in the first multisig data output: the third of the three.
fn multisig_key(transaction: &Transaction) -> Option<String> {
    let output = transaction.output.iter().find(|output| output.script_pubkey.is_multisig())?;
    output
        .script_pubkey
        .instructions()
        .filter_map(|instruction| match instruction {
            Ok(Instruction::PushBytes(push)) => Some(push.as_bytes().to_lower_hex_string()),
            Ok(Instruction::Op(_)) | Err(_) => None,
        })
        .nth(2)
}

/// Coins as people read them.
fn coins(inputs: &[OutPoint]) -> String {
    inputs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
