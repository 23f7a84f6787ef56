//! What Airlock plans, signs and broadcasts, judged by a real counterparty-server over a real Bitcoin node on regtest: where
//! `COUNTERPARTY_URL` and `BITCOIN_URL` (with `BITCOIN_COOKIE`, the path of a cookie file) name such a pair.
//!
//! For each message three things must be the same: what the review said before signing, the rows that the ledger recorded,
//! and how the balances changed.

#[path = "live_ledger/stack.rs"]
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use airlock_tests::ceremony::{OfflineMachine, done, text};
use airlock_tests::online::{OnlineMachine, PAYEE};
use serde_json::{Value, json};

use stack::{DIVISIBLE, INDIVISIBLE, SUBASSET, Stack};

/// The fee rate of everything: the node knows no estimate.
const RATE: [&str; 2] = ["--fee-rate", "2"];
/// What the server says of pairs that only others than itself make.
const NOT_COMPOSED: &str = "Cannot use `taproot` encoding for non-segwit address";
/// Other people's addresses.
const P2PKH: &str = "mzpbWabUQm1w8ijuJnAof5eiSTep27deVH";
const P2SH: &str = "2MyeHqZeFvVwKMU5VQGAUYc31SrbUBXcxCL";
const P2WPKH: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

/// Both machines before the servers.
struct Desk {
    stack: Stack,
    online: OnlineMachine,
    offline: OfflineMachine,
}

/// What came of a command.
struct Carried {
    bundle: String,
    /// What the plan said.
    plan: Value,
    /// The effects that the offline review found.
    effects: Vec<Value>,
    /// All transactions, in their order.
    txids: Vec<String>,
}

impl Desk {
    fn open() -> Option<Self> {
        let stack = Stack::open()?;
        let online = stack.machine();
        let offline = OfflineMachine::bare();
        offline.import(&[
            "--account",
            "cold=wpkh",
            "--account",
            "float=tr",
            "--account",
            "legacy=pkh",
            "--account",
            "nested=sh-wpkh",
        ]);
        Some(Self { stack, online, offline })
    }

    /// Plans, reviews, signs; nothing is broadcast.
    #[track_caller]
    fn signed(&self, command: &[&str]) -> Carried {
        let plan = self.online.json(command);
        let file = self.online.at(plan["file"].as_str().unwrap());
        self.offline.write("A.bundle.json", &fs::read(file).unwrap());
        let told = done(&self.offline.run(&["--json", "review", "A.bundle.json"]));
        let told: Value = serde_json::from_str(&told).unwrap();
        let review = &told["reviews"][0];
        done(&self.offline.sign("A.bundle.json", review["approve"].as_str().unwrap()));
        let signed = self.offline.files().into_iter().find(|file| file.ends_with(".signed.json")).unwrap();
        fs::rename(self.offline.at(&signed), self.online.at("A.signed.json")).unwrap();
        fs::remove_file(self.offline.at("A.bundle.json")).unwrap();
        Carried {
            bundle: plan["id"].as_str().unwrap().to_owned(),
            effects: review["review"]["effects"].as_array().unwrap().clone(),
            plan,
            txids: Vec::new(),
        }
    }

    /// Hands the signed file to the node, until the ledger sees its message waiting.
    #[track_caller]
    fn sent(&self, command: &[&str]) -> Carried {
        let mut carried = self.signed(command);
        self.broadcast(&mut carried);
        carried
    }

    #[track_caller]
    fn broadcast(&self, carried: &mut Carried) {
        self.online.json(&["broadcast", "A.signed.json", "--wait", "seen"]);
        let steps = self.steps(&carried.bundle);
        carried.txids = steps.iter().map(|step| step["id"].as_str().unwrap().to_owned()).collect();
        if carried.effects.iter().any(|effect| effect["effect"] != "pays-bitcoin") {
            self.stack.wait_for_mempool(carried.message());
        }
        assert!(self.states(&carried.bundle).iter().all(|state| state == "seen"));
    }

    /// All the way, with the ledger's verdict.
    #[track_caller]
    fn carried(&self, command: &[&str]) -> Carried {
        let carried = self.sent(command);
        self.stack.mine(1);
        let steps = self.steps(&carried.bundle);
        assert!(steps.iter().all(|step| step["state"] == "final"), "{command:?}: {steps:?}");
        carried
    }

