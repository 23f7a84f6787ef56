//! What can happen to Bitcoin transactions on their way.

use airlock::bundle::FinalTransaction;
use airlock::time::Moment;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, Txid};

use super::sources::FAKE;
use super::world::Story;
use crate::broadcast::{BAD_REASON, DISPLACED, NO_NODE, NO_RUNG, NOT_DISPLACED, give_up};
use crate::error::EXPIRED_ANSWER;
use crate::source::bitcoin::Whereabouts;
use crate::source::open::NOT_USABLE;
use crate::store::State;

#[test]
fn a_payment_is_seen_then_confirmed_then_final_and_inclusion_counts_as_one() {
    let mut story = Story::of("bitcoin");
    story.depth = 2;
    let report = story.broadcast().unwrap();
    assert_eq!(story.states(), [State::Seen]);
    assert_eq!(report.steps[0].depth, None);
    story.shared.mine();
    let report = story.carry();
    assert_eq!((story.state(0), report.steps[0].depth), (State::Confirmed, Some((1, 2))));
    assert!(story.receipt().is_none());
    story.shared.mine();
    let report = story.carry();
    assert_eq!((story.state(0), report.steps[0].depth), (State::Final, Some((2, 2))));
    assert_eq!(story.submitted(), [0], "once was enough");
    let receipt = story.receipt().unwrap();
    assert_eq!(receipt["state"], "final");
    assert_eq!(receipt["steps"][0]["txid"], story.txid(0).to_string());
    assert_eq!(receipt["steps"][0]["block"], 288);
    assert_eq!(receipt["steps"][0]["effects"][0]["sat"], "30000");
}

