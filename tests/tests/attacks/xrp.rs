//! XRP transactions that do more, or something else, than is shown.

use airlock::bundle::{Contents, Topic};
use airlock::request::Intent;
use airlock::review::refusals::{REQUEST_DIFFERS, UNKNOWN_ACCOUNT, XRP_FEE, XRP_LEDGER, XRP_SIGNER};
use airlock::time::Moment;
use airlock::xrp::Field;
use airlock::xrp::fields::Kind;
use airlock::xrp::transaction::RULE;
use airlock::xrp::whitelist::{FIELD_REFUSED, FLAG_REFUSED, NETWORK_REFUSED, NO_EXPIRY, TYPE_REFUSED};
use airlock_tests::forge::{CREATED, LEDGER, XRP_PAYEE, tx_json};
use serde_json::{Value, json};

use crate::{VAULT, attack, attack_any, screen};

const THIEF: &str = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe";

fn set(contents: &mut Contents, field: &str, value: Value) {
    tx_json(contents, 0).insert(field.to_owned(), value);
}

#[test]
fn refuses_xrp_that_does_not_match_the_request() {
    let honest = VAULT.xrp();
    for (field, value) in [
        ("Destination", json!(THIEF)),
        ("Amount", json!("80000000001")),
        ("Amount", json!("8000000000")),
        ("Amount", json!({"currency": "USD", "issuer": THIEF, "value": "80000"})),
        ("DestinationTag", json!(0)),
        ("DestinationTag", json!(2)),
        ("InvoiceID", json!("11".repeat(32))),
    ] {
        attack(&honest, &REQUEST_DIFFERS, |contents| set(contents, field, value));
    }
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        tx_json(contents, 0).remove("DestinationTag");
    });
}

#[test]
fn shows_missing_tag() {
    let mut honest = VAULT.xrp();
    assert!(screen(&honest).contains("destination tag 1"));
    tx_json(&mut honest, 0).remove("DestinationTag");
    honest.requests[0].intent =
        Intent::SendXrp { to: XRP_PAYEE.to_owned(), tag: None, amount: "80000".to_owned() };
    honest.assumptions.push(
        Topic::XrpDestination { address: XRP_PAYEE.to_owned(), exists: true, requires_tag: true }.into(),
    );
    let shown = screen(&honest);
    assert!(shown.contains("destination tag: NONE") && shown.contains("W-MISSING-TAG"), "{shown}");
    // A tag that was not asked for, and a tag of zero in place of none.
    for tag in [0, 1] {
        attack(&honest, &REQUEST_DIFFERS, |contents| set(contents, "DestinationTag", json!(tag)));
    }
}

#[test]
fn refuses_every_unlisted_flag_bit() {
    let honest = VAULT.xrp();
    for bit in 0..32u32 {
        let flags = 1u32 << bit;
        if bit == 31 {
            let mut allowed = honest.clone();
            set(&mut allowed, "Flags", json!(flags));
            assert!(VAULT.sign(&allowed).is_ok());
        } else {
            attack_any(&honest, &[&FLAG_REFUSED, &RULE], |contents| set(contents, "Flags", json!(flags)));
            attack_any(&honest, &[&FLAG_REFUSED, &RULE], |contents| {
                set(contents, "Flags", json!(flags | 0x8000_0000));
            });
        }
    }
    attack(&honest, &FLAG_REFUSED, |contents| {
        tx_json(contents, 0).remove("Flags");
    });
}

/// A value of the right shape for a field.
fn sample(field: Field) -> Value {
    match field.kind() {
        Kind::UInt8 | Kind::UInt16 | Kind::UInt32 => json!(1),
        Kind::Hash128 => json!("11".repeat(16)),
        Kind::Hash256 => json!("11".repeat(32)),
        Kind::Hash192 => json!("11".repeat(24)),
        Kind::Amount => json!("1000000"),
        Kind::Blob => json!("ED".to_owned() + &"11".repeat(32)),
        Kind::Account => json!(THIEF),
        Kind::Object => json!({}),
        Kind::Array => match field.name() {
            "Memos" => json!([{"Memo": {"MemoData": "AB"}}]),
            "Signers" => json!([{"Signer": {"Account": THIEF, "SigningPubKey": "", "TxnSignature": "AB"}}]),
            _ => json!([]),
        },
        Kind::Paths => json!([[{"account": THIEF}]]),
        Kind::Hashes => json!(["11".repeat(32)]),
    }
}

