//! The closed vocabulary of `[transactions] allow`.

use core::fmt;
use core::str::FromStr;

use super::refusals::ENTRY;
use crate::error::{Error, Result};
use crate::review::Effect;
use crate::text::Printable;

/// What a transaction does, as a policy names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Bitcoin to somebody, or only within the account.
    BitcoinPayment,
    /// One Counterparty send in a message.
    AssetSend,
    /// Several Counterparty sends in one message.
    BatchSend,
    /// XRP to somebody.
    XrpPayment,
    /// An issued token to somebody.
    TokenPayment,
    /// Counterparty: everything of an address.
    Sweep,
    /// Counterparty: whether sends to the source need a memo.
    RequireMemo,
    /// Counterparty: the issuer right of an asset.
    TransferOwnership,
    /// XRP: settings, the master key's end among them.
    AccountSet,
    /// XRP: a second key.
    SetRegularKey,
    /// XRP: the signers.
    SignerListSet,
    /// XRP: tickets.
    TicketCreate,
    /// XRP: the end of an account; all its XRP goes.
    AccountDelete,
    /// XRP: a trust line.
    TrustSet,
    /// XRP: who may pay in.
    DepositPreauth,
    /// A bare PSBT of other software, whatever it does.
    ForeignPsbt,
}

impl Kind {
    /// All kinds, in the order of the documents.
    pub const ALL: [Self; 16] = [
        Self::BitcoinPayment,
        Self::AssetSend,
        Self::BatchSend,
        Self::XrpPayment,
        Self::TokenPayment,
        Self::Sweep,
        Self::RequireMemo,
        Self::TransferOwnership,
        Self::AccountSet,
        Self::SetRegularKey,
        Self::SignerListSet,
        Self::TicketCreate,
        Self::AccountDelete,
        Self::TrustSet,
        Self::DepositPreauth,
        Self::ForeignPsbt,
    ];

    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::BitcoinPayment => "bitcoin-payment",
            Self::AssetSend => "asset-send",
            Self::BatchSend => "batch-send",
            Self::XrpPayment => "xrp-payment",
            Self::TokenPayment => "token-payment",
            Self::Sweep => "sweep",
            Self::RequireMemo => "require-memo",
            Self::TransferOwnership => "transfer-ownership",
            Self::AccountSet => "account-set",
            Self::SetRegularKey => "set-regular-key",
            Self::SignerListSet => "signer-list-set",
            Self::TicketCreate => "ticket-create",
            Self::AccountDelete => "account-delete",
            Self::TrustSet => "trust-set",
            Self::DepositPreauth => "deposit-preauth",
            Self::ForeignPsbt => "foreign-psbt",
        }
    }

    /// The kind of an effect; `sends` counts the Counterparty sends of its transaction.
    pub(super) fn of(effect: &Effect, sends: usize) -> Self {
        match effect {
            Effect::PaysBitcoin { .. } => Self::BitcoinPayment,
            Effect::SendsAsset { .. } if sends > 1 => Self::BatchSend,
            Effect::SendsAsset { .. } => Self::AssetSend,
            Effect::Sweeps { .. } => Self::Sweep,
            Effect::RequiresMemo { .. } => Self::RequireMemo,
            Effect::TransfersOwnership { .. } => Self::TransferOwnership,
            Effect::PaysXrp { .. } => Self::XrpPayment,
            Effect::PaysToken { .. } => Self::TokenPayment,
            Effect::SetsAccount { .. } => Self::AccountSet,
            Effect::SetsRegularKey { .. } => Self::SetRegularKey,
            Effect::SetsSigners { .. } => Self::SignerListSet,
            Effect::CreatesTickets { .. } => Self::TicketCreate,
            Effect::DeletesAccount { .. } => Self::AccountDelete,
            Effect::SetsTrust { .. } => Self::TrustSet,
            Effect::Preauthorizes { .. } => Self::DepositPreauth,
        }
    }

    /// True for kinds that move an amount which only the ledger knows, or give rights away, to somebody: the
    /// destination's `also` has to name them.
    pub(super) fn needs_also(self) -> bool {
        match self {
            Self::Sweep
            | Self::TransferOwnership
            | Self::SetRegularKey
            | Self::SignerListSet
            | Self::AccountDelete
            | Self::TrustSet
            | Self::DepositPreauth => true,
            Self::BitcoinPayment
            | Self::AssetSend
            | Self::BatchSend
            | Self::XrpPayment
            | Self::TokenPayment
            | Self::RequireMemo
            | Self::AccountSet
            | Self::TicketCreate
            | Self::ForeignPsbt => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads the word of the file.
impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            ENTRY.error(format!(
                "'{}' is no kind of transaction; there are {}",
                Printable::new(text),
                known.join(", ")
            ))
        })
    }
}
