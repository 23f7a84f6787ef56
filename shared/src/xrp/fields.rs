//! Every field that this library knows, in canonical order (xrpl.md 5.3 and 5.4). What is not here is
//! refused by its name or its numbers, never skipped.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::{Code, Exit, Result};
use crate::text::Printable;

/// A field that this library does not know.
pub static UNKNOWN_FIELD: Code = Code::new(
    "E-XRP-010",
    Exit::BadInput,
    "The transaction holds a field that this version does not know. What is not understood is not signed and \
     not guessed.",
    "Check the spelling (names begin with a capital letter); build the transaction without that field.",
);

/// How a field's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 2 bytes.
    UInt16,
    /// 4 bytes.
    UInt32,
    /// 16 bytes.
    Hash128,
    /// 32 bytes.
    Hash256,
    /// 8, 33 or 48 bytes.
    Amount,
    /// A length and bytes.
    Blob,
    /// The length 20 and an account id.
    Account,
    /// Fields up to `E1`.
    Object,
    /// Objects up to `F1`.
    Array,
    /// 1 byte.
    UInt8,
    /// Payment paths up to `00`.
    Paths,
    /// A length and 32-byte hashes.
    Hashes,
    /// 24 bytes.
    Hash192,
}

impl Kind {
    /// The type code of the binary format.
    pub const fn code(self) -> u8 {
        match self {
            Self::UInt16 => 1,
            Self::UInt32 => 2,
            Self::Hash128 => 4,
            Self::Hash256 => 5,
            Self::Amount => 6,
            Self::Blob => 7,
            Self::Account => 8,
            Self::Object => 14,
            Self::Array => 15,
            Self::UInt8 => 16,
            Self::Paths => 18,
            Self::Hashes => 19,
            Self::Hash192 => 21,
        }
    }
}

/// A field. The order is the canonical one: by type code, then by field code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the ledger's own, see xrpl.md 5.4")]
pub enum Field {
    TransactionType,
    SignerWeight,
    NetworkID,
    Flags,
    SourceTag,
    Sequence,
    Expiration,
    TransferRate,
    WalletSize,
    DestinationTag,
    QualityIn,
    QualityOut,
    OfferSequence,
    LastLedgerSequence,
    SetFlag,
    ClearFlag,
    SignerQuorum,
    CancelAfter,
    FinishAfter,
    SettleDelay,
    TicketCount,
    TicketSequence,
    PermissionValue,
    EmailHash,
    WalletLocator,
    AccountTxnID,
    InvoiceID,
    CheckID,
    DomainID,
    Amount,
    LimitAmount,
    TakerPays,
    TakerGets,
    Fee,
    SendMax,
    DeliverMin,
    PublicKey,
    MessageKey,
    SigningPubKey,
    TxnSignature,
    Domain,
    MemoType,
    MemoData,
    MemoFormat,
    Fulfillment,
    Condition,
    CredentialType,
    Account,
    Owner,
    Destination,
    Issuer,
    Authorize,
    Unauthorize,
    RegularKey,
    NFTokenMinter,
    Delegate,
    Sponsor,
    Memo,
    SignerEntry,
    Permission,
    Signer,
    Credential,
    RawTransaction,
    BatchSigner,
    Signers,
    SignerEntries,
    Memos,
    AuthorizeCredentials,
    UnauthorizeCredentials,
    Permissions,
    RawTransactions,
    BatchSigners,
    TickSize,
    Paths,
    CredentialIDs,
    MPTokenIssuanceID,
}

struct Row {
    field: Field,
    name: &'static str,
    kind: Kind,
    code: u8,
    signed: bool,
}

