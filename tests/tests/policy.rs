//! What the policy promises: nothing beyond its lists and limits, however a bundle is cut, spelled or grouped.

use std::sync::LazyLock;

use airlock::Code;
use airlock::account::{Account, Rail, ScriptKind, XrpAccount};
use airlock::amount::Quantity;
use airlock::bundle::{Artefact, Bundle, Contents, Step};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::{self, Message, Mpma, MpmaSend, Sweep, sweep};
use airlock::counterparty::rules::Rules;
use airlock::network::BitcoinNetwork::Mainnet;
use airlock::policy::{
    DESTINATION, DESTINATION_ASSET, EXPIRY, FEE, KIND, Kind, MEMO, NO_LIMIT, OTHER_REVIEW, Outcome, PER_DAY,
    PER_EVENT, Policy, SAME_KEY, Spent, TAG, Verdict,
};
use airlock::request::{AssetPayee, Intent};
use airlock::review::{Book, Outgoing, Review, Use};
use airlock::time::Moment;
use airlock_tests::forge::{
    CREATED, LEDGER, Vault, XRP_PAYEE, address, change, claim, output, pays, psbt, refused, request,
    stranger, tx_json,
};
use airlock_tests::permits::permission;
use airlock_tests::workspace_root;
use bitcoin::Amount;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static VAULT: LazyLock<Vault> = LazyLock::new(Vault::new);

const NOW: u64 = CREATED + 60;
/// Another account of somebody else.
const OTHER: &str = "rvYAfWj5gh67oV6fW32ZzP3Aw4Eubs59B";

/// A policy without test networks of the XRP Ledger that allows every kind.
fn policy(entries: &str) -> Policy {
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| format!("\"{kind}\"")).collect();
    let text = format!("version = 1\n[transactions]\nallow = [{}]\n{entries}", kinds.join(", "));
    Policy::parse(&text).unwrap_or_else(|e| panic!("{e:?}\n{text}"))
}

fn limit(asset: &str, per_event: &str, per_day: &str) -> String {
    format!("[[limit]]\nasset = \"{asset}\"\nper_event = \"{per_event}\"\nper_day = \"{per_day}\"\n")
}

/// `more`: tags, memos, also, limits.
fn destination(to: &str, assets: &str, more: &str) -> String {
    format!("[[destination]]\nname = \"payee {to:.4}\"\naddress = \"{to}\"\nassets = [{assets}]\n{more}\n")
        .replace("name = \"payee bc1q\"", "name = \"payee bitcoin\"")
}

fn payee() -> String {
    destination(XRP_PAYEE, "\"XRP\"", "tags = [1]")
}

fn judge(policy: &Policy, contents: &Contents) -> Verdict {
    policy.judge(&VAULT.review(contents).unwrap(), &Spent::default(), Moment::from_unix(NOW))
}

/// All codes that say no.
fn codes(verdict: &Verdict) -> Vec<&'static str> {
    let codes = verdict.findings().iter().filter_map(|finding| match finding.outcome {
        Outcome::Refused(code) => Some(code.id),
        Outcome::Warned | Outcome::Allowed => None,
    });
    codes.collect()
}

#[track_caller]
fn refuses(verdict: &Verdict, code: &Code) {
    assert_eq!(codes(verdict), [code.id], "{:#?}", verdict.lines());
    assert!(!verdict.is_allowed());
    refused(verdict.clone().permission(), code);
}

#[track_caller]
fn allows(verdict: &Verdict) {
    assert!(verdict.is_allowed(), "{:#?}", verdict.lines());
    verdict.clone().permission().unwrap();
}

/// XRP payments of so many drops, each by a request of its own.
fn payments(drops: &[u64]) -> Contents {
    let mut contents = VAULT.xrp();
    let (mut requests, mut steps) = (Vec::new(), Vec::new());
    for (index, drops) in drops.iter().enumerate() {
        let mut one = VAULT.xrp();
        let json = tx_json(&mut one, 0);
        json.insert("Amount".to_owned(), drops.to_string().into());
        json.insert("Sequence".to_owned(), (index + 7).into());
        steps.push(Step { request: index, ..one.steps.remove(0) });
        let amount = airlock::amount::plain_units(*drops, 6);
        requests.push(request("ripple", Intent::SendXrp { to: XRP_PAYEE.to_owned(), tag: Some(1), amount }));
    }
    (contents.requests, contents.steps) = (requests, steps);
    contents
}

/// Any transaction of `ripple`.
fn xrp_transaction(fields: Value) -> Contents {
    let Value::Object(fields) = fields else { panic!("an object") };
    let mut json: Map<String, Value> = fields.clone();
    for (name, value) in [
        ("Account", json!(VAULT.ripple())),
        ("Fee", json!("5000")),
        ("Sequence", json!(7)),
        ("Flags", json!(0)),
        ("LastLedgerSequence", json!(LEDGER + 1_200)),
    ] {
        json.entry(name).or_insert(value);
    }
    let mut asked = fields;
    asked.remove("Fee");
    VAULT.xrp_bundle(Intent::XrpTransaction { tx_json: asked }, Value::Object(json))
}

