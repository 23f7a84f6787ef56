//! GET and POST of Esplora: 200 with text, bytes or JSON; 404 for what it does not have; 400 with words.

use core::str::FromStr;

use airlock::text::Printable;
use airlock::{Error, Result};
use serde::de::DeserializeOwned;

use crate::http::{ANSWER_BYTES, HTTP_STATUS, Http, Request};
use crate::source::proof;
use crate::source::refusal::NOT_THERE;

/// One server, over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: Http,
}

impl Wire {
    pub(super) fn new(http: Http) -> Self {
        Self { http }
    }

    pub(super) fn name(&self) -> String {
        self.http.name()
    }

    /// The answer; none where the server does not have it.
    pub(super) fn bytes(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let answer = self.http.call(&Request { limit, ..Request::get(path) })?;
        of_status(&self.name(), path, answer.status, answer.body)
    }

    /// The answer as text without line end, read as a value.
    pub(super) fn text<T: FromStr>(&self, path: &str) -> Result<Option<T>> {
        let body = self.bytes(path, ANSWER_BYTES)?;
        body.map(|body| parse_text(&self.name(), path, &body)).transpose()
    }

    /// The answer as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let body = self.bytes(path, ANSWER_BYTES)?;
        body.map(|body| proof::json(&self.name(), path, &body)).transpose()
    }

    /// Posts text and gives the answer with its status.
    pub(super) fn post(&self, path: &str, text: &[u8]) -> Result<(u16, Vec<u8>)> {
        let answer =
            self.http.call(&Request { path, content_type: "text/plain", ..Request::post(path, text) })?;
        Ok((answer.status, answer.body))
    }

    /// What the server must have.
    pub(super) fn must<T>(&self, path: &str, answer: Option<T>) -> Result<T> {
        answer
            .ok_or_else(|| NOT_THERE.error(format!("{} does not have {}", self.name(), Printable::new(path))))
    }
}

/// Sorts answers by their status.
pub(super) fn of_status(server: &str, path: &str, status: u16, body: Vec<u8>) -> Result<Option<Vec<u8>>> {
    match status {
        200 => Ok(Some(body)),
        404 => Ok(None),
        status => Err(by_status(server, path, status, &body)),
    }
}

/// Says which status came, with its words.
pub(super) fn by_status(server: &str, path: &str, status: u16, body: &[u8]) -> Error {
    let words = String::from_utf8_lossy(body);
    let words = Printable::new(words.lines().next().unwrap_or_default());
    HTTP_STATUS.error(format!("{server} answers {} with status {status}: {words}", Printable::new(path)))
}

/// Reads plain text as a value.
pub(super) fn parse_text<T: FromStr>(server: &str, path: &str, body: &[u8]) -> Result<T> {
    let text = core::str::from_utf8(body).ok().map(str::trim_end);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| proof::bad(server, path, "text that is not what was asked for"))
}
