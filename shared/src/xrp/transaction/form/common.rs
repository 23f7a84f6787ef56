//! What holds for every type: fee, sequence or ticket, keys and signatures, memos (xrpl.md 5.8, 5.9).

use crate::error::Result;
use crate::xrp::address::AccountId;
use crate::xrp::fields::Field;
use crate::xrp::object::{FieldValue, Object};
use crate::xrp::public_key::PublicKey;
use crate::xrp::transaction::form::{arrays, rule};
use crate::xrp::transaction_type::TransactionType;

/// Where a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// By itself.
    Outermost,
    /// Inside a Batch, where it has no fee and no signature of its own.
    InBatch,
}

/// Marks a transaction inside a Batch.
const TF_INNER_BATCH: u32 = 0x4000_0000;

pub(super) fn check(transaction: &Object, kind: TransactionType, place: Place) -> Result<()> {
    refuse_account_zero(transaction)?;
    let fee = transaction.amount(Field::Fee).and_then(|fee| fee.drops());
    rule(fee.is_some(), || "Fee must be drops of XRP".to_owned())?;
    check_turn(transaction)?;
    let account = transaction.account(Field::Account);
    rule(transaction.account(Field::Delegate).is_none_or(|delegate| Some(delegate) != account), || {
        "Delegate is the account itself".to_owned()
    })?;
    check_keys(transaction)?;
    arrays::check(transaction, kind, place)?;
    if place == Place::InBatch {
        let bare = fee.is_some_and(|fee| fee.to_drops() == 0)
            && transaction.blob(Field::SigningPubKey).is_some_and(<[u8]>::is_empty)
            && transaction.number(Field::Flags).is_some_and(|flags| flags & TF_INNER_BATCH != 0)
            && !transaction.has(Field::TxnSignature)
            && !transaction.has(Field::Signers)
            && kind != TransactionType::Batch;
        return rule(bare, || {
            "a transaction inside a Batch has Fee 0, an empty SigningPubKey, tfInnerBatchTxn and no signature"
                .to_owned()
        });
    }
    Ok(())
}

/// The account of zeros stands for "none" and is never a party.
fn refuse_account_zero(object: &Object) -> Result<()> {
    for (field, value) in object.fields() {
        if let FieldValue::Account(account) = value {
            rule(*account != AccountId::ZERO, || format!("{} is the account of zeros", field.name()))?;
        }
        if let FieldValue::Array(elements) = value {
            for (_, element) in elements {
                refuse_account_zero(element)?;
            }
        }
    }
    Ok(())
}

fn check_turn(transaction: &Object) -> Result<()> {
    let sequence = transaction.number(Field::Sequence).unwrap_or(0);
    match transaction.number(Field::TicketSequence) {
        None => rule(sequence != 0, || "Sequence is 0 and there is no TicketSequence".to_owned()),
        Some(0) => rule(false, || "TicketSequence is 0".to_owned()),
        Some(ticket) => {
            rule(sequence == 0, || {
                format!("TicketSequence {ticket} and Sequence {sequence}: with a ticket Sequence is 0")
            })?;
            rule(!transaction.has(Field::AccountTxnID), || {
                "AccountTxnID cannot stand beside a TicketSequence".to_owned()
            })
        }
    }
}

fn check_keys(transaction: &Object) -> Result<()> {
    let key = transaction.blob(Field::SigningPubKey);
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        PublicKey::from_slice(key).map_err(|e| e.at("SigningPubKey"))?;
    }
    let signature = transaction.blob(Field::TxnSignature);
    rule(signature.is_none() || key.is_some_and(|key| !key.is_empty()), || {
        "TxnSignature without a SigningPubKey".to_owned()
    })?;
    rule(signature.is_none_or(|signature| !signature.is_empty()), || "TxnSignature is empty".to_owned())?;
    if transaction.has(Field::Signers) {
        rule(signature.is_none(), || "TxnSignature and Signers exclude each other".to_owned())?;
        rule(key.is_some_and(<[u8]>::is_empty), || {
            "with Signers the SigningPubKey is present and empty".to_owned()
        })?;
    }
    Ok(())
}
