//! Bundles and their steps.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::bundle::{Artefact, Bundle, BundleId, FinalTransaction, Signed, Spoken, Step};
use airlock::review::{Chain, Use};
use airlock::text::Printable;
use airlock::time::Moment;
use rusqlite::{Connection, Row, named_params, params};
use serde_json::{Map, Value};

use super::error::{AMBIGUOUS, DROPPED, MISUSED, OTHER_SIGNED, UNKNOWN_BUNDLE, damaged};
use super::row::{change, get, moment, moment_if_any, parsed, row, rows, seconds};
use super::transition::{Transition, note, set};
use super::{State, Store};

/// A bundle as the store knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleRecord {
    /// Its id.
    pub id: BundleId,
    /// Its short id.
    pub short: String,
    /// The word for what it does, as in its file name.
    pub kind: String,
    /// The review's sentence when it was planned.
    pub headline: String,
    /// The bundle itself.
    pub bundle: Bundle,
    /// The signed file that was taken for it.
    pub signed: Option<Signed>,
    /// By its steps: see [`State::of_bundle`].
    pub state: State,
    /// The snapshot's time.
    pub created: Moment,
    /// When it can no longer be signed or submitted for the first time.
    pub expires: Moment,
    /// When it came into the store.
    pub planned: Moment,
    /// Its steps, in its order.
    pub steps: Vec<StepRecord>,
}

/// A step of a bundle, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Its place in the bundle, from 0.
    pub index: usize,
    /// The chain with its network.
    pub chain: Chain,
    /// The signing account, as the bundle has it.
    pub account: String,
    /// Steps with the same number exclude each other.
    pub one_of: Option<u32>,
    /// How far it is.
    pub state: State,
    /// Txid or hash; none before signing.
    pub txid: Option<String>,
    /// The transaction as a node takes it, hex; none before signing.
    pub raw: Option<String>,
    /// The block or ledger that holds it.
    pub height: Option<u32>,
    /// The hash of that block.
    pub block_hash: Option<String>,
    /// When it was handed to a server for the first time.
    pub first_submitted: Option<Moment>,
    /// The tip (for XRP the last validated ledger) when it was first submitted: nothing below can hold it.
    pub since_height: Option<u32>,
    /// The last ledger that can hold an XRP transaction.
    pub last_ledger_sequence: Option<u32>,
    /// The sequence that an XRP transaction uses; none where it uses a ticket.
    pub sequence: Option<u32>,
    /// The ticket that an XRP transaction uses.
    pub ticket: Option<u32>,
    /// What was said when it came to its state.
    pub detail: Option<String>,
}

impl BundleRecord {
    /// True where a person gave it up before it was signed.
    pub fn was_dropped(&self) -> bool {
        self.steps.iter().any(StepRecord::was_dropped)
    }
}

impl StepRecord {
    /// True where it ended without ever having been signed.
    fn was_dropped(&self) -> bool {
        self.state == State::Superseded && self.txid.is_none()
    }
}

/// Which bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every one.
    All,
    /// Those with a step that is signed, submitted, seen or confirmed.
    InFlight,
    /// Those with a planned step that can still be signed at this moment.
    Signable(Moment),
    /// Those to which something happened at this moment or later.
    ChangedSince(Moment),
}

impl Store {
    /// Takes a bundle in, with what its steps will use. True where it was not known. `kind` and `headline` are kept as
    /// they are first given.
    ///
    /// # Errors
    /// [`DROPPED`]; when it cannot be written, or a step's account is no address.
    pub fn plan(&self, bundle: &Bundle, kind: &str, headline: &str, now: Moment) -> Result<bool> {
        self.plan_if(bundle, kind, headline, now, |_| Ok(()))
    }

    /// Takes the signed transactions of a bundle, before anything is submitted. True where there were none; what was taken
    /// first stays.
    ///
    /// # Errors
    /// [`UNKNOWN_BUNDLE`] where it was not planned here, [`DROPPED`], [`OTHER_SIGNED`] where the store has transactions with
    /// other ids.
    pub fn record_signed(
        &self,
        bundle: &Bundle,
        signed: &Signed,
        transactions: &[FinalTransaction],
        now: Moment,
    ) -> Result<bool> {
        let id = bundle.id().to_string();
        if signed.contents().bundle != id || transactions.len() != bundle.steps().len() {
            return Err(MISUSED.error(format!("the signed file does not answer bundle {id}")));
        }
        self.write(|connection| {
            let steps = steps(connection, &id)?;
            if steps.is_empty() {
                return Err(unknown(&bundle.id().short()));
            }
            check_kept(&steps, &bundle.id().short())?;
            let known: Vec<&String> = steps.iter().filter_map(|step| step.txid.as_ref()).collect();
            let ids: Vec<String> = transactions.iter().map(FinalTransaction::id).collect();
            if !known.is_empty() {
                let other = ids.iter().zip(&known).find(|(new, known)| new != *known);
                return match other {
                    None if known.len() == ids.len() => Ok(false),
                    None => Err(damaged("some steps of a signed bundle have no transaction")),
                    Some((new, known)) => Err(OTHER_SIGNED.error(format!(
                        "bundle {} has the signed transaction {known}, not {new}",
                        bundle.id().short()
                    ))),
                };
            }
            for (step, transaction) in steps.iter().zip(transactions) {
                change(
                    connection,
                    "UPDATE steps SET txid = ?3, raw = ?4 WHERE bundle = ?1 AND number = ?2",
                    params![id, step.index, transaction.id(), transaction.raw()],
                )?;
                if step.state == State::Planned {
                    let signed = Transition::new(State::Planned, State::Signed);
                    set(connection, &id, step.index, &signed, now)?;
                    note(connection, &id, step.index, Some(State::Planned), &signed, false, now)?;
                }
            }
            let statement = "UPDATE bundles SET signed_id = ?2, signed = ?3 WHERE id = ?1";
            change(connection, statement, params![id, signed.id().to_string(), signed.encode()])?;
            Ok(true)
        })
    }

