use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::amount::BITCOIN_DECIMALS;
use airlock::bundle::{Bundle, Spoken, Topic};
use airlock::json::canonical;
use airlock::qr::Kind;
use airlock::text::Printable;
use airlock_qr::cli::FromQr;
use clap::Args;

use crate::Streams;
use crate::answer::{Answer, put};
use crate::broadcast::find::{self, Located, keep_head};
use crate::broadcast::follow::{self, Goal, follow};
use crate::broadcast::{Courier, Job, NO_SIGNED, NOT_PAID, Options, Report, World, give_up, receipt};
use crate::cli::Global;
use crate::commands::live::{Live, progress};
use crate::config::Purpose;
use crate::crossing::arrive;
use crate::error::EXISTS;
use crate::home::Home;
use crate::store::{State, Store};
use crate::{clock, files, stop};

/// Submit a signed bundle to every server, and follow it
///
/// The signed file is verified against the plan, tried out where servers can, kept in the store and then submitted:
/// pairs and chains as a package, XRP by sequence. Give the same command again as often as you like: what is out is
/// never paid twice, what was dropped is submitted again. When everything has ended a receipt is written.
///
///     airlock-online broadcast R7K3
///     airlock-online broadcast /media/stick/R7K3-payouts.signed.json --wait final
///     airlock-online broadcast R7K3 --rung 2          (the next higher fee of a ladder)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Broadcast {
    /// Id of the bundle, or the signed file
    #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr", value_name = "ID|FILE")]
    what: Option<PathBuf>,
    #[command(flatten)]
    from_qr: FromQr,
    /// Folder in which the signed file is looked for, may be given several times [default: all sticks, and the current one]
    #[arg(long, value_name = "DIR")]
    media: Vec<PathBuf>,
    /// How far to wait [default: final for XRP alone, otherwise seen]
    #[arg(long, value_name = "STATE", value_enum)]
    wait: Option<Goal>,
    /// Submit without asking a server before what it would say
    #[arg(long)]
    without_dry_run: bool,
    /// Of transactions that exclude each other submit this one, 1 is the one with the lowest fee
    #[arg(long, value_name = "N")]
    rung: Option<usize>,
    /// End this step, counted from 1: a coin of it was spent by a transaction that is not ours, and nobody was paid
    #[arg(long, value_name = "STEP", requires = "because", conflicts_with = "rung")]
    give_up: Option<usize>,
    /// Why it is given up; kept in the history and in the receipt
    #[arg(long, value_name = "TEXT", requires = "give_up")]
    because: Option<String>,
    /// How far this run came, for what is said when it ends in an error.
    #[arg(skip)]
    reached: Cell<Reached>,
}

/// What can have been submitted.
#[derive(Clone, Copy, Debug, Default)]
enum Reached {
    /// Nothing.
    #[default]
    Nothing,
    /// Nothing by this run, and something by one before.
    Earlier,
    /// Whatever was ready.
    Submission,
}