    fn steps(&self, bundle: &str) -> Vec<Value> {
        let told = self.online.json(&["status", bundle]);
        told["bundles"][0]["steps"].as_array().unwrap_or_else(|| panic!("{told}")).clone()
    }

    fn states(&self, bundle: &str) -> Vec<String> {
        self.steps(bundle).iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect()
    }

    /// What everybody concerned holds of the assets.
    fn balances(&self) -> BTreeMap<(String, String), i128> {
        let ours = ["cold", "legacy", "nested", "float"].map(|name| self.online.address(name));
        let others = [PAYEE, P2PKH, P2SH, P2WPKH].map(str::to_owned);
        let subasset = self.stack.subasset();
        let mut found = BTreeMap::new();
        for address in ours.iter().chain(&others) {
            for asset in ["XCP", DIVISIBLE, INDIVISIBLE, &subasset] {
                let held = i128::from(self.stack.balance(address, asset));
                found.insert((address.clone(), asset.to_owned()), held);
            }
        }
        found
    }

    /// Takes a command of sends to its end and holds review, ledger rows and balances beside each other.
    #[track_caller]
    fn proven(&self, source: &str, command: &[&str]) -> Carried {
        let source = self.online.address(source);
        let mut expected = self.balances();
        let carried = self.carried(command);
        let opinions = carried.plan["second_opinion"].as_array().unwrap();
        let is_fine = |opinion: &Value| {
            opinion["outcome"] == "agrees"
                || opinion["why"].as_str().is_some_and(|why| why.contains(NOT_COMPOSED))
        };
        assert!(!opinions.is_empty() && opinions.iter().all(is_fine), "{command:?}: {opinions:?}");
        let mut recorded = Vec::new();
        let sends: Vec<&Value> =
            carried.effects.iter().filter(|effect| effect["effect"] == "sends-asset").collect();
        for txid in &carried.txids {
            if self.stack.ask(&format!("/transactions/{txid}")).0 == 404 {
                continue;
            }
            let rows = self.stack.get(&format!("/transactions/{txid}/sends"));
            for row in rows.as_array().unwrap() {
                assert_eq!((&row["status"], &row["source"]), (&json!("valid"), &json!(source)), "{row}");
                recorded.push(row.clone());
            }
        }
        if let [send] = sends.as_slice() {
            self.is_unpacked(&source, carried.message(), send);
        }
        assert_eq!(sends.len(), recorded.len(), "{command:?}: {recorded:?}");
        let subasset = self.stack.subasset();
        for send in sends {
            let units = send["quantity"].as_str().unwrap();
            let place = recorded.iter().position(|row| {
                row["destination"] == send["to"]
                    && row["asset"] == send["asset"]
                    && row["quantity"].as_u64().map(|quantity| quantity.to_string()).as_deref() == Some(units)
                    && memo_is(&row["memo"], &send["memo_hex"])
            });
            let place = place.unwrap_or_else(|| panic!("{command:?}: {send} is not among {recorded:?}"));
            recorded.remove(place);
            let asset = send["asset"].as_str().unwrap().to_owned();
            assert!(["XCP", DIVISIBLE, INDIVISIBLE, &subasset].contains(&asset.as_str()));
            let units: i128 = units.parse().unwrap();
            *expected.get_mut(&(source.clone(), asset.clone())).unwrap() -= units;
            *expected.get_mut(&(send["to"].as_str().unwrap().to_owned(), asset)).unwrap() += units;
        }
        assert_eq!(self.balances(), expected, "{command:?}");
        carried
    }

    /// The server's own decoder finds the send of the review in the transaction.
    #[track_caller]
    fn is_unpacked(&self, source: &str, txid: &str, send: &Value) {
        let info = self.stack.get(&format!("/transactions/{txid}/info"));
        let (message, data) = (&info["unpacked_data"], &info["unpacked_data"]["message_data"]);
        assert_eq!((&info["source"], &message["message_type"]), (&json!(source), &json!("enhanced_send")));
        assert_eq!((&data["asset"], &data["address"]), (&send["asset"], &send["to"]), "{info}");
        assert_eq!(data["quantity"].to_string(), send["quantity"].as_str().unwrap(), "{info}");
        assert!(memo_is(&data["memo"], &send["memo_hex"]), "{info}");
    }
}

