//! What spends a coin of ours and is not ours: what it is, and what it pays to whom.

use airlock::bundle::FinalTransaction;
use bitcoin::script::Builder;
use bitcoin::{Amount, Transaction};

use super::world::Story;
use crate::broadcast::{DISPLACED, NOT_DISPLACED, give_up};
use crate::source::bitcoin::Whereabouts;
use crate::store::State;

/// The first step with a legacy input: what others can rewrite.
fn legacy(name: &str) -> Story {
    let mut story = Story::of(name);
    for step in &mut story.job.steps {
        if let FinalTransaction::Bitcoin { transaction, .. } = &mut step.transaction {
            transaction.input.iter_mut().for_each(|input| input.witness.clear());
        }
    }
    story
}

fn first(story: &Story) -> Transaction {
    story.job.steps[0].bitcoin().unwrap().clone()
}

/// The same payment with another signature script.
fn copy(story: &Story) -> Transaction {
    let mut copy = first(story);
    copy.input[0].script_sig = Builder::new().push_int(1).into_script();
    assert_ne!(copy.compute_txid(), story.txid(0));
    copy
}

/// A node has it in a block, and not the payment.
fn mined(story: &Story, rival: &Transaction) {
    story.shared.0.borrow_mut().mempool.clear();
    story.shared.mine_empty(1);
    story.shared.confirm(rival);
}

#[test]
fn a_copy_under_another_txid_is_told_as_this_payment_and_is_not_given_up() {
    let story = legacy("bitcoin");
    story.broadcast().unwrap();
    let copy = copy(&story);
    mined(&story, &copy);
    for _ in 0..3 {
        let report = story.carry();
        assert_eq!(story.state(0), State::Submitted, "a person decides");
        let (step, txid) = (&report.steps[0], copy.compute_txid().to_string());
        let says = step.says.as_ref().unwrap();
        assert!(
            says.contains("this payment itself under another txid") && says.contains("in block 288"),
            "{says}"
        );
        let todo = step.todo.as_ref().unwrap();
        assert!(
            todo.contains("do not pay again") && todo.contains(&txid) && !todo.contains("--give-up"),
            "{todo}"
        );
        assert!(report.incidents[0].contains(&txid), "{report:?}");
        assert!(!step.is_displaced && step.refused.as_ref().unwrap().code() == &DISPLACED);
        story.shared.mine_empty(10);
    }
    let error = story.with(|courier| give_up(courier, 1, "not paid")).unwrap_err();
    assert!(error.code() == &NOT_DISPLACED && error.what().contains("do not pay again"), "{error}");
    assert_eq!(story.submitted(), [0]);
}

#[test]
fn a_copy_of_the_first_of_a_pair_leaves_the_second_without_what_it_spends() {
    let story = legacy("pair");
    story.broadcast().unwrap();
    mined(&story, &copy(&story));
    story.shared.mine_empty(5);
    let report = story.carry();
    let todo = report.steps[0].todo.as_ref().unwrap();
    assert!(todo.contains("Step 2 spends its outputs") && todo.contains("--give-up 1"), "{todo}");
    story.with(|courier| give_up(courier, 1, "the second is lost")).unwrap();
    assert_eq!(story.states(), [State::Failed, State::Superseded]);
}

#[test]
fn a_stranger_is_told_with_what_it_pays_to_whom() {
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let mut rival = first(&story);
    let thief = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080".parse::<bitcoin::Address<_>>().unwrap();
    rival.output.truncate(1);
    rival.output[0].value = Amount::from_sat(77_777);
    rival.output[0].script_pubkey = thief.assume_checked().script_pubkey();
    mined(&story, &rival);
    let report = story.carry();
    let says = report.steps[0].says.as_ref().unwrap();
    assert!(says.contains("it pays 77777 sat to bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"), "{says}");
    assert!(report.incidents[0].contains("None of the outputs of this step"), "{report:?}");
    for _ in 0..5 {
        let step = &story.carry().steps[0];
        let todo = step.todo.as_ref().unwrap();
        assert!(
            !step.is_displaced && todo.contains("6 blocks deep") && !todo.contains("--give-up"),
            "{todo}"
        );
        let error = story.with(|courier| give_up(courier, 1, "it is young")).unwrap_err();
        assert_eq!(error.code(), &NOT_DISPLACED);
        story.shared.mine_empty(1);
    }
    let step = &story.carry().steps[0];
    assert!(step.is_displaced && step.todo.as_ref().unwrap().contains("--give-up 1"), "{step:?}");
    assert_eq!(story.state(0), State::Submitted);
}

