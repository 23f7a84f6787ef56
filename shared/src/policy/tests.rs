//! The file by example: what is read, what is refused, what is told of a change.

use super::*;
use crate::error::{Code, Exit};

const ADDRESS: &str = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";
const XRP: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const FULL: &str = r#"
version = 1
own_accounts = true
[transactions]
allow = ["xrp-payment", "sweep"]
[networks]
xrpl_test = [1]
[fees]
bitcoin_max = "0.001"
bitcoin_max_rate = "12.5"
bitcoin_max_percent = 5
xrp_max = "0.005"
[expiry]
max_bundle = "90m"
xrpl_max_ledgers = 900
break_glass = []
[[asset]]
name = "PEPECASH"
id = 121892899915
divisible = true
[[asset]]
name = "A95428956661682177"
longname = "PEPECASH.RARE"
divisible = false
[[destination]]
name = "Exchange"
address = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
assets = ["XRP", "USD.rvYAfWj5gh67oV6fW32ZzP3Aw4Eubs59B"]
tags = [0, 7]
also = ["account-delete"]
[[destination.limit]]
asset = "XRP"
per_day = 5000
[[destination]]
name = "Vault 2"
address = "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ"
assets = ["BTC", "XCP", "PEPECASH.RARE"]
memos = ["order 7", "hex:00ff"]
also = ["sweep"]
[[limit]]
asset = "XRP"
per_event = "1000.5"
per_day = "2000"
[[limit]]
asset = "PEPECASH.RARE"
per_event = 3
per_day = 4
"#;

#[track_caller]
fn refused(text: &str, code: &Code, says: &str) {
    match Policy::parse(text) {
        Ok(_) => panic!("it was read; {} was expected", code.id),
        Err(error) => {
            assert_eq!(error.code().id, code.id, "{error}");
            assert!(error.what().contains(says), "'{says}' is not in: {error}");
        }
    }
}

/// The full file with one thing replaced.
#[track_caller]
fn with(old: &str, new: &str) -> String {
    assert!(FULL.contains(old), "{old} is not in the file");
    FULL.replacen(old, new, 1)
}

#[test]
fn reads_every_member() {
    let policy = Policy::parse(FULL).unwrap();
    assert!(policy.own_accounts && policy.is_test_xrpl(1) && !policy.is_test_xrpl(2));
    assert_eq!(policy.kinds, BTreeSet::from([Kind::XrpPayment, Kind::Sweep]));
    assert_eq!(policy.fees.bitcoin_max, Some(100_000));
    assert_eq!(policy.fees.bitcoin_max_rate, Some(12_500));
    assert_eq!(policy.fees.bitcoin_max_percent, Some(5));
    assert_eq!(policy.fees.xrp_max, Some(5_000));
    assert_eq!(policy.expiry.max_bundle, Some(5_400));
    assert_eq!(policy.expiry.xrpl_max_ledgers, Some(900));
    let names: Vec<(String, String)> =
        policy.destinations().into_iter().map(|found| (found.name, found.address)).collect();
    assert_eq!(names, [("Exchange".into(), XRP.into()), ("Vault 2".into(), ADDRESS.into())]);
    assert_eq!(policy.assets().len(), 2);
    let rare = Money::Asset(crate::counterparty::asset::AssetId::from_name("A95428956661682177").unwrap());
    assert_eq!(policy.limits[&rare].per_event.unwrap().to_string(), "3");
    assert_eq!(policy.limits[&Money::Xrp].per_event.unwrap().to_string(), "1000500000");
}

#[test]
fn refuses_what_is_not_the_file() {
    refused("", &FILE, "version");
    refused("version = 2", &FILE, "version 2");
    refused("version = 1\nversion = 1", &FILE, "line 2");
    refused(&with("own_accounts", "own_account"), &FILE, "own_account");
    refused(&with("divisible = true", "divisible = true\ndivisable = true"), &FILE, "line 21");
    refused(&with("xrp_max = \"0.005\"", "xrp_max = 0.005"), &FILE, "in quotes");
    refused(&with("per_day = 5000", "per_day = -5000"), &FILE, "below zero");
    refused(&with("tags = [0, 7]", "tags = [0, -7]"), &FILE, "tags must be a list");
    refused(&with("tags = [0, 7]", "tags = [4294967296]"), &FILE, "tags must be a list");
    refused(
        &format!("version = 1\n#{}", "x".repeat(crate::bundle::limits::POLICY_BYTES)),
        &FILE,
        "at most 1048576",
    );
    refused(&format!("version = {}", "[".repeat(100_000)), &FILE, "");
    assert_eq!(FILE.exit, Exit::BadInput);
}

