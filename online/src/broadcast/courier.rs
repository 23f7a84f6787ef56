//! One signed bundle between the store and the chains.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::bundle::Spoken;
use airlock::time::Moment;

use super::bitcoin::Nodes;
use super::job::{Job, JobStep};
use super::records::Records;
use super::report::{Report, StepReport};
use super::xrpl::Servers;
use super::{FALSE_LEDGER, NO_NODE, NO_RUNG, World, dry_run, look_bitcoin, look_xrpl, submit};
use crate::clock;
use crate::error::EXPIRED_ANSWER;
use crate::store::{Advanced, State, StepRecord, Transition};

/// The slowest pace of ledgers, in seconds (design.md 10.4).
const SLOWEST_LEDGER: u64 = 5;
/// The fastest pace of ledgers, in seconds.
const FASTEST_LEDGER: u64 = 3;
/// Ledgers by which servers and plans may differ.
const LEEWAY: u64 = 100;

/// What a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Submit without asking a server first what it would say.
    pub without_dry_run: bool,
    /// The rung of fee ladders, from 1; the lowest, or the highest that was submitted already, where none is given.
    pub rung: Option<usize>,
}

/// Carries one job.
#[derive(Clone, Copy)]
pub struct Courier<'a> {
    /// What is carried.
    pub job: &'a Job,
    /// What is written down.
    pub records: &'a dyn Records,
    /// The servers.
    pub world: World<'a>,
    /// The clock.
    pub now: &'a dyn Fn() -> Moment,
    /// What a person chose.
    pub options: Options,
}

/// What one look works on.
pub(super) struct Look {
    /// The steps as they are written down now.
    pub(super) records: Vec<StepRecord>,
    /// What is found.
    pub(super) report: Report,
    /// Steps that a server does not have although they were submitted.
    pub(super) missing: BTreeSet<usize>,
    /// Steps of which nobody can tell where they are: nothing is done for them in this look.
    pub(super) unclear: BTreeSet<usize>,
}

impl<'a> Courier<'a> {
    /// Takes the signed transactions into the store, after everything that can refuse them was asked: the expiry, the
    /// rung, working servers, the last ledgers, the dry run. What was submitted before is taken up again without them.
    ///
    /// # Errors
    /// [`EXPIRED_ANSWER`], [`NO_RUNG`], [`NO_NODE`], [`FALSE_LEDGER`], what a server refuses in the dry run, and those of the store.
    /// Nothing was submitted then.
    pub fn begin(&self) -> Result<()> {
        if self.options.rung.is_some_and(|rung| rung == 0 || rung > self.job.rungs()) {
            let (asked, rungs) = (self.options.rung.unwrap_or_default(), self.job.rungs());
            return Err(NO_RUNG.error(format!("rung {asked} of {rungs}")));
        }
        let now = (self.now)();
        self.records.take(self.job, now)?;
        let records = self.records.steps(self.job.id())?;
        let begun =
            records.iter().any(|step| step.state >= State::Submitted || step.first_submitted.is_some());
        if !begun && self.job.expires() <= now {
            let (short, ended) = (self.job.id().short(), clock::show(self.job.expires()));
            return Err(EXPIRED_ANSWER.error(format!("bundle {short} expired {ended}")));
        }
        let (nodes, servers) = self.open()?;
        if begun {
            return Ok(());
        }
        if let Some(servers) = &servers {
            self.check_last_ledgers(servers, now)?;
        }
        if self.options.without_dry_run {
            return Ok(());
        }
        dry_run::check(self, &records, nodes.as_ref(), servers.as_ref())
    }

    /// A transaction whose last ledger lies further off than ledgers can close until the bundle expires was planned with a
    /// false ledger index: it could still pay long after everybody believes that it cannot.
    fn check_last_ledgers(&self, servers: &Servers<'_>, now: Moment) -> Result<()> {
        // Since planning at least as many have closed as at the slowest pace.
        let since = |later: Moment, earlier: Moment| later.to_unix().saturating_sub(earlier.to_unix());
        let created = self.job.bundle.contents().created;
        let planned = since(self.job.expires(), created).div_euclid(FASTEST_LEDGER).saturating_add(LEEWAY);
        let most = planned.saturating_sub(since(now, created).div_euclid(SLOWEST_LEDGER));
        for step in &self.job.steps {
            let Some(last) = step.xrp().and_then(|tx| tx.last_ledger_sequence()) else { continue };
            if let Some((server, index)) = servers.too_far_from(last, most) {
                let ahead = last.saturating_sub(index);
                return Err(FALSE_LEDGER.error(format!(
                    "{}: LastLedgerSequence {last} is {ahead} ledgers behind the validated ledger {index} of {server}; until \
                     the bundle expires at most {most} can close",
                    step.place()
                )));
            }
        }
        Ok(())
    }

