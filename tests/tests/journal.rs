//! The journal from the outside: what the commands say of a whole one, and of one that somebody touched.

use std::fs;
use std::path::PathBuf;

use airlock::bundle::{JournalHead, Spoken};
use airlock::network::BitcoinNetwork;
use airlock::review::{Chain, Money, Outgoing};
use airlock::time::Moment;
use airlock_offline::home::Home;
use airlock_offline::journal::{Event, Journal, Signing};
use airlock_offline::machine;
use airlock_offline::screen::{Absent, Recorded, Screen};
use airlock_offline::secret::SecretText;
use airlock_offline::unlocked::Locked;
use airlock_offline::{Streams, run};
use bitcoin::hashes::{Hash, sha256};
use serde_json::Value;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "six words are quite enough here";
const START: u64 = 1_795_275_600;
const TO: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

struct Machine {
    folder: tempfile::TempDir,
}

struct Outcome {
    exit: u8,
    out: String,
    err: String,
}

impl Outcome {
    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.exit, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn fails(self, exit: u8, code: &str) -> Self {
        assert_eq!((self.exit, self.err.get(..10)), (exit, Some(code)), "{}{}", self.out, self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("one JSON document")
    }
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(machine.at("words.txt"), WORDS).unwrap();
        fs::write(machine.at("passphrase.txt"), PASSPHRASE).unwrap();
        let (words, passphrase) = (machine.text("words.txt"), machine.text("passphrase.txt"));
        let import = ["import", "--test-only", "--network", "regtest", "--network-id", "1"];
        let files = ["--secret-file", &words, "--passphrase-file", &passphrase];
        machine.unwatched(&[&import[..], &files].concat()).done();
        machine
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str], screen: &mut dyn Screen) -> Outcome {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let machine = machine::Recorded::fit();
        let mut streams = Streams { screen, stdout: &mut out, stderr: &mut err, machine: &machine };
        let home = self.text("home");
        let all = [&["airlock-offline", "--home", &home], arguments].concat();
        let exit = run(all, &mut streams, &|| Moment::from_unix(START + 60));
        Outcome { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    fn unwatched(&self, arguments: &[&str]) -> Outcome {
        self.run(arguments, &mut Absent)
    }

    /// A command with the passphrase from its file.
    fn opened(&self, arguments: &[&str]) -> Outcome {
        let passphrase = self.text("passphrase.txt");
        self.unwatched(&[arguments, &["--passphrase-file", &passphrase]].concat())
    }

    fn journal(&self) -> PathBuf {
        self.at("home/journal.jsonl")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.journal()).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.journal(), bytes).unwrap();
    }

    /// A record as signing leaves it.
    fn sign(&self, number: u8, sats: u64) -> JournalHead {
        let home = Home::find(Some(&self.at("home"))).unwrap();
        let passphrase = SecretText::new(PASSPHRASE.to_owned());
        let unlocked = Locked::read(&home).unwrap().unlock(&passphrase).unwrap();
        let mut journal = Journal::open(&home, &unlocked.vault).unwrap();
        let outgoing = |sats: u64, to: Option<&str>| Outgoing {
            amount: sats.into(),
            chain: Chain::Bitcoin(BitcoinNetwork::Regtest),
            money: Money::Bitcoin,
            to: to.map(str::to_owned),
        };
        let signing = Signing {
            bundle: format!("{number:02x}").repeat(32),
            effects: vec![format!("Pay {sats} satoshi, \u{1b}[2J")],
            outgoings: vec![outgoing(sats, Some(TO)), outgoing(700, None)],
            title: "R7K3 \"amber falcon lantern tundra\"".to_owned(),
            txids: vec!["ab".repeat(32)],
            uses: vec![format!("coin {}:0", format!("{number:02x}").repeat(32)).parse().unwrap()],
            verdict: vec!["allowed".to_owned()],
            words: "amber falcon lantern tundra".to_owned(),
        };
        let now = Moment::from_unix(START + u64::from(number));
        journal.append(&unlocked.vault, Event::Signed(Box::new(signing)), now).unwrap()
    }
}

