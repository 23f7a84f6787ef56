//! `inspect` says what anything is, shows what is in it, and survives whatever it is given.

use airlock::inspect::{Inspection, inspect};
use airlock::network::BitcoinNetwork;
use airlock::watch::Watch;
use airlock_tests::treasury::{Treasury, requests, snapshot};
use airlock_tests::vectors;
use bitcoin::hex::FromHex;
use serde_json::{Value, json};

const ALL_KINDS: &[(&str, &str)] = &[
    ("bitcoin-address", "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks"),
    ("xrp-address", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    ("x-address", "XVPcpSm47b1CZkf5AkKM9a84dQHe3m4sBhsrA4XtnBECTAc"),
];

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, BitcoinNetwork::Regtest).unwrap_or_else(|e| panic!("{e}"))
}

fn text(inspection: &Inspection) -> String {
    [&[inspection.headline.clone()][..], &inspection.lines].concat().join("\n")
}

fn bundle() -> (Treasury, airlock::bundle::Bundle) {
    let treasury = Treasury::open();
    let bundle = treasury.plan(&requests(json!([
        {"from": "cold", "intent": {"send-xrp":
            {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "80000"}}},
        {"from": "cold", "encoding": "taproot", "intent": {"send-asset": {"payee": {"asset": "XCP",
            "to": "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w", "amount": "1.5", "memo": {"text": "invoice 42"}}}}},
    ])));
    (treasury, bundle)
}

#[test]
fn recognizes_addresses() {
    for (kind, address) in ALL_KINDS {
        let found = look(address.as_bytes());
        assert_eq!(found.kind, *kind);
        assert_eq!(found.json["kind"], *kind);
        assert!(found.headline.contains(address), "{}", found.headline);
    }
    assert!(text(&look(b"rrrrrrrrrrrrrrrrrrrrrhoLvTp")).contains("Nobody controls it"));
}

#[test]
fn decodes_a_bundle_with_the_message_of_a_reveal() {
    let (treasury, bundle) = bundle();
    let found = look(&bundle.encode());
    let shown = text(&found);
    assert_eq!(found.kind, "bundle");
    for part in [
        "80,000 XRP (80000000000 drops)",
        "enhanced_send (taproot)",
        "invoice 42",
        "150000000 base units of XCP",
    ] {
        assert!(shown.contains(part), "'{part}' is not in\n{shown}");
    }
    let signed = look(&treasury.sign(&bundle).encode());
    assert_eq!(signed.kind, "signed");
    assert_eq!(signed.json["bundle"], bundle.id().to_string());
    assert!(text(&signed).contains("invoice 42"));
    let watch = Watch { accounts: treasury.accounts }.encode();
    assert_eq!(look(&watch).kind, "watch");
    assert_eq!(look(&snapshot().encode()).kind, "snapshot");
}

#[test]
fn reads_a_psbt_as_bytes_base64_and_hex() {
    let (_, bundle) = bundle();
    let airlock::bundle::Artefact::Psbt(psbt) = &bundle.steps()[1].artefact else {
        panic!("step 2 is bitcoin")
    };
    let bytes = psbt.serialize();
    let base64 = psbt.to_string();
    let hex = psbt.serialize_hex();
    let found = look(&bytes);
    assert_eq!(found.kind, "psbt");
    assert!(text(&found).contains("fee"), "{}", text(&found));
    assert_eq!(look(format!("{base64}\n").as_bytes()), found);
    assert_eq!(look(hex.as_bytes()), found);
}

