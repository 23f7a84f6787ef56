//! What the engine of an XRP Ledger server says about a transaction, and what that means for the money (xrpl.md 12.1).
//!
//! One row for each result, with its own code, and one for all other names of its class. Whatever a server says is
//! provisional: only what a validated ledger holds is final, and that is `tesSUCCESS` or a `tec` result.

use airlock::text::Printable;
use airlock::{Code, Error, Exit};

mod tec;
mod tef;
mod tel;
mod tem;
mod ter;

#[cfg(test)]
mod tests;

/// A result whose class is not known.
pub static UNKNOWN_RESULT: Code = Code::new(
    "E-XRPL-001",
    Exit::Environment,
    "The server's engine gives a result of a class that this version does not know. Whether the transaction was applied \
     is not known either.",
    "Run `airlock-online status`: it looks the transaction up by its hash. Do not pay again before it says final or \
     failed.",
);

/// The class of a result, told by its first three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Applied.
    Tes,
    /// Failed, fee taken.
    Tec,
    /// To be tried again.
    Ter,
    /// Cannot succeed in the present ledger.
    Tef,
    /// Malformed.
    Tem,
    /// Not taken by this one server.
    Tel,
    /// None of these.
    Unknown,
}

impl Class {
    /// The class of a result.
    pub fn of(result: &str) -> Self {
        match result.get(..3) {
            Some("tes") => Self::Tes,
            Some("tec") => Self::Tec,
            Some("ter") => Self::Ter,
            Some("tef") => Self::Tef,
            Some("tem") => Self::Tem,
            Some("tel") => Self::Tel,
            Some(_) | None => Self::Unknown,
        }
    }

    /// True where a validated ledger that holds the transaction has taken its fee and used its sequence or ticket.
    pub fn is_charged(self) -> bool {
        match self {
            Self::Tes | Self::Tec => true,
            Self::Ter | Self::Tef | Self::Tem | Self::Tel | Self::Unknown => false,
        }
    }

    /// True where `engine_result_code` is a number of this class; of an unknown class nothing is known.
    pub fn has(self, number: i64) -> bool {
        match self {
            Self::Tes => number == 0,
            Self::Tec => (100..=255).contains(&number),
            Self::Ter => (-99..=-1).contains(&number),
            Self::Tef => (-199..=-100).contains(&number),
            Self::Tem => (-299..=-200).contains(&number),
            Self::Tel => (-399..=-300).contains(&number),
            Self::Unknown => true,
        }
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::Tec => tec::ROWS,
            Self::Ter => ter::ROWS,
            Self::Tef => tef::ROWS,
            Self::Tem => tem::ROWS,
            Self::Tel => tel::ROWS,
            Self::Tes | Self::Unknown => &[],
        }
    }
}

/// What is to be expected of this signed transaction, by the word of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// In the open ledger: wait until a validated one holds it.
    Applied,
    /// Failed in the open ledger: final, with the fee taken, once a validated one holds it; until then it can succeed.
    Claimed,
    /// Not applied now; the same transaction can succeed later.
    MaySucceed,
    /// Not applied now, perhaps because it, or another one with its sequence or ticket, was applied before: to be
    /// looked up by its hash.
    LookUp,
    /// Cannot succeed as it is signed.
    Dead,
    /// Says something about this server only.
    Elsewhere,
    /// Nothing is known.
    Unknown,
}

/// At which moment a result was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// By `simulate`: nothing was handed over.
    Trial,
    /// By `submit`: provisional.
    Submitted,
    /// In the metadata of a validated ledger: final.
    Validated,
}

/// What a result means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its class.
    pub class: Class,
    /// What is to be expected.
    pub outlook: Outlook,
    /// What happened to the money and what to do next; none for a success.
    pub code: Option<&'static Code>,
}

/// One line of the table; an empty name stands for all names of the class that have no line.
struct Row {
    result: &'static str,
    outlook: Outlook,
    code: Code,
}

/// What a result means. Only `tesSUCCESS` itself is a success.
pub fn read(result: &str) -> Reading {
    let class = Class::of(result);
    if result == "tesSUCCESS" {
        return Reading { class, outlook: Outlook::Applied, code: None };
    }
    let named = |name: &str| class.rows().iter().find(|row| row.result == name);
    match named(result).or_else(|| named("")) {
        Some(row) => Reading { class, outlook: row.outlook, code: Some(&row.code) },
        None => Reading { class, outlook: Outlook::Unknown, code: Some(&UNKNOWN_RESULT) },
    }
}

/// The error that a result is; none for `tesSUCCESS`. `message` is the server's own words, which are shown beside it.
pub fn error(result: &str, message: &str, stage: Stage) -> Option<Error> {
    let code = read(result).code?;
    let result = Printable::new(result);
    let what = match stage {
        Stage::Trial => format!("a trial run, of which nothing was handed over, ends in {result}"),
        Stage::Submitted => format!("the server answers {result}, which is provisional"),
        Stage::Validated => format!("a validated ledger says {result}, which is final"),
    };
    let what = match message.trim_end_matches('.') {
        "" => what,
        words => format!("{what}: {}", Printable::new(words)),
    };
    let error = code.error(what);
    Some(match (stage, read_final(code)) {
        (Stage::Validated, Some(next)) => error.with_next(next),
        (Stage::Trial | Stage::Submitted | Stage::Validated, _) => error,
    })
}

/// The advice of a code once its result is final: without the part about waiting.
fn read_final(code: &Code) -> Option<String> {
    let rest = code.next.strip_prefix(tec::WAIT)?;
    let mut letters = rest.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect())
}

/// The codes of this module: [`UNKNOWN_RESULT`] and one for each line of the tables.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let classes = [Class::Tec, Class::Ter, Class::Tef, Class::Tem, Class::Tel];
    core::iter::once(&UNKNOWN_RESULT)
        .chain(classes.into_iter().flat_map(|class| class.rows().iter().map(|row| &row.code)))
}
