//! A little chain, ledger and XRP Ledger in memory, for tests: it grows, reorganizes, forgets, lies and fails on demand.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use airlock::account::{Account, Role};
use airlock::amount::{Drops, Quantity};
use airlock::counterparty::asset::AssetId;
use airlock::counterparty::carrier::opreturn;
use airlock::counterparty::message::{EnhancedSend, Memo, Message};
use airlock::counterparty::rules::Rules;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts, FeeRate, XrplAccountFacts};
use airlock::time::Moment;
use airlock::{Code, Exit, Result};
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version as BlockVersion};
use bitcoin::hashes::Hash as _;
use bitcoin::transaction::Version;
use bitcoin::{
    Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Transaction, TxIn, TxMerkleNode, TxOut, Txid,
    Witness,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::Customer;
use super::hand_out::{self, Terms as HandOut, Wish};
use super::watch::{self, Outcome, Terms};
use crate::config::{Config, Deposits};
use crate::progress::{Progress, Silent};
use crate::source::bitcoin::{
    BitcoinSource, BitcoinStatus, FoundCoin, Payment, Verdict, Watched, Whereabouts,
};
use crate::source::counterparty::{
    AttachedAsset, Balance, Composition, CounterpartySource, CounterpartyStatus, Credit, CreditMemo,
    Judgement, LedgerBlock,
};
use crate::source::open::Sources;
use crate::source::xrpl::{
    Delivered, Engine, Found, HistoryEntry, HistoryPage, Ledgers, OpenFee, ValidatedLedger, XrplSource,
    XrplStatus,
};
use crate::store::{CreditFilter, CreditState, Store};

static NOT_HERE: Code = Code::new("E-TEST-002", Exit::Environment, "A server made for tests.", "Nothing.");

/// The chains of a test.
#[derive(Default)]
pub(super) struct World {
    /// Hashes of the blocks from height 0.
    pub(super) blocks: RefCell<Vec<BlockHash>>,
    /// Transactions by the height of their block.
    pub(super) transactions: RefCell<Vec<(u32, Transaction)>>,
    /// A server names another block before each block than there is.
    pub(super) unchained: Cell<bool>,
    /// How old the tip is, in seconds.
    pub(super) age: Cell<u64>,
    pub(super) credits: RefCell<Vec<(String, Credit)>>,
    pub(super) indivisible: RefCell<Vec<String>>,
    /// How many blocks the ledger is behind, one less at each look.
    pub(super) behind: Cell<u32>,
    /// The ledger follows another chain.
    pub(super) forked: Cell<bool>,
    /// The chain grows by a block at the so-manieth question.
    pub(super) reorg_at: Cell<Option<u32>>,
    /// Questions so far, and the one that fails.
    pub(super) questions: Cell<u32>,
    pub(super) fails_at: Cell<Option<u32>>,
    pub(super) ledger: Cell<u32>,
    pub(super) balance: Cell<u64>,
    pub(super) history: RefCell<Vec<HistoryEntry>>,
    pub(super) page: Cell<usize>,
    /// The server says that it searched up to this ledger.
    pub(super) searched_to: Cell<Option<u32>>,
    pub(super) complete: RefCell<Vec<(u32, u32)>>,
}

impl World {
    pub(super) fn grow(&self, blocks: u32) {
        for _ in 0..blocks {
            self.grow_with(0);
        }
    }

    fn grow_with(&self, salt: u8) {
        let mut all = self.blocks.borrow_mut();
        let before = all.last().map(|hash| hash.to_byte_array()).unwrap_or_default();
        all.push(BlockHash::hash(&[before.as_slice(), &[salt]].concat()));
    }

    /// Another chain from this height on, one block longer, without what was in the blocks.
    pub(super) fn reorg(&self, from: u32) {
        let length = self.blocks.borrow().len();
        self.blocks.borrow_mut().truncate(from as usize);
        while self.blocks.borrow().len() <= length {
            self.grow_with(1);
        }
        self.transactions.borrow_mut().retain(|(height, _)| *height < from);
        self.credits.borrow_mut().retain(|(_, credit)| credit.height < from);
    }

    pub(super) fn tip(&self) -> u32 {
        u32::try_from(self.blocks.borrow().len()).unwrap() - 1
    }

    fn hash(&self, height: u32) -> Option<BlockHash> {
        self.blocks.borrow().get(height as usize).copied()
    }

    fn asked(&self) -> Result<()> {
        let number = self.questions.get();
        self.questions.set(number + 1);
        if self.reorg_at.get() == Some(number) {
            let tip = self.tip();
            self.reorg_at.set(None);
            self.reorg(tip);
        }
        match self.fails_at.get() == Some(number) {
            true => Err(NOT_HERE.error("the line is dead")),
            false => Ok(()),
        }
    }
}

/// A test: chains, a store, accounts, and what is configured.
pub(super) struct Case {
    pub(super) world: Rc<World>,
    pub(super) folder: TempDir,
    pub(super) store: Store,
    pub(super) accounts: Vec<Account>,
    pub(super) config: Config,
    pub(super) now: Cell<Moment>,
}

pub(super) const CUSTOMERS: &str = "customers";
pub(super) const MEMOS: &str = "memos";
pub(super) const FLOAT: &str = "float";
pub(super) const XRP: &str = "xrp-cold";

impl Case {
    /// A chain of 100 blocks, ledger 1,000, and nothing handed out.
    pub(super) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_at(&folder.path().join("store.sqlite")).unwrap();
        let world = Rc::new(World::default());
        world.grow(101);
        world.ledger.set(1_000);
        world.page.set(100);
        world.complete.replace(vec![(1, 100_000)]);
        let mut accounts = crate::source::memory::accounts();
        for account in &mut accounts {
            match account.name.as_str() {
                "cold" => (account.name, account.role) = (CUSTOMERS.parse().unwrap(), Role::Deposit),
                "nested" => account.name = MEMOS.parse().unwrap(),
                "float" => account.role = Role::Deposit,
                _ => {}
            }
        }
        let network = "[bitcoin]\nnetwork = \"regtest\"\n[xrpl]\nnetwork_id = 1\n";
        let config = Config::decode(&format!("{network}{config}")).unwrap();
        let now = Cell::new(crate::source::memory::then());
        Self { world, folder, store, accounts, config, now }
    }

    pub(super) fn account(&self, name: &str) -> &Account {
        self.accounts.iter().find(|account| account.name.as_str() == name).unwrap()
    }

    pub(super) fn address(&self, account: &str, customer: &str) -> String {
        self.address_at(account, customer, None)
    }

    /// As if a server had named the tip.
    pub(super) fn address_at(&self, account: &str, customer: &str, tip: Option<u32>) -> String {
        let terms = HandOut { gap_limit: 20, beyond_gap: false, at_least: 0, tip };
        let customer: Customer = customer.parse().unwrap();
        let account = self.account(account);
        hand_out::address(&self.store, account, &customer, terms, self.now.get()).unwrap().what.address
    }

    /// Memo and address of an invoice for XCP.
    pub(super) fn invoice(&self, customer: &str, valid_for: Option<u64>) -> (Vec<u8>, String) {
        self.invoice_of(customer, valid_for, None)
    }

    pub(super) fn invoice_of(
        &self,
        customer: &str,
        valid_for: Option<u64>,
        amount: Option<u64>,
    ) -> (Vec<u8>, String) {
        let settings = Deposits::default();
        let amount = amount.map(|units| Quantity::new(units).unwrap());
        let wish = Wish { asset: "XCP", amount, valid_for, settings: &settings };
        let customer: Customer = customer.parse().unwrap();
        let (invoice, address) =
            hand_out::invoice(&self.store, self.account(MEMOS), &customer, &wish, self.now.get()).unwrap();
        (invoice.memo, address)
    }

    pub(super) fn tag(&self, customer: &str) -> u32 {
        let customer: Customer = customer.parse().unwrap();
        hand_out::tag(&self.store, self.account(XRP), &customer, self.now.get()).unwrap().0.what.tag
    }

    pub(super) fn xrp_address(&self) -> String {
        match &self.account(XRP).rail {
            airlock::account::Rail::Xrp(xrp) => xrp.address().to_owned(),
            airlock::account::Rail::Bitcoin(_) => unreachable!("it is an XRP account"),
        }
    }

    pub(super) fn sources(&self) -> Sources {
        let server = || Server(Rc::clone(&self.world));
        Sources {
            network: BitcoinNetwork::Regtest,
            network_id: 1,
            bitcoin: vec![Box::new(server())],
            counterparty: vec![Box::new(server())],
            xrpl: vec![Box::new(server())],
        }
    }

    pub(super) fn try_look(&self) -> Result<Outcome> {
        self.try_look_at(&self.sources())
    }

    pub(super) fn try_look_at(&self, sources: &Sources) -> Result<Outcome> {
        self.try_look_by(&self.terms(None), sources)
    }

    /// A look that begins at a block, in which nothing fails.
    pub(super) fn look_from(&self, from: u32) -> Outcome {
        let outcome = self.try_look_by(&self.terms(Some(from)), &self.sources()).unwrap();
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        outcome
    }

    fn terms(&self, from: Option<u32>) -> Terms<'_> {
        Terms {
            settings: &self.config.deposits,
            depths: &self.config.depths,
            from,
            from_ledger: None,
            now: self.now.get(),
            began: Instant::now(),
            looks: 3,
            pause: Duration::ZERO,
        }
    }

    pub(super) fn try_look_by(&self, terms: &Terms<'_>, sources: &Sources) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        watch::look(&self.store, sources, &self.accounts, terms, &Silent, &mut outcome).map(|()| outcome)
    }

    /// A look in which nothing fails.
    pub(super) fn look(&self) -> Outcome {
        let outcome = self.try_look().unwrap();
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        outcome
    }

    /// A look that raises no alarm either.
    pub(super) fn quiet_look(&self) {
        let outcome = self.look();
        assert_eq!(outcome.alarms().collect::<Vec<_>>(), Vec::<&String>::new());
    }

    /// State, customer and base units of each credit, in the order in which they were found.
    pub(super) fn books(&self) -> Vec<(CreditState, Option<String>, Option<u64>)> {
        let all = self.store.credits(&CreditFilter::default()).unwrap();
        all.into_iter().map(|credit| (credit.what.state, credit.what.customer, credit.what.amount)).collect()
    }

    pub(super) fn why(&self, place: usize) -> String {
        let all = self.store.credits(&CreditFilter::default()).unwrap();
        all[place].what.detail.clone().unwrap_or_default()
    }

    /// Bitcoin in the newest block.
    pub(super) fn pay(&self, address: &str, sat: u64, number: u8) {
        let script = address.parse::<bitcoin::Address<_>>().unwrap().assume_checked().script_pubkey();
        self.mine(spending(number, vec![paid(script, sat)]));
    }

    /// A transaction in the newest block.
    pub(super) fn mine(&self, transaction: Transaction) -> Txid {
        let txid = transaction.compute_txid();
        self.world.transactions.borrow_mut().push((self.world.tip(), transaction));
        txid
    }

    /// A send in the newest block.
    pub(super) fn send(&self, address: &str, asset: &str, units: u64, memo: Option<&[u8]>, number: u8) {
        let message = Message::EnhancedSend(EnhancedSend {
            asset: AssetId::from_name(asset).unwrap(),
            quantity: Quantity::new(units).unwrap(),
            destination: address.to_owned(),
            memo: memo.map(|bytes| Memo::Hex(bytes.to_vec())),
        });
        let txid = self.mine(self.carrying(&message, number));
        self.told(address, asset, units, memo, txid, 0);
    }

    /// A transaction that carries a message.
    pub(super) fn carrying(&self, message: &Message, number: u8) -> Transaction {
        let rules = Rules::at(BitcoinNetwork::Regtest, self.world.tip());
        let data = airlock::counterparty::message::encode(message, &rules).unwrap();
        spending(number, vec![opreturn::encode(&data, &Txid::from_byte_array([number; 32]), 10_000).unwrap()])
    }

    /// What the ledger tells of a transaction in the newest block.
    pub(super) fn told(
        &self,
        address: &str,
        asset: &str,
        units: u64,
        memo: Option<&[u8]>,
        txid: Txid,
        position: u32,
    ) {
        let written = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let memo = memo.map(|bytes| CreditMemo { written: written(bytes), bytes: Some(bytes.to_vec()) });
        let credit = Credit {
            txid,
            position,
            height: self.world.tip(),
            asset: asset.to_owned(),
            quantity: Quantity::new(units).unwrap(),
            source: Some("bcrt1qstranger".to_owned()),
            kind: "send".to_owned(),
            memo,
        };
        self.world.credits.borrow_mut().push((address.to_owned(), credit));
    }

    /// A payment of XRP in a new ledger, all of which arrives.
    pub(super) fn pay_xrp(&self, tag: Option<u32>, drops: u64, number: u8) -> HistoryEntry {
        let ledger = self.world.ledger.get() + 1;
        self.world.ledger.set(ledger);
        self.world.balance.set(self.world.balance.get() + drops);
        HistoryEntry {
            hash: format!("{number:02X}").repeat(32),
            ledger_index: ledger,
            close_time: self.now.get(),
            transaction_type: "Payment".to_owned(),
            result: "tesSUCCESS".to_owned(),
            account: "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh".to_owned(),
            destination: Some(self.xrp_address()),
            destination_tag: tag,
            delivered: Some(Delivered::Xrp(Drops::new(drops).unwrap())),
            balance_change: i64::try_from(drops).unwrap(),
        }
    }

    pub(super) fn happened(&self, entry: HistoryEntry) {
        self.world.history.borrow_mut().push(entry);
    }
}

