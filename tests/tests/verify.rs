//! The online half accepts a signed file only if it equals the plan in everything but signatures.

use std::sync::LazyLock;

use airlock::bundle::{Bundle, FinalTransaction, Signed, SignedContents, SignedStep, verify};
use airlock::xrp::{Field, Transaction as XrpTransaction};
use airlock::{Error, Exit};
use airlock_tests::treasury::{Treasury, requests};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{Amount, Psbt, ScriptBuf, Sequence, Transaction, Witness, absolute, transaction};
use serde_json::{Value, json};

/// Steps of every kind: an XRP payment, bitcoin from Taproot, a send from segwit, and a Taproot pair from a legacy source,
/// whose reveal is a template.
struct Fixture {
    bundle: Bundle,
    signed: Signed,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let treasury = Treasury::open();
    let bundle = treasury.plan(&requests(json!([
        {"from": "cold", "intent": {"send-xrp":
            {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "80000"}}},
        {"from": "float", "intent": {"send-bitcoin":
            {"payees": [{"to": "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks", "amount": "0.0003"}]}}},
        {"from": "cold", "intent": {"send-asset": {"payee":
            {"asset": "XCP", "to": "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w", "amount": "1.5"}}}},
        {"from": "legacy", "encoding": "taproot", "intent": {"send-asset": {"payee":
            {"asset": "XCP", "to": "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w", "amount": "0.5"}}}},
    ])));
    let signed = treasury.sign(&bundle);
    Fixture { bundle, signed }
});

/// The fixture's signed file with other contents, sealed again: only the check itself can find it.
fn altered(change: impl FnOnce(&mut SignedContents)) -> Result<Vec<FinalTransaction>, Error> {
    let mut contents = FIXTURE.signed.contents().clone();
    change(&mut contents);
    verify(&FIXTURE.bundle, &Signed::seal(contents).unwrap())
}

fn refused(change: impl FnOnce(&mut SignedContents)) -> String {
    let error = altered(change).expect_err("an altered file is refused");
    assert!(matches!(error.code().exit, Exit::Refused | Exit::BadInput), "{error}");
    error.to_string()
}

fn transaction(index: usize) -> Option<Transaction> {
    match &FIXTURE.signed.contents().steps[index] {
        SignedStep::Bitcoin { tx, .. } => Some(deserialize_hex(tx).unwrap()),
        SignedStep::Xrpl { .. } => None,
    }
}

/// Puts an altered transaction into the file, with txid and PSBT to match, as somebody would who means it.
fn with_transaction(index: usize, change: impl FnOnce(&mut Transaction)) -> String {
    refused(|contents| {
        let SignedStep::Bitcoin { tx, txid, psbt } = &mut contents.steps[index] else { unreachable!() };
        let mut transaction: Transaction = deserialize_hex(tx).unwrap();
        let before = transaction.clone();
        change(&mut transaction);
        assert_ne!(transaction, before);
        let mut fields: Psbt = psbt.parse().unwrap();
        for (input, signed) in fields.inputs.iter_mut().zip(&transaction.input) {
            let (script_sig, witness) = (signed.script_sig.clone(), signed.witness.clone());
            input.final_script_sig = (!script_sig.is_empty()).then_some(script_sig);
            input.final_script_witness = (!witness.is_empty()).then_some(witness);
        }
        let mut unsigned = transaction.clone();
        for input in &mut unsigned.input {
            input.script_sig = ScriptBuf::new();
            input.witness = Witness::new();
        }
        if unsigned.input.len() == fields.inputs.len() && unsigned.output.len() == fields.outputs.len() {
            fields.unsigned_tx = unsigned;
        }
        *tx = serialize_hex(&transaction);
        *txid = transaction.compute_txid().to_string();
        *psbt = fields.to_string();
    })
}

fn bitcoin_steps() -> impl Iterator<Item = (usize, Transaction)> {
    (0..FIXTURE.bundle.steps().len()).filter_map(|index| Some((index, transaction(index)?)))
}

