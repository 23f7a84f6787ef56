//! Servers of the XRP Ledger together, and the rules of reliable submission (xrpl.md 12.2).

use std::collections::BTreeMap;

use airlock::amount::Drops;
use airlock::snapshot::XrplAccountFacts;
use airlock::{Result, xrp};
use serde_json::{Map, Value};

use super::World;
use super::absent::{self, Absence, SEARCH};
use super::heard::Heard;
use crate::source::engine::{self, Outlook as Reading};
use crate::source::open::{Meant, check_xrpl};
use crate::source::xrpl::{Engine, Found, Ledgers, ValidatedLedger, XrplSource, XrplStatus};

/// The servers that can be relied on now.
pub(super) struct Servers<'a> {
    usable: Vec<(&'a dyn XrplSource, XrplStatus, ValidatedLedger)>,
    /// Why the others cannot.
    pub(super) notes: Vec<String>,
    /// Servers that contradict each other about the end of a transaction: loud.
    pub(super) alarms: Vec<String>,
    /// Those that cannot be relied on.
    silent: Vec<String>,
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

/// What one server says of a transaction.
#[derive(Clone, Debug)]
struct Answer {
    /// The server.
    name: String,
    /// Its last validated ledger when it was asked how it stands.
    index: u32,
    /// The ledgers that it holds.
    complete: Ledgers,
    /// True where its account has used the sequence or ticket.
    used: bool,
    /// What it says.
    outlook: Outlook,
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
        let mut servers = Self {
            usable: Vec::new(),
            notes: Vec::new(),
            alarms: Vec::new(),
            silent: Vec::new(),
            accounts: BTreeMap::new(),
        };
        let meant = Meant::OfBundle(network_id);
        for source in world.xrpl {
            let stands = source.status().and_then(|status| Ok((check_xrpl(&status, meant)?, status)));
            match stands {
                Ok((validated, status)) => servers.usable.push((source.as_ref(), status, validated)),
                Err(error) => {
                    servers.silent.push(source.name());
                    servers.notes.push(format!("{}: {error}", source.name()));
                }
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

    /// A server whose validated ledger is further from this one than ledgers can close until then, with its ledger.
    pub(super) fn too_far_from(&self, last: u32, most: u64) -> Option<(String, u32)> {
        let is_far = |ledger: &ValidatedLedger| u64::from(last.saturating_sub(ledger.index)) > most;
        let far = self.usable.iter().find(|(_, _, ledger)| is_far(ledger));
        far.map(|(source, _, ledger)| (source.name(), ledger.index))
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
    pub(super) fn outlook(
        &mut self,
        transaction: &xrp::Transaction,
        hash: &str,
        from: u32,
    ) -> Heard<Outlook> {
        let (mut answers, mut silent) = (Vec::new(), self.silent.clone());
        for (place, (source, status, validated)) in self.usable.iter().enumerate() {
            let address = transaction.account().to_string();
            let known = self.accounts.get(&(place, address.clone())).cloned();
            // The account as of the ledger up to which is searched: another machine behind the same address may know a newer
            // one, in which this very transaction has used the sequence.
            let account = known.map_or_else(|| source.account_in(&address, validated.index), Ok);
            let answer = account.and_then(|account| {
                let used = has_used(&account, transaction);
                self.accounts.insert((place, address), account);
                let outlook = of_one(*source, (status, validated), used, transaction, hash, from)?;
                let (name, index, complete) = (source.name(), validated.index, status.complete.clone());
                Ok(Answer { name, index, complete, used, outlook })
            });
            match answer {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    silent.push(source.name());
                    self.notes.push(format!("{}: {error}", source.name()));
                }
            }
        }
        let (outlook, alarm) = merge(&answers);
        self.alarms.extend(alarm);
        if let Outlook::Unclear(why) | Outlook::Gap(why) = &outlook {
            self.notes.push(why.clone());
        }
        if matches!(outlook, Outlook::Validated { .. }) {
            // Who has not come so far, or cannot tell, has not said that it failed.
            let others = answers.iter().filter(|answer| answer.outlook != outlook);
            silent.extend(others.map(|answer| answer.name.clone()));
        }
        Heard { what: outlook, silent }
    }

    /// The ledger and the result of a transaction that has ended without effect, where every server that can be used has it
    /// in the same validated ledger after all.
    pub(super) fn came_after_all(
        &self,
        transaction: &xrp::Transaction,
        hash: &str,
        from: u32,
    ) -> Option<(u32, String)> {
        let look = |(source, _, validated): &(&dyn XrplSource, XrplStatus, ValidatedLedger)| {
            let index = validated.index;
            let recent = index.saturating_sub(SEARCH.saturating_sub(1)).max(from).min(index);
            match source.transaction(hash, recent, index) {
                Ok(Found::Validated { ledger_index, result, .. })
                    if can_hold(transaction, from, ledger_index) && ledger_index <= index =>
                {
                    Some((ledger_index, result))
                }
                Ok(_) | Err(_) => None,
            }
        };
        let mut found = self.usable.iter().map(look);
        let first = found.next()??;
        found.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
}

fn has_used(account: &XrplAccountFacts, transaction: &xrp::Transaction) -> bool {
    match transaction.ticket_sequence() {
        Some(ticket) => !account.tickets.contains(&ticket),
        None => !account.exists || account.sequence > transaction.sequence(),
    }
}

/// True where a ledger can hold a transaction, as far as the plan and the transaction say.
fn can_hold(transaction: &xrp::Transaction, from: u32, ledger: u32) -> bool {
    ledger >= from && transaction.last_ledger_sequence().is_none_or(|last| ledger <= last)
}

/// A server's word that a validated ledger holds a transaction, as far as it is possible.
fn held(
    source: &dyn XrplSource,
    index: u32,
    (transaction, from): (&xrp::Transaction, u32),
    (ledger, result, delivered): (u32, String, Option<Drops>),
) -> Result<Outlook> {
    // A ledger may have closed since the server said how it stands.
    let newest = |status: XrplStatus| status.validated.map_or(index, |validated| validated.index);
    let index = if ledger > index { newest(source.status()?) } else { index };
    if !can_hold(transaction, from, ledger) || ledger > index {
        return Ok(Outlook::Unclear(format!(
            "{}: not believed: it says ledger {ledger}, which cannot hold the transaction",
            source.name()
        )));
    }
    Ok(Outlook::Validated { ledger, result, delivered: delivered.map(Drops::to_drops) })
}

/// What one server says, checked against what is possible.
fn of_one(
    source: &dyn XrplSource,
    (status, validated): (&XrplStatus, &ValidatedLedger),
    used: bool,
    transaction: &xrp::Transaction,
    hash: &str,
    from: u32,
) -> Result<Outlook> {
    let last = transaction.last_ledger_sequence();
    let index = validated.index;
    let recent = index.saturating_sub(SEARCH.saturating_sub(1)).max(from).min(index);
    let before = match source.transaction(hash, recent, index)? {
        Found::Validated { ledger_index, result, delivered, .. } => {
            return held(source, index, (transaction, from), (ledger_index, result, delivered));
        }
        Found::Pending => Outlook::Pending,
        Found::NotFound { .. } => Outlook::Open,
    };
    let passed = last.is_some_and(|last| index > last);
    if !used && !passed {
        return Ok(before);
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
    match absent::prove(source, status, (transaction, hash), from, to)? {
        Absence::Validated(found) => held(source, index, (transaction, from), found),
        Absence::Proved if passed && used => Ok(Outlook::Used { turn }),
        Absence::Proved if passed => Ok(Outlook::Lost { from, to }),
        Absence::Proved if absent::is_settled(source, (transaction, hash), index)? => {
            Ok(Outlook::Used { turn })
        }
        Absence::Proved => Ok(before),
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

/// All answers as one, and an alarm where servers contradict each other. An end needs that nobody contradicts it.
fn merge(answers: &[Answer]) -> (Outlook, Option<String>) {
    let validated = answers.iter().find_map(|answer| match &answer.outlook {
        Outlook::Validated { ledger, .. } => Some((answer, *ledger)),
        Outlook::Pending
        | Outlook::Open
        | Outlook::Lost { .. }
        | Outlook::Used { .. }
        | Outlook::Gap(_)
        | Outlook::Unclear(_) => None,
    });
    if let Some((first, ledger)) = validated {
        let against: Vec<&str> = answers
            .iter()
            .filter(|answer| contradicts(answer, &first.outlook, ledger))
            .map(|answer| answer.name.as_str())
            .collect();
        if against.is_empty() {
            return (first.outlook.clone(), None);
        }
        let why = format!(
            "the servers disagree about a transaction: {} has it in validated ledger {ledger}, {} with that ledger does not \
             say the same. One of them is wrong: do not pay again and book nothing before you know which",
            first.name,
            against.join(", ")
        );
        return (Outlook::Unclear(why.clone()), Some(why));
    }
    let all: Vec<&Outlook> = answers.iter().map(|answer| &answer.outlook).collect();
    if all.contains(&&Outlook::Pending) {
        return (Outlook::Pending, None);
    }
    // Who has not come so far can say nothing about the end, but may yet contradict it.
    if all.contains(&&Outlook::Open) {
        return (Outlook::Open, None);
    }
    // Nobody's proof holds for a server that has not all ledgers: the one that is missing there may hold it.
    let rank = |answer: &&&Outlook| match answer {
        Outlook::Unclear(_) => 4,
        Outlook::Gap(_) => 3,
        Outlook::Used { .. } => 2,
        Outlook::Lost { .. } => 1,
        Outlook::Validated { .. } | Outlook::Pending | Outlook::Open => 0,
    };
    let none = || Outlook::Unclear("no server could say where a transaction is".to_owned());
    (all.iter().max_by_key(rank).map_or_else(none, |outlook| (*outlook).clone()), None)
}

/// True where a server that has come to this ledger says something else than that the ledger holds the transaction.
fn contradicts(answer: &Answer, said: &Outlook, ledger: u32) -> bool {
    if let Outlook::Validated { ledger: other, .. } = &answer.outlook {
        return answer.outlook != *said || *other != ledger;
    }
    let has_it = answer.complete.hold(ledger, ledger);
    let denies = match &answer.outlook {
        Outlook::Open | Outlook::Lost { .. } | Outlook::Used { .. } => true,
        Outlook::Pending => has_it,
        Outlook::Gap(_) | Outlook::Unclear(_) | Outlook::Validated { .. } => false,
    };
    // What a validated ledger holds has used its sequence or ticket.
    answer.index >= ledger && (denies || !answer.used)
}
