use std::cell::RefCell;
use std::path::Path;

use bitcoin::consensus::encode::deserialize_hex;
use serde_json::Value;

use super::*;
use crate::source::proof::OTHER_ANSWER;
use crate::source::refusal::{CHAIN_TOO_LONG, FEE_TOO_LOW, INPUTS_GONE, PACKAGE, SCRIPT_FAILED};

/// The transactions of a recorded rehearsal, and what the node said.
fn recorded(name: &str) -> (Vec<Transaction>, Vec<Said>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/recorded");
    let bytes = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
    let recording: Value = serde_json::from_slice(&bytes).unwrap();
    let hex = recording["request"]["body"]["params"][0].as_array().unwrap();
    let asked = hex.iter().map(|hex| deserialize_hex(hex.as_str().unwrap()).unwrap()).collect();
    (asked, serde_json::from_value(recording["response"]["result"].clone()).unwrap())
}

fn code_of(verdict: &Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Refused(error)) => error.code().id,
        Some(Verdict::Accepted) => "accepted",
        Some(Verdict::NotTried) => "not tried",
        Some(Verdict::AlreadyWaiting | Verdict::AlreadyInBlock) => "already",
        None => "open",
    }
}

fn judge(name: &str) -> Vec<&'static str> {
    let (asked, said) = recorded(name);
    let asked: Vec<&Transaction> = asked.iter().collect();
    judged("node", &asked, said).unwrap().iter().map(code_of).collect()
}

#[test]
fn reads_recorded_rehearsals() {
    for (name, verdicts) in [
        ("btc_testmempoolaccept_ok", &["accepted"][..]),
        ("btc_testmempoolaccept_replacement_ok", &["accepted"]),
        ("btc_testmempoolaccept_two_op_returns", &["accepted"]),
        ("btc_testmempoolaccept_already_in_mempool", &["already"]),
        ("btc_testmempoolaccept_already_confirmed", &["already"]),
        ("btc_testmempoolaccept_chain_of_two_ok", &["accepted", "accepted"]),
        ("btc_testmempoolaccept_commit_ok_child_bad", &["accepted", SCRIPT_FAILED.id]),
        ("btc_testmempoolaccept_chain_child_low_fee", &["open", FEE_TOO_LOW.id]),
        ("btc_testmempoolaccept_chain_child_first", &[PACKAGE.id, PACKAGE.id]),
        ("btc_testmempoolaccept_reveal_without_commit", &[INPUTS_GONE.id]),
    ] {
        assert_eq!(judge(name), verdicts, "{name}");
    }
}

#[test]
fn believes_no_judgement_of_other_transactions() {
    let (asked, said) = recorded("btc_testmempoolaccept_chain_of_two_ok");
    let swapped = said.into_iter().rev().collect();
    let asked: Vec<&Transaction> = asked.iter().collect();
    assert_eq!(judged("node", &asked, swapped).unwrap_err().code(), &OTHER_ANSWER);
    let (_, mut said) = recorded("btc_testmempoolaccept_chain_of_two_ok");
    said.pop();
    assert_eq!(judged("node", &asked, said).unwrap_err().code(), &OTHER_ANSWER);
    // Another witness is another transaction to judge.
    let (_, other) = recorded("btc_testmempoolaccept_bad_signature_p2wpkh");
    let (asked, _) = recorded("btc_testmempoolaccept_ok");
    let asked: Vec<&Transaction> = asked.iter().collect();
    assert_eq!(judged("node", &asked, other).unwrap_err().code(), &OTHER_ANSWER);
}

/// What a family is told, where `say` answers each round; and how large the rounds were.
fn told(
    transactions: &[Transaction],
    say: impl Fn(&Transaction, usize) -> Option<Verdict>,
) -> (Vec<&'static str>, Vec<usize>) {
    let mut verdicts = vec![None; transactions.len()];
    let family: Vec<(usize, &Transaction)> = transactions.iter().enumerate().collect();
    let rounds = RefCell::new(Vec::new());
    rehearse(&mut verdicts, &family, "node", |some| {
        rounds.borrow_mut().push(some.len());
        Ok(some.iter().map(|transaction| say(transaction, some.len())).collect())
    })
    .unwrap();
    (verdicts.iter().map(code_of).collect(), rounds.into_inner())
}

#[test]
fn asks_again_for_parents_that_a_refused_child_left_open() {
    let (pair, _) = recorded("btc_testmempoolaccept_chain_child_low_fee");
    let child = pair[1].compute_txid();
    let low = |txid| refusal::verdict("node", txid, None, "min relay fee not met");
    let say = |transaction: &Transaction, round| match (transaction.compute_txid() == child, round) {
        (true, _) => Some(low(child)),
        (false, 1) => Some(Verdict::Accepted),
        (false, _) => None,
    };
    assert_eq!(told(&pair, say), (vec!["accepted", FEE_TOO_LOW.id], vec![2, 1]));
}

#[test]
fn leaves_out_who_is_known_and_takes_children_along_with_who_is_refused() {
    let (pair, _) = recorded("btc_testmempoolaccept_chain_of_two_ok");
    let parent = pair[0].compute_txid();
    let waiting = |transaction: &Transaction, round| match (transaction.compute_txid() == parent, round) {
        (true, _) => Some(Verdict::AlreadyWaiting),
        (false, 1) => Some(Verdict::Accepted),
        (false, _) => None,
    };
    assert_eq!(told(&pair, waiting), (vec!["already", "accepted"], vec![2, 1]));
    let refused = |transaction: &Transaction, _| {
        let txid = transaction.compute_txid();
        (txid == parent).then(|| refusal::verdict("node", txid, None, "dust"))
    };
    assert_eq!(told(&pair, refused), (vec!["E-BTC-025", "not tried"], vec![2]));
    assert_eq!(told(&pair, |_, _| None), (vec!["open", "open"], vec![2]));
}

#[test]
fn tells_apart_families_and_says_when_one_is_too_long() {
    let (pair, _) = recorded("btc_testmempoolaccept_chain_of_two_ok");
    let (alone, _) = recorded("btc_testmempoolaccept_dust");
    let both = [pair.clone(), alone].concat();
    assert_eq!(families(&both), [[0, 1].into(), [2].into()]);
    let mut chain = vec![pair[0].clone()];
    for place in 1..30 {
        let mut next = pair[1].clone();
        next.input[0].previous_output.txid = chain[place - 1].compute_txid();
        chain.push(next);
    }
    assert_eq!(families(&chain).len(), 1);
    let (verdicts, rounds) = told(&chain, |_, _| Some(Verdict::Accepted));
    assert_eq!(rounds, [25]);
    assert!(verdicts[..25].iter().all(|verdict| *verdict == "accepted"));
    assert!(verdicts[25..].iter().all(|verdict| *verdict == CHAIN_TOO_LONG.id));
}

#[test]
fn a_child_that_misses_its_refused_parent_was_not_tried() {
    let (pair, _) = recorded("btc_testmempoolaccept_chain_of_two_ok");
    let parent = pair[0].compute_txid();
    let say = |transaction: &Transaction, _| {
        let txid = transaction.compute_txid();
        let words = if txid == parent { "dust" } else { "missing-inputs" };
        Some(refusal::verdict("node", txid, None, words))
    };
    assert_eq!(told(&pair, say), (vec!["E-BTC-025", "not tried"], vec![2]));
}
