//! A little world: one Bitcoin chain, one Counterparty ledger, one XRP Ledger, and whatever goes wrong with them. Every call
//! costs fuel; without fuel the program "dies" at that very call.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;

use airlock::Result;
use airlock::account::Account;
use airlock::amount::Quantity;
use airlock::bundle::{Bundle, BundleId, FinalTransaction, Signed};
use airlock::time::Moment;
use airlock::watch::Watch;
use airlock::{Error, xrp};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::FromHex;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use serde_json::Value;
use tempfile::TempDir;

use super::sources::{Ledger, Node, Rippled};
use crate::broadcast::expected::Expected;
use crate::broadcast::{Courier, Job, Options, Records, Report, World};
use crate::source::bitcoin::BitcoinSource;
use crate::source::counterparty::{CounterpartySource, Judgement, SendRow};
use crate::source::xrpl::XrplSource;
use crate::store::{Advanced, HistoryEntry, State, StepRecord, Store, Transition};

/// What a killed program throws.
#[derive(Debug)]
pub(super) struct Killed;

/// A block: its hash and what it holds.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) hash: BlockHash,
    pub(super) txids: Vec<Txid>,
}

/// Everything that the servers know.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) fuel: Option<u64>,
    pub(super) calls: u64,
    pub(super) now: Moment,
    /// Height of the first of `blocks`.
    pub(super) base: u32,
    pub(super) blocks: Vec<Block>,
    pub(super) mempool: Vec<Txid>,
    pub(super) transactions: BTreeMap<Txid, Transaction>,
    /// Spent by others: the coin, by whom, in a block or not.
    pub(super) rivals: Vec<(OutPoint, Txid, bool)>,
    /// What nodes refuse.
    pub(super) refusals: BTreeMap<Txid, Error>,
    /// What the ledger makes of messages once they are in a block.
    pub(super) ledger: BTreeMap<Txid, Judgement>,
    pub(super) validated: u32,
    pub(super) complete: Vec<(u32, u32)>,
    pub(super) sequences: BTreeMap<String, u32>,
    pub(super) tickets: BTreeSet<u32>,
    pub(super) pending: BTreeMap<String, xrp::Transaction>,
    pub(super) xrp: BTreeMap<String, (u32, String)>,
    /// Engine results that submissions get, in order; then tesSUCCESS.
    pub(super) engine: BTreeMap<String, VecDeque<&'static str>>,
    /// Hashes of everything that was handed to a server of the XRP Ledger.
    pub(super) handed_over: BTreeSet<String>,
    /// Results in the validated ledger; otherwise tesSUCCESS.
    pub(super) results: BTreeMap<String, &'static str>,
    pub(super) simulated: BTreeMap<u32, &'static str>,
    /// Every raw transaction that any server was given, in order.
    pub(super) submitted: Vec<String>,
    pub(super) store: Option<PathBuf>,
    /// The ids of the raw transactions of the plan.
    pub(super) ids: BTreeMap<String, String>,
    salt: u32,
}

/// Shared by the fakes of one story.
#[derive(Clone, Debug)]
pub(super) struct Shared(pub(super) Rc<RefCell<Inner>>);

impl Shared {
    /// One call of anything: the program dies here when its fuel is spent.
    pub(super) fn tick(&self) {
        let mut inner = self.0.borrow_mut();
        inner.calls += 1;
        if let Some(fuel) = inner.fuel {
            if fuel == 0 {
                inner.fuel = None;
                drop(inner);
                std::panic::panic_any(Killed);
            }
            inner.fuel = Some(fuel - 1);
        }
    }

    /// Before a server takes anything, the store must know that it may.
    pub(super) fn check_written_down(&self, raw: &str) {
        let path = self.0.borrow().store.clone();
        let Some(path) = path else { return };
        let store = Store::open_at(&path).unwrap();
        let bundles = store.bundles(crate::store::Filter::InFlight).unwrap();
        let step =
            bundles.iter().flat_map(|bundle| &bundle.steps).find(|step| step.raw.as_deref() == Some(raw));
        let step = step.expect("what is submitted is in the store");
        assert!(step.first_submitted.is_some() && step.since_height.is_some(), "{step:?}");
        self.0.borrow_mut().submitted.push(raw.to_owned());
    }

    fn hash(&self) -> BlockHash {
        let mut inner = self.0.borrow_mut();
        inner.salt += 1;
        BlockHash::from_byte_array(sha256::Hash::hash(&inner.salt.to_be_bytes()).to_byte_array())
    }

    pub(super) fn tip(&self) -> u32 {
        let inner = self.0.borrow();
        inner.base + u32::try_from(inner.blocks.len()).unwrap() - 1
    }

