use std::fs;
use std::rc::Rc;

use airlock::bundle::Artefact;
use airlock::watch::Watch;
use clap::Parser;

use super::*;
use crate::config::Config;
use crate::source::memory::{Chain, accounts};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    build: Build,
}

/// A home with the demo's accounts beside the demo's servers.
struct Desk {
    folder: tempfile::TempDir,
    chain: Rc<Chain>,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), chain: Chain::demo() };
        desk.chain.facts.borrow_mut().xrpl.as_mut().unwrap().close_time = clock::now().minus(4);
        desk.home().import(&Watch { accounts: accounts() }).unwrap();
        desk
    }

    fn home(&self) -> Home {
        Home::find(Some(&self.folder.path().join("home"))).unwrap()
    }

    fn live(&self) -> Live {
        let config = Config::decode("[bitcoin]\nnetwork = \"regtest\"\n[xrpl]\nnetwork_id = 1\n").unwrap();
        Live { home: self.home(), config, sources: self.chain.sources() }
    }

    fn line(&self, more: &[&str]) -> Line {
        let (home, out) = (self.home(), self.folder.path().to_str().unwrap());
        let base = ["x", "--json", "--home", home.folder().to_str().unwrap(), "--out", out];
        Line::try_parse_from([&base[..], more].concat()).unwrap()
    }

    fn send(&self, requests: &[Request], more: &[&str]) -> Result<Done> {
        let line = self.line(more);
        build_live(requests, "test", &line.build, &line.global, &self.live())
    }
}

fn requests() -> Vec<Request> {
    airlock::json::parse_as(include_bytes!("../../../../vectors/demo/requests.json")).unwrap()
}

fn send_of(asset: &str) -> Vec<Request> {
    let text = format!(
        r#"[{{"from":"cold","intent":{{"send-asset":{{"payee":{{"asset":"{asset}",
        "to":"bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks","amount":"1"}}}}}}}}]"#
    );
    airlock::json::parse_as(text.as_bytes()).unwrap()
}

fn told(done: &Done, member: &str) -> String {
    done.answer.json[member].as_str().unwrap().to_owned()
}

#[test]
fn the_kept_snapshot_gives_the_same_bundle_byte_for_byte() {
    let desk = Desk::new();
    let live = desk.send(&requests(), &[]).unwrap();
    let bundle = fs::read(told(&live, "file")).unwrap();
    fs::remove_file(told(&live, "file")).unwrap();
    let snapshot = told(&live, "snapshot");
    let line = desk.line(&["--snapshot", &snapshot]);
    let again = build(&requests(), "test", &line.build, &line.global).unwrap();
    assert_eq!(fs::read(told(&again, "file")).unwrap(), bundle);
    assert!(again.answer.json.get("snapshot").is_none(), "it is kept already");
    assert_eq!(live.answer.json["facts"]["servers"][0], "memory of bitcoin");
}

#[test]
fn without_servers_and_without_a_snapshot_nothing_is_planned() {
    let desk = Desk::new();
    let line = desk.line(&[]);
    let error = build(&requests(), "test", &line.build, &line.global).unwrap_err();
    assert_eq!(error.code(), &NO_SNAPSHOT);
    assert!(!desk.home().folder().join("bundles").exists());
}

