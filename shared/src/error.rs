//! Errors that help: a stable code, what is wrong with the numbers, what to do next.
//!
//! A [`Code`] is a constant that lives beside the code which raises it; every area lists its codes in a
//! `CODES` slice so that `explain` and the documents are generated from one place. What state the world
//! is in ("Nothing was signed.") is known only to the command, which adds it when it reports.

use core::fmt;

/// Result of anything that a person may have to read about.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Exit code classes of both programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// 1: review, policy, expiry or a consensus rule says no.
    Refused,
    /// 2: the input is damaged, malformed, of another version or over a limit.
    BadInput,
    /// 3: the same command can succeed after the person does what the message says.
    Fixable,
    /// 4: air gap, clock, media, node or disk.
    Environment,
    /// 5: a defect of this program.
    Internal,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Refused => 1,
            Exit::BadInput => 2,
            Exit::Fixable => 3,
            Exit::Environment => 4,
            Exit::Internal => 5,
        }
    }
}

/// One stable error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `E-AREA-NNN`; never changes its meaning once released.
    pub id: &'static str,
    /// How the process ends when nothing worse happened.
    pub exit: Exit,
    /// What the code means, for `explain`.
    pub meaning: &'static str,
    /// What to do next, when the place that raises it knows nothing better.
    pub next: &'static str,
}

impl Code {
    /// Declares a code.
    pub const fn new(id: &'static str, exit: Exit, meaning: &'static str, next: &'static str) -> Self {
        Self { id, exit, meaning, next }
    }

    /// An error with this code that says what is wrong, without a full stop at the end.
    pub fn error(&'static self, what: impl Into<String>) -> Error {
        Error { code: self, what: what.into(), next: None }
    }
}

/// What is wrong and what to do about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    code: &'static Code,
    what: String,
    next: Option<String>,
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static Code {
        self.code
    }

    /// What is wrong with the numbers, without code and without a full stop.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do next.
    pub fn next(&self) -> &str {
        self.next.as_deref().unwrap_or(self.code.next)
    }

    /// Replaces the code's general advice by a particular one.
    #[must_use]
    pub fn with_next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Says where: "row 3", "step 2, input 0".
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.what = format!("{place}: {}", self.what);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.", self.code.id, self.what)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {}", self.next())
    }
}

impl core::error::Error for Error {}
