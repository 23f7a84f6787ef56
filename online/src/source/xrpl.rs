//! What planning, submission and deposits ask of the XRP Ledger.

use airlock::Result;
use airlock::amount::Drops;
use airlock::snapshot::XrplAccountFacts;
use airlock::time::Moment;
use serde_json::{Map, Value};

/// A server that knows the XRP Ledger. `api_version` 2 is asked for; nothing but validated ledgers counts.
pub trait XrplSource {
    /// The server as messages name it.
    fn name(&self) -> String;

    /// How it stands.
    fn status(&self) -> Result<XrplStatus>;

    /// What the open ledger costs now.
    fn fee(&self) -> Result<OpenFee>;

    /// An account as the last validated ledger has it, with its tickets and signer list; `exists` is false where there is
    /// none.
    fn account(&self, address: &str) -> Result<XrplAccountFacts>;

    /// The account in this validated ledger and no other: an address may stand for several machines, of which one has come
    /// further than another.
    fn account_in(&self, address: &str, ledger: u32) -> Result<XrplAccountFacts>;

    /// What would become of an unsigned transaction; none where the server does not know `simulate`, or is too busy for a
    /// trial.
    fn simulate(&self, tx_json: &Map<String, Value>) -> Result<Option<Engine>>;

    /// Hands over a signed transaction.
    fn submit(&self, tx_blob: &str) -> Result<Engine>;

    /// Looks for a transaction in the ledgers `from..=to`.
    fn transaction(&self, hash: &str, from: u32, to: u32) -> Result<Found>;

    /// The hash of the validated ledger with this index, upper-case hex; none where the server does not hold it.
    fn ledger_hash(&self, index: u32) -> Result<Option<String>>;

    /// One page of what touched an account in the validated ledgers `from..=to`, oldest first.
    fn history(&self, address: &str, from: u32, to: u32, marker: Option<&Value>) -> Result<HistoryPage>;
}

/// How a server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XrplStatus {
    /// Its network.
    pub network_id: u32,
    /// Its version.
    pub version: String,
    /// `full`, `proposing`, `validating`, or what it is before that.
    pub state: String,
    /// True where it no longer understands the ledger and must be updated.
    pub amendment_blocked: bool,
    /// The last validated ledger; none while it has none.
    pub validated: Option<ValidatedLedger>,
    /// The ledgers that it holds completely.
    pub complete: Ledgers,
}

/// The last validated ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedLedger {
    /// Its index.
    pub index: u32,
    /// Its hash in hex.
    pub hash: String,
    /// When it closed.
    pub close_time: Moment,
    /// Seconds since then, by the server's clock.
    pub age: u64,
    /// The base fee.
    pub base_fee: Drops,
    /// The base reserve.
    pub reserve_base: Drops,
    /// The owner reserve.
    pub reserve_inc: Drops,
}

/// Ranges of ledgers, as `complete_ledgers` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledgers(pub Vec<(u32, u32)>);

impl Ledgers {
    /// True where every ledger of `from..=to` is among them, in one range without a gap.
    pub fn hold(&self, from: u32, to: u32) -> bool {
        from <= to && self.0.iter().any(|(first, last)| *first <= from && to <= *last)
    }
}

/// What a transaction costs at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFee {
    /// The base fee.
    pub base: Drops,
    /// What gets into the open ledger now.
    pub open: Drops,
    /// The ledger that is being built.
    pub current_index: u32,
}

/// What a server's engine says: provisional, whatever it says, until a validated ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// `tesSUCCESS`, `terQUEUED`, …
    pub result: String,
    /// The server's words.
    pub message: String,
    /// True where it will be tried again by itself.
    pub queued: bool,
    /// The validated ledger at that moment, where the server says it.
    pub validated_index: Option<u32>,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In a validated ledger: final.
    Validated {
        /// The ledger's index.
        ledger_index: u32,
        /// `tesSUCCESS`, or a `tec` code.
        result: String,
        /// What arrived, in drops; none for tokens and for what is no payment.
        delivered: Option<Drops>,
        /// When the ledger closed.
        close_time: Option<Moment>,
    },
    /// Known, in no validated ledger yet.
    Pending,
    /// Not known. Only with `searched_all` does that say anything.
    NotFound {
        /// True where the server held and searched every ledger of the range.
        searched_all: bool,
    },
}

/// One page of an account's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The first ledger that was really searched.
    pub from: u32,
    /// The last one.
    pub to: u32,
    /// What touched the account, oldest first.
    pub entries: Vec<HistoryEntry>,
    /// Where the next page begins.
    pub marker: Option<Value>,
}

/// A validated transaction that touched an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its hash, upper-case hex.
    pub hash: String,
    /// Its ledger.
    pub ledger_index: u32,
    /// When that closed.
    pub close_time: Moment,
    /// `Payment`, `CheckCash`, …
    pub transaction_type: String,
    /// `tesSUCCESS`, or a `tec` code.
    pub result: String,
    /// Who sent it.
    pub account: String,
    /// Whom it names, where it names somebody.
    pub destination: Option<String>,
    /// The destination tag; 0 is a tag.
    pub destination_tag: Option<u32>,
    /// `meta.delivered_amount`, where the server says one.
    pub delivered: Option<Delivered>,
    /// By how much the account's XRP changed, in drops, from `meta.AffectedNodes`: what really happened.
    pub balance_change: i64,
}

/// `meta.delivered_amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// XRP.
    Xrp(Drops),
    /// An issued token: its currency and issuer as the server writes them.
    Token {
        /// Currency code or hex.
        currency: String,
        /// The issuer.
        issuer: String,
        /// Its own units, as written.
        value: String,
    },
    /// The server does not know (before 2014).
    Unavailable,
}
