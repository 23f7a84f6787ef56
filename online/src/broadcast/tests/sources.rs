//! The servers of the little world.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::amount::Drops;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts, FeeRate, XrplAccountFacts};
use airlock::time::Moment;
use airlock::{Code, Exit};
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Transaction, TxMerkleNode, Txid};
use serde_json::{Map, Value};

use super::world::{Inner, Shared, read_blob};
use crate::progress::Progress;
use crate::source::bitcoin::{
    BitcoinSource, BitcoinStatus, FoundCoin, Payment, Verdict, Watched, Whereabouts,
};
use crate::source::counterparty::{
    AttachedAsset, Balance, Composition, CounterpartySource, CounterpartyStatus, Credit, Judgement,
    LedgerBlock,
};
use crate::source::xrpl::{
    Engine, Found, HistoryEntry, HistoryPage, Ledgers, OpenFee, ValidatedLedger, XrplSource, XrplStatus,
};

pub(super) static FAKE: Code = Code::new("E-TEST-001", Exit::Environment, "A fake refuses.", "Ask another.");

/// A Bitcoin node, which can be of another network, forget, lag or lie.
pub(super) struct Node {
    name: String,
    shared: Shared,
    pub(super) network: BitcoinNetwork,
    pub(super) forgets: BTreeSet<Txid>,
    pub(super) lag: Cell<u32>,
    pub(super) says: BTreeMap<Txid, Whereabouts>,
    pub(super) cannot_try: bool,
    pub(super) tries_another: bool,
    pub(super) answers_wrong_txid: bool,
    pub(super) refuses_all: bool,
    pub(super) hides_blocks: bool,
    pub(super) unchained: bool,
    pub(super) names_as_spender: Option<Transaction>,
    /// A block with the difficulty of mainnet.
    pub(super) hard: Option<BlockHash>,
}

impl Node {
    pub(super) fn new(name: &str, shared: &Shared) -> Self {
        Self {
            name: name.to_owned(),
            shared: shared.clone(),
            network: BitcoinNetwork::Regtest,
            forgets: BTreeSet::new(),
            lag: Cell::new(0),
            says: BTreeMap::new(),
            cannot_try: false,
            tries_another: false,
            answers_wrong_txid: false,
            refuses_all: false,
            hides_blocks: false,
            unchained: false,
            names_as_spender: None,
            hard: None,
        }
    }

    fn verdict(&self, transaction: &Transaction, known: &BTreeSet<Txid>) -> Verdict {
        let txid = transaction.compute_txid();
        let inner = self.shared.0.borrow();
        if inner.blocks.iter().any(|block| block.txids.contains(&txid)) {
            return Verdict::AlreadyInBlock;
        }
        if inner.mempool.contains(&txid) {
            return Verdict::AlreadyWaiting;
        }
        if let Some(error) = inner.refusals.get(&txid) {
            return Verdict::Refused(error.clone());
        }
        if self.refuses_all {
            return Verdict::Refused(FAKE.error("mempool min fee not met"));
        }
        for input in &transaction.input {
            let coin = input.previous_output;
            if inner.rivals.iter().any(|(spent, _, in_block)| *spent == coin && *in_block) {
                return Verdict::Refused(FAKE.error("bad-txns-inputs-missingorspent"));
            }
            // A parent of ours must be known; all other coins are old.
            let is_ours = inner.transactions.contains_key(&coin.txid) || known.contains(&coin.txid);
            let is_out = inner.mempool.contains(&coin.txid)
                || inner.blocks.iter().any(|block| block.txids.contains(&coin.txid))
                || known.contains(&coin.txid);
            if is_ours && !is_out {
                return Verdict::Refused(FAKE.error("bad-txns-inputs-missingorspent"));
            }
        }
        Verdict::Accepted
    }
}

impl BitcoinSource for Node {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn status(&self) -> Result<BitcoinStatus> {
        self.shared.tick();
        let height = self.shared.tip() - self.lag.get();
        let inner = self.shared.0.borrow();
        let block = &inner.blocks[usize::try_from(height - inner.base).unwrap()];
        Ok(BitcoinStatus {
            network: self.network,
            height,
            hash: block.hash,
            tip_time: inner.now,
            headers: height,
            synced: true,
            version: "fake".to_owned(),
            txindex: false,
            pruned: false,
        })
    }

