//! Laws of the codec: what is written is read back, what is read is written the same way.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use bitcoin::hex::DisplayHex;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::xrp::address::{X_ADDRESS, XAddress};
use crate::xrp::amount::Amount;
use crate::xrp::transaction_type::UNKNOWN_TYPE;

const OWN: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const OTHER: &str = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe";

fn account() -> impl Strategy<Value = AccountId> {
    any::<[u8; 20]>().prop_filter("not zero", |bytes| *bytes != [0; 20]).prop_map(AccountId::from_bytes)
}

fn hex_of(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 1..=most).prop_map(|bytes| bytes.to_upper_hex_string())
}

fn amount() -> impl Strategy<Value = Value> {
    let issued = (1u64..10_000_000_000_000_000, -80i32..=60, account(), "[A-Z]{2}[a-z]").prop_map(
        |(digits, exponent, issuer, currency)| {
            let amount = json!({
                "currency": currency, "issuer": issuer.to_string(), "value": format!("{digits}e{exponent}"),
            });
            Amount::from_json(&amount).unwrap().to_json()
        },
    );
    let mpt = (1u64..=i64::MAX.unsigned_abs(), any::<[u8; 24]>()).prop_map(
        |(value, id)| json!({ "mpt_issuance_id": id.to_upper_hex_string(), "value": value.to_string() }),
    );
    let drops = (1u64..=100_000_000_000_000_000).prop_map(|drops| Value::String(drops.to_string()));
    prop_oneof![drops, issued, mpt]
}

fn memos() -> impl Strategy<Value = Value> {
    let memo = (hex_of(60), option::of("([0-9a-z/]{1,8})")).prop_map(|(data, kind)| {
        let mut memo = Map::new();
        memo.insert("MemoData".to_owned(), data.into());
        if let Some(kind) = kind {
            memo.insert("MemoType".to_owned(), kind.as_bytes().to_upper_hex_string().into());
        }
        json!({ "Memo": memo })
    });
    prop::collection::vec(memo, 1..5).prop_map(Value::Array)
}

/// Any payment that the codec takes, with any optional members.
fn payment() -> impl Strategy<Value = Value> {
    let turn = prop_oneof![
        (1u32..).prop_map(|sequence| json!({ "Sequence": sequence })),
        (1u32..).prop_map(|ticket| json!({ "Sequence": 0, "TicketSequence": ticket })),
    ];
    let optional = (
        option::of(any::<u32>()),
        option::of(any::<u32>()),
        option::of(any::<u32>()),
        option::of(any::<[u8; 32]>()),
        option::of(memos()),
        option::of(any::<u32>()),
    );
    (account(), account(), amount(), 0u64..=1_000_000, turn, option::of(Just(0u32)), optional)
        .prop_filter("not to itself", |(from, to, ..)| from != to)
        .prop_map(|(from, to, amount, fee, turn, flags, (tag, source, last, invoice, memos, network))| {
            let mut tx = turn;
            let mut put = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    tx[name] = value;
                }
            };
            put("TransactionType", Some("Payment".into()));
            put("Account", Some(from.to_string().into()));
            put("Destination", Some(to.to_string().into()));
            put("Amount", Some(amount));
            put("Fee", Some(fee.to_string().into()));
            put("Flags", flags.map(Value::from));
            put("DestinationTag", tag.map(Value::from));
            put("SourceTag", source.map(Value::from));
            put("LastLedgerSequence", last.map(Value::from));
            put("InvoiceID", invoice.map(|id| id.to_upper_hex_string().into()));
            put("Memos", memos);
            put("NetworkID", network.map(Value::from));
            tx
        })
}

proptest! {
    #[test]
    fn json_to_blob_to_json_is_the_same(tx in payment()) {
        let read = Transaction::from_json(&tx).unwrap();
        prop_assert_eq!(read.to_json(), tx);
        let again = Transaction::from_blob(&read.to_blob()).unwrap();
        prop_assert_eq!(&again, &read);
        prop_assert_eq!(again.hash(), None);
    }

    #[test]
    fn amounts_give_themselves(json in amount()) {
        let read = Amount::from_json(&json).unwrap();
        let bytes = read.to_bytes();
        let (again, rest) = Amount::split_from(&bytes).unwrap();
        prop_assert_eq!((again, rest.len()), (read, 0));
        prop_assert_eq!(again.to_json(), json);
    }

    #[test]
    fn an_x_address_means_account_and_tag(tx in payment(), tag: Option<u32>, source: Option<u32>, test: bool) {
        let (mut split, mut whole) = (tx.clone(), tx);
        for (field, tag_field, tag) in [("Destination", "DestinationTag", tag), ("Account", "SourceTag", source)] {
            let account = split[field].as_str().unwrap().parse().unwrap();
            whole[field] = XAddress { account, tag, test }.to_string().into();
            for tx in [&mut split, &mut whole] {
                tx.as_object_mut().unwrap().remove(tag_field);
            }
            if let Some(tag) = tag {
                split[tag_field] = tag.into();
            }
        }
        let read = Transaction::from_json(&whole).unwrap();
        prop_assert_eq!(&read, &Transaction::from_json(&split).unwrap());
        let (right, wrong) = if test { (1, 0) } else { (0, 1) };
        prop_assert_eq!(&Transaction::from_json_on(&whole, right).unwrap(), &read);
        prop_assert_eq!(Transaction::from_json_on(&whole, wrong).unwrap_err().code(), &X_ADDRESS);
    }

    #[test]
    fn bytes_are_refused_or_give_themselves(bytes in prop::collection::vec(any::<u8>(), 32..200)) {
        if let Ok(tx) = Transaction::from_blob(&bytes) {
            prop_assert_eq!(tx.to_blob(), bytes);
        }
    }
}

