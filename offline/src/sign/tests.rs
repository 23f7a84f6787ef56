#![allow(clippy::arithmetic_side_effects, reason = "a panic here is a failed test")]

use ::bitcoin::absolute::LockTime;
use ::bitcoin::hashes::Hash;
use ::bitcoin::secp256k1::Secp256k1;
use ::bitcoin::transaction::Version;
use ::bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, TxIn, TxOut, Txid, Witness};
use airlock::account::{BitcoinAccount, ScriptKind};
use airlock::bundle::Link;
use airlock::network::BitcoinNetwork;
use airlock::review::{InputJob, Spend};

use super::*;
use crate::keys::ExtendedKey;
use crate::secret::Secret;

fn unlocked() -> (BitcoinAccount, Keyring) {
    let secp = Secp256k1::new();
    let key = ExtendedKey::master(&Secret::take(&mut [5; 64]), ::bitcoin::Network::Regtest).unwrap();
    let account = BitcoinAccount::new(
        ScriptKind::Pkh,
        BitcoinNetwork::Regtest,
        key.fingerprint(&secp),
        &"m/44'/1'/0'".parse().unwrap(),
        key.public(&secp),
    )
    .unwrap();
    let mut keyring = Keyring::new(&Secret::zero());
    keyring.add_bitcoin(&account, key).unwrap();
    (account, keyring)
}

/// A legacy payment from `0/index` back to itself.
fn job(account: &BitcoinAccount, previous_output: OutPoint, index: u32, links: Vec<Link>) -> BitcoinJob {
    let script_pubkey = account.script_pubkey(0, index).unwrap();
    let prevout = TxOut { value: Amount::from_sat(10_000), script_pubkey };
    let output = TxOut { value: Amount::from_sat(9_000), ..prevout.clone() };
    let input = TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let unsigned = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![output],
    };
    let account = account.checksum().to_owned();
    let input = InputJob { prevout, account, branch: 0, index, spend: Spend::Pkh };
    BitcoinJob { psbt: Psbt::from_unsigned_tx(unsigned).unwrap(), inputs: vec![input], links }
}

fn outpoint(vout: u32) -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([8; 32]), vout }
}

fn txid(step: &SignedStep) -> &str {
    match step {
        SignedStep::Bitcoin { txid, .. } => txid,
        SignedStep::Xrpl { .. } => panic!("a Bitcoin step"),
    }
}

#[test]
fn signs_many_steps_on_all_threads_in_the_order_of_the_steps() {
    let (account, keyring) = unlocked();
    let jobs: Vec<Job> =
        (0..40).map(|n| Job::Bitcoin(Box::new(job(&account, outpoint(n), n % 3, vec![])))).collect();
    let steps = sign_jobs(&jobs, |_, _| unreachable!("no templates"), &keyring).unwrap();
    assert_eq!(steps.len(), jobs.len());
    for (vout, step) in (0..).zip(&steps) {
        let SignedStep::Bitcoin { tx, .. } = step else { panic!("a Bitcoin step") };
        let tx: Transaction = ::bitcoin::consensus::encode::deserialize_hex(tx).unwrap();
        assert_eq!(tx.input[0].previous_output, outpoint(vout));
    }
}

#[test]
fn completes_a_template_with_its_signed_parent_before_signing_it() {
    let (account, keyring) = unlocked();
    let parent = job(&account, outpoint(0), 0, vec![]);
    let unsigned = parent.psbt.unsigned_tx.compute_txid();
    let link = Link { input: 0, step: 0, vout: 0 };
    let child = job(&account, OutPoint { txid: unsigned, vout: 0 }, 0, vec![link]);
    let jobs = [Job::Bitcoin(Box::new(parent)), Job::Bitcoin(Box::new(child.clone()))];
    let complete = |step: usize, parents: &[Option<Transaction>]| {
        assert!(step == 1 && parents.len() == 2 && parents[1].is_none());
        let mut filled = child.clone();
        let parent = parents[0].as_ref().unwrap();
        filled.psbt.unsigned_tx.input[0].previous_output.txid = parent.compute_txid();
        Ok(filled)
    };
    let steps = sign_jobs(&jobs, complete, &keyring).unwrap();
    let SignedStep::Bitcoin { tx, .. } = &steps[1] else { panic!("a Bitcoin step") };
    let child: Transaction = ::bitcoin::consensus::encode::deserialize_hex(tx).unwrap();
    assert_eq!(child.input[0].previous_output.txid.to_string(), txid(&steps[0]));
    assert_ne!(txid(&steps[0]), unsigned.to_string(), "a legacy signature changes the txid");
}

#[test]
fn gives_nothing_back_when_one_step_fails_and_names_the_first() {
    let (account, keyring) = unlocked();
    let mut jobs: Vec<BitcoinJob> = (0..6).map(|n| job(&account, outpoint(n), 0, vec![])).collect();
    for step in [2, 4] {
        jobs[step].inputs[0].index = 1;
    }
    let jobs: Vec<Job> = jobs.into_iter().map(|job| Job::Bitcoin(Box::new(job))).collect();
    let error = sign_jobs(&jobs, |_, _| unreachable!("no templates"), &keyring).unwrap_err();
    assert_eq!(error.code(), &airlock::bitcoin::spend::WRONG_SCRIPT);
    assert!(error.what().starts_with("step 3: input 0: "), "{error}");
}

#[test]
fn refuses_a_psbt_that_carries_the_signature_of_another_key() {
    let (account, keyring) = unlocked();
    let mut job = job(&account, outpoint(0), 0, vec![]);
    let signed = bitcoin::sign(&job, &keyring).unwrap().signed;
    let (_, signature) = signed.inputs[0].partial_sigs.iter().next().unwrap();
    let other = account.public_key(0, 1).unwrap();
    job.psbt.inputs[0].partial_sigs.insert(other, *signature);
    assert_eq!(bitcoin::sign(&job, &keyring).unwrap_err().code(), &bitcoin::UNFIT_JOB);
}
