//! The online program against servers that live: what it reads from honest ones, and that it builds on no lie.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock::snapshot::Snapshot;
use airlock_tests::ceremony::{done, text};
use airlock_tests::chain::Which;
use airlock_tests::online::{OnlineMachine, PAYEE, TOKEN, XRP_PAYEE};
use airlock_tests::programs::programs;
use airlock_tests::server::{Received, Reply, Server};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Amount, Transaction};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const SNAPSHOT: [&str; 3] = ["snapshot", "--out", "now.json"];
const SEND_BTC: [&str; 8] = ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"];
const SEND_XCP: [&str; 8] = ["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "12.5"];
const SEND_XRP: [&str; 10] =
    ["send", "xrp", "--from", "xrp-cold", "--to", XRP_PAYEE, "--amount", "80", "--tag", "7"];

fn snapshot(machine: &OnlineMachine) -> Snapshot {
    done(&machine.run(&SNAPSHOT));
    Snapshot::decode(&fs::read(machine.at("now.json")).unwrap()).unwrap()
}

/// The methods of a request: of one call, or of each call of a batch.
fn methods(received: &Received) -> Vec<String> {
    let body: Value = serde_json::from_slice(&received.body).unwrap_or_default();
    let calls = body.as_array().cloned().unwrap_or_else(|| vec![body]);
    calls.iter().filter_map(|call| call["method"].as_str()).map(str::to_owned).collect()
}

fn asks(received: &Received, method: &str) -> bool {
    methods(received).iter().any(|asked| asked == method)
}

/// Changes the result of each call of a method.
fn result_of(received: &Received, reply: Reply, method: &str, edit: impl Fn(&mut Value)) -> Reply {
    if !asks(received, method) {
        return reply;
    }
    reply.edited(|body| match body {
        Value::Array(answers) => answers.iter_mut().for_each(|answer| edit(&mut answer["result"])),
        answer => edit(&mut answer["result"]),
    })
}

#[test]
fn doctor_finds_honest_servers_fit_and_shows_no_secret() {
    let machine = OnlineMachine::funded();
    let output = machine.run(&["--trace", "--json", "doctor"]);
    let said = done(&output) + &text(&output.stderr);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["fit"], true, "{said}");
    assert!(said.contains("getblockchaininfo") && said.contains("server_info"), "{said}");
    for secret in ["of this world", "__cookie__:", "Authorization", "Basic "] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn doctor_says_what_is_wrong_with_each_server() {
    let machine = OnlineMachine::funded();
    let unfit = |words: &str| {
        let (code, said) = machine.refused(&["doctor"]);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(words), "'{words}' is not in: {said}");
    };
    machine.world.with(|truth| truth.node.chain = "main".to_owned());
    unfit("mainnet");
    machine.world.with(|truth| truth.node.chain = "regtest".to_owned());

    machine.world.with(|truth| truth.ledger.behind = 5);
    unfit("caught up");
    machine.world.with(|truth| truth.ledger.behind = 0);

    machine.world.with(|truth| truth.xrpl.network_id = 0);
    unfit("network");
    machine.world.with(|truth| truth.xrpl.network_id = 1);

    machine.world.bend(Which::Core, |_, _| Reply::unauthorized());
    unfit("E-HTTP-006");
    machine.world.straighten(Which::Core);

    machine.world.bend(Which::Rippled, |_, _| Reply::redirect("http://127.0.0.1:1/"));
    unfit("E-HTTP-005");
    machine.world.straighten(Which::Rippled);
    done(&machine.run(&["doctor"]));
}

#[test]
fn doctor_hears_ctrl_c_while_it_waits_for_a_server_that_is_one_block_behind() {
    let machine = OnlineMachine::funded();
    machine.world.with(|truth| truth.ledger.behind = 1);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    machine.world.bend(Which::Ledger, move |_, reply| {
        count.fetch_add(1, Ordering::SeqCst);
        reply
    });
    let child = Command::new(&programs().online)
        .args(["--home", "home", "doctor"])
        .current_dir(machine.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while asked.load(Ordering::SeqCst) == 0 && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(20));
    }
    // Into the first of four pauses, two seconds each.
    sleep(Duration::from_millis(300));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let begun = Instant::now();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.code() == Some(3) && said.contains("E-STOP-001"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}: {said}", begun.elapsed());
}

