use std::collections::BTreeMap;
use std::path::Path;

use bitcoin::hashes::Hash;
use serde_json::Value;

use super::*;

/// What every recorded error of Bitcoin Core means: by the recording's name, and the place in it where it holds several.
const RECORDED: &[(&str, &str)] = &[
    ("batch 1", "E-BTC-007"),
    ("batch 2", "E-BTC-005"),
    ("createwallet_exists", "E-BTC-002"),
    ("decodepsbt_garbage", "E-BTC-006"),
    ("decoderawtransaction_garbage", "E-BTC-006"),
    ("decodescript_multisig", "E-BTC-006"),
    ("deriveaddresses_bad_checksum", "E-BTC-006"),
    ("deriveaddresses_no_checksum", "E-BTC-006"),
    ("err28_warming_up", "E-BTC-001"),
    ("err28_warming_up_2", "E-BTC-001"),
    ("err28_warming_up_3", "E-BTC-001"),
    ("err28_warming_up_4", "E-BTC-001"),
    ("estimatesmartfee_bad_mode", "E-BTC-006"),
    ("estimatesmartfee_bad_target", "E-BTC-006"),
    ("getblockhash_out_of_range", "E-BTC-007"),
    ("getblockheader_unknown", "E-BTC-007"),
    ("getdescriptorinfo_bad", "E-BTC-006"),
    ("getmempoolentry_not_in_mempool", "E-BTC-007"),
    ("getrawtransaction_bad_txid", "E-BTC-006"),
    ("getrawtransaction_unknown", "E-BTC-007"),
    ("gettxspendingprevout_spent_in_chain_txospenderindex_option", "E-BTC-006"),
    ("importdescriptors_bad_checksum 0", "E-BTC-006"),
    ("importdescriptors_no_checksum 0", "E-BTC-006"),
    ("jsonrpc2_error", "E-BTC-007"),
    ("loadwallet_already", "E-BTC-002"),
    ("loadwallet_missing", "E-BTC-002"),
    ("missing_params", "E-BTC-006"),
    ("parse_error", "E-BTC-006"),
    ("scantxoutset_start_addr_empty", "E-BTC-006"),
    ("sendrawtransaction_err22_garbage_hex", "E-BTC-035"),
    ("sendrawtransaction_err25_input_already_spent", "E-BTC-020"),
    ("sendrawtransaction_err25_max_fee_exceeded", "E-BTC-028"),
    ("sendrawtransaction_err25_missing_inputs", "E-BTC-020"),
    ("sendrawtransaction_err25_reveal_without_commit", "E-BTC-020"),
    ("sendrawtransaction_err26_bad_signature_p2pkh", "E-BTC-029"),
    ("sendrawtransaction_err26_bad_signature_p2wpkh", "E-BTC-029"),
    ("sendrawtransaction_err26_conflict_insufficient_fee", "E-BTC-022"),
    ("sendrawtransaction_err26_dust", "E-BTC-025"),
    ("sendrawtransaction_err26_fee_zero", "E-BTC-023"),
    ("sendrawtransaction_err26_non_final", "E-BTC-026"),
    ("sendrawtransaction_err26_outputs_exceed_inputs", "E-BTC-035"),
    ("sendrawtransaction_err26_unsigned_p2pkh", "E-BTC-029"),
    ("sendrawtransaction_err26_unsigned_p2wpkh", "E-BTC-029"),
    ("sendrawtransaction_err27_already_confirmed", "AlreadyInBlock"),
    ("submitpackage_failing_child 0", "E-BTC-029"),
    ("submitpackage_unrelated", "E-BTC-036"),
    ("submitpackage_wrong_order", "E-BTC-036"),
    ("testmempoolaccept_already_confirmed 0", "AlreadyInBlock"),
    ("testmempoolaccept_already_in_mempool 0", "AlreadyWaiting"),
    ("testmempoolaccept_bad_signature_p2pkh 0", "E-BTC-029"),
    ("testmempoolaccept_bad_signature_p2tr 0", "E-BTC-029"),
    ("testmempoolaccept_bad_signature_p2wpkh 0", "E-BTC-029"),
    ("testmempoolaccept_chain_child_first 0", "E-BTC-036"),
    ("testmempoolaccept_chain_child_first 1", "E-BTC-036"),
    ("testmempoolaccept_chain_child_low_fee 1", "E-BTC-023"),
    ("testmempoolaccept_child_without_parent 0", "E-BTC-020"),
    ("testmempoolaccept_commit_ok_child_bad 1", "E-BTC-029"),
    ("testmempoolaccept_conflict_insufficient_fee 0", "E-BTC-022"),
    ("testmempoolaccept_dust 0", "E-BTC-025"),
    ("testmempoolaccept_dust_p2pkh_545 0", "E-BTC-025"),
    ("testmempoolaccept_dust_p2tr_329 0", "E-BTC-025"),
    ("testmempoolaccept_dust_p2wpkh_293 0", "E-BTC-025"),
    ("testmempoolaccept_fee_10_sat 0", "E-BTC-023"),
    ("testmempoolaccept_fee_zero 0", "E-BTC-023"),
    ("testmempoolaccept_garbage_hex", "E-BTC-006"),
    ("testmempoolaccept_immature_coinbase 0", "E-BTC-034"),
    ("testmempoolaccept_input_already_spent 0", "E-BTC-020"),
    ("testmempoolaccept_max_fee_exceeded 0", "E-BTC-028"),
    ("testmempoolaccept_missing_inputs 0", "E-BTC-020"),
    ("testmempoolaccept_non_bip68_final 0", "E-BTC-027"),
    ("testmempoolaccept_non_final 0", "E-BTC-026"),
    ("testmempoolaccept_not_list", "E-BTC-006"),
    ("testmempoolaccept_outputs_exceed_inputs 0", "E-BTC-035"),
    ("testmempoolaccept_reveal_without_commit 0", "E-BTC-020"),
    ("testmempoolaccept_unsigned 0", "E-BTC-029"),
    ("too_many_params", "E-BTC-006"),
    ("unknown_method", "E-BTC-005"),
    ("wallet_not_loaded", "E-BTC-002"),
    ("wallet_not_specified", "E-BTC-002"),
    ("wallet_unloaded", "E-BTC-002"),
    ("wrong_param_type", "E-BTC-006"),
];

