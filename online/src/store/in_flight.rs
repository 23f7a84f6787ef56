//! What the transactions use that are under way, so that nothing new is planned with it.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::bundle::{Artefact, Bundle, BundleId, Step};
use airlock::review::Use;
use airlock::time::Moment;
use airlock::xrp::AccountId;
use bitcoin::OutPoint;
use rusqlite::params;
use serde_json::Value;

use super::bundles::record;
use super::row::{get, moment, parsed, rows, seconds};
use super::{BundleRecord, State, Store};

/// What is used by steps that are signed, submitted, seen or confirmed. Left out is what was signed, never submitted and has
/// expired: it is not submitted any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Coins that they spend.
    pub coins: BTreeSet<OutPoint>,
    /// By XRP account the first sequence that is free behind them.
    pub next_sequence: BTreeMap<String, u32>,
    /// By XRP account the tickets that they use.
    pub tickets: BTreeMap<String, BTreeSet<u32>>,
}

/// Another bundle that uses something that a bundle uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Its id in hex.
    pub id: String,
    /// Its short id.
    pub short: String,
    /// When it can no longer be signed.
    pub expires: Moment,
    /// How far its most advanced step is that uses something of the bundle.
    pub state: State,
    /// What both use.
    pub uses: BTreeSet<Use>,
}

/// A step under way, `now` as `?1`.
const UNDER_WAY: &str = "(steps.state IN ('submitted', 'seen', 'confirmed')
    OR (steps.state = 'signed' AND (first_submitted IS NOT NULL OR bundles.expires > ?1)))";