#[test]
fn shows_what_was_signed_without_the_passphrase_and_says_so() {
    let machine = Machine::new();
    let head = machine.sign(1, 150_000_000);
    let shown = machine.unwatched(&["journal", "show"]).done();
    for part in [
        "founded",
        "73c5da0a",
        "R7K3 \"amber falcon lantern tundra\"",
        "spent 1.500007 BTC",
        "not authenticated without the passphrase",
        &format!("journal head {} \"{}\"", head.short(), head.words().join(" ")),
    ] {
        assert!(shown.out.contains(part), "'{part}' is not in {}", shown.out);
    }
    assert!(!shown.out.contains('\u{1b}') && shown.out.contains("\\u{1b}[2J"), "{}", shown.out);
    assert!(machine.opened(&["journal", "show"]).done().out.contains("every seal checked"));

    let records = shown.out.lines().filter(|line| line.contains("founded")).count();
    assert_eq!(records, 1);
    let last = machine.unwatched(&["journal", "show", "--last", "1"]).done();
    assert!(!last.out.contains("founded") && last.out.contains("before these"), "{}", last.out);
    let json = machine.unwatched(&["journal", "show", "--last", "1", "--json"]).done().json();
    assert_eq!((&json["head"], &json["authenticated"]), (&head.to_string().into(), &false.into()));
    assert_eq!(json["shown"][0]["record"]["event"]["signed"]["outgoings"][0]["to"], TO);
}

#[test]
fn the_head_can_be_recomputed_with_common_tools() {
    let machine = Machine::new();
    let head = machine.sign(1, 1);
    let bytes = machine.bytes();
    let last = bytes.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
    let hash = sha256::Hash::hash(&[b"airlock-journal/1\n", last].concat());
    assert_eq!(hash.to_string(), head.to_string());
}

#[test]
fn verifies_every_seal_and_refuses_what_was_touched() {
    let machine = Machine::new();
    machine.sign(1, 1);
    let head = machine.sign(2, 2);
    let verified = machine.opened(&["journal", "verify", "--json"]).done().json();
    assert_eq!((&verified["head"], &verified["authenticated"]), (&head.to_string().into(), &true.into()));
    let whole = machine.bytes();
    let count = whole.split_inclusive(|byte| *byte == b'\n').count();
    assert_eq!(verified["records"], count);

    let text = String::from_utf8(whole.clone()).unwrap();
    let touched = text.replacen("\"amount\":\"1\"", "\"amount\":\"0\"", 1);
    assert_ne!(touched, text);
    machine.write(touched.as_bytes());
    // Without a key the next line tells it; nobody is asked for the passphrase.
    machine.unwatched(&["journal", "verify"]).fails(2, "E-JRNL-002");
    let touched = text.replacen("\"amount\":\"2\"", "\"amount\":\"0\"", 1);
    machine.write(touched.as_bytes());
    machine.opened(&["journal", "verify"]).fails(1, "E-JRNL-004");
    machine.unwatched(&["journal", "show"]).done();

    machine.write(&whole[..whole.len() - 1]);
    let torn = machine.unwatched(&["journal", "verify"]).fails(3, "E-JRNL-003");
    assert!(torn.err.contains("journal repair"), "{}", torn.err);
    let shown = machine.unwatched(&["journal", "show"]).done();
    assert!(shown.out.contains("warning: E-JRNL-003"), "{}", shown.out);
    fs::remove_file(machine.journal()).unwrap();
    machine.unwatched(&["journal", "verify"]).fails(4, "E-JRNL-001");
}

#[test]
fn exports_the_records_as_they_are_and_the_payments_as_a_table() {
    let machine = Machine::new();
    machine.sign(1, 1_000);
    let (copy, table) = (machine.text("copy.jsonl"), machine.text("payments.csv"));
    machine.unwatched(&["journal", "export", &copy]).done();
    assert_eq!(fs::read(&copy).unwrap(), machine.bytes());
    machine.unwatched(&["journal", "export", &copy]).fails(3, "E-OFFILE-0");
    let exported = machine.opened(&["journal", "export", "--csv", &table, "--json"]).done().json();
    assert_eq!(exported["authenticated"], true);
    let table = fs::read_to_string(&table).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert!(rows[0].starts_with("number,unix_time,bundle,title,chain,money,amount_base_units,to"));
    let title = "\"R7K3 \"\"amber falcon lantern tundra\"\"\"";
    assert!(rows[1].ends_with(&format!("{title},bitcoin regtest,BTC,1000,{TO}")), "{table}");
    assert!(rows[2].ends_with("bitcoin regtest,BTC,700,"), "{table}");
}

