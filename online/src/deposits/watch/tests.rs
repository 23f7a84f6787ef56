#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use std::collections::BTreeMap;

use CreditState::{Credited, Pending, Quarantine, Reversed, Suspense};
use airlock::amount::Quantity;
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::{Message, Mpma, MpmaSend, Other, Sweep};
use airlock::network::BitcoinNetwork;

use super::*;
use crate::deposits::error::{OUT_OF_STEP, STRANGE_ANSWER};
use crate::deposits::fakes::{CUSTOMERS, Case, FLOAT, paid, spending};
use crate::source::proof::OTHER_ANSWER;
use crate::store::{CreditChange, CreditFilter, CreditState};

fn whose(customer: &str) -> Option<String> {
    Some(customer.to_owned())
}

fn block(case: &Case) {
    case.world.grow(1);
}

#[test]
fn bitcoin_is_credited_at_depth_two_and_once() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    case.quiet_look();
    block(&case);
    case.pay(&address, 50_000, 1);
    case.quiet_look();
    assert_eq!(case.books(), [(Pending, whose("alice"), Some(50_000))]);
    case.quiet_look();
    assert_eq!(case.books(), [(Pending, whose("alice"), Some(50_000))], "a second look at the same block");
    block(&case);
    case.quiet_look();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))], "depth 2: the guides' N = 1");
    for _ in 0..3 {
        case.quiet_look();
        block(&case);
    }
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
    // From the beginning, as after `--from 0`, it is found again and not taken again.
    case.store.set_cursor("bitcoin regtest", &store::Cursor { height: 0, hash: "x".into() }).unwrap();
    case.quiet_look();
    assert_eq!(case.books().len(), 1);
}

#[test]
fn what_came_before_the_address_was_handed_out_is_nobodys() {
    for told in [true, false] {
        let case = Case::new("[deposits]\nassets = [\"XCP\", \"BTC\"]\n");
        // Somebody else's address, so that there is something to look at.
        case.address(CUSTOMERS, "bob");
        block(&case);
        case.quiet_look();
        let next = case.account(CUSTOMERS).bitcoin().unwrap().address(0, 1).unwrap().to_string();
        case.pay(&next, 50_000, 1);
        case.send(&next, "XCP", 7, None, 2);
        if told {
            // A block that nobody has looked through; the server at the hand-out names it.
            block(&case);
            case.pay(&next, 51_000, 3);
        }
        let tip = told.then(|| case.world.tip());
        let address = case.address_at(CUSTOMERS, "alice", tip);
        assert_eq!(address, next);
        block(&case);
        case.pay(&address, 52_000, 4);
        case.send(&address, "XCP", 8, None, 5);
        block(&case);
        case.look_from(0);
        let books: BTreeMap<u64, _> =
            case.books().into_iter().map(|(s, c, amount)| (amount.unwrap(), (s, c))).collect();
        let before = [7, 50_000].into_iter().chain(told.then_some(51_000));
        assert!(before.clone().all(|amount| books[&amount] == (Suspense, None)), "{books:?}");
        assert!([8, 52_000].iter().all(|amount| books[amount] == (Credited, whose("alice"))), "{books:?}");
        assert_eq!(books.len(), before.count() + 2);
        let from = case.store.allocations(&case.account(CUSTOMERS).name).unwrap()[1].counts_from.unwrap();
        assert!(case.why(0).contains(&format!("from block {from} on is the customer's")), "{}", case.why(0));
    }
}

#[test]
fn depth_follows_the_configuration_by_asset_and_amount() {
    let depths =
        "[[depth]]\nasset = \"*\"\ndeposit = 1\n[[depth]]\nasset = \"XCP\"\nabove = \"10\"\ndeposit = 3\n";
    let case = Case::new(depths);
    let address = case.address(CUSTOMERS, "alice");
    let other = case.address(CUSTOMERS, "bob");
    block(&case);
    case.send(&address, "XCP", 1_000_000_000, None, 1);
    case.quiet_look();
    case.send(&other, "XCP", 1_000_000_001, None, 2);
    let states = || case.books().into_iter().map(|(state, ..)| state).collect::<Vec<_>>();
    case.quiet_look();
    assert_eq!(states(), [Credited, Pending]);
    block(&case);
    case.quiet_look();
    assert_eq!(states(), [Credited, Pending]);
    block(&case);
    case.quiet_look();
    assert_eq!(states(), [Credited, Credited]);
}

