//! What a real server recorded on regtest: the local composer gives the same bytes, the decoder reads the same.

use std::collections::BTreeMap;

use airlock::counterparty::carrier::{multisig, opreturn, p2sh, taproot};
use airlock::counterparty::message::{self, Memo, Message};
use airlock::counterparty::rules::{Change, Rules};
use airlock::counterparty::transaction::{self, Decoded, Options, Reading};
use airlock::network::BitcoinNetwork;
use airlock_tests::vectors;
use bitcoin::consensus::deserialize;
use bitcoin::hex::{DisplayHex as _, FromHex as _};
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut, Txid};
use serde_json::{Value, json};

type Transactions = BTreeMap<Txid, Transaction>;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text '{name}'"))
}

fn bytes(digits: &str) -> Vec<u8> {
    Vec::from_hex(digits).unwrap()
}

fn tx(digits: &str) -> Transaction {
    deserialize(&bytes(digits)).unwrap()
}

fn regtest() -> Rules {
    Rules::newest(BitcoinNetwork::Regtest)
}

/// Every transaction anywhere in a file, by txid.
fn collect(value: &Value, found: &mut Transactions) {
    match value {
        Value::String(digits) if digits.len() > 120 && digits.len() % 2 == 0 => {
            let parsed = Vec::from_hex(digits).ok().and_then(|bytes| deserialize::<Transaction>(&bytes).ok());
            if let Some(tx) = parsed.filter(|tx| !tx.input.is_empty()) {
                // A signed transaction wins over the unsigned one of the same txid.
                let witness = tx.input.iter().any(|input| !input.witness.is_empty());
                let known = found.contains_key(&tx.compute_txid());
                if witness || !known {
                    found.insert(tx.compute_txid(), tx);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn read(tx: &Transaction, known: &Transactions, rules: &Rules) -> Reading {
    transaction::decode(tx, &|txid| known.get(txid), rules, &Options::default())
}

/// The fields that every recording of a transaction has.
fn same_record(label: &str, decoded: &Decoded, recorded: &Value) {
    assert_eq!(decoded.source.as_deref(), recorded["source"].as_str(), "{label}: source");
    assert_eq!(decoded.destination.as_deref(), recorded["destination"].as_str(), "{label}: destination");
    assert_eq!(Some(decoded.btc_amount), recorded["btc_amount"].as_u64(), "{label}: amount");
    assert_eq!(decoded.data.to_lower_hex_string(), text(recorded, "data"), "{label}: data");
    // The server's type reader skips a prefix that the ledger does not skip.
    if let (Some(kind), false) =
        (recorded["transaction_type"].as_str(), decoded.data.starts_with(b"CNTRPRTY"))
    {
        let name = decoded.message.as_ref().map(Message::type_name);
        assert_eq!(name, Some(kind), "{label}: type");
    }
}

/// Every row that the server credited stands in the message, in its order.
fn same_sends(label: &str, message: &Message, rows: &[Value]) -> usize {
    let memo = |memo: Option<&Memo>| match memo {
        Some(Memo::Text(text)) => Some(text.clone()),
        Some(memo) => Some(memo.as_bytes().to_lower_hex_string()),
        None => None,
    };
    let mut ours: Vec<(String, String, u64, Option<String>)> = match message {
        Message::EnhancedSend(send) => vec![(
            send.asset.name(),
            send.destination.clone(),
            send.quantity.to_base_units(),
            memo(send.memo.as_ref()),
        )],
        Message::Mpma(batch) => batch
            .sends
            .iter()
            .map(|send| {
                let quantity = send.quantity.to_base_units();
                (send.asset.name(), send.destination.clone(), quantity, memo(batch.memo_of(send)))
            })
            .collect(),
        _ => return 0,
    };
    let mut theirs: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                text(row, "asset").to_owned(),
                text(row, "destination").to_owned(),
                row["quantity"].as_u64().unwrap(),
                row["memo"].as_str().map(str::to_owned),
            )
        })
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "{label}: rows");
    ours.len()
}

fn rows(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().or_else(|| value["result"].as_array()).or_else(|| value["response"]["result"].as_array())
}

/// The request that the server got, as a line of the codec; none for what we do not compose.
fn request(entry: &Value) -> Option<Value> {
    let path = text(&entry["request"], "path");
    let params = &entry["request"]["params"];
    let assets = json!({ "TOKENDIV.sub.Item_1": "A95428960440599004" });
    let asset = |name: &str| assets.get(name).and_then(Value::as_str).unwrap_or(name).to_owned();
    let memo = |memo: &Value, is_hex: &Value| match (memo.as_str(), is_hex.as_bool().unwrap_or_default()) {
        (None, _) => Value::Null,
        (Some(digits), true) => json!({ "hex": digits }),
        (Some(text), false) => json!({ "text": text }),
    };
    match path.rsplit('/').next()? {
        "send" if params["asset"] == "BTC" || params["use_enhanced_send"] == false => None,
        "send" => Some(json!({
            "type": "enhanced_send",
            "asset": asset(text(params, "asset")),
            "quantity": params["quantity"],
            "destination": params["destination"],
            "memo": memo(&params["memo"], &params["memo_is_hex"]),
        })),
        "mpma" => {
            let list = |name: &str| text(params, name).split(',').map(str::to_owned).collect::<Vec<_>>();
            let (names, to, quantities) = (list("assets"), list("destinations"), list("quantities"));
            let sends: Vec<Value> = (0..names.len())
                .map(|i| {
                    json!({
                        "asset": asset(&names[i]),
                        "destination": to[i],
                        "quantity": quantities[i],
                        "memo": memo(&params["memos"][i], &params["memos_are_hex"]),
                    })
                })
                .collect();
            let memo = memo(&params["memo"], &params["memo_is_hex"]);
            Some(json!({ "type": "mpma", "sends": sends, "memo": memo }))
        }
        "sweep" => {
            let binary = json!(params["flags"].as_u64().unwrap() & 4 != 0);
            Some(json!({
                "type": "sweep",
                "destination": params["destination"],
                "flags": params["flags"],
                "memo": memo(&params["memo"], &binary),
            }))
        }
        "broadcast" if params["inscription"] == true => None,
        "broadcast" => {
            // This interface of the server always writes a double.
            let value = params["value"].as_f64().unwrap_or_default();
            Some(json!({
                "type": "broadcast",
                "timestamp": params["timestamp"],
                "value": value,
                "fee_fraction": params.get("fee_fraction").cloned().unwrap_or(json!(0)),
                "text": params["text"],
            }))
        }
        "issuance" if text(params, "asset").contains('.') => None,
        "issuance" => Some(json!({
            "type": "issuance",
            "asset": params["asset"],
            "quantity": params["quantity"],
            "divisible": params["divisible"],
            "description": params["description"],
        })),
        _ => None,
    }
}

fn pack(message: &Value) -> Vec<u8> {
    let line = json!({ "network": "regtest", "message": message }).to_string();
    let mut output = Vec::new();
    airlock_online::codec::run("counterparty", "pack", line.as_bytes(), &mut output).unwrap();
    let answer: Value = serde_json::from_slice(&output).unwrap();
    bytes(answer["ok"]["data"].as_str().unwrap_or_else(|| panic!("{answer} for {line}")))
}

/// The data outputs of the local composer stand in the server's unsigned transaction.
fn same_outputs(entry: &Value, data: &[u8]) {
    let label = text(entry, "label");
    let unsigned = tx(text(entry, "unsigned_tx_hex"));
    let first = unsigned.input[0].previous_output.txid;
    let ours: Vec<TxOut> = match text(entry, "encoding") {
        "opreturn" => vec![opreturn::encode(data, &first, opreturn::MAX_PUSH).unwrap()],
        "multisig" => {
            let pubkey = bytes(text(&entry["request"]["params"], "multisig_pubkey"));
            multisig::encode(data, &first, &pubkey, multisig::DUST).unwrap()
        }
        "taproot" => {
            let script = bytes(text(entry, "envelope_script"));
            let key = &script[script.len() - 33..script.len() - 1];
            let envelope = taproot::encode(data, key).unwrap();
            assert_eq!(envelope.script.as_bytes(), script, "{label}: envelope");
            assert_eq!(
                envelope.control_block,
                bytes(entry["reveal_witness"][2].as_str().unwrap()),
                "{label}"
            );
            assert_eq!(envelope.reveal_outputs, tx(text(entry, "signed_reveal_tx_hex")).output, "{label}");
            vec![TxOut { value: unsigned.output[0].value, script_pubkey: envelope.commit_script }]
        }
        other => panic!("{label}: carrier {other}"),
    };
    let found = unsigned.output.windows(ours.len()).any(|window| window == ours);
    assert!(found, "{label}: data outputs");
}

#[test]
fn composes_what_the_server_composed() {
    let file = vectors("golden.json");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut carriers: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in file["transactions"].as_array().unwrap() {
        let Some(request) = request(entry) else { continue };
        let data = pack(&request);
        let recorded = text(entry, "data_hex").strip_prefix("434e545250525459").unwrap();
        assert_eq!(data.to_lower_hex_string(), recorded, "{}", text(entry, "label"));
        assert!(message::is_canonical(&data, &regtest()), "{}", text(entry, "label"));
        same_outputs(entry, &data);
        *counts.entry(text(&request, "type").to_owned()).or_default() += 1;
        *carriers.entry(text(entry, "encoding")).or_default() += 1;
    }
    println!("composed: {counts:?} in {carriers:?}");
    // Of the 86 recordings these have a type that we compose.
    let wanted = |kind: &str, but: &[&str]| {
        let entries = file["transactions"].as_array().unwrap().iter();
        entries
            .filter(|entry| entry["ledger"]["transaction"]["transaction_type"] == kind)
            .filter(|entry| !but.iter().any(|word| text(entry, "label").contains(word)))
            .count()
    };
    for (kind, but) in [
        ("enhanced_send", &[][..]),
        ("mpma", &[]),
        ("sweep", &[]),
        ("broadcast", &["inscription"]),
        ("issuance", &["subasset"]),
    ] {
        assert_eq!(counts[kind], wanted(kind, but), "{kind}");
    }
}

#[test]
fn reads_what_the_server_recorded() {
    let file = vectors("golden.json");
    let mut known = Transactions::new();
    collect(&file, &mut known);
    let (mut seen, mut not_seen, mut sends) = (0, 0, 0);
    for entry in file["transactions"].as_array().unwrap() {
        let label = text(entry, "label");
        let signed = tx(text(entry, "signed_tx_hex"));
        let recorded = &entry["ledger"]["transaction"];
        let message = match entry.get("signed_reveal_tx_hex") {
            Some(reveal) => {
                // The commit alone is an ordinary payment.
                assert!(matches!(read(&signed, &known, &regtest()), Reading::NotSeen(_)), "{label}");
                not_seen += 1;
                tx(reveal.as_str().unwrap())
            }
            None => signed,
        };
        match read(&message, &known, &regtest()) {
            Reading::NotSeen(reason) => {
                assert!(recorded.get("tx_hash").is_none(), "{label}: {reason:?}");
                not_seen += 1;
            }
            Reading::Seen(decoded) => {
                assert_eq!(message.compute_txid().to_string(), text(recorded, "tx_hash"), "{label}");
                same_record(label, &decoded, recorded);
                assert!(decoded.executed, "{label}");
                let rows = entry["ledger"]["sends"].as_array();
                sends += rows.map_or(0, |rows| same_sends(label, decoded.message.as_ref().unwrap(), rows));
                seen += 1;
            }
        }
    }
    println!("golden: {seen} seen, {not_seen} not, {sends} rows");
    let entries = file["transactions"].as_array().unwrap();
    let recorded =
        entries.iter().filter(|entry| entry["ledger"]["transaction"].get("tx_hash").is_some()).count();
    let commits = entries.iter().filter(|entry| entry.get("signed_reveal_tx_hex").is_some()).count();
    assert_eq!((seen, not_seen), (recorded, entries.len() - recorded + commits));
}

#[test]
fn reads_the_experiments_as_the_server_did() {
    let file = vectors("golden_experiments.json");
    let mut known = Transactions::new();
    collect(&file, &mut known);
    let experiments = file["experiments"].as_array().unwrap();
    let (mut seen, mut ignored) = (0, 0);
    for entry in experiments {
        let label = text(entry, "label");
        let recorded = &entry["ledger"]["transaction"];
        for digits in entry["transactions"].as_array().unwrap() {
            let tx = tx(digits.as_str().unwrap());
            let is_message = tx.compute_txid().to_string() == text(entry, "message_txid");
            match read(&tx, &known, &regtest()) {
                Reading::Seen(decoded) if is_message => {
                    same_record(label, &decoded, recorded);
                    if let (Some(rows), Some(message)) =
                        (entry["ledger"]["sends"].as_array(), &decoded.message)
                    {
                        same_sends(label, message, rows);
                    }
                    seen += 1;
                }
                Reading::NotSeen(reason) if is_message => {
                    assert!(recorded.get("tx_hash").is_none(), "{label}: {reason:?}");
                    ignored += 1;
                }
                Reading::Seen(decoded) => panic!("{label}: {decoded:?} in the commit"),
                Reading::NotSeen(_) => {}
            }
        }
    }
    println!("experiments: {seen} seen, {ignored} ignored");
    assert_eq!(seen + ignored, experiments.len());
    let recorded = experiments.iter().filter(|e| e["ledger"]["transaction"].get("tx_hash").is_some()).count();
    assert_eq!(seen, recorded);
}

#[test]
fn reads_and_builds_the_p2sh_pairs_as_the_server_did() {
    let file = vectors("golden_p2sh.json");
    let mut known = Transactions::new();
    collect(&file, &mut known);
    let pairs = file["pairs"].as_array().unwrap();
    let (mut executed, mut lost, mut credited) = (0, 0, 0);
    for pair in pairs {
        let label = text(pair, "label");
        let switched_off = pair["regtest_disabled_changes"].as_array().unwrap();
        let rules = switched_off
            .iter()
            .fold(regtest(), |rules, name| rules.without(Change::from_name(name.as_str().unwrap()).unwrap()));
        let first = tx(text(pair, "signed_pretx_hex"));
        assert!(matches!(read(&first, &known, &rules), Reading::NotSeen(_)), "{label}");
        let Reading::Seen(decoded) = read(&tx(text(pair, "signed_datatx_hex")), &known, &rules) else {
            panic!("{label}: not seen")
        };
        same_record(label, &decoded, &pair["server_transaction"]["response"]["result"]);
        same_record(label, &decoded, &pair["server_info"]["response"]["result"]);
        // With the rule in force the server lists the pair as valid, and nothing moves.
        assert_eq!(decoded.executed, !switched_off.is_empty(), "{label}");
        if decoded.executed {
            executed += 1
        } else {
            lost += 1
        }
        let recorded = rows(&pair["server_sends"]).unwrap();
        // The pair that names the P2PKH twin of its key as source found no funds there: no rows.
        if !recorded.is_empty() {
            credited += same_sends(label, decoded.message.as_ref().unwrap(), recorded);
        }
        builds_the_pair(pair, &first);
    }
    println!("pairs: {executed} executed, {lost} lost, {credited} rows");
    assert_eq!(credited, 12 + 40 + 12);
    let off =
        pairs.iter().filter(|pair| !pair["regtest_disabled_changes"].as_array().unwrap().is_empty()).count();
    assert_eq!((executed, lost), (off, pairs.len() - off));
}

fn builds_the_pair(pair: &Value, first: &Transaction) {
    let label = text(pair, "label");
    let data = bytes(text(pair, "message_data_hex"));
    let scripts = p2sh::redeem_scripts(&data, &bytes(text(pair, "pubkey")), 0).unwrap();
    let recorded: Vec<ScriptBuf> = pair["redeem_scripts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|script| ScriptBuf::from_bytes(bytes(script.as_str().unwrap())))
        .collect();
    assert_eq!(scripts, recorded, "{label}");
    let value = Amount::from_sat(pair["p2sh_output_value"].as_u64().unwrap());
    let outputs = p2sh::first_outputs(&scripts, value);
    assert_eq!(first.output[..outputs.len()], outputs, "{label}");
    let second = tx(text(pair, "unsigned_datatx_hex"));
    assert_eq!(p2sh::second_outputs(&first.compute_txid()), second.output, "{label}");
    assert_eq!(second.output[0].script_pubkey.to_hex_string(), text(pair, "op_return_script"), "{label}");
}

/// The other transactions of the file were never mined: the decoder must read each to some end.
#[test]
fn reads_every_variant_of_a_redeem_script() {
    let file = vectors("golden_p2sh.json");
    let mut known = Transactions::new();
    collect(&file, &mut known);
    let rules = regtest().without(Change::P2shDisabled);
    let mut ends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for variant in file["redeem_script_variants"].as_array().unwrap() {
        let name = text(variant, "variant");
        let Some(second) = variant.get("signed_datatx_hex") else { continue };
        let end = match read(&tx(second.as_str().unwrap()), &known, &rules) {
            Reading::Seen(decoded) if decoded.carrier.is_some_and(|c| c.name() == "p2sh") => "pair",
            Reading::Seen(_) => "other",
            Reading::NotSeen(reason) => reason.name(),
        };
        ends.entry(end).or_default().push(name);
    }
    println!("{ends:#?}");
    let total: usize = ends.values().map(Vec::len).sum();
    assert_eq!(total, file["redeem_script_variants"].as_array().unwrap().len() - 1);
    // An input without scriptSig ends the reading of the whole transaction.
    assert_eq!(ends["unreadable_pair"].len(), 1);
    assert!(ends["unreadable_pair"][0].starts_with("input signed as p2wpkh"));
    assert_eq!(ends["pair"].len(), total - 1);
}
