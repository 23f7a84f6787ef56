//! What the Counterparty ledger can make of a message that is in a block.

use super::sources::Ledger;
use super::world::Story;
use crate::source::counterparty::Judgement;
use crate::store::State;

/// The reveal of the pair.
const REVEAL: usize = 1;

fn spoil(story: &Story, spoil: impl Fn(&mut bool, &mut Vec<crate::source::counterparty::SendRow>)) {
    let txid = story.txid(REVEAL);
    let mut inner = story.shared.0.borrow_mut();
    let Some(Judgement::Parsed { valid, sends, .. }) = inner.ledger.get_mut(&txid) else { unreachable!() };
    spoil(valid, sends);
}

#[test]
fn a_batch_is_done_when_the_ledger_counts_every_row() {
    let mut story = Story::of("pair");
    story.depth = 2;
    story.broadcast().unwrap();
    assert_eq!((story.states(), story.submitted()), (vec![State::Seen; 2], vec![0, 1]));
    story.shared.mine();
    let report = story.carry();
    assert_eq!(
        report.steps[REVEAL].says.as_deref(),
        Some("the ledger counts it: 3 of 3 as planned and valid")
    );
    assert_eq!(story.states(), [State::Confirmed; 2]);
    story.shared.mine();
    story.carry();
    assert_eq!(story.states(), [State::Final; 2]);
    let receipt = story.receipt().unwrap();
    assert_eq!(receipt["requests"][0]["reference"], "october");
    assert_eq!(receipt["steps"][1]["counterparty"]["valid"], 3);
    assert_eq!(receipt["steps"][1]["effects"].as_array().unwrap().len(), 3);
    assert!(receipt["steps"][0].get("counterparty").is_none(), "the commit carries no message");
}

#[test]
fn one_invalid_row_of_a_batch_is_a_failure_with_the_ledgers_words() {
    let mut story = Story::of("pair");
    story.depth = 2;
    spoil(&story, |_, sends| sends[1].status = "invalid: insufficient funds".to_owned());
    story.broadcast().unwrap();
    story.shared.mine();
    let report = story.carry();
    assert_eq!(story.state(REVEAL), State::Confirmed, "the block may still go");
    assert!(report.steps[REVEAL].todo.is_some());
    story.shared.mine();
    story.carry();
    assert_eq!(story.states(), [State::Final, State::Confirmed], "a verdict against it needs six blocks");
    story.shared.mine_empty(4);
    story.carry();
    assert_eq!(story.states(), [State::Final, State::Failed]);
    let said = story.record(REVEAL).detail.unwrap();
    assert!(said.contains("counts 2 of 3") && said.contains("'invalid: insufficient funds'"), "{said}");
    let receipt = story.receipt().unwrap();
    assert_eq!(receipt["state"], "failed");
    assert!(receipt["steps"][1].get("effects").is_none());
}

#[test]
fn a_message_that_the_ledger_ignores_or_reads_otherwise_is_a_failure() {
    let story = Story::of("send");
    let txid = story.txid(0);
    story.shared.0.borrow_mut().ledger.remove(&txid);
    story.broadcast().unwrap();
    story.shared.mine();
    story.shared.mine_empty(6);
    story.carry();
    assert_eq!(story.state(0), State::Confirmed, "said once, however deep");
    let report = story.carry();
    assert_eq!(story.state(0), State::Confirmed, "and again at the same tip");
    assert!(report.steps[0].todo.as_ref().unwrap().starts_with("Do not pay again yet"), "{report:?}");
    story.shared.mine_empty(1);
    let report = story.carry();
    assert_eq!(story.state(0), State::Failed);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("Plan again only the rows"), "{report:?}");
    assert!(story.record(0).detail.unwrap().contains("found no message"));
    let story = Story::of("pair");
    spoil(&story, |_, sends| sends.clear());
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    story.shared.mine_empty(5);
    story.carry();
    assert!(story.record(REVEAL).detail.unwrap().contains("nothing left"), "valid: true and no sends");
    assert_eq!(story.state(REVEAL), State::Failed);
}

