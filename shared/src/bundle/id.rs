//! Ids: the hash of the content, shown as a short id and four words (design.md 10.3).

use core::fmt;
use core::str::FromStr;

use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::{DisplayHex, FromHex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::WORDS;

/// The hash of a bundle's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId([u8; 32]);

/// The hash of a signed file's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedId([u8; 32]);

/// The hash of an offline journal's last record, which carries the hash of the one before it, and so of all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalHead([u8; 32]);

impl BundleId {
    /// Hashes the canonical bytes of a bundle without its `id`.
    pub fn of(content: &[u8]) -> Self {
        Self(hash(b"airlock-bundle/1\n", content))
    }

    /// The short id of the bundle with this id, which is 64 hex digits.
    pub fn short_of(id: &str) -> Option<String> {
        Some(Self(<[u8; 32]>::from_hex(id).ok()?).short())
    }
}

impl SignedId {
    /// Hashes the canonical bytes of a signed file without its `id`.
    pub fn of(content: &[u8]) -> Self {
        Self(hash(b"airlock-signed/1\n", content))
    }
}

impl JournalHead {
    /// Hashes the canonical bytes of a record, line end included; the head of a journal without records hashes none.
    pub fn of(record: &[u8]) -> Self {
        Self(hash(b"airlock-journal/1\n", record))
    }
}

/// Takes 64 lower-case hex digits.
impl FromStr for JournalHead {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let bytes = <[u8; 32]>::from_hex(text).ok().filter(|_| is_lower);
        bytes.map(Self).ok_or("a journal head is 64 lower-case hex digits")
    }
}

impl Serialize for JournalHead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JournalHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How people tell files apart; it proves nothing.
pub trait Spoken {
    /// The 32 bytes of the hash.
    fn digest(&self) -> &[u8; 32];

    /// The first 20 bits in Crockford base32: 4 characters.
    fn short(&self) -> String {
        const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits = leading_bits(self.digest());
        (0..4u32)
            .map(|i| five_bits(bits, i.saturating_mul(5)))
            .map(|index| CROCKFORD.get(index).copied().map_or('?', char::from))
            .collect()
    }

    /// The next 40 bits, 10 for each of four words.
    fn words(&self) -> [&'static str; 4] {
        let bits = leading_bits(self.digest());
        [20u32, 30, 40, 50].map(|from| WORDS.get(ten_bits(bits, from)).copied().unwrap_or("?"))
    }
}

impl Spoken for BundleId {
    fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Spoken for SignedId {
    fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Spoken for JournalHead {
    fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_hex())
    }
}

impl fmt::Debug for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SignedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_hex())
    }
}

impl fmt::Debug for SignedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for JournalHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_hex())
    }
}

impl fmt::Debug for JournalHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hash(prefix: &[u8], content: &[u8]) -> [u8; 32] {
    sha256::Hash::hash(&[prefix, content].concat()).to_byte_array()
}

/// The first 64 bits, most significant first.
fn leading_bits(digest: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn five_bits(bits: u64, from: u32) -> usize {
    usize::try_from(bits.wrapping_shl(from) >> 59).unwrap_or(0)
}

fn ten_bits(bits: u64, from: u32) -> usize {
    usize::try_from(bits.wrapping_shl(from) >> 54).unwrap_or(0)
}
