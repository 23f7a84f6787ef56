//! What is signed and what is not, by type, field, flag and value.

#![allow(clippy::arithmetic_side_effects, reason = "a panic in a test is a failed test")]

use serde_json::{Value, json};

use super::*;
use crate::error::{Error, Result};
use crate::xrp::fields::Kind;
use crate::xrp::{AccountId, Amount, Field, FieldValue, Object, Transaction, TransactionType};

const OWN: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const OTHER: &str = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe";
const THIRD: &str = "rG31cLyErnqeVj2eomEjBZtq7PYaupGYzL";

/// A permitted transaction of each type of the list.
fn permitted() -> Vec<Value> {
    let kinds = [
        json!({"TransactionType": "Payment", "Destination": OTHER, "Amount": "1"}),
        json!({"TransactionType": "AccountSet", "SetFlag": 1}),
        json!({"TransactionType": "SetRegularKey", "RegularKey": OTHER}),
        json!({"TransactionType": "SignerListSet", "SignerQuorum": 1, "SignerEntries": [
            {"SignerEntry": {"Account": OTHER, "SignerWeight": 1}}]}),
        json!({"TransactionType": "TicketCreate", "TicketCount": 1}),
        json!({"TransactionType": "AccountDelete", "Destination": OTHER}),
        json!({"TransactionType": "TrustSet", "LimitAmount": token("100", THIRD)}),
        json!({"TransactionType": "DepositPreauth", "Authorize": OTHER}),
    ];
    let common = json!({"Account": OWN, "Fee": "12", "Flags": 0, "Sequence": 5, "LastLedgerSequence": 100});
    kinds.into_iter().map(|kind| with(&common, &kind)).collect()
}

fn token(value: &str, issuer: &str) -> Value {
    json!({"currency": "USD", "issuer": issuer, "value": value})
}

/// The members of both; null takes a member out.
fn with(tx: &Value, changes: &Value) -> Value {
    let mut tx = tx.clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            tx.as_object_mut().unwrap().remove(name);
        } else {
            tx[name] = value.clone();
        }
    }
    tx
}

fn payment() -> Value {
    permitted().remove(0)
}

fn judge(tx: &Value) -> Result<Permitted> {
    Permitted::of(&Transaction::from_json(tx).unwrap_or_else(|e| panic!("{tx}: {e}")), 0)
}

fn refusal(tx: &Value) -> Error {
    judge(tx).map(|permitted| panic!("{permitted:?}")).unwrap_err()
}

#[test]
fn permits_one_of_each_type_of_the_list() {
    for tx in permitted() {
        let permitted = judge(&tx).unwrap_or_else(|e| panic!("{tx}: {e}"));
        let common = permitted.common();
        assert_eq!(common.account.to_string(), OWN);
        assert_eq!((common.turn, common.last_ledger_sequence), (Turn::Sequence(5), 100));
        assert_eq!((common.signing, common.is_signed), (Signing::Open, false));
    }
}

#[test]
fn refuses_every_unlisted_flag_bit() {
    for tx in permitted() {
        for bit in (0..32).map(|bit| 1u32 << bit) {
            let flagged = with(&tx, &json!({"Flags": bit}));
            let listed = bit == 0x8000_0000
                || (tx["TransactionType"] == "TrustSet" && [0x0002_0000, 0x0004_0000].contains(&bit));
            // Some bits are malformed in their type already; they never reach the gate.
            match (Transaction::from_json(&flagged).and_then(|tx| Permitted::of(&tx, 0)), listed) {
                (Ok(_), true) => {}
                (Err(error), false) => {
                    let codes = [&FLAG_REFUSED, &crate::xrp::transaction::RULE];
                    assert!(codes.contains(&error.code()), "{flagged}: {error}");
                    assert!(error.what().contains(&format!("{bit:08X}")), "{error}");
                }
                (verdict, _) => panic!("{flagged}: {verdict:?}"),
            }
        }
        let error = refusal(&with(&tx, &json!({"Flags": null})));
        assert!(error.code() == &FLAG_REFUSED && error.what().contains("Flags is missing"), "{error}");
    }
    let both = with(&permitted()[6], &json!({"Flags": 0x0006_0000}));
    assert_eq!(refusal(&both).code(), &FLAG_REFUSED);
}