/// A signed transaction that spends the so-manieth coin of a stranger.
pub(super) fn spending(number: u8, output: Vec<TxOut>) -> Transaction {
    let previous_output = OutPoint { txid: Txid::from_byte_array([number; 32]), vout: 0 };
    let signature = [0x30, 6, 2, 1, 1, 2, 1, 1, 1];
    let witness = Witness::from_slice(&[signature.as_slice(), &[2; 33]]);
    let input = TxIn { previous_output, witness, ..TxIn::default() };
    Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![input], output }
}

pub(super) fn paid(script_pubkey: ScriptBuf, sat: u64) -> TxOut {
    TxOut { value: bitcoin::Amount::from_sat(sat), script_pubkey }
}

struct Server(Rc<World>);

impl BitcoinSource for Server {
    fn name(&self) -> String {
        "memory of bitcoin".to_owned()
    }

    fn status(&self) -> Result<BitcoinStatus> {
        self.0.asked()?;
        let height = self.0.tip();
        Ok(BitcoinStatus {
            network: BitcoinNetwork::Regtest,
            height,
            hash: self.0.hash(height).unwrap(),
            tip_time: crate::source::memory::then().minus(self.0.age.get()),
            headers: height,
            synced: true,
            version: "29.0".to_owned(),
            txindex: false,
            pruned: false,
        })
    }

    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>> {
        self.0.asked()?;
        Ok(self.0.hash(height))
    }

