use super::super::refusals::*;
use super::*;
use crate::amount::Drops;
use crate::xrp::PublicKey;
use serde_json::{Map, Value, json};

const DESTINATION: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const LEDGER: u32 = 90_000_000;

/// The first key of the reference vectors: the family seed of 16 zero bytes.
fn account() -> Account {
    let key = "0390A196799EE412284A5D80BF78C3E84CBB80E1437A0AECD9ADF94D7FEAAFA284";
    let bytes: Vec<u8> = bitcoin::hex::FromHex::from_hex(key).unwrap();
    let public_key = PublicKey::from_slice(&bytes).unwrap();
    Account {
        name: "vault".parse().unwrap(),
        role: Role::Cold,
        holds: Holds::Assets,
        rail: Rail::Xrp(XrpAccount::new(1, public_key)),
    }
}

fn address() -> String {
    account().reference().to_owned()
}

fn transaction(more: Value) -> Map<String, Value> {
    let mut json = json!({
        "TransactionType": "Payment", "Account": address(), "Destination": DESTINATION,
        "Amount": "80000000000", "Fee": "5000", "Sequence": 7, "Flags": 0, "LastLedgerSequence": LEDGER + 1_200,
    });
    let members = json.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    members.clone()
}

fn intent(to: &str, tag: Option<u32>, amount: &str) -> Intent {
    Intent::SendXrp { to: to.to_owned(), tag, amount: amount.to_owned() }
}

fn topics() -> Vec<Topic> {
    vec![Topic::XrpLedger { index: LEDGER, close_time: Moment::from_unix(CREATED) }]
}

fn reviewed(
    intents: Vec<Intent>,
    transactions: Vec<Map<String, Value>>,
    topics: Vec<Topic>,
) -> Result<Review> {
    let steps = transactions
        .into_iter()
        .enumerate()
        .map(|(request, json)| Step {
            request,
            account: address(),
            after: vec![],
            links: vec![],
            one_of: None,
            artefact: Artefact::TxJson(json),
        })
        .collect();
    let requests = intents.into_iter().map(|intent| request("vault", intent)).collect();
    let bundle = Bundle::seal(contents(requests, steps, topics)).unwrap();
    let accounts = [account()];
    Review::of_bundle(&bundle, &book(&accounts), Moment::from_unix(CREATED + 60))
}

fn one(intent: Intent, more: Value) -> Result<Review> {
    reviewed(vec![intent], vec![transaction(more)], topics())
}

#[test]
fn shows_a_payment_with_its_tag_and_its_end() {
    let found = one(intent(DESTINATION, Some(1), "80000"), json!({ "DestinationTag": 1 })).unwrap();
    assert_eq!(found.approval_text(), "80000");
    assert!(found.headline().starts_with("Pay 80,000 XRP (80000000000 drops) from vault to rHb9"));
    let screen = found.screen().join("\n");
    assert!(screen.contains("destination tag 1") && screen.contains("rHb9 CJAW"), "{screen}");
    // 1,200 ledgers: not before an hour, not after 100 minutes.
    assert!(screen.contains(&format!("not before {}", Moment::from_unix(CREATED + 3_600))), "{screen}");
    assert!(screen.contains(&format!("not after {}", Moment::from_unix(CREATED + 6_000))), "{screen}");
    assert_eq!(codes(&found), ["W-UNKNOWN-DESTINATION"], "no claim speaks of it");
}

#[test]
fn shows_a_missing_tag_and_tells_zero_from_none() {
    let none = one(intent(DESTINATION, None, "80000"), json!({})).unwrap();
    assert!(none.screen().join("\n").contains("destination tag: NONE"));
    let zero = one(intent(DESTINATION, Some(0), "80000"), json!({ "DestinationTag": 0 })).unwrap();
    assert!(zero.screen().join("\n").contains("destination tag 0"));
    refused(one(intent(DESTINATION, Some(0), "80000"), json!({})), &REQUEST_DIFFERS);
    refused(one(intent(DESTINATION, None, "80000"), json!({ "DestinationTag": 0 })), &REQUEST_DIFFERS);
    refused(one(intent(DESTINATION, Some(2), "80000"), json!({ "DestinationTag": 1 })), &REQUEST_DIFFERS);
}

