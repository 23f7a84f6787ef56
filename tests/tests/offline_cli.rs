//! The offline program from the outside: import, accounts, review, sign, with a person made of prepared answers.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::account::BitcoinAccount;
use airlock::bundle::{Artefact, Bundle, Contents, Networks, Signed, SignedStep, Spoken, Step, Topic};
use airlock::network::BitcoinNetwork;
use airlock::request::{Intent, Request};
use airlock::time::Moment;
use airlock::watch::Watch;
use airlock_offline::clock::Clock;
use airlock_offline::machine;
use airlock_offline::screen::{Absent, Recorded, Screen};
use airlock_offline::{Streams, run};
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut};
use serde_json::{Value, json};
use tempfile::TempDir;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "six words are quite enough here";
const CREATED: u64 = 1_795_275_600;
const OURS: &str = "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3";
const THEIRS: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";

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
        assert_eq!(self.exit, exit, "{}{}", self.out, self.err);
        // A run that nobody watches has the review on stderr before the error.
        assert!(self.err.lines().any(|line| line.starts_with(code)), "{}", self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("one JSON document")
    }
}

struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A machine whose vault holds the words of the recordings, with a Bitcoin and an XRP account on test networks.
    fn with_vault() -> Self {
        let machine = Self::new();
        let words = machine.write("words.txt", WORDS.as_bytes());
        let passphrase = machine.passphrase_file();
        let arguments = ["import", "--test-only", "--network", "regtest", "--network-id", "1"];
        let files = ["--secret-file", text(&words), "--passphrase-file", text(&passphrase)];
        machine.unwatched(&[&arguments[..], &files].concat()).done();
        machine
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.at(name), bytes).unwrap();
        self.at(name)
    }

    fn passphrase_file(&self) -> PathBuf {
        self.write("passphrase.txt", format!("{PASSPHRASE}\n").as_bytes())
    }

    fn run(&self, arguments: &[&str], screen: &mut dyn Screen) -> Outcome {
        self.run_at(arguments, screen, &|| Moment::from_unix(CREATED + 60))
    }

    fn run_at(&self, arguments: &[&str], screen: &mut dyn Screen, clock: Clock<'_>) -> Outcome {
        let home = self.at("home");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams =
            Streams { screen, stdout: &mut out, stderr: &mut err, machine: &machine::Recorded::fit() };
        let all = [&["airlock-offline", "--home", text(&home)], arguments].concat();
        let exit = run(all, &mut streams, clock);
        Outcome { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    fn unwatched(&self, arguments: &[&str]) -> Outcome {
        self.run(arguments, &mut Absent)
    }

    fn watched(&self, arguments: &[&str], answers: &[&str]) -> (Outcome, Recorded) {
        let mut person = Recorded::answering(answers);
        let outcome = self.run(arguments, &mut person);
        (outcome, person)
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn bundle(&self, name: &str, amount: &str) -> PathBuf {
        self.write(name, &payment(amount).encode())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A payment of XRP from the account of the words.
fn payment(amount: &str) -> Bundle {
    payment_in_turn(amount, 12)
}

fn payment_in_turn(amount: &str, sequence: u32) -> Bundle {
    let drops = format!("{amount}000000");
    let tx_json = json!({
        "TransactionType": "Payment",
        "Account": OURS,
        "Destination": THEIRS,
        "DestinationTag": 7,
        "Amount": drops,
        "Fee": "5000",
        "Flags": 0,
        "Sequence": sequence,
        "LastLedgerSequence": 9_001_000,
    });
    let Value::Object(tx_json) = tx_json else { unreachable!() };
    let intent = Intent::SendXrp { to: THEIRS.to_owned(), tag: Some(7), amount: amount.to_owned() };
    let topics = [
        Topic::XrpLedger { index: 9_000_000, close_time: Moment::from_unix(CREATED) },
        Topic::XrpAccount {
            address: OURS.to_owned(),
            sequence,
            balance: "90000000000".to_owned(),
            reserve: "1000000".to_owned(),
        },
        Topic::XrpDestination { address: THEIRS.to_owned(), exists: true, requires_tag: false },
    ];
    Bundle::seal(Contents {
        networks: Networks { bitcoin: None, xrpl: Some(1) },
        created: Moment::from_unix(CREATED),
        expires: Moment::from_unix(CREATED + 4 * 3600),
        requests: vec![Request {
            from: "xrp".parse().unwrap(),
            reference: None,
            intent,
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
        journal_head: None,
    })
    .unwrap()
}

/// A PSBT as other software makes it: one coin of the account, one payment, change with its derivation.
fn foreign_psbt(account: &BitcoinAccount) -> Psbt {
    let coin = |value: u64, script_pubkey: ScriptBuf| TxOut { value: Amount::from_sat(value), script_pubkey };
    let transaction = |outpoint: OutPoint, output: Vec<TxOut>| Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: outpoint,
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            ..TxIn::default()
        }],
        output,
    };
    let previous = transaction(
        OutPoint::new("11".repeat(32).parse().unwrap(), 0),
        vec![coin(1_000_000, account.script_pubkey(0, 0).unwrap())],
    );
    let payee = "bcrt1q677973lw0w796gttpy52f296jqaaksz0kadvlr"
        .parse::<bitcoin::Address<_>>()
        .unwrap()
        .require_network(bitcoin::Network::Regtest)
        .unwrap();
    let outputs =
        vec![coin(300_000, payee.script_pubkey()), coin(699_000, account.script_pubkey(1, 0).unwrap())];
    let spending = transaction(OutPoint::new(previous.compute_txid(), 0), outputs);
    let mut psbt = Psbt::from_unsigned_tx(spending).unwrap();
    let origin = |branch, index| {
        let key = account.public_key(branch, index).unwrap().inner;
        (key, (account.origin().0, account.full_path(branch, index).unwrap()))
    };
    psbt.inputs[0].witness_utxo = Some(previous.output[0].clone());
    psbt.inputs[0].non_witness_utxo = Some(previous);
    psbt.inputs[0].bip32_derivation.extend([origin(0, 0)]);
    psbt.outputs[1].bip32_derivation.extend([origin(1, 0)]);
    psbt
}

#[test]
fn import_makes_a_vault_that_only_its_passphrase_opens() {
    let machine = Machine::new();
    let (outcome, person) = machine.watched(&["import"], &[WORDS, PASSPHRASE, PASSPHRASE]);
    let out = outcome.done().out;
    assert!(out.contains("73c5da0a") && out.contains("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"), "{out}");
    assert!(out.contains(OURS) && !out.contains("abandon"), "{out}");
    assert_eq!(person.unused_answers(), 0);
    let mode = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(&machine.at("home")), 0o700);
    assert_eq!(mode(&machine.at("home/vault.airlock")), 0o600);
    assert_eq!(mode(&machine.at("home/accounts.json")), 0o600);
    let out = machine.at("").into_os_string().into_string().unwrap();
    let export = ["accounts", "export", "--out", &out];
    let (outcome, _) = machine.watched(&export, &["another passphrase"]);
    outcome.fails(3, "E-VAULT-002");
    machine.watched(&export, &[PASSPHRASE]).0.done();
    let watch = Watch::decode(&fs::read(machine.at("watch.json")).unwrap()).unwrap();
    assert_eq!(watch.accounts.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["btc", "xrp"]);
}

#[test]
fn a_seed_of_two_accounts_is_never_guessed() {
    let machine = Machine::new();
    let seed = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb";
    let arguments = ["import", "--test-only", "--network-id", "1"];
    let (outcome, person) = machine.watched(&arguments, &[seed, "secp256k1", "p", "p"]);
    assert!(outcome.done().out.contains(THEIRS));
    assert!(person.seen.iter().any(|line| line.contains("ed25519") && line.contains("r")));
    let passphrase = machine.write("p.txt", b"p");
    let file = machine.write("seed.txt", seed.as_bytes());
    let scripted = [
        "import",
        "--name",
        "two",
        "--network-id",
        "1",
        "--secret-file",
        text(&file),
        "--passphrase-file",
        text(&passphrase),
    ];
    machine.unwatched(&scripted).fails(3, "E-TERM-001");
    let named = [&scripted[..], &["--algorithm", "ed25519", "--account", "ed=xrp"]].concat();
    machine.unwatched(&named).done();
    let list = machine.unwatched(&["accounts", "list", "--json"]).done().json();
    assert_eq!(list["accounts"][0]["algorithm"], "ed25519");
    assert_eq!(list["accounts"][1]["first_address"], THEIRS);
}

#[test]
fn secrets_that_are_none_make_no_vault_and_are_not_repeated() {
    let machine = Machine::new();
    for bad in ["abandon abandon about", "zebra wrongword", "sEdNothing", ""] {
        let (outcome, _) = machine.watched(&["import"], &[bad, PASSPHRASE, PASSPHRASE]);
        assert_eq!(outcome.exit, 2, "{bad}");
        assert!(!outcome.err.contains("wrongword") && !outcome.err.contains("sEdNothing"), "{}", outcome.err);
    }
    assert!(!machine.at("home").exists());
}

#[test]
fn a_vault_for_tests_refuses_mainnet() {
    let machine = Machine::with_vault();
    let passphrase = machine.passphrase_file();
    let add = |rest: &[&str]| {
        let all = [&["accounts", "add", "more"], rest, &["--passphrase-file", text(&passphrase)]].concat();
        machine.unwatched(&all)
    };
    add(&["tr"]).fails(1, "E-VAULT-005");
    add(&["xrp", "--number", "1"]).fails(1, "E-VAULT-005");
    add(&["tr", "--network", "signet", "--holds", "bitcoin-only", "--role", "hot"]).done();
    let list = machine.unwatched(&["accounts", "list", "--json"]).done().json();
    assert_eq!(list["accounts"][1]["holds"], "bitcoin-only");
    assert_eq!(list["accounts"][1]["role"], "hot");
}

#[test]
fn a_payment_is_reviewed_approved_and_signed() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let review = machine.unwatched(&["review", text(&bundle)]).done();
    assert!(
        review.out.contains("80,000 XRP") && review.out.contains(THEIRS.get(..4).unwrap()),
        "{}",
        review.out
    );
    let (outcome, person) = machine.watched(&["sign", text(&bundle)], &["80000", PASSPHRASE]);
    let out = outcome.done().out;
    assert!(out.contains("A.signed.json"), "{out}");
    assert!(person.seen.iter().any(|line| line.contains("80,000 XRP")));
    let signed = Signed::decode(&fs::read(machine.at("A.signed.json")).unwrap()).unwrap();
    assert_eq!(signed.contents().bundle, payment("80000").id().to_string());
    let SignedStep::Xrpl { tx_blob, .. } = &signed.contents().steps[0] else { panic!("an XRP step") };
    let blob: Vec<u8> = bitcoin::hex::FromHex::from_hex(tx_blob).unwrap();
    assert!(airlock::xrp::Transaction::from_blob(&blob).unwrap().is_signed());
    // Again, scripted this time: the same bytes, and the file that is there is no obstacle.
    let passphrase = machine.passphrase_file();
    let scripted =
        ["--json", "sign", text(&bundle), "--approve", "80000", "--passphrase-file", text(&passphrase)];
    let answer = machine.unwatched(&scripted).done().json();
    assert_eq!(answer["signed"][0]["signed"], signed.id().to_string());
}

#[test]
fn without_the_right_approval_or_passphrase_nothing_is_written() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let before = machine.files();
    for wrong in ["y", "yes", "8000", "80,000"] {
        let (outcome, person) = machine.watched(&["sign", text(&bundle)], &[wrong, PASSPHRASE]);
        let err = outcome.err.clone();
        assert_eq!(outcome.exit, 3, "{err}");
        assert!(err.contains("Nothing was signed. Nothing was written."), "{err}");
        assert_eq!(person.unused_answers(), 1, "the passphrase is not asked for after a wrong approval");
    }
    machine.watched(&["sign", text(&bundle)], &["80000", "wrong"]).0.fails(3, "E-VAULT-002");
    machine.unwatched(&["sign", text(&bundle)]).fails(3, "E-TERM-001");
    machine.unwatched(&["sign", text(&bundle), "--approve", "80000"]).fails(3, "E-TERM-001");
    machine
        .unwatched(&["sign", text(&bundle), "--approve", "80000", "--approve", "1"])
        .fails(3, "E-OFARG-003");
    assert_eq!(machine.files(), before);
}

