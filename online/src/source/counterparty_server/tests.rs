use std::cell::{Cell, RefCell};
use std::rc::Rc;

use airlock::Code;
use airlock::amount::Quantity;
use serde_json::{Value, json};

use super::*;
use crate::http::HTTP_STATUS;

/// Every recorded answer that is no 200: the code that it ends in, or none where it says that there is no such thing.
const ERRORS: &[(&str, Option<&Code>)] = &[
    ("cp2_address_dispensers_bad_status", Some(&REFUSED)),
    ("cp2_address_invalid_balances", Some(&BAD_ADDRESS)),
    ("cp2_address_invalid_checksum", Some(&BAD_ADDRESS)),
    ("cp2_address_mainnet_balances", Some(&BAD_ADDRESS)),
    ("cp2_address_wpkh_sends_show_unconfirmed", Some(&REFUSED)),
    ("cp2_asset_btc", None),
    ("cp2_asset_btc_verbose", None),
    ("cp2_asset_invalid_name", None),
    ("cp2_asset_invalid_name_verbose", None),
    ("cp2_asset_unknown", None),
    ("cp2_asset_unknown_verbose", None),
    ("cp2_bad_cursor", Some(&REFUSED)),
    ("cp2_bitcoin_estimatesmartfee_nodata", None),
    ("cp2_bitcoin_send_rawtx_post_form", Some(&REFUSED)),
    ("cp2_bitcoin_send_rawtx_post_missing_inputs", Some(&REFUSED)),
    ("cp2_bitcoin_utxos_no_electrs", Some(&NODE_DOWN)),
    ("cp2_bitcoind_down_bitcoin_tx", Some(&NODE_DOWN)),
    ("cp2_bitcoind_down_compose", Some(&NODE_DOWN)),
    ("cp2_bitcoind_down_estimatesmartfee", Some(&NODE_DOWN)),
    ("cp2_block_unknown_height", None),
    ("cp2_catching_up_1_balances", Some(&NOT_READY)),
    ("cp2_catching_up_1_compose", Some(&NOT_READY)),
    ("cp2_catching_up_1_healthz", Some(&NOT_READY)),
    ("cp2_catching_up_2_balances", Some(&NOT_READY)),
    ("cp2_catching_up_2_compose", Some(&NOT_READY)),
    ("cp2_catching_up_2_healthz", Some(&NOT_READY)),
    ("cp2_catching_up_3_compose", Some(&BEHIND)),
    ("cp2_compose_err_attach_more_than_balance", Some(&REFUSED)),
    ("cp2_compose_err_bad_destination", Some(&REFUSED)),
    ("cp2_compose_err_bogus_encoding", Some(&REFUSED)),
    ("cp2_compose_err_broadcast_bad_options", Some(&REFUSED)),
    ("cp2_compose_err_decimal_quantity", Some(&REFUSED)),
    ("cp2_compose_err_detach_utxo_without_balance", Some(&REFUSED)),
    ("cp2_compose_err_dispense_no_dispenser", Some(&REFUSED)),
    ("cp2_compose_err_inputs_of_other_address", Some(&REFUSED)),
    ("cp2_compose_err_inputs_set_bad_format", Some(&REFUSED)),
    ("cp2_compose_err_inputs_set_duplicate", Some(&REFUSED)),
    ("cp2_compose_err_inputs_set_unknown_tx", Some(&REFUSED)),
    ("cp2_compose_err_insufficient_asset", Some(&REFUSED)),
    ("cp2_compose_err_insufficient_btc", Some(&REFUSED)),
    ("cp2_compose_err_invalid_source_address", Some(&BAD_ADDRESS)),
    ("cp2_compose_err_lock_second_within_3s", Some(&REFUSED)),
    ("cp2_compose_err_mainnet_destination", Some(&REFUSED)),
    ("cp2_compose_err_memo_bad_hex", Some(&REFUSED)),
    ("cp2_compose_err_memo_required", Some(&REFUSED)),
    ("cp2_compose_err_memo_required_mpma", Some(&REFUSED)),
    ("cp2_compose_err_memo_too_long", Some(&REFUSED)),
    ("cp2_compose_err_missing_parameter", Some(&REFUSED)),
    ("cp2_compose_err_mixed_inputs_biggest_is_foreign", Some(&REFUSED)),
    ("cp2_compose_err_mpma_duplicate", Some(&REFUSED)),
    ("cp2_compose_err_mpma_length_mismatch", Some(&REFUSED)),
    ("cp2_compose_err_mpma_one_only", Some(&REFUSED)),
    ("cp2_compose_err_mpma_p2tr_destination", Some(&REFUSED)),
    ("cp2_compose_err_multisig_pubkey_not_found", Some(&NODE_DOWN)),
    ("cp2_compose_err_negative_quantity", Some(&REFUSED)),
    ("cp2_compose_err_opreturn_too_long", Some(&REFUSED)),
    ("cp2_compose_err_p2sh_encoding", Some(&REFUSED)),
    ("cp2_compose_err_pubkeyhash_encoding", Some(&REFUSED)),
    ("cp2_compose_err_send_to_dispenser_low_btc", Some(&REFUSED)),
    ("cp2_compose_err_sweep_empty_address", Some(&REFUSED)),
    ("cp2_compose_err_sweep_flags", Some(&REFUSED)),
    ("cp2_compose_err_sweep_to_self", Some(&REFUSED)),
    ("cp2_compose_err_taproot_from_pkh_utxo_source", Some(&REFUSED)),
    ("cp2_compose_err_unknown_asset", Some(&REFUSED)),
    ("cp2_compose_err_unknown_parameter", Some(&REFUSED)),
    ("cp2_compose_err_utxo_with_balances_in_inputs_set", Some(&REFUSED)),
    ("cp2_compose_err_zero_quantity", Some(&REFUSED)),
    ("cp2_compose_pkh_broadcast_taproot", Some(&REFUSED)),
    ("cp2_compose_pkh_mpma12_opreturn", Some(&REFUSED)),
    ("cp2_compose_pkh_mpma12_taproot", Some(&REFUSED)),
    ("cp2_compose_pkh_send_taproot", Some(&REFUSED)),
    ("cp2_compose_pkh_sweep_taproot", Some(&REFUSED)),
    ("cp2_compose_send_no_inputs_set_no_electrs", Some(&BEHIND)),
    ("cp2_compose_shwpkh_broadcast_taproot", Some(&REFUSED)),
    ("cp2_compose_shwpkh_mpma12_opreturn", Some(&REFUSED)),
    ("cp2_compose_shwpkh_mpma12_taproot", Some(&REFUSED)),
    ("cp2_compose_shwpkh_send_taproot", Some(&REFUSED)),
    ("cp2_compose_shwpkh_sweep_taproot", Some(&REFUSED)),
    ("cp2_compose_tr_mpma12_opreturn", Some(&REFUSED)),
    ("cp2_compose_wpkh_mpma12_opreturn", Some(&REFUSED)),
    ("cp2_compose_wpkh_mpma_individual_memos", Some(&REFUSED)),
    ("cp2_compose_wpkh_send_no_fee_parameter_no_estimate_data", Some(&REFUSED)),
    ("cp2_compose_wpkh_send_taproot_exact_fee_no_estimate_data", Some(&REFUSED)),
    ("cp2_info_garbage", Some(&REFUSED)),
    ("cp2_limit_zero", Some(&REFUSED)),
    ("cp2_not_found_route", None),
    ("cp2_post_balances", Some(&HTTP_STATUS)),
    ("cp2_root_no_v2", Some(&HTTP_STATUS)),
    ("cp2_transaction_bad_hash", Some(&REFUSED)),
    ("cp2_transaction_btc_only", None),
    ("cp2_transaction_btc_only_verbose", None),
    ("cp2_transaction_taproot_commit", None),
    ("cp2_transaction_unknown", None),
    ("cp2_transaction_unknown_info", Some(&REFUSED)),
    ("cp2_unknown_parameter_400", Some(&REFUSED)),
    ("cp2_unpack_not_hex", Some(&REFUSED)),
    ("cp2_utxos_withbalances_missing_param", Some(&REFUSED)),
];