fn txid() -> Txid {
    Txid::from_byte_array([7; 32])
}

fn id_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused(error) => error.code().id.to_owned(),
        verdict => format!("{verdict:?}"),
    }
}

fn error_of(value: &Value) -> Option<NodeError> {
    serde_json::from_value(value.get("error")?.clone()).ok()
}

/// Every error in a recording, as the sources read it.
fn errors(name: &str, recording: &Value) -> Vec<(String, String)> {
    let method = recording["request"]["body"]["method"].as_str().unwrap_or_default();
    let response = &recording["response"];
    let question = |error: &NodeError| of_question("node", method, error).code().id.to_owned();
    let mut found = Vec::new();
    if let Some(error) = error_of(response) {
        found.push((
            name.to_owned(),
            match method {
                "sendrawtransaction" => id_of(&verdict("node", txid(), Some(error.code), &error.message)),
                _ => question(&error),
            },
        ));
    }
    let parts = response.as_array().or_else(|| response["result"].as_array());
    for (place, part) in parts.into_iter().flatten().enumerate() {
        let place = format!("{name} {place}");
        if let Some(error) = error_of(part) {
            found.push((place, question(&error)));
            continue;
        }
        let words =
            ["package-error", "reject-details", "reject-reason"].iter().find_map(|key| part[*key].as_str());
        found.extend(words.map(|words| (place, id_of(&verdict("node", txid(), None, words)))));
    }
    let results = response["result"]["tx-results"].as_object();
    for (place, part) in results.into_iter().flatten().map(|(_, part)| part).enumerate() {
        let words = part["error"].as_str();
        found.extend(
            words.map(|words| (format!("{name} {place}"), id_of(&verdict("node", txid(), None, words)))),
        );
    }
    found
}

#[test]
fn knows_every_recorded_error_of_bitcoin_core() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/recorded");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if let Some(name) = name.strip_prefix("btc_") {
            let recording = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.extend(errors(name, &recording));
        }
    }
    let shown: Vec<(&str, &str)> = found.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    assert_eq!(shown, RECORDED);
}