#[test]
fn a_snapshot_holds_what_the_servers_know() {
    let machine = OnlineMachine::funded();
    let facts = snapshot(&machine);
    let bitcoin = facts.bitcoin.unwrap();
    let sats: Vec<u64> = bitcoin
        .coins
        .iter()
        .map(|coin| {
            let raw: Transaction = deserialize_hex(&coin.prev_tx).unwrap();
            raw.output[coin.outpoint.vout as usize].value.to_sat()
        })
        .collect();
    assert_eq!(sats.iter().sum::<u64>(), 85_000_000);
    assert_eq!(bitcoin.height, machine.world.with(|truth| truth.blocks.height()));
    let ledger = facts.counterparty.unwrap();
    let held: Vec<(String, String)> =
        ledger.balances.into_iter().map(|balance| (balance.asset, balance.quantity)).collect();
    for (asset, quantity) in [("XCP", "25000000000"), (TOKEN, "100000000000"), ("XCP", "7500000000")] {
        assert!(held.contains(&(asset.to_owned(), quantity.to_owned())), "{held:?}");
    }
    let xrpl = facts.xrpl.unwrap();
    assert_eq!((xrpl.network_id, xrpl.base_fee.as_str()), (1, "10"));
    let ours = xrpl.accounts.iter().find(|account| account.address == machine.xrp_address()).unwrap();
    assert_eq!((ours.balance.as_str(), ours.sequence), ("90000000000", 9_000_100));
}

#[test]
fn a_live_plan_and_the_plan_of_its_kept_snapshot_are_the_same_bytes() {
    for command in [&SEND_BTC[..], &SEND_XCP, &SEND_XRP] {
        let machine = OnlineMachine::funded();
        let (bundle, path) = machine.plan(command);
        let live = fs::read(&path).unwrap();
        let kept = machine.home().join("bundles").join(format!("{}.snapshot.json", bundle.id()));
        let kept = kept.to_str().unwrap().to_owned();
        fs::remove_file(&path).unwrap();
        let asked = (machine.world.core.count(), machine.world.ledger.count(), machine.world.rippled.count());
        done(&machine.run(&[command, &["--snapshot", &kept]].concat()));
        let again = machine.files(".bundle.json");
        assert_eq!(again.len(), 1);
        assert!(fs::read(&again[0]).unwrap() == live, "{command:?}");
        let now = (machine.world.core.count(), machine.world.ledger.count(), machine.world.rippled.count());
        assert_eq!(now, asked, "a plan from a snapshot asks nobody");
    }
}

#[test]
fn balances_are_shown_in_units_by_tier() {
    let machine = OnlineMachine::funded();
    let told = machine.json(&["balances"]);
    let total = |asset: &str| -> u128 {
        let is_total = |held: &&Value| held["asset"] == asset && held["part"] == "total";
        let total = told["totals"].as_array().unwrap().iter().find(is_total).unwrap();
        total["base_units"].as_str().unwrap().parse().unwrap()
    };
    assert_eq!(
        (total("BTC"), total("XCP"), total(TOKEN), total("XRP")),
        (85_000_000, 32_500_000_000, 100_000_000_000, 90_000_000_000)
    );
    let shown = done(&machine.run(&["balances"]));
    assert!(shown.contains("325") && shown.contains("0.85"), "{shown}");
}

#[test]
fn a_plan_asks_only_the_chains_that_it_needs() {
    let machine = OnlineMachine::funded();
    machine.plan(&SEND_XRP);
    assert_eq!((machine.world.core.count(), machine.world.ledger.count()), (0, 0));
    machine.plan(&SEND_XCP);
    let asked = machine.world.rippled.count();
    machine.plan(&SEND_BTC);
    assert_eq!(machine.world.rippled.count(), asked);
}

#[test]
fn what_honest_servers_may_do_disturbs_nothing() {
    let machine = OnlineMachine::funded();
    // The answers of a batch come in any order, in chunks, late; lists in pages of one row; a server is busy at first.
    machine.world.with(|truth| truth.ledger.page = 1);
    machine.world.bend(Which::Core, |received, honest| {
        let turned = match received.body.first() {
            Some(b'[') => honest.edited(|body| body.as_array_mut().unwrap().reverse()),
            _ => honest,
        };
        turned.chunked(700).after(Duration::from_millis(20))
    });
    machine.world.bend(Which::Ledger, |received, honest| match received.number {
        0 | 3 => Reply::empty(503),
        _ => honest.slowly(1_000, Duration::from_millis(5)),
    });
    machine.world.bend(Which::Rippled, |received, honest| match received.number {
        0 => Reply::hang_up(),
        _ => honest.closing(),
    });
    let bent = snapshot(&machine);
    fs::remove_file(machine.at("now.json")).unwrap();
    for which in [Which::Core, Which::Ledger, Which::Rippled] {
        machine.world.straighten(which);
    }
    let mut honest = snapshot(&machine);
    honest.taken_at = bent.taken_at;
    assert!(honest == bent);
}

