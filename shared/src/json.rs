//! Strict JSON: what is read has one meaning, what is written has one form.
//!
//! Reading refuses duplicate names, too deep nesting and, where asked for, numbers with a fraction.
//! Writing gives the canonical form of design.md 10.2: UTF-8, no spaces outside strings, members sorted by
//! code point, shortest escapes, one LF at the end.

use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use crate::error::{Code, Exit, Result};
use crate::text::Printable;

/// Text that is not JSON, or not strict enough.
pub static MALFORMED: Code = Code::new(
    "E-JSON-001",
    Exit::BadInput,
    "The text is not JSON, or it is JSON with two meanings: a duplicate name, a number with a fraction where \
     money or counts stand, or text behind the end.",
    "Make the file again where it came from; do not edit it by hand.",
);
/// Nesting beyond the limit.
pub static TOO_DEEP: Code = Code::new(
    "E-JSON-002",
    Exit::BadInput,
    "The JSON is nested deeper than the limit. Nothing that Airlock writes comes near it.",
    "Make the file again where it came from.",
);

/// More values than the limit.
pub static TOO_LARGE: Code = Code::new(
    "E-JSON-003",
    Exit::BadInput,
    "The JSON holds more values than anything that Airlock writes; reading it would take memory without bound.",
    "Split the job into smaller files.",
);

/// What to do about a file that ends too early.
const CUT_OFF: &str = "Copy the file again from where it came, and wait until the copy is complete.";

/// The codes of this module.
pub static CODES: &[&Code] = &[&MALFORMED, &TOO_DEEP, &TOO_LARGE];

/// The deepest nesting of any JSON that is read (design.md 10.15).
pub const MAX_DEPTH: usize = 16;

/// The most values of one document: what lies between commas, colons and brackets. Bounds memory before parsing.
pub const MAX_VALUES: usize = 1_000_000;
/// The most objects of one document.
pub const MAX_OBJECTS: usize = 200_000;
/// Integers lie below this: 2^53, where every JSON reader still tells two of them apart.
const INTEGER_LIMIT: u64 = 1 << 53;

/// What numbers may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Non-negative integers below 2^53 only.
    Integers,
    /// Any JSON number; only for codec lines, where a broadcast's value may have a fraction.
    Any,
}

/// Reads one JSON document.
///
/// # Errors
/// [`TOO_DEEP`] beyond [`MAX_DEPTH`]; [`MALFORMED`] for anything that is not strict JSON.
pub fn parse(text: &[u8], numbers: Numbers) -> Result<Value> {
    check_shape(text)?;
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict(numbers)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|e| match e.is_eof() {
            true => {
                MALFORMED.error(format!("the JSON is cut off after {} bytes", text.len())).with_next(CUT_OFF)
            }
            false => MALFORMED.error(format!("not strict JSON: {}", Printable::new(&e.to_string()))),
        })?;
    Ok(value)
}

/// Reads a value of a type from one JSON document of integers; the type denies unknown fields itself.
///
/// # Errors
/// As [`parse`], and [`MALFORMED`] where the members are not those of the type.
pub fn parse_as<T: for<'de> Deserialize<'de>>(text: &[u8]) -> Result<T> {
    from_value(parse(text, Numbers::Integers)?)
}

/// Turns a parsed value into a type.
///
/// # Errors
/// [`MALFORMED`] where the members are not those of the type.
pub fn from_value<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T> {
    T::deserialize(value).map_err(|e| MALFORMED.error(Printable::new(&e.to_string()).to_string()))
}

/// Writes the canonical form, with the LF at the end.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("a JSON value with string keys always serializes");
    bytes.push(b'\n');
    bytes
}

