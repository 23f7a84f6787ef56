use std::collections::BTreeMap;
use std::path::Path;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf};
use serde_json::Value;

use super::*;

/// What every recorded error of Bitcoin Core means, in the order of each recording.
const RECORDED: &[(&str, &[&str])] = &[
    ("btc_batch", &["E-BTC-007", "E-BTC-005"]),
    ("btc_createwallet_exists", &["E-BTC-002"]),
    ("btc_decodepsbt_garbage", &["E-BTC-006"]),
    ("btc_decoderawtransaction_garbage", &["E-BTC-006"]),
    ("btc_decodescript_multisig", &["E-BTC-006"]),
    ("btc_deriveaddresses_bad_checksum", &["E-BTC-006"]),
    ("btc_deriveaddresses_no_checksum", &["E-BTC-006"]),
    ("btc_err28_warming_up", &["E-BTC-001"]),
    ("btc_err28_warming_up_2", &["E-BTC-001"]),
    ("btc_err28_warming_up_3", &["E-BTC-001"]),
    ("btc_err28_warming_up_4", &["E-BTC-001"]),
    ("btc_estimatesmartfee_bad_mode", &["E-BTC-006"]),
    ("btc_estimatesmartfee_bad_target", &["E-BTC-006"]),
    ("btc_getblockhash_out_of_range", &["E-BTC-007"]),
    ("btc_getblockheader_unknown", &["E-BTC-007"]),
    ("btc_getdescriptorinfo_bad", &["E-BTC-006"]),
    ("btc_getmempoolentry_not_in_mempool", &["E-BTC-007"]),
    ("btc_getrawtransaction_bad_txid", &["E-BTC-006"]),
    ("btc_getrawtransaction_unknown", &["E-BTC-007"]),
    ("btc_gettxspendingprevout_spent_in_chain_txospenderindex_option", &["E-BTC-006"]),
    ("btc_importdescriptors_bad_checksum", &["E-BTC-006"]),
    ("btc_importdescriptors_no_checksum", &["E-BTC-006"]),
    ("btc_jsonrpc2_error", &["E-BTC-007"]),
    ("btc_loadwallet_already", &["E-BTC-002"]),
    ("btc_loadwallet_missing", &["E-BTC-002"]),
    ("btc_missing_params", &["E-BTC-006"]),
    ("btc_parse_error", &["E-BTC-006"]),
    ("btc_scantxoutset_start_addr_empty", &["E-BTC-006"]),
    ("btc_sendrawtransaction_err22_garbage_hex", &["E-BTC-035"]),
    ("btc_sendrawtransaction_err25_input_already_spent", &["E-BTC-020"]),
    ("btc_sendrawtransaction_err25_max_fee_exceeded", &["E-BTC-028"]),
    ("btc_sendrawtransaction_err25_missing_inputs", &["E-BTC-020"]),
    ("btc_sendrawtransaction_err25_reveal_without_commit", &["E-BTC-020"]),
    ("btc_sendrawtransaction_err26_bad_signature_p2pkh", &["E-BTC-029"]),
    ("btc_sendrawtransaction_err26_bad_signature_p2wpkh", &["E-BTC-029"]),
    ("btc_sendrawtransaction_err26_conflict_insufficient_fee", &["E-BTC-022"]),
    ("btc_sendrawtransaction_err26_dust", &["E-BTC-025"]),
    ("btc_sendrawtransaction_err26_fee_zero", &["E-BTC-023"]),
    ("btc_sendrawtransaction_err26_non_final", &["E-BTC-026"]),
    ("btc_sendrawtransaction_err26_outputs_exceed_inputs", &["E-BTC-035"]),
    ("btc_sendrawtransaction_err26_unsigned_p2pkh", &["E-BTC-029"]),
    ("btc_sendrawtransaction_err26_unsigned_p2wpkh", &["E-BTC-029"]),
    ("btc_sendrawtransaction_err27_already_confirmed", &["AlreadyInBlock"]),
    ("btc_submitpackage_failing_child", &["E-BTC-029"]),
    ("btc_submitpackage_unrelated", &["E-BTC-036"]),
    ("btc_submitpackage_wrong_order", &["E-BTC-036"]),
    ("btc_testmempoolaccept_already_confirmed", &["AlreadyInBlock"]),
    ("btc_testmempoolaccept_already_in_mempool", &["AlreadyWaiting"]),
    ("btc_testmempoolaccept_bad_signature_p2pkh", &["E-BTC-029"]),
    ("btc_testmempoolaccept_bad_signature_p2tr", &["E-BTC-029"]),
    ("btc_testmempoolaccept_bad_signature_p2wpkh", &["E-BTC-029"]),
    ("btc_testmempoolaccept_chain_child_first", &["E-BTC-036", "E-BTC-036"]),
    ("btc_testmempoolaccept_chain_child_low_fee", &["E-BTC-023"]),
    ("btc_testmempoolaccept_child_without_parent", &["E-BTC-020"]),
    ("btc_testmempoolaccept_commit_ok_child_bad", &["E-BTC-029"]),
    ("btc_testmempoolaccept_conflict_insufficient_fee", &["E-BTC-022"]),
    ("btc_testmempoolaccept_dust", &["E-BTC-025"]),
    ("btc_testmempoolaccept_dust_p2pkh_545", &["E-BTC-025"]),
    ("btc_testmempoolaccept_dust_p2tr_329", &["E-BTC-025"]),
    ("btc_testmempoolaccept_dust_p2wpkh_293", &["E-BTC-025"]),
    ("btc_testmempoolaccept_fee_10_sat", &["E-BTC-023"]),
    ("btc_testmempoolaccept_fee_zero", &["E-BTC-023"]),
    ("btc_testmempoolaccept_garbage_hex", &["E-BTC-006"]),
    ("btc_testmempoolaccept_immature_coinbase", &["E-BTC-034"]),
    ("btc_testmempoolaccept_input_already_spent", &["E-BTC-020"]),
    ("btc_testmempoolaccept_max_fee_exceeded", &["E-BTC-028"]),
    ("btc_testmempoolaccept_missing_inputs", &["E-BTC-020"]),
    ("btc_testmempoolaccept_non_bip68_final", &["E-BTC-027"]),
    ("btc_testmempoolaccept_non_final", &["E-BTC-026"]),
    ("btc_testmempoolaccept_not_list", &["E-BTC-006"]),
    ("btc_testmempoolaccept_outputs_exceed_inputs", &["E-BTC-035"]),
    ("btc_testmempoolaccept_reveal_without_commit", &["E-BTC-020"]),
    ("btc_testmempoolaccept_unsigned", &["E-BTC-029"]),
    ("btc_too_many_params", &["E-BTC-006"]),
    ("btc_unknown_method", &["E-BTC-005"]),
    ("btc_wallet_not_loaded", &["E-BTC-002"]),
    ("btc_wallet_not_specified", &["E-BTC-002"]),
    ("btc_wallet_unloaded", &["E-BTC-002"]),
    ("btc_wrong_param_type", &["E-BTC-006"]),
];