#[test]
fn a_server_that_would_compose_something_else_stops_the_plan() {
    let desk = Desk::new();
    let silent = desk.send(&send_of("XCP"), &[]).unwrap();
    assert_eq!(silent.answer.json["second_opinion"][0]["outcome"], "none");
    let bytes = fs::read(told(&silent, "file")).unwrap();
    let ours = match &Bundle::decode(&bytes).unwrap().steps()[0].artefact {
        Artefact::Psbt(psbt) => psbt.unsigned_tx.clone(),
        Artefact::TxJson(_) => unreachable!("it is a Counterparty send"),
    };
    *desk.chain.composed.borrow_mut() = Some(vec![ours.clone()]);
    let agrees = desk.send(&send_of("XCP"), &[]).unwrap();
    assert_eq!(agrees.answer.json["second_opinion"][0]["outcome"], "agrees");
    assert!(
        agrees.answer.lines.iter().any(|line| line == "second opinion: the server would compose the same")
    );

    let kept = || fs::read_dir(desk.home().folder().join("bundles")).unwrap().count();
    let before = kept();
    let mut other = ours;
    other.output.last_mut().unwrap().value = bitcoin::Amount::from_sat(1_000);
    *desk.chain.composed.borrow_mut() = Some(vec![other]);
    let error = desk.send(&send_of("TOKENDIV"), &[]).unwrap_err();
    assert_eq!((error.code(), error.code().exit.code()), (&opinion::DIFFERS, 1));
    assert!(error.what().contains("memory of counterparty: step 1: "), "{error}");
    assert_eq!(kept(), before, "nothing was kept");
    let anyway = desk.send(&send_of("TOKENDIV"), &["--without-second-opinion"]).unwrap();
    assert_eq!(anyway.answer.json["second_opinion"], json!([]));
}

#[test]
fn coins_of_a_signed_bundle_are_not_planned_again() {
    let desk = Desk::new();
    let first = desk.send(&send_of("XCP"), &[]).unwrap();
    let bundle = Bundle::decode(&fs::read(told(&first, "file")).unwrap()).unwrap();
    let used = crate::store::in_flight::uses_of(&bundle).unwrap();
    // As if it had been signed and verified: keys are the other half's.
    let store = rusqlite::Connection::open(Store::open(&desk.home()).unwrap().path()).unwrap();
    let txid = "00".repeat(32);
    let changed = store.execute("UPDATE steps SET state = 'signed', raw = '00', txid = ?1", [&txid]).unwrap();
    assert_eq!(changed, 1);
    let second = desk.send(&send_of("XCP"), &[]).unwrap();
    let next = Bundle::decode(&fs::read(told(&second, "file")).unwrap()).unwrap();
    let again = crate::store::in_flight::uses_of(&next).unwrap();
    assert!(used.is_disjoint(&again), "{used:?} {again:?}");
    assert_eq!(second.answer.json["facts"]["in_flight"].as_array().unwrap().len(), used.len());
}

#[test]
fn how_far_an_account_was_used_is_remembered_when_its_coins_are_spent() {
    let (desk, fresh) = (Desk::new(), Desk::new());
    let accounts = accounts();
    let coins = |desk: &Desk| {
        let mut live = desk.live();
        live.config.bitcoin.gap_limit = 4;
        let scope = Scope::of_accounts(&accounts, &live.sources);
        let gathered = live.gather(&scope, &accounts, &desk.line(&[]).global).unwrap();
        gathered
            .snapshot
            .bitcoin
            .unwrap()
            .coins
            .into_iter()
            .filter(|coin| coin.account.as_str() == "float")
            .count()
    };
    assert_eq!(coins(&desk), 1, "it lies at 0/4");
    let float = accounts.iter().find(|account| account.name.as_str() == "float").unwrap();
    for chain in [&desk.chain, &fresh.chain] {
        let mut facts = chain.facts.borrow_mut();
        let coin =
            facts.bitcoin.as_mut().unwrap().coins.iter_mut().find(|coin| coin.account == float.name).unwrap();
        let mut previous: bitcoin::Transaction =
            bitcoin::consensus::encode::deserialize_hex(&coin.prev_tx).unwrap();
        previous.output[1].script_pubkey = float.bitcoin().unwrap().script_pubkey(0, 8).unwrap();
        coin.prev_tx = bitcoin::consensus::encode::serialize_hex(&previous);
        coin.outpoint.txid = previous.compute_txid();
        coin.index = 8;
    }
    assert_eq!((coins(&desk), coins(&fresh)), (1, 0));
}