#[test]
fn accepts_what_was_planned_and_gives_the_transactions_in_order() {
    let transactions = verify(&FIXTURE.bundle, &FIXTURE.signed).unwrap();
    assert_eq!(transactions.len(), FIXTURE.bundle.steps().len());
    for (found, step) in transactions.iter().zip(&FIXTURE.signed.contents().steps) {
        let (id, raw) = match step {
            SignedStep::Bitcoin { tx, txid, .. } => (txid, tx),
            SignedStep::Xrpl { tx_blob, hash } => (hash, tx_blob),
        };
        assert_eq!((&found.id(), &found.raw()), (id, raw));
    }
    // The reveal is a template: what was signed spends another txid than what was planned.
    let last = FIXTURE.bundle.steps().last().unwrap();
    assert!(!last.links.is_empty());
    let airlock::bundle::Artefact::Psbt(planned) = &last.artefact else { unreachable!() };
    let (_, reveal) = bitcoin_steps().last().unwrap();
    assert_ne!(planned.unsigned_tx.input[0].previous_output, reveal.input[0].previous_output);
}

#[test]
fn refuses_every_altered_field_of_every_bitcoin_transaction() {
    let mut altered = 0;
    for (index, tx) in bitcoin_steps() {
        let step = format!("step {}", index + 1);
        let mut expect = |what: &str, error: String| {
            assert!(error.contains(&step), "{error} does not name {step}");
            assert!(error.contains(what), "{error} does not say '{what}'");
            altered += 1;
        };
        expect("version", with_transaction(index, |tx| tx.version = transaction::Version(1)));
        expect(
            "locktime",
            with_transaction(index, |tx| tx.lock_time = absolute::LockTime::from_consensus(1)),
        );
        for input in 0..tx.input.len() {
            let place = format!("input {input}");
            expect(&place, with_transaction(index, |tx| tx.input[input].previous_output.vout ^= 4));
            expect(&place, with_transaction(index, |tx| tx.input[input].sequence = Sequence(0xffff_fff0)));
            expect(
                &place,
                with_transaction(index, |tx| {
                    let mut script = tx.input[input].script_sig.to_bytes();
                    match script.last_mut() {
                        Some(byte) => *byte ^= 1,
                        None => script.push(0x51),
                    }
                    tx.input[input].script_sig = script.into();
                }),
            );
            for item in 0..tx.input[input].witness.len() {
                expect(
                    &place,
                    with_transaction(index, |tx| {
                        let mut items = tx.input[input].witness.to_vec();
                        *items[item].last_mut().unwrap() ^= 1;
                        tx.input[input].witness = Witness::from_slice(&items);
                    }),
                );
            }
            expect(&place, with_transaction(index, |tx| tx.input[input].witness.push([1])));
        }
        for output in 0..tx.output.len() {
            let place = format!("output {output} pays");
            expect(&place, with_transaction(index, |tx| tx.output[output].value += Amount::ONE_SAT));
            expect(
                &place,
                with_transaction(index, |tx| {
                    let mut script = tx.output[output].script_pubkey.to_bytes();
                    *script.last_mut().unwrap() ^= 1;
                    tx.output[output].script_pubkey = script.into();
                }),
            );
        }
        expect("number of inputs", with_transaction(index, |tx| tx.input.push(tx.input[0].clone())));
        expect("number of outputs", with_transaction(index, |tx| tx.output.push(tx.output[0].clone())));
        expect("number of outputs", with_transaction(index, |tx| drop(tx.output.pop())));
    }
    println!("{altered} alterations of Bitcoin transactions refused");
    assert!(altered > 40, "{altered}");
}

