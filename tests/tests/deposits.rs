//! Customers' deposits, with the real program before three servers: handed out, found, credited once, and told of when they
//! leave the chain.

use std::fs;
use std::process::Output;

use airlock::account::Role;
use airlock::watch::Watch;
use airlock_tests::ceremony::{done, text};
use airlock_tests::online::OnlineMachine;
use airlock_tests::programs::{programs, run};
use serde_json::Value;

/// A second home of the machine, in which the float is a deposit account.
struct Exchange(OnlineMachine);

impl Exchange {
    fn open() -> Self {
        // Ledgers grow old while the programs are built.
        programs();
        let machine = OnlineMachine::funded();
        machine.world.configure(&machine.at("exchange"));
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
    let exchange = Exchange::open();
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
