//! What a Bitcoin node says when it says no, and what that means: one table for the answers to questions, one for the
//! judgement of transactions. The node's own words are always quoted; words that stand in no table get a code that says so.

use airlock::text::Printable;
use airlock::{Code, Error};
use bitcoin::{Transaction, TxOut, Txid};
use serde::Deserialize;

use super::bitcoin::Verdict;

mod codes;

pub use codes::*;

/// An error of JSON-RPC: Bitcoin Core's number and words (`src/rpc/protocol.h`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NodeError {
    /// The number.
    pub code: i64,
    /// The words.
    pub message: String,
}

/// Numbers that say all there is to say, whatever the words.
static SURE_NUMBERS: &[(i64, &Code)] = &[
    (-28, &WARMING_UP),
    (-18, &NO_WALLET),
    (-19, &NO_WALLET),
    (-35, &NO_WALLET),
    (-32601, &NO_METHOD),
    (-9, &NOT_CONNECTED),
    (-10, &NOT_CONNECTED),
];

/// Words in an answer to a question; the first that is found counts.
static QUESTION_WORDS: &[(&str, &Code)] = &[
    ("scan already in progress", &SCAN_BUSY),
    ("pruned", &PRUNED),
    ("block not available", &PRUNED),
    ("not fully downloaded", &PRUNED),
    ("not found on disk", &PRUNED),
    ("out of range", &NOT_THERE),
    ("not found", &NOT_THERE),
    ("no such mempool", &NOT_THERE),
    ("no such transaction", &NOT_THERE),
    ("not in mempool", &NOT_THERE),
    ("wallet file verification failed", &NO_WALLET),
    ("wallet already loading", &NO_WALLET),
    ("package topology", &PACKAGE),
];

/// Numbers that stand for many things, where the words say no more.
static VAGUE_NUMBERS: &[(i64, &Code)] = &[
    (-1, &BAD_CALL),
    (-3, &BAD_CALL),
    (-5, &BAD_CALL),
    (-8, &BAD_CALL),
    (-22, &BAD_CALL),
    (-32600, &BAD_CALL),
    (-32602, &BAD_CALL),
    (-32700, &BAD_CALL),
    (-2, &NODE_TROUBLE),
    (-7, &NODE_TROUBLE),
    (-20, &NODE_TROUBLE),
    (-32603, &NODE_TROUBLE),
];

/// Words for a transaction that waits there already: it, or one with the same txid and another witness.
static WAITING_WORDS: &[&str] = &["txn-already-in-mempool", "txn-same-nonwitness-data-in-mempool"];

/// Words for a transaction that is in the chain already, of all versions (`-27` says the same).
static IN_BLOCK_WORDS: &[&str] =
    &["txn-already-known", "transaction outputs already in utxo set", "transaction already in block chain"];

/// Words for a transaction, in the order in which they are looked for: what a script prints cannot hide behind a later
/// one, and what begins like another stands before it.
static TRANSACTION_WORDS: &[(&str, &Code)] = &[
    ("mempool-script-verify-flag-failed", &SCRIPT_FAILED),
    ("mandatory-script-verify-flag-failed", &SCRIPT_FAILED),
    ("non-mandatory-script-verify-flag", &SCRIPT_FAILED),
    ("block-script-verify-flag-failed", &SCRIPT_FAILED),
    ("missing-inputs", &INPUTS_GONE),
    ("missing inputs", &INPUTS_GONE),
    ("bad-txns-inputs-missingorspent", &INPUTS_GONE),
    ("bad-txns-inputs-spent", &INPUTS_GONE),
    ("txn-mempool-conflict", &CONFLICT),
    ("bad-txns-spends-conflicting-tx", &CONFLICT),
    ("replacement-adds-unconfirmed", &CONFLICT),
    ("bip125-replacement-disallowed", &CONFLICT),
    ("insufficient fee", &REPLACEMENT_TOO_CHEAP),
    ("too many potential replacements", &REPLACEMENT_TOO_CHEAP),
    ("replacement-failed", &REPLACEMENT_TOO_CHEAP),
    ("package rbf failed", &REPLACEMENT_TOO_CHEAP),
    ("min relay fee not met", &FEE_TOO_LOW),
    ("mempool min fee not met", &MEMPOOL_FULL),
    ("mempool full", &MEMPOOL_FULL),
    ("dust", &DUST),
    ("missing-ephemeral-spends", &DUST),
    ("non-final", &NOT_YET),
    ("bad-txns-nonfinal", &NOT_YET),
    ("non-bip68-final", &NOT_YET_RELATIVE),
    ("max-fee-exceeded", &FEE_TOO_HIGH),
    ("fee exceeds maximum", &FEE_TOO_HIGH),
    ("absurdly-high-fee", &FEE_TOO_HIGH),
    ("max feerate exceeded", &FEE_TOO_HIGH),
    ("unspendable output exceeds maximum", &FEE_TOO_HIGH),
    ("max-burn-exceeded", &FEE_TOO_HIGH),
    ("too-long-mempool-chain", &CHAIN_TOO_LONG),
    ("too-large-cluster", &CHAIN_TOO_LONG),
    ("package-mempool-limits", &CHAIN_TOO_LONG),
    ("truc-violation", &CHAIN_TOO_LONG),
    ("v3-rule-violation", &CHAIN_TOO_LONG),
    ("datacarrier", &DATA_REFUSED),
    ("multi-op-return", &DATA_REFUSED),
    ("scriptpubkey", &NOT_STANDARD),
    ("scriptsig-size", &NOT_STANDARD),
    ("scriptsig-not-pushonly", &NOT_STANDARD),
    ("bare-multisig", &NOT_STANDARD),
    ("bad-txns-nonstandard-inputs", &NOT_STANDARD),
    ("bad-txns-input-", &NOT_STANDARD),
    ("bad-witness-nonstandard", &NOT_STANDARD),
    ("bad-txns-too-many-sigops", &NOT_STANDARD),
    ("tx-size", &TOO_LARGE),
    ("bad-txns-premature-spend-of-coinbase", &IMMATURE),
    ("tx decode failed", &INVALID),
    ("bad-", &INVALID),
    ("coinbase", &INVALID),
    ("package-", &PACKAGE),
    ("package ", &PACKAGE),
    ("conflict-in-package", &PACKAGE),
    ("version", &NOT_STANDARD),
];