#[test]
fn many_small_deposits_wait_as_long_as_their_sum_would() {
    let case = Case::new("[[depth]]\nasset = \"BTC\"\nabove = \"0.001\"\ndeposit = 4\n");
    let (alice, bob) = (case.address(FLOAT, "alice"), case.address(FLOAT, "bob"));
    block(&case);
    case.pay(&bob, 60_000, 1);
    case.pay(&alice, 60_000, 2);
    block(&case);
    case.pay(&alice, 60_000, 3);
    case.quiet_look();
    let whose_is_credited = || {
        let credited = case.books().into_iter().filter(|(state, ..)| *state == Credited);
        credited.map(|(_, customer, _)| customer.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(whose_is_credited(), ["bob"]);
    case.world.grow(2);
    case.quiet_look();
    assert_eq!(whose_is_credited(), ["bob", "alice"]);
    case.world.grow(1);
    case.quiet_look();
    assert_eq!(whose_is_credited(), ["bob", "alice", "alice"]);
}

#[test]
fn newly_minted_bitcoin_waits_until_it_can_be_spent() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    block(&case);
    let script = address.parse::<::bitcoin::Address<_>>().unwrap().assume_checked().script_pubkey();
    let mut minted = spending(1, vec![paid(script, 50_000)]);
    minted.input[0].previous_output = ::bitcoin::OutPoint::null();
    case.mine(minted);
    case.world.grow(98);
    case.quiet_look();
    assert_eq!(case.books(), [(Pending, whose("alice"), Some(50_000))], "depth 99");
    block(&case);
    case.quiet_look();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
}

/// What a look says of a send that is bent in one way.
fn bent(bend: impl Fn(&Case, &str)) -> Vec<String> {
    let case = Case::new("[deposits]\nassets = [\"XCP\", \"BTC\", \"PEPECASH\"]\n");
    let address = case.address(CUSTOMERS, "alice");
    block(&case);
    case.send(&address, "XCP", 7, None, 1);
    bend(&case, &address);
    case.world.grow(3);
    let alarms: Vec<String> = case.look().alarms().cloned().collect();
    assert!(alarms.is_empty() == (case.books().len() == 1), "{alarms:?}");
    alarms
}

#[test]
fn a_row_that_the_transaction_in_the_block_does_not_bear_out_is_an_alarm_and_no_credit() {
    assert_eq!(bent(|_, _| ()), Vec::<String>::new());
    let edit = |change: &dyn Fn(&mut crate::source::counterparty::Credit)| {
        bent(|case, _| change(&mut case.world.credits.borrow_mut()[0].1))
    };
    let elsewhere: ::bitcoin::Txid = "07".repeat(32).parse().unwrap();
    for (alarms, why) in [
        (edit(&|row| row.asset = "BTC".to_owned()), "no ledger credits bitcoin"),
        (edit(&|row| row.txid = elsewhere), "block does not hold the transaction"),
        (edit(&|row| row.height -= 1), "block does not hold the transaction"),
        (edit(&|row| row.quantity = Quantity::new(70).unwrap()), "says otherwise"),
        (edit(&|row| row.asset = "PEPECASH".to_owned()), "says otherwise"),
        (edit(&|row| row.kind = "sweep".to_owned()), "says otherwise"),
        (edit(&|row| row.kind = "dividend".to_owned()), "says otherwise"),
        (
            edit(&|row| {
                row.memo = Some(crate::source::counterparty::CreditMemo {
                    written: "ab".to_owned(),
                    bytes: Some(vec![0xab]),
                });
            }),
            "says otherwise",
        ),
        (bent(|case, _| case.world.transactions.borrow_mut()[0].1.output.clear()), "block does not hold"),
    ] {
        assert!(alarms.len() == 1 && alarms[0].contains(why), "{why}: {alarms:?}");
    }
}

#[test]
fn a_row_to_somebody_else_is_not_ours() {
    let case = Case::new("");
    let (alice, bob) = (case.address(CUSTOMERS, "alice"), case.address(CUSTOMERS, "bob"));
    block(&case);
    case.send(&alice, "XCP", 7, None, 1);
    case.world.credits.borrow_mut()[0].0 = bob;
    case.world.grow(3);
    assert_eq!(case.look().alarms().count(), 1);
    assert_eq!(case.books(), []);
}

#[test]
fn what_another_server_does_not_see_stays_pending() {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    let other = Case::new("");
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    block(&case);
    other.world.grow(2);
    let together = |case: &Case, other: &Case| {
        let mut sources = case.sources();
        sources.bitcoin.extend(case.sources().bitcoin);
        sources.counterparty.extend(other.sources().counterparty);
        sources
    };
    let outcome = case.try_look_at(&together(&case, &other)).unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let expected = [(Credited, whose("alice"), Some(50_000)), (Pending, whose("bob"), Some(7))];
    assert_eq!(case.books(), expected);
    assert!(case.why(1).contains("does not tell the same"), "{}", case.why(1));
    other.world.credits.replace(case.world.credits.borrow().clone());
    case.try_look_at(&together(&case, &other)).unwrap();
    assert_eq!(case.books()[1].0, Credited);
    // Another node has another block.
    case.pay(&bitcoin, 60_000, 3);
    block(&case);
    other.world.reorg(other.world.tip());
    let mut sources = case.sources();
    sources.bitcoin.extend(other.sources().bitcoin);
    case.store.set_cursor("bitcoin regtest", &store::Cursor { height: 0, hash: "x".into() }).unwrap();
    case.try_look_at(&sources).unwrap();
    assert_eq!(case.books()[2], (Pending, whose("alice"), Some(60_000)));
    case.quiet_look();
    assert_eq!(case.books()[2].0, Credited);
}

#[test]
fn a_block_that_does_not_follow_the_last_one_is_refused() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    case.quiet_look();
    block(&case);
    case.pay(&address, 50_000, 1);
    case.world.unchained.set(true);
    let failures = case.try_look().unwrap().failures;
    assert_eq!(failures[0].1.code(), &STRANGE_ANSWER, "{failures:?}");
    assert_eq!(case.books(), []);
}