#[test]
fn a_bundle_that_expires_while_the_person_waits_is_not_signed() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let before = machine.files();
    for (later, exit, code) in [(CREATED + 4 * 3600 + 1, 1, "E-REV-"), (CREATED - 86_400, 4, "E-JRNL-006")] {
        let readings = std::cell::Cell::new(0);
        let clock = || {
            readings.set(readings.get() + 1);
            Moment::from_unix(if readings.get() == 1 { CREATED + 60 } else { later })
        };
        let mut person = Recorded::answering(&["80000", PASSPHRASE]);
        let outcome = machine.run_at(&["sign", text(&bundle)], &mut person, &clock);
        assert!(outcome.fails(exit, code).err.contains("Nothing was signed."));
        assert_eq!(person.unused_answers(), 0);
    }
    assert_eq!(machine.files(), before);
}

#[test]
fn an_empty_answer_is_asked_again_and_a_signed_bundle_is_told() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let title = payment("80000").id().short();
    let sign = ["sign", text(&bundle)];
    let (outcome, person) = machine.watched(&sign, &["", " ", "80000", PASSPHRASE]);
    let first = outcome.done().out;
    assert!(first.contains(&title) && first.contains("wrote "), "{first}");
    assert_eq!(person.unused_answers(), 0);
    let signed = Signed::decode(&fs::read(machine.at("A.signed.json")).unwrap()).unwrap();
    assert!(!first.contains(&signed.id().short()), "one id is enough to compare: {first}");
    let again = machine.watched(&sign, &["80000", PASSPHRASE]).0.done().out;
    assert!(again.contains("already signed") && !again.contains("wrote "), "{again}");
}