    fn payments(&self, scripts: &[ScriptBuf], from: u32, to: u32, _: &dyn Progress) -> Result<Vec<Payment>> {
        self.0.asked()?;
        let all = self.0.transactions.borrow();
        let mut payments = Vec::new();
        for (height, transaction) in all.iter().filter(|(height, _)| (from..=to).contains(height)) {
            for (vout, output) in (0..).zip(&transaction.output) {
                if scripts.contains(&output.script_pubkey) {
                    payments.push(Payment {
                        outpoint: OutPoint { txid: transaction.compute_txid(), vout },
                        script: output.script_pubkey.clone(),
                        amount: output.value,
                        height: *height,
                        block: self.0.hash(*height).unwrap(),
                    });
                }
            }
        }
        Ok(payments)
    }

    fn block(&self, hash: BlockHash) -> Result<Block> {
        self.0.asked()?;
        let height = self.0.blocks.borrow().iter().position(|known| *known == hash);
        let height = u32::try_from(height.ok_or_else(|| NOT_HERE.error("no such block"))?).unwrap();
        let before = height.checked_sub(1).and_then(|before| self.0.hash(before));
        let all = self.0.transactions.borrow();
        Ok(Block {
            header: Header {
                version: BlockVersion::TWO,
                prev_blockhash: before
                    .filter(|_| !self.0.unchained.get())
                    .unwrap_or_else(BlockHash::all_zeros),
                merkle_root: TxMerkleNode::all_zeros(),
                time: 0,
                bits: CompactTarget::from_consensus(0x207f_ffff),
                nonce: 0,
            },
            txdata: all.iter().filter(|(at, _)| *at == height).map(|(_, tx)| tx.clone()).collect(),
        })
    }