    fn block_hash(&self, height: u32) -> Result<Option<BlockHash>> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        let index = height.checked_sub(inner.base).and_then(|index| usize::try_from(index).ok());
        Ok(index.and_then(|index| inner.blocks.get(index)).map(|block| block.hash))
    }

    fn block(&self, hash: BlockHash) -> Result<Block> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        let place = inner.blocks.iter().position(|block| block.hash == hash).filter(|_| !self.hides_blocks);
        let place = place.ok_or_else(|| FAKE.error("no such block"))?;
        let below = place.checked_sub(1).filter(|_| !self.unchained).map(|below| inner.blocks[below].hash);
        let held = inner.blocks[place].txids.iter().map(|txid| inner.transactions[txid].clone());
        Ok(Block {
            header: Header {
                version: Version::TWO,
                prev_blockhash: below.unwrap_or_else(BlockHash::all_zeros),
                merkle_root: TxMerkleNode::all_zeros(),
                time: 0,
                bits: CompactTarget::from_consensus(if self.hard == Some(hash) {
                    0x1702_0000
                } else {
                    0x207f_ffff
                }),
                nonce: 0,
            },
            txdata: held.collect(),
        })
    }

    fn transaction(&self, txid: Txid, block: Option<BlockHash>) -> Result<Option<Transaction>> {
        self.shared.tick();
        if self.names_as_spender.is_some() {
            return Ok(self.names_as_spender.clone());
        }
        let inner = self.shared.0.borrow();
        let named = inner.blocks.iter().filter(|known| Some(known.hash) == block);
        let is_there =
            inner.mempool.contains(&txid) || named.flat_map(|block| &block.txids).any(|id| *id == txid);
        Ok(inner.transactions.get(&txid).filter(|_| is_there).cloned())
    }

    fn spender(&self, coin: OutPoint, since: u32) -> Result<Option<Transaction>> {
        self.shared.tick();
        if self.names_as_spender.is_some() {
            return Ok(self.names_as_spender.clone());
        }
        let inner = self.shared.0.borrow();
        let blocks = inner.blocks.iter().zip(inner.base..).filter(|(_, height)| *height >= since);
        let all = blocks.flat_map(|(block, _)| &block.txids).chain(&inner.mempool);
        let spends = |transaction: &&Transaction| transaction.input.iter().any(|i| i.previous_output == coin);
        Ok(all.map(|txid| &inner.transactions[txid]).find(spends).cloned())
    }

    fn fee_rates(&self) -> Result<Vec<FeeRate>> {
        unreachable!("broadcasting needs no estimates")
    }

    fn coins(&self, _: &[Watched<'_>], _: &dyn Progress) -> Result<Vec<FoundCoin>> {
        unreachable!("broadcasting looks for no coins")
    }

    fn payments(&self, _: &[ScriptBuf], _: u32, _: u32, _: &dyn Progress) -> Result<Vec<Payment>> {
        unreachable!("broadcasting looks for no payments")
    }

    fn try_out(&self, transactions: &[Transaction]) -> Result<Option<Vec<Verdict>>> {
        self.shared.tick();
        if self.cannot_try {
            return Ok(None);
        }
        if self.tries_another {
            return Err(FAKE.error("the dry run is of another transaction"));
        }
        let mut known = BTreeSet::new();
        let verdict = |transaction: &Transaction| {
            let verdict = self.verdict(transaction, &known);
            known.insert(transaction.compute_txid());
            verdict
        };
        Ok(Some(transactions.iter().map(verdict).collect()))
    }

    fn submit(&self, transactions: &[Transaction]) -> Result<Vec<Verdict>> {
        self.shared.tick();
        let mut verdicts = Vec::new();
        for transaction in transactions {
            let raw = bitcoin::consensus::encode::serialize_hex(transaction);
            self.shared.check_written_down(&raw);
            if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_) | Verdict::NotTried)) {
                verdicts.push(Verdict::NotTried);
                continue;
            }
            let verdict = self.verdict(transaction, &BTreeSet::new());
            let txid = transaction.compute_txid();
            let mut inner = self.shared.0.borrow_mut();
            inner.transactions.insert(txid, transaction.clone());
            if verdict == Verdict::Accepted {
                // A higher rung replaces what waits and spends the same.
                let spends: Vec<OutPoint> =
                    transaction.input.iter().map(|input| input.previous_output).collect();
                let all = inner.transactions.clone();
                inner.mempool.retain(|other| {
                    !all[other].input.iter().any(|input| spends.contains(&input.previous_output))
                });
                inner.mempool.push(txid);
            }
            drop(inner);
            verdicts.push(verdict);
            // The program may die behind each transaction that a server has taken.
            self.shared.tick();
        }
        if self.answers_wrong_txid {
            return Err(FAKE.error("the node answers with another txid"));
        }
        Ok(verdicts)
    }

    fn whereabouts(&self, transaction: &Transaction, _since: u32) -> Result<Whereabouts> {
        self.shared.tick();
        let txid = transaction.compute_txid();
        if let Some(says) = self.says.get(&txid) {
            return Ok(says.clone());
        }
        if self.forgets.contains(&txid) {
            return Ok(Whereabouts::Unknown);
        }
        let inner = self.shared.0.borrow();
        let held = inner.blocks.iter().zip(inner.base..).find(|(block, _)| block.txids.contains(&txid));
        if let Some((block, height)) = held
            && height <= inner.base + u32::try_from(inner.blocks.len()).unwrap() - 1 - self.lag.get()
        {
            return Ok(Whereabouts::InBlock { height, hash: block.hash });
        }
        if inner.mempool.contains(&txid) || held.is_some() {
            return Ok(Whereabouts::Waiting);
        }
        for input in &transaction.input {
            let coin = input.previous_output;
            if let Some((_, by, in_block)) = inner.rivals.iter().find(|(spent, ..)| *spent == coin) {
                return Ok(Whereabouts::Displaced { coin, by: Some(*by), in_block: *in_block });
            }
            let spends = |other: &&Txid| {
                **other != txid
                    && inner.transactions[*other].input.iter().any(|input| input.previous_output == coin)
            };
            let in_block = inner.blocks.iter().flat_map(|block| &block.txids).find(spends);
            if let Some(by) = in_block.or_else(|| inner.mempool.iter().find(spends)) {
                return Ok(Whereabouts::Displaced { coin, by: Some(*by), in_block: in_block.is_some() });
            }
        }
        Ok(Whereabouts::Unknown)
    }
}