#[test]
fn what_cannot_work_is_said_before_anything_is_asked() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let absent = machine.at("absent");
    for arguments in [
        &["sign", text(&bundle), "--out", text(&absent)][..],
        &["accounts", "export", "--out", text(&absent)],
    ] {
        let (outcome, person) = machine.watched(arguments, &["80000", PASSPHRASE]);
        let err = outcome.fails(4, "E-OFFILE-005").err;
        assert!(err.contains("absent does not exist") && !err.contains("unfinished"), "{err}");
        assert_eq!(person.unused_answers(), 2);
    }
    machine.watched(&["sign", text(&bundle)], &["80000", PASSPHRASE]).0.done();
    for (name, bytes, exit, says) in [
        ("notes.txt", b"abandon ability".to_vec(), 2, "neither a bundle nor a PSBT."),
        ("own.txt", OURS.into(), 2, "neither a bundle nor a PSBT, but: "),
        ("some.json", fs::read(machine.at("A.signed.json")).unwrap(), 2, "but: signed file, 1 transaction"),
        ("cut.bundle.json", payment("5").encode()[..300].to_vec(), 2, "cut off after 300 bytes"),
    ] {
        let outcome = machine.unwatched(&["review", text(&machine.write(name, &bytes))]);
        assert_eq!(outcome.exit, exit);
        assert!(outcome.err.contains(says) && !outcome.err.contains("abandon"), "{}", outcome.err);
    }
    machine.write("cut.signed.json", b"{}");
    let here = machine.folder.path().to_str().unwrap().to_owned();
    let err = machine.unwatched(&["sign", "--media", &here]).fails(3, "E-OFMED-001").err;
    assert!(err.contains("no unsigned bundle in") && err.contains("2 bundles are signed already"), "{err}");
    let shown = machine.unwatched(&["inspect", text(&bundle)]).done().out;
    assert!(shown.contains(&payment("80000").id().words().join(" ")), "{shown}");
}

