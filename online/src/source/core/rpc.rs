//! JSON-RPC 1.0 as Bitcoin Core speaks it: an error comes with HTTP 500 or 404 and the same envelope; a batch is answered
//! with 200 and each call by itself, in any order. A program without wallets answers their paths with 404 and nothing.

use std::time::Duration;

use airlock::text::Printable;
use airlock::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::http::{ANSWER_BYTES, HTTP_STATUS, Http, OVER_LIMIT, PATIENCE, Request};
use crate::source::proof;
use crate::source::refusal::{NO_METHOD, NodeError, of_question};

/// Most calls in one batch.
const BATCH: usize = 100;
/// Most bytes of the answer to one batch: 64 MiB.
const BATCH_BYTES: u64 = 64 << 20;

/// Most bytes of the answers to all batches of one question: 256 MiB.
const QUESTION_BYTES: u64 = 256 << 20;

/// What a node says to one call: a result, or an error of its own.
pub(super) type Reply<T> = core::result::Result<T, NodeError>;

/// One node, over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Rpc {
    http: Http,
    path: String,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: &'static str,
    params: Value,
    limit: u64,
    patience: Duration,
    retries: bool,
}

impl Call {
    /// An ordinary call; `params` is a list.
    pub(super) fn new(method: &'static str, params: Value) -> Self {
        Self { method, params, limit: ANSWER_BYTES, patience: PATIENCE, retries: true }
    }

    /// A call with an answer of at most so many bytes.
    pub(super) fn limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// A call that may take long and is not made again by itself.
    pub(super) fn long(self, patience: Duration) -> Self {
        Self { patience, retries: false, ..self }
    }

    fn json(&self, id: usize) -> Value {
        json!({"jsonrpc": "1.0", "id": id, "method": self.method, "params": self.params})
    }
}

/// The members of an answer; those of JSON-RPC 2.0 are a subset.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<NodeError>,
    id: Option<u64>,
}

impl Rpc {
    /// The node itself, or one of its wallets.
    pub(super) fn new(http: Http, wallet: Option<&str>) -> Self {
        let path = wallet.map(|name| format!("/wallet/{}", escaped(name))).unwrap_or_default();
        Self { http, path }
    }

    /// The server as messages name it.
    pub(super) fn name(&self) -> String {
        self.http.name()
    }

    /// Makes a call; what the node says against it is the caller's to judge.
    pub(super) fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>> {
        let body = call.json(0).to_string();
        let answer = self.http.call(&Request {
            path: &self.path,
            limit: call.limit,
            patience: call.patience,
            retries: call.retries,
            ..Request::post(call.method, body.as_bytes())
        })?;
        if !self.path.is_empty() && answer.status == 404 && answer.body.is_empty() {
            let method = Printable::new(call.method);
            return Err(
                NO_METHOD.error(format!("{} has no wallets: {method} answered with 404", self.name()))
            );
        }
        parse_reply(&self.name(), call.method, answer.status, &answer.body)
    }

