//! Memos: text, hex, or bytes of which the wire does not say which of the two they are.

use bitcoin::hex::{DisplayHex as _, FromHex as _};

use super::{BAD_MEMO, MEMO_TOO_LONG};
use crate::bundle::limits;
use crate::error::Result;
use crate::text::Printable;

/// The longest memo of a send or sweep, in bytes.
pub const MAX_SEND_MEMO: usize = limits::SEND_MEMO_BYTES;
/// The longest memo of an MPMA batch, in bytes.
pub const MAX_MPMA_MEMO: usize = limits::MPMA_MEMO_BYTES;

/// A memo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memo {
    /// Said to be text.
    Text(String),
    /// Said to be bytes.
    Hex(Vec<u8>),
    /// Bytes of an enhanced send, whose wire form does not tell.
    Unknown(Vec<u8>),
}

impl Memo {
    /// The out form of codec.md: what it is said to be, the bytes, and the text where there is one.
    pub fn to_json(&self) -> serde_json::Value {
        let form = match self {
            Self::Text(_) => Some("text"),
            Self::Hex(_) => Some("hex"),
            Self::Unknown(_) => None,
        };
        serde_json::json!({ "form": form, "hex": self.as_bytes().to_lower_hex_string(), "text": self.as_text() })
    }

    /// Reads hex digits, in either case.
    ///
    /// # Errors
    /// [`BAD_MEMO`] for an odd number of digits or anything else than digits, blanks included.
    pub fn from_hex(digits: &str) -> Result<Self> {
        if digits.len() % 2 == 1 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(
                BAD_MEMO.error(format!("the hex memo has an odd number of digits ({})", digits.len()))
            );
        }
        Vec::from_hex(digits)
            .map(Self::Hex)
            .map_err(|_| BAD_MEMO.error(format!("the memo '{}' is not hex", Printable::new(digits))))
    }

    /// The bytes that stand on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Hex(bytes) | Self::Unknown(bytes) => bytes,
        }
    }

    /// The text, where the memo is one or can be read as one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Hex(_) => None,
            Self::Unknown(bytes) => core::str::from_utf8(bytes).ok(),
        }
    }

    /// Refuses more than `limit` bytes.
    ///
    /// # Errors
    /// [`MEMO_TOO_LONG`].
    pub fn check_length(&self, limit: usize) -> Result<()> {
        let length = self.as_bytes().len();
        if length > limit {
            return Err(MEMO_TOO_LONG.error(format!("the memo has {length} bytes, at most {limit} fit")));
        }
        Ok(())
    }
}
