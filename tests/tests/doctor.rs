//! `doctor` and `self-test` from the outside, on recorded machines.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use airlock::time::Moment;
use airlock_offline::machine::{Interface, InterfaceKind, Recorded, Swap};
use airlock_offline::sandbox::{Access, Hold};
use airlock_offline::screen::Absent;
use airlock_offline::{Streams, run};
use serde_json::Value;
use tempfile::TempDir;

const NOW: u64 = 1_795_275_600;

fn doctor(folder: &Path, machine: &Recorded, now: u64, arguments: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { screen: &mut Absent, stdout: &mut out, stderr: &mut err, machine };
    let home = folder.join("home");
    let all = [&["airlock-offline", "--home", home.to_str().unwrap()], arguments].concat();
    let exit = run(all, &mut streams, &|| Moment::from_unix(now));
    assert_eq!(String::from_utf8(err).unwrap(), "");
    (exit, String::from_utf8(out).unwrap())
}

fn checks(folder: &Path, machine: &Recorded, now: u64) -> (u8, Value) {
    let (exit, out) = doctor(folder, machine, now, &["doctor", "--json"]);
    (exit, serde_json::from_str(&out).unwrap())
}

fn grade<'a>(answer: &'a Value, name: &str) -> &'a str {
    let checks = answer["checks"].as_array().unwrap();
    let found: Vec<_> = checks.iter().filter(|check| check["name"] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {checks:?}");
    found[0]["grade"].as_str().unwrap()
}

/// A home with a vault, made by the program itself.
fn with_vault() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("words"), format!("{}about", "abandon ".repeat(11))).unwrap();
    fs::write(at("passphrase"), "six words are quite enough here").unwrap();
    let (words, passphrase) = (at("words"), at("passphrase"));
    let files = ["--secret-file", &words, "--passphrase-file", &passphrase];
    let arguments = ["import", "--test-only", "--network", "regtest", "--network-id", "1"];
    let (exit, _) = doctor(folder.path(), &Recorded::fit(), NOW, &[&arguments[..], &files].concat());
    assert_eq!(exit, 0);
    folder
}

#[test]
fn a_fit_machine_ends_with_0_and_every_check_is_named_once() {
    let folder = with_vault();
    let (exit, answer) = checks(folder.path(), &Recorded::fit(), NOW);
    assert_eq!((exit, &answer["fit"]), (0, &true.into()), "{answer}");
    for name in [
        "interfaces",
        "routes",
        "radios",
        "swap",
        "memory-lock",
        "core-dumps",
        "debugger",
        "dumpable",
        "sandbox-calls",
        "sandbox-files",
        "home",
        "unfinished",
        "journal",
        "sentences",
        "clock",
        "entropy",
        "self-test",
    ] {
        assert_eq!(grade(&answer, name), "good", "{answer}");
    }
    assert_eq!(grade(&answer, "vault"), "warns", "a vault for tests");
    let (exit, text) = doctor(folder.path(), &Recorded::fit(), NOW, &["doctor"]);
    assert!(exit == 0 && text.ends_with("Fit for mainnet; to be mended: 1.\n"), "{text}");
}

