//! Reliable submission to the letter (xrpl.md 12.2).

use std::collections::VecDeque;

use airlock::bundle::FinalTransaction;
use airlock::xrp::Transaction;

use super::world::Story;
use crate::broadcast::{FALSE_LEDGER, NO_NODE};
use crate::source::xrpl::Found;
use crate::store::State;

fn engine(story: &Story, step: usize, results: &[&'static str]) {
    let hash = story.hash(step);
    story.shared.0.borrow_mut().engine.insert(hash, results.iter().copied().collect::<VecDeque<_>>());
}

fn last_ledger(story: &Story) -> u32 {
    story.job.steps[0].xrp().unwrap().last_ledger_sequence().unwrap()
}

#[test]
fn payments_go_out_in_order_and_are_final_when_validated() {
    let story = Story::of("payments");
    story.broadcast().unwrap();
    assert_eq!((story.states(), story.submitted()), (vec![State::Seen; 3], vec![0, 1, 2]));
    let report = story.carry();
    let (ledger, by) = report.steps[0].last_ledger.unwrap();
    assert_eq!(ledger, last_ledger(&story));
    assert!(by > story.shared.0.borrow().now, "an expiry as clock time");
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.states(), [State::Final; 3]);
    assert_eq!(story.submitted(), [0, 1, 2], "each once");
    let receipt = story.receipt().unwrap();
    assert_eq!(receipt["steps"][0]["hash"], story.hash(0));
    assert_eq!(receipt["steps"][0]["effects"][0]["drops"], "80000000000");
    assert_eq!(receipt["steps"][0]["fee_drops"], "5000");
    assert_eq!(receipt["requests"][1]["reference"], "w-12");
}

#[test]
fn the_validated_ledger_is_written_down_before_the_first_submission() {
    // The fakes refuse whatever is not written down; here is what was.
    let story = Story::of("payments");
    story.broadcast().unwrap();
    assert_eq!(story.record(0).since_height, Some(story.shared.0.borrow().validated));
}

#[test]
fn a_fee_that_is_too_low_now_is_tried_again_with_the_same_blob() {
    let story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P", "telINSUF_FEE_P"]);
    let report = story.broadcast().unwrap();
    assert_eq!(story.states(), [State::Submitted, State::Signed, State::Signed]);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("broadcast again"), "{report:?}");
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.submitted(), [0, 0], "the others wait for their turn");
    story.carry();
    story.shared.close_ledger();
    story.carry();
    assert_eq!((story.states(), story.submitted()), (vec![State::Final; 3], vec![0, 0, 0, 1, 2]));
}

#[test]
fn what_is_queued_succeeds_later() {
    let story = Story::of("payments");
    engine(&story, 0, &["terQUEUED"]);
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Seen);
    assert!(report.steps[0].says.as_ref().unwrap().contains("provisional"), "{report:?}");
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.states(), [State::Final; 3]);
}

#[test]
fn what_a_person_submitted_by_hand_is_found_and_not_paid_twice() {
    let story = Story::of("payments");
    {
        // Long before this program was asked, and behind the plan.
        let mut inner = story.shared.0.borrow_mut();
        let planned = story.job.planned_ledger().unwrap().0;
        for step in 0..3u32 {
            let step = &story.job.steps[usize::try_from(step).unwrap()];
            inner.xrp.insert(step.transaction.id(), (planned + 5, "tesSUCCESS".to_owned()));
            let account = step.xrp().unwrap().account().to_string();
            *inner.sequences.get_mut(&account).unwrap() += 1;
        }
    }
    story.broadcast().unwrap();
    assert_eq!((story.states(), story.submitted()), (vec![State::Final; 3], vec![]));
}

