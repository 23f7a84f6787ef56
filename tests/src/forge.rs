//! Builds bundles and PSBTs by hand from the accounts of the public test mnemonic, and takes them the whole road:
//! file, review, approval, signatures, script engine. Attacks edit what it builds.

use std::collections::BTreeMap;

use airlock::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::bundle::{
    Artefact, Assumption, Bundle, Contents, Link, Networks, Signed, SignedStep, Step, Topic, template,
};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::carrier::{multisig, opreturn, p2sh, taproot};
use airlock::counterparty::message::{self, Message};
use airlock::counterparty::rules::Rules;
use airlock::network::BitcoinNetwork::{self, Mainnet, Regtest};
use airlock::request::{AssetPayee, BitcoinPayee, Encoding, Intent, Request, RequestMemo};
use airlock::review::{Book, Review};
use airlock::time::Moment;
use airlock::{Code, Result};
use airlock_offline::keyring::Keyring;
use airlock_offline::keys::{ExtendedKey, Mnemonic, XrpKey};
use airlock_offline::secret::{Secret, SecretText};
use airlock_offline::sign::{sign, sign_psbt};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::DerivationPath;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::key::TapTweak as _;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::taproot::{ControlBlock, LeafVersion};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, CompressedPublicKey, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
};
use serde_json::{Map, Value, json};

use crate::consensus::execute;
use crate::permits::permission;

/// When the bundles are made, in seconds.
pub const CREATED: u64 = 1_795_000_000;
/// The ledger that XRP bundles claim.
pub const LEDGER: u32 = 9_000_000;
/// Height of mainnet that bundles claim unless they say otherwise.
pub const HEIGHT: u32 = 950_000;
/// An XRP account of somebody else.
pub const XRP_PAYEE: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";

/// Name, kind, network, path, what it may hold.
const ACCOUNTS: [(&str, ScriptKind, BitcoinNetwork, &str, Holds); 8] = [
    ("cold", ScriptKind::Wpkh, Regtest, "m/84'/1'/0'", Holds::BitcoinOnly),
    ("store", ScriptKind::Wpkh, Regtest, "m/84'/1'/1'", Holds::Assets),
    ("old", ScriptKind::Pkh, Regtest, "m/44'/1'/0'", Holds::Assets),
    ("nested", ScriptKind::ShWpkh, Regtest, "m/49'/1'/0'", Holds::Assets),
    ("tap", ScriptKind::Tr, Regtest, "m/86'/1'/0'", Holds::Assets),
    ("main", ScriptKind::Pkh, Mainnet, "m/44'/0'/0'", Holds::Assets),
    ("main-tap", ScriptKind::Tr, Mainnet, "m/86'/0'/0'", Holds::Assets),
    ("test", ScriptKind::Pkh, BitcoinNetwork::Testnet4, "m/44'/1'/2'", Holds::Assets),
];

/// The offline half: accounts with their keys.
pub struct Vault {
    /// Eight Bitcoin accounts and one XRP account, `ripple`.
    pub accounts: Vec<Account>,
    keyring: Keyring,
}

impl Default for Vault {
    fn default() -> Self {
        Self::new()
    }
}