fn main_payee() -> String {
    address(&stranger(ScriptKind::Wpkh, Mainnet), Mainnet)
}

#[test]
fn on_a_main_network_nothing_is_allowed_that_is_not_listed() {
    let starter = Policy::starter(&VAULT.accounts);
    let strict = Policy::parse(&starter.replace("xrpl_test = [1, 2]", "xrpl_test = []")).unwrap();
    for contents in [VAULT.xrp(), VAULT.payment("main"), VAULT.send("main", "order 7")] {
        let verdict = judge(&strict, &contents);
        assert!(codes(&verdict).contains(&DESTINATION.id), "{:#?}", verdict.lines());
        assert!(codes(&verdict).contains(&NO_LIMIT.id), "{:#?}", verdict.lines());
        refused(verdict.permission(), &DESTINATION);
    }
    let nothing = Policy::parse("version = 1").unwrap();
    refused(judge(&nothing, &VAULT.payment("main")).permission(), &KIND);
}

#[test]
fn on_a_test_network_what_is_not_listed_is_allowed_and_said() {
    let starter = Policy::parse(&Policy::starter(&VAULT.accounts)).unwrap();
    for contents in [VAULT.xrp(), VAULT.payment("cold"), VAULT.send("store", "order 7")] {
        let verdict = judge(&starter, &contents);
        allows(&verdict);
        let lines = verdict.lines().join("\n");
        assert!(
            lines.contains("unlisted destinations once; allowed because it is a test network"),
            "{lines}"
        );
        assert!(lines.contains("there is no limit"), "{lines}");
    }
    // What is listed holds on test networks too.
    let text = Policy::starter(&[]) + &destination(XRP_PAYEE, "\"XRP\"", "tags = [2]");
    refuses(&judge(&Policy::parse(&text).unwrap(), &VAULT.xrp()), &TAG);
    let text = Policy::starter(&[]) + &limit("XRP", "79999", "1000000");
    refuses(&judge(&Policy::parse(&text).unwrap(), &VAULT.xrp()), &PER_EVENT);
}

#[test]
fn tells_every_rule_that_was_consulted() {
    let policy = policy(&format!("{}{}", payee(), limit("XRP", "100000", "250000")));
    let verdict = judge(&policy, &VAULT.xrp());
    assert_eq!(
        verdict.lines(),
        [
            "Policy: allowed",
            "  !   [[limit]] XRP per_event: 80,000.005 of 100,000 XRP: 80 percent or more of the limit",
            "  ok  [transactions] allow: xrp-payment, once",
            "  ok  [[destination]] \"payee rHb9\": listed; found once",
            "  ok  [[limit]] XRP per_day: 80,000.005 of 250,000 XRP after this",
        ]
    );
    let json = verdict.to_json();
    assert_eq!(json["allowed"], true);
    assert_eq!(json["findings"].as_array().unwrap().len(), 4);
    let refused = judge(&policy_of_tag(2), &VAULT.xrp());
    assert_eq!(refused.lines()[1], "  NO  [E-POL-007] [[destination]] \"payee rHb9\" tags: tag 1; listed: 2");
    assert_eq!(refused.to_json()["findings"][0]["code"], "E-POL-007");
}

fn policy_of_tag(tag: u32) -> Policy {
    let tags = format!("tags = [{tag}]");
    policy(&format!("{}{}", destination(XRP_PAYEE, "\"XRP\"", &tags), limit("XRP", "100000", "250000")))
}

#[test]
fn a_kind_that_is_not_listed_is_refused() {
    let listed = format!("{}{}", payee(), limit("XRP", "100000", "250000"));
    let text = format!("version = 1\n[transactions]\nallow = [\"token-payment\"]\n{listed}");
    refuses(&judge(&Policy::parse(&text).unwrap(), &VAULT.xrp()), &KIND);
}

#[test]
fn no_tag_is_not_tag_0() {
    let with = |tag: Option<u32>| {
        let mut contents = VAULT.xrp();
        let json = tx_json(&mut contents, 0);
        json.remove("DestinationTag");
        if let Some(tag) = tag {
            json.insert("DestinationTag".to_owned(), tag.into());
        }
        contents.requests[0].intent =
            Intent::SendXrp { to: XRP_PAYEE.to_owned(), tag, amount: "80000".to_owned() };
        contents
    };
    let rows = [
        ("tags = \"none\"", vec![None], vec![Some(0), Some(1)]),
        ("tags = [0]", vec![Some(0)], vec![None, Some(1)]),
        ("tags = [0, 1]", vec![Some(0), Some(1)], vec![None, Some(2)]),
        ("tags = \"any\"", vec![None, Some(0), Some(u32::MAX)], vec![]),
    ];
    for (tags, right, wrong) in rows {
        let entries =
            format!("{}{}", destination(XRP_PAYEE, "\"XRP\"", tags), limit("XRP", "100000", "250000"));
        let policy = policy(&entries);
        right.into_iter().for_each(|tag| allows(&judge(&policy, &with(tag))));
        wrong.into_iter().for_each(|tag| refuses(&judge(&policy, &with(tag)), &TAG));
    }
}

