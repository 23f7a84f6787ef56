//! Three servers on this machine with play money, for trying the online half without a node: Bitcoin Core,
//! counterparty-server and rippled share one little history, a block comes every 20 seconds and a ledger every 4.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use airlock::amount::{Drops, Quantity, parse_units};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::carrier::opreturn;
use airlock::counterparty::message::{EnhancedSend, Memo, Message, encode};
use airlock::counterparty::rules::Rules;
use airlock::network::BitcoinNetwork;
use airlock::watch::Watch;
use airlock_tests::chain::World;
use airlock_tests::chain::blocks::paid;
use airlock_tests::chain::rippled::Root;
use bitcoin::absolute::LockTime;
use bitcoin::hex::FromHex as _;
use bitcoin::transaction::Version;
use bitcoin::{Address, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, Witness};

const HELP: &str = "mine [N]                     blocks now
reorg N                      the last N blocks are undone; what they held waits again
btc ADDRESS AMOUNT           a customer pays bitcoin
xcp ADDRESS AMOUNT [MEMOHEX] a customer sends XCP
xrp ADDRESS AMOUNT [TAG]     a customer pays XRP
quit";
/// Who pays XRP.
const CUSTOMER: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
/// Who pays bitcoin and XCP.
const CUSTOMER_BITCOIN: &str = "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [watch, home] = arguments.as_slice() else {
        println!("cargo practice -- WATCHFILE HOME");
        println!(
            "Accounts of the watch file (regtest, XRP network 1) get play money; HOME gets an airlock.toml."
        );
        return ExitCode::from(2);
    };
    match open(Path::new(watch), Path::new(home)) {
        Ok(world) => live(world),
        Err(why) => {
            println!("{why}");
            ExitCode::from(2)
        }
    }
}

fn open(watch_path: &Path, home: &Path) -> Result<World, String> {
    let bytes = fs::read(watch_path).map_err(|e| format!("{}: {e}", watch_path.display()))?;
    let watch = Watch::decode(&bytes).map_err(|e| e.to_string())?;
    if home.join("airlock.toml").exists() {
        return Err(format!(
            "{} has an airlock.toml already: practise with a home of its own (`--home`), or move that file away",
            home.display()
        ));
    }
    let world = World::new();
    let home = &std::path::absolute(home).map_err(|e| e.to_string())?;
    world.configure(home);
    world.with(|truth| {
        truth.blocks.fund(&[(script(CUSTOMER_BITCOIN).expect("an address"), 5_000_000_000)]);
        let root = |balance, sequence| Root { balance, sequence, ..Root::default() };
        truth.xrpl.accounts.insert(CUSTOMER.to_owned(), root(9_000_000_000_000, 9_000_200));
        truth.ledger.balances.insert((CUSTOMER_BITCOIN.to_owned(), "XCP".to_owned()), 100_000_000_000_000);
        for account in &watch.accounts {
            if let Some(bitcoin) =
                account.bitcoin().filter(|account| account.network() == BitcoinNetwork::Regtest)
            {
                let coins = (0..3).filter_map(|index| Some((bitcoin.script_pubkey(0, index)?, 20_000_000)));
                truth.blocks.fund(&coins.collect::<Vec<_>>());
                if let Some(first) = bitcoin.address(0, 0) {
                    truth.ledger.balances.insert((first.to_string(), "XCP".to_owned()), 50_000_000_000);
                }
            }
            if let Some(xrp) = account.xrp() {
                truth.xrpl.accounts.insert(xrp.address().to_owned(), root(90_000_000_000, 9_000_100));
            }
        }
        // A look for deposits goes back from the tip as far as a reorganization may.
        (0..150).for_each(|_| truth.blocks.mine());
    });
    println!("wrote {}", home.join("airlock.toml").display());
    println!(
        "500 XCP, 0.6 BTC and 90,000 XRP on each account; a customer that may be paid: {CUSTOMER_BITCOIN}, {CUSTOMER}"
    );
    println!(
        "in a second window: airlock-online --home {} accounts import {}, then doctor and balances",
        home.display(),
        watch_path.display()
    );
    println!(
        "deposits: the first look is `deposits watch --from 1000 --from-ledger 9000000`, where these chains begin"
    );
    println!("{HELP}");
    Ok(world)
}

