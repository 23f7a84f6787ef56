//! An XRPL step: field by field as planned, signed by the planned account's key.

use bitcoin::hex::{DisplayHex, FromHex};
use serde_json::{Map, Value};

use super::{DIFFERS, FinalTransaction, MALFORMED, NOT_SIGNED, WRONG_CLAIM};
use crate::error::Result;
use crate::text::Printable;
use crate::xrp::{Field, Transaction};

/// Checks the signed blob of a step; `signer` is the classic address of the signing key.
///
/// # Errors
/// The codes of [`super`], and those of the XRPL codec and of its signatures.
pub(super) fn check(
    tx_json: &Map<String, Value>,
    network: u32,
    signer: &str,
    tx_blob: &str,
    hash: &str,
) -> Result<FinalTransaction> {
    let planned = Transaction::from_json_on(&Value::Object(tx_json.clone()), network)?;
    let blob = Vec::from_hex(tx_blob)
        .ok()
        .filter(|blob| blob.to_upper_hex_string() == tx_blob)
        .ok_or_else(|| MALFORMED.error("tx_blob is not upper-case hex"))?;
    let signed = Transaction::from_blob(&blob)?;
    check_fields(&planned, &signed)?;
    let key = signed.signing_pub_key().ok_or_else(|| NOT_SIGNED.error("SigningPubKey is missing"))?;
    if key.account_id().to_string() != signer {
        return Err(NOT_SIGNED.error(format!(
            "signed by the key of {} instead of that of {}",
            key.account_id(),
            Printable::new(signer)
        )));
    }
    signed.check_signatures()?;
    let computed = signed.hash().ok_or_else(|| NOT_SIGNED.error("there is no signature"))?;
    if computed.to_upper_hex_string() != hash {
        return Err(WRONG_CLAIM.error(format!(
            "the hash is {}, the file says {}",
            computed.to_upper_hex_string(),
            Printable::new(hash)
        )));
    }
    Ok(FinalTransaction::Xrpl { transaction: Box::new(signed), hash: computed })
}

/// Every field but TxnSignature is as planned; SigningPubKey may be added, Signers are not planned.
fn check_fields(planned: &Transaction, signed: &Transaction) -> Result<()> {
    let added_by_signing = |field: Field| field == Field::TxnSignature || field == Field::SigningPubKey;
    for (field, value) in signed.fields() {
        match planned.get(field) {
            Some(expected) if expected == value => {}
            Some(_) => {
                let (found, planned) = (shown(signed, field), shown(planned, field));
                return Err(DIFFERS.error(format!("{} is {found} instead of {planned}", field.name())));
            }
            None if added_by_signing(field) => {}
            None => {
                let found = shown(signed, field);
                return Err(DIFFERS.error(format!("{} is {found}, planned is none", field.name())));
            }
        }
    }
    match planned.fields().find(|(field, _)| signed.get(*field).is_none()) {
        Some((field, _)) => {
            let planned = shown(planned, field);
            Err(DIFFERS.error(format!("{} is missing, planned is {planned}", field.name())))
        }
        None => Ok(()),
    }
}

/// The value of a field as transaction JSON shows it.
fn shown(transaction: &Transaction, field: Field) -> String {
    let json = transaction.to_json();
    match json.get(field.name()) {
        Some(Value::String(text)) => Printable::new(text).to_string(),
        Some(other) => Printable::new(&other.to_string()).to_string(),
        None => "none".to_owned(),
    }
}
