//! Servers of the XRP Ledger together, and the rules of reliable submission (xrpl.md 12.2).

use std::collections::BTreeMap;

use airlock::snapshot::XrplAccountFacts;
use airlock::{Result, xrp};
use serde_json::{Map, Value};

use super::{OTHER_NETWORK, World};
use crate::source::engine::{self, Outlook as Reading};
use crate::source::xrpl::{Engine, Found, ValidatedLedger, XrplSource, XrplStatus};

/// Servers refuse to search more ledgers than this in one call.
const SEARCH: u32 = 1_000;
/// The longest proof that is tried, in ledgers: more than a day.
const LONGEST_PROOF: u32 = 40_000;

/// The servers that can be relied on now.
pub(super) struct Servers<'a> {
    usable: Vec<(&'a dyn XrplSource, XrplStatus, ValidatedLedger)>,
    /// Why the others cannot.
    pub(super) notes: Vec<String>,
    /// Accounts as the servers had them in this look, by the server's place.
    accounts: BTreeMap<(usize, String), XrplAccountFacts>,
}

/// Where a transaction is and what can still become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// In a validated ledger: final.
    Validated {
        /// The ledger.
        ledger: u32,
        /// `tesSUCCESS` or a `tec` code.
        result: String,
        /// Drops that arrived, where the server says it.
        delivered: Option<u64>,
    },
    /// A server has it.
    Pending,
    /// No server has it, and it can still come.
    Open,
    /// It never came and never will: its last ledger has passed in a range without gaps.
    Lost {
        /// The first ledger of the proof.
        from: u32,
        /// The last one.
        to: u32,
    },
    /// Another transaction used its sequence or ticket.
    Used {
        /// `sequence 7`.
        turn: String,
    },
    /// It can no longer come, but whether it came nobody can prove yet.
    Gap(String),
    /// Nobody can tell.
    Unclear(String),
}

/// What all servers said to a submission.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The most hopeful result.
    pub(super) best: Option<Engine>,
    /// Every result by server.
    pub(super) all: Vec<(String, Engine)>,
}

/// True where the server has the transaction: applied, queued, or failed in its open ledger.
pub(super) fn is_taken(engine: &Engine) -> bool {
    matches!(engine::read(&engine.result).outlook, Reading::Applied | Reading::Claimed)
        || engine.queued
        || engine.result == "terQUEUED"
        || engine.result == "tefALREADY"
}

impl<'a> Servers<'a> {
    /// Asks all servers how they stand.
    pub(super) fn open(world: &World<'a>, network_id: u32) -> Self {
        let mut servers = Self { usable: Vec::new(), notes: Vec::new(), accounts: BTreeMap::new() };
        for source in world.xrpl {
            match check(source.as_ref(), network_id) {
                Ok((status, Some(validated))) => servers.usable.push((source.as_ref(), status, validated)),
                Ok((status, None)) => {
                    servers.notes.push(format!(
                        "{}: '{}', no validated ledger yet",
                        source.name(),
                        status.state
                    ));
                }
                Err(error) => servers.notes.push(format!("{}: {error}", source.name())),
            }
        }
        servers
    }

    /// True where none can be relied on.
    pub(super) fn is_empty(&self) -> bool {
        self.usable.is_empty()
    }

    /// The lowest last validated ledger.
    pub(super) fn validated(&self) -> u32 {
        self.usable.iter().map(|(_, _, ledger)| ledger.index).min().unwrap_or(0)
    }

    /// The newest validated ledger and when it closed.
    pub(super) fn newest(&self) -> Option<&ValidatedLedger> {
        self.usable.iter().map(|(_, _, ledger)| ledger).max_by_key(|ledger| ledger.index)
    }

    /// What would become of an unsigned transaction, by the first server that can tell; none where none knows how.
    ///
    /// # Errors
    /// The first server's, where those that could tell fail.
    pub(super) fn simulate(&self, tx_json: &Map<String, Value>) -> Result<Option<(String, Engine)>> {
        let mut error = None;
        for (source, ..) in &self.usable {
            match source.simulate(tx_json) {
                Ok(Some(engine)) => return Ok(Some((source.name(), engine))),
                Ok(None) => {}
                Err(found) => drop(error.get_or_insert(found.at(source.name()))),
            }
        }
        error.map_or(Ok(None), Err)
    }

