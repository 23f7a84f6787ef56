use std::collections::BTreeSet;

use airlock::account::{Account, Holds, Rail, Role, XrpAccount};
use airlock::bundle::JournalHead;
use airlock::request::RequestMemo;
use airlock::watch::Watch;
use airlock::xrp::PublicKey;
use bitcoin::hex::FromHex;

use super::*;
use crate::error::ACCOUNT_CONFLICT;
use crate::home::Home;
use crate::store::BookEntry;

fn account(name: &str, key: &str) -> Account {
    let key = <[u8; 33]>::from_hex(key).unwrap();
    let rail = Rail::Xrp(XrpAccount::new(1, PublicKey::from_slice(&key).unwrap()));
    Account { name: name.parse().unwrap(), role: Role::Cold, holds: Holds::default(), rail }
}

const ONE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const TWO: &str = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";

#[test]
fn accounts_are_added_and_never_contradicted() {
    let store = Place::new().store();
    let (one, two) = (account("one", ONE), account("two", TWO));
    let watch = |accounts: &[&Account]| Watch { accounts: accounts.iter().map(|a| (*a).clone()).collect() };
    assert_eq!(store.accounts().unwrap(), []);
    assert_eq!(store.import(&watch(&[&two])).unwrap(), std::slice::from_ref(&two));
    assert_eq!(store.import(&watch(&[&one, &two])).unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.accounts().unwrap(), [one.clone(), two.clone()], "sorted by name");
    let other_role = Account { role: Role::Warm, ..one.clone() };
    for contradiction in [account("one", TWO), account("three", ONE), other_role] {
        let three = account("aaa", "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
        let refused = store.import(&watch(&[&three, &contradiction])).unwrap_err();
        assert_eq!(refused.code(), &ACCOUNT_CONFLICT);
        assert_eq!(store.accounts().unwrap(), [one.clone(), two.clone()], "nothing of it was taken");
    }
}

#[test]
fn reading_a_home_folder_makes_nothing() {
    let place = Place::new();
    let home = Home::find(Some(&place.folder.path().join("home"))).unwrap();
    assert_eq!(home.accounts().unwrap(), []);
    assert_eq!(home.heads().unwrap(), Default::default());
    assert!(!home.folder().exists());
    home.import(&Watch { accounts: vec![account("one", ONE)] }).unwrap();
    assert_eq!(home.accounts().unwrap().len(), 1);
}

#[test]
fn the_newest_head_of_any_account_of_the_steps_counts() {
    let store = Place::new().store();
    let of = |account: &str| Step { account: account.to_owned(), ..bitcoin_step(&[coin(1)]) };
    let (a, b, ab) = (bundle(vec![of("a")]), bundle(vec![of("b")]), bundle(vec![of("a"), of("b")]));
    let head = |number: u8| JournalHead::of(&[number]);
    let newest = |bundle: &Bundle| store.heads().unwrap().newest(bundle.steps());
    assert_eq!(newest(&a), None);
    assert!(store.saw_head(&a, head(1)).unwrap());
    assert!(store.saw_head(&ab, head(2)).unwrap());
    assert_eq!((newest(&a), newest(&b)), (Some(head(2)), Some(head(2))));
    assert!(store.saw_head(&b, head(3)).unwrap());
    assert!(!store.saw_head(&ab, head(1)).unwrap(), "an old signed file that is verified again");
    assert_eq!((newest(&a), newest(&b), newest(&ab)), (Some(head(2)), Some(head(3)), Some(head(3))));
    for number in 10..200 {
        assert!(store.saw_head(&b, head(number)).unwrap());
    }
    assert_eq!(newest(&a), Some(head(2)), "an account that is rarely used keeps its head");
    let accounts: BTreeSet<String> = BTreeSet::from(["c".to_owned()]);
    assert!(
        crate::heads::Heads::new(vec![crate::heads::Sighting { accounts, head: head(9) }])
            .newest(a.steps())
            .is_none()
    );
}

#[test]
fn the_book_keeps_every_entry_as_it_was_given() {
    let store = Place::new().store();
    let entry = |name: &str, tag, memo| BookEntry {
        name: name.to_owned(),
        address: "anywhere".to_owned(),
        tag,
        memo,
        note: Some("é\u{1b}".to_owned()),
        added: at(5),
    };
    let all = [
        entry("a", Some(0), None),
        entry("b", Some(u32::MAX), None),
        entry("c", None, Some(RequestMemo::Text("00".to_owned()))),
        entry("d", None, Some(RequestMemo::Hex("00".to_owned()))),
        entry("e", None, None),
    ];
    for entry in all.iter().rev() {
        assert!(store.add_to_book(entry).unwrap());
    }
    assert!(!store.add_to_book(&entry("a", None, None)).unwrap(), "the name is taken");
    assert_eq!(store.book().unwrap(), all);
    assert_eq!(store.book_entry("c").unwrap().as_ref(), Some(&all[2]));
    assert_eq!(store.remove_from_book("c").unwrap().as_ref(), Some(&all[2]));
    assert_eq!(store.remove_from_book("c").unwrap(), None);
    assert_eq!(store.book().unwrap().len(), 4);
}
