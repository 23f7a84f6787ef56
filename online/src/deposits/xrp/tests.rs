#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use CreditState::{Credited, Quarantine, Suspense};
use airlock::amount::Drops;

use super::*;
use crate::deposits::error::GAP;
use crate::deposits::fakes::Case;
use crate::store::CreditFilter;

fn states(case: &Case) -> Vec<(CreditState, Option<u64>)> {
    case.books().into_iter().map(|(state, _, units)| (state, units)).collect()
}

/// An account with a tag for alice, looked at once.
fn begun() -> (Case, u32) {
    let case = Case::new("");
    let tag = case.tag("alice");
    case.quiet_look();
    (case, tag)
}

#[test]
fn only_what_was_delivered_with_a_known_tag_is_credited() {
    let (case, tag) = begun();
    for (number, tag) in (1..).zip([Some(tag), Some(0), None, Some(tag ^ 1)]) {
        let entry = case.pay_xrp(tag, 1_000 + u64::from(number), number);
        case.happened(entry);
    }
    case.quiet_look();
    case.quiet_look();
    let expected =
        [(Credited, Some(1_001)), (Suspense, Some(1_002)), (Suspense, Some(1_003)), (Suspense, Some(1_004))];
    assert_eq!(states(&case), expected);
    assert_eq!(case.books()[0].1.as_deref(), Some("alice"));
    let why = [1, 2, 3].map(|place| case.why(place));
    assert_eq!([why[0].as_str(), why[1].as_str()], ["tag 0 is nobody's", "without a tag"]);
}

#[test]
fn a_partial_payment_counts_what_came() {
    let (case, tag) = begun();
    // One drop came, whatever amount the payment names: that is not even read.
    let entry = case.pay_xrp(Some(tag), 1, 1);
    case.happened(entry);
    // A server that confuses the two contradicts the balance.
    let mut lie = case.pay_xrp(Some(tag), 1, 2);
    lie.delivered = Some(Delivered::Xrp(Drops::new(100_000_000_000).unwrap()));
    case.happened(lie);
    case.quiet_look();
    assert_eq!(states(&case), [(Credited, Some(1)), (Suspense, Some(100_000_000_000))]);
    assert!(case.why(1).contains("the balance changed by 1"), "{}", case.why(1));
}

#[test]
fn tokens_are_no_xrp() {
    let (case, tag) = begun();
    let mut token = case.pay_xrp(Some(tag), 0, 1);
    token.delivered = Some(Delivered::Token {
        currency: "XRP".to_owned(),
        issuer: "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh".to_owned(),
        value: "1000000".to_owned(),
    });
    case.happened(token);
    case.quiet_look();
    assert_eq!(states(&case), [(Quarantine, None)]);
    let credit = case.store.credits(&CreditFilter::default()).unwrap().remove(0);
    assert_eq!(credit.what.asset, "XRP.rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh");
}

#[test]
fn every_other_way_waits_for_a_person() {
    let (case, tag) = begun();
    let ways =
        ["CheckCash", "EscrowFinish", "PaymentChannelClaim", "AccountDelete", "OfferCreate", "AMMWithdraw"];
    for (number, way) in (1..).zip(ways) {
        let mut entry = case.pay_xrp(Some(tag), u64::from(number), number);
        (entry.transaction_type, entry.delivered) = (way.to_owned(), None);
        if number % 2 == 0 {
            entry.account = case.xrp_address();
        }
        case.happened(entry);
    }
    let mut unavailable = case.pay_xrp(Some(tag), 77, 20);
    unavailable.delivered = Some(Delivered::Unavailable);
    case.happened(unavailable);
    let mut failed = case.pay_xrp(Some(tag), 0, 21);
    (failed.result, failed.delivered) = ("tecPATH_PARTIAL".to_owned(), None);
    case.happened(failed);
    case.quiet_look();
    let expected: Vec<_> = [1, 2, 3, 4, 5, 6, 77].map(|units| (Suspense, Some(units))).to_vec();
    assert_eq!(states(&case), expected);
}

#[test]
fn our_own_accounts_make_no_deposits() {
    let (case, tag) = begun();
    let other = case.accounts.clone();
    let own = crate::deposits::ours::on_xrpl(&case.store, &other, 1).unwrap().remove(0);
    let mut entry = case.pay_xrp(None, 5, 1);
    entry.account.clone_from(&own.address);
    // Another account of ours, as its own set has it.
    let mut ours = own.clone();
    ours.own.insert("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh".to_owned());
    let terms_case = Case::new("");
    let fate = |tag: Option<u32>| {
        let entry = terms_case.pay_xrp(tag, 5, 1);
        let terms = Terms {
            settings: &terms_case.config.deposits,
            depths: &terms_case.config.depths,
            from: None,
            from_ledger: None,
            now: terms_case.now.get(),
            began: std::time::Instant::now(),
            looks: 1,
            pause: core::time::Duration::ZERO,
        };
        found(1, &ours, &terms, &entry).unwrap().unwrap().fate.state
    };
    assert_eq!([fate(None), fate(Some(7)), fate(Some(tag))], [Quarantine, Quarantine, Suspense]);
}

