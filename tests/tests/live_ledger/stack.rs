//! A Bitcoin node and a counterparty-server on regtest that somebody started, and what the tests need of them: blocks, coins,
//! and assets on the addresses of the test words. What is set up here is made by the server's own composer and signed by
//! the node, so that nothing of Airlock proves itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock_online::http::{Answer, Credential, Http, Request, Trace, Url};
use airlock_tests::ceremony::WORDS;
use airlock_tests::online::OnlineMachine;
use bitcoin::absolute::LockTime;
use bitcoin::bip32::{DerivationPath, Xpriv};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::key::CompressedPublicKey;
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, Network, OutPoint, PrivateKey, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid,
    Witness,
};
use serde_json::{Value, json};

/// The servers are one chain: tests take turns.
static TURN: Mutex<()> = Mutex::new(());
/// Confirmations until what was mined can be spent.
const MATURE: u64 = 100;
/// An asset of units with decimals, and one without; both are `cold`'s.
pub const DIVISIBLE: &str = "LEDGERDIV";
pub const INDIVISIBLE: &str = "LEDGERIND";
/// A subasset of [`DIVISIBLE`].
pub const SUBASSET: &str = "LEDGERDIV.sub.Item_1";
/// What an address has at least when a test begins.
const ENOUGH_XCP: u64 = 20_000_000_000;

/// The two servers.
pub struct Stack {
    node: Url,
    cookie: PathBuf,
    ledger: Url,
    /// Who mines, and pays for everything.
    bank: PrivateKey,
    _turn: MutexGuard<'static, ()>,
}

