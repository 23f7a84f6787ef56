//! Every signature is executed by Bitcoin Core's script engine, and our own check agrees with it.

use std::collections::BTreeMap;

use airlock::account::{BitcoinAccount, REVEAL_BRANCH, ScriptKind};
use airlock::bitcoin::verify::verify;
use airlock::counterparty::carrier::{p2sh, taproot};
use airlock::network::BitcoinNetwork;
use airlock::review::{BitcoinJob, InputJob, Spend};
use airlock_offline::keyring::Keyring;
use airlock_offline::keys::{ExtendedKey, Mnemonic};
use airlock_offline::secret::{Secret, SecretText};
use airlock_offline::sign::{SignedTransaction, bitcoin::sign};
use airlock_tests::consensus::execute;
use airlock_tests::vectors;
use bitcoin::absolute::LockTime;
use bitcoin::bip32::DerivationPath;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::taproot::ControlBlock;
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, WitnessVersion,
};
use serde_json::Value;

const KINDS: [(ScriptKind, &str); 4] = [
    (ScriptKind::Wpkh, "m/84'/1'/0'"),
    (ScriptKind::Pkh, "m/44'/1'/0'"),
    (ScriptKind::ShWpkh, "m/49'/1'/0'"),
    (ScriptKind::Tr, "m/86'/1'/0'"),
];

/// The accounts of the recorded transactions, unlocked.
struct Signer {
    accounts: BTreeMap<ScriptKind, BitcoinAccount>,
    keyring: Keyring,
}

impl Signer {
    fn new(blinding: u8) -> Self {
        let secp = Secp256k1::new();
        let words = vectors("golden.json")["meta"]["mnemonic"].as_str().unwrap().to_owned();
        let seed = Mnemonic::parse(&words).unwrap().seed(&SecretText::new(String::new()));
        let master = ExtendedKey::master(&seed, bitcoin::Network::Regtest).unwrap();
        let mut keyring = Keyring::new(&Secret::take(&mut [blinding; 32]));
        let mut accounts = BTreeMap::new();
        for (kind, path) in KINDS {
            let path: DerivationPath = path.parse().unwrap();
            let key = master.derive(&secp, &path).unwrap();
            let xpub = key.public(&secp);
            let fingerprint = master.fingerprint(&secp);
            let account =
                BitcoinAccount::new(kind, BitcoinNetwork::Regtest, fingerprint, &path, xpub).unwrap();
            keyring.add_bitcoin(&account, key).unwrap();
            accounts.insert(kind, account);
        }
        Self { accounts, keyring }
    }

    /// How an output of ours is spent, found by its script.
    fn input(&self, prevout: TxOut) -> Option<InputJob> {
        for (kind, account) in &self.accounts {
            for branch in [0, 1] {
                for index in 0..8 {
                    if account.script_pubkey(branch, index)? == prevout.script_pubkey {
                        let spend = match kind {
                            ScriptKind::Wpkh => Spend::Wpkh,
                            ScriptKind::Pkh => Spend::Pkh,
                            ScriptKind::ShWpkh => Spend::ShWpkh,
                            ScriptKind::Tr => Spend::TaprootKey,
                        };
                        let account = account.checksum().to_owned();
                        return Some(InputJob { prevout, account, branch, index, spend });
                    }
                }
            }
        }
        None
    }

    fn own(&self, kind: ScriptKind, branch: u32, index: u32, value: u64) -> InputJob {
        let script_pubkey = self.accounts[&kind].script_pubkey(branch, index).unwrap();
        self.input(TxOut { value: Amount::from_sat(value), script_pubkey }).unwrap()
    }

    fn sign(&self, job: &BitcoinJob) -> SignedTransaction {
        sign(job, &self.keyring).unwrap()
    }

