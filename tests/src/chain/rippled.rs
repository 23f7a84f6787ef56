//! A rippled of a little XRP Ledger: accounts, payments between them, ledgers that close when a test says so.

use std::collections::{BTreeMap, BTreeSet};

use airlock::xrp::transaction::Transaction;
use bitcoin::hex::{DisplayHex as _, FromHex as _};
use serde_json::{Map, Value, json};

use crate::server::{Received, Reply};

/// Seconds from 1970 to the epoch of the ledger.
const EPOCH: u64 = 946_684_800;
/// The first ledger that is held.
pub const FIRST: u32 = 9_000_000;
const BASE_FEE: u64 = 10;
const RESERVE: u64 = 1_000_000;
const REQUIRES_TAG: u32 = 0x0002_0000;

/// An account.
#[derive(Clone, Debug, Default)]
pub struct Root {
    /// Drops.
    pub balance: u64,
    /// The next sequence.
    pub sequence: u32,
    /// Flags.
    pub flags: u32,
    /// Tickets that are not used yet.
    pub tickets: BTreeSet<u32>,
}

/// A transaction in a validated ledger.
#[derive(Clone, Debug)]
struct Done {
    hash: String,
    ledger: u32,
    tx: Value,
    meta: Value,
}

/// The ledger, and how its server stands.
#[derive(Clone, Debug)]
pub struct Xrpl {
    /// What the server says of its network.
    pub network_id: u32,
    /// The accounts by address.
    pub accounts: BTreeMap<String, Root>,
    /// What the open ledger costs, in drops.
    pub open_fee: u64,
    /// `complete_ledgers`, where it is not all of them.
    pub complete: Option<String>,
    closes: Vec<u64>,
    pending: Vec<(String, Value)>,
    /// Everything that was handed over: the server remembers it, whatever becomes of it.
    known: BTreeMap<String, Value>,
    done: Vec<Done>,
}