#[test]
fn a_torn_line_blocks_nobody_for_ever_and_is_not_dropped_silently() {
    let machine = Machine::new();
    machine.sign(1, 1_000);
    let whole = machine.bytes();
    let line = whole.split_inclusive(|byte| *byte == b'\n').count() + 1;
    let sentence = format!("put torn line {line} aside");
    let torn = [&*whole, b"{\"event\":{\"signed\":"].concat();
    machine.write(&torn);

    let asked = machine.opened(&["journal", "repair"]).fails(3, "E-JRNL-003");
    assert!(asked.err.contains(&sentence), "{}", asked.err);
    let mut person = Recorded::answering(&["yes"]);
    let passphrase = machine.text("passphrase.txt");
    machine.run(&["journal", "repair", "--passphrase-file", &passphrase], &mut person).fails(3, "E-JRNL-003");
    assert_eq!(machine.bytes(), torn, "nothing is changed without the sentence");

    let repaired = machine.opened(&["journal", "repair", "--yes-to", &sentence, "--json"]).done().json();
    assert_eq!(repaired["repaired"], true);
    assert_eq!(fs::read(repaired["aside"].as_str().unwrap()).unwrap(), b"{\"event\":{\"signed\":");
    assert_eq!(machine.bytes()[..whole.len()], whole);
    machine.opened(&["journal", "verify"]).done();
    let shown = machine.unwatched(&["journal", "show"]).done();
    assert!(shown.out.contains("torn-line") && shown.out.contains(&sentence), "{}", shown.out);
    let again = machine.opened(&["journal", "repair", "--json"]).done().json();
    assert_eq!(again["repaired"], false);
}

#[test]
fn a_lost_or_damaged_journal_is_begun_anew_by_a_sentence_only() {
    let machine = Machine::new();
    machine.sign(1, 1_000);
    let mut damaged = machine.bytes();
    damaged[30] ^= 1;
    machine.write(&damaged);
    machine.opened(&["journal", "repair"]).fails(2, "E-JRNL-002");
    let sentence = "put the damaged journal aside and begin a new one";
    let repaired = machine.opened(&["journal", "repair", "--yes-to", sentence, "--json"]).done().json();
    assert_eq!(fs::read(repaired["aside"].as_str().unwrap()).unwrap(), damaged);
    machine.opened(&["journal", "verify"]).done();
    fs::remove_file(machine.journal()).unwrap();
    let sentence = "begin a new journal without the old records";
    machine.opened(&["journal", "repair", "--yes-to", "yes"]).fails(4, "E-JRNL-001");
    machine.opened(&["journal", "repair", "--yes-to", sentence]).done();
    machine.opened(&["journal", "verify"]).done();
}

#[test]
fn the_records_of_another_vault_are_refused() {
    let (machine, other) = (Machine::new(), Machine::new());
    other.sign(1, 1_000);
    fs::copy(other.journal(), machine.journal()).unwrap();
    machine.opened(&["journal", "verify"]).fails(1, "E-JRNL-004");
}

#[test]
fn a_journal_that_is_no_regular_file_is_refused() {
    let machine = Machine::new();
    let elsewhere = machine.at("home/elsewhere");
    fs::rename(machine.journal(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, machine.journal()).unwrap();
    machine.unwatched(&["journal", "verify"]).fails(2, "E-OFFILE-0");
    fs::remove_file(machine.journal()).unwrap();
    fs::create_dir(machine.journal()).unwrap();
    machine.unwatched(&["journal", "show"]).fails(2, "E-OFFILE-0");
}
