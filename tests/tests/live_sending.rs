//! The online program hands transactions to servers that live, follows them to the end, and is not deceived on the way.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock::bundle::{Bundle, Spoken};
use airlock_tests::ceremony::text;
use airlock_tests::chain::{Which, rippled};
use airlock_tests::online::{OnlineMachine, PAYEE, XRP_PAYEE};
use airlock_tests::programs::programs;
use airlock_tests::server::{Received, Reply};
use bitcoin::Txid;
use bitcoin::consensus::encode::deserialize_hex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const SEND_BTC: [&str; 8] = ["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.1"];
const SEND_XCP: [&str; 8] = ["send", "xcp", "--from", "cold", "--to", PAYEE, "--amount", "12.5"];
const SEND_XRP: [&str; 10] =
    ["send", "xrp", "--from", "xrp-cold", "--to", XRP_PAYEE, "--amount", "80", "--tag", "7"];

/// Changes an honest answer.
type Lie = fn(&Received, Reply) -> Reply;

struct Sent {
    machine: OnlineMachine,
    bundle: Bundle,
    file: PathBuf,
}

impl Sent {
    fn signed(command: &[&str]) -> Self {
        Self::by(OnlineMachine::funded(), command)
    }

    fn by(machine: OnlineMachine, command: &[&str]) -> Self {
        let (bundle, path) = machine.plan(command);
        let (_, file) = machine.sign(&bundle, &path);
        Self { machine, bundle, file }
    }

    fn broadcast(&self) -> Value {
        self.machine.json(&["broadcast", self.file.to_str().unwrap(), "--wait", "seen"])
    }

    fn refused(&self) -> (i32, String) {
        self.machine.refused(&["broadcast", self.file.to_str().unwrap(), "--wait", "seen"])
    }

    /// Begins to broadcast and presses Ctrl-C at a moment: the exit code, and what was said.
    fn interrupted(&self, is_time: impl Fn() -> bool) -> (Option<i32>, String) {
        let mut child = Command::new(&programs().online)
            .args(["--home", "home", "broadcast"])
            .arg(&self.file)
            .args(["--wait", "final"])
            .current_dir(self.machine.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !is_time() && begun.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(50));
        }
        // It may have ended by itself.
        let _ = kill_process(Pid::from_child(&child), Signal::INT);
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(10) {
                child.kill().unwrap();
            }
            sleep(Duration::from_millis(50));
        }
        let output = child.wait_with_output().unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// The states of the steps.
    fn states(&self) -> Vec<String> {
        let told = self.machine.json(&["status", &self.bundle.id().to_string()]);
        let steps = told["bundles"][0]["steps"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
        steps.iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect()
    }

    fn waiting(&self) -> Vec<Txid> {
        self.machine.world.with(|truth| truth.blocks.mempool.iter().map(|tx| tx.compute_txid()).collect())
    }

    fn receipts(&self) -> usize {
        fs::read_dir(self.machine.home().join("receipts")).map_or(0, Iterator::count)
    }
}

/// Payments wait for three confirmations.
fn deep() -> OnlineMachine {
    let machine = OnlineMachine::funded();
    let config = machine.home().join("airlock.toml");
    let text = fs::read_to_string(&config).unwrap().replace("payment = 1", "payment = 3");
    fs::write(&config, text).unwrap();
    machine
}

fn asks(received: &Received, method: &str) -> bool {
    serde_json::from_slice::<Value>(&received.body).is_ok_and(|body| body["method"] == method)
}

#[test]
fn a_payment_goes_out_once_and_is_final_when_it_is_deep_enough() {
    let sent = Sent::by(deep(), &SEND_BTC);
    sent.broadcast();
    assert_eq!((sent.states(), sent.waiting().len()), (vec!["seen".to_owned()], 1));
    let first = sent.waiting();
    sent.broadcast();
    assert_eq!(sent.waiting(), first, "the same command submits nothing else");
    for state in ["confirmed", "confirmed", "final"] {
        sent.machine.world.mine();
        assert_eq!(sent.states(), [state]);
        assert_eq!(sent.receipts(), usize::from(state == "final"));
    }
}