    /// The servers of the bundle's chains.
    fn open(&self) -> Result<(Option<Nodes<'a>>, Option<Servers<'a>>)> {
        let networks = self.job.bundle.contents().networks;
        let nodes = networks.bitcoin.map(|network| Nodes::open(&self.world, network));
        let servers = networks.xrpl.map(|network| Servers::open(&self.world, network));
        if let Some(none) = nodes.as_ref().filter(|nodes| nodes.is_empty()) {
            return Err(no_node("Bitcoin", &none.notes));
        }
        if let Some(none) = servers.as_ref().filter(|servers| servers.is_empty()) {
            return Err(no_node("the XRP Ledger", &none.notes));
        }
        Ok((nodes, servers))
    }

    /// One look at the chains without handing anything over.
    ///
    /// # Errors
    /// Those of the store. What servers say goes into the report.
    pub fn look(&self) -> Result<Report> {
        self.pass(false)
    }

    /// One look at the chains, and whatever is ready is handed over: for the first time or again.
    ///
    /// # Errors
    /// As [`Courier::look`].
    pub fn carry(&self) -> Result<Report> {
        self.pass(true)
    }

    fn pass(&self, hand_over: bool) -> Result<Report> {
        let records = self.records.steps(self.job.id())?;
        let steps = self.job.steps.iter().zip(&records);
        let mut look = Look {
            report: Report { steps: steps.map(|(s, r)| StepReport::of(s, r)).collect(), ..Report::default() },
            records,
            missing: BTreeSet::new(),
            unclear: BTreeSet::new(),
        };
        let networks = self.job.bundle.contents().networks;
        let mut nodes = networks.bitcoin.map(|network| Nodes::open(&self.world, network));
        let mut servers = networks.xrpl.map(|network| Servers::open(&self.world, network));
        if let Some(nodes) = &mut nodes {
            look_bitcoin::look(self, &mut look, nodes)?;
        }
        if let Some(servers) = &mut servers {
            look_xrpl::look(self, &mut look, servers)?;
        }
        self.hold(&mut look);
        if hand_over {
            if let Some(nodes) = &mut nodes {
                submit::bitcoin(self, &mut look, nodes)?;
            }
            if let Some(servers) = &mut servers {
                submit::xrpl(self, &mut look, servers)?;
            }
        }
        let notes = [nodes.map(|nodes| nodes.notes), servers.map(|servers| servers.notes)];
        look.report.note(notes.into_iter().flatten().flatten());
        Ok(look.report)
    }

    /// Writes changes of steps down, and takes them into the look; where another process was faster, what it wrote.
    pub(super) fn note(&self, look: &mut Look, index: usize, transition: Transition) -> Result<bool> {
        self.note_all(look, vec![(index, transition)], false)
    }

    /// As [`Courier::note`], for several steps at once, or for an incident.
    pub(super) fn note_all(
        &self,
        look: &mut Look,
        transitions: Vec<(usize, Transition)>,
        incident: bool,
    ) -> Result<bool> {
        if transitions.is_empty() {
            return Ok(true);
        }
        let now = (self.now)();
        let advanced = self.records.advance(self.job.id(), &transitions, incident, now)?;
        let done = advanced == Advanced::Done;
        if done {
            for (index, transition) in &transitions {
                look.records.get_mut(*index).into_iter().for_each(|record| apply(record, transition, now));
            }
        } else {
            // Another process was faster: what it wrote holds.
            look.records = self.records.steps(self.job.id())?;
        }
        for (report, record) in look.report.steps.iter_mut().zip(&look.records) {
            if report.state != record.state || report.height != record.height || record.detail.is_some() {
                (report.state, report.height) = (record.state, record.height);
                report.says.clone_from(&record.detail);
            }
        }
        Ok(done)
    }

    /// The rung of a group that is under way: the one asked for, else the highest that was submitted, else the lowest.
    pub(super) fn rung(&self, group: u32, records: &[StepRecord]) -> usize {
        let members = || self.job.steps.iter().filter(|step| step.one_of == Some(group));
        let most = members().map(|step| step.rung).max().unwrap_or(0);
        if let Some(rung) = self.options.rung {
            return rung.saturating_sub(1).min(most);
        }
        let submitted = members().filter(|step| {
            let record = records.get(step.index);
            record.is_some_and(|record| record.first_submitted.is_some() || record.state >= State::Submitted)
        });
        submitted.map(|step| step.rung).max().unwrap_or(0)
    }

