//! `init` from the outside, with a person who copies words and types them back.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use airlock::Result;
use airlock::time::Moment;
use airlock::watch::Watch;
use airlock_offline::screen::{Absent, Recorded, Screen};
use airlock_offline::secret::SecretText;
use airlock_offline::{Streams, machine, run};
use airlock_tests::workspace_root;
use serde_json::Value;
use tempfile::TempDir;

const PASSPHRASE: &str = "six words are quite enough here";
const ROLLS: [&str; 3] = [
    "64543 51452 64246 44546 41546 23312 14542",
    "41544 51434 63422 64535 13642 65444",
    "1215341112 2365643612 1232131156 336 5",
];
const SECOND: &str = "Nine herons stood by the lock at dawn";
const TEST_NETWORKS: [&str; 5] = ["--test-only", "--network", "regtest", "--network-id", "1"];

/// A person who answers what is asked from what was shown.
struct Person {
    recorded: Recorded,
    lines_of_rolls: Vec<&'static str>,
    /// A word that stands otherwise on the paper.
    miscopied: Option<usize>,
    /// Questions until Ctrl-C.
    patience: usize,
    asked: usize,
}

impl Person {
    fn new() -> Self {
        let lines_of_rolls = ROLLS.iter().rev().copied().collect();
        Self {
            recorded: Recorded::default(),
            lines_of_rolls,
            miscopied: None,
            patience: usize::MAX,
            asked: 0,
        }
    }

    fn words(&self) -> Vec<String> {
        let mut words: Vec<(usize, String)> = Vec::new();
        for page in self.recorded.pages.iter().filter(|page| page.starts_with("Words ")) {
            let pieces: Vec<&str> = page.lines().skip(2).flat_map(str::split_whitespace).collect();
            words.extend(pieces.chunks(2).map(|pair| (pair[0].parse().unwrap(), pair[1].to_owned())));
        }
        words.sort();
        words.dedup();
        words.into_iter().map(|(_, word)| word).collect()
    }

    /// The rows of the transcript's page of a title, without its groups.
    fn transcript(&self, title: &str) -> String {
        let pages =
            self.recorded.pages.iter().filter(|page| page.starts_with(&format!("Transcript: {title}")));
        pages.flat_map(|page| page.lines().skip(2)).map(|row| row.trim_matches('|')).collect()
    }

    fn answer(&mut self, question: &str) {
        self.asked += 1;
        if self.asked > self.patience {
            return;
        }
        let answer = if question.contains("passphrase for the vault")
            || question.starts_with("The same again")
        {
            let before = self.recorded.seen.last().unwrap();
            if before.contains("Second person") { SECOND.to_owned() } else { PASSPHRASE.to_owned() }
        } else if question.contains("BIP-39") {
            PASSPHRASE.to_owned()
        } else if question.starts_with("Passphrase") {
            PASSPHRASE.to_owned()
        } else if question.starts_with("Second person") {
            SECOND.to_owned()
        } else if question.starts_with("Rolls of a die") {
            self.lines_of_rolls.pop().unwrap_or_default().to_owned()
        } else if question.starts_with("Type transcript") && self.transcript("device").is_empty() {
            "transcript".to_owned()
        } else if let Some(rest) = question.strip_prefix("From the paper: words ") {
            let numbers: Vec<usize> =
                rest.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).take(2).collect();
            let mut paper = self.words();
            if let Some(word) = self.miscopied {
                paper[word - 1] = "zebra".to_owned();
            }
            paper[numbers[0] - 1..numbers[1]].join(" ")
        } else if question.contains("type: show the words") {
            "show the words".to_owned()
        } else {
            String::new()
        };
        self.recorded.will_answer(&answer);
    }
}

impl Screen for Person {
    fn show(&mut self, lines: &[String]) -> Result<()> {
        self.recorded.show(lines)
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        self.answer(question);
        self.recorded.ask(question)
    }

    fn ask_secret(&mut self, question: &str) -> Result<SecretText> {
        self.answer(question);
        self.recorded.ask_secret(question)
    }

    fn show_secret(&mut self, page: &SecretText) -> Result<()> {
        self.recorded.show_secret(page)
    }

    fn ask_seen(&mut self, question: &str) -> Result<SecretText> {
        self.answer(question);
        self.recorded.ask_seen(question)
    }
}

struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Exit code, stdout and stderr of a command line.
    fn run(&self, arguments: &[&str], screen: &mut dyn Screen) -> (u8, String, String) {
        let home = self.home();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams =
            Streams { screen, stdout: &mut out, stderr: &mut err, machine: &machine::Recorded::fit() };
        let all = [&["airlock-offline", "--home", home.to_str().unwrap()], arguments].concat();
        let exit = run(all, &mut streams, &|| Moment::from_unix(1_795_275_660));
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn init(&self, arguments: &[&str], person: &mut Person) -> (u8, String, String) {
        self.run(&[&["init"], &TEST_NETWORKS[..], arguments].concat(), person)
    }

    #[track_caller]
    fn has_no_file(&self) {
        assert!(!self.home().exists() || fs::read_dir(self.home()).unwrap().next().is_none());
    }
}

/// What the script makes of a transcript: commitment, entropy, then the words.
fn recompute(transcript: &str) -> Vec<String> {
    let script = workspace_root().join("scripts/recompute_words.sh");
    let mut child = Command::new(script)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash runs the script");
    child.stdin.take().unwrap().write_all(transcript.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn the_words_on_paper_are_those_of_the_vault_and_stand_nowhere_else() {
    for (arguments, count) in [(&["--words", "12"][..], 12), (&[], 24)] {
        let machine = Machine::new();
        let mut person = Person::new();
        let (exit, out, err) = machine.init(arguments, &mut person);
        assert_eq!(exit, 0, "{out}{err}");
        let words = person.words();
        assert_eq!(words.len(), count);
        let shown = [out, err, person.recorded.seen.concat()].concat();
        assert!(!shown.contains(&words[..2].join(" ")), "{shown}");

        // The same words in another vault make the same accounts.
        let other = Machine::new();
        let (file, passphrase) = (other.folder.path().join("words"), other.folder.path().join("passphrase"));
        fs::write(&file, words.join(" ")).unwrap();
        fs::write(&passphrase, PASSPHRASE).unwrap();
        let files =
            ["--secret-file", file.to_str().unwrap(), "--passphrase-file", passphrase.to_str().unwrap()];
        let imported = other.run(&[&["import"], &TEST_NETWORKS[..], &files].concat(), &mut Absent);
        assert_eq!(imported.0, 0, "{}", imported.2);
        let accounts = |machine: &Machine| {
            let (exit, out, _) = machine.run(&["accounts", "list", "--json"], &mut Absent);
            assert_eq!(exit, 0);
            serde_json::from_str::<Value>(&out).unwrap()["accounts"].clone()
        };
        assert_eq!(accounts(&machine), accounts(&other));
    }
}

#[test]
fn the_transcript_makes_the_same_words_with_sha256sum() {
    let machine = Machine::new();
    let mut person = Person::new();
    let (exit, out, err) = machine.init(&["--dice", "--second-person"], &mut person);
    assert_eq!(exit, 0, "{out}{err}");
    let rolls = ROLLS.concat().replace(' ', "");
    assert_eq!(person.transcript("dice").replace(' ', ""), rolls);
    assert_eq!(person.transcript("second"), SECOND);
    let device = person.transcript("device").replace(' ', "");
    let transcript = format!(
        "airlock-entropy/1\nwords 24\ndevice 64 {device}\ndice {} {rolls}\nsecond {} {SECOND}\n",
        rolls.len(),
        SECOND.len()
    );
    let lines = recompute(&transcript);
    assert_eq!(lines[2..], person.words());
    assert_eq!(person.transcript("the entropy").replace(' ', ""), lines[1]);

    // The machine was bound before the first roll was asked for.
    let seen = &person.recorded.seen;
    let commitment = seen.iter().position(|line| line.replace(' ', "") == lines[0][..32]).unwrap();
    assert_eq!(seen[commitment + 1].replace(' ', ""), lines[0][32..]);
    assert!(commitment < seen.iter().position(|line| line.starts_with("Rolls")).unwrap());
    assert!(!seen.concat().contains(&device), "the contribution itself stays on pages of secrets");
}

/// The commands of the document print what it says, and that is the vector.
#[test]
fn the_worked_example_of_the_document_is_the_vector_and_its_commands_run() {
    let document = fs::read_to_string(workspace_root().join("docs/ENTROPY.md")).unwrap();
    let block = |kind: &str, number: usize| {
        let text = document.split(&format!("```{kind}\n")).nth(number).expect("a block");
        text.split("```").next().unwrap().to_owned()
    };
    let commands = block("sh", 1) + &block("sh", 2);
    let output =
        Command::new("bash").args(["-euc", &commands]).current_dir(workspace_root()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.starts_with(&block("text", 2)), "{printed}");

    let folder = workspace_root().join("vectors/entropy");
    let lines = recompute(&fs::read_to_string(folder.join("three_sources_24.txt")).unwrap());
    let printed: Vec<&str> = printed.lines().map(|line| line.trim_end_matches("  -")).collect();
    assert_eq!(printed, lines);
    let words = lines[2..].join(" ");
    assert!(document.split_whitespace().collect::<Vec<_>>().join(" ").contains(&format!("`{words}`")));
}

#[test]
fn the_script_recomputes_every_vector() {
    let script = workspace_root().join("scripts/recompute_words.sh");
    let output = Command::new(script).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "5 transcripts recomputed\n");
}

#[test]
fn words_that_are_not_on_paper_make_no_vault() {
    let machine = Machine::new();
    let mut person = Person::new();
    person.miscopied = Some(17);
    let (exit, _, err) = machine.init(&[], &mut person);
    assert_eq!(exit, 3);
    assert!(err.starts_with("E-PAPER-001 ") && err.contains("word 17 is another"), "{err}");
    assert!(err.contains("No vault was made"), "{err}");
    machine.has_no_file();
}

#[test]
fn breaking_off_at_any_question_leaves_nothing() {
    let mut person = Person::new();
    let arguments = ["--words", "12", "--dice", "--second-person", "--bip39-passphrase"];
    assert_eq!(Machine::new().init(&arguments, &mut person).0, 0);
    assert!(person.asked >= 14, "{} questions", person.asked);
    for patience in 0..person.asked {
        let machine = Machine::new();
        let mut person = Person::new();
        person.patience = patience;
        let (exit, out, err) = machine.init(&arguments, &mut person);
        assert_eq!((exit, out.as_str()), (3, ""), "{err}");
        assert!(err.starts_with("E-TERM-002 "), "{err}");
        machine.has_no_file();
    }
}

#[test]
fn invented_rolls_make_no_vault() {
    for (line, code) in [("123456 ".repeat(17), "E-DICE-002 "), ("7".to_owned(), "E-DICE-001 ")] {
        let machine = Machine::new();
        let mut person = Person::new();
        person.lines_of_rolls = vec![line.leak(); 11];
        let (_, _, err) = machine.init(&["--dice"], &mut person);
        assert!(err.starts_with(code), "{err}");
        assert!(person.recorded.pages.is_empty());
        machine.has_no_file();
    }
}

#[test]
fn a_bip39_passphrase_makes_other_keys_and_both_fingerprints_are_told() {
    let machine = Machine::new();
    let mut person = Person::new();
    let (exit, out, err) = machine.init(&["--bip39-passphrase", "--json"], &mut person);
    assert_eq!(exit, 0, "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let master = |passphrase: &str| {
        let words = bip39::Mnemonic::parse(person.words().join(" ")).unwrap();
        let seed = words.to_seed(passphrase);
        let master = bitcoin::bip32::Xpriv::new_master(bitcoin::Network::Bitcoin, &seed).unwrap();
        master.fingerprint(&bitcoin::secp256k1::Secp256k1::new()).to_string()
    };
    assert_eq!(json["secrets"][0]["fingerprint"], master(PASSPHRASE));
    assert_eq!(json["fingerprint_without_bip39_passphrase"], master(""));
    assert_ne!(master(PASSPHRASE), master(""));
}

#[test]
fn without_a_terminal_nothing_is_made() {
    let machine = Machine::new();
    let (exit, out, err) = machine.run(&["init", "--test-only"], &mut Absent);
    assert_eq!((exit, out.as_str()), (3, ""));
    assert!(err.starts_with("E-TERM-001 ") && err.contains("airlock-offline import"), "{err}");
    machine.has_no_file();
}

#[test]
fn a_new_home_has_rules_and_a_journal_that_verifies() {
    let machine = Machine::new();
    let (exit, _, err) = machine.init(&["--words", "12"], &mut Person::new());
    assert_eq!(exit, 0, "{err}");
    let mut names: Vec<String> = fs::read_dir(machine.home())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let all = ["accounts.json", "journal.jsonl", "policy.accepted.toml", "policy.toml", "vault.airlock"];
    assert_eq!(names, all);
    let (exit, out, err) = machine.run(&["journal", "verify"], &mut Person::new());
    assert_eq!(exit, 0, "{out}{err}");
}

#[test]
fn a_home_that_is_not_empty_is_left_alone() {
    let machine = Machine::new();
    fs::create_dir(machine.home()).unwrap();
    for name in ["vault.airlock", "accounts.json", "journal.jsonl", "policy.toml", "policy.accepted.toml"] {
        fs::write(machine.home().join(name), b"somebody's").unwrap();
        let mut person = Person::new();
        let (exit, _, err) = machine.init(&[], &mut person);
        assert_eq!((exit, person.asked), (3, 0), "{err}");
        assert!(err.starts_with("E-FOUND-001 "), "{err}");
        assert_eq!(fs::read(machine.home().join(name)).unwrap(), b"somebody's");
        fs::remove_file(machine.home().join(name)).unwrap();
    }
}

#[test]
fn words_are_shown_again_only_after_passphrase_and_sentence() {
    let machine = Machine::new();
    let mut person = Person::new();
    assert_eq!(machine.init(&["--words", "12"], &mut person).0, 0);
    let words = person.words();

    let mut later = Person::new();
    let (exit, out, err) = machine.run(&["words", "show"], &mut later);
    assert_eq!(exit, 0, "{err}");
    assert_eq!(later.words(), words);
    assert!(!out.contains(&words[..2].join(" ")));
    assert!(later.recorded.seen.iter().any(|line| line.contains("fingerprint")));
    let journal = fs::read_to_string(machine.home().join("journal.jsonl")).unwrap();
    assert_eq!(journal.matches("words-shown").count(), 1);

    for (answers, code) in
        [(["wrong", "show the words"], "E-VAULT-002 "), ([PASSPHRASE, "yes"], "E-PAPER-002 ")]
    {
        let mut stranger = Recorded::answering(&answers);
        let (exit, _, err) = machine.run(&["words", "show"], &mut stranger);
        assert_eq!(exit, 3);
        assert!(err.starts_with(code) && stranger.pages.is_empty(), "{err}");
    }
}

#[test]
fn every_role_reaches_the_watch_file() {
    let machine = Machine::new();
    let mut person = Person::new();
    assert_eq!(machine.init(&["--no-accounts"], &mut person).0, 0);
    let roles = ["cold", "warm", "hot", "deposit", "holding"];
    for (number, role) in (0..).zip(roles) {
        for (kind, network) in [("wpkh", ["--network", "regtest"]), ("xrp", ["--network-id", "1"])] {
            let (name, number) = (format!("{role}-{kind}"), format!("{number}"));
            let arguments = ["accounts", "add", &name, kind, "--role", role, "--number", &number];
            let (exit, out, err) = machine.run(&[&arguments[..], &network].concat(), &mut Person::new());
            assert_eq!(exit, 0, "{err}");
            assert!(out.contains("fingerprint") && out.contains("first address"), "{out}");
        }
    }
    let folder = machine.folder.path().to_str().unwrap();
    let (exit, out, err) = machine.run(&["accounts", "export", "--out", folder], &mut Person::new());
    assert_eq!(exit, 0, "{err}");
    assert!(out.contains("fingerprint") && out.contains("first address"), "{out}");
    let watch = Watch::decode(&fs::read(machine.folder.path().join("watch.json")).unwrap()).unwrap();
    assert_eq!(watch.accounts.len(), 10);
    for account in &watch.accounts {
        assert!(account.name.as_str().starts_with(account.role.name()), "{}", account.name);
    }
    let (_, table, _) = machine.run(&["accounts", "list"], &mut Absent);
    for account in &watch.accounts {
        let row = table.lines().find(|line| line.starts_with(account.name.as_str())).unwrap();
        assert!(row.split_whitespace().nth(1) == Some(account.role.name()), "{row}");
    }
}