    /// Mines the mempool into a block.
    pub(super) fn mine(&self) {
        let hash = self.hash();
        let mut inner = self.0.borrow_mut();
        let txids = std::mem::take(&mut inner.mempool);
        inner.blocks.push(Block { hash, txids });
    }

    /// Puts a transaction of another bundle into the last block.
    pub(super) fn confirm(&self, transaction: &Transaction) {
        let mut inner = self.0.borrow_mut();
        let txid = transaction.compute_txid();
        inner.transactions.insert(txid, transaction.clone());
        inner.blocks.last_mut().unwrap().txids.push(txid);
    }

    /// Mines empty blocks.
    pub(super) fn mine_empty(&self, count: u32) {
        for _ in 0..count {
            let hash = self.hash();
            self.0.borrow_mut().blocks.push(Block { hash, txids: Vec::new() });
        }
    }

    /// Replaces the last blocks by as many empty ones and one more; what they held waits again, or is gone.
    pub(super) fn reorganize(&self, depth: usize, keep: bool) {
        let removed = {
            let mut inner = self.0.borrow_mut();
            let left = inner.blocks.len() - depth;
            let removed = inner.blocks.split_off(left);
            if keep {
                let back: Vec<Txid> = removed.iter().flat_map(|block| block.txids.clone()).collect();
                inner.mempool.extend(back);
            }
            removed.len()
        };
        self.mine_empty(u32::try_from(removed).unwrap() + 1);
    }

    /// Closes a ledger: what is pending and in turn gets in.
    pub(super) fn close_ledger(&self) {
        let mut inner = self.0.borrow_mut();
        inner.validated += 1;
        inner.now = inner.now.plus(4);
        let index = inner.validated;
        if let Some(last) = inner.complete.last_mut() {
            last.1 = index;
        }
        loop {
            let next = inner.pending.iter().find(|(_, tx)| {
                let account = tx.account().to_string();
                match tx.ticket_sequence() {
                    Some(ticket) => inner.tickets.contains(&ticket),
                    None => inner.sequences.get(&account) == Some(&tx.sequence()),
                }
            });
            let Some((hash, tx)) = next.map(|(hash, tx)| (hash.clone(), tx.clone())) else { break };
            inner.pending.remove(&hash);
            if tx.last_ledger_sequence().is_some_and(|last| last < index) {
                continue;
            }
            match tx.ticket_sequence() {
                Some(ticket) => {
                    inner.tickets.remove(&ticket);
                }
                None => {
                    inner.sequences.insert(tx.account().to_string(), tx.sequence() + 1);
                }
            }
            let result = inner.results.get(&hash).copied().unwrap_or("tesSUCCESS").to_owned();
            inner.xrp.insert(hash, (index, result));
        }
        inner.pending.retain(|_, tx| tx.last_ledger_sequence().is_none_or(|last| last > index));
    }

    /// Many ledgers pass with nothing in them, and with them the time.
    pub(super) fn pass_ledgers(&self, to: u32) {
        let mut inner = self.0.borrow_mut();
        inner.now = inner.now.plus(u64::from(to - inner.validated) * 4);
        inner.validated = to;
        if let Some(last) = inner.complete.last_mut() {
            last.1 = to;
        }
        inner.pending.retain(|_, tx| tx.last_ledger_sequence().is_none_or(|last| last >= to));
    }
}

/// One signed bundle in its world.
pub(super) struct Story {
    pub(super) shared: Shared,
    pub(super) job: Job,
    pub(super) nodes: Vec<Box<dyn BitcoinSource>>,
    pub(super) ledgers: Vec<Box<dyn CounterpartySource>>,
    pub(super) rippleds: Vec<Box<dyn XrplSource>>,
    pub(super) options: Options,
    pub(super) depth: u32,
    path: PathBuf,
    _folder: TempDir,
}

fn vector(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/broadcast/");
    std::fs::read(format!("{path}{name}")).unwrap()
}

pub(super) fn accounts() -> Vec<Account> {
    Watch::decode(&vector("watch.json")).unwrap().accounts
}

pub(super) fn job(name: &str) -> Job {
    let bundle = Bundle::decode(&vector(&format!("{name}.bundle.json"))).unwrap();
    let signed = Signed::decode(&vector(&format!("{name}.signed.json"))).unwrap();
    Job::new(bundle, signed, &accounts()).unwrap()
}

impl Story {
    /// One server of each kind, ten minutes after planning.
    pub(super) fn of(name: &str) -> Self {
        Self::carrying(job(name))
    }

