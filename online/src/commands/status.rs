use std::time::Duration;

use airlock::bundle::Spoken;
use airlock::text::Printable;
use airlock::{Error, Result, report};
use clap::Args;
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::{Answer, put};
use crate::broadcast::{Job, Options, Report, follow};
use crate::cli::{Global, stream_error};
use crate::commands::broadcast::{courier, depth, headline, write_receipt};
use crate::commands::live::Live;
use crate::store::{BundleRecord, Filter, State, Store};
use crate::{clock, stop};

/// Between two looks of `--watch`.
const PACE: Duration = Duration::from_secs(5);
/// What ended within this many seconds is shown too.
const RECENT: u64 = 86_400;

/// Show how far every bundle is: in flight, and ended within a day
///
/// Asks the servers and notes what they say: states, depth (the block that holds it counts as 1), until when XRP can
/// still come, and what to do. It submits nothing: what was dropped goes out again with `broadcast ID`.
///
///     airlock-online status
///     airlock-online status R7K3 --watch
///     airlock-online status --watch --json        (one line for each change)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Status {
    /// One bundle alone
    id: Option<String>,
    /// Look again and again until everything has ended
    #[arg(long)]
    watch: bool,
}

/// One bundle after one look.
struct Line {
    text: Vec<String>,
    json: Value,
    is_done: bool,
}

impl Status {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Option<Answer>> {
        let live = Live::open(global)?;
        let store = Store::open(&live.home)?;
        if self.watch {
            return self.watch(&live, &store, global, streams).map(|()| None);
        }
        let lines = self.look(&live, &store)?;
        if lines.is_empty() {
            let text = vec!["nothing is in flight, and nothing ended within a day".to_owned()];
            return Ok(Some(Answer { headline: None, lines: text, json: json!({ "bundles": [] }) }));
        }
        let json = json!({ "bundles": lines.iter().map(|line| line.json.clone()).collect::<Vec<_>>() });
        let text = lines.into_iter().flat_map(|line| line.text).collect();
        Ok(Some(Answer { headline: None, lines: text, json }))
    }

    fn records(&self, store: &Store) -> Result<Vec<BundleRecord>> {
        if let Some(id) = &self.id {
            return Ok(vec![store.known_bundle(id)?]);
        }
        let mut records = store.bundles(Filter::InFlight)?;
        let recent = clock::now().minus(RECENT);
        let more = [Filter::ChangedSince(recent), Filter::Signable(clock::now())];
        for record in
            more.into_iter().map(|filter| store.bundles(filter)).collect::<Result<Vec<_>>>()?.concat()
        {
            let is_of_interest = record.signed.is_some() || record.expires > clock::now();
            if is_of_interest && records.iter().all(|known| known.id != record.id) {
                records.push(record);
            }
        }
        Ok(records)
    }

    fn look(&self, live: &Live, store: &Store) -> Result<Vec<Line>> {
        // What is wrong with one bundle hides no other.
        let line =
            |record: &BundleRecord| look_at(live, store, record).unwrap_or_else(|e| trouble(record, &e));
        Ok(self.records(store)?.iter().map(line).collect())
    }

    /// Shows every change until all has ended or somebody presses Ctrl-C.
    fn watch(&self, live: &Live, store: &Store, global: &Global, streams: &mut Streams<'_>) -> Result<()> {
        let mut shown: Vec<Value> = Vec::new();
        loop {
            let lines = self.look(live, store)?;
            let found: Vec<Value> = lines.iter().map(|line| line.json.clone()).collect();
            if found != shown {
                let written = match (global.json, streams.is_terminal && !global.plain) {
                    (true, _) => {
                        let new = found.iter().filter(|line| !shown.contains(line));
                        new.map(|line| format!("{line}\n")).collect::<String>()
                    }
                    (false, redraw) => {
                        let text: Vec<String> = lines.iter().flat_map(|line| line.text.clone()).collect();
                        // From the top of the screen, and clear what is below.
                        let top = if redraw { "\u{1b}[H\u{1b}[J" } else { "" };
                        format!("{top}{}\n", text.join("\n"))
                    }
                };
                let out = &mut streams.stdout;
                out.write_all(written.as_bytes()).and_then(|()| out.flush()).map_err(|e| stream_error(&e))?;
                shown = found;
            }
            if lines.iter().all(|line| line.is_done) {
                return Ok(());
            }
            stop::sleep(PACE)?;
        }
    }
}