impl Vault {
    /// Unlocks the accounts of the test mnemonic.
    pub fn new() -> Self {
        let secp = Secp256k1::new();
        let words = format!("{}about", "abandon ".repeat(11));
        let seed = Mnemonic::parse(&words).unwrap().seed(&SecretText::new(String::new()));
        let mut keyring = Keyring::new(&Secret::take(&mut [3; 32]));
        let mut accounts = Vec::new();
        for (name, kind, network, path, holds) in ACCOUNTS {
            let master = ExtendedKey::master(&seed, network.to_bitcoin()).unwrap();
            let path: DerivationPath = path.parse().unwrap();
            let key = master.derive(&secp, &path).unwrap();
            let xpub = key.public(&secp);
            let account = BitcoinAccount::new(kind, network, master.fingerprint(&secp), &path, xpub).unwrap();
            keyring.add_bitcoin(&account, key).unwrap();
            let name = name.parse().unwrap();
            accounts.push(Account { name, role: Role::Cold, holds, rail: Rail::Bitcoin(account) });
        }
        let master = ExtendedKey::master(&seed, bitcoin::Network::Regtest).unwrap();
        let key = XrpKey::bip44(&secp, &master, 0, 0).unwrap();
        let account = XrpAccount::new(1, key.public_key());
        keyring.add_xrp(&account, key).unwrap();
        let name = "ripple".parse().unwrap();
        accounts.push(Account { name, role: Role::Cold, holds: Holds::Assets, rail: Rail::Xrp(account) });
        Self { accounts, keyring }
    }

    /// The Bitcoin account of this name.
    pub fn account(&self, name: &str) -> &BitcoinAccount {
        let found = self.accounts.iter().find(|account| account.name.as_str() == name).expect("a known name");
        found.bitcoin().expect("a Bitcoin account")
    }

    /// The classic address of `ripple`.
    pub fn ripple(&self) -> &str {
        self.accounts.iter().find_map(Account::xrp).expect("an XRP account").address()
    }