    /// Hands the same blob to every server.
    pub(super) fn submit(&mut self, tx_blob: &str) -> Told {
        let mut told = Told::default();
        for (source, ..) in &self.usable {
            match source.submit(tx_blob) {
                Ok(engine) => told.all.push((source.name(), engine)),
                Err(error) => self.notes.push(format!("{}: {error}", source.name())),
            }
        }
        let rank = |engine: &Engine| {
            let outlook = engine::read(&engine.result).outlook;
            (
                is_taken(engine),
                outlook == Reading::Applied,
                outlook == Reading::MaySucceed,
                outlook == Reading::LookUp,
            )
        };
        told.best = told.all.iter().map(|(_, engine)| engine).max_by_key(|engine| rank(engine)).cloned();
        told
    }

    /// Where a transaction is. No ledger before `from` can hold it.
    pub(super) fn outlook(&mut self, transaction: &xrp::Transaction, hash: &str, from: u32) -> Outlook {
        let mut answers = Vec::new();
        for (place, (source, status, validated)) in self.usable.iter().enumerate() {
            let address = transaction.account().to_string();
            let known = self.accounts.get(&(place, address.clone())).cloned();
            // The account first, the ledgers second: what the account shows is then within what is searched.
            let account = known.map_or_else(|| source.account(&address), Ok);
            let answer = account.and_then(|account| {
                let outlook = of_one(*source, (status, validated), &account, transaction, hash, from);
                self.accounts.insert((place, address), account);
                outlook
            });
            match answer {
                Ok(outlook) => answers.push(outlook),
                Err(error) => self.notes.push(format!("{}: {error}", source.name())),
            }
        }
        let outlook = merge(&answers);
        if let Outlook::Unclear(why) | Outlook::Gap(why) = &outlook {
            self.notes.push(why.clone());
        }
        outlook
    }
}

fn check(source: &dyn XrplSource, network_id: u32) -> Result<(XrplStatus, Option<ValidatedLedger>)> {
    let status = source.status()?;
    if status.network_id != network_id {
        let theirs = status.network_id;
        return Err(OTHER_NETWORK.error(format!("it is on network {theirs}, the bundle is for {network_id}")));
    }
    let validated = status.validated.clone().filter(|_| !status.amendment_blocked);
    Ok((status, validated))
}

/// What one server says, checked against what is possible.
fn of_one(
    source: &dyn XrplSource,
    (status, validated): (&XrplStatus, &ValidatedLedger),
    account: &XrplAccountFacts,
    transaction: &xrp::Transaction,
    hash: &str,
    from: u32,
) -> Result<Outlook> {
    let last = transaction.last_ledger_sequence();
    let index = validated.index;
    let recent = index.saturating_sub(SEARCH.saturating_sub(1)).max(from).min(index);
    match source.transaction(hash, recent, index)? {
        Found::Validated { ledger_index, result, delivered, .. } => {
            if ledger_index < from || last.is_some_and(|last| ledger_index > last) {
                return Ok(Outlook::Unclear(format!(
                    "{}: not believed: it says ledger {ledger_index}, which cannot hold the transaction",
                    source.name()
                )));
            }
            let delivered = delivered.map(airlock::amount::Drops::to_drops);
            return Ok(Outlook::Validated { ledger: ledger_index, result, delivered });
        }
        Found::Pending => return Ok(Outlook::Pending),
        Found::NotFound { .. } => {}
    }
    let used = match transaction.ticket_sequence() {
        Some(ticket) => !account.tickets.contains(&ticket),
        None => !account.exists || account.sequence > transaction.sequence(),
    };
    let passed = last.is_some_and(|last| index > last);
    if !used && !passed {
        return Ok(Outlook::Open);
    }
    let to = match last {
        Some(last) if passed => last,
        Some(_) | None => index,
    };
    let turn = match transaction.ticket_sequence() {
        Some(ticket) => format!("ticket {ticket}"),
        None => format!("sequence {}", transaction.sequence()),
    };
    // A used sequence may lie in a ledger that came since the status: then the next look tells.
    match prove_absent(source, status, hash, from, to)? {
        Absence::Found(outlook) => Ok(outlook),
        Absence::Proved if passed => Ok(Outlook::Lost { from, to }),
        Absence::Proved if is_settled(source, hash, index)? => Ok(Outlook::Used { turn }),
        Absence::Proved => Ok(Outlook::Open),
        Absence::Gap => {
            let what = match (passed, used) {
                (true, false) => format!("ledger {to} has passed and {turn} is not used"),
                (true, true) => format!("ledger {to} has passed and {turn} is used"),
                (false, _) => format!("{turn} is used"),
            };
            Ok(Outlook::Gap(format!(
                "{}: {what}, but it does not hold every ledger from {from} to {to}: whether the transaction is in one \
                 of them cannot be told",
                source.name()
            )))
        }
    }
}

