use airlock::amount::Drops;
use airlock::time::Moment;

use super::*;
use crate::source::rippled::history::page;

const FROM: u32 = LEDGER - 1_000;
/// The ledger of the first entry.
const FIRST: u32 = LEDGER - 500;

fn read(script: Script) -> Result<HistoryPage> {
    script.run(|asker| page(asker, RECEIVER, FROM, LEDGER, None))
}

fn entries() -> Vec<HistoryEntry> {
    read(Script::of(&["account_tx"])).unwrap().entries
}

fn xrp(drops: u64) -> Option<Delivered> {
    Some(Delivered::Xrp(Drops::new(drops).unwrap()))
}

#[test]
fn reads_each_way_in_which_xrp_comes_and_goes() {
    let read: Vec<_> = entries()
        .into_iter()
        .map(|entry| (entry.transaction_type, entry.result, entry.delivered, entry.balance_change))
        .collect();
    let usd = Delivered::Token {
        currency: "USD".to_owned(),
        issuer: "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De".to_owned(),
        value: "2.5".to_owned(),
    };
    let multi_purpose = Delivered::Token {
        currency: "00000007B5F762798A53D543A014CAF8B297CFF8F2F937E8".to_owned(),
        issuer: GENESIS.to_owned(),
        value: "100".to_owned(),
    };
    let success = "tesSUCCESS";
    let expected = [
        ("Payment", success, xrp(20_000_000), 20_000_000),
        ("Payment", success, xrp(5_000_000), 5_000_000),
        ("Payment", success, Some(usd), 0),
        ("TrustSet", success, None, 0),
        ("EscrowFinish", success, None, 500_000),
        ("Payment", "tecDST_TAG_NEEDED", None, -12),
        ("AccountDelete", success, xrp(6_300_000), 6_300_000),
        ("Payment", success, Some(multi_purpose), 0),
        ("Payment", success, Some(Delivered::Unavailable), 1),
        ("AccountDelete", success, xrp(31_599_987), -31_799_987),
    ];
    let expected = expected.map(|(kind, result, delivered, change)| {
        (kind.to_owned(), result.to_owned(), delivered, i64::from(change))
    });
    assert_eq!(read, expected);
}

#[test]
fn reads_tags_parties_and_times() {
    let tags: Vec<_> = entries().iter().map(|entry| entry.destination_tag).collect();
    assert_eq!(tags[..3], [None, Some(0), Some(789)]);
    assert_eq!(tags[8], Some(u32::MAX));
    let first = &entries()[0];
    assert_eq!((first.account.as_str(), first.destination.as_deref()), (GENESIS, Some(RECEIVER)));
    assert_eq!((first.ledger_index, first.hash.clone()), (FIRST, "01".repeat(32)));
    assert_eq!(first.close_time, Moment::from_unix(1_795_274_132));
    assert_eq!(entries()[3].destination, None);
}

#[test]
fn reads_pages_and_the_shape_of_version_1_alike() {
    let one = read(Script::of(&["account_tx_page_1"])).unwrap();
    let marker = one.marker.clone().unwrap();
    let two = Script::of(&["account_tx_page_2"])
        .run(|asker| page(asker, RECEIVER, FROM, LEDGER, Some(&marker)))
        .unwrap();
    assert_eq!(two.marker, None);
    let both: Vec<_> = one.entries.iter().chain(&two.entries).cloned().collect();
    assert_eq!(both, entries()[..4]);
    assert_eq!(read(Script::of(&["account_tx_v1"])).unwrap().entries, one.entries);
}

#[test]
fn says_which_ledgers_were_really_searched() {
    let whole = read(Script::of(&["account_tx"])).unwrap();
    assert_eq!((whole.from, whole.to), (FROM, LEDGER));
    let narrower = read(Script::of(&["account_tx_narrower"])).unwrap();
    assert_eq!((narrower.from, narrower.to), (LEDGER - 600, LEDGER - 2));
    assert_eq!(code_of(read(Script::of(&["account_tx_malformed_range"]))), NOT_HELD.id);
    let empty = Script::of(&[]).run(|asker| page(asker, RECEIVER, 5, 4, None));
    assert!(empty.is_err());
}

#[test]
fn asks_for_less_where_a_page_is_too_large() {
    let small = Script::of(&["account_tx_small"]);
    let limits = RefCell::new(Vec::new());
    let server = |question: &Question| {
        limits.borrow_mut().push(question.limit);
        match question.params["limit"] == json!(200) {
            true => Err(OVER_LIMIT.error("too much")),
            false => small.answer(question),
        }
    };
    let read = page(&Asker(&server), RECEIVER, FROM, LEDGER, None).unwrap();
    assert_eq!(read.entries.len(), 1);
    assert_eq!(*limits.borrow(), [8 << 20, 32 << 20]);
}