#[test]
fn every_way_assets_arrive_is_credited_once() {
    let case = Case::new("[deposits]\nassets = [\"XCP\", \"PEPECASH\"]\n");
    let address = case.address(CUSTOMERS, "alice");
    block(&case);
    // Two rows of one MPMA to one address share the txid; a sweep brings several assets.
    let rows = [("XCP", 1), ("PEPECASH", 2)];
    let sends = rows.map(|(asset, units)| MpmaSend {
        asset: AssetId::from_name(asset).unwrap(),
        destination: address.clone(),
        quantity: Quantity::new(units).unwrap(),
        memo: None,
    });
    let txid = case.mine(case.carrying(&Message::Mpma(Mpma { sends: sends.to_vec(), memo: None }), 1));
    for (position, (asset, units)) in (0..).zip(rows) {
        case.told(&address, asset, units, None, txid, position);
        case.world.credits.borrow_mut().last_mut().unwrap().1.kind = "mpma".to_owned();
    }
    let other = |type_id| Message::Other(Other { type_id: Some(type_id), body: vec![0; 16] });
    let sweep = Sweep { destination: address.clone(), flags: 1, memo: None };
    for (number, (kind, message)) in (2..).zip([
        ("sweep", Some(Message::Sweep(sweep))),
        ("dividend", Some(other(50))),
        ("dispense", Some(other(13))),
        ("move", None),
        ("attach", Some(other(101))),
        ("detach", Some(other(102))),
    ]) {
        let plain = || spending(number, Vec::new());
        let txid = case.mine(message.map_or_else(plain, |message| case.carrying(&message, number)));
        case.told(&address, "XCP", u64::from(number) * 10, None, txid, 0);
        case.world.credits.borrow_mut().last_mut().unwrap().1.kind = kind.to_owned();
    }
    case.send(&address, "XCP", 5, None, 99);
    case.world.credits.borrow_mut().last_mut().unwrap().1.kind = "cancel order".to_owned();
    case.quiet_look();
    block(&case);
    case.quiet_look();
    case.quiet_look();
    let books = case.books();
    assert_eq!(books.len(), 9);
    assert!(books[..8].iter().all(|(state, customer, _)| (*state, customer) == (Credited, &whose("alice"))));
    assert_eq!(books[..8].iter().map(|(.., units)| units.unwrap()).sum::<u64>(), 3 + 270);
    assert!(case.why(4).contains("on the ledger's word"), "a dispense: {}", case.why(4));
    assert_eq!(books[8].0, Suspense);
    assert!(case.why(8).contains("cancel order"), "{}", case.why(8));
}