    fn book(&self) -> Book<'_> {
        Book { accounts: &self.accounts, assets: &[], destinations: &[], authenticated: true }
    }

    /// Seals the contents, writes and reads the file, and reviews it a minute after it was made.
    ///
    /// # Errors
    /// Whatever refuses first.
    pub fn review(&self, contents: &Contents) -> Result<Review> {
        self.review_at(contents, CREATED + 60)
    }

    /// As [`Vault::review`], by another clock.
    ///
    /// # Errors
    /// Whatever refuses first.
    pub fn review_at(&self, contents: &Contents, now: u64) -> Result<Review> {
        let bundle = Bundle::decode(&Bundle::seal(contents.clone())?.encode())?;
        Review::of_bundle(&bundle, &self.book(), Moment::from_unix(now))
    }

    /// Reviews, approves what the review asks for, signs, and has the script engine execute every input.
    ///
    /// # Errors
    /// Whatever refuses first: then nothing is signed.
    pub fn sign(&self, contents: &Contents) -> Result<Signed> {
        let review = self.review(contents)?;
        let text = review.approval_text().to_owned();
        let permission = permission(&review)?;
        let signed = sign(review.approve(&text, permission)?, &self.keyring)?;
        let transactions: Vec<Transaction> = signed
            .contents()
            .steps
            .iter()
            .filter_map(|step| match step {
                SignedStep::Bitcoin { tx, .. } => Some(deserialize_hex(tx).unwrap()),
                SignedStep::Xrpl { .. } => None,
            })
            .collect();
        let previous = contents.steps.iter().filter_map(|step| match &step.artefact {
            Artefact::Psbt(psbt) => Some(psbt),
            Artefact::TxJson(_) => None,
        });
        let previous = previous.flat_map(|psbt| psbt.inputs.clone()).filter_map(|i| i.non_witness_utxo);
        let known: BTreeMap<Txid, Transaction> =
            previous.chain(transactions.clone()).map(|tx| (tx.compute_txid(), tx)).collect();
        for transaction in &transactions {
            let spent: Vec<TxOut> = transaction
                .input
                .iter()
                .map(|input| {
                    let vout = usize::try_from(input.previous_output.vout).unwrap();
                    known[&input.previous_output.txid].output[vout].clone()
                })
                .collect();
            execute(transaction, &spent).expect("the script engine takes what was signed");
        }
        Ok(signed)
    }

    /// Reviews a bare PSBT.
    ///
    /// # Errors
    /// Whatever refuses.
    pub fn review_psbt(&self, psbt: &Psbt) -> Result<Review> {
        Review::of_psbt(psbt, Regtest, &self.book())
    }

    /// Reviews, approves and signs a bare PSBT.
    ///
    /// # Errors
    /// Whatever refuses first.
    pub fn sign_psbt(&self, psbt: &Psbt) -> Result<Transaction> {
        let review = self.review_psbt(psbt)?;
        let text = review.approval_text().to_owned();
        let permission = permission(&review)?;
        Ok(sign_psbt(review.approve(&text, permission)?, &self.keyring)?.transaction)
    }

    /// From `name`: 60,000 sat to a stranger's P2WPKH, 39,000 back on 1/3, 1,000 to miners.
    pub fn payment(&self, name: &str) -> Contents {
        let account = self.account(name);
        let to = stranger(ScriptKind::Wpkh, account.network());
        let mut psbt = self.spending(name, vec![output(to.clone(), 60_000), change(account, 39_000)]);
        claim(&mut psbt, 1, account, 1, 3);
        let intent = pays(&[(address(&to, account.network()), "0.0006")]);
        self.bundle(name, intent, vec![self.step(name, psbt)])
    }

    /// A PSBT that spends one coin of 100,000 sat on 0/0.
    pub fn spending(&self, name: &str, outputs: Vec<TxOut>) -> Psbt {
        let account = self.account(name);
        let previous = coin(account, 0, 100_000, 1);
        let mut psbt = unsigned(&[outpoint(&previous, 0)], outputs);
        prove(&mut psbt, 0, &previous, account, 0);
        psbt
    }

    /// A step without parents.
    pub fn step(&self, name: &str, psbt: Psbt) -> Step {
        Step {
            request: 0,
            account: self.account(name).checksum().to_owned(),
            after: vec![],
            links: vec![],
            one_of: None,
            artefact: Artefact::Psbt(Box::new(psbt)),
        }
    }

    /// A bundle with one request.
    pub fn bundle(&self, name: &str, intent: Intent, steps: Vec<Step>) -> Contents {
        Contents {
            networks: Networks { bitcoin: Some(self.account(name).network()), xrpl: None },
            created: Moment::from_unix(CREATED),
            expires: Moment::from_unix(CREATED + 86_400),
            requests: vec![request(name, intent)],
            steps,
            assumptions: vec![Assumption::from(Topic::BitcoinHeight { height: HEIGHT })],
            journal_head: None,
        }
    }

    /// Message bytes in one OP_RETURN, with change back to the source.
    pub fn carrying(&self, name: &str, data: &[u8]) -> Psbt {
        let account = self.account(name);
        let first = coin(account, 0, 100_000, 1).compute_txid();
        let data = opreturn::encode(data, &first, 10_000).unwrap();
        self.spending(name, vec![data, back(account, 99_000)])
    }

    /// A send of 1.5 XCP with a memo to a stranger, in an OP_RETURN.
    pub fn send(&self, name: &str, memo: &str) -> Contents {
        let psbt = self.carrying(name, &self.send_bytes(name, memo));
        self.bundle(name, self.asks_send(name, memo), vec![self.step(name, psbt)])
    }

    /// The same in bare multisig outputs, whose third key is `key`.
    pub fn multisig_send(&self, name: &str, memo: &str, key: &[u8]) -> Contents {
        let account = self.account(name);
        let first = coin(account, 0, 100_000, 1).compute_txid();
        let mut outputs =
            multisig::encode(&self.send_bytes(name, memo), &first, key, Amount::from_sat(1_000)).unwrap();
        outputs.push(back(account, 90_000));
        let step = self.step(name, self.spending(name, outputs));
        self.bundle(name, self.asks_send(name, memo), vec![step])
    }

    /// The message of [`Vault::send`].
    pub fn send_bytes(&self, name: &str, memo: &str) -> Vec<u8> {
        self.send_bytes_under(&Rules::newest(self.account(name).network()), memo)
    }

    /// The same under other rules.
    pub fn send_bytes_under(&self, rules: &Rules, memo: &str) -> Vec<u8> {
        let network = rules.network();
        let send = message::EnhancedSend {
            asset: AssetId::XCP,
            quantity: airlock::amount::Quantity::new(150_000_000).unwrap(),
            destination: address(&stranger(ScriptKind::Wpkh, network), network),
            memo: Some(message::Memo::Unknown(memo.as_bytes().to_vec())),
        };
        message::encode(&Message::EnhancedSend(send), rules).expect("a message that is written")
    }

    fn asks_send(&self, name: &str, memo: &str) -> Intent {
        let network = self.account(name).network();
        Intent::SendAsset {
            payee: AssetPayee {
                asset: "XCP".to_owned(),
                to: address(&stranger(ScriptKind::Wpkh, network), network),
                amount: "1.5".to_owned(),
                memo: Some(RequestMemo::Text(memo.to_owned())),
            },
        }
    }

    /// The same send as commit and reveal; `shift` moves the index of the reveal key.
    pub fn taproot_send(&self, name: &str, memo: &str, shift: u32) -> Contents {
        let account = self.account(name);
        let previous = coin(account, 0, 100_000, 1);
        let spent = outpoint(&previous, 0);
        let index = BitcoinAccount::reveal_index(spent).wrapping_add(shift) & 0x7fff_ffff;
        let key = account.public_key(9, index).unwrap().inner.x_only_public_key().0;
        let envelope = taproot::encode(&self.send_bytes(name, memo), &key.serialize()).unwrap();
        let committed = output(envelope.commit_script.clone(), 1_000);
        let commit = self.spending(name, vec![committed.clone(), back(account, 98_000)]);
        let parent = OutPoint { txid: template::txid_of(&commit), vout: 0 };
        let mut reveal = unsigned(&[parent], envelope.reveal_outputs.clone());
        let input = &mut reveal.inputs[0];
        input.witness_utxo = Some(committed);
        input.tap_internal_key = Some(key);
        let control = ControlBlock::decode(&envelope.control_block).unwrap();
        input.tap_scripts.insert(control, (envelope.script, LeafVersion::TapScript));
        let mut contents = self.bundle(name, self.asks_send(name, memo), vec![self.step(name, commit)]);
        contents.requests[0].encoding = Some(Encoding::Taproot);
        contents.steps.push(self.second(name, reveal));
        contents
    }

    /// The same send as the historical pair, claimed to confirm behind `height`.
    pub fn p2sh_send(&self, name: &str, memo: &str, height: u32) -> Contents {
        let account = self.account(name);
        let key = account.public_key(0, 0).unwrap().to_bytes();
        let rules = Rules::at(account.network(), height + 1);
        let redeem = p2sh::redeem_scripts(&self.send_bytes_under(&rules, memo), &key, 0).unwrap();
        let mut outputs = p2sh::first_outputs(&redeem, Amount::from_sat(1_200));
        outputs.push(back(account, 98_000));
        let first = self.spending(name, outputs);
        let parent = first.unsigned_tx.clone();
        let spent = OutPoint { txid: template::txid_of(&first), vout: 0 };
        let mut second = unsigned(&[spent], p2sh::second_outputs_template());
        prove(&mut second, 0, &parent, account, 0);
        second.inputs[0].redeem_script = Some(redeem[0].clone());
        let mut contents = self.bundle(name, self.asks_send(name, memo), vec![self.step(name, first)]);
        contents.assumptions = vec![Topic::BitcoinHeight { height }.into()];
        contents.steps.push(self.second(name, second));
        contents
    }

    fn second(&self, name: &str, psbt: Psbt) -> Step {
        let links = vec![Link { input: 0, step: 0, vout: 0 }];
        Step { after: vec![0], links, ..self.step(name, psbt) }
    }

    /// 80,000 XRP with tag 1 from `ripple`.
    pub fn xrp(&self) -> Contents {
        let intent = Intent::SendXrp { to: XRP_PAYEE.to_owned(), tag: Some(1), amount: "80000".to_owned() };
        let json = json!({
            "TransactionType": "Payment", "Account": self.ripple(), "Destination": XRP_PAYEE,
            "DestinationTag": 1, "Amount": "80000000000", "Fee": "5000", "Sequence": 7, "Flags": 0,
            "LastLedgerSequence": LEDGER + 1_200,
        });
        self.xrp_bundle(intent, json)
    }

    /// Any XRP transaction of `ripple`.
    pub fn xrp_bundle(&self, intent: Intent, json: Value) -> Contents {
        let Value::Object(members) = json else { panic!("an object") };
        Contents {
            networks: Networks { bitcoin: None, xrpl: Some(1) },
            created: Moment::from_unix(CREATED),
            expires: Moment::from_unix(CREATED + 14_400),
            requests: vec![request("ripple", intent)],
            steps: vec![Step {
                request: 0,
                account: self.ripple().to_owned(),
                after: vec![],
                links: vec![],
                one_of: None,
                artefact: Artefact::TxJson(members),
            }],
            assumptions: vec![
                Topic::XrpLedger { index: LEDGER, close_time: Moment::from_unix(CREATED) }.into(),
            ],
            journal_head: None,
        }
    }
}

