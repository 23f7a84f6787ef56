//! A transaction: fields in canonical order, strict in both directions (xrpl.md 4, 5, 14).

pub(crate) mod form;
mod signatures;
#[cfg(test)]
mod tests;

pub use form::{INCOMPLETE, NOT_OF_TYPE, RULE};
pub use signatures::{MultiSignature, UNSIGNED};

use serde_json::Value;

use crate::amount::Drops;
use crate::error::Result;
use crate::xrp::address::AccountId;
use crate::xrp::fields::Field;
use crate::xrp::hash;
use crate::xrp::object::{BLOB, FieldValue, Object, XNetwork};
use crate::xrp::public_key::PublicKey;
use crate::xrp::transaction_type::TransactionType;

/// The least bytes of a transaction.
pub const MIN_BLOB: usize = 32;
/// The most bytes of a transaction: 1 MiB.
pub const MAX_BLOB: usize = 1 << 20;

/// A transaction whose form is valid: known type, its fields and no others, values in range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    object: Object,
    transaction_type: TransactionType,
}

impl Transaction {
    /// Reads transaction JSON; X-addresses are split into account and tag.
    ///
    /// # Errors
    /// What is malformed, by name. A TxnSignature or Signers must verify.
    pub fn from_json(json: &Value) -> Result<Self> {
        Self::read_json(json, XNetwork::default())
    }

    /// As [`Transaction::from_json`] for a known network, whose X-addresses only are taken.
    ///
    /// # Errors
    /// As [`Transaction::from_json`].
    pub fn from_json_on(json: &Value, network_id: u32) -> Result<Self> {
        Self::read_json(json, XNetwork::of(network_id))
    }

    fn read_json(json: &Value, mut networks: XNetwork) -> Result<Self> {
        let transaction = Self::of(Object::from_json(json, &mut networks)?)?;
        let size = transaction.to_blob().len();
        if size > MAX_BLOB {
            return Err(BLOB.error(format!("{size} bytes, allowed are {MAX_BLOB}")));
        }
        if transaction.is_signed() {
            transaction.check_signatures()?;
        }
        Ok(transaction)
    }

    /// Writes transaction JSON as xrpl.js does.
    pub fn to_json(&self) -> Value {
        self.object.to_json()
    }

    /// Reads the binary form; what would not be written the same way again is refused. Signatures are
    /// not verified here, see [`Transaction::check_signatures`].
    ///
    /// # Errors
    /// What is malformed, by name.
    pub fn from_blob(blob: &[u8]) -> Result<Self> {
        if !(MIN_BLOB..=MAX_BLOB).contains(&blob.len()) {
            return Err(BLOB.error(format!("{} bytes, allowed are {MIN_BLOB} to {MAX_BLOB}", blob.len())));
        }
        let object = Object::from_bytes(blob)?;
        if object.to_bytes() != blob {
            return Err(BLOB.error("encoding what was read gives other bytes"));
        }
        Self::of(object)
    }

    fn of(object: Object) -> Result<Self> {
        let transaction_type = form::check(&object)?;
        Ok(Self { object, transaction_type })
    }

    /// Writes the binary form.
    pub fn to_blob(&self) -> Vec<u8> {
        self.object.to_bytes()
    }

    /// What a single signer signs: `STX\0` and all signed fields. SigningPubKey must be set before.
    pub fn signing_data(&self) -> Vec<u8> {
        [&hash::SINGLE_SIGNING[..], &self.object.to_bytes_of(Field::is_signed)].concat()
    }

    /// What one of several signers signs: `SMT\0`, all signed fields with SigningPubKey empty, the signer.
    pub fn multi_signing_data(&self, signer: &AccountId) -> Vec<u8> {
        let mut object = self.object.clone();
        object.replace(Field::SigningPubKey, FieldValue::Blob(Vec::new()));
        let fields = object.to_bytes_of(Field::is_signed);
        [&hash::MULTI_SIGNING[..], &fields, &signer.to_bytes()].concat()
    }

    /// The id of a signed transaction, none for an unsigned one.
    pub fn hash(&self) -> Option<[u8; 32]> {
        self.to_signed_blob().map(|(_, hash)| hash)
    }

