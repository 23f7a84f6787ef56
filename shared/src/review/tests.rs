//! Transactions built by hand from the accounts of the test mnemonic ("abandon" x 11, "about").
#![allow(clippy::arithmetic_side_effects, reason = "tests count small numbers")]

use bitcoin::absolute::LockTime;
use bitcoin::bip32::DerivationPath;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};

use super::steps::StepKind;
use super::{Book, KnownAsset, Review};
use crate::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use crate::bundle::{Artefact, Assumption, Bundle, Contents, Link, Networks, Step, Topic};
use crate::counterparty::rules::Rules;
use crate::error::{Code, Result};
use crate::network::BitcoinNetwork::{self, Regtest};
use crate::policy::{Permission, Policy, Spent};
use crate::request::{BitcoinPayee, Intent, Request};
use crate::time::Moment;

mod bitcoin_attacks;
mod counterparty;
mod pairs;
mod screens;
mod xrp;

const CREATED: u64 = 1_795_000_000;
/// 0/2 of the wpkh account; as a payee of another wallet it comes without derivation.
const PAYEE: &str = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";

fn account(kind: ScriptKind, name: &str, holds: Holds) -> Account {
    let (path, xpub) = match kind {
        ScriptKind::Wpkh => (
            "84'/1'/0'",
            "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M",
        ),
        ScriptKind::Pkh => (
            "44'/1'/0'",
            "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba",
        ),
        ScriptKind::Tr => (
            "86'/1'/0'",
            "tpubDDfvzhdVV4unsoKt5aE6dcsNsfeWbTgmLZPi8LQDYU2xixrYemMfWJ3BaVneH3u7DBQePdTwhpybaKRU95pi6PMUtLPBJLVQRpzEnjfjZzX",
        ),
        ScriptKind::ShWpkh => (
            "49'/1'/0'",
            "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2",
        ),
    };
    let path: DerivationPath = path.parse().unwrap();
    let bitcoin =
        BitcoinAccount::new(kind, Regtest, "73c5da0a".parse().unwrap(), &path, xpub.parse().unwrap())
            .unwrap();
    Account { name: name.parse().unwrap(), role: Role::Cold, holds, rail: Rail::Bitcoin(bitcoin) }
}

fn accounts() -> Vec<Account> {
    vec![
        account(ScriptKind::Wpkh, "cold", Holds::BitcoinOnly),
        account(ScriptKind::Pkh, "old", Holds::Assets),
        account(ScriptKind::Tr, "tap", Holds::BitcoinOnly),
        account(ScriptKind::ShWpkh, "nested", Holds::BitcoinOnly),
    ]
}

fn of(accounts: &[Account], name: &str) -> BitcoinAccount {
    let found = accounts.iter().find(|account| account.name.as_str() == name).unwrap();
    found.bitcoin().unwrap().clone()
}

/// A transaction that pays an account's 0/`index`, with a number to tell it from others.
fn funding(account: &BitcoinAccount, index: u32, sat: u64, number: u32) -> Transaction {
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(number),
        input: vec![TxIn::default()],
        output: vec![TxOut {
            value: Amount::from_sat(sat),
            script_pubkey: account.script_pubkey(0, index).unwrap(),
        }],
    }
}

fn unsigned(inputs: &[OutPoint], outputs: Vec<TxOut>) -> Psbt {
    let input = inputs
        .iter()
        .map(|previous_output| TxIn {
            previous_output: *previous_output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        })
        .collect();
    Psbt::from_unsigned_tx(Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input,
        output: outputs,
    })
    .unwrap()
}

/// Gives input `index` its previous transaction and the origin of 0/`at`.
fn prove(psbt: &mut Psbt, index: usize, previous: &Transaction, account: &BitcoinAccount, at: u32) {
    let input = &mut psbt.inputs[index];
    input.non_witness_utxo = Some(previous.clone());
    let key = account.public_key(0, at).unwrap();
    let origin = (account.origin().0, account.full_path(0, at).unwrap());
    match account.kind() {
        ScriptKind::Tr => {
            input.tap_key_origins.insert(key.inner.into(), (vec![], origin));
        }
        ScriptKind::ShWpkh => {
            input.redeem_script = Some(ScriptBuf::new_p2wpkh(&key.wpubkey_hash().unwrap()));
            input.bip32_derivation.insert(key.inner, origin);
        }
        ScriptKind::Wpkh | ScriptKind::Pkh => {
            input.bip32_derivation.insert(key.inner, origin);
        }
    }
}