impl Carried {
    /// The transaction that brings the message: of a pair the second.
    fn message(&self) -> &str {
        self.txids.last().unwrap()
    }
}

/// The server writes hex, or in an MPMA the text itself.
fn memo_is(written: &Value, hex: &Value) -> bool {
    let written = written.as_str().unwrap_or_default();
    let hex = hex.as_str().unwrap_or_default();
    let bytes: String = written.bytes().map(|byte| format!("{byte:02x}")).collect();
    written == hex || bytes == hex
}

fn with_rate<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &RATE].concat()
}

#[test]
fn the_doctor_the_snapshot_and_the_balances_say_what_the_ledger_says() {
    let Some(desk) = Desk::open() else { return };
    let doctor = desk.online.json(&["doctor"]);
    assert_eq!(doctor["fit"], true, "{doctor}");
    done(&desk.online.run(&["snapshot", "--out", "now.json"]));
    let told: Value = serde_json::from_slice(&fs::read(desk.online.at("now.json")).unwrap()).unwrap();
    let (ledger, tip) = (&told["counterparty"], desk.stack.get("/blocks/last"));
    assert_eq!((&ledger["height"], &ledger["ledger_hash"]), (&tip["block_index"], &tip["ledger_hash"]));
    assert_eq!(told["bitcoin"]["hash"], tip["block_hash"]);
    let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let noted = ledger["balances"].as_array().unwrap();
    // Where the chain is not new, earlier runs have paid to further addresses of the accounts.
    let mut addresses: BTreeSet<String> = noted.iter().map(|row| word(row, "address")).collect();
    addresses.extend(["cold", "legacy", "nested"].map(|name| desk.online.address(name)));
    let mut held: BTreeSet<(String, String, String)> = BTreeSet::new();
    for address in addresses {
        let rows = desk.stack.get(&format!("/addresses/{address}/balances?limit=1000&type=address"));
        for row in rows.as_array().unwrap() {
            held.insert((address.clone(), word(row, "asset"), row["quantity"].to_string()));
        }
    }
    held.retain(|(_, _, quantity)| quantity != "0");
    let noted = noted.iter().map(|row| (word(row, "address"), word(row, "asset"), word(row, "quantity")));
    assert_eq!(noted.collect::<BTreeSet<_>>(), held);
    for (name, id, divisible) in [(DIVISIBLE, "divisible", true), (INDIVISIBLE, "indivisible", false)] {
        let facts = ledger["assets"].as_array().unwrap().iter().find(|asset| asset["name"] == name).unwrap();
        let asset = desk.stack.get(&format!("/assets/{name}"));
        assert_eq!((&facts["id"], &facts["divisible"]), (&asset["asset_id"], &json!(divisible)), "{id}");
        assert_eq!(facts["owner"], desk.online.address("cold"));
    }
    let balances = desk.online.json(&["balances"]);
    let total = balances["totals"].as_array().unwrap().iter().find(|row| row["asset"] == "XCP").unwrap();
    let sum: u64 = held
        .iter()
        .filter(|(_, asset, _)| asset == "XCP")
        .map(|(_, _, units)| units.parse::<u64>().unwrap())
        .sum();
    assert_eq!(total["base_units"], sum.to_string(), "{balances}");
}