/// Compositions of the server.
const COMPOSED: &[&str] = &[
    "cp2_compose_lock_first",
    "cp2_compose_pkh_broadcast_multisig",
    "cp2_compose_pkh_broadcast_opreturn",
    "cp2_compose_pkh_dispense",
    "cp2_compose_pkh_mpma12_multisig",
    "cp2_compose_pkh_mpma2_opreturn",
    "cp2_compose_pkh_send_auto",
    "cp2_compose_pkh_send_multisig",
    "cp2_compose_pkh_send_opreturn",
    "cp2_compose_pkh_sweep_multisig",
    "cp2_compose_pkh_sweep_opreturn",
    "cp2_compose_shwpkh_broadcast_multisig",
    "cp2_compose_shwpkh_broadcast_opreturn",
    "cp2_compose_shwpkh_dispense",
    "cp2_compose_shwpkh_mpma12_multisig",
    "cp2_compose_shwpkh_mpma2_opreturn",
    "cp2_compose_shwpkh_send_auto",
    "cp2_compose_shwpkh_send_multisig",
    "cp2_compose_shwpkh_send_opreturn",
    "cp2_compose_shwpkh_sweep_multisig",
    "cp2_compose_shwpkh_sweep_opreturn",
    "cp2_compose_tr_broadcast_multisig",
    "cp2_compose_tr_broadcast_opreturn",
    "cp2_compose_tr_broadcast_taproot",
    "cp2_compose_tr_dispense",
    "cp2_compose_tr_mpma12_multisig",
    "cp2_compose_tr_mpma12_taproot",
    "cp2_compose_tr_mpma2_opreturn",
    "cp2_compose_tr_send_auto",
    "cp2_compose_tr_send_multisig",
    "cp2_compose_tr_send_opreturn",
    "cp2_compose_tr_send_taproot",
    "cp2_compose_tr_sweep_multisig",
    "cp2_compose_tr_sweep_opreturn",
    "cp2_compose_tr_sweep_taproot",
    "cp2_compose_utxo_detach",
    "cp2_compose_utxo_movetoutxo",
    "cp2_compose_wpkh_attach",
    "cp2_compose_wpkh_broadcast_multisig",
    "cp2_compose_wpkh_broadcast_opreturn",
    "cp2_compose_wpkh_broadcast_taproot",
    "cp2_compose_wpkh_broadcast_taproot_inscription",
    "cp2_compose_wpkh_dispense",
    "cp2_compose_wpkh_mpma12_multisig",
    "cp2_compose_wpkh_mpma12_taproot",
    "cp2_compose_wpkh_mpma2_opreturn",
    "cp2_compose_wpkh_mpma_taproot_60",
    "cp2_compose_wpkh_send_auto",
    "cp2_compose_wpkh_send_change_address",
    "cp2_compose_wpkh_send_dust_change_dropped",
    "cp2_compose_wpkh_send_exclude_utxos_with_balances",
    "cp2_compose_wpkh_send_from_attached_as_extra_ok_flag",
    "cp2_compose_wpkh_send_inputs_order_smaller_first",
    "cp2_compose_wpkh_send_inputs_set_with_value_and_script",
    "cp2_compose_wpkh_send_inputs_set_with_wrong_value",
    "cp2_compose_wpkh_send_mixed_inputs_biggest_is_own",
    "cp2_compose_wpkh_send_more_outputs",
    "cp2_compose_wpkh_send_multisig",
    "cp2_compose_wpkh_send_no_fee_parameter",
    "cp2_compose_wpkh_send_not_verbose",
    "cp2_compose_wpkh_send_opreturn",
    "cp2_compose_wpkh_send_return_only_data",
    "cp2_compose_wpkh_send_sat_per_vbyte",
    "cp2_compose_wpkh_send_spent_input_is_not_noticed",
    "cp2_compose_wpkh_send_taproot",
    "cp2_compose_wpkh_send_taproot_sat_per_vbyte",
    "cp2_compose_wpkh_sweep_multisig",
    "cp2_compose_wpkh_sweep_opreturn",
    "cp2_compose_wpkh_sweep_taproot",
];

const WPKH: &str = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk";
const TR: &str = "bcrt1p8wpt9v4frpf3tkn0srd97pksgsxc5hs52lafxwru9kgeephvs7rqjeprhg";
const PKH: &str = "mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV";