#[test]
fn decodes_transactions_of_both_chains() {
    let golden = vectors("golden.json");
    let mut messages = 0;
    for row in golden["transactions"].as_array().expect("a list") {
        let Some(tx) = row["signed_tx_hex"].as_str() else { continue };
        let found = look(tx.as_bytes());
        assert_eq!(found.kind, "bitcoin-transaction");
        assert_eq!(found.json["txid"], row["txid"]);
        messages += usize::from(found.json["counterparty"] != Value::Null);
    }
    println!("{messages} Counterparty messages read without previous transactions");
    assert!(messages > 20, "{messages}");
    let xrpl = vectors("xrpl.json");
    let mut read = 0;
    let is_signed = |row: &&Value| row["category"] == "sign_single";
    for row in xrpl["vectors"].as_array().expect("a list").iter().filter(is_signed) {
        let blob = row["expected"]["tx_blob"].as_str().expect("a signed blob");
        let Ok(found) = inspect(blob.as_bytes(), BitcoinNetwork::Mainnet) else { continue };
        assert_eq!(found.kind, "xrpl-transaction");
        read += 1;
        let again = look(found.json["tx_json"].to_string().as_bytes());
        assert_eq!(again.json, found.json);
    }
    assert!(read > 0, "no signed blob was found in the vectors");
}

#[test]
fn refuses_what_it_does_not_know_and_never_echoes_control_characters() {
    for unknown in
        ["", "hello", "[]", "{}", "{\"format\":\"airlock-\u{1b}[2J\"}", "00", "cHNidP8", "\u{1b}]0;x\u{7}"]
    {
        let error = inspect(unknown.as_bytes(), BitcoinNetwork::Mainnet).expect_err(unknown);
        assert_eq!(error.code().exit.code(), 2, "{error}");
        assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
    }
}

#[test]
fn never_repeats_what_an_unknown_file_says() {
    let secret = "abandon ability able";
    for unknown in [
        secret.to_owned(),
        format!("{{\"format\":\"{secret}\"}}"),
        format!("[\"{secret}\"]"),
        "c0ffee".repeat(9),
    ] {
        let error = inspect(unknown.as_bytes(), BitcoinNetwork::Mainnet).expect_err(&unknown);
        let told = error.to_string();
        assert!(!told.contains("abandon") && !told.to_lowercase().contains("c0ffee"), "{told}");
    }
    assert!(inspect(secret.as_bytes(), BitcoinNetwork::Mainnet).unwrap_err().what().contains("20 bytes"));
}

#[test]
fn knows_a_broadcast_file_and_says_which_network_it_assumes() {
    let file = json!({"format": "airlock-broadcast", "version": 1, "bundle": "b", "signed": "s", "transactions": [
        {"step": 1, "after": [], "chain": "xrpl", "hash": "AB12", "tx_blob": "00"}]});
    let found = look(file.to_string().as_bytes());
    assert_eq!(found.kind, "broadcast");
    assert!(text(&found).contains("1 transaction") && text(&found).contains("xrpl AB12"), "{}", text(&found));
    let (_, bundle) = bundle();
    let airlock::bundle::Artefact::Psbt(psbt) = &bundle.steps()[1].artefact else {
        panic!("step 2 is bitcoin")
    };
    let shown = text(&look(&psbt.serialize()));
    assert!(shown.contains("regtest, assumed"), "{shown}");
}

#[test]
fn survives_cut_and_altered_input() {
    let (treasury, bundle) = bundle();
    let SignedParts { tx, blob } = parts(&treasury.sign(&bundle));
    let airlock::bundle::Artefact::Psbt(psbt) = &bundle.steps()[1].artefact else {
        panic!("step 2 is bitcoin")
    };
    for sample in [tx, blob, psbt.serialize()] {
        for cut in 0..sample.len() {
            let _ = inspect(&sample[..cut], BitcoinNetwork::Regtest);
        }
        for index in 0..sample.len() {
            for bit in [0, 3, 7] {
                let mut altered = sample.clone();
                altered[index] ^= 1 << bit;
                let _ = inspect(&altered, BitcoinNetwork::Regtest);
            }
        }
    }
}

struct SignedParts {
    tx: Vec<u8>,
    blob: Vec<u8>,
}

fn parts(signed: &airlock::bundle::Signed) -> SignedParts {
    use airlock::bundle::SignedStep;
    let mut parts = SignedParts { tx: Vec::new(), blob: Vec::new() };
    for step in &signed.contents().steps {
        match step {
            SignedStep::Bitcoin { tx, .. } => parts.tx = Vec::from_hex(tx).unwrap(),
            SignedStep::Xrpl { tx_blob, .. } => parts.blob = Vec::from_hex(tx_blob).unwrap(),
        }
    }
    parts
}