#[test]
fn memos_are_compared_byte_for_byte() {
    let policy = |memos: &str| {
        let to = main_payee().to_uppercase();
        let entries =
            format!("[[destination]]\nname = \"x\"\naddress = \"{to}\"\nassets = [\"XCP\"]\n{memos}\n");
        policy(&format!("{entries}{}{}", limit("XCP", "10", "10"), limit("BTC", "0.001", "0.001")))
    };
    allows(&judge(&policy("memos = [\"order 7\"]"), &VAULT.send("main", "order 7")));
    allows(&judge(&policy("memos = [\"hex:6f726465722037\"]"), &VAULT.send("main", "order 7")));
    allows(&judge(&policy("memos = \"any\""), &VAULT.send("main", "order 7")));
    for memo in ["order 8", "order 7 ", "Order 7", "order"] {
        refuses(&judge(&policy("memos = [\"order 7\"]"), &VAULT.send("main", memo)), &MEMO);
    }
    refuses(&judge(&policy("memos = \"none\""), &VAULT.send("main", "order 7")), &MEMO);
}

#[test]
fn a_destination_is_listed_for_its_assets_only() {
    let to = main_payee();
    let limits = format!("{}{}", limit("XCP", "10", "10"), limit("BTC", "0.001", "0.001"));
    let bitcoin_only = policy(&format!("{}{limits}", destination(&to, "\"BTC\"", "")));
    refuses(&judge(&bitcoin_only, &VAULT.send("main", "order 7")), &DESTINATION_ASSET);
    allows(&judge(&bitcoin_only, &VAULT.payment("main")));
    let other = policy(&format!(
        "{}{}",
        destination(OTHER, "\"XRP\"", "tags = [1]"),
        limit("XRP", "100000", "250000")
    ));
    refuses(&judge(&other, &VAULT.xrp()), &DESTINATION);
}

/// The fee of 1,000 sat and nothing of the change counts beside the 60,000 sat paid.
#[test]
fn fees_count_as_spent_and_proven_change_does_not() {
    let policy = |most: &str| {
        let to = destination(&main_payee(), "\"BTC\"", "");
        policy(&format!("{to}{}", limit("BTC", most, "1")))
    };
    allows(&judge(&policy("0.00061"), &VAULT.payment("main")));
    refuses(&judge(&policy("0.00060999"), &VAULT.payment("main")), &PER_EVENT);
    let xrp = |most: &str| self::policy(&format!("{}{}", payee(), limit("XRP", most, "1000000")));
    allows(&judge(&xrp("80000.005"), &VAULT.xrp()));
    refuses(&judge(&xrp("80000.004999"), &VAULT.xrp()), &PER_EVENT);
    // A send moves no bitcoin but its fee, and that needs a limit too.
    let to = destination(&main_payee(), "\"XCP\"", "memos = \"any\"");
    let without = self::policy(&format!("{to}{}", limit("XCP", "1.5", "1.5")));
    refuses(&judge(&without, &VAULT.send("main", "order 7")), &NO_LIMIT);
    let least = self::policy(&format!("{to}{}{}", limit("XCP", "1.5", "1.5"), limit("BTC", "0.00001", "1")));
    allows(&judge(&least, &VAULT.send("main", "order 7")));
}

/// Without the derivation that proves it, what comes back is a payment to a stranger.
#[test]
fn change_that_is_not_proven_counts_as_spent() {
    let mut contents = VAULT.payment("main");
    psbt(&mut contents, 0).outputs[1].bip32_derivation.clear();
    let to = address(&VAULT.account("main").script_pubkey(1, 3).unwrap(), Mainnet);
    contents.requests[0].intent = pays(&[(main_payee(), "0.0006"), (to.clone(), "0.00039")]);
    let listed = destination(&main_payee(), "\"BTC\"", "");
    let policy = |most: &str| policy(&format!("{listed}{}", limit("BTC", most, "1")));
    let verdict = judge(&policy("0.00061"), &contents);
    assert_eq!(codes(&verdict), [DESTINATION.id, PER_EVENT.id], "{:#?}", verdict.lines());
    refuses(&judge(&policy("0.001"), &contents), &DESTINATION);
    assert!(VAULT.review(&contents).unwrap().outgoings().iter().any(|out| out.to.as_ref() == Some(&to)));
}

#[test]
fn a_day_counts_what_was_signed_before() {
    let entries = format!("{}{}", payee(), limit("XRP", "100000", "160000.01"));
    let policy = policy(&entries);
    let review = VAULT.review(&VAULT.xrp()).unwrap();
    let mut spent: Spent = review.outgoings().iter().collect();
    let now = Moment::from_unix(NOW);
    allows(&policy.judge(&review, &spent, now));
    let drop = Outgoing { to: None, amount: 1u64.into(), ..review.outgoings().remove(0) };
    spent.add(&drop);
    refuses(&policy.judge(&review, &spent, now), &PER_DAY);
    // Money of another network is other money.
    let mut elsewhere = Spent::default();
    for outgoing in review.outgoings() {
        let chain = airlock::review::Chain::Xrpl(2);
        (0..9).for_each(|_| elsewhere.add(&Outgoing { chain, ..outgoing.clone() }));
    }
    allows(&policy.judge(&review, &elsewhere, now));
}