/// The PSBT of a step, to be edited.
pub fn psbt(contents: &mut Contents, step: usize) -> &mut Psbt {
    match &mut contents.steps[step].artefact {
        Artefact::Psbt(psbt) => psbt,
        Artefact::TxJson(_) => panic!("step {step} is an XRP transaction"),
    }
}

/// The XRP transaction of a step, to be edited.
pub fn tx_json(contents: &mut Contents, step: usize) -> &mut Map<String, Value> {
    match &mut contents.steps[step].artefact {
        Artefact::TxJson(json) => json,
        Artefact::Psbt(_) => panic!("step {step} is a PSBT"),
    }
}

/// Demands a refusal with exactly this code; the place tells which attack got through.
#[track_caller]
pub fn refused<T>(result: Result<T>, code: &Code) {
    match result {
        Ok(_) => panic!("nothing refused it; {} was expected", code.id),
        Err(error) => assert_eq!(error.code().id, code.id, "{error}"),
    }
}

/// A request without terms of its own.
pub fn request(from: &str, intent: Intent) -> Request {
    let from = from.parse().expect("an account name");
    Request { from, reference: None, intent, fee_rate: None, fee_drops: None, encoding: None }
}

/// Bitcoin payments.
pub fn pays(payees: &[(String, &str)]) -> Intent {
    let payees =
        payees.iter().map(|(to, amount)| BitcoinPayee { to: to.clone(), amount: (*amount).to_owned() });
    Intent::SendBitcoin { payees: payees.collect() }
}

