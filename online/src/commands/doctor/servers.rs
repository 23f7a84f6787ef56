//! Each server by itself.

use std::time::Duration;

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock::text::Printable;

use super::finding::Finding;
use crate::config::{Config, Server};
use crate::source::bitcoin::BitcoinStatus;
use crate::source::counterparty::CounterpartyStatus;
use crate::source::open::{OLDEST_LEDGER, Sources};
use crate::source::xrpl::{Ledgers, XrplStatus};
use crate::stop;

/// How the servers that answered stand, by their place in the file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) bitcoin: Vec<Option<BitcoinStatus>>,
    pub(super) counterparty: Vec<Option<CounterpartyStatus>>,
    pub(super) xrpl: Vec<Option<XrplStatus>>,
}

const ADD: &str = "Add one to airlock.toml where this chain is used.";
const NETWORK: &str = "Name the right server, or the right network, in airlock.toml.";
/// The oldest version that the recordings of counterparty-server are of.
const COUNTERPARTY_MAJOR: u32 = 11;

/// Where somebody between the machines can read along and change what is said.
pub(super) fn in_the_open(config: &Config) -> Vec<Finding> {
    let bitcoin = config.bitcoin.servers.iter().map(|server| &server.server);
    let all = bitcoin.chain(&config.counterparty).chain(&config.xrpl.servers);
    all.filter(|server| !server.url.is_private()).flat_map(open_server).collect()
}

fn open_server(server: &Server) -> Vec<Finding> {
    const CLOSE: &str =
        "Use https (`ca_file` for an authority of your own), or a tunnel such as ssh -L, and 127.0.0.1.";
    let name = server.url.to_string();
    let answers = "plain http to another machine: whoever stands between can change every answer".to_owned();
    let mut findings = vec![Finding::warns(&name, "transport", answers, CLOSE)];
    if server.exposes_credential() {
        let what = format!("{} travels over plain http to another machine", server.credential.describe());
        findings.push(Finding::warns(&name, "credential", what, CLOSE));
    }
    findings
}

/// How often a server is asked that is one block behind: a block takes some seconds to arrive everywhere.
pub(super) const LOOKS: u32 = 5;

/// Asks every server how it stands.
///
/// # Errors
/// [`stop::STOPPED`].
pub(super) fn look(sources: &Sources, pause: Duration, findings: &mut Vec<Finding>) -> Result<Seen> {
    let mut seen = Seen::default();
    for source in &sources.bitcoin {
        stop::check()?;
        let (name, status) = (source.name(), source.status());
        match &status {
            Ok(status) => findings.extend(bitcoin(&name, status, sources.network)),
            Err(error) => findings.push(Finding::of_error(&name, "reachable", error)),
        }
        seen.bitcoin.push(status.ok());
    }
    for source in &sources.counterparty {
        stop::check()?;
        let (name, mut status) = (source.name(), source.status());
        for _ in 1..LOOKS {
            if !status.as_ref().is_ok_and(|status| status.bitcoin_height.abs_diff(status.height) == 1) {
                break;
            }
            stop::sleep(pause)?;
            status = source.status();
        }
        match &status {
            Ok(status) => findings.extend(counterparty(&name, status, sources.network)),
            Err(error) => findings.push(Finding::of_error(&name, "reachable", error)),
        }
        seen.counterparty.push(status.ok());
    }
    for source in &sources.xrpl {
        stop::check()?;
        let (name, status) = (source.name(), source.status());
        match &status {
            Ok(status) => findings.extend(xrpl(&name, status, sources.network_id)),
            Err(error) => findings.push(Finding::of_error(&name, "reachable", error)),
        }
        seen.xrpl.push(status.ok());
    }
    let empty = [
        ("Bitcoin", sources.bitcoin.is_empty()),
        ("Counterparty", sources.counterparty.is_empty()),
        ("XRP Ledger", sources.xrpl.is_empty()),
    ];
    for (chain, _) in empty.into_iter().filter(|(_, empty)| *empty) {
        findings.push(Finding::warns(chain, "configured", "no server".to_owned(), ADD));
    }
    Ok(seen)
}

fn network(name: &str, theirs: BitcoinNetwork, ours: BitcoinNetwork) -> Finding {
    match theirs == ours {
        true => Finding::good(name, "network", theirs.to_string()),
        false => Finding::forbids(name, "network", format!("{theirs}, airlock.toml says {ours}"), NETWORK),
    }
}