#[test]
fn a_destination_has_limits_of_its_own() {
    let own =
        "tags = [1]\n[[destination.limit]]\nasset = \"XRP\"\nper_event = \"80000\"\nper_day = \"120000\"";
    let policy =
        policy(&format!("{}{}", destination(XRP_PAYEE, "\"XRP\"", own), limit("XRP", "1000000", "1000000")));
    // Fees go to nobody: they do not count here.
    allows(&judge(&policy, &VAULT.xrp()));
    refuses(&judge(&policy, &payments(&[40_000_000_000, 40_000_000_001])), &PER_EVENT);
    let review = VAULT.review(&VAULT.xrp()).unwrap();
    let spent: Spent = review.outgoings().iter().collect();
    refuses(&policy.judge(&review, &spent, Moment::from_unix(NOW)), &PER_DAY);
}

#[test]
fn sums_beyond_64_bits_do_not_wrap() {
    // 300 times 100 billion XRP are 3 * 10^19 drops.
    let contents = payments(&[100_000_000_000_000_000; 300]);
    let review = VAULT.review(&contents).unwrap();
    let outgoings = review.outgoings();
    let paid = outgoings.iter().find(|out| out.to.is_some()).unwrap();
    assert_eq!(paid.amount.to_string(), "30000000000000000000");
    let policy = policy(&format!("{}{}", payee(), limit("XRP", "18446744073709", "18446744073709")));
    let verdict = policy.judge(&review, &Spent::default(), Moment::from_unix(NOW));
    assert_eq!(codes(&verdict), [PER_EVENT.id, PER_DAY.id]);
}

/// Two fees for one payment from one coin: the dearer one counts, once.
#[test]
fn steps_that_exclude_each_other_count_once_with_the_largest() {
    let mut ladder = VAULT.payment("main");
    let mut dearer = ladder.steps[0].clone();
    let Artefact::Psbt(dear) = &mut dearer.artefact else { panic!("a PSBT") };
    dear.unsigned_tx.output[1].value = Amount::from_sat(37_000);
    ladder.steps.push(dearer);
    ladder.steps.iter_mut().for_each(|step| step.one_of = Some(1));
    let to = destination(&main_payee(), "\"BTC\"", "");
    let policy = |most: &str| policy(&format!("{to}{}", limit("BTC", most, "1")));
    allows(&judge(&policy("0.00063"), &ladder));
    refuses(&judge(&policy("0.00062999"), &ladder), &PER_EVENT);
    let uses = VAULT.review(&ladder).unwrap().uses();
    assert_eq!(uses.len(), 1, "{uses:?}");
}

#[test]
fn fee_caps_are_the_treasurers_own() {
    let limits = format!("{}{}{}", payee(), limit("XRP", "100000", "250000"), limit("BTC", "1", "1"));
    let with = |fees: &str| {
        policy(&format!("{}{limits}[fees]\n{fees}\n", destination(&main_payee(), "\"BTC\"", "")))
    };
    allows(&judge(&with("xrp_max = \"0.005\""), &VAULT.xrp()));
    refuses(&judge(&with("xrp_max = \"0.004999\""), &VAULT.xrp()), &FEE);
    for (allowed, refused) in [
        ("bitcoin_max = \"0.00001\"", "bitcoin_max = \"0.00000999\""),
        ("bitcoin_max_percent = 2", "bitcoin_max_percent = 1"),
        ("bitcoin_max_rate = \"10\"", "bitcoin_max_rate = \"1\""),
    ] {
        allows(&judge(&with(allowed), &VAULT.payment("main")));
        refuses(&judge(&with(refused), &VAULT.payment("main")), &FEE);
    }
}

/// A payment to an own account is no base for the percentage.
#[test]
fn a_payment_to_oneself_does_not_dilute_the_fee() {
    let account = VAULT.account("main");
    let (own, to) = (VAULT.account("main-tap"), stranger(ScriptKind::Wpkh, Mainnet));
    let own_script = own.script_pubkey(0, 0).unwrap();
    let outputs =
        vec![output(to.clone(), 10_000), output(own_script.clone(), 80_000), change(account, 9_000)];
    let mut made = VAULT.spending("main", outputs);
    claim(&mut made, 1, own, 0, 0);
    claim(&mut made, 2, account, 1, 3);
    let intent = pays(&[(address(&to, Mainnet), "0.0001"), (address(&own_script, Mainnet), "0.0008")]);
    let contents = VAULT.bundle("main", intent, vec![VAULT.step("main", made)]);
    let listed = format!("{}{}", destination(&main_payee(), "\"BTC\"", ""), limit("BTC", "1", "1"));
    let head = |rest: &str| {
        let text = format!(
            "version = 1\nown_accounts = true\n[transactions]\nallow = [\"bitcoin-payment\"]\n{rest}"
        );
        Policy::parse(&text).unwrap()
    };
    allows(&judge(&head(&format!("{listed}[fees]\nbitcoin_max_percent = 10\n")), &contents));
    refuses(&judge(&head(&format!("{listed}[fees]\nbitcoin_max_percent = 9\n")), &contents), &FEE);
    // Own accounts need no entry only where the policy says so; what goes there counts all the same.
    refuses(&judge(&policy(&listed), &contents), &DESTINATION);
    let small = listed.replace("per_event = \"1\"", "per_event = \"0.0009\"");
    refuses(&judge(&head(&small), &contents), &PER_EVENT);
}

