use std::cell::RefCell;
use std::path::Path;

use bitcoin::consensus::encode::deserialize_hex;
use serde_json::Value;

use super::*;
use crate::source::core::rpc::parse_reply;
use crate::source::proof::{BAD_ANSWER, OTHER_ANSWER};
use crate::source::refusal::{INPUTS_GONE, SCRIPT_FAILED};

fn recorded(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/recorded");
    serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

fn package(name: &str) -> (Vec<Transaction>, Outcome) {
    let recording = recorded(name);
    let hex = recording["request"]["body"]["params"][0].as_array().unwrap();
    let asked = hex.iter().map(|hex| deserialize_hex(hex.as_str().unwrap()).unwrap()).collect();
    (asked, serde_json::from_value(recording["response"]["result"].clone()).unwrap())
}

fn sent(name: &str) -> (Transaction, Result<Result<Verdict>, NodeError>) {
    let mut recording = recorded(name);
    let hex = recording["request"]["body"]["params"][0].as_str().unwrap().to_owned();
    let transaction: Transaction = deserialize_hex(&hex).unwrap();
    recording["response"]["id"] = 0.into();
    let status = recording["status"].as_u64().unwrap().try_into().unwrap();
    let body = recording["response"].to_string();
    let reply = parse_reply("node", "sendrawtransaction", status, body.as_bytes()).unwrap();
    let verdict = of_send("node", &transaction, reply);
    (transaction, verdict)
}

#[test]
fn reads_recorded_answers_to_one_transaction() {
    assert_eq!(sent("btc_sendrawtransaction_ok").1.unwrap().unwrap(), Verdict::Accepted);
    assert_eq!(sent("btc_sendrawtransaction_again_in_mempool").1.unwrap().unwrap(), Verdict::Accepted);
    assert_eq!(
        sent("btc_sendrawtransaction_err27_already_confirmed").1.unwrap().unwrap(),
        Verdict::AlreadyInBlock
    );
    let (transaction, verdict) = sent("btc_sendrawtransaction_err25_missing_inputs");
    let Verdict::Refused(error) = verdict.unwrap().unwrap() else { panic!() };
    assert_eq!(error.code(), &INPUTS_GONE);
    assert!(error.what().contains(&transaction.compute_txid().to_string()));
}

#[test]
fn believes_no_other_name_for_a_transaction_and_takes_no_trouble_of_the_node_for_a_verdict() {
    let (transaction, _) = sent("btc_sendrawtransaction_ok");
    let other = sent("btc_sendrawtransaction_err26_dust").0.compute_txid();
    assert_eq!(of_send("node", &transaction, Ok(other)).unwrap().unwrap_err().code(), &OTHER_ANSWER);
    let starting = NodeError { code: -28, message: "Loading block index…".to_owned() };
    assert_eq!(of_send("node", &transaction, Err(starting.clone())).unwrap_err(), starting);
}

#[test]
fn reads_recorded_packages() {
    for name in [
        "btc_submitpackage_commit_reveal_ok",
        "btc_submitpackage_commit_reveal_again",
        "btc_submitpackage_zero_fee_parent_paying_child",
    ] {
        let (pair, outcome) = package(name);
        assert!(is_child_with_parents(&pair), "{name}");
        assert_eq!(
            of_package("node", &pair, &outcome).unwrap(),
            [Some(Verdict::Accepted), Some(Verdict::Accepted)],
            "{name}"
        );
    }
    let (pair, outcome) = package("btc_submitpackage_failing_child");
    let verdicts = of_package("node", &pair, &outcome).unwrap();
    assert_eq!(verdicts[0], Some(Verdict::Accepted));
    let Some(Verdict::Refused(error)) = &verdicts[1] else { panic!("{verdicts:?}") };
    assert_eq!(error.code(), &SCRIPT_FAILED);
}

#[test]
fn believes_no_package_that_is_not_ours_or_contradicts_itself() {
    let (pair, outcome) = package("btc_submitpackage_commit_reveal_ok");
    let (others, _) = package("btc_submitpackage_failing_child");
    assert_eq!(of_package("node", &others, &outcome).unwrap_err().code(), &OTHER_ANSWER);
    let failed = Outcome { package_msg: "transaction failed".to_owned(), ..outcome };
    assert_eq!(of_package("node", &pair, &failed).unwrap_err().code(), &BAD_ANSWER);
    let (_, mut renamed) = package("btc_submitpackage_commit_reveal_ok");
    for said in renamed.results.values_mut() {
        said.txid = others[0].compute_txid();
    }
    assert_eq!(of_package("node", &pair, &renamed).unwrap_err().code(), &OTHER_ANSWER);
}

#[test]
fn a_child_of_a_refused_parent_was_not_tried_and_what_was_not_judged_stays_open() {
    let (pair, mut outcome) = package("btc_submitpackage_commit_reveal_ok");
    outcome.package_msg = "transaction failed".to_owned();
    let mut say = |place: usize, words: &str| {
        let said = outcome.results.get_mut(&pair[place].compute_wtxid()).unwrap();
        said.error = Some(words.to_owned());
        of_package("node", &pair, &outcome).unwrap()
    };
    assert_eq!(say(1, "package-not-validated"), [Some(Verdict::Accepted), None]);
    let verdicts = say(0, "min relay fee not met");
    assert!(matches!(verdicts[..], [Some(Verdict::Refused(_)), Some(Verdict::NotTried)]), "{verdicts:?}");
}

#[test]
fn sends_packages_only_where_the_node_knows_their_shape() {
    let (pair, _) = package("btc_submitpackage_commit_reveal_ok");
    let (other, _) = package("btc_submitpackage_failing_child");
    assert!(!is_child_with_parents(&[]));
    assert!(!is_child_with_parents(&pair[..1]));
    assert!(!is_child_with_parents(&[pair[1].clone(), pair[0].clone()]));
    assert!(!is_child_with_parents(&[other[0].clone(), pair[0].clone(), pair[1].clone()]));
    for name in ["btc_submitpackage_unrelated", "btc_submitpackage_wrong_order"] {
        let recording = recorded(name);
        let hex = recording["request"]["body"]["params"][0].as_array().unwrap().clone();
        let asked: Vec<Transaction> =
            hex.iter().map(|hex| deserialize_hex(hex.as_str().unwrap()).unwrap()).collect();
        assert!(!is_child_with_parents(&asked), "{name}");
    }
}

#[test]
fn one_after_the_other_stops_at_the_first_that_is_refused() {
    let (pair, _) = package("btc_submitpackage_commit_reveal_ok");
    let three = [pair[0].clone(), pair[1].clone(), pair[1].clone()];
    let tried = RefCell::new(Vec::new());
    let verdicts = one_by_one(&three, vec![None; 3], |transaction| {
        let txid = transaction.compute_txid();
        tried.borrow_mut().push(txid);
        Ok(match tried.borrow().len() {
            1 => Verdict::Accepted,
            _ => refusal::verdict("node", txid, Some(-26), "dust"),
        })
    })
    .unwrap();
    assert!(
        matches!(verdicts[..], [Verdict::Accepted, Verdict::Refused(_), Verdict::NotTried]),
        "{verdicts:?}"
    );
    assert_eq!(tried.into_inner(), [pair[0].compute_txid(), pair[1].compute_txid()]);
    // What was judged already is not sent again.
    let judged = vec![Some(Verdict::Accepted), Some(Verdict::AlreadyWaiting), None];
    let verdicts = one_by_one(&three, judged, |_| Ok(Verdict::Accepted)).unwrap();
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::AlreadyWaiting, Verdict::Accepted]);
}