/// A recording as it came over the wire.
fn recorded(name: &str) -> Reply {
    let path = format!("{}/../vectors/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let header = |name: &str| recording["headers"][name].as_str().map(str::to_owned);
    Reply {
        status: recording["status"].as_u64().unwrap().try_into().unwrap(),
        ledger: header("X-COUNTERPARTY-HEIGHT"),
        bitcoin: header("X-BITCOIN-HEIGHT"),
        body: recording["response"].to_string().into_bytes(),
    }
}

/// The JSON that was recorded.
fn response(name: &str) -> Value {
    serde_json::from_slice(&recorded(name).body).unwrap()
}

/// An answer of a server that is at block 285.
fn at_285(status: u16, body: &Value) -> Reply {
    let height = Some("285".to_owned());
    Reply { status, ledger: height.clone(), bitcoin: height, body: body.to_string().into_bytes() }
}

fn list(rows: &[Value]) -> Reply {
    at_285(200, &json!({"result": rows, "next_cursor": null, "result_count": rows.len()}))
}

fn nothing() -> Reply {
    at_285(404, &json!({"error": "Not found"}))
}

/// The answer to a target, the n-th time.
type Answers = dyn Fn(&str, usize) -> Reply;

/// A wire whose answers a test writes.
struct Told {
    asked: Rc<RefCell<Vec<String>>>,
    answer: Box<Answers>,
}

impl Wire for Told {
    fn name(&self) -> String {
        "http://ledger".to_owned()
    }

    fn get(&self, target: &str) -> Result<Reply> {
        if target == "/v2/" {
            return Ok(recorded("cp2_root"));
        }
        let mut asked = self.asked.borrow_mut();
        let before = asked.iter().filter(|earlier| *earlier == target).count();
        asked.push(target.to_owned());
        Ok((self.answer)(target, before))
    }

    fn post(&self, path: &str, form: &str) -> Result<Reply> {
        self.get(&format!("POST {path}?{form}"))
    }
}

type Asked = Rc<RefCell<Vec<String>>>;

/// A server whose answer to a target, the n-th time, a test gives.
fn server(answer: impl Fn(&str, usize) -> Reply + 'static) -> (CounterpartyServer, Asked) {
    let asked = Asked::default();
    let wire = Told { asked: asked.clone(), answer: Box::new(answer) };
    (CounterpartyServer::over(Box::new(wire), BitcoinNetwork::Regtest), asked)
}

/// A server that always says the same.
fn saying(reply: Reply) -> CounterpartyServer {
    server(move |_, _| reply.clone()).0
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> &'static Code {
    outcome.unwrap_err().code()
}

fn units(quantity: u64) -> Quantity {
    Quantity::new(quantity).unwrap()
}

#[test]
fn every_recorded_error_ends_in_a_code_that_says_what_to_do() {
    for (name, expected) in ERRORS {
        let told = recorded(name).told("/v2/question");
        match (told, expected) {
            (Ok(told), None) => assert!(told.body.is_none(), "{name}"),
            (Err(error), Some(code)) => {
                assert_eq!(error.code(), *code, "{name}: {error}");
                assert!(!error.what().is_empty() && !error.what().contains('\n'), "{name}: {error}");
            }
            (told, _) => panic!("{name}: {told:?}"),
        }
    }
}

#[test]
fn a_server_that_lags_is_refused_with_both_heights_and_the_wait_whatever_it_says_of_itself() {
    let error = recorded("cp2_catching_up_3_balances").told("/v2/x").unwrap_err();
    assert_eq!(error.code(), &BEHIND);
    assert!(error.what().contains("block 335") && error.what().contains("block 532"), "{error}");
    assert!(error.what().contains("197 to parse, roughly 4 min"), "{error}");
    let error = recorded("cp2_catching_up_1_balances").told("/v2/x").unwrap_err();
    assert!(error.what().contains("block 0") && error.what().contains("532 to parse"), "{error}");
    // Recorded just after a block: one behind.
    let error = recorded("cp2_mempool_events_after_block").told("/v2/x").unwrap_err();
    assert!(error.code() == &BEHIND && error.what().contains("1 to parse, usually less"), "{error}");
    let one = |ledger: &str| Reply { ledger: Some(ledger.to_owned()), ..list(&[]) };
    assert!(one("284").told("x").unwrap_err().what().contains("less than a minute"));
    assert_eq!(one("286").told("x").unwrap().height, 286);
    assert_eq!(code(one("None").told("x")), &NOT_READY);
    assert_eq!(code(one("-1").told("x")), &NOT_A_SERVER);
    assert_eq!(code(Reply { bitcoin: None, ..list(&[]) }.told("x")), &NOT_A_SERVER);
    assert_eq!(code(at_285(500, &json!({"error": "Internal server error"})).told("x")), &BROKEN);
    assert_eq!(code(at_285(418, &json!({})).told("x")), &HTTP_STATUS);
    // What stands before a server may answer 404 and 503 as well, without heights.
    assert_eq!(code(Reply { ledger: None, ..nothing() }.told("x")), &NOT_A_SERVER);
    assert_eq!(code(Reply { ledger: None, status: 503, ..nothing() }.told("x")), &NOT_READY);
}

#[test]
fn the_status_is_told_also_while_the_server_is_not_ready() {
    let status = facts::status(recorded("cp2_root")).unwrap();
    assert_eq!((status.height, status.bitcoin_height, status.ready), (305, 305, true));
    assert_eq!((status.network, status.version.as_str()), (BitcoinNetwork::Regtest, "11.2.0"));
    let status = facts::status(recorded("cp2_catching_up_1_root")).unwrap();
    assert_eq!((status.height, status.bitcoin_height, status.ready), (0, 532, false));
    assert_eq!(status.state, "Starting");
    let status = facts::status(recorded("cp2_catching_up_3_root")).unwrap();
    assert!(status.ready && status.height < status.bitcoin_height, "readiness is not to be believed");
    let without = |member: &str, value: Value| {
        let mut root = response("cp2_root");
        root["result"][member] = value;
        facts::status(at_285(200, &root))
    };
    assert_eq!(code(without("network", json!("moonnet"))), &WRONG_NETWORK);
    assert_eq!(code(without("backend_height", Value::Null)), &NOT_READY);
    assert_eq!(code(without("counterparty_height", json!(-3))), &UNREADABLE);
    assert_eq!(code(without("counterparty_height", json!(285.5))), &UNREADABLE);
    assert_eq!(code(facts::status(recorded("cp2_root_no_v2"))), &HTTP_STATUS);
    // A server whose node is down says nothing of it: only a node of one's own can tell.
    assert!(facts::status(recorded("cp2_bitcoind_down_root")).unwrap().ready);
    assert!(recorded("cp2_bitcoind_down_balances").told("x").is_ok());
}

#[test]
fn a_server_of_another_network_is_asked_nothing_else() {
    let asked = Asked::default();
    let wire = Told { asked: asked.clone(), answer: Box::new(|_, _| list(&[])) };
    let server = CounterpartyServer::over(Box::new(wire), BitcoinNetwork::Mainnet);
    let error = server.balances(&[WPKH.to_owned()]).unwrap_err();
    assert_eq!(error.code(), &WRONG_NETWORK);
    assert!(error.what().contains("regtest") && error.what().contains("mainnet"), "{error}");
    assert!(asked.borrow().is_empty());
}

#[test]
fn blocks_belong_to_their_height() {
    let block = saying(recorded("cp2_block_by_height")).block(284).unwrap();
    assert_eq!((block.height, &block.ledger_hash[..8]), (284, "41e56782"));
    assert!(block.hash.to_string().starts_with("0593dacf"));
    assert_eq!(code(saying(recorded("cp2_blocks_last")).block(284)), &ANOTHER_ANSWER);
    assert_eq!(code(saying(recorded("cp2_block_unknown_height")).block(99_999)), &NOT_REACHED);
    let mut body = response("cp2_block_by_height");
    body["result"]["ledger_hash"] = json!("41e5");
    assert_eq!(code(saying(at_285(200, &body)).block(284)), &UNREADABLE);
}

#[test]
fn assets_are_read_under_their_exact_name() {
    let asset = |file: &str, name: &str| saying(recorded(file)).asset(name);
    let xcp = asset("cp2_asset_xcp", "XCP").unwrap().unwrap();
    assert_eq!((xcp.id.as_str(), xcp.divisible, xcp.locked, xcp.owner), ("1", true, true, None));
    let divisible = asset("cp2_asset_divisible", "TOKENDIV").unwrap().unwrap();
    assert_eq!((divisible.id.as_str(), divisible.divisible, divisible.locked), ("157050086617", true, false));
    assert_eq!(divisible.owner.as_deref(), Some(WPKH));
    let indivisible = asset("cp2_asset_indivisible_locked", "CARDSIND").unwrap().unwrap();
    assert_eq!((indivisible.divisible, indivisible.locked), (false, true));
    assert!(asset("cp2_asset_numeric", "A95428956661682177").unwrap().is_some());
    for (file, name) in [
        ("cp2_asset_subasset_longname", "TOKENDIV.sub.Item_1"),
        ("cp2_asset_subasset_numeric", "A95428960440599004"),
    ] {
        let subasset = asset(file, name).unwrap().unwrap();
        assert_eq!(subasset.name, "A95428960440599004");
        assert_eq!(subasset.longname.as_deref(), Some("TOKENDIV.sub.Item_1"));
    }
    assert_eq!(code(asset("cp2_asset_lowercase", "tokendiv")), &ANOTHER_ANSWER);
    assert_eq!(code(asset("cp2_asset_subasset_wrong_case", "TOKENDIV.SUB.ITEM_1")), &ANOTHER_ANSWER);
    assert_eq!(code(asset("cp2_asset_xcp", "TOKENDIV")), &ANOTHER_ANSWER);
    for file in ["cp2_asset_unknown", "cp2_asset_invalid_name", "cp2_asset_btc"] {
        assert_eq!(asset(file, "NOSUCHASSET").unwrap(), None, "{file}");
    }
    for (member, lie) in [
        ("asset_id", json!("157050086618")),
        ("asset", json!("A095428960440599004")),
        ("divisible", json!("true")),
        ("divisible", json!(1)),
        ("locked", Value::Null),
    ] {
        let mut body = response("cp2_asset_divisible");
        body["result"][member] = lie.clone();
        let code = code(saying(at_285(200, &body)).asset("TOKENDIV"));
        assert!([&ANOTHER_ANSWER, &UNREADABLE].contains(&code), "{member} {lie}");
    }
    let (server, asked) = server(|_, _| nothing());
    server.asset("PARENT.a/b?c").unwrap();
    assert_eq!(*asked.borrow(), ["/v2/assets/PARENT.a%2Fb%3Fc"]);
}

#[test]
fn addresses_tell_whether_they_want_memos_and_how_many_dispensers_pay() {
    let facts = |options: &'static str, dispensers: &'static str, address: &str| {
        let (server, asked) = server(move |target, _| {
            recorded(if target.ends_with("/options") { options } else { dispensers })
        });
        server.address(address).map(|facts| (facts.requires_memo, facts.dispensers, asked.borrow().clone()))
    };
    let memoreq = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";
    let (wants, dispensers, asked) =
        facts("cp2_address_memoreq_options", "cp2_address_dispensers_none", memoreq).unwrap();
    assert!(wants && dispensers == 0);
    assert_eq!(asked[1], format!("/v2/addresses/{memoreq}/dispensers?status=open%2Cclosing&limit=1000"));
    let empty = "bcrt1qaqg4v3eegac2xqp0fddwgg7qle6ht7668gy08s";
    let (wants, ..) = facts("cp2_address_empty_options", "cp2_address_dispensers_none", empty).unwrap();
    assert!(!wants);
    // The dispensers of another address.
    assert_eq!(code(facts("cp2_address_wpkh_options", "cp2_address_dispensers_open", WPKH)), &ANOTHER_ANSWER);
    assert_eq!(code(facts("cp2_address_wpkh_options", "cp2_address_dispensers_none", PKH)), &ANOTHER_ANSWER);
    let dispensing = "mzpbWabUQm1w8ijuJnAof5eiSTep27deVH";
    let with_status = move |status: Value| {
        let (server, _) = server(move |target, _| {
            if target.ends_with("/options") {
                return at_285(
                    200,
                    &json!({"result": {"address": dispensing, "options": 0, "block_index": null}}),
                );
            }
            let mut body = response("cp2_address_dispensers_open");
            body["result"][0]["status"] = status.clone();
            at_285(200, &body)
        });
        server.address(dispensing)
    };
    assert_eq!(with_status(json!(0)).unwrap().dispensers, 1);
    assert_eq!(with_status(json!(11)).unwrap().dispensers, 1);
    assert_eq!(code(with_status(json!(10))), &ANOTHER_ANSWER);
    assert_eq!(code(with_status(json!("0"))), &UNREADABLE);
}

#[test]
fn balances_are_read_to_the_last_page_at_one_height() {
    let addresses = [PKH.to_owned(), WPKH.to_owned(), WPKH.to_owned()];
    let second = || {
        let utxo = "3f62b0b7c42f194630d3c65b23d253989ee2cd1cf10dafe251d54dde649ae211:0";
        let rows = json!([{"asset": "TOKENDIV", "asset_longname": null, "total": 1_200_000_007_u64, "addresses": [
            {"address": PKH, "utxo": null, "utxo_address": null, "quantity": 7},
            {"address": null, "utxo": utxo, "utxo_address": WPKH, "quantity": 1_200_000_000},
        ]}]);
        json!({"result": rows, "next_cursor": null, "result_count": 4})
    };
    let (honest, asked) = server(move |target, _| match target.contains("cursor=A95428956661682177") {
        true => at_285(200, &second()),
        false => recorded("cp2_addresses_balances_multi"),
    });
    let found = honest.balances(&addresses).unwrap();
    assert_eq!(found.len(), 5);
    assert_eq!(found[3].outpoint.map(|outpoint| outpoint.vout), Some(0));
    assert_eq!((found[4].address.as_str(), found[4].quantity), (PKH, units(7)));
    assert_eq!(asked.borrow().len(), 2);
    assert!(
        asked.borrow()[0].starts_with(&format!("/v2/addresses/balances?addresses={WPKH}%2C{PKH}&type=all"))
    );

    // A row is missing.
    let (server_, _) = server(move |target, _| {
        let mut body = second();
        body["result_count"] = json!(5);
        if target.contains("cursor") { at_285(200, &body) } else { recorded("cp2_addresses_balances_multi") }
    });
    assert_eq!(code(server_.balances(&addresses)), &ANOTHER_ANSWER);
    // A block between the pages: it is read again, but not for ever.
    let later = move || Reply { ledger: Some("286".to_owned()), ..at_285(200, &second()) };
    let (once, asked) = server(move |target, before| match (target.contains("cursor"), before) {
        (true, 0) => later(),
        (true, _) => at_285(200, &second()),
        (false, _) => recorded("cp2_addresses_balances_multi"),
    });
    assert_eq!(once.balances(&addresses).unwrap().len(), 5);
    assert_eq!(asked.borrow().len(), 4);
    let (always, asked) = server(move |target, _| match target.contains("cursor") {
        true => later(),
        false => recorded("cp2_addresses_balances_multi"),
    });
    assert_eq!(code(always.balances(&addresses)), &MOVED);
    assert!(asked.borrow().len() < 30);
    // A list that comes back to itself.
    let endless = saying(recorded("cp2_addresses_balances_multi"));
    assert_eq!(code(endless.balances(&addresses)), &TOO_MANY);
    assert!(saying(list(&[])).balances(&[]).unwrap().is_empty());
}

/// Pages without end; `rows` of each, and blanks behind them.
fn pages(rows: usize, blanks: usize) -> (CounterpartyServer, Asked) {
    let number = Cell::new(0_u32);
    server(move |_, _| {
        number.set(number.get().wrapping_add(1));
        let rows = vec![json!(7); rows];
        let mut reply = at_285(200, &json!({"result": rows, "next_cursor": number.get()}));
        reply.body.extend(vec![b' '; blanks]);
        reply
    })
}

#[test]
fn all_pages_of_one_question_stay_below_a_limit_of_rows_and_of_bytes() {
    let query = Query::of(&["mempool", "events", "X"]);
    let (many, asked) = pages(1_000, 0);
    let error = many.rows::<u8>(&query).err().unwrap();
    assert_eq!(error.code(), &TOO_MANY);
    assert!(error.what().contains("200000 rows"), "{error}");
    assert_eq!(asked.borrow().len(), 201, "200 pages may be");
    let (long, asked) = pages(1, 16 << 20);
    let error = long.rows::<u8>(&query).err().unwrap();
    assert_eq!(error.code(), &TOO_MANY);
    assert!(error.what().contains("67108864 bytes"), "{error}");
    assert_eq!(asked.borrow().len(), 4);
}

#[test]
fn many_addresses_are_asked_in_questions_that_servers_take() {
    let addresses: Vec<String> = (0..501).map(|n| format!("{WPKH}{n:020}")).collect();
    let (server_, asked) = server(|_, _| list(&[]));
    assert!(server_.balances(&addresses).unwrap().is_empty());
    assert_eq!(asked.borrow().len(), 11);
    assert!(asked.borrow().iter().all(|target| target.len() < 4_000));
    // The ledger moves between two questions.
    let (moving, _) = server(move |target, _| match target.contains("00000000000000000000%2C") {
        true => list(&[]),
        false => Reply { ledger: Some("286".to_owned()), ..list(&[]) },
    });
    assert_eq!(code(moving.balances(&addresses)), &MOVED);
}

#[test]
fn quantities_are_whole_numbers_in_range_and_nothing_else() {
    let told = |quantity: &str, total: &str| {
        let body = format!(
            "{{\"result\":[{{\"asset\":\"XCP\",\"total\":{total},\"addresses\":[{{\"address\":\"{WPKH}\",\"utxo\":null,\
             \"utxo_address\":null,\"quantity\":{quantity}}}]}}],\"next_cursor\":null,\"result_count\":1}}"
        );
        let reply = Reply { body: body.into_bytes(), ..list(&[]) };
        saying(reply).balances(&[WPKH.to_owned()])
    };
    let most = "9223372036854775807";
    assert_eq!(told(most, most).unwrap()[0].quantity, Quantity::MAX);
    assert_eq!(told("5", "5").unwrap()[0].quantity, units(5));
    for bad in [
        "-1",
        "9223372036854775808",
        "18446744073709551616",
        "1.0",
        "1e3",
        "\"5\"",
        "null",
        "true",
        "[5]",
        "5,\"quantity\":6",
    ] {
        assert_eq!(code(told(bad, "5")), &UNREADABLE, "{bad}");
    }
    assert_eq!(code(told("5", "6")), &ANOTHER_ANSWER);
}

#[test]
fn balances_of_others_or_of_nobody_are_refused() {
    let holders = |holders: Value, total: u64| {
        let row = json!({"asset": "XCP", "total": total, "addresses": holders});
        code(saying(list(&[row])).balances(&[WPKH.to_owned()]))
    };
    let of = |address: Value, utxo: Value, owner: Value| json!({"address": address, "utxo": utxo, "utxo_address": owner, "quantity": 1});
    let utxo = json!(format!("{}:0", "ab".repeat(32)));
    assert_eq!(holders(json!([of(json!(PKH), Value::Null, Value::Null)]), 1), &ANOTHER_ANSWER);
    assert_eq!(holders(json!([of(Value::Null, utxo.clone(), json!(PKH))]), 1), &ANOTHER_ANSWER);
    assert_eq!(holders(json!([of(json!(WPKH), utxo, Value::Null)]), 1), &ANOTHER_ANSWER);
    assert_eq!(holders(json!([of(Value::Null, Value::Null, Value::Null)]), 1), &ANOTHER_ANSWER);
    let own = of(json!(WPKH), Value::Null, Value::Null);
    assert_eq!(holders(json!([own.clone(), own]), 2), &ANOTHER_ANSWER);
    assert_eq!(holders(json!([of(Value::Null, json!("zz:1"), json!(WPKH))]), 1), &UNREADABLE);
}

#[test]
fn attached_assets_are_found_confirmed_and_waiting() {
    let attached = "3f62b0b7c42f194630d3c65b23d253989ee2cd1cf10dafe251d54dde649ae211:0";
    let (pkh, plain) = (
        "ace87a061b889fe662242bc963a4fd1a78c84c35b14fca85c0b4e902b8ec5206:0",
        "c2951b0b9816347fd09f20f808cd6c05086a130a20d09e68fa29b7ff9aa1894c:0",
    );
    let asked: Vec<OutPoint> = [attached, pkh, plain].map(|text| text.parse().unwrap()).into();
    // An event written by hand after `messages/attach.py` of counterparty-core 11.2.
    let event = |destination: &str, status: &str, quantity: Value| {
        json!({"tx_hash": "c2951b0b9816347fd09f20f808cd6c05086a130a20d09e68fa29b7ff9aa1894c",
               "event": "ATTACH_TO_UTXO", "timestamp": 1_795_250_859.776,
               "params": {"asset": "XCP", "block_index": 9_999_999, "destination": destination,
                          "destination_address": WPKH, "fee_paid": 0, "msg_index": 0, "quantity": quantity,
                          "send_type": "attach", "source": WPKH, "status": status}})
    };
    let with = |events: Vec<Value>| {
        let (server, _) = server(move |target, _| match target {
            _ if target.contains("withbalances") => recorded("cp2_utxos_withbalances"),
            _ if target.contains("ATTACH_TO_UTXO") => list(&events),
            _ if target.contains("UTXO_MOVE") => recorded("cp2_mempool_events_empty"),
            _ if target.contains("ace87a06") => recorded("cp2_utxo_balances_attached_pkh_not_verbose"),
            _ => recorded("cp2_utxo_balances_attached_wpkh_not_verbose"),
        });
        server.attached(&asked)
    };
    let found = with(Vec::new()).unwrap();
    let shown: Vec<String> =
        found.iter().map(|a| format!("{} {} {}", a.outpoint, a.asset, a.quantity.to_base_units())).collect();
    let confirmed =
        [format!("{pkh} CARDSIND 7"), format!("{pkh} XCP 7"), format!("{attached} TOKENDIV 1200000000")];
    assert_eq!(shown, confirmed);
    let found =
        with(vec![event(plain, "valid", json!(9)), event(&plain.replace(":0", ":1"), "valid", json!(8))]);
    let found = found.unwrap();
    assert_eq!(found.len(), 4);
    let found = found.iter().find(|found| found.outpoint.to_string() == plain).unwrap();
    assert_eq!((found.outpoint.to_string().as_str(), found.quantity), (plain, units(9)));
    assert_eq!(with(vec![event(plain, "invalid: insufficient funds", json!(9))]).unwrap().len(), 3);
    // Strangers' events may be anything, one on our output may not.
    assert_eq!(with(vec![event("nonsense", "valid", json!("x"))]).unwrap().len(), 3);
    assert_eq!(code(with(vec![event(plain, "valid", json!("9"))])), &UNREADABLE);
    assert_eq!(code(with(vec![event(plain, "valid", json!(9.0))])), &UNREADABLE);
    assert_eq!(code(with(vec![event(attached, "valid", json!(9))])), &ANOTHER_ANSWER);
    assert!(saying(nothing()).attached(&[]).unwrap().is_empty());
}

#[test]
fn the_outputs_of_an_answer_are_those_of_the_question() {
    let outpoint: OutPoint =
        "3f62b0b7c42f194630d3c65b23d253989ee2cd1cf10dafe251d54dde649ae211:0".parse().unwrap();
    let told = |with: &'static str, balances: &'static str| {
        let (server, _) = server(move |target, _| match target {
            _ if target.contains("withbalances") => recorded(with),
            _ if target.contains("mempool") => recorded("cp2_mempool_events_empty"),
            _ => recorded(balances),
        });
        server.attached(&[outpoint])
    };
    assert_eq!(code(told("cp2_utxos_withbalances", "cp2_utxo_balances_none")), &ANOTHER_ANSWER);
    assert_eq!(code(told("cp2_utxos_withbalances_bad", "cp2_utxo_balances_none")), &UNREADABLE);
    let with = |balances: &'static str| {
        let (server, _) = server(move |target, _| match target {
            _ if target.contains("withbalances") => {
                at_285(200, &json!({"result": {(outpoint.to_string()): true}}))
            }
            _ if target.contains("mempool") => recorded("cp2_mempool_events_empty"),
            _ => recorded(balances),
        });
        server.attached(&[outpoint])
    };
    assert_eq!(with("cp2_utxo_balances_attached_wpkh").unwrap().len(), 1);
    assert_eq!(code(with("cp2_utxo_balances_after_move")), &ANOTHER_ANSWER);
    assert_eq!(code(with("cp2_utxo_balances_attached_tr")), &ANOTHER_ANSWER);
    assert_eq!(code(with("cp2_utxo_balances_none")), &MOVED);
    let plain: OutPoint =
        "c2951b0b9816347fd09f20f808cd6c05086a130a20d09e68fa29b7ff9aa1894c:0".parse().unwrap();
    assert!(
        holdings::with_balances(&recorded("cp2_utxos_withbalances_none").body, &[plain]).unwrap().is_empty()
    );
}