/// What nobody asked for is not signed, whether the whitelist, the form or the comparison stops it.
#[test]
fn refuses_field_outside_the_list() {
    let honest = VAULT.xrp();
    VAULT.sign(&honest).unwrap();
    let mut tried = 0;
    for field in Field::all().filter(|field| !tx_json(&mut honest.clone(), 0).contains_key(field.name())) {
        let mut forged = honest.clone();
        set(&mut forged, field.name(), sample(field));
        if let Ok(signed) = VAULT.sign(&forged) {
            panic!("{} was signed: {signed:?}", field.name());
        }
        tried += 1;
    }
    assert!(tried > 60, "{tried} fields");
    for name in ["Unheard", "destination", "Amount2", "hash", "date", ""] {
        let mut forged = honest.clone();
        set(&mut forged, name, json!(1));
        assert!(VAULT.sign(&forged).is_err(), "{name}");
    }
    for (field, value) in [
        ("DeliverMin", json!("1")),
        ("Paths", json!([[{"account": THIEF}]])),
        ("CredentialIDs", json!(["11".repeat(32)])),
    ] {
        attack_any(&honest, &[&FIELD_REFUSED, &RULE], |contents| set(contents, field, value));
    }
}

#[test]
fn refuses_types_outside_the_list() {
    let bundle = |kind: &str, more: Value| {
        let mut json = json!({
            "TransactionType": kind, "Account": VAULT.ripple(), "Fee": "5000", "Sequence": 7, "Flags": 0,
            "LastLedgerSequence": LEDGER + 1_200,
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let asked = json.as_object().unwrap().clone();
        VAULT.xrp_bundle(Intent::XrpTransaction { tx_json: asked }, json)
    };
    let honest = bundle("DepositPreauth", json!({"Authorize": XRP_PAYEE}));
    for (kind, more) in [
        ("OfferCreate", json!({"TakerGets": "1", "TakerPays": "2"})),
        ("EscrowCreate", json!({"Amount": "1", "Destination": THIEF, "FinishAfter": 700_000_000})),
        ("CheckCreate", json!({"SendMax": "1", "Destination": THIEF})),
        (
            "PaymentChannelCreate",
            json!({
                "Amount": "1", "Destination": THIEF, "SettleDelay": 1,
                "PublicKey": "ED".to_owned() + &"11".repeat(32),
            }),
        ),
    ] {
        attack_any(&honest, &[&TYPE_REFUSED, &RULE], |contents| *contents = bundle(kind, more));
    }
    // Another type than the one that is asked for.
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        let asked = contents.requests.clone();
        *contents = bundle("SetRegularKey", json!({"RegularKey": THIEF}));
        contents.requests = asked;
    });
    attack(&VAULT.xrp(), &REQUEST_DIFFERS, |contents| {
        let asked = contents.requests.clone();
        *contents =
            bundle("AccountDelete", json!({"Destination": XRP_PAYEE, "DestinationTag": 1, "Fee": "200000"}));
        contents.requests = asked;
    });
}

#[test]
fn refuses_missing_last_ledger() {
    let honest = VAULT.xrp();
    attack(&honest, &NO_EXPIRY, |contents| {
        tx_json(contents, 0).remove("LastLedgerSequence");
    });
    for last in [LEDGER, LEDGER - 1, 1, LEDGER + 28_801, u32::MAX] {
        attack(&honest, &XRP_LEDGER, |contents| set(contents, "LastLedgerSequence", json!(last)));
    }
    attack(&honest, &XRP_LEDGER, |contents| contents.assumptions.clear());
    let mut far = honest;
    set(&mut far, "LastLedgerSequence", json!(LEDGER + 28_800));
    let shown = screen(&far);
    assert!(shown.contains(&format!("last ledger {}", LEDGER + 28_800)), "{shown}");
    assert!(shown.contains(&Moment::from_unix(CREATED + 28_800 * 5).to_string()), "{shown}");
}

