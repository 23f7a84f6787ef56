//! A Bitcoin Core on regtest in a folder of its own: nobody connects to it, and it connects to nobody.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock_online::http::{Credential, Http, Request, Trace};
use airlock_online::source::core::BitcoinCore;
use airlock_tests::chain::blocks::Blocks;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Address, Block, BlockHash, Network, Script, Transaction, Txid};
use serde_json::{Value, json};

/// What a node says against a call.
pub type Refusal = (i64, String);

/// The node.
pub struct Bitcoind {
    program: String,
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    read: RefCell<BTreeMap<BlockHash, Block>>,
}

impl Bitcoind {
    /// Starts what `BITCOIND_EXE` names; none where it names nothing, which is said.
    pub fn start(options: &[&str]) -> Option<Self> {
        Self::start_as("BITCOIND_EXE", options)
    }

    /// As [`Bitcoind::start`], of another variable.
    pub fn start_as(variable: &str, options: &[&str]) -> Option<Self> {
        let Ok(program) = std::env::var(variable) else {
            eprintln!("skipped: {variable} is not set");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let child = spawned(&program, &folder, port, options);
        let node = Self { program, child, folder, port, read: RefCell::default() };
        node.wait();
        Some(node)
    }

    fn wait(&self) {
        let begun = Instant::now();
        while let Err((code, words)) = self.try_call("getblockcount", json!([])) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{}: {code} {words}", self.program);
            sleep(Duration::from_millis(100));
        }
    }

    /// Stops it, and takes its folder for the next start.
    pub fn stop(&mut self) {
        drop(self.try_call("stop", json!([])));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again on the same folder and port, without waiting until it answers.
    pub fn begin(&mut self, options: &[&str]) {
        self.child = spawned(&self.program, &self.folder, self.port, options);
    }

    /// Stops it and starts it again.
    pub fn restart(&mut self, options: &[&str]) {
        self.stop();
        self.begin(options);
        self.wait();
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its cookie.
    pub fn cookie(&self) -> PathBuf {
        self.folder.path().join("regtest/.cookie")
    }

    fn http(&self, trace: Trace) -> Http {
        Http::new(self.url().parse().unwrap(), Credential::Cookie(self.cookie()), None, trace).unwrap()
    }

    /// It as the programs ask it.
    pub fn source(&self, wallet: Option<&str>) -> BitcoinCore {
        BitcoinCore::new(self.http(Trace::Off), wallet.map(str::to_owned))
    }

    /// A call of its own, in its own words; code 0 where it does not answer.
    pub fn try_call(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        self.try_call_on("", method, params)
    }

    /// As [`Bitcoind::try_call`], below a path.
    pub fn try_call_on(&self, path: &str, method: &str, params: Value) -> Result<Value, Refusal> {
        self.caller().call(path, method, params)
    }

    /// Another client, for another thread.
    pub fn caller(&self) -> Caller {
        Caller(self.http(Trace::Off))
    }

    /// A call that must go well.
    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params.clone()).unwrap_or_else(|error| panic!("{method} {params}: {error:?}"))
    }

    /// What it calls itself.
    pub fn version(&self) -> String {
        self.call("getnetworkinfo", json!([]))["subversion"].as_str().unwrap().to_owned()
    }

    /// The first number of its version.
    pub fn major(&self) -> u32 {
        self.version().trim_start_matches("/Satoshi:").split('.').next().unwrap().parse().unwrap()
    }

    /// Mines blocks that pay an address, with all that waits.
    pub fn mine(&self, count: u32, to: &str) -> Vec<Block> {
        let hashes = self.call("generatetoaddress", json!([count, to]));
        hashes.as_array().unwrap().iter().map(|hash| self.block(hash)).collect()
    }

    /// Mines a block of these transactions and no others.
    pub fn mine_only(&self, transactions: &[&Transaction], to: &str) {
        let raw: Vec<String> = transactions.iter().map(|tx| serialize_hex(*tx)).collect();
        self.call("generateblock", json!([to, raw]));
    }

    /// The block of a hash.
    fn block(&self, hash: &Value) -> Block {
        let key: BlockHash = hash.as_str().unwrap().parse().unwrap();
        let mut read = self.read.borrow_mut();
        let ask = || deserialize_hex(self.call("getblock", json!([hash, 0])).as_str().unwrap()).unwrap();
        read.entry(key).or_insert_with(ask).clone()
    }

    /// Height of the tip.
    pub fn height(&self) -> u64 {
        self.call("getblockcount", json!([])).as_u64().unwrap()
    }

    /// Takes the last blocks out of the chain.
    pub fn invalidate(&self, count: u64) {
        let hash = self.call("getblockhash", json!([self.height() + 1 - count]));
        self.call("invalidateblock", json!([hash]));
    }

    /// What waits.
    pub fn waiting(&self) -> Vec<Txid> {
        let all = self.call("getrawmempool", json!([]));
        all.as_array().unwrap().iter().map(|txid| txid.as_str().unwrap().parse().unwrap()).collect()
    }

    /// The whole chain.
    pub fn blocks(&self) -> Blocks {
        let hash = |height: u64| self.call("getblockhash", json!([height]));
        Blocks::copied((0..=self.height()).map(|height| self.block(&hash(height))).collect())
    }
}

fn spawned(program: &str, folder: &tempfile::TempDir, port: u16, options: &[&str]) -> Child {
    Command::new(program)
        .args(["-regtest", "-server", "-listen=0", "-connect=0", "-rpcbind=127.0.0.1"])
        .args(["-rpcallowip=127.0.0.1", "-debug=0"])
        .arg(format!("-datadir={}", folder.path().display()))
        .arg(format!("-rpcport={port}"))
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("{program}: {e}"))
}

impl Drop for Bitcoind {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.stop();
        }
    }
}

/// A client of a node.
pub struct Caller(Http);

impl Caller {
    /// A call below a path, in the node's own words; code 0 where it does not answer.
    pub fn call(&self, path: &str, method: &str, params: Value) -> Result<Value, Refusal> {
        let body = json!({"jsonrpc": "1.0", "id": 1, "method": method, "params": params}).to_string();
        let patience = Duration::from_secs(300);
        let request = Request { path, retries: false, patience, ..Request::post(method, body.as_bytes()) };
        let answer = self.0.call(&request).map_err(|e| (0, e.to_string()))?;
        let answer: Value = serde_json::from_slice(&answer.body).map_err(|e| (0, e.to_string()))?;
        match &answer["error"] {
            Value::Null => Ok(answer["result"].clone()),
            error => Err((error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())),
        }
    }
}

/// The address of a script.
pub fn address(script: &Script) -> String {
    Address::from_script(script, Network::Regtest).unwrap().to_string()
}
