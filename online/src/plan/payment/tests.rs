use airlock::account::Account;
use airlock::snapshot::{AssetBalance, Attached, Coin, Snapshot};
use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::Hash as _;
use bitcoin::transaction::Version;
use bitcoin::{OutPoint, Transaction, TxIn, Txid};

use super::*;
use crate::plan::{Options, Plan, plan as plan_all};
use crate::source::memory::{Chain, accounts};

/// `cold` with coins at these places (branch, index, satoshi); its address 0/0 holds XCP.
fn snapshot(coins: &[(u32, u32, u64)]) -> Snapshot {
    let mut snapshot = Chain::demo().facts.borrow().clone();
    let account = cold();
    let coin = |(number, (branch, index, sat)): (u32, &(u32, u32, u64))| {
        let script_pubkey = account.bitcoin().unwrap().script_pubkey(*branch, *index).unwrap();
        let previous = Transaction {
            version: Version::TWO,
            lock_time: LockTime::from_consensus(number),
            input: vec![TxIn { previous_output: OutPoint::new(Txid::all_zeros(), 0), ..TxIn::default() }],
            output: vec![TxOut { value: Amount::from_sat(*sat), script_pubkey }],
        };
        Coin {
            outpoint: OutPoint::new(previous.compute_txid(), 0),
            account: account.name.clone(),
            branch: *branch,
            index: *index,
            prev_tx: serialize_hex(&previous),
            height: Some(200),
            attached: Vec::new(),
        }
    };
    snapshot.bitcoin.as_mut().unwrap().coins = (0..).zip(coins).map(coin).collect();
    let ledger = snapshot.counterparty.as_mut().unwrap();
    let row =
        |quantity: &str| AssetBalance { address: holder(), asset: "XCP".into(), quantity: quantity.into() };
    ledger.balances = vec![row("5")];
    ledger.assets.iter_mut().for_each(|asset| asset.owner = None);
    snapshot
}

fn cold() -> Account {
    accounts().remove(0)
}

fn holder() -> String {
    cold().bitcoin().unwrap().address(0, 0).unwrap().to_string()
}

fn pay(snapshot: &Snapshot, sat: u64) -> Result<Plan> {
    let text = format!(
        r#"[{{"from":"cold","fee_rate":"1","intent":{{"send-bitcoin":{{"payees":[
        {{"to":"bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks","amount":"0.{sat:08}"}}]}}}}}}]"#
    );
    let requests: Vec<Request> = airlock::json::parse_as(text.as_bytes()).unwrap();
    plan_all(&requests, snapshot, &accounts(), &Options::default())
}

/// The values of the coins that pay, and whether it is said that an address is emptied.
fn paid_with(coins: &[(u32, u32, u64)], sat: u64) -> (Vec<u64>, bool) {
    let snapshot = snapshot(coins);
    let plan = pay(&snapshot, sat).unwrap();
    let uses = crate::store::in_flight::uses_of(&plan.bundle).unwrap();
    let facts = snapshot.bitcoin.as_ref().unwrap();
    let spent = facts
        .coins
        .iter()
        .zip(coins)
        .filter(|(coin, _)| uses.contains(&airlock::review::Use::Coin(coin.outpoint)));
    let mut values: Vec<u64> = spent.map(|(_, (.., sat))| *sat).collect();
    values.sort_unstable();
    let warned =
        plan.warnings.iter().any(|text| text.starts_with(&holder()) && text.contains("last of its bitcoin"));
    (values, warned)
}

#[test]
fn coins_of_addresses_without_assets_pay_first() {
    // One coin of the address with assets would be the cheapest.
    let coins = [(0, 0, 60_000), (0, 1, 40_000), (1, 0, 30_000)];
    assert_eq!(paid_with(&coins, 50_000), (vec![30_000, 40_000], false));
    // What the address could spare is not taken either.
    let coins = [(0, 0, 60_000), (0, 0, 2_000), (0, 1, 40_000), (1, 0, 30_000)];
    assert_eq!(paid_with(&coins, 50_000), (vec![30_000, 40_000], false));
    // They do not suffice: what the address can spare comes next, and the smallest coin that pays for a send stays.
    let coins = [(0, 0, 60_000), (0, 0, 2_000), (0, 0, 500), (0, 1, 40_000)];
    assert_eq!(paid_with(&coins, 55_000), (vec![60_000], false));
    // Together with it 60,000 would pay without change.
    assert_eq!(paid_with(&coins, 61_822), (vec![40_000, 60_000], false));
    let (values, warned) = paid_with(&coins, 98_000);
    assert!(!values.contains(&2_000) && !warned, "{values:?}");
}

#[test]
fn the_last_coin_of_an_address_with_assets_is_taken_only_where_nothing_else_pays_and_that_is_said() {
    let coins = [(0, 0, 60_000), (0, 1, 40_000)];
    assert_eq!(paid_with(&coins, 55_000), (vec![60_000], true));
    assert_eq!(paid_with(&coins, 30_000), (vec![40_000], false));
    // Two coins that are both too small for a send: the larger one stays.
    let coins = [(0, 0, 900), (0, 0, 800), (0, 1, 40_000)];
    assert_eq!(paid_with(&coins, 40_000).0, [800, 40_000]);
}

#[test]
fn an_address_of_which_all_is_under_way_still_holds_assets() {
    let coins = [(0, 0, 60_000), (0, 1, 40_000), (1, 0, 30_000)];
    let mut snapshot = snapshot(&coins);
    snapshot.counterparty.as_mut().unwrap().balances[0].quantity = "0".to_owned();
    let inputs = |plan: &Plan| crate::store::in_flight::uses_of(&plan.bundle).unwrap().len();
    assert_eq!(inputs(&pay(&snapshot, 50_000).unwrap()), 2);
    snapshot.counterparty.as_mut().unwrap().balances.clear();
    assert_eq!(inputs(&pay(&snapshot, 50_000).unwrap()), 1);
}

#[test]
fn coins_that_carry_assets_never_pay_even_where_nothing_else_does() {
    let coins = [(0, 0, 60_000), (0, 1, 40_000)];
    for carrier in [0, 1] {
        let mut snapshot = snapshot(&coins);
        assert!(pay(&snapshot, 90_000).is_ok());
        let coin = &mut snapshot.bitcoin.as_mut().unwrap().coins[carrier];
        coin.attached = vec![Attached { asset: "XCP".into(), quantity: "1".into() }];
        let error = pay(&snapshot, 90_000).unwrap_err();
        assert_eq!(error.code(), &crate::plan::SHORT_OF_BITCOIN);
        assert!(error.what().contains("assets attached"), "{error}");
    }
}
