//! The CBOR of messages (counterparty.md 1.3): an exact writer, and a reader as lenient as the ledger's.
//!
//! Writing gives definite lengths, minimal integers and 64-bit doubles. Reading also takes indefinite
//! lengths, longer integers, bignums, tags and trailing bytes, because the ledger executes such messages.

use core::fmt;

mod read;

pub use read::{read, read_exactly};

/// More keys than any message has fields are not compared with each other.
const MOST_FIELDS: usize = 16;

/// A double, compared and kept bit by bit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Double(u64);

impl Double {
    /// From its 64 bits (IEEE 754).
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// From the number.
    pub fn new(number: f64) -> Self {
        Self(number.to_bits())
    }

    /// The number.
    pub fn to_f64(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// The 64 bits.
    pub fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_f64())
    }
}

/// One data item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer, or a bignum of up to 127 bits.
    Integer(i128),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A map, in the order of the bytes.
    Map(Vec<(Value, Value)>),
    /// A tagged item of a meaning that no message has; a larger bignum is one.
    Tag(u64, Box<Value>),
    /// A floating-point number of any size.
    Double(Double),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `undefined` and other simple values.
    Simple(u8),
}

impl Value {
    /// The integer; `true` and `false` count as 1 and 0, as they do for the ledger.
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Bool(flag) => Some(i128::from(*flag)),
            Self::Bytes(_)
            | Self::Text(_)
            | Self::Array(_)
            | Self::Map(_)
            | Self::Tag(..)
            | Self::Double(_)
            | Self::Null
            | Self::Simple(_) => None,
        }
    }

    /// The byte string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// What the ledger takes for true where it expects a flag: all but zero, null and what is empty.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Integer(number) => *number != 0,
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Array(items) => !items.is_empty(),
            Self::Map(members) => !members.is_empty(),
            Self::Double(double) => double.to_bits() << 1 != 0,
            Self::Bool(flag) => *flag,
            Self::Null => false,
            Self::Tag(..) | Self::Simple(_) => true,
        }
    }

    /// The length of what has one: bytes, characters, items or members.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Text(text) => Some(text.chars().count()),
            Self::Array(items) => Some(items.len()),
            Self::Map(members) => Some(members.len()),
            Self::Integer(_)
            | Self::Tag(..)
            | Self::Double(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Simple(_) => None,
        }
    }

    /// The items that the ledger unpacks: those of an array, or the distinct keys of a map, if they can be a message.
    pub fn into_items(self) -> Option<Vec<Value>> {
        match self {
            Self::Array(items) => Some(items),
            Self::Map(members) => {
                let mut keys: Vec<Value> = Vec::new();
                for (key, _) in members {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                    if keys.len() > MOST_FIELDS {
                        return None;
                    }
                }
                Some(keys)
            }
            Self::Integer(_)
            | Self::Bytes(_)
            | Self::Text(_)
            | Self::Tag(..)
            | Self::Double(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Simple(_) => None,
        }
    }
}

/// Writes an item the way the reference does.
pub fn write(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, value);
    out
}

/// Writes an item with floating-point numbers in their shortest size, as the reader of inscriptions does.
pub fn write_shortest(value: &Value) -> Vec<u8> {
    match value {
        Value::Array(items) => {
            let mut out = Vec::new();
            head(&mut out, 4, length(items.len()));
            out.extend(items.iter().flat_map(write_shortest));
            out
        }
        Value::Double(double) => shortest_double(*double),
        Value::Integer(_)
        | Value::Bytes(_)
        | Value::Text(_)
        | Value::Map(_)
        | Value::Tag(..)
        | Value::Bool(_)
        | Value::Null
        | Value::Simple(_) => write(value),
    }
}

/// The smallest of 16, 32 and 64 bits that holds the number exactly.
fn shortest_double(double: Double) -> Vec<u8> {
    let wanted = Value::Double(double);
    let bits = double.to_bits();
    let (sign, exponent, fraction) = (bits >> 63, (bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let narrow = |exponent_bits: u32, fraction_bits: u32| {
        let max = (1u64 << exponent_bits).wrapping_sub(1);
        let bias = (max >> 1).wrapping_sub(0);
        let exponent = match exponent {
            0 => 0,
            0x7ff => max,
            normal => normal.wrapping_add(bias).wrapping_sub(1023).min(max),
        };
        let fraction = fraction >> 52u32.wrapping_sub(fraction_bits);
        (sign << exponent_bits.wrapping_add(fraction_bits)) | (exponent << fraction_bits) | fraction
    };
    let half = narrow(5, 10).to_be_bytes();
    let single = narrow(8, 23).to_be_bytes();
    let candidates = [[&[0xf9], &half[6..]].concat(), [&[0xfa], &single[4..]].concat()];
    candidates
        .into_iter()
        .find(|bytes| read(bytes).as_ref() == Some(&wanted))
        .unwrap_or_else(|| write(&wanted))
}

fn append(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Integer(number) if *number >= 0 => match u64::try_from(*number) {
            Ok(small) => head(out, 0, small),
            Err(_) => big(out, 2, number.unsigned_abs()),
        },
        Value::Integer(number) => {
            let distance = number.unsigned_abs().saturating_sub(1);
            match u64::try_from(distance) {
                Ok(small) => head(out, 1, small),
                Err(_) => big(out, 3, distance),
            }
        }
        Value::Bytes(bytes) => {
            head(out, 2, length(bytes.len()));
            out.extend_from_slice(bytes);
        }
        Value::Text(text) => {
            head(out, 3, length(text.len()));
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            head(out, 4, length(items.len()));
            items.iter().for_each(|item| append(out, item));
        }
        Value::Map(members) => {
            head(out, 5, length(members.len()));
            for (key, value) in members {
                append(out, key);
                append(out, value);
            }
        }
        Value::Tag(tag, item) => {
            head(out, 6, *tag);
            append(out, item);
        }
        Value::Double(double) => {
            out.push(0xfb);
            out.extend_from_slice(&double.to_bits().to_be_bytes());
        }
        Value::Bool(flag) => out.push(if *flag { 0xf5 } else { 0xf4 }),
        Value::Null => out.push(0xf6),
        Value::Simple(number) if *number < 24 => out.push(0xe0 | number),
        Value::Simple(number) => out.extend_from_slice(&[0xf8, *number]),
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

fn big(out: &mut Vec<u8>, tag: u64, number: u128) {
    let bytes = number.to_be_bytes();
    let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    head(out, 6, tag);
    append(out, &Value::Bytes(significant));
}

fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    let (info, size) = match argument {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major | info);
    out.extend(bytes.into_iter().skip(8usize.saturating_sub(size)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            (-(1i128 << 100)..(1i128 << 100)).prop_map(Value::Integer),
            any::<i64>().prop_map(|n| Value::Integer(n.into())),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            ".{0,10}".prop_map(Value::Text),
            any::<u64>().prop_map(|bits| Value::Double(Double::from_bits(bits))),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::Array))
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(value in value()) {
            prop_assert_eq!(read(&write(&value)), Some(value));
        }
    }
}
