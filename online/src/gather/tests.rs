use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use airlock::request::Request;
use airlock::snapshot::Snapshot;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, BlockHash, OutPoint, Txid};

use super::*;
use crate::config::NO_SERVER;
use crate::plan::{self, OTHER_NETWORK, Options};
use crate::progress::Silent;
use crate::source::counterparty::AttachedAsset;
use crate::source::memory::{Chain, accounts, then};
use crate::source::open::{NONE_USABLE, NOT_USABLE};

fn terms() -> Terms {
    Terms { looks: 3, pause: Duration::ZERO, now: then, ..Terms::new(20) }
}

fn requests() -> Vec<Request> {
    airlock::json::parse_as(include_bytes!("../../../vectors/demo/requests.json")).unwrap()
}

fn demo(chain: &Rc<Chain>, requests: &[Request]) -> Result<Gathered> {
    let (sources, accounts) = (chain.sources(), accounts());
    gather(&sources, &Scope::of_requests(requests, &accounts, &sources)?, &terms(), &Silent)
}

fn everything(chain: &Rc<Chain>, terms: &Terms) -> Result<Gathered> {
    let (sources, accounts) = (chain.sources(), accounts());
    gather(&sources, &Scope::of_accounts(&accounts, &sources), terms, &Silent)
}

#[test]
fn a_plan_from_the_kept_snapshot_is_the_same_bundle() {
    let gathered = demo(&Chain::demo(), &requests()).unwrap();
    let (accounts, options) = (accounts(), Options::default());
    let live = plan::plan(&requests(), &gathered.snapshot, &accounts, &options).unwrap();
    let kept = Snapshot::decode(&gathered.snapshot.encode()).unwrap();
    let again = plan::plan(&requests(), &kept, &accounts, &options).unwrap();
    assert_eq!(again.bundle.encode(), live.bundle.encode());
    // The snapshot of the demo was written by hand: planning from what was gathered comes to the same payments.
    let demo = plan::plan(&requests(), &Chain::demo().facts.borrow(), &accounts, &options).unwrap();
    assert_eq!(demo.bundle.steps(), live.bundle.steps());
}

#[test]
fn gathers_the_same_bytes_whatever_the_order_of_the_answers() {
    let one = everything(&Chain::demo(), &terms()).unwrap();
    let chain = Chain::demo();
    chain.facts.borrow_mut().bitcoin.as_mut().unwrap().coins.reverse();
    chain.facts.borrow_mut().counterparty.as_mut().unwrap().balances.reverse();
    assert_eq!(everything(&chain, &terms()).unwrap().snapshot.encode(), one.snapshot.encode());
    assert_eq!(one.snapshot.bitcoin.as_ref().unwrap().coins.len(), 41);
    assert_eq!(one.servers, ["memory of bitcoin", "memory of counterparty", "memory of xrpl"]);
    // The three assets that only the balances name are not known to this server.
    assert_eq!(one.snapshot.counterparty.as_ref().unwrap().balances.len(), 16);
    assert_eq!(one.snapshot.counterparty.as_ref().unwrap().assets.len(), 5);
}

#[test]
fn asks_for_no_chain_that_the_requests_do_not_touch() {
    let chain = Chain::demo();
    let xrp: Vec<Request> =
        requests().into_iter().filter(|r| plan::payer(r, &accounts()).unwrap().xrp().is_some()).collect();
    assert!(!xrp.is_empty());
    let gathered = demo(&chain, &xrp).unwrap();
    assert!(gathered.snapshot.bitcoin.is_none() && gathered.snapshot.counterparty.is_none());
    assert!(chain.asked.borrow().iter().all(|asked| asked.starts_with("xrpl") || asked.starts_with("XRP")));
    let mut sources = chain.sources();
    sources.xrpl.clear();
    let accounts = accounts();
    let scope = Scope::of_requests(&xrp, &accounts, &sources).unwrap();
    assert_eq!(gather(&sources, &scope, &terms(), &Silent).unwrap_err().code(), &NO_SERVER);
}