/// The judgement of a transaction from two recordings.
fn judged(transaction: &'static str, sends: &'static str) -> Result<Judgement> {
    let txid = response(transaction)["result"]["tx_hash"].as_str().unwrap().parse().unwrap();
    let (server, _) = server(move |target, _| match target.contains("/sends") {
        true => recorded(sends),
        false => recorded(transaction),
    });
    server.judgement(txid)
}

#[test]
fn a_judgement_holds_every_row() {
    let parsed = |transaction, sends| match judged(transaction, sends).unwrap() {
        Judgement::Parsed { height, valid, kind, sends } => (height, valid, kind, sends),
        other @ (Judgement::Unknown | Judgement::Waiting) => panic!("{other:?}"),
    };
    let (height, valid, kind, rows) =
        parsed("cp2_transaction_enhanced_send", "cp2_transaction_enhanced_send_sends");
    assert_eq!((height, valid, kind.as_str(), rows.len()), (154, true, "enhanced_send", 1));
    assert_eq!((rows[0].source.as_str(), rows[0].status.as_str()), (WPKH, "valid"));
    assert_eq!((rows[0].asset.as_str(), rows[0].quantity), ("TOKENDIV", units(150_000_000)));
    assert_eq!(rows[0].memo.as_deref(), Some("6f72646572203132333420c3a9"));
    let (.., kind, rows) = parsed("cp2_transaction_mpma", "cp2_transaction_mpma_sends");
    assert_eq!(kind, "mpma");
    let places: Vec<_> = rows.iter().map(|row| (row.msg_index, row.quantity)).collect();
    assert_eq!(places, [(0, units(1000)), (1, units(1001))]);
    for (transaction, sends, count) in [
        ("cp2_transaction_enhanced_send_hexmemo", "cp2_transaction_enhanced_send_hexmemo_sends", 1),
        ("cp2_transaction_taproot_send", "cp2_transaction_taproot_send_sends", 1),
        ("cp2_transaction_multisig_send", "cp2_transaction_multisig_send_sends", 1),
        ("cp2_transaction_legacy_send", "cp2_transaction_legacy_send_sends", 1),
        ("cp2_transaction_sweep", "cp2_transaction_sweep_sends", 0),
        ("cp2_transaction_broadcast", "cp2_transaction_broadcast_sends", 0),
        ("cp2_transaction_dispense", "cp2_transaction_dispense_sends", 0),
    ] {
        let (_, valid, _, rows) = parsed(transaction, sends);
        assert!(valid && rows.len() == count, "{transaction}");
    }
    assert_eq!(code(judged("cp2_transaction_enhanced_send", "cp2_transaction_mpma_sends")), &ANOTHER_ANSWER);
}

