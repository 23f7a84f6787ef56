//! The program is killed at every single call, and taken up again: the end is the same, and nothing else went out.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::world::{Killed, Story};
use crate::store::State;

/// From `broadcast` to the receipt, with the world going on as it does.
fn run(story: &Story) -> Value {
    for round in 0..12 {
        if round == 0 || story.states().contains(&State::Signed) {
            story.broadcast().unwrap();
        }
        story.carry();
        story.shared.mine();
        story.shared.close_ledger();
        if let Some(receipt) = story.receipt() {
            return receipt;
        }
    }
    panic!("it never ended: {:?}", story.states())
}

/// Without what depends on when it happened.
fn timeless(receipt: &Value) -> Value {
    let mut value = receipt.clone();
    value["ended"] = 0.into();
    for step in value["steps"].as_array_mut().unwrap() {
        for name in ["ended", "block", "block_hash", "ledger", "says"] {
            step.as_object_mut().unwrap().remove(name);
        }
    }
    value
}

fn killed_everywhere(name: &str) {
    let whole = Story::of(name);
    let receipt = run(&whole);
    assert_eq!(receipt["state"], "final");
    let calls = whole.shared.0.borrow().calls;
    assert!(calls > 30, "{calls}");
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let all: BTreeSet<usize> = whole.submitted().into_iter().collect();
    // To verify the signatures anew for each death would take most of the time.
    let mut job = Some(whole.job);
    let deaths: Vec<(u64, Value, BTreeSet<usize>)> = (0..calls)
        .map(|fuel| {
            let story = Story::carrying(job.take().unwrap());
            story.shared.0.borrow_mut().fuel = Some(fuel);
            let died = catch_unwind(AssertUnwindSafe(|| run(&story)));
            let receipt = match died {
                Ok(receipt) => receipt,
                Err(why) if why.is::<Killed>() => run(&story),
                Err(why) => std::panic::resume_unwind(why),
            };
            let submitted = story.submitted().into_iter().collect();
            job = Some(story.job);
            (fuel, receipt, submitted)
        })
        .collect();
    std::panic::set_hook(hook);
    for (fuel, found, submitted) in deaths {
        assert_eq!(timeless(&found), timeless(&receipt), "killed at call {fuel}");
        // `submitted` panics on whatever is not of the plan; each step is its own only transaction.
        assert_eq!(submitted, all, "killed at call {fuel}");
    }
}

#[test]
fn killed_anywhere_a_bundle_of_everything_ends_the_same() {
    killed_everywhere("everything");
}

#[test]
fn killed_anywhere_a_pair_ends_the_same() {
    killed_everywhere("pair");
}

#[test]
fn killed_anywhere_payments_end_the_same() {
    killed_everywhere("payments");
}
