use std::time::{Duration, Instant};

use airlock::{Error, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::put;
use crate::cli::Global;
use crate::clock;
use crate::commands::deposits::books::{alarm_json, alarm_line};
use crate::commands::live::Live;
use crate::deposits::books::Row;
use crate::deposits::error::ALARM;
use crate::deposits::settle::{depth, money};
use crate::deposits::watch::{Outcome, Report, Terms, look};
use crate::progress::{Bar, Progress, Silent};
use crate::stop;
use crate::store::{Credit, CreditState, Store};

/// Look for what came in, again and again until Ctrl-C, and write it down
///
/// Bitcoin and Counterparty credits at customers' addresses and memo addresses, XRP at accounts with
/// tags. Each is taken once, whatever is interrupted or repeated, and is credited at the depth that
/// airlock.toml says; the block that holds it counts as 1, so the guides' block_index <= current - N
/// is a depth of N + 1. Assets count when the Counterparty server stands at the node's own block;
/// XRP counts in validated ledgers, looked through without gaps.
///
/// Lines that begin with ALARM need a person: money that was credited left the chain, or a balance
/// does not follow from its history. `--once` then ends with exit code 1.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Watch {
    /// Look once and end
    #[arg(long)]
    once: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: u64,
    /// Begin at this Bitcoin block, or earlier where less was looked through; never skips anything
    #[arg(long, value_name = "HEIGHT")]
    from: Option<u32>,
    /// Begin at this XRP ledger, or earlier where less was looked through; never skips anything
    #[arg(long, value_name = "INDEX")]
    from_ledger: Option<u32>,
}

impl Watch {
    pub(super) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<()> {
        let Live { home, config, sources } = Live::open(global)?;
        let store = Store::open(&home)?;
        let (bar, silent) = (Bar::default(), Silent);
        let progress: &dyn Progress = if streams.is_terminal && !global.json { &bar } else { &silent };
        let mut from = (self.from, self.from_ledger);
        let mut told_before: Vec<String> = Vec::new();
        loop {
            let terms = Terms {
                settings: &config.deposits,
                depths: &config.depths,
                from: from.0,
                from_ledger: from.1,
                now: clock::now(),
                began: Instant::now(),
                looks: 30,
                pause: Duration::from_secs(2),
            };
            let mut outcome = Outcome::default();
            let looked = look(&store, &sources, &home.accounts()?, &terms, progress, &mut outcome);
            // What was written is told although something ended the look.
            self.tell(&outcome, global, streams)?;
            self.remind(&store, &outcome, global, streams)?;
            looked?;
            if self.once {
                return ended(outcome, streams);
            }
            from = (None, None);
            let failures: Vec<String> =
                outcome.failures.iter().map(|(what, error)| failure(what, error)).collect();
            if failures != told_before {
                for line in &failures {
                    // Nobody reads along any more; the looks go on.
                    let _gone = writeln!(streams.stderr, "{line}");
                }
                told_before = failures;
            }
            progress.begin("waiting for blocks", 0);
            let slept = stop::sleep(Duration::from_secs(self.interval));
            progress.end();
            slept?;
        }
    }

    fn tell(&self, outcome: &Outcome, global: &Global, streams: &mut Streams<'_>) -> Result<()> {
        for report in &outcome.reports {
            let quiet = report.new.is_empty() && report.changed.is_empty() && report.alarms.is_empty();
            if quiet && !self.once {
                continue;
            }
            let lines = if global.json { vec![to_json(report).to_string()] } else { lines(report) };
            for line in lines {
                writeln!(streams.stdout, "{line}").map_err(|e| crate::cli::stream_error(&e))?;
            }
        }
        streams.stdout.flush().map_err(|e| crate::cli::stream_error(&e))
    }

