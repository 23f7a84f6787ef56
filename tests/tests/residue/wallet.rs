//! A wallet with all kinds of secrets, filled and used by runs of the probe.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::account::Account;
use airlock::bundle::{Artefact, Assumption, Bundle, Contents, Networks, Step, Topic};
use airlock::network::BitcoinNetwork;
use airlock::request::Intent;
use airlock::time::Moment;
use airlock_offline::home::Home;
use airlock_offline::unlocked::Locked;
use airlock_tests::forge;
use airlock_tests::memscan::Scanner;
use airlock_tests::probe::{Held, Profile, Run};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::secrets::{self, BIP39_PASSPHRASE, INDEXES, Other, PASSPHRASE};

const NETWORK: [&str; 4] = ["--network", "regtest", "--network-id", "1"];
const LEDGER: u32 = 9_000_000;

/// A home folder, and the probe that works in it.
pub struct Wallet {
    folder: TempDir,
    probe: PathBuf,
}

impl Wallet {
    /// An empty one.
    pub fn new(profile: Profile) -> Self {
        let wallet = Self { folder: tempfile::tempdir().unwrap(), probe: profile.probe() };
        fs::write(wallet.at("passphrase.txt"), format!("{PASSPHRASE}\n")).unwrap();
        fs::write(wallet.at("bip39.txt"), BIP39_PASSPHRASE).unwrap();
        fs::write(wallet.at("words.txt"), secrets::words()).unwrap();
        fs::write(wallet.at("ed.txt"), secrets::ed25519_seed()).unwrap();
        fs::write(wallet.at("k1.txt"), secrets::secp256k1_seed()).unwrap();
        for other in secrets::others() {
            fs::write(wallet.at(other.name), other.text).unwrap();
        }
        wallet
    }

    /// One for tests, which opens fast, with all three secrets.
    pub fn filled(profile: Profile) -> Self {
        let wallet = Self::new(profile);
        wallet.held(&wallet.import_words(&["--test-only"], "words.txt"));
        wallet.held(&wallet.import_ed25519());
        let files =
            ["--algorithm", "secp256k1", "--secret-file", "k1.txt", "--passphrase-file", "passphrase.txt"];
        wallet.held(&wallet.arguments(&[
            &["import", "--name", "k1", "--account", "k1=xrp"],
            &files,
            &NETWORK,
        ]));
        wallet
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn vault(&self) -> PathBuf {
        self.at("home/vault.airlock")
    }

    pub fn scanner(&self) -> Scanner {
        Scanner::new(&secrets::needles(&self.vault()))
    }

    /// Words on stdin, passphrases in files.
    pub fn import_words(&self, more: &[&str], from: &str) -> Run<'static> {
        let accounts = ["--account", "btc=wpkh", "--account", "tap=tr", "--account", "xrp=xrp"];
        let files = ["--secret-file", from, "--bip39-passphrase-file", "bip39.txt"];
        let arguments =
            [&["import"], more, &accounts, &files, &["--passphrase-file", "passphrase.txt"], &NETWORK];
        self.arguments(&arguments)
    }

    /// An ed25519 seed in a file.
    pub fn import_ed25519(&self) -> Run<'static> {
        let files = ["--secret-file", "ed.txt", "--passphrase-file", "passphrase.txt"];
        self.arguments(&[&["import", "--name", "ed", "--account", "ed=xrp"], &files, &NETWORK])
    }

    /// A secret of a rarer kind in a file.
    pub fn import_other(&self, other: &Other) -> Run<'static> {
        let names = ["import", "--name", other.name];
        let files = ["--secret-file", &self.path(other.name), "--passphrase-file", "passphrase.txt"];
        self.arguments(&[&names, other.arguments, &files, &NETWORK])
    }

    /// A run in this wallet's home; the names of its files are completed.
    pub fn arguments<'a>(&self, parts: &[&[&str]]) -> Run<'a> {
        let mut arguments = vec!["--home".to_owned(), self.path("home")];
        for argument in parts.concat() {
            let is_file = argument.contains('.') && self.at(argument).is_file();
            arguments.push(if is_file { self.path(argument) } else { argument.to_owned() });
        }
        Run { arguments, ..Run::default() }
    }

    pub fn path(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    /// Runs to the end and demands success.
    #[track_caller]
    pub fn held(&self, run: &Run<'_>) -> Held {
        let held = Held::run(&self.probe, run);
        assert_eq!(held.exit, 0, "{:?}\n{}", run.arguments, held.output);
        held
    }

    /// What `sign` asks for to approve a bundle.
    pub fn approval(&self, bundle: &str) -> String {
        let held = self.held(&self.arguments(&[&["review", "--json", bundle]]));
        let from = held.output.find('{').expect("one JSON document");
        let to = held.output.rfind('}').expect("one JSON document");
        let review: Value = serde_json::from_str(&held.output[from..=to]).unwrap();
        review["reviews"][0]["approve"].as_str().expect("an approval").to_owned()
    }

    /// Writes a bundle of independent payments, in turn from each account. Bundles of other numbers spend other coins.
    pub fn bundle(&self, name: &str, payments: u32, number: u32) {
        let home = Home::find(Some(&self.at("home"))).unwrap();
        let accounts = Locked::read(&home).unwrap().register().accounts();
        fs::write(self.at(name), bundle(&accounts, payments, number).encode()).unwrap();
    }
}

