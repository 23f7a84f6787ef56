//! What is left of the secrets in the memory of the offline program after it has done its work: nothing.
//!
//! The probe is the same library and the same run as the program; it is fed through the real readers, held still where
//! the program would end, and every readable byte of it is searched.

#[path = "residue/secrets.rs"]
mod secrets;
#[path = "residue/wallet.rs"]
mod wallet;

use airlock_tests::memscan::Scan;
use airlock_tests::probe::{Profile, Run};

use crate::secrets::PASSPHRASE;
use crate::wallet::Wallet;

/// Signs so many payments: below two there is one thread, above there are two.
const MANY: u32 = 20;

/// Runs, and tells what is found behind it.
fn measure(wallet: &Wallet, name: &str, run: &Run<'_>) -> Scan {
    let scan = wallet.held(run).scan(&wallet.scanner());
    println!("{name}: {scan}");
    scan
}

fn nothing_stays(profile: Profile) {
    let wallet = Wallet::new(profile);
    let words = secrets::words();
    let from_stdin = Run { stdin: Some(&words), ..wallet.import_words(&[], "-") };
    let mut scans =
        vec![("import of words on stdin", measure(&wallet, "import of words on stdin", &from_stdin))];
    let mut then = |name, run: &Run<'_>| scans.push((name, measure(&wallet, name, run)));
    then("import of a seed in a file", &wallet.import_ed25519());

    let seed = secrets::secp256k1_seed();
    let typed = [("(not shown)", seed.as_str()), ("Type ", "secp256k1"), ("Passphrase", PASSPHRASE)];
    let import = wallet.arguments(&[
        &["import", "--name", "k1", "--account", "k1=xrp"],
        &["--network", "regtest", "--network-id", "1"],
    ]);
    then("import of a typed seed", &Run { typed: &typed, ..import });

    for other in secrets::others() {
        then("import of a secret of another kind", &wallet.import_other(&other));
    }

    for (payments, number, bundle) in [(1, 1, "one.json"), (MANY, 2, "many.json"), (MANY, 3, "typed.json")] {
        wallet.bundle(bundle, payments, number);
    }
    let approve = wallet.approval("one.json");
    let one = ["sign", "one.json", "--approve", &approve, "--passphrase-file", "passphrase.txt"];
    then("one payment, one thread", &wallet.arguments(&[&one]));

    let approve = wallet.approval("many.json");
    let many = wallet.arguments(&[&["sign", "many.json", "--approve", &approve, "--passphrase-file", "-"]]);
    let line = format!("{PASSPHRASE}\n");
    then("many payments, two threads, passphrase on stdin", &Run { stdin: Some(&line), ..many });

    let approve = wallet.approval("typed.json");
    let typed = [("to approve: ", approve.as_str()), ("Passphrase: ", PASSPHRASE)];
    let many = wallet.arguments(&[&["sign", "typed.json"]]);
    then("many payments, two threads, passphrase typed", &Run { typed: &typed, ..many });

    for (name, scan) in scans {
        assert_eq!(scan.all(), 0, "{profile:?}, {name}: {scan}");
    }
}

#[test]
fn nothing_stays_in_an_unoptimized_build() {
    nothing_stays(Profile::Debug);
}

#[test]
fn nothing_stays_in_the_build_that_is_shipped() {
    nothing_stays(Profile::Release);
}

/// How the probe keeps a secret: as the library itself holds it, where it gives it to anybody at all.
fn kept_by_the_library(needle: &str) -> Option<&'static str> {
    let what = match needle {
        "passphrase" => "passphrase",
        "kdf" | "word-numbers" | "bip39-passphrase" | "ed entropy" | "k1 entropy" => "vault",
        "words" => "main.text",
        "seed" => "main.seed",
        "master key" | "master chain" => "main.master",
        "btc account key" => "main.m/84'/1'/0'",
        "btc branch key" => "main.m/84'/1'/0'/0",
        "btc 0/0 key" => "main.m/84'/1'/0'/0/0",
        "tap account key" => "main.m/86'/1'/0'",
        "tap branch key" => "main.m/86'/1'/0'/0",
        "tap 0/3 key" => "main.m/86'/1'/0'/0/3",
        "xrp key" | "xrp chain" => "main.m/44'/144'/0'/0/0",
        "ed text" => "ed.text",
        "ed seed" => "ed.key",
        "k1 text" => "k1.text",
        "k1 key" => "k1.key",
        _ => return None,
    };
    Some(what)
}

#[test]
fn each_secret_that_is_kept_on_purpose_is_found() {
    let wallet = Wallet::filled(Profile::Debug);
    wallet.bundle("one.json", 1, 1);
    let approve = wallet.approval("one.json");
    let sign = ["sign", "one.json", "--approve", &approve, "--passphrase-file", "passphrase.txt"];
    let needles = secrets::needles(&wallet.vault());
    let scanner = wallet.scanner();
    let clean = wallet.held(&wallet.arguments(&[&sign])).scan(&scanner);
    assert_eq!(clean.all(), 0, "{clean}");
    let mut by_the_library = 0;
    for needle in &needles {
        let mut run = wallet.arguments(&[&sign]);
        run.probe = match kept_by_the_library(&needle.name) {
            Some(what) => {
                by_the_library += 1;
                let file = wallet.path("passphrase.txt");
                vec!["--keep".to_owned(), what.to_owned(), wallet.path("home"), file]
            }
            None => {
                std::fs::write(wallet.at("kept"), needle.value()).unwrap();
                vec!["--keep-bytes".to_owned(), wallet.path("kept")]
            }
        };
        let scan = wallet.held(&run).scan(&scanner);
        assert!(scan.whole_of(&needle.name) > 0, "{} was kept and not found: {scan}", needle.name);
    }
    println!(
        "{} patterns; kept and found: {by_the_library} as the library holds them, {} as bytes",
        scanner.patterns(),
        needles.len() - by_the_library
    );
}