    /// The binary form of a signed transaction with its id, none for an unsigned one.
    pub fn to_signed_blob(&self) -> Option<(Vec<u8>, [u8; 32])> {
        let blob = self.is_signed().then(|| self.to_blob())?;
        let hash = hash::sha512_half(&[&hash::TRANSACTION_ID, &blob]);
        Some((blob, hash))
    }

    /// The type.
    pub fn transaction_type(&self) -> TransactionType {
        self.transaction_type
    }

    /// Account.
    pub fn account(&self) -> AccountId {
        self.object.account(Field::Account).expect("a transaction without Account has no valid form")
    }

    /// Fee.
    pub fn fee(&self) -> Drops {
        let fee = self.object.amount(Field::Fee).and_then(|fee| fee.drops());
        fee.expect("a transaction without Fee in drops has no valid form")
    }

    /// Sequence; 0 with a ticket.
    pub fn sequence(&self) -> u32 {
        self.object.number(Field::Sequence).expect("a transaction without Sequence has no valid form")
    }

    /// TicketSequence.
    pub fn ticket_sequence(&self) -> Option<u32> {
        self.object.number(Field::TicketSequence)
    }

    /// LastLedgerSequence.
    pub fn last_ledger_sequence(&self) -> Option<u32> {
        self.object.number(Field::LastLedgerSequence)
    }

    /// NetworkID.
    pub fn network_id(&self) -> Option<u32> {
        self.object.number(Field::NetworkID)
    }

    /// Flags; absent is not the same bytes as 0.
    pub fn flags(&self) -> Option<u32> {
        self.object.number(Field::Flags)
    }

    /// SigningPubKey, when present and not empty.
    pub fn signing_pub_key(&self) -> Option<PublicKey> {
        PublicKey::from_slice(self.object.blob(Field::SigningPubKey)?).ok()
    }

    /// Any field.
    pub fn get(&self, field: Field) -> Option<&FieldValue> {
        self.object.get(field)
    }

    /// All fields in canonical order.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &FieldValue)> {
        self.object.fields()
    }

    /// The fields as an object, with typed access.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The same transaction for this key, without signatures.
    #[must_use]
    pub fn with_signing_pub_key(&self, key: &PublicKey) -> Self {
        let mut bare = self.without_signature();
        bare.object.replace(Field::SigningPubKey, FieldValue::Blob(key.to_bytes().to_vec()));
        bare
    }

    /// The same transaction for several signers: SigningPubKey present and empty, without signatures.
    #[must_use]
    pub fn with_empty_signing_pub_key(&self) -> Self {
        let mut bare = self.without_signature();
        bare.object.replace(Field::SigningPubKey, FieldValue::Blob(Vec::new()));
        bare
    }

    /// The same transaction with this single signature, which must verify under its SigningPubKey.
    ///
    /// # Errors
    /// When SigningPubKey is not set or the signature does not verify.
    pub fn with_signature(&self, signature: &[u8]) -> Result<Self> {
        let mut signed = self.without_signature();
        signed.object.replace(Field::TxnSignature, FieldValue::Blob(signature.to_vec()));
        signed.check_signatures()?;
        Ok(signed)
    }

    /// The same transaction with the signatures of several signers, in any order.
    ///
    /// # Errors
    /// When an account signs twice or signs for itself, or a signature does not verify.
    pub fn with_signers(&self, signers: &[MultiSignature]) -> Result<Self> {
        let mut signed = self.with_empty_signing_pub_key();
        let mut sorted: Vec<_> = signers.iter().collect();
        sorted.sort_by_key(|signer| signer.account);
        let elements = sorted.into_iter().map(|signer| Ok((Field::Signer, signer.to_object()?)));
        let elements = elements.collect::<Result<Vec<_>>>()?;
        signed.object.replace(Field::Signers, FieldValue::Array(elements));
        let signed = Self::of(signed.object)?;
        signed.check_signatures()?;
        Ok(signed)
    }

    /// The same transaction without TxnSignature and Signers; SigningPubKey stays.
    #[must_use]
    pub fn without_signature(&self) -> Self {
        let mut bare = self.clone();
        bare.object.remove(Field::TxnSignature);
        bare.object.remove(Field::Signers);
        bare
    }
}
