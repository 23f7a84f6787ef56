//! Servers that answer as the real ones once did: what `vectors/recorded/` holds, byte for byte but for the JSON-RPC id.
//!
//! A question matches a recording by method, path and parameters; of JSON-RPC by path, method and parameters. A batch is
//! answered call by call, from recordings of single calls or of batches. What was never recorded is answered with
//! [`UNKNOWN`], which no protocol uses.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::server::{Received, Reply, Server};
use crate::workspace_root;

/// The status of an answer to a question of which there is no recording.
pub const UNKNOWN: u16 = 418;

/// One file of `vectors/recorded/`, or a file elsewhere in the same form.
#[derive(Debug, Deserialize)]
pub struct Recording {
    /// What was asked.
    pub request: Asked,
    /// HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The headers that were kept.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    response: Box<RawValue>,
}

/// A recorded question.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, without a query.
    pub path: Option<String>,
    /// Path and query; where nothing was listening the whole URL.
    pub url: Option<String>,
    /// The body: a JSON-RPC call, a batch of them, or a text that is none.
    pub body: Option<Value>,
}

impl Recording {
    /// Reads `vectors/recorded/NAME.json`.
    ///
    /// # Panics
    /// Where there is no such recording.
    pub fn read(name: &str) -> Self {
        Self::read_file(&format!("recorded/{name}.json"))
    }

    /// Reads a file below `vectors/`.
    ///
    /// # Panics
    /// Where it is no recording.
    pub fn read_file(name: &str) -> Self {
        let path = workspace_root().join("vectors").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The body of the answer. A recorded string was text, unless the server called it JSON.
    pub fn body(&self) -> Vec<u8> {
        let is_json = self.headers.get("Content-Type").is_some_and(|kind| kind.contains("json"));
        match serde_json::from_str::<String>(self.response.get()) {
            Ok(text) if !is_json => text.into_bytes(),
            Ok(_) | Err(_) => self.response.get().as_bytes().to_vec(),
        }
    }

    /// The answer as a server gives it.
    ///
    /// # Panics
    /// Where no answer was recorded.
    pub fn reply(&self) -> Reply {
        let status = self.status.expect("something answered when this was recorded");
        self.headers
            .iter()
            .fold(Reply::bytes(self.body()).status(status), |reply, (name, value)| reply.header(name, value))
    }

    /// The questions in it with their answers: one, or as many as the batch has calls.
    fn takes(&self) -> Vec<(Question, Take)> {
        let asked = &self.request;
        let path = asked.path.clone().unwrap_or_default();
        let Some(body) = &asked.body else {
            let target = asked.url.clone().unwrap_or(path);
            let question = Question::of_target(&asked.method, &target);
            return vec![(question, Take::Http(self.reply()))];
        };
        match body {
            Value::Array(calls) => {
                let answers: Vec<Box<RawValue>> =
                    serde_json::from_str(self.response.get()).expect("a batch is answered by a list");
                assert_eq!(calls.len(), answers.len(), "one answer for each call of a batch");
                let taken = calls.iter().zip(answers);
                taken
                    .map(|(call, answer)| (Question::of_call(&path, call), Take::Rpc(answer, None)))
                    .collect()
            }
            Value::Object(_) => {
                // What stands before the node, or its HTTP server, answers a call with text.
                let take = if self.response.get().starts_with('{') {
                    Take::Rpc(self.response.clone(), Some(self.reply()))
                } else {
                    Take::Http(self.reply())
                };
                vec![(Question::of_call(&path, body), take)]
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                vec![(Question::of_target(&asked.method, &path), Take::Http(self.reply()))]
            }
        }
    }
}

/// What makes two questions the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    /// Method, path and the sorted parameters.
    Http(String, String, Vec<(String, String)>),
    /// Path, method and the parameters as JSON.
    Call(String, String, String),
}