fn live(world: World) -> ExitCode {
    let world = Arc::new(Mutex::new(world));
    let clock = Arc::clone(&world);
    thread::spawn(move || {
        for tick in 1_u64.. {
            thread::sleep(Duration::from_secs(4));
            let world = locked(&clock);
            world.close();
            if tick % 5 == 0 {
                world.mine();
            }
        }
    });
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line.trim() == "quit" {
            return ExitCode::SUCCESS;
        }
        match told(&locked(&world), &line) {
            Ok(answer) => println!("{answer}"),
            Err(why) => println!("{why}\n{HELP}"),
        }
    }
    // Started without somebody at the keys, it lives until it is killed.
    while !std::io::stdin().is_terminal() {
        thread::sleep(Duration::from_secs(3_600));
    }
    ExitCode::SUCCESS
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn told(world: &World, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["mine"] => mine(world, 1),
        ["mine", count] => mine(world, number(count)?),
        ["reorg", count] => {
            let count = number(count)?;
            world.with(|truth| truth.blocks.reorganize(count));
            Ok(format!("{count} blocks undone"))
        }
        ["btc", to, amount] => {
            let sat = parse_units(amount, 8).map_err(|e| e.to_string())?;
            let txid = world.with(|truth| Ok::<_, String>(truth.blocks.fund(&[(script(to)?, sat)])))?;
            Ok(format!("{txid} in a block"))
        }
        ["xcp", to, amount] => send(world, to, amount, None),
        ["xcp", to, amount, memo] => {
            let memo = Vec::<u8>::from_hex(memo).map_err(|e| e.to_string())?;
            send(world, to, amount, Some(Memo::Hex(memo)))
        }
        ["xrp", to, amount] => receive(world, to, amount, None),
        ["xrp", to, amount, tag] => {
            receive(world, to, amount, Some(tag.parse().map_err(|_| "a tag is a number")?))
        }
        _ => Err("not understood".to_owned()),
    }
}

fn mine(world: &World, count: usize) -> Result<String, String> {
    (0..count).for_each(|_| world.mine());
    Ok(format!("height {}", world.with(|truth| truth.blocks.height())))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| (1..=100).contains(count))
        .ok_or_else(|| "a number from 1 to 100".to_owned())
}

fn script(address: &str) -> Result<ScriptBuf, String> {
    let address = Address::from_str(address).map_err(|e| e.to_string())?;
    Ok(address.require_network(Network::Regtest).map_err(|e| e.to_string())?.script_pubkey())
}

fn receive(world: &World, to: &str, amount: &str, tag: Option<u32>) -> Result<String, String> {
    let drops = Drops::parse_xrp(amount).map_err(|e| e.to_string())?.to_drops();
    world.with(|truth| truth.xrpl.receive(CUSTOMER, to, tag, drops));
    Ok("in the next ledger".to_owned())
}

/// What has the form of a signature over everything; the ledger looks at the form alone.
fn signature_like() -> Vec<u8> {
    let number = [&[0x02, 32][..], &[0x11; 32]].concat();
    [&[0x30, 68][..], &number, &number, &[0x01]].concat()
}

/// The customer's whole balance pays for it: nobody checks signatures in blocks of this world.
fn send(world: &World, to: &str, amount: &str, memo: Option<Memo>) -> Result<String, String> {
    let quantity = Quantity::parse(amount, true).map_err(|e| e.to_string())?;
    let asset = AssetId::from_name("XCP").map_err(|e| e.to_string())?;
    let message = Message::EnhancedSend(EnhancedSend { asset, quantity, destination: to.to_owned(), memo });
    let customer = script(CUSTOMER_BITCOIN)?;
    world.with(|truth| {
        let rules = Rules::newest(BitcoinNetwork::Regtest);
        let unspent = truth.blocks.unspent(true);
        let (coin, held) = unspent
            .iter()
            .filter(|(_, held)| held.output.script_pubkey == customer)
            .max_by_key(|(_, held)| held.output.value)
            .ok_or("the customer has no coin left")?;
        let (coin, value): (OutPoint, u64) = (*coin, held.output.value.to_sat());
        let data = encode(&message, &rules).map_err(|e| e.to_string())?;
        let data = opreturn::encode(&data, &coin.txid, 80).map_err(|e| e.to_string())?;
        let input = vec![TxIn {
            previous_output: coin,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[signature_like(), vec![2; 33]]),
        }];
        let output = vec![data, paid(customer.clone(), value.saturating_sub(1_000))];
        let tx = Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input, output };
        let txid = tx.compute_txid();
        let mut all = std::mem::take(&mut truth.blocks.mempool);
        all.push(tx);
        truth.blocks.mine_only(all);
        Ok(format!("{txid} in a block"))
    })
}
