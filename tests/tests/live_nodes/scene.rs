//! An online machine whose Bitcoin server is a real node; its Counterparty server is the little one, on the node's blocks.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use airlock::bundle::{Bundle, Signed};
use airlock_tests::online::{OnlineMachine, PAYEE};
use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::opcodes::OP_TRUE;
use bitcoin::script::Builder;
use bitcoin::transaction::Version;
use bitcoin::{Amount, Block, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use serde_json::{Value, json};

use crate::bitcoind::{Bitcoind, address};

/// An output that everybody can spend.
pub type Coin = (OutPoint, u64);

/// A script that everybody can spend from, and the witness for it.
pub fn anyone() -> (ScriptBuf, Witness) {
    let script = Builder::new().push_opcode(OP_TRUE).into_script();
    (script.to_p2wsh(), Witness::from_slice(&[script.as_bytes()]))
}

/// A transaction that spends coins of everybody.
pub fn spend(coins: &[Coin], to: &[(ScriptBuf, u64)]) -> Transaction {
    let input = coins.iter().map(|(coin, _)| TxIn {
        previous_output: *coin,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: anyone().1,
    });
    let output =
        to.iter().map(|(script, sat)| TxOut { value: Amount::from_sat(*sat), script_pubkey: script.clone() });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output: output.collect(),
    }
}

/// A mined chain of which everybody can spend the first eight coinbases.
pub struct Chain {
    pub node: Bitcoind,
    coins: RefCell<Vec<Coin>>,
}

impl Chain {
    /// A node with these options; none where there is no program.
    pub fn open(options: &[&str]) -> Option<Self> {
        Some(Self::on(Bitcoind::start(options)?))
    }

    /// On a fresh node.
    pub fn on(node: Bitcoind) -> Self {
        let mined = node.mine(8, &address(&anyone().0));
        node.mine(100, PAYEE);
        let coin = |block: &Block| {
            let coinbase = &block.txdata[0];
            (OutPoint::new(coinbase.compute_txid(), 0), coinbase.output[0].value.to_sat())
        };
        Self { node, coins: RefCell::new(mined.iter().map(coin).collect()) }
    }

    /// A coin of everybody that nobody has spent.
    pub fn coin(&self) -> Coin {
        self.coins.borrow_mut().pop().expect("few are taken")
    }

    /// Pays these and mines it.
    pub fn pay(&self, to: &[(ScriptBuf, u64)]) -> Txid {
        let coin = self.coin();
        let paid: u64 = to.iter().map(|(_, sat)| sat).sum();
        let rest = (anyone().0, coin.1 - paid - 200_000);
        let tx = spend(&[coin], &[to, &[rest]].concat());
        self.send(&tx);
        self.node.mine(1, PAYEE);
        let txid = tx.compute_txid();
        let vout = u32::try_from(to.len()).unwrap();
        self.coins.borrow_mut().push((OutPoint::new(txid, vout), coin.1 - paid - 200_000));
        txid
    }

    /// So many coins of everybody, mined.
    pub fn split(&self, count: u32, sat: u64) -> Vec<Coin> {
        let txid = self.pay(&vec![(anyone().0, sat); usize::try_from(count).unwrap()]);
        (0..count).map(|vout| (OutPoint::new(txid, vout), sat)).collect()
    }

    /// Hands a transaction to the node, which must take it.
    #[track_caller]
    pub fn send(&self, tx: &Transaction) {
        self.node.call("sendrawtransaction", json!([serialize_hex(tx), 0]));
    }
}

/// A signed bundle in the folder of the machine.
pub struct Sent {
    pub bundle: Bundle,
    pub signed: Signed,
    pub file: PathBuf,
}

impl Sent {
    /// The final transactions, in the order of the steps.
    pub fn transactions(&self) -> Vec<Transaction> {
        let text = String::from_utf8(self.signed.encode()).unwrap();
        text.split('"').filter_map(|part| deserialize_hex(part).ok()).collect()
    }
}

/// A machine with coins before a node.
pub struct Scene {
    pub machine: OnlineMachine,
    pub chain: Chain,
}

impl Scene {
    /// Coins as on the little chain, on a node with these options; none where there is no program.
    pub fn open(options: &[&str]) -> Option<Self> {
        let chain = Chain::open(options)?;
        let scene = Self { machine: OnlineMachine::funded(), chain };
        scene.point(None);
        scene.chain.pay(&scene.machine.coins());
        scene.follow();
        Some(scene)
    }

    pub fn node(&self) -> &Bitcoind {
        &self.chain.node
    }

    /// Writes an `airlock.toml` that names the node, and this wallet of it.
    pub fn point(&self, wallet: Option<&str>) {
        let home = self.machine.home();
        self.machine.world.configure(&home);
        let (url, cookie) = (self.node().url(), self.node().cookie());
        let wallet = wallet.map(|name| format!("wallet = \"{name}\"\n")).unwrap_or_default();
        let honest = fs::read_to_string(home.join("airlock.toml")).unwrap();
        let little = home.join("node.cookie").display().to_string();
        let real = honest.replace(&self.machine.world.core.url(), &url).replace(
            &format!("cookie_file = \"{little}\"\n"),
            &format!("cookie_file = \"{}\"\n{wallet}", cookie.display()),
        );
        assert!(real.contains(&url) && real.contains(&cookie.display().to_string()));
        fs::write(home.join("airlock.toml"), real).unwrap();
    }

    /// Changes `airlock.toml`.
    pub fn configure(&self, from: &str, to: &str) {
        let path = self.machine.home().join("airlock.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }

    /// The ledger reads the node's blocks; the XRP Ledger goes on.
    pub fn follow(&self) {
        self.machine.world.with(|truth| truth.blocks = self.node().blocks());
        self.machine.world.close();
    }

    /// Mines what waits.
    pub fn mine(&self, count: u32) {
        self.node().mine(count, PAYEE);
        self.follow();
    }

    /// Plans and signs, for 2 sat/vB.
    pub fn signed(&self, command: &[&str]) -> Sent {
        self.signed_for("2", command)
    }

    /// As [`Scene::signed`], at a rate.
    pub fn signed_for(&self, rate: &str, command: &[&str]) -> Sent {
        let (bundle, path) = self.machine.plan(&[command, &["--fee-rate", rate]].concat());
        let (signed, file) = self.machine.sign(&bundle, &path);
        Sent { bundle, signed, file }
    }

    pub fn broadcast(&self, sent: &Sent) -> Value {
        self.machine.json(&["broadcast", sent.file.to_str().unwrap(), "--wait", "seen"])
    }

    pub fn refused(&self, sent: &Sent) -> String {
        self.machine.refused(&["broadcast", sent.file.to_str().unwrap(), "--wait", "seen"]).1
    }

    /// The states of the steps, after a look.
    pub fn states(&self, sent: &Sent) -> Vec<String> {
        let told = self.machine.json(&["status", &sent.bundle.id().to_string()]);
        let steps = told["bundles"][0]["steps"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
        steps.iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect()
    }
}
