//! The transaction types that the codec knows (xrpl.md 5.4), and the permissions named after them.

use crate::error::{Code, Exit, Result};
use crate::text::Printable;

/// A transaction type that this library does not know.
pub static UNKNOWN_TYPE: Code = Code::new(
    "E-XRP-011",
    Exit::BadInput,
    "The transaction is of a type that this version does not know.",
    "Check the spelling of TransactionType; types outside the list cannot be read or signed.",
);

/// A type of transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the ledger's own, see xrpl.md 5.4")]
pub enum TransactionType {
    Payment,
    EscrowCreate,
    EscrowFinish,
    AccountSet,
    EscrowCancel,
    SetRegularKey,
    OfferCreate,
    OfferCancel,
    TicketCreate,
    SignerListSet,
    PaymentChannelCreate,
    PaymentChannelFund,
    PaymentChannelClaim,
    CheckCreate,
    CheckCash,
    CheckCancel,
    DepositPreauth,
    TrustSet,
    AccountDelete,
    Clawback,
    MPTokenAuthorize,
    CredentialAccept,
    DelegateSet,
    Batch,
}

const TABLE: &[(TransactionType, &str, u16)] = &[
    (TransactionType::Payment, "Payment", 0),
    (TransactionType::EscrowCreate, "EscrowCreate", 1),
    (TransactionType::EscrowFinish, "EscrowFinish", 2),
    (TransactionType::AccountSet, "AccountSet", 3),
    (TransactionType::EscrowCancel, "EscrowCancel", 4),
    (TransactionType::SetRegularKey, "SetRegularKey", 5),
    (TransactionType::OfferCreate, "OfferCreate", 7),
    (TransactionType::OfferCancel, "OfferCancel", 8),
    (TransactionType::TicketCreate, "TicketCreate", 10),
    (TransactionType::SignerListSet, "SignerListSet", 12),
    (TransactionType::PaymentChannelCreate, "PaymentChannelCreate", 13),
    (TransactionType::PaymentChannelFund, "PaymentChannelFund", 14),
    (TransactionType::PaymentChannelClaim, "PaymentChannelClaim", 15),
    (TransactionType::CheckCreate, "CheckCreate", 16),
    (TransactionType::CheckCash, "CheckCash", 17),
    (TransactionType::CheckCancel, "CheckCancel", 18),
    (TransactionType::DepositPreauth, "DepositPreauth", 19),
    (TransactionType::TrustSet, "TrustSet", 20),
    (TransactionType::AccountDelete, "AccountDelete", 21),
    (TransactionType::Clawback, "Clawback", 30),
    (TransactionType::MPTokenAuthorize, "MPTokenAuthorize", 57),
    (TransactionType::CredentialAccept, "CredentialAccept", 59),
    (TransactionType::DelegateSet, "DelegateSet", 64),
    (TransactionType::Batch, "Batch", 71),
];

impl TransactionType {
    /// All types, by number.
    pub fn all() -> impl Iterator<Item = TransactionType> {
        TABLE.iter().map(|(kind, ..)| *kind)
    }

    /// Finds a type by its JSON name.
    ///
    /// # Errors
    /// [`UNKNOWN_TYPE`].
    pub fn named(name: &str) -> Result<Self> {
        TABLE.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind).ok_or_else(|| {
            UNKNOWN_TYPE.error(format!("'{}' is not a transaction type known here", Printable::new(name)))
        })
    }

    /// Finds a type by its number.
    ///
    /// # Errors
    /// [`UNKNOWN_TYPE`].
    pub fn numbered(number: u16) -> Result<Self> {
        TABLE
            .iter()
            .find(|(.., known)| *known == number)
            .map(|(kind, ..)| *kind)
            .ok_or_else(|| UNKNOWN_TYPE.error(format!("transaction type {number} is not known here")))
    }

    fn row(self) -> &'static (TransactionType, &'static str, u16) {
        TABLE.get(self as usize).expect("the table has one row per type, in the order of the enum (tested)")
    }

    /// The JSON name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The number.
    pub fn number(self) -> u16 {
        self.row().2
    }
}

/// The granular permissions of DelegateSet; a whole type's permission is its number + 1 (xrpl.md 9.11).
const PERMISSIONS: &[(&str, u32)] = &[
    ("TrustlineAuthorize", 65537),
    ("TrustlineFreeze", 65538),
    ("TrustlineUnfreeze", 65539),
    ("AccountDomainSet", 65540),
    ("AccountEmailHashSet", 65541),
    ("AccountMessageKeySet", 65542),
    ("AccountTransferRateSet", 65543),
    ("AccountTickSizeSet", 65544),
    ("PaymentMint", 65545),
    ("PaymentBurn", 65546),
    ("MPTokenIssuanceLock", 65547),
    ("MPTokenIssuanceUnlock", 65548),
];

/// The value of a permission's name, if known.
pub(crate) fn permission_value(name: &str) -> Option<u32> {
    match PERMISSIONS.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => Some(*value),
        None => u32::from(TransactionType::named(name).ok()?.number()).checked_add(1),
    }
}

/// The name of a permission's value, if known.
pub(crate) fn permission_name(value: u32) -> Option<&'static str> {
    match PERMISSIONS.iter().find(|(_, known)| *known == value) {
        Some((name, _)) => Some(name),
        None => {
            let number = u16::try_from(value.checked_sub(1)?).ok()?;
            Some(TransactionType::numbered(number).ok()?.name())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, (kind, name, number)) in TABLE.iter().enumerate() {
            assert_eq!(*kind as usize, index);
            assert_eq!(format!("{kind:?}"), *name);
            assert_eq!(TransactionType::numbered(*number).unwrap(), *kind);
            assert_eq!(TransactionType::named(name).unwrap(), *kind);
        }
    }
}