impl Stack {
    /// The servers that `BITCOIN_URL` (with the cookie file `BITCOIN_COOKIE`) and `COUNTERPARTY_URL` name, when this test
    /// has its turn. None where they are not named.
    pub fn open() -> Option<Self> {
        let named: BTreeMap<&str, String> = ["COUNTERPARTY_URL", "BITCOIN_URL", "BITCOIN_COOKIE"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var(name).ok()?)))
            .collect();
        let (Some(ledger), Some(node), Some(cookie)) =
            (named.get("COUNTERPARTY_URL"), named.get("BITCOIN_URL"), named.get("BITCOIN_COOKIE"))
        else {
            eprintln!("skipped: COUNTERPARTY_URL, BITCOIN_URL and BITCOIN_COOKIE do not all name something");
            return None;
        };
        let stack = Self {
            node: node.parse().unwrap(),
            cookie: cookie.into(),
            ledger: ledger.parse().unwrap(),
            bank: PrivateKey::new(SecretKey::from_slice(&[0x2a; 32]).unwrap(), Network::Regtest),
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        };
        assert_eq!(stack.call("getblockchaininfo", json!([]))["chain"], "regtest");
        stack.follow();
        Some(stack)
    }

    /// A machine of the treasury before these servers, whose addresses hold coins and assets.
    pub fn machine(&self) -> OnlineMachine {
        let machine = OnlineMachine::funded();
        self.configure(&machine, "home");
        self.endow(&machine);
        machine
    }

    /// Lets a home of the machine ask these servers.
    pub fn configure(&self, machine: &OnlineMachine, home: &str) {
        let file = machine.at(home).join("airlock.toml");
        let little = fs::read_to_string(&file).unwrap();
        let real = little
            .replace(&machine.world.core.url(), self.node.as_str())
            .replace(
                &machine.at(home).join("node.cookie").display().to_string(),
                &self.cookie.display().to_string(),
            )
            .replace(&machine.world.ledger.url(), self.ledger.as_str());
        fs::write(&file, real).unwrap();
    }

    /// Asks the node.
    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        let credential = Credential::Cookie(self.cookie.clone());
        let http = Http::new(self.node.clone(), credential, None, Trace::Off).unwrap();
        let body = json!({"jsonrpc": "1.0", "id": 1, "method": method, "params": params}).to_string();
        let request = Request { retries: false, ..Request::post(method, body.as_bytes()) };
        let answer: Value = serde_json::from_slice(&http.call(&request).unwrap().body).unwrap();
        assert!(answer["error"].is_null(), "{method} {params}: {}", answer["error"]);
        answer["result"].clone()
    }

    fn answer(&self, path: &str) -> Answer {
        let http = Http::new(self.ledger.clone(), Credential::None, None, Trace::Off).unwrap();
        http.call(&Request::get(&format!("/v2{path}"))).unwrap()
    }

    /// Asks the Counterparty server, below `/v2`; what it said is the second.
    pub fn ask(&self, path: &str) -> (u16, Value) {
        let answer = self.answer(path);
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_else(|e| panic!("{path}: {e}")))
    }

    /// The result of an answer that is good.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path);
        assert_eq!(status, 200, "{path}: {body}");
        body["result"].clone()
    }

    pub fn bank_address(&self) -> String {
        let key = CompressedPublicKey::from_private_key(&Secp256k1::new(), &self.bank).unwrap();
        Address::p2wpkh(&key, Network::Regtest).to_string()
    }

    /// Mines, and waits until the ledger has parsed it: block by block, because it takes one message of the node at a time.
    pub fn mine(&self, count: u32) {
        for _ in 0..count {
            self.call("generatetoaddress", json!([1, self.bank_address()]));
            self.follow();
        }
    }

    /// Waits until the ledger stands at the node's block, and says so: what it tells in the head of its answers comes later
    /// than what stands in them, each by a clock of its own.
    pub fn follow(&self) {
        assert!(self.follows(Duration::from_secs(300)), "the ledger does not follow: {}", self.ask("/").1);
    }

    /// The same, for so long.
    pub fn follows(&self, most: Duration) -> bool {
        let tip = self.call("getbestblockhash", json!([]));
        let begun = Instant::now();
        while begun.elapsed() < most {
            let answer = self.answer("/blocks/last");
            let last: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let height = last["result"]["block_index"].to_string();
            let says = |name: &str| answer.header(name) == Some(height.as_str());
            let root = self.ask("/").1;
            let is_told = [&root["result"]["counterparty_height"], &root["result"]["backend_height"]]
                .iter()
                .all(|told| told.to_string() == height);
            if last["result"]["block_hash"] == tip
                && is_told
                && says("x-counterparty-height")
                && says("x-bitcoin-height")
            {
                return true;
            }
            sleep(Duration::from_millis(200));
        }
        false
    }

    /// Waits until the ledger has seen a transaction that waits in the mempool.
    pub fn wait_for_mempool(&self, txid: &str) {
        let begun = Instant::now();
        while self.get(&format!("/mempool/transactions/{txid}/events")).as_array().unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{txid} is not seen in the mempool");
            sleep(Duration::from_millis(200));
        }
    }

    /// Pays coins to addresses, in a block; gives them in the order asked.
    pub fn fund(&self, wanted: &[(&str, u64)]) -> Vec<OutPoint> {
        let needed: u64 = wanted.iter().map(|(_, sats)| sats).sum::<u64>() + 10_000;
        let bank = self.bank_address();
        let coins = || {
            let told = self.call("scantxoutset", json!(["start", [format!("addr({bank})")]]));
            let tip = told["height"].as_u64().unwrap();
            let spendable =
                |coin: &&Value| coin["coinbase"] != true || coin["height"].as_u64().unwrap() + MATURE <= tip;
            let mut coins: Vec<(OutPoint, u64)> =
                told["unspents"].as_array().unwrap().iter().filter(spendable).map(coin_of).collect();
            coins.sort_by_key(|(_, sats)| std::cmp::Reverse(*sats));
            coins
        };
        let mut all = coins();
        if all.iter().map(|(_, sats)| sats).sum::<u64>() < needed {
            self.mine(110);
            all = coins();
        }
        let (mut inputs, mut sum) = (Vec::new(), 0);
        for (outpoint, sats) in all {
            if sum >= needed {
                break;
            }
            inputs.push(outpoint);
            sum += sats;
        }
        assert!(sum >= needed, "the bank has {sum} of {needed} sat");
        let rest = (bank.as_str(), sum - needed);
        let outputs = wanted
            .iter()
            .chain([&rest])
            .map(|(to, sats)| TxOut { value: Amount::from_sat(*sats), script_pubkey: script_of(to) });
        let transaction = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: inputs.into_iter().map(spend).collect(),
            output: outputs.collect(),
        };
        let txid = self.sign_and_send(&serialize_hex(&transaction), self.bank, json!([]));
        self.mine(1);
        (0..).take(wanted.len()).map(|vout| OutPoint { txid, vout }).collect()
    }

    /// Lets the node sign a transaction, and sends it.
    pub fn sign_and_send(&self, raw: &str, key: PrivateKey, spent: Value) -> Txid {
        let signed = self.call("signrawtransactionwithkey", json!([raw, [key.to_wif()], spent]));
        assert_eq!(signed["complete"], true, "{signed}");
        self.call("sendrawtransaction", json!([signed["hex"]])).as_str().unwrap().parse().unwrap()
    }

    /// The server's own composition, with a coin made for it, signed by the node and sent; not yet in a block.
    pub fn compose(&self, machine: &OnlineMachine, account: &str, what: &str) -> Txid {
        let from = machine.address(account);
        let coin = self.fund(&[(&from, 60_000_000)])[0];
        let key = key_of(account);
        let public = CompressedPublicKey::from_private_key(&Secp256k1::new(), &key).unwrap();
        let path = format!(
            "/addresses/{from}/compose/{what}&inputs_set={coin}&use_all_inputs_set=true&exact_fee=5000\
             &disable_utxo_locks=true&multisig_pubkey={public}"
        );
        let composed = self.get(&path);
        let spent = match account {
            // The node cannot guess what the hash of a nested address stands for.
            "nested" => {
                let redeem = ScriptBuf::new_p2wpkh(&public.wpubkey_hash());
                json!([{
                    "txid": coin.txid, "vout": coin.vout, "scriptPubKey": script_of(&from).to_hex_string(),
                    "redeemScript": redeem.to_hex_string(), "amount": "0.60000000",
                }])
            }
            _ => json!([]),
        };
        self.sign_and_send(composed["rawtransaction"].as_str().unwrap(), key, spent)
    }

    /// What an address holds of an asset, in base units; not what is attached to its coins.
    pub fn balance(&self, address: &str, asset: &str) -> u64 {
        let rows = self.get(&format!("/addresses/{address}/balances/{asset}?type=address"));
        rows.as_array().unwrap().iter().map(|row| row["quantity"].as_u64().unwrap()).sum()
    }

    /// The numeric name of [`SUBASSET`].
    pub fn subasset(&self) -> String {
        self.get(&format!("/assets/{SUBASSET}"))["asset"].as_str().unwrap().to_owned()
    }

    /// Burns and issues what is missing.
    fn endow(&self, machine: &OnlineMachine) {
        let mut made = false;
        if self.call("getblockcount", json!([])).as_u64().unwrap() < 110 {
            self.mine(110);
        }
        for account in ["cold", "legacy", "nested"] {
            if self.balance(&machine.address(account), "XCP") >= ENOUGH_XCP {
                continue;
            }
            made = true;
            let to = machine.address(account);
            // An address can burn one bitcoin in its life.
            if account != "cold" && self.balance(&machine.address("cold"), "XCP") > 2 * ENOUGH_XCP {
                let what = format!("send?destination={to}&asset=XCP&quantity={ENOUGH_XCP}");
                self.compose(machine, "cold", &what);
                self.mine(1);
            } else {
                self.compose(machine, account, "burn?quantity=50000000");
            }
        }
        if made {
            self.mine(1);
        }
        let issued = [
            (DIVISIBLE, "quantity=100000000000000&divisible=true"),
            (INDIVISIBLE, "quantity=1000000&divisible=false"),
            (SUBASSET, "quantity=100000000000&divisible=true"),
        ];
        for (name, how) in issued {
            if self.ask(&format!("/assets/{name}")).0 == 404 {
                self.compose(
                    machine,
                    "cold",
                    &format!("issuance?asset={name}&{how}&description=for%20tests"),
                );
                self.mine(1);
            }
        }
        let coins: Vec<(String, u64)> = [
            ("cold", 5_000_000),
            ("cold", 2_000_000),
            ("float", 5_000_000),
            ("legacy", 4_000_000),
            ("legacy", 3_000_000),
            ("nested", 3_000_000),
        ]
        .iter()
        .map(|(account, sats)| (machine.address(account), *sats))
        .collect();
        let coins: Vec<(&str, u64)> = coins.iter().map(|(to, sats)| (to.as_str(), *sats)).collect();
        self.fund(&coins);
    }
}

/// The key of an account's first address.
pub fn key_of(account: &str) -> PrivateKey {
    let path = match account {
        "cold" => "m/84'/1'/0'/0/0",
        "legacy" => "m/44'/1'/0'/0/0",
        "nested" => "m/49'/1'/0'/0/0",
        other => panic!("no key of {other}"),
    };
    let seed = bip39::Mnemonic::parse(WORDS).unwrap().to_seed("");
    let master = Xpriv::new_master(Network::Regtest, &seed).unwrap();
    let path: DerivationPath = path.parse().unwrap();
    master.derive_priv(&Secp256k1::new(), &path).unwrap().to_priv()
}

fn spend(previous_output: OutPoint) -> TxIn {
    TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    }
}

fn script_of(address: &str) -> ScriptBuf {
    let address: Address<bitcoin::address::NetworkUnchecked> = address.parse().unwrap();
    address.require_network(Network::Regtest).unwrap().script_pubkey()
}

fn coin_of(told: &Value) -> (OutPoint, u64) {
    let outpoint = format!("{}:{}", told["txid"].as_str().unwrap(), told["vout"]).parse().unwrap();
    (outpoint, Amount::from_btc(told["amount"].as_f64().unwrap()).unwrap().to_sat())
}