#[test]
fn expiry_is_bounded() {
    let listed = format!("{}{}", payee(), limit("XRP", "100000", "250000"));
    let with = |expiry: &str| policy(&format!("{listed}[expiry]\n{expiry}\n"));
    allows(&judge(&with("max_bundle = \"4h\""), &VAULT.xrp()));
    refuses(&judge(&with("max_bundle = \"239m\""), &VAULT.xrp()), &EXPIRY);
    allows(&judge(&with("xrpl_max_ledgers = 1200"), &VAULT.xrp()));
    refuses(&judge(&with("xrpl_max_ledgers = 1199"), &VAULT.xrp()), &EXPIRY);
}

#[test]
fn rights_and_whole_balances_go_only_where_also_says_so() {
    let rows = [
        (
            "account-delete",
            json!({"TransactionType": "AccountDelete", "Destination": OTHER, "Fee": "2000000"}),
        ),
        ("set-regular-key", json!({"TransactionType": "SetRegularKey", "RegularKey": OTHER})),
        (
            "signer-list-set",
            json!({"TransactionType": "SignerListSet", "SignerQuorum": 1, "SignerEntries": [
                {"SignerEntry": {"Account": OTHER, "SignerWeight": 1}}]}),
        ),
        (
            "trust-set",
            json!({"TransactionType": "TrustSet", "LimitAmount":
                {"currency": "USD", "issuer": OTHER, "value": "10"}}),
        ),
        ("deposit-preauth", json!({"TransactionType": "DepositPreauth", "Authorize": OTHER})),
    ];
    let limits = limit("XRP", "100000", "250000");
    for (kind, json) in rows {
        let contents = xrp_transaction(json);
        refuses(&judge(&policy(&limits), &contents), &DESTINATION);
        let listed = destination(OTHER, "\"XRP\"", "tags = \"any\"");
        let verdict = judge(&policy(&format!("{listed}{limits}")), &contents);
        refuses(&verdict, &DESTINATION);
        let also = destination(OTHER, "\"XRP\"", &format!("tags = \"any\"\nalso = [\"{kind}\"]"));
        let verdict = judge(&policy(&format!("{also}{limits}")), &contents);
        allows(&verdict);
        let told = verdict.lines().iter().any(|line| line.contains("whole balance"));
        assert_eq!(told, kind == "account-delete", "{:#?}", verdict.lines());
    }
}

#[test]
fn a_sweep_needs_its_destination_to_say_so() {
    let to = main_payee();
    let message = Message::Sweep(Sweep { destination: to.clone(), flags: sweep::FLAG_BALANCES, memo: None });
    let data = message::encode(&message, &Rules::newest(Mainnet)).unwrap();
    let step = VAULT.step("main", VAULT.carrying("main", &data));
    let intent = Intent::Sweep { to: to.clone(), balances: true, ownerships: false, memo: None };
    let contents = VAULT.bundle("main", intent, vec![step]);
    let limits = format!("{}{}", limit("BTC", "1", "1"), limit("XCP", "1", "1"));
    let payments = destination(&to, "\"XCP\"", "memos = \"none\"");
    refuses(&judge(&policy(&format!("{payments}{limits}")), &contents), &DESTINATION);
    let also = destination(&to, "\"XCP\"", "memos = \"none\"\nalso = [\"sweep\"]");
    let verdict = judge(&policy(&format!("{also}{limits}")), &contents);
    allows(&verdict);
    assert!(verdict.lines().iter().any(|line| line.contains("no limit counts it")), "{:#?}", verdict.lines());
}

/// `own_accounts` speaks of payments: who may sign, and what no limit counts, goes only where an entry says so.
#[test]
fn own_accounts_get_no_rights_and_no_whole_balances_without_an_entry() {
    let limits = format!("{}{}", limit("BTC", "1", "1"), limit("XCP", "10", "10"));
    let to = address(&VAULT.account("main").script_pubkey(0, 1).unwrap(), Mainnet);
    let message = Message::Sweep(Sweep { destination: to.clone(), flags: sweep::FLAG_BALANCES, memo: None });
    let data = message::encode(&message, &Rules::newest(Mainnet)).unwrap();
    let step = VAULT.step("main", VAULT.carrying("main", &data));
    let intent = Intent::Sweep { to: to.clone(), balances: true, ownerships: false, memo: None };
    let contents = VAULT.bundle("main", intent, vec![step]);
    let own = |more: &str| {
        let text = format!(
            "version = 1\nown_accounts = true\n[transactions]\nallow = [\"sweep\", \"bitcoin-payment\"]\n{limits}{more}"
        );
        Policy::parse(&text).unwrap()
    };
    refuses(&judge(&own(""), &contents), &DESTINATION);
    allows(&judge(&own(&destination(&to, "", "memos = \"none\"\nalso = [\"sweep\"]")), &contents));
}