/// A transaction that pays an account's 0/`index`, with a number to tell it from others.
pub fn coin(account: &BitcoinAccount, index: u32, sat: u64, number: u32) -> Transaction {
    let script_pubkey = account.script_pubkey(0, index).expect("an index");
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(number),
        input: vec![TxIn::default()],
        output: vec![output(script_pubkey, sat)],
    }
}

/// A PSBT without anything proved.
pub fn unsigned(inputs: &[OutPoint], outputs: Vec<TxOut>) -> Psbt {
    let inputs = inputs.iter().map(|previous_output| TxIn {
        previous_output: *previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    });
    let unsigned = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: inputs.collect(),
        output: outputs,
    };
    Psbt::from_unsigned_tx(unsigned).expect("an unsigned transaction")
}

/// Gives input `index` its previous transaction and the origin of 0/`at`.
pub fn prove(psbt: &mut Psbt, index: usize, previous: &Transaction, account: &BitcoinAccount, at: u32) {
    let input = &mut psbt.inputs[index];
    input.non_witness_utxo = Some(previous.clone());
    let key = account.public_key(0, at).expect("an index");
    let origin = (account.origin().0, account.full_path(0, at).expect("an index"));
    match account.kind() {
        ScriptKind::Tr => drop(input.tap_key_origins.insert(key.inner.into(), (vec![], origin))),
        ScriptKind::ShWpkh => {
            input.redeem_script = Some(ScriptBuf::new_p2wpkh(&key.wpubkey_hash().expect("compressed")));
            input.bip32_derivation.insert(key.inner, origin);
        }
        ScriptKind::Wpkh | ScriptKind::Pkh => drop(input.bip32_derivation.insert(key.inner, origin)),
    }
}