    /// A commit with its reveal, and how both are signed.
    fn taproot_pair(&self, source: ScriptKind) -> [(Transaction, Vec<TxOut>); 2] {
        let first = self.own(source, 0, 0, 50_000);
        let outpoint = OutPoint { txid: Txid::from_byte_array([7; 32]), vout: 1 };
        let account = &self.accounts[&source];
        let index = BitcoinAccount::reveal_index(outpoint);
        let key = account.reveal_key(outpoint).unwrap();
        let envelope = taproot::encode(&[0xa5; 1_200], &key.serialize()).unwrap();
        let prevout = TxOut { value: Amount::from_sat(2_000), script_pubkey: envelope.commit_script.clone() };
        let change =
            TxOut { value: Amount::from_sat(47_000), script_pubkey: first.prevout.script_pubkey.clone() };
        let commit = self.sign(&job(vec![(outpoint, first)], vec![prevout.clone(), change]));
        let spend = Spend::TaprootReveal {
            leaf: envelope.script,
            control_block: ControlBlock::decode(&envelope.control_block).unwrap(),
        };
        let checksum = account.checksum().to_owned();
        let second = InputJob { prevout, account: checksum, branch: REVEAL_BRANCH, index, spend };
        let link = OutPoint { txid: commit.transaction.compute_txid(), vout: 0 };
        let reveal = self.sign(&job(vec![(link, second.clone())], envelope.reveal_outputs));
        let spent = vec![TxOut {
            value: Amount::from_sat(50_000),
            script_pubkey: account.script_pubkey(0, 0).unwrap(),
        }];
        [(commit.transaction, spent), (reveal.transaction, vec![second.prevout])]
    }

    /// The historical pair with two data outputs.
    fn p2sh_pair(&self) -> [(Transaction, Vec<TxOut>); 2] {
        let first = self.own(ScriptKind::Pkh, 0, 0, 50_000);
        let account = &self.accounts[&ScriptKind::Pkh];
        let key = account.public_key(0, 0).unwrap();
        let scripts = p2sh::redeem_scripts(&[0x5a; 700], &key.to_bytes(), 0).unwrap();
        let outputs = p2sh::first_outputs(&scripts, Amount::from_sat(3_000));
        let outpoint = OutPoint { txid: Txid::from_byte_array([9; 32]), vout: 0 };
        let spent = vec![first.prevout.clone()];
        let pretx = self.sign(&job(vec![(outpoint, first.clone())], outputs.clone()));
        let txid = pretx.transaction.compute_txid();
        let inputs = scripts.into_iter().zip(&outputs).zip(0..).map(|((redeem_script, output), vout)| {
            let spend = Spend::P2shData { redeem_script };
            (OutPoint { txid, vout }, InputJob { prevout: output.clone(), spend, ..first.clone() })
        });
        let datatx = self.sign(&job(inputs.collect(), p2sh::second_outputs(&txid)));
        [(pretx.transaction, spent), (datatx.transaction, outputs)]
    }

    /// One signed transaction of each kind of input, and one that mixes them, with what they spend.
    fn transactions(&self) -> Vec<(String, Transaction, Vec<TxOut>)> {
        let mut all = Vec::new();
        let mut mixed = Vec::new();
        for (kind, path) in KINDS {
            let inputs: Vec<InputJob> = [(0, 0, 10_000), (0, 3, 20_001), (1, 7, 30_002)]
                .into_iter()
                .map(|(branch, index, value)| self.own(kind, branch, index, value))
                .collect();
            mixed.extend(inputs[..2].to_vec());
            all.push((path.to_owned(), inputs));
        }
        all.push(("mixed".to_owned(), mixed));
        let mut transactions: Vec<_> = all
            .into_iter()
            .map(|(label, inputs)| {
                let prevouts = inputs.iter().map(|input| input.prevout.clone()).collect();
                let signed = self.sign(&payment(inputs));
                (label, signed.transaction, prevouts)
            })
            .collect();
        for source in [ScriptKind::Wpkh, ScriptKind::Tr, ScriptKind::Pkh, ScriptKind::ShWpkh] {
            for (name, (transaction, prevouts)) in ["commit", "reveal"].iter().zip(self.taproot_pair(source))
            {
                transactions.push((format!("{name} of {source:?}"), transaction, prevouts));
            }
        }
        for (name, (transaction, prevouts)) in ["pretx", "datatx"].iter().zip(self.p2sh_pair()) {
            transactions.push(((*name).to_owned(), transaction, prevouts));
        }
        transactions
    }
}

