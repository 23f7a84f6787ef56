//! What other wallets left behind comes into the vault, shows the addresses that people know, and can be spent.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::account::{Account, BitcoinAccount};
use airlock::bundle::{Signed, SignedStep};
use airlock::snapshot::Coin;
use airlock::watch::Watch;
use airlock_offline::screen::{Absent, Recorded, Screen};
use airlock_offline::{Streams, machine, run};
use airlock_online::plan::{Options, plan};
use airlock_tests::consensus::execute;
use airlock_tests::treasury::{requests, snapshot};
use airlock_tests::vectors;
use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The private key 1 in the four forms in which wallets write it.
const ONE: [&str; 2] = [
    "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
    "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
];
const ONE_TEST: [&str; 2] = [
    "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA",
    "91avARGdfge8E4tZfYLoxeJ5sGBdNJQH4kvjJoQFacbgwmaKkrx",
];
const BIP39: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PAYEE: &str = "bcrt1qnz6s5gnh0hvgvc54ua8us993s4g66wvfvsyxks";

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("p.txt"), "a passphrase of a test").unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str], screen: &mut dyn Screen) -> (u8, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let machine = machine::Recorded::fit();
        let mut streams = Streams { screen, stdout: &mut out, stderr: &mut err, machine: &machine };
        let home = self.at("home");
        let all = [&["airlock-offline", "--home", text(&home)], arguments].concat();
        let exit = run(all, &mut streams, &|| snapshot().taken_at.plus(60));
        (exit, String::from_utf8([out, err].concat()).unwrap())
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let (exit, told) = self.run(arguments, &mut Absent);
        assert_eq!(exit, 0, "{told}");
        told
    }

    /// Imports without a person; `more` says what the text would leave open.
    fn import(&self, secret: &str, more: &[&str]) -> (u8, String) {
        fs::write(self.at("secret.txt"), secret).unwrap();
        let (file, passphrase) = (self.at("secret.txt"), self.at("p.txt"));
        let base = ["import", "--secret-file", text(&file), "--passphrase-file", text(&passphrase)];
        self.run(&[&base[..], more].concat(), &mut Absent)
    }

    /// Imports with a person who answers; gives what the person saw.
    fn ask(&self, secret: &str, more: &[&str], answers: &[&str]) -> (u8, Vec<String>, String) {
        fs::write(self.at("secret.txt"), secret).unwrap();
        let (file, passphrase) = (self.at("secret.txt"), self.at("p.txt"));
        let base = ["import", "--secret-file", text(&file), "--passphrase-file", text(&passphrase)];
        let mut person = Recorded::answering(answers);
        let (exit, told) = self.run(&[&base[..], more].concat(), &mut person);
        (exit, person.seen, told)
    }

    fn accounts(&self) -> Vec<Account> {
        let passphrase = self.at("p.txt");
        let out = tempfile::tempdir().unwrap();
        self.done(&["accounts", "export", "--out", text(out.path()), "--passphrase-file", text(&passphrase)]);
        Watch::decode(&fs::read(out.path().join("watch.json")).unwrap()).unwrap().accounts
    }

    /// Plans a payment from the only account, signs it and has Bitcoin Core's engine execute it.
    fn spend(&self, amount: &str) -> Transaction {
        let accounts = self.accounts();
        let [account] = accounts.as_slice() else { panic!("one account") };
        let bitcoin = account.bitcoin().unwrap();
        let coin = coin(bitcoin, 100_000);
        let mut facts = snapshot();
        let height = facts.bitcoin.as_ref().unwrap().height;
        facts.bitcoin.as_mut().unwrap().coins = vec![Coin {
            outpoint: OutPoint { txid: coin.compute_txid(), vout: 0 },
            account: account.name.clone(),
            branch: 0,
            index: 0,
            prev_tx: serialize_hex(&coin),
            height: Some(height),
            attached: vec![],
        }];
        let payment = json!([{
            "from": account.name,
            "intent": { "send-bitcoin": { "payees": [{ "to": PAYEE, "amount": amount }] } }
        }]);
        let bundle = plan(&requests(payment), &facts, &accounts, &Options::default()).unwrap().bundle;
        let (file, passphrase) = (self.at("one.bundle.json"), self.at("p.txt"));
        fs::write(&file, bundle.encode()).unwrap();
        self.done(&["sign", text(&file), "--approve", amount, "--passphrase-file", text(&passphrase)]);
        let signed = Signed::decode(&fs::read(self.at("one.signed.json")).unwrap()).unwrap();
        let [SignedStep::Bitcoin { tx, .. }] = signed.contents().steps.as_slice() else { panic!("one step") };
        let transaction: Transaction = deserialize_hex(tx).unwrap();
        execute(&transaction, &coin.output).unwrap();
        transaction
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A transaction that pays to the first address of an account.
fn coin(account: &BitcoinAccount, sat: u64) -> Transaction {
    let script_pubkey = account.script_pubkey(0, 0).unwrap();
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([3; 32]), vout: 0 },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(sat), script_pubkey }],
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