enum Absence {
    Found(Outlook),
    Proved,
    Gap,
}

/// Looks through every ledger of a range, in pieces that a server searches.
fn prove_absent(
    source: &dyn XrplSource,
    status: &XrplStatus,
    hash: &str,
    from: u32,
    to: u32,
) -> Result<Absence> {
    if !status.complete.hold(from, to) || to.abs_diff(from) > LONGEST_PROOF {
        return Ok(Absence::Gap);
    }
    let mut first = from;
    while first <= to {
        let end = first.saturating_add(SEARCH.saturating_sub(1)).min(to);
        match source.transaction(hash, first, end)? {
            Found::Validated { ledger_index, result, delivered, .. } => {
                let delivered = delivered.map(airlock::amount::Drops::to_drops);
                return Ok(Absence::Found(Outlook::Validated { ledger: ledger_index, result, delivered }));
            }
            Found::Pending => return Ok(Absence::Found(Outlook::Pending)),
            Found::NotFound { searched_all: false } => return Ok(Absence::Gap),
            Found::NotFound { searched_all: true } => {}
        }
        first = end.saturating_add(1);
    }
    Ok(Absence::Proved)
}

/// True where the ledgers that came since the status do not hold the transaction either.
fn is_settled(source: &dyn XrplSource, hash: &str, index: u32) -> Result<bool> {
    let now = source.status()?;
    let Some(newest) = now.validated.map(|ledger| ledger.index) else { return Ok(false) };
    if newest <= index {
        return Ok(true);
    }
    let absent = matches!(
        prove_absent(source, &XrplStatus { validated: None, ..now }, hash, index, newest)?,
        Absence::Proved
    );
    Ok(absent)
}

/// All answers as one. An end without effect needs that nobody contradicts it.
fn merge(answers: &[Outlook]) -> Outlook {
    let validated: Vec<&Outlook> =
        answers.iter().filter(|answer| matches!(answer, Outlook::Validated { .. })).collect();
    if let Some(first) = validated.first() {
        return match validated.iter().all(|other| other == first) {
            true => (*first).clone(),
            false => Outlook::Unclear("the servers disagree about a validated transaction".to_owned()),
        };
    }
    if answers.contains(&Outlook::Pending) {
        return Outlook::Pending;
    }
    // Who has not come so far can say nothing about the end, but may yet contradict it.
    if answers.contains(&Outlook::Open) {
        return Outlook::Open;
    }
    let rank = |answer: &&Outlook| match answer {
        Outlook::Used { .. } => 4,
        Outlook::Lost { .. } => 3,
        Outlook::Gap(_) => 2,
        Outlook::Validated { .. } | Outlook::Pending | Outlook::Open | Outlook::Unclear(_) => 1,
    };
    let unclear = answers.iter().find(|answer| matches!(answer, Outlook::Unclear(_)));
    unclear
        .or_else(|| answers.iter().max_by_key(rank))
        .cloned()
        .unwrap_or_else(|| Outlook::Unclear("no server could say where a transaction is".to_owned()))
}