impl Broadcast {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        let live = Live::open(global)?;
        let store = Store::open(&live.home)?;
        let located = self.locate(&live.home, &store, streams)?;
        let head = keep_head(&located.bundle, &located.signed, Ok(live.home.clone()));
        let job = Job::new(located.bundle, located.signed, &live.home.accounts_for_planning()?)?;
        let depth = depth(&live, &job.bundle);
        let courier = courier(&live, &store, &job, &depth, self.options());
        if was_submitted(&store, &job)? {
            self.reached.set(Reached::Earlier);
        }
        if let (Some(step), Some(because)) = (self.give_up, &self.because) {
            let report = give_up(&courier, step, because)?;
            let wrote = write_receipt(&courier, &live.home, located.path.as_deref())?;
            return Ok(shown(&courier, &report, &wrote, head));
        }
        courier.begin()?;
        self.reached.set(Reached::Submission);
        let bar = progress(global);
        bar.begin(&job.id().short(), 0);
        // What ends the run is its answer; what it waits on is told before it waits, once.
        let (obstacles, known) = (RefCell::new(Vec::new()), RefCell::new(BTreeSet::new()));
        let mut told = |report: &Report| {
            bar.say(&summary(report));
            obstacles.replace(follow::obstacles(&courier, report));
            Ok(())
        };
        let wait = |time| {
            for obstacle in obstacles.take() {
                if known.borrow_mut().insert(obstacle.clone()) {
                    bar.tell(&obstacle);
                }
            }
            stop::sleep(time)
        };
        let followed = follow(&courier, self.goal(&job), &mut told, &wait);
        bar.end();
        let report = followed?;
        let wrote = write_receipt(&courier, &live.home, located.path.as_deref())?;
        refused(&job, &report)?;
        Ok(shown(&courier, &report, &wrote, head))
    }

    /// What state the world is in when `broadcast` ends in an error.
    pub(super) fn state_after_error(&self) -> &'static str {
        match self.reached.get() {
            Reached::Nothing => "Nothing was submitted.",
            Reached::Earlier => {
                "Nothing was submitted by this run. What was submitted before stays so; the store knows how far each transaction \
                 is, and `airlock-online status` shows it."
            }
            Reached::Submission => {
                "What was submitted stays so; the store knows how far each transaction is, and `airlock-online status` shows it."
            }
        }
    }

    fn locate(&self, home: &Home, store: &Store, streams: &mut Streams<'_>) -> Result<Located> {
        if self.from_qr.source.is_some() {
            let path = arrive(&self.from_qr, &[Kind::Json], None, None, streams)?;
            return find::at(&path, home);
        }
        let Some(what) = &self.what else { return Err(NO_SIGNED.error("nothing was named")) };
        match what.to_str().filter(|text| !what.is_file() && is_id(text)) {
            Some(id) => find::by_id(id, &self.media, home, store),
            None => find::at(what, home),
        }
    }

    fn options(&self) -> Options {
        Options { without_dry_run: self.without_dry_run, rung: self.rung }
    }

    fn goal(&self, job: &Job) -> Goal {
        let has_bitcoin = job.bundle.contents().networks.bitcoin.is_some();
        self.wait.unwrap_or(if has_bitcoin { Goal::Seen } else { Goal::Final })
    }
}

/// What a person sees in the end.
fn shown(courier: &Courier<'_>, report: &Report, wrote: &[PathBuf], head: Vec<String>) -> Answer {
    let job = courier.job;
    let mut lines = follow::lines(courier, report);
    lines.extend(wrote.iter().map(|path| format!("wrote {}", files::shown(path))));
    if wrote.is_empty() && !report.is_settled() {
        lines.push(format!("`airlock-online status {} --watch` shows how it goes on", job.id().short()));
    }
    lines.extend(head);
    let mut json = report.to_json();
    put(&mut json, "bundle", job.id().to_string());
    put(&mut json, "short", job.id().short());
    if let Some(path) = wrote.first() {
        put(&mut json, "receipt", path.to_string_lossy().into_owned());
    }
    Answer { headline: Some(headline(job, report)), lines, json }
}

/// A short id of four characters, or hex digits of a long one.
fn is_id(text: &str) -> bool {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex || (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Carries a job with the configured servers.
pub(super) fn courier<'a>(
    live: &'a Live,
    store: &'a Store,
    job: &'a Job,
    depth: &'a dyn Fn(&str, u64) -> u32,
    options: Options,
) -> Courier<'a> {
    let world = World {
        bitcoin: &live.sources.bitcoin,
        counterparty: &live.sources.counterparty,
        xrpl: &live.sources.xrpl,
        depth,
    };
    Courier { job, records: store, world, now: &clock::now, options }
}