const REGTEST: [&str; 3] = ["--test-only", "--network", "regtest"];

#[test]
fn funds_on_historical_addresses_can_move_compressed_or_not() {
    let words = vectors("counterwallet.json")["vectors"][0]["words"].as_str().unwrap().to_owned();
    let old = vectors("counterwallet.json")["vectors"][1]["words"].as_str().unwrap().to_owned();
    for (secret, kind, key_bytes) in [
        (ONE_TEST[0], "pkh", 33),
        (ONE_TEST[1], "pkh-uncompressed", 65),
        (&words, "pkh", 33),
        (&words, "pkh-uncompressed", 65),
        (&old, "pkh", 33),
        (&old, "pkh-uncompressed", 65),
        (BIP39, "pkh-uncompressed", 65),
    ] {
        let desk = Desk::new();
        let account = format!("old={kind}");
        let (exit, told) = desk.import(secret, &[&REGTEST[..], &["--account", &account]].concat());
        assert_eq!(exit, 0, "{told}");
        let transaction = desk.spend("0.0004");
        assert!(transaction.output.len() == 2, "change comes back");
        let script = &transaction.input[0].script_sig;
        assert_eq!(script.as_bytes()[1 + usize::from(script.as_bytes()[0])], key_bytes, "{kind}");
    }
}

#[test]
fn single_keys_of_every_kind_can_move() {
    for kind in ["wpkh", "sh-wpkh", "tr"] {
        let desk = Desk::new();
        let account = format!("old={kind}");
        let more = [&REGTEST[..], &["--account", &account, "--holds", "bitcoin-only"]].concat();
        let (exit, told) = desk.import(ONE_TEST[0], &more);
        assert_eq!(exit, 0, "{told}");
        desk.spend("0.0004");
        // A single key pays its change back to its own address.
        let account = desk.accounts().remove(0);
        assert!(account.bitcoin().unwrap().script_pubkey(0, 1).is_none());
    }
}

#[test]
fn counterwallet_words_show_the_addresses_that_counterwallet_showed() {
    let vectors = vectors("counterwallet.json");
    for vector in vectors["vectors"].as_array().unwrap() {
        let words = vector["words"].as_str().unwrap();
        for (network, more) in
            [("mainnet", vec![]), ("testnet", vec!["--network", "testnet3", "--test-only"])]
        {
            let desk = Desk::new();
            let (exit, seen, told) = desk.ask(words, &more, &["pkh"]);
            assert_eq!(exit, 0, "{told}");
            for address in strings(&vector[network]["compressed"])
                .into_iter()
                .chain(strings(&vector[network]["uncompressed"]))
            {
                let shown = seen.iter().filter(|line| line.ends_with(&format!(" {address}"))).count();
                assert_eq!(shown, 1, "{address} of {words}: {seen:?}");
            }
            assert!(told.contains(vector[network]["compressed"][0].as_str().unwrap()));
        }
    }
}

#[test]
fn a_key_that_can_have_several_addresses_is_never_guessed() {
    // Key 1: its addresses are in every block explorer.
    let all = [
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
        "bc1pmfr3p9j00pfxjh0zmgp99y8zftmd3s5pmedqhyptwy6lm87hf5sspknck9",
    ];
    for secret in ONE {
        let desk = Desk::new();
        let (exit, seen, told) = desk.ask(secret, &[], &["pkh-uncompressed"]);
        assert_eq!(exit, 0, "{told}");
        for address in all {
            assert!(seen.iter().any(|line| line.ends_with(&format!(" {address}"))), "{address}: {seen:?}");
        }
        assert!(told.contains("1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm") && told.contains("pkh-uncompressed"));
        // Without a person and without a word on the command line nothing is made.
        let desk = Desk::new();
        let (exit, told) = desk.import(secret, &[]);
        assert!(exit == 3 && told.contains("--account"), "{told}");
        assert!(!desk.at("home/vault.airlock").exists());
        let (exit, _, told) = desk.ask(secret, &[], &["segwit"]);
        assert!(exit == 2 && told.contains("none of pkh"), "{told}");
    }
}

