//! The checks, in the order in which they refuse: type, fields, flags, values.

mod values;

use crate::error::Result;
use crate::xrp::fields::Field;
use crate::xrp::transaction::Transaction;
use crate::xrp::transaction_type::TransactionType;
use crate::xrp::whitelist::facts::Permitted;
use crate::xrp::whitelist::{FIELD_REFUSED, FLAG_REFUSED, TYPE_REFUSED};

/// The types that are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    Payment,
    AccountSet,
    SetRegularKey,
    SignerListSet,
    TicketCreate,
    AccountDelete,
    TrustSet,
    DepositPreauth,
}

/// Fields that every listed type may have.
const COMMON: &[Field] = &[
    Field::Account,
    Field::TransactionType,
    Field::Fee,
    Field::Sequence,
    Field::TicketSequence,
    Field::Flags,
    Field::LastLedgerSequence,
    Field::SigningPubKey,
    Field::TxnSignature,
    Field::Signers,
    Field::SourceTag,
    Field::Memos,
    Field::NetworkID,
];

/// tfFullyCanonicalSig: without effect today, allowed everywhere.
const TF_FULLY_CANONICAL: u32 = 0x8000_0000;
const TF_SET_NO_RIPPLE: u32 = 0x0002_0000;
const TF_CLEAR_NO_RIPPLE: u32 = 0x0004_0000;

impl Listed {
    fn of(kind: TransactionType) -> Result<Self> {
        match kind {
            TransactionType::Payment => Ok(Self::Payment),
            TransactionType::AccountSet => Ok(Self::AccountSet),
            TransactionType::SetRegularKey => Ok(Self::SetRegularKey),
            TransactionType::SignerListSet => Ok(Self::SignerListSet),
            TransactionType::TicketCreate => Ok(Self::TicketCreate),
            TransactionType::AccountDelete => Ok(Self::AccountDelete),
            TransactionType::TrustSet => Ok(Self::TrustSet),
            TransactionType::DepositPreauth => Ok(Self::DepositPreauth),
            TransactionType::EscrowCreate
            | TransactionType::EscrowFinish
            | TransactionType::EscrowCancel
            | TransactionType::OfferCreate
            | TransactionType::OfferCancel
            | TransactionType::PaymentChannelCreate
            | TransactionType::PaymentChannelFund
            | TransactionType::PaymentChannelClaim
            | TransactionType::CheckCreate
            | TransactionType::CheckCash
            | TransactionType::CheckCancel
            | TransactionType::Clawback
            | TransactionType::MPTokenAuthorize
            | TransactionType::CredentialAccept
            | TransactionType::DelegateSet
            | TransactionType::Batch => {
                Err(TYPE_REFUSED.error(format!("transactions of type {} are never signed", kind.name())))
            }
        }
    }

    fn fields(self) -> &'static [Field] {
        match self {
            Self::Payment => {
                &[Field::Destination, Field::Amount, Field::DestinationTag, Field::InvoiceID, Field::SendMax]
            }
            Self::AccountSet => {
                &[Field::SetFlag, Field::ClearFlag, Field::Domain, Field::EmailHash, Field::MessageKey]
            }
            Self::SetRegularKey => &[Field::RegularKey],
            Self::SignerListSet => &[Field::SignerQuorum, Field::SignerEntries],
            Self::TicketCreate => &[Field::TicketCount],
            Self::AccountDelete => &[Field::Destination, Field::DestinationTag],
            Self::TrustSet => &[Field::LimitAmount],
            Self::DepositPreauth => &[Field::Authorize, Field::Unauthorize],
        }
    }

    fn flags(self) -> u32 {
        match self {
            Self::TrustSet => TF_FULLY_CANONICAL | TF_SET_NO_RIPPLE | TF_CLEAR_NO_RIPPLE,
            Self::Payment
            | Self::AccountSet
            | Self::SetRegularKey
            | Self::SignerListSet
            | Self::TicketCreate
            | Self::AccountDelete
            | Self::DepositPreauth => TF_FULLY_CANONICAL,
        }
    }
}

impl Permitted {
    /// Judges a transaction for the network that its account lies on.
    ///
    /// # Errors
    /// A code of this module that names the type, field, flag or value.
    pub fn of(transaction: &Transaction, network_id: u32) -> Result<Self> {
        let kind = transaction.transaction_type();
        let listed = Listed::of(kind)?;
        let name = kind.name();
        for (field, _) in transaction.fields() {
            if !COMMON.contains(&field) && !listed.fields().contains(&field) {
                return Err(FIELD_REFUSED.error(format!("{} is never signed in {name}", field.name())));
            }
        }
        for (_, entry) in transaction.object().array(Field::SignerEntries).unwrap_or_default() {
            if entry.has(Field::WalletLocator) {
                return Err(FIELD_REFUSED.error(format!("WalletLocator is never signed in {name}")));
            }
        }
        let flags = transaction.flags().ok_or_else(|| {
            FLAG_REFUSED.error("Flags is missing; it is always written, 0 when there are none")
        })?;
        let outside = flags & !listed.flags();
        if let Some(bit) = (0..u32::BITS).map(|bit| 1u32 << bit).find(|bit| outside & bit != 0) {
            let known = flag_name(listed, bit).map(|known| format!(" ({known})")).unwrap_or_default();
            return Err(FLAG_REFUSED.error(format!(
                "Flags {flags:08X} holds bit {bit:08X}{known}, which is never signed in {name}"
            )));
        }
        values::permitted(transaction, listed, network_id).map_err(|e| e.at(name))
    }
}

/// The ledger's name of a flag that is refused, where it is known.
fn flag_name(listed: Listed, bit: u32) -> Option<&'static str> {
    let known: &[(u32, &'static str)] = match listed {
        Listed::Payment => &[
            (0x0001_0000, "tfNoRippleDirect"),
            (0x0002_0000, "tfPartialPayment"),
            (0x0004_0000, "tfLimitQuality"),
            (0x0008_0000, "tfSponsorCreatedAccount"),
        ],
        Listed::AccountSet => &[
            (0x0001_0000, "tfRequireDestTag"),
            (0x0002_0000, "tfOptionalDestTag"),
            (0x0004_0000, "tfRequireAuth"),
            (0x0008_0000, "tfOptionalAuth"),
            (0x0010_0000, "tfDisallowXRP"),
            (0x0020_0000, "tfAllowXRP"),
        ],
        Listed::TrustSet => &[
            (0x0001_0000, "tfSetfAuth"),
            (0x0010_0000, "tfSetFreeze"),
            (0x0020_0000, "tfClearFreeze"),
            (0x0040_0000, "tfSetDeepFreeze"),
            (0x0080_0000, "tfClearDeepFreeze"),
        ],
        Listed::SetRegularKey
        | Listed::SignerListSet
        | Listed::TicketCreate
        | Listed::AccountDelete
        | Listed::DepositPreauth => &[],
    };
    let everywhere = [(0x4000_0000, "tfInnerBatchTxn")];
    known.iter().chain(&everywhere).find(|(known, _)| *known == bit).map(|(_, name)| *name)
}