/// The configured confirmations of a payment, with the units that the bundle claims for its assets.
pub(super) fn depth<'a>(live: &'a Live, bundle: &'a Bundle) -> impl Fn(&str, u64) -> u32 + 'a {
    move |asset, base_units| {
        let indivisible = bundle.contents().assumptions.iter().any(|assumption| {
            matches!(&assumption.topic, Topic::Asset { name, divisible: false, .. } if name == asset)
        });
        let decimals = if indivisible { 0 } else { BITCOIN_DECIMALS };
        live.config.depths.of(Purpose::Payment, asset, base_units, decimals)
    }
}

/// Writes the receipt where everything has ended: into the home folder and beside the signed file.
pub(super) fn write_receipt(
    courier: &Courier<'_>,
    home: &Home,
    signed: Option<&Path>,
) -> Result<Vec<PathBuf>> {
    let Some(receipt) = receipt::write(courier)? else { return Ok(Vec::new()) };
    let bytes = canonical(&receipt);
    // What was written before a bundle was reopened stays beside it.
    let number = match receipt::times_reopened(&receipt) {
        0 => String::new(),
        times => format!("-{}", times.saturating_add(1)),
    };
    let (id, short) =
        (format!("{}{number}", courier.job.id()), format!("{}{number}", courier.job.id().short()));
    let mut wrote = vec![home.keep_receipt(&short, &id, &bytes)?];
    if let Some(folder) = signed.and_then(Path::parent) {
        let path = folder.join(format!("{short}.receipt.json"));
        // The stick may be gone, and the receipt is safe already.
        match files::write_new(&path, &bytes) {
            Ok(()) => wrote.push(path),
            Err(error) if error.code() == &EXISTS => return Err(error),
            Err(_) => {}
        }
    }
    Ok(wrote)
}

/// A refusal by all servers, or an end without effect, is no success.
fn refused(job: &Job, report: &Report) -> Result<()> {
    let left = report.steps.iter().find(|step| !step.is_settled() && step.refused.is_some());
    if let Some(step) = left
        && let Some(error) = &step.refused
    {
        let todo = step.todo.clone().unwrap_or_else(|| error.next().to_owned());
        return Err(error.clone().at(place(job, step.index)).with_next(todo));
    }
    match report.steps.iter().find(|step| is_lost(job, report, step.index)) {
        Some(step) => {
            let says = step.says.as_ref().map(|says| Printable::new(says).to_string()).unwrap_or_default();
            let what =
                format!("{} has {}: {}", place(job, step.index), step.state, says.trim_end_matches('.'));
            Err(NOT_PAID.error(what))
        }
        None => Ok(()),
    }
}

/// True where a step ended without effect and no other rung of its ladder has done, or may yet do, the same.
fn is_lost(job: &Job, report: &Report, index: usize) -> bool {
    let state = |index: usize| report.steps.get(index).map(|step| step.state);
    let Some(step) = job.steps.get(index) else { return false };
    let lost = matches!(state(index), Some(State::Failed | State::Superseded));
    let another = job.steps.iter().any(|other| {
        other.one_of.is_some()
            && other.one_of == step.one_of
            && !matches!(state(other.index), Some(State::Failed | State::Superseded))
    });
    lost && !another
}

fn place(job: &Job, index: usize) -> String {
    format!("{}, step {} of {}", job.id().short(), index.saturating_add(1), job.steps.len())
}

/// `2 final, 1 seen`.
pub(super) fn summary(report: &Report) -> String {
    let count = |state: State| report.steps.iter().filter(|step| step.state == state).count();
    let counts =
        State::ALL.into_iter().rev().map(|state| (count(state), state)).filter(|(count, _)| *count > 0);
    counts.map(|(count, state)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// `R7K3  "amber falcon lantern tundra"  2 final`.
pub(super) fn headline(job: &Job, report: &Report) -> String {
    format!("{}  \"{}\"  {}", job.id().short(), job.id().words().join(" "), summary(report))
}

/// True where something of it was submitted by a run before.
fn was_submitted(store: &Store, job: &Job) -> Result<bool> {
    let record = store.bundle(&job.id().to_string())?;
    Ok(record.is_some_and(|record| record.steps.iter().any(|step| step.first_submitted.is_some())))
}