#[test]
fn a_past_sequence_is_looked_up_and_turns_out_to_be_this_very_transaction() {
    let story = Story::of("payments");
    engine(&story, 0, &["tefPAST_SEQ"]);
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Submitted);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("Do not pay again"), "{report:?}");
    let (hash, validated) = (story.hash(0), story.shared.0.borrow().validated);
    story.shared.0.borrow_mut().xrp.insert(hash, (validated, "tesSUCCESS".to_owned()));
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn a_sequence_that_another_transaction_used_ends_it_and_what_follows_can_go() {
    let story = Story::of("payments");
    let account = story.job.steps[0].xrp().unwrap().account().to_string();
    *story.shared.0.borrow_mut().sequences.get_mut(&account).unwrap() += 1;
    let report = story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Superseded, "{report:?}");
    assert!(story.record(0).detail.unwrap().contains("another transaction used sequence"));
    // The next ones were planned to follow it: a person decides.
    let held: Vec<bool> = report.steps.iter().map(|step| step.is_held).collect();
    assert_eq!(held, [false, true, true]);
    assert!(story.submitted().is_empty());
}

#[test]
fn a_passed_last_ledger_is_final_only_with_every_ledger_searched() {
    let story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let last = last_ledger(&story);
    story.shared.pass_ledgers(last);
    story.carry();
    assert_eq!(story.state(0), State::Submitted, "the last ledger itself may hold it");
    // A gap in the middle: nobody can tell.
    let from = story.job.planned_ledger().unwrap().0;
    story.shared.0.borrow_mut().complete = vec![(from - 10, last - 500), (last - 400, last)];
    story.shared.pass_ledgers(last + 1);
    let report = story.carry();
    assert_eq!(story.state(0), State::Submitted);
    let told = &report.steps[0];
    assert!(told.says.as_ref().unwrap().contains("does not hold every ledger"), "{told:?}");
    assert!(told.todo.as_ref().unwrap().contains("do not pay this otherwise"), "{told:?}");
    // The ledgers before the first submission count too: somebody may have handed the blob over before.
    story.shared.0.borrow_mut().complete = vec![(from + 50, last + 1)];
    story.carry();
    assert_eq!(story.state(0), State::Submitted);
    story.shared.0.borrow_mut().complete = vec![(from, last + 1)];
    story.carry();
    assert!(told.says.as_ref().unwrap().contains("is not used"), "{told:?}");
    assert_eq!(story.states(), [State::Failed; 3], "and with it those that were never submitted");
    assert!(story.record(0).detail.unwrap().contains("Nothing was paid, no fee was burned"));
    assert_eq!(story.receipt().unwrap()["state"], "failed");
}

/// A server that remembers what it was given.
fn remembering(story: &mut Story) {
    let mut server = story.rippled("remembers");
    server.remembers = true;
    story.rippleds = vec![Box::new(server)];
}

#[test]
fn what_a_server_only_remembers_ends_when_the_accounts_history_does_not_hold_it() {
    let mut story = Story::of("payments");
    remembering(&mut story);
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    story.carry();
    let last = last_ledger(&story);
    story.shared.pass_ledgers(last);
    story.carry();
    assert_eq!(story.state(0), State::Submitted, "the last ledger itself may hold it");
    let from = story.job.planned_ledger().unwrap().0;
    story.shared.0.borrow_mut().complete = vec![(from + 1, last)];
    story.shared.pass_ledgers(last + 1);
    story.carry();
    assert_eq!(story.state(0), State::Submitted, "a ledger is missing");
    story.shared.0.borrow_mut().complete = vec![(from, last + 1)];
    story.carry();
    assert_eq!(story.state(0), State::Failed);
}

#[test]
fn what_a_server_only_remembers_is_superseded_when_another_used_its_sequence() {
    let mut story = Story::of("payments");
    remembering(&mut story);
    engine(&story, 0, &["terPRE_SEQ"; 9]);
    story.broadcast().unwrap();
    let account = story.job.steps[0].xrp().unwrap().account().to_string();
    *story.shared.0.borrow_mut().sequences.get_mut(&account).unwrap() += 1;
    story.carry();
    assert_eq!(story.state(0), State::Superseded);
}

