//! Fields with values, in canonical order: what transactions and the objects inside them are made of.

mod binary;
mod json;

pub use binary::length_prefix;
pub(crate) use json::XNetwork;

use crate::error::{Code, Exit, Result};
use crate::xrp::address::AccountId;
use crate::xrp::amount::{Amount, IssuanceId};
use crate::xrp::fields::{Field, Kind};
use crate::xrp::path::Path;

/// Bytes that are not the canonical form of anything.
pub static BLOB: Code = Code::new(
    "E-XRP-012",
    Exit::BadInput,
    "The bytes are not the canonical form of a transaction: cut off, fields out of order or twice, lengths or \
     headers not minimal, objects or arrays not closed, or bytes behind the end.",
    "Take the transaction from its source again; do not edit it.",
);
/// JSON of a wrong type or out of range in a field.
pub static JSON_VALUE: Code = Code::new(
    "E-XRP-013",
    Exit::BadInput,
    "A field of the transaction JSON has a value of the wrong type or range: numbers are whole and unsigned, \
     amounts are text, bytes are hex with an even number of digits.",
    "Correct the field that the message names.",
);

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// 1 byte.
    UInt8(u8),
    /// 2 bytes.
    UInt16(u16),
    /// 4 bytes.
    UInt32(u32),
    /// 16 bytes.
    Hash128([u8; 16]),
    /// 24 bytes.
    Hash192(IssuanceId),
    /// 32 bytes.
    Hash256([u8; 32]),
    /// An amount.
    Amount(Amount),
    /// Any bytes, perhaps none.
    Blob(Vec<u8>),
    /// An account.
    Account(AccountId),
    /// An object.
    Object(Object),
    /// Objects, each under the name of its wrapper.
    Array(Vec<(Field, Object)>),
    /// Payment paths.
    Paths(Vec<Path>),
    /// 32-byte hashes.
    Hashes(Vec<[u8; 32]>),
}

impl FieldValue {
    /// The kind of fields that hold it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::UInt8(_) => Kind::UInt8,
            Self::UInt16(_) => Kind::UInt16,
            Self::UInt32(_) => Kind::UInt32,
            Self::Hash128(_) => Kind::Hash128,
            Self::Hash192(_) => Kind::Hash192,
            Self::Hash256(_) => Kind::Hash256,
            Self::Amount(_) => Kind::Amount,
            Self::Blob(_) => Kind::Blob,
            Self::Account(_) => Kind::Account,
            Self::Object(_) => Kind::Object,
            Self::Array(_) => Kind::Array,
            Self::Paths(_) => Kind::Paths,
            Self::Hashes(_) => Kind::Hashes,
        }
    }
}

/// Fields in canonical order, none twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    fields: Vec<(Field, FieldValue)>,
}

impl Object {
    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&FieldValue> {
        self.fields.iter().find(|(present, _)| *present == field).map(|(_, value)| value)
    }

    /// True when the field is there.
    pub fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// All fields in canonical order.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &FieldValue)> {
        self.fields.iter().map(|(field, value)| (*field, value))
    }

    /// The number in a field of up to 4 bytes.
    pub fn number(&self, field: Field) -> Option<u32> {
        match self.get(field)? {
            FieldValue::UInt8(number) => Some(u32::from(*number)),
            FieldValue::UInt16(number) => Some(u32::from(*number)),
            FieldValue::UInt32(number) => Some(*number),
            FieldValue::Hash128(_)
            | FieldValue::Hash192(_)
            | FieldValue::Hash256(_)
            | FieldValue::Amount(_)
            | FieldValue::Blob(_)
            | FieldValue::Account(_)
            | FieldValue::Object(_)
            | FieldValue::Array(_)
            | FieldValue::Paths(_)
            | FieldValue::Hashes(_) => None,
        }
    }

    /// The account in a field.
    pub fn account(&self, field: Field) -> Option<AccountId> {
        if let Some(FieldValue::Account(account)) = self.get(field) { Some(*account) } else { None }
    }

    /// The amount in a field.
    pub fn amount(&self, field: Field) -> Option<&Amount> {
        if let Some(FieldValue::Amount(amount)) = self.get(field) { Some(amount) } else { None }
    }

    /// The bytes in a field of variable length.
    pub fn blob(&self, field: Field) -> Option<&[u8]> {
        if let Some(FieldValue::Blob(bytes)) = self.get(field) { Some(bytes) } else { None }
    }

    /// The elements of an array.
    pub fn array(&self, field: Field) -> Option<&[(Field, Object)]> {
        if let Some(FieldValue::Array(elements)) = self.get(field) { Some(elements) } else { None }
    }

    /// Puts a field in its place; none may be there twice.
    pub(crate) fn insert(&mut self, field: Field, value: FieldValue) -> Result<()> {
        if field.kind() != value.kind() {
            return Err(JSON_VALUE.error(format!("{} has a value of the wrong kind", field.name())));
        }
        match self.fields.binary_search_by_key(&field, |(present, _)| *present) {
            Ok(_) => Err(BLOB.error(format!("{} stands twice", field.name()))),
            Err(place) => {
                self.fields.insert(place, (field, value));
                Ok(())
            }
        }
    }

    /// Puts a field in its place or replaces its value.
    pub(crate) fn replace(&mut self, field: Field, value: FieldValue) {
        self.remove(field);
        self.insert(field, value).expect("the field was removed and callers give its own kind of value");
    }

    /// Takes a field out.
    pub(crate) fn remove(&mut self, field: Field) {
        self.fields.retain(|(present, _)| *present != field);
    }
}