#[test]
fn a_block_in_the_middle_makes_it_begin_again_and_three_end_it() {
    let chain = Chain::demo();
    chain.blocks_during_scans.set(1);
    let gathered = everything(&chain, &terms()).unwrap();
    let (bitcoin, ledger) = (gathered.snapshot.bitcoin.unwrap(), gathered.snapshot.counterparty.unwrap());
    assert_eq!((bitcoin.height, ledger.height), (286, 286));
    assert_eq!(chain.asked.borrow().iter().filter(|asked| *asked == "coins of 4").count(), 2);
    // Two looks each time: the coin of 'float' makes it look further.
    chain.blocks_during_scans.set(6);
    assert_eq!(everything(&chain, &terms()).unwrap_err().code(), &MOVING);
}

#[test]
fn waits_for_a_ledger_that_is_behind_and_not_for_ever() {
    let chain = Chain::demo();
    // One look chooses the server.
    chain.ledger_behind.set(2);
    assert_eq!(everything(&chain, &terms()).unwrap().snapshot.counterparty.unwrap().height, 285);
    chain.ledger_behind.set(60);
    let error = everything(&chain, &terms()).unwrap_err();
    assert_eq!(error.code(), &OUT_OF_STEP);
    assert!(error.what().contains("the Bitcoin node at 285"), "{error}");
}

#[test]
fn refuses_servers_of_different_chains() {
    let chain = Chain::demo();
    chain.other_hash.set(Some(BlockHash::hash(b"other")));
    assert_eq!(everything(&chain, &terms()).unwrap_err().code(), &FORKED);
}

#[test]
fn marks_coins_that_carry_assets_confirmed_or_not() {
    let chain = Chain::demo();
    let outpoints: Vec<OutPoint> = {
        let mut facts = chain.facts.borrow_mut();
        let coins = &mut facts.bitcoin.as_mut().unwrap().coins;
        coins[1].height = None;
        coins[..2].iter().map(|coin| coin.outpoint).collect()
    };
    let row = |outpoint: &OutPoint, asset: &str, units| AttachedAsset {
        outpoint: *outpoint,
        asset: asset.to_owned(),
        quantity: airlock::amount::Quantity::new(units).unwrap(),
    };
    let foreign = OutPoint::new(Txid::all_zeros(), 7);
    *chain.attached.borrow_mut() =
        vec![row(&outpoints[0], "XCP", 5), row(&outpoints[1], "CARDSIND", 1), row(&foreign, "XCP", 9)];
    let coins = everything(&chain, &terms()).unwrap().snapshot.bitcoin.unwrap().coins;
    let marked: Vec<_> = coins.iter().filter(|coin| !coin.attached.is_empty()).collect();
    assert_eq!(marked.len(), 2);
    for coin in marked {
        let (asset, quantity) = if coin.outpoint == outpoints[0] { ("XCP", "5") } else { ("CARDSIND", "1") };
        assert_eq!((coin.attached[0].asset.as_str(), coin.attached[0].quantity.as_str()), (asset, quantity));
    }
}

#[test]
fn what_is_under_way_is_not_offered_again() {
    let chain = Chain::demo();
    let (coin, address) = {
        let mut facts = chain.facts.borrow_mut();
        let account = &mut facts.xrpl.as_mut().unwrap().accounts[0];
        account.tickets = vec![9, 5, 7];
        (
            facts.bitcoin.as_ref().unwrap().coins[3].outpoint,
            facts.xrpl.as_ref().unwrap().accounts[0].address.clone(),
        )
    };
    let in_flight = InFlight {
        coins: BTreeSet::from([coin]),
        next_sequence: BTreeMap::from([(address.clone(), 8_100_010)]),
        tickets: BTreeMap::from([(address, BTreeSet::from([7]))]),
    };
    let gathered = everything(&chain, &Terms { in_flight, ..terms() }).unwrap();
    assert_eq!(gathered.in_flight.iter().map(|coin| coin.outpoint).collect::<Vec<_>>(), [coin]);
    let bitcoin = gathered.snapshot.bitcoin.unwrap();
    assert!(bitcoin.coins.len() == 40 && bitcoin.coins.iter().all(|known| known.outpoint != coin));
    let account = &gathered.snapshot.xrpl.unwrap().accounts[0];
    assert_eq!((account.sequence, account.tickets.as_slice()), (8_100_010, &[5, 9][..]));
}