#[test]
fn a_turn_that_another_transaction_used_is_not_called_free_when_the_last_ledger_has_passed() {
    let story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let account = story.job.steps[0].xrp().unwrap().account().to_string();
    *story.shared.0.borrow_mut().sequences.get_mut(&account).unwrap() += 1;
    story.shared.pass_ledgers(last_ledger(&story) + 1);
    story.carry();
    assert_eq!(story.state(0), State::Superseded);
    assert!(story.record(0).detail.unwrap().contains("another transaction used sequence"));
}

#[test]
fn what_a_server_remembers_and_its_history_holds_is_final() {
    let mut story = Story::of("payments");
    remembering(&mut story);
    engine(&story, 0, &["terPRE_SEQ"; 9]);
    story.broadcast().unwrap();
    let (hash, validated) = (story.hash(0), story.shared.0.borrow().validated);
    story.shared.0.borrow_mut().xrp.insert(hash, (validated, "tesSUCCESS".to_owned()));
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

#[test]
fn what_every_server_refused_is_handed_over_again_although_they_remember_it() {
    let mut story = Story::of("payments");
    remembering(&mut story);
    engine(&story, 0, &["telINSUF_FEE_P", "telCAN_NOT_QUEUE_FEE"]);
    story.broadcast().unwrap();
    story.carry();
    assert_eq!((story.state(0), story.submitted()), (State::Submitted, vec![0, 0]));
    story.carry();
    assert_eq!(story.state(0), State::Seen);
    assert_eq!(story.submitted()[..3], [0, 0, 0]);
}

#[test]
fn a_server_that_has_not_passed_the_last_ledger_delays_the_end() {
    let mut story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let mut slow = story.rippled("slow");
    slow.lag = 5;
    story.rippleds.push(Box::new(slow));
    let last = last_ledger(&story);
    story.shared.pass_ledgers(last + 3);
    story.carry();
    assert_eq!(story.state(0), State::Submitted);
    story.shared.pass_ledgers(last + 6);
    story.carry();
    assert_eq!(story.state(0), State::Failed);
}

#[test]
fn too_late_is_looked_up_too() {
    let story = Story::of("payments");
    engine(&story, 0, &["tefMAX_LEDGER"]);
    let report = story.broadcast().unwrap();
    assert!(
        report.steps[0].todo.as_ref().unwrap().contains("every ledger up to LastLedgerSequence"),
        "{report:?}"
    );
    assert_eq!(story.state(0), State::Submitted);
}

#[test]
fn a_dry_run_that_names_a_missing_tag_submits_nothing() {
    let story = Story::of("payments");
    let sequence = story.job.steps[0].xrp().unwrap().sequence();
    story.shared.0.borrow_mut().simulated.insert(sequence, "tecDST_TAG_NEEDED");
    let error = story.broadcast().unwrap_err();
    assert!(error.what().contains("trial run") && error.what().contains("tecDST_TAG_NEEDED"), "{error}");
    assert_eq!((story.states(), story.submitted()), (vec![State::Signed; 3], vec![]));
}

#[test]
fn a_failure_in_the_ledger_ends_that_payment_and_not_the_ones_behind_it() {
    let mut story = Story::of("payments");
    story.options.without_dry_run = true;
    let hash = story.hash(0);
    engine(&story, 0, &["tecDST_TAG_NEEDED"]);
    story.shared.0.borrow_mut().results.insert(hash, "tecDST_TAG_NEEDED");
    story.broadcast().unwrap();
    story.shared.close_ledger();
    story.carry();
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.states(), [State::Failed, State::Final, State::Final]);
    let said = story.record(0).detail.unwrap();
    assert!(said.starts_with("tecDST_TAG_NEEDED in validated ledger"), "{said}");
    assert!(said.contains("5000 drops is burned"), "{said}");
    let receipt = story.receipt().unwrap();
    assert_eq!((&receipt["state"], &receipt["steps"][0]["fee_drops"]), (&"failed".into(), &"5000".into()));
}