#[test]
fn an_expired_bundle_is_refused_and_one_under_way_goes_on() {
    let story = Story::of("bitcoin");
    story.shared.0.borrow_mut().now = story.job.expires();
    assert_eq!(story.broadcast().unwrap_err().code(), &EXPIRED_ANSWER);
    assert!(story.submitted().is_empty());
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    story.shared.0.borrow_mut().now = story.job.expires().plus(86_400);
    story.shared.0.borrow_mut().mempool.clear();
    story.broadcast().unwrap();
    assert_eq!(story.submitted(), [0, 0], "evicted, and handed over again");
    story.shared.mine();
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn an_evicted_transaction_is_handed_over_again() {
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    story.shared.0.borrow_mut().mempool.clear();
    let report = story.carry();
    assert!(report.notes.iter().any(|note| note.contains("evicted")), "{:?}", report.notes);
    assert_eq!((story.state(0), story.submitted()), (State::Seen, vec![0, 0]));
}

#[test]
fn a_reorganization_takes_a_confirmed_transaction_back() {
    let mut story = Story::of("bitcoin");
    story.depth = 3;
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    story.shared.reorganize(1, true);
    let report = story.carry();
    assert_eq!(story.state(0), State::Seen);
    assert!(report.notes.iter().any(|note| note.contains("reorganized")), "{:?}", report.notes);
    // Into another block, and gone with that.
    story.shared.mine();
    story.carry();
    assert_eq!((story.state(0), story.record(0).height), (State::Confirmed, Some(290)));
    story.shared.reorganize(1, false);
    story.carry();
    assert_eq!((story.state(0), story.submitted()), (State::Seen, vec![0, 0]));
    for _ in 0..3 {
        story.shared.mine();
        story.carry();
    }
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn a_block_that_is_exchanged_between_two_looks_is_noticed() {
    let mut story = Story::of("bitcoin");
    story.depth = 3;
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    let first = story.record(0);
    story.shared.reorganize(1, true);
    story.shared.mine();
    let report = story.carry();
    assert!(report.notes.iter().any(|note| note.contains("now it is in block 290")), "{:?}", report.notes);
    assert_ne!(first.block_hash, story.record(0).block_hash);
}

#[test]
fn a_reorganization_below_what_was_final_is_an_incident() {
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    assert_eq!(story.state(0), State::Final);
    assert!(story.carry().incidents.is_empty());
    story.shared.reorganize(1, false);
    let report = story.carry();
    assert_eq!(report.incidents.len(), 1, "{report:?}");
    assert_eq!((story.state(0), story.submitted()), (State::Seen, vec![0, 0]));
}

/// Somebody else spends the first coin of the first step, in a block.
fn displaced_by(story: &Story, rival: Txid) {
    let coin = story.job.steps[0].bitcoin().unwrap().input[0].previous_output;
    story.shared.0.borrow_mut().mempool.clear();
    story.shared.0.borrow_mut().rivals.push((coin, rival, true));
    story.shared.mine_empty(1);
}

#[test]
fn what_a_stranger_displaced_never_ends_by_itself_and_is_told_loudly() {
    let story = Story::of("pair");
    story.broadcast().unwrap();
    let coin = story.job.steps[0].bitcoin().unwrap().input[0].previous_output;
    let rival = Txid::from_byte_array([7; 32]);
    story.shared.0.borrow_mut().mempool.clear();
    story.shared.0.borrow_mut().rivals.push((coin, rival, false));
    let report = story.carry();
    assert_eq!(story.states(), [State::Submitted; 2]);
    assert!(report.steps[0].says.as_ref().unwrap().contains("only one of the two"), "{report:?}");
    story.shared.0.borrow_mut().rivals[0].2 = true;
    for _ in 0..5 {
        story.shared.mine_empty(50);
        let report = story.carry();
        assert_eq!(story.states(), [State::Submitted; 2]);
        assert!(report.incidents[0].contains(&rival.to_string()), "{report:?}");
        assert_eq!(report.steps[0].refused.as_ref().unwrap().code(), &DISPLACED);
        assert!(
            report.steps[0].is_displaced && report.steps[0].todo.as_ref().unwrap().contains("--give-up 1")
        );
    }
    assert!(story.receipt().is_none());
    let submitted = story.submitted().len();
    story.carry();
    assert_eq!(story.submitted().len(), submitted, "it is not handed over again");
}

#[test]
fn of_a_legacy_input_the_rival_may_be_this_payment_with_another_signature_script() {
    let mut story = Story::of("bitcoin");
    let FinalTransaction::Bitcoin { transaction, .. } = &mut story.job.steps[0].transaction else {
        unreachable!()
    };
    for input in &mut transaction.input {
        input.witness.clear();
    }
    story.broadcast().unwrap();
    displaced_by(&story, Txid::from_byte_array([7; 32]));
    let report = story.carry();
    assert!(report.incidents[0].contains("this very payment under another txid"), "{report:?}");
}

#[test]
fn a_person_gives_up_what_is_displaced_with_a_reason_and_nothing_else() {
    let story = Story::of("pair");
    story.broadcast().unwrap();
    let give_up = |step, because: &str| story.with(|courier| give_up(courier, step, because));
    assert_eq!(give_up(1, "I think so").unwrap_err().code(), &NOT_DISPLACED, "it waits for a block");
    displaced_by(&story, Txid::from_byte_array([7; 32]));
    assert_eq!(give_up(1, " ").unwrap_err().code(), &BAD_REASON);
    assert_eq!(give_up(1, "two\nlines").unwrap_err().code(), &BAD_REASON);
    assert_eq!(give_up(3, "no such step").unwrap_err().code(), &NOT_DISPLACED);
    assert_eq!(give_up(2, "not that one").unwrap_err().code(), &NOT_DISPLACED);
    assert_eq!(story.states(), [State::Submitted, State::Submitted]);
    give_up(1, "the key was stolen").unwrap();
    assert_eq!(story.states(), [State::Failed, State::Superseded], "and the reveal with its commit");
    assert!(story.record(0).detail.unwrap().starts_with("given up: the key was stolen (coin "));
    assert_eq!(story.receipt().unwrap()["state"], "failed");
}

#[test]
fn nothing_is_given_up_while_a_server_is_silent() {
    let mut story = Story::of("pair");
    story.broadcast().unwrap();
    displaced_by(&story, Txid::from_byte_array([7; 32]));
    let mut other = story.node("asleep");
    other.network = airlock::network::BitcoinNetwork::Mainnet;
    story.nodes.push(Box::new(other));
    let error = story.with(|courier| give_up(courier, 1, "I want to")).unwrap_err();
    assert!(error.code() == &NOT_DISPLACED && error.what().contains("asleep does not answer"), "{error}");
}

#[test]
fn what_a_transaction_of_ours_displaced_is_superseded_when_that_is_six_deep_as_all_servers_say() {
    let mut story = Story::of("pair");
    story.broadcast().unwrap();
    let (rival, planned) = story.with_rival();
    displaced_by(&story, rival.compute_txid());
    story.carry();
    assert_eq!(story.states(), [State::Submitted; 2]);
    let report = story.carry();
    assert!(report.incidents.is_empty(), "it is ours: {report:?}");
    assert!(report.steps[0].says.as_ref().unwrap().contains(", step 1 ("), "{report:?}");
    assert!(report.steps[0].todo.as_ref().unwrap().contains("is signed as far as this store"), "{report:?}");
    story.shared.confirm(&rival);
    planned.confirmed(story.shared.tip());
    story.shared.mine_empty(4);
    let report = story.carry();
    assert_eq!(story.states(), [State::Submitted; 2]);
    assert!(report.steps[0].says.as_ref().unwrap().contains("block 5 of 6"), "{report:?}");
    story.shared.mine_empty(1);
    let mut other = story.node("asleep");
    other.network = airlock::network::BitcoinNetwork::Mainnet;
    story.nodes.push(Box::new(other));
    let report = story.carry();
    assert!(report.steps[0].todo.as_ref().unwrap().contains("asleep does not answer"), "{report:?}");
    assert_eq!(story.states(), [State::Submitted; 2]);
    story.nodes.pop();
    story.carry();
    assert_eq!(story.states(), [State::Superseded; 2], "and the reveal with its commit");
    let receipt = story.receipt().unwrap();
    assert_eq!(receipt["state"], "superseded");
    assert!(receipt["steps"][0].get("fee_sat").is_none());
    assert!(receipt["steps"][0]["says"].as_str().unwrap().contains(&rival.compute_txid().to_string()));
    // It was wrong: the other one is gone with its block, and this one is in the chain.
    {
        let mut inner = story.shared.0.borrow_mut();
        inner.rivals.clear();
        inner.blocks.iter_mut().for_each(|block| block.txids.clear());
    }
    for step in [0, 1] {
        let txid = story.txid(step);
        story.shared.0.borrow_mut().mempool.push(txid);
    }
    story.shared.mine();
    let report = story.carry();
    assert_eq!((story.states(), report.incidents.len()), (vec![State::Final; 2], 2), "{report:?}");
    let later = story.receipt().unwrap();
    let digest = crate::store::receipts::digest(&airlock::json::canonical(&receipt));
    assert_eq!((&later["state"], &later["corrects"]), (&"final".into(), &digest.into()));
    assert_eq!(story.receipt().unwrap(), later, "written once");
}

#[test]
fn the_first_of_a_pair_stays_home_when_the_second_would_be_refused() {
    let story = Story::of("pair");
    let reveal = story.txid(1);
    story.shared.0.borrow_mut().refusals.insert(reveal, FAKE.error("min relay fee not met"));
    let error = story.broadcast().unwrap_err();
    assert!(error.what().contains("the second of a pair") && error.what().contains("step 2"), "{error}");
    assert_eq!((story.states(), story.submitted()), (vec![State::Signed; 2], vec![]));
}

#[test]
fn a_refused_child_is_told_loudly_and_handed_over_until_it_is_taken() {
    let mut story = Story::of("pair");
    story.options.without_dry_run = true;
    let reveal = story.txid(1);
    story.shared.0.borrow_mut().refusals.insert(reveal, FAKE.error("min relay fee not met"));
    let report = story.broadcast().unwrap();
    assert_eq!(story.states(), [State::Seen, State::Submitted]);
    let told = &report.steps[1];
    assert!(told.says.as_ref().unwrap().contains("min relay fee not met"), "{told:?}");
    assert!(told.todo.as_ref().unwrap().starts_with("The first of the pair, step 1, is out"), "{told:?}");
    story.shared.mine();
    story.carry();
    assert_eq!(story.states(), [State::Final, State::Submitted]);
    story.shared.0.borrow_mut().refusals.clear();
    story.carry();
    story.shared.mine();
    story.carry();
    assert_eq!(story.states(), [State::Final, State::Final]);
}

#[test]
fn one_node_that_takes_it_is_enough_and_disagreement_is_told() {
    let mut story = Story::of("bitcoin");
    let mut strict = story.node("strict");
    strict.refuses_all = true;
    strict.cannot_try = true;
    strict.forgets.insert(story.txid(0));
    story.nodes.insert(0, Box::new(strict));
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Seen);
    assert!(report.notes.iter().any(|note| note.starts_with("strict refuses what another")), "{report:?}");
    // The one that does not have it is given it with each look.
    story.carry();
    assert_eq!(story.submitted().len(), 4);
}

#[test]
fn a_refusal_by_all_keeps_the_transaction_and_says_what_to_do() {
    let mut story = Story::of("bitcoin");
    story.options.without_dry_run = true;
    let txid = story.txid(0);
    story.shared.0.borrow_mut().refusals.insert(txid, FAKE.error("mempool min fee not met"));
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Submitted);
    assert_eq!(report.steps[0].refused.as_ref().unwrap().code(), &FAKE);
    assert_eq!(report.steps[0].todo.as_deref(), Some("Ask another."));
}

