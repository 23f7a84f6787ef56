//! The JSON form: names as the ledger writes them, X-addresses split, nothing dropped and nothing guessed.

use bitcoin::hex::{DisplayHex, FromHex};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::text::Printable;
use crate::xrp::address::{AccountId, X_ADDRESS, XAddress};
use crate::xrp::amount::Amount;
use crate::xrp::fields::{Field, Kind};
use crate::xrp::object::{FieldValue, JSON_VALUE, Object};
use crate::xrp::path;
use crate::xrp::transaction_type::{self, TransactionType};

/// The deepest nesting of objects.
const MAX_DEPTH: u8 = 10;

/// Which X-addresses are taken: those of the test networks, of the main network, or whichever comes first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct XNetwork {
    test: Option<bool>,
}

impl XNetwork {
    /// The kind that belongs to a network id: 0 is the main network, 1 to 1024 are test networks; ids
    /// above belong to other chains, which use either.
    pub(crate) fn of(network_id: u32) -> Self {
        let test = match network_id {
            0 => Some(false),
            1..=1024 => Some(true),
            _ => None,
        };
        Self { test }
    }

    fn accept(&mut self, x: &XAddress) -> Result<()> {
        if *self.test.get_or_insert(x.test) == x.test {
            return Ok(());
        }
        let kind = if x.test { "the test networks" } else { "the main network" };
        Err(X_ADDRESS.error(format!("'{x}' is an X-address of {kind}, the transaction is not")))
    }
}

impl Object {
    /// Reads the JSON form of an object.
    ///
    /// # Errors
    /// The code of what is unknown, of a wrong type, or out of range, with the field's name.
    pub(crate) fn from_json(json: &Value, networks: &mut XNetwork) -> Result<Self> {
        read_object(json, networks, 0)
    }

    /// Writes the JSON form.
    pub(crate) fn to_json(&self) -> Value {
        let members =
            self.fields().map(|(field, value)| (field.name().to_owned(), write_value(field, value)));
        Value::Object(members.collect::<Map<_, _>>())
    }
}

fn read_object(json: &Value, networks: &mut XNetwork, depth: u8) -> Result<Object> {
    let depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH);
    let depth = depth.ok_or_else(|| JSON_VALUE.error(format!("nested deeper than {MAX_DEPTH} levels")))?;
    let members = json.as_object().ok_or_else(|| JSON_VALUE.error("expected an object of fields"))?;
    let mut object = Object::default();
    for (name, value) in members {
        let field = Field::named(name)?;
        if field.kind() == Kind::Account {
            let text = value.as_str().ok_or_else(|| wrong("an address as text").at(name))?;
            let (account, tag) = read_account(field, text, members, networks)?;
            object.insert(field, FieldValue::Account(account))?;
            if let Some((tag_field, tag)) = tag {
                object.insert(tag_field, FieldValue::UInt32(tag))?;
            }
        } else {
            let value = read_value(field, value, networks, depth).map_err(|e| e.at(field.name()))?;
            object.insert(field, value)?;
        }
    }
    Ok(object)
}

/// Reads a classic address, or splits an X-address into account and tag.
fn read_account(
    field: Field,
    text: &str,
    members: &Map<String, Value>,
    networks: &mut XNetwork,
) -> Result<(AccountId, Option<(Field, u32)>)> {
    if !text.starts_with(['X', 'T']) {
        return Ok((text.parse::<AccountId>().map_err(|e| e.at(field.name()))?, None));
    }
    let x: XAddress = text.parse::<XAddress>().map_err(|e| e.at(field.name()))?;
    networks.accept(&x)?;
    let in_transaction = members.contains_key(Field::TransactionType.name());
    let tags = [(Field::Account, Field::SourceTag), (Field::Destination, Field::DestinationTag)];
    let tag_field = tags.into_iter().find(|(of, _)| *of == field && in_transaction).map(|(_, tag)| tag);
    match (tag_field, x.tag) {
        (Some(tag_field), _) if members.contains_key(tag_field.name()) => Err(X_ADDRESS.error(format!(
            "{} is an X-address and {} is given beside it",
            field.name(),
            tag_field.name()
        ))),
        (Some(tag_field), Some(tag)) => Ok((x.account, Some((tag_field, tag)))),
        (None, Some(tag)) => {
            Err(X_ADDRESS.error(format!("{} cannot have a tag, the X-address holds {tag}", field.name())))
        }
        (_, None) => Ok((x.account, None)),
    }
}