#[test]
fn refuses_claims_that_do_not_belong_to_the_transaction() {
    for (index, _) in bitcoin_steps() {
        let step = |contents: &mut SignedContents, change: &dyn Fn(&mut String, &mut String, &mut String)| {
            let SignedStep::Bitcoin { psbt, tx, txid } = &mut contents.steps[index] else { unreachable!() };
            change(psbt, tx, txid);
        };
        let zeros = "00".repeat(32);
        assert!(refused(|c| step(c, &|_, _, txid| *txid = zeros.clone())).contains("E-VRFY-004"));
        assert!(refused(|c| step(c, &|_, tx, _| *tx = tx.to_uppercase())).contains("E-VRFY-006"));
        assert!(refused(|c| step(c, &|_, tx, _| tx.push_str("00"))).contains("E-VRFY-006"));
        assert!(refused(|c| step(c, &|_, tx, _| tx.clear())).contains("E-VRFY-006"));
        assert!(refused(|c| step(c, &|psbt, _, _| psbt.clear())).contains("E-VRFY-006"));
        let unsigned = |psbt: &mut String| {
            let mut fields: Psbt = psbt.parse().unwrap();
            fields.inputs[0].final_script_sig = None;
            fields.inputs[0].final_script_witness = None;
            *psbt = fields.to_string();
        };
        assert!(refused(|c| step(c, &|psbt, _, _| unsigned(psbt))).contains("E-VRFY-004"));
        let locked = |psbt: &mut String| {
            let mut fields: Psbt = psbt.parse().unwrap();
            fields.unsigned_tx.lock_time = absolute::LockTime::from_consensus(7);
            *psbt = fields.to_string();
        };
        assert!(refused(|c| step(c, &|psbt, _, _| locked(psbt))).contains("E-VRFY-004"));
    }
}

fn with_xrp(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    refused(|contents| {
        let SignedStep::Xrpl { tx_blob, hash } = &mut contents.steps[0] else { unreachable!() };
        let signed = XrpTransaction::from_blob(&Vec::from_hex(tx_blob).unwrap()).unwrap();
        let Value::Object(mut members) = signed.to_json() else { unreachable!() };
        let signature = members.remove("TxnSignature").unwrap();
        change(&mut members);
        // Encoded without check of the signature, then the signature is put back into the bytes by its field order.
        let unsigned = XrpTransaction::from_json(&Value::Object(members)).unwrap();
        let signature = Vec::from_hex(signature.as_str().unwrap()).unwrap();
        let blob = splice_signature(&unsigned, &signature);
        *tx_blob = blob.to_upper_hex_string();
        *hash = XrpTransaction::from_blob(&blob).unwrap().hash().unwrap().to_upper_hex_string();
    })
}

/// TxnSignature (field 74) stands directly behind SigningPubKey (field 73), which every transaction here has.
fn splice_signature(unsigned: &XrpTransaction, signature: &[u8]) -> Vec<u8> {
    let mut blob = unsigned.to_blob();
    let key = unsigned.signing_pub_key().unwrap().to_bytes();
    let at = blob.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    let field = [&[0x74, u8::try_from(signature.len()).unwrap()][..], signature].concat();
    blob.splice(at..at, field);
    blob
}

#[test]
fn refuses_every_altered_field_of_the_xrp_payment() {
    let SignedStep::Xrpl { tx_blob, .. } = &FIXTURE.signed.contents().steps[0] else { unreachable!() };
    let signed = XrpTransaction::from_blob(&Vec::from_hex(tx_blob).unwrap()).unwrap();
    let fields: Vec<Field> = signed.fields().map(|(field, _)| field).collect();
    let mut altered = 0;
    let mut expect = |field: &str, error: String| {
        assert!(error.contains("step 1") && error.contains(field), "{error} does not name {field}");
        altered += 1;
    };
    for (name, value) in [
        ("Destination", json!("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh")),
        ("DestinationTag", json!(2)),
        ("Amount", json!("80000000001")),
        ("Fee", json!("5001")),
        ("Sequence", json!(99)),
        ("LastLedgerSequence", json!(4_000_000_000_u32)),
        ("Flags", json!(2_147_483_648_u32)),
        ("Account", json!("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh")),
        ("SourceTag", json!(5)),
        ("Memos", json!([{"Memo": {"MemoData": "00"}}])),
    ] {
        expect(name, with_xrp(|members| drop(members.insert(name.to_owned(), value))));
    }
    expect("DestinationTag", with_xrp(|members| drop(members.remove("DestinationTag"))));
    expect("LastLedgerSequence", with_xrp(|members| drop(members.remove("LastLedgerSequence"))));
    expect(
        "SigningPubKey",
        with_xrp(|members| {
            // The other point with the same x.
            let other = "021D68BC1A142E6766B2BDFB006CCFE135EF2E0E2E94ABB5CF5C9AB6104776FBAE";
            let ours = members.insert("SigningPubKey".to_owned(), json!(other)).unwrap();
            assert_ne!(ours, json!(other));
        }),
    );
    let touched = [
        "Destination",
        "DestinationTag",
        "Amount",
        "Fee",
        "Sequence",
        "LastLedgerSequence",
        "Flags",
        "Account",
        "SigningPubKey",
        "TxnSignature",
        "TransactionType",
    ];
    for field in fields {
        assert!(touched.contains(&field.name()), "{} is never altered by this test", field.name());
    }
    println!("{altered} alterations of the XRP payment refused");
}