    /// As [`Story::of`], with a job that was verified before.
    pub(super) fn carrying(job: Job) -> Self {
        let created = job.bundle.contents().created;
        let base = 285;
        let (validated, _) = job.planned_ledger().unwrap_or((8_214_512, created));
        // In memory where there is such a folder: syncing is the store's own promise, and slow.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = folder.path().join("store.sqlite");
        drop(Store::open_at(&path).unwrap());
        let inner = Inner {
            fuel: None,
            calls: 0,
            now: created.plus(600),
            base,
            blocks: Vec::new(),
            mempool: Vec::new(),
            transactions: BTreeMap::new(),
            rivals: Vec::new(),
            refusals: BTreeMap::new(),
            ledger: BTreeMap::new(),
            validated: validated + 100,
            complete: vec![(validated - 1_000, validated + 100)],
            sequences: BTreeMap::new(),
            tickets: BTreeSet::new(),
            pending: BTreeMap::new(),
            xrp: BTreeMap::new(),
            engine: BTreeMap::new(),
            handed_over: BTreeSet::new(),
            results: BTreeMap::new(),
            simulated: BTreeMap::new(),
            submitted: Vec::new(),
            store: Some(path.clone()),
            ids: BTreeMap::new(),
            salt: 0,
        };
        let shared = Shared(Rc::new(RefCell::new(inner)));
        shared.mine_empty(3);
        for step in &job.steps {
            let mut inner = shared.0.borrow_mut();
            if let Some(transaction) = step.xrp() {
                match transaction.ticket_sequence() {
                    Some(ticket) => drop(inner.tickets.insert(ticket)),
                    None => {
                        let sequence = transaction.sequence();
                        let next =
                            inner.sequences.entry(transaction.account().to_string()).or_insert(sequence);
                        *next = sequence.min(*next);
                    }
                }
            }
            if let Some(transaction) = step.bitcoin()
                && let Some(judgement) = as_planned(&step.expected)
            {
                inner.ledger.insert(transaction.compute_txid(), judgement);
            }
        }
        let mut story = Self {
            nodes: Vec::new(),
            ledgers: Vec::new(),
            rippleds: Vec::new(),
            options: Options::default(),
            depth: 1,
            shared,
            job,
            _folder: folder,
            path,
        };
        story.nodes.push(Box::new(story.node("node")));
        story.ledgers.push(Box::new(Ledger::new("ledger", &story.shared)));
        story.rippleds.push(Box::new(story.rippled("rippled")));
        story
    }

    pub(super) fn node(&self, name: &str) -> Node {
        Node::new(name, &self.shared)
    }

    pub(super) fn rippled(&self, name: &str) -> Rippled {
        Rippled::new(name, &self.shared)
    }

    pub(super) fn store(&self) -> Mortal {
        Mortal { store: Store::open_at(&self.path).unwrap(), shared: self.shared.clone() }
    }