#[test]
fn refuses_every_field_outside_the_list_by_its_name() {
    let hash = "11".repeat(32);
    let extra = json!({
        "Payment": {"Paths": [[{"account": THIRD}]], "DeliverMin": token("1", THIRD), "DomainID": hash,
            "CredentialIDs": [hash], "Amount": token("1", THIRD), "SendMax": "5", "Flags": 0x0002_0000},
        "AccountSet": {"TransferRate": 0, "TickSize": 0, "WalletLocator": hash, "WalletSize": 1},
        "SetRegularKey": {}, "SignerListSet": {}, "TicketCreate": {},
        "AccountDelete": {"CredentialIDs": [hash]},
        "TrustSet": {"QualityIn": 1, "QualityOut": 1},
        "DepositPreauth": {},
    });
    let everywhere = json!({"AccountTxnID": hash, "Delegate": THIRD, "Sponsor": THIRD});
    let listed = ["Amount", "SendMax", "Flags"];
    let mut refused = 0;
    for tx in permitted() {
        let own = &extra[tx["TransactionType"].as_str().unwrap()];
        for name in own.as_object().unwrap().keys().filter(|name| !listed.contains(&name.as_str())) {
            // The ledger wants some of these together: all listed companions and this one field.
            let companions: Value = own
                .as_object()
                .unwrap()
                .iter()
                .filter(|(member, _)| listed.contains(&member.as_str()) || *member == name)
                .map(|(member, value)| (member.clone(), value.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let error = refusal(&with(&tx, &companions));
            assert!(error.code() == &FIELD_REFUSED && error.what().contains(name), "{name}: {error}");
            refused += 1;
        }
        for (name, value) in everywhere.as_object().unwrap() {
            let error = refusal(&with(&tx, &json!({name: value})));
            assert!(error.code() == &FIELD_REFUSED && error.what().contains(name), "{name}: {error}");
            refused += 1;
        }
    }
    assert_eq!(refused, 11 + 8 * 3);
    let locator = json!({"SignerEntries": [{"SignerEntry": {"Account": OTHER, "SignerWeight": 1, "WalletLocator": hash}}]});
    let error = refusal(&with(&permitted()[3], &locator));
    assert!(error.code() == &FIELD_REFUSED && error.what().contains("WalletLocator"), "{error}");
}

/// A value of a field's kind that is valid somewhere.
fn any_value(field: Field) -> FieldValue {
    match field.kind() {
        Kind::UInt8 => FieldValue::UInt8(3),
        Kind::UInt16 => FieldValue::UInt16(0),
        Kind::UInt32 => FieldValue::UInt32(1),
        Kind::Hash128 => FieldValue::Hash128([1; 16]),
        Kind::Hash192 => FieldValue::Hash192([1; 24]),
        Kind::Hash256 => FieldValue::Hash256([1; 32]),
        Kind::Amount => FieldValue::Amount(Amount::from_json(&token("1", THIRD)).unwrap()),
        Kind::Blob => FieldValue::Blob(vec![]),
        Kind::Account => FieldValue::Account(THIRD.parse().unwrap()),
        Kind::Object => FieldValue::Object(Object::default()),
        Kind::Array => FieldValue::Array(vec![]),
        Kind::Paths => FieldValue::Paths(vec![vec![]]),
        Kind::Hashes => FieldValue::Hashes(vec![[1; 32]]),
    }
}

#[test]
fn refuses_field_outside_the_list_for_all_field_codes() {
    let common = "SourceTag NetworkID TicketSequence SigningPubKey";
    let own = [
        "DestinationTag InvoiceID SendMax",
        "ClearFlag Domain EmailHash MessageKey",
        "",
        "",
        "",
        "DestinationTag",
        "",
        "",
    ];
    let (mut passed, mut stopped) = (0, 0);
    for (tx, own) in permitted().iter().zip(own) {
        let bare = Transaction::from_json(tx).unwrap();
        for field in Field::all().filter(|field| bare.get(*field).is_none()) {
            let mut object = bare.object().clone();
            object.insert(field, any_value(field)).unwrap();
            let verdict = Transaction::from_blob(&object.to_bytes()).and_then(|tx| Permitted::of(&tx, 0));
            let listed = [common, own].iter().any(|list| list.split(' ').any(|name| name == field.name()));
            assert!(listed || verdict.is_err(), "{} in {tx}: {verdict:?}", field.name());
            if verdict.is_ok() { passed += 1 } else { stopped += 1 }
        }
    }
    // SourceTag and SigningPubKey pass in every type, six fields in their own; the rest is refused.
    assert_eq!((passed, stopped), (8 * 2 + 6, 528));
}

#[test]
fn refuses_every_other_type_by_its_name() {
    let listed: Vec<_> =
        permitted().iter().map(|tx| tx["TransactionType"].as_str().unwrap().to_owned()).collect();
    let hash = "22".repeat(32);
    let others = [
        json!({"TransactionType": "CheckCreate", "Destination": OTHER, "SendMax": "1"}),
        json!({"TransactionType": "CheckCash", "CheckID": hash, "Amount": "1"}),
        json!({"TransactionType": "CheckCancel", "CheckID": hash}),
        json!({"TransactionType": "EscrowCreate", "Destination": OTHER, "Amount": "1", "FinishAfter": 1}),
        json!({"TransactionType": "EscrowFinish", "Owner": OTHER, "OfferSequence": 1}),
        json!({"TransactionType": "EscrowCancel", "Owner": OTHER, "OfferSequence": 1}),
        json!({"TransactionType": "OfferCreate", "TakerPays": "1", "TakerGets": token("1", THIRD)}),
        json!({"TransactionType": "OfferCancel", "OfferSequence": 1}),
        json!({"TransactionType": "Clawback", "Amount": token("1", THIRD)}),
        json!({"TransactionType": "MPTokenAuthorize", "MPTokenIssuanceID": "33".repeat(24)}),
        json!({"TransactionType": "CredentialAccept", "Issuer": OTHER, "CredentialType": "AB"}),
        json!({"TransactionType": "DelegateSet", "Authorize": OTHER, "Permissions": [
            {"Permission": {"PermissionValue": "Payment"}}]}),
        json!({"TransactionType": "PaymentChannelCreate", "Destination": OTHER, "Amount": "1", "SettleDelay": 1,
            "PublicKey": format!("ED{}", "01".repeat(32))}),
    ];
    let common = json!({"Account": OWN, "Fee": "12", "Flags": 0, "Sequence": 5, "LastLedgerSequence": 100});
    for other in &others {
        let error = refusal(&with(&common, other));
        let name = other["TransactionType"].as_str().unwrap();
        assert!(error.code() == &TYPE_REFUSED && error.what().contains(name), "{name}: {error}");
    }
    // Of the rest, Batch is in the vectors, and two kinds of channel are never complete.
    assert_eq!(listed.len() + others.len() + 3, TransactionType::all().count());
}

#[test]
fn refuses_fees_above_the_limit_and_takes_the_limit() {
    for tx in permitted() {
        let most = if tx["TransactionType"] == "AccountDelete" { MAX_FEE_OF_ACCOUNT_DELETE } else { MAX_FEE };
        assert!(judge(&with(&tx, &json!({"Fee": most.to_string()}))).is_ok());
        assert_eq!(refusal(&with(&tx, &json!({"Fee": (most + 1).to_string()}))).code(), &FEE_REFUSED);
    }
}

#[test]
fn refuses_missing_last_ledger() {
    for tx in permitted() {
        assert_eq!(refusal(&with(&tx, &json!({"LastLedgerSequence": null}))).code(), &NO_EXPIRY);
        let ticket = json!({"LastLedgerSequence": null, "Sequence": 0, "TicketSequence": 9});
        assert_eq!(refusal(&with(&tx, &ticket)).code(), &NO_EXPIRY);
        let permitted = judge(&with(&tx, &json!({"Sequence": 0, "TicketSequence": 9}))).unwrap();
        assert_eq!(permitted.common().turn, Turn::Ticket(9));
    }
}

#[test]
fn refuses_cross_network() {
    let ids = [0u32, 1, 2, 1024, 1025, 21337, u32::MAX];
    for tx in permitted() {
        for network in ids {
            for carried in [None, Some(0), Some(1), Some(1024), Some(1025), Some(21337), Some(u32::MAX)] {
                let tx = Transaction::from_json(&with(&tx, &json!({"NetworkID": carried}))).unwrap();
                let right = if network > 1024 { carried == Some(network) } else { carried.is_none() };
                let verdict = Permitted::of(&tx, network);
                assert_eq!(verdict.is_ok(), right, "{carried:?} on {network}");
                assert!(right || verdict.unwrap_err().code() == &NETWORK_REFUSED);
            }
        }
    }
}

#[test]
fn refuses_parties_that_nobody_controls() {
    let nobody = "rrrrrrrrrrrrrrrrrrrrBZbvji";
    let places = [
        (0, json!({"Destination": nobody})),
        (0, json!({"Amount": token("1", nobody)})),
        (2, json!({"RegularKey": nobody})),
        (3, json!({"SignerEntries": [{"SignerEntry": {"Account": nobody, "SignerWeight": 1}}]})),
        (5, json!({"Destination": nobody})),
        (6, json!({"LimitAmount": token("1", nobody)})),
        (7, json!({"Authorize": nobody})),
    ];
    for (kind, change) in places {
        assert_eq!(refusal(&with(&permitted()[kind], &change)).code(), &BLACK_HOLE, "{change}");
    }
    for text in ["rrrrrrrrrrrrrrrrrNAMEtxvNvQ", "rrrrrrrrrrrrrrrrrrrn5RM1rHd"] {
        assert_eq!(refusal(&with(&payment(), &json!({"Destination": text}))).code(), &BLACK_HOLE);
    }
}

#[test]
fn takes_send_max_in_the_token_of_the_amount_only() {
    let paid = |amount: Value, max: Value| with(&payment(), &json!({"Amount": amount, "SendMax": max}));
    let Permitted::Payment { send_max, amount, .. } =
        judge(&paid(token("1", THIRD), token("1.01", THIRD))).unwrap()
    else {
        panic!("a payment is a payment");
    };
    assert_eq!(send_max.unwrap().to_string(), "1.01");
    assert!(matches!(amount, Amount::Issued { issuer, .. } if issuer == THIRD.parse::<AccountId>().unwrap()));
    let eur = json!({"currency": "EUR", "issuer": THIRD, "value": "2"});
    for max in [json!("5"), token("1", OTHER), eur] {
        assert_eq!(refusal(&paid(token("1", THIRD), max)).code(), &VALUE_REFUSED);
    }
    assert_eq!(refusal(&paid(json!("1"), token("1", THIRD))).code(), &VALUE_REFUSED);
    let mpt = json!({"mpt_issuance_id": "44".repeat(24), "value": "1"});
    assert_eq!(refusal(&with(&payment(), &json!({"Amount": mpt}))).code(), &VALUE_REFUSED);
    let self_paid = json!({"Amount": token("1", THIRD), "SendMax": token("1", THIRD), "Destination": OWN});
    assert_eq!(refusal(&with(&payment(), &self_paid)).code(), &VALUE_REFUSED);
}

#[test]
fn takes_listed_account_settings_only() {
    let listed = [1, 3, 4, 9, 12, 13, 14, 15];
    let set = &permitted()[1];
    for number in [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17] {
        for name in ["SetFlag", "ClearFlag"] {
            let tx = with(&with(set, &json!({"SetFlag": null})), &json!({name: number}));
            match (judge(&tx), listed.contains(&number)) {
                (Ok(Permitted::AccountSet { set, clear, .. }), true) => {
                    assert_eq!(set.or(clear).unwrap().number(), number);
                }
                (Err(error), false) => {
                    assert!(error.code() == &FLAG_REFUSED && error.what().contains(name), "{error}");
                }
                (verdict, _) => panic!("{tx}: {verdict:?}"),
            }
        }
    }
}

#[test]
fn gives_memos_as_their_bytes() {
    let memos = json!([{"Memo": {"MemoType": "746578742F706C61696E", "MemoData": "1B5B326A"}}, {"Memo": {"MemoData": ""}}]);
    let permitted = judge(&with(&payment(), &json!({"Memos": memos}))).unwrap();
    let common = permitted.common();
    assert_eq!(common.memos[0].kind.as_deref(), Some(&b"text/plain"[..]));
    assert_eq!(common.memos[0].data.as_deref(), Some(&b"\x1b[2j"[..]));
    assert_eq!(common.memos[1], Memo { kind: None, format: None, data: Some(vec![]) });
}

#[test]
fn shows_a_tag_of_zero_as_a_tag() {
    for tag in [None, Some(0), Some(u32::MAX)] {
        let Permitted::Payment { destination_tag, .. } =
            judge(&with(&payment(), &json!({"DestinationTag": tag}))).unwrap()
        else {
            panic!("a payment is a payment");
        };
        assert_eq!(destination_tag, tag);
    }
}