/// Refuses too deep nesting and too many values before anything is allocated.
fn check_shape(text: &[u8]) -> Result<()> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    let (mut values, mut objects) = (1usize, 0usize);
    for byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b',') => values = values.saturating_add(1),
            (false, b'[' | b'{') => {
                depth = depth.saturating_add(1);
                values = values.saturating_add(1);
                objects = objects.saturating_add(usize::from(*byte == b'{'));
                if depth > MAX_DEPTH {
                    return Err(TOO_DEEP.error(format!("nested deeper than {MAX_DEPTH} levels")));
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if values > MAX_VALUES || objects > MAX_OBJECTS {
            return Err(TOO_LARGE.error(format!("more than {MAX_VALUES} values or {MAX_OBJECTS} objects")));
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Strict(Numbers);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match self.0 {
            Numbers::Integers if value >= INTEGER_LIMIT => {
                Err(E::custom(format!("number {value} beyond 2^53")))
            }
            Numbers::Any | Numbers::Integers => Ok(Value::Number(value.into())),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        match self.0 {
            Numbers::Any => Ok(Value::Number(value.into())),
            Numbers::Integers => Err(E::custom(format!("negative number {value}"))),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        match (self.0, Number::from_f64(value)) {
            (Numbers::Any, Some(number)) => Ok(Value::Number(number)),
            _ => Err(E::custom("number with a fraction or an exponent, or beyond 64 bits")),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(self)?;
            match members.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(first) => {
                    return Err(serde::de::Error::custom(format!("duplicate name '{}'", first.key())));
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_json_with_two_meanings() {
        for bad in [
            "{\"a\":1,\"a\":2}",
            "9007199254740992",
            "1.5",
            "1e2",
            "-1",
            "18446744073709551616",
            "{} {}",
            "{",
            "",
            "\"\\ud800\"",
        ] {
            assert_eq!(parse(bad.as_bytes(), Numbers::Integers).unwrap_err().code(), &MALFORMED, "{bad}");
        }
        assert!(parse(b"[-1, 1.5]", Numbers::Any).is_ok());
    }

    #[test]
    fn says_when_a_text_is_cut_off() {
        let whole = "{\"format\":\"airlock-bundle\",\"steps\":[1,2]}";
        for end in 0..whole.len() {
            let error = parse(whole.get(..end).unwrap().as_bytes(), Numbers::Integers).unwrap_err();
            assert!(error.what().contains("cut off") && error.next() == CUT_OFF, "{end}: {error}");
        }
        assert!(!parse(b"{\"a\":}", Numbers::Integers).unwrap_err().what().contains("cut off"));
    }

    #[test]
    fn refuses_nesting_beyond_the_limit_and_ignores_brackets_in_strings() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(MAX_DEPTH), Numbers::Integers).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1), Numbers::Integers).unwrap_err().code(), &TOO_DEEP);
        assert!(parse(b"\"[[[[[[[[[[[[[[[[[[[[[\\\"[\"", Numbers::Integers).is_ok());
    }

    #[test]
    fn refuses_more_values_or_objects_than_the_limits() {
        let zeros = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
        assert!(parse(zeros(MAX_VALUES - 1).as_bytes(), Numbers::Integers).is_ok());
        assert_eq!(
            parse(zeros(MAX_VALUES + 1).as_bytes(), Numbers::Integers).unwrap_err().code(),
            &TOO_LARGE
        );
        let objects = |count: usize| format!("[{}{{}}]", "{},".repeat(count - 1));
        assert!(parse(objects(MAX_OBJECTS).as_bytes(), Numbers::Integers).is_ok());
        assert_eq!(
            parse(objects(MAX_OBJECTS + 1).as_bytes(), Numbers::Integers).unwrap_err().code(),
            &TOO_LARGE
        );
    }

    #[test]
    fn writes_members_sorted_by_code_point() {
        let value =
            parse("{\"b\": 1, \"é\": \"\\u0041\\n\", \"a\": [true, {}]}".as_bytes(), Numbers::Integers)
                .unwrap();
        assert_eq!(canonical(&value), "{\"a\":[true,{}],\"b\":1,\"é\":\"A\\n\"}\n".as_bytes());
    }
}
