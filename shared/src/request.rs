//! What a person asked for, before any chain was looked at.
//!
//! The planner turns a request into steps; the offline half compares the effects that it finds in the
//! steps' bytes with the request and refuses a difference.

use serde::{Deserialize, Serialize};

use crate::account::AccountName;

/// Where bitcoin goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BitcoinPayee {
    /// Address of the account's network.
    pub to: String,
    /// Amount in BTC, as typed.
    pub amount: String,
}

/// One recipient of a Counterparty batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetPayee {
    /// Asset name or subasset longname.
    pub asset: String,
    /// Address of the account's network.
    pub to: String,
    /// Units of the asset, as typed.
    pub amount: String,
    /// The memo, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<RequestMemo>,
}

/// A memo as the person gave it: the same characters mean different bytes as text and as hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum RequestMemo {
    /// UTF-8 text.
    Text(String),
    /// Bytes in hex.
    Hex(String),
}

/// How a Counterparty message travels (counterparty.md 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The cheapest that counts on the network at the height.
    #[default]
    Auto,
    /// One OP_RETURN output.
    OpReturn,
    /// Bare 1-of-3 multisig outputs.
    Multisig,
    /// Commit and reveal.
    Taproot,
    /// The historical pretx pair.
    P2sh,
}

/// One thing asked of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The paying account: its name or, where only one account has it, its role.
    pub from: AccountName,
    /// The withdrawal's own number in the exchange's books, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The kind of thing asked.
    pub intent: Intent,
    /// Bitcoin and Counterparty: fee rate in sat/vB, as typed; the snapshot's estimate when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_rate: Option<String>,
    /// XRP: fee in drops, as typed; the default of design.md 10.16 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_drops: Option<String>,
    /// Counterparty: how the message travels; [`Encoding::Auto`] when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// The closed list of things that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Intent {
    /// Pay bitcoin to one or more addresses in one transaction.
    SendBitcoin {
        /// The recipients.
        payees: Vec<BitcoinPayee>,
    },
    /// Send one Counterparty asset to one address (enhanced send).
    SendAsset {
        /// The recipient.
        payee: AssetPayee,
    },
    /// Send Counterparty assets to many addresses at once (MPMA).
    SendMany {
        /// The recipients, in the order of the list.
        payees: Vec<AssetPayee>,
        /// A memo for all that have none of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memo: Option<RequestMemo>,
    },
    /// Move everything of an address (Counterparty sweep).
    Sweep {
        /// The new owner.
        to: String,
        /// Move all balances.
        balances: bool,
        /// Move the issuer right of all owned assets.
        ownerships: bool,
        /// The memo, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memo: Option<RequestMemo>,
    },
    /// Require a memo on incoming sends, or stop requiring it (broadcast `OPTIONS`).
    RequireMemo {
        /// True for `OPTIONS 1`, false for `OPTIONS 0`.
        require: bool,
    },
    /// Give the issuer right of one asset to another address (issuance with a destination).
    TransferOwnership {
        /// Asset name or subasset longname.
        asset: String,
        /// The new owner.
        to: String,
    },
    /// Pay XRP.
    SendXrp {
        /// Classic address or X-address.
        to: String,
        /// Destination tag; absent means none, 0 is a tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<u32>,
        /// Amount in XRP, as typed.
        amount: String,
    },
    /// Any other whitelisted XRP transaction: its own fields; account, fee, sequence, flags, expiry and network
    /// are filled in by the planner where absent.
    XrpTransaction {
        /// The fields as xrpl.js takes them.
        tx_json: serde_json::Map<String, serde_json::Value>,
    },
}