/// An own address that no wallet would look for is as good as lost: it needs an entry.
#[test]
fn an_own_address_at_a_far_index_is_no_own_account() {
    let pay = |index: u32| {
        let (own, account) = (VAULT.account("main-tap"), VAULT.account("main"));
        let script = own.script_pubkey(0, index).unwrap();
        let mut made = VAULT.spending("main", vec![output(script.clone(), 80_000), change(account, 19_000)]);
        claim(&mut made, 0, own, 0, index);
        claim(&mut made, 1, account, 1, 3);
        let intent = pays(&[(address(&script, Mainnet), "0.0008")]);
        VAULT.bundle("main", intent, vec![VAULT.step("main", made)])
    };
    let text = format!(
        "version = 1\nown_accounts = true\n[transactions]\nallow = [\"bitcoin-payment\"]\n{}",
        limit("BTC", "1", "1")
    );
    let policy = Policy::parse(&text).unwrap();
    allows(&judge(&policy, &pay(9_999)));
    refuses(&judge(&policy, &pay(10_000)), &DESTINATION);
    refuses(&judge(&policy, &pay(0x7fff_ffff)), &DESTINATION);
}

/// A batch counts row by row, and is another kind than a single send.
#[test]
fn each_row_of_a_batch_counts() {
    let to = [ScriptKind::Wpkh, ScriptKind::Pkh].map(|kind| address(&stranger(kind, Mainnet), Mainnet));
    let quantity = Quantity::new(200_000_000).unwrap();
    let sends =
        to.iter().map(|to| MpmaSend { asset: AssetId::XCP, destination: to.clone(), quantity, memo: None });
    let message = Message::Mpma(Mpma { sends: sends.collect(), memo: None });
    let data = message::encode(&message, &Rules::newest(Mainnet)).unwrap();
    let payees = to.iter().map(|to| AssetPayee {
        asset: "XCP".to_owned(),
        to: to.clone(),
        amount: "2".to_owned(),
        memo: None,
    });
    let intent = Intent::SendMany { payees: payees.collect(), memo: None };
    let contents = VAULT.bundle("main", intent, vec![VAULT.step("main", VAULT.carrying("main", &data))]);
    let mut contents = contents;
    contents.assumptions.push(
        airlock::bundle::Topic::Asset { name: "XCP".to_owned(), longname: None, divisible: true }.into(),
    );
    let listed = |number: usize| {
        destination(&to[number], "\"XCP\"", "memos = \"none\"").replacen(
            "payee",
            &format!("payee {number}"),
            1,
        )
    };
    let limits = |most: &str| format!("{}{}", limit("BTC", "1", "1"), limit("XCP", most, "100"));
    let both = |most: &str| policy(&format!("{}{}{}", listed(0), listed(1), limits(most)));
    allows(&judge(&both("4"), &contents));
    refuses(&judge(&both("3.99999999"), &contents), &PER_EVENT);
    refuses(&judge(&policy(&format!("{}{}", listed(0), limits("4"))), &contents), &DESTINATION);
    let text = format!(
        "version = 1\n[transactions]\nallow = [\"asset-send\"]\n{}{}{}",
        listed(0),
        listed(1),
        limits("4")
    );
    refuses(&judge(&Policy::parse(&text).unwrap(), &contents), &KIND);
}

/// Tokens are exact decimals, and what may leave at most counts.
#[test]
fn a_token_counts_with_what_may_leave_at_most() {
    let usd = |value: &str| json!({"currency": "USD", "issuer": OTHER, "value": value});
    let token = format!("USD.{OTHER}");
    let pays = |amount: &str, most: Option<&str>| {
        let mut json = json!({"TransactionType": "Payment", "Destination": XRP_PAYEE, "DestinationTag": 1,
            "Amount": usd(amount)});
        if let Some(most) = most {
            json["SendMax"] = usd(most);
        }
        xrp_transaction(json)
    };
    let with = |most: &str| {
        let to = destination(XRP_PAYEE, &format!("\"{token}\""), "tags = [1]");
        policy(&format!("{to}{}{}", limit(&token, most, "100000"), limit("XRP", "1", "1")))
    };
    allows(&judge(&with("1250.000000000001"), &pays("1250.000000000001", None)));
    refuses(&judge(&with("1250"), &pays("1250.000000000001", None)), &PER_EVENT);
    allows(&judge(&with("1275.6"), &pays("1250", Some("1275.6"))));
    refuses(&judge(&with("1275.5"), &pays("1250", Some("1275.6"))), &PER_EVENT);
}