fn payment(inputs: Vec<InputJob>) -> BitcoinJob {
    let total: u64 = inputs.iter().map(|input| input.prevout.value.to_sat()).sum();
    let script_pubkey =
        ScriptBuf::new_witness_program(&bitcoin::WitnessProgram::new(WitnessVersion::V0, &[1; 20]).unwrap());
    let output = TxOut { value: Amount::from_sat(total - 1_000), script_pubkey };
    let outpoint = |n: u32| OutPoint { txid: Txid::from_byte_array([3; 32]), vout: n };
    job((0..).map(outpoint).zip(inputs).collect(), vec![output])
}

fn job(inputs: Vec<(OutPoint, InputJob)>, output: Vec<TxOut>) -> BitcoinJob {
    let (outpoints, inputs): (Vec<OutPoint>, Vec<InputJob>) = inputs.into_iter().unzip();
    let input = outpoints.into_iter().map(|previous_output| TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    });
    let unsigned =
        Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: input.collect(), output };
    BitcoinJob { psbt: Psbt::from_unsigned_tx(unsigned).unwrap(), inputs, links: Vec::new() }
}

/// What both judges say, which must be the same.
fn both(transaction: &Transaction, prevouts: &[TxOut]) -> bool {
    let engine = execute(transaction, prevouts);
    let ours = verify(transaction, prevouts);
    assert_eq!(engine.is_ok(), ours.is_ok(), "{engine:?} {ours:?}");
    ours.is_ok()
}

/// All recorded final transactions of a file whose spent outputs are recorded too.
fn recorded(file: &str) -> Vec<(Transaction, Vec<TxOut>)> {
    let file = vectors(file);
    let mut outputs = BTreeMap::new();
    let mut transactions = Vec::new();
    collect(&file, &mut outputs, &mut transactions);
    transactions
        .into_iter()
        .filter_map(|transaction| {
            let spent: Option<Vec<TxOut>> =
                transaction.input.iter().map(|input| outputs.get(&input.previous_output).cloned()).collect();
            Some((transaction, spent?))
        })
        .collect()
}

/// Walks the whole file: transactions under the names of final ones, and all outputs of all transactions.
fn collect(value: &Value, outputs: &mut BTreeMap<OutPoint, TxOut>, found: &mut Vec<Transaction>) {
    let mut keep = |name: &str, text: &str| {
        let Ok(transaction) = deserialize_hex::<Transaction>(text) else { return };
        for (vout, output) in (0..).zip(&transaction.output) {
            outputs.insert(OutPoint { txid: transaction.compute_txid(), vout }, output.clone());
        }
        let is_final = name.starts_with("signed_") || name == "transactions";
        if is_final && !found.contains(&transaction) {
            found.push(transaction);
        }
    };
    let Value::Object(members) = value else {
        if let Value::Array(items) = value {
            items.iter().for_each(|item| collect(item, outputs, found));
        }
        return;
    };
    for (name, member) in members {
        match member {
            Value::String(text) => keep(name, text),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).for_each(|text| keep(name, text));
            }
            _ => {}
        }
    }
    members.values().for_each(|member| collect(member, outputs, found));
}

/// Flips one bit in each input's first witness element, or in its scriptSig.
fn with_broken_signatures(transaction: &Transaction) -> impl Iterator<Item = Transaction> + '_ {
    (0..transaction.input.len()).map(|index| {
        let mut broken = transaction.clone();
        let input = &mut broken.input[index];
        if input.witness.is_empty() {
            let mut script = input.script_sig.to_bytes();
            script[20] ^= 1;
            input.script_sig = ScriptBuf::from_bytes(script);
        } else {
            let mut elements = input.witness.to_vec();
            elements[0][20] ^= 1;
            input.witness = Witness::from_slice(&elements);
        }
        broken
    })
}