    fn fee_rates(&self) -> Result<Vec<FeeRate>> {
        Err(NOT_HERE.error("fee_rates"))
    }

    fn coins(&self, _: &[Watched<'_>], _: &dyn Progress) -> Result<Vec<FoundCoin>> {
        Err(NOT_HERE.error("coins"))
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
        self.0.asked()?;
        let behind = self.0.behind.get();
        self.0.behind.set(behind.saturating_sub(1));
        Ok(CounterpartyStatus {
            network: BitcoinNetwork::Regtest,
            version: "11.2.0".to_owned(),
            height: self.0.tip().saturating_sub(behind.min(1)),
            bitcoin_height: self.0.tip(),
            ready: true,
            state: "Following".to_owned(),
        })
    }

    fn block(&self, height: u32) -> Result<LedgerBlock> {
        self.0.asked()?;
        let hash = self.0.hash(height).unwrap();
        let other = BlockHash::from_byte_array([0xee; 32]);
        let hash = if self.0.forked.get() { other } else { hash };
        Ok(LedgerBlock { height, hash, ledger_hash: String::new() })
    }

    fn asset(&self, name: &str) -> Result<Option<AssetFacts>> {
        self.0.asked()?;
        if name == "NOBODYKNOWS" {
            return Ok(None);
        }
        Ok(Some(AssetFacts {
            name: name.to_owned(),
            id: "0".to_owned(),
            longname: None,
            divisible: !self.0.indivisible.borrow().iter().any(|asset| asset == name),
            locked: true,
            owner: None,
        }))
    }

    fn credits(&self, address: &str, from: u32, to: u32) -> Result<Vec<Credit>> {
        self.0.asked()?;
        let all = self.0.credits.borrow();
        let wanted = all.iter().filter(|(to_whom, _)| to_whom == address);
        Ok(wanted
            .map(|(_, credit)| credit.clone())
            .filter(|credit| (from..=to).contains(&credit.height))
            .collect())
    }

    fn balances(&self, _: &[String]) -> Result<Vec<Balance>> {
        Err(NOT_HERE.error("balances"))
    }

    fn attached(&self, _: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        Err(NOT_HERE.error("attached"))
    }

    fn address(&self, _: &str) -> Result<AddressFacts> {
        Err(NOT_HERE.error("address"))
    }

    fn judgement(&self, _: Txid) -> Result<Judgement> {
        Err(NOT_HERE.error("judgement"))
    }

    fn compose(&self, _: &Composition<'_>) -> Result<Vec<Transaction>> {
        Err(NOT_HERE.error("compose"))
    }
}

impl XrplSource for Server {
    fn name(&self) -> String {
        "memory of xrpl".to_owned()
    }