#[test]
fn a_psbt_of_other_software_is_judged_too() {
    let mut contents = VAULT.payment("cold");
    let bare = psbt(&mut contents, 0).clone();
    let review = VAULT.review_psbt(&bare).unwrap();
    let starter = Policy::parse(&Policy::starter(&[])).unwrap();
    let lines = starter.judge(&review, &Spent::default(), Moment::from_unix(NOW)).lines().join("\n");
    assert!(
        lines.contains("foreign-psbt is not listed; allowed because bitcoin regtest is a test network"),
        "{lines}"
    );
    let narrow = Policy::parse(&(Policy::starter(&[]) + &limit("BTC", "0.00060999", "1"))).unwrap();
    refuses(&narrow.judge(&review, &Spent::default(), Moment::from_unix(NOW)), &PER_EVENT);
    let one = review.outgoings();
    assert_eq!(one, VAULT.review(&contents).unwrap().outgoings(), "a bare PSBT counts as the bundle does");
}

/// On the XRP Ledger what is signed for a test network counts on the main network when the key is the same.
#[test]
fn a_key_of_a_main_network_signs_for_no_test_network() {
    let bundle = Bundle::seal(VAULT.xrp()).unwrap();
    let mut accounts = VAULT.accounts.clone();
    let key = accounts.iter().find_map(Account::xrp).unwrap().public_key;
    let same = Account {
        name: "real".parse().unwrap(),
        rail: Rail::Xrp(XrpAccount::new(0, key)),
        ..accounts[0].clone()
    };
    let starter = Policy::parse(&Policy::starter(&[])).unwrap();
    let judged = |accounts: &[Account]| {
        let book = Book { accounts, assets: &[], destinations: &[], authenticated: true };
        let review = Review::of_bundle(&bundle, &book, Moment::from_unix(NOW)).unwrap();
        starter.judge(&review, &Spent::default(), Moment::from_unix(NOW))
    };
    allows(&judged(&accounts));
    accounts.push(same);
    refuses(&judged(&accounts), &SAME_KEY);
}

#[test]
fn a_permission_is_for_exactly_one_review() {
    let review = VAULT.review(&VAULT.xrp()).unwrap();
    let (mut other, mut later) = (VAULT.xrp(), VAULT.xrp());
    tx_json(&mut other, 0).insert("Sequence".to_owned(), 8.into());
    later.expires = later.expires.plus(1);
    for other in [other, later, VAULT.payment("cold")] {
        let other = permission(&VAULT.review(&other).unwrap()).unwrap();
        refused(review.clone().approve("80000", other), &OTHER_REVIEW);
    }
    let bundle = Bundle::seal(VAULT.xrp()).unwrap();
    let book = Book { accounts: &VAULT.accounts, assets: &[], destinations: &[], authenticated: false };
    let unlocked_before = Review::of_bundle(&bundle, &book, Moment::from_unix(NOW)).unwrap();
    refused(review.clone().approve("80000", permission(&unlocked_before).unwrap()), &OTHER_REVIEW);
    let own = permission(&review).unwrap();
    review.approve("80000", own).unwrap();
}

#[test]
fn uses_are_the_coins_sequences_and_tickets_that_were_there_before() {
    let pair = VAULT.taproot_send("old", "order 7", 0);
    let uses = VAULT.review(&pair).unwrap().uses();
    assert_eq!(uses.len(), 1, "the reveal spends what the commit makes: {uses:?}");
    assert!(matches!(uses[0], Use::Coin(_)));
    let mut ticket = VAULT.xrp();
    let json = tx_json(&mut ticket, 0);
    json.insert("Sequence".to_owned(), 0.into());
    json.insert("TicketSequence".to_owned(), 9.into());
    let both = [VAULT.review(&VAULT.xrp()).unwrap().uses(), VAULT.review(&ticket).unwrap().uses()].concat();
    let shown: Vec<String> = both.iter().map(Use::to_string).collect();
    let ripple = VAULT.ripple();
    assert_eq!(shown, [format!("sequence {ripple} 7"), format!("ticket {ripple} 9")]);
    for used in both.into_iter().chain(uses) {
        assert_eq!(used.to_string().parse::<Use>().unwrap(), used);
        let json = serde_json::to_value(used).unwrap();
        assert_eq!(serde_json::from_value::<Use>(json).unwrap(), used);
    }
    for bad in
        ["coin x:0", "coin", "sequence 5", "ticket rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh 05", "Coin a:1", ""]
    {
        assert!(bad.parse::<Use>().is_err(), "{bad}");
    }
}

#[test]
fn outgoings_are_lines_that_read_back() {
    let reviews = [VAULT.xrp(), VAULT.payment("main"), VAULT.send("store", "order 7")];
    let all: Vec<Outgoing> =
        reviews.iter().flat_map(|contents| VAULT.review(contents).unwrap().outgoings()).collect();
    let value = serde_json::to_value(&all).unwrap();
    assert_eq!(serde_json::from_value::<Vec<Outgoing>>(value.clone()).unwrap(), all);
    assert_eq!(
        value[1],
        json!({"chain": "xrpl 1", "money": "XRP", "to": XRP_PAYEE, "amount": "80000000000"})
    );
    assert_eq!(value[0], json!({"chain": "xrpl 1", "money": "XRP", "amount": "5000"}));
    assert_eq!(value[2], json!({"chain": "bitcoin mainnet", "money": "BTC", "amount": "1000"}));
    for bad in [
        json!({"chain": "xrpl 01", "money": "XRP", "amount": "1"}),
        json!({"chain": "xrpl 1", "money": "XRP", "amount": "-1"}),
        json!({"chain": "xrpl 1", "money": "XRP", "amount": 1}),
    ] {
        assert!(serde_json::from_value::<Outgoing>(bad.clone()).is_err(), "{bad}");
    }
}