#[test]
fn a_wrong_command_line_is_one_coded_line_and_what_to_do() {
    let machine = Machine::new();
    for (arguments, says) in [
        (&["completions", "tcsh"][..], "tcsh"),
        (&["frobnicate"], "frobnicate"),
        (&["import", "--name", "Not A Name"], "--name"),
        (&["sign", "--network", "moon"], "moon"),
    ] {
        let err = machine.unwatched(arguments).fails(2, "E-OFARG-001").err;
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines.len(), 2, "{err}");
        assert!(lines[0].contains(says) && lines[1].starts_with("Nothing was done. "), "{err}");
        assert_eq!(err.matches("E-").count(), 1, "{err}");
    }
}

#[test]
fn a_refused_bundle_never_comes_to_the_passphrase() {
    let machine = Machine::with_vault();
    let good = machine.bundle("A.bundle.json", "80000");
    let mut bytes = payment("1").encode();
    let place = bytes.windows(7).position(|window| window == b"1000000").unwrap();
    bytes[place] = b'2';
    let bad = machine.write("B.bundle.json", &bytes);
    let (outcome, person) = machine.watched(&["sign", text(&good), text(&bad)], &["80000", PASSPHRASE]);
    outcome.fails(2, "E-BNDL-");
    assert_eq!(person.unused_answers(), 2, "one damaged file, and no question is asked for the other either");
    assert!(!machine.at("A.signed.json").exists(), "one refusal stops all files");
}

