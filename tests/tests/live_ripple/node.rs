//! The server: what is asked of it beside what the online program asks, and accounts that live on it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use airlock::xrp::Transaction;
use airlock_offline::keys::{FamilySeed, XrpKey};
use airlock_offline::sign::xrp::sign_single;
use airlock_online::http::{Credential, Http, Request, Trace};
use airlock_online::source::rippled::Rippled;
use airlock_online::source::xrpl::XrplSource as _;
use bitcoin::hex::DisplayHex as _;
use bitcoin::secp256k1::Secp256k1;
use serde_json::{Value, json};

/// Holds all XRP of a new ledger; everybody knows its seed.
pub const GENESIS: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
const GENESIS_SEED: &str = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb";

/// A standalone rippled that lets us close its ledgers. One test at a time has it.
pub struct Node {
    http: Http,
    /// Its place.
    pub url: String,
    /// Its network.
    pub network_id: u32,
    _turn: MutexGuard<'static, ()>,
}

impl Node {
    /// The server that `RIPPLED_URL` names; none, and a line about it, where there is none.
    pub fn open() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let Ok(url) = std::env::var("RIPPLED_URL") else {
            eprintln!("skipped: RIPPLED_URL is not set");
            return None;
        };
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let http = Http::new(url.parse().unwrap(), Credential::None, None, Trace::Off).unwrap();
        let mut node = Self { http, url, network_id: 0, _turn: turn };
        let info = node.ask("server_info", json!({}));
        node.network_id = u32::try_from(info["info"]["network_id"].as_u64().unwrap()).unwrap();
        let closed = node.ask("ledger_accept", json!({}));
        if closed["status"] != "success" {
            eprintln!("skipped: {} closes no ledger for us, it is not standalone: {closed}", node.url);
            return None;
        }
        node.wait_for_the_clock(120);
        Some(node)
    }

    /// As [`Node::open`], for what the two programs do: a vault for tests takes accounts of public test networks.
    pub fn of_test_network() -> Option<Self> {
        let node = Self::open()?;
        if !(1..=2).contains(&node.network_id) {
            eprintln!("skipped: {} is on network {}, and not on 1 or 2", node.url, node.network_id);
            return None;
        }
        Some(node)
    }

    /// A ledger closes a second after the one before at the earliest: many that were closed at once lie ahead of the clock,
    /// and the online program plans on none that is further away than five minutes.
    pub fn wait_for_the_clock(&self, ahead: u64) {
        loop {
            if self.close_time() + 946_684_800 <= airlock_tests::chain::now() + ahead {
                return;
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    }

    /// What a place in the open ledger costs, in drops.
    pub fn reader_fee(&self) -> u64 {
        self.reader().fee().unwrap().open.to_drops()
    }

    /// When the last ledger closed, in seconds of the ledger's own time.
    pub fn close_time(&self) -> u64 {
        let ledger = self.ask("ledger", json!({"ledger_index": "validated"}));
        ledger["ledger"]["close_time"].as_u64().unwrap()
    }

    /// The reader under test.
    pub fn reader(&self) -> Rippled {
        Rippled::new(Http::new(self.url.parse().unwrap(), Credential::None, None, Trace::Off).unwrap())
    }

    /// `result` of an answer, whatever it is.
    pub fn ask(&self, method: &str, mut params: Value) -> Value {
        params["api_version"] = json!(2);
        let body = json!({"method": method, "params": [params]}).to_string();
        let request = Request { retries: false, ..Request::post(method, body.as_bytes()) };
        let answer: Value = serde_json::from_slice(&self.http.call(&request).unwrap().body).unwrap();
        answer["result"].clone()
    }

    /// Closes a ledger; its index.
    pub fn close(&self) -> u32 {
        let closed = self.ask("ledger_accept", json!({}));
        assert_eq!(closed["status"], "success", "{closed}");
        u32::try_from(closed["ledger_current_index"].as_u64().unwrap()).unwrap() - 1
    }

    /// Closes so many; the last one's index.
    pub fn close_many(&self, count: u32) -> u32 {
        (0..count).fold(0, |_, _| self.close())
    }

    /// The root of an account in the open ledger; null where there is none.
    pub fn root(&self, address: &str) -> Value {
        self.ask("account_info", json!({"account": address, "ledger_index": "current"}))["account_data"]
            .clone()
    }

    /// Drops of an account in the last validated ledger.
    pub fn balance(&self, address: &str) -> u64 {
        let told = self.ask("account_info", json!({"account": address, "ledger_index": "validated"}));
        told["account_data"]["Balance"].as_str().map_or(0, |drops| drops.parse().unwrap())
    }

    /// A transaction of the key's own account as it stands now, with whatever `members` leave out.
    pub fn complete(&self, key: &XrpKey, members: Value) -> Transaction {
        let mut tx = members;
        let members = tx.as_object_mut().unwrap();
        let mut absent = |name: &str, value: Value| {
            members.entry(name).or_insert(value);
        };
        let address = key.account_id().to_string();
        absent("Account", json!(address));
        absent("Flags", json!(0));
        absent("Fee", json!("5000"));
        if self.network_id > 1024 {
            absent("NetworkID", json!(self.network_id));
        }
        if !members.contains_key("Sequence") {
            let sequence = match members.contains_key("TicketSequence") {
                true => json!(0),
                false => self.root(members["Account"].as_str().unwrap())["Sequence"].clone(),
            };
            members.insert("Sequence".to_owned(), sequence);
        }
        Transaction::from_json(&tx).unwrap_or_else(|e| panic!("{e}: {tx}"))
    }

    /// Signs with our own library.
    pub fn signed(&self, key: &XrpKey, members: Value) -> Transaction {
        sign_single(&Secp256k1::new(), key, &self.complete(key, members)).unwrap()
    }

    /// Hands over; the whole answer.
    pub fn submit(&self, transaction: &Transaction) -> Value {
        self.ask("submit", json!({"tx_blob": transaction.to_blob().to_upper_hex_string()}))
    }

    /// Signs, hands over, insists on success and closes the ledger.
    #[track_caller]
    pub fn done(&self, key: &XrpKey, members: Value) {
        let told = self.submit(&self.signed(key, members));
        assert_eq!(told["engine_result"], "tesSUCCESS", "{told}");
        self.close();
    }

    /// Pays XRP, in drops, from the first account of the ledger.
    pub fn fund(&self, address: &str, drops: u64) {
        let payment =
            json!({"TransactionType": "Payment", "Destination": address, "Amount": drops.to_string()});
        self.done(&key(GENESIS_SEED), payment);
    }

    /// A new seed and its key, which the server made by chance.
    pub fn propose(&self, algorithm: &str) -> (String, XrpKey) {
        let told = self.ask("wallet_propose", json!({"key_type": algorithm}));
        let seed = told["master_seed"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned();
        let own = FamilySeed::parse(&seed).unwrap();
        let key = own.with_algorithm(algorithm_of(algorithm)).key(&Secp256k1::new()).unwrap();
        assert_eq!(told["account_id"], key.account_id().to_string(), "{told}");
        assert_eq!(told["public_key_hex"], key.public_key().to_string(), "{told}");
        (seed, key)
    }

    /// A new account with so many drops.
    pub fn stranger(&self, drops: u64) -> XrpKey {
        let (_, key) = self.propose("ed25519");
        self.fund(&key.account_id().to_string(), drops);
        key
    }
}

fn algorithm_of(name: &str) -> airlock::xrp::Algorithm {
    match name {
        "ed25519" => airlock::xrp::Algorithm::Ed25519,
        _ => airlock::xrp::Algorithm::Secp256k1,
    }
}

/// The key of a seed of which the text tells the algorithm.
pub fn key(seed: &str) -> XrpKey {
    FamilySeed::parse(seed).unwrap().key(&Secp256k1::new()).unwrap()
}