#[test]
fn what_is_not_dealt_in_is_kept_apart() {
    let case = Case::new("");
    let (assets, bitcoin) = (case.address(CUSTOMERS, "alice"), case.address(FLOAT, "bob"));
    block(&case);
    case.send(&assets, "PEPECASH", 7, None, 1);
    case.send(&assets, "NOBODYKNOWS", 7, None, 2);
    case.pay(&assets, 50_000, 3);
    case.pay(&bitcoin, 60_000, 4);
    // Our own other address pays: priming is no deposit.
    case.send(&assets, "XCP", 9, None, 5);
    case.world.credits.borrow_mut().last_mut().unwrap().1.source = Some(bitcoin);
    block(&case);
    case.quiet_look();
    let states: Vec<_> = case.books().into_iter().map(|(state, customer, _)| (state, customer)).collect();
    let kept = (Quarantine, whose("alice"));
    assert_eq!(states, [kept.clone(), (Credited, whose("bob")), kept.clone(), kept, (Quarantine, None)]);
}

#[test]
fn memos_are_exact_bytes() {
    let case = Case::new("[deposits]\nassets = [\"XCP\", \"PEPECASH\"]\n");
    let (memo, address) = case.invoice("alice", None);
    let (other, _) = case.invoice("bob", Some(3_600));
    let digits: String = memo.iter().map(|byte| format!("{byte:02x}")).collect();
    block(&case);
    case.send(&address, "XCP", 1, Some(&memo), 1);
    case.send(&address, "XCP", 2, None, 2);
    case.send(&address, "XCP", 3, Some(b"hello"), 3);
    case.send(&address, "XCP", 4, Some(digits.to_uppercase().as_bytes()), 4);
    case.send(&address, "PEPECASH", 5, Some(&other), 5);
    let mut slip = memo.clone();
    slip[0] ^= 1;
    case.send(&address, "XCP", 6, Some(&slip), 6);
    case.send(&address, "XCP", 7, Some(&memo[..9]), 7);
    block(&case);
    case.quiet_look();
    // The second payment of one invoice comes later, and so does one when it is too late.
    block(&case);
    case.send(&address, "XCP", 8, Some(&memo), 8);
    case.now.set(case.now.get().plus(3_601));
    case.send(&address, "XCP", 9, Some(&other), 9);
    block(&case);
    case.quiet_look();
    let books = case.books();
    assert_eq!(books[0], (Credited, whose("alice"), Some(1)));
    assert!(
        books[1..].iter().all(|(state, customer, _)| (*state, customer) == (Suspense, &None)),
        "{books:?}"
    );
    let reasons = [
        "",
        "without a memo",
        "no invoice",
        "typed as text",
        "is for XCP, and PEPECASH came",
        "no invoice",
        "no invoice",
        "paid already",
        "late",
    ];
    for (place, reason) in reasons.into_iter().enumerate() {
        assert!(case.why(place).contains(reason), "{place}: {}", case.why(place));
    }
}

#[test]
fn digits_as_text_are_credited_where_that_is_allowed() {
    let case = Case::new("[deposits]\naccept_text_memos = true\n");
    let (memo, address) = case.invoice("alice", None);
    let digits: String = memo.iter().map(|byte| format!("{byte:02x}")).collect();
    block(&case);
    case.send(&address, "XCP", 4, Some(digits.as_bytes()), 1);
    case.send(&address, "XCP", 5, Some(&memo), 2);
    block(&case);
    case.quiet_look();
    let expected = [(Credited, whose("alice"), Some(4)), (Suspense, None, Some(5))];
    assert_eq!(case.books(), expected, "the invoice is paid once, whatever the form");
}

#[test]
fn of_two_payments_of_an_invoice_the_second_counts_when_the_first_left_the_chain() {
    let case = Case::new("");
    let (memo, address) = case.invoice("alice", None);
    block(&case);
    case.send(&address, "XCP", 1, Some(&memo), 1);
    block(&case);
    case.send(&address, "XCP", 2, Some(&memo), 2);
    case.look();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(1)), (Pending, None, Some(2))]);
    let tip = case.world.tip();
    case.world.reorg(tip - 1);
    case.send(&address, "XCP", 2, Some(&memo), 2);
    block(&case);
    assert_eq!(case.look().alarms().count(), 1);
    assert_eq!(case.books(), [(Reversed, whose("alice"), Some(1)), (Credited, whose("alice"), Some(2))]);
}

#[test]
fn a_pending_deposit_vanishes_with_its_block_and_comes_back() {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    block(&case);
    let pay = |case: &Case| {
        case.pay(&bitcoin, 50_000, 1);
        case.send(&assets, "XCP", 7, None, 2);
    };
    pay(&case);
    case.quiet_look();
    let states = || case.books().into_iter().map(|(state, ..)| state).collect::<Vec<_>>();
    assert_eq!(states(), [Pending, Pending]);
    case.world.reorg(case.world.tip());
    case.quiet_look();
    assert_eq!(states(), [Reversed, Reversed]);
    block(&case);
    pay(&case);
    case.quiet_look();
    assert_eq!(states(), [Pending, Pending]);
    block(&case);
    case.quiet_look();
    assert_eq!(states(), [Credited, Credited]);
    let credits = case.store.credits(&CreditFilter::default()).unwrap();
    assert!(credits.iter().all(|credit| credit.what.height == case.world.tip() - 1), "{credits:?}");
}

