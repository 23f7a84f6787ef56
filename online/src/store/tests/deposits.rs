use airlock::account::AccountName;
use airlock::amount::Quantity;
use airlock::review::Chain;
use rusqlite::Connection;

use super::*;
use crate::store::error::{DAMAGED, FORBIDDEN};
use crate::store::{
    Allocated, Batch, Credit, CreditChange, CreditFilter, CreditState, Credited, Cursor, CustomerAddress,
    CustomerTag, Invoice, NewCredit,
};

use CreditState::{Credited as IsCredited, Pending, Quarantine, Reversed, Suspense};

fn account() -> AccountName {
    "deposits".parse().unwrap()
}

fn credit(txid: &str, position: u32) -> NewCredit {
    NewCredit {
        chain: Chain::Bitcoin(BitcoinNetwork::Regtest),
        txid: txid.to_owned(),
        position,
        address: "bcrt1q".to_owned(),
        asset: "XCP".to_owned(),
        account: account(),
        customer: Some("alice".to_owned()),
        amount: Some(u64::MAX),
        decimals: 8,
        height: 70,
        block_hash: "aa".to_owned(),
        block_time: Some(at(60)),
        kind: "send".to_owned(),
        source: None,
        memo: Some(vec![0, 0xff]),
        tag: None,
        state: Pending,
        detail: None,
    }
}

fn change(credit: &NewCredit, from: CreditState, to: CreditState) -> CreditChange {
    CreditChange { key: credit.key(), from, to, customer: None, block: None, detail: None }
}

fn known(store: &Store, credit: &NewCredit) -> Credit {
    store.credit_by_key(&credit.key()).unwrap().unwrap()
}

#[test]
fn an_address_belongs_to_one_customer_and_a_customer_has_one() {
    let place = Place::new();
    let (store, other) = (place.store(), place.store());
    let wanted = |customer: &str, index: u32, at: Moment| CustomerAddress {
        account: account(),
        customer: customer.to_owned(),
        index,
        address: format!("address {index}"),
        at,
        counts_from: Some(index + 100),
    };
    assert_eq!(store.last_index(&account()).unwrap(), None);
    let alice = wanted("alice", 0, at(1));
    assert_eq!(store.allocate_address(&alice).unwrap(), Allocated::New(alice.clone()));
    assert_eq!(other.allocate_address(&wanted("bob", 0, at(2))).unwrap(), Allocated::Taken);
    assert_eq!(other.allocate_address(&wanted("alice", 1, at(3))).unwrap(), Allocated::Known(alice.clone()));
    let bob = wanted("bob", 1, at(4));
    assert_eq!(other.allocate_address(&bob).unwrap(), Allocated::New(bob.clone()));
    let again = CustomerAddress { account: "second".parse().unwrap(), ..bob.clone() };
    assert_eq!(store.allocate_address(&again).unwrap(), Allocated::Taken, "no address is used twice");
    assert_eq!(store.allocations(&account()).unwrap(), [alice, bob]);
    assert_eq!(store.last_index(&account()).unwrap(), Some(1));
}

#[test]
fn a_tag_belongs_to_one_customer_and_a_customer_has_one() {
    let store = Place::new().store();
    let wanted = |customer: &str, tag: u32| CustomerTag {
        account: account(),
        customer: customer.to_owned(),
        tag,
        at: at(1),
    };
    let highest = wanted("alice", u32::MAX);
    assert_eq!(store.allocate_tag(&highest).unwrap(), Allocated::New(highest.clone()));
    assert_eq!(store.allocate_tag(&wanted("bob", u32::MAX)).unwrap(), Allocated::Taken);
    assert_eq!(store.allocate_tag(&wanted("alice", 5)).unwrap(), Allocated::Known(highest.clone()));
    let bob = wanted("bob", 1);
    assert_eq!(store.allocate_tag(&bob).unwrap(), Allocated::New(bob.clone()));
    assert_eq!(store.tags(&account()).unwrap(), [bob, highest]);
}

