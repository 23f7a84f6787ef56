//! The form of a complete transaction: which fields each type has, and what holds between them
//! (xrpl.md 5.9, 9.1 to 9.11, 14). Whether it may be signed is for the whitelist.

mod arrays;
mod common;
mod rules;

use crate::error::{Code, Exit, Result};
use crate::xrp::fields::Field;
use crate::xrp::object::Object;
use crate::xrp::transaction_type::TransactionType;

/// A required field is missing.
pub static INCOMPLETE: Code = Code::new(
    "E-XRP-014",
    Exit::BadInput,
    "A field that this type of transaction needs is missing.",
    "Add the field that the message names.",
);
/// A known field that does not belong to this type.
pub static NOT_OF_TYPE: Code = Code::new(
    "E-XRP-015",
    Exit::BadInput,
    "A field is known but does not belong to this type of transaction or object.",
    "Remove the field, or check TransactionType.",
);
/// Values that the ledger would call malformed.
pub static RULE: Code = Code::new(
    "E-XRP-016",
    Exit::BadInput,
    "The values of the transaction break a rule of the ledger that holds whatever the state of the account.",
    "Correct the value that the message names.",
);

/// Required and optional fields of an object, besides the common ones of transactions.
struct Form {
    required: &'static [Field],
    optional: &'static [Field],
}

/// Required of every transaction.
const REQUIRED: &[Field] = &[Field::TransactionType, Field::Account, Field::Fee, Field::Sequence];
/// Optional in every transaction.
const OPTIONAL: &[Field] = &[
    Field::TicketSequence,
    Field::Flags,
    Field::LastLedgerSequence,
    Field::SigningPubKey,
    Field::TxnSignature,
    Field::Signers,
    Field::SourceTag,
    Field::Memos,
    Field::NetworkID,
    Field::AccountTxnID,
    Field::Delegate,
    Field::Sponsor,
];

#[rustfmt::skip]
fn form_of(kind: TransactionType) -> Form {
    use Field as F;
    let (required, optional): (&[Field], &[Field]) = match kind {
        TransactionType::Payment => (
            &[F::Destination, F::Amount],
            &[F::SendMax, F::Paths, F::DeliverMin, F::DestinationTag, F::InvoiceID, F::CredentialIDs, F::DomainID],
        ),
        TransactionType::AccountSet => (&[], &[
            F::SetFlag, F::ClearFlag, F::Domain, F::EmailHash, F::MessageKey, F::TransferRate, F::TickSize,
            F::WalletLocator, F::WalletSize, F::NFTokenMinter,
        ]),
        TransactionType::SetRegularKey => (&[], &[F::RegularKey]),
        TransactionType::SignerListSet => (&[F::SignerQuorum], &[F::SignerEntries]),
        TransactionType::TicketCreate => (&[F::TicketCount], &[]),
        TransactionType::AccountDelete => (&[F::Destination], &[F::DestinationTag, F::CredentialIDs]),
        TransactionType::TrustSet => (&[F::LimitAmount], &[F::QualityIn, F::QualityOut]),
        TransactionType::DepositPreauth => (
            &[], &[F::Authorize, F::Unauthorize, F::AuthorizeCredentials, F::UnauthorizeCredentials],
        ),
        TransactionType::CheckCreate => (
            &[F::Destination, F::SendMax], &[F::DestinationTag, F::Expiration, F::InvoiceID],
        ),
        TransactionType::CheckCash => (&[F::CheckID], &[F::Amount, F::DeliverMin]),
        TransactionType::CheckCancel => (&[F::CheckID], &[]),
        TransactionType::EscrowCreate => (
            &[F::Destination, F::Amount], &[F::FinishAfter, F::CancelAfter, F::Condition, F::DestinationTag],
        ),
        TransactionType::EscrowFinish => (
            &[F::Owner, F::OfferSequence], &[F::Condition, F::Fulfillment, F::CredentialIDs],
        ),
        TransactionType::EscrowCancel => (&[F::Owner, F::OfferSequence], &[]),
        TransactionType::PaymentChannelCreate => (
            &[F::Destination, F::Amount, F::SettleDelay, F::PublicKey], &[F::CancelAfter, F::DestinationTag],
        ),
        TransactionType::PaymentChannelFund => (&[F::Amount], &[F::Expiration]),
        TransactionType::PaymentChannelClaim => (&[], &[F::Amount, F::PublicKey, F::CredentialIDs]),
        TransactionType::OfferCreate => (
            &[F::TakerPays, F::TakerGets], &[F::Expiration, F::OfferSequence, F::DomainID],
        ),
        TransactionType::OfferCancel => (&[F::OfferSequence], &[]),
        TransactionType::Clawback => (&[F::Amount], &[]),
        TransactionType::MPTokenAuthorize => (&[F::MPTokenIssuanceID], &[]),
        TransactionType::CredentialAccept => (&[F::Issuer, F::CredentialType], &[]),
        TransactionType::DelegateSet => (&[F::Authorize, F::Permissions], &[]),
        TransactionType::Batch => (&[F::RawTransactions], &[F::BatchSigners]),
    };
    Form { required, optional }
}

/// Checks a transaction's form and gives its type.
///
/// # Errors
/// [`INCOMPLETE`], [`NOT_OF_TYPE`] or [`RULE`] with the field's name; an unknown type.
pub(crate) fn check(transaction: &Object) -> Result<TransactionType> {
    check_fields(transaction, common::Place::Outermost)
}

/// As [`check`], for a transaction at the given place.
fn check_fields(transaction: &Object, place: common::Place) -> Result<TransactionType> {
    let number = transaction.number(Field::TransactionType).and_then(|number| u16::try_from(number).ok());
    let number = number.ok_or_else(|| INCOMPLETE.error("TransactionType is missing"))?;
    let kind = TransactionType::numbered(number)?;
    let Form { required, optional } = form_of(kind);
    for field in REQUIRED.iter().chain(required) {
        if !transaction.has(*field) {
            return Err(INCOMPLETE.error(format!("{} is missing in {}", field.name(), kind.name())));
        }
    }
    for (field, _) in transaction.fields() {
        if ![REQUIRED, OPTIONAL, required, optional].iter().any(|list| list.contains(&field)) {
            return Err(NOT_OF_TYPE.error(format!("{} does not belong to {}", field.name(), kind.name())));
        }
    }
    common::check(transaction, kind, place)?;
    rules::check(transaction, kind).map_err(|e| e.at(kind.name()))?;
    Ok(kind)
}

/// Checks the fields of an object inside an array.
fn check_element(object: &Object, name: Field, required: &[Field], optional: &[Field]) -> Result<()> {
    if let Some(missing) = required.iter().find(|field| !object.has(**field)) {
        return Err(INCOMPLETE.error(format!("{} is missing in {}", missing.name(), name.name())));
    }
    for (field, _) in object.fields() {
        if ![required, optional].iter().any(|list| list.contains(&field)) {
            return Err(NOT_OF_TYPE.error(format!("{} does not belong to {}", field.name(), name.name())));
        }
    }
    Ok(())
}

/// Refuses unless the rule holds.
fn rule(holds: bool, broken: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(RULE.error(broken())) }
}
