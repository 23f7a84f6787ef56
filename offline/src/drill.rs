//! Signatures for practice: each account signs something that can never be valid anywhere, in memory only. No review, no
//! policy, no journal of payments is touched, and nothing of it leaves.
//!
//! - Bitcoin: a transaction that spends output 0 of a transaction which does not exist (its id is a hash of a sentence)
//!   and pays nothing.
//! - XRP: an AccountSet that sets nothing, whose last ledger is the first one, long closed, and which names a network that
//!   does not exist.

use std::time::{Duration, Instant};

use airlock::Result;
use airlock::account::{Account, BitcoinAccount, Rail, ScriptKind, XrpAccount};
use airlock::review::{BitcoinJob, InputJob, Spend};
use airlock::xrp;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::Builder;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use serde_json::json;

use crate::keyring::{Keyring, NO_KEY};
use crate::sign;

/// The sentence whose hash stands for the coin that does not exist.
const NO_COIN: &[u8] = b"airlock drill: there is no such transaction";

/// An account that signed, and how long that took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practised {
    /// Its name.
    pub account: airlock::account::AccountName,
    /// What it signed.
    pub what: &'static str,
    /// How long signing and verifying took.
    pub took: Duration,
}

/// Has an account sign and verifies the signature.
///
/// # Errors
/// A key that is missing or is not the account's, or a signature that does not hold.
pub fn practise(account: &Account, keyring: &Keyring) -> Result<Practised> {
    let begun = Instant::now();
    let what = match &account.rail {
        Rail::Bitcoin(own) => {
            sign::bitcoin::sign(&bitcoin_job(own)?, keyring)?;
            bitcoin_kind(own)
        }
        Rail::Xrp(own) => {
            sign::xrp::sign_single(keyring.secp(), keyring.xrp(own.address())?, &no_change(own)?)?;
            match own.public_key.algorithm() {
                xrp::Algorithm::Secp256k1 => "XRPL transaction, secp256k1",
                xrp::Algorithm::Ed25519 => "XRPL transaction, ed25519",
            }
        }
    };
    Ok(Practised { account: account.name.clone(), what, took: begun.elapsed() })
}

fn bitcoin_kind(account: &BitcoinAccount) -> &'static str {
    match account.kind() {
        ScriptKind::Wpkh => "P2WPKH input",
        ScriptKind::Pkh if !account.is_compressed() => "P2PKH input, key not compressed",
        ScriptKind::Pkh => "P2PKH input",
        ScriptKind::ShWpkh => "P2SH-P2WPKH input",
        ScriptKind::Tr => "P2TR input, key path",
    }
}

fn bitcoin_job(account: &BitcoinAccount) -> Result<BitcoinJob> {
    let script_pubkey =
        account.script_pubkey(0, 0).ok_or_else(|| NO_KEY.error("the account has no first address"))?;
    let input = TxIn {
        previous_output: OutPoint { txid: Txid::hash(NO_COIN), vout: 0 },
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let nothing = Builder::new().push_opcode(OP_RETURN).push_slice(b"drill").into_script();
    let unsigned = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![TxOut { value: Amount::ZERO, script_pubkey: nothing }],
    };
    let spend = match account.kind() {
        ScriptKind::Wpkh => Spend::Wpkh,
        ScriptKind::Pkh if !account.is_compressed() => Spend::PkhUncompressed,
        ScriptKind::Pkh => Spend::Pkh,
        ScriptKind::ShWpkh => Spend::ShWpkh,
        ScriptKind::Tr => Spend::TaprootKey,
    };
    let input = InputJob {
        prevout: TxOut { value: Amount::from_sat(10_000), script_pubkey },
        account: account.checksum().to_owned(),
        branch: 0,
        index: 0,
        spend,
    };
    let psbt = Psbt::from_unsigned_tx(unsigned).expect("the input has neither scriptSig nor witness");
    Ok(BitcoinJob { psbt, inputs: vec![input], links: Vec::new() })
}

fn no_change(account: &XrpAccount) -> Result<xrp::Transaction> {
    xrp::Transaction::from_json(&json!({
        "TransactionType": "AccountSet",
        "Account": account.address(),
        "Fee": "10",
        "Flags": 0,
        "Sequence": 1,
        "LastLedgerSequence": 1,
        "NetworkID": u32::MAX,
    }))
}