#[test]
fn what_the_ledger_does_not_know_is_unknown_or_waits() {
    let ask = |transaction: &'static str, events: &'static str, txid: &str| {
        let (server, _) = server(move |target, _| match target.contains("/mempool/") {
            true => recorded(events),
            false => recorded(transaction),
        });
        server.judgement(txid.parse().unwrap())
    };
    let waiting = "e4a5844c853c70e4826ce2e2f36830ac6290f2669658baf28f75f16f95cfac89";
    let none = "cp2_mempool_events_empty";
    assert_eq!(ask("cp2_transaction_unknown", none, waiting).unwrap(), Judgement::Unknown);
    assert_eq!(ask("cp2_transaction_taproot_commit", none, waiting).unwrap(), Judgement::Unknown);
    assert_eq!(ask("cp2_transaction_unknown", "cp2_mempool_tx_events", waiting).unwrap(), Judgement::Waiting);
    assert_eq!(ask("cp2_mempool_transaction_by_hash", none, waiting).unwrap(), Judgement::Waiting);
    let other = "ab".repeat(32);
    assert_eq!(code(ask("cp2_transaction_unknown", "cp2_mempool_tx_events", &other)), &ANOTHER_ANSWER);
    assert_eq!(code(ask("cp2_mempool_transaction_by_hash", none, &other)), &ANOTHER_ANSWER);
}