#[test]
fn the_engine_and_our_check_accept_all_recorded_transactions() {
    let transactions = recorded("golden.json");
    let file = vectors("golden.json");
    let all = file["transactions"].as_array().unwrap();
    let pairs = all.iter().filter(|entry| entry.get("signed_reveal_tx_hex").is_some()).count();
    assert_eq!(transactions.len(), all.len() + pairs, "each transaction and each reveal of the file");
    let mut broken = 0;
    for (transaction, prevouts) in &transactions {
        let txid = transaction.compute_txid();
        execute(transaction, prevouts).unwrap_or_else(|e| panic!("{txid}: {e}"));
        verify(transaction, prevouts).unwrap_or_else(|e| panic!("{txid}: {e}"));
        for transaction in with_broken_signatures(transaction) {
            assert!(!both(&transaction, prevouts), "{txid}");
            broken += 1;
        }
    }
    println!("{} transactions accepted, {broken} broken signatures refused by both", transactions.len());
}

#[test]
fn our_check_is_never_wider_than_the_engine() {
    for (file, least) in [("golden_experiments.json", 30), ("golden_p2sh.json", 10)] {
        let (mut ours, mut engine) = (0, 0);
        for (transaction, prevouts) in recorded(file) {
            let (by_engine, by_us) = (execute(&transaction, &prevouts), verify(&transaction, &prevouts));
            assert!(by_us.is_err() || by_engine.is_ok(), "{}", transaction.compute_txid());
            engine += u32::from(by_engine.is_ok());
            ours += u32::from(by_us.is_ok());
        }
        println!("{file}: {engine} accepted by the engine, {ours} of them of our kinds");
        assert!(engine > ours && ours > least);
    }
}

#[test]
fn accepts_the_p2sh_pair_that_nodes_relay_and_refuses_what_they_do_not() {
    let file = vectors("golden_p2sh.json");
    let relayed = ["v9.61.3 exactly", "redeem script of 520 bytes"];
    let refused = [
        "high-S signature",
        "index 1 pushed as bytes 0x01 0x01 instead of OP_1 (non minimal)",
        "data pushed with OP_PUSHDATA2 where PUSHDATA1 is enough (non minimal)",
        "redeem script pushed with OP_PUSHDATA4 in scriptSig",
    ];
    let mut seen = 0;
    for entry in file["redeem_script_variants"].as_array().unwrap() {
        let variant = entry["variant"].as_str().unwrap();
        let expected = relayed.contains(&variant);
        if !expected && !refused.contains(&variant) {
            continue;
        }
        let transaction = |name: &str| deserialize_hex::<Transaction>(entry[name].as_str().unwrap()).unwrap();
        let (pretx, datatx) = (transaction("signed_pretx_hex"), transaction("signed_datatx_hex"));
        assert_eq!(entry["testmempoolaccept"][1]["allowed"], expected);
        assert_eq!(verify(&datatx, &pretx.output[..datatx.input.len()]).is_ok(), expected, "{variant}");
        seen += 1;
    }
    assert_eq!(seen, relayed.len() + refused.len());
}

#[test]
fn the_engine_executes_every_kind_of_input_that_we_sign() {
    let transactions = Signer::new(1).transactions();
    assert_eq!(transactions.len(), 15);
    for (label, transaction, prevouts) in transactions {
        execute(&transaction, &prevouts).unwrap_or_else(|e| panic!("{label}: {e}"));
        assert!(both(&transaction, &prevouts), "{label}");
    }
}