#[test]
fn looks_further_where_a_coin_lies_within_the_gap() {
    let chain = Chain::demo();
    let count = |gap_limit| {
        let terms = Terms { gap_limit, ..terms() };
        everything(&chain, &terms).unwrap().snapshot.bitcoin.unwrap().coins.len()
    };
    // The coin of 'float' lies at 0/4.
    assert_eq!((count(3), count(4)), (40, 41));
    let handed_out = BTreeMap::from([("float".parse().unwrap(), 2)]);
    let terms = Terms { gap_limit: 2, handed_out, ..terms() };
    assert_eq!(everything(&chain, &terms).unwrap().snapshot.bitcoin.unwrap().coins.len(), 41);
}

#[test]
fn leaves_out_coins_that_no_bundle_could_carry() {
    let chain = Chain::demo();
    let outpoint = {
        let mut facts = chain.facts.borrow_mut();
        let coin = &mut facts.bitcoin.as_mut().unwrap().coins[0];
        let mut previous: bitcoin::Transaction =
            bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap();
        let script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x6a; 400_001]);
        previous.output.push(bitcoin::TxOut { value: Amount::ZERO, script_pubkey });
        coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&previous);
        coin.outpoint = OutPoint::new(previous.compute_txid(), coin.outpoint.vout);
        coin.outpoint
    };
    let gathered = everything(&chain, &terms()).unwrap();
    assert!(gathered.snapshot.bitcoin.unwrap().coins.iter().all(|coin| coin.outpoint != outpoint));
    assert!(gathered.notes[0].starts_with("1 coins with "), "{:?}", gathered.notes);
}

#[test]
fn servers_that_cannot_be_relied_on_are_passed_over() {
    let (good, old) = (Chain::demo(), Chain::demo());
    old.age.set(121);
    let accounts = accounts();
    let mut sources = old.sources();
    let scope = Scope::of_accounts(&accounts, &sources);
    assert_eq!(gather(&sources, &scope, &terms(), &Silent).unwrap_err().code(), &NOT_USABLE);
    sources.xrpl.extend(old.sources().xrpl);
    assert_eq!(gather(&sources, &scope, &terms(), &Silent).unwrap_err().code(), &NONE_USABLE);
    sources.xrpl.extend(good.sources().xrpl);
    assert!(gather(&sources, &scope, &terms(), &Silent).is_ok());
}

/// One server each, and a second one for Counterparty and XRP.
fn beside(first: &Rc<Chain>, second: &Rc<Chain>) -> Result<Gathered> {
    let (mut sources, accounts) = (first.sources(), accounts());
    sources.counterparty.extend(second.sources().counterparty);
    sources.xrpl.extend(second.sources().xrpl);
    let scope = Scope::of_requests(&requests(), &accounts, &sources)?;
    gather(&sources, &scope, &terms(), &Silent)
}

#[test]
fn a_ledger_of_another_time_is_no_basis() {
    for (apart, fits) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let chain = Chain::demo();
        let at = then().to_unix().checked_add_signed(apart).unwrap();
        chain.facts.borrow_mut().xrpl.as_mut().unwrap().close_time = Moment::from_unix(at);
        let outcome = demo(&chain, &requests());
        assert_eq!(outcome.is_ok(), fits, "{apart}");
        if let Err(error) = outcome {
            assert_eq!((error.code(), error.code().exit.code()), (&OTHER_TIME, 1));
            assert!(error.what().contains(&crate::clock::show(then())), "both times are named: {error}");
        }
    }
}

#[test]
fn servers_of_the_xrp_ledger_stand_within_twenty_ledgers() {
    for (apart, fits) in [(-21, false), (-20, true), (0, true), (20, true), (21, false)] {
        let (one, two) = (Chain::demo(), Chain::demo());
        {
            let mut facts = two.facts.borrow_mut();
            let ledger = facts.xrpl.as_mut().unwrap();
            ledger.ledger_index = ledger.ledger_index.checked_add_signed(apart).unwrap();
        }
        let outcome = beside(&one, &two);
        assert_eq!(outcome.is_ok(), fits, "{apart}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!((error.code(), error.code().exit.code()), (&APART, 1));
            let theirs = 8_214_512u32.checked_add_signed(apart).unwrap().to_string();
            assert!(error.what().contains("8214512") && error.what().contains(&theirs), "{error}");
        }
        // What cannot be relied on for itself is no witness either.
        two.age.set(121);
        assert!(beside(&one, &two).is_ok());
    }
}