#[test]
fn refuses_another_account_other_ledgers_and_what_is_not_validated() {
    for (place, value) in [
        ("/account", json!(GENESIS)),
        ("/ledger_index_min", json!(FROM - 1)),
        ("/ledger_index_max", json!(LEDGER + 1)),
        ("/ledger_index_max", json!(FROM - 1)),
        ("/transactions/0/validated", json!(false)),
        ("/transactions/0/validated", Value::Null),
    ] {
        let outcome = read(Script::of(&["account_tx"]).with(place, value));
        assert_eq!(code_of(outcome), FOREIGN_ANSWER.id, "{place}");
    }
    let outside = Script::of(&["account_tx_narrower"]).with("/ledger_index_min", json!(FIRST + 1));
    assert_eq!(code_of(read(outside)), FOREIGN_ANSWER.id);
}

#[test]
fn refuses_a_history_that_is_reordered_doubled_or_runs_in_circles() {
    let whole = file("account_tx")["response"]["result"]["transactions"].as_array().unwrap().clone();
    for (one, other) in [(0, 1), (1, 2), (8, 9)] {
        let mut swapped = whole.clone();
        swapped.swap(one, other);
        let script = Script::of(&["account_tx"]).with("/transactions", json!(swapped));
        assert_eq!(code_of(read(script)), BAD_ANSWER.id, "{one} {other}");
    }
    let mut doubled = whole.clone();
    doubled.push(whole[9].clone());
    let script = Script::of(&["account_tx"]).with("/transactions", json!(doubled));
    assert_eq!(code_of(read(script)), BAD_ANSWER.id);
    let same_place = Script::of(&["account_tx"]).with("/transactions/2/meta/TransactionIndex", json!(0));
    assert_eq!(code_of(read(same_place)), BAD_ANSWER.id);
    let later = Script::of(&["account_tx"]).with("/transactions/1/hash", json!("01".repeat(32)));
    assert_eq!(code_of(read(later)), BAD_ANSWER.id);
    let marker = json!({ "ledger": FIRST + 1, "seq": 1 });
    let circle = Script::of(&["account_tx_page_2"]).with("/marker", marker.clone());
    let outcome = circle.run(|asker| page(asker, RECEIVER, FROM, LEDGER, Some(&marker)));
    assert_eq!(code_of(outcome), BAD_ANSWER.id);
    let long = Script::of(&["account_tx"]).with("/marker", json!("m".repeat(2_000)));
    assert_eq!(code_of(read(long)), BAD_ANSWER.id);
}

#[test]
fn refuses_entries_out_of_range() {
    let created = "/transactions/0/meta/AffectedNodes/1/CreatedNode/NewFields/Balance";
    let before = "/transactions/1/meta/AffectedNodes/1/ModifiedNode/PreviousFields/Balance";
    let after = "/transactions/1/meta/AffectedNodes/1/ModifiedNode/FinalFields/Balance";
    let twice =
        file("account_tx")["response"]["result"]["transactions"][1]["meta"]["AffectedNodes"][1].clone();
    for (place, value) in [
        (created, Value::Null),
        (created, json!("100000000000000001")),
        (before, json!(20_000_000)),
        (before, json!("-1")),
        (after, Value::Null),
        ("/transactions/1/meta/AffectedNodes/0", twice),
        ("/transactions/1/meta/AffectedNodes/0", json!({})),
        ("/transactions/0/meta/TransactionResult", json!("terQUEUED")),
        ("/transactions/0/meta/delivered_amount", json!("1e6")),
        ("/transactions/0/meta/delivered_amount", json!(20_000_000)),
        ("/transactions/0/tx_json/DestinationTag", json!(4_294_967_296_u64)),
        ("/transactions/0/tx_json/DestinationTag", json!("5")),
        ("/transactions/0/tx_json/Destination", json!("rNobody")),
        ("/transactions/0/tx_json/TransactionType", json!("\u{1b}[2J")),
        ("/transactions/0/tx_json/date", json!(1)),
        ("/transactions/0/tx_json/ledger_index", json!(FIRST + 1)),
        ("/transactions/0/hash", json!("01")),
        ("/transactions/0/tx", json!({ "Account": GENESIS, "TransactionType": "Payment" })),
        ("/transactions/0/tx_json", Value::Null),
    ] {
        let outcome = read(Script::of(&["account_tx"]).with(place, value));
        assert_eq!(code_of(outcome), BAD_ANSWER.id, "{place}");
    }
}

#[test]
fn is_not_stopped_by_a_delivery_of_a_kind_that_it_does_not_know() {
    for odd in [json!({}), json!({ "currency": "USD" }), json!({ "mpt_issuance_id": "00", "value": "1" })] {
        let script = Script::of(&["account_tx"]).with("/transactions/0/meta/delivered_amount", odd);
        assert_eq!(read(script).unwrap().entries[0].delivered, Some(Delivered::Unavailable));
    }
}
