//! The calls that were made, for `--trace`.

use core::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airlock::Result;
use airlock::text::Printable;

use super::{Answer, Request};

/// What becomes of the list of calls.
#[derive(Clone, Debug, Default)]
pub enum Trace {
    /// Nobody asked.
    #[default]
    Off,
    /// One line on stderr for each call, as it ends.
    Stderr,
    /// Kept for a test.
    Kept(Arc<Mutex<Vec<Call>>>),
}

/// One attempt at a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The server.
    pub server: String,
    /// What was asked.
    pub what: String,
    /// Counted from 1.
    pub attempt: u32,
    /// How long it took.
    pub took: Duration,
    /// Bytes of the question.
    pub sent: usize,
    /// Status and bytes of the answer, or the code of the error.
    pub outcome: String,
}

impl Call {
    pub(super) fn of(
        server: &str,
        request: &Request<'_>,
        attempt: u32,
        took: Duration,
        outcome: &Result<Answer>,
    ) -> Self {
        let outcome = match outcome {
            Ok(answer) => format!("{} with {} bytes", answer.status, answer.body.len()),
            Err(error) => error.code().id.to_owned(),
        };
        Self {
            server: server.to_owned(),
            what: Printable::new(request.what).to_string(),
            attempt,
            took,
            sent: request.body.map_or(0, <[u8]>::len),
            outcome,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = if self.attempt > 1 { format!(" (attempt {})", self.attempt) } else { String::new() };
        write!(
            f,
            "{:>6} ms  {}  {}{again}: {}, {} bytes sent",
            self.took.as_millis(),
            self.server,
            self.what,
            self.outcome,
            self.sent
        )
    }
}

impl Trace {
    pub(super) fn note(&self, call: &Call) {
        match self {
            Self::Off => {}
            // Nobody is left to tell when this fails.
            Self::Stderr => drop(writeln!(std::io::stderr(), "{call}")),
            Self::Kept(calls) => {
                calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
            }
        }
    }
}