/// Asks where the transactions of a bundle are; of one that is not signed only that can be said.
fn look_at(live: &Live, store: &Store, record: &BundleRecord) -> Result<Line> {
    let Some(signed) = &record.signed else { return Ok(planned(record)) };
    let job = Job::new(record.bundle.clone(), signed.clone(), &live.home.accounts_for_planning()?)?;
    let depth = depth(live, &job.bundle);
    let courier = courier(live, store, &job, &depth, Options::default());
    let report = courier.look()?;
    write_receipt(&courier, &live.home, None)?;
    let mut text = vec![headline(&job, &report), format!("     {}", job.headline)];
    text.extend(follow::lines(&courier, &report).into_iter().map(|line| format!("  {line}")));
    text.extend(todo(record, &report).map(|todo| format!("     -> {todo}")));
    let mut json = report.to_json();
    put(&mut json, "bundle", record.id.to_string());
    put(&mut json, "short", record.short.clone());
    put(&mut json, "headline", job.headline.clone());
    put(&mut json, "expires", record.expires.to_unix());
    if let Some(todo) = todo(record, &report) {
        put(&mut json, "todo", todo);
    }
    Ok(Line { text, json, is_done: report.is_settled() })
}

fn trouble(record: &BundleRecord, error: &Error) -> Line {
    let (words, state) = (record.id.words().join(" "), record.state);
    let text =
        vec![format!("{}  \"{words}\"  {state}", record.short), format!("     {}", report::text(error, ""))];
    let mut json = report::json(error, "");
    put(&mut json, "bundle", record.id.to_string());
    put(&mut json, "short", record.short.clone());
    put(&mut json, "state", state.name());
    put(&mut json, "steps", json!([]));
    Line { text, json, is_done: state.has_ended() }
}

fn planned(record: &BundleRecord) -> Line {
    let until = clock::show(record.expires);
    let is_over = record.expires <= clock::now() || record.state.has_ended();
    let dropped =
        record.steps.iter().find_map(|step| step.detail.as_deref()).filter(|_| record.was_dropped());
    let todo = match (dropped, is_over) {
        (Some(why), _) => format!("{}, before any signed file of it was known here", Printable::new(why)),
        (None, true) => format!("it was not signed here and expired {until}"),
        (None, false) => format!(
            "sign it by {until} and bring the signed file: `airlock-online broadcast {}`",
            record.short
        ),
    };
    let (words, state) = (record.id.words().join(" "), record.state);
    let text = vec![
        format!("{}  \"{words}\"  {state}", record.short),
        format!("     {}", record.headline),
        format!("     -> {todo}"),
    ];
    let json = json!({
        "bundle": record.id.to_string(), "short": record.short, "headline": record.headline,
        "expires": record.expires.to_unix(), "state": state.name(), "todo": todo, "steps": [],
    });
    // Whoever watches does not wait for a walk.
    Line { text, json, is_done: true }
}

/// What a person should do with the bundle as a whole.
fn todo(record: &BundleRecord, report: &Report) -> Option<String> {
    let any =
        |wanted: &dyn Fn(State) -> bool| report.steps.iter().any(|step| !step.is_held && wanted(step.state));
    let (short, until) = (&record.short, clock::show(record.expires));
    if any(&|state| state == State::Signed) {
        Some(format!(
            "not all of it is submitted: `airlock-online broadcast {short}` goes on (first submission by {until})"
        ))
    } else if any(&|state| state == State::Submitted) {
        Some(format!("no server has all of it: `airlock-online broadcast {short}` hands it over again"))
    } else {
        None
    }
}