#[test]
fn an_asset_is_sent_when_the_ledger_says_so() {
    let sent = Sent::signed(&SEND_XCP);
    sent.broadcast();
    sent.machine.world.with(|truth| {
        truth.blocks.mine();
        truth.ledger.behind = 1;
    });
    let told = text(&sent.machine.run(&["status"]).stdout);
    assert!(!told.contains("final"), "{told}");
    sent.machine.world.with(|truth| truth.ledger.behind = 0);
    assert_eq!(sent.states(), ["final"]);
    let arrived = sent.machine.world.with(|truth| truth.ledger.balance(&truth.blocks, PAYEE, "XCP"));
    assert_eq!(arrived, 1_250_000_000);
}

#[test]
fn a_confirmed_send_that_the_ledger_calls_invalid_is_a_failure() {
    let sent = Sent::signed(&SEND_XCP);
    let cold = sent.machine.address("cold");
    sent.broadcast();
    sent.machine.world.with(|truth| {
        truth.ledger.balances.insert((cold, "XCP".to_owned()), 5);
        truth.blocks.mine();
    });
    assert_eq!(sent.states(), ["confirmed"], "said once, in one block");
    (0..5).for_each(|_| sent.machine.world.mine());
    assert_eq!(sent.states(), ["failed"]);
    let told = text(&sent.machine.run(&["status"]).stdout);
    assert!(told.contains("insufficient funds"), "{told}");
}

#[test]
fn a_reorganization_takes_confirmations_back_and_loses_nothing() {
    let sent = Sent::by(deep(), &SEND_BTC);
    sent.broadcast();
    let paid = sent.waiting();
    sent.machine.world.mine();
    assert_eq!(sent.states(), ["confirmed"]);
    sent.machine.world.with(|truth| truth.blocks.reorganize(1));
    assert_eq!(sent.states(), ["seen"]);
    assert_eq!(sent.waiting(), paid);
    (0..3).for_each(|_| sent.machine.world.mine());
    assert_eq!(sent.states(), ["final"]);
}

#[test]
fn an_evicted_transaction_is_submitted_again_and_is_the_same() {
    let sent = Sent::signed(&SEND_BTC);
    sent.broadcast();
    let paid = sent.waiting();
    sent.machine.world.with(|truth| truth.blocks.evict(paid[0]));
    assert_eq!(sent.states(), ["submitted"]);
    sent.broadcast();
    assert_eq!(sent.waiting(), paid);
    sent.machine.world.mine();
    assert_eq!(sent.states(), ["final"]);
}

#[test]
fn a_coin_that_is_spent_by_somebody_else_is_an_alarm_and_ends_the_bundle_on_a_persons_word() {
    // Two bundles of the same coins; the second one is mined.
    let machine = OnlineMachine::funded();
    let (bundle, path) = machine.plan(&SEND_BTC);
    let (other, _) = machine.plan(&["send", "btc", "--from", "cold", "--to", PAYEE, "--amount", "0.2"]);
    let (_, file) = machine.sign(&bundle, &path);
    let rival = machine.treasury.sign(&other);
    let sent = Sent { machine, bundle, file };
    sent.broadcast();
    let raw = serde_json::from_slice::<Value>(&rival.encode()).unwrap().to_string();
    let hex = raw.split('"').find_map(|part| deserialize_hex::<bitcoin::Transaction>(part).ok());
    let rival = hex.expect("the signed file holds the final transaction");
    sent.machine.world.with(|truth| truth.blocks.mine_only(vec![rival]));
    assert_eq!(sent.states(), ["submitted"]);
    let told = text(&sent.machine.run(&["status"]).stdout);
    assert!(
        told.contains("ALARM") && told.contains("6 blocks deep") && !told.contains("--give-up"),
        "{told}"
    );
    assert!(told.contains(&format!("it pays 20000000 sat to {PAYEE}")), "{told}");
    sent.machine.world.with(|truth| (0..5).for_each(|_| truth.blocks.mine_only(Vec::new())));
    let told = text(&sent.machine.run(&["status"]).stdout);
    assert!(told.contains("ALARM") && told.contains("--give-up 1"), "{told}");
    let id = sent.bundle.id().to_string();
    let (code, said) = sent.machine.refused(&["broadcast", &id]);
    assert!(code == 1 && said.contains("E-BCST-008"), "{code} {said}");
    sent.machine.refused(&["broadcast", &id, "--give-up", "1"]);
    sent.machine.json(&["broadcast", &id, "--give-up", "1", "--because", "the other one paid them"]);
    assert_eq!((sent.states(), sent.receipts()), (vec!["failed".to_owned()], 1));
    let (code, said) = sent.machine.refused(&["broadcast", &id, "--give-up", "1", "--because", "again"]);
    assert!(code == 1 && said.contains("E-BCST-009"), "{code} {said}");
}