    /// Runs something as a new process would: a store opened again, nothing remembered.
    pub(super) fn with<T>(&self, run: impl FnOnce(&Courier<'_>) -> T) -> T {
        let records = self.store();
        let ids = self.job.steps.iter().map(|step| (step.transaction.raw(), step.transaction.id()));
        self.shared.0.borrow_mut().ids = ids.collect();
        let depth = self.depth;
        let world = World {
            bitcoin: &self.nodes,
            counterparty: &self.ledgers,
            xrpl: &self.rippleds,
            depth: &move |_, _| depth,
        };
        let now = || self.shared.0.borrow().now;
        let courier = Courier { job: &self.job, records: &records, world, now: &now, options: self.options };
        run(&courier)
    }

    /// `broadcast`: begins and carries once.
    pub(super) fn broadcast(&self) -> Result<Report> {
        self.with(|courier| {
            courier.begin()?;
            courier.carry()
        })
    }

    pub(super) fn carry(&self) -> Report {
        self.with(|courier| courier.carry().unwrap())
    }

    pub(super) fn state(&self, step: usize) -> State {
        self.record(step).state
    }

    pub(super) fn record(&self, step: usize) -> StepRecord {
        let store = Store::open_at(&self.path).unwrap();
        Records::steps(&store, self.job.id()).unwrap().remove(step)
    }

    pub(super) fn states(&self) -> Vec<State> {
        let store = Store::open_at(&self.path).unwrap();
        Records::steps(&store, self.job.id()).unwrap().iter().map(|step| step.state).collect()
    }

    pub(super) fn txid(&self, step: usize) -> Txid {
        self.job.steps[step].bitcoin().unwrap().compute_txid()
    }

    pub(super) fn hash(&self, step: usize) -> String {
        self.job.steps[step].transaction.id()
    }

    /// The steps that were handed over, in order, each time.
    pub(super) fn submitted(&self) -> Vec<usize> {
        let inner = self.shared.0.borrow();
        let index = |raw: &String| {
            self.job
                .steps
                .iter()
                .position(|step| step.transaction.raw() == *raw)
                .expect("it is a step of the plan")
        };
        inner.submitted.iter().map(index).collect()
    }

    pub(super) fn receipt(&self) -> Option<Value> {
        self.with(|courier| crate::broadcast::receipt::write(courier).unwrap())
    }
}

/// Another bundle of the same store that spends the same coins.
pub(super) struct RivalBundle {
    path: PathBuf,
    id: BundleId,
    now: Moment,
}

impl RivalBundle {
    /// Its first step is in a block, as the store has it.
    pub(super) fn confirmed(&self, height: u32) {
        let confirmed = Transition::new(State::Signed, State::Confirmed).in_block(height, "00");
        Store::open_at(&self.path).unwrap().advance(self.id, 0, &confirmed, self.now).unwrap();
    }
}

impl Story {
    /// Plans and signs another bundle with the same coins, whose first transaction is given.
    pub(super) fn with_rival(&self) -> (Transaction, RivalBundle) {
        let mut contents = self.job.bundle.contents().clone();
        contents.expires = contents.expires.plus(1);
        let bundle = Bundle::seal(contents).unwrap();
        let mut answer = self.job.signed.contents().clone();
        answer.bundle = bundle.id().to_string();
        let mut transactions = self.job.transactions();
        for transaction in &mut transactions {
            if let FinalTransaction::Bitcoin { transaction, txid } = transaction {
                transaction.output[0].value += bitcoin::Amount::ONE_SAT;
                *txid = transaction.compute_txid();
            }
        }
        let (store, now) = (Store::open_at(&self.path).unwrap(), self.shared.0.borrow().now);
        store.plan(&bundle, "rival", "", now).unwrap();
        store.record_signed(&bundle, &Signed::seal(answer).unwrap(), &transactions, now).unwrap();
        let FinalTransaction::Bitcoin { transaction, .. } = transactions.swap_remove(0) else {
            unreachable!()
        };
        (transaction, RivalBundle { path: self.path.clone(), id: bundle.id(), now })
    }
}

/// The ledger's rows when everything goes as planned.
fn as_planned(expected: &Expected) -> Option<Judgement> {
    let parsed =
        |kind: &str, sends| Judgement::Parsed { height: 0, valid: true, kind: kind.to_owned(), sends };
    match expected {
        Expected::Nothing => None,
        Expected::Message { kind, .. } => Some(parsed(kind, Vec::new())),
        Expected::Sends { source, rows } => {
            let row = |(index, row): (usize, &crate::broadcast::expected::ExpectedRow)| SendRow {
                source: source.clone(),
                destination: row.to.clone(),
                asset: row.asset.clone(),
                quantity: Quantity::new(row.quantity).unwrap(),
                memo: row
                    .memo
                    .as_ref()
                    .map(|memo| bitcoin::hex::DisplayHex::to_lower_hex_string(&memo.bytes[..])),
                status: "valid".to_owned(),
                msg_index: u32::try_from(index).unwrap(),
            };
            Some(parsed("mpma", rows.iter().enumerate().map(row).collect()))
        }
    }
}

/// The XRPL transaction of a blob.
pub(super) fn read_blob(blob: &str) -> xrp::Transaction {
    xrp::Transaction::from_blob(&Vec::from_hex(blob).unwrap()).unwrap()
}

/// The store of a program that can die before and behind each of its calls.
pub(super) struct Mortal {
    store: Store,
    shared: Shared,
}

impl Mortal {
    fn mortal<T>(&self, run: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        self.shared.tick();
        let done = run(&self.store);
        self.shared.tick();
        done
    }
}

impl Records for Mortal {
    fn take(&self, job: &Job, now: Moment) -> Result<()> {
        self.mortal(|store| store.take(job, now))
    }

    fn steps(&self, bundle: BundleId) -> Result<Vec<StepRecord>> {
        self.mortal(|store| Records::steps(store, bundle))
    }

    fn advance(
        &self,
        bundle: BundleId,
        transitions: &[(usize, Transition)],
        incident: bool,
        now: Moment,
    ) -> Result<Advanced> {
        self.mortal(|store| Records::advance(store, bundle, transitions, incident, now))
    }

    fn spenders(&self, coin: OutPoint, except: BundleId) -> Result<Vec<(String, StepRecord)>> {
        self.mortal(|store| Records::spenders(store, coin, except))
    }

    fn history(&self, bundle: BundleId) -> Result<Vec<HistoryEntry>> {
        self.mortal(|store| Records::history(store, bundle))
    }

    fn receipt(&self, bundle: BundleId) -> Result<Option<Value>> {
        self.mortal(|store| Records::receipt(store, bundle))
    }

    fn write_receipt(&self, bundle: BundleId, receipt: &Value, now: Moment) -> Result<()> {
        self.mortal(|store| Records::write_receipt(store, bundle, receipt, now))
    }
}
