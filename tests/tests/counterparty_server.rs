//! A Counterparty server over HTTP: questions go out as they were recorded, and what comes back is a fact or a refusal;
//! plans are held against what a server composes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use airlock::bundle::{Artefact, Bundle, Step};
use airlock::counterparty::rules::Rules;
use airlock::network::BitcoinNetwork;
use airlock_online::http::{Credential, Http, Trace};
use airlock_online::source::counterparty::{CounterpartySource, Judgement};
use airlock_online::source::counterparty_server::{
    BEHIND, CounterpartyServer, NOT_READY, UNREADABLE, WRONG_NETWORK,
};
use airlock_online::source::second_opinion::{self, Outcome};
use airlock_tests::replay::{Recording, Replay};
use airlock_tests::server::{Received, Reply, Server};
use airlock_tests::treasury::{Treasury, requests, snapshot};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{OutPoint, Transaction, Witness};
use serde_json::{Value, json};

const WPKH: &str = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk";

fn source(server: &Server, trace: Trace) -> CounterpartyServer {
    let http = Http::new(server.url().parse().unwrap(), Credential::None, None, trace).unwrap();
    CounterpartyServer::new(http, BitcoinNetwork::Regtest)
}

fn at_305(status: u16, body: &Value) -> Reply {
    let reply = Reply::json(body).status(status);
    ["x-counterparty-height", "X-Bitcoin-Height"].iter().fold(reply, |reply, name| reply.header(name, "305"))
}