    /// Makes a call whose errors are nothing but errors.
    pub(super) fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.call(call)?.map_err(|error| self.refused(call.method, &error))
    }

    /// Makes calls of one method in as few batches as their answers allow, and gives the replies in order.
    pub(super) fn batch<T: DeserializeOwned>(
        &self,
        method: &'static str,
        all: &[Value],
    ) -> Result<Vec<Reply<T>>> {
        let mut replies = Vec::new();
        let mut taken = Taken::default();
        for some in all.chunks(BATCH) {
            replies.extend(self.one_batch(method, some, &mut taken)?);
        }
        Ok(replies)
    }

    /// As [`Rpc::batch`], where an error is nothing but an error.
    pub(super) fn ask_all<T: DeserializeOwned>(&self, method: &'static str, all: &[Value]) -> Result<Vec<T>> {
        let replies = self.batch(method, all)?.into_iter();
        replies.map(|reply| reply.map_err(|error| self.refused(method, &error))).collect()
    }

    /// One batch, cut in halves as long as its answer is too large.
    fn one_batch<T: DeserializeOwned>(
        &self,
        method: &'static str,
        some: &[Value],
        taken: &mut Taken,
    ) -> Result<Vec<Reply<T>>> {
        let calls: Vec<Value> =
            some.iter().enumerate().map(|(id, params)| Call::new(method, params.clone()).json(id)).collect();
        let body = Value::Array(calls).to_string();
        let what = format!("{method} x {}", some.len());
        let request =
            Request { path: &self.path, limit: BATCH_BYTES, ..Request::post(&what, body.as_bytes()) };
        match self.http.call(&request) {
            Ok(answer) => {
                taken.add(&self.name(), method, answer.body.len())?;
                parse_batch(&self.name(), method, some.len(), answer.status, &answer.body)
            }
            Err(error) if error.code() == &OVER_LIMIT && some.len() > 1 => {
                let (first, rest) = some.split_at(some.len() / 2);
                let mut replies = self.one_batch(method, first, taken)?;
                replies.extend(self.one_batch(method, rest, taken)?);
                Ok(replies)
            }
            Err(error) => Err(error),
        }
    }

    /// What to tell a person about an error of the node.
    pub(super) fn refused(&self, method: &str, error: &NodeError) -> Error {
        of_question(&self.name(), method, error)
    }
}

/// How many bytes came to one question.
#[derive(Debug, Default)]
struct Taken(u64);

impl Taken {
    /// # Errors
    /// [`OVER_LIMIT`] where it is too much in all.
    fn add(&mut self, server: &str, method: &str, bytes: usize) -> Result<()> {
        self.0 = self.0.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        match self.0 {
            0..=QUESTION_BYTES => Ok(()),
            _ => Err(OVER_LIMIT.error(format!(
                "{server} answers all calls of {method} with more than {QUESTION_BYTES} bytes"
            ))),
        }
    }
}

/// Reads the answer to one call.
pub(super) fn parse_reply<T: DeserializeOwned>(
    server: &str,
    method: &str,
    status: u16,
    body: &[u8],
) -> Result<Reply<T>> {
    let envelope: Envelope<'_> = read(server, method, status, body)?;
    match envelope {
        // What the node could not read has no id.
        Envelope { id: None, error: Some(error), .. } => Ok(Err(error)),
        Envelope { id: Some(0), .. } => opened(server, method, &envelope),
        Envelope { .. } => Err(proof::other(server, format!("answers another call than {method}"))),
    }
}

/// Reads the answers to a batch of `count` calls, with ids from 0.
pub(super) fn parse_batch<T: DeserializeOwned>(
    server: &str,
    method: &str,
    count: usize,
    status: u16,
    body: &[u8],
) -> Result<Vec<Reply<T>>> {
    if body.trim_ascii_start().first() == Some(&b'{') {
        // A node that is starting, or does not read the batch, answers it as one call.
        return match parse_reply::<Value>(server, method, status, body)? {
            Err(error) => Err(of_question(server, method, &error)),
            Ok(_) => Err(proof::other(server, format!("answers {count} calls of {method} with one"))),
        };
    }
    let envelopes: Vec<Envelope<'_>> = read(server, method, status, body)?;
    if envelopes.len() != count {
        let found = envelopes.len();
        return Err(proof::other(server, format!("answers {count} calls of {method} with {found}")));
    }
    let mut slots: Vec<Option<&Envelope<'_>>> = vec![None; count];
    for envelope in &envelopes {
        let place = envelope.id.and_then(|id| usize::try_from(id).ok());
        let slot = place.and_then(|place| slots.get_mut(place)).filter(|slot| slot.is_none());
        let slot = slot.ok_or_else(|| {
            proof::other(server, format!("answers a call of {method} twice or another one"))
        })?;
        *slot = Some(envelope);
    }
    slots.into_iter().flatten().map(|envelope| opened(server, method, envelope)).collect()
}