#[test]
fn every_form_of_an_xrpl_seed_makes_the_account_that_its_owner_knows() {
    // The same 16 bytes in all forms; xrpl.js and Xaman give these addresses.
    let (secp, ed) = ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rDCnZ3LvKaGzAvHxZQvZYTrrK4pFwL3sqn");
    let mut addresses = Vec::new();
    for secret in ["snoPBrXtMeMyMHUVTgbuqAfg1SUTb", "DEDCE9CE67B451D852FD4E846FCDE31C"] {
        let desk = Desk::new();
        let (exit, seen, told) = desk.ask(secret, &["--network-id", "1", "--test-only"], &["secp256k1"]);
        assert_eq!(exit, 0, "{told}");
        assert!(told.contains(secp), "{told}");
        let lines: Vec<String> =
            seen.iter().filter(|line| line.trim_start().starts_with("ed25519")).cloned().collect();
        assert_eq!(lines.len(), 1);
        addresses.extend(lines);
    }
    assert_eq!(addresses[0], addresses[1]);
    assert!(!addresses[0].contains(secp), "{ed}");
    let desk = Desk::new();
    let key = "DEDCE9CE67B451D852FD4E846FCDE31C".repeat(2);
    let (exit, told) = desk.import(&key, &["--network-id", "1", "--test-only"]);
    assert!(exit == 2 && told.contains("E-KEY-010") && !told.contains("DEDCE9"), "{told}");
}

#[test]
fn extended_keys_and_descriptors_make_the_accounts_of_the_wallet_that_wrote_them() {
    // BIP-84: the account key of "abandon" x 11, "about", and its first address.
    let zprv = "zprvAdG4iTXWBoARxkkzNpNh8r6Qag3irQB8PzEMkAFeTRXxHpbF9z4QgEvBRmfvqWvGp42t42nvgGpNgYSJA9iefm1yYNZKEm7z6qUWCroSQnE";
    let master = "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu";
    let first = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu";
    for secret in [
        zprv.to_owned(),
        format!("wpkh({master}/84'/0'/0'/0/*)"),
        format!("wpkh([73c5da0a]{master}/84h/0h/0h/<0;1>/*)"),
    ] {
        let desk = Desk::new();
        let (exit, told) = desk.import(&secret, &[]);
        assert!(exit == 0 && told.contains(first), "{told}");
    }
    let desk = Desk::new();
    let (exit, seen, told) = desk.ask(master, &[], &["wpkh"]);
    assert!(exit == 0 && told.contains(first), "{told}");
    // BIP-86, BIP-49 and BIP-44 of the same words.
    for address in [
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf",
        "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA",
    ] {
        assert!(seen.iter().any(|line| line.ends_with(address)), "{address}: {seen:?}");
    }
    let desk = Desk::new();
    let (exit, told) = desk.import(&format!("wpkh({master}/84'/0'/0'/0/*)"), &["--account", "a=tr"]);
    assert!(exit == 2 && told.contains("another kind"), "{told}");
    let (exit, told) = desk.import(master, &["--account", "a=wpkh", "--network", "regtest", "--test-only"]);
    assert!(exit == 3 && told.contains("main network"), "{told}");
}

#[test]
fn words_of_two_lists_are_never_guessed() {
    let words = words_of_two_lists();
    let desk = Desk::new();
    let (exit, told) = desk.import(&words, &REGTEST);
    assert!(exit == 3 && told.contains("--as"), "{told}");
    let (exit, seen, told) = desk.ask(&words, &REGTEST, &["pkh"]);
    assert_eq!(exit, 0, "{told}");
    for title in ["BIP-39 mnemonic", "Counterwallet passphrase"] {
        assert!(seen.iter().any(|line| line.contains(title)), "{seen:?}");
    }
    assert!(told.contains("pkh on regtest"));
    let desk = Desk::new();
    let (exit, told) =
        desk.import(&words, &[&REGTEST[..], &["--as", "bip39", "--account", "a=wpkh"]].concat());
    assert!(exit == 0 && told.contains("wpkh on regtest"), "{told}");
}

/// Twelve words that are a BIP-39 mnemonic and stand in Electrum's first list.
fn words_of_two_lists() -> String {
    let read = |name: &str| {
        let path = airlock_tests::workspace_root().join("vectors/wordlists").join(name);
        fs::read_to_string(path).unwrap()
    };
    let (bip39, electrum) = (read("bip39_english.txt"), read("electrum_v1.txt"));
    let both: Vec<&str> = bip39.lines().filter(|word| electrum.lines().any(|other| other == *word)).collect();
    // The last word is tried until its check is right: one in sixteen is.
    let first = both[..11].join(" ");
    both.iter()
        .map(|last| format!("{first} {last}"))
        .find(|words| {
            bip39::Mnemonic::parse_in(bip39::Language::English, words.as_str()).is_ok()
                && airlock_offline::keys::Counterwallet::parse(words).is_ok()
        })
        .unwrap()
}

