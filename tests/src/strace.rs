//! Faults at the border between a program and the system: `strace` counts the calls that a run makes, kills the next
//! run at one of them, or lets that one fail. The program itself is the shipped one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::ceremony::OfflineMachine;
use crate::programs::programs;

/// The calls that can leave something half done, and one that can find nothing: opens, writes, syncs, names, locks.
pub const CALLS: [&str; 20] = [
    "openat",
    "open",
    "write",
    "writev",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "fchmod",
    "chmod",
    "flock",
    "lseek",
];

/// One call of a traced run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The how manieth of this name it is, from 1.
    pub ordinal: usize,
    /// The call with its arguments and result, as traced.
    pub shown: String,
}

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process dies before the call is done.
    Kill,
    /// An error of the device.
    Eio,
    /// No space is left.
    Enospc,
}

/// Whether faults can be injected here. Where `AIRLOCK_REQUIRE_STRACE` is set, as in `.ci/run`, they have to be.
///
/// # Panics
/// When they have to be and `strace` is not there or may not trace.
pub fn is_there() -> bool {
    let works = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", "trace=none", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        works || std::env::var_os("AIRLOCK_REQUIRE_STRACE").is_none(),
        "AIRLOCK_REQUIRE_STRACE is set, and strace is not there or may not trace"
    );
    if !works {
        eprintln!("strace is not there or may not trace: no fault was injected");
    }
    works
}

/// True where only some of the faults are wanted.
pub fn few() -> bool {
    std::env::var("AIRLOCK_FAULTS").is_ok_and(|value| value == "few")
}

/// Runs the offline program traced, and gives the calls of its main thread behind the loading of libraries.
///
/// # Panics
/// When `strace` cannot be started or writes something else.
pub fn trace(machine: &OfflineMachine, arguments: &[&str]) -> (Output, Vec<Call>) {
    let log = machine.at("strace.log");
    let output = start(machine, &["-y", "-o", &log.display().to_string(), "-e", &tracing()], arguments);
    let text = std::fs::read_to_string(&log).expect("strace writes its log");
    std::fs::remove_file(&log).expect("the log is there");
    let main = format!("{} ", text.split_whitespace().next().unwrap_or_default());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines().filter(|line| line.starts_with(&main)) {
        let Some((name, _)) = line.trim_start_matches(&main).trim_start().split_once('(') else { continue };
        if !CALLS.contains(&name) {
            continue;
        }
        let ordinal = counts.entry(name.to_owned()).or_default();
        *ordinal += 1;
        let shown = line.trim_start_matches(&main).trim_start().to_owned();
        calls.push(Call { name: name.to_owned(), ordinal: *ordinal, shown });
    }
    let loaded = calls.iter().rposition(|call| call.shown.contains(".so")).map_or(0, |last| last + 1);
    (output, calls.split_off(loaded))
}

/// Runs the offline program with one fault.
pub fn with_fault(machine: &OfflineMachine, arguments: &[&str], call: &Call, fault: Fault) -> Output {
    // A filter of system calls sees the harmless call that stands in for the failing one, not the number -1.
    let what = match fault {
        Fault::Kill => "signal=KILL",
        Fault::Eio => "error=EIO:syscall=gettid",
        Fault::Enospc => "error=ENOSPC:syscall=gettid",
    };
    let inject = format!("inject={}:{what}:when={}", call.name, call.ordinal);
    start(machine, &["-o", "/dev/null", "-e", &format!("trace={}", call.name), "-e", &inject], arguments)
}

fn tracing() -> String {
    // Names that this architecture has not are passed over.
    let names: Vec<String> = CALLS.iter().map(|name| format!("?{name}")).collect();
    format!("trace={}", names.join(","))
}

fn start(machine: &OfflineMachine, options: &[&str], arguments: &[&str]) -> Output {
    let program: &Path = &programs().offline;
    Command::new("strace")
        .args(["-f", "-qq"])
        .args(options)
        .arg(program)
        .args(["--home", "home"])
        .args(arguments)
        .current_dir(machine.folder())
        .env_remove("AIRLOCK_OFFLINE_HOME")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .expect("strace starts")
}
