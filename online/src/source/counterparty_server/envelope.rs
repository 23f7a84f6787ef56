//! What every answer has in common: heights in its head, and a result or an error in its body.

use airlock::text::Printable;
use airlock::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::refusal::{self, BROKEN, NOT_A_SERVER, UNREADABLE};
use crate::http::{Answer, HTTP_STATUS};

/// An answer as it came, whatever it says.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// `X-COUNTERPARTY-HEIGHT` as it came.
    pub(super) ledger: Option<String>,
    /// `X-BITCOIN-HEIGHT` as it came.
    pub(super) bitcoin: Option<String>,
    pub(super) body: Vec<u8>,
}

/// How far ledger and node are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heights {
    pub(super) ledger: u32,
    pub(super) bitcoin: u32,
}

/// What a server that is up to date says to a question.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The height of the ledger to which it belongs.
    pub(super) height: u32,
    /// The body of a 200; none for a 404.
    pub(super) body: Option<Vec<u8>>,
}

impl Reply {
    pub(super) fn of(answer: Answer) -> Self {
        let header = |name: &str| answer.header(name).map(str::to_owned);
        Self {
            status: answer.status,
            ledger: header("x-counterparty-height"),
            bitcoin: header("x-bitcoin-height"),
            body: answer.body,
        }
    }

    /// The heights; none where the server does not know them yet.
    ///
    /// # Errors
    /// [`NOT_A_SERVER`] where a header is missing or is no height.
    fn heights(&self, what: &str) -> Result<Option<Heights>> {
        let (Some(ledger), Some(bitcoin)) = (&self.ledger, &self.bitcoin) else {
            return Err(NOT_A_SERVER.error(format!(
                "{} is answered with {} and without the heights of ledger and node",
                Printable::new(what),
                self.status
            )));
        };
        if ledger == "None" || bitcoin == "None" {
            return Ok(None);
        }
        let height = |text: &str| {
            text.parse::<u32>().map_err(|_| {
                NOT_A_SERVER.error(format!("'{}' is no height of a block", Printable::new(text)))
            })
        };
        Ok(Some(Heights { ledger: height(ledger)?, bitcoin: height(bitcoin)? }))
    }

    /// What is said, once it is sure that the server is up to date.
    ///
    /// # Errors
    /// Everything that keeps an answer from being a fact, but not a 404.
    pub(super) fn told(self, what: &str) -> Result<Told> {
        let question = Printable::new(what);
        if !matches!(self.status, 200 | 400 | 404 | 500 | 503) {
            return Err(HTTP_STATUS.error(format!("{question} is answered with {}", self.status)));
        }
        let heights = match (self.status, self.heights(what)) {
            // Whatever stands before a server that is down may say so as well.
            (503, heights) => return Err(refusal::not_ready(heights.ok().flatten())),
            (_, heights) => heights?.ok_or_else(|| refusal::not_ready(None))?,
        };
        if heights.ledger < heights.bitcoin {
            return Err(refusal::behind(heights));
        }
        match self.status {
            200 => Ok(Told { height: heights.ledger, body: Some(self.body) }),
            404 => Ok(Told { height: heights.ledger, body: None }),
            400 => Err(refusal::of_words(what, &words(&self.body))),
            _ => Err(BROKEN.error(format!("{question} fails: {}", Printable::new(&words(&self.body))))),
        }
    }
}

/// The words of an error body.
fn words(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.error,
        Err(_) => format!("{} bytes without an error text", body.len()),
    }
}

/// The result of a body.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn result_of<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T> {
    #[derive(Deserialize)]
    struct Envelope<T> {
        result: T,
    }
    serde_json::from_slice::<Envelope<T>>(body)
        .map(|envelope| envelope.result)
        .map_err(|e| unreadable(what, &e))
}

/// One page of rows.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T> {
    #[serde(rename = "result")]
    pub(super) rows: Vec<T>,
    /// Where the next page begins.
    #[serde(default, deserialize_with = "cursor")]
    pub(super) next_cursor: Option<String>,
    /// Rows of all pages.
    #[serde(default)]
    pub(super) result_count: Option<u64>,
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page.
    ///
    /// # Errors
    /// [`UNREADABLE`].
    pub(super) fn of(body: &[u8], what: &str) -> Result<Self> {
        serde_json::from_slice(body).map_err(|e| unreadable(what, &e))
    }
}

/// A whole number, or a text such as an asset's name.
fn cursor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Cursor {
        Number(u64),
        Text(String),
    }
    Ok(Option::<Cursor>::deserialize(deserializer)?.map(|cursor| match cursor {
        Cursor::Number(number) => number.to_string(),
        Cursor::Text(text) => text,
    }))
}

/// The refusal of a body.
pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Error {
    UNREADABLE.error(format!("{}: {}", Printable::new(what), Printable::new(&error.to_string())))
}
