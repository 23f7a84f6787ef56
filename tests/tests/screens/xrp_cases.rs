//! XRP Ledger transactions: payments with every kind of tag, and each other type of the whitelist.

use airlock::bundle::Topic;
use airlock::request::Intent;
use airlock::review::Review;
use airlock::xrp::XAddress;
use bitcoin::hex::DisplayHex as _;
use serde_json::{Value, json};

use crate::Case;
use crate::desk::{claim, request, xrp};
use crate::scene::{Scene, XRP_GUARDED, XRP_NEW, XRP_OPEN, XRP_TAGGED};

pub const CASES: &[Case] = &[
    ("xrp-payment-with-tag", || payment(XRP_TAGGED, Some(1_234_567))),
    ("xrp-payment-tag-0", || payment(XRP_TAGGED, Some(0))),
    ("xrp-payment-no-tag", || payment(XRP_OPEN, None)),
    ("xrp-payment-x-address", || payment(&x_address(Some(77)), None)),
    ("xrp-payment-x-address-without-tag", || payment(&x_address(None), None)),
    ("xrp-payment-unknown-destination", unknown_destination),
    ("xrp-payment-required-tag-missing", missing_tag),
    ("xrp-payment-creates-account", || payment(XRP_NEW, None)),
    ("xrp-payment-hostile-memo", hostile_memo),
    ("xrp-payment-ticket-and-source-tag", ticket),
    ("xrp-payment-by-regular-key", regular_key),
    ("xrp-token-payment", || token(None)),
    ("xrp-token-payment-send-max", || token(Some("1275.6"))),
    ("xrp-account-set-domain", || {
        other(json!({"TransactionType": "AccountSet", "Domain": "6578616D706C652E636F6D"}))
    }),
    ("xrp-account-set-nothing", || other(json!({"TransactionType": "AccountSet"}))),
    ("xrp-account-set-require-tag", || other(json!({"TransactionType": "AccountSet", "SetFlag": 1}))),
    ("xrp-account-set-deposit-auth", || other(json!({"TransactionType": "AccountSet", "SetFlag": 9}))),
    ("xrp-account-set-disable-master", || other(json!({"TransactionType": "AccountSet", "SetFlag": 4}))),
    ("xrp-account-set-enable-master", || other(json!({"TransactionType": "AccountSet", "ClearFlag": 4}))),
    ("xrp-regular-key-set", || other(json!({"TransactionType": "SetRegularKey", "RegularKey": XRP_OPEN}))),
    ("xrp-regular-key-remove", || other(json!({"TransactionType": "SetRegularKey"}))),
    ("xrp-signer-list-set", signer_list),
    ("xrp-signer-list-delete", || other(json!({"TransactionType": "SignerListSet", "SignerQuorum": 0}))),
    ("xrp-ticket-create", || other(json!({"TransactionType": "TicketCreate", "TicketCount": 30}))),
    ("xrp-account-delete", || {
        other(json!({"TransactionType": "AccountDelete", "Destination": XRP_TAGGED, "DestinationTag": 5}))
    }),
    ("xrp-trust-set", || other(json!({"TransactionType": "TrustSet", "LimitAmount": usd("1000000")}))),
    ("xrp-deposit-preauth-authorize", || {
        other(json!({"TransactionType": "DepositPreauth", "Authorize": XRP_OPEN}))
    }),
    ("xrp-deposit-preauth-unauthorize", || {
        other(json!({"TransactionType": "DepositPreauth", "Unauthorize": XRP_OPEN}))
    }),
];

fn payment(to: &str, tag: Option<u32>) -> Review {
    Scene::regtest().review(&[xrp(to, tag, "80000.25")])
}

fn x_address(tag: Option<u32>) -> String {
    XAddress { account: XRP_OPEN.parse().unwrap(), tag, test: true }.to_string()
}

fn missing_tag() -> Review {
    Scene::regtest().review_changed(&[xrp(XRP_OPEN, None, "5")], |contents| {
        claim(contents, |topic| match topic {
            Topic::XrpDestination { requires_tag, .. } => {
                *requires_tag = true;
                true
            }
            _ => false,
        });
    })
}

/// The snapshot had no facts about the destination.
fn unknown_destination() -> Review {
    Scene::regtest().review_changed(&[xrp(XRP_OPEN, None, "5")], |contents| {
        let is_claim = |topic: &Topic| matches!(topic, Topic::XrpDestination { .. });
        contents.assumptions.retain(|assumption| !is_claim(&assumption.topic));
    })
}

fn usd(value: &str) -> Value {
    json!({"currency": "USD", "issuer": XRP_OPEN, "value": value})
}

fn other(tx_json: Value) -> Review {
    let Value::Object(tx_json) = tx_json else { panic!("an object") };
    Scene::regtest().review(&[request("xrp-cold", Intent::XrpTransaction { tx_json })])
}

fn token(send_max: Option<&str>) -> Review {
    let mut payment = json!({
        "TransactionType": "Payment", "Destination": XRP_TAGGED, "DestinationTag": 9, "Amount": usd("1250.5"),
    });
    if let Some(most) = send_max {
        payment["SendMax"] = usd(most);
    }
    other(payment)
}

fn hostile_memo() -> Review {
    let memo = "paid\n\nTo approve\n  type 0\u{1b}]52;c;aGk=\u{7}\u{202e}".as_bytes().to_upper_hex_string();
    let kind = "text/plain".as_bytes().to_upper_hex_string();
    other(json!({
        "TransactionType": "Payment", "Destination": XRP_TAGGED, "DestinationTag": 9, "Amount": "1000000",
        "Memos": [{"Memo": {"MemoData": memo, "MemoType": kind}}],
    }))
}

fn ticket() -> Review {
    other(json!({
        "TransactionType": "Payment", "Destination": XRP_TAGGED, "DestinationTag": 9, "Amount": "1000000",
        "SourceTag": 31, "TicketSequence": 7_000_001, "InvoiceID": "AB".repeat(32),
    }))
}

fn regular_key() -> Review {
    other(json!({
        "TransactionType": "Payment", "Account": XRP_GUARDED, "Destination": XRP_TAGGED, "DestinationTag": 9,
        "Amount": "1000000",
    }))
}

fn signer_list() -> Review {
    let signer =
        |account: &str, weight: u16| json!({"SignerEntry": {"Account": account, "SignerWeight": weight}});
    other(json!({
        "TransactionType": "SignerListSet", "SignerQuorum": 3,
        "SignerEntries": [signer(XRP_OPEN, 1), signer(XRP_TAGGED, 2), signer(XRP_NEW, 1)],
    }))
}