#[test]
fn every_carrier_of_a_send_is_what_the_ledger_records() {
    let Some(desk) = Desk::open() else { return };
    let longest = "0123456789012345678901234567890123";
    let cases: [(&str, &[&str]); 12] = [
        ("cold", &["--to", PAYEE, "--amount", "1.00000001", "--memo", "invoice 42"]),
        ("cold", &["--to", P2PKH, "--amount", "0.00000001", "--memo-hex", "00ff00"]),
        ("cold", &["--to", P2SH, "--amount", "2", "--asset", INDIVISIBLE]),
        ("cold", &["--to", P2WPKH, "--amount", "3.5", "--asset", SUBASSET, "--memo", longest]),
        (
            "cold",
            &[
                "--to",
                PAYEE,
                "--amount",
                "4",
                "--asset",
                DIVISIBLE,
                "--encoding",
                "taproot",
                "--memo",
                longest,
            ],
        ),
        ("cold", &["--to", PAYEE, "--amount", "5", "--encoding", "multisig", "--memo", longest]),
        ("legacy", &["--to", PAYEE, "--amount", "6", "--memo", "from pkh"]),
        ("legacy", &["--to", PAYEE, "--amount", "7", "--encoding", "multisig"]),
        ("legacy", &["--to", PAYEE, "--amount", "8", "--encoding", "taproot"]),
        ("nested", &["--to", PAYEE, "--amount", "0.09", "--encoding", "opreturn"]),
        ("nested", &["--to", PAYEE, "--amount", "0.10", "--encoding", "multisig"]),
        ("nested", &["--to", PAYEE, "--amount", "0.11", "--encoding", "taproot"]),
    ];
    for (from, what) in cases {
        let command = with_rate(&[&["send", "xcp", "--from", from], what].concat());
        let carried = desk.proven(from, &command);
        eprintln!("{}: {} transactions, final", what.join(" "), carried.txids.len());
    }
}

#[test]
fn every_row_of_a_batch_is_what_the_ledger_records() {
    let Some(desk) = Desk::open() else { return };
    let list = format!(
        "asset,destination,amount,memo,memo_hex\nXCP,{PAYEE},1,first,\nXCP,{P2PKH},0.00000001,,00ff\n\
         {INDIVISIBLE},{PAYEE},3,,\n{INDIVISIBLE},{P2WPKH},4,ümlaut,\n{SUBASSET},{P2SH},0.5,,\n{DIVISIBLE},{PAYEE},6.00000006,,deadbeef\n"
    );
    for (number, encoding) in ["auto", "multisig", "taproot"].into_iter().enumerate() {
        let name = format!("list{number}.csv");
        fs::write(desk.online.at(&name), &list).unwrap();
        let again: &[&str] = if number == 0 { &[] } else { &["--again"] };
        let command =
            with_rate(&[&["payouts", &name, "--from", "cold", "--encoding", encoding], again].concat());
        let carried = desk.proven("cold", &command);
        eprintln!("{encoding}: {} transactions, final", carried.txids.len());
    }
}

fn request(desk: &Desk, from: &str, intent: Value) -> Value {
    let name = "requests.json";
    fs::write(desk.online.at(name), json!([{"from": from, "intent": intent}]).to_string()).unwrap();
    json!(name)
}