fn txid() -> Txid {
    Txid::from_byte_array([7; 32])
}

fn id_of(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused(error) => error.code().id.to_owned(),
        Verdict::Accepted | Verdict::AlreadyWaiting | Verdict::AlreadyInBlock | Verdict::NotTried => {
            format!("{verdict:?}")
        }
    }
}

fn error_of(value: &Value) -> Option<NodeError> {
    serde_json::from_value(value.get("error")?.clone()).ok()
}

/// Every error in a recording, as the sources read it.
fn errors(recording: &Value) -> Vec<String> {
    let method = recording["request"]["body"]["method"].as_str().unwrap_or_default();
    let response = &recording["response"];
    let question = |error: &NodeError| of_question("node", method, error).code().id.to_owned();
    let mut found = Vec::new();
    if let Some(error) = error_of(response) {
        found.push(match method {
            "sendrawtransaction" => id_of(&verdict("node", txid(), Some(error.code), &error.message)),
            _ => question(&error),
        });
    }
    let parts = response.as_array().or_else(|| response["result"].as_array());
    for part in parts.into_iter().flatten() {
        let keys = ["package-error", "reject-details", "reject-reason"];
        let words = keys.iter().find_map(|key| part[*key].as_str());
        found.extend(error_of(part).map(|error| question(&error)));
        found.extend(words.map(|words| id_of(&verdict("node", txid(), None, words))));
    }
    let results = response["result"]["tx-results"].as_object();
    let words = results.into_iter().flatten().filter_map(|(_, part)| part["error"].as_str());
    found.extend(words.map(|words| id_of(&verdict("node", txid(), None, words))));
    found
}

