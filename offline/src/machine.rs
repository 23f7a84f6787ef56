//! The machine that the program runs on: what is measured of it before a signature, and how it confines this process.
//!
//! Everything is read from files of `/sys` and `/proc`; no socket is opened to find out about the network.

mod facts;
mod findings;
mod place;
mod recorded;

use std::path::Path;

use airlock::{Code, Error, Exit, Result};

pub use facts::{Facts, Interface, InterfaceKind, Radio, Swap};
pub use findings::{Finding, Grade};
pub use place::{leftovers, permissions};
pub use recorded::Recorded;

use crate::sandbox::{self, Confinement, Folders};

/// The machine is not fit for real money.
pub static NOT_FIT: Code = Code::new(
    "E-GAP-001",
    Exit::Environment,
    "On mainnet nothing is signed while a network interface is up, a route or a radio is on, memory can be swapped or \
     dumped to disk, or a debugger watches. All of it is measured from /sys and /proc.",
    "`airlock-offline doctor` says for each what to do. To sign nevertheless, type the sentence that is asked for; the \
     journal keeps it.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_FIT];

/// The machine, or a recorded one in tests.
pub trait Machine {
    /// Measures, each time anew: a cable can be plugged in while a person reads.
    fn facts(&self) -> Facts;

    /// Confines this process and its later threads, for good: to the system calls that the signer needs, and to the
    /// given folders. Threads that run already get the first only, so none may.
    ///
    /// # Errors
    /// [`sandbox::NOT_CONFINED`] where the kernel has the means and refuses them. A kernel without them is no error:
    /// the [`Confinement`] says what is missing.
    fn lock_down(&self, folders: &Folders) -> Result<Confinement>;
}

/// The machine that this process runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn facts(&self) -> Facts {
        Facts::measure(Path::new("/"))
    }

    fn lock_down(&self, folders: &Folders) -> Result<Confinement> {
        sandbox::lock_down(folders)
    }
}

/// What a person types, word for word, to sign on mainnet despite findings that forbid it.
pub fn sentence(findings: &[Finding]) -> String {
    let names: Vec<&str> = findings.iter().filter(|f| f.grade == Grade::Forbids).map(|f| f.name).collect();
    format!("sign despite {}", names.join(", "))
}

/// The refusal to sign on mainnet, if any finding forbids it.
pub fn refusal(findings: &[Finding]) -> Option<Error> {
    let mut forbidding = findings.iter().filter(|finding| finding.grade == Grade::Forbids);
    let first = forbidding.next()?;
    let others = match forbidding.count() {
        0 => String::new(),
        1 => "; and 1 other finding".to_owned(),
        several => format!("; and {several} other findings"),
    };
    Some(NOT_FIT.error(format!("{}: {}{others}", first.name, first.what)))
}

#[cfg(test)]
mod tests;
