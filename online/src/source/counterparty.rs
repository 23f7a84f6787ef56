//! What planning, finality and deposits ask of the Counterparty ledger.

use airlock::Result;
use airlock::amount::Quantity;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{AddressFacts, AssetFacts};
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};

/// A server that knows the Counterparty ledger. Every answer but that of [`CounterpartySource::status`] is refused
/// while the server is behind (`X-COUNTERPARTY-HEIGHT` below `X-BITCOIN-HEIGHT`) or not ready.
pub trait CounterpartySource {
    /// The server as messages name it.
    fn name(&self) -> String;

    /// How it stands, also while it is not ready.
    fn status(&self) -> Result<CounterpartyStatus>;

    /// The ledger's own hash and the block's, at a height that it has reached.
    fn block(&self, height: u32) -> Result<LedgerBlock>;

    /// Everything that the addresses hold, attached to outputs or not; all pages.
    fn balances(&self, addresses: &[String]) -> Result<Vec<Balance>>;

    /// The assets attached to outputs of the addresses or about to be, outputs of waiting transactions included.
    fn attached(&self, outpoints: &[OutPoint]) -> Result<Vec<AttachedAsset>>;

    /// An asset by its name or its subasset longname; none where the ledger has no such asset.
    fn asset(&self, name: &str) -> Result<Option<AssetFacts>>;

    /// Whether an address wants memos, and how many open dispensers it has.
    fn address(&self, address: &str) -> Result<AddressFacts>;

    /// What the ledger made of a transaction.
    fn judgement(&self, txid: Txid) -> Result<Judgement>;

    /// Everything that an address received in blocks `from..=to`, by whatever way: sends, MPMA rows, sweeps,
    /// dividends, dispenses, detached and moved assets; ordered by block and by its place there.
    fn credits(&self, address: &str, from: u32, to: u32) -> Result<Vec<Credit>>;

    /// The server's own composition of a payment, to be compared with ours: the transaction that is to be signed, and
    /// behind it the reveal of a Taproot pair, which the server signs with a key of its own.
    fn compose(&self, wish: &Composition<'_>) -> Result<Vec<Transaction>>;
}

/// How a server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterpartyStatus {
    /// Its network.
    pub network: BitcoinNetwork,
    /// Its version: `11.2.0`.
    pub version: String,
    /// Height of its ledger.
    pub height: u32,
    /// Height of the Bitcoin node that it follows.
    pub bitcoin_height: u32,
    /// What it says about itself. True even while it is behind (counterparty.md 12): compare the heights.
    pub ready: bool,
    /// `Following` when it is.
    pub state: String,
}

/// A block of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerBlock {
    /// Its height.
    pub height: u32,
    /// The Bitcoin block's hash.
    pub hash: BlockHash,
    /// The hash over the ledger, in hex.
    pub ledger_hash: String,
}

/// What an address, or an output of it, holds of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The address; for attached assets the one of the output.
    pub address: String,
    /// The asset's name.
    pub asset: String,
    /// How much.
    pub quantity: Quantity,
    /// The output that it is attached to.
    pub outpoint: Option<OutPoint>,
}

/// An asset on an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedAsset {
    /// The output.
    pub outpoint: OutPoint,
    /// The asset's name.
    pub asset: String,
    /// How much.
    pub quantity: Quantity,
}

/// What the ledger made of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It does not know it (yet).
    Unknown,
    /// It waits in the mempool.
    Waiting,
    /// It was parsed at this height; `valid` alone proves nothing (counterparty.md 12), the rows do.
    Parsed {
        /// Height of its block.
        height: u32,
        /// What the ledger says of the whole.
        valid: bool,
        /// What kind of message it found.
        kind: String,
        /// The sends, each row of an MPMA; empty for other messages.
        sends: Vec<SendRow>,
    },
}

/// One send as the ledger recorded it. Where it is not valid, what the ledger could not read is empty and zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendRow {
    /// Who paid.
    pub source: String,
    /// Who received.
    pub destination: String,
    /// What.
    pub asset: String,
    /// How much.
    pub quantity: Quantity,
    /// The memo as the server writes it: hex, or for MPMA text the text itself.
    pub memo: Option<String>,
    /// `valid`, or why not.
    pub status: String,
    /// Its place in the transaction.
    pub msg_index: u32,
}

/// What an address received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The transaction.
    pub txid: Txid,
    /// Its place there: `msg_index` for sends, otherwise the order of the rows. Together with transaction, address and
    /// asset it is the same whatever blocks were asked for, and never given twice.
    pub position: u32,
    /// Height of the block.
    pub height: u32,
    /// The asset's name.
    pub asset: String,
    /// How much.
    pub quantity: Quantity,
    /// Who paid, where one address did.
    pub source: Option<String>,
    /// What kind: `send`, `mpma`, `sweep`, `move`, `attach`, `detach`; others as the ledger calls them, such as
    /// `dividend`, `dispense`, `cancel order`.
    pub kind: String,
    /// The memo's bytes, as far as the server's form tells them ([`SendRow::memo`]).
    pub memo: Option<CreditMemo>,
}

/// A memo as the server writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditMemo {
    /// The server's string.
    pub written: String,
    /// The bytes, when the string is hex.
    pub bytes: Option<Vec<u8>>,
}

/// A payment that a server is asked to compose.
#[derive(Clone, Copy, Debug)]
pub struct Composition<'a> {
    /// Who pays.
    pub source: &'a str,
    /// Asset, quantity, destination and memo of each payment; more than one is an MPMA.
    pub sends: &'a [(String, Quantity, String, Option<Vec<u8>>)],
    /// The coins, in the order of the plan.
    pub inputs: &'a [OutPoint],
    /// The fee of the plan, in satoshi.
    pub fee: u64,
    /// The carrier of the plan: `opreturn`, `multisig` or `taproot`.
    pub encoding: &'a str,
    /// The payer's public key in hex, which a multisig output names; without it the server looks for one.
    pub pubkey: Option<&'a str>,
}