/// Data outputs of bare multisig hold bitcoin that only comes back by hand: it counts.
#[test]
fn bitcoin_on_data_outputs_counts_as_spent() {
    let key = VAULT.account("main").public_key(0, 0).unwrap().to_bytes();
    let contents = VAULT.multisig_send("main", "order 7", &key);
    let outgoings = VAULT.review(&contents).unwrap().outgoings();
    let to_nobody = outgoings.iter().find(|out| out.to.is_none()).unwrap();
    // 100,000 sat in, 90,000 sat back.
    assert_eq!(to_nobody.amount.to_string(), "10000");
}

#[test]
fn every_example_of_the_document_is_a_policy() {
    let text = std::fs::read_to_string(workspace_root().join("docs/POLICY.md")).unwrap();
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3, "{}", examples.len());
    for example in &examples {
        let whole = if example.contains("version = 1") {
            (*example).to_owned()
        } else {
            format!("version = 1\n{example}")
        };
        Policy::parse(&whole).unwrap_or_else(|e| panic!("{e:?}\n{example}"));
    }
    for kind in Kind::ALL {
        assert!(text.contains(&format!("`{kind}`")), "{kind} is not in docs/POLICY.md");
    }
    for code in airlock::policy::CODES {
        assert!(code.id.starts_with("E-POL-"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However a sum is cut into payments, it is allowed exactly up to the limit.
    #[test]
    fn cutting_a_payment_helps_nobody(parts in prop::collection::vec(1_000_000u64..50_000_000_000, 1..12), off in -3i64..=3) {
        let fees = u64::try_from(parts.len()).unwrap() * 5_000;
        let sum: u64 = parts.iter().sum::<u64>() + fees;
        let most = sum.saturating_add_signed(off);
        let shown = airlock::amount::plain_units(most, 6);
        let policy = policy(&format!("{}{}", payee(), limit("XRP", &shown, &shown)));
        let verdict = judge(&policy, &payments(&parts));
        prop_assert_eq!(verdict.is_allowed(), sum <= most);
    }

    /// Whoever has spent more is never allowed more.
    #[test]
    fn more_spent_never_allows_more(before: u64, more: u64, most in 1u64..20_000_000) {
        let review = VAULT.review(&VAULT.xrp()).unwrap();
        let policy = policy(&format!("{}{}", payee(), limit("XRP", "100000", &most.to_string())));
        let now = Moment::from_unix(NOW);
        let one = review.outgoings().remove(0);
        let mut spent = Spent::default();
        spent.add(&Outgoing { amount: before.into(), ..one.clone() });
        let first = policy.judge(&review, &spent, now).is_allowed();
        spent.add(&Outgoing { amount: more.into(), ..one });
        let second = policy.judge(&review, &spent, now).is_allowed();
        prop_assert!(first || !second);
        let day = u128::from(before) + 80_000_005_000;
        prop_assert_eq!(first, day <= u128::from(most) * 1_000_000);
    }
}

/// A bundle of thousands of strangers is refused in a screen that can be read.
#[test]
fn many_refusals_are_counted() {
    let to: Vec<String> =
        (0..60u8).map(|number| airlock::xrp::AccountId::from_bytes([number + 1; 20]).to_string()).collect();
    let mut contents = payments(&[1_000_000; 60]);
    for (index, to) in to.iter().enumerate() {
        tx_json(&mut contents, index).insert("Destination".to_owned(), to.clone().into());
        contents.requests[index].intent =
            Intent::SendXrp { to: to.clone(), tag: Some(1), amount: "1".to_owned() };
    }
    let verdict = judge(&policy(&limit("XRP", "1000", "1000")), &contents);
    assert_eq!(codes(&verdict).len(), 60);
    let lines = verdict.lines();
    assert_eq!(lines[0], "Policy: REFUSED by 60 rules");
    assert_eq!(lines.iter().filter(|line| line.contains("is not listed")).count(), 50);
    assert_eq!(lines[51], "  NO  and 10 more; `--json` tells all of them");
    assert_eq!(verdict.to_json()["findings"].as_array().unwrap().len(), 63);
}

#[test]
fn a_refusal_is_one_that_a_treasurer_can_act_on() {
    let error = judge(&policy(&payee()), &VAULT.xrp()).permission().unwrap_err();
    assert_eq!(error.code(), &NO_LIMIT);
    assert_eq!(error.what(), "[[limit]] XRP: there is no limit; this moves 80,000.005 XRP, fees included");
    assert!(error.next().contains("policy accept"));
    let both = judge(&policy(""), &VAULT.payment("main")).permission().unwrap_err();
    assert!(both.what().ends_with("1 more rule says no"), "{both}");
}