#[test]
fn several_files_need_an_approval_each() {
    let machine = Machine::with_vault();
    let one = machine.bundle("A.bundle.json", "5");
    let two = machine.write("B.bundle.json", &payment_in_turn("6", 13).encode());
    let (outcome, _) = machine.watched(&["sign", text(&one), text(&two)], &["5", "6", PASSPHRASE]);
    outcome.done();
    assert!(machine.at("A.signed.json").exists() && machine.at("B.signed.json").exists());
}

#[test]
fn sign_finds_the_one_new_bundle_on_the_stick() {
    let machine = Machine::with_vault();
    fs::create_dir(machine.at("stick")).unwrap();
    fs::write(machine.at("stick/A.bundle.json"), payment("5").encode()).unwrap();
    let stick = machine.at("stick");
    let sign = ["sign", "--media", text(&stick)];
    machine.watched(&sign, &["5", PASSPHRASE]).0.done();
    assert!(machine.at("stick/A.signed.json").exists());
    machine.watched(&sign, &[]).0.fails(3, "E-OFMED-001");
}

#[test]
fn changed_accounts_sign_nothing() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let path = machine.at("home/accounts.json");
    let accounts = fs::read_to_string(&path).unwrap();
    fs::write(&path, accounts.replace("\"cold\"", "\"warm\"")).unwrap();
    machine.watched(&["sign", text(&bundle)], &["80000", PASSPHRASE]).0.fails(1, "E-REG-002");
    assert!(!machine.at("A.signed.json").exists());
}