impl Question {
    fn of_target(method: &str, target: &str) -> Self {
        let asked = Received {
            number: 0,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let mut query = asked.query();
        query.sort();
        Self::Http(method.to_owned(), asked.path().to_owned(), query)
    }

    fn of_call(path: &str, call: &Value) -> Self {
        let method = call["method"].as_str().unwrap_or_default().to_owned();
        let path = if path.is_empty() { "/" } else { path };
        Self::Call(
            path.to_owned(),
            method,
            call.get("params").unwrap_or(&Value::Array(Vec::new())).to_string(),
        )
    }

    /// The question without its parameters.
    fn loosened(&self) -> Self {
        match self {
            Self::Http(method, path, _) => Self::Http(method.clone(), path.clone(), Vec::new()),
            Self::Call(path, method, _) => Self::Call(path.clone(), method.clone(), String::new()),
        }
    }
}

/// A recorded answer: of HTTP, or the JSON of one call with the HTTP answer that it came in, if it came alone.
#[derive(Clone, Debug)]
enum Take {
    Http(Reply),
    Rpc(Box<RawValue>, Option<Reply>),
}

/// The answers of a server that is to be played.
#[derive(Debug, Default)]
pub struct Replay {
    exact: BTreeMap<Question, VecDeque<Take>>,
    loose: BTreeMap<Question, VecDeque<Take>>,
}

impl Replay {
    /// Plays these recordings. Several of the same question are given one after the other; the last one stays.
    pub fn of(names: &[&str]) -> Self {
        names.iter().fold(Self::default(), |replay, name| replay.also(&Recording::read(name)))
    }

    /// Plays one more.
    #[must_use]
    pub fn also(mut self, recording: &Recording) -> Self {
        for (question, take) in recording.takes() {
            self.exact.entry(question).or_default().push_back(take);
        }
        self
    }

    /// Plays one more, whatever the parameters of its question are, where nothing matches them exactly.
    #[must_use]
    pub fn whatever(mut self, recording: &Recording) -> Self {
        for (question, take) in recording.takes() {
            self.loose.entry(question.loosened()).or_default().push_back(take);
        }
        self
    }

    /// Starts the server.
    pub fn start(self) -> Server {
        let played = Mutex::new(self);
        Server::start(move |received| played.lock().expect("no answer panics").answer(received))
    }

    /// The answer to a request.
    pub fn answer(&mut self, received: &Received) -> Reply {
        match serde_json::from_slice::<Value>(&received.body) {
            Ok(Value::Array(calls)) => {
                let path = received.path();
                let answers: Option<Vec<String>> = calls.iter().map(|call| self.called(path, call)).collect();
                answers.map_or_else(|| unknown(received), |all| json(format!("[{}]", all.join(","))))
            }
            Ok(call @ Value::Object(_)) if call.get("method").is_some() => {
                match self.next(&Question::of_call(received.path(), &call)) {
                    Some(Take::Http(reply)) => reply,
                    Some(Take::Rpc(answer, Some(reply))) => reply.with_body(with_id(&answer, &call)),
                    Some(Take::Rpc(answer, None)) => {
                        json(with_id(&answer, &call)).status(status_of_call(&answer))
                    }
                    None => unknown(received),
                }
            }
            Ok(_) | Err(_) => match self.next(&Question::of_target(&received.method, &received.target)) {
                Some(Take::Http(reply) | Take::Rpc(_, Some(reply))) => reply,
                Some(Take::Rpc(_, None)) | None => unknown(received),
            },
        }
    }

    fn called(&mut self, path: &str, call: &Value) -> Option<String> {
        match self.next(&Question::of_call(path, call))? {
            Take::Rpc(answer, _) => Some(with_id(&answer, call)),
            Take::Http(_) => None,
        }
    }

    fn next(&mut self, question: &Question) -> Option<Take> {
        let takes = match self.exact.get_mut(question) {
            Some(takes) => takes,
            None => self.loose.get_mut(&question.loosened())?,
        };
        if takes.len() > 1 { takes.pop_front() } else { takes.front().cloned() }
    }
}

/// The recorded answer under the id of the call.
fn with_id(answer: &RawValue, call: &Value) -> String {
    let Ok(mut members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(answer.get()) else {
        return answer.get().to_owned();
    };
    if let (Some(held), Some(id)) = (members.get_mut("id"), call.get("id")) {
        *held = serde_json::value::to_raw_value(id).expect("an id is JSON");
    }
    serde_json::to_string(&members).expect("JSON that was read is written")
}

/// The HTTP status of Bitcoin Core for a call by itself, which recordings of batches do not tell.
fn status_of_call(answer: &RawValue) -> u16 {
    let answer: Value = serde_json::from_str(answer.get()).expect("a recording is JSON");
    match answer["error"]["code"].as_i64() {
        None => 200,
        Some(-32601) => 404,
        Some(-32600) => 400,
        Some(_) => 500,
    }
}

fn json(body: String) -> Reply {
    Reply::bytes(body).header("Content-Type", "application/json")
}

fn unknown(received: &Received) -> Reply {
    let body = String::from_utf8_lossy(&received.body);
    let question = format!("no recording of {} {} {body}", received.method, received.target);
    eprintln!("{question}");
    Reply::bytes(question).status(UNKNOWN)
}
