use airlock::network::BitcoinNetwork;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

use super::finding::Grade::{Forbids, Good, Warns};
use super::*;
use crate::config::Config;
use crate::source::memory::{Chain, then};
use crate::source::open::Sources;

fn look(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    let seen = servers::look(sources, Duration::ZERO, &mut findings).unwrap();
    findings.extend(together::findings(sources, &seen, Duration::ZERO, then()).unwrap());
    findings
}

fn graded(findings: &[Finding], grade: Grade) -> Vec<(&str, &str)> {
    let found = findings.iter().filter(|finding| finding.grade == grade);
    found.map(|finding| (finding.server.as_str(), finding.name)).collect()
}

#[test]
fn servers_in_good_order_are_fit() {
    let findings = look(&Chain::demo().sources());
    assert!(findings.iter().all(|finding| finding.grade == Good), "{findings:#?}");
    let checks: Vec<&str> = findings.iter().map(|finding| finding.name).collect();
    for check in ["network", "synced", "version", "txindex", "height", "agrees", "ledgers", "clock"] {
        assert!(checks.contains(&check), "{check}");
    }
    let done = answer(&findings);
    assert_eq!(done.exit, None);
    assert_eq!(done.answer.json["fit"], true);
    assert_eq!(done.answer.lines.last().unwrap(), "Everything is as it should be.");
}

#[test]
fn whatever_forbids_work_is_named_and_ends_with_exit_code_4() {
    let chain = Chain::demo();
    let mut sources = chain.sources();
    sources.network = BitcoinNetwork::Mainnet;
    sources.network_id = 0;
    chain.age.set(500);
    let findings = look(&sources);
    let networks = [("memory of bitcoin", "network"), ("memory of counterparty", "network")];
    let ledger = [("memory of xrpl", "network"), ("memory of xrpl", "synced"), ("this machine", "clock")];
    assert_eq!(graded(&findings, Forbids), [&networks[..], &ledger[..]].concat());
    let done = answer(&findings);
    assert_eq!(done.exit, Some(Exit::Environment));
    assert!(findings.iter().all(|finding| finding.grade == Good || !finding.next.is_empty()));
}

#[test]
fn nodes_that_disagree_are_told_apart_at_the_height_that_both_have() {
    let (one, two) = (Chain::demo(), Chain::demo());
    two.facts.borrow_mut().bitcoin.as_mut().unwrap().hash = BlockHash::hash(b"fork").to_string();
    let mut sources = one.sources();
    sources.bitcoin.extend(two.sources().bitcoin);
    let findings = look(&sources);
    assert_eq!(graded(&findings, Forbids), [("memory of bitcoin", "agrees")]);
    let told = findings.iter().find(|finding| finding.grade == Forbids).unwrap();
    assert!(told.what.starts_with("block 285 is ") && told.next.contains("do not plan"), "{told:?}");
    // A Counterparty server on the other chain.
    let mut sources = one.sources();
    sources.counterparty = two.sources().counterparty;
    assert_eq!(graded(&look(&sources), Forbids), [("memory of counterparty", "agrees")]);
    // Two that made something else of the same block.
    two.facts.replace(Chain::demo().facts.borrow().clone());
    two.facts.borrow_mut().counterparty.as_mut().unwrap().ledger_hash = "00".repeat(32);
    let mut sources = one.sources();
    sources.counterparty.extend(two.sources().counterparty);
    assert_eq!(graded(&look(&sources), Forbids), [("memory of counterparty", "ledger")]);
}

#[test]
fn a_ledger_behind_our_own_node_is_waited_for_and_not_for_long() {
    let chain = Chain::demo();
    // It catches up by one at each look: the first look is at two behind, so nothing is waited for.
    chain.ledger_behind.set(2);
    assert_eq!(graded(&look(&chain.sources()), Forbids), [("memory of counterparty", "height")]);
    chain.ledger_behind.set(1);
    assert!(graded(&look(&chain.sources()), Forbids).is_empty());
    assert_eq!(chain.asked.borrow().iter().filter(|asked| *asked == "counterparty status").count(), 3);
}

#[test]
fn a_chain_without_servers_is_named_and_not_forbidden() {
    let chain = Chain::demo();
    let mut sources = chain.sources();
    sources.xrpl.clear();
    assert_eq!(graded(&look(&sources), Warns), [("XRP Ledger", "configured")]);
    assert!(graded(&look(&sources), Forbids).is_empty());
}

#[test]
fn credentials_in_the_open_are_named_without_being_shown() {
    let text = |url: &str| {
        format!(
            "[xrpl]\nnetwork_id = 1\n[[xrpl.server]]\nurl = \"{url}\"\nplain_http = true\nuser = \"u\"\npassword_env = \"PASSWORD_OF_U\"\n"
        )
    };
    let findings = |url: &str| servers::in_the_open(&Config::decode(&text(url)).unwrap());
    assert!(findings("http://127.0.0.1:5005").is_empty() && findings("https://xrpl.example").is_empty());
    let open = findings("http://10.0.0.5:5005");
    let url = "http://10.0.0.5:5005";
    assert_eq!(graded(&open, Warns), [(url, "transport"), (url, "credential")]);
    assert_eq!(
        open[1].what,
        "user u with the password in $PASSWORD_OF_U travels over plain http to another machine"
    );
}