/// What to tell a person when a node answers a question with an error.
pub fn of_question(server: &str, asked: &str, error: &NodeError) -> Error {
    let words = error.message.to_ascii_lowercase();
    let by_words = || QUESTION_WORDS.iter().find(|(part, _)| words.contains(part)).map(|(_, code)| *code);
    let code = by_number(SURE_NUMBERS, error.code)
        .or_else(by_words)
        .or_else(|| by_number(VAGUE_NUMBERS, error.code))
        .unwrap_or(&OTHER_ERROR);
    let said = first_line(&error.message);
    code.error(format!("{server} answers {} with error {}: {said}", Printable::new(asked), error.code))
}

/// What a node's words about a transaction mean.
pub fn verdict(server: &str, txid: Txid, number: Option<i64>, words: &str) -> Verdict {
    let lower = words.to_ascii_lowercase();
    if WAITING_WORDS.iter().any(|part| begins_within(&lower, part)) {
        return Verdict::AlreadyWaiting;
    }
    if number == Some(-27) || IN_BLOCK_WORDS.iter().any(|part| begins_within(&lower, part)) {
        return Verdict::AlreadyInBlock;
    }
    let found = TRANSACTION_WORDS.iter().find(|(part, _)| begins_within(&lower, part)).map(|(_, code)| *code);
    // Esplora hands on the errors of the node behind it, whatever they are about.
    let code = found.or_else(|| by_number(SURE_NUMBERS, number?)).unwrap_or(&OTHER_REFUSAL);
    let number = number.map(|number| format!(" (error {number})")).unwrap_or_default();
    let said = first_line(words);
    Verdict::Refused(code.error(format!("{server} does not take transaction {txid}: {said}{number}")))
}

/// As [`verdict`], where the transaction is at hand: before Bitcoin Core 30 a node has one word for OP_RETURN data that it
/// does not relay and for a script of no kind that it knows.
pub fn judged(server: &str, transaction: &Transaction, number: Option<i64>, words: &str) -> Verdict {
    let txid = transaction.compute_txid();
    let is_usual = |output: &TxOut| {
        let script = &output.script_pubkey;
        script.is_p2pkh()
            || script.is_p2sh()
            || script.is_p2wpkh()
            || script.is_p2wsh()
            || script.is_p2tr()
            || script.is_multisig()
    };
    let (data, others): (Vec<_>, Vec<_>) =
        transaction.output.iter().partition(|output| output.script_pubkey.is_op_return());
    let is_data = !data.is_empty() && others.into_iter().all(is_usual);
    let verdict = verdict(server, txid, number, words);
    let Verdict::Refused(error) = &verdict else { return verdict };
    let is_script =
        error.code() == &NOT_STANDARD && begins_within(&words.to_ascii_lowercase(), "scriptpubkey");
    match is_data && is_script {
        true => Verdict::Refused(DATA_REFUSED.error(error.what().to_owned())),
        false => verdict,
    }
}

fn by_number(table: &[(i64, &'static Code)], number: i64) -> Option<&'static Code> {
    table.iter().find(|(known, _)| *known == number).map(|(_, code)| *code)
}

/// True where `part` stands in `text` and does not begin in the middle of a word of it.
fn begins_within(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-')
    })
}

/// The words up to the first line end: some errors bring the whole help text.
fn first_line(words: &str) -> Printable {
    Printable::new(words.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