#[test]
fn knows_the_words_of_other_versions_and_nodes() {
    for (number, words, code) in [
        (None, "missing-inputs", &INPUTS_GONE),
        (Some(-25), "Missing inputs", &INPUTS_GONE),
        (Some(-26), "txn-mempool-conflict", &CONFLICT),
        (Some(-26), "bad-txns-spends-conflicting-tx, 00 spends conflicting transaction 11", &CONFLICT),
        (Some(-26), "replacement-adds-unconfirmed, replacement 00 adds unconfirmed input", &CONFLICT),
        (Some(-26), "too many potential replacements, rejecting replacement 00", &REPLACEMENT_TOO_CHEAP),
        (Some(-26), "mempool min fee not met, 141 < 500", &MEMPOOL_FULL),
        (Some(-26), "mempool full", &MEMPOOL_FULL),
        (Some(-26), "66: min relay fee not met", &FEE_TOO_LOW),
        (Some(-26), "64: dust", &DUST),
        (Some(-26), "64: non-BIP68-final", &NOT_YET_RELATIVE),
        (Some(-26), "bad-txns-nonfinal", &NOT_YET),
        (Some(-26), "256: absurdly-high-fee", &FEE_TOO_HIGH),
        (Some(-25), "Unspendable output exceeds maximum configured by user (maxburnamount)", &FEE_TOO_HIGH),
        (Some(-26), "non-mandatory-script-verify-flag (Witness program hash mismatch)", &SCRIPT_FAILED),
        (Some(-26), "16: mandatory-script-verify-flag-failed (Invalid Schnorr signature)", &SCRIPT_FAILED),
        (Some(-26), "too-long-mempool-chain, too many unconfirmed ancestors [limit: 25]", &CHAIN_TOO_LONG),
        (Some(-26), "too-large-cluster", &CHAIN_TOO_LONG),
        (None, "package-mempool-limits, package size 26 exceeds ancestor count limit", &CHAIN_TOO_LONG),
        (Some(-26), "datacarrier", &DATA_REFUSED),
        (Some(-26), "multi-op-return", &DATA_REFUSED),
        (Some(-26), "scriptpubkey", &NOT_STANDARD),
        (Some(-26), "bare-multisig", &NOT_STANDARD),
        (Some(-26), "bad-txns-nonstandard-inputs", &NOT_STANDARD),
        (Some(-26), "version", &NOT_STANDARD),
        (Some(-26), "tx-size", &TOO_LARGE),
        (Some(-26), "tx-size-small", &TOO_LARGE),
        (Some(-26), "bad-txns-inputs-duplicate", &INVALID),
        (Some(-22), "TX decode failed", &INVALID),
        (None, "package-too-many-transactions", &PACKAGE),
        (None, "conflict-in-package", &PACKAGE),
        (Some(-28), "Loading block index", &WARMING_UP),
    ] {
        assert_eq!(id_of(&verdict("node", txid(), number, words)), code.id, "{words}");
    }
    for words in ["txn-already-known", "257: txn-already-known"] {
        assert_eq!(verdict("node", txid(), None, words), Verdict::AlreadyInBlock);
    }
    for number in [-27, -26] {
        let words = "Transaction already in block chain";
        assert_eq!(verdict("node", txid(), Some(number), words), Verdict::AlreadyInBlock);
    }
    let words = "txn-same-nonwitness-data-in-mempool";
    assert_eq!(verdict("node", txid(), Some(-26), words), Verdict::AlreadyWaiting);
    for (number, words, code) in [
        (-8, "Scan already in progress, use action \"abort\" or \"status\"", &SCAN_BUSY),
        (-1, "Block not available (pruned data)", &PRUNED),
        (
            -5,
            "No such transaction found in the provided block. Use gettransaction for wallet transactions.",
            &NOT_THERE,
        ),
        (-9, "Bitcoin is not connected!", &NOT_CONNECTED),
        (-10, "Bitcoin is downloading blocks...", &NOT_CONNECTED),
        (-20, "Database error", &NODE_TROUBLE),
        (-4, "Wallet already loading.", &NO_WALLET),
    ] {
        let error = NodeError { code: number, message: words.to_owned() };
        assert_eq!(of_question("node", "m", &error).code(), code, "{words}");
    }
}

#[test]
fn quotes_words_that_it_does_not_know_and_shows_no_escapes_of_them() {
    let words = "brand-new-rule \u{1b}[2Jsay yes\nsecond line";
    let Verdict::Refused(error) = verdict("node", txid(), Some(-26), words) else { panic!() };
    assert_eq!(error.code(), &OTHER_REFUSAL);
    assert!(error.what().contains("brand-new-rule \\u{1b}[2Jsay yes (error -26)"), "{error}");
    let error = of_question("node", "m", &NodeError { code: -99, message: words.to_owned() });
    assert_eq!(error.code(), &OTHER_ERROR);
    assert!(error.what().contains("brand-new-rule") && !error.what().contains("second line"), "{error}");
}

#[test]
fn takes_no_word_for_the_end_of_another_one() {
    for words in ["stardust", "conversion", "no-datacarrier"] {
        assert_eq!(id_of(&verdict("node", txid(), None, words)), OTHER_REFUSAL.id, "{words}");
    }
}

#[test]
fn every_code_is_listed_once_and_reached_by_a_table_or_a_source() {
    let mut ids: Vec<&str> = CODES.iter().map(|code| code.id).collect();
    let count = ids.len();
    ids.dedup();
    assert!(ids.is_sorted() && ids.len() == count);
    let words = TRANSACTION_WORDS.iter().chain(QUESTION_WORDS);
    assert!(words.clone().all(|(part, _)| *part == part.to_ascii_lowercase()), "compared in lower case");
    let named = SURE_NUMBERS.iter().chain(VAGUE_NUMBERS).map(|(_, code)| *code);
    let reached: Vec<&Code> = words.map(|(_, code)| *code).chain(named).collect();
    let elsewhere: [&Code; 7] = [
        &NOT_WATCHED,
        &WALLET_BEHIND,
        &OTHER_ERROR,
        &OUT_OF_SIGHT,
        &REORGANIZED,
        &SCAN_ENDED,
        &OTHER_REFUSAL,
    ];
    for code in CODES {
        assert!(reached.contains(code) != elsewhere.contains(code), "{}", code.id);
    }
}
