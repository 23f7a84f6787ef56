//! One fault for each call that a run makes behind its start: killed there, or told that the device fails.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use airlock::bundle::{Bundle, Signed, SignedStep};
use airlock_tests::ceremony::{BUNDLE, OfflineMachine, SIGNED, done, sign_arguments, text};
use airlock_tests::strace::{Call, Fault, few, trace, with_fault};

use crate::can_inject;

const JOURNAL: &str = "home/journal.jsonl";

/// The machine before the run, the run's command line, its calls, and what it comes to when nothing fails.
struct Scenario {
    machine: OfflineMachine,
    approval: String,
    /// Its id, by which the journal knows it.
    bundle: String,
    calls: Vec<Call>,
    steps: Vec<SignedStep>,
}

impl Scenario {
    fn of_signing() -> Self {
        let machine = OfflineMachine::with_bundle();
        let approval = machine.approval(BUNDLE);
        let bundle = Bundle::decode(&machine.read(BUNDLE).unwrap()).unwrap().id().to_string();
        let traced = machine.copy();
        let (output, calls) = trace(&traced, &arguments(&approval));
        done(&output);
        let steps = steps(&traced).expect("a signed file");
        assert_eq!(steps.len(), 3);
        Self { machine, approval, bundle, calls, steps }
    }

    /// What must hold after any fault, on the machine that met it.
    fn check(&self, machine: &OfflineMachine, output: &Output, what: &str) {
        let error = text(&output.stderr);
        assert!(!error.contains("panicked") && output.status.code() != Some(5), "{what}: {error}");
        let left = machine.read(SIGNED);
        if let Some(bytes) = &left {
            let steps = Signed::decode(bytes).unwrap_or_else(|e| panic!("{what}: half a signed file: {e}"));
            assert_eq!(steps.contents().steps, self.steps, "{what}");
        }
        let is_recorded = text(&machine.read(JOURNAL).unwrap()).contains(&self.bundle);
        assert!(left.is_none() || is_recorded, "{what}: a signed file, and the journal does not know of it");
        if output.status.success() {
            assert!(left.is_some(), "{what}: the run says that it is done, and no signed file is there");
        }
        for file in machine.files() {
            let known = self.machine.files().contains(&file) || file == SIGNED;
            assert!(known || file.contains(".airlock-unfinished-"), "{what}: left {file}");
        }
        for kept in ["home/vault.airlock", "home/accounts.json", "home/policy.toml", BUNDLE] {
            assert_eq!(machine.read(kept), self.machine.read(kept), "{what}: {kept}");
        }
        done(&machine.run(&["accounts", "export", "--passphrase-file", "passphrase.txt"]));
        let journal = machine.read(JOURNAL).unwrap();
        let again = machine.sign(BUNDLE, &self.approval);
        assert!(again.status.success(), "{what}: signing again: {}", text(&again.stderr));
        assert_eq!(steps(machine).as_ref(), Some(&self.steps), "{what}: other signatures");
        let grown = machine.read(JOURNAL).unwrap();
        assert!(grown.starts_with(&journal), "{what}: the journal was written anew");
        assert_eq!(grown.len() > journal.len(), !is_recorded, "{what}: counted twice, or not at all");
        if left.is_some() {
            assert_eq!(machine.read(SIGNED), left, "{what}: the signed file changed");
        }
        let first = machine.read(SIGNED);
        std::fs::remove_file(machine.at(SIGNED)).unwrap();
        done(&machine.sign(BUNDLE, &self.approval));
        assert_eq!(machine.read(SIGNED), first, "{what}: other bytes");
        assert_eq!(machine.read(JOURNAL), Some(grown), "{what}: signing again counts");
    }
}

/// Signs, with one line as answer: a review on stderr would be hundreds of writes.
fn arguments(approval: &str) -> Vec<&str> {
    [&["--json"], &sign_arguments(BUNDLE, approval)[..]].concat()
}

/// The signed steps of the file, where it is there.
fn steps(machine: &OfflineMachine) -> Option<Vec<SignedStep>> {
    Some(Signed::decode(&machine.read(SIGNED)?).ok()?.contents().steps.clone())
}

/// Which faults a call can meet.
fn errors(call: &Call) -> &'static [Fault] {
    match call.name.as_str() {
        "write" | "writev" | "pwrite64" => &[Fault::Enospc, Fault::Eio],
        "fsync" | "fdatasync" => &[Fault::Eio, Fault::Enospc],
        _ => &[Fault::Eio],
    }
}