#[test]
fn an_invalid_row_may_hold_anything_and_a_valid_one_may_not() {
    let txid: Txid = "37266cdce851aa06c0e7f8bd78fe2087b1d38ab6e83179ab4b53946081151022".parse().unwrap();
    let with = |members: &[(&str, Value)]| {
        let mut body = response("cp2_transaction_enhanced_send_sends");
        for (name, value) in members {
            body["result"][0][*name] = value.clone();
        }
        let page = Page::of(body.to_string().as_bytes(), "sends").unwrap();
        judgement::sends(page.rows, txid, 154)
    };
    let invalid = ("status", json!("invalid: could not unpack"));
    for quantity in [Value::Null, json!(-5), json!(u64::MAX), json!(1.5)] {
        let rows = with(&[
            invalid.clone(),
            ("quantity", quantity.clone()),
            ("asset", Value::Null),
            ("destination", Value::Null),
        ]);
        assert_eq!(rows.unwrap()[0].quantity, units(0));
        assert_eq!(code(with(&[("quantity", quantity)])), &UNREADABLE);
    }
    for member in ["asset", "destination", "source"] {
        assert_eq!(code(with(&[(member, Value::Null)])), &UNREADABLE, "{member}");
    }
    assert_eq!(code(with(&[("block_index", json!(155))])), &ANOTHER_ANSWER);
}

#[test]
fn places_given_twice_are_refused() {
    let mut body = response("cp2_transaction_mpma_sends");
    body["result"][0]["msg_index"] = json!(0);
    let page = Page::of(body.to_string().as_bytes(), "sends").unwrap();
    let txid = "d0f9da2928f2257727366b5c19c1d8ffb70c1ebad83cb9f1e79389d89882169e".parse().unwrap();
    assert_eq!(code(judgement::sends(page.rows, txid, 168)), &ANOTHER_ANSWER);
}

/// A row of `/v2/addresses/A/credits`, written by hand: there is no recording of that route. Members as `select_rows` of
/// counterparty-core 11.2 gives them; the values of the two that were recorded as events are those.
fn credit(block: u32, kind: &str, event: &str, asset: &str, quantity: u64) -> Value {
    json!({"block_index": block, "address": WPKH, "asset": asset, "quantity": quantity, "calling_function": kind,
           "event": event, "tx_index": 120, "utxo": null, "utxo_address": null, "credit_index": 158})
}

fn sent(block: u32, txid: &str, index: u32, asset: &str, quantity: u64, memo: Option<&str>) -> Value {
    json!({"tx_index": 3, "tx_hash": txid, "block_index": block, "source": PKH, "destination": WPKH, "asset": asset,
           "quantity": quantity, "status": "valid", "msg_index": index, "memo": memo, "fee_paid": 0,
           "send_type": "send", "source_address": null, "destination_address": null})
}

