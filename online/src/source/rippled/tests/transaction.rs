use airlock::amount::Drops;
use airlock::time::Moment;

use super::*;
use crate::source::rippled::transaction::find;

/// The range that the answers are for: 1,000 ledgers.
const FROM: u32 = LEDGER - 400;
const TO: u32 = LEDGER + 599;

fn look(script: Script) -> Result<Found> {
    script.run(|asker| find(asker, HASH, FROM, TO))
}

fn found(result: &str, delivered: Option<u64>) -> Found {
    Found::Validated {
        ledger_index: LEDGER,
        result: result.to_owned(),
        delivered: delivered.map(|drops| Drops::new(drops).unwrap()),
        close_time: Some(Moment::from_unix(1_795_275_632)),
    }
}

#[test]
fn finds_a_validated_transaction() {
    for name in ["tx_validated", "tx_validated_v1"] {
        assert_eq!(look(Script::of(&[name])).unwrap(), found("tesSUCCESS", Some(397_235_261_591)), "{name}");
    }
    assert_eq!(look(Script::of(&["tx_validated_tec"])).unwrap(), found("tecDST_TAG_NEEDED", None));
}

#[test]
fn counts_nothing_but_what_was_delivered() {
    let part = Script::of(&["tx_validated"]).with("/meta/delivered_amount", json!("1"));
    assert_eq!(look(part).unwrap(), found("tesSUCCESS", Some(1)));
    let token = json!({ "currency": "XRP", "issuer": GENESIS, "value": "1000000" });
    for delivered in [token, json!("unavailable"), Value::Null] {
        let script = Script::of(&["tx_validated"]).with("/meta/delivered_amount", delivered);
        assert_eq!(look(script).unwrap(), found("tesSUCCESS", None));
    }
    let other = Script::of(&["tx_validated"]).with("/tx_json/TransactionType", json!("CheckCash"));
    assert_eq!(look(other).unwrap(), found("tesSUCCESS", None));
}

#[test]
fn calls_nothing_final_that_is_not_validated() {
    assert_eq!(look(Script::of(&["tx_pending"])).unwrap(), Found::Pending);
    for validated in [json!(false), Value::Null] {
        let script = Script::of(&["tx_validated"]).with("/validated", validated);
        assert_eq!(look(script).unwrap(), Found::Pending);
    }
}

#[test]
fn believes_a_missing_transaction_only_where_all_was_searched() {
    let not_found = |searched_all| Found::NotFound { searched_all };
    assert_eq!(look(Script::of(&["tx_not_found_searched_all"])).unwrap(), not_found(true));
    assert_eq!(look(Script::of(&["tx_not_found"])).unwrap(), not_found(false));
    for odd in [Value::Null, json!("true"), json!(1)] {
        let script = Script::of(&["tx_not_found_searched_all"]).with("/searched_all", odd);
        assert_eq!(look(script).unwrap(), not_found(false));
    }
}

#[test]
fn searches_long_ranges_piece_by_piece_and_believes_only_a_whole_search() {
    let piece = |name, from: u32, to: u32| {
        Script::of(&[name]).asked("min_ledger", json!(from)).asked("max_ledger", json!(to))
    };
    let all = "tx_not_found_searched_all";
    let find = |script: Script| script.run(|asker| find(asker, HASH, 1_500, 4_000)).unwrap();
    let whole = piece(all, 3_001, 4_000).then(piece(all, 2_001, 3_000)).then(piece(all, 1_500, 2_000));
    assert_eq!(find(whole), Found::NotFound { searched_all: true });
    let gap = piece(all, 3_001, 4_000).then(piece("tx_not_found", 2_001, 3_000));
    assert_eq!(find(gap), Found::NotFound { searched_all: false });
    let hit = piece(all, 3_001, 4_000).then(piece("tx_validated", 2_001, 3_000));
    assert!(matches!(find(hit), Found::Validated { .. }));
}

#[test]
fn draws_no_conclusion_from_a_range_that_is_empty_or_endless() {
    let mut question = file("tx_not_found_searched_all");
    let params = question.pointer_mut("/request/body/params/0").unwrap().as_object_mut().unwrap();
    params.remove("min_ledger");
    params.remove("max_ledger");
    let script = Script(RefCell::new([question].into()));
    let outcome = script.run(|asker| find(asker, HASH, 10, 9)).unwrap();
    assert_eq!(outcome, Found::NotFound { searched_all: false });

    let asked = RefCell::new(0);
    let always = |_: &Question| {
        *asked.borrow_mut() += 1;
        let members = json!({ "searched_all": true }).as_object().unwrap().clone();
        Ok(Said::Refused(answer::Refusal { name: "txnNotFound".to_owned(), members }))
    };
    let outcome = find(&Asker(&always), HASH, 1, u32::MAX).unwrap();
    assert_eq!((outcome, *asked.borrow()), (Found::NotFound { searched_all: false }, 200));
}

#[test]
fn refuses_another_transaction_and_odd_answers() {
    for (place, value, code) in [
        ("/hash", json!("00".repeat(32)), FOREIGN_ANSWER.id),
        ("/hash", Value::Null, BAD_ANSWER.id),
        ("/ledger_index", Value::Null, BAD_ANSWER.id),
        ("/ledger_index", json!(4_294_967_296_u64), BAD_ANSWER.id),
        ("/meta", Value::Null, BAD_ANSWER.id),
        ("/meta", json!("201C00000007"), BAD_ANSWER.id),
        ("/meta/TransactionResult", json!("tefPAST_SEQ"), BAD_ANSWER.id),
        ("/meta/TransactionResult", json!("tesSUCCESS2"), BAD_ANSWER.id),
        ("/meta/delivered_amount", json!("100000000000000001"), BAD_ANSWER.id),
        ("/meta/delivered_amount", json!(5), BAD_ANSWER.id),
        ("/tx_json", Value::Null, BAD_ANSWER.id),
        ("/TransactionType", json!("Payment"), BAD_ANSWER.id),
        ("/close_time_iso", json!("2026-11-21T15:40:33Z"), BAD_ANSWER.id),
    ] {
        let outcome = look(Script::of(&["tx_validated"]).with(place, value));
        assert_eq!(code_of(outcome), code, "{place}");
    }
    assert_eq!(code_of(look(Script::of(&["tx_excessive_range"]))), NOT_HELD.id);
}
