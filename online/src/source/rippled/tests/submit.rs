use bitcoin::hex::{DisplayHex, FromHex};

use super::*;
use crate::source::engine::{self, Outlook};
use crate::source::rippled::submit::{simulate, submit};

fn blob(name: &str) -> String {
    file(name)["request"]["body"]["params"][0]["tx_blob"].as_str().unwrap().to_owned()
}

fn hand_over(script: Script) -> Result<Engine> {
    script.run(|asker| submit(asker, &blob("submit_success")))
}

fn unsigned() -> Map<String, Value> {
    file("simulate_success")["request"]["body"]["params"][0]["tx_json"].as_object().unwrap().clone()
}

/// The price of the open ledger is asked for first.
fn quiet() -> Script {
    Script::of(&["fee_quiet", "server_state_full"])
}

fn try_out(script: Script) -> Result<Option<Engine>> {
    quiet().then(script).run(|asker| simulate(asker, &unsigned()))
}

#[test]
fn tries_nothing_that_would_take_a_place_in_the_queue() {
    let busy = || Script::of(&["fee_busy", "server_state_full"]);
    assert_eq!(busy().run(|asker| simulate(asker, &unsigned())), Ok(None));
    let mut dear = unsigned();
    dear["Fee"] = json!("5125");
    let asked = Script::of(&["simulate_success"]).asked("tx_json", Value::Object(dear.clone()));
    assert!(busy().then(asked).run(|asker| simulate(asker, &dear)).unwrap().is_some());
    // A deletion pays its own price, which is no place in a busy ledger.
    dear["TransactionType"] = json!("AccountDelete");
    dear["Fee"] = json!("200000");
    assert_eq!(busy().run(|asker| simulate(asker, &dear)), Ok(None));
}

#[test]
fn hands_over_a_transaction_and_reads_what_the_engine_says() {
    // rippled says `kept` of all of them: it tries for some ledgers whatever it was given.
    for (name, result, queued, outlook) in [
        ("submit_success", "tesSUCCESS", false, Outlook::Applied),
        ("submit_queued", "terQUEUED", true, Outlook::MaySucceed),
        ("submit_past_seq", "tefPAST_SEQ", false, Outlook::LookUp),
        ("submit_insufficient_fee", "telINSUF_FEE_P", false, Outlook::Elsewhere),
    ] {
        let engine = hand_over(Script::of(&[name])).unwrap();
        assert_eq!((engine.result.as_str(), engine.queued), (result, queued), "{name}");
        assert_eq!(engine.validated_index, Some(LEDGER));
        assert_eq!(engine::read(&engine.result).outlook, outlook);
    }
}

#[test]
fn does_not_let_a_failing_deletion_be_kept() {
    let deletion = blob("submit_delete_too_soon");
    let engine = Script::of(&["submit_delete_too_soon"]).run(|asker| submit(asker, &deletion)).unwrap();
    assert_eq!(engine.result, "tecTOO_SOON");
}

#[test]
fn hands_over_nothing_that_is_not_a_signed_transaction() {
    for bad in ["", "zz", "1200", &blob("submit_success")[..100], &format!("{}00", blob("submit_success"))] {
        assert!(Script::of(&[]).run(|asker| submit(asker, bad)).is_err(), "{bad}");
    }
    let whole = Vec::<u8>::from_hex(&blob("submit_success")).unwrap();
    let unsigned = airlock::xrp::Transaction::from_blob(&whole).unwrap().without_signature().to_blob();
    let outcome = Script::of(&[]).run(|asker| submit(asker, &unsigned.to_upper_hex_string()));
    assert!(outcome.is_err());
}

#[test]
fn refuses_an_answer_about_another_transaction_and_says_to_look_it_up() {
    for (place, value, code) in [
        ("/tx_json/hash", json!("00".repeat(32)), FOREIGN_ANSWER.id),
        ("/tx_json/hash", json!(5), FOREIGN_ANSWER.id),
        ("/engine_result_code", json!(-190), BAD_ANSWER.id),
        ("/engine_result_code", json!("0"), BAD_ANSWER.id),
        ("/engine_result", json!("tes SUCCESS"), BAD_ANSWER.id),
        ("/engine_result", Value::Null, BAD_ANSWER.id),
        ("/validated_ledger_index", json!(-1), BAD_ANSWER.id),
    ] {
        let error = hand_over(Script::of(&["submit_success"]).with(place, value)).unwrap_err();
        assert_eq!(error.code().id, code, "{place}");
        assert!(error.next().contains("status") && error.next().contains("second payment"), "{place}");
    }
}

#[test]
fn tells_a_transaction_that_was_not_even_looked_at() {
    let error = hand_over(Script::of(&["submit_invalid_transaction"])).unwrap_err();
    assert_eq!(error.code(), &NOT_TAKEN);
    assert_eq!(
        error.what(),
        "the transaction was not taken: the server refuses submit: invalidTransaction: fails local checks: Invalid signature"
    );
}

#[test]
fn says_of_each_refusal_whether_the_transaction_was_taken() {
    for (name, code, is_known) in [
        ("notSynced", NOT_SYNCED.id, true),
        ("tooBusy", BUSY.id, true),
        ("amendmentBlocked", AMENDMENT_BLOCKED.id, true),
        ("internalSubmit", REFUSED.id, false),
    ] {
        let error =
            hand_over(Script::of(&["submit_invalid_transaction"]).with("/error", json!(name))).unwrap_err();
        assert_eq!(error.code().id, code, "{name}");
        assert_eq!(error.what().starts_with("the transaction was not taken: "), is_known, "{name}");
        assert_eq!(error.next().contains("is not known"), !is_known, "{name}");
    }
}

#[test]
fn tries_a_transaction_without_its_signature() {
    assert_eq!(try_out(Script::of(&["simulate_success"])).unwrap().unwrap().result, "tesSUCCESS");
    let failing = try_out(Script::of(&["simulate_dst_tag_needed"])).unwrap().unwrap();
    assert_eq!(failing.result, "tecDST_TAG_NEEDED");
    let mut signed = unsigned();
    signed.insert("TxnSignature".to_owned(), json!("3045"));
    signed.insert("Signers".to_owned(), json!([]));
    let script = quiet().then(Script::of(&["simulate_success"]));
    assert!(script.run(|asker| simulate(asker, &signed)).unwrap().is_some());
}

#[test]
fn knows_a_server_that_cannot_try() {
    assert_eq!(try_out(Script::of(&["simulate_unknown_cmd"])), Ok(None));
    assert_eq!(code_of(try_out(Script::of(&["simulate_signed"]))), REFUSED.id);
}

#[test]
fn refuses_a_trial_that_was_applied_or_is_of_another_transaction() {
    let applied = Script::of(&["simulate_success"]).with("/applied", json!(true));
    assert_eq!(code_of(try_out(applied)), BAD_ANSWER.id);
    for (place, value) in [
        ("/tx_json/Account", json!(GENESIS)),
        ("/tx_json/Destination", json!(GENESIS)),
        ("/tx_json/Sequence", json!(1)),
    ] {
        let outcome = try_out(Script::of(&["simulate_success"]).with(place, value));
        assert_eq!(code_of(outcome), FOREIGN_ANSWER.id, "{place}");
    }
}