#[test]
fn a_sweep_a_memo_requirement_and_an_ownership_become_what_the_review_says() {
    let Some(desk) = Desk::open() else { return };
    let (cold, legacy) = (desk.online.address("cold"), desk.online.address("legacy"));
    let plan = |from: &str, intent: Value| {
        let file = request(&desk, from, intent);
        desk.carried(&with_rate(&["plan", file.as_str().unwrap()]))
    };
    let options = |address: &str| desk.stack.get(&format!("/addresses/{address}/options"))["options"].clone();
    for require in [true, false] {
        let carried = plan("legacy", json!({"require-memo": {"require": require}}));
        assert_eq!(carried.effects[0]["require"], require);
        assert_eq!(options(&legacy), json!(u8::from(require)));
        if require {
            // The planner knows it, and so does the ledger.
            let (_, said) = desk
                .online
                .refused(&with_rate(&["send", "xcp", "--from", "cold", "--to", &legacy, "--amount", "1"]));
            assert!(said.contains("memo"), "{said}");
            desk.carried(&with_rate(&[
                "send", "xcp", "--from", "cold", "--to", &legacy, "--amount", "1", "--memo", "x",
            ]));
        }
    }

    let owner = || desk.stack.get(&format!("/assets/{INDIVISIBLE}"))["owner"].clone();
    assert_eq!(owner(), cold);
    let carried = plan("cold", json!({"transfer-ownership": {"asset": INDIVISIBLE, "to": legacy}}));
    assert_eq!((&carried.effects[0]["effect"], owner()), (&json!("transfers-ownership"), json!(legacy)));
    assert_eq!(desk.stack.get(&format!("/assets/{INDIVISIBLE}"))["description"], "for tests");

    // The sweep takes it back with everything else.
    let before = desk.balances();
    let sweep =
        json!({"sweep": {"to": cold, "balances": true, "ownerships": true, "memo": {"text": "all of it"}}});
    let carried = plan("legacy", sweep);
    assert_eq!(carried.effects[0]["effect"], "sweeps");
    let rows = desk.stack.get(&format!("/addresses/{legacy}/sweeps"));
    let row = rows.as_array().unwrap().iter().find(|row| row["tx_hash"] == carried.message()).unwrap();
    assert_eq!(
        (&row["status"], &row["destination"], &row["flags"]),
        (&json!("valid"), &json!(cold), &json!(3))
    );
    assert!(memo_is(&row["memo"], &carried.effects[0]["memo_hex"]), "{row}");
    let after = desk.balances();
    for ((address, asset), held) in &before {
        let place = |of: &str| (of.to_owned(), asset.clone());
        if *address == legacy {
            assert_eq!(after[&place(&legacy)], 0, "{asset}");
            let gone = before[&place(&cold)] + held - after[&place(&cold)];
            let burned = if asset == "XCP" { 0..10_000_000 } else { 0..1 };
            assert!(burned.contains(&gone), "{gone} base units of {asset} are gone");
        }
    }
    assert_eq!(owner(), cold);
    desk.carried(&with_rate(&["send", "xcp", "--from", "cold", "--to", &legacy, "--amount", "250"]));
}

