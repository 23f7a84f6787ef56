#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod bundles;
mod deposits;
mod file;
mod killed;
mod people;
mod together;

use airlock::bundle::{
    Artefact, Bundle, Contents, FinalTransaction, Networks, Signed, SignedContents, SignedStep, Step,
};
use airlock::network::BitcoinNetwork;
use airlock::request::{BitcoinPayee, Intent, Request};
use airlock::time::Moment;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use serde_json::json;
use tempfile::TempDir;

use super::{FILE_NAME, Store};

const NOW: Moment = Moment::MAX;

fn at(seconds: u64) -> Moment {
    Moment::from_unix(seconds)
}

/// A store in a folder of its own.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join(FILE_NAME)
    }

    fn store(&self) -> Store {
        Store::open_at(&self.path()).unwrap()
    }
}

/// A coin of its own for each number.
fn coin(number: u8) -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([number; 32]), vout: u32::from(number) }
}

fn spending(coins: &[OutPoint]) -> Transaction {
    let input = |coin: &OutPoint| TxIn {
        previous_output: *coin,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: coins.iter().map(input).collect(),
        output: vec![TxOut { value: Amount::from_sat(1_000), script_pubkey: ScriptBuf::new() }],
    }
}

fn bitcoin_step(coins: &[OutPoint]) -> Step {
    let psbt = Psbt::from_unsigned_tx(spending(coins)).unwrap();
    step("abcdefgh", Artefact::Psbt(Box::new(psbt)))
}

const XRP: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";

fn xrp_step(fields: serde_json::Value) -> Step {
    let mut all =
        json!({ "TransactionType": "Payment", "Account": XRP, "Sequence": 0, "LastLedgerSequence": 900 });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    step(XRP, Artefact::TxJson(all.as_object().unwrap().clone()))
}

fn step(account: &str, artefact: Artefact) -> Step {
    Step { request: 0, account: account.to_owned(), after: vec![], links: vec![], one_of: None, artefact }
}

/// A bundle that is good until second 1,000.
fn bundle(steps: Vec<Step>) -> Bundle {
    let payees = vec![BitcoinPayee { to: "somebody".to_owned(), amount: "1".to_owned() }];
    let request = Request {
        from: "cold".parse().unwrap(),
        reference: None,
        intent: Intent::SendBitcoin { payees },
        fee_rate: None,
        fee_drops: None,
        encoding: None,
    };
    Bundle::seal(Contents {
        networks: Networks { bitcoin: Some(BitcoinNetwork::Regtest), xrpl: Some(1) },
        created: at(100),
        expires: at(1_000),
        requests: vec![request],
        steps,
        assumptions: vec![],
        journal_head: None,
    })
    .unwrap()
}

/// What a signer could answer; `salt` makes other transactions of it.
fn signed(bundle: &Bundle, salt: u8) -> (Signed, Vec<FinalTransaction>) {
    let entry =
        |_: &Step| SignedStep::Bitcoin { psbt: String::new(), tx: String::new(), txid: salt.to_string() };
    let steps = bundle.steps().iter().map(entry).collect();
    let contents = SignedContents { bundle: bundle.id().to_string(), steps, journal_head: None };
    let finals = bundle.steps().iter().enumerate().map(|(index, step)| match &step.artefact {
        Artefact::Psbt(psbt) => {
            let mut transaction = psbt.unsigned_tx.clone();
            transaction.output[0].value += Amount::from_sat(u64::from(salt));
            FinalTransaction::Bitcoin { txid: transaction.compute_txid(), transaction }
        }
        Artefact::TxJson(_) => {
            let transaction = airlock::xrp::Transaction::from_json(&json!({
                "TransactionType": "AccountSet", "Account": XRP, "Fee": "10", "Sequence": index,
            }))
            .unwrap();
            FinalTransaction::Xrpl {
                transaction: Box::new(transaction),
                hash: [u8::try_from(index).unwrap() ^ salt; 32],
            }
        }
    });
    (Signed::seal(contents).unwrap(), finals.collect())
}

/// Takes a bundle in, planned and signed.
fn taken(store: &Store, bundle: &Bundle) {
    assert!(store.plan(bundle, "send-btc", "Pay.", at(100)).unwrap());
    let (signed, finals) = signed(bundle, 0);
    assert!(store.record_signed(bundle, &signed, &finals, at(101)).unwrap());
}
