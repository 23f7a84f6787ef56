//! `journal show`: the records as a table, newest last.

use std::collections::BTreeMap;
use std::path::PathBuf;

use airlock::amount::decimal::Decimal;
use airlock::amount::{BITCOIN_DECIMALS, XRP_DECIMALS};
use airlock::counterparty::asset::AssetId;
use airlock::review::{Money, Outgoing};
use airlock::text::Printable;
use clap::Args;
use serde_json::{Value, json};

use super::{head_json, put, records, unlock};
use crate::answer::Answer;
use crate::clock;
use crate::error::Failure;
use crate::home::Home;
use crate::journal::{Chain, Entry, Event};
use crate::screen::Screen;

/// Lists the journal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline journal show
  airlock-offline journal show --last 500 | less
  airlock-offline journal show --check --json")]
pub struct ShowArgs {
    /// How many of the newest records
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
    /// Ask for the passphrase and check every seal first
    #[arg(long)]
    check: bool,
    /// Read the vault's passphrase from this file (- for stdin), and check every seal first
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A journal that is missing or damaged; with a passphrase also one that is not authentic or not whole.
pub(super) fn run(args: &ShowArgs, home: &Home, screen: &mut dyn Screen) -> Result<Answer, Failure> {
    let chain = Chain::read(home)?;
    if args.check || args.passphrase_file.is_some() {
        let unlocked = unlock(home, &args.passphrase_file, screen)?;
        answer(&*chain.authenticate(&unlocked.vault)?, args.last, true)
    } else {
        answer(&chain, args.last, false)
    }
}

fn answer(chain: &Chain, last: usize, is_authenticated: bool) -> Result<Answer, Failure> {
    let before = chain.count().saturating_sub(last);
    let (mut lines, mut shown) = (Vec::new(), Vec::<Value>::new());
    if before > 0 {
        lines.push(format!("… {} before these", records(before)));
    }
    for entry in chain.records(before.saturating_add(1)) {
        let entry = entry?;
        lines.extend(rows(&entry));
        shown.push(json!({ "head": entry.head, "record": entry.record }));
    }
    let authenticated =
        if is_authenticated { "every seal checked" } else { "not authenticated without the passphrase" };
    lines.push(format!("{}, {authenticated}", records(chain.count())));
    lines.push(chain.head_line());
    let mut json = head_json(chain);
    put(&mut json, "authenticated", is_authenticated);
    put(&mut json, "shown", shown);
    put(&mut json, "torn_bytes", chain.torn());
    if let Err(torn) = chain.check_whole() {
        lines.push(format!("warning: {torn}"));
    }
    Ok(Answer { lines, json })
}

/// One line for what happened, and further ones for what there is to say about it.
fn rows(entry: &Entry) -> Vec<String> {
    let (what, mut details) = told(&entry.record.event);
    let first = if details.is_empty() { String::new() } else { details.remove(0) };
    let time = clock::show(entry.record.time);
    let mut rows =
        vec![format!("{:>6}  {time}  {what:<18} {first}", entry.record.number).trim_end().to_owned()];
    rows.extend(details.into_iter().map(|detail| format!("{:>6}    {detail}", "")));
    rows
}

/// What happened, in a word or two, and what there is to say about it. The journal may not be authentic: all its text
/// is outside text.
fn told(event: &Event) -> (&'static str, Vec<String>) {
    let printable = |text: &str| Printable::new(text).to_string();
    match event {
        Event::Founded { fingerprints } => {
            let secrets: Vec<String> = fingerprints.iter().map(|text| printable(text)).collect();
            ("founded", vec![secrets.join(", ")])
        }
        Event::Signed(signing) => {
            let mut details = vec![printable(&signing.title)];
            details.extend(signing.effects.iter().map(|text| printable(text)));
            details.push(format!("spent {}", totals(&signing.outgoings)));
            ("signed", details)
        }
        Event::PolicyAccepted { sha256 } => {
            ("policy accepted", vec![format!("SHA-256 {}", printable(sha256))])
        }
        Event::Overridden { about, head, text, what } => {
            let mut details = vec![format!("{}: \"{}\"", printable(what), printable(text))];
            details.extend(about.iter().map(|text| printable(text)));
            details.extend(head.map(|head| format!("lost head {head}")));
            ("went on", details)
        }
        Event::Imported { fingerprint, kind, secret } => {
            let (kind, secret, fingerprint) = (printable(kind), printable(secret), printable(fingerprint));
            ("imported", vec![format!("{kind} '{secret}', fingerprint {fingerprint}")])
        }
        Event::PassphraseChanged => ("passphrase changed", Vec::new()),
        Event::Drill { outcome, secret } => {
            ("drill", vec![format!("secret '{}': {}", printable(secret), printable(outcome))])
        }
    }
}

/// The sum of each money, fees included.
fn totals(outgoings: &[Outgoing]) -> String {
    let mut sums: BTreeMap<Money, Decimal> = BTreeMap::new();
    for outgoing in outgoings {
        let sum = sums.entry(outgoing.money).or_default();
        *sum = sum.plus(outgoing.amount);
    }
    match sums.is_empty() {
        true => "nothing".to_owned(),
        false => sums.into_iter().map(|(money, sum)| shown(sum, money)).collect::<Vec<_>>().join(", "),
    }
}

/// Units where every vault agrees on them, else base units.
pub(super) fn shown(amount: Decimal, money: Money) -> String {
    match money {
        Money::Bitcoin | Money::Asset(AssetId::XCP) => {
            format!("{} {money}", amount.grouped(BITCOIN_DECIMALS))
        }
        Money::Xrp => format!("{} {money}", amount.grouped(XRP_DECIMALS)),
        Money::Token(..) => format!("{} {money}", amount.grouped(0)),
        Money::Asset(_) => format!("{} base units of {money}", amount.grouped(0)),
    }
}