#[test]
fn a_coin_with_an_attached_asset_is_shown_and_not_spent() {
    let Some(desk) = Desk::open() else { return };
    let cold = desk.online.address("cold");
    let attached = |command: &[&str]| desk.online.json(command);
    let txid = desk.stack.compose(&desk.online, "cold", &format!("attach?asset={INDIVISIBLE}&quantity=7"));
    desk.stack.wait_for_mempool(&txid.to_string());
    for moment in ["waiting", "confirmed"] {
        let told = attached(&["balances"]);
        eprintln!("{moment}: {}", told["holdings"]);
        if moment == "waiting" {
            desk.stack.mine(1);
        }
    }
    let rows = desk.stack.get(&format!("/addresses/{cold}/balances/{INDIVISIBLE}?type=utxo"));
    let coins: Vec<&str> = rows.as_array().unwrap().iter().filter_map(|row| row["utxo"].as_str()).collect();
    assert!(coins.iter().any(|coin| coin.starts_with(&txid.to_string())), "{rows}");
    let balances = attached(&["balances"]);
    let held = balances["holdings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["asset"] == INDIVISIBLE && row["part"] == "attached" && row["tier"] == "cold");
    let sum: u64 = rows.as_array().unwrap().iter().map(|row| row["quantity"].as_u64().unwrap()).sum();
    assert_eq!(held.unwrap_or_else(|| panic!("{balances}"))["base_units"], sum.to_string());
    // Everything that cold may spend is spent, but not this.
    let free = balances["holdings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["asset"] == "BTC" && row["part"] == "free" && row["tier"] == "cold");
    let free: u64 = free.unwrap()["base_units"].as_str().unwrap().parse().unwrap();
    let amount = |sats: u64| format!("{}.{:08}", sats / 100_000_000, sats % 100_000_000);
    let (_, said) = desk.online.refused(&with_rate(&[
        "send",
        "btc",
        "--from",
        "cold",
        "--to",
        PAYEE,
        "--amount",
        &amount(free),
    ]));
    eprintln!("{said}");
    desk.carried(&with_rate(&[
        "send",
        "btc",
        "--from",
        "cold",
        "--to",
        PAYEE,
        "--amount",
        &amount(free - 200_000),
    ]));
    for coin in coins {
        let (id, vout) = coin.split_once(':').unwrap();
        let still = desk.stack.call("gettxout", json!([id, vout.parse::<u32>().unwrap()]));
        assert!(!still.is_null(), "{coin} was spent");
        let holds = desk.stack.get(&format!("/utxos/{coin}/balances"));
        assert_eq!(holds[0]["quantity"], 7, "{coin}: {holds}");
    }
}

#[test]
fn a_send_that_the_ledger_refuses_ends_as_failed_with_its_words() {
    let Some(desk) = Desk::open() else { return };
    let (legacy, nested) = (desk.online.address("legacy"), desk.online.address("nested"));
    // More than is left: something else takes it between the plan and the block.
    let all = desk.stack.balance(&legacy, "XCP");
    let amount = format!("{}.{:08}", all / 100_000_000, all % 100_000_000);
    let mut carried =
        desk.signed(&with_rate(&["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", &amount]));
    let cold = desk.online.address("cold");
    desk.stack.compose(&desk.online, "legacy", &format!("send?destination={cold}&asset=XCP&quantity=1"));
    desk.stack.mine(1);
    desk.broadcast(&mut carried);
    fails(&desk, &carried, "insufficient funds");
    assert_eq!(desk.stack.balance(&legacy, "XCP"), all - 1);

    // The payee begins to require memos.
    let mut carried =
        desk.signed(&with_rate(&["send", "xcp", "--from", "cold", "--to", &nested, "--amount", "1"]));
    desk.stack.compose(
        &desk.online,
        "nested",
        "broadcast?timestamp=0&value=0&fee_fraction=0&text=OPTIONS%201",
    );
    desk.stack.mine(1);
    desk.broadcast(&mut carried);
    fails(&desk, &carried, "memo");
    desk.stack.compose(
        &desk.online,
        "nested",
        "broadcast?timestamp=0&value=0&fee_fraction=0&text=OPTIONS%200",
    );
    desk.stack.mine(1);

    // One row of a batch is too much: none is paid.
    let held = desk.stack.balance(&cold, INDIVISIBLE);
    fs::write(
        desk.online.at("list.csv"),
        format!("asset,destination,amount\nXCP,{PAYEE},1\n{INDIVISIBLE},{P2PKH},{held}\n"),
    )
    .unwrap();
    let paid = desk.stack.balance(PAYEE, "XCP");
    let mut carried = desk.signed(&with_rate(&["payouts", "list.csv", "--from", "cold"]));
    desk.stack.compose(
        &desk.online,
        "cold",
        &format!("send?destination={nested}&asset={INDIVISIBLE}&quantity=1"),
    );
    desk.stack.mine(1);
    desk.broadcast(&mut carried);
    fails(&desk, &carried, "the ledger calls the whole 'mpma' not valid and has none of its 2 rows");
    assert_eq!(desk.stack.balance(PAYEE, "XCP"), paid);
}

/// The ledger judges what waits, and says why.
#[track_caller]
fn fails(desk: &Desk, carried: &Carried, words: &str) {
    desk.stack.mine(1);
    let rows = desk.stack.get(&format!("/transactions/{}/sends", carried.message()));
    eprintln!("the ledger's rows: {rows}");
    let message = || desk.states(&carried.bundle).pop().unwrap();
    assert_eq!(message(), "confirmed", "said once, in one block");
    desk.stack.mine(5);
    assert_eq!(message(), "failed");
    let told = text(&desk.online.run(&["status", &carried.bundle]).stdout);
    eprintln!("{told}");
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_reorganization_of_both_servers_takes_a_verdict_back_and_gives_it_again() {
    let Some(desk) = Desk::open() else { return };
    let config = desk.online.home().join("airlock.toml");
    let deep = fs::read_to_string(&config).unwrap().replace("payment = 1", "payment = 3");
    fs::write(&config, deep).unwrap();
    let carried = desk.sent(&with_rate(&["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "0.5"]));
    desk.stack.mine(1);
    assert_eq!(desk.states(&carried.bundle), ["confirmed"]);
    let tip = desk.stack.call("getbestblockhash", json!([]));
    desk.stack.call("invalidateblock", json!([tip]));
    // Blocks without it until this chain is the longer one and the ledger has followed.
    let bank = desk.stack.bank_address();
    for _ in 0..12 {
        desk.stack.call("generateblock", json!([bank, []]));
        if desk.stack.follows(Duration::from_secs(6)) {
            break;
        }
    }
    desk.stack.follow();
    assert_eq!(desk.states(&carried.bundle), ["seen"]);
    for state in ["confirmed", "confirmed", "final"] {
        desk.stack.mine(1);
        assert_eq!(desk.states(&carried.bundle), [state]);
    }
}

#[test]
fn customers_deposits_are_credited_once_from_what_the_ledger_says() {
    let Some(desk) = Desk::open() else { return };
    let exchange = desk.online.at("exchange");
    desk.online.world.configure(&exchange);
    desk.stack.configure(&desk.online, "exchange");
    let config = exchange.join("airlock.toml");
    let told = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        format!("{told}\n[deposits]\nreorg_window = 3\nassets = [\"XCP\", \"{INDIVISIBLE}\"]\n"),
    )
    .unwrap();
    // Who pays is somebody else here: cold is not among the accounts.
    let mut accounts = desk.online.treasury.accounts.clone();
    accounts.retain(|account| account.name.as_str() != "cold");
    for account in accounts.iter_mut().filter(|account| account.name.as_str() == "nested") {
        account.role = airlock::account::Role::Deposit;
    }
    let watch = airlock::watch::Watch { accounts };
    fs::write(desk.online.at("exchange.json"), watch.encode()).unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["--home", "exchange", "--json"], arguments].concat();
        airlock_tests::programs::run(&airlock_tests::programs::programs().online, desk.online.folder(), &all)
    };
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&done(&run(arguments))).unwrap() };
    done(&run(&["accounts", "import", "exchange.json"]));
    // Behind what other tests paid to these addresses.
    desk.stack.mine(4);
    let index = desk.stack.call("getblockcount", json!([]));
    let from = index.to_string();
    let address =
        json(&["deposits", "address", "--account", "nested", "--customer", "4711", "--at-least", "3"]);
    let invoice = json(&[
        "deposits",
        "invoice",
        "--account",
        "legacy",
        "--customer",
        "4712",
        "--asset",
        "XCP",
        "--amount",
        "2",
    ]);
    let (to, memo) = (address["address"].as_str().unwrap(), invoice["memo_hex"].as_str().unwrap());
    let legacy = desk.online.address("legacy");
    let look = || {
        desk.online.world.close();
        let said = run(&["deposits", "watch", "--once", "--from", &from, "--from-ledger", "9000000"]);
        done(&said)
    };
    let states = || -> Vec<(String, String, String, String)> {
        let list = json(&["deposits", "list"]);
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = list["credits"].as_array().unwrap().iter();
        let mut rows: Vec<_> = rows
            .filter(|row| row["asset"] != "BTC" && row["asset"] != "XRP")
            .map(|row| {
                (word(row, "customer"), word(row, "asset"), word(row, "base_units"), word(row, "state"))
            })
            .collect();
        rows.sort();
        rows
    };
    look();
    // From cold, as another exchange would: a batch pays the address and the invoice, one send forgets the memo.
    let cold = desk.online.address("cold");
    let batch = format!(
        "mpma?assets=XCP,{INDIVISIBLE},XCP&destinations={to},{to},{legacy}&quantities=150000000,3,200000000&memos=&memos=&memos={memo}&memos_are_hex=true"
    );
    let paid = desk.stack.compose(&desk.online, "cold", &batch);
    desk.stack.mine(1);
    let forgotten =
        desk.stack.compose(&desk.online, "cold", &format!("send?destination={legacy}&asset=XCP&quantity=5"));
    desk.stack.mine(1);
    eprintln!("paid by {paid}, {forgotten} from {cold}");
    look();
    eprintln!("{:?}", states());
    desk.stack.mine(2);
    for _ in 0..2 {
        look();
        let row = |customer: &str, asset: &str, units: &str, state: &str| {
            [customer, asset, units, state].map(str::to_owned).into()
        };
        assert_eq!(
            states(),
            [
                row("", "XCP", "5", "suspense"),
                row("4711", INDIVISIBLE, "3", "credited"),
                row("4711", "XCP", "150000000", "credited"),
                row("4712", "XCP", "200000000", "credited"),
            ]
        );
    }
}
