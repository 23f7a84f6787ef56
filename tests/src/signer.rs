//! The offline program in this process: a home in a folder of its own, a clock that a test sets, a recorded machine, and
//! a person made of prepared answers.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};

use airlock::bundle::{Artefact, Bundle, Contents, JournalHead, Networks, Step, Topic};
use airlock::request::{Intent, Request};
use airlock::time::Moment;
use airlock_offline::machine::Recorded as Machine;
use airlock_offline::screen::{Absent, Recorded, Screen};
use airlock_offline::{Streams, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The public test mnemonic of the recordings.
pub const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
/// The vault's passphrase.
pub const PASSPHRASE: &str = "six words are quite enough here";
/// When the first bundle was made.
pub const CREATED: u64 = 1_795_275_600;
/// The XRP account of the words.
pub const OURS: &str = "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3";
/// Somebody else.
pub const THEIRS: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub exit: u8,
    /// Stdout.
    pub out: String,
    /// Stderr.
    pub err: String,
}

impl Outcome {
    /// Demands exit code 0.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.exit, 0, "{}{}", self.out, self.err);
        self
    }

    /// Demands an exit code and an error.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn fails(self, exit: u8, code: &str) -> Self {
        assert_eq!(self.exit, exit, "{}{}", self.out, self.err);
        assert!(self.err.lines().any(|line| line.starts_with(code)), "{}", self.err);
        self
    }

    /// The JSON document on stdout.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("one JSON document")
    }
}

/// A signer's folder, clock and machine.
pub struct Signer {
    folder: TempDir,
    /// What the clock says.
    pub clock: Cell<u64>,
    /// What the machine measures.
    pub machine: RefCell<Machine>,
}

/// An XRP payment to be made.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'a> {
    /// In XRP.
    pub amount: u64,
    /// The account's sequence.
    pub sequence: u32,
    /// To whom.
    pub to: &'a str,
    /// In drops.
    pub fee: u64,
    /// The network of the XRP Ledger.
    pub network_id: u32,
    /// When the bundle was made.
    pub created: u64,
    /// The journal head that the online half saw.
    pub head: Option<JournalHead>,
}

impl Payment<'_> {
    /// A payment on the test network.
    pub fn of(amount: u64, sequence: u32) -> Self {
        Self { amount, sequence, to: THEIRS, fee: 5000, network_id: 1, created: CREATED, head: None }
    }

    /// The bundle.
    ///
    /// # Panics
    /// Never for payments that a test makes.
    pub fn bundle(&self) -> Bundle {
        let tx_json = json!({
            "TransactionType": "Payment",
            "Account": OURS,
            "Destination": self.to,
            "DestinationTag": 7,
            "Amount": (self.amount * 1_000_000).to_string(),
            "Fee": self.fee.to_string(),
            "Flags": 0,
            "Sequence": self.sequence,
            "LastLedgerSequence": 9_001_000,
        });
        let Value::Object(tx_json) = tx_json else { unreachable!("it is an object") };
        let amount = self.amount.to_string();
        let created = Moment::from_unix(self.created);
        let topics = [
            Topic::XrpLedger { index: 9_000_000, close_time: created },
            Topic::XrpAccount {
                address: OURS.to_owned(),
                sequence: self.sequence,
                balance: "90000000000000".to_owned(),
                reserve: "1000000".to_owned(),
            },
            Topic::XrpDestination { address: self.to.to_owned(), exists: true, requires_tag: false },
        ];
        Bundle::seal(Contents {
            networks: Networks { bitcoin: None, xrpl: Some(self.network_id) },
            created,
            expires: created.plus(4 * 3600),
            requests: vec![Request {
                from: "xrp".parse().expect("a name"),
                reference: None,
                intent: Intent::SendXrp { to: self.to.to_owned(), tag: Some(7), amount },
                fee_rate: None,
                fee_drops: None,
                encoding: None,
            }],
            steps: vec![Step {
                request: 0,
                account: OURS.to_owned(),
                after: vec![],
                links: vec![],
                one_of: None,
                artefact: Artefact::TxJson(tx_json),
            }],
            assumptions: topics.into_iter().map(Into::into).collect(),
            journal_head: self.head,
        })
        .expect("it is a bundle")
    }
}

impl Signer {
    /// A vault for tests with the words, and accounts on regtest and the XRP test network.
    pub fn new() -> Self {
        Self::founded(&["--test-only", "--network", "regtest", "--network-id", "1"])
    }

    /// A vault with accounts on main networks.
    pub fn on_mainnet() -> Self {
        Self::founded(&[])
    }

    fn founded(options: &[&str]) -> Self {
        let signer = Self {
            folder: tempfile::tempdir().expect("a folder"),
            clock: Cell::new(CREATED + 60),
            machine: RefCell::new(Machine::fit()),
        };
        let words = signer.write("words.txt", WORDS.as_bytes());
        let passphrase = signer.write("passphrase.txt", PASSPHRASE.as_bytes());
        let files = ["--secret-file", text(&words), "--passphrase-file", text(&passphrase)];
        signer.unwatched(&[&["import"], options, &files].concat()).done();
        signer
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.at(name), bytes).expect("it can be written");
        self.at(name)
    }

    /// Writes a bundle into the folder.
    pub fn bundle(&self, name: &str, payment: &Payment<'_>) -> PathBuf {
        self.write(&format!("{name}.bundle.json"), &payment.bundle().encode())
    }

    /// Adds to policy.toml and accepts it.
    ///
    /// # Panics
    /// When it is not accepted.
    pub fn rule(&self, more: &str) {
        let path = self.at("home/policy.toml");
        let policy = fs::read_to_string(&path).expect("there is a policy") + more;
        fs::write(&path, &policy).expect("it can be written");
        self.accept().done();
    }

    /// Accepts policy.toml as it is.
    pub fn accept(&self) -> Outcome {
        let policy = fs::read_to_string(self.at("home/policy.toml")).expect("there is a policy");
        let digits = airlock_offline::rules::PolicyHash::of(&policy).approval();
        self.watched(&["policy", "accept"], &[&digits, PASSPHRASE]).0
    }

    /// Runs with nobody to ask.
    pub fn unwatched(&self, arguments: &[&str]) -> Outcome {
        self.run(arguments, &mut Absent)
    }

    /// Runs with a person who gives these answers.
    pub fn watched(&self, arguments: &[&str], answers: &[&str]) -> (Outcome, Recorded) {
        let mut person = Recorded::answering(answers);
        let outcome = self.run(arguments, &mut person);
        (outcome, person)
    }

    /// Signs one file with a person who approves it.
    pub fn sign(&self, file: &Path, approval: &str) -> Outcome {
        self.watched(&["sign", text(file)], &[approval, PASSPHRASE]).0
    }

    fn run(&self, arguments: &[&str], screen: &mut dyn Screen) -> Outcome {
        let home = self.at("home");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let machine = self.machine.borrow().clone();
        let mut streams = Streams { screen, stdout: &mut out, stderr: &mut err, machine: &machine };
        let all = [&["airlock-offline", "--home", text(&home)], arguments].concat();
        let exit = run(all, &mut streams, &|| Moment::from_unix(self.clock.get()));
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Outcome { exit, out: text(out), err: text(err) }
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

/// A path as an argument.
///
/// # Panics
/// Where it is not UTF-8.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
