//! One thing that `doctor` looked at.

use airlock::Error;
use serde_json::{Value, json};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Which server, or what else.
    pub(super) server: String,
    /// What was looked at.
    pub(super) name: &'static str,
    pub(super) grade: Grade,
    /// How it stands.
    pub(super) what: String,
    /// What to do; empty where nothing is to be done.
    pub(super) next: String,
}

/// How well it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Good,
    /// Work can go on.
    Warns,
    /// Nothing is planned or broadcast with this server.
    Forbids,
}

impl Grade {
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warns => "WARNS",
            Self::Forbids => "NO",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warns => "warns",
            Self::Forbids => "forbids",
        }
    }
}

impl Finding {
    pub(super) fn good(server: &str, name: &'static str, what: String) -> Self {
        Self { server: server.to_owned(), name, grade: Grade::Good, what, next: String::new() }
    }

    pub(super) fn warns(server: &str, name: &'static str, what: String, next: &str) -> Self {
        Self { grade: Grade::Warns, next: next.to_owned(), ..Self::good(server, name, what) }
    }

    pub(super) fn forbids(server: &str, name: &'static str, what: String, next: &str) -> Self {
        Self { grade: Grade::Forbids, next: next.to_owned(), ..Self::good(server, name, what) }
    }

    pub(super) fn of_error(server: &str, name: &'static str, error: &Error) -> Self {
        Self::forbids(server, name, format!("{} {}", error.code().id, error.what()), error.next())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "server": self.server, "check": self.name, "grade": self.grade.word(), "what": self.what, "next": self.next,
        })
    }
}