#[test]
fn a_block_that_comes_in_between_does_not_mix_two_moments() {
    let machine = OnlineMachine::funded();
    let script = machine.script("cold", 0, 2);
    // The first scan is answered, then a block comes that pays us.
    let world = &machine.world;
    let late = std::sync::Mutex::new(Some(script));
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    world.bend(Which::Core, move |received, honest| {
        if asks(received, "scantxoutset")
            && let Some(script) = late.lock().unwrap().take()
        {
            sender.lock().unwrap().send(script).unwrap();
            // The answer leaves when the block is there.
            return honest.after(Duration::from_millis(300));
        }
        honest
    });
    let facts = std::thread::scope(|scope| {
        scope.spawn(move || {
            let script = receiver.recv().unwrap();
            world.with(|truth| truth.blocks.fund(&[(script, 123_456)]));
        });
        snapshot(&machine)
    });
    let (height, hash) =
        world.with(|truth| (truth.blocks.height(), truth.blocks.tip().block_hash().to_string()));
    let bitcoin = facts.bitcoin.unwrap();
    assert_eq!((bitcoin.height, bitcoin.hash.to_string()), (height, hash));
    let paid = bitcoin.coins.iter().any(|coin| {
        let raw: Transaction = deserialize_hex(&coin.prev_tx).unwrap();
        raw.output[coin.outpoint.vout as usize].value == Amount::from_sat(123_456)
    });
    assert!(paid);
    assert_eq!(facts.counterparty.unwrap().height, height);
}

type Lie = Box<dyn Fn(&Received, Reply) -> Reply + Send + Sync>;

/// A change of the result of one method.
fn lie(method: &'static str, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Lie {
    Box::new(move |received, reply| result_of(received, reply, method, &edit))
}

/// A change of the answer to paths that hold this.
fn ledger_lie(part: &'static str, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Lie {
    Box::new(move |received, reply| {
        if received.target.contains(part) { reply.edited(|body| edit(&mut body["result"])) } else { reply }
    })
}

#[test]
fn no_plan_is_built_on_a_lie_about_bitcoin() {
    let other_script = ScriptOf::nobody();
    let richer = |raw: &mut Value| {
        let Some(hex) = raw.as_str() else { return };
        let mut tx: Transaction = deserialize_hex(hex).unwrap();
        tx.output[0].value = Amount::from_sat(2_099_999_999_999_999);
        *raw = json!(serialize_hex(&tx));
    };
    let lies: Vec<(&str, Lie, &str)> = vec![
        ("other network", lie("getblockchaininfo", |info| info["chain"] = json!("main")), "E-LIVE-001"),
        ("unknown network", lie("getblockchaininfo", |info| info["chain"] = json!("moon")), "E-SRC-001"),
        (
            "still catching up",
            lie("getblockchaininfo", |info| info["initialblockdownload"] = json!(true)),
            "E-LIVE-001",
        ),
        (
            "a header of another block",
            lie("getblockheader", |hex| *hex = json!("00".repeat(80))),
            "E-SRC-002",
        ),
        (
            "coins of another script",
            lie("scantxoutset", move |scan| scan["unspents"][0]["scriptPubKey"] = json!(other_script)),
            "E-SRC-002",
        ),
        (
            "a coin twice",
            lie("scantxoutset", |scan| {
                let first = scan["unspents"][0].clone();
                scan["unspents"].as_array_mut().unwrap().push(first);
            }),
            "E-SRC-002",
        ),
        (
            "a coin above the tip",
            lie("scantxoutset", |scan| scan["unspents"][0]["height"] = json!(999_999)),
            "E-SRC-002",
        ),
        (
            "another output of the same",
            lie("scantxoutset", |scan| {
                let last = scan["unspents"].as_array().unwrap().last().unwrap()["vout"].clone();
                let first = &mut scan["unspents"][0];
                first["vout"] = json!(6 - last.as_u64().unwrap().min(6) + 1);
            }),
            "E-SRC-002",
        ),
        ("a richer transaction", lie("getrawtransaction", richer), "E-SRC-002"),
        ("no transaction", lie("getrawtransaction", |raw| *raw = json!("00")), "E-SRC-001"),
        ("a number as text", lie("getblockchaininfo", |info| info["blocks"] = json!("1001")), "E-SRC-001"),
        ("an absurd fee", lie("estimatesmartfee", |fee| fee["feerate"] = json!(7.5)), "E-SRC-001"),
        (
            "a cut answer",
            Box::new(
                |received, reply| {
                    if asks(received, "getrawtransaction") { reply.truncated(100) } else { reply }
                },
            ),
            "E-HTTP-002",
        ),
        (
            "too few answers",
            Box::new(|received, reply| {
                if received.body.first() == Some(&b'[') && asks(received, "getrawtransaction") {
                    reply.edited(|body| drop(body.as_array_mut().unwrap().pop()))
                } else {
                    reply
                }
            }),
            "E-SRC-002",
        ),
        (
            "another id",
            Box::new(|_, reply| {
                reply.edited(|body| {
                    if body.is_object() {
                        body["id"] = json!(77)
                    }
                })
            }),
            "E-SRC-002",
        ),
        ("nesting", Box::new(|_, _| Reply::bytes("[".repeat(200_000))), "E-SRC-001"),
        ("a page of a web server", Box::new(|_, _| Reply::bytes("<html>welcome</html>")), "E-SRC-001"),
    ];
    refuses_all(Which::Core, &SEND_BTC, lies);
}

