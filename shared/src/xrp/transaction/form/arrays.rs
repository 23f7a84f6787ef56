//! What stands in the arrays: memos, signers, signer entries, credentials, permissions, inner transactions.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::xrp::fields::Field;
use crate::xrp::object::{FieldValue, Object};
use crate::xrp::public_key::PublicKey;
use crate::xrp::transaction::form::common::Place;
use crate::xrp::transaction::form::{check_element, check_fields, rule};
use crate::xrp::transaction_type::{TransactionType, permission_value};

/// The most bytes of the memos of a transaction, as serialized.
const MAX_MEMOS: usize = crate::bundle::limits::XRPL_MEMO_BYTES;
/// The most signers of a list and of a transaction.
const MAX_SIGNERS: usize = 32;
/// The most credentials of a transaction.
const MAX_CREDENTIALS: usize = 8;
/// The most permissions of a DelegateSet.
const MAX_PERMISSIONS: usize = 10;
/// The longest credential type, in bytes.
const MAX_CREDENTIAL_TYPE: usize = 64;
/// What MemoType and MemoFormat may hold besides letters and digits (RFC 3986).
const URL_SIGNS: &[u8] = b"-._~:/?#[]@!$&'()*+,;=%";
/// Types whose permission can never be given to another.
const NOT_DELEGABLE: [&str; 6] =
    ["AccountSet", "SetRegularKey", "SignerListSet", "AccountDelete", "DelegateSet", "Batch"];

pub(super) fn check(transaction: &Object, kind: TransactionType, place: Place) -> Result<()> {
    for (field, value) in transaction.fields() {
        if let FieldValue::Array(elements) = value {
            check_array(transaction, field, elements, place).map_err(|e| e.at(field.name()))?;
        }
        if let FieldValue::Hashes(hashes) = value {
            let distinct: BTreeSet<_> = hashes.iter().collect();
            let fits = (1..=MAX_CREDENTIALS).contains(&hashes.len()) && distinct.len() == hashes.len();
            rule(fits, || format!("{} has 1 to {MAX_CREDENTIALS} different ids", field.name()))?;
        }
    }
    let credential_type = transaction.blob(Field::CredentialType);
    rule(credential_type.is_none_or(is_credential_type), || {
        format!("CredentialType has 1 to {MAX_CREDENTIAL_TYPE} bytes in {}", kind.name())
    })
}

/// What an array holds.
#[derive(Clone, Copy)]
enum Held {
    Memos,
    Signers,
    SignerEntries,
    Credentials,
    Permissions,
    RawTransactions,
    BatchSigners,
}

/// Each array: what it holds, the wrapper of its elements, the least and the most of them.
const ARRAYS: &[(Field, Held, Field, usize, usize)] = &[
    (Field::Memos, Held::Memos, Field::Memo, 1, MAX_MEMOS),
    (Field::Signers, Held::Signers, Field::Signer, 1, MAX_SIGNERS),
    (Field::SignerEntries, Held::SignerEntries, Field::SignerEntry, 1, MAX_SIGNERS),
    (Field::AuthorizeCredentials, Held::Credentials, Field::Credential, 1, MAX_CREDENTIALS),
    (Field::UnauthorizeCredentials, Held::Credentials, Field::Credential, 1, MAX_CREDENTIALS),
    (Field::Permissions, Held::Permissions, Field::Permission, 0, MAX_PERMISSIONS),
    (Field::RawTransactions, Held::RawTransactions, Field::RawTransaction, 2, 8),
    (Field::BatchSigners, Held::BatchSigners, Field::BatchSigner, 1, 8),
];

fn check_array(transaction: &Object, field: Field, elements: &[(Field, Object)], place: Place) -> Result<()> {
    let Some((_, held, wrapper, least, most)) = ARRAYS.iter().find(|(array, ..)| *array == field) else {
        return rule(false, || "not an array known here".to_owned());
    };
    let (held, wrapper) = (*held, *wrapper);
    rule((least..=most).contains(&&elements.len()), || {
        format!("{} elements, allowed are {least} to {most}", elements.len())
    })?;
    for (found, element) in elements {
        rule(*found == wrapper, || format!("{} in the place of {}", found.name(), wrapper.name()))?;
        check_one(held, wrapper, element, place)?;
    }
    check_all(transaction, held, elements)
}