fn simple() -> Value {
    json!({
        "TransactionType": "Payment", "Account": OWN, "Destination": OTHER, "Amount": "1", "Fee": "12",
        "Flags": 0, "Sequence": 5,
    })
}

fn code_of(changes: Value) -> &'static crate::Code {
    let mut tx = simple();
    for (name, value) in changes.as_object().unwrap() {
        tx[name] = value.clone();
    }
    Transaction::from_json(&tx).map(|tx| panic!("{tx:?}")).unwrap_err().code()
}

#[test]
fn refuses_an_x_address_that_contradicts_the_rest() {
    let account: AccountId = OTHER.parse().unwrap();
    let x = |tag, test| XAddress { account, tag, test }.to_string();
    assert_eq!(code_of(json!({"Destination": x(Some(5), false), "DestinationTag": 5})), &X_ADDRESS);
    assert_eq!(code_of(json!({"Destination": x(None, false), "DestinationTag": 5})), &X_ADDRESS);
    let own = XAddress { account: OWN.parse().unwrap(), tag: None, test: true }.to_string();
    assert_eq!(code_of(json!({"Destination": x(Some(5), false), "Account": own})), &X_ADDRESS);
    assert_eq!(
        code_of(json!({"TransactionType": "SetRegularKey", "RegularKey": x(Some(5), false)})),
        &X_ADDRESS
    );
}

#[test]
fn judges_fields_before_the_type() {
    // An unknown field in a transaction of an unknown type: the field is what is named.
    let blob = [&[0x12, 0x00, 0x56][..], &[0x30; 40]].concat();
    assert_eq!(Transaction::from_blob(&blob).unwrap_err().code(), &crate::xrp::fields::UNKNOWN_FIELD);
    let known = [&[0x12, 0x00, 0x56, 0x24, 0, 0, 0, 1][..], &[0x50, 0x11], &[7; 32]].concat();
    assert_eq!(Transaction::from_blob(&known).unwrap_err().code(), &UNKNOWN_TYPE);
}

#[test]
fn refuses_blobs_outside_the_limits() {
    assert_eq!(Transaction::from_blob(&[0x12; MIN_BLOB - 1]).unwrap_err().code(), &BLOB);
    assert_eq!(Transaction::from_blob(&vec![0x12; MAX_BLOB + 1]).unwrap_err().code(), &BLOB);
}

#[test]
fn refuses_memos_above_the_limit_and_takes_the_limit() {
    // A memo of n bytes (from 193 on) takes n + 2 for its length, 1 for its header and 2 around it.
    for (bytes, fits) in [(1019, true), (1020, false)] {
        let memo = json!({"Memos": [{"Memo": {"MemoData": "AB".repeat(bytes)}}]});
        let mut tx = simple();
        tx["Memos"] = memo["Memos"].clone();
        assert_eq!(Transaction::from_json(&tx).is_ok(), fits, "{bytes}");
    }
    assert_eq!(code_of(json!({"Memos": []})), &RULE);
    assert_eq!(code_of(json!({"Memos": [{"Memo": {}}]})), &RULE);
    assert_eq!(code_of(json!({"Memos": [{"Memo": {"MemoType": "0A"}}]})), &RULE);
}

#[test]
fn refuses_signatures_that_are_incomplete_or_wrong() {
    let key = "0330E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020";
    assert_eq!(code_of(json!({"TxnSignature": "AB"})), &RULE);
    assert_eq!(code_of(json!({"TxnSignature": "AB", "SigningPubKey": ""})), &RULE);
    assert_eq!(
        code_of(json!({"TxnSignature": "AB", "SigningPubKey": key})),
        &crate::xrp::public_key::SIGNATURE
    );
    let signer =
        |account: &str| json!({"Signer": {"Account": account, "SigningPubKey": key, "TxnSignature": "AB"}});
    assert_eq!(code_of(json!({"SigningPubKey": "", "Signers": [signer(OWN)]})), &RULE);
    assert_eq!(code_of(json!({"SigningPubKey": "", "Signers": [signer(OTHER), signer(OTHER)]})), &RULE);
    assert_eq!(
        code_of(json!({"SigningPubKey": "", "Signers": [signer(OTHER)]})),
        &crate::xrp::public_key::SIGNATURE
    );
    assert_eq!(Transaction::from_json(&simple()).unwrap().check_signatures().unwrap_err().code(), &UNSIGNED);
}