    fn status(&self) -> Result<XrplStatus> {
        self.0.asked()?;
        let drops = |drops| Drops::new(drops).unwrap();
        Ok(XrplStatus {
            network_id: 1,
            version: "2.6.0".to_owned(),
            state: "full".to_owned(),
            amendment_blocked: false,
            validated: Some(ValidatedLedger {
                index: self.0.ledger.get(),
                hash: format!("{:064X}", self.0.ledger.get()),
                close_time: crate::source::memory::then().minus(self.0.age.get()),
                age: 3,
                base_fee: drops(10),
                reserve_base: drops(1_000_000),
                reserve_inc: drops(200_000),
            }),
            complete: Ledgers(self.0.complete.borrow().clone()),
        })
    }

    fn account_in(&self, address: &str, _: u32) -> Result<XrplAccountFacts> {
        self.account(address)
    }

    fn account(&self, address: &str) -> Result<XrplAccountFacts> {
        self.0.asked()?;
        Ok(XrplAccountFacts {
            address: address.to_owned(),
            exists: true,
            balance: self.0.balance.get().to_string(),
            sequence: 1,
            owner_count: 0,
            flags: 0,
            regular_key: None,
            signer_list: false,
            tickets: Vec::new(),
        })
    }

    fn ledger_hash(&self, index: u32) -> Result<Option<String>> {
        self.0.asked()?;
        let salt = u32::from(self.0.forked.get());
        Ok((index <= self.0.ledger.get()).then(|| format!("{salt:08X}{index:056X}")))
    }

    fn history(&self, _: &str, from: u32, to: u32, marker: Option<&Value>) -> Result<HistoryPage> {
        self.0.asked()?;
        let all = self.0.history.borrow();
        let wanted: BTreeMap<usize, &HistoryEntry> =
            (0..).zip(all.iter().filter(|entry| (from..=to).contains(&entry.ledger_index))).collect();
        let begin = marker.map_or(0, |marker| usize::try_from(marker.as_u64().unwrap()).unwrap());
        let end = begin + self.0.page.get();
        Ok(HistoryPage {
            from,
            to: self.0.searched_to.get().unwrap_or(to),
            entries: wanted.range(begin..end).map(|(_, entry)| (*entry).clone()).collect(),
            marker: wanted.contains_key(&end).then(|| json!(end)),
        })
    }

    fn fee(&self) -> Result<OpenFee> {
        Err(NOT_HERE.error("fee"))
    }

    fn simulate(&self, _: &Map<String, Value>) -> Result<Option<Engine>> {
        Err(NOT_HERE.error("simulate"))
    }

    fn submit(&self, _: &str) -> Result<Engine> {
        Err(NOT_HERE.error("submit"))
    }

    fn transaction(&self, hash: &str, from: u32, to: u32) -> Result<Found> {
        let all = self.0.history.borrow();
        let found = all.iter().find(|entry| entry.hash == hash && (from..=to).contains(&entry.ledger_index));
        Ok(found.map_or(Found::NotFound { searched_all: true }, |entry| Found::Validated {
            ledger_index: entry.ledger_index,
            result: entry.result.clone(),
            delivered: match &entry.delivered {
                Some(Delivered::Xrp(drops)) => Some(*drops),
                _ => None,
            },
            close_time: None,
        }))
    }
}