#[test]
fn no_plan_is_built_on_a_lie_about_the_ledger() {
    let edit_first = |edit: fn(&mut Value)| {
        ledger_lie("addresses/balances", move |rows| {
            if let Some(row) = rows.get_mut(0) {
                edit(row)
            }
        })
    };
    let lies: Vec<(&str, Lie, &str)> = vec![
        (
            "other network",
            ledger_lie("/v2", |root| {
                if root.get("network").is_some() {
                    root["network"] = json!("mainnet")
                }
            }),
            "E-",
        ),
        (
            "more than 2^63 in all",
            edit_first(|row| {
                row["addresses"][0]["quantity"] = json!(9_223_372_036_854_775_808_u64);
            }),
            "E-",
        ),
        ("a negative balance", edit_first(|row| row["addresses"][0]["quantity"] = json!(-1)), "E-"),
        ("a fraction", edit_first(|row| row["addresses"][0]["quantity"] = json!(1.5)), "E-"),
        ("a balance as text", edit_first(|row| row["addresses"][0]["quantity"] = json!("25000000000")), "E-"),
        ("another's balance", edit_first(|row| row["addresses"][0]["address"] = json!(PAYEE)), "E-"),
        ("a wrong sum", edit_first(|row| row["total"] = json!(1)), "E-"),
        ("another asset", ledger_lie("/v2/assets/XCP", |asset| asset["asset"] = json!(TOKEN)), "E-"),
        ("another block", ledger_lie("/v2/blocks/", |block| block["block_index"] = json!(5)), "E-"),
        (
            "another branch",
            ledger_lie("/v2/blocks/", |block| block["block_hash"] = json!("00".repeat(32))),
            "E-",
        ),
        (
            "another address's options",
            ledger_lie("/options", |options| options["address"] = json!("x")),
            "E-",
        ),
        (
            "pages without end",
            Box::new(|received, reply| {
                if !received.target.contains("addresses/balances") {
                    return reply;
                }
                reply.edited(|body| {
                    body["result"] = json!([]);
                    body["next_cursor"] = json!(1)
                })
            }),
            "E-",
        ),
        (
            "behind",
            Box::new(|_, reply| {
                reply.header("X-Ignored", "1").edited(|body| {
                    if body["result"].get("counterparty_height").is_some() {
                        body["result"]["counterparty_height"] = json!(1_000)
                    }
                })
            }),
            "E-",
        ),
        ("no heights", Box::new(|_, _| Reply::json(&json!({"result": []}))), "E-"),
        ("cut", Box::new(|_, reply| reply.truncated(10)), "E-HTTP-002"),
        ("a proxy's error", Box::new(|_, _| Reply::bytes("<html>").status(404)), "E-"),
    ];
    refuses_all(Which::Ledger, &SEND_XCP, lies);
}