#[test]
fn a_node_that_answers_with_another_txid_is_not_believed() {
    let mut story = Story::of("bitcoin");
    let mut odd = story.node("odd");
    odd.answers_wrong_txid = true;
    story.nodes = vec![Box::new(odd)];
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Submitted, "nobody has said that it was taken");
    assert!(report.notes.iter().any(|note| note.contains("another txid")), "{report:?}");
    story.carry();
    assert_eq!(story.state(0), State::Seen, "the next look finds it where it is");
}

#[test]
fn a_node_that_lies_makes_nothing_final() {
    let mut story = Story::of("bitcoin");
    story.broadcast().unwrap();
    let txid = story.txid(0);
    let block = |height| Whereabouts::InBlock { height, hash: BlockHash::all_zeros() };
    // In a block from before the plan, or from the far future.
    for height in [284, 100_000] {
        let mut liar = story.node("liar");
        liar.says.insert(txid, block(height));
        story.nodes = vec![Box::new(liar)];
        let report = story.broadcast().unwrap();
        assert!(report.notes.iter().any(|note| note.contains("not believed")), "{report:?}");
        assert!(story.state(0) < State::Confirmed);
    }
    // In a possible block, but another node does not say so.
    let mut liar = story.node("liar");
    liar.says.insert(txid, block(287));
    story.nodes = vec![Box::new(liar), Box::new(story.node("honest"))];
    story.carry();
    assert_eq!(story.state(0), State::Confirmed, "shown, and not final");
    // One says that it is displaced; the other knows better.
    let mut liar = story.node("liar");
    let coin = story.job.steps[0].bitcoin().unwrap().input[0].previous_output;
    liar.says.insert(txid, Whereabouts::Displaced { coin, by: None, in_block: true });
    story.nodes = vec![Box::new(liar), Box::new(story.node("honest"))];
    story.carry();
    assert_eq!(story.state(0), State::Seen);
}