impl Xrpl {
    /// A ledger that closed at this time, on network 1.
    pub fn new(time: u64) -> Self {
        Self {
            network_id: 1,
            accounts: BTreeMap::new(),
            open_fee: BASE_FEE,
            complete: None,
            closes: vec![time],
            pending: Vec::new(),
            known: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    /// The last validated ledger.
    pub fn validated(&self) -> u32 {
        FIRST + u32::try_from(self.closes.len()).expect("few ledgers") - 1
    }

    /// How many transactions wait.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Closes a ledger at this time, with everything that waits and can be applied.
    pub fn close(&mut self, time: u64) {
        self.closes.push(time);
        let ledger = self.validated();
        for (hash, tx) in std::mem::take(&mut self.pending) {
            let last = tx["LastLedgerSequence"].as_u64().unwrap_or(u64::MAX);
            if u64::from(ledger) > last {
                continue;
            }
            match self.engine(&tx) {
                ("tesSUCCESS", _) => self.apply(hash, ledger, tx, "tesSUCCESS"),
                (result, 100..) => self.apply(hash, ledger, tx, result),
                ("terPRE_SEQ", _) => self.pending.push((hash, tx)),
                _ => {}
            }
        }
    }

    /// A payment of somebody else, in the next ledger.
    pub fn receive(&mut self, from: &str, to: &str, tag: Option<u32>, drops: u64) {
        let waiting = self.pending.iter().filter(|(_, tx)| tx["Account"] == from).count();
        let next = self.accounts.get(from).map_or(0, |root| root.sequence);
        let sequence = next + u32::try_from(waiting).expect("few wait");
        let hash = format!("{:0>64X}", self.done.len() + self.pending.len() + 1);
        let mut tx = json!({
            "TransactionType": "Payment", "Account": from, "Destination": to, "Amount": drops.to_string(),
            "Fee": BASE_FEE.to_string(), "Sequence": sequence, "Flags": 0,
        });
        if let Some(tag) = tag {
            tx["DestinationTag"] = json!(tag);
        }
        self.pending.push((hash, tx));
    }

    /// Loses what waits, and what it remembers, as by a restart.
    pub fn forget(&mut self) {
        self.drop_waiting();
        self.known.clear();
    }

    /// Loses what waits, and remembers that it was there.
    pub fn drop_waiting(&mut self) {
        self.pending.clear();
    }

    /// What would become of a transaction: the name and the number.
    fn engine(&self, tx: &Value) -> (&'static str, i32) {
        let text = |name: &str| tx[name].as_str().unwrap_or_default();
        let number = |name: &str| tx[name].as_u64().unwrap_or(0);
        let fee: u64 = text("Fee").parse().unwrap_or(0);
        let Some(from) = self.accounts.get(text("Account")) else { return ("terNO_ACCOUNT", -96) };
        if fee < self.open_fee {
            return ("telINSUF_FEE_P", -394);
        }
        if tx["LastLedgerSequence"].as_u64().is_some_and(|last| last <= u64::from(self.validated())) {
            return ("tefMAX_LEDGER", -187);
        }
        match (tx["TicketSequence"].as_u64(), number("Sequence").cmp(&u64::from(from.sequence))) {
            (Some(ticket), _) if ticket >= u64::from(from.sequence) => return ("terPRE_TICKET", -88),
            (Some(ticket), _) if !from.tickets.iter().any(|held| u64::from(*held) == ticket) => {
                return ("tefNO_TICKET", -180);
            }
            (Some(_), _) | (None, std::cmp::Ordering::Equal) => {}
            (None, std::cmp::Ordering::Less) => return ("tefPAST_SEQ", -190),
            (None, std::cmp::Ordering::Greater) => return ("terPRE_SEQ", -92),
        }
        if text("TransactionType") != "Payment" {
            return ("tesSUCCESS", 0);
        }
        let Ok(amount) = text("Amount").parse::<u64>() else { return ("tecPATH_DRY", 128) };
        let tag = tx.get("DestinationTag").is_some();
        match self.accounts.get(text("Destination")) {
            // The fee may come out of the reserve.
            _ if from.balance < amount + fee.max(RESERVE) => ("tecUNFUNDED_PAYMENT", 104),
            None if amount < RESERVE => ("tecNO_DST_INSUF_XRP", 125),
            Some(to) if to.flags & REQUIRES_TAG != 0 && !tag => ("tecDST_TAG_NEEDED", 143),
            None | Some(_) => ("tesSUCCESS", 0),
        }
    }

    fn apply(&mut self, hash: String, ledger: u32, tx: Value, result: &str) {
        let before = self.accounts.clone();
        let text = |name: &str| tx[name].as_str().unwrap_or_default().to_owned();
        let fee: u64 = text("Fee").parse().unwrap_or(0);
        let from = self.accounts.entry(text("Account")).or_default();
        from.balance -= fee;
        match tx["TicketSequence"].as_u64() {
            Some(ticket) => from.tickets.retain(|held| u64::from(*held) != ticket),
            None => from.sequence += 1,
        }
        let amount: u64 = text("Amount").parse().unwrap_or(0);
        let mut meta = json!({"TransactionResult": result, "TransactionIndex": self.done.len()});
        if result == "tesSUCCESS" && text("TransactionType") == "Payment" {
            from.balance -= amount;
            let to = self.accounts.entry(text("Destination")).or_default();
            to.balance += amount;
            if to.sequence == 0 {
                to.sequence = ledger;
            }
            meta["delivered_amount"] = json!(amount.to_string());
        }
        let nodes = self.accounts.iter().filter_map(|(address, root)| {
            let fields = |root: &Root| {
                json!({"Account": address, "Balance": root.balance.to_string(), "Sequence": root.sequence, "Flags": root.flags})
            };
            match before.get(address) {
                None => Some(json!({"CreatedNode": {"LedgerEntryType": "AccountRoot", "NewFields": fields(root)}})),
                Some(old) if old.balance != root.balance || old.sequence != root.sequence => {
                    Some(json!({"ModifiedNode": {
                        "LedgerEntryType": "AccountRoot", "FinalFields": fields(root),
                        "PreviousFields": {"Balance": old.balance.to_string()},
                    }}))
                }
                Some(_) => None,
            }
        });
        meta["AffectedNodes"] = nodes.collect();
        self.done.push(Done { hash, ledger, tx, meta });
    }

    fn holds(&self, from: u64, to: u64) -> bool {
        let complete = self.complete_ledgers();
        complete.split(',').any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.parse::<u64>().ok();
            number(first).zip(number(last)).is_some_and(|(first, last)| first <= from && to <= last)
        })
    }

    fn complete_ledgers(&self) -> String {
        self.complete.clone().unwrap_or_else(|| format!("{FIRST}-{}", self.validated()))
    }