#[test]
fn a_credited_deposit_that_leaves_the_chain_is_an_alarm_and_stays_marked() {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    block(&case);
    case.quiet_look();
    case.world.reorg(case.world.tip() - 1);
    let outcome = case.look();
    let alarms: Vec<&String> = outcome.alarms().collect();
    assert_eq!(alarms.len(), 2, "{alarms:?}");
    assert!(alarms.iter().all(|alarm| alarm.contains("was credited")), "{alarms:?}");
    for credit in case.store.credits(&CreditFilter::default()).unwrap() {
        assert_eq!(credit.what.state, Reversed);
        assert!(credit.credited.is_some() && credit.what.customer.is_some());
    }
    case.quiet_look();
}

#[test]
fn what_only_moves_to_another_block_stays_credited() {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    block(&case);
    case.quiet_look();
    case.world.reorg(case.world.tip() - 1);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    let outcome = case.look();
    assert_eq!(outcome.alarms().count(), 0);
    assert_eq!(outcome.reports.iter().map(|report| report.notes.len()).sum::<usize>(), 2);
    let credits = case.store.credits(&CreditFilter::default()).unwrap();
    assert!(credits.iter().all(|c| c.what.state == Credited && c.what.height == case.world.tip()));
}

#[test]
fn a_reorganization_below_the_window_is_noticed() {
    let case = Case::new("[deposits]\nreorg_window = 1\n");
    let bitcoin = case.address(FLOAT, "alice");
    let assets = case.address(CUSTOMERS, "bob");
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    case.world.grow(5);
    case.quiet_look();
    case.world.reorg(case.world.tip() - 5);
    assert_eq!(case.look().alarms().count(), 2);
}

#[test]
fn a_server_that_forgets_changes_nothing_and_is_told_of() {
    let case = Case::new("");
    let address = case.address(CUSTOMERS, "bob");
    block(&case);
    case.send(&address, "XCP", 7, None, 1);
    block(&case);
    case.send(&address, "XCP", 8, None, 2);
    case.quiet_look();
    case.world.credits.borrow_mut().clear();
    block(&case);
    assert_eq!(case.look().alarms().count(), 2);
    let expected = [(Credited, whose("bob"), Some(7)), (Pending, whose("bob"), Some(8))];
    assert_eq!(case.books(), expected, "what is not told of is not credited");
}

#[test]
fn another_amount_under_a_known_key_is_not_credited() {
    let case = Case::new("");
    let address = case.address(CUSTOMERS, "bob");
    block(&case);
    let txid = case.mine(spending(1, Vec::new()));
    let dispense = |units| {
        case.world.credits.borrow_mut().clear();
        case.told(&address, "XCP", units, None, txid, 0);
        let told = &mut case.world.credits.borrow_mut()[0].1;
        (told.kind, told.height) = ("dispense".to_owned(), 101);
    };
    dispense(7);
    case.quiet_look();
    dispense(700);
    block(&case);
    assert_eq!(case.look().alarms().count(), 1);
    assert_eq!(case.books(), [(Suspense, whose("bob"), Some(7))]);
}

#[test]
fn a_server_that_is_behind_reverses_nothing() {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    block(&case);
    case.quiet_look();
    // Another server of the same chain lacks the last two blocks.
    let tip = case.world.tip();
    case.world.blocks.borrow_mut().truncate(tip as usize - 1);
    let cursors = || ["bitcoin regtest", "counterparty regtest"].map(|key| case.store.cursor(key).unwrap());
    let before = cursors();
    case.quiet_look();
    assert!(case.books().iter().all(|(state, ..)| *state == Credited));
    assert_eq!(cursors(), before, "it does not look at the same blocks again either");
}