/// One row per field, in the order of [`Field`].
#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { field: Field::TransactionType, name: "TransactionType", kind: Kind::UInt16, code: 2, signed: true },
    Row { field: Field::SignerWeight, name: "SignerWeight", kind: Kind::UInt16, code: 3, signed: true },
    Row { field: Field::NetworkID, name: "NetworkID", kind: Kind::UInt32, code: 1, signed: true },
    Row { field: Field::Flags, name: "Flags", kind: Kind::UInt32, code: 2, signed: true },
    Row { field: Field::SourceTag, name: "SourceTag", kind: Kind::UInt32, code: 3, signed: true },
    Row { field: Field::Sequence, name: "Sequence", kind: Kind::UInt32, code: 4, signed: true },
    Row { field: Field::Expiration, name: "Expiration", kind: Kind::UInt32, code: 10, signed: true },
    Row { field: Field::TransferRate, name: "TransferRate", kind: Kind::UInt32, code: 11, signed: true },
    Row { field: Field::WalletSize, name: "WalletSize", kind: Kind::UInt32, code: 12, signed: true },
    Row { field: Field::DestinationTag, name: "DestinationTag", kind: Kind::UInt32, code: 14, signed: true },
    Row { field: Field::QualityIn, name: "QualityIn", kind: Kind::UInt32, code: 20, signed: true },
    Row { field: Field::QualityOut, name: "QualityOut", kind: Kind::UInt32, code: 21, signed: true },
    Row { field: Field::OfferSequence, name: "OfferSequence", kind: Kind::UInt32, code: 25, signed: true },
    Row { field: Field::LastLedgerSequence, name: "LastLedgerSequence", kind: Kind::UInt32, code: 27, signed: true },
    Row { field: Field::SetFlag, name: "SetFlag", kind: Kind::UInt32, code: 33, signed: true },
    Row { field: Field::ClearFlag, name: "ClearFlag", kind: Kind::UInt32, code: 34, signed: true },
    Row { field: Field::SignerQuorum, name: "SignerQuorum", kind: Kind::UInt32, code: 35, signed: true },
    Row { field: Field::CancelAfter, name: "CancelAfter", kind: Kind::UInt32, code: 36, signed: true },
    Row { field: Field::FinishAfter, name: "FinishAfter", kind: Kind::UInt32, code: 37, signed: true },
    Row { field: Field::SettleDelay, name: "SettleDelay", kind: Kind::UInt32, code: 39, signed: true },
    Row { field: Field::TicketCount, name: "TicketCount", kind: Kind::UInt32, code: 40, signed: true },
    Row { field: Field::TicketSequence, name: "TicketSequence", kind: Kind::UInt32, code: 41, signed: true },
    Row { field: Field::PermissionValue, name: "PermissionValue", kind: Kind::UInt32, code: 52, signed: true },
    Row { field: Field::EmailHash, name: "EmailHash", kind: Kind::Hash128, code: 1, signed: true },
    Row { field: Field::WalletLocator, name: "WalletLocator", kind: Kind::Hash256, code: 7, signed: true },
    Row { field: Field::AccountTxnID, name: "AccountTxnID", kind: Kind::Hash256, code: 9, signed: true },
    Row { field: Field::InvoiceID, name: "InvoiceID", kind: Kind::Hash256, code: 17, signed: true },
    Row { field: Field::CheckID, name: "CheckID", kind: Kind::Hash256, code: 24, signed: true },
    Row { field: Field::DomainID, name: "DomainID", kind: Kind::Hash256, code: 34, signed: true },
    Row { field: Field::Amount, name: "Amount", kind: Kind::Amount, code: 1, signed: true },
    Row { field: Field::LimitAmount, name: "LimitAmount", kind: Kind::Amount, code: 3, signed: true },
    Row { field: Field::TakerPays, name: "TakerPays", kind: Kind::Amount, code: 4, signed: true },
    Row { field: Field::TakerGets, name: "TakerGets", kind: Kind::Amount, code: 5, signed: true },
    Row { field: Field::Fee, name: "Fee", kind: Kind::Amount, code: 8, signed: true },
    Row { field: Field::SendMax, name: "SendMax", kind: Kind::Amount, code: 9, signed: true },
    Row { field: Field::DeliverMin, name: "DeliverMin", kind: Kind::Amount, code: 10, signed: true },
    Row { field: Field::PublicKey, name: "PublicKey", kind: Kind::Blob, code: 1, signed: true },
    Row { field: Field::MessageKey, name: "MessageKey", kind: Kind::Blob, code: 2, signed: true },
    Row { field: Field::SigningPubKey, name: "SigningPubKey", kind: Kind::Blob, code: 3, signed: true },
    Row { field: Field::TxnSignature, name: "TxnSignature", kind: Kind::Blob, code: 4, signed: false },
    Row { field: Field::Domain, name: "Domain", kind: Kind::Blob, code: 7, signed: true },
    Row { field: Field::MemoType, name: "MemoType", kind: Kind::Blob, code: 12, signed: true },
    Row { field: Field::MemoData, name: "MemoData", kind: Kind::Blob, code: 13, signed: true },
    Row { field: Field::MemoFormat, name: "MemoFormat", kind: Kind::Blob, code: 14, signed: true },
    Row { field: Field::Fulfillment, name: "Fulfillment", kind: Kind::Blob, code: 16, signed: true },
    Row { field: Field::Condition, name: "Condition", kind: Kind::Blob, code: 17, signed: true },
    Row { field: Field::CredentialType, name: "CredentialType", kind: Kind::Blob, code: 31, signed: true },
    Row { field: Field::Account, name: "Account", kind: Kind::Account, code: 1, signed: true },
    Row { field: Field::Owner, name: "Owner", kind: Kind::Account, code: 2, signed: true },
    Row { field: Field::Destination, name: "Destination", kind: Kind::Account, code: 3, signed: true },
    Row { field: Field::Issuer, name: "Issuer", kind: Kind::Account, code: 4, signed: true },
    Row { field: Field::Authorize, name: "Authorize", kind: Kind::Account, code: 5, signed: true },
    Row { field: Field::Unauthorize, name: "Unauthorize", kind: Kind::Account, code: 6, signed: true },
    Row { field: Field::RegularKey, name: "RegularKey", kind: Kind::Account, code: 8, signed: true },
    Row { field: Field::NFTokenMinter, name: "NFTokenMinter", kind: Kind::Account, code: 9, signed: true },
    Row { field: Field::Delegate, name: "Delegate", kind: Kind::Account, code: 12, signed: true },
    Row { field: Field::Sponsor, name: "Sponsor", kind: Kind::Account, code: 27, signed: true },
    Row { field: Field::Memo, name: "Memo", kind: Kind::Object, code: 10, signed: true },
    Row { field: Field::SignerEntry, name: "SignerEntry", kind: Kind::Object, code: 11, signed: true },
    Row { field: Field::Permission, name: "Permission", kind: Kind::Object, code: 15, signed: true },
    Row { field: Field::Signer, name: "Signer", kind: Kind::Object, code: 16, signed: true },
    Row { field: Field::Credential, name: "Credential", kind: Kind::Object, code: 33, signed: true },
    Row { field: Field::RawTransaction, name: "RawTransaction", kind: Kind::Object, code: 34, signed: true },
    Row { field: Field::BatchSigner, name: "BatchSigner", kind: Kind::Object, code: 35, signed: true },
    Row { field: Field::Signers, name: "Signers", kind: Kind::Array, code: 3, signed: false },
    Row { field: Field::SignerEntries, name: "SignerEntries", kind: Kind::Array, code: 4, signed: true },
    Row { field: Field::Memos, name: "Memos", kind: Kind::Array, code: 9, signed: true },
    Row { field: Field::AuthorizeCredentials, name: "AuthorizeCredentials", kind: Kind::Array, code: 26, signed: true },
    Row { field: Field::UnauthorizeCredentials, name: "UnauthorizeCredentials", kind: Kind::Array, code: 27, signed: true },
    Row { field: Field::Permissions, name: "Permissions", kind: Kind::Array, code: 29, signed: true },
    Row { field: Field::RawTransactions, name: "RawTransactions", kind: Kind::Array, code: 30, signed: true },
    Row { field: Field::BatchSigners, name: "BatchSigners", kind: Kind::Array, code: 31, signed: false },
    Row { field: Field::TickSize, name: "TickSize", kind: Kind::UInt8, code: 16, signed: true },
    Row { field: Field::Paths, name: "Paths", kind: Kind::Paths, code: 1, signed: true },
    Row { field: Field::CredentialIDs, name: "CredentialIDs", kind: Kind::Hashes, code: 5, signed: true },
    Row { field: Field::MPTokenIssuanceID, name: "MPTokenIssuanceID", kind: Kind::Hash192, code: 1, signed: true },
];

