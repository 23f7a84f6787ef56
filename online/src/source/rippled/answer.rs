//! A question, the envelope of its answer, and what a server says when it will not answer.

use airlock::json::{self, Numbers};
use airlock::text::Printable;
use airlock::{Code, Error, Exit, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::{ANSWER_BYTES, HTTP_STATUS, OVER_LIMIT};

/// An answer that cannot be read.
pub static BAD_ANSWER: Code = Code::new(
    "E-SRCXRP-001",
    Exit::Environment,
    "The XRP Ledger server's answer is not what its protocol says: a member is missing, of another type or out of range, \
     or the answer can be read in two ways. Nothing of it is used.",
    "Check that the url in airlock.toml is that of the JSON-RPC port of rippled or Clio; else ask another server.",
);
/// An answer to another question.
pub static FOREIGN_ANSWER: Code = Code::new(
    "E-SRCXRP-002",
    Exit::Environment,
    "The XRP Ledger server's answer is about another account, transaction or range of ledgers than was asked for. \
     Nothing of it is used.",
    "Do not trust this server: ask another one, and look at what stands between.",
);
/// A call that the server refuses.
pub static REFUSED: Code = Code::new(
    "E-SRCXRP-003",
    Exit::Environment,
    "The XRP Ledger server refuses the call for the reason that it gives.",
    "Look at the server's words and its log; `airlock-online doctor` shows how it stands.",
);
/// A busy server.
pub static BUSY: Code = Code::new(
    "E-SRCXRP-004",
    Exit::Environment,
    "The XRP Ledger server is too busy, or has had too many calls from here.",
    "Wait a minute and try again, or use a server of your own, which does not limit you.",
);
/// A server without the network.
pub static NOT_SYNCED: Code = Code::new(
    "E-SRCXRP-005",
    Exit::Environment,
    "The XRP Ledger server has no validated ledger, or has lost the network. What it says would be old.",
    "Wait until `server_state` is full, which takes a quarter of an hour after a start; `airlock-online doctor` shows it.",
);
/// Ledgers that the server does not hold.
pub static NOT_HELD: Code = Code::new(
    "E-SRCXRP-006",
    Exit::Environment,
    "The XRP Ledger server does not hold the ledgers that were asked for, so that what lies in them is not known.",
    "Ask a server with more history (`complete_ledgers` in `airlock-online doctor`), or let yours fetch it.",
);
/// A server that no longer understands the ledger.
pub static AMENDMENT_BLOCKED: Code = Code::new(
    "E-SRCXRP-007",
    Exit::Environment,
    "The XRP Ledger server is too old for an amendment that the network has enabled. It no longer knows what is true.",
    "Update the server; use another one until then.",
);
/// A server without what we need.
pub static TOO_OLD: Code = Code::new(
    "E-SRCXRP-008",
    Exit::Environment,
    "The server does not know api_version 2, or a call that every current rippled and Clio knows.",
    "Update the server, or name another one in airlock.toml.",
);
/// A server that does not say its network.
pub static NO_NETWORK_ID: Code = Code::new(
    "E-SRCXRP-009",
    Exit::Environment,
    "The server does not say on which network it is, as rippled does while its configuration has no `[network_id]`. A test \
     network looks the same as the main one: deposits would be credited in test coins.",
    "Put `[network_id]` with `main` (or the number of your network) into rippled.cfg and restart rippled.",
);
/// A transaction that was not even looked at.
pub static NOT_TAKEN: Code = Code::new(
    "E-SRCXRP-010",
    Exit::Refused,
    "The server does not take the transaction at all: it fails the checks before the engine. Nothing moved and no fee was \
     taken.",
    "Check the signed file with `airlock-online verify`; if it fails, plan it again with `--replaces ID`, \
     which uses the same sequence or ticket.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &BAD_ANSWER,
    &FOREIGN_ANSWER,
    &REFUSED,
    &BUSY,
    &NOT_SYNCED,
    &NOT_HELD,
    &AMENDMENT_BLOCKED,
    &TOO_OLD,
    &NO_NETWORK_ID,
    &NOT_TAKEN,
];

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// The method.
    pub(super) method: &'static str,
    /// Its one object of parameters.
    pub(super) params: Map<String, Value>,
    /// Most bytes of the answer.
    pub(super) limit: u64,
}

impl Question {
    /// The body of the request; `api_version` 2 is added.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut params = self.params.clone();
        params.insert("api_version".to_owned(), json!(2));
        json!({ "method": self.method, "params": [params] }).to_string().into_bytes()
    }
}

/// What a server says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// The members of `result`.
    Result(Map<String, Value>),
    /// That it will not.
    Refused(Refusal),
}

/// An error of the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// Its name: `actNotFound`.
    pub(super) name: String,
    /// All that stands beside it.
    pub(super) members: Map<String, Value>,
}

