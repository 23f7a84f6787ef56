//! The scene of all screens: accounts of the public test mnemonic, invented coins and balances.

use airlock::account::{Account, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AssetBalance, Coin, Snapshot, XrplAccountFacts};
use airlock::xrp::PublicKey;
use airlock_tests::{vectors, workspace_root};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::{DerivationPath, Xpub};
use bitcoin::hashes::Hash as _;
use bitcoin::hex::FromHex as _;
use bitcoin::transaction::Version;
use bitcoin::{Address, Amount, NetworkKind, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid};

const KINDS: [(&str, ScriptKind, &str, Role, Holds); 5] = [
    ("cold", ScriptKind::Wpkh, "wpkh", Role::Cold, Holds::Assets),
    ("float", ScriptKind::Tr, "tr", Role::Hot, Holds::BitcoinOnly),
    ("legacy", ScriptKind::Pkh, "pkh", Role::Holding, Holds::Assets),
    ("nested", ScriptKind::ShWpkh, "shwpkh", Role::Warm, Holds::Assets),
    ("xrp-cold", ScriptKind::Wpkh, "", Role::Cold, Holds::Assets),
];

/// The exchange's own XRP account.
pub const XRP_COLD: &str = "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3";
/// An XRP account whose regular key is that of the former.
pub const XRP_GUARDED: &str = "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De";
/// An XRP account that requires a tag.
pub const XRP_TAGGED: &str = "rNC4SXHA1fZDBTAEXmoCxivKEDGoA35A2s";
/// An XRP account that requires no tag.
pub const XRP_OPEN: &str = "rLpVmDLyWnfGEd5kvoArEeYJFSNrSzuCEg";
/// An address that the ledger does not know.
pub const XRP_NEW: &str = "rUvn5QwLAcEVcd1sz1PgmaPee5eugp8ktb";
/// Wants a memo.
pub const WANTS_MEMO: &str = "bcrt1qxdyjf6h5d6qxap4n2dap97q4j5ps6ua8jkxz0z";
/// Two addresses with the same first and last characters.
pub const ALIKE: [&str; 2] =
    ["bcrt1qrf3kme43yyde3hvgyzy3cev8qqc9jvh2zp4fyw", "bcrt1qrf3kj0xz4ntg65jp0p57rdexuelvuxvtj24fyw"];

/// Accounts and snapshot on one network.
pub struct Scene {
    pub accounts: Vec<Account>,
    pub snapshot: Snapshot,
    network: BitcoinNetwork,
}

impl Scene {
    pub fn regtest() -> Self {
        Self::on(BitcoinNetwork::Regtest, 285)
    }

    /// As [`Scene::regtest`], as if all of it had happened elsewhere, at a height.
    pub fn on(network: BitcoinNetwork, height: u32) -> Self {
        let accounts = accounts(network);
        let path = workspace_root().join("vectors/demo/snapshot.json");
        let mut snapshot = Snapshot::decode(&std::fs::read(path).unwrap()).unwrap();
        let facts = snapshot.bitcoin.as_mut().unwrap();
        (facts.network, facts.height) = (network, height);
        facts.coins.clear();
        let ledger = snapshot.counterparty.as_mut().unwrap();
        ledger.height = height;
        ledger.balances.clear();
        let owner = accounts[0].bitcoin().unwrap().address(0, 0).unwrap().to_string();
        for asset in ledger.assets.iter_mut().filter(|asset| asset.name != "XCP") {
            asset.owner = Some(owner.clone());
        }
        for row in &mut ledger.addresses {
            row.address = elsewhere(&row.address, network);
        }
        let mut scene = Self { accounts, snapshot, network };
        for (name, ..) in KINDS.iter().take(4) {
            scene.fund(name, 0, 0, 150_000_000);
            scene.fund(name, 0, 1, 20_000_000);
            if *name != "float" {
                scene.give(name, "XCP", "100000000000");
                scene.give(name, "TOKENDIV", "500000000000");
                scene.give(name, "CARDSIND", "5000");
            }
        }
        let known = |address: &str, flags: u32, regular_key: Option<&str>| XrplAccountFacts {
            address: address.into(),
            exists: true,
            balance: "250000000000".into(),
            sequence: 7_100_007,
            owner_count: 2,
            flags,
            regular_key: regular_key.map(Into::into),
            signer_list: false,
            tickets: vec![7_000_001],
        };
        let ledger = scene.snapshot.xrpl.as_mut().unwrap();
        ledger.accounts = vec![
            known(XRP_COLD, 0, None),
            known(XRP_GUARDED, 0, Some(XRP_COLD)),
            known(XRP_TAGGED, 0x0002_0000, None),
            known(XRP_OPEN, 0, None),
            XrplAccountFacts { exists: false, balance: "0".into(), ..known(XRP_NEW, 0, None) },
        ];
        scene
    }