/// A Counterparty server, which can lag or be on another branch.
pub(super) struct Ledger {
    name: String,
    shared: Shared,
    pub(super) lag: Cell<u32>,
    pub(super) other_branch: bool,
    pub(super) network: BitcoinNetwork,
    pub(super) says: RefCell<BTreeMap<Txid, Judgement>>,
}

impl Ledger {
    pub(super) fn new(name: &str, shared: &Shared) -> Self {
        let (name, shared) = (name.to_owned(), shared.clone());
        let network = BitcoinNetwork::Regtest;
        Self { name, shared, lag: Cell::new(0), other_branch: false, network, says: RefCell::default() }
    }
}

impl CounterpartySource for Ledger {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn status(&self) -> Result<CounterpartyStatus> {
        self.shared.tick();
        let tip = self.shared.tip();
        Ok(CounterpartyStatus {
            network: self.network,
            version: "11.2.0".to_owned(),
            height: tip - self.lag.get(),
            bitcoin_height: tip,
            ready: true,
            state: "Following".to_owned(),
        })
    }

    fn block(&self, height: u32) -> Result<LedgerBlock> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        let index = usize::try_from(height - inner.base).unwrap();
        let index = if self.other_branch { index - 1 } else { index };
        Ok(LedgerBlock { height, hash: inner.blocks[index].hash, ledger_hash: "00".to_owned() })
    }

    fn balances(&self, _: &[String]) -> Result<Vec<Balance>> {
        unreachable!("broadcasting asks for no balances")
    }

    fn attached(&self, _: &[OutPoint]) -> Result<Vec<AttachedAsset>> {
        unreachable!("broadcasting asks for no attached assets")
    }

    fn asset(&self, _: &str) -> Result<Option<AssetFacts>> {
        unreachable!("broadcasting asks for no assets")
    }

    fn address(&self, _: &str) -> Result<AddressFacts> {
        unreachable!("broadcasting asks for no addresses")
    }

    fn judgement(&self, txid: Txid) -> Result<Judgement> {
        self.shared.tick();
        if let Some(says) = self.says.borrow().get(&txid) {
            return Ok(says.clone());
        }
        let inner = self.shared.0.borrow();
        let held = inner.blocks.iter().zip(inner.base..).find(|(block, _)| block.txids.contains(&txid));
        Ok(match (held, inner.ledger.get(&txid)) {
            (Some((_, height)), Some(Judgement::Parsed { valid, kind, sends, .. })) => {
                Judgement::Parsed { height, valid: *valid, kind: kind.clone(), sends: sends.clone() }
            }
            (None, Some(_)) if inner.mempool.contains(&txid) => Judgement::Waiting,
            (_, _) => Judgement::Unknown,
        })
    }

    fn credits(&self, _: &str, _: u32, _: u32) -> Result<Vec<Credit>> {
        unreachable!("broadcasting asks for no credits")
    }

    fn compose(&self, _: &Composition<'_>) -> Result<Vec<Transaction>> {
        unreachable!("broadcasting composes nothing")
    }
}