fn read_value(field: Field, json: &Value, networks: &mut XNetwork, depth: u8) -> Result<FieldValue> {
    Ok(match field.kind() {
        Kind::UInt8 => FieldValue::UInt8(integer(json)?),
        Kind::UInt16 if field == Field::TransactionType => {
            let name = json.as_str().ok_or_else(|| wrong("the name of a type"))?;
            FieldValue::UInt16(TransactionType::named(name)?.number())
        }
        Kind::UInt16 => FieldValue::UInt16(integer(json)?),
        Kind::UInt32 => match (field, json) {
            (Field::PermissionValue, Value::String(name)) => {
                FieldValue::UInt32(transaction_type::permission_value(name).ok_or_else(|| {
                    JSON_VALUE.error(format!("'{}' is not a permission known here", Printable::new(name)))
                })?)
            }
            _ => FieldValue::UInt32(integer(json)?),
        },
        Kind::Hash128 => FieldValue::Hash128(hex_array(json)?),
        Kind::Hash192 => FieldValue::Hash192(hex_array(json)?),
        Kind::Hash256 => FieldValue::Hash256(hex_array(json)?),
        Kind::Amount => FieldValue::Amount(Amount::from_json(json)?),
        Kind::Blob => {
            let text = json.as_str().ok_or_else(|| wrong("bytes as hex"))?;
            FieldValue::Blob(Vec::from_hex(text).map_err(|_| wrong("bytes as hex"))?)
        }
        Kind::Account => return Err(wrong("an address")),
        Kind::Hashes => {
            let hashes = json.as_array().ok_or_else(|| wrong("an array of hashes"))?;
            FieldValue::Hashes(hashes.iter().map(hex_array).collect::<Result<_>>()?)
        }
        Kind::Paths => FieldValue::Paths(path::from_json(json)?),
        Kind::Object => FieldValue::Object(read_object(json, networks, depth)?),
        Kind::Array => {
            let elements = json.as_array().ok_or_else(|| wrong("an array"))?;
            let read = |element| read_element(element, networks, depth);
            FieldValue::Array(elements.iter().map(read).collect::<Result<_>>()?)
        }
    })
}

/// Reads `{"Memo":{…}}`: a wrapper with one member.
fn read_element(json: &Value, networks: &mut XNetwork, depth: u8) -> Result<(Field, Object)> {
    let bad = || wrong("objects of one member each, the wrapper");
    let members = json.as_object().filter(|members| members.len() == 1).ok_or_else(bad)?;
    let (name, value) = members.iter().next().ok_or_else(bad)?;
    let wrapper = Field::named(name)?;
    if wrapper.kind() != Kind::Object {
        return Err(bad());
    }
    Ok((wrapper, read_object(value, networks, depth).map_err(|e| e.at(wrapper.name()))?))
}

fn write_value(field: Field, value: &FieldValue) -> Value {
    match value {
        FieldValue::UInt8(number) => (*number).into(),
        FieldValue::UInt16(number) if field == Field::TransactionType => {
            match TransactionType::numbered(*number) {
                Ok(kind) => kind.name().into(),
                Err(_) => (*number).into(),
            }
        }
        FieldValue::UInt16(number) => (*number).into(),
        FieldValue::UInt32(number) if field == Field::PermissionValue => {
            match transaction_type::permission_name(*number) {
                Some(name) => name.into(),
                None => (*number).into(),
            }
        }
        FieldValue::UInt32(number) => (*number).into(),
        FieldValue::Hash128(bytes) => bytes.to_upper_hex_string().into(),
        FieldValue::Hash192(bytes) => bytes.to_upper_hex_string().into(),
        FieldValue::Hash256(bytes) => bytes.to_upper_hex_string().into(),
        FieldValue::Amount(amount) => amount.to_json(),
        FieldValue::Blob(bytes) => bytes.to_upper_hex_string().into(),
        FieldValue::Account(account) => account.to_string().into(),
        FieldValue::Hashes(hashes) => hashes.iter().map(|hash| hash.to_upper_hex_string()).collect(),
        FieldValue::Paths(paths) => path::to_json(paths),
        FieldValue::Object(object) => object.to_json(),
        FieldValue::Array(elements) => elements
            .iter()
            .map(|(wrapper, element)| {
                Value::Object(Map::from_iter([(wrapper.name().to_owned(), element.to_json())]))
            })
            .collect(),
    }
}

fn wrong(wanted: &str) -> crate::Error {
    JSON_VALUE.error(format!("must be {wanted}"))
}

/// A whole number that fits its field; never text, never truncated.
fn integer<T: TryFrom<u64>>(json: &Value) -> Result<T> {
    let bits = size_of::<T>().saturating_mul(8);
    json.as_u64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| wrong(&format!("a whole number of at most {bits} bits")))
}

fn hex_array<const N: usize>(json: &Value) -> Result<[u8; N]> {
    let wanted = || wrong(&format!("{} hex digits", N.saturating_mul(2)));
    <[u8; N] as FromHex>::from_hex(json.as_str().ok_or_else(wanted)?).map_err(|_| wanted())
}