#[test]
fn the_engine_and_our_check_agree_on_every_flipped_bit() {
    let mut flips = 0;
    for (label, transaction, prevouts) in Signer::new(1).transactions() {
        let bytes = bitcoin::consensus::serialize(&transaction);
        // Envelopes and redeem scripts are long and hashed as one: every 7th bit of a long transaction will do.
        let stride = if bytes.len() > 700 { 7 } else { 1 };
        for bit in (0..bytes.len() * 8).step_by(stride) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(other) = bitcoin::consensus::deserialize::<Transaction>(&flipped) else { continue };
            if other.input.len() == prevouts.len() {
                assert!(!both(&other, &prevouts), "{label}: bit {bit}");
                flips += 1;
            }
        }
    }
    println!("{flips} altered transactions refused by both");
    assert!(flips > 10_000);
}

#[test]
fn amounts_are_signed_by_segwit_and_not_by_legacy_inputs() {
    for (label, transaction, mut prevouts) in Signer::new(1).transactions() {
        prevouts[0].value += Amount::ONE_SAT;
        let legacy = ["m/44'/1'/0'", "pretx", "datatx", "commit of Pkh"].contains(&label.as_str());
        assert_eq!(both(&transaction, &prevouts), legacy, "{label}");
    }
}

#[test]
fn signs_byte_for_byte_as_bitcoin_core_does() {
    let signer = Signer::new(1);
    let mut equal = 0;
    for (signed, prevouts) in recorded("golden.json").into_iter().chain(recorded("golden_p2sh.json")) {
        let inputs: Option<Vec<InputJob>> =
            prevouts.into_iter().map(|prevout| signer.input(prevout)).collect();
        let Some(inputs) = inputs else { continue };
        if inputs.iter().any(|input| input.spend == Spend::TaprootKey) {
            continue;
        }
        let mut unsigned = signed.clone();
        for input in &mut unsigned.input {
            input.script_sig = ScriptBuf::new();
            input.witness = Witness::new();
        }
        let psbt = Psbt::from_unsigned_tx(unsigned).unwrap();
        let ours = signer.sign(&BitcoinJob { psbt, inputs, links: Vec::new() });
        assert_eq!(ours.transaction, signed);
        equal += 1;
    }
    println!("{equal} transactions equal to Bitcoin Core's");
    assert!(equal > 70, "{equal}");
}

#[test]
fn two_runs_give_equal_bytes() {
    let (one, other) = (Signer::new(1), Signer::new(2));
    assert_eq!(one.transactions(), other.transactions());
}

#[test]
fn refuses_to_sign_with_a_key_to_which_the_output_does_not_belong() {
    let signer = Signer::new(1);
    for (kind, _) in KINDS {
        let mut input = signer.own(kind, 0, 0, 10_000);
        input.index = 1;
        let error = sign(&payment(vec![input]), &signer.keyring).unwrap_err();
        assert_eq!(error.code(), &airlock::bitcoin::spend::WRONG_SCRIPT);
    }
}

#[test]
fn leaves_signatures_for_other_software_and_a_finalized_psbt_for_the_network() {
    let signer = Signer::new(1);
    let inputs = KINDS.iter().map(|(kind, _)| signer.own(*kind, 0, 0, 10_000)).collect();
    let SignedTransaction { signed, finalized, transaction } = signer.sign(&payment(inputs));
    let [wpkh, pkh, nested, taproot] = signed.inputs.as_slice() else { panic!("four inputs") };
    for input in [wpkh, pkh, nested] {
        assert!(input.partial_sigs.len() == 1 && input.final_script_sig.is_none());
        let (_, signature) = input.partial_sigs.iter().next().unwrap();
        assert!(signature.to_vec().len() <= 71, "a low R needs no 72nd byte");
    }
    assert!(nested.redeem_script.as_ref().unwrap().is_p2wpkh());
    assert!(taproot.tap_key_sig.is_some() && taproot.final_script_witness.is_none());
    for input in &finalized.inputs {
        assert!(
            input.partial_sigs.is_empty() && input.redeem_script.is_none() && input.tap_key_sig.is_none()
        );
    }
    assert_eq!(finalized.extract_tx_unchecked_fee_rate(), transaction);
}