/// A server that answers all but `/v2/` as a test says.
fn answering(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Server {
    let root = Recording::read("cp2_root").reply();
    Server::start(move |received| if received.path() == "/v2/" { root.clone() } else { answer(received) })
}

#[test]
fn facts_are_read_over_http_with_few_calls() {
    let server = Replay::of(&[
        "cp2_root",
        "cp2_block_by_height",
        "cp2_asset_xcp",
        "cp2_asset_unknown",
        "cp2_asset_subasset_longname",
        "cp2_address_memoreq_options",
        "cp2_transaction_enhanced_send",
        "cp2_transaction_unknown",
        "cp2_utxos_withbalances",
    ])
    .whatever(&Recording::read("cp2_transaction_enhanced_send_sends"))
    .whatever(&Recording::read("cp2_mempool_events_empty"))
    .start();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let source = source(&server, Trace::Kept(calls.clone()));

    assert_eq!(source.status().unwrap().bitcoin_height, 305);
    assert_eq!(source.block(284).unwrap().height, 284);
    assert_eq!(source.asset("XCP").unwrap().unwrap().id, "1");
    assert_eq!(source.asset("NOSUCHASSET").unwrap(), None);
    assert_eq!(source.asset("TOKENDIV.sub.Item_1").unwrap().unwrap().name, "A95428960440599004");
    let txid = "37266cdce851aa06c0e7f8bd78fe2087b1d38ab6e83179ab4b53946081151022".parse().unwrap();
    let Judgement::Parsed { height, valid, sends, .. } = source.judgement(txid).unwrap() else {
        panic!("it was parsed")
    };
    assert_eq!((height, valid, sends.len()), (154, true, 1));

    let shown: Vec<String> =
        calls.lock().unwrap().iter().map(|call| call.what.split('?').next().unwrap().to_owned()).collect();
    let transaction = format!("/v2/transactions/{txid}");
    assert_eq!(
        shown,
        [
            "/v2/",
            "/v2/",
            "/v2/blocks/284",
            "/v2/assets/XCP",
            "/v2/assets/NOSUCHASSET",
            "/v2/assets/TOKENDIV.sub.Item_1",
            &transaction,
            &format!("{transaction}/sends"),
        ]
    );
}

#[test]
fn a_server_that_lags_is_refused_at_once_and_one_that_starts_after_some_attempts() {
    let lagging = Recording::read("cp2_catching_up_3_balances").reply();
    let server = answering(move |_| lagging.clone());
    let error = source(&server, Trace::Off).asset("XCP").unwrap_err();
    assert_eq!(error.code(), &BEHIND);
    assert!(error.what().contains(&server.url()) && error.what().contains("335"), "{error}");
    assert_eq!(server.count(), 2);

    let starting = Recording::read("cp2_catching_up_1_balances").reply();
    let server = answering(move |_| starting.clone());
    let error = source(&server, Trace::Off).asset("XCP").unwrap_err();
    assert_eq!(error.code(), &NOT_READY);
    assert_eq!(server.count(), 5);
}

#[test]
fn nothing_is_asked_of_a_server_on_another_network() {
    let mut root: Value = serde_json::from_slice(&Recording::read("cp2_root").body()).unwrap();
    root["result"]["network"] = json!("mainnet");
    let server = Server::start(move |_| at_305(200, &root));
    let error = source(&server, Trace::Off).balances(&[WPKH.to_owned()]).unwrap_err();
    assert_eq!(error.code(), &WRONG_NETWORK);
    assert_eq!(server.count(), 1);
}

#[test]
fn pages_arrive_in_order_and_a_lie_about_the_size_of_a_number_is_refused() {
    let page = |asset: &str, quantity: Value, next: Value| {
        let holder = json!({"address": WPKH, "utxo": null, "utxo_address": null, "quantity": quantity});
        let row = json!({"asset": asset, "asset_longname": null, "total": quantity, "addresses": [holder]});
        json!({"result": [row], "next_cursor": next, "result_count": 2})
    };
    let with = |last: Value| {
        let server = answering(move |received| {
            let is_second = received.query().contains(&("cursor".to_owned(), "XCP".to_owned()));
            match is_second {
                true => at_305(200, &page("XCP", last.clone(), Value::Null)),
                false => at_305(200, &page("TOKENDIV", json!(7), json!("XCP"))).chunked(5),
            }
        });
        source(&server, Trace::Off).balances(&[WPKH.to_owned()])
    };
    let found = with(json!(5)).unwrap();
    let shown: Vec<_> = found.iter().map(|row| (row.asset.as_str(), row.quantity.to_base_units())).collect();
    assert_eq!(shown, [("TOKENDIV", 7), ("XCP", 5)]);
    assert_eq!(with(json!(9_223_372_036_854_775_808_u64)).unwrap_err().code(), &UNREADABLE);
}

/// The unsigned transaction of a step, with stand-ins for the signature of a reveal.
fn transaction(step: &Step) -> Transaction {
    let Artefact::Psbt(psbt) = &step.artefact else { panic!("a bitcoin step") };
    let mut transaction = psbt.unsigned_tx.clone();
    for (input, fields) in transaction.input.iter_mut().zip(&psbt.inputs) {
        if let Some((control, (leaf, _))) = fields.tap_scripts.first_key_value() {
            input.witness = Witness::from_slice(&[&[1; 64][..], leaf.as_bytes(), &control.serialize()]);
        }
    }
    transaction
}

/// A server that composes what a plan holds, once `bend` has worked on it; and the questions that it was asked.
fn opinions(
    bundle: &Bundle,
    bend: impl Fn(&mut Transaction),
) -> (Vec<Outcome>, Vec<BTreeMap<String, String>>) {
    let mut transactions: Vec<Transaction> = bundle.steps().iter().map(transaction).collect();
    bend(transactions.first_mut().unwrap());
    let hex: Vec<String> = transactions.iter().map(serialize_hex).collect();
    let server = answering(move |received| {
        assert!(received.path().contains("/compose/"), "{}", received.target);
        at_305(
            200,
            &json!({"result": {"rawtransaction": hex[0], "signed_reveal_rawtransaction": hex.get(1), "btc_fee": 1}}),
        )
    });
    let rules = Rules::at(BitcoinNetwork::Regtest, snapshot().bitcoin.unwrap().height);
    let found = second_opinion::of_plan(&source(&server, Trace::Off), bundle.contents(), &rules);
    let asked = server.received().into_iter().filter(|received| received.path() != "/v2/").map(|r| r.query());
    (
        found.into_iter().map(|opinion| opinion.outcome).collect(),
        asked.map(|q| q.into_iter().collect()).collect(),
    )
}

fn send(from: &str, encoding: &str) -> Bundle {
    let payee = json!({"asset": "XCP", "to": "bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh", "amount": "1.5",
                       "memo": {"text": "a&b"}});
    let asked = json!([{"from": from, "encoding": encoding, "intent": {"send-asset": {"payee": payee}}}]);
    Treasury::open().plan(&requests(asked))
}

#[test]
fn a_plan_is_held_against_what_the_server_composes() {
    for (from, encoding) in [
        ("cold", "opreturn"),
        ("cold", "multisig"),
        ("cold", "taproot"),
        ("legacy", "opreturn"),
        ("nested", "multisig"),
        ("legacy", "taproot"),
        ("nested", "taproot"),
    ] {
        let bundle = send(from, encoding);
        let Artefact::Psbt(first) = &bundle.steps()[0].artefact else { panic!("a bitcoin step") };
        let (outcomes, asked) = opinions(&bundle, |_| {});
        assert_eq!(outcomes, [Outcome::Agrees], "{from} {encoding}");
        let asked = &asked[0];
        let coins: Vec<String> =
            first.unsigned_tx.input.iter().map(|input| input.previous_output.to_string()).collect();
        assert_eq!(asked["inputs_set"], coins.join(","));
        assert_eq!(asked["exact_fee"], first.fee().unwrap().to_sat().to_string());
        assert_eq!((asked["quantity"].as_str(), asked["memo"].as_str()), ("150000000", "612662"));
        assert_eq!((asked["asset"].as_str(), asked["encoding"].as_str()), ("XCP", encoding));
        assert_eq!(asked.contains_key("multisig_pubkey"), encoding == "multisig");
    }
}

#[test]
fn change_that_goes_elsewhere_is_said() {
    let bundle = send("cold", "opreturn");
    let elsewhere =
        transaction(&send("legacy", "opreturn").steps()[0]).output.last().unwrap().script_pubkey.clone();
    let (outcomes, _) =
        opinions(&bundle, |tx| tx.output.last_mut().unwrap().script_pubkey.clone_from(&elsewhere));
    let [Outcome::Differs(lines)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(
        lines.iter().any(|line| line.starts_with("change: ") && line.ends_with("none by the server")),
        "{lines:?}"
    );
    let foreign: OutPoint = format!("{}:1", "ab".repeat(32)).parse().unwrap();
    let (outcomes, _) = opinions(&bundle, |tx| {
        let mut input = tx.input[0].clone();
        input.previous_output = foreign;
        tx.input.push(input);
    });
    let [Outcome::Differs(lines)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(lines[0].starts_with("coins: ") && lines[0].contains(&foreign.to_string()), "{lines:?}");
}

#[test]
fn a_batch_is_asked_row_by_row_and_a_sweep_is_not_asked_at_all() {
    let rows = json!([
        {"asset": "XCP", "to": "mzpbWabUQm1w8ijuJnAof5eiSTep27deVH", "amount": "1", "memo": {"hex": "00ff"}},
        {"asset": "TOKENDIV", "to": "mnTkxhNkgx7TsZrEdRcPti564yQTzynGJp", "amount": "0.00000002"},
    ]);
    let asked = json!([{"from": "cold", "encoding": "multisig", "intent": {"send-many": {"payees": rows}}}]);
    let bundle = Treasury::open().plan(&requests(asked));
    let (outcomes, asked) = opinions(&bundle, |_| {});
    assert_eq!(outcomes, [Outcome::Agrees]);
    assert_eq!(asked[0]["quantities"].split(',').count(), 2);
    assert_eq!(asked[0]["memos_are_hex"], "true");

    let to = "bcrt1qd7spv5q28348xl4myc8zmh983w5jx32cs707jh";
    let sweep =
        json!([{"from": "cold", "intent": {"sweep": {"to": to, "balances": true, "ownerships": false}}}]);
    let (outcomes, asked) = opinions(&Treasury::open().plan(&requests(sweep)), |_| {});
    let [Outcome::None(why)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(why.contains("sweep") && asked.is_empty(), "{why}");
}

#[test]
fn a_server_that_is_down_or_unable_is_no_error_of_the_plan() {
    let bundle = send("legacy", "taproot");
    let rules = Rules::newest(BitcoinNetwork::Regtest);
    let refusal = Recording::read("cp2_compose_pkh_send_taproot").reply();
    let server = answering(move |_| refusal.clone());
    let found = second_opinion::of_plan(&source(&server, Trace::Off), bundle.contents(), &rules);
    let Outcome::None(why) = &found[0].outcome else { panic!("{found:?}") };
    assert!(why.starts_with("E-SRCCP-013") && why.contains("non-segwit"), "{why}");
    assert_eq!(found[0].step, 1);

    let http = Http::new(Server::nobody().parse().unwrap(), Credential::None, None, Trace::Off).unwrap();
    let nobody = CounterpartyServer::new(http, BitcoinNetwork::Regtest);
    let found = second_opinion::of_plan(&nobody, bundle.contents(), &rules);
    assert!(matches!(&found[0].outcome, Outcome::None(why) if why.starts_with("E-HTTP-002")), "{found:?}");
}