/// The credits of blocks `from..=to`; all lists newest first, as servers give them.
fn credited(
    credits: &[Value],
    sends: &[Value],
    others: &[(&'static str, Value)],
    from: u32,
    to: u32,
) -> Result<Vec<Credit>> {
    let (credits, sends, others) = (credits.to_vec(), sends.to_vec(), others.to_vec());
    let (server, _) = server(move |target, _| {
        if target.starts_with("/v2/blocks/") {
            let mut block = response("cp2_block_by_height");
            block["result"]["block_index"] = json!(to);
            return at_285(200, &block);
        }
        match target {
            _ if target.contains("/credits?") => list(&credits),
            _ if target.contains("/sends?") => list(&sends),
            _ => others
                .iter()
                .find(|(name, _)| target.contains(name))
                .map_or_else(nothing, |(_, rows)| list(rows.as_array().unwrap())),
        }
    });
    server.credits(WPKH, from, to)
}

#[test]
fn credits_come_with_payer_memo_and_a_place_that_no_other_has() {
    let (a, b, c, d) = ("aa".repeat(32), "bb".repeat(32), "cc".repeat(32), "dd".repeat(32));
    let dispense = "eef70b6d238618f1b5423a4d26c3e854d2dab207d3e7ff707d33a1dc2c99d079";
    let mut moved = credit(150, "utxo move", &d, "XCP", 5);
    moved["address"] = Value::Null;
    moved["utxo"] = json!(format!("{d}:1"));
    moved["utxo_address"] = json!(WPKH);
    let mut move_row = sent(150, &d, 2, "XCP", 5, None);
    move_row["source"] = json!(format!("{a}:0"));
    move_row["source_address"] = json!(PKH);
    move_row["destination"] = json!(format!("{d}:1"));
    let credits = [
        credit(285, "dispense", dispense, "XCP", 300_000_000),
        credit(200, "dividend", &c, "XCP", 3),
        credit(200, "dividend", &c, "XCP", 3),
        moved,
        credit(140, "mpma send", &b, "TOKENDIV", 20),
        credit(140, "mpma send", &b, "XCP", 10),
        credit(139, "send", &a, "XCP", 1),
        credit(100, "send", &a, "XCP", 99),
    ];
    let sends = [
        move_row,
        sent(140, &b, 4, "XCP", 10, Some("deadbeef")),
        sent(140, &b, 3, "TOKENDIV", 20, Some("order 7")),
        sent(139, &a, 0, "XCP", 1, None),
    ];
    let dispenses = json!([{"tx_hash": dispense, "block_index": 285, "source": PKH, "destination": WPKH, "asset": "XCP",
                            "dispense_quantity": 300_000_000}]);
    let found = credited(&credits, &sends, &[("/dispenses/receives?", dispenses)], 139, 285).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|c| {
            let memo =
                c.memo.as_ref().map(|memo| (memo.written.as_str(), memo.bytes.as_deref().map(<[u8]>::len)));
            let (txid, source) = (c.txid.to_string(), c.source.as_deref().unwrap_or("-"));
            format!(
                "{} {}/{} {} {} {} {source} {memo:?}",
                c.height,
                &txid[..4],
                c.position,
                c.kind,
                c.quantity.to_base_units(),
                c.asset
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            format!("139 aaaa/0 send 1 XCP {PKH} None"),
            format!("140 bbbb/4 mpma 10 XCP {PKH} Some((\"deadbeef\", Some(4)))"),
            format!("140 bbbb/3 mpma 20 TOKENDIV {PKH} Some((\"order 7\", None))"),
            format!("150 dddd/2 move 5 XCP {PKH} None"),
            "200 cccc/0 dividend 3 XCP - None".to_owned(),
            "200 cccc/1 dividend 3 XCP - None".to_owned(),
            format!("285 eef7/0 dispense 300000000 XCP {PKH} None"),
        ]
    );
}

/// What the recorded events of a transaction credit, in the form of rows: those are the events' members and an index.
fn of_events(events: &'static str, kind: &str) -> Vec<Value> {
    let all = response(events)["result"].as_array().unwrap().clone();
    let of_kind = all.into_iter().filter(|event| event["event"] == kind);
    of_kind
        .map(|event| {
            let mut row = event["params"].clone();
            row["credit_index"] = event["event_index"].clone();
            row
        })
        .collect()
}

#[test]
fn recorded_credits_are_joined_with_the_recorded_sends_that_made_them() {
    for (events, others, kind, payer, memo) in [
        ("cp2_transaction_enhanced_send_events", "cp2_transaction_enhanced_send_sends", "send", WPKH, true),
        ("cp2_transaction_mpma_events", "cp2_transaction_mpma_sends", "mpma", WPKH, false),
        ("cp2_transaction_legacy_send_events", "cp2_transaction_legacy_send_sends", "send", WPKH, false),
        ("cp2_transaction_multisig_send_events", "cp2_transaction_multisig_send_sends", "send", PKH, true),
        ("cp2_transaction_taproot_send_events", "cp2_transaction_taproot_send_sends", "send", TR, true),
        (
            "cp2_transaction_sweep_events",
            "cp2_address_wpkh_sweeps",
            "sweep",
            "bcrt1qynpgs6wap6h9uvy7j0xlesew2w82qn039tzepj",
            true,
        ),
        (
            "cp2_transaction_dispense_events",
            "cp2_mempool_events_empty",
            "dispense",
            "mzpbWabUQm1w8ijuJnAof5eiSTep27deVH",
            false,
        ),
    ] {
        let credits = of_events(events, "CREDIT");
        let addresses: BTreeSet<String> =
            credits.iter().map(|credit| credit["address"].as_str().unwrap().to_owned()).collect();
        assert!(!addresses.is_empty(), "{events}");
        for address in addresses {
            let own: Vec<Value> =
                credits.iter().filter(|credit| credit["address"] == *address).cloned().collect();
            let count = own.len();
            let (server, _) = server(move |target, _| match target {
                _ if target.starts_with("/v2/blocks/") => {
                    let mut block = response("cp2_block_by_height");
                    block["result"]["block_index"] = json!(285);
                    at_285(200, &block)
                }
                _ if target.contains("/credits?") => list(&own),
                _ if target.contains("/dispenses/receives?") => list(&of_events(events, "DISPENSE")),
                _ => recorded(others),
            });
            let found = server.credits(&address, 1, 285).unwrap();
            let places: BTreeSet<_> = found.iter().map(|credit| credit.position).collect();
            assert_eq!((found.len(), places.len()), (count, count), "{events}");
            for credit in found {
                assert_eq!((credit.kind.as_str(), credit.source.as_deref()), (kind, Some(payer)), "{events}");
                assert_eq!(credit.memo.is_some(), memo, "{events}");
            }
        }
    }
}

#[test]
fn a_sweep_tells_who_swept_and_with_which_memo() {
    let txid = "11005be2dcaf276311b67e655a68f690aa26d4084a1a96b61b83520e3cca06db";
    let swept = "bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh";
    let mut record = credit(275, "sweep", txid, "XCP", 77);
    record["address"] = json!(swept);
    let (server, _) = server(move |target, _| match target {
        _ if target.starts_with("/v2/blocks/") => {
            let mut block = response("cp2_block_by_height");
            block["result"]["block_index"] = json!(285);
            at_285(200, &block)
        }
        _ if target.contains("/credits?") => list(&[record.clone()]),
        _ => recorded("cp2_address_wpkh_sweeps"),
    });
    let found = server.credits(swept, 1, 285).unwrap();
    assert_eq!(found[0].source.as_deref(), Some("bcrt1qynpgs6wap6h9uvy7j0xlesew2w82qn039tzepj"));
    assert_eq!(found[0].memo.as_ref().map(|memo| memo.written.as_str()), Some("sweep memo"));
}

#[test]
fn places_do_not_depend_on_the_blocks_that_are_asked_for() {
    // An order that is filled in three blocks names the same transaction each time.
    let order = "ab".repeat(32);
    let matched = format!("{}_{order}", "cd".repeat(32));
    let all = [
        credit(202, "order expired", &order, "XCP", 4),
        credit(201, "order match", &matched, "XCP", 4),
        credit(201, "order match", &matched, "XCP", 4),
        credit(200, "filled", &order, "XCP", 4),
        credit(199, "issuance", &order, "XCP", 4),
    ];
    let key = |c: &Credit| (c.txid, c.position, c.asset.clone());
    let whole: Vec<_> = credited(&all, &[], &[], 1, 210).unwrap().iter().map(key).collect();
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 5, "{whole:?}");
    let mut parts = Vec::new();
    for height in 199..=202 {
        parts.extend(credited(&all, &[], &[], height, height).unwrap().iter().map(key));
    }
    assert_eq!(parts, whole);
    assert!(credited(&all, &[], &[], 203, 202).unwrap().is_empty());
}

#[test]
fn credits_that_contradict_themselves_are_refused() {
    let a = "aa".repeat(32);
    let one = credit(139, "send", &a, "XCP", 1);
    let of = |credits: &[Value], sends: &[Value]| code(credited(credits, sends, &[], 1, 285));
    let single = std::slice::from_ref(&one);
    assert_eq!(of(single, &[]), &ANOTHER_ANSWER);
    assert_eq!(of(single, &[sent(139, &a, 0, "XCP", 2, None)]), &ANOTHER_ANSWER);
    assert_eq!(of(single, &[sent(140, &a, 0, "XCP", 1, None)]), &ANOTHER_ANSWER);
    let mut invalid = sent(139, &a, 0, "XCP", 1, None);
    invalid["status"] = json!("invalid: insufficient funds");
    assert_eq!(of(single, &[invalid]), &ANOTHER_ANSWER);
    let twice = [sent(139, &a, 0, "XCP", 1, None), sent(139, &a, 0, "XCP", 1, None)];
    assert_eq!(of(&[one.clone(), one.clone()], &twice), &ANOTHER_ANSWER);
    let mut foreign = one.clone();
    foreign["address"] = json!(PKH);
    assert_eq!(of(&[foreign], &[sent(139, &a, 0, "XCP", 1, None)]), &ANOTHER_ANSWER);
    assert_eq!(of(&[credit(1, "burn", "genesis", "XCP", 1)], &[]), &UNREADABLE);
    assert_eq!(of(&[credit(1, "burn", &a, "XCP", 1 << 63)], &[]), &UNREADABLE);
    // Not newest first.
    assert_eq!(of(&[credit(1, "burn", &a, "XCP", 1), credit(2, "burn", &a, "XCP", 1)], &[]), &ANOTHER_ANSWER);
}

#[test]
fn a_block_that_is_replaced_while_credits_are_read_voids_them() {
    let (server_, asked) = server(move |target, before| {
        if target.starts_with("/v2/blocks/") {
            let mut block = response("cp2_block_by_height");
            block["result"]["block_hash"] = json!(format!("{:064x}", before.min(3)));
            return at_285(200, &block);
        }
        list(&[])
    });
    // Twice it is another block, then it stays.
    assert!(server_.credits(WPKH, 1, 284).unwrap().is_empty());
    assert_eq!(asked.borrow().iter().filter(|target| target.contains("/credits?")).count(), 3);
    let (never, _) = server(move |target, before| {
        if target.starts_with("/v2/blocks/") {
            let mut block = response("cp2_block_by_height");
            block["result"]["block_hash"] = json!(format!("{before:064x}"));
            return at_285(200, &block);
        }
        list(&[])
    });
    assert_eq!(code(never.credits(WPKH, 1, 284)), &MOVED);
    assert_eq!(code(saying(nothing()).credits(WPKH, 1, 999)), &NOT_REACHED);
}

#[test]
fn every_recorded_composition_is_read() {
    for name in COMPOSED {
        let told = recorded(name).told("compose").unwrap();
        let read = compose::transactions(&told.body.unwrap());
        if name.contains("return_only_data") {
            assert_eq!(code(read), &UNREADABLE);
            continue;
        }
        let read = read.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let is_pair = response(name)["result"]["signed_reveal_rawtransaction"].is_string();
        assert_eq!(read.len(), if is_pair { 2 } else { 1 }, "{name}");
        if is_pair {
            assert_eq!(read[1].input[0].previous_output.txid, read[0].compute_txid(), "{name}");
        }
    }
    let body = json!({"result": {"rawtransaction": "0200"}}).to_string();
    assert_eq!(code(compose::transactions(body.as_bytes())), &UNREADABLE);
}

#[test]
fn a_composition_asks_for_the_coins_and_the_fee_of_the_plan() {
    let input: OutPoint =
        "c2951b0b9816347fd09f20f808cd6c05086a130a20d09e68fa29b7ff9aa1894c:0".parse().unwrap();
    let to = "bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh";
    let one = [("XCP".to_owned(), units(1000), to.to_owned(), None)];
    let wish = Composition {
        source: WPKH,
        sends: &one,
        inputs: &[input],
        fee: 1500,
        encoding: "opreturn",
        pubkey: Some("02aa"),
    };
    let asked = compose::question(&wish).unwrap().target();
    // The recorded question, and that all coins are to be used.
    let path =
        format!("{}/../vectors/recorded/cp2_compose_wpkh_send_opreturn.json", env!("CARGO_MANIFEST_DIR"));
    let recording: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let recorded = recording["request"]["url"].as_str().unwrap();
    let parameters = |target: &str| target.split(['?', '&']).map(str::to_owned).collect::<BTreeSet<_>>();
    let more: Vec<String> = parameters(&asked).difference(&parameters(recorded)).cloned().collect();
    assert_eq!(more, ["use_all_inputs_set=true"]);
    assert!(parameters(recorded).is_subset(&parameters(&asked)));

    let memo = [("XCP".to_owned(), units(1), to.to_owned(), Some(b"a&b".to_vec()))];
    let asked =
        compose::question(&Composition { sends: &memo, encoding: "multisig", ..wish }).unwrap().target();
    assert!(
        asked.contains("&memo=612662&memo_is_hex=true&") && asked.ends_with("&multisig_pubkey=02aa"),
        "{asked}"
    );
    let both = [memo[0].clone(), one[0].clone()];
    let asked = compose::question(&Composition { sends: &both, ..wish }).unwrap().target();
    assert!(asked.contains("/compose/mpma?assets=XCP%2CXCP&destinations="), "{asked}");
    assert!(asked.contains("&quantities=1%2C1000&memos=612662&memos=&memos_are_hex=true&"), "{asked}");
    for (sends, inputs, encoding) in [
        (&one[..], &[input][..], "p2sh"),
        (&[], &[input], "opreturn"),
        (&one, &[], "opreturn"),
        (&one, &[input; 101], "opreturn"),
    ] {
        assert_eq!(
            code(compose::question(&Composition { sends, inputs, encoding, ..wish })),
            &CANNOT_COMPOSE
        );
    }
}

#[test]
fn what_the_server_does_not_compose_is_no_opinion() {
    let input: OutPoint = format!("{}:0", "ab".repeat(32)).parse().unwrap();
    let send = [("XCP".to_owned(), units(1), PKH.to_owned(), None)];
    let inputs = [input; 90];
    let wish = Composition {
        source: WPKH,
        sends: &send,
        inputs: &inputs,
        fee: 9,
        encoding: "taproot",
        pubkey: None,
    };
    let refused = saying(recorded("cp2_compose_pkh_send_taproot")).compose(&wish).unwrap_err();
    assert_eq!(refused.code(), &CANNOT_COMPOSE);
    assert!(refused.what().contains("non-segwit"), "{refused}");
    assert_eq!(code(saying(recorded("cp2_bitcoind_down_compose")).compose(&wish)), &NODE_DOWN);
    assert_eq!(
        code(saying(recorded("cp2_compose_err_invalid_source_address")).compose(&wish)),
        &CANNOT_COMPOSE
    );
    // Ninety coins do not fit the first line of a request.
    let (server, asked) = server(|_, _| recorded("cp2_compose_wpkh_send_taproot"));
    assert_eq!(server.compose(&wish).unwrap().len(), 2);
    assert!(asked.borrow()[0].starts_with("POST /v2/addresses/"));
}

#[test]
fn no_cut_off_answer_is_taken_for_a_whole_one() {
    let whole = recorded("cp2_addresses_balances_multi");
    for length in 0..whole.body.len() {
        let reply = Reply { body: whole.body[..length].to_vec(), ..whole.clone() };
        assert_eq!(code(saying(reply).balances(&[WPKH.to_owned()])), &UNREADABLE, "{length}");
    }
    let deep = format!("{{\"result\":{}", "[".repeat(100_000));
    let reply = Reply { body: deep.into_bytes(), ..whole };
    assert_eq!(code(saying(reply).balances(&[WPKH.to_owned()])), &UNREADABLE);
}