    /// The bundle with this full or short id, in either case of letters.
    ///
    /// # Errors
    /// [`AMBIGUOUS`].
    pub fn bundle(&self, id: &str) -> Result<Option<BundleRecord>> {
        self.read(|connection| {
            let question = "SELECT id FROM bundles WHERE id = lower(?1) OR short = upper(?1) ORDER BY id";
            let found: Vec<String> = rows(connection, question, [id], |row| get(row, "id"))?;
            match found.as_slice() {
                [] => Ok(None),
                [one] => record(connection, one).map(Some),
                several => {
                    let id = Printable::new(id);
                    Err(AMBIGUOUS.error(format!(
                        "{id} are {} bundles: {}",
                        several.len(),
                        several.join(", ")
                    )))
                }
            }
        })
    }

    /// The steps of a bundle alone; none where it is not known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn steps(&self, bundle: BundleId) -> Result<Vec<StepRecord>> {
        steps(&self.connection, &bundle.to_string())
    }

    /// Refuses a bundle that a person gave up; one that is not known is none.
    ///
    /// # Errors
    /// [`DROPPED`].
    pub fn check_kept(&self, bundle: BundleId) -> Result<()> {
        check_kept(&self.steps(bundle)?, &bundle.short())
    }

    /// As [`Store::bundle`], for an id that has to be there.
    ///
    /// # Errors
    /// [`UNKNOWN_BUNDLE`], [`AMBIGUOUS`].
    pub fn known_bundle(&self, id: &str) -> Result<BundleRecord> {
        self.bundle(id)?.ok_or_else(|| unknown(id))
    }

    /// Bundles in the order in which they came.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bundles(&self, filter: Filter) -> Result<Vec<BundleRecord>> {
        let (which, moment) = match filter {
            Filter::All => ("?1 = ?1", Moment::MAX),
            Filter::InFlight => (
                "?1 = ?1 AND EXISTS (SELECT 1 FROM steps WHERE bundle = id
                 AND state IN ('signed', 'submitted', 'seen', 'confirmed'))",
                Moment::MAX,
            ),
            Filter::Signable(now) => {
                ("expires > ?1 AND EXISTS (SELECT 1 FROM steps WHERE bundle = id AND state = 'planned')", now)
            }
            Filter::ChangedSince(moment) => {
                ("EXISTS (SELECT 1 FROM history WHERE bundle = id AND at >= ?1)", moment)
            }
        };
        self.read(|connection| {
            let question = format!("SELECT id FROM bundles WHERE {which} ORDER BY planned, id");
            let ids: Vec<String> = rows(connection, &question, [seconds(moment)], |row| get(row, "id"))?;
            ids.iter().map(|id| record(connection, id)).collect()
        })
    }
}

/// Takes a bundle in whose steps use `uses`, under its kind and headline. True where it was not known.
pub(super) fn insert_bundle(
    connection: &Connection,
    bundle: &Bundle,
    uses: Vec<BTreeSet<Use>>,
    (kind, headline): (&str, &str),
    now: Moment,
) -> Result<bool> {
    let (id, contents) = (bundle.id().to_string(), bundle.contents());
    let (created, expires) = (seconds(contents.created), seconds(contents.expires));
    let new = change(
        connection,
        "INSERT INTO bundles (id, short, kind, headline, created, expires, planned, file)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
        params![id, bundle.id().short(), kind, headline, created, expires, seconds(now), bundle.encode()],
    )?;
    if new == 0 {
        check_kept(&steps(connection, &id)?, &bundle.id().short())?;
        return Ok(false);
    }
    for (number, (step, uses)) in bundle.steps().iter().zip(uses).enumerate() {
        insert_step(connection, &id, number, step, chain(bundle, step))?;
        for used in uses {
            let statement = "INSERT INTO uses (bundle, number, what) VALUES (?1, ?2, ?3)";
            change(connection, statement, params![id, number, used.to_string()])?;
        }
        let planned = Transition::new(State::Planned, State::Planned);
        note(connection, &id, number, None, &planned, false, now)?;
    }
    Ok(true)
}

