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
    let typed = [
        ("Words or family seed", seed.as_str()),
        ("Type secp256k1 or ed25519", "secp256k1"),
        ("Passphrase", PASSPHRASE),
    ];
    let import = wallet.arguments(&[
        &["import", "--name", "k1", "--account", "k1=xrp"],
        &["--network", "regtest", "--network-id", "1"],
    ]);
    then("import of a typed seed", &Run { typed: &typed, ..import });

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