#[test]
fn a_provisional_failure_can_end_as_success() {
    let mut story = Story::of("payments");
    story.options.without_dry_run = true;
    engine(&story, 0, &["tecPATH_DRY"]);
    story.broadcast().unwrap();
    assert_eq!(story.state(0), State::Seen);
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.state(0), State::Final);
}

/// Makes the first step something that the others depend on.
fn with_settings_first(story: &mut Story) {
    let FinalTransaction::Xrpl { transaction, .. } = &story.job.steps[0].transaction else { unreachable!() };
    let mut json = transaction.without_signature().to_json();
    let members = json.as_object_mut().unwrap();
    for name in ["Amount", "Destination", "DestinationTag"] {
        members.remove(name);
    }
    members.insert("TransactionType".to_owned(), "AccountSet".into());
    let settings = Transaction::from_json_on(&json, 1).unwrap();
    story.job.steps[0].transaction =
        FinalTransaction::Xrpl { transaction: Box::new(settings), hash: [9; 32] };
}

#[test]
fn what_depends_on_a_failed_step_is_not_submitted() {
    let mut story = Story::of("payments");
    with_settings_first(&mut story);
    assert!(story.job.depends(1, 0) && !story.job.depends(2, 1));
    story.options.without_dry_run = true;
    let hash = story.hash(0);
    engine(&story, 0, &["tecNO_PERMISSION"]);
    story.shared.0.borrow_mut().results.insert(hash, "tecNO_PERMISSION");
    story.broadcast().unwrap();
    assert_eq!(story.submitted(), [0], "not behind a provisional failure");
    story.shared.close_ledger();
    let report = story.carry();
    assert_eq!(story.states(), [State::Failed, State::Signed, State::Signed]);
    assert!(report.is_settled() && report.steps[1].is_held, "{report:?}");
    assert_eq!(story.submitted(), [0]);
}

#[test]
fn a_ticket_works_in_place_of_a_sequence() {
    let story = Story::of("ticketed");
    story.broadcast().unwrap();
    story.shared.close_ledger();
    story.carry();
    assert_eq!(story.states(), [State::Final]);
    let story = Story::of("ticketed");
    story.shared.0.borrow_mut().tickets.clear();
    story.broadcast().unwrap();
    assert!(story.state(0) == State::Superseded && story.submitted().is_empty());
    assert!(story.record(0).detail.unwrap().contains("another transaction used ticket 8100005"));
}

#[test]
fn without_a_last_ledger_only_the_ticket_ends_it() {
    let mut story = Story::of("ticketed");
    let FinalTransaction::Xrpl { transaction, .. } = &story.job.steps[0].transaction else { unreachable!() };
    let mut json = transaction.without_signature().to_json();
    json.as_object_mut().unwrap().remove("LastLedgerSequence");
    let endless = Transaction::from_json_on(&json, 1).unwrap();
    story.job.steps[0].transaction = FinalTransaction::Xrpl { transaction: Box::new(endless), hash: [9; 32] };
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let now = story.shared.0.borrow().validated;
    story.shared.pass_ledgers(now + 20_000);
    story.carry();
    assert_eq!(story.state(0), State::Submitted, "years later it may still come");
    story.shared.0.borrow_mut().tickets.clear();
    story.carry();
    assert_eq!(story.state(0), State::Superseded);
}

