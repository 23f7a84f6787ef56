//! Every recorded answer is read by a test, or has a reason in `vectors/recorded/UNREAD.md` why none reads it.
//!
//! A recording counts as read where a string literal of a source file of the tests, or of the online half, whose unit tests
//! read them as well, is its name: `"btc_getblockcount"`, with or without folders before and `.json` behind it. So the
//! order in which tests run does not matter, nor which of them run; a name in a comment does not count, and neither does
//! one that is put together from parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use airlock_tests::replay::Recording;
use airlock_tests::workspace_root;
use serde_json::Value;

const FOLDERS: [&str; 3] = ["online/src", "tests/src", "tests/tests"];
const THIS_FILE: &str = "tests/tests/recorded.rs";
const REASONS: &str = "vectors/recorded/UNREAD.md";

fn recordings() -> BTreeSet<String> {
    let folder = workspace_root().join("vectors/recorded");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The string literals of Rust source, comments left out; escapes stay as they are written.
fn literals(source: &str) -> Vec<String> {
    let bytes = source.as_bytes();
    let text = |from: usize, to: usize| String::from_utf8_lossy(&bytes[from..to]).into_owned();
    let find = |from: usize, what: &str| source[from..].find(what).map_or(bytes.len(), |at| from + at);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let is_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with(b"//") {
            at = find(at, "\n");
        } else if rest.starts_with(b"/*") {
            at = find(at, "*/") + 2;
        } else if rest.starts_with(b"'\"'") {
            at += 3;
        } else if rest.starts_with(b"'\\") {
            at = find(at + 3, "'") + 1;
        } else if !is_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#")) {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            let from = at + 1 + hashes + 1;
            if bytes.get(from - 1) != Some(&b'"') {
                at += 1;
                continue;
            }
            let to = find(from, &format!("\"{}", "#".repeat(hashes)));
            found.push(text(from, to));
            at = to + 1 + hashes;
        } else if rest[0] == b'"' {
            let mut to = at + 1;
            while to < bytes.len() && bytes[to] != b'"' {
                to += if bytes[to] == b'\\' { 2 } else { 1 };
            }
            found.push(text(at + 1, to.min(bytes.len())));
            at = to + 1;
        } else {
            at += 1;
        }
    }
    found
}

/// The recordings that tests name, each with a file that does.
fn read() -> BTreeMap<String, PathBuf> {
    let (root, known) = (workspace_root(), recordings());
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&root.join(folder), &mut files);
    }
    let mut read = BTreeMap::new();
    for file in files.into_iter().filter(|file| *file != root.join(THIS_FILE)) {
        for literal in literals(&std::fs::read_to_string(&file).unwrap()) {
            let name = literal.rsplit('/').next().unwrap_or_default();
            let name = name.strip_suffix(".json").unwrap_or(name);
            if known.contains(name) {
                read.insert(name.to_owned(), file.clone());
            }
        }
    }
    read
}

/// The rows of the table: a name, or the beginning of names with a star, and the reason.
fn reasons() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(workspace_root().join(REASONS)).unwrap();
    let rows =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    let mut reasons = BTreeMap::new();
    for (name, reason) in rows {
        assert!(reason.trim().len() > 10, "{name} has no reason in {REASONS}");
        let before = reasons.insert(name.to_owned(), reason.to_owned());
        assert!(before.is_none(), "{name} stands twice in {REASONS}");
    }
    reasons
}

fn is_of(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

fn is_error(name: &str) -> bool {
    let recording = Recording::read(name);
    let body: Value = serde_json::from_slice(&recording.body()).unwrap_or_default();
    let rpc = |answer: &Value| answer.get("error").is_some_and(|error| !error.is_null());
    recording.status.is_none_or(|status| status >= 400)
        || rpc(&body)
        || body.as_array().is_some_and(|answers| answers.iter().any(rpc))
}

#[test]
fn every_recording_is_read_by_a_test_or_has_a_reason() {
    let (read, reasons) = (read(), reasons());
    let bare: Vec<String> = recordings()
        .into_iter()
        .filter(|name| !read.contains_key(name) && !reasons.keys().any(|pattern| is_of(pattern, name)))
        .map(|name| if is_error(&name) { format!("{name} (an error)") } else { name })
        .collect();
    assert!(
        bare.is_empty(),
        "{} recordings that no test reads, without a reason in {REASONS}:\n{}",
        bare.len(),
        bare.join("\n")
    );
}

#[test]
fn every_reason_is_still_needed() {
    let (known, read) = (recordings(), read());
    for pattern in reasons().keys() {
        let mut names = known.iter().filter(|name| is_of(pattern, name)).peekable();
        assert!(names.peek().is_some(), "{REASONS} gives a reason for {pattern}, which is no recording");
        let unread = names.any(|name| !read.contains_key(name));
        assert!(
            unread,
            "{REASONS} gives a reason for {pattern}, which {} reads",
            read.get(pattern).map_or_else(|| "a test".to_owned(), |file| file.display().to_string())
        );
    }
}

#[test]
fn a_name_counts_in_a_literal_and_nowhere_else() {
    let source = r###"
        // "commented"
        /* "commented too" */
        const A: char = '"'; const B: char = '\'';
        let plain = "plain"; let path = include_bytes!("../vectors/recorded/path.json");
        let escaped = "an \" inside"; let raw = r#"a "raw" one"#; let short = r"short"; let r#type = b"bytes";
        let for_life: &'static str = "lived";
    "###;
    assert_eq!(
        literals(source),
        [
            "plain",
            "../vectors/recorded/path.json",
            "an \\\" inside",
            "a \"raw\" one",
            "short",
            "bytes",
            "lived"
        ]
    );
}