pub(super) fn bitcoin(name: &str, status: &BitcoinStatus, ours: BitcoinNetwork) -> Vec<Finding> {
    let mut findings = vec![network(name, status.network, ours)];
    let (height, headers) = (status.height, status.headers);
    findings.push(match status.synced {
        true => Finding::good(name, "synced", format!("block {height} of {}", status.tip_time)),
        false => Finding::forbids(
            name,
            "synced",
            format!("block {height} of {headers}"),
            "Wait until the node has caught up.",
        ),
    });
    findings.push(Finding::good(name, "version", Printable::new(&status.version).to_string()));
    let index = if status.txindex { "there, not needed" } else { "not there, not needed" };
    findings.push(Finding::good(name, "txindex", index.to_owned()));
    if status.pruned {
        findings.push(Finding::warns(
            name,
            "pruned",
            "old blocks are thrown away".to_owned(),
            "Deposits and transactions of blocks that are gone cannot be read again: run the deposits watch more often than \
             blocks are pruned, or keep all blocks.",
        ));
    }
    findings
}

pub(super) fn counterparty(name: &str, status: &CounterpartyStatus, ours: BitcoinNetwork) -> Vec<Finding> {
    let shown = |text: &str| Printable::new(text).to_string();
    let mut findings = vec![network(name, status.network, ours)];
    let major: Option<u32> =
        status.version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    findings.push(match major {
        Some(major) if major >= COUNTERPARTY_MAJOR => Finding::good(name, "version", shown(&status.version)),
        Some(_) | None => Finding::warns(
            name,
            "version",
            format!("{}; {COUNTERPARTY_MAJOR} and later are known", shown(&status.version)),
            "Update counterparty-server: old versions follow other rules of the protocol.",
        ),
    });
    let (height, node) = (status.height, status.bitcoin_height);
    let behind = node.abs_diff(height);
    let state = shown(&status.state);
    findings.push(match (status.ready, behind) {
        (true, 0) => Finding::good(name, "synced", format!("ledger at block {height}, state '{state}'")),
        (_, behind) => Finding::forbids(
            name,
            "synced",
            format!("ledger at block {height}, its node at {node}: {behind} behind, state '{state}'"),
            "Wait until the server has caught up with its node.",
        ),
    });
    findings
}

pub(super) fn xrpl(name: &str, status: &XrplStatus, ours: u32) -> Vec<Finding> {
    let id = status.network_id;
    let mut findings = vec![match id == ours {
        true => Finding::good(name, "network", format!("id {id}")),
        false => Finding::forbids(name, "network", format!("id {id}, airlock.toml says {ours}"), NETWORK),
    }];
    let version = Printable::new(&status.version).to_string();
    findings.push(match status.amendment_blocked {
        false => Finding::good(name, "version", version),
        true => Finding::forbids(
            name,
            "version",
            format!("{version} is amendment blocked"),
            "Update the server: its version no longer understands the ledger.",
        ),
    });
    let state = Printable::new(&status.state);
    findings.push(match &status.validated {
        None => Finding::forbids(
            name,
            "synced",
            format!("no validated ledger, state '{state}'"),
            "Wait until the server has joined the network.",
        ),
        Some(ledger) if ledger.age > OLDEST_LEDGER => Finding::forbids(
            name,
            "synced",
            format!("ledger {} is {} seconds old, state '{state}'", ledger.index, ledger.age),
            "The server has lost the network: look at its peers and its clock.",
        ),
        Some(ledger) => Finding::good(
            name,
            "synced",
            format!("ledger {}, {} seconds old, state '{state}'", ledger.index, ledger.age),
        ),
    });
    let last = status.validated.as_ref().map_or(0, |ledger| ledger.index);
    findings.push(history(name, &status.complete, last));
    findings
}

/// Ledgers of a day, at three seconds each.
const DAY: u32 = 28_800;

/// A transaction can be called failed only where no ledger of its range is missing.
fn history(name: &str, complete: &Ledgers, last: u32) -> Finding {
    let shown: Vec<String> = complete.0.iter().map(|(from, to)| format!("{from}-{to}")).collect();
    let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
    match complete.hold(last.saturating_sub(DAY).max(1), last) {
        true => Finding::good(name, "ledgers", format!("complete {shown}")),
        false => Finding::warns(
            name,
            "ledgers",
            format!("complete {shown}; of the last day some are missing"),
            "What became of a transaction is known for certain only where no ledger is missing: keep more of them, or add a \
             second server.",
        ),
    }
}
