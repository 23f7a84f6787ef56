//! Bitcoin Core as it was recorded.

use airlock_online::http::{HTTP_STATUS, UNAUTHORIZED, UNREACHABLE};
use airlock_online::source::bitcoin::{BitcoinSource, Verdict, Whereabouts};
use airlock_online::source::core::BitcoinCore;
use airlock_online::source::proof::OTHER_ANSWER;
use airlock_online::source::refusal::{INPUTS_GONE, WARMING_UP};
use airlock_tests::replay::{Recording, Replay};
use airlock_tests::server::Server;
use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;

use crate::treasure::http;

fn node(server: &Server) -> BitcoinCore {
    BitcoinCore::new(http(&server.url()), None)
}

fn played(names: &[&str]) -> Server {
    names.iter().fold(Replay::default(), |replay, name| replay.whatever(&Recording::read(name))).start()
}

/// The transactions of a recorded question.
fn asked(name: &str) -> Vec<Transaction> {
    let body = Recording::read(name).request.body.unwrap();
    let first = &body["params"][0];
    let hex = first.as_array().cloned().unwrap_or_else(|| vec![first.clone()]);
    hex.iter().map(|hex| deserialize_hex(hex.as_str().unwrap()).unwrap()).collect()
}

#[test]
fn reads_what_a_real_node_answered() {
    let server = Replay::of(&["btc_getblockhash", "btc_getblockhash_out_of_range"]).start();
    let hash = "1881368dca388cb17edb1fca6b53c0618d14973cfef6eb96ada676199fe33b79".parse().unwrap();
    assert_eq!(node(&server).block_hash(140).unwrap(), Some(hash));
    assert_eq!(node(&server).block_hash(999_999).unwrap(), None);
    let rates = node(&played(&["btc_estimatesmartfee_data"])).fee_rates().unwrap();
    assert_eq!(rates.iter().map(|rate| (rate.blocks, rate.sat_per_kvb)).collect::<Vec<_>>(), [(3, 2_000)]);
    let rates = node(&played(&["btc_estimatesmartfee_data_6_conservative"])).fee_rates().unwrap();
    assert_eq!(rates.iter().map(|rate| (rate.blocks, rate.sat_per_kvb)).collect::<Vec<_>>(), [(6, 2_000)]);
    for name in ["btc_estimatesmartfee_nodata", "btc_estimatesmartfee_nodata_conservative"] {
        assert!(node(&played(&[name])).fee_rates().unwrap().is_empty());
    }
    // The recorded header is that of an older block than the recorded tip: it is not taken for it.
    let server = played(&[
        "btc_getblockchaininfo",
        "btc_getnetworkinfo",
        "btc_getindexinfo",
        "btc_getblockheader_hex",
    ]);
    assert_eq!(node(&server).status().unwrap_err().code(), &OTHER_ANSWER);
}

#[test]
fn tells_a_node_that_is_starting_from_one_that_is_not_there() {
    for name in
        ["btc_err28_warming_up", "btc_err28_warming_up_2", "btc_err28_warming_up_3", "btc_err28_warming_up_4"]
    {
        // A node that has not read the call yet does not know its id.
        let text = String::from_utf8(Recording::read(name).body()).unwrap().replace("\"rec\"", "null");
        assert!(text.contains("-28"));
        let server = Server::always(Recording::read(name).reply().with_body(text));
        assert_eq!(node(&server).status().unwrap_err().code(), &WARMING_UP, "{name}");
        assert_eq!(node(&server).fee_rates().unwrap_err().code(), &WARMING_UP, "{name}");
    }
    for (name, code) in [
        ("btc_http_401_no_auth", &UNAUTHORIZED),
        ("btc_http_401_wrong_password", &UNAUTHORIZED),
        ("btc_http_404_path", &HTTP_STATUS),
        ("btc_http_405_get", &HTTP_STATUS),
    ] {
        let server = Server::always(Recording::read(name).reply());
        assert_eq!(node(&server).status().unwrap_err().code(), code, "{name}");
    }
    assert_eq!(Recording::read("btc_connection_refused").status, None);
    let nobody = BitcoinCore::new(http(&Server::nobody()), None);
    assert_eq!(nobody.status().unwrap_err().code(), &UNREACHABLE);
}

#[test]
fn judges_recorded_transactions_over_the_wire() {
    // What misses its coins is looked for in the chain before it is called refused.
    let verdicts = |recording: &str| {
        let server = played(&[recording, "btc_gettxout_unknown_tx"]);
        node(&server).try_out(&asked(recording)).unwrap().unwrap()
    };
    assert_eq!(verdicts("btc_testmempoolaccept_ok"), [Verdict::Accepted]);
    for name in [
        "btc_testmempoolaccept_fee_12_sat_0_1_satvb",
        "btc_testmempoolaccept_not_dust_p2pkh_546",
        "btc_testmempoolaccept_not_dust_p2tr_330",
        "btc_testmempoolaccept_not_dust_p2wpkh_294",
    ] {
        assert_eq!(verdicts(name), [Verdict::Accepted], "{name}");
    }
    let gone = verdicts("btc_testmempoolaccept_input_already_spent");
    assert!(matches!(&gone[..], [Verdict::Refused(error)] if error.code() == &INPUTS_GONE), "{gone:?}");
    let pair = asked("btc_submitpackage_commit_reveal_ok");
    let server = played(&["btc_submitpackage_commit_reveal_ok"]);
    assert_eq!(node(&server).submit(&pair).unwrap(), [Verdict::Accepted, Verdict::Accepted]);
    assert_eq!(server.count(), 1, "a package is one call");
    let one = asked("btc_sendrawtransaction_ok");
    assert_eq!(node(&played(&["btc_sendrawtransaction_ok"])).submit(&one).unwrap(), [Verdict::Accepted]);
}

#[test]
fn finds_a_recorded_transaction_among_those_that_wait() {
    let waiting = asked("btc_sendrawtransaction_ok").remove(0);
    let server = played(&["btc_getrawtransaction_mempool_verbose"]);
    assert_eq!(node(&server).whereabouts(&waiting, 0).unwrap(), Whereabouts::Waiting);
    let other = asked("btc_submitpackage_commit_reveal_ok").remove(0);
    assert_eq!(node(&server).whereabouts(&other, 0).unwrap_err().code(), &OTHER_ANSWER);
    // Unknown by name, and its one coin is there.
    let server = played(&["btc_getrawtransaction_unknown", "btc_gettxout_unspent"]);
    let mut unknown = waiting.clone();
    unknown.output.clear();
    assert_eq!(node(&server).whereabouts(&unknown, 0).unwrap(), Whereabouts::Unknown);
}
