use std::sync::Barrier;
use std::thread;

use rusqlite::{Transaction, TransactionBehavior};

use super::*;
use crate::repeat::{self, Leave, REPEATED};
use crate::store::error::BUSY;
use crate::store::{Advanced, Allocated, CustomerAddress, Filter, State, Transition};

const WORKERS: usize = 6;

/// What every worker gives, each with a connection of its own, all let go at once.
fn together<T: Send>(place: &Place, work: impl Fn(usize, &Store) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(WORKERS);
    let run = |worker| {
        let store = Store::open_at(&place.path());
        barrier.wait();
        work(worker, &store.unwrap())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || run(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn a_new_file_is_made_by_several_at_once() {
    for _ in 0..20 {
        let place = Place::new();
        let barrier = Barrier::new(WORKERS);
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    barrier.wait();
                    place.store().check().unwrap();
                });
            }
        });
    }
}

#[test]
fn of_several_that_make_the_same_change_one_makes_it() {
    let place = Place::new();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    let planned = together(&place, |_, store| store.plan(&one, "kind", "", at(1)).unwrap());
    assert_eq!(planned.iter().filter(|new| **new).count(), 1);
    let (file, finals) = signed(&one, 0);
    let taken = together(&place, |_, store| store.record_signed(&one, &file, &finals, at(2)).unwrap());
    assert_eq!(taken.iter().filter(|new| **new).count(), 1);
    let submit = Transition::new(State::Signed, State::Submitted);
    let ended = together(&place, |_, store| store.advance(one.id(), 0, &submit, at(3)).unwrap());
    assert_eq!(ended.iter().filter(|ended| **ended == Advanced::Done).count(), 1);
    let elsewhere = Advanced::Elsewhere { step: 0, state: State::Submitted };
    assert_eq!(ended.iter().filter(|ended| **ended == elsewhere).count(), WORKERS - 1);
    assert_eq!(place.store().history(one.id()).unwrap().len(), 3);
}

#[test]
fn of_several_plans_of_the_same_payment_one_is_taken() {
    // Each with a coin of its own, so that all could be paid.
    for _ in 0..5 {
        let place = Place::new();
        let leave = Leave { again: false, replaced: &[] };
        let ended = together(&place, |worker, store| {
            let own = bundle(vec![bitcoin_step(&[coin(u8::try_from(worker).unwrap())])]);
            store.plan_if(&own, "kind", "", at(1), |asked| repeat::check(&own, asked, leave, at(1)).map(drop))
        });
        assert_eq!(ended.iter().filter(|ended| matches!(ended, Ok(true))).count(), 1, "{ended:?}");
        let refused = ended.iter().filter(|ended| matches!(ended, Err(error) if error.code() == &REPEATED));
        assert_eq!(refused.count(), WORKERS - 1, "{ended:?}");
        assert_eq!(place.store().bundles(Filter::All).unwrap().len(), 1);
    }
}

#[test]
fn of_several_signed_files_with_other_transactions_one_is_taken() {
    let place = Place::new();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    place.store().plan(&one, "kind", "", at(1)).unwrap();
    let ended = together(&place, |worker, store| {
        let (file, finals) = signed(&one, u8::try_from(worker).unwrap());
        store.record_signed(&one, &file, &finals, at(2)).ok().map(|_| finals[0].raw())
    });
    let [raw] = &ended.into_iter().flatten().collect::<Vec<_>>()[..] else { panic!("one is taken") };
    assert_eq!(place.store().known_bundle(&one.id().to_string()).unwrap().steps[0].raw.as_ref(), Some(raw));
}

#[test]
fn several_that_hand_out_addresses_never_hand_out_one_twice() {
    let place = Place::new();
    let account = || "deposits".parse().unwrap();
    let each = 25;
    let given = together(&place, |worker, store| {
        let mut given = Vec::new();
        for number in 0..each {
            let customer = format!("{worker} {number}");
            loop {
                let index = store.last_index(&account()).unwrap().map_or(0, |last| last + 1);
                let (account, customer, address) = (account(), customer.clone(), format!("address {index}"));
                let wanted =
                    CustomerAddress { account, customer, index, address, at: at(1), counts_from: None };
                match store.allocate_address(&wanted).unwrap() {
                    Allocated::New(new) => break given.push(new.index),
                    Allocated::Known(known) => panic!("{known:?}"),
                    Allocated::Taken => {}
                }
            }
        }
        given
    });
    let mut given: Vec<u32> = given.into_iter().flatten().collect();
    given.sort_unstable();
    assert_eq!(given, (0..u32::try_from(WORKERS * each).unwrap()).collect::<Vec<_>>());
}

#[test]
fn whoever_waits_too_long_is_told_and_has_changed_nothing() {
    let place = Place::new();
    let (store, other) = (place.store(), place.store());
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    let held = Transaction::new_unchecked(&other.connection, TransactionBehavior::Immediate).unwrap();
    store.connection.busy_timeout(core::time::Duration::from_millis(30)).unwrap();
    assert_eq!(store.plan(&one, "kind", "", at(1)).unwrap_err().code(), &BUSY);
    assert_eq!(store.bundle(&one.id().to_string()).unwrap(), None, "reading does not wait");
    drop(held);
    assert!(store.plan(&one, "kind", "", at(1)).unwrap());
}
