//! counterparty-server 11.x over REST API v2 (counterparty.md 9).
//!
//! One file for each kind of fact; what all answers have in common is read first: the heights in the head of every
//! answer say whether the server is up to date, whatever it says about itself. Lists are read to their last page, and
//! all pages must belong to one height of the ledger.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts};
use airlock::text::Printable;
use bitcoin::{OutPoint, Transaction, Txid};
use serde::de::DeserializeOwned;

use super::counterparty::{
    AttachedAsset, Balance, Composition, CounterpartySource, CounterpartyStatus, Credit, Judgement,
    LedgerBlock,
};
use crate::http::{Http, Request};

mod compose;
mod credits;
mod envelope;
mod facts;
mod history;
mod holdings;
mod judgement;
mod query;
mod refusal;
mod row;
#[cfg(test)]
mod tests;

use envelope::{Page, Reply, Told};
use query::Query;
pub use refusal::{
    ANOTHER_ANSWER, BAD_ADDRESS, BEHIND, BROKEN, CANNOT_COMPOSE, CODES, MOVED, NODE_DOWN, NOT_A_SERVER,
    NOT_REACHED, NOT_READY, REFUSED, TOO_MANY, UNREADABLE, WRONG_NETWORK,
};

/// Rows that are asked for at once; servers give no more.
const PAGE: &str = "1000";
/// Most pages of one list.
const PAGES: usize = 500;
/// Most bytes of an answer: a page of 1,000 assets of 50 addresses.
const ANSWER_BYTES: u64 = 32 << 20;
/// Most rows of all pages of one list.
const ROWS: usize = 200_000;
/// Most bytes of all pages of one list.
const LIST_BYTES: usize = 64 << 20;
/// How often a list is begun again because the ledger moved on.
const TRIES: usize = 3;

/// A counterparty-server.
pub struct CounterpartyServer {
    wire: Box<dyn Wire>,
    network: BitcoinNetwork,
    /// Set once the server has said that it is on `network`.
    is_on_network: OnceCell<()>,
}

/// What carries questions and answers.
trait Wire {
    /// The server as messages name it.
    fn name(&self) -> String;
    /// GETs a path with its parameters.
    fn get(&self, target: &str) -> Result<Reply>;
    /// Posts a form.
    fn post(&self, path: &str, form: &str) -> Result<Reply>;
}

impl Wire for Http {
    fn name(&self) -> String {
        Http::name(self)
    }

    fn get(&self, target: &str) -> Result<Reply> {
        self.call(&Request { limit: ANSWER_BYTES, ..Request::get(target) }).map(Reply::of)
    }

    fn post(&self, path: &str, form: &str) -> Result<Reply> {
        let request = Request {
            what: path,
            body: Some(form.as_bytes()),
            content_type: "application/x-www-form-urlencoded",
            ..Request::get(path)
        };
        self.call(&request).map(Reply::of)
    }
}

/// All rows of a list, and the height of the ledger to which they belong.
struct Rows<T> {
    height: u32,
    rows: Vec<T>,
}

impl CounterpartyServer {
    /// A server that must be on `network`.
    pub fn new(http: Http, network: BitcoinNetwork) -> Self {
        Self::over(Box::new(http), network)
    }

    fn over(wire: Box<dyn Wire>, network: BitcoinNetwork) -> Self {
        Self { wire, network, is_on_network: OnceCell::new() }
    }

    /// Adds the server's name to what went wrong.
    fn named(&self, error: airlock::Error) -> airlock::Error {
        error.at(self.wire.name())
    }

    /// # Errors
    /// [`WRONG_NETWORK`], and what keeps the status from being read.
    fn check_network(&self) -> Result<()> {
        if self.is_on_network.get().is_some() {
            return Ok(());
        }
        let status = self.status()?;
        if status.network != self.network {
            return Err(WRONG_NETWORK.error(format!(
                "{} is on {}, airlock.toml says {}",
                self.wire.name(),
                status.network,
                self.network
            )));
        }
        let _ = self.is_on_network.set(());
        Ok(())
    }

    /// What an up-to-date server on the right network says.
    fn ask(&self, query: &Query) -> Result<Told> {
        self.check_network()?;
        let reply = self.wire.get(&query.target())?;
        reply.told(query.path()).map_err(|e| self.named(e))
    }