#[test]
fn refuses_xrp_fees_over_the_limit() {
    for fee in [10_001, 1_000_000, 80_000_000_000u64] {
        let honest = VAULT.xrp();
        VAULT.sign(&honest).unwrap();
        let mut forged = honest;
        set(&mut forged, "Fee", json!(fee.to_string()));
        let code = VAULT.sign(&forged).unwrap_err().code().id;
        assert!([XRP_FEE.id, airlock::xrp::whitelist::FEE_REFUSED.id].contains(&code), "{fee}: {code}");
    }
}

#[test]
fn refuses_other_signers_and_signatures() {
    let honest = VAULT.xrp();
    let key = "ED".to_owned() + &"11".repeat(32);
    attack(&honest, &XRP_SIGNER, |contents| set(contents, "SigningPubKey", json!("")));
    for (name, value) in [("TxnSignature", json!("AB".repeat(70))), ("SigningPubKey", json!(key))] {
        let mut forged = honest.clone();
        set(&mut forged, name, value);
        assert!(VAULT.sign(&forged).is_err(), "{name}");
    }
    attack(&honest, &UNKNOWN_ACCOUNT, |contents| contents.steps[0].account = THIEF.to_owned());
    attack(&honest, &NETWORK_REFUSED, |contents| set(contents, "NetworkID", json!(1)));
}

/// Our key may be the regular key of another account; a payment from there is not what was asked for.
#[test]
fn refuses_a_payment_from_another_account_than_the_one_asked_for() {
    attack(&VAULT.xrp(), &REQUEST_DIFFERS, |contents| set(contents, "Account", json!(THIEF)));
}

/// The tag to which the recipient returns money, and words in our name.
#[test]
fn refuses_source_tags_and_memos_that_nobody_asked_for() {
    let honest = VAULT.xrp();
    attack(&honest, &REQUEST_DIFFERS, |contents| set(contents, "SourceTag", json!(7)));
    attack(&honest, &REQUEST_DIFFERS, |contents| {
        set(contents, "Memos", json!([{"Memo": {"MemoData": "AB"}}]));
    });
}

/// Amounts that are written in another way, are no amounts, or are of a token that calls itself XRP.
#[test]
fn refuses_amount_tricks() {
    let honest = VAULT.xrp();
    let token = |currency: &str, value: &str| json!({"currency": currency, "issuer": THIEF, "value": value});
    for amount in [
        json!("080000000000"),
        json!("8e10"),
        json!("80000000000.0"),
        json!("+80000000000"),
        json!("-80000000000"),
        json!(" 80000000000"),
        json!("0x12A05F2000"),
        json!(80_000_000_000u64),
        json!(""),
        json!("100000000000000001"),
        json!("18446744073709551616"),
        token("XRP", "80000"),
        token("0000000000000000000000005852500000000000", "80000"),
        token(&"00".repeat(20), "80000"),
        token("USD", "1e81"),
        token("USD", "12345678901234567"),
        token("USD", "0x1"),
        json!({"currency": "USD", "issuer": THIEF, "value": "1", "value2": "1"}),
        json!({"currency": "USD", "value": "1"}),
        json!({"mpt_issuance_id": "00".repeat(24), "value": "1"}),
    ] {
        let mut forged = honest.clone();
        set(&mut forged, "Amount", amount.clone());
        if let Ok(signed) = VAULT.sign(&forged) {
            panic!("{amount} was signed: {signed:?}");
        }
    }
    // A payment in a token is asked for and shown with its issuer in full, and the same name of another issuer is another token.
    let pay = |issuer: &str| {
        let amount = json!({"currency": "USD", "issuer": issuer, "value": "12.5"});
        let asked = json!({"TransactionType": "Payment", "Destination": XRP_PAYEE, "Amount": amount});
        let mut json = asked.clone();
        json.as_object_mut().unwrap().extend(tx_json(&mut honest.clone(), 0).clone());
        json["Amount"] = amount;
        json.as_object_mut().unwrap().remove("DestinationTag");
        VAULT.xrp_bundle(Intent::XrpTransaction { tx_json: asked.as_object().unwrap().clone() }, json)
    };
    let shown = screen(&pay(THIEF));
    assert!(shown.contains(THIEF) && shown.contains("12.5"), "{shown}");
    attack(&pay(THIEF), &REQUEST_DIFFERS, |contents| {
        let asked = contents.requests.clone();
        *contents = pay("rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s");
        contents.requests = asked;
    });
}