#[test]
fn reads_x_addresses_of_its_own_network_only() {
    let x =
        |test| crate::xrp::XAddress { account: DESTINATION.parse().unwrap(), tag: Some(5), test }.to_string();
    assert!(one(intent(&x(true), None, "80000"), json!({ "DestinationTag": 5 })).is_ok());
    refused(one(intent(&x(false), None, "80000"), json!({ "DestinationTag": 5 })), &REQUEST_DIFFERS);
    refused(one(intent(&x(true), Some(6), "80000"), json!({ "DestinationTag": 6 })), &REQUEST_DIFFERS);
}

#[test]
fn refuses_another_amount_or_destination() {
    refused(one(intent(DESTINATION, None, "80000.000001"), json!({})), &REQUEST_DIFFERS);
    refused(one(intent("rrrrrrrrrrrrrrrrrrrn5RM1rHd", None, "80000"), json!({})), &REQUEST_DIFFERS);
}

#[test]
fn refuses_missing_or_far_last_ledgers_and_high_fees() {
    let pays = || intent(DESTINATION, None, "80000");
    assert!(one(pays(), json!({ "LastLedgerSequence": LEDGER + 28_800 })).is_ok());
    for last in [LEDGER + 28_801, LEDGER, LEDGER - 1] {
        refused(one(pays(), json!({ "LastLedgerSequence": last })), &XRP_LEDGER);
    }
    refused(one(pays(), json!({ "LastLedgerSequence": null })), &crate::xrp::whitelist::NO_EXPIRY);
    refused(reviewed(vec![pays()], vec![transaction(json!({}))], vec![]), &XRP_LEDGER);
    assert!(one(pays(), json!({ "Fee": "10000" })).is_ok());
    refused(one(pays(), json!({ "Fee": "10001" })), &XRP_FEE);
}

#[test]
fn refuses_what_the_whitelist_refuses() {
    let pays = || intent(DESTINATION, None, "80000");
    refused(one(pays(), json!({ "Flags": 0x0010_0000 })), &crate::xrp::whitelist::FLAG_REFUSED);
    for more in [json!({ "Flags": 0x0002_0000 }), json!({ "SendMax": "80000000000" })] {
        refused(one(pays(), more), &crate::xrp::transaction::RULE);
    }
}

#[test]
fn warns_of_required_tags_and_new_accounts_and_refuses_too_little_for_one() {
    let claims = |exists, requires_tag| {
        let destination = Topic::XrpDestination { address: DESTINATION.to_owned(), exists, requires_tag };
        [topics(), vec![destination]].concat()
    };
    let pays = |amount: &str, drops: &str, topics| {
        reviewed(
            vec![intent(DESTINATION, None, amount)],
            vec![transaction(json!({ "Amount": drops }))],
            topics,
        )
    };
    let found = pays("80000", "80000000000", claims(true, true)).unwrap();
    assert_eq!(codes(&found), ["W-MISSING-TAG"]);
    let found = pays("1", "1000000", claims(false, false)).unwrap();
    assert_eq!(codes(&found), ["W-CREATES-ACCOUNT"]);
    refused(pays("0.999999", "999999", claims(false, false)), &XRP_DESTINATION);
}

#[test]
fn says_when_the_key_is_not_the_master_key() {
    let other = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe";
    // Asked for by name only: a payment from another account is not what `from` says.
    refused(one(intent(DESTINATION, None, "80000"), json!({ "Account": other })), &REQUEST_DIFFERS);
    let mut fields = transaction(json!({ "Account": other }));
    let found = one(Intent::XrpTransaction { tx_json: fields.clone() }, json!({ "Account": other })).unwrap();
    assert_eq!(codes(&found), ["W-UNKNOWN-DESTINATION", "W-REGULAR-KEY"]);
    fields.remove("Account");
    refused(one(Intent::XrpTransaction { tx_json: fields }, json!({ "Account": other })), &REQUEST_DIFFERS);
    let foreign_key =
        json!({ "SigningPubKey": "03AB40A0490F9B7ED8DF29D246BF2D6269820A0EE7742ACDD457BEA7C7D0931EDB" });
    refused(one(intent(DESTINATION, None, "80000"), foreign_key), &XRP_SIGNER);
}

