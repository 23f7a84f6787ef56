//! Whether the signatures that a transaction carries are complete and right (xrpl.md 5.7 and 5.8).

use crate::error::{Code, Exit, Result};
use crate::xrp::address::AccountId;
use crate::xrp::fields::Field;
use crate::xrp::object::{FieldValue, Object};
use crate::xrp::public_key::{PublicKey, Verifier};
use crate::xrp::transaction::Transaction;

/// No signature, or not all of what a signature needs.
pub static UNSIGNED: Code = Code::new(
    "E-XRP-017",
    Exit::BadInput,
    "The transaction has no complete signature: TxnSignature with its SigningPubKey, or Signers with an empty \
     SigningPubKey.",
    "Sign the transaction, or take the signature fields out to have it signed.",
);

/// The signature of one of several signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiSignature {
    /// The account in the signer list, even when its regular key signs.
    pub account: AccountId,
    /// The key that signed.
    pub key: PublicKey,
    /// DER or 64 bytes, by the key's algorithm.
    pub signature: Vec<u8>,
}

impl MultiSignature {
    pub(super) fn to_object(&self) -> Result<Object> {
        let mut object = Object::default();
        object.insert(Field::Account, FieldValue::Account(self.account))?;
        object.insert(Field::SigningPubKey, FieldValue::Blob(self.key.to_bytes().to_vec()))?;
        object.insert(Field::TxnSignature, FieldValue::Blob(self.signature.clone()))?;
        Ok(object)
    }
}

impl Transaction {
    /// True when TxnSignature or Signers is present.
    pub fn is_signed(&self) -> bool {
        self.object.has(Field::TxnSignature) || self.object.has(Field::Signers)
    }

    /// Verifies TxnSignature, or every one of Signers. A signer's key need not be the master key of its
    /// account (regular keys); what the account allows only the ledger knows.
    ///
    /// # Errors
    /// [`UNSIGNED`] when there is none or a Batch carries signatures of others, which are not verified
    /// here; the code of a signature that does not verify.
    pub fn check_signatures(&self) -> Result<()> {
        if self.object.has(Field::BatchSigners) {
            return Err(UNSIGNED.error("the signatures in BatchSigners cannot be verified by this version"));
        }
        if let Some(signature) = self.object.blob(Field::TxnSignature) {
            let key = self.object.blob(Field::SigningPubKey).and_then(|key| Verifier::read(key).ok());
            let key = key.ok_or_else(|| UNSIGNED.error("TxnSignature without a SigningPubKey"))?;
            return key.verify(&self.signing_data(), signature);
        }
        let Some(signers) = self.object.array(Field::Signers) else {
            return Err(UNSIGNED.error("neither TxnSignature nor Signers is present"));
        };
        signers.iter().try_for_each(|(_, signer)| self.check_signer(signer))
    }

    fn check_signer(&self, signer: &Object) -> Result<()> {
        let part = |field: Field| {
            signer.blob(field).ok_or_else(|| UNSIGNED.error(format!("a signer without {}", field.name())))
        };
        let account =
            signer.account(Field::Account).ok_or_else(|| UNSIGNED.error("a signer without Account"))?;
        let key = Verifier::read(part(Field::SigningPubKey)?)?;
        let data = self.multi_signing_data(&account);
        key.verify(&data, part(Field::TxnSignature)?).map_err(|e| e.at(format!("signer {account}")))
    }
}