    /// Tells of the alarms that nobody has acknowledged: in a single look, and where a look raised one.
    fn remind(
        &self,
        store: &Store,
        outcome: &Outcome,
        global: &Global,
        streams: &mut Streams<'_>,
    ) -> Result<()> {
        if !self.once && outcome.alarms().next().is_none() {
            return Ok(());
        }
        let open = store.open_alarms()?;
        if open.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = match global.json {
            true => {
                vec![json!({ "open_alarms": open.iter().map(alarm_json).collect::<Vec<_>>() }).to_string()]
            }
            false => open.iter().map(alarm_line).collect(),
        };
        for line in lines {
            writeln!(streams.stdout, "{line}").map_err(|e| crate::cli::stream_error(&e))?;
        }
        streams.stdout.flush().map_err(|e| crate::cli::stream_error(&e))
    }
}

/// How a single look ends: with an alarm, or with the first failure.
fn ended(outcome: Outcome, streams: &mut Streams<'_>) -> Result<()> {
    let alarms: Vec<String> = outcome.alarms().cloned().collect();
    match alarms.first() {
        None => match outcome.failures.into_iter().next() {
            Some((what, error)) => Err(error.at(what)),
            None => Ok(()),
        },
        Some(first) => {
            for (what, error) in &outcome.failures {
                writeln!(streams.stderr, "{}", failure(what, error))
                    .map_err(|e| crate::cli::stream_error(&e))?;
            }
            let more = match alarms.len() {
                1 => String::new(),
                all => format!(" (and {} more)", all.saturating_sub(1)),
            };
            Err(ALARM.error(format!("{first}{more}")))
        }
    }
}

fn failure(what: &str, error: &Error) -> String {
    format!("{} {what}: {}. {}", error.code().id, error.what(), error.next())
}

fn lines(report: &Report) -> Vec<String> {
    let Report { stream, unit, from, to, .. } = report;
    let looked = match from <= to {
        true => format!("{unit} {from} to {to} looked through"),
        false => format!("nothing new at {to}"),
    };
    let counts = format!("{} new, {} changed", report.new.len(), report.changed.len());
    let mut lines = vec![format!("{stream}: {looked}; {counts}")];
    lines.extend(report.new.iter().map(|credit| format!("  {}", line(credit, None, *to))));
    lines.extend(report.changed.iter().map(|(was, credit)| format!("  {}", line(credit, Some(*was), *to))));
    lines.extend(report.notes.iter().map(|note| format!("  note: {note}")));
    lines.extend(report.alarms.iter().map(|alarm| format!("ALARM {alarm}")));
    lines
}

fn line(credit: &Credit, was: Option<CreditState>, tip: u32) -> String {
    let what = &credit.what;
    let was = was.map(|was| format!("{was} -> ")).unwrap_or_default();
    let customer = what.customer.as_ref().map(|customer| format!(" for {customer}")).unwrap_or_default();
    let deep = match what.state {
        CreditState::Pending => format!(", depth {}", depth(what.height, tip)),
        CreditState::Credited | CreditState::Suspense | CreditState::Quarantine | CreditState::Reversed => {
            String::new()
        }
    };
    let why = what.detail.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} {was}{} {}{customer}{deep}, {}{why}", credit.number, what.state, money(what), what.txid)
}

fn to_json(report: &Report) -> Value {
    let row = |credit: &Credit| {
        let reached = Some(depth(credit.what.height, report.to)).filter(|_| report.unit == "blocks");
        Row { credit: credit.clone(), depth: reached, changed: clock::now() }.to_json()
    };
    let changed = |(was, credit): &(CreditState, Credit)| {
        let mut json = row(credit);
        put(&mut json, "was", was.name());
        json
    };
    json!({
        "stream": report.stream, "unit": report.unit, "from": report.from, "to": report.to,
        "new": report.new.iter().map(row).collect::<Vec<_>>(),
        "changed": report.changed.iter().map(changed).collect::<Vec<_>>(),
        "notes": report.notes, "alarms": report.alarms,
    })
}