#[test]
fn a_rival_with_some_of_our_outputs_or_all_behind_other_coins_is_no_copy() {
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let count = first(&story).output.len();
    let mut dearer = first(&story);
    dearer.output.last_mut().unwrap().value -= Amount::ONE_SAT;
    mined(&story, &dearer);
    story.shared.mine_empty(5);
    let report = story.carry();
    let told = format!("{} of the {count} outputs of this step stand in it too", count - 1);
    assert!(report.incidents[0].contains(&told), "{report:?}");
    assert!(report.steps[0].says.as_ref().unwrap().contains("(as this step)"), "{report:?}");
    assert!(report.steps[0].is_displaced);
    // The same outputs, and one coin more: of a message the data would mean something else.
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let mut other = first(&story);
    let more = bitcoin::TxIn { previous_output: bitcoin::OutPoint::null(), ..other.input[0].clone() };
    other.input.insert(0, more);
    mined(&story, &other);
    story.shared.mine_empty(5);
    let report = story.carry();
    assert!(report.incidents[0].contains(&format!("{count} of the {count} outputs")), "{report:?}");
    assert!(report.steps[0].is_displaced);
}

#[test]
fn a_rival_that_waits_is_told_with_what_it_pays_or_as_this_payment() {
    let story = legacy("bitcoin");
    story.broadcast().unwrap();
    let put = |rival: Transaction| {
        let mut inner = story.shared.0.borrow_mut();
        inner.mempool = vec![rival.compute_txid()];
        inner.transactions.insert(rival.compute_txid(), rival);
        drop(inner);
        story.carry().steps[0].says.clone().unwrap()
    };
    let says = put(copy(&story));
    assert!(says.contains("this payment itself under another txid, spends coin"), "{says}");
    let mut other = copy(&story);
    other.output.truncate(1);
    let says = put(other);
    assert!(says.contains("which pays 30000 sat to") && says.contains("only one of the two"), "{says}");
}

#[test]
fn a_copy_in_a_block_that_no_server_shows_is_no_word_for_paid() {
    let mut story = legacy("bitcoin");
    story.broadcast().unwrap();
    mined(&story, &copy(&story));
    let mut node = story.node("odd");
    node.hides_blocks = true;
    story.nodes = vec![Box::new(node)];
    let report = story.carry();
    assert!(report.steps[0].says.as_ref().unwrap().contains("in a block that no server shows"), "{report:?}");
    assert!(
        report.steps[0].todo.as_ref().unwrap().starts_with("Do not pay again: ask another"),
        "{report:?}"
    );
}

#[test]
fn a_transaction_that_does_not_spend_the_coin_is_not_believed_to_be_the_rival() {
    let mut story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let mut rival = first(&story);
    rival.output.truncate(1);
    mined(&story, &rival);
    let mut other = first(&story);
    other.input[0].previous_output.vout += 7;
    let mut liar = story.node("liar");
    liar.names_as_spender = Some(other.clone());
    story.nodes = vec![Box::new(liar), Box::new(story.node("honest"))];
    let report = story.carry();
    let (other, rival) = (other.compute_txid().to_string(), rival.compute_txid().to_string());
    assert!(report.notes.iter().any(|note| note.starts_with("liar: not believed") && note.contains(&other)));
    assert!(report.incidents[0].contains(&rival) && !report.incidents[0].contains(&other), "{report:?}");
}

#[test]
fn a_rival_that_no_node_names_is_found_and_known_as_one_of_our_own() {
    let mut story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let (rival, _planned) = story.with_rival();
    mined(&story, &rival);
    let coin = first(&story).input[0].previous_output;
    let mut node = story.node("without index");
    node.says.insert(story.txid(0), Whereabouts::Displaced { coin, by: None, in_block: true });
    story.nodes = vec![Box::new(node)];
    let report = story.carry();
    assert!(report.incidents.is_empty(), "{report:?}");
    let says = report.steps[0].says.as_ref().unwrap();
    assert!(says.starts_with("bundle ") && says.contains(&rival.compute_txid().to_string()), "{says}");
}
