use std::fs;
use std::rc::Rc;

use airlock::bundle::Artefact;
use airlock::watch::Watch;
use clap::Parser;

use super::*;
use crate::config::Config;
use crate::source::memory::{Chain, accounts};

mod promised;

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
    assert_eq!((&live.answer.json["new"], &again.answer.json["new"]), (&json!(true), &json!(false)));
    let is_said = |done: &Done| {
        let said = |line: &&String| {
            line.contains("this is the bundle planned") && line.contains("nothing new was made")
        };
        done.answer.lines.iter().find(said).cloned()
    };
    assert_eq!(is_said(&live), None);
    assert!(is_said(&again).unwrap().contains("which is planned"));
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
    let agrees = desk.send(&send_of("XCP"), &["--again"]).unwrap();
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
    let used = in_flight::uses_of(&bundle).unwrap();
    // As if it had been signed and verified: keys are the other half's.
    let store = rusqlite::Connection::open(Store::open(&desk.home()).unwrap().path()).unwrap();
    let txid = "00".repeat(32);
    let changed = store.execute("UPDATE steps SET state = 'signed', raw = '00', txid = ?1", [&txid]).unwrap();
    assert_eq!(changed, 1);
    let second = desk.send(&send_of("XCP"), &["--again"]).unwrap();
    let next = Bundle::decode(&fs::read(told(&second, "file")).unwrap()).unwrap();
    let again = in_flight::uses_of(&next).unwrap();
    assert!(used.is_disjoint(&again), "{used:?} {again:?}");
    assert_eq!(second.answer.json["facts"]["in_flight"].as_array().unwrap().len(), used.len());
}

/// One bitcoin payment; the fee rate makes each a bundle of its own, whatever the clock says.
fn btc(reference: Option<&str>, amount: &str, fee_rate: &str) -> Vec<Request> {
    let reference = reference.map(|text| format!(r#""reference":"{text}","#)).unwrap_or_default();
    let text = format!(
        r#"[{{"from":"cold","fee_rate":"{fee_rate}",{reference}"intent":{{"send-bitcoin":{{"payees":[
        {{"to":"bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks","amount":"{amount}"}}]}}}}}}]"#
    );
    airlock::json::parse_as(text.as_bytes()).unwrap()
}

fn xrp(fee_drops: u32) -> Vec<Request> {
    let text = format!(
        r#"[{{"from":"cold","fee_drops":"{fee_drops}","intent":{{"send-xrp":{{
        "to":"rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s","tag":1,"amount":"30"}}}}}}]"#
    );
    airlock::json::parse_as(text.as_bytes()).unwrap()
}

fn bundle_of(done: &Done) -> Bundle {
    Bundle::decode(&fs::read(told(done, "file")).unwrap()).unwrap()
}

impl Desk {
    /// As if it had come so far: keys are the other half's.
    fn set(&self, done: &Done, state: &str) {
        let store = rusqlite::Connection::open(Store::open(&self.home()).unwrap().path()).unwrap();
        let id = told(done, "id");
        let change = "UPDATE steps SET state = ?2, raw = '00', txid = ?3 WHERE bundle = ?1";
        assert!(store.execute(change, [id.as_str(), state, &"00".repeat(32)]).unwrap() > 0);
    }

    fn expire(&self, done: &Done) {
        let store = rusqlite::Connection::open(Store::open(&self.home()).unwrap().path()).unwrap();
        let change = "UPDATE bundles SET expires = created WHERE id = ?1";
        assert_eq!(store.execute(change, [told(done, "id")]).unwrap(), 1);
    }

    fn kept(&self) -> usize {
        Store::open(&self.home()).unwrap().bundles(Filter::All).unwrap().len()
    }
}

fn warned(done: &Done, text: &str) -> bool {
    done.answer.json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|w| w["text"].as_str().unwrap().contains(text))
}

#[test]
fn the_same_withdrawal_is_not_planned_twice() {
    let desk = Desk::new();
    let first = desk.send(&btc(None, "0.0005", "2"), &[]).unwrap();
    let short = told(&first, "short_id");
    let same = btc(None, "0.00050", "3");
    let error = desk.send(&same, &[]).unwrap_err();
    assert_eq!((error.code(), error.code().exit.code()), (&repeat::REPEATED, 1));
    assert!(error.what().contains(&short) && error.what().contains("planned"), "{error}");
    assert!(error.next().contains(&format!("--replaces {short}")), "{error}");
    assert_eq!(desk.kept(), 1, "nothing was kept");
    assert!(desk.send(&btc(None, "0.00051", "3"), &[]).is_ok(), "another amount is another payment");
    for state in ["signed", "submitted", "seen", "confirmed"] {
        desk.set(&first, state);
        desk.expire(&first);
        let error = desk.send(&same, &[]).unwrap_err();
        assert_eq!(error.code(), &repeat::REPEATED, "{state}");
        assert!(error.what().contains(state), "{error}");
    }
    let again = desk.send(&same, &["--again"]).unwrap();
    assert!(warned(&again, &format!("asks for the same as bundle {short}, which is confirmed")));
}

#[test]
fn what_did_not_pay_may_be_planned_again_and_what_did_is_told() {
    let desk = Desk::new();
    let never = desk.send(&btc(None, "0.0005", "2"), &[]).unwrap();
    desk.expire(&never);
    let failed = desk.send(&btc(None, "0.0005", "3"), &[]).unwrap();
    desk.set(&failed, "failed");
    let gone = desk.send(&btc(None, "0.0005", "4"), &[]).unwrap();
    desk.set(&gone, "superseded");
    let done = desk.send(&btc(None, "0.0005", "5"), &[]).unwrap();
    assert!(!warned(&done, "bundle"));
    desk.set(&done, "final");
    let once_more = desk.send(&btc(None, "0.0005", "6"), &[]).unwrap();
    assert!(warned(&once_more, &format!("the same as bundle {}, which is final", told(&done, "short_id"))));
}