impl Refusal {
    /// The code that it ends in, where nobody expects it.
    pub(super) fn code(&self) -> &'static Code {
        match self.name.as_str() {
            "slowDown" | "tooBusy" | "busy" | "overload" => &BUSY,
            "noNetwork" | "noCurrent" | "noClosed" | "notSynced" | "notReady" | "insufSync" => &NOT_SYNCED,
            "lgrNotFound" | "lgrIdxsInvalid" | "lgrIdxInvalid" | "lgrIdxMalformed" | "lgrNotValidated"
            | "excessiveLgrRange" | "invalidLgrRange" => &NOT_HELD,
            "amendmentBlocked" | "expiredValidatorList" => &AMENDMENT_BLOCKED,
            "invalid_API_version" | "unknownCmd" | "unknownMethod" | "notImpl" | "notSupported" => &TOO_OLD,
            "invalidTransaction" => &NOT_TAKEN,
            _ => &REFUSED,
        }
    }

    /// The error that it is.
    pub(super) fn error(&self, method: &str) -> Error {
        let words = ["error_message", "error_exception"]
            .iter()
            .filter_map(|name| self.members.get(*name).and_then(Value::as_str))
            .map(|words| Printable::new(words.trim_end_matches('.')).to_string());
        let words: Vec<String> =
            core::iter::once(Printable::new(&self.name).to_string()).chain(words).collect();
        self.code().error(format!("the server refuses {method}: {}", words.join(": ")))
    }
}

/// Whoever answers questions: a server, or a test.
pub(super) struct Asker<'a>(pub(super) &'a dyn Fn(&Question) -> Result<Said>);

impl Asker<'_> {
    /// Asks; a refusal is an answer.
    pub(super) fn ask(&self, method: &'static str, params: Value) -> Result<Said> {
        self.ask_within(method, params, ANSWER_BYTES)
    }

    /// Asks for an answer of at most so many bytes.
    pub(super) fn ask_within(&self, method: &'static str, params: Value, limit: u64) -> Result<Said> {
        let params = match params {
            Value::Object(params) => params,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        (self.0)(&Question { method, params, limit })
    }

    /// Asks for the members of a type; a refusal is an error.
    pub(super) fn read<T: for<'de> Deserialize<'de>>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T> {
        match self.ask(method, params)? {
            Said::Result(members) => members_of(method, members),
            Said::Refused(refusal) => Err(refusal.error(method)),
        }
    }
}

/// Turns the members of an answer into a type; members that we do not use may stand beside.
pub(super) fn members_of<T: for<'de> Deserialize<'de>>(
    method: &str,
    members: Map<String, Value>,
) -> Result<T> {
    serde_json::from_value(Value::Object(members))
        .map_err(|e| bad(method, &Printable::new(&e.to_string()).to_string()))
}

/// An answer that cannot be read.
pub(super) fn bad(method: &str, why: &str) -> Error {
    BAD_ANSWER.error(format!("the answer to {method} cannot be read: {why}"))
}

/// An answer to something else.
pub(super) fn foreign(method: &str, why: &str) -> Error {
    FOREIGN_ANSWER.error(format!("the answer to {method} {why}"))
}

/// Reads the envelope. Errors of the server come with status 200 as a rule (xrpl.md 12).
pub(super) fn read(question: &Question, status: u16, body: &[u8]) -> Result<Said> {
    let method = question.method;
    let parsed = json::parse(body, Numbers::Any);
    if let Ok(Value::Object(root)) = &parsed
        && let Some(refusal) = refusal_of(root)
    {
        return Ok(Said::Refused(refusal));
    }
    if status != 200 {
        let words = Printable::from_bytes(body.get(..body.len().min(200)).unwrap_or_default());
        return Err(match body.starts_with(b"invalid_API_version") {
            true => TOO_OLD.error(format!("the server refuses {method} of api_version 2")),
            false => {
                HTTP_STATUS.error(format!("the server answers {method} with HTTP status {status}: {words}"))
            }
        });
    }
    let root = parsed.map_err(|e| match e.code() == &json::TOO_LARGE {
        true => OVER_LIMIT.error(format!("the answer to {method}: {}", e.what())),
        false => bad(method, e.what()),
    })?;
    let result = match root {
        Value::Object(mut root) => root.remove("result"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    };
    match result {
        Some(Value::Object(result)) if result.get("status").and_then(Value::as_str) == Some("success") => {
            Ok(Said::Result(result))
        }
        Some(_) => Err(bad(method, "`result` is no object with `status` success or error")),
        None => Err(bad(method, "it has no `result`")),
    }
}

/// The refusal in an envelope: in `result`, or at the root as Clio and gateways have it.
fn refusal_of(root: &Map<String, Value>) -> Option<Refusal> {
    let place = match root.get("result") {
        Some(Value::Object(result)) => result,
        Some(_) | None => root,
    };
    let name = match (place.get("error"), place.get("status").and_then(Value::as_str)) {
        (Some(Value::String(name)), _) => name.clone(),
        (Some(other), _) => other.to_string(),
        (None, Some("error")) => "error".to_owned(),
        (None, _) => return None,
    };
    Some(Refusal { name, members: place.clone() })
}
