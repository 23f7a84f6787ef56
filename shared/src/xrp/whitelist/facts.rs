//! What a permitted transaction does, typed for the review.

use crate::amount::Drops;
use crate::xrp::address::AccountId;
use crate::xrp::amount::Amount;
use crate::xrp::currency::Currency;
use crate::xrp::public_key::PublicKey;
use crate::xrp::token_value::TokenValue;

/// What uses up a transaction, so that it counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// The account's next sequence number.
    Sequence(u32),
    /// A ticket of the account.
    Ticket(u32),
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// SigningPubKey is not there yet.
    Open,
    /// One key.
    Single(PublicKey),
    /// Several signers: SigningPubKey is empty.
    Multi,
}

/// A memo as the bytes that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memo {
    /// MemoType.
    pub kind: Option<Vec<u8>>,
    /// MemoFormat.
    pub format: Option<Vec<u8>>,
    /// MemoData.
    pub data: Option<Vec<u8>>,
}

/// What all permitted transactions have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// Whose transaction it is; the signing key need not be its master key.
    pub account: AccountId,
    /// Burned exactly as signed.
    pub fee: Drops,
    /// Sequence or ticket.
    pub turn: Turn,
    /// The last ledger that may hold it.
    pub last_ledger_sequence: u32,
    /// Present above network 1024 only.
    pub network_id: Option<u32>,
    /// SourceTag; 0 is a tag.
    pub source_tag: Option<u32>,
    /// All memos in order.
    pub memos: Vec<Memo>,
    /// Which key signs, if already fixed.
    pub signing: Signing,
    /// True when TxnSignature or Signers is present.
    pub is_signed: bool,
}

/// An account setting that AccountSet may set or clear (xrpl.md 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountFlag {
    /// 1: incoming payments need a destination tag.
    RequireDest,
    /// 3: asks others not to send XRP; advice only.
    DisallowXrp,
    /// 4: the master key cannot sign.
    DisableMaster,
    /// 9: only preauthorized senders can pay in.
    DepositAuth,
    /// 12: no incoming offers of NFTs.
    DisallowIncomingNFTokenOffer,
    /// 13: no incoming checks.
    DisallowIncomingCheck,
    /// 14: no incoming payment channels.
    DisallowIncomingPayChan,
    /// 15: no incoming trust lines.
    DisallowIncomingTrustline,
}

impl AccountFlag {
    /// All that may be set or cleared.
    pub const ALL: [AccountFlag; 8] = [
        Self::RequireDest,
        Self::DisallowXrp,
        Self::DisableMaster,
        Self::DepositAuth,
        Self::DisallowIncomingNFTokenOffer,
        Self::DisallowIncomingCheck,
        Self::DisallowIncomingPayChan,
        Self::DisallowIncomingTrustline,
    ];

    /// The number in SetFlag and ClearFlag.
    pub fn number(self) -> u32 {
        match self {
            Self::RequireDest => 1,
            Self::DisallowXrp => 3,
            Self::DisableMaster => 4,
            Self::DepositAuth => 9,
            Self::DisallowIncomingNFTokenOffer => 12,
            Self::DisallowIncomingCheck => 13,
            Self::DisallowIncomingPayChan => 14,
            Self::DisallowIncomingTrustline => 15,
        }
    }

    /// The name in the ledger's documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequireDest => "asfRequireDest",
            Self::DisallowXrp => "asfDisallowXRP",
            Self::DisableMaster => "asfDisableMaster",
            Self::DepositAuth => "asfDepositAuth",
            Self::DisallowIncomingNFTokenOffer => "asfDisallowIncomingNFTokenOffer",
            Self::DisallowIncomingCheck => "asfDisallowIncomingCheck",
            Self::DisallowIncomingPayChan => "asfDisallowIncomingPayChan",
            Self::DisallowIncomingTrustline => "asfDisallowIncomingTrustline",
        }
    }
}

/// One signer of a signer list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerEntry {
    /// The account that signs.
    pub account: AccountId,
    /// Its weight, at least 1.
    pub weight: u16,
}

/// A transaction that the signer may sign, with everything it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permitted {
    /// Pays XRP or an issued token; delivers exactly the amount.
    Payment {
        /// What all transactions have.
        common: Common,
        /// Who is paid.
        destination: AccountId,
        /// 0 is a tag, different from none.
        destination_tag: Option<u32>,
        /// What is delivered: XRP or an issued token, above zero.
        amount: Amount,
        /// At most this leaves the account, in the token of the amount.
        send_max: Option<TokenValue>,
        /// InvoiceID.
        invoice_id: Option<[u8; 32]>,
    },
    /// Changes settings of the account; without any change it only uses up the turn.
    AccountSet {
        /// What all transactions have.
        common: Common,
        /// SetFlag.
        set: Option<AccountFlag>,
        /// ClearFlag.
        clear: Option<AccountFlag>,
        /// Domain; empty removes it.
        domain: Option<Vec<u8>>,
        /// EmailHash; zeros remove it.
        email_hash: Option<[u8; 16]>,
        /// MessageKey; empty removes it.
        message_key: Option<Vec<u8>>,
    },
    /// Sets or removes the key that signs besides the master key.
    SetRegularKey {
        /// What all transactions have.
        common: Common,
        /// The new key's account; none removes the regular key.
        regular_key: Option<AccountId>,
    },
    /// Replaces or deletes the list of signers.
    SignerListSet {
        /// What all transactions have.
        common: Common,
        /// The weight that is needed; 0 deletes the list.
        quorum: u32,
        /// The new list, empty when it is deleted.
        entries: Vec<SignerEntry>,
    },
    /// Creates tickets; each keeps one owner reserve.
    TicketCreate {
        /// What all transactions have.
        common: Common,
        /// How many, 1 to 250.
        count: u32,
    },
    /// Deletes the account and sends all its XRP away.
    AccountDelete {
        /// What all transactions have.
        common: Common,
        /// Who gets the XRP.
        destination: AccountId,
        /// 0 is a tag, different from none.
        destination_tag: Option<u32>,
    },
    /// Opens, changes or closes a trust line.
    TrustSet {
        /// What all transactions have.
        common: Common,
        /// The most that the account will hold; zero closes the line.
        limit: TokenValue,
        /// The token's code.
        currency: Currency,
        /// The token's issuer.
        issuer: AccountId,
        /// Sets or clears NoRipple.
        no_ripple: Option<bool>,
    },
    /// Allows or forbids one sender to pay in although DepositAuth is set.
    DepositPreauth {
        /// What all transactions have.
        common: Common,
        /// The sender.
        sender: AccountId,
        /// True allows, false takes the permission back.
        authorize: bool,
    },
}

impl Permitted {
    /// What all transactions have.
    pub fn common(&self) -> &Common {
        match self {
            Self::Payment { common, .. }
            | Self::AccountSet { common, .. }
            | Self::SetRegularKey { common, .. }
            | Self::SignerListSet { common, .. }
            | Self::TicketCreate { common, .. }
            | Self::AccountDelete { common, .. }
            | Self::TrustSet { common, .. }
            | Self::DepositPreauth { common, .. } => common,
        }
    }
}