    /// One fact, read by `read` from the body; none for a 404.
    fn fact<T>(&self, query: &Query, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<Option<T>> {
        let told = self.ask(query)?;
        told.body.map(|body| read(&body).map_err(|e| self.named(e))).transpose()
    }

    /// All rows of a list.
    fn rows<T: DeserializeOwned>(&self, query: &Query) -> Result<Rows<T>> {
        self.rows_until(query, |_| false)
    }

    /// The rows of a list up to the first for which `is_beyond` holds.
    fn rows_until<T: DeserializeOwned>(
        &self,
        query: &Query,
        is_beyond: impl Fn(&T) -> bool,
    ) -> Result<Rows<T>> {
        steady(|| self.pages(query, &is_beyond))
    }

    fn pages<T: DeserializeOwned>(&self, query: &Query, is_beyond: &impl Fn(&T) -> bool) -> Result<Rows<T>> {
        let what = query.path();
        let mut next = query.clone().with("limit", PAGE);
        let mut found: Option<Rows<T>> = None;
        let mut cursors = BTreeSet::new();
        let mut bytes = 0usize;
        for _ in 0..PAGES {
            let told = self.ask(&next)?;
            let body = told.body.ok_or_else(|| {
                self.named(REFUSED.error(format!("{} is not known to the server", Printable::new(what))))
            })?;
            bytes = bytes.saturating_add(body.len());
            if bytes > LIST_BYTES {
                return Err(self.named(too_much(what, &format!("{LIST_BYTES} bytes"))));
            }
            let page: Page<T> = Page::of(&body, what).map_err(|e| self.named(e))?;
            let all = found.get_or_insert(Rows { height: told.height, rows: Vec::new() });
            if all.rows.len().saturating_add(page.rows.len()) > ROWS {
                return Err(self.named(too_much(what, &format!("{ROWS} rows"))));
            }
            if all.height != told.height {
                let (first, now) = (all.height, told.height);
                return Err(self.named(MOVED.error(format!(
                    "{}: the ledger went from block {first} to block {now} between two pages",
                    Printable::new(what)
                ))));
            }
            for row in page.rows {
                if is_beyond(&row) {
                    return Ok(found.unwrap_or(Rows { height: told.height, rows: Vec::new() }));
                }
                all.rows.push(row);
            }
            let Some(cursor) = page.next_cursor else {
                check_count(all.rows.len(), page.result_count, what).map_err(|e| self.named(e))?;
                return Ok(found.unwrap_or(Rows { height: told.height, rows: Vec::new() }));
            };
            next = query.clone().with("limit", PAGE).with("cursor", &cursor);
            if !cursors.insert(cursor) {
                break;
            }
        }
        Err(self.named(TOO_MANY.error(format!(
            "{} has no end after {} pages",
            Printable::new(what),
            cursors.len()
        ))))
    }
}

fn too_much(what: &str, limit: &str) -> airlock::Error {
    TOO_MANY.error(format!("all pages of {} are more than {limit}", Printable::new(what)))
}

/// Tries again while the ledger moves.
fn steady<T>(mut read: impl FnMut() -> Result<T>) -> Result<T> {
    let mut outcome = read();
    for _ in 1..TRIES {
        match &outcome {
            Err(error) if error.code() == &MOVED => outcome = read(),
            _ => break,
        }
    }
    outcome
}

/// The rows of all pages are as many as the server counts.
fn check_count(rows: usize, counted: Option<u64>, what: &str) -> Result<()> {
    match counted {
        Some(counted) if u64::try_from(rows).ok() != Some(counted) => Err(ANOTHER_ANSWER
            .error(format!("{}: {rows} rows came, the server counts {counted}", Printable::new(what)))),
        _ => Ok(()),
    }
}

impl CounterpartySource for CounterpartyServer {
    fn name(&self) -> String {
        self.wire.name()
    }

    fn status(&self) -> Result<CounterpartyStatus> {
        let query = Query::of(&[""]);
        let reply = self.wire.get(&query.target())?;
        facts::status(reply).map_err(|e| self.named(e))
    }

    fn block(&self, height: u32) -> Result<LedgerBlock> {
        let query = Query::of(&["blocks", &height.to_string()]);
        self.fact(&query, |body| facts::block(body, height))?
            .ok_or_else(|| self.named(NOT_REACHED.error(format!("the ledger has no block {height}"))))
    }

    fn balances(&self, addresses: &[String]) -> Result<Vec<Balance>> {
        steady(|| self.read_balances(addresses))
    }

    fn attached(&self, outpoints: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        steady(|| self.read_attached(outpoints))
    }

    fn asset(&self, name: &str) -> Result<Option<AssetFacts>> {
        self.fact(&Query::of(&["assets", name]), |body| facts::asset(body, name))
    }

    fn address(&self, address: &str) -> Result<AddressFacts> {
        self.read_address(address)
    }

    fn judgement(&self, txid: Txid) -> Result<Judgement> {
        steady(|| self.read_judgement(txid))
    }

    fn credits(&self, address: &str, from: u32, to: u32) -> Result<Vec<Credit>> {
        steady(|| self.read_credits(address, from, to))
    }

    fn compose(&self, wish: &Composition<'_>) -> Result<Vec<Transaction>> {
        self.read_composition(wish)
    }
}