#[test]
fn lost_accounts_are_made_again_by_adding_them() {
    let machine = Machine::with_vault();
    let path = machine.at("home/accounts.json");
    let before = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    machine.unwatched(&["accounts", "list"]).fails(3, "E-REG-004");
    for (name, kind) in [("btc", "wpkh"), ("xrp", "xrp")] {
        let add = ["accounts", "add", name, kind, "--network", "regtest", "--network-id", "1"];
        let (outcome, _) = machine.watched(&add, &[PASSPHRASE]);
        let told = outcome.done().out;
        assert_eq!(told.contains("There was no accounts.json"), name == "btc", "{told}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_slip_at_the_passphrase_does_not_cost_the_review() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    let (outcome, person) =
        machine.watched(&["sign", text(&bundle)], &["80000", "a slip", "another", PASSPHRASE]);
    outcome.done();
    assert_eq!(person.seen.iter().filter(|line| line.starts_with("Not taken: ")).count(), 2);
    assert!(machine.at("A.signed.json").exists());
}

#[test]
fn an_existing_signed_file_that_says_something_else_is_kept() {
    let machine = Machine::with_vault();
    let bundle = machine.bundle("A.bundle.json", "80000");
    machine.write("A.signed.json", b"mine");
    let (outcome, _) = machine.watched(&["sign", text(&bundle)], &["80000", PASSPHRASE]);
    assert!(outcome.fails(3, "E-OFFILE-004").err.contains("Nothing was signed."));
    assert_eq!(fs::read(machine.at("A.signed.json")).unwrap(), b"mine");
}

#[test]
fn a_psbt_of_other_software_is_signed_and_goes_back_in_its_version_and_form() {
    let machine = Machine::with_vault();
    let watch = {
        let passphrase = machine.passphrase_file();
        let out = machine.folder.path().to_str().unwrap();
        machine
            .unwatched(&["accounts", "export", "--out", out, "--passphrase-file", text(&passphrase)])
            .done();
        Watch::decode(&fs::read(machine.at("watch.json")).unwrap()).unwrap()
    };
    let account = watch.accounts[0].bitcoin().unwrap();
    assert_eq!(account.network(), BitcoinNetwork::Regtest);
    let psbt = foreign_psbt(account);
    let file = machine.write("some.psbt", psbt.to_string().as_bytes());
    let approval =
        machine.unwatched(&["--json", "review", text(&file)]).done().json()["reviews"][0]["approve"].clone();
    let (outcome, _) = machine.watched(&["sign", text(&file)], &[approval.as_str().unwrap(), PASSPHRASE]);
    outcome.done();
    let signed: Psbt = fs::read_to_string(machine.at("some.signed.psbt")).unwrap().trim().parse().unwrap();
    assert_eq!(signed.unsigned_tx, psbt.unsigned_tx);
    assert_eq!(signed.inputs[0].partial_sigs.len(), 1);
}

#[test]
fn every_error_is_one_json_document_where_json_is_asked_for() {
    let machine = Machine::new();
    for (arguments, exit, code) in [
        (&["--json", "sign", "absent.psbt"][..], 3, "E-VAULT-003"),
        (&["--json", "frobnicate"], 2, "E-OFARG-001"),
        (&["--json", "explain", "E-NO-999"], 2, "E-OFARG-002"),
    ] {
        let outcome = machine.unwatched(arguments);
        assert_eq!(outcome.exit, exit);
        assert_eq!(outcome.json()["error"]["code"], code);
        assert!(outcome.err.starts_with(code), "{}", outcome.err);
    }
    let listed = machine.unwatched(&["explain", "E-VAULT-002"]).done().out;
    assert!(listed.contains("Exit code 3"), "{listed}");
    assert!(machine.unwatched(&["completions", "bash"]).done().out.contains("airlock-offline"));
    assert!(machine.unwatched(&["man", "sign"]).done().out.contains("\\-\\-approve"));
    assert!(machine.unwatched(&["--help"]).done().out.contains("The way of a payment"));
}