#[test]
fn a_machine_that_is_not_fit_ends_with_4_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let mut machine = Recorded::fit();
    let kind = InterfaceKind::Wireless;
    machine.facts.interfaces.push(Interface {
        name: "wlan0".to_owned(),
        kind,
        is_up: true,
        has_carrier: true,
    });
    machine.facts.swaps.push(Swap { name: "/dev/sda2".to_owned(), kib: 8 });
    let (exit, answer) = checks(folder.path(), &machine, NOW);
    assert_eq!((exit, &answer["fit"]), (4, &false.into()));
    assert_eq!((grade(&answer, "interfaces"), grade(&answer, "swap")), ("forbids", "forbids"));
    let (exit, text) = doctor(folder.path(), &machine, NOW, &["doctor"]);
    assert_eq!(exit, 4);
    for part in [
        "NO     interfaces     up: wlan0 (wireless, carrier)",
        "ip link set NAME down",
        "swapoff -a",
        "Not fit for mainnet: 2 of ",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_kernel_that_confines_less_is_reported() {
    let folder = TempDir::new().unwrap();
    let mut machine = Recorded::fit();
    machine.confinement.files =
        Hold::Degraded("files are not confined: this kernel has no Landlock".to_owned());
    let (exit, text) = doctor(folder.path(), &machine, NOW, &["doctor"]);
    assert!(exit == 0 && text.contains("WARNS  sandbox-files  files are not confined"), "{text}");
}

#[test]
fn a_clock_that_is_not_plausible_or_before_the_last_journal_entry_forbids() {
    let folder = with_vault();
    for now in [0, NOW - 1, 4_200_000_000] {
        let (exit, answer) = checks(folder.path(), &Recorded::fit(), now);
        assert_eq!((exit, grade(&answer, "clock")), (4, "forbids"), "{now}");
    }
}

#[test]
fn a_torn_a_damaged_and_a_missing_journal_forbid() {
    let folder = with_vault();
    let path = folder.path().join("home/journal.jsonl");
    let whole = fs::read(&path).unwrap();
    let torn = [&whole[..], b"{\"event\""].concat();
    let damaged = [b" ", &whole[..]].concat();
    for bytes in [&torn, &damaged] {
        fs::write(&path, bytes).unwrap();
        let (exit, answer) = checks(folder.path(), &Recorded::fit(), NOW);
        assert_eq!((exit, grade(&answer, "journal")), (4, "forbids"));
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(grade(&checks(folder.path(), &Recorded::fit(), NOW).1, "journal"), "forbids");
}

#[test]
fn unfinished_files_are_listed_and_removed_when_asked() {
    let folder = with_vault();
    let stick = folder.path().join("stick");
    fs::create_dir(&stick).unwrap();
    let left = [folder.path().join("home/.airlock-unfinished-a"), stick.join(".airlock-unfinished-b")];
    for path in &left {
        fs::write(path, "half").unwrap();
    }
    let machine = Recorded::fit();
    let stick = stick.to_str().unwrap();
    let (exit, text) = doctor(folder.path(), &machine, NOW, &["doctor", stick]);
    assert!(exit == 0 && text.contains("2 unfinished: ") && left.iter().all(|path| path.exists()), "{text}");
    let (_, text) = doctor(folder.path(), &machine, NOW, &["doctor", "--clean", stick]);
    assert!(text.contains("no unfinished files") && !left.iter().any(|path| path.exists()), "{text}");
    let folders = machine.locked_down.borrow();
    let access = |index: usize| folders[index].places().iter().map(|(_, access)| *access).collect::<Vec<_>>();
    assert_eq!((access(0), access(1)), (vec![Access::Read; 2], vec![Access::Write; 2]));
}

#[test]
fn a_home_that_others_can_change_forbids() {
    let folder = with_vault();
    let home = folder.path().join("home");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    let (exit, answer) = checks(folder.path(), &Recorded::fit(), NOW);
    assert_eq!((exit, grade(&answer, "home")), (4, "forbids"));
}

#[test]
fn the_self_test_prints_how_many_answers_it_compared() {
    let folder = TempDir::new().unwrap();
    let (exit, text) = doctor(folder.path(), &Recorded::fit(), NOW, &["self-test"]);
    assert!(exit == 0 && text.contains("Wycheproof subset                 38 answers, all right"), "{text}");
    let (_, json) = doctor(folder.path(), &Recorded::fit(), NOW, &["self-test", "--json"]);
    let answer: Value = serde_json::from_str(&json).unwrap();
    let groups = answer["groups"].as_array().unwrap();
    let sum: u64 = groups.iter().map(|group| group["answers"].as_u64().unwrap()).sum();
    assert!(groups.len() == 14 && answer["answers"] == sum && sum > 80, "{answer}");
}