#[test]
fn assets_wait_until_the_ledger_stands_at_the_block_of_the_node() {
    let case = Case::new("");
    let address = case.address(CUSTOMERS, "bob");
    block(&case);
    case.send(&address, "XCP", 7, None, 1);
    case.world.behind.set(2);
    case.quiet_look();
    assert_eq!(case.books().len(), 1);
    block(&case);
    case.world.behind.set(100);
    let failures = case.try_look().unwrap().failures;
    assert_eq!(failures[0].1.code(), &OUT_OF_STEP, "{failures:?}");
    assert_eq!(case.books(), [(Pending, whose("bob"), Some(7))]);
    case.world.behind.set(0);
    case.world.forked.set(true);
    let failures = case.try_look().unwrap().failures;
    assert_eq!(failures[0].1.code(), &OUT_OF_STEP, "{failures:?}");
    case.world.forked.set(false);
    case.quiet_look();
    assert_eq!(case.books(), [(Credited, whose("bob"), Some(7))]);
}

#[test]
fn answers_outside_the_question_are_refused() {
    let case = Case::new("");
    let address = case.address(CUSTOMERS, "bob");
    case.quiet_look();
    block(&case);
    case.send(&address, "XCP", 7, None, 1);
    case.send(&address, "XCP", 7, None, 1);
    let failures = case.try_look().unwrap().failures;
    assert!(failures[0].1.code() == &OTHER_ANSWER && failures[0].1.what().contains("twice"), "{failures:?}");
    assert!(case.books().is_empty());
}

/// A credit of the story: key, state, customer, amount, height.
type Line = (String, CreditState, Option<String>, Option<u64>, u32);

/// The story that the next test interrupts: deposits of all kinds, a reorganization, more blocks.
fn story(look: &mut dyn FnMut(&Case)) -> Vec<Line> {
    let case = Case::new("");
    let (bitcoin, assets) = (case.address(FLOAT, "alice"), case.address(CUSTOMERS, "bob"));
    let (memo, memos) = case.invoice("carol", None);
    let tag = case.tag("dave");
    look(&case);
    block(&case);
    case.pay(&bitcoin, 50_000, 1);
    case.send(&assets, "XCP", 7, None, 2);
    case.send(&memos, "XCP", 8, Some(&memo), 3);
    let entry = case.pay_xrp(Some(tag), 25, 4);
    case.happened(entry);
    look(&case);
    case.world.reorg(case.world.tip());
    case.pay(&bitcoin, 50_000, 1);
    look(&case);
    case.send(&memos, "XCP", 8, Some(&memo), 3);
    case.send(&memos, "XCP", 9, Some(&memo), 5);
    let entry = case.pay_xrp(None, 26, 6);
    case.happened(entry);
    case.world.grow(3);
    look(&case);
    let all = case.store.credits(&CreditFilter::default()).unwrap();
    let key = |key: &str| key.replace(&case.xrp_address(), "rX");
    let mut all: Vec<_> = all
        .into_iter()
        .map(|c| {
            (
                key(&c.key.replace(&c.what.txid, "")),
                c.what.state,
                c.what.customer,
                c.what.amount,
                c.what.height,
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_look_that_ends_anywhere_is_made_up_for_by_the_next() {
    let whole = story(&mut |case| case.quiet_look());
    assert_eq!(whole.len(), 6, "{whole:?}");
    let mut all = 0;
    for fails_at in 0.. {
        let mut stops = 0;
        let broken = story(&mut |case| {
            case.world.fails_at.set(Some(case.world.questions.get() + fails_at));
            let ended = case.try_look().unwrap();
            stops += ended.failures.len();
            case.world.fails_at.set(None);
            case.quiet_look();
        });
        assert_eq!(broken, whole, "the line died at question {fails_at}");
        all += stops;
        if stops == 0 {
            break;
        }
    }
    assert!(all > 50, "{all}");
}

/// A look at a deposit that needs one confirmation, whose block leaves the chain at a question; false where that was not
/// asked any more.
fn reorganized_at(question: u32, bitcoin: bool) -> bool {
    let case = Case::new("[[depth]]\nasset = \"*\"\ndeposit = 1\n");
    let mut sources = case.sources();
    let address = case.address(if bitcoin { FLOAT } else { CUSTOMERS }, "alice");
    block(&case);
    match bitcoin {
        true => {
            sources.counterparty.clear();
            case.pay(&address, 50_000, 1);
        }
        false => case.send(&address, "XCP", 7, None, 2),
    }
    case.world.reorg_at.set(Some(question));
    let outcome = case.try_look_at(&sources).unwrap();
    if case.world.reorg_at.get().is_some() {
        return false;
    }
    assert_eq!(outcome.alarms().count(), 0, "{question}");
    assert!(case.books().is_empty(), "{question}: {:?}", case.books());
    case.world.grow(3);
    case.quiet_look();
    assert!(case.books().is_empty(), "{question}: {:?}", case.books());
    true
}

#[test]
fn a_reorganization_in_the_middle_of_a_look_is_seen() {
    // How it stands, the payments, and whether the tip is still there: then it is written.
    assert!((0..3).all(|question| reorganized_at(question, true)));
    let questions = (0..).take_while(|question| reorganized_at(*question, false)).count();
    assert!(questions > 8, "{questions}");
}

#[test]
fn two_processes_take_each_deposit_once() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    let other = Store::open_at(&case.folder.path().join("store.sqlite")).unwrap();
    block(&case);
    case.pay(&address, 50_000, 1);
    block(&case);
    let terms = Terms {
        settings: &case.config.deposits,
        depths: &case.config.depths,
        from: None,
        from_ledger: None,
        now: case.now.get(),
        began: std::time::Instant::now(),
        looks: 1,
        pause: core::time::Duration::ZERO,
    };
    for store in [&case.store, &other, &case.store] {
        look(
            store,
            &case.sources(),
            &case.accounts,
            &terms,
            &crate::progress::Silent,
            &mut Outcome::default(),
        )
        .unwrap();
    }
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
}

#[test]
fn an_assigned_credit_stays_assigned() {
    let case = Case::new("");
    let (_, address) = case.invoice("alice", None);
    block(&case);
    case.send(&address, "XCP", 7, None, 1);
    block(&case);
    case.quiet_look();
    let credit = case.store.credits(&CreditFilter::default()).unwrap().remove(0);
    let change = CreditChange {
        key: credit.key,
        from: Suspense,
        to: Credited,
        customer: whose("alice"),
        block: None,
        detail: whose("assigned: ticket 991"),
    };
    assert!(case.store.set_credit_state(&change, case.now.get()).unwrap());
    block(&case);
    case.quiet_look();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(7))]);
    assert_eq!(case.why(0), "assigned: ticket 991");
}