#[test]
fn a_backup_is_the_same_or_says_which_accounts_are_missing() {
    let desk = Desk::new();
    let (exit, told) = desk.import(BIP39, &[&REGTEST[..], &["--network-id", "1"]].concat());
    assert_eq!(exit, 0, "{told}");
    fs::copy(desk.at("home/vault.airlock"), desk.at("copy")).unwrap();
    fs::write(desk.at("words.txt"), BIP39).unwrap();
    let (copy, words, passphrase) = (desk.at("copy"), desk.at("words.txt"), desk.at("p.txt"));
    let open = ["--passphrase-file", text(&passphrase)];
    let verify_file = [&["backup", "verify", text(&copy)], &open[..]].concat();
    let verify_words = [&["backup", "verify", "--words", "--secret-file", text(&words)], &open[..]].concat();
    let restore = [&["drill", "restore", "--secret-file", text(&words)], &open[..]].concat();
    assert!(desk.done(&verify_file).contains("makes all 2 accounts"));
    assert!(desk.done(&verify_words).contains("makes all 2 accounts"));

    // A secret without accounts is missed all the same, until there is a new copy.
    let (exit, told) = desk.import("sEdTM1uX8pu2do5XvTnutH6HsouMaM2", &["--name", "none", "--no-accounts"]);
    assert_eq!(exit, 0, "{told}");
    let (exit, told) = desk.run(&verify_file, &mut Absent);
    assert!(exit == 1 && told.contains("E-BACKUP-001") && told.contains("1 of 2 secrets"), "{told}");
    fs::copy(desk.at("home/vault.airlock"), desk.at("copy")).unwrap();
    assert!(desk.done(&verify_file).contains("makes all 2 accounts"));

    // A second secret: the old copy has not its account, the words have nothing to do with it.
    let (exit, told) = desk
        .import(ONE_TEST[1], &["--name", "two", "--network", "regtest", "--account", "old=pkh-uncompressed"]);
    assert_eq!(exit, 0, "{told}");
    let (exit, told) = desk.run(&verify_file, &mut Absent);
    assert!(exit == 1 && told.contains("E-BACKUP-001") && told.contains("MISSING  old"), "{told}");
    assert!(told.contains("same     btc"), "{told}");
    for arguments in [&verify_words, &restore] {
        let told = desk.done(arguments);
        assert!(told.contains("makes all 2 accounts"), "{told}");
        assert!(told.contains("Of other secrets, which need papers of their own: old"), "{told}");
    }

    // Other words, and words whose passphrase was forgotten.
    fs::write(
        desk.at("words.txt"),
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
    )
    .unwrap();
    for arguments in [&verify_words, &restore] {
        let (exit, told) = desk.run(arguments, &mut Absent);
        assert!(exit == 1 && told.contains("--bip39-passphrase"), "{told}");
    }
    let before = fs::read(desk.at("home/vault.airlock")).unwrap();
    assert!(desk.done(&[&["drill", "sign"], &open[..]].concat()).contains("key not compressed"));
    assert_eq!(fs::read(desk.at("home/vault.airlock")).unwrap(), before);
}

#[test]
fn a_new_passphrase_opens_what_the_old_one_opened() {
    let desk = Desk::new();
    let (exit, told) = desk.import(BIP39, &[&REGTEST[..], &["--network-id", "1"]].concat());
    assert_eq!(exit, 0, "{told}");
    fs::write(desk.at("new.txt"), "another passphrase").unwrap();
    let (old, new) = (desk.at("p.txt"), desk.at("new.txt"));
    let sealed = fs::read(desk.at("home/vault.airlock")).unwrap();
    let change = ["passphrase", "--passphrase-file", text(&old), "--new-passphrase-file", text(&new)];
    let same = ["passphrase", "--passphrase-file", text(&old), "--new-passphrase-file", text(&old)];
    assert_eq!(desk.run(&same, &mut Absent).0, 3);
    assert_eq!(fs::read(desk.at("home/vault.airlock")).unwrap(), sealed);
    desk.done(&change);
    let (exit, told) = desk.run(&change, &mut Absent);
    assert!(exit == 3 && told.contains("E-VAULT-002"), "{told}");
    // Accounts and journal carry seals of the same vault; salt and nonce are new.
    let now = fs::read(desk.at("home/vault.airlock")).unwrap();
    assert!(now[28..44] != sealed[28..44] && now[44..68] != sealed[44..68]);
    desk.done(&["drill", "sign", "--passphrase-file", text(&new)]);
}
