//! Signing, as the offline half does it after the approval, and the bare curve arithmetic of the same job: for each
//! signature one sign and one verify, for each key of its own one BIP-32 child and one public key, for each previous
//! transaction one double SHA-256; both on two threads. The goal is at most 1.25 times the arithmetic.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock::account::ScriptKind;
use airlock::xrp::Algorithm;
use airlock_offline::sign::sign;
use airlock_tests::load::Load;
use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::key::TapTweak;
use bitcoin::secp256k1::{All, Keypair, Message, Secp256k1, SecretKey};
use divan::Bencher;
use divan::counter::ItemsCount;
use ed25519_dalek::{Signer, SigningKey};

const COUNT: u32 = 1_000;
/// Bytes of the previous transactions that the loads spend.
const PREVIOUS_BYTES: usize = 94;

fn main() {
    divan::main();
}

fn whole(bencher: Bencher<'_, '_>, load: Load) {
    bencher
        .counter(ItemsCount::new(COUNT))
        .with_inputs(|| (load.approved(), load.keyring()))
        .bench_local_values(|(approved, keyring)| sign(approved, &keyring).expect("it can be signed"));
}

/// The same count of pieces of work on two threads.
fn bare(bencher: Bencher<'_, '_>, work: impl Fn(u32) + Sync) {
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
        let next = AtomicU32::new(0);
        let share = || {
            loop {
                match next.fetch_add(1, Ordering::Relaxed) {
                    number if number < COUNT => work(number),
                    _ => break,
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(share);
            share();
        });
    });
}

fn curve() -> Secp256k1<All> {
    let mut secp = Secp256k1::new();
    secp.seeded_randomize(&[3; 32]);
    secp
}

fn digest(number: u32) -> Message {
    Message::from_digest(sha256d::Hash::hash(&number.to_be_bytes()).to_byte_array())
}

/// One BIP-32 child of an account's branch, with its public key.
fn child(secp: &Secp256k1<All>, branch: &Xpriv, number: u32) -> Keypair {
    let step = ChildNumber::from_normal_idx(number).expect("a small number");
    let key = branch.derive_priv(secp, &[step]).expect("a key").private_key;
    black_box(sha256d::Hash::hash(&[0; PREVIOUS_BYTES]));
    Keypair::from_secret_key(secp, &key)
}

fn branch() -> Xpriv {
    Xpriv::new_master(bitcoin::Network::Regtest, &[7; 64]).expect("a master key")
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod xrp_ed25519 {
    use super::*;

    #[divan::bench]
    fn program(bencher: Bencher<'_, '_>) {
        whole(bencher, Load::xrp(Algorithm::Ed25519, COUNT));
    }

    #[divan::bench]
    fn arithmetic(bencher: Bencher<'_, '_>) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key();
        bare(bencher, |number| {
            let data = [[0u8; 120].as_slice(), &number.to_be_bytes()].concat();
            let signature = key.sign(&data);
            public.verify_strict(&data, &signature).expect("it holds");
        });
    }
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod xrp_secp256k1 {
    use super::*;

    #[divan::bench]
    fn program(bencher: Bencher<'_, '_>) {
        whole(bencher, Load::xrp(Algorithm::Secp256k1, COUNT));
    }

    #[divan::bench]
    fn arithmetic(bencher: Bencher<'_, '_>) {
        let secp = curve();
        let key = SecretKey::from_slice(&[7; 32]).expect("a key");
        let public = key.public_key(&secp);
        bare(bencher, |number| {
            let signature = secp.sign_ecdsa(&digest(number), &key);
            secp.verify_ecdsa(&digest(number), &signature, &public).expect("it holds");
        });
    }
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod bitcoin_ecdsa {
    use super::*;

    #[divan::bench]
    fn program(bencher: Bencher<'_, '_>) {
        whole(bencher, Load::bitcoin(ScriptKind::Wpkh, COUNT));
    }

    #[divan::bench]
    fn program_legacy(bencher: Bencher<'_, '_>) {
        whole(bencher, Load::bitcoin(ScriptKind::Pkh, COUNT));
    }

    #[divan::bench]
    fn arithmetic(bencher: Bencher<'_, '_>) {
        let (secp, branch) = (curve(), branch());
        bare(bencher, |number| {
            let key = child(&secp, &branch, number);
            let signature = secp.sign_ecdsa_low_r(&digest(number), &key.secret_key());
            secp.verify_ecdsa(&digest(number), &signature, &key.public_key()).expect("it holds");
        });
    }
}

#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod bitcoin_schnorr {
    use super::*;

    #[divan::bench]
    fn program(bencher: Bencher<'_, '_>) {
        whole(bencher, Load::bitcoin(ScriptKind::Tr, COUNT));
    }

    /// The BIP-86 tweak belongs to the key.
    #[divan::bench]
    fn arithmetic(bencher: Bencher<'_, '_>) {
        let (secp, branch) = (curve(), branch());
        bare(bencher, |number| {
            let key = child(&secp, &branch, number).tap_tweak(&secp, None).to_keypair();
            let signature = secp.sign_schnorr_with_aux_rand(&digest(number), &key, &[0; 32]);
            secp.verify_schnorr(&signature, &digest(number), &key.x_only_public_key().0).expect("it holds");
        });
    }
}
