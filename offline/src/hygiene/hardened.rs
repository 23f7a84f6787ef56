//! What the operating system is asked for before the first secret, and what it granted.

use std::fs;
use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior, setrlimit,
};

/// A protection that the operating system gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Other processes of the same user cannot read this one's memory or attach to it.
    NotDumpable,
    /// A crash writes no core file.
    NoCoreFiles,
    /// The pages in use are kept out of swap.
    MemoryLocked,
}

impl Measure {
    /// What is lost without it, for people.
    pub fn without(self) -> &'static str {
        match self {
            Self::NotDumpable => "other programs of the same user can read this program's memory",
            Self::NoCoreFiles => "a crash can leave this program's memory in a core file",
            Self::MemoryLocked => "this program's memory can be written to swap",
        }
    }
}

/// How this process stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hardened {
    missing: Vec<(Measure, String)>,
    tracer: Option<u32>,
}

impl Hardened {
    /// The protections that are not there, with what the system says about each.
    pub fn missing(&self) -> &[(Measure, String)] {
        &self.missing
    }

    /// The process that traces this one: a debugger, or `strace`.
    pub fn tracer(&self) -> Option<u32> {
        self.tracer
    }
}

/// Asks for every protection and tells what is missing. First in `main`, before arguments are read.
pub fn harden() -> Hardened {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let refused = [
        (Measure::NotDumpable, set_dumpable_behavior(DumpableBehavior::NotDumpable)),
        (Measure::NoCoreFiles, setrlimit(Resource::Core, none)),
        (Measure::MemoryLocked, mlockall(MlockAllFlags::CURRENT)),
    ];
    let mut hardened = measured();
    for (measure, why) in &mut hardened.missing {
        if let Some((_, Err(e))) = refused.iter().find(|(asked, _)| asked == measure) {
            *why = io::Error::from(*e).to_string();
        }
    }
    hardened
}

/// How this process stands now, asked from the system and changing nothing.
pub fn measured() -> Hardened {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut missing = Vec::new();
    if dumpable_behavior().ok() != Some(DumpableBehavior::NotDumpable) {
        missing.push((Measure::NotDumpable, "it is dumpable".to_owned()));
    }
    if getrlimit(Resource::Core).maximum != Some(0) {
        missing.push((Measure::NoCoreFiles, "the limit of core files is not 0".to_owned()));
    }
    if number(&status, "VmLck:").is_none_or(|kibibytes| kibibytes == 0) {
        missing.push((Measure::MemoryLocked, "no page is locked".to_owned()));
    }
    Hardened { missing, tracer: number(&status, "TracerPid:").filter(|pid| *pid > 0) }
}

/// Keeps the pages out of swap that were mapped since [`harden`]: called when secrets were just unsealed. Pages mapped
/// later are free again, because a derivation of 64 MiB would not fit the usual limit of 8 MiB.
///
/// Where the limit is too low nothing is locked anew; [`measured`] and the swap of the machine tell what that means.
pub fn lock_memory() {
    let _ = mlockall(MlockAllFlags::CURRENT);
}

/// A number of `/proc/self/status`.
fn number(status: &str, name: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_numbers_of_a_status() {
        let status = "Name:\tx\nTracerPid:\t412\nVmLck:\t    4628 kB\n";
        assert_eq!(number(status, "TracerPid:"), Some(412));
        assert_eq!(number(status, "VmLck:"), Some(4628));
        assert_eq!(number(status, "VmSwap:"), None);
    }
}
