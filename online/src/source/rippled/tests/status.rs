use airlock::amount::Drops;
use airlock::time::Moment;

use super::*;
use crate::source::rippled::status::{fee, ledgers, read};
use crate::source::xrpl::ValidatedLedger;

const FULL: [&str; 3] = ["server_info_full", "server_state_full", "ledger_validated"];

fn drops(drops: u64) -> Drops {
    Drops::new(drops).unwrap()
}

fn validated() -> ValidatedLedger {
    ValidatedLedger {
        index: LEDGER,
        hash: "4F2E1D0C".repeat(8),
        close_time: Moment::from_unix(1_795_275_632),
        age: 3,
        base_fee: drops(10),
        reserve_base: drops(1_000_000),
        reserve_inc: drops(200_000),
    }
}

#[test]
fn reads_how_a_server_stands() {
    let status = Script::of(&FULL).run(read).unwrap();
    assert_eq!(
        status,
        XrplStatus {
            network_id: 0,
            version: "3.3.0".to_owned(),
            state: "full".to_owned(),
            amendment_blocked: false,
            validated: Some(validated()),
            complete: Ledgers(vec![(32_570, 98_000_000), (98_999_000, 99_000_000)]),
        }
    );
    assert!(!status.complete.hold(97_999_999, LEDGER) && status.complete.hold(98_999_000, LEDGER));
}

#[test]
fn reads_clio_and_its_reserves_without_floating_point() {
    let names = ["server_info_clio", "server_state_failed_to_forward", "ledger_validated_v1"];
    let status = Script::of(&names).run(read).unwrap();
    assert_eq!(
        (status.network_id, status.version.as_str(), status.state.as_str()),
        (1, "clio 2.7.0", "full")
    );
    assert_eq!(status.validated, Some(validated()));
}

#[test]
fn reads_a_server_that_is_not_ready() {
    let syncing = Script::of(&["server_info_syncing"]).run(read).unwrap();
    assert_eq!((syncing.state.as_str(), &syncing.validated), ("connected", &None));
    assert_eq!(syncing.complete, Ledgers::default());
    let blocked = ["server_info_amendment_blocked", "server_state_full", "ledger_validated"];
    assert!(Script::of(&blocked).run(read).unwrap().amendment_blocked);
}

#[test]
fn refuses_a_server_that_does_not_say_its_network() {
    let outcome = Script::of(&["server_info_no_network_id"]).run(read);
    assert_eq!(code_of(outcome), NO_NETWORK_ID.id);
}

#[test]
fn refuses_a_status_out_of_range() {
    for (place, value) in [
        ("/info/network_id", json!(4_294_967_296_u64)),
        ("/info/network_id", json!(-1)),
        ("/info/complete_ledgers", json!("5-1")),
        ("/info/server_state", Value::Null),
        ("/info/validated_ledger/age", json!(-3)),
    ] {
        let outcome =
            Script::of(&["server_info_full"]).with(place, value).then(Script::of(&FULL[1..])).run(read);
        assert_eq!(code_of(outcome), BAD_ANSWER.id, "{place}");
    }
    for (place, value) in [
        ("/state/validated_ledger/reserve_base", json!(100_000_000_000_000_001_u64)),
        ("/state/validated_ledger/reserve_inc", json!(0.2)),
        ("/state/validated_ledger/base_fee", json!("10")),
    ] {
        let outcome = Script::of(&FULL[..2]).with(place, value).run(read);
        assert_eq!(code_of(outcome), BAD_ANSWER.id, "{place}");
    }
    for (place, value, code) in [
        ("/validated", json!(false), FOREIGN_ANSWER.id),
        ("/validated", Value::Null, FOREIGN_ANSWER.id),
        ("/ledger/close_time", json!(1_u64 << 60), BAD_ANSWER.id),
        ("/ledger/ledger_hash", json!("00"), BAD_ANSWER.id),
        ("/ledger/ledger_index", json!("4294967296"), BAD_ANSWER.id),
        ("/ledger/ledger_index", json!("+5"), BAD_ANSWER.id),
    ] {
        let outcome = Script::of(&FULL).with(place, value).run(read);
        assert_eq!(code_of(outcome), code, "{place}");
    }
}

#[test]
fn reads_ranges_of_ledgers_and_refuses_odd_ones() {
    for (text, read) in [
        ("empty", vec![]),
        ("5", vec![(5, 5)]),
        ("1-5,7-9", vec![(1, 5), (7, 9)]),
        ("1-5,6-9,11", vec![(1, 9), (11, 11)]),
    ] {
        assert_eq!(ledgers(text), Some(Ledgers(read)), "{text}");
    }
    let long = format!("1{}", ",2".repeat(1 << 16));
    for bad in
        ["", "-", "1-", "-5", "5-1", "7-9,1-5", "1-5,5-9", "1-5, 7-9", "1-4294967296", "+1-5", "1-5,", &long]
    {
        assert_eq!(ledgers(bad), None, "{bad}");
    }
}

#[test]
fn reads_the_fee_under_load() {
    let ask = |names: &[&str]| Script::of(names).run(fee).unwrap();
    let quiet = ask(&["fee_quiet", "server_state_full"]);
    assert_eq!(quiet, OpenFee { base: drops(10), open: drops(10), current_index: LEDGER + 1 });
    assert_eq!(ask(&["fee_busy", "server_state_full"]).open, drops(5_125));
    assert_eq!(ask(&["fee_busy", "server_state_failed_to_forward"]).open, drops(5_125));
    // 10 drops x 153,601 / 256, rounded up.
    assert_eq!(ask(&["fee_quiet", "server_state_loaded"]).open, drops(6_001));
}

#[test]
fn refuses_a_fee_out_of_range() {
    for (place, value) in [
        ("/drops/base_fee", json!(10)),
        ("/drops/base_fee", json!("-10")),
        ("/drops/open_ledger_fee", json!("100000000000000001")),
        ("/ledger_current_index", Value::Null),
    ] {
        let script = Script::of(&["fee_quiet"]).with(place, value).then(Script::of(&["server_state_full"]));
        assert_eq!(code_of(script.run(fee)), BAD_ANSWER.id, "{place}");
    }
    for (place, value) in [
        ("/state/load_base", json!(0)),
        ("/state/load_factor", json!(u64::MAX)),
        ("/state/load_factor", json!(1.5)),
    ] {
        let script = Script::of(&["fee_quiet", "server_state_full"]).with(place, value);
        assert_eq!(code_of(script.run(fee)), BAD_ANSWER.id, "{place}");
    }
}
