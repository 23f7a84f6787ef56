#![allow(clippy::arithmetic_side_effects, reason = "a wrong sum here is a failed test")]

use super::*;
use crate::keys::{FamilySeed, Mnemonic};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const SEED: &str = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb";

fn text(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn filled(strength: Strength) -> Vault {
    let mut vault = Vault::create(&text("correct horse"), strength).unwrap();
    let words = Mnemonic::parse(WORDS).unwrap();
    let kept = Kept::Mnemonic { words, passphrase: text("TREZOR") };
    vault.add(NamedSecret { name: "main".parse().unwrap(), kept }).unwrap();
    let kept = Kept::FamilySeed(FamilySeed::parse(SEED).unwrap());
    vault.add(NamedSecret { name: "ripple".parse().unwrap(), kept }).unwrap();
    vault
}

fn refusal(file: &[u8], passphrase: &str) -> &'static Code {
    Vault::open(file, &text(passphrase)).err().unwrap().code()
}

#[test]
fn gives_back_what_was_sealed() {
    for strength in [Strength::Full, Strength::TestOnly] {
        let mut vault = filled(strength);
        let opened = Vault::open(&vault.seal().unwrap(), &text("correct horse")).unwrap();
        assert_eq!(opened.is_test_only(), strength == Strength::TestOnly);
        assert_eq!(opened.mac(Purpose::Accounts, b"x"), vault.mac(Purpose::Accounts, b"x"));
        let [main, ripple] = opened.secrets() else { panic!("two secrets") };
        match (&main.kept, &ripple.kept) {
            (Kept::Mnemonic { words, passphrase }, Kept::FamilySeed(seed)) => {
                assert!(words.to_text().matches(WORDS) && passphrase.matches("TREZOR"));
                assert!(seed.to_text().matches(SEED));
            }
            _ => panic!("other kinds"),
        }
        assert_eq!((main.name.as_str(), ripple.name.as_str()), ("main", "ripple"));
    }
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let file = filled(Strength::TestOnly).seal().unwrap();
    for wrong in ["", "correct horse ", "Correct horse", "correct hors"] {
        assert_eq!(refusal(&file, wrong), &WRONG_PASSPHRASE);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let file = filled(Strength::TestOnly).seal().unwrap();
    for index in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[index] ^= 1 << bit;
            let code = refusal(&changed, "correct horse");
            let expected = if index < 28 { &BAD_VAULT } else { &WRONG_PASSPHRASE };
            assert_eq!(code, expected, "byte {index} bit {bit}");
        }
        assert!(Vault::open(&file[..index], &text("correct horse")).is_err(), "cut at {index}");
    }
}

#[test]
fn settings_that_would_exhaust_the_machine_or_weaken_the_passphrase_are_refused_at_once() {
    let file = filled(Strength::Full).seal().unwrap();
    let started = std::time::Instant::now();
    let word = |value: u32| value.to_be_bytes();
    for (memory, passes, lanes) in [
        (u32::MAX, 3, 1),
        (64 * 1024 + 1, 3, 1),
        (64 * 1024 - 1, 3, 1),
        (64 * 1024, 2, 1),
        (64 * 1024, 257, 1),
        (64 * 1024, u32::MAX, 1),
        (64 * 1024, 3, 0),
        (64 * 1024, 3, 2),
        (256, 2, 1),
        (257, 1, 1),
        (8, 1, 1),
        (0, 0, 0),
    ] {
        let mut changed = file.clone();
        changed[16..28].copy_from_slice(&[word(memory), word(passes), word(lanes)].concat());
        assert_eq!(refusal(&changed, "correct horse"), &BAD_VAULT, "{memory} {passes} {lanes}");
    }
    assert!(started.elapsed().as_millis() < 500, "the derivation ran");
}

#[test]
fn no_two_sealed_files_are_alike() {
    let mut vault = filled(Strength::TestOnly);
    let (one, two) = (vault.seal().unwrap(), vault.seal().unwrap());
    assert_eq!(one[..44], two[..44]);
    assert_ne!(one[44..68], two[44..68]);
    assert_ne!(one[68..], two[68..]);
}

#[test]
fn the_file_is_what_the_recipe_says() {
    // Argon2id and XChaCha20-Poly1305 by their own names, as the recipe of the module describes them.
    let file = filled(Strength::TestOnly).seal().unwrap();
    let mut key = [0; 32];
    argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(256, 1, 1, Some(32)).unwrap(),
    )
    .hash_password_into_with_memory(
        b"correct horse",
        &file[28..44],
        &mut key,
        &mut [argon2::Block::new(); 256],
    )
    .unwrap();
    let mut plain = file[68..].to_vec();
    XChaCha20Poly1305::new(&key.into())
        .decrypt_in_place(XNonce::from_slice(&file[44..68]), &file[..68], &mut plain)
        .unwrap();
    let mut expected = vec![2, 1, 4];
    expected.extend_from_slice(b"main");
    expected.extend_from_slice(&[0, u8::try_from(WORDS.len()).unwrap()]);
    expected.extend_from_slice(WORDS.as_bytes());
    expected.extend_from_slice(b"\x00\x06TREZOR\x02\x06ripple\x00\x1d");
    expected.extend_from_slice(SEED.as_bytes());
    expected.extend_from_slice(&[0, 0]);
    assert_eq!(plain[32..], expected);
}

#[test]
fn a_name_is_taken_once() {
    let mut vault = filled(Strength::TestOnly);
    let kept = Kept::FamilySeed(FamilySeed::parse(SEED).unwrap());
    let error = vault.add(NamedSecret { name: "main".parse().unwrap(), kept }).unwrap_err();
    assert_eq!(error.code(), &SECRET_NAME);
}