#[test]
fn a_reference_stands_for_one_withdrawal() {
    let desk = Desk::new();
    let first = desk.send(&btc(Some("W-17"), "0.0005", "2"), &[]).unwrap();
    assert!(desk.send(&btc(Some("W-18"), "0.0005", "2"), &[]).is_ok(), "two withdrawals may be alike");
    for state in ["planned", "final"] {
        desk.set(&first, state);
        let error = desk.send(&btc(Some("W-17"), "0.0007", "3"), &[]).unwrap_err();
        assert_eq!(error.code(), &repeat::REPEATED);
        assert!(error.what().contains("'W-17'") && error.what().contains(state), "{error}");
    }
    // Who leaves the reference out has not said that it is another one.
    let error = desk.send(&btc(None, "0.0005", "3"), &[]).unwrap_err();
    assert_eq!(error.code(), &repeat::REPEATED);
    desk.set(&first, "failed");
    assert!(desk.send(&btc(Some("W-17"), "0.0007", "3"), &[]).is_ok());
}

#[test]
fn a_replacement_uses_what_the_replaced_bundle_uses() {
    let desk = Desk::new();
    for (index, [first, second]) in
        [[btc(None, "0.0005", "2"), btc(None, "0.0005", "9")], [xrp(5_000), xrp(6_000)]]
            .into_iter()
            .enumerate()
    {
        let old = desk.send(&first, &[]).unwrap();
        desk.set(&old, "signed");
        let short = told(&old, "short_id");
        let new = desk.send(&second, &["--replaces", &short]).unwrap();
        let used = in_flight::uses_of(&bundle_of(&old)).unwrap();
        let both = in_flight::uses_of(&bundle_of(&new)).unwrap();
        assert!(!used.is_disjoint(&both), "{index}");
        assert_eq!(new.answer.json["replaces"][0]["short_id"], short.as_str());
        assert!(new.answer.lines.iter().any(|line| {
            line.starts_with(&format!("replaces     {short}: both use")) && line.contains("at most one")
        }));
        assert!(!warned(&new, &short), "it is said once");
    }
}

#[test]
fn a_replacement_that_leaves_the_other_free_is_refused() {
    let desk = Desk::new();
    let old = desk.send(&btc(None, "0.0005", "2"), &[]).unwrap();
    desk.set(&old, "submitted");
    let short = told(&old, "short_id");
    // The node leaves out what its mempool spends.
    let bundle = bundle_of(&old);
    let Artefact::Psbt(psbt) = &bundle.steps()[0].artefact else { unreachable!("it pays bitcoin") };
    let spent: Vec<_> = psbt.unsigned_tx.input.iter().map(|input| input.previous_output).collect();
    let forget = |coin: &airlock::snapshot::Coin| !spent.contains(&coin.outpoint);
    desk.chain.facts.borrow_mut().bitcoin.as_mut().unwrap().coins.retain(forget);
    let kept = desk.kept();
    let error = desk.send(&btc(None, "0.0005", "3"), &["--replaces", &short]).unwrap_err();
    assert_eq!((error.code(), error.code().exit.code()), (&repeat::NOT_REPLACED, 1));
    assert!(error.what().contains(&short), "{error}");
    assert_eq!(desk.kept(), kept);
    // What is done cannot be replaced.
    desk.set(&old, "final");
    let error = desk.send(&btc(None, "0.0005", "3"), &["--replaces", &short]).unwrap_err();
    assert_eq!(error.code(), &repeat::NOT_REPLACED);
}

#[test]
fn another_payment_of_the_new_bundle_does_not_exclude_the_old_one() {
    let desk = Desk::new();
    let old = desk.send(&btc(None, "0.0005", "2"), &[]).unwrap();
    desk.set(&old, "signed");
    // The coin of the old payment goes to the first of these, the same payment takes another one: both could happen.
    let two = [btc(None, "0.0003", "3"), btc(None, "0.0005", "3")].concat();
    let error = desk.send(&two, &["--replaces", &told(&old, "short_id")]).unwrap_err();
    assert_eq!(error.code(), &repeat::REPEATED);
    assert!(error.what().starts_with("request 2 "), "{error}");
}

#[test]
fn a_pair_is_replaced_by_its_first_half_until_that_is_done() {
    let desk = Desk::new();
    let pair = |fee_rate: &str| -> Vec<Request> {
        let mut requests = send_of("XCP");
        requests[0].encoding = Some(Encoding::Taproot);
        requests[0].fee_rate = Some(fee_rate.to_owned());
        requests
    };
    let old = desk.send(&pair("2"), &[]).unwrap();
    assert_eq!(bundle_of(&old).steps().len(), 2);
    desk.set(&old, "signed");
    let short = told(&old, "short_id");
    let new = desk.send(&pair("3"), &["--replaces", &short]).unwrap();
    assert_eq!(new.answer.json["replaces"][0]["both_use"].as_array().unwrap().len(), 1);
    let store = rusqlite::Connection::open(Store::open(&desk.home()).unwrap().path()).unwrap();
    let change = "UPDATE steps SET state = 'final' WHERE bundle = ?1 AND number = 0";
    assert_eq!(store.execute(change, [told(&old, "id")]).unwrap(), 1);
    let error = desk.send(&pair("4"), &["--replaces", &short]).unwrap_err();
    assert_eq!(error.code(), &repeat::NOT_REPLACED);
    assert!(error.what().contains("transaction 2"), "{error}");
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