#[test]
fn shows_dangerous_settings_loudly() {
    let fields = |more: Value| {
        let mut fields = more.as_object().unwrap().clone();
        fields.insert("Account".to_owned(), address().into());
        fields
    };
    for (asked, shown) in [
        (json!({ "TransactionType": "AccountSet", "SetFlag": 4 }), "DISABLES THE MASTER KEY"),
        (json!({ "TransactionType": "AccountSet", "SetFlag": 9 }), "asfDepositAuth"),
        (json!({ "TransactionType": "SetRegularKey", "RegularKey": DESTINATION }), "SETS A REGULAR KEY"),
        (json!({ "TransactionType": "SetRegularKey" }), "REMOVES THE REGULAR KEY"),
        (json!({ "TransactionType": "AccountDelete", "Destination": DESTINATION }), "DELETES THE ACCOUNT"),
        (
            json!({ "TransactionType": "SignerListSet", "SignerQuorum": 1, "SignerEntries": [
                { "SignerEntry": { "Account": DESTINATION, "SignerWeight": 1 } }
            ] }),
            "REPLACES THE SIGNER LIST",
        ),
    ] {
        let mut more = asked.clone();
        for name in ["Destination", "Amount"] {
            more.as_object_mut().unwrap().entry(name).or_insert(Value::Null);
        }
        let intent = Intent::XrpTransaction { tx_json: fields(asked.clone()) };
        let found = one(intent, more.clone()).unwrap_or_else(|e| panic!("{asked}: {e:?}"));
        assert!(codes(&found).contains(&"W-IRREVERSIBLE"), "{asked}");
        assert!(found.screen().join("\n").contains(shown), "{asked}");
        let other = Intent::XrpTransaction { tx_json: fields(json!({ "TransactionType": "AccountSet" })) };
        refused(one(other, more), &REQUEST_DIFFERS);
    }
}

#[test]
fn a_given_field_must_be_as_given_and_no_other_may_be_there() {
    let given = |more: Value| {
        let mut fields =
            transaction(json!({ "Fee": null, "Sequence": null, "Flags": null, "LastLedgerSequence": null }));
        fields.extend(more.as_object().unwrap().clone());
        Intent::XrpTransaction { tx_json: fields }
    };
    assert!(one(given(json!({})), json!({})).is_ok());
    assert!(one(given(json!({ "Fee": "5000" })), json!({})).is_ok());
    refused(one(given(json!({ "Fee": "4000" })), json!({})), &REQUEST_DIFFERS);
    refused(one(given(json!({ "Sequence": 8 })), json!({})), &REQUEST_DIFFERS);
    refused(one(given(json!({})), json!({ "DestinationTag": 3 })), &REQUEST_DIFFERS);
    refused(one(given(json!({})), json!({ "SourceTag": 3 })), &REQUEST_DIFFERS);
}

#[test]
fn refuses_a_sequence_that_is_used_twice_and_warns_of_the_same_payment() {
    let pays = || intent(DESTINATION, None, "80000");
    let both = |sequence: u32| {
        let second = transaction(json!({ "Sequence": sequence }));
        reviewed(vec![pays(), pays()], vec![transaction(json!({})), second], topics())
    };
    refused(both(7), &LINKS);
    let found = both(8).unwrap();
    assert_eq!(codes(&found), ["W-UNKNOWN-DESTINATION", "W-UNKNOWN-DESTINATION", "W-SAME-PAYMENT"]);
    assert_eq!(found.approval_text(), "160000");
    assert_eq!(Drops::parse_xrp(found.approval_text()).unwrap().to_drops(), 160_000_000_000);
}
