//! A bundle and a signed file have one form: whatever is cut off, flipped, added or too large is refused.

use airlock::account::AccountName;
use airlock::bundle::{
    Artefact, Bundle, Contents, Link, Networks, Signed, SignedContents, SignedStep, Spoken, Step, Topic,
    file, limits, structure,
};
use airlock::json;
use airlock::network::BitcoinNetwork;
use airlock::request::{BitcoinPayee, Intent, Request};
use airlock::time::Moment;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn psbt(outpoint: OutPoint, amounts: &[u64]) -> Psbt {
    let output =
        |sat: &u64| TxOut { value: Amount::from_sat(*sat), script_pubkey: ScriptBuf::from(vec![0x51]) };
    Psbt::from_unsigned_tx(Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: outpoint,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        }],
        output: amounts.iter().map(output).collect(),
    })
    .unwrap()
}

fn tx_json(amount: &str) -> Map<String, Value> {
    json!({"TransactionType": "Payment", "Amount": amount, "Flags": 0}).as_object().unwrap().clone()
}

fn request(amount: &str) -> Request {
    Request {
        from: "cold".parse::<AccountName>().unwrap(),
        reference: Some("withdrawal 17".into()),
        intent: Intent::SendBitcoin {
            payees: vec![BitcoinPayee { to: "somebody".into(), amount: amount.into() }],
        },
        fee_rate: None,
        fee_drops: None,
        encoding: None,
    }
}

fn step(artefact: Artefact, after: Vec<usize>, links: Vec<Link>) -> Step {
    Step { request: 0, account: "gwycrcrh".into(), after, links, one_of: None, artefact }
}

fn contents() -> Contents {
    let parent = psbt(OutPoint::new(Txid::from_byte_array([7; 32]), 1), &[1000, 2000]);
    let child = psbt(OutPoint::new(parent.unsigned_tx.compute_txid(), 0), &[700]);
    Contents {
        networks: Networks { bitcoin: Some(BitcoinNetwork::Regtest), xrpl: Some(1) },
        created: Moment::from_unix(1_790_000_000),
        expires: Moment::from_unix(1_790_014_400),
        requests: vec![request("0.5")],
        steps: vec![
            step(Artefact::Psbt(Box::new(parent)), vec![], vec![]),
            step(Artefact::Psbt(Box::new(child)), vec![0], vec![Link { input: 0, step: 0, vout: 0 }]),
            step(Artefact::TxJson(tx_json("5")), vec![], vec![]),
        ],
        assumptions: vec![
            Topic::InputAmounts { inputs: 2 }.into(),
            Topic::BitcoinHeight { height: 305 }.into(),
        ],
        journal_head: None,
    }
}

fn signed_contents(bundle: &Bundle) -> SignedContents {
    SignedContents {
        bundle: bundle.id().to_string(),
        steps: vec![SignedStep::Xrpl { tx_blob: "1200".into(), hash: "AB".into() }],
        journal_head: None,
    }
}

/// Puts the right id into a changed file, so that only the change itself can be what is refused.
fn with_right_id(prefix: &str, mut value: Value) -> Vec<u8> {
    let members = value.as_object_mut().unwrap();
    members.remove("id");
    let content = json::canonical(&value);
    let id = bitcoin::hashes::sha256::Hash::hash(&[prefix.as_bytes(), &content].concat()).to_string();
    value.as_object_mut().unwrap().insert("id".into(), id.into());
    json::canonical(&value)
}

fn refused(value: Value) -> &'static str {
    Bundle::decode(&with_right_id("airlock-bundle/1\n", value)).unwrap_err().code().id
}

#[test]
fn reads_back_what_it_writes() {
    let bundle = Bundle::seal(contents()).unwrap();
    let bytes = bundle.encode();
    assert_eq!(Bundle::decode(&bytes).unwrap(), bundle);
    assert!(bytes.starts_with(b"{\"assumptions\":") && bytes.ends_with(b"}\n"));
    let signed = Signed::seal(signed_contents(&bundle)).unwrap();
    assert_eq!(Signed::decode(&signed.encode()).unwrap(), signed);
    assert_eq!(bundle.id().short().len(), 4);
    assert_ne!(bundle.id().words().join(" "), signed.id().words().join(" "));
}