    /// Seconds of the ledger's own epoch at which one closed.
    fn closed_at(&self, ledger: u32) -> u64 {
        let place = usize::try_from(ledger.saturating_sub(FIRST)).expect("few ledgers");
        self.closes.get(place).map_or(0, |time| time - EPOCH)
    }

    fn hash(&self, ledger: u32) -> String {
        format!("{ledger:064X}")
    }
}

/// Answers a request at this time.
pub fn answer(xrpl: &mut Xrpl, received: &Received, now: u64) -> Reply {
    let Ok(body) = serde_json::from_slice::<Value>(&received.body) else {
        return Reply::bytes("Unable to parse request").status(400);
    };
    let params = &body["params"][0];
    if params["api_version"] != json!(2) {
        return Reply::bytes("invalid_API_version").status(400);
    }
    let mut result = match told(xrpl, body["method"].as_str().unwrap_or_default(), params, now) {
        Ok(mut result) => {
            result["status"] = json!("success");
            result
        }
        Err((error, more)) => {
            let mut result = json!({"status": "error", "error": error, "error_message": error});
            for (name, value) in more {
                result[name] = value;
            }
            result
        }
    };
    if result["status"] == "error" {
        result["request"] = params.clone();
    }
    Reply::json(&json!({ "result": result }))
}