#[test]
fn nothing_is_noted_as_out_on_the_word_of_a_node_that_lies() {
    let lies: [(&str, Lie); 2] = [
        ("another network", |received, reply| {
            if !asks(received, "getblockchaininfo") {
                return reply;
            }
            reply.edited(|body| body["result"]["chain"] = json!("main"))
        }),
        ("refuses", |received, reply| {
            if !asks(received, "testmempoolaccept") {
                return reply;
            }
            reply.edited(|body| {
                body["result"][0]["allowed"] = json!(false);
                body["result"][0]["reject-reason"] = json!("dust");
            })
        }),
    ];
    for (name, lie) in lies {
        let sent = Sent::signed(&SEND_BTC);
        sent.machine.world.bend(Which::Core, lie);
        let (_, said) = sent.refused();
        assert!(said.contains("E-") && !said.contains("panicked"), "{name}: {said}");
        assert_eq!(sent.states(), ["signed"], "{name}");
        sent.machine.world.straighten(Which::Core);
        sent.broadcast();
        sent.machine.world.mine();
        assert_eq!(sent.states(), ["final"], "{name}");
    }
    // It takes the transaction and names another: its word counts for nothing, and the next look finds the transaction.
    let sent = Sent::signed(&SEND_BTC);
    sent.machine.world.bend(Which::Core, |received, reply| {
        if !asks(received, "sendrawtransaction") {
            return reply;
        }
        reply.edited(|body| body["result"] = json!("ab".repeat(32)))
    });
    sent.broadcast();
    assert_eq!((sent.states(), sent.waiting().len()), (vec!["seen".to_owned()], 1));
    sent.machine.world.straighten(Which::Core);
    sent.machine.world.mine();
    assert_eq!(sent.states(), ["final"]);
}

#[test]
fn a_payment_is_not_final_by_a_block_that_does_not_hold_it() {
    let sent = Sent::signed(&SEND_BTC);
    sent.broadcast();
    let hash = sent.machine.world.with(|truth| {
        truth.blocks.mine_only(Vec::new());
        truth.blocks.tip().block_hash()
    });
    // The node claims the last block, as one with txindex would tell it.
    sent.machine.world.bend(Which::Core, move |received, reply| {
        if !asks(received, "getrawtransaction") {
            return reply;
        }
        reply.edited(|body| body["result"]["blockhash"] = json!(hash))
    });
    assert_eq!((sent.states(), sent.receipts()), (vec!["confirmed".to_owned()], 0));
    let told = text(&sent.machine.run(&["status"]).stdout);
    assert!(told.contains("ALARM") && told.contains("and it does not"), "{told}");
    sent.machine.world.straighten(Which::Core);
    assert_eq!(sent.states(), ["seen"]);
    sent.machine.world.mine();
    assert_eq!((sent.states(), sent.receipts()), (vec!["final".to_owned()], 1));
}