fn read<'a, T: Deserialize<'a>>(server: &str, method: &str, status: u16, body: &'a [u8]) -> Result<T> {
    proof::json(server, method, body).map_err(|error| match status {
        200 | 500 => error,
        status => {
            HTTP_STATUS.error(format!("{server} answers {} with status {status}", Printable::new(method)))
        }
    })
}

fn opened<T: DeserializeOwned>(server: &str, method: &str, envelope: &Envelope<'_>) -> Result<Reply<T>> {
    if let Some(error) = &envelope.error {
        return Ok(Err(error.clone()));
    }
    let result = envelope.result.map_or("null", RawValue::get);
    proof::json(server, method, result.as_bytes()).map(Ok)
}

/// A wallet's name as a part of a path (RFC 3986).
fn escaped(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                path.push(char::from(byte))
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::proof::{BAD_ANSWER, OTHER_ANSWER};
    use crate::source::refusal::{BAD_CALL, WARMING_UP};

    #[test]
    fn puts_a_batch_in_order_and_takes_each_answer_once() {
        let body =
            br#"[{"result":7,"error":null,"id":1},{"result":null,"error":{"code":-8,"message":"x"},"id":0}]"#;
        let replies = parse_batch::<u32>("node", "m", 2, 200, body).unwrap();
        assert_eq!(replies, [Err(NodeError { code: -8, message: "x".to_owned() }), Ok(7)]);
        for hostile in [
            &br#"[{"result":7,"error":null,"id":1},{"result":8,"error":null,"id":1}]"#[..],
            br#"[{"result":7,"error":null,"id":0},{"result":8,"error":null,"id":2}]"#,
            br#"[{"result":7,"error":null,"id":0}]"#,
            br#"[{"result":7,"error":null,"id":0},{"result":8,"error":null,"id":null}]"#,
            br#"{"result":7,"error":null,"id":0}"#,
        ] {
            assert_eq!(
                parse_batch::<u32>("node", "m", 2, 200, hostile).unwrap_err().code(),
                &OTHER_ANSWER,
                "{}",
                String::from_utf8_lossy(hostile)
            );
        }
        let starting = br#"{"result":null,"error":{"code":-28,"message":"Loading"},"id":null}"#;
        assert_eq!(parse_batch::<u32>("node", "m", 2, 500, starting).unwrap_err().code(), &WARMING_UP);
    }

    #[test]
    fn all_batches_of_one_question_stay_below_a_limit() {
        let mut taken = Taken::default();
        for _ in 0..4 {
            assert!(taken.add("node", "getrawtransaction", 64 << 20).is_ok());
        }
        let error = taken.add("node", "getrawtransaction", 1).unwrap_err();
        assert_eq!(error.code(), &OVER_LIMIT);
        assert!(error.what().contains("268435456"), "{error}");
    }

    #[test]
    fn takes_only_the_answer_to_its_own_call() {
        let parse = |status, body: &str| parse_reply::<u32>("node", "m", status, body.as_bytes());
        assert_eq!(parse(200, r#"{"result":7,"error":null,"id":0}"#).unwrap(), Ok(7));
        assert_eq!(parse(200, r#"{"result":7,"error":null,"id":1}"#).unwrap_err().code(), &OTHER_ANSWER);
        assert_eq!(parse(200, r#"{"result":7,"error":null,"id":"0"}"#).unwrap_err().code(), &BAD_ANSWER);
        assert_eq!(parse(200, r#"{"result":null,"error":null,"id":0}"#).unwrap_err().code(), &BAD_ANSWER);
        assert_eq!(parse(404, "").unwrap_err().code(), &HTTP_STATUS);
        let error =
            parse(500, r#"{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}"#);
        assert_eq!(of_question("node", "m", &error.unwrap().unwrap_err()).code(), &BAD_CALL);
    }

    #[test]
    fn writes_any_wallet_name_into_a_path() {
        assert_eq!(escaped("air lock/ü?"), "air%20lock%2F%C3%BC%3F");
    }
}