#[test]
fn refuses_words_that_do_not_exist() {
    let text = with("\"xrp-payment\"", "\"xrp-payments\"");
    refused(&text, &ENTRY, "bitcoin-payment, asset-send, batch-send, xrp-payment, token-payment, sweep");
    refused(&with("\"sweep\"]\n[networks]", "\"xrp-payment\"]\n[networks]"), &ENTRY, "twice");
    refused(&with("tags = [0, 7]", "tags = \"all\""), &ENTRY, "'all' is neither");
    refused(&with("xrpl_test = [1]", "xrpl_test = [0]"), &ENTRY, "main network");
    refused(&with("\"90m\"", "\"90\""), &ENTRY, "90m, 24h or 7d");
    refused(&with("\"90m\"", "\"-1h\""), &ENTRY, "90m, 24h or 7d");
    refused(&with("\"90m\"", "\"99999999999999999999d\""), &ENTRY, "90m, 24h or 7d");
}

#[test]
fn is_never_wider_than_the_review() {
    refused(&with("\"0.001\"", "\"0.01000001\""), &WIDER, "0.01 BTC");
    refused(&with("\"12.5\"", "\"1000.001\""), &WIDER, "1000 sat/vB");
    refused(&with("percent = 5", "percent = 11"), &WIDER, "10 percent");
    refused(&with("\"0.005\"", "\"0.010001\""), &WIDER, "0.01 XRP");
    refused(&with("ledgers = 900", "ledgers = 28801"), &WIDER, "28800 ledgers");
    refused(&with("\"90m\"", "\"8d\""), &WIDER, "604800 seconds");
    refused(&with("break_glass = []", "break_glass = [\"account-set\"]"), &WIDER, "LastLedgerSequence");
    refused(&with("\"0.001\"", "\"0\""), &ENTRY, "nothing could be signed");
    Policy::parse(&with("\"0.001\"", "\"0.01\"")).unwrap();
}

#[test]
fn a_destination_has_one_entry_whatever_its_spelling() {
    let double = |address: &str| {
        let marks = if address.starts_with(['r', 'X']) {
            "assets = [\"XRP\"]\ntags = [7]"
        } else {
            "assets = [\"BTC\"]"
        };
        format!("{FULL}\n[[destination]]\nname = \"other\"\naddress = \"{address}\"\n{marks}\n")
    };
    let x_address = crate::xrp::XAddress { account: XRP.parse().unwrap(), tag: Some(7), test: false };
    for address in [ADDRESS, &ADDRESS.to_uppercase(), XRP, &x_address.to_string()] {
        refused(&double(address), &ENTRY, "already listed");
    }
    refused(&with("\"Vault 2\"", "\"EXCHANGE\""), &ENTRY, "two destinations of this name");
}

#[test]
fn an_x_address_carries_its_tag() {
    let x = |tag| crate::xrp::XAddress { account: XRP.parse().unwrap(), tag, test: false }.to_string();
    let entry = |tag, tags: &str| {
        format!(
            "version = 1\n[[destination]]\nname = \"x\"\naddress = \"{}\"\nassets = [\"XRP\"]\n{tags}",
            x(tag)
        )
    };
    let tags = |text: &str| Policy::parse(text).unwrap().destinations[0].tags.clone();
    assert_eq!(tags(&entry(Some(0), "")), destination::Marks::These(BTreeSet::from([0])));
    assert_eq!(tags(&entry(None, "")), destination::Marks::None);
    assert_eq!(tags(&entry(Some(7), "tags = [7]")), destination::Marks::These(BTreeSet::from([7])));
    refused(&entry(Some(7), "tags = \"any\""), &ENTRY, "not the tag of the X-address");
    refused(&entry(None, "tags = [0]"), &ENTRY, "not the tag of the X-address");
}

