//! An offline machine in a folder of its own: the real program, a vault of test networks, bundles made a moment ago.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::bundle::{Bundle, Contents, Topic};
use airlock::time::Moment;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs::{programs, run};
use crate::treasury::{Treasury, requests};

/// The public test mnemonic of the recordings.
pub const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
/// The passphrase of every vault that is made here.
pub const PASSPHRASE: &str = "six words are quite enough here";
/// The name of the bundle of [`OfflineMachine::with_bundle`].
pub const BUNDLE: &str = "A.bundle.json";
/// The name of the file that answers it.
pub const SIGNED: &str = "A.signed.json";

/// One offline machine: `home` is its vault, the folder itself is the stick.
#[derive(Debug)]
pub struct OfflineMachine {
    folder: TempDir,
}

impl OfflineMachine {
    /// A folder with the file of the passphrase and no vault.
    pub fn bare() -> Self {
        let machine = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        machine.write("passphrase.txt", format!("{PASSPHRASE}\n").as_bytes());
        machine
    }

    /// A vault of the words, on regtest and network 1, with the accounts of [`Treasury`] that bundles here use.
    pub fn with_vault() -> Self {
        let machine = Self::bare();
        machine.import(&["--account", "cold=wpkh", "--account", "legacy=pkh", "--account", "xrp-cold=xrp"]);
        machine
    }

    /// The same, and [`BUNDLE`] lies on the stick.
    pub fn with_bundle() -> Self {
        let machine = Self::with_vault();
        machine.write(BUNDLE, &bundle_of(&xrp_and_pair()).encode());
        machine
    }

    /// Imports the words into a new vault.
    ///
    /// # Panics
    /// When the program refuses.
    pub fn import(&self, more: &[&str]) {
        self.write("words.txt", WORDS.as_bytes());
        let all = [
            "import",
            "--test-only",
            "--network",
            "regtest",
            "--network-id",
            "1",
            "--secret-file",
            "words.txt",
            "--passphrase-file",
            "passphrase.txt",
        ];
        done(&self.run(&[&all[..], more].concat()));
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    /// Reads a file of the folder, where it is there.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.at(name)).ok()
    }

    /// Runs the offline program in the folder, with its home.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&programs().offline, self.folder(), &[&["--home", "home"], arguments].concat())
    }

    /// What the review of a file asks to be typed.
    ///
    /// # Panics
    /// When the file is refused.
    pub fn approval(&self, file: &str) -> String {
        let output = done(&self.run(&["--json", "review", file]));
        let answer: Value = serde_json::from_str(&output).expect("one JSON document");
        answer["reviews"][0]["approve"].as_str().expect("an approval").to_owned()
    }

    /// Approves and signs a file, without a terminal.
    pub fn sign(&self, file: &str, approval: &str) -> Output {
        self.run(&sign_arguments(file, approval))
    }

    /// Another machine with a copy of every file.
    ///
    /// # Panics
    /// When a file cannot be copied.
    pub fn copy(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        copy_folder(self.folder(), copy.folder());
        copy
    }

    /// The names of all files below the folder, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.folder(), self.folder(), &mut found);
        found.sort();
        found
    }
}

/// The command line that signs a file without a terminal.
pub fn sign_arguments<'a>(file: &'a str, approval: &'a str) -> [&'a str; 6] {
    ["sign", file, "--approve", approval, "--passphrase-file", "passphrase.txt"]
}

/// The answer of a run that ended well.
///
/// # Panics
/// When it did not.
#[track_caller]
pub fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a run printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The moment.
///
/// # Panics
/// When the clock stands before 1970.
pub fn now() -> Moment {
    Moment::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs())
}

/// A plan for the requests, as if the demo's snapshot had been taken half a minute ago.
///
/// # Panics
/// When nothing can be planned.
pub fn bundle_of(set: &Value) -> Bundle {
    let contents = Treasury::open().plan(&requests(set.clone())).contents().clone();
    Bundle::seal(moved(contents)).expect("only times were moved")
}

/// The contents with all their times moved to half a minute ago.
fn moved(mut contents: Contents) -> Contents {
    let created = now().minus(30);
    let life = contents.expires.since(contents.created);
    (contents.created, contents.expires) = (created, created.plus(life));
    for assumption in &mut contents.assumptions {
        if let Topic::XrpLedger { close_time, .. } = &mut assumption.topic {
            *close_time = created;
        }
    }
    contents
}

/// An XRP payment and a Taproot pair from a legacy source: three steps, one of them a template.
pub fn xrp_and_pair() -> Value {
    json!([
        {"from": "xrp-cold", "intent": {"send-xrp":
            {"to": "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s", "tag": 1, "amount": "5"}}},
        {"from": "legacy", "encoding": "taproot", "intent": {"send-asset": {"payee":
            {"asset": "XCP", "to": "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w", "amount": "0.5"}}}},
    ])
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            let mode = entry.metadata().expect("a mode").permissions();
            fs::create_dir(&path).expect("a new folder");
            fs::set_permissions(&path, mode).expect("its mode");
            copy_folder(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), &path).expect("a copy");
        }
    }
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            list(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap_or(&path).display().to_string());
        }
    }
}