#[test]
fn no_plan_is_built_on_a_lie_about_the_xrp_ledger() {
    let lies: Vec<(&str, Lie, &str)> = vec![
        ("other network", lie("server_info", |r| r["info"]["network_id"] = json!(0)), "E-LIVE-001"),
        (
            "no network",
            lie("server_info", |r| {
                r["info"].as_object_mut().unwrap().remove("network_id");
            }),
            "E-SRCXRP-009",
        ),
        (
            "an old ledger",
            lie("server_info", |r| r["info"]["validated_ledger"]["age"] = json!(100_000)),
            "E-LIVE-001",
        ),
        ("blocked", lie("server_info", |r| r["info"]["amendment_blocked"] = json!(true)), "E-LIVE-001"),
        (
            "another account",
            lie("account_info", |r| {
                r["account_data"]["Account"] = json!("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh")
            }),
            "E-SRCXRP-002",
        ),
        ("not validated", lie("account_info", |r| r["validated"] = json!(false)), "E-SRCXRP-002"),
        (
            "too much XRP",
            lie("account_info", |r| r["account_data"]["Balance"] = json!("9223372036854775808")),
            "E-SRCXRP-001",
        ),
        (
            "a balance as a number",
            lie("account_info", |r| r["account_data"]["Balance"] = json!(5)),
            "E-SRCXRP-001",
        ),
        ("an absurd fee", lie("fee", |r| r["drops"]["base_fee"] = json!("-5")), "E-SRCXRP-001"),
        (
            "too busy",
            Box::new(|received, reply| {
                if !asks(received, "account_info") {
                    return reply;
                }
                Reply::json(&json!({"result": {"status": "error", "error": "slowDown"}}))
            }),
            "E-SRCXRP-004",
        ),
        ("cut", Box::new(|_, reply| reply.truncated(10)), "E-HTTP-002"),
        ("no JSON", Box::new(|_, _| Reply::bytes("no JSON")), "E-SRCXRP-001"),
        ("elsewhere", Box::new(|_, _| Reply::redirect("http://127.0.0.1:1/")), "E-HTTP-005"),
    ];
    refuses_all(Which::Rippled, &SEND_XRP, lies);
}

/// Tells each lie to a machine of its own and wants the code, no bundle, and an end within a minute.
fn refuses_all(which: Which, command: &[&str], lies: Vec<(&str, Lie, &str)>) {
    let machine = OnlineMachine::funded();
    let mut wrong = Vec::new();
    for (name, lie, code) in lies {
        machine.world.bend(which, lie);
        let begun = Instant::now();
        let output = machine.run(command);
        let said = text(&output.stdout) + &text(&output.stderr);
        if output.status.success() || !said.contains(code) || said.contains("panicked") {
            wrong.push(format!("{name}: wanted {code}: {said}"));
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}: {:?}", begun.elapsed());
        assert_eq!(machine.files(".bundle.json").len(), 0, "{name}: {said}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    machine.world.straighten(which);
    machine.plan(command);
}

struct ScriptOf;

impl ScriptOf {
    /// A script that is not ours.
    fn nobody() -> String {
        let address: bitcoin::Address<bitcoin::address::NetworkUnchecked> = PAYEE.parse().unwrap();
        address.assume_checked().script_pubkey().to_hex_string()
    }
}

#[test]
fn a_server_that_is_down_is_told_at_once_and_the_next_one_is_asked() {
    let machine = OnlineMachine::funded();
    let config = machine.home().join("airlock.toml");
    let honest = fs::read_to_string(&config).unwrap();
    let down = honest.replace(&machine.world.rippled.url(), &Server::nobody());
    fs::write(&config, &down).unwrap();
    let (code, said) = machine.refused(&SEND_XRP);
    assert_eq!((code, said.contains("E-HTTP-002")), (4, true), "{said}");
    let both = format!("{down}[[xrpl.server]]\nurl = \"{}\"\n", machine.world.rippled.url());
    fs::write(&config, both).unwrap();
    machine.plan(&SEND_XRP);
}

#[test]
fn on_a_terminal_bars_and_traces_of_other_threads_hold_nobody_up() {
    let machine = OnlineMachine::funded();
    let line = format!("{} --home home --trace balances", programs().online.display());
    let output = Command::new("timeout")
        .args(["60", "script", "--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(machine.folder())
        .output()
        .unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("scantxoutset") && said.contains("total"), "{said}");
}