/// A server of the XRP Ledger, which can be of another network, lag, have gaps or lie.
pub(super) struct Rippled {
    name: String,
    shared: Shared,
    pub(super) network_id: u32,
    pub(super) lag: u32,
    pub(super) complete: Option<Vec<(u32, u32)>>,
    pub(super) says: BTreeMap<String, Found>,
    pub(super) knows_simulate: bool,
    pub(super) age: u64,
    /// True where it is several machines behind one address: of accounts one tells that does not lag.
    pub(super) is_cluster: bool,
    /// Calls known what was handed to it, whatever became of it, and no range searched completely: as rippled does.
    pub(super) remembers: bool,
}

impl Rippled {
    pub(super) fn new(name: &str, shared: &Shared) -> Self {
        let (name, shared) = (name.to_owned(), shared.clone());
        Self {
            name,
            shared,
            network_id: 1,
            lag: 0,
            complete: None,
            says: BTreeMap::new(),
            knows_simulate: true,
            age: 3,
            is_cluster: false,
            remembers: false,
        }
    }

    fn ledgers(&self, inner: &Inner) -> Ledgers {
        Ledgers(self.complete.clone().unwrap_or_else(|| inner.complete.clone()))
    }

    fn engine(&self, result: &str) -> Engine {
        let queued = result == "terQUEUED";
        let validated_index = Some(self.shared.0.borrow().validated);
        Engine {
            result: result.to_owned(),
            message: "The server's words.".to_owned(),
            queued,
            validated_index,
        }
    }
}