fn check_one(held: Held, wrapper: Field, element: &Object, place: Place) -> Result<()> {
    use Field as F;
    match held {
        Held::Memos => {
            check_element(element, wrapper, &[], &[F::MemoType, F::MemoData, F::MemoFormat])?;
            rule(element.fields().next().is_some(), || "a memo without anything".to_owned())?;
            for field in [F::MemoType, F::MemoFormat] {
                let url = |bytes: &[u8]| {
                    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || URL_SIGNS.contains(byte))
                };
                rule(element.blob(field).is_none_or(url), || {
                    format!("{} holds other characters than those of a URL", field.name())
                })?;
            }
            Ok(())
        }
        Held::Signers => {
            check_element(element, wrapper, &[F::Account, F::SigningPubKey, F::TxnSignature], &[])?;
            let key = element.blob(F::SigningPubKey).unwrap_or_default();
            PublicKey::from_slice(key).map(|_| ())
        }
        Held::SignerEntries => {
            check_element(element, wrapper, &[F::Account, F::SignerWeight], &[F::WalletLocator])?;
            rule(element.number(F::SignerWeight) != Some(0), || "SignerWeight is 0".to_owned())
        }
        Held::Credentials => {
            check_element(element, wrapper, &[F::Issuer, F::CredentialType], &[])?;
            rule(element.blob(F::CredentialType).is_some_and(is_credential_type), || {
                format!("CredentialType has 1 to {MAX_CREDENTIAL_TYPE} bytes")
            })
        }
        Held::Permissions => {
            check_element(element, wrapper, &[F::PermissionValue], &[])?;
            let value = element.number(F::PermissionValue);
            let fixed = NOT_DELEGABLE.iter().find(|name| permission_value(name) == value);
            rule(fixed.is_none(), || format!("{} cannot be delegated", fixed.unwrap_or(&"")))
        }
        Held::RawTransactions => {
            rule(place == Place::Outermost, || "a Batch inside a Batch".to_owned())?;
            check_fields(element, Place::InBatch).map(|_| ())
        }
        Held::BatchSigners => {
            check_element(element, wrapper, &[F::Account], &[F::SigningPubKey, F::TxnSignature, F::Signers])
        }
    }
}

fn check_all(transaction: &Object, held: Held, elements: &[(Field, Object)]) -> Result<()> {
    let own = transaction.account(Field::Account);
    let accounts: Vec<_> =
        elements.iter().filter_map(|(_, element)| element.account(Field::Account)).collect();
    match held {
        Held::Memos => {
            // The ledger counts the elements with their wrappers, not the array around them.
            let size: usize =
                elements.iter().map(|(_, element)| element.to_bytes().len().saturating_add(2)).sum();
            rule(size <= MAX_MEMOS, || format!("{size} bytes of memos, allowed are {MAX_MEMOS}"))
        }
        Held::Signers => {
            rule(accounts.is_sorted_by(|a, b| a < b), || {
                "signers stand in ascending order of their account ids, none twice".to_owned()
            })?;
            rule(!accounts.iter().any(|account| Some(*account) == own), || {
                "the account itself is among its signers".to_owned()
            })
        }
        Held::SignerEntries => {
            let distinct: BTreeSet<_> = accounts.iter().collect();
            rule(distinct.len() == accounts.len(), || "a signer stands twice in the list".to_owned())?;
            rule(!accounts.iter().any(|account| Some(*account) == own), || {
                "the account itself is in its signer list".to_owned()
            })
        }
        Held::Credentials | Held::Permissions | Held::RawTransactions | Held::BatchSigners => {
            let distinct = elements.iter().enumerate().all(|(index, element)| {
                !elements.iter().skip(index.saturating_add(1)).any(|other| other == element)
            });
            rule(distinct, || "an element stands twice".to_owned())
        }
    }
}

fn is_credential_type(bytes: &[u8]) -> bool {
    (1..=MAX_CREDENTIAL_TYPE).contains(&bytes.len())
}