impl Field {
    /// All fields in canonical order.
    pub fn all() -> impl Iterator<Item = Field> {
        TABLE.iter().map(|row| row.field)
    }

    /// Finds a field by its JSON name.
    ///
    /// # Errors
    /// [`UNKNOWN_FIELD`].
    pub fn named(name: &str) -> Result<Self> {
        static BY_NAME: LazyLock<HashMap<&str, Field>> =
            LazyLock::new(|| TABLE.iter().rev().map(|row| (row.name, row.field)).collect());
        BY_NAME.get(name).copied().ok_or_else(|| {
            UNKNOWN_FIELD.error(format!("'{}' is not a field that this version knows", Printable::new(name)))
        })
    }

    /// Finds a field by its numbers.
    ///
    /// # Errors
    /// [`UNKNOWN_FIELD`].
    pub fn coded(type_code: u8, field_code: u8) -> Result<Self> {
        TABLE
            .iter()
            .find(|row| row.kind.code() == type_code && row.code == field_code)
            .map(|row| row.field)
            .ok_or_else(|| {
                UNKNOWN_FIELD.error(format!(
                    "field {type_code}.{field_code} (type code {type_code}, field code {field_code}) is not one \
                     that this version knows"
                ))
            })
    }

    fn row(self) -> &'static Row {
        TABLE.get(self as usize).expect("the table has one row per field, in the order of the enum (tested)")
    }

    /// The JSON name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How its value is written.
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// The field code within its type.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// False for the signatures themselves, which no signature covers.
    pub fn is_signed(self) -> bool {
        self.row().signed
    }

    /// The header before the value: 1 to 3 bytes (xrpl.md 5.1).
    pub fn header(self) -> Vec<u8> {
        let (kind, code) = (self.kind().code(), self.code());
        match (kind < 16, code < 16) {
            (true, true) => vec![(kind << 4) | code],
            (true, false) => vec![kind << 4, code],
            (false, true) => vec![code, kind],
            (false, false) => vec![0, kind, code],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_of_the_ledger() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.field as usize, index, "{}", row.name);
            assert_eq!(format!("{:?}", row.field), row.name);
            assert_eq!(Field::named(row.name).unwrap(), row.field);
            assert_eq!(Field::coded(row.kind.code(), row.code).unwrap(), row.field);
        }
        assert!(TABLE.is_sorted_by_key(|row| (row.kind.code(), row.code)));
    }

    #[test]
    fn names_what_it_does_not_know() {
        assert!(Field::named("destinationTag").unwrap_err().what().contains("destinationTag"));
        assert!(Field::coded(25, 1).unwrap_err().what().contains("25.1"));
    }
}
