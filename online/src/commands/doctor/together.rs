//! The servers beside each other, and beside this machine's clock.

use std::time::Duration;

use airlock::Result;
use airlock::time::Moment;

use super::finding::Finding;
use super::servers::{LOOKS, Seen};
use crate::source::bitcoin::BitcoinSource;
use crate::source::counterparty::CounterpartySource;
use crate::source::open::Sources;
use crate::stop;

const DISAGREE: &str =
    "One of the two is on a chain that will not last, or lies: do not plan before they agree.";
/// How far the clocks of servers and of this machine may lie apart, in seconds.
const CLOCKS: u64 = 60;
/// How far in the future a block's time may lie (consensus allows two hours).
const BLOCK_CLOCK: u64 = 7_200;

/// # Errors
/// [`stop::STOPPED`].
pub(super) fn findings(sources: &Sources, seen: &Seen, pause: Duration, now: Moment) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    findings.extend(bitcoin_pairs(sources, seen));
    findings.extend(ledger_pairs(sources, seen, pause)?);
    findings.push(clock(seen, now));
    Ok(findings)
}

/// Every Bitcoin server beside the first that answered, at the height that both have.
fn bitcoin_pairs(sources: &Sources, seen: &Seen) -> Vec<Finding> {
    let mut answered = sources
        .bitcoin
        .iter()
        .zip(&seen.bitcoin)
        .filter_map(|(source, status)| Some((source, status.as_ref()?)))
        .filter(|(_, status)| status.network == sources.network);
    let Some((first, at_first)) = answered.next() else { return Vec::new() };
    answered
        .map(|(other, status)| same_block(first.as_ref(), other.as_ref(), at_first.height.min(status.height)))
        .collect()
}

fn same_block(first: &dyn BitcoinSource, other: &dyn BitcoinSource, height: u32) -> Finding {
    let (one, two) = (first.name(), other.name());
    match (first.block_hash(height), other.block_hash(height)) {
        (Ok(Some(a)), Ok(Some(b))) if a == b => {
            Finding::good(&two, "agrees", format!("block {height} is {a}, as at {one}"))
        }
        (Ok(Some(a)), Ok(Some(b))) => {
            Finding::forbids(&two, "agrees", format!("block {height} is {b}, at {one} it is {a}"), DISAGREE)
        }
        (Ok(_), Ok(_)) => Finding::warns(
            &two,
            "agrees",
            format!("block {height} is not there any more at one of the two"),
            "A reorganization is under way, or one just changed its chain; look again in a minute.",
        ),
        (Err(error), _) => Finding::of_error(&one, "agrees", &error),
        (_, Err(error)) => Finding::of_error(&two, "agrees", &error),
    }
}

/// Every Counterparty server beside our own Bitcoin node: the same height, and the same block there; and beside the first
/// Counterparty server the same ledger.
fn ledger_pairs(sources: &Sources, seen: &Seen, pause: Duration) -> Result<Vec<Finding>> {
    let nodes = sources
        .bitcoin
        .iter()
        .zip(&seen.bitcoin)
        .filter_map(|(source, status)| Some((source, status.as_ref()?)));
    let node = nodes.into_iter().find(|(_, status)| status.network == sources.network);
    let mut findings = Vec::new();
    let mut first: Option<(&dyn CounterpartySource, u32)> = None;
    for (server, status) in sources.counterparty.iter().zip(&seen.counterparty) {
        let Some(status) = status.as_ref().filter(|status| status.network == sources.network) else {
            continue;
        };
        if let Some((node, at_node)) = &node {
            findings.push(height(server.as_ref(), status.height, node.as_ref(), at_node.height, pause)?);
            let common = status.height.min(at_node.height);
            findings.extend(same_chain(server.as_ref(), node.as_ref(), common));
        }
        match first {
            None => first = Some((server.as_ref(), status.height)),
            Some((other, height)) => {
                findings.extend(same_ledger(other, server.as_ref(), height.min(status.height)))
            }
        }
    }
    Ok(findings)
}

fn height(
    server: &dyn CounterpartySource,
    mut ledger: u32,
    node: &dyn BitcoinSource,
    mut tip: u32,
    pause: Duration,
) -> Result<Finding> {
    for _ in 1..LOOKS {
        if ledger.abs_diff(tip) != 1 {
            break;
        }
        stop::sleep(pause)?;
        (tip, ledger) = match (node.status(), server.status()) {
            (Ok(node), Ok(server)) => (node.height, server.height),
            (Err(_), _) | (_, Err(_)) => break,
        };
    }
    let (server, node) = (server.name(), node.name());
    Ok(match ledger == tip {
        true => Finding::good(&server, "height", format!("block {ledger}, as {node}")),
        false => Finding::forbids(
            &server,
            "height",
            format!("ledger at block {ledger}, {node} at block {tip}"),
            "Wait until both have caught up. Plans need balances and coins of one block.",
        ),
    })
}

fn same_chain(server: &dyn CounterpartySource, node: &dyn BitcoinSource, height: u32) -> Option<Finding> {
    let (theirs, ours) = (server.block(height), node.block_hash(height));
    match (theirs, ours) {
        (Ok(theirs), Ok(Some(ours))) if theirs.hash == ours => Some(Finding::good(
            &server.name(),
            "agrees",
            format!("block {height} is {ours}, as at {}", node.name()),
        )),
        (Ok(theirs), Ok(Some(ours))) => {
            let what = format!("block {height} is {}, at {} it is {ours}", theirs.hash, node.name());
            Some(Finding::forbids(&server.name(), "agrees", what, DISAGREE))
        }
        // A server that is behind does not answer; its height says so already.
        (Err(_), _) | (_, Ok(None)) => None,
        (_, Err(error)) => Some(Finding::of_error(&node.name(), "agrees", &error)),
    }
}

fn same_ledger(one: &dyn CounterpartySource, two: &dyn CounterpartySource, height: u32) -> Option<Finding> {
    let (Ok(a), Ok(b)) = (one.block(height), two.block(height)) else { return None };
    let (name, other) = (two.name(), one.name());
    Some(match a.ledger_hash == b.ledger_hash {
        true => Finding::good(&name, "ledger", format!("at block {height} the same as at {other}")),
        false => Finding::forbids(
            &name,
            "ledger",
            format!("at block {height} another ledger than at {other}"),
            "The two servers disagree on balances: update the older one, or let it build its ledger again.",
        ),
    })
}

/// This machine's clock beside the XRP Ledger's and beside the last block's.
fn clock(seen: &Seen, now: Moment) -> Finding {
    const SET: &str = "Set the clock: the expiry of bundles counts from it.";
    let shown = crate::clock::show(now);
    let ledgers = seen.xrpl.iter().flatten().filter_map(|status| status.validated.as_ref());
    let times: Vec<Moment> = ledgers.map(|ledger| ledger.close_time.plus(ledger.age)).collect();
    let apart = |time: &Moment| now.since(*time).max(time.since(now));
    if let Some(far) = times.iter().map(apart).min().filter(|far| *far > CLOCKS) {
        return Finding::forbids(
            "this machine",
            "clock",
            format!("{shown}, {far} seconds off the XRP Ledger's"),
            SET,
        );
    }
    let tips = seen.bitcoin.iter().flatten().map(|status| status.tip_time);
    match tips.map(|tip| tip.since(now)).max().filter(|ahead| *ahead > BLOCK_CLOCK) {
        Some(ahead) => Finding::forbids(
            "this machine",
            "clock",
            format!("{shown}, {ahead} seconds before the last block"),
            SET,
        ),
        None => Finding::good("this machine", "clock", shown),
    }
}