#[test]
fn an_invoice_is_found_by_the_exact_bytes_of_its_memo() {
    let store = Place::new().store();
    let invoice = |memo: &[u8], created: u64| Invoice {
        account: account(),
        customer: "alice".to_owned(),
        memo: memo.to_vec(),
        asset: "XCP".to_owned(),
        amount: Some(Quantity::MAX),
        created: at(created),
        expires: Some(at(9)),
    };
    let (zeros, text) = (invoice(&[0, 0], 1), invoice(b"0000", 2));
    assert!(store.new_invoice(&zeros).unwrap() && store.new_invoice(&text).unwrap());
    assert!(!store.new_invoice(&invoice(&[0, 0], 3)).unwrap());
    assert_eq!(store.invoices(&account()).unwrap(), [zeros.clone(), text]);
    assert_eq!(store.invoice(&account(), &[0, 0]).unwrap(), Some(zeros));
    assert_eq!(store.invoice(&account(), &[0]).unwrap(), None);
}

#[test]
fn a_credit_is_taken_once() {
    let store = Place::new().store();
    let first = credit("t", 0);
    assert_eq!(store.credit(&first, at(1)).unwrap(), Credited::New);
    let moved = NewCredit { height: 71, block_hash: "bb".to_owned(), state: IsCredited, ..first.clone() };
    let Credited::Known(kept) = store.credit(&moved, at(2)).unwrap() else { panic!("it is known") };
    assert_eq!((kept.what, kept.found, kept.credited), (first.clone(), at(1), None));
    for other in [
        NewCredit { position: 1, ..first.clone() },
        NewCredit { address: "bcrt1z".to_owned(), ..first.clone() },
        NewCredit { asset: "PEPECASH".to_owned(), amount: None, ..first.clone() },
        NewCredit { chain: Chain::Bitcoin(BitcoinNetwork::Mainnet), ..first.clone() },
        NewCredit { chain: Chain::Xrpl(0), tag: Some(0), ..first.clone() },
    ] {
        assert_eq!(store.credit(&other, at(3)).unwrap(), Credited::New);
        assert_eq!(known(&store, &other).what, other);
    }
    let all = |filter: CreditFilter| store.credits(&filter).unwrap().len();
    assert_eq!(all(CreditFilter::default()), 6);
    assert_eq!(all(CreditFilter { since: Some(at(2)), ..CreditFilter::default() }), 5);
    assert_eq!(all(CreditFilter { state: Some(Suspense), ..CreditFilter::default() }), 0);
    assert_eq!(all(CreditFilter { from_height: Some(71), ..CreditFilter::default() }), 0);
    assert_eq!(all(CreditFilter { account: Some(account()), ..CreditFilter::default() }), 6);
}

#[test]
fn every_pair_of_credit_states_is_kept_or_refused_as_the_table_says() {
    // A letter for each next state in the order of `CreditState::ALL`.
    let table = [
        //           pending credited suspense quarantine reversed
        (Pending, "xxxxx"),
        (IsCredited, ".x..x"),
        (Suspense, ".xxxx"),
        (Quarantine, ".xxxx"),
        (Reversed, "xxxxx"),
    ];
    let place = Place::new();
    let store = place.store();
    let one = credit("t", 0);
    store.credit(&one, at(1)).unwrap();
    let raw = Connection::open(place.path()).unwrap();
    for ((from, row), expected) in table.into_iter().zip(CreditState::ALL) {
        assert_eq!(from, expected, "the table is complete and in order");
        for (to, mark) in CreditState::ALL.into_iter().zip(row.chars()) {
            raw.execute("UPDATE credits SET state = ?1", [from.name()]).unwrap();
            let ended = store.set_credit_state(&change(&one, from, to), at(2));
            assert_eq!(ended.map_err(|e| e.code()), if mark == 'x' { Ok(true) } else { Err(&FORBIDDEN) });
            assert_eq!(known(&store, &one).what.state, if mark == 'x' { to } else { from }, "{from} to {to}");
        }
    }
}

