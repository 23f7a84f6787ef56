//! Fields with values, in canonical order: what transactions and the objects inside them are made of.

use crate::xrp::address::AccountId;
use crate::xrp::amount::{Amount, IssuanceId};
use crate::xrp::fields::Field;
use crate::xrp::path::Path;

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

/// Fields in canonical order, none twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    fields: Vec<(Field, FieldValue)>,
}
