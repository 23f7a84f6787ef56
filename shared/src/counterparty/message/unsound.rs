//! Messages that the ledger reads and then always calls invalid.

use serde_json::{Map, Value};

/// A body that reads, with a field that no valid message can have: a negative or too large quantity, flags
/// that are a text. Nothing moves; it is never written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound {
    /// The type id.
    pub type_id: u32,
    /// The name of the type.
    pub name: &'static str,
    /// The fields as they read, in the form of codec.md.
    pub fields: Map<String, Value>,
    /// What is wrong.
    pub why: String,
}