#[test]
fn a_second_counterparty_server_adds_what_the_first_one_keeps_back() {
    let (one, two) = (Chain::demo(), Chain::demo());
    let outpoint = one.facts.borrow().bitcoin.as_ref().unwrap().coins[0].outpoint;
    let quantity = airlock::amount::Quantity::new(5).unwrap();
    two.attached.borrow_mut().push(AttachedAsset { outpoint, asset: "CARDSIND".to_owned(), quantity });
    let to = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";
    for address in &mut two.facts.borrow_mut().counterparty.as_mut().unwrap().addresses {
        if address.address == to {
            (address.requires_memo, address.dispensers) = (true, 2);
        }
    }
    for (first, second) in [(&one, &two), (&two, &one)] {
        let snapshot = beside(first, second).unwrap().snapshot;
        let coins = snapshot.bitcoin.unwrap().coins;
        let marked: Vec<_> = coins.iter().filter(|coin| !coin.attached.is_empty()).collect();
        assert!(marked.len() == 1 && marked[0].outpoint == outpoint);
        let known = snapshot.counterparty.unwrap().addresses.into_iter().find(|known| known.address == to);
        assert!(known.is_some_and(|known| known.requires_memo && known.dispensers == 2));
    }
}

#[test]
fn counterparty_servers_that_know_different_balances_refuse() {
    let (one, two) = (Chain::demo(), Chain::demo());
    assert!(beside(&one, &two).is_ok());
    let (address, asset, was) = {
        let mut facts = two.facts.borrow_mut();
        let balances = &mut facts.counterparty.as_mut().unwrap().balances;
        let row = balances.iter_mut().find(|row| row.address.starts_with("bcrt1q6rz") && row.asset == "XCP");
        let row = row.unwrap();
        (row.address.clone(), row.asset.clone(), core::mem::replace(&mut row.quantity, "7".to_owned()))
    };
    for (first, second) in [(&one, &two), (&two, &one)] {
        let error = beside(first, second).unwrap_err();
        assert_eq!((error.code(), error.code().exit.code()), (&DISAGREE, 1));
        for part in [&*address, &*asset, &*was, " 7 ", "memory of counterparty"] {
            assert!(error.what().contains(part), "{part}: {error}");
        }
    }
    // A row that one of them does not have is a difference too.
    let absent = |facts: &mut Snapshot| {
        let balances = &mut facts.counterparty.as_mut().unwrap().balances;
        balances.retain(|row| row.address != address || row.asset != asset);
    };
    absent(&mut two.facts.borrow_mut());
    assert_eq!(beside(&one, &two).unwrap_err().code(), &DISAGREE);
}

#[test]
fn a_second_ledger_that_is_behind_is_waited_for_and_not_for_ever() {
    let (one, two) = (Chain::demo(), Chain::demo());
    two.ledger_behind.set(2);
    assert!(beside(&one, &two).is_ok());
    two.ledger_behind.set(60);
    let error = beside(&one, &two).unwrap_err();
    assert_eq!(error.code(), &OUT_OF_STEP);
    two.ledger_behind.set(0);
    two.other_hash.set(Some(BlockHash::hash(b"other")));
    assert_eq!(beside(&one, &two).unwrap_err().code(), &FORKED);
}

#[test]
fn accounts_of_another_network_are_named_before_anything_is_read() {
    let chain = Chain::demo();
    let mut sources = chain.sources();
    sources.network = airlock::network::BitcoinNetwork::Mainnet;
    let error = Scope::of_requests(&requests(), &accounts(), &sources).unwrap_err();
    assert_eq!(error.code(), &OTHER_NETWORK);
    assert!(error.what().contains("regtest, airlock.toml of mainnet"), "{error}");
    assert!(chain.asked.borrow().is_empty());
}

#[test]
fn further_addresses_are_of_a_configured_chain() {
    let (chain, accounts) = (Chain::demo(), accounts());
    let sources = chain.sources();
    let none = Scope::of_requests(&[], &accounts, &sources).unwrap();
    let known = none.clone().and_addresses(&[
        "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z".to_owned(),
        "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s".to_owned(),
    ]);
    let gathered = gather(&sources, &known.unwrap(), &terms(), &Silent).unwrap();
    assert!(gathered.snapshot.counterparty.unwrap().addresses[0].requires_memo);
    assert_eq!(gathered.snapshot.xrpl.unwrap().accounts[0].flags, 131_072);
    let error = none.and_addresses(&["bc1qnone".to_owned()]).unwrap_err();
    assert_eq!(error.code(), &crate::error::USAGE);
}