#[test]
fn refuses_a_wrong_or_missing_xrp_signature_and_a_wrong_hash() {
    let step = |contents: &mut SignedContents, change: &dyn Fn(&mut String, &mut String)| {
        let SignedStep::Xrpl { tx_blob, hash } = &mut contents.steps[0] else { unreachable!() };
        change(tx_blob, hash);
    };
    assert!(refused(|c| step(c, &|_, hash| *hash = "00".repeat(32))).contains("E-VRFY-004"));
    assert!(refused(|c| step(c, &|blob, _| *blob = blob.to_lowercase())).contains("E-VRFY-006"));
    let wrong = |blob: &mut String, hash: &mut String| {
        let mut bytes = Vec::from_hex(blob).unwrap();
        let signed = XrpTransaction::from_blob(&bytes).unwrap();
        let key = signed.signing_pub_key().unwrap().to_bytes();
        let at = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len();
        bytes[at + 20] ^= 1;
        *hash = XrpTransaction::from_blob(&bytes).unwrap().hash().unwrap().to_upper_hex_string();
        *blob = bytes.to_upper_hex_string();
    };
    assert!(refused(|c| step(c, &wrong)).contains("E-XRP-004"));
    let missing = |blob: &mut String, _: &mut String| {
        let signed = XrpTransaction::from_blob(&Vec::from_hex(blob).unwrap()).unwrap();
        *blob = signed.without_signature().to_blob().to_upper_hex_string();
    };
    assert!(refused(|c| step(c, &missing)).contains("step 1"));
}

#[test]
fn names_missing_added_and_swapped_steps() {
    let count = FIXTURE.bundle.steps().len();
    for index in 0..count {
        let error = refused(|contents| drop(contents.steps.remove(index)));
        assert!(error.contains(&format!("step {} is missing", index + 1)), "{error}");
        for other in index + 1..count {
            let error = refused(|contents| contents.steps.swap(index, other));
            assert!(error.contains(&format!("steps {} and {} are swapped", index + 1, other + 1)), "{error}");
            let error = refused(|contents| contents.steps[other] = contents.steps[index].clone());
            let told = format!("step {} holds the transaction of step {}", other + 1, index + 1);
            assert!(error.contains(&told), "{error}");
        }
        let error = refused(|contents| contents.steps.push(contents.steps[index].clone()));
        assert!(error.contains("1 transaction is too many"), "{error}");
    }
}

#[test]
fn refuses_the_signed_file_of_another_bundle() {
    let treasury = Treasury::open();
    let other = treasury.plan(&requests(json!([{"from": "cold", "intent": {"send-xrp":
        {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "1"}}}])));
    let error = verify(&other, &FIXTURE.signed).unwrap_err();
    assert_eq!(error.code().id, "E-VRFY-001");
    // Renamed to answer this bundle, it still holds other transactions.
    let error = refused(|contents| contents.steps = treasury.sign(&other).contents().steps.clone());
    assert!(error.contains("E-VRFY-00"), "{error}");
}
