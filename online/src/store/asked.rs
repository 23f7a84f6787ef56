//! What bundles were asked for, and how far each request is.

use airlock::Result;
use airlock::bundle::Bundle;
use airlock::request::Request;
use airlock::time::Moment;
use rusqlite::{Connection, Row};
use serde::Deserialize;

use super::bundles::{insert_bundle, steps};
use super::error::damaged;
use super::row::{get, moment, row, rows};
use super::{State, StepRecord, Store, in_flight};

/// A request of a bundle, and how far the steps are that serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The bundle's id in hex.
    pub bundle: String,
    /// The bundle's short id.
    pub short: String,
    /// When the bundle can no longer be signed.
    pub expires: Moment,
    /// What was asked for.
    pub request: Request,
    /// Its place among the bundle's requests, from 0.
    pub index: usize,
    /// The paying account: descriptor checksum or classic address.
    pub account: String,
    /// How far its steps are, as [`State::of_bundle`] counts them.
    pub state: State,
    /// True where a signed transaction of it is known.
    pub was_signed: bool,
    /// When its last step became final, if one did.
    pub done: Option<Moment>,
}

/// The members of a bundle file that tell what was asked for. The file was checked as a whole when it came in.
#[derive(Deserialize)]
struct File {
    requests: Vec<Request>,
    steps: Vec<FileStep>,
}

#[derive(Deserialize)]
struct FileStep {
    account: String,
    request: usize,
}

impl Store {
    /// Every request of every bundle, the latest bundle first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn asked(&self) -> Result<Vec<Asked>> {
        self.read(|connection| asked(connection))
    }

    /// As [`Store::plan`], if `may` has nothing against it with everything in view that was asked for until now: another
    /// process that plans at the same moment is seen by one of the two.
    ///
    /// # Errors
    /// As [`Store::plan`], and those of `may`.
    pub fn plan_if(
        &self,
        bundle: &Bundle,
        kind: &str,
        headline: &str,
        now: Moment,
        may: impl FnOnce(&[Asked]) -> Result<()>,
    ) -> Result<bool> {
        let uses = bundle.steps().iter().map(in_flight::uses).collect::<Result<Vec<_>>>()?;
        self.write(|connection| {
            may(&asked(connection)?)?;
            insert_bundle(connection, bundle, uses, (kind, headline), now)
        })
    }
}

fn asked(connection: &Connection) -> Result<Vec<Asked>> {
    let question = "SELECT id, short, expires, file FROM bundles ORDER BY planned DESC, id";
    let all = rows(connection, question, [], |row| of_bundle(connection, row))?;
    Ok(all.into_iter().flatten().collect())
}

fn of_bundle(connection: &Connection, found: &Row<'_>) -> Result<Vec<Asked>> {
    let bundle: String = get(found, "id")?;
    let (short, expires): (String, Moment) = (get(found, "short")?, moment(found, "expires")?);
    let file: File = serde_json::from_slice(&get::<Vec<u8>>(found, "file")?).map_err(damaged)?;
    let steps = steps(connection, &bundle)?;
    let question =
        "SELECT max(at) AS at FROM history WHERE bundle = ?1 AND state = 'final' HAVING at IS NOT NULL";
    let done = row(connection, question, [&bundle], |row| moment(row, "at"))?;
    let one = |(index, request)| {
        let serving = file.steps.iter().zip(&steps).filter(|(step, _)| step.request == index);
        let (of_file, records): (Vec<&FileStep>, Vec<&StepRecord>) = serving.unzip();
        let states: Vec<_> = records.iter().map(|step| (step.one_of, step.state)).collect();
        let state = State::of_bundle(&states);
        Asked {
            bundle: bundle.clone(),
            short: short.clone(),
            expires,
            request,
            index,
            account: of_file.first().map(|step| step.account.clone()).unwrap_or_default(),
            state,
            was_signed: records.iter().any(|step| step.txid.is_some()),
            done: done.filter(|_| state == State::Final),
        }
    };
    Ok((0..).zip(file.requests.iter().cloned()).map(one).collect())
}