#[test]
fn knows_every_recorded_error_of_bitcoin_core() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/recorded");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("btc_") {
            let recording = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.insert(name, errors(&recording));
        }
    }
    found.retain(|_, ids| !ids.is_empty());
    let expected: BTreeMap<String, Vec<String>> = RECORDED
        .iter()
        .map(|(name, ids)| ((*name).to_owned(), ids.iter().map(|id| (*id).to_owned()).collect()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn knows_the_words_of_other_versions_and_nodes() {
    for (number, words, code) in [
        (None, "missing-inputs", &INPUTS_GONE),
        (Some(-25), "Missing inputs", &INPUTS_GONE),
        (Some(-26), "txn-mempool-conflict", &CONFLICT),
        (Some(-26), "bad-txns-spends-conflicting-tx, 00 spends conflicting transaction 11", &CONFLICT),
        (Some(-26), "replacement-adds-unconfirmed, replacement 00 adds unconfirmed input", &CONFLICT),
        (None, "bip125-replacement-disallowed", &CONFLICT),
        (None, "missing-ephemeral-spends, tx 00 (wtxid=11) did not spend parent's ephemeral dust", &DUST),
        (
            None,
            "TRUC-violation, version=3 tx 00 (wtxid=11) cannot spend from non-version=3 tx 22",
            &CHAIN_TOO_LONG,
        ),
        (
            Some(-26),
            "insufficient fee, rejecting replacement 00; new feerate 0.00010406 BTC/kvB <= old feerate 0.00010416 BTC/kvB",
            &REPLACEMENT_TOO_CHEAP,
        ),
        (
            Some(-26),
            "replacement-failed, insufficient feerate: does not improve feerate diagram",
            &REPLACEMENT_TOO_CHEAP,
        ),
        (
            Some(-26),
            "too many potential replacements, rejecting replacement 00; too many conflicting clusters (101 > 100)",
            &REPLACEMENT_TOO_CHEAP,
        ),
        (Some(-26), "too-long-mempool-chain, too many unconfirmed ancestors [limit: 25]", &CHAIN_TOO_LONG),
        (Some(-26), "mempool min fee not met, 120 < 1075", &MEMPOOL_FULL),
        (Some(-26), "mandatory-script-verify-flag-failed (Witness program hash mismatch)", &SCRIPT_FAILED),
        (Some(-26), "bad-witness-nonstandard", &NOT_STANDARD),
        (Some(-26), "scriptsig-not-pushonly", &NOT_STANDARD),
        (None, "max feerate exceeded", &FEE_TOO_HIGH),
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
        (-28, "RPC server started", &WARMING_UP),
        (-1, "Block not available", &PRUNED),
        (-32601, "Method not found", &NO_METHOD),
        (-18, "Requested wallet does not exist or is not loaded", &NO_WALLET),
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
fn one_word_of_old_nodes_is_data_or_an_odd_script_by_the_transaction() {
    let script = |bytes: &[u8]| ScriptBuf::from_bytes(bytes.to_vec());
    let of = |scripts: &[ScriptBuf]| Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![],
        output: scripts
            .iter()
            .map(|script| TxOut { value: Amount::ZERO, script_pubkey: script.clone() })
            .collect(),
    };
    let (data, odd) = (ScriptBuf::new_op_return([7; 20]), script(&[0x61]));
    let key = ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array([7; 20]));
    for (scripts, code) in [
        (vec![data.clone(), key.clone()], &DATA_REFUSED),
        (vec![data, odd.clone(), key.clone()], &NOT_STANDARD),
        (vec![odd], &NOT_STANDARD),
        (vec![key], &NOT_STANDARD),
    ] {
        let verdict = judged("node", &of(&scripts), Some(-26), "scriptpubkey");
        assert_eq!(id_of(&verdict), code.id, "{scripts:?}");
    }
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