type Told = Result<Value, (&'static str, Map<String, Value>)>;

fn told(xrpl: &mut Xrpl, method: &str, params: &Value, now: u64) -> Told {
    let none = Map::new;
    let validated = xrpl.validated();
    let closed = xrpl.closed_at(validated);
    let age = (now - EPOCH).saturating_sub(closed);
    match method {
        "server_info" => Ok(json!({"info": {
            "build_version": "3.3.0", "complete_ledgers": xrpl.complete_ledgers(), "network_id": xrpl.network_id,
            "server_state": "full", "load_factor": 1, "validated_ledger": {
                "age": age, "base_fee_xrp": 0.00001, "hash": xrpl.hash(validated), "reserve_base_xrp": 1,
                "reserve_inc_xrp": 0.2, "seq": validated,
            },
        }})),
        "server_state" => Ok(json!({"state": {
            "load_base": 256, "load_factor": 256, "network_id": xrpl.network_id, "server_state": "full",
            "validated_ledger": {
                "base_fee": BASE_FEE, "close_time": closed, "hash": xrpl.hash(validated), "reserve_base": RESERVE,
                "reserve_inc": RESERVE / 5, "seq": validated,
            },
        }})),
        "ledger" => {
            let asked = params["ledger_index"].as_u64().and_then(|index| u32::try_from(index).ok());
            let index = asked.unwrap_or(validated);
            match index <= validated {
                false => Err(("lgrNotFound", none())),
                true => Ok(json!({
                    "ledger": {"close_time": closed, "ledger_hash": xrpl.hash(index), "ledger_index": index},
                    "ledger_hash": xrpl.hash(index), "ledger_index": index, "validated": true,
                })),
            }
        }
        "fee" => Ok(json!({"ledger_current_index": validated + 1, "drops": {
            "base_fee": BASE_FEE.to_string(), "median_fee": "5000", "minimum_fee": BASE_FEE.to_string(),
            "open_ledger_fee": xrpl.open_fee.to_string(),
        }})),
        "account_info" => {
            let address = params["account"].as_str().unwrap_or_default();
            let root = xrpl.accounts.get(address).ok_or_else(|| ("actNotFound", none()))?;
            Ok(json!({
                "account_data": {
                    "Account": address, "Balance": root.balance.to_string(), "Flags": root.flags,
                    "OwnerCount": root.tickets.len(), "Sequence": root.sequence, "TicketCount": root.tickets.len(),
                },
                "signer_lists": [], "ledger_index": validated, "validated": true,
            }))
        }
        "account_objects" => {
            let address = params["account"].as_str().unwrap_or_default();
            let root = xrpl.accounts.get(address).ok_or_else(|| ("actNotFound", none()))?;
            let tickets = root.tickets.iter();
            let tickets: Vec<Value> = tickets
                .map(|ticket| json!({"LedgerEntryType": "Ticket", "Account": address, "TicketSequence": ticket}))
                .collect();
            Ok(json!({
                "account": address, "account_objects": tickets, "ledger_index": validated, "validated": true,
            }))
        }
        "simulate" => {
            let tx = &params["tx_json"];
            let (result, code) = xrpl.engine(tx);
            Ok(json!({
                "engine_result": result, "engine_result_code": code, "engine_result_message": "simulated",
                "applied": false, "ledger_index": validated + 1, "tx_json": tx,
            }))
        }
        "submit" => submit(xrpl, params),
        "tx" => found(xrpl, params),
        "account_tx" => history(xrpl, params),
        _ => Err(("unknownCmd", none())),
    }
}

fn submit(xrpl: &mut Xrpl, params: &Value) -> Told {
    let invalid = || ("invalidTransaction", Map::new());
    let blob = Vec::<u8>::from_hex(params["tx_blob"].as_str().unwrap_or_default()).map_err(|_| invalid())?;
    let tx = Transaction::from_blob(&blob).map_err(|_| invalid())?;
    tx.check_signatures().map_err(|_| invalid())?;
    let hash = tx.hash().ok_or_else(invalid)?.to_upper_hex_string();
    let tx = tx.to_json();
    let is_done = xrpl.done.iter().any(|done| done.hash == hash);
    let (result, code) = if is_done { ("tefPAST_SEQ", -190) } else { xrpl.engine(&tx) };
    let is_kept = matches!(code, -92 | 0 | 100..);
    xrpl.known.insert(hash.clone(), tx.clone());
    if is_kept && !xrpl.pending.iter().any(|(waiting, _)| *waiting == hash) {
        xrpl.pending.push((hash.clone(), tx.clone()));
    }
    let mut shown = tx;
    shown["hash"] = json!(hash);
    Ok(json!({
        "engine_result": result, "engine_result_code": code, "engine_result_message": "as the engine says",
        "tx_blob": params["tx_blob"], "tx_json": shown, "accepted": true, "applied": code >= 0, "broadcast": is_kept,
        "queued": false, "kept": true, "validated_ledger_index": xrpl.validated(),
    }))
}

fn found(xrpl: &Xrpl, params: &Value) -> Told {
    let hash = params["transaction"].as_str().unwrap_or_default();
    let range = params["min_ledger"].as_u64().zip(params["max_ledger"].as_u64());
    if let Some(done) = xrpl.done.iter().find(|done| done.hash == hash) {
        return Ok(shown(xrpl, done));
    }
    if let Some(tx) = xrpl.known.get(hash) {
        return Ok(json!({"hash": hash, "tx_json": tx, "validated": false}));
    }
    let mut more = Map::new();
    if let Some((from, to)) = range {
        // As rippled counts: a ledger without a transaction counts as one that was not searched.
        let is_searched = |ledger: u64| xrpl.done.iter().any(|done| u64::from(done.ledger) == ledger);
        more.insert("searched_all".to_owned(), json!((from..=to).all(is_searched)));
    }
    Err(("txnNotFound", more))
}

fn shown(xrpl: &Xrpl, done: &Done) -> Value {
    let mut tx = done.tx.clone();
    tx["date"] = json!(xrpl.closed_at(done.ledger));
    tx["ledger_index"] = json!(done.ledger);
    json!({
        "hash": done.hash, "ledger_index": done.ledger, "validated": true, "tx_json": tx, "meta": done.meta,
        "ledger_hash": xrpl.hash(done.ledger),
    })
}

fn history(xrpl: &Xrpl, params: &Value) -> Told {
    let number = |name: &str| params[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let from = number("ledger_index_min").unwrap_or(FIRST);
    let to = number("ledger_index_max").unwrap_or_else(|| xrpl.validated());
    if !xrpl.holds(u64::from(from), u64::from(to)) {
        return Err(("lgrIdxMalformed", Map::new()));
    }
    let address = &params["account"];
    let touches = |done: &&Done| {
        let in_range = (from..=to).contains(&done.ledger);
        in_range && (done.tx["Account"] == *address || done.tx["Destination"] == *address)
    };
    let first = params["marker"]["next"].as_u64().and_then(|next| usize::try_from(next).ok()).unwrap_or(0);
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(200);
    let all: Vec<Value> = xrpl.done.iter().filter(touches).map(|done| shown(xrpl, done)).collect();
    let last = first.saturating_add(limit).min(all.len());
    let mut answer = json!({
        "account": address, "ledger_index_min": from, "ledger_index_max": to, "limit": limit, "validated": true,
        "transactions": all.get(first..last).unwrap_or_default(),
    });
    if last < all.len() {
        answer["marker"] = json!({"next": last});
    }
    Ok(answer)
}