#[test]
fn a_server_that_lies_ends_nothing() {
    let mut story = Story::of("payments");
    let (hash, last) = (story.hash(0), last_ledger(&story));
    let validated = |ledger_index, result: &str| Found::Validated {
        ledger_index,
        result: result.to_owned(),
        delivered: None,
        close_time: None,
    };
    for ledger in [story.job.planned_ledger().unwrap().0 - 1, last + 1] {
        let mut liar = story.rippled("liar");
        liar.says.insert(hash.clone(), validated(ledger, "tesSUCCESS"));
        story.rippleds = vec![Box::new(liar)];
        let report = story.broadcast().unwrap();
        assert!(report.notes.iter().any(|note| note.contains("not believed")), "{report:?}");
        assert!(story.state(0) < State::Confirmed);
    }
    // Two servers with two results: neither is taken.
    story.rippleds.clear();
    let now = story.shared.0.borrow().validated;
    for (name, result) in [("one", "tesSUCCESS"), ("two", "tecPATH_DRY")] {
        let mut server = story.rippled(name);
        server.says.insert(hash.clone(), validated(now - 3, result));
        story.rippleds.push(Box::new(server));
    }
    let report = story.carry();
    assert!(report.notes.iter().any(|note| note.contains("disagree")), "{report:?}");
    assert!(story.state(0) < State::Confirmed);
    // One claims that nothing came; the other has it, or says so.
    story.shared.0.borrow_mut().complete = vec![(1, last + 50)];
    story.shared.pass_ledgers(last + 50);
    let mut other = story.rippled("other");
    other.says.insert(hash, validated(last - 10, "tesSUCCESS"));
    story.rippleds = vec![Box::new(story.rippled("one")), Box::new(other)];
    let report = story.carry();
    assert!(story.state(0) < State::Confirmed);
    let alarm = &report.incidents[0];
    assert!(alarm.contains("other has it in validated ledger") && alarm.contains(", one with"), "{report:?}");
}

#[test]
fn a_validated_ledger_above_the_servers_own_is_not_believed() {
    let mut story = Story::of("payments");
    let mut liar = story.rippled("liar");
    let ledger_index = story.shared.0.borrow().validated + 1;
    let (result, delivered, close_time) = ("tesSUCCESS".to_owned(), None, None);
    liar.says.insert(story.hash(0), Found::Validated { ledger_index, result, delivered, close_time });
    story.rippleds = vec![Box::new(liar)];
    let report = story.broadcast().unwrap();
    assert!(report.notes.iter().any(|note| note.contains("not believed")), "{report:?}");
    assert!(story.state(0) < State::Confirmed);
}

#[test]
fn a_proof_of_absence_beside_a_server_with_a_gap_is_none() {
    let mut story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let last = last_ledger(&story);
    story.shared.pass_ledgers(last + 1);
    let mut young = story.rippled("young");
    young.complete = Some(vec![(last - 5, last + 1)]);
    story.rippleds.push(Box::new(young));
    let report = story.carry();
    assert_eq!(story.state(0), State::Submitted);
    assert!(report.steps[0].todo.as_ref().unwrap().contains("--replaces"), "{report:?}");
    story.rippleds.pop();
    story.carry();
    assert_eq!(story.state(0), State::Failed);
}

#[test]
fn an_end_that_makes_people_pay_again_waits_for_every_configured_server() {
    // Never came; its turn is used; failed in a ledger.
    for (end, expected) in [(0, State::Failed), (1, State::Superseded), (2, State::Failed)] {
        let mut story = Story::of("payments");
        story.options.without_dry_run = true;
        let account = story.job.steps[0].xrp().unwrap().account().to_string();
        engine(&story, 0, &[if end == 2 { "tecNO_PERMISSION" } else { "telINSUF_FEE_P" }]);
        let hash = story.hash(0);
        story.shared.0.borrow_mut().results.insert(hash, "tecNO_PERMISSION");
        story.broadcast().unwrap();
        match end {
            0 => story.shared.pass_ledgers(last_ledger(&story) + 1),
            1 => *story.shared.0.borrow_mut().sequences.get_mut(&account).unwrap() += 1,
            _ => story.shared.close_ledger(),
        }
        let mut other = story.rippled("asleep");
        other.network_id = 0;
        story.rippleds.push(Box::new(other));
        let report = story.carry();
        assert!(story.record(0).state.is_in_flight(), "{report:?}");
        let todo = report.steps[0].todo.as_ref().unwrap();
        assert!(todo.contains("needs all servers: asleep does not answer"), "{todo}");
        assert!(story.receipt().is_none());
        story.rippleds.pop();
        story.carry();
        assert_eq!(story.state(0), expected);
    }
}