#[test]
fn a_node_that_lags_delays_the_end_and_changes_nothing_else() {
    let mut story = Story::of("bitcoin");
    let slow = story.node("slow");
    slow.lag.set(1);
    story.nodes.push(Box::new(slow));
    story.broadcast().unwrap();
    story.shared.mine();
    story.carry();
    assert_eq!(story.state(0), State::Confirmed);
    story.shared.mine();
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn nothing_is_submitted_to_another_network_or_without_a_node() {
    let mut story = Story::of("bitcoin");
    let mut other = story.node("other");
    other.network = airlock::network::BitcoinNetwork::Mainnet;
    story.nodes = vec![Box::new(other)];
    let error = story.broadcast().unwrap_err();
    assert!(error.code() == &NO_NODE && error.what().contains(NOT_USABLE.id), "{error}");
    story.nodes.clear();
    assert_eq!(story.broadcast().unwrap_err().code(), &NO_NODE);
    assert!(story.submitted().is_empty());
}

#[test]
fn of_a_fee_ladder_the_cheapest_goes_first_and_the_next_only_when_asked_for() {
    let mut story = Story::of("ladder");
    story.broadcast().unwrap();
    story.carry();
    assert_eq!((story.states(), story.submitted()), (vec![State::Seen, State::Signed], vec![0]));
    assert!(story.carry().steps[1].is_held);
    story.options.rung = Some(3);
    assert_eq!(story.broadcast().unwrap_err().code(), &NO_RUNG);
    story.options.rung = Some(2);
    story.broadcast().unwrap();
    assert_eq!(story.submitted(), [0, 1]);
    // Without the option a new run stays with the rung that is out.
    story.options.rung = None;
    let report = story.carry();
    assert_eq!(story.states(), [State::Submitted, State::Seen]);
    assert!(report.steps[0].says.as_ref().unwrap().contains("step 2 of the same fee ladder"), "{report:?}");
    assert_eq!(story.submitted(), [0, 1], "the replaced one is not handed over again");
    story.shared.mine();
    story.carry();
    assert_eq!(story.states(), [State::Superseded, State::Final]);
    assert_eq!(story.receipt().unwrap()["state"], "final");
}

#[test]
fn the_clock_of_the_receipt_is_that_of_the_end() {
    let story = Story::of("bitcoin");
    story.broadcast().unwrap();
    story.shared.mine();
    let end = story.shared.0.borrow().now;
    story.carry();
    story.shared.0.borrow_mut().now = Moment::from_unix(end.to_unix() + 5_000);
    assert_eq!(story.receipt().unwrap()["ended"], end.to_unix());
    assert_eq!(story.receipt(), story.receipt(), "written once");
}

#[test]
fn following_ends_at_the_goal_or_where_waiting_does_not_help() {
    use std::cell::RefCell;

    use crate::broadcast::{Goal, follow};

    let story = Story::of("bitcoin");
    let seen = RefCell::new(Vec::new());
    let until = |goal| {
        story.with(|courier| {
            courier.begin().unwrap();
            let mut told = |report: &crate::broadcast::Report| {
                seen.borrow_mut().push(report.steps[0].state);
                Ok(())
            };
            let wait = |_| {
                story.shared.mine();
                Ok(())
            };
            follow(courier, goal, &mut told, &wait).unwrap()
        })
    };
    assert_eq!(until(Goal::Seen).steps[0].state, State::Seen);
    assert_eq!(until(Goal::Final).steps[0].state, State::Final);
    assert_eq!(seen.into_inner(), [State::Seen, State::Seen, State::Final]);
    let mut refused = Story::of("bitcoin");
    refused.options.without_dry_run = true;
    let txid = refused.txid(0);
    refused.shared.0.borrow_mut().refusals.insert(txid, FAKE.error("mempool min fee not met"));
    let report = refused.with(|courier| {
        courier.begin().unwrap();
        follow(courier, Goal::Final, &mut |_| Ok(()), &|_| panic!("nothing to wait for")).unwrap()
    });
    assert!(report.steps[0].refused.is_some());
    // Ctrl-C ends the wait, and the store says how far it is.
    let stopped = Story::of("bitcoin");
    let ended = stopped.with(|courier| {
        courier.begin().unwrap();
        follow(courier, Goal::Final, &mut |_| Ok(()), &|_| {
            Err(crate::stop::STOPPED.error("stopped by Ctrl-C"))
        })
    });
    assert_eq!(ended.unwrap_err().code(), &crate::stop::STOPPED);
    assert_eq!(stopped.state(0), State::Seen);
}

#[test]
fn a_dry_run_that_fails_submits_nothing_and_one_that_no_node_knows_is_left_out() {
    let mut story = Story::of("bitcoin");
    let mut odd = story.node("odd");
    odd.tries_another = true;
    story.nodes = vec![Box::new(odd)];
    assert_eq!(story.broadcast().unwrap_err().code(), &FAKE);
    assert!(story.submitted().is_empty());
    // Another node can tell.
    story.nodes.push(Box::new(story.node("good")));
    story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Seen);
    let mut story = Story::of("bitcoin");
    let mut plain = story.node("plain");
    plain.cannot_try = true;
    story.nodes = vec![Box::new(plain)];
    story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Seen);
}