    /// True where a step is of a rung that is not under way, directly or by what it spends.
    pub(super) fn is_other_rung(&self, step: &JobStep, records: &[StepRecord]) -> bool {
        let own = step.one_of.is_some_and(|group| self.rung(group, records) != step.rung);
        own || step.parents.iter().any(|parent| {
            self.job.steps.get(*parent).is_some_and(|parent| self.is_other_rung(parent, records))
        })
    }

    /// Why a step that was never submitted will not be, where that is so.
    pub(super) fn obstacle(&self, step: &JobStep, look: &Look) -> Option<String> {
        let record = look.records.get(step.index)?;
        if record.state != State::Signed {
            return None;
        }
        if self.is_other_rung(step, &look.records) {
            return Some("not submitted: another rung of the fee ladder is under way".to_owned());
        }
        for earlier in &step.after {
            let Some(found) = look.records.get(*earlier) else { continue };
            let number = earlier.saturating_add(1);
            let used_its_turn = found.state == State::Failed && found.height.is_some();
            let harmless = used_its_turn && !self.job.depends(step.index, *earlier);
            let ended_badly = matches!(found.state, State::Failed | State::Superseded);
            if ended_badly && !harmless {
                let state = found.state;
                return Some(format!("not submitted: step {number}, which it was to follow, has {state}"));
            }
            let is_held = look.report.steps.get(*earlier).is_some_and(|report| report.is_held);
            if is_held && found.state == State::Signed {
                return Some(format!("not submitted: step {number}, which it was to follow, is not either"));
            }
        }
        let begun =
            |index: &usize| look.records.get(*index).is_some_and(|record| record.first_submitted.is_some());
        if self.job.expires() <= (self.now)() && !step.parents.iter().any(begun) {
            return Some(format!("not submitted: the bundle expired {}", clock::show(self.job.expires())));
        }
        None
    }

    /// Marks what will not be submitted in this run.
    fn hold(&self, look: &mut Look) {
        for step in &self.job.steps {
            let Some(why) = self.obstacle(step, look) else { continue };
            if let Some(report) = look.report.step(step.index) {
                report.is_held = true;
                report.says = Some(why);
            }
        }
    }

    /// Confirmations that a step waits for: the most that anything it pays asks for.
    pub(super) fn needed(&self, step: &JobStep) -> u32 {
        let children = self.job.steps.iter().filter(|other| other.first_of_pair == Some(step.index));
        let pays = children.flat_map(|child| &child.pays).chain(&step.pays);
        pays.map(|(asset, amount)| (self.world.depth)(asset, *amount)).max().unwrap_or(1).max(1)
    }

    /// No block below this height can hold a step.
    pub(super) fn since(&self, record: &StepRecord, tip: u32) -> u32 {
        let known = [record.since_height, self.job.planned_height()];
        known.into_iter().flatten().min().unwrap_or(tip).min(tip)
    }

    /// No ledger before this one can hold a step.
    pub(super) fn since_ledger(&self, record: &StepRecord, validated: u32) -> u32 {
        let known = [record.since_height, self.job.planned_ledger().map(|(index, _)| index)];
        known.into_iter().flatten().min().unwrap_or(validated).min(validated)
    }

    /// When a ledger has closed at the latest, seen from a validated one.
    pub(super) fn closes_by(&self, ledger: u32, seen: (u32, Moment)) -> Moment {
        seen.1.plus(u64::from(ledger.saturating_sub(seen.0)).saturating_mul(SLOWEST_LEDGER))
    }
}

/// What the store has made of a transition.
fn apply(record: &mut StepRecord, transition: &Transition, now: Moment) {
    record.state = transition.to;
    record.height = transition.height;
    record.block_hash.clone_from(&transition.block_hash);
    record.detail.clone_from(&transition.detail);
    record.since_height = record.since_height.or(transition.since_height);
    if transition.to == State::Submitted {
        record.first_submitted = record.first_submitted.or(Some(now));
    }
}

fn no_node(chain: &str, notes: &[String]) -> airlock::Error {
    let why = if notes.is_empty() { "none is configured".to_owned() } else { notes.join("; ") };
    NO_NODE.error(format!("no server of {chain} can be used: {why}"))
}