/// Runs all of them on two threads, each on a copy of the machine.
fn run_all(scenario: &Scenario, faults: &[(Call, Fault)]) -> BTreeMap<(String, Fault), usize> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((call, fault)) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            let machine = scenario.machine.copy();
            let output = with_fault(&machine, &arguments(&scenario.approval), call, *fault);
            let what = format!("{fault:?} at {} {}: {}", call.name, call.ordinal, call.shown);
            if *fault == Fault::Kill {
                assert!(!output.status.success(), "{what}: was not killed");
            } else if !output.status.success() {
                let (status, error) = (output.status, text(&output.stderr));
                assert!(error.contains("E-"), "{what}: {status} without a reason: {error}");
            }
            scenario.check(&machine, &output, &what);
        }
    };
    thread::scope(|scope| {
        for worker in [scope.spawn(work), scope.spawn(work)] {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    let mut counts = BTreeMap::new();
    for (call, fault) in faults {
        *counts.entry((call.name.clone(), *fault)).or_default() += 1;
    }
    counts
}

/// All of them, or the first of each kind.
fn chosen(faults: Vec<(Call, Fault)>) -> Vec<(Call, Fault)> {
    let mut seen = std::collections::BTreeSet::new();
    faults.into_iter().filter(|(call, fault)| !few() || seen.insert((call.name.clone(), *fault))).collect()
}

fn print(what: &str, counts: &BTreeMap<(String, Fault), usize>) {
    let list: Vec<String> =
        counts.iter().map(|((name, fault), count)| format!("{name} {fault:?} {count}")).collect();
    println!("{what}: {} runs: {}", counts.values().sum::<usize>(), list.join(", "));
}

/// The kinds of call that a signing must make: without one of them a test below would prove nothing.
const KINDS: [&[&str]; 4] = [
    &["openat", "open"],
    &["write"],
    &["fsync", "fdatasync"],
    &["rename", "renameat", "renameat2", "link", "linkat"],
];

fn covers_every_kind(counts: &BTreeMap<(String, Fault), usize>) {
    for kind in KINDS {
        let count: usize = counts
            .iter()
            .filter(|((name, _), _)| kind.contains(&name.as_str()))
            .map(|(_, count)| count)
            .sum();
        assert!(count > 0, "no run for {kind:?}");
    }
}

#[test]
fn kill_during_each_syscall() {
    if !can_inject() {
        return;
    }
    let scenario = Scenario::of_signing();
    let faults = scenario.calls.iter().map(|call| (call.clone(), Fault::Kill)).collect();
    let counts = run_all(&scenario, &chosen(faults));
    print("killed", &counts);
    covers_every_kind(&counts);
}

#[test]
fn error_in_each_syscall() {
    if !can_inject() {
        return;
    }
    let scenario = Scenario::of_signing();
    let faults =
        scenario.calls.iter().flat_map(|call| errors(call).iter().map(|fault| (call.clone(), *fault)));
    let counts = run_all(&scenario, &chosen(faults.collect()));
    print("failed", &counts);
    covers_every_kind(&counts);
}

/// The order that makes a crash harmless: the record is on the disk before the signed file has a name.
#[test]
fn the_record_is_synced_before_the_signed_file_is_there() {
    if !can_inject() {
        return;
    }
    let scenario = Scenario::of_signing();
    let place = |what: &str, is: &dyn Fn(&Call) -> bool| {
        let found = scenario.calls.iter().position(is);
        found.unwrap_or_else(|| panic!("the run makes no call that {what}"))
    };
    let is_sync = |call: &Call| call.name == "fsync" || call.name == "fdatasync";
    let written = place("writes the journal", &|c| c.name == "write" && c.shown.contains("journal.jsonl"));
    let synced = place("syncs it", &|c| is_sync(c) && c.shown.contains("journal.jsonl"));
    let begun =
        place("begins the signed file", &|c| c.name == "openat" && c.shown.contains(".airlock-unfinished-"));
    let filled = place("syncs the signed file", &|c| is_sync(c) && c.shown.contains(".airlock-unfinished-"));
    let named = place("names it", &|c| KINDS[3].contains(&c.name.as_str()) && c.shown.contains(SIGNED));
    assert!(written < synced && synced < begun && begun < filled && filled < named);
    let folder = scenario.calls.iter().rposition(is_sync).unwrap();
    assert!(named < folder, "the folder is synced behind the name");
}