#[test]
fn what_is_waited_on_is_told_with_code_meaning_and_how_it_goes_on() {
    use crate::broadcast::follow::obstacles;

    let mut story = Story::of("pair");
    story.options.without_dry_run = true;
    let reveal = story.txid(1);
    story.shared.0.borrow_mut().refusals.insert(reveal, FAKE.error("min relay fee not met"));
    story.broadcast().unwrap();
    let told = story.with(|courier| obstacles(courier, &courier.carry().unwrap()));
    assert_eq!(told.len(), 1, "the first is out: {told:?}");
    let short = airlock::bundle::Spoken::short(&story.job.id());
    for part in [
        &format!("E-TEST-001 {short}, step 2 of 2: min relay fee not met."),
        "A fake refuses.",
        "The first of the pair, step 1, is out",
        "Ask another.",
        "every 15 seconds. Ctrl-C ends the wait",
        &format!("`airlock-online broadcast {short}`"),
    ] {
        assert!(told[0].contains(part), "{part} in {told:?}");
    }
    // A block that nobody shows is waited on too.
    story.shared.0.borrow_mut().refusals.clear();
    story.carry();
    story.shared.mine();
    let mut node = story.node("odd");
    node.hides_blocks = true;
    story.nodes = vec![Box::new(node)];
    let told = story.with(|courier| obstacles(courier, &courier.carry().unwrap()));
    assert!(told.len() == 2 && told[0].contains("none of them shows"), "{told:?}");
    story.nodes = vec![Box::new(story.node("honest"))];
    assert!(story.with(|courier| obstacles(courier, &courier.carry().unwrap())).is_empty());
}
