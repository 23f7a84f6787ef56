//! What a server answers, and how badly.

use std::time::Duration;

use serde_json::Value;

/// An answer. Built from one of the constructors, then bent by the other methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delay: Duration,
    pub(super) closes: bool,
    pub(super) manner: Manner,
}

/// How the body is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Honest,
    Claiming(u64),
    Truncated(usize),
    Chunked { piece: usize, ended: bool },
    Slow { piece: usize, pause: Duration },
    Endless,
    EndlessHead,
    Raw,
    HangUp,
    Silent,
}

impl Reply {
    /// Status 200 and these bytes.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            delay: Duration::ZERO,
            closes: false,
            manner: Manner::Honest,
        }
    }

    /// Status 200 and JSON.
    pub fn json(value: &Value) -> Self {
        Self::bytes(value.to_string()).header("Content-Type", "application/json")
    }

    /// A status and nothing else.
    pub fn empty(status: u16) -> Self {
        Self::bytes("").status(status)
    }

    /// 302 to somewhere else.
    pub fn redirect(to: &str) -> Self {
        Self::empty(302).header("Location", to)
    }

    /// 401, asking for a password.
    pub fn unauthorized() -> Self {
        Self::empty(401).header("WWW-Authenticate", "Basic realm=\"jsonrpc\"")
    }

    /// Bytes that need not be HTTP at all, then the end.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self { manner: Manner::Raw, ..Self::bytes(bytes) }
    }

    /// The connection is closed without a word.
    pub fn hang_up() -> Self {
        Self { manner: Manner::HangUp, ..Self::bytes("") }
    }

    /// Nothing, until the other side gives up.
    pub fn silence() -> Self {
        Self { manner: Manner::Silent, ..Self::bytes("") }
    }

    /// A body without end: these bytes again and again, chunk after chunk.
    pub fn endless(piece: impl Into<Vec<u8>>) -> Self {
        Self { manner: Manner::Endless, ..Self::bytes(piece) }
    }

    /// A header without end.
    pub fn endless_head() -> Self {
        Self { manner: Manner::EndlessHead, ..Self::bytes("") }
    }

    /// With another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The body as it is now.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// With another body.
    #[must_use]
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The body as JSON, changed.
    ///
    /// # Panics
    /// Where it is no JSON.
    #[must_use]
    pub fn edited(self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut value = serde_json::from_slice(&self.body).expect("the body is JSON");
        edit(&mut value);
        self.with_body(value.to_string())
    }

    /// With one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Only after a while.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// And then the connection is closed.
    #[must_use]
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }.header("Connection", "close")
    }

    /// Announced with its true length and cut off after so many bytes.
    #[must_use]
    pub fn truncated(self, kept: usize) -> Self {
        Self { manner: Manner::Truncated(kept), ..self }
    }

    /// Announced with another length than it has; then the connection is closed.
    #[must_use]
    pub fn claiming(self, length: u64) -> Self {
        Self { manner: Manner::Claiming(length), ..self }
    }

    /// In chunks of at most so many bytes.
    #[must_use]
    pub fn chunked(self, piece: usize) -> Self {
        Self { manner: Manner::Chunked { piece: piece.max(1), ended: true }, ..self }
    }

    /// In chunks, without the last one that says that it is over.
    #[must_use]
    pub fn chunked_without_end(self, piece: usize) -> Self {
        Self { manner: Manner::Chunked { piece: piece.max(1), ended: false }, ..self }
    }

    /// A few bytes at a time, with a pause before each.
    #[must_use]
    pub fn slowly(self, piece: usize, pause: Duration) -> Self {
        Self { manner: Manner::Slow { piece: piece.max(1), pause }, ..self }
    }
}

/// Status line and headers, with one that says how long the body is.
pub(super) fn head_of(reply: &Reply, length: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} as told\r\n{length}\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