impl Store {
    /// What is in flight.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn in_flight(&self, now: Moment) -> Result<InFlight> {
        self.in_flight_without(&BTreeSet::new(), now)
    }

    /// As [`Store::in_flight`], as if some bundles were not there: what they use is free for the bundle that replaces them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn in_flight_without(&self, replaced: &BTreeSet<BundleId>, now: Moment) -> Result<InFlight> {
        let question = format!(
            "SELECT steps.bundle AS bundle, what, next_sequence FROM uses JOIN steps USING (bundle, number)
             JOIN bundles ON bundles.id = steps.bundle WHERE {UNDER_WAY}"
        );
        let mut in_flight = InFlight::default();
        let replaced: BTreeSet<String> = replaced.iter().map(ToString::to_string).collect();
        let found: Vec<(String, Use, Option<u32>)> =
            rows(&self.connection, &question, [seconds(now)], |row| {
                Ok((get(row, "bundle")?, parsed(row, "what")?, get(row, "next_sequence")?))
            })?;
        for (_, used, behind) in found.into_iter().filter(|(bundle, ..)| !replaced.contains(bundle)) {
            match used {
                Use::Coin(outpoint) => {
                    in_flight.coins.insert(outpoint);
                }
                Use::Sequence { account, sequence } => {
                    let behind = behind.unwrap_or_else(|| sequence.saturating_add(1));
                    let next = in_flight.next_sequence.entry(account.to_string()).or_default();
                    *next = behind.max(*next);
                }
                Use::Ticket { account, ticket } => {
                    in_flight.tickets.entry(account.to_string()).or_default().insert(ticket);
                }
            }
        }
        Ok(in_flight)
    }

    /// The bundles whose steps may not be in the ledgers' balances yet, with those steps: what is under way, and what became
    /// final at `recently` or later, because a reorganization may undo it before anybody looks. Some bundles are left out as
    /// in [`Store::in_flight_without`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn under_way(
        &self,
        replaced: &BTreeSet<BundleId>,
        now: Moment,
        recently: Moment,
    ) -> Result<Vec<(BundleRecord, BTreeSet<usize>)>> {
        let question = format!(
            "SELECT steps.bundle AS bundle, number FROM steps JOIN bundles ON bundles.id = steps.bundle
             WHERE {UNDER_WAY} OR (steps.state = 'final' AND EXISTS (SELECT 1 FROM history
                 WHERE history.bundle = steps.bundle AND history.number = steps.number
                     AND history.state = 'final' AND at >= ?2))
             ORDER BY planned, bundle, number"
        );
        self.read(|connection| {
            let parameters = [seconds(now), seconds(recently)];
            let found: Vec<(String, usize)> = rows(connection, &question, parameters, |row| {
                Ok((get(row, "bundle")?, get(row, "number")?))
            })?;
            let mut under_way: Vec<(BundleRecord, BTreeSet<usize>)> = Vec::new();
            for (id, number) in found {
                match under_way.iter_mut().find(|(known, _)| known.id.to_string() == id) {
                    Some((_, steps)) => drop(steps.insert(number)),
                    None => under_way.push((record(connection, &id)?, BTreeSet::from([number]))),
                }
            }
            under_way.retain(|(record, _)| !replaced.contains(&record.id));
            Ok(under_way)
        })
    }

    /// The other bundles that can still confirm and use something that this one uses: those under way, and those that can
    /// still be signed.
    ///
    /// # Errors
    /// When the file cannot be read, or a step's account is no address.
    pub fn rivals(&self, bundle: &Bundle, now: Moment) -> Result<Vec<Rival>> {
        let id = bundle.id().to_string();
        let question = format!(
            "SELECT steps.bundle AS bundle, short, expires, steps.state AS state, what FROM uses
             JOIN steps USING (bundle, number) JOIN bundles ON bundles.id = steps.bundle
             WHERE what = ?2 AND steps.bundle <> ?3
                 AND ({UNDER_WAY} OR (steps.state = 'planned' AND bundles.expires > ?1))"
        );
        let mut rivals: BTreeMap<String, Rival> = BTreeMap::new();
        for used in uses_of(bundle)? {
            let parameters = params![seconds(now), used.to_string(), id];
            let found = rows(&self.connection, &question, parameters, |row| {
                Ok(Rival {
                    id: get(row, "bundle")?,
                    short: get(row, "short")?,
                    expires: moment(row, "expires")?,
                    state: parsed(row, "state")?,
                    uses: BTreeSet::from([parsed(row, "what")?]),
                })
            })?;
            for rival in found {
                let known = rivals.entry(rival.id.clone()).or_insert_with(|| rival.clone());
                known.state = known.state.max(rival.state);
                known.uses.extend(rival.uses);
            }
        }
        Ok(rivals.into_values().collect())
    }
}

/// What all steps of a bundle use.
///
/// # Errors
/// As `uses`.
pub fn uses_of(bundle: &Bundle) -> Result<BTreeSet<Use>> {
    let each = bundle.steps().iter().map(uses).collect::<Result<Vec<_>>>()?;
    Ok(each.into_iter().flatten().collect())
}

/// What a step uses: coins, a sequence or a ticket. Outputs of earlier steps are none.
///
/// # Errors
/// When an XRP step's account is no address.
pub fn uses(step: &Step) -> Result<BTreeSet<Use>> {
    match &step.artefact {
        Artefact::Psbt(psbt) => {
            let inputs = psbt.unsigned_tx.input.iter().enumerate();
            let own = inputs.filter(|(index, _)| step.links.iter().all(|link| link.input != *index));
            Ok(own.map(|(_, input)| Use::Coin(input.previous_output)).collect())
        }
        Artefact::TxJson(fields) => {
            let text = fields.get("Account").and_then(Value::as_str).unwrap_or_default();
            let account: AccountId = text.parse()?;
            let number = |name: &str| {
                let number = fields.get(name).and_then(Value::as_u64).filter(|number| *number > 0);
                number.and_then(|number| u32::try_from(number).ok())
            };
            let sequence = number("Sequence").map(|sequence| Use::Sequence { account, sequence });
            let ticket = number("TicketSequence").map(|ticket| Use::Ticket { account, ticket });
            Ok(sequence.into_iter().chain(ticket).collect())
        }
    }
}