    pub fn address(&self, account: &str, branch: u32, index: u32) -> String {
        let account = self.accounts.iter().find(|found| found.name.as_str() == account).unwrap();
        account.bitcoin().unwrap().address(branch, index).unwrap().to_string()
    }

    /// Recipients that nobody has keys for, P2WPKH.
    pub fn recipient(&self, number: u16) -> String {
        let mut hash = bitcoin::hashes::hash160::Hash::hash(&number.to_be_bytes()).to_byte_array();
        hash[..2].copy_from_slice(&number.to_be_bytes());
        let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V0, &hash).unwrap();
        Address::from_witness_program(program, self.network.to_bitcoin()).to_string()
    }

    pub fn taproot_recipient(&self) -> String {
        let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V1, &[7; 32]).unwrap();
        Address::from_witness_program(program, self.network.to_bitcoin()).to_string()
    }

    /// Adds a coin.
    pub fn fund(&mut self, account: &str, branch: u32, index: u32, sats: u64) {
        let address = self.address(account, branch, index).parse::<Address<_>>().unwrap().assume_checked();
        let facts = self.snapshot.bitcoin.as_mut().unwrap();
        let number = u8::try_from(facts.coins.len()).unwrap();
        let previous = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint { txid: Txid::from_byte_array([number; 32]), vout: 0 },
                sequence: Sequence::MAX,
                ..TxIn::default()
            }],
            output: vec![TxOut { value: Amount::from_sat(sats), script_pubkey: address.script_pubkey() }],
        };
        facts.coins.push(Coin {
            outpoint: OutPoint { txid: previous.compute_txid(), vout: 0 },
            account: account.parse().unwrap(),
            branch,
            index,
            prev_tx: bitcoin::consensus::encode::serialize_hex(&previous),
            height: Some(100),
            attached: Vec::new(),
        });
    }

    /// Leaves an account with nothing.
    pub fn drain(&mut self, account: &str) {
        self.snapshot.bitcoin.as_mut().unwrap().coins.retain(|coin| coin.account.as_str() != account);
    }

    /// Gives base units of an asset to the first address of an account.
    pub fn give(&mut self, account: &str, asset: &str, quantity: &str) {
        let address = self.address(account, 0, 0);
        let ledger = self.snapshot.counterparty.as_mut().unwrap();
        ledger.balances.push(AssetBalance { address, asset: asset.into(), quantity: quantity.into() });
    }
}

fn elsewhere(address: &str, network: BitcoinNetwork) -> String {
    let script: ScriptBuf = address.parse::<Address<_>>().unwrap().assume_checked().script_pubkey();
    Address::from_script(&script, network.to_bitcoin()).unwrap().to_string()
}

fn accounts(network: BitcoinNetwork) -> Vec<Account> {
    let golden = vectors("golden.json");
    let fingerprint = golden["meta"]["master_fingerprint"].as_str().unwrap().parse().unwrap();
    KINDS
        .iter()
        .map(|(name, kind, key, role, holds)| {
            let rail = if key.is_empty() {
                let key = "031D68BC1A142E6766B2BDFB006CCFE135EF2E0E2E94ABB5CF5C9AB6104776FBAE";
                let key = PublicKey::from_slice(&Vec::from_hex(key).unwrap()).unwrap();
                Rail::Xrp(XrpAccount::new(1, key))
            } else {
                let mut xpub: Xpub = golden["meta"]["xpubs"][key].as_str().unwrap().parse().unwrap();
                if network == BitcoinNetwork::Mainnet {
                    xpub.network = NetworkKind::Main;
                }
                let path: DerivationPath = golden["meta"]["accounts"][key].as_str().unwrap().parse().unwrap();
                Rail::Bitcoin(BitcoinAccount::new(*kind, network, fingerprint, &path, xpub).unwrap())
            };
            Account { name: name.parse().unwrap(), role: *role, holds: *holds, rail }
        })
        .collect()
}
