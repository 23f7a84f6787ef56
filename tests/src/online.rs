//! An online machine in a folder of its own: the real program with the treasury's accounts, before a world of three servers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use airlock::bundle::{Bundle, Signed};
use airlock::counterparty::asset::AssetId;
use airlock::snapshot::AssetFacts;
use airlock::watch::Watch;
use bitcoin::ScriptBuf;
use serde_json::Value;
use tempfile::TempDir;

use crate::ceremony::{done, text};
use crate::chain::World;
use crate::chain::rippled::Root;
use crate::programs::{programs, run};
use crate::treasury::Treasury;

/// An XRP account that exists and is not ours.
pub const XRP_PAYEE: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
/// A bitcoin address that is not ours.
pub const PAYEE: &str = "bcrt1qy9qk504uumlsynpy5qyx2y70wgkgtqpdurpu7w";
/// A divisible asset besides XCP.
pub const TOKEN: &str = "TOKENDIV";

/// The machine.
pub struct OnlineMachine {
    folder: TempDir,
    /// Who signs.
    pub treasury: Treasury,
    /// What the servers know.
    pub world: World,
}

impl OnlineMachine {
    /// A machine whose accounts hold coins, assets and XRP, all in the last block and ledger.
    ///
    /// # Panics
    /// When the accounts cannot be imported.
    pub fn funded() -> Self {
        // Before the ledgers begin to age.
        programs();
        let machine = Self {
            folder: tempfile::tempdir().expect("a folder"),
            treasury: Treasury::open(),
            world: World::new(),
        };
        machine.world.configure(&machine.home());
        let watch = Watch { accounts: machine.treasury.accounts.clone() };
        fs::write(machine.at("watch.json"), watch.encode()).expect("the watch file is written");
        done(&machine.run(&["accounts", "import", "watch.json"]));
        let coins = machine.coins();
        let (cold, legacy, ours) =
            (machine.address("cold"), machine.address("legacy"), machine.xrp_address());
        machine.world.with(|truth| {
            truth.blocks.fund(&coins);
            let token = AssetFacts {
                name: TOKEN.to_owned(),
                id: AssetId::from_name(TOKEN).expect("a name").to_u64().to_string(),
                longname: None,
                divisible: true,
                locked: false,
                owner: Some(cold.clone()),
            };
            truth.ledger.assets.push(token);
            let xcp = |units: u64| units * 100_000_000;
            truth.ledger.balances.insert((cold.clone(), "XCP".to_owned()), xcp(250));
            truth.ledger.balances.insert((cold, TOKEN.to_owned()), xcp(1_000));
            truth.ledger.balances.insert((legacy, "XCP".to_owned()), xcp(75));
            let root = |balance, sequence| Root { balance, sequence, ..Root::default() };
            truth.xrpl.accounts.insert(ours, root(90_000_000_000, 9_000_100));
            truth.xrpl.accounts.insert(XRP_PAYEE.to_owned(), root(50_000_000, 9_000_200));
        });
        machine
    }

    /// What the accounts hold of bitcoin in the beginning: scripts and satoshi.
    ///
    /// # Panics
    /// Where an account is missing.
    pub fn coins(&self) -> Vec<(ScriptBuf, u64)> {
        let coins = [
            ("cold", 0, 0, 50_000_000),
            ("cold", 0, 1, 1_000_000),
            ("cold", 1, 0, 300_000),
            ("float", 0, 0, 20_000_000),
            ("legacy", 0, 0, 10_000_000),
            ("legacy", 0, 0, 2_000_000),
            ("legacy", 0, 0, 1_000_000),
            ("nested", 0, 0, 700_000),
        ];
        coins.map(|(name, branch, index, sat)| (self.script(name, branch, index), sat)).to_vec()
    }

    /// A script of an account.
    ///
    /// # Panics
    /// Where there is none.
    pub fn script(&self, name: &str, branch: u32, index: u32) -> ScriptBuf {
        let account = self.treasury.accounts.iter().find(|account| account.name.as_str() == name);
        let account = account.and_then(|account| account.bitcoin()).expect("a bitcoin account");
        account.script_pubkey(branch, index).expect("a script")
    }

    /// The first address of an account, which holds its assets.
    ///
    /// # Panics
    /// Where there is none.
    pub fn address(&self, name: &str) -> String {
        let account = self.treasury.accounts.iter().find(|account| account.name.as_str() == name);
        let account = account.and_then(|account| account.bitcoin()).expect("a bitcoin account");
        account.address(0, 0).expect("an address").to_string()
    }

    /// The XRP account's address.
    ///
    /// # Panics
    /// Where there is none.
    pub fn xrp_address(&self) -> String {
        let account = self.treasury.accounts.iter().find_map(|account| account.xrp());
        account.expect("an XRP account").address().to_owned()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.at("home")
    }

    /// Runs the program in the folder, with its home.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&programs().online, self.folder(), &[&["--home", "home"], arguments].concat())
    }

    /// Runs it for its JSON answer.
    ///
    /// # Panics
    /// Where it ends badly.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = done(&self.run(&[&["--json"], arguments].concat()));
        serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {output}"))
    }

    /// Runs what must be refused, and gives the exit code with all that was said.
    ///
    /// # Panics
    /// Where it ends well.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} went well: {said}");
        (output.status.code().expect("it was not killed"), said)
    }

    /// The files of the folder with this ending, sorted.
    ///
    /// # Panics
    /// When the folder cannot be read.
    pub fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder()).expect("the folder");
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        found.sort();
        found
    }

    /// Runs a builder and gives the one new bundle with its file.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[track_caller]
    pub fn plan(&self, arguments: &[&str]) -> (Bundle, PathBuf) {
        let before = self.files(".bundle.json");
        done(&self.run(arguments));
        let new: Vec<PathBuf> =
            self.files(".bundle.json").into_iter().filter(|path| !before.contains(path)).collect();
        let [path] = <[PathBuf; 1]>::try_from(new).expect("one new bundle");
        let bytes = fs::read(&path).expect("the bundle is read");
        (Bundle::decode(&bytes).expect("the bundle is sound"), path)
    }

    /// Signs a bundle as the offline half does, and lays the answer beside it.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn sign(&self, bundle: &Bundle, path: &Path) -> (Signed, PathBuf) {
        let signed = self.treasury.sign(bundle);
        let name = path.to_string_lossy().replace(".bundle.json", ".signed.json");
        fs::write(&name, signed.encode()).expect("the answer is written");
        (signed, PathBuf::from(name))
    }
}
