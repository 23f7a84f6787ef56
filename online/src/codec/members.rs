//! Reading the members of a line: each is asked for by name and type, and what nobody asked for is refused.

use airlock::Result;
use airlock::text::Printable;
use bitcoin::hex::FromHex as _;
use serde_json::{Map, Value};

use super::BAD_LINE;

/// Integers beyond this are strings in output: 2^53.
const LARGEST_NUMBER: u64 = 1 << 53;

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    /// An object that has no members but the `allowed` ones.
    pub(super) fn of(value: &'a Value, allowed: &[&str]) -> Result<Self> {
        let members = value.as_object().ok_or_else(|| BAD_LINE.error("not an object"))?;
        match members.keys().find(|name| !allowed.contains(&name.as_str())) {
            Some(unknown) => Err(BAD_LINE.error(format!("unknown member '{}'", Printable::new(unknown)))),
            None => Ok(Self(members)),
        }
    }

    /// A member that may be absent or null.
    pub(super) fn optional(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn value(self, name: &str) -> Result<&'a Value> {
        self.optional(name).ok_or_else(|| BAD_LINE.error(format!("member '{name}' is missing")))
    }

    pub(super) fn text(self, name: &str) -> Result<&'a str> {
        self.value(name)?.as_str().ok_or_else(|| BAD_LINE.error(format!("member '{name}' is not a string")))
    }

    pub(super) fn text_or(self, name: &str, otherwise: &'a str) -> Result<&'a str> {
        self.optional(name).map_or(Ok(otherwise), |_| self.text(name))
    }

    pub(super) fn flag(self, name: &str) -> Result<bool> {
        self.value(name)?
            .as_bool()
            .ok_or_else(|| BAD_LINE.error(format!("member '{name}' is not true or false")))
    }

    pub(super) fn flag_or(self, name: &str, otherwise: bool) -> Result<bool> {
        self.optional(name).map_or(Ok(otherwise), |_| self.flag(name))
    }

    pub(super) fn list(self, name: &str) -> Result<&'a [Value]> {
        let list = self.value(name)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| BAD_LINE.error(format!("member '{name}' is not a list")))
    }

    pub(super) fn hex(self, name: &str) -> Result<Vec<u8>> {
        hex(self.text(name)?, name)
    }

    /// A number, or decimal digits in a string.
    pub(super) fn integer(self, name: &str) -> Result<u64> {
        let value = self.value(name)?;
        let number = match value.as_str() {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok(),
            Some(_) => None,
            None => value.as_u64(),
        };
        number.ok_or_else(|| {
            let shown = Printable::new(&value.to_string()).to_string();
            BAD_LINE.error(format!("member '{name}' is {shown}, not an integer from 0 to 2^64-1"))
        })
    }

    pub(super) fn integer_u32(self, name: &str) -> Result<u32> {
        let number = self.integer(name)?;
        u32::try_from(number)
            .map_err(|_| BAD_LINE.error(format!("member '{name}' is {number}, beyond 2^32-1")))
    }
}

pub(super) fn hex(digits: &str, name: &str) -> Result<Vec<u8>> {
    Vec::from_hex(digits).map_err(|_| BAD_LINE.error(format!("member '{name}' is not hex")))
}

/// An integer of an answer: a string beyond 2^53.
pub(super) fn integer(number: u64) -> Value {
    if number > LARGEST_NUMBER { number.to_string().into() } else { number.into() }
}
