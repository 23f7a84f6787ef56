#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use std::collections::BTreeSet;

use super::*;
use crate::deposits::error::NO_MEMO;
use crate::deposits::fakes::{CUSTOMERS, Case, FLOAT, MEMOS, XRP};

const USUAL: Terms = Terms { gap_limit: 20, beyond_gap: false, at_least: 0, tip: None };

fn customer(text: &str) -> Customer {
    text.parse().unwrap()
}

fn give(case: &Case, account: &str, whose: &str, terms: Terms) -> Result<HandedOut<CustomerAddress>> {
    address(&case.store, case.account(account), &customer(whose), terms, case.now.get())
}

#[test]
fn each_customer_has_an_address_and_keeps_it() {
    let case = Case::new("");
    let first = give(&case, CUSTOMERS, "alice", USUAL).unwrap();
    let second = give(&case, CUSTOMERS, "bob", USUAL).unwrap();
    let bitcoin = case.account(CUSTOMERS).bitcoin().unwrap();
    for (index, given) in (0..).zip([&first, &second]) {
        assert!(given.new);
        assert_eq!(given.what.index, index);
        assert_eq!(given.what.address, bitcoin.address(0, index).unwrap().to_string());
    }
    let again = give(&case, CUSTOMERS, "alice", USUAL).unwrap();
    assert_eq!(again, HandedOut { new: false, what: first.what.clone() });
    // The same customer has another address of another account.
    assert_ne!(give(&case, FLOAT, "alice", USUAL).unwrap().what.address, first.what.address);
    let from_ten = give(&case, CUSTOMERS, "carol", Terms { at_least: 10, ..USUAL }).unwrap();
    assert_eq!(from_ten.what.index, 10);
    assert_eq!(give(&case, CUSTOMERS, "dave", USUAL).unwrap().what.index, 11, "nothing is handed out again");
}

#[test]
fn the_gap_of_unused_addresses_has_a_limit() {
    let case = Case::new("");
    let terms = Terms { gap_limit: 3, ..USUAL };
    let mut last = String::new();
    for whose in ["a", "b", "c"] {
        last = give(&case, FLOAT, whose, terms).unwrap().what.address;
    }
    let refused = give(&case, FLOAT, "d", terms).unwrap_err();
    assert_eq!(refused.code(), &BEYOND_GAP);
    assert!(refused.what().contains("last 3 addresses"), "{refused}");
    assert!(!give(&case, FLOAT, "a", terms).unwrap().new, "who has one is told of it");
    assert_eq!(give(&case, FLOAT, "d", Terms { beyond_gap: true, ..terms }).unwrap().what.index, 3);
    assert_eq!(give(&case, FLOAT, "e", terms).unwrap_err().code(), &BEYOND_GAP);
    // The third one is used: one stands behind it.
    case.world.grow(1);
    case.pay(&last, 50_000, 1);
    case.quiet_look();
    assert_eq!(give(&case, FLOAT, "e", terms).unwrap().what.index, 4);
    assert_eq!(give(&case, FLOAT, "f", terms).unwrap().what.index, 5);
    assert_eq!(give(&case, FLOAT, "g", terms).unwrap_err().code(), &BEYOND_GAP);
}

#[test]
fn an_account_takes_deposits_in_one_way() {
    let case = Case::new("");
    let settings = Deposits::default();
    let wish = Wish { asset: "XCP", amount: None, valid_for: None, settings: &settings };
    let bill = |account: &str, wish: &Wish<'_>| {
        invoice(&case.store, case.account(account), &customer("alice"), wish, case.now.get())
    };
    give(&case, CUSTOMERS, "alice", USUAL).unwrap();
    assert_eq!(bill(CUSTOMERS, &wish).unwrap_err().code(), &OTHER_USE);
    let (_, address) = bill(MEMOS, &wish).unwrap();
    assert_eq!(address, case.account(MEMOS).bitcoin().unwrap().address(0, 0).unwrap().to_string());
    let mut memos = case.account(MEMOS).clone();
    memos.role = Role::Deposit;
    let refused = super::address(&case.store, &memos, &customer("bob"), USUAL, case.now.get()).unwrap_err();
    assert_eq!(refused.code(), &OTHER_USE);
    assert_eq!(give(&case, "legacy", "bob", USUAL).unwrap_err().code(), &WRONG_ACCOUNT);
    assert_eq!(give(&case, XRP, "bob", USUAL).unwrap_err().code(), &WRONG_ACCOUNT);
    assert_eq!(bill(XRP, &wish).unwrap_err().code(), &WRONG_ACCOUNT);
    assert_eq!(bill(FLOAT, &wish).unwrap_err().code(), &WRONG_ACCOUNT);
    for (asset, code) in [("BTC", &NO_MEMO), ("XRP", &NO_MEMO), ("PEPECASH", &NOT_LISTED)] {
        assert_eq!(bill(MEMOS, &Wish { asset, ..wish }).unwrap_err().code(), code, "{asset}");
    }
}

#[test]
fn invoices_and_tags_are_never_the_same() {
    let case = Case::new("");
    let mut memos = BTreeSet::new();
    let mut tags = BTreeSet::new();
    for number in 0..100 {
        let whose = format!("c{number}");
        let (memo, _) = case.invoice(&whose, None);
        assert!(memo::is_well_formed(&memo));
        assert!(memos.insert(memo));
        let tag = case.tag(&whose);
        assert!(TAGS.contains(&tag) && tags.insert(tag), "{tag}");
        assert_eq!(case.tag(&whose), tag, "a customer keeps the tag");
    }
    let (given, address, x_address) =
        tag(&case.store, case.account(XRP), &customer("c7"), case.now.get()).unwrap();
    assert_eq!((x_address.tag, x_address.test), (Some(given.what.tag), true));
    assert_eq!(x_address.account.to_string(), address);
    assert_eq!(
        tag(&case.store, case.account(FLOAT), &customer("c7"), case.now.get()).unwrap_err().code(),
        &WRONG_ACCOUNT
    );
}

#[test]
fn many_at_once_get_different_addresses() {
    let case = Case::new("");
    let path = case.folder.path().join("store.sqlite");
    let (account, now) = (case.account(CUSTOMERS), case.now.get());
    let all: BTreeSet<String> = std::thread::scope(|scope| {
        let begin = |part: u32| {
            let path = path.clone();
            scope.spawn(move || {
                let store = Store::open_at(&path).unwrap();
                let terms = Terms { gap_limit: 1_000, ..USUAL };
                let give = |number| {
                    let whose = customer(&format!("c{part}-{number}"));
                    address(&store, account, &whose, terms, now).unwrap().what.address
                };
                (0..10).map(give).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..4).map(begin).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(all.len(), 40);
    assert_eq!(case.store.last_index(&account.name).unwrap(), Some(39));
}
