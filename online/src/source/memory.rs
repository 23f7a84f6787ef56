//! Servers that are made of a snapshot, for tests: they answer what it says, until a test makes them lie or move.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use airlock::account::{Account, AccountName, BitcoinAccount, Holds, Rail, Role, ScriptKind, XrpAccount};
use airlock::amount::{Drops, Quantity, parse_units};
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts, FeeRate, Snapshot, XrplAccountFacts};
use airlock::time::Moment;
use airlock::{Code, Exit, Result};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::hashes::Hash;
use bitcoin::hex::FromHex;
use bitcoin::{BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use serde_json::{Map, Value};

use super::bitcoin::{BitcoinSource, BitcoinStatus, FoundCoin, Payment, Verdict, Watched, Whereabouts};
use super::counterparty::{
    AttachedAsset, Balance, Composition, CounterpartySource, CounterpartyStatus, Credit, Judgement,
    LedgerBlock,
};
use super::open::Sources;
use super::xrpl::{Engine, Found, HistoryPage, Ledgers, OpenFee, ValidatedLedger, XrplSource, XrplStatus};
use crate::progress::Progress;

/// What these servers do not do.
pub(crate) static NOT_HERE: Code =
    Code::new("E-TEST-001", Exit::Environment, "A server made for tests.", "Nothing.");

/// What all servers of a test share.
pub(crate) struct Chain {
    pub(crate) facts: RefCell<Snapshot>,
    /// The Bitcoin chain grows by one block after so many looks for coins, as often as said.
    pub(crate) blocks_during_scans: Cell<u32>,
    /// The Counterparty ledger is so many blocks behind, one less at each look.
    pub(crate) ledger_behind: Cell<u32>,
    /// What the Counterparty server thinks the tip is, where it disagrees.
    pub(crate) other_hash: Cell<Option<BlockHash>>,
    /// Rows that `attached` gives.
    pub(crate) attached: RefCell<Vec<AttachedAsset>>,
    /// What the ledger made of transactions; it knows no others.
    pub(crate) judged: RefCell<BTreeMap<Txid, Judgement>>,
    /// What the Counterparty server composes.
    pub(crate) composed: RefCell<Option<Vec<Transaction>>>,
    /// The questions, in order.
    pub(crate) asked: RefCell<Vec<String>>,
    /// The age of the last validated ledger.
    pub(crate) age: Cell<u64>,
}

impl Chain {
    /// The demo's chains.
    pub(crate) fn demo() -> Rc<Self> {
        let bytes = include_bytes!("../../../vectors/demo/snapshot.json");
        let facts = Snapshot::decode(bytes).unwrap();
        Rc::new(Self {
            facts: RefCell::new(facts),
            blocks_during_scans: Cell::new(0),
            ledger_behind: Cell::new(0),
            other_hash: Cell::new(None),
            attached: RefCell::default(),
            judged: RefCell::default(),
            composed: RefCell::default(),
            asked: RefCell::default(),
            age: Cell::new(4),
        })
    }

    pub(crate) fn sources(self: &Rc<Self>) -> Sources {
        Sources {
            network: BitcoinNetwork::Regtest,
            network_id: 1,
            bitcoin: vec![Box::new(Server(Rc::clone(self)))],
            counterparty: vec![Box::new(Server(Rc::clone(self)))],
            xrpl: vec![Box::new(Server(Rc::clone(self)))],
        }
    }

    fn note(&self, question: String) {
        self.asked.borrow_mut().push(question);
    }
}

/// The demo's accounts.
pub(crate) fn accounts() -> Vec<Account> {
    let rows = [
        (
            "cold",
            ScriptKind::Wpkh,
            "84'/1'/0'",
            Role::Cold,
            Holds::Assets,
            "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M",
        ),
        (
            "float",
            ScriptKind::Tr,
            "86'/1'/0'",
            Role::Hot,
            Holds::BitcoinOnly,
            "tpubDDfvzhdVV4unsoKt5aE6dcsNsfeWbTgmLZPi8LQDYU2xixrYemMfWJ3BaVneH3u7DBQePdTwhpybaKRU95pi6PMUtLPBJLVQRpzEnjfjZzX",
        ),
        (
            "legacy",
            ScriptKind::Pkh,
            "44'/1'/0'",
            Role::Holding,
            Holds::Assets,
            "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba",
        ),
        (
            "nested",
            ScriptKind::ShWpkh,
            "49'/1'/0'",
            Role::Warm,
            Holds::Assets,
            "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2",
        ),
    ];
    let mut accounts: Vec<Account> = rows
        .into_iter()
        .map(|(name, kind, path, role, holds, xpub)| {
            let (fingerprint, path) = ("73c5da0a".parse().unwrap(), path.parse().unwrap());
            let account =
                BitcoinAccount::new(kind, BitcoinNetwork::Regtest, fingerprint, &path, xpub.parse().unwrap());
            Account { name: name.parse().unwrap(), role, holds, rail: Rail::Bitcoin(account.unwrap()) }
        })
        .collect();
    let key: [u8; 33] =
        FromHex::from_hex("031D68BC1A142E6766B2BDFB006CCFE135EF2E0E2E94ABB5CF5C9AB6104776FBAE").unwrap();
    let key = airlock::xrp::PublicKey::from_slice(&key).unwrap();
    accounts.push(Account {
        name: "xrp-cold".parse().unwrap(),
        role: Role::Cold,
        holds: Holds::default(),
        rail: Rail::Xrp(XrpAccount::new(1, key)),
    });
    accounts
}

struct Server(Rc<Chain>);

impl BitcoinSource for Server {
    fn name(&self) -> String {
        "memory of bitcoin".to_owned()
    }

    fn status(&self) -> Result<BitcoinStatus> {
        self.0.note("bitcoin status".to_owned());
        let facts = self.0.facts.borrow();
        let bitcoin = facts.bitcoin.as_ref().unwrap();
        Ok(BitcoinStatus {
            network: bitcoin.network,
            height: bitcoin.height,
            hash: bitcoin.hash.parse().unwrap(),
            tip_time: facts.taken_at,
            headers: bitcoin.height,
            synced: true,
            version: "29.0".to_owned(),
            txindex: false,
            pruned: false,
        })
    }

    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>> {
        let facts = self.0.facts.borrow();
        let bitcoin = facts.bitcoin.as_ref().unwrap();
        Ok((height == bitcoin.height).then(|| bitcoin.hash.parse().unwrap()))
    }

    fn fee_rates(&self) -> Result<Vec<FeeRate>> {
        Ok(self.0.facts.borrow().bitcoin.as_ref().unwrap().fee_rates.clone())
    }

    fn coins(&self, watched: &[Watched<'_>], _progress: &dyn Progress) -> Result<Vec<FoundCoin>> {
        let reach: BTreeMap<&AccountName, u32> = watched.iter().map(|w| (w.name, w.last_index)).collect();
        self.0.note(format!("coins of {}", reach.len()));
        let mut facts = self.0.facts.borrow_mut();
        let bitcoin = facts.bitcoin.as_mut().unwrap();
        if let Some(left) = self.0.blocks_during_scans.get().checked_sub(1) {
            self.0.blocks_during_scans.set(left);
            bitcoin.height = bitcoin.height.saturating_add(1);
            bitcoin.hash = BlockHash::hash(&bitcoin.height.to_be_bytes()).to_string();
        }
        let seen = bitcoin.coins.iter().rev();
        Ok(seen
            .filter(|coin| reach.get(&coin.account).is_some_and(|last| coin.index <= *last))
            .map(|coin| FoundCoin {
                outpoint: coin.outpoint,
                account: coin.account.clone(),
                branch: coin.branch,
                index: coin.index,
                transaction: deserialize_hex(&coin.prev_tx).unwrap(),
                height: coin.height,
            })
            .collect())
    }

    fn payments(&self, _: &[ScriptBuf], _: u32, _: u32, _: &dyn Progress) -> Result<Vec<Payment>> {
        Err(NOT_HERE.error("payments"))
    }

    fn transaction(&self, txid: Txid, _: Option<BlockHash>) -> Result<Option<Transaction>> {
        let facts = self.0.facts.borrow();
        let coins = facts.bitcoin.iter().flat_map(|bitcoin| &bitcoin.coins);
        let made = |coin: &&airlock::snapshot::Coin| coin.outpoint.txid == txid;
        Ok(coins.into_iter().find(made).map(|coin| deserialize_hex(&coin.prev_tx).unwrap()))
    }

    fn try_out(&self, _: &[Transaction]) -> Result<Option<Vec<Verdict>>> {
        Err(NOT_HERE.error("try_out"))
    }

    fn submit(&self, _: &[Transaction]) -> Result<Vec<Verdict>> {
        Err(NOT_HERE.error("submit"))
    }

    fn whereabouts(&self, _: &Transaction, _: u32) -> Result<Whereabouts> {
        Err(NOT_HERE.error("whereabouts"))
    }
}

impl CounterpartySource for Server {
    fn name(&self) -> String {
        "memory of counterparty".to_owned()
    }

    fn status(&self) -> Result<CounterpartyStatus> {
        self.0.note("counterparty status".to_owned());
        let behind = self.0.ledger_behind.get();
        self.0.ledger_behind.set(behind.saturating_sub(1));
        let node = self.0.facts.borrow().bitcoin.as_ref().unwrap().height;
        let height = node.saturating_sub(behind);
        Ok(CounterpartyStatus {
            network: BitcoinNetwork::Regtest,
            version: "11.2.0".to_owned(),
            height,
            bitcoin_height: height,
            ready: true,
            state: "Following".to_owned(),
        })
    }

    fn block(&self, height: u32) -> Result<LedgerBlock> {
        let facts = self.0.facts.borrow();
        let hash = facts.bitcoin.as_ref().unwrap().hash.parse().unwrap();
        let hash = self.0.other_hash.get().unwrap_or(hash);
        Ok(LedgerBlock {
            height,
            hash,
            ledger_hash: facts.counterparty.as_ref().unwrap().ledger_hash.clone(),
        })
    }

    fn balances(&self, addresses: &[String]) -> Result<Vec<Balance>> {
        self.0.note(format!("balances of {}", addresses.len()));
        let facts = self.0.facts.borrow();
        let rows = facts.counterparty.as_ref().unwrap().balances.iter().rev();
        Ok(rows
            .filter(|row| addresses.contains(&row.address))
            .map(|row| Balance {
                address: row.address.clone(),
                asset: row.asset.clone(),
                quantity: quantity(&row.quantity),
                outpoint: None,
            })
            .collect())
    }

    fn attached(&self, outpoints: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        self.0.note(format!("attached of {}", outpoints.len()));
        let rows = self.0.attached.borrow();
        Ok(rows.iter().filter(|row| outpoints.contains(&row.outpoint)).cloned().collect())
    }

    fn asset(&self, name: &str) -> Result<Option<AssetFacts>> {
        self.0.note(format!("asset {name}"));
        let facts = self.0.facts.borrow();
        let mut assets = facts.counterparty.as_ref().unwrap().assets.iter();
        Ok(assets.find(|asset| asset.name == name || asset.longname.as_deref() == Some(name)).cloned())
    }

    fn address(&self, address: &str) -> Result<AddressFacts> {
        self.0.note(format!("address {address}"));
        let facts = self.0.facts.borrow();
        let known =
            facts.counterparty.as_ref().unwrap().addresses.iter().find(|known| known.address == address);
        let none = || AddressFacts { address: address.to_owned(), requires_memo: false, dispensers: 0 };
        Ok(known.cloned().unwrap_or_else(none))
    }

    fn judgement(&self, txid: Txid) -> Result<Judgement> {
        Ok(self.0.judged.borrow().get(&txid).cloned().unwrap_or(Judgement::Unknown))
    }

    fn credits(&self, _: &str, _: u32, _: u32) -> Result<Vec<Credit>> {
        Err(NOT_HERE.error("credits"))
    }

    fn compose(&self, _: &Composition<'_>) -> Result<Vec<Transaction>> {
        self.0.composed.borrow().clone().ok_or_else(|| NOT_HERE.error("compose"))
    }
}

impl XrplSource for Server {
    fn name(&self) -> String {
        "memory of xrpl".to_owned()
    }

    fn status(&self) -> Result<XrplStatus> {
        self.0.note("xrpl status".to_owned());
        let facts = self.0.facts.borrow();
        let ledger = facts.xrpl.as_ref().unwrap();
        Ok(XrplStatus {
            network_id: ledger.network_id,
            version: "2.6.0".to_owned(),
            state: "full".to_owned(),
            amendment_blocked: false,
            validated: Some(ValidatedLedger {
                index: ledger.ledger_index,
                hash: "AB".repeat(32),
                close_time: ledger.close_time,
                age: self.0.age.get(),
                base_fee: drops(&ledger.base_fee),
                reserve_base: drops(&ledger.reserve_base),
                reserve_inc: drops(&ledger.reserve_inc),
            }),
            complete: Ledgers(vec![(1, ledger.ledger_index)]),
        })
    }

    fn fee(&self) -> Result<OpenFee> {
        let facts = self.0.facts.borrow();
        let ledger = facts.xrpl.as_ref().unwrap();
        let (base, open) = (drops(&ledger.base_fee), drops(&ledger.open_fee));
        Ok(OpenFee { base, open, current_index: ledger.ledger_index.saturating_add(1) })
    }

    fn account_in(&self, address: &str, _: u32) -> Result<XrplAccountFacts> {
        self.account(address)
    }

    fn account(&self, address: &str) -> Result<XrplAccountFacts> {
        self.0.note(format!("XRP account {address}"));
        let facts = self.0.facts.borrow();
        let known = facts.xrpl.as_ref().unwrap().accounts.iter().find(|known| known.address == address);
        Ok(known.cloned().unwrap_or_else(|| XrplAccountFacts::absent(address)))
    }

    fn simulate(&self, _: &Map<String, Value>) -> Result<Option<Engine>> {
        Err(NOT_HERE.error("simulate"))
    }

    fn submit(&self, _: &str) -> Result<Engine> {
        Err(NOT_HERE.error("submit"))
    }

    fn transaction(&self, _: &str, _: u32, _: u32) -> Result<Found> {
        Err(NOT_HERE.error("transaction"))
    }

    fn ledger_hash(&self, _: u32) -> Result<Option<String>> {
        Err(NOT_HERE.error("ledger_hash"))
    }

    fn history(&self, _: &str, _: u32, _: u32, _: Option<&Value>) -> Result<HistoryPage> {
        Err(NOT_HERE.error("history"))
    }
}

fn quantity(text: &str) -> Quantity {
    Quantity::new(parse_units(text, 0).unwrap()).unwrap()
}

fn drops(text: &str) -> Drops {
    Drops::new(parse_units(text, 0).unwrap()).unwrap()
}

/// The demo's moment.
pub(crate) fn then() -> Moment {
    Moment::from_unix(1_795_269_600)
}