#[test]
fn refuses_destinations_that_could_mean_two_things() {
    refused(&with("tags = [0, 7]\n", ""), &ENTRY, "tags is missing");
    refused(&with("memos = [\"order 7\", \"hex:00ff\"]\n", ""), &ENTRY, "memos is missing");
    refused(&with("tags = [0, 7]", "tags = []"), &ENTRY, "empty");
    refused(&with("\"order 7\"", "\"\""), &ENTRY, "empty memo");
    refused(&with("\"hex:00ff\"", "\"hex:0\""), &ENTRY, "hex digits");
    refused(&with("\"order 7\"", &format!("\"{}\"", "x".repeat(64))), &ENTRY, "64 bytes");
    refused(&with("[\"XRP\", ", "[\"BTC\", "), &ENTRY, "cannot be paid");
    refused(&with("[\"XRP\", ", "[\"XRP\", \"XRP\", "), &ENTRY, "twice");
    refused(&with("tags = [0, 7]", "tags = [0, 7]\nmemos = \"any\""), &ENTRY, "memos");
    refused(&with("also = [\"account-delete\"]", "also = [\"sweep\"]"), &ENTRY, "sweep cannot go to");
    refused(&with("also = [\"account-delete\"]", "also = [\"xrp-payment\"]"), &ENTRY, "does not belong");
    refused(
        &with("asset = \"XRP\"\nper_day", "asset = \"USD.rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\"\nper_day"),
        &ENTRY,
        "not among",
    );
    let black_hole = with(XRP, "rrrrrrrrrrrrrrrrrrrrrhoLvTp");
    refused(&black_hole, &ENTRY, "nobody has the key");
    let seed = with(XRP, "snoPBrXtMeMyMHUVTgbuqAfg1SUTb");
    let error = Policy::parse(&seed).unwrap_err();
    assert!(!format!("{error:?}").contains("snoPB"), "a secret in the wrong place is not repeated");
}

#[test]
fn names_cannot_imitate() {
    for name in
        ["", " x", "x ", "a  b", "Kr\u{430}ken", "a\\tb", "a\\\"b", "x\\u001b[1m", &"x".repeat(65), ADDRESS]
    {
        refused(&with("\"Exchange\"", &format!("\"{name}\"")), &ENTRY, "name");
    }
    refused(&with("\"Exchange\"", &format!("\"Kraken {ADDRESS}\"")), &ENTRY, "holds no address");
}

#[test]
fn units_come_from_the_registry_alone() {
    refused(&with("asset = \"PEPECASH.RARE\"", "asset = \"OTHERTOKEN\""), &ENTRY, "has no [[asset]] entry");
    refused(&with("per_event = 3", "per_event = \"3.5\""), &crate::amount::TOO_PRECISE, "3.5");
    refused(&with("id = 121892899915", "id = 121892899916"), &ENTRY, "another asset was meant");
    refused(&with("longname = \"PEPECASH.RARE\"", "longname = \"RARE\""), &ENTRY, "no longname");
    refused(&with("name = \"PEPECASH\"\nid = 121892899915", "name = \"XCP\""), &ENTRY, "needs no entry");
    let double = "[[asset]]\nname = \"PEPECASH\"\ndivisible = false\n[[destination]]";
    refused(&with("[[destination]]", double), &ENTRY, "registered twice");
    refused(&with("per_day = 4", "per_day = \"1,000\""), &crate::amount::NOT_A_NUMBER, "1,000");
    refused(&with("per_day = \"2000\"", ""), &ENTRY, "both per_event and per_day");
    let twice = format!("{FULL}\n[[limit]]\nasset = \"A95428956661682177\"\nper_event = 1\nper_day = 1\n");
    refused(&twice, &ENTRY, "two limits");
}

#[test]
fn the_starter_parses_and_lists_nobody() {
    let policy = Policy::parse(&Policy::starter(&[])).unwrap();
    assert!(policy.destinations.is_empty() && policy.limits.is_empty() && policy.assets.is_empty());
    assert!(policy.is_test_xrpl(1) && !policy.is_test_xrpl(0));
    let uncommented: String = Policy::starter(&[])
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let policy = Policy::parse(&uncommented).expect("its examples are right too");
    assert_eq!((policy.destinations.len(), policy.limits.len(), policy.assets.len()), (1, 2, 1));
}

