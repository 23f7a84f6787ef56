//! Secrets that are kept on purpose, one in a run.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use airlock::network::BitcoinNetwork;
use airlock_offline::derive::Source;
use airlock_offline::home::Home;
use airlock_offline::hygiene::scrubbed;
use airlock_offline::keys::ExtendedKey;
use airlock_offline::keys::curve::SECP;
use airlock_offline::passphrase;
use airlock_offline::unlocked::Locked;
use airlock_offline::vault::Kept;

/// Keeps the bytes of a file, which stand for a secret that the library gives to nobody.
pub fn bytes(file: &Path) {
    scrubbed(|| {
        let mut bytes = Vec::with_capacity(4096);
        File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)).expect("a readable file");
        std::mem::forget(bytes);
    });
}

/// Opens the vault, keeps what is named and nothing else.
///
/// `what` is `passphrase`, `vault`, or `NAME.PART`: a secret of the vault and `text`, `seed`, `master`, `key`, or a
/// path such as `m/84'/1'/0'`.
pub fn secret(what: &str, home: &Path, passphrase_file: &Path) {
    scrubbed(|| {
        let home = Home::find(Some(home)).expect("a home folder");
        let passphrase = passphrase::read_file(passphrase_file).expect("a passphrase");
        if what == "passphrase" {
            return std::mem::forget(passphrase);
        }
        let unlocked = Locked::read(&home).and_then(|locked| locked.unlock(&passphrase)).expect("a vault");
        if what == "vault" {
            return std::mem::forget(unlocked);
        }
        let (name, part) = what.split_once('.').expect("a secret and a part of it");
        let kept = &unlocked.vault.secret(name).expect("a secret of this name").kept;
        let source = Source::new(kept);
        let master = || -> ExtendedKey { source.master(BitcoinNetwork::Regtest).expect("a master key") };
        match (kept, part) {
            (Kept::Mnemonic { words, .. }, "text") => std::mem::forget(words.to_text()),
            (Kept::Mnemonic { words, passphrase }, "seed") => std::mem::forget(words.seed(passphrase)),
            (Kept::Mnemonic { .. }, "master") => std::mem::forget(master()),
            (Kept::Mnemonic { .. }, path) => {
                std::mem::forget(master().derive_text(&SECP, path).expect("a path"));
            }
            (Kept::FamilySeed(seed), "text") => std::mem::forget(seed.to_text()),
            (Kept::FamilySeed(seed), "key") => std::mem::forget(seed.key(&SECP).expect("a key")),
            (_, part) => panic!("{} has no {part}", kept.kind()),
        }
    });
}