#[test]
fn writes_the_sorted_form_of_what_it_says() {
    let mut whole = contents();
    whole.journal_head = Some("5e".repeat(32).parse().unwrap());
    whole.steps[0].one_of = Some(1);
    whole.requests[0].fee_rate = Some("2".to_owned());
    let mut bundles = vec![contents(), whole];
    for intent in intents() {
        let mut contents = contents();
        contents.requests[0].intent = intent;
        bundles.push(contents);
    }
    for contents in bundles {
        let bytes = Bundle::seal(contents).unwrap().encode();
        let value = json::parse(&bytes, json::Numbers::Integers).unwrap();
        assert_eq!(String::from_utf8(json::canonical(&value)).unwrap(), String::from_utf8(bytes).unwrap());
    }
}

/// Intents with members whose order matters.
fn intents() -> Vec<Intent> {
    let payee = json!({"asset": "XCP", "to": "somebody", "amount": "1", "memo": {"text": "x"}});
    [
        json!({"send-asset": {"payee": payee}}),
        json!({"send-xrp": {"to": "somebody", "tag": 1, "amount": "5"}}),
        json!({"xrp-transaction": {"tx_json": {"b": 1, "B": {"d": "", "c": []}, "A": "x"}}}),
    ]
    .map(|intent| json::from_value(intent).unwrap())
    .to_vec()
}

#[test]
fn refuses_a_file_cut_off_at_any_byte() {
    let bundle = Bundle::seal(contents()).unwrap();
    for (name, bytes) in
        [("bundle", bundle.encode()), ("signed", Signed::seal(signed_contents(&bundle)).unwrap().encode())]
    {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(
                Bundle::decode(cut).is_err() && Signed::decode(cut).is_err(),
                "{name} cut to {length} bytes"
            );
        }
        assert!(Bundle::decode(&bytes).is_ok() || Signed::decode(&bytes).is_ok());
    }
}