#[test]
fn nothing_handed_out_is_nothing_to_watch() {
    let case = Case::new("");
    assert_eq!(case.try_look().unwrap_err().code(), &NOTHING_TO_WATCH);
    case.address(FLOAT, "alice");
    let elsewhere = Sources { network: BitcoinNetwork::Signet, ..case.sources() };
    let terms = Terms {
        settings: &case.config.deposits,
        depths: &case.config.depths,
        from: None,
        from_ledger: None,
        now: case.now.get(),
        began: std::time::Instant::now(),
        looks: 1,
        pause: core::time::Duration::ZERO,
    };
    let error = case.try_look_by(&terms, &elsewhere).unwrap_err();
    assert_eq!(error.code(), &NOTHING_TO_WATCH);
}

#[test]
fn a_cursor_far_above_the_tip_is_an_alarm_until_a_person_begins_below() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    case.quiet_look();
    let key = "bitcoin regtest";
    case.store.set_cursor(key, &store::Cursor { height: 5_000, hash: "x".into() }).unwrap();
    block(&case);
    case.pay(&address, 50_000, 1);
    block(&case);
    let alarms: Vec<String> = case.look().alarms().cloned().collect();
    assert!(alarms.len() == 1 && alarms[0].contains("up to 5000"), "{alarms:?}");
    case.look();
    assert_eq!(case.store.open_alarms().unwrap().len(), 1, "one alarm, however often it is found");
    assert_eq!(case.books(), []);
    let mut terms = terms(&case);
    terms.from = Some(5_000);
    let look = |terms: &Terms<'_>| {
        let mut outcome = Outcome::default();
        look(&case.store, &case.sources(), &case.accounts, terms, &crate::progress::Silent, &mut outcome)
            .unwrap();
        outcome
    };
    assert_eq!(look(&terms).failures[0].1.code(), &crate::deposits::error::ABOVE_TIP);
    terms.from = Some(0);
    assert!(look(&terms).failures.is_empty());
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
    assert_eq!(case.store.cursor(key).unwrap().unwrap().height, case.world.tip());
    let number = case.store.open_alarms().unwrap()[0].number;
    assert!(case.store.acknowledge(number, case.now.get()).unwrap());
    assert!(!case.store.acknowledge(number, case.now.get()).unwrap());
    assert_eq!(case.store.open_alarms().unwrap(), []);
}

#[test]
fn beginning_later_skips_nothing() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    case.quiet_look();
    block(&case);
    case.pay(&address, 50_000, 1);
    case.world.grow(5);
    let mut terms = terms(&case);
    terms.from = Some(case.world.tip());
    case.try_look_by(&terms, &case.sources()).unwrap();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
}