fn bundle(accounts: &[Account], payments: u32, number: u32) -> Bundle {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 60;
    let created = Moment::from_unix(now);
    let (mut requests, mut steps) = (Vec::new(), Vec::new());
    let mut assumptions: Vec<Assumption> = Vec::new();
    for payment in 0..payments {
        let account = &accounts[usize::try_from(payment).unwrap() % accounts.len()];
        let coin = number * 1000 + payment;
        let (intent, artefact) = if account.bitcoin().is_some() {
            assumptions.push(Topic::BitcoinHeight { height: forge::HEIGHT }.into());
            pay_bitcoin(account, coin)
        } else {
            assumptions.push(Topic::XrpLedger { index: LEDGER, close_time: created }.into());
            pay_xrp(account, coin)
        };
        let request = requests.len();
        requests.push(forge::request(account.name.as_str(), intent));
        steps.push(Step {
            request,
            account: account.reference().to_owned(),
            after: vec![],
            links: vec![],
            one_of: None,
            artefact,
        });
    }
    let has = |rail: fn(&Account) -> bool| accounts.iter().take(steps.len()).any(rail);
    let networks = Networks {
        bitcoin: has(|account| account.bitcoin().is_some()).then_some(BitcoinNetwork::Regtest),
        xrpl: has(|account| account.xrp().is_some()).then_some(1),
    };
    assumptions.dedup();
    let mut seen = Vec::new();
    assumptions.retain(|assumption| {
        let is_new = !seen.contains(assumption);
        seen.push(assumption.clone());
        is_new
    });
    let expires = Moment::from_unix(now + 3 * 3600);
    Bundle::seal(Contents { networks, created, expires, requests, steps, assumptions, journal_head: None })
        .unwrap()
}

fn pay_bitcoin(account: &Account, number: u32) -> (Intent, Artefact) {
    let account = account.bitcoin().unwrap();
    let index = if account.xpub().is_some() { number % INDEXES } else { 0 };
    let previous = forge::coin(account, index, 100_000, number);
    let to = forge::stranger(airlock::account::ScriptKind::Wpkh, account.network());
    let change =
        if account.xpub().is_some() { forge::change(account, 39_000) } else { forge::back(account, 39_000) };
    let outputs = vec![forge::output(to.clone(), 60_000), change];
    let mut psbt = forge::unsigned(&[forge::outpoint(&previous, 0)], outputs);
    forge::prove(&mut psbt, 0, &previous, account, index);
    if account.xpub().is_some() {
        forge::claim(&mut psbt, 1, account, 1, 3);
    }
    let to = forge::address(&to, account.network());
    (forge::pays(&[(to, "0.0006")]), Artefact::Psbt(Box::new(psbt)))
}

fn pay_xrp(account: &Account, sequence: u32) -> (Intent, Artefact) {
    let account = account.xrp().unwrap();
    let to = forge::XRP_PAYEE.to_owned();
    let payment = json!({
        "TransactionType": "Payment", "Account": account.address(), "Destination": to, "DestinationTag": 7,
        "Amount": "1000000", "Fee": "5000", "Flags": 0, "Sequence": sequence + 1,
        "LastLedgerSequence": LEDGER + 1_000,
    });
    let Value::Object(members) = payment else { unreachable!() };
    (Intent::SendXrp { to, tag: Some(7), amount: "1".to_owned() }, Artefact::TxJson(members))
}
