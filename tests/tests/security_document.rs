//! `docs/SECURITY.md` names tests for every attack: each of them is run here, and must not be missing, ignored or failing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use airlock_tests::workspace_root;
use serde_json::Value;

/// Rows of the table.
const ROWS: usize = 37;

/// The tests of one row: file, and its test or all of them.
type Named = Vec<(String, Option<String>)>;

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn table() -> BTreeMap<usize, Named> {
    let document = std::fs::read_to_string(workspace_root().join("docs/SECURITY.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in document.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", number, _, _, tests, ""] = cells[..] else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        let mut named: Named = Vec::new();
        for name in quoted(tests) {
            match (name.ends_with(".rs"), named.last_mut()) {
                (true, _) => named.push((name.to_owned(), None)),
                (false, Some((_, test @ None))) => *test = Some(name.to_owned()),
                (false, Some((file, Some(_)))) => {
                    let file = file.clone();
                    named.push((file, Some(name.to_owned())));
                }
                (false, None) => named.push((String::new(), Some(name.to_owned()))),
            }
        }
        let before = rows.insert(number, named);
        assert!(before.is_none(), "row {number} stands twice");
    }
    rows
}

/// The executables of the named test files, built from the sources as they are now.
fn executables(files: &BTreeSet<&str>) -> BTreeMap<String, PathBuf> {
    let mut build = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    build.args(["test", "--locked", "--no-run", "--message-format=json", "-p", "airlock-tests"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.args(files.iter().flat_map(|file| ["--test", file.strip_suffix(".rs").unwrap()]));
    let output = build.current_dir(workspace_root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let built = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let (source, executable) = (message["target"]["src_path"].as_str()?, message["executable"].as_str()?);
        let file = source.rsplit('/').next()?.to_owned();
        (message["target"]["kind"][0] == "test").then(|| (file, PathBuf::from(executable)))
    });
    built.collect()
}

/// Runs tests of one executable and gives the outcome of each: `ok`, `FAILED` or `ignored`.
fn run(executable: &PathBuf, arguments: &[String]) -> BTreeMap<String, String> {
    let output = Command::new(executable)
        .args(arguments)
        .current_dir(workspace_root().join("tests"))
        // The whole set of faults runs in its own test; here it is enough that each kind of it does.
        .env("AIRLOCK_FAULTS", "few")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| {
            let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
            Some((name.to_owned(), outcome.to_owned()))
        })
        .collect()
}

fn all_tests(executable: &PathBuf) -> Vec<String> {
    let output = Command::new(executable).args(["--list", "--format", "terse"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test").map(str::to_owned)).collect()
}

#[test]
fn every_attack_has_tests_and_all_of_them_run() {
    let rows = table();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=ROWS).collect::<Vec<_>>());
    let mut wanted: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
    for (number, named) in &rows {
        assert!(!named.is_empty(), "row {number} names no test");
        for (file, test) in named {
            assert!(!file.is_empty(), "row {number} does not say in which file {test:?} is");
            wanted.entry(file).or_default().insert(test.as_deref());
        }
    }
    let executables = executables(&wanted.keys().copied().collect());
    let mut ran = 0;
    for (file, tests) in &wanted {
        let executable = executables.get(*file).unwrap_or_else(|| panic!("there is no tests/tests/{file}"));
        let all = all_tests(executable);
        let mut names = Vec::new();
        for test in tests {
            let found: Vec<&String> = match test {
                None => all.iter().collect(),
                Some(test) => all.iter().filter(|name| name.rsplit("::").next() == Some(test)).collect(),
            };
            assert!(test.is_none() || found.len() == 1, "{file} has {} tests {test:?}", found.len());
            assert!(!found.is_empty(), "{file} has no tests");
            names.extend(found.into_iter().cloned());
        }
        let outcomes = run(executable, &[&["--exact".to_owned()], &names[..]].concat());
        for name in &names {
            let outcome = outcomes.get(name).map_or("did not run", String::as_str);
            assert_eq!(outcome, "ok", "{file}: {name}");
            ran += 1;
        }
    }
    println!("{} rows, {ran} tests in {} files ran", rows.len(), wanted.len());
}