/// Claims that an output is `branch/index` of an account.
pub fn claim(psbt: &mut Psbt, output: usize, account: &BitcoinAccount, branch: u32, index: u32) {
    let key = account.public_key(branch, index).expect("an index");
    let origin = (account.origin().0, account.full_path(branch, index).expect("an index"));
    if account.kind() == ScriptKind::Tr {
        psbt.outputs[output].tap_key_origins.insert(key.inner.into(), (vec![], origin));
    } else {
        psbt.outputs[output].bip32_derivation.insert(key.inner, origin);
    }
}

/// Adds an output at the end.
pub fn add_output(psbt: &mut Psbt, output: TxOut) {
    psbt.unsigned_tx.output.push(output);
    psbt.outputs.push(bitcoin::psbt::Output::default());
}

/// Adds an input at the end, with nothing proved.
pub fn add_input(psbt: &mut Psbt, previous_output: OutPoint) {
    psbt.unsigned_tx.input.push(TxIn { previous_output, sequence: Sequence::MAX, ..TxIn::default() });
    psbt.inputs.push(bitcoin::psbt::Input::default());
}

/// An output of a transaction.
pub fn outpoint(tx: &Transaction, vout: u32) -> OutPoint {
    OutPoint { txid: tx.compute_txid(), vout }
}

/// An output.
pub fn output(script_pubkey: ScriptBuf, sat: u64) -> TxOut {
    TxOut { value: Amount::from_sat(sat), script_pubkey }
}

/// Change on 1/3.
pub fn change(account: &BitcoinAccount, sat: u64) -> TxOut {
    output(account.script_pubkey(1, 3).expect("an index"), sat)
}

/// Change to 0/0.
pub fn back(account: &BitcoinAccount, sat: u64) -> TxOut {
    output(account.script_pubkey(0, 0).expect("an index"), sat)
}

/// The address of a script.
pub fn address(script: &ScriptBuf, network: BitcoinNetwork) -> String {
    bitcoin::Address::from_script(script, network.to_bitcoin()).expect("an address").to_string()
}

/// A script of somebody else.
pub fn stranger(kind: ScriptKind, network: BitcoinNetwork) -> ScriptBuf {
    let key = stranger_key();
    match kind {
        ScriptKind::Pkh => ScriptBuf::new_p2pkh(&key.pubkey_hash()),
        ScriptKind::Wpkh => ScriptBuf::new_p2wpkh(&key.wpubkey_hash()),
        ScriptKind::ShWpkh => bitcoin::Address::p2shwpkh(&key, network.to_bitcoin()).script_pubkey(),
        ScriptKind::Tr => {
            let secp = Secp256k1::new();
            let tweaked = bitcoin::XOnlyPublicKey::from(key.0).tap_tweak(&secp, None).0;
            ScriptBuf::new_p2tr_tweaked(tweaked)
        }
    }
}

/// A key of somebody else.
pub fn stranger_key() -> CompressedPublicKey {
    let seed = Secret::take(&mut [0x5e; 64]);
    let key = ExtendedKey::master(&seed, bitcoin::Network::Regtest).expect("a master key");
    CompressedPublicKey(key.public(&Secp256k1::new()).public_key)
}
