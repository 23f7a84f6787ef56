//! Customers' deposits, with the real program before three servers: handed out, found, credited once, and told of when they
//! leave the chain.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use airlock::account::Role;
use airlock::watch::Watch;
use airlock_tests::ceremony::{done, text};
use airlock_tests::chain::{Which, World};
use airlock_tests::online::OnlineMachine;
use airlock_tests::programs::{programs, run};
use airlock_tests::server::Reply;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A second home of the machine, in which the float is a deposit account.
struct Exchange(OnlineMachine);

impl Exchange {
    fn open() -> Self {
        Self::configured(World::configure)
    }

    fn configured(configure: fn(&World, &Path)) -> Self {
        // Ledgers grow old while the programs are built.
        programs();
        let machine = OnlineMachine::funded();
        configure(&machine.world, &machine.at("exchange"));
        // The little chain begins at block 1000: a look must not go back further.
        let config = machine.at("exchange").join("airlock.toml");
        let told = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{told}\n[deposits]\nreorg_window = 1\n")).unwrap();
        let mut accounts = machine.treasury.accounts.clone();
        for account in accounts.iter_mut().filter(|account| account.name.as_str() == "float") {
            account.role = Role::Deposit;
        }
        fs::write(machine.at("exchange.json"), Watch { accounts }.encode()).unwrap();
        let exchange = Self(machine);
        done(&exchange.run(&["accounts", "import", "exchange.json"]));
        exchange
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&programs().online, self.0.folder(), &[&["--home", "exchange"], arguments].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&done(&self.run(&[&["--json"], arguments].concat()))).unwrap()
    }

    /// A look from the first block of this little chain on; the lines that it says.
    fn look(&self) -> Vec<Value> {
        self.0.world.close();
        let said = done(&self.run(&[
            "--json",
            "deposits",
            "watch",
            "--once",
            "--from",
            "1000",
            "--from-ledger",
            "9000000",
        ]));
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn states(&self) -> Vec<(String, String)> {
        let list = self.json(&["deposits", "list"]);
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        list["credits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (word(row, "state"), word(row, "base_units")))
            .collect()
    }
}

#[test]
fn a_deposit_is_credited_once_and_an_alarm_when_it_leaves_the_chain() {
    story(&Exchange::open());
}

#[test]
fn through_an_esplora_server_deposits_go_the_same_way() {
    let exchange = Exchange::configured(World::configure_explorer);
    let asked = exchange.0.world.core.count();
    story(&exchange);
    assert_eq!(exchange.0.world.core.count(), asked, "the node was not asked");
}

fn story(exchange: &Exchange) {
    // Index 0 holds coins of before.
    let address = ["deposits", "address", "--account", "float", "--customer", "4711", "--at-least", "5"];
    let address = exchange.json(&address);
    assert_eq!((&address["index"], &address["new"]), (&5.into(), &true.into()));
    let bill = ["deposits", "invoice", "--account", "nested", "--customer", "4712", "--asset", "XCP"];
    assert_eq!(exchange.json(&bill)["memo_hex"].as_str().unwrap().len(), 20);
    exchange.json(&["deposits", "tag", "--account", "xrp-cold", "--customer", "4713"]);
    let looked = exchange.look();
    let streams: Vec<&str> = looked.iter().map(|report| report["stream"].as_str().unwrap()).collect();
    assert!(streams[0] == "bitcoin regtest" && streams[1] == "counterparty regtest", "{streams:?}");
    assert!(streams[2].starts_with("xrpl 1 r"), "{streams:?}");

    let before = exchange.states();
    let script = exchange.0.script("float", 0, 5);
    exchange.0.world.with(|truth| truth.blocks.fund(&[(script, 123_456)]));
    exchange.look();
    let mine = |states: Vec<(String, String)>| states.into_iter().skip(before.len()).collect::<Vec<_>>();
    let row = |state: &str| vec![(state.to_owned(), "123456".to_owned())];
    assert_eq!(mine(exchange.states()), row("pending"));
    exchange.0.world.mine();
    for _ in 0..3 {
        exchange.look();
        assert_eq!(mine(exchange.states()), row("credited"));
    }
    let csv = done(&exchange.run(&["deposits", "export", "--csv", "--state", "credited"]));
    let line = csv.lines().last().unwrap();
    assert!(
        line.contains("\"4711\",\"BTC\",\"0.00123456\",\"123456\",") && line.contains(",\"credited\","),
        "{csv}"
    );

    exchange.0.world.with(|truth| truth.blocks.reorganize(2));
    let output = exchange.run(&["deposits", "watch", "--once", "--from", "1000", "--from-ledger", "9000000"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ALARM credit ") && said.contains("E-DEP-015"), "{said}");
    assert_eq!(mine(exchange.states()), row("reversed"));
    // It waits again, and comes back.
    exchange.0.world.mine();
    exchange.0.world.mine();
    exchange.look();
    assert_eq!(mine(exchange.states()), row("credited"));
}

/// A watch that runs until somebody ends it, and the lines that it says.
struct Watching {
    program: Child,
    lines: Receiver<Value>,
}

impl Watching {
    fn of(exchange: &Exchange) -> Self {
        let watch =
            ["--json", "deposits", "watch", "--interval", "1", "--from", "1000", "--from-ledger", "9000000"];
        let mut program = Command::new(&programs().online)
            .args(["--home", "exchange"])
            .args(watch)
            .current_dir(exchange.0.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let said = BufReader::new(program.stdout.take().unwrap());
        std::thread::spawn(move || {
            let read = said.lines().map_while(Result::ok);
            let all: Result<(), _> =
                read.map(|line| serde_json::from_str(&line).unwrap()).try_for_each(|line| send.send(line));
            drop(all);
        });
        Self { program, lines }
    }

    /// Waits for a line with a new or changed credit of these base units, and gives its state.
    fn told_of(&self, base_units: &str) -> String {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) else { break };
            let rows = ["new", "changed"].into_iter().filter_map(|kind| line[kind].as_array()).flatten();
            if let Some(row) = rows.into_iter().find(|row| row["base_units"] == base_units) {
                return row["state"].as_str().unwrap().to_owned();
            }
        }
        panic!("nothing of {base_units} was told");
    }

    /// Presses Ctrl-C: the exit code, what was said as an error, and how long it took.
    fn interrupted(mut self) -> (Option<i32>, String, Duration) {
        let begun = Instant::now();
        kill_process(Pid::from_child(&self.program), Signal::INT).unwrap();
        while self.program.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(20) {
                self.program.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = begun.elapsed();
        let output = self.program.wait_with_output().unwrap();
        (output.status.code(), text(&output.stderr), took)
    }
}

#[test]
fn a_watch_goes_on_until_ctrl_c_and_the_next_one_from_there() {
    let exchange = Exchange::open();
    let address = ["deposits", "address", "--account", "float", "--customer", "4711", "--at-least", "5"];
    exchange.json(&address);
    exchange.0.world.close();
    let pay = |sat: u64| {
        let script = exchange.0.script("float", 0, 5);
        exchange.0.world.with(|truth| truth.blocks.fund(&[(script, sat)]));
    };
    let watching = Watching::of(&exchange);
    pay(111_111);
    assert_eq!(watching.told_of("111111"), "pending");
    exchange.0.world.mine();
    assert_eq!(watching.told_of("111111"), "credited");
    // A server that is away for a while ends nothing.
    exchange.0.world.bend(Which::Core, |_, _| Reply::empty(503));
    std::thread::sleep(Duration::from_secs(2));
    exchange.0.world.straighten(Which::Core);
    pay(222_222);
    assert_eq!(watching.told_of("222222"), "pending");
    let (code, said, took) = watching.interrupted();
    assert!(code == Some(3) && said.contains("E-STOP-001"), "{code:?} {said}");
    assert!(took < Duration::from_secs(5), "{took:?}: it waits, and wakes up for Ctrl-C");
    let rows =
        |wanted: &str| exchange.states().into_iter().filter(|(_, sat)| sat == wanted).collect::<Vec<_>>();
    let row = |state: &str, sat: &str| vec![(state.to_owned(), sat.to_owned())];
    assert_eq!((rows("111111"), rows("222222")), (row("credited", "111111"), row("pending", "222222")));

    exchange.0.world.mine();
    let watching = Watching::of(&exchange);
    assert_eq!(watching.told_of("222222"), "credited");
    let (code, ..) = watching.interrupted();
    assert_eq!(code, Some(3));
    assert_eq!(
        (rows("111111"), rows("222222")),
        (row("credited", "111111"), row("credited", "222222")),
        "once each"
    );
}

#[test]
fn an_alarm_is_told_and_kept_though_a_later_chain_fails_until_it_is_acknowledged() {
    let exchange = Exchange::open();
    let address = ["deposits", "address", "--account", "float", "--customer", "4711", "--at-least", "5"];
    exchange.json(&address);
    exchange.json(&["deposits", "tag", "--account", "xrp-cold", "--customer", "4713"]);
    exchange.look();
    let script = exchange.0.script("float", 0, 5);
    exchange.0.world.with(|truth| truth.blocks.fund(&[(script, 123_456)]));
    exchange.0.world.mine();
    exchange.look();
    exchange.0.world.with(|truth| truth.blocks.reorganize(2));
    exchange.0.world.bend(Which::Rippled, |_, _| Reply::bytes("<html>"));
    exchange.0.world.bend(Which::Ledger, |_, _| Reply::bytes("<html>"));
    let watch = ["deposits", "watch", "--once", "--from", "1000", "--from-ledger", "9000000"];
    let output = exchange.run(&watch);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["ALARM credit ", "ALARM 1 since ", "E-DEP-015", "counterparty regtest: ", "xrpl 1 r"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    exchange.0.world.straighten(Which::Ledger);
    exchange.0.world.straighten(Which::Rippled);
    exchange.0.world.close();
    // The next look finds nothing more, ends well, and reminds.
    exchange.0.world.mine();
    let said = done(&exchange.run(&watch));
    assert!(said.contains("ALARM 1 since "), "{said}");
    assert!(done(&exchange.run(&["deposits", "list"])).contains("ALARM 1 since "));
    assert_eq!(exchange.json(&["deposits", "export"])["alarms"][0]["number"], 1);
    done(&exchange.run(&["deposits", "acknowledge", "1"]));
    exchange.0.world.close();
    for command in [&watch[..], &["deposits", "list"]] {
        let said = done(&exchange.run(command));
        assert!(!said.contains("ALARM"), "{said}");
    }
    let output = exchange.run(&["deposits", "acknowledge", "1"]);
    assert!(text(&output.stderr).contains("E-DEP-022"), "{}", text(&output.stderr));
}