#[test]
fn an_error_says_whether_anything_was_submitted() {
    let machine = OnlineMachine::funded();
    let (bundle, path) = machine.plan(&SEND_BTC);
    let (code, said) = machine.refused(&["broadcast", "nothing-there.signed.json"]);
    assert!(
        code == 4 && said.contains("Nothing was submitted.") && !said.contains("stays so"),
        "{code} {said}"
    );
    let (code, said) = machine.refused(&["broadcast", path.to_str().unwrap()]);
    assert!(
        code == 3 && said.contains("E-BCST-011") && said.contains("airlock-offline sign"),
        "{code} {said}"
    );
    let (_, file) = machine.sign(&bundle, &path);
    let sent = Sent { machine, bundle, file };
    sent.broadcast();
    // The node is gone before the second run.
    sent.machine.world.bend(Which::Core, |_, _| Reply::empty(503));
    let (code, said) = sent.refused();
    assert!(code == 4 && said.contains("Nothing was submitted by this run"), "{code} {said}");
}

#[test]
fn a_pair_goes_out_together_or_not_at_all() {
    let command =
        ["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "1", "--encoding", "taproot"];
    let sent = Sent::signed(&command);
    // The node takes the first leg and says that the second would fail.
    sent.machine.world.bend(Which::Core, |received, reply| {
        if !asks(received, "testmempoolaccept") {
            return reply;
        }
        reply.edited(|body| {
            if let Some(last) = body["result"].as_array_mut().and_then(|all| all.last_mut()) {
                last["allowed"] = json!(false);
                last["reject-reason"] = json!("mempool-script-verify-flag-failed");
            }
        })
    });
    sent.refused();
    assert_eq!(sent.waiting().len(), 0);
    sent.machine.world.straighten(Which::Core);
    sent.broadcast();
    assert_eq!(sent.waiting().len(), 2);
    sent.machine.world.mine();
    assert!(sent.states().iter().all(|state| state == "final"), "{:?}", sent.states());
}

#[test]
fn xrp_is_paid_when_a_validated_ledger_holds_it() {
    let sent = Sent::signed(&SEND_XRP);
    sent.broadcast();
    assert_eq!(sent.machine.world.with(|truth| truth.xrpl.waiting()), 1);
    sent.machine.world.close();
    assert_eq!(sent.states(), ["final"]);
    let arrived = sent.machine.world.with(|truth| truth.xrpl.accounts[XRP_PAYEE].balance);
    assert_eq!(arrived, 130_000_000);
}

#[test]
fn xrp_that_was_lost_is_not_given_up_before_its_last_ledger_and_never_over_a_gap() {
    let sent = Sent::signed(&SEND_XRP);
    sent.broadcast();
    sent.machine.world.with(|truth| truth.xrpl.forget());
    sent.machine.world.close();
    assert!(!["failed", "final"].contains(&sent.states()[0].as_str()));
    // Its last ledger passes, and the server does not hold all of them.
    let last = sent.machine.world.with(|truth| {
        let wire = serde_json::from_slice::<Value>(&sent.bundle.encode()).unwrap().to_string();
        let part = wire.split("LastLedgerSequence").nth(1).expect("a last ledger").to_owned();
        let digits: String =
            part.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let last: u32 = digits.parse().unwrap();
        while truth.xrpl.validated() <= last {
            truth.xrpl.close(airlock_tests::chain::now());
        }
        truth.xrpl.complete =
            Some(format!("{}-{},{}-{}", rippled::FIRST, last - 5, last - 3, truth.xrpl.validated()));
        last
    });
    assert!(!["failed", "final"].contains(&sent.states()[0].as_str()), "a gap before ledger {last}");
    sent.machine.world.with(|truth| truth.xrpl.complete = None);
    assert_eq!(sent.states(), ["failed"]);
}

#[test]
fn xrp_that_a_server_only_remembers_fails_when_its_last_ledger_has_passed() {
    let sent = Sent::signed(&SEND_XRP);
    sent.broadcast();
    sent.machine.world.with(|truth| truth.xrpl.drop_waiting());
    sent.machine.world.close();
    assert_eq!(sent.states(), ["seen"], "the server still knows it");
    sent.machine.world.with(|truth| {
        let last = truth.xrpl.validated() + 10_000;
        while truth.xrpl.validated() < last {
            truth.xrpl.close(airlock_tests::chain::now());
        }
    });
    assert_eq!(sent.states(), ["failed"]);
}

#[test]
fn a_person_ends_a_wait_with_ctrl_c_and_it_goes_on_later() {
    let sent = Sent::signed(&SEND_BTC);
    let (code, said) = sent.interrupted(|| sent.waiting().len() == 1);
    assert!(code == Some(3) && said.contains("status"), "{code:?} {said}");
    sent.machine.world.mine();
    sent.broadcast();
    assert_eq!(sent.states(), ["final"]);
}

#[test]
fn a_payment_that_waits_is_replaced_by_one_that_pays_more_and_one_of_the_two_happens() {
    let sent = Sent::signed(&[&SEND_BTC[..], &["--fee-rate", "2"]].concat());
    sent.broadcast();
    let (machine, old) = (&sent.machine, sent.bundle.id());
    let short = old.short();
    let again = |rate| [&SEND_BTC[..], &["--fee-rate", rate, "--replaces", &short]].concat();
    let (code, said) = machine.refused(&again("2"));
    assert!(code == 3 && said.contains("E-TWICE-004") && said.contains("`--fee-rate 3` or more"), "{said}");
    let (new, path) = machine.plan(&again("3"));
    // What it was planned from gives it again.
    let kept = machine.home().join(format!("bundles/{}.snapshot.json", new.id()));
    let told = machine.json(&[&again("3")[..], &["--snapshot", kept.to_str().unwrap()]].concat());
    assert_eq!(
        (&told["id"], &told["replaces"][0]["short_id"]),
        (&json!(new.id().to_string()), &json!(short))
    );
    let (_, file) = machine.sign(&new, &path);
    let first = sent.waiting();
    let second = Sent { bundle: new, file, machine: sent.machine };
    second.broadcast();
    assert!(second.waiting().len() == 1 && second.waiting() != first, "it has taken the other one's place");
    let status = || second.machine.json(&["status", &old.to_string()])["bundles"][0]["steps"][0].clone();
    let told = status();
    let place = format!("bundle {}, step 1 spends coin", second.bundle.id().short());
    assert!(told["state"] == "submitted" && told["says"].as_str().unwrap().contains(&place), "{told}");
    second.machine.world.mine();
    assert_eq!(second.states(), ["final"]);
    (0..5).for_each(|_| second.machine.world.mine());
    assert_eq!(status()["state"], "superseded");
    // What is in a block is not replaced any more.
    let (_, said) = second.machine.refused(&again("9"));
    assert!(said.contains("E-TWICE-00"), "{said}");
}

#[test]
fn a_send_of_an_asset_that_waits_is_replaced_and_a_pair_is_not() {
    let sent = Sent::signed(&[&SEND_XCP[..], &["--fee-rate", "2"]].concat());
    sent.broadcast();
    let short = sent.bundle.id().short();
    let (new, _) = sent.machine.plan(&[&SEND_XCP[..], &["--fee-rate", "4", "--replaces", &short]].concat());
    let coins = |bundle: &Bundle| airlock_online::store::in_flight::uses_of(bundle).unwrap();
    assert!(!coins(&sent.bundle).is_disjoint(&coins(&new)));
    let pair = ["send", "xcp", "--from", "legacy", "--to", PAYEE, "--amount", "1", "--encoding", "taproot"];
    let sent = Sent::signed(&pair);
    sent.broadcast();
    let short = sent.bundle.id().short();
    let (code, said) =
        sent.machine.refused(&[&pair[..], &["--fee-rate", "50", "--replaces", &short]].concat());
    assert!(code == 1 && said.contains("E-TWICE-002"), "{said}");
}
