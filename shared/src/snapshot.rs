//! What the chains said at one moment: plain data, and all that planning needs (design.md 10.21).

use bitcoin::OutPoint;
use serde::{Deserialize, Serialize};

use crate::account::AccountName;
use crate::bundle::file;
use crate::error::Result;
use crate::json;
use crate::network::BitcoinNetwork;
use crate::time::Moment;

/// The value of `format` in a snapshot file.
pub const FORMAT: &str = "airlock-snapshot";
/// The version of the snapshot format.
pub const VERSION: u32 = 1;

/// What the chains said at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always [`VERSION`].
    pub version: u32,
    /// When it was taken.
    pub taken_at: Moment,
    /// The Bitcoin side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitcoin: Option<BitcoinFacts>,
    /// The Counterparty side, on the same Bitcoin network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<CounterpartyFacts>,
    /// The XRP Ledger side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xrpl: Option<XrplFacts>,
}

/// What a Bitcoin node said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BitcoinFacts {
    /// The network.
    pub network: BitcoinNetwork,
    /// Height of the tip.
    pub height: u32,
    /// Hash of the tip in hex.
    pub hash: String,
    /// Estimates, sorted by target.
    pub fee_rates: Vec<FeeRate>,
    /// Unspent outputs of the watched accounts.
    pub coins: Vec<Coin>,
}

/// A fee estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRate {
    /// Blocks until confirmation.
    pub blocks: u32,
    /// Satoshi per 1,000 virtual bytes.
    pub sat_per_kvb: u64,
}

/// An unspent output of a watched account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coin {
    /// `txid:vout`.
    pub outpoint: OutPoint,
    /// The account that it belongs to.
    pub account: AccountName,
    /// 0 receive, 1 change.
    pub branch: u32,
    /// Index on the branch.
    pub index: u32,
    /// The full previous transaction in hex.
    pub prev_tx: String,
    /// Height of its block; absent while unconfirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Counterparty assets attached to this output; such a coin is never chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<Attached>,
}

/// A Counterparty balance on an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// Asset name.
    pub asset: String,
    /// Base units, decimal.
    pub quantity: String,
}

/// What a Counterparty server said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterpartyFacts {
    /// Height that its ledger has reached.
    pub height: u32,
    /// Hash of its ledger at that height, in hex.
    pub ledger_hash: String,
    /// Assets that plans may name.
    pub assets: Vec<AssetFacts>,
    /// Balances of the watched addresses.
    pub balances: Vec<AssetBalance>,
    /// What is known of addresses, own and foreign.
    pub addresses: Vec<AddressFacts>,
}

/// An asset as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetFacts {
    /// `XCP`, a named asset or `A…`.
    pub name: String,
    /// Its id, decimal.
    pub id: String,
    /// Subasset longname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longname: Option<String>,
    /// True where 10^8 base units are one unit.
    pub divisible: bool,
    /// True where no more can be issued.
    pub locked: bool,
    /// Address that holds the issuer right; absent for XCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A balance of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetBalance {
    /// The address.
    pub address: String,
    /// Asset name.
    pub asset: String,
    /// Base units, decimal.
    pub quantity: String,
}

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressFacts {
    /// The address.
    pub address: String,
    /// True where sends without memo are rejected by the ledger.
    pub requires_memo: bool,
    /// Number of open dispensers.
    pub dispensers: u32,
}

/// What an XRP Ledger server said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XrplFacts {
    /// 0 mainnet, 1 testnet, 2 devnet; others above.
    pub network_id: u32,
    /// Index of the last validated ledger.
    pub ledger_index: u32,
    /// When that ledger closed.
    pub close_time: Moment,
    /// Base fee in drops, decimal.
    pub base_fee: String,
    /// Open ledger fee in drops, decimal.
    pub open_fee: String,
    /// Base reserve in drops, decimal.
    pub reserve_base: String,
    /// Owner reserve in drops, decimal.
    pub reserve_inc: String,
    /// Accounts, own and foreign.
    pub accounts: Vec<XrplAccountFacts>,
}

/// What is known of an XRP account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XrplAccountFacts {
    /// Classic address.
    pub address: String,
    /// False where the ledger has no such account.
    pub exists: bool,
    /// Balance in drops, decimal.
    pub balance: String,
    /// Next sequence.
    pub sequence: u32,
    /// Owned objects.
    pub owner_count: u32,
    /// AccountRoot flags (xrpl.md 8).
    pub flags: u32,
    /// Regular key, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regular_key: Option<String>,
    /// True where a signer list is set.
    #[serde(default)]
    pub signer_list: bool,
    /// Free tickets, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<u32>,
}

impl XrplAccountFacts {
    /// What is known of an address without an account.
    pub fn absent(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            exists: false,
            balance: "0".to_owned(),
            sequence: 0,
            owner_count: 0,
            flags: 0,
            regular_key: None,
            signer_list: false,
            tickets: Vec::new(),
        }
    }
}

impl Snapshot {
    /// Reads a snapshot file.
    ///
    /// # Errors
    /// The codes of bundle files for size, format, version and canonical form, and of [`crate::json`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        file::open(bytes, FORMAT, VERSION)?;
        let snapshot: Self = json::parse_as(bytes)?;
        if snapshot.encode() != bytes {
            return Err(file::NOT_CANONICAL.error("the file is not in canonical form"));
        }
        Ok(snapshot)
    }

    /// Writes the snapshot file.
    pub fn encode(&self) -> Vec<u8> {
        json::canonical(
            &serde_json::to_value(self).expect("a snapshot has string keys and always serializes"),
        )
    }
}