#[test]
fn a_difference_is_told_by_entry() {
    assert_eq!(difference(FULL, FULL), Vec::<String>::new());
    let comments = difference(FULL, &format!("# hello\n{FULL}"));
    assert_eq!(comments, ["only comments, order or layout changed; the rules are the same"]);
    let told = |old: &str, new: &str| difference(FULL, &with(old, new));
    assert_eq!(
        told("per_day = \"2000\"", "per_day = \"20000\""),
        ["changed [[limit]] XRP, per_day: 2,000 -> 20,000"]
    );
    assert_eq!(
        told("tags = [0, 7]", "tags = \"any\""),
        ["changed [[destination]] \"Exchange\", tags: 0, 7 -> any"]
    );
    assert_eq!(
        told("own_accounts = true", "own_accounts = false"),
        ["changed the whole file, own_accounts: true -> false"]
    );
    assert_eq!(told("xrp_max = \"0.005\"", ""), ["changed [fees], xrp_max: 0.005 -> not set"]);
    assert_eq!(told("\"xrp-payment\", ", ""), ["REMOVED [transactions] allow xrp-payment"]);
    let added = difference("", FULL);
    assert!(added.contains(&"added [[destination]] \"Exchange\"".to_owned()), "{added:?}");
    assert!(added.contains(&format!("  address = {ADDRESS}")), "{added:?}");
    assert!(difference(FULL, "version = 3")[0].contains("cannot be read"));
}

/// Nobody can change a rule so that the difference does not say it.
#[test]
fn every_changed_rule_is_told() {
    let changes = [
        ("own_accounts = true", "own_accounts = false"),
        ("\"sweep\"]\n[networks]", "\"sweep\", \"trust-set\"]\n[networks]"),
        ("xrpl_test = [1]", "xrpl_test = [1, 2]"),
        ("\"0.001\"", "\"0.002\""),
        ("\"12.5\"", "\"12.501\""),
        ("percent = 5", "percent = 6"),
        ("\"0.005\"", "\"0.005001\""),
        ("\"90m\"", "\"91m\""),
        ("ledgers = 900", "ledgers = 901"),
        ("divisible = false", "divisible = true"),
        ("PEPECASH.RARE", "PEPECASH.RAREST"),
        ("\"Exchange\"", "\"exchange\""),
        (XRP, "rvYAfWj5gh67oV6fW32ZzP3Aw4Eubs59B"),
        ("\"USD.rvYAfWj5gh67oV6fW32ZzP3Aw4Eubs59B\"", "\"EUR.rvYAfWj5gh67oV6fW32ZzP3Aw4Eubs59B\""),
        ("tags = [0, 7]", "tags = [0, 8]"),
        ("also = [\"account-delete\"]", "also = []"),
        ("per_day = 5000", "per_day = 5001"),
        ("per_day = 5000", "per_event = 5000"),
        ("\"order 7\"", "\"order 8\""),
        ("\"order 7\", \"hex:00ff\"", "\"order 7', 'hex:00ff\""),
        ("\"hex:00ff\"", "\"hex:00fe\""),
        ("\"1000.5\"", "\"1000.500001\""),
        ("per_day = 4", "per_day = 5"),
    ];
    for (old, new) in changes {
        let all = if old.contains("RARE") { usize::MAX } else { 1 };
        let (before, after) = (FULL.to_owned(), FULL.replacen(old, new, all));
        assert_ne!(before, after, "{old}");
        assert_ne!(Policy::parse(&before).unwrap(), Policy::parse(&after).unwrap(), "{old}");
        let lines = difference(&before, &after);
        assert!(!lines.is_empty(), "{old}");
        assert!(
            lines.iter().all(|line| !line.contains("only comments") && !line.contains("cannot be shown")),
            "{lines:?}"
        );
        let changed =
            |line: &String| ["changed", "added", "REMOVED"].iter().any(|word| line.starts_with(word));
        assert!(lines.iter().any(changed), "{lines:?}");
    }
}
