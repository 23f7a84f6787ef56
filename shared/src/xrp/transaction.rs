//! A transaction: fields in canonical order, strict in both directions (xrpl.md 4, 5, 14).

use serde_json::Value;

use crate::amount::Drops;
use crate::error::Result;
use crate::xrp::address::AccountId;
use crate::xrp::fields::Field;
use crate::xrp::object::{FieldValue, Object};
use crate::xrp::public_key::PublicKey;
use crate::xrp::transaction_type::TransactionType;

/// A transaction whose form is valid: known type, its fields and no others, values in range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    object: Object,
}

impl Transaction {
    /// Reads transaction JSON; X-addresses are split into account and tag.
    ///
    /// # Errors
    /// What is malformed, by name. A TxnSignature or Signers must verify.
    pub fn from_json(json: &Value) -> Result<Self> {
        let _ = json;
        todo!()
    }

    /// As [`Transaction::from_json`] for a known network, whose X-addresses only are taken.
    ///
    /// # Errors
    /// As [`Transaction::from_json`].
    pub fn from_json_on(json: &Value, network_id: u32) -> Result<Self> {
        let _ = (json, network_id);
        todo!()
    }

    /// Writes transaction JSON as xrpl.js does.
    pub fn to_json(&self) -> Value {
        todo!()
    }

    /// Reads the binary form; what would not be written the same way again is refused. Signatures are
    /// not verified here, see [`Transaction::check_signatures`].
    ///
    /// # Errors
    /// What is malformed, by name.
    pub fn from_blob(blob: &[u8]) -> Result<Self> {
        let _ = blob;
        todo!()
    }

    /// Writes the binary form.
    pub fn to_blob(&self) -> Vec<u8> {
        todo!()
    }

    /// What a single signer signs: `STX\0` and all signed fields. SigningPubKey must be set before.
    pub fn signing_data(&self) -> Vec<u8> {
        todo!()
    }

    /// What one of several signers signs: `SMT\0`, all signed fields with SigningPubKey empty, the signer.
    pub fn multi_signing_data(&self, signer: &AccountId) -> Vec<u8> {
        let _ = signer;
        todo!()
    }

    /// True when TxnSignature or Signers is present.
    pub fn is_signed(&self) -> bool {
        todo!()
    }

    /// The id of a signed transaction, none for an unsigned one.
    pub fn hash(&self) -> Option<[u8; 32]> {
        todo!()
    }

    /// Verifies TxnSignature or every one of Signers.
    ///
    /// # Errors
    /// When there is none, or one does not verify.
    pub fn check_signatures(&self) -> Result<()> {
        todo!()
    }

    /// The type.
    pub fn transaction_type(&self) -> TransactionType {
        todo!()
    }

    /// Account.
    pub fn account(&self) -> AccountId {
        todo!()
    }

    /// Fee.
    pub fn fee(&self) -> Drops {
        todo!()
    }

    /// Sequence; 0 with a ticket.
    pub fn sequence(&self) -> u32 {
        todo!()
    }

    /// TicketSequence.
    pub fn ticket_sequence(&self) -> Option<u32> {
        todo!()
    }

    /// LastLedgerSequence.
    pub fn last_ledger_sequence(&self) -> Option<u32> {
        todo!()
    }

    /// NetworkID.
    pub fn network_id(&self) -> Option<u32> {
        todo!()
    }

    /// Flags; absent is not the same bytes as 0.
    pub fn flags(&self) -> Option<u32> {
        todo!()
    }

    /// SigningPubKey, when present and not empty.
    pub fn signing_pub_key(&self) -> Option<PublicKey> {
        todo!()
    }

    /// Any field.
    pub fn get(&self, field: Field) -> Option<&FieldValue> {
        let _ = field;
        todo!()
    }

    /// All fields in canonical order.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &FieldValue)> {
        core::iter::empty()
    }

    /// The same transaction for this key, without signatures.
    #[must_use]
    pub fn with_signing_pub_key(&self, key: &PublicKey) -> Self {
        let _ = key;
        todo!()
    }

    /// The same transaction with this single signature; the key must be set before.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> Self {
        let _ = signature;
        todo!()
    }

    /// The same transaction without TxnSignature and Signers; SigningPubKey stays.
    #[must_use]
    pub fn without_signature(&self) -> Self {
        todo!()
    }
}