/// Claims that an output is `branch/index` of an account.
fn claim(psbt: &mut Psbt, output: usize, account: &BitcoinAccount, branch: u32, index: u32) {
    let key = account.public_key(branch, index).unwrap();
    let origin = (account.origin().0, account.full_path(branch, index).unwrap());
    if account.kind() == ScriptKind::Tr {
        psbt.outputs[output].tap_key_origins.insert(key.inner.into(), (vec![], origin));
    } else {
        psbt.outputs[output].bip32_derivation.insert(key.inner, origin);
    }
}

fn outpoint(tx: &Transaction, vout: u32) -> OutPoint {
    OutPoint { txid: tx.compute_txid(), vout }
}

fn output(script_pubkey: ScriptBuf, sat: u64) -> TxOut {
    TxOut { value: Amount::from_sat(sat), script_pubkey }
}

fn script(address: &str) -> ScriptBuf {
    crate::counterparty::address::parse(address, Regtest).unwrap().script_pubkey()
}

/// 100,000 sat of an account: 60,000 to a stranger, 39,000 back on 1/3, 1,000 to miners.
fn payment(account: &BitcoinAccount) -> Psbt {
    let previous = funding(account, 0, 100_000, 1);
    let change = account.script_pubkey(1, 3).unwrap();
    let mut psbt =
        unsigned(&[outpoint(&previous, 0)], vec![output(script(PAYEE), 60_000), output(change, 39_000)]);
    prove(&mut psbt, 0, &previous, account, 0);
    claim(&mut psbt, 1, account, 1, 3);
    psbt
}

fn step(account: &BitcoinAccount, psbt: Psbt) -> Step {
    Step {
        request: 0,
        account: account.checksum().to_owned(),
        after: vec![],
        links: vec![],
        one_of: None,
        artefact: Artefact::Psbt(Box::new(psbt)),
    }
}

fn request(from: &str, intent: Intent) -> Request {
    Request {
        from: from.parse().unwrap(),
        reference: None,
        intent,
        fee_rate: None,
        fee_drops: None,
        encoding: None,
    }
}

fn pays(from: &str, to: &str, amount: &str) -> Request {
    let payees = vec![BitcoinPayee { to: to.to_owned(), amount: amount.to_owned() }];
    request(from, Intent::SendBitcoin { payees })
}

fn contents(requests: Vec<Request>, steps: Vec<Step>, topics: Vec<Topic>) -> Contents {
    Contents {
        networks: Networks { bitcoin: Some(Regtest), xrpl: Some(1) },
        created: Moment::from_unix(CREATED),
        expires: Moment::from_unix(CREATED + 86_400),
        requests,
        steps,
        assumptions: topics.into_iter().map(Assumption::from).collect(),
        journal_head: None,
    }
}

fn book(accounts: &[Account]) -> Book<'_> {
    Book { accounts, assets: &[], destinations: &[], authenticated: true }
}

/// The permission of the starter's rules, under which test networks are allowed.
fn permission(review: &Review) -> Permission {
    let policy = Policy::parse(&Policy::starter(&[])).unwrap();
    policy.judge(review, &Spent::default(), Moment::from_unix(CREATED)).permission().unwrap()
}

fn review(contents: Contents) -> Result<Review> {
    let bundle = Bundle::seal(contents).unwrap();
    Review::of_bundle(&bundle, &book(&accounts()), Moment::from_unix(CREATED + 60))
}

fn bare(psbt: &Psbt) -> Result<Review> {
    Review::of_psbt(psbt, Regtest, &book(&accounts()))
}

#[track_caller]
fn refused<T>(result: Result<T>, code: &'static Code) -> String {
    match result {
        Ok(_) => panic!("not refused, expected {}", code.id),
        Err(error) => {
            assert_eq!(error.code().id, code.id, "{error:?}");
            error.what().to_owned()
        }
    }
}

fn codes(review: &Review) -> Vec<&'static str> {
    review.warnings().iter().map(|warning| warning.kind.code()).collect()
}