/// Refuses what a person gave up.
fn check_kept(steps: &[StepRecord], short: &str) -> Result<()> {
    match steps.iter().find(|step| step.was_dropped()) {
        None => Ok(()),
        Some(step) => {
            let why = step.detail.as_deref().unwrap_or("dropped");
            Err(DROPPED.error(format!("bundle {short} was {}", Printable::new(why))))
        }
    }
}

/// That a bundle is not known.
pub(super) fn unknown(id: &str) -> airlock::Error {
    UNKNOWN_BUNDLE.error(format!("bundle {} is not in the store", Printable::new(id)))
}

fn chain(bundle: &Bundle, step: &Step) -> Chain {
    let networks = bundle.contents().networks;
    match &step.artefact {
        Artefact::Psbt(_) => Chain::Bitcoin(networks.bitcoin.unwrap_or_default()),
        Artefact::TxJson(_) => Chain::Xrpl(networks.xrpl.unwrap_or_default()),
    }
}

fn insert_step(connection: &Connection, id: &str, number: usize, step: &Step, chain: Chain) -> Result<()> {
    let none = Map::new();
    let fields = match &step.artefact {
        Artefact::TxJson(fields) => fields,
        Artefact::Psbt(_) => &none,
    };
    let number_of = |name: &str| fields.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let sequence = number_of("Sequence").filter(|sequence| *sequence > 0);
    // Creating tickets takes as many sequences more (xrpl.md 11).
    let behind = 1u32.saturating_add(number_of("TicketCount").unwrap_or(0));
    change(
        connection,
        "INSERT INTO steps (bundle, number, chain, account, one_of, state, last_ledger_sequence, sequence,
                            next_sequence, ticket)
         VALUES (:bundle, :number, :chain, :account, :one_of, :state, :last, :sequence, :next, :ticket)",
        named_params! {
            ":bundle": id,
            ":number": number,
            ":chain": String::from(chain),
            ":account": fields.get("Account").and_then(Value::as_str).unwrap_or(&step.account),
            ":one_of": step.one_of,
            ":state": State::Planned.name(),
            ":last": number_of("LastLedgerSequence"),
            ":sequence": sequence,
            ":next": sequence.map(|sequence| sequence.saturating_add(behind)),
            ":ticket": number_of("TicketSequence"),
        },
    )?;
    Ok(())
}

/// The steps of a bundle, in its order.
pub(super) fn steps(connection: &Connection, id: &str) -> Result<Vec<StepRecord>> {
    rows(connection, "SELECT * FROM steps WHERE bundle = ?1 ORDER BY number", [id], step)
}

fn step(row: &Row<'_>) -> Result<StepRecord> {
    Ok(StepRecord {
        index: get(row, "number")?,
        chain: Chain::try_from(get::<String>(row, "chain")?).map_err(damaged)?,
        account: get(row, "account")?,
        one_of: get(row, "one_of")?,
        state: parsed(row, "state")?,
        txid: get(row, "txid")?,
        raw: get(row, "raw")?,
        height: get(row, "height")?,
        block_hash: get(row, "block_hash")?,
        first_submitted: moment_if_any(row, "first_submitted")?,
        since_height: get(row, "since_height")?,
        last_ledger_sequence: get(row, "last_ledger_sequence")?,
        sequence: get(row, "sequence")?,
        ticket: get(row, "ticket")?,
        detail: get(row, "detail")?,
    })
}

/// A bundle with its steps.
pub(super) fn record(connection: &Connection, id: &str) -> Result<BundleRecord> {
    let steps = steps(connection, id)?;
    let states: Vec<(Option<u32>, State)> = steps.iter().map(|step| (step.one_of, step.state)).collect();
    let found = row(connection, "SELECT * FROM bundles WHERE id = ?1", [id], |row| {
        let bundle = Bundle::decode(&get::<Vec<u8>>(row, "file")?).map_err(damaged)?;
        let signed =
            get::<Option<Vec<u8>>>(row, "signed")?.map(|file| Signed::decode(&file).map_err(damaged));
        if bundle.id().to_string() != id || bundle.steps().len() != steps.len() {
            return Err(damaged(format!("bundle {id} is another one")));
        }
        Ok(BundleRecord {
            id: bundle.id(),
            short: bundle.id().short(),
            kind: get(row, "kind")?,
            headline: get(row, "headline")?,
            signed: signed.transpose()?,
            state: State::of_bundle(&states),
            created: bundle.contents().created,
            expires: bundle.contents().expires,
            planned: moment(row, "planned")?,
            bundle,
            steps: steps.clone(),
        })
    })?;
    found.ok_or_else(|| damaged(format!("bundle {id} is gone")))
}