#[test]
fn a_gap_in_the_history_credits_nothing() {
    let (case, tag) = begun();
    let mark = case.store.cursor(&format!("xrpl 1 {}", case.xrp_address())).unwrap();
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry);
    case.world.ledger.set(2_000);
    type Ranges<'a> = &'a [(u32, u32)];
    let holes: [(Ranges<'_>, Option<u32>); 4] = [
        (&[(1, 1_500), (1_502, 3_000)], None),
        (&[(1_002, 3_000)], None),
        (&[], None),
        (&[(1, 3_000)], Some(1_999)),
    ];
    for (complete, searched) in holes {
        case.world.complete.replace(complete.to_vec());
        case.world.searched_to.set(searched);
        let failures = case.try_look().unwrap().failures;
        assert_eq!(failures[0].1.code(), &GAP, "{failures:?}");
        assert_eq!(states(&case), []);
        assert_eq!(case.store.cursor(&format!("xrpl 1 {}", case.xrp_address())).unwrap(), mark);
    }
    case.world.complete.replace(vec![(1_000, 3_000)]);
    case.world.searched_to.set(None);
    case.quiet_look();
    assert_eq!(states(&case), [(Credited, Some(5))]);
}

#[test]
fn all_pages_count_once() {
    let (case, tag) = begun();
    case.world.page.set(2);
    for number in 1..=7 {
        let entry = case.pay_xrp(Some(tag), u64::from(number), number);
        case.happened(entry.clone());
        if number == 4 {
            // A page that begins with what the last one ended with.
            case.happened(entry);
        }
    }
    case.quiet_look();
    assert_eq!(states(&case), [1, 2, 3, 4, 5, 6, 7].map(|units| (Credited, Some(units))));
}

#[test]
fn a_balance_that_does_not_follow_from_the_history_is_an_alarm_once() {
    let (case, tag) = begun();
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry);
    case.world.balance.set(case.world.balance.get() + 1);
    let outcome = case.look();
    let alarms: Vec<&String> = outcome.alarms().collect();
    assert!(alarms.len() == 1 && alarms[0].contains("1 drops are not explained"), "{alarms:?}");
    assert_eq!(states(&case), [(Credited, Some(5))], "what is explained is credited");
    case.quiet_look();
}

#[test]
fn xrp_that_leaves_without_a_transaction_of_the_account_is_an_alarm() {
    let (case, _) = begun();
    case.world.balance.set(1_000);
    let mut entry = case.pay_xrp(None, 0, 1);
    (entry.transaction_type, entry.destination, entry.delivered) = ("OfferCreate".to_owned(), None, None);
    entry.balance_change = 1_000;
    case.happened(entry);
    case.quiet_look();
    let mut entry = case.pay_xrp(None, 0, 2);
    (entry.transaction_type, entry.destination, entry.delivered) = ("OfferCreate".to_owned(), None, None);
    entry.balance_change = -400;
    case.world.balance.set(600);
    case.happened(entry);
    let outcome = case.look();
    let alarms: Vec<&String> = outcome.alarms().collect();
    assert!(alarms.len() == 1 && alarms[0].contains("400 drops left"), "{alarms:?}");
}

#[test]
fn a_balance_read_between_two_ledgers_is_understood() {
    let entry = |ledger: u32, change: i64| {
        let case_entry = Case::new("").pay_xrp(None, 0, u8::try_from(ledger).unwrap());
        HistoryEntry { ledger_index: ledger, balance_change: change, ..case_entry }
    };
    let entries = [entry(5, 10), entry(8, 20), entry(9, -1)];
    for (read, fits) in [(110, true), (130, true), (129, true), (100, false), (120, false)] {
        let (balance, alarm) = mark::reconcile(Some(100), Balance(read), &entries, (7, 9));
        assert_eq!(alarm.is_none(), fits, "{read}: {alarm:?}");
        assert_eq!(balance, fits.then_some(129));
    }
    // At the first look a balance that may or may not have the last changes is not kept.
    assert_eq!(mark::reconcile(None, Balance(110), &entries, (7, 9)), (None, None));
    assert_eq!(mark::reconcile(None, Balance(129), &entries, (9, 9)), (Some(129), None));
}

#[test]
fn what_another_server_does_not_have_stays_pending() {
    let (case, tag) = begun();
    let other = Case::new("");
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry.clone());
    other.world.ledger.set(1_001);
    let together = || {
        let mut sources = case.sources();
        sources.xrpl.extend(other.sources().xrpl);
        sources
    };
    for lie in [None, Some(6), Some(5)] {
        other.world.history.replace(
            lie.map(|drops| HistoryEntry {
                delivered: Some(Delivered::Xrp(Drops::new(drops).unwrap())),
                ..entry.clone()
            })
            .into_iter()
            .collect(),
        );
        let outcome = case.try_look_at(&together()).unwrap();
        assert_eq!((outcome.failures.len(), outcome.alarms().count()), (0, 0));
        let state = if lie == Some(5) { Credited } else { CreditState::Pending };
        assert_eq!(states(&case), [(state, Some(5))], "{lie:?}");
    }
}

#[test]
fn another_ledger_under_a_known_index_is_refused() {
    let (case, tag) = begun();
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry);
    case.world.forked.set(true);
    let failures = case.try_look().unwrap().failures;
    assert_eq!(failures[0].1.code(), &OTHER_LEDGER, "{failures:?}");
    assert_eq!(states(&case), []);
}

#[test]
fn a_server_whose_last_ledger_is_old_credits_nothing() {
    let (case, tag) = begun();
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry);
    case.world.age.set(601);
    case.quiet_look();
    assert_eq!(states(&case), []);
    case.world.age.set(590);
    case.quiet_look();
    assert_eq!(states(&case), [(Credited, Some(5))]);
}

#[test]
fn ledgers_that_never_were_are_an_alarm() {
    let (case, tag) = begun();
    let mark = Mark { ledger: 9_000, hash: "x".to_owned(), balance: None };
    case.store.set_cursor(&format!("xrpl 1 {}", case.xrp_address()), &mark.cursor()).unwrap();
    let entry = case.pay_xrp(Some(tag), 5, 1);
    case.happened(entry);
    assert_eq!(case.look().alarms().count(), 1);
    assert_eq!(states(&case), []);
}