#[test]
fn nothing_is_done_before_the_ledger_has_judged() {
    let mut story = Story::of("send");
    let slow = Ledger::new("slow", &story.shared);
    slow.lag.set(1);
    story.ledgers = vec![Box::new(slow)];
    story.broadcast().unwrap();
    story.shared.mine();
    let report = story.carry();
    assert_eq!(story.state(0), State::Confirmed);
    assert!(report.notes.iter().any(|note| note.contains("its ledger is at block 287")), "{report:?}");
    let mut astray = Ledger::new("astray", &story.shared);
    astray.other_branch = true;
    story.ledgers = vec![Box::new(astray)];
    let report = story.carry();
    assert!(report.notes.iter().any(|note| note.contains("another block 288")), "{report:?}");
    story.ledgers.clear();
    let report = story.carry();
    assert!(report.notes.iter().any(|note| note.contains("no Counterparty server")), "{report:?}");
    assert_eq!(story.state(0), State::Confirmed);
    story.ledgers = vec![Box::new(Ledger::new("ledger", &story.shared))];
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn two_ledgers_that_disagree_end_nothing() {
    let mut story = Story::of("send");
    story.broadcast().unwrap();
    story.shared.mine();
    let liar = Ledger::new("liar", &story.shared);
    let says =
        Judgement::Parsed { height: 288, valid: false, kind: "enhanced_send".to_owned(), sends: vec![] };
    liar.says.borrow_mut().insert(story.txid(0), says);
    story.ledgers.push(Box::new(liar));
    let report = story.carry();
    assert_eq!(story.state(0), State::Confirmed);
    assert!(report.notes.iter().any(|note| note.contains("do not (yet) say the same")), "{report:?}");
}

#[test]
fn a_verdict_against_it_needs_every_ledger_and_every_node() {
    let mut story = Story::of("send");
    let txid = story.txid(0);
    story.shared.0.borrow_mut().ledger.remove(&txid);
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    story.shared.mine_empty(9);
    let mut asleep = Ledger::new("asleep", &story.shared);
    asleep.network = airlock::network::BitcoinNetwork::Mainnet;
    story.ledgers.push(Box::new(asleep));
    let report = story.carry();
    assert_eq!(story.state(0), State::Confirmed);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("asleep does not answer"), "{report:?}");
    story.ledgers.pop();
    let mut other = story.node("other");
    other.network = airlock::network::BitcoinNetwork::Mainnet;
    story.nodes.push(Box::new(other));
    let report = story.carry();
    assert_eq!(story.state(0), State::Confirmed);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("other does not answer"), "{report:?}");
    story.nodes.pop();
    story.carry();
    assert_eq!(story.state(0), State::Failed);
}

#[test]
fn a_failure_that_the_ledger_takes_back_is_reopened_loudly_with_a_second_receipt() {
    let story = Story::of("send");
    let txid = story.txid(0);
    let planned = story.shared.0.borrow_mut().ledger.remove(&txid).unwrap();
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    story.shared.mine_empty(5);
    story.carry();
    assert_eq!(story.state(0), State::Failed);
    let first = story.receipt().unwrap();
    assert!(story.carry().incidents.is_empty());
    story.shared.mine_empty(90);
    story.shared.0.borrow_mut().ledger.insert(txid, planned);
    let report = story.carry();
    assert!(report.incidents[0].contains("counts it after all"), "{report:?}");
    assert_eq!(story.state(0), State::Final);
    let second = story.receipt().unwrap();
    let digest = crate::store::receipts::digest(&airlock::json::canonical(&first));
    assert_eq!((&first["state"], &second["state"]), (&"failed".into(), &"final".into()));
    assert_eq!((&second["corrects"], &second["reopened"]), (&digest.into(), &1.into()));
}
