//! rippled or Clio by JSON-RPC (xrpl.md 12).
//!
//! - `answer`: a question and the envelope of its answer; what the server refuses.
//! - `figure`: amounts and times.
//! - `status`, `account`, `submit`, `transaction`, `history`: one file for each thing that is asked.
//!
//! `api_version` 2 is asked for. Some servers answer in the shape of version 1 all the same: that is read where it can
//! mean one thing only.

use std::time::Duration;

use airlock::snapshot::XrplAccountFacts;
use airlock::{Code, Error, Result};
use serde_json::{Map, Value};

use super::xrpl::{Engine, Found, HistoryPage, OpenFee, XrplSource, XrplStatus};
use crate::http::{Http, Request};
use answer::{Asker, Question, Said};

mod account;
mod answer;
mod figure;
mod history;
mod meta;
mod status;
mod submit;
mod transaction;

#[cfg(test)]
mod tests;

pub use answer::{
    AMENDMENT_BLOCKED, BAD_ANSWER, BUSY, CODES, FOREIGN_ANSWER, NO_NETWORK_ID, NOT_HELD, NOT_SYNCED,
    NOT_TAKEN, REFUSED, TOO_OLD,
};

/// How often a busy server is asked.
const ATTEMPTS: u32 = 4;
/// The wait before the second time, in milliseconds; it doubles each time, and up to as much again is added.
const FIRST_WAIT: u64 = 250;

/// A rippled or Clio server.
#[derive(Clone, Debug)]
pub struct Rippled {
    http: Http,
}

impl Rippled {
    /// A server behind a client.
    pub fn new(http: Http) -> Self {
        Self { http }
    }

    /// Asks, and asks again while the server is busy.
    fn ask(&self, question: &Question) -> Result<Said> {
        let body = question.body();
        let request = Request { limit: question.limit, ..Request::post(question.method, &body) };
        let mut attempt: u32 = 1;
        loop {
            let answer = self.http.call(&request)?;
            let said = answer::read(question, answer.status, &answer.body)?;
            let is_busy = matches!(&said, Said::Refused(refusal) if refusal.code() == &BUSY);
            if !is_busy || attempt >= ATTEMPTS {
                return Ok(said);
            }
            let wait =
                FIRST_WAIT.saturating_mul(1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX));
            std::thread::sleep(Duration::from_millis(wait.saturating_add(fastrand::u64(0..=wait))));
            attempt = attempt.saturating_add(1);
        }
    }

    /// Does some asking; an error says which server it was.
    fn asking<T>(&self, job: impl FnOnce(&Asker<'_>) -> Result<T>) -> Result<T> {
        let is_ours = |code: &Code| CODES.iter().any(|ours| ours.id == code.id);
        job(&Asker(&|question| self.ask(question)))
            .map_err(|error: Error| if is_ours(error.code()) { error.at(self.http.name()) } else { error })
    }
}

impl XrplSource for Rippled {
    fn name(&self) -> String {
        self.http.name()
    }

    fn status(&self) -> Result<XrplStatus> {
        self.asking(status::read)
    }

    fn fee(&self) -> Result<OpenFee> {
        self.asking(status::fee)
    }

    fn account(&self, address: &str) -> Result<XrplAccountFacts> {
        self.asking(|asker| account::read(asker, address, None))
    }

    fn account_in(&self, address: &str, ledger: u32) -> Result<XrplAccountFacts> {
        self.asking(|asker| account::read(asker, address, Some(ledger)))
    }

    fn simulate(&self, tx_json: &Map<String, Value>) -> Result<Option<Engine>> {
        self.asking(|asker| submit::simulate(asker, tx_json))
    }

    fn submit(&self, tx_blob: &str) -> Result<Engine> {
        self.asking(|asker| submit::submit(asker, tx_blob))
    }

    fn transaction(&self, hash: &str, from: u32, to: u32) -> Result<Found> {
        self.asking(|asker| transaction::find(asker, hash, from, to))
    }

    fn ledger_hash(&self, index: u32) -> Result<Option<String>> {
        self.asking(|asker| status::ledger_hash(asker, index))
    }

    fn history(&self, address: &str, from: u32, to: u32, marker: Option<&Value>) -> Result<HistoryPage> {
        self.asking(|asker| history::page(asker, address, from, to, marker))
    }
}