#[test]
fn refuses_every_flipped_bit() {
    let bundle = Bundle::seal(contents()).unwrap();
    for mut bytes in [bundle.encode(), Signed::seal(signed_contents(&bundle)).unwrap().encode()] {
        for position in 0..bytes.len() {
            for bit in 0..8 {
                bytes[position] ^= 1 << bit;
                assert!(
                    Bundle::decode(&bytes).is_err() && Signed::decode(&bytes).is_err(),
                    "bit {bit} of byte {position} flipped unseen"
                );
                bytes[position] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn refuses_every_other_spelling_of_the_same_content() {
    let bundle = Bundle::seal(contents()).unwrap();
    let text = String::from_utf8(bundle.encode()).unwrap();
    let spellings = [
        text.replace("{\"account\"", "{ \"account\""),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("\u{feff}{text}"),
        text.replace("withdrawal", "withdraw\\u0061l"),
        text.replace("\"networks\":{", "\"journal_head\":null,\"networks\":{"),
    ];
    for spelling in spellings {
        assert_ne!(spelling, text);
        assert!(Bundle::decode(spelling.as_bytes()).is_err(), "{spelling}");
    }
}

#[test]
fn refuses_unknown_members_and_versions_even_under_a_right_id() {
    let value: Value = serde_json::from_slice(&Bundle::seal(contents()).unwrap().encode()).unwrap();
    assert!(
        Bundle::decode(&with_right_id("airlock-bundle/1\n", value.clone())).is_ok(),
        "the rewriter itself works"
    );
    let changed = |pointer: &str, new: Value| {
        let mut value = value.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap();
        match parent {
            Value::Object(members) => drop(members.insert(name.into(), new)),
            other => *other.get_mut(name.parse::<usize>().unwrap()).unwrap() = new,
        }
        refused(value)
    };
    let malformed = json::MALFORMED.id;
    let structure = structure::BAD_STRUCTURE.id;
    let format = file::WRONG_FORMAT.id;
    assert_eq!(changed("/extra", json!(1)), malformed);
    assert_eq!(changed("/steps/0/extra", json!(1)), malformed);
    assert_eq!(changed("/requests/0/extra", json!(1)), malformed);
    assert_eq!(changed("/requests/0/intent/send-bitcoin/extra", json!(1)), malformed);
    assert_eq!(changed("/assumptions/0/topic/input-amounts/extra", json!(1)), malformed);
    assert_eq!(changed("/version", json!(2)), format);
    assert_eq!(changed("/format", json!("airlock-signed")), format);
    assert_eq!(changed("/assumptions/0/basis", json!("claimed")), structure);
    assert_eq!(changed("/expires", json!(1_790_000_000)), structure);
    assert_eq!(changed("/steps/0/request", json!(1)), structure);
    assert_eq!(changed("/steps/1/after", json!([])), structure);
    assert_eq!(changed("/steps/1/after", json!([1])), structure);
    assert_eq!(changed("/steps/1/after", json!([0, 0])), structure);
    assert_eq!(changed("/steps/1/links", json!([{"input": 1, "step": 0, "vout": 0}])), structure);
    assert_eq!(changed("/steps/1/links", json!([{"input": 0, "step": 0, "vout": 2}])), structure);
    assert_eq!(
        changed("/assumptions/0/topic", json!({"bitcoin-height": {"height": 305}})),
        structure,
        "marked with the wrong basis"
    );
    assert_eq!(
        changed("/assumptions/0", json!({"basis": "claimed", "topic": {"bitcoin-height": {"height": 304}}})),
        structure,
        "two heights"
    );
    assert_eq!(changed("/created", json!(253_402_300_800_u64)), malformed, "behind the year 9999");
    assert_eq!(changed("/steps", json!([])), structure);
    assert_eq!(changed("/networks", json!({"bitcoin": "regtest"})), structure);
    assert_eq!(changed("/networks", json!({"bitcoin": "mainet"})), malformed);
    assert_eq!(changed("/steps/2/psbt", json!("cHNidP8=")), malformed);
    assert_eq!(changed("/steps/0/psbt", json!("cHNidP8=")), malformed);
}

#[test]
fn refuses_over_each_limit() {
    let over = file::OVER_LIMIT.id;
    let sealed = |contents| Bundle::seal(contents).map(|_| ()).map_err(|e| e.code().id);
    let xrp_step = || step(Artefact::TxJson(tx_json("5")), vec![], vec![]);

    let mut many = contents();
    many.steps = (0..limits::STEPS).map(|_| xrp_step()).collect();
    assert_eq!(sealed(many.clone()), Ok(()));
    many.steps.push(xrp_step());
    assert_eq!(sealed(many), Err(over));

    let mut many = contents();
    many.steps = (0..limits::STEPS).map(|request| Step { request, ..xrp_step() }).collect();
    many.requests = vec![request("1"); limits::REQUESTS];
    assert_eq!(sealed(many.clone()), Ok(()));
    many.requests.push(request("1"));
    assert_eq!(sealed(many), Err(over));

    let mut many = contents();
    let about = |number: usize| Topic::MemoRequired { address: number.to_string(), required: false }.into();
    many.assumptions = (0..limits::ASSUMPTIONS).map(about).collect();
    assert_eq!(sealed(many.clone()), Ok(()));
    many.assumptions.push(about(limits::ASSUMPTIONS));
    assert_eq!(sealed(many), Err(over));

    let outpoint = OutPoint::new(Txid::from_byte_array([7; 32]), 0);
    let with_outputs = |count: usize| {
        let mut contents = contents();
        contents.steps =
            vec![step(Artefact::Psbt(Box::new(psbt(outpoint, &vec![546; count]))), vec![], vec![])];
        sealed(contents)
    };
    assert_eq!(with_outputs(limits::OUTPUTS), Ok(()));
    assert_eq!(with_outputs(limits::OUTPUTS + 1), Err(over));

    let with_inputs = |count: usize| {
        let mut big = psbt(outpoint, &[546]).unsigned_tx;
        big.input = (0..count)
            .map(|vout| TxIn {
                previous_output: OutPoint::new(outpoint.txid, vout as u32),
                ..big.input[0].clone()
            })
            .collect();
        let mut contents = contents();
        contents.steps =
            vec![step(Artefact::Psbt(Box::new(Psbt::from_unsigned_tx(big).unwrap())), vec![], vec![])];
        sealed(contents)
    };
    assert_eq!(with_inputs(limits::INPUTS), Ok(()));
    assert_eq!(with_inputs(limits::INPUTS + 1), Err(over));

    let previous = |script_bytes: usize, number: u8| {
        let mut tx = psbt(OutPoint::new(Txid::from_byte_array([number; 32]), 0), &[546]).unsigned_tx;
        tx.output[0].script_pubkey = ScriptBuf::from(vec![0x6a; script_bytes]);
        tx
    };
    let with_previous = |txs: Vec<Transaction>| {
        let mut big = psbt(outpoint, &[546]).unsigned_tx;
        big.input = txs
            .iter()
            .map(|tx| TxIn { previous_output: OutPoint::new(tx.compute_txid(), 0), ..big.input[0].clone() })
            .collect();
        let mut psbt = Psbt::from_unsigned_tx(big).unwrap();
        for (input, tx) in psbt.inputs.iter_mut().zip(txs) {
            input.non_witness_utxo = Some(tx);
        }
        let mut contents = contents();
        contents.steps = vec![step(Artefact::Psbt(Box::new(psbt)), vec![], vec![])];
        sealed(contents)
    };
    let overhead = previous(70_000, 1).total_size() - 70_000;
    let full = limits::PREVIOUS_TRANSACTION_BYTES - overhead;
    assert_eq!(with_previous(vec![previous(full, 1)]), Ok(()));
    assert_eq!(with_previous(vec![previous(full + 1, 1)]), Err(over));
    let fit = limits::PREVIOUS_TRANSACTIONS_BYTES / limits::PREVIOUS_TRANSACTION_BYTES;
    let many: Vec<Transaction> = (0..=fit as u8).map(|number| previous(full, number)).collect();
    assert_eq!(with_previous(many[..fit].to_vec()), Ok(()));
    assert_eq!(with_previous(many), Err(over));
    let one_many_times = vec![previous(full, 1); fit + 1];
    assert_eq!(with_previous(one_many_times), Ok(()), "each previous transaction counts once");

    let with_reference = |length: usize| {
        let mut contents = contents();
        contents.requests[0].reference = Some("\u{e9}".repeat(length));
        sealed(contents)
    };
    assert_eq!(with_reference(limits::TEXT_CHARACTERS), Ok(()));
    assert_eq!(with_reference(limits::TEXT_CHARACTERS + 1), Err(over));

    let with_payees = |count: usize| {
        let mut contents = contents();
        let payee = BitcoinPayee { to: "somebody".into(), amount: "1".into() };
        contents.requests[0].intent = Intent::SendBitcoin { payees: vec![payee; count] };
        sealed(contents)
    };
    assert_eq!(with_payees(limits::OUTPUTS), Ok(()));
    assert_eq!(with_payees(limits::OUTPUTS + 1), Err(over));

    let with_life = |seconds: u64| {
        let mut contents = contents();
        contents.expires = contents.created.plus(seconds);
        sealed(contents)
    };
    assert_eq!(with_life(limits::LIFE_SECONDS), Ok(()));
    assert_eq!(with_life(limits::LIFE_SECONDS + 1), Err(over));

    let too_long = vec![b' '; limits::FILE_BYTES + 1];
    assert_eq!(Bundle::decode(&too_long).unwrap_err().code().id, over);
    assert_ne!(Bundle::decode(&too_long[1..]).unwrap_err().code().id, over);
}

#[test]
fn refuses_previous_transactions_with_witnesses() {
    let mut with_witness = psbt(OutPoint::new(Txid::from_byte_array([1; 32]), 0), &[546]).unsigned_tx;
    with_witness.input[0].witness = Witness::from_slice(&[[1u8; 64]]);
    let mut contents = contents();
    let Artefact::Psbt(psbt) = &mut contents.steps[0].artefact else { unreachable!("step 1 is a PSBT") };
    psbt.inputs[0].non_witness_utxo = Some(with_witness);
    assert_eq!(Bundle::seal(contents).unwrap_err().code(), &structure::BAD_STRUCTURE);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_sealed_bundle_reads_back(
        amounts in prop::collection::vec(0u64..21_000_000, 1..20),
        text in "\\PC{0,40}",
        created in 0u64..253_402_300_000,
        steps in 1usize..6,
    ) {
        let mut contents = contents();
        contents.requests[0].reference = Some(text);
        contents.created = Moment::from_unix(created);
        contents.expires = contents.created.plus(60);
        let outpoint = OutPoint::new(Txid::from_byte_array([7; 32]), 1);
        contents.steps = (0..steps).map(|_| step(Artefact::Psbt(Box::new(psbt(outpoint, &amounts))), vec![], vec![])).collect();
        let bundle = Bundle::seal(contents).unwrap();
        let bytes = bundle.encode();
        prop_assert_eq!(Bundle::decode(&bytes).unwrap(), bundle);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Bundle::decode(&bytes).is_err());
        prop_assert!(Signed::decode(&bytes).is_err());
    }
}