impl XrplSource for Rippled {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn status(&self) -> Result<XrplStatus> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        let drops = |drops| Drops::new(drops).unwrap();
        Ok(XrplStatus {
            network_id: self.network_id,
            version: "fake".to_owned(),
            state: "full".to_owned(),
            amendment_blocked: false,
            validated: Some(ValidatedLedger {
                index: inner.validated - self.lag,
                hash: "00".to_owned(),
                close_time: inner.now,
                age: self.age,
                base_fee: drops(10),
                reserve_base: drops(1_000_000),
                reserve_inc: drops(200_000),
            }),
            complete: self.ledgers(&inner),
        })
    }

    fn fee(&self) -> Result<OpenFee> {
        unreachable!("broadcasting asks for no fees")
    }

    fn account(&self, address: &str) -> Result<XrplAccountFacts> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        Ok(XrplAccountFacts {
            address: address.to_owned(),
            exists: true,
            balance: "1".to_owned(),
            sequence: inner.sequences.get(address).copied().unwrap_or(1),
            owner_count: 0,
            flags: 0,
            regular_key: None,
            signer_list: false,
            tickets: inner.tickets.iter().copied().collect(),
        })
    }

    fn account_in(&self, address: &str, ledger: u32) -> Result<XrplAccountFacts> {
        let mut facts = self.account(address)?;
        if self.is_cluster {
            let later = self.shared.0.borrow().xrp.values().filter(|(held, _)| *held > ledger).count();
            facts.sequence -= u32::try_from(later).unwrap();
        }
        Ok(facts)
    }

    fn simulate(&self, tx_json: &Map<String, Value>) -> Result<Option<Engine>> {
        self.shared.tick();
        assert!(!tx_json.contains_key("TxnSignature"));
        let sequence = tx_json.get("Sequence").and_then(Value::as_u64).unwrap();
        let result = self.shared.0.borrow().simulated.get(&u32::try_from(sequence).unwrap()).copied();
        Ok(self.knows_simulate.then(|| self.engine(result.unwrap_or("tesSUCCESS"))))
    }

    fn submit(&self, tx_blob: &str) -> Result<Engine> {
        self.shared.tick();
        self.shared.check_written_down(tx_blob);
        let transaction = read_blob(tx_blob);
        let hash = self.shared.0.borrow().ids[tx_blob].clone();
        let mut inner = self.shared.0.borrow_mut();
        inner.handed_over.insert(hash.clone());
        let scripted = inner.engine.get_mut(&hash).and_then(std::collections::VecDeque::pop_front);
        let used = match transaction.ticket_sequence() {
            Some(ticket) => !inner.tickets.contains(&ticket),
            None => inner.sequences[&transaction.account().to_string()] > transaction.sequence(),
        };
        let late = transaction.last_ledger_sequence().is_some_and(|last| inner.validated >= last);
        let result = match scripted {
            Some(result) => result,
            None if used => "tefPAST_SEQ",
            None if late => "tefMAX_LEDGER",
            None => "tesSUCCESS",
        };
        if matches!(result, "tesSUCCESS" | "terQUEUED") || result.starts_with("tec") {
            inner.pending.insert(hash, transaction);
        }
        drop(inner);
        let engine = self.engine(result);
        self.shared.tick();
        Ok(engine)
    }

    fn transaction(&self, hash: &str, from: u32, to: u32) -> Result<Found> {
        self.shared.tick();
        assert!(to - from < 1_000, "servers search at most 1,000 ledgers, not {from} to {to}");
        if let Some(says) = self.says.get(hash) {
            return Ok(says.clone());
        }
        let inner = self.shared.0.borrow();
        let is_hidden = |ledger: u32| self.is_cluster && ledger > inner.validated - self.lag;
        if let Some((ledger_index, result)) = inner.xrp.get(hash).cloned() {
            if is_hidden(ledger_index) {
                return Ok(Found::Pending);
            }
            let close_time = Some(Moment::from_unix(1_795_269_700));
            return Ok(Found::Validated { ledger_index, result, delivered: None, close_time });
        }
        if inner.pending.contains_key(hash) {
            return Ok(Found::Pending);
        }
        if self.remembers && inner.handed_over.contains(hash) {
            return Ok(Found::Pending);
        }
        Ok(Found::NotFound { searched_all: !self.remembers && self.ledgers(&inner).hold(from, to) })
    }

    fn ledger_hash(&self, _: u32) -> Result<Option<String>> {
        Err(FAKE.error("ledger_hash"))
    }

    /// Everything that is in the ledger is the account's.
    fn history(&self, address: &str, from: u32, to: u32, _: Option<&Value>) -> Result<HistoryPage> {
        self.shared.tick();
        let inner = self.shared.0.borrow();
        let is_held = self.ledgers(&inner).hold(from, to);
        let entry = |(hash, (ledger_index, result)): (&String, &(u32, String))| HistoryEntry {
            hash: hash.clone(),
            ledger_index: *ledger_index,
            close_time: Moment::from_unix(1_795_269_700),
            transaction_type: "Payment".to_owned(),
            result: result.clone(),
            account: address.to_owned(),
            destination: None,
            destination_tag: None,
            delivered: None,
            balance_change: -1,
        };
        let entries = inner.xrp.iter().filter(|(_, (ledger, _))| (from..=to).contains(ledger)).map(entry);
        Ok(HistoryPage {
            from: if is_held { from } else { to },
            to,
            entries: entries.collect(),
            marker: None,
        })
    }
}