#[test]
fn what_never_came_and_came_after_all_is_reopened_loudly() {
    let story = Story::of("payments");
    engine(&story, 0, &["telINSUF_FEE_P"; 9]);
    story.broadcast().unwrap();
    let last = last_ledger(&story);
    story.shared.pass_ledgers(last + 1);
    story.carry();
    assert_eq!(story.state(0), State::Failed);
    let first = story.receipt().unwrap();
    let hash = story.hash(0);
    let account = story.job.steps[0].xrp().unwrap().account().to_string();
    story.shared.0.borrow_mut().xrp.insert(hash, (last, "tesSUCCESS".to_owned()));
    *story.shared.0.borrow_mut().sequences.get_mut(&account).unwrap() += 1;
    let report = story.carry();
    assert!(report.incidents[0].contains("after all"), "{report:?}");
    assert_eq!(story.state(0), State::Confirmed);
    assert!(story.receipt().is_none());
    story.carry();
    assert_eq!(story.state(0), State::Final);
    assert!(story.receipt().unwrap()["corrects"].is_string() && first.get("corrects").is_none());
}

#[test]
fn a_plan_with_a_false_ledger_index_is_refused_before_anything_goes_out() {
    let mut story = Story::of("payments");
    story.options.without_dry_run = true;
    let mut behind = story.rippled("other");
    behind.lag = 100_000;
    story.rippleds.push(Box::new(behind));
    let error = story.broadcast().unwrap_err();
    assert!(error.code() == &FALSE_LEDGER && error.what().contains("of other"), "{error}");
    assert_eq!((story.states(), story.submitted()), (vec![State::Signed; 3], vec![]));
}

#[test]
fn another_network_is_never_asked_nor_given_anything() {
    let mut story = Story::of("payments");
    let mut other = story.rippled("other");
    other.network_id = 0;
    story.rippleds = vec![Box::new(other)];
    assert_eq!(story.broadcast().unwrap_err().code(), &NO_NODE);
    assert!(story.submitted().is_empty());
}

#[test]
fn a_server_whose_last_ledger_is_old_is_no_witness_and_is_given_nothing() {
    use crate::source::open::{NOT_USABLE, OLDEST_LEDGER};

    let mut story = Story::of("payments");
    let mut cut_off = story.rippled("cut off");
    cut_off.age = OLDEST_LEDGER + 1;
    story.rippleds = vec![Box::new(cut_off)];
    let error = story.broadcast().unwrap_err();
    assert!(error.code() == &NO_NODE && error.what().contains(NOT_USABLE.id), "{error}");
    assert!(error.what().contains("121 seconds old") && story.submitted().is_empty(), "{error}");
    story.rippleds.push(Box::new(story.rippled("in touch")));
    let report = story.broadcast().unwrap();
    assert!(report.notes.iter().any(|note| note.starts_with("cut off: ")), "{report:?}");
    assert_eq!(story.submitted().len(), story.job.steps.len(), "one server took them");
}

#[test]
fn a_machine_that_lags_behind_another_of_the_same_address_does_not_make_a_payment_superseded() {
    let mut story = Story::of("payments");
    story.broadcast().unwrap();
    assert_eq!(story.states(), [State::Seen; 3]);
    // The ledger with the payments: the machine that tells of accounts has it, the one that tells all else has not.
    story.shared.close_ledger();
    let mut cluster = story.rippled("cluster");
    (cluster.is_cluster, cluster.lag) = (true, 1);
    story.rippleds = vec![Box::new(cluster)];
    let report = story.carry();
    assert_eq!(story.states(), [State::Seen; 3], "{report:?}");
    let mut cluster = story.rippled("cluster");
    cluster.is_cluster = true;
    story.rippleds = vec![Box::new(cluster)];
    story.carry();
    assert_eq!(story.states(), [State::Final; 3]);
}