#[test]
fn a_credit_remembers_when_it_was_credited_first_and_all_that_happened() {
    let place = Place::new();
    let store = place.store();
    let one = NewCredit { customer: None, state: Suspense, ..credit("t", 0) };
    store.credit(&one, at(1)).unwrap();
    let assigned = CreditChange {
        customer: Some("bob".to_owned()),
        detail: Some("by mail".to_owned()),
        ..change(&one, Suspense, IsCredited)
    };
    assert!(store.set_credit_state(&assigned, at(2)).unwrap());
    assert!(!store.set_credit_state(&assigned, at(3)).unwrap(), "it is elsewhere by now");
    assert!(store.set_credit_state(&change(&one, IsCredited, Reversed), at(4)).unwrap());
    let block = Some(Cursor { height: 72, hash: "cc".to_owned() });
    assert!(
        store.set_credit_state(&CreditChange { block, ..change(&one, Reversed, IsCredited) }, at(5)).unwrap()
    );
    let now = known(&store, &one);
    assert_eq!((now.credited, now.what.customer.as_deref()), (Some(at(2)), Some("bob")));
    assert_eq!((now.what.height, now.what.block_hash.as_str()), (72, "cc"));
    let raw = Connection::open(place.path()).unwrap();
    let lines: i64 = raw.query_row("SELECT count(*) FROM credit_history", [], |row| row.get(0)).unwrap();
    assert_eq!(lines, 4);
    for statement in ["DELETE FROM credit_history", "UPDATE credit_history SET at = 0", "DELETE FROM credits"]
    {
        assert!(raw.execute(statement, []).is_err(), "{statement}");
    }
    raw.execute("UPDATE credits SET amount = '-1'", []).unwrap();
    assert_eq!(store.credits(&CreditFilter::default()).unwrap_err().code(), &DAMAGED);
}

#[test]
fn a_look_at_the_chain_is_written_as_a_whole_or_not_at_all() {
    let store = Place::new().store();
    let cursor = |height: u32| Cursor { height, hash: format!("hash {height}") };
    let batch = Batch {
        key: "counterparty".to_owned(),
        from: None,
        to: cursor(70),
        credits: vec![credit("a", 0), credit("a", 1)],
        changes: vec![],
        alarms: vec![],
    };
    assert_eq!(store.deposit_batch(&batch, at(1)).unwrap(), Some(vec![Credited::New, Credited::New]));
    assert_eq!(store.cursor("counterparty").unwrap(), Some(cursor(70)));
    assert_eq!(store.deposit_batch(&batch, at(2)).unwrap(), None, "another process has looked already");

    let (first, second) = (credit("a", 0), credit("b", 0));
    let next = Batch {
        from: Some(cursor(70)),
        to: cursor(71),
        credits: vec![first.clone(), second.clone()],
        changes: vec![change(&first, Pending, IsCredited)],
        ..batch.clone()
    };
    let stale = Batch { changes: vec![change(&first, Suspense, IsCredited)], ..next.clone() };
    assert_eq!(store.deposit_batch(&stale, at(3)).unwrap(), None);
    let wrong = Batch { changes: vec![change(&first, IsCredited, Pending)], ..next.clone() };
    assert_eq!(store.deposit_batch(&wrong, at(3)).unwrap_err().code(), &FORBIDDEN);
    assert_eq!(store.credit_by_key(&second.key()).unwrap(), None, "nothing of it is there");
    assert_eq!(store.cursor("counterparty").unwrap(), Some(cursor(70)));

    let Some(taken) = store.deposit_batch(&next, at(4)).unwrap() else { panic!("nobody else looked") };
    assert!(matches!(&taken[..], [Credited::Known(_), Credited::New]));
    assert_eq!(known(&store, &first).credited, Some(at(4)));
    assert_eq!(store.cursor("counterparty").unwrap(), Some(cursor(71)));
    assert_eq!(store.cursor("xrpl").unwrap(), None);
    store.set_cursor("counterparty", &cursor(3)).unwrap();
    assert_eq!(store.cursor("counterparty").unwrap(), Some(cursor(3)));
}

#[test]
fn a_coin_of_a_bundle_that_was_only_planned_is_ours() {
    let store = Place::new().store();
    let one = bundle(vec![bitcoin_step(&[coin(1)])]);
    assert!(store.plan(&one, "kind", "", at(1)).unwrap());
    assert!(store.spends(coin(1)).unwrap() && !store.spends(coin(2)).unwrap());
}