#[test]
fn what_came_while_a_server_stood_below_the_cursor_is_found_afterwards() {
    let case = Case::new("[deposits]\nreorg_window = 1\n");
    let address = case.address(FLOAT, "alice");
    case.quiet_look();
    // The cursor lies, by more than ten windows, above what there really is.
    case.store.set_cursor("bitcoin regtest", &store::Cursor { height: 200, hash: "x".into() }).unwrap();
    case.look();
    block(&case);
    case.pay(&address, 50_000, 1);
    case.world.grow(120);
    case.quiet_look();
    assert_eq!(case.books(), [(Credited, whose("alice"), Some(50_000))]);
}

#[test]
fn alarms_of_a_look_stand_in_the_store_with_what_it_wrote() {
    let case = Case::new("");
    let address = case.address(FLOAT, "alice");
    block(&case);
    case.pay(&address, 50_000, 1);
    block(&case);
    case.quiet_look();
    case.world.reorg(case.world.tip() - 1);
    // The ledger fails behind it; what the first chain said is told all the same.
    case.world.forked.set(true);
    let outcome = case.try_look().unwrap();
    assert_eq!((outcome.alarms().count(), outcome.failures.len()), (1, 1));
    let open = case.store.open_alarms().unwrap();
    assert!(open.len() == 1 && open[0].what.contains("was credited"), "{open:?}");
}

/// A look at bitcoin as if the little chain were mainnet, with a tip of this age.
fn on_mainnet(case: &Case, age: u64) -> Result<Vec<Report>> {
    case.world.age.set(age);
    let sources = case.sources();
    let source = sources.bitcoin[0].as_ref();
    let view = View::of(source, &source.status().unwrap());
    let ours = ours::on_bitcoin(&case.store, &case.accounts, BitcoinNetwork::Regtest).unwrap();
    let (terms, network) = (terms(case), BitcoinNetwork::Mainnet);
    let progress = &crate::progress::Silent;
    let round = Round {
        store: &case.store,
        view: &view,
        others: Vec::new(),
        ours: &ours,
        network,
        terms: &terms,
        progress,
    };
    let mut reports = Vec::new();
    bitcoin::look(&round, &mut reports).map(|()| reports)
}

#[test]
fn a_tip_of_mainnet_that_is_older_than_six_hours_is_no_basis() {
    let case = Case::new("");
    case.address(FLOAT, "alice");
    let reports = on_mainnet(&case, 6 * 3_600 + 60).unwrap();
    assert!(reports.len() == 1 && reports[0].notes[0].contains("may lack newer ones"), "{reports:?}");
    assert_eq!(
        case.store.cursor("bitcoin mainnet").unwrap(),
        None,
        "the next look begins where this one should have"
    );
    let reports = on_mainnet(&case, 6 * 3_600 - 60).unwrap();
    assert_eq!(reports[0].notes, Vec::<String>::new());
    assert_eq!(case.store.cursor("bitcoin mainnet").unwrap().unwrap().height, case.world.tip());
}

#[test]
fn a_cheap_block_is_believed_on_no_mainnet() {
    let case = Case::new("");
    let sources = case.sources();
    let source = sources.bitcoin[0].as_ref();
    let view = View::of(source, &source.status().unwrap());
    assert!(view.block(50, BitcoinNetwork::Regtest).is_ok());
    let view = View::of(source, &source.status().unwrap());
    let error = view.block(50, BitcoinNetwork::Mainnet).unwrap_err();
    assert!(error.code() == &OTHER_ANSWER && error.what().contains("difficulty 0"), "{error}");
}

#[test]
fn a_part_of_what_was_agreed_does_not_use_the_invoice_up() {
    let case = Case::new("");
    let (memo, address) = case.invoice_of("alice", None, Some(100));
    block(&case);
    case.send(&address, "XCP", 30, Some(&memo), 1);
    block(&case);
    case.send(&address, "XCP", 100, Some(&memo), 2);
    block(&case);
    case.send(&address, "XCP", 100, Some(&memo), 3);
    case.world.grow(2);
    case.quiet_look();
    let states: Vec<_> = case.books().into_iter().map(|(state, ..)| state).collect();
    assert_eq!(states, [Credited, Credited, Suspense]);
    assert!(case.why(0).contains("100 base units were agreed, 30 came"), "{}", case.why(0));
}

fn terms(case: &Case) -> Terms<'_> {
    Terms {
        settings: &case.config.deposits,
        depths: &case.config.depths,
        from: None,
        from_ledger: None,
        now: case.now.get(),
        began: std::time::Instant::now(),
        looks: 1,
        pause: core::time::Duration::ZERO,
    }
}
