//! Issuance, messages 20 to 23, and with it the transfer of ownership (counterparty.md 4.5).

use serde_json::{Map, Value as Json};

use super::{BAD_ISSUANCE, BAD_QUANTITY, Message, UNREADABLE, Unsound, mime};
use crate::amount::Quantity;
use crate::counterparty::asset::{AssetId, subasset};
use crate::counterparty::cbor::{self, Value};
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;
use crate::text::Printable;

mod layout;

/// The first of the four type ids: issuance, before 22.
pub const FIRST_ID: u32 = 20;
/// The last of the four type ids: issuance of a new subasset.
pub const LAST_ID: u32 = 23;

const KEEP_DESCRIPTION: &[u8] = b"\xc0NULL";

/// An issuance. With quantity 0 and an output to somebody before the data it transfers the ownership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// The asset; for a subasset its number.
    pub asset: AssetId,
    /// How much is issued, in base units.
    pub quantity: Quantity,
    /// Must be what the asset is, or the ledger refuses.
    pub divisible: bool,
    /// Locks the supply.
    pub lock: bool,
    /// Resets the supply; a transfer is then ignored.
    pub reset: bool,
    /// The new description; none keeps the old one, an empty one wipes it. For a MIME type that is no text
    /// the hex of the content.
    pub description: Option<String>,
    /// The MIME type as it is written; empty means text/plain.
    pub mime_type: String,
    /// The name of a new subasset (messages 21 and 23).
    pub longname: Option<String>,
}

impl Issuance {
    pub(super) fn encode(&self, rules: &Rules) -> Result<(u32, Vec<u8>)> {
        let refuse = |why: String| BAD_ISSUANCE.error(why);
        if self.asset == AssetId::BTC || self.asset == AssetId::XCP {
            return Err(refuse(format!("{} cannot be issued", self.asset)));
        }
        if !mime::is_plain(&self.mime_type) {
            return Err(refuse(format!("MIME type '{}' is not written", Printable::new(&self.mime_type))));
        }
        let newer = rules.is_active(Change::IssuanceBackwardsCompatibility);
        let compact = match &self.longname {
            None => None,
            Some(longname) => {
                subasset::parent_of(longname, rules.is_active(Change::DisableVanillaBtcDispense))?
                    .filter(|_| self.asset.is_numeric())
                    .ok_or_else(|| refuse("a subasset needs PARENT.child and a numeric asset".to_owned()))?;
                Some(subasset::compact(longname).unwrap_or_default())
            }
        };
        let type_id = match (compact.is_some(), newer) {
            (false, false) => FIRST_ID,
            (true, false) => 21,
            (false, true) => 22,
            (true, true) => LAST_ID,
        };
        if rules.is_active(Change::TaprootSupport) {
            return Ok((type_id, self.encode_cbor(compact)));
        }
        if !rules.is_active(Change::IssuanceWithoutCall) {
            return Err(refuse(format!("the layout in force at height {} is not written", rules.height())));
        }
        if !self.mime_type.is_empty() {
            return Err(refuse(format!("a MIME type is not in force at height {}", rules.height())));
        }
        let description = match &self.description {
            Some(text) => text.as_bytes(),
            None if rules.is_active(Change::IssuanceDescriptionSpecialNull) => KEEP_DESCRIPTION,
            None => return Err(refuse("the description must be given again at this height".to_owned())),
        };
        let mut body =
            [self.asset.to_u64().to_be_bytes(), self.quantity.to_base_units().to_be_bytes()].concat();
        body.extend([self.divisible, self.lock, self.reset].map(u8::from));
        if let Some(compact) = compact {
            body.push(
                u8::try_from(compact.len()).map_err(|_| refuse("the longname is too long".to_owned()))?,
            );
            body.extend(compact);
        }
        body.extend_from_slice(description);
        Ok((type_id, body))
    }

    fn encode_cbor(&self, compact: Option<Vec<u8>>) -> Vec<u8> {
        // Flags of a new subasset are written as 0 and 1.
        let as_number = compact.is_some();
        let flag = |flag: bool| if as_number { Value::Integer(flag.into()) } else { Value::Bool(flag) };
        let mut items = vec![
            Value::Integer(self.asset.to_u64().into()),
            Value::Integer(self.quantity.to_base_units().into()),
            flag(self.divisible),
            flag(self.lock),
            flag(self.reset),
        ];
        if let Some(compact) = compact {
            items.push(Value::Integer(i128::try_from(compact.len()).unwrap_or_default()));
            items.push(Value::Bytes(compact));
        }
        items.push(Value::Text(self.mime_type.clone()));
        items.push(match &self.description {
            Some(text) => Value::Bytes(text.as_bytes().to_vec()),
            None => Value::Null,
        });
        cbor::write(&Value::Array(items))
    }
}

/// What both layouts give; the asset is not checked yet.
struct Parts {
    asset: i128,
    quantity: Value,
    flags: [bool; 3],
    description: Option<String>,
    mime_type: String,
    longname: Option<String>,
}

/// Reads CBOR where it is in force, else or if that fails the fixed layout of the height.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn decode(type_id: u32, body: &[u8], rules: &Rules) -> Result<Message> {
    let is_subasset = type_id == 21 || type_id == 23;
    let from_cbor = match rules.is_active(Change::TaprootSupport) {
        true if is_subasset => decode_subasset_cbor(body, rules)?,
        true => decode_cbor(body, rules),
        false => None,
    };
    let parts = match from_cbor {
        Some(parts) => parts,
        None => layout::decode(is_subasset, body, rules)
            .ok_or_else(|| UNREADABLE.error(format!("{} bytes that are no issuance", body.len())))?,
    };
    let asset = u64::try_from(parts.asset)
        .ok()
        .and_then(|id| AssetId::new(id).ok())
        .ok_or_else(|| UNREADABLE.error(format!("asset id {} is invalid", parts.asset)))?;
    Ok(message(type_id, asset, parts))
}

fn decode_cbor(body: &[u8], rules: &Rules) -> Option<Parts> {
    let items: [Value; 7] = cbor::read(body)?.into_items()?.try_into().ok()?;
    let [asset, quantity, divisible, lock, reset, mime_type, description] = items;
    let (mime_type, description) = content(mime_type, &description, rules)?;
    let flags = [&divisible, &lock, &reset].map(Value::is_truthy);
    Some(Parts { asset: asset.as_integer()?, quantity, flags, description, mime_type, longname: None })
}

fn decode_subasset_cbor(body: &[u8], rules: &Rules) -> Result<Option<Parts>> {
    let Some(items) = cbor::read(body).and_then(Value::into_items) else { return Ok(None) };
    let Ok(items) = <[Value; 9]>::try_from(items) else { return Ok(None) };
    let [asset, quantity, divisible, lock, reset, _length, compact, mime_type, description] = items;
    let Some(longname) = compact.as_bytes().and_then(subasset::expand) else { return Ok(None) };
    let Some((mime_type, description)) = content(mime_type, &description, rules) else { return Ok(None) };
    let Some(asset) = asset.as_integer() else { return Ok(None) };
    if rules.is_active(Change::CanonicalSubassetCompact)
        && subasset::compact(&longname).as_deref() != compact.as_bytes()
    {
        return Err(
            UNREADABLE.error(format!("'{}' is not compacted in the one way", Printable::new(&longname)))
        );
    }
    let flags = [&divisible, &lock, &reset].map(Value::is_truthy);
    Ok(Some(Parts { asset, quantity, flags, description, mime_type, longname: Some(longname) }))
}

fn content(mime_type: Value, description: &Value, rules: &Rules) -> Option<(String, Option<String>)> {
    let mime_type = mime::read(mime_type, rules)?;
    let description = if *description == Value::Null {
        None
    } else {
        Some(mime::show(description.as_bytes()?, &mime_type, rules)?)
    };
    Some((mime_type, description))
}

fn message(type_id: u32, asset: AssetId, parts: Parts) -> Message {
    let Parts { quantity, flags: [divisible, lock, reset], description, mime_type, longname, .. } = parts;
    let number = quantity.as_integer();
    let sound = number.and_then(|n| u64::try_from(n).ok()).and_then(|n| Quantity::new(n).ok());
    if let Some(quantity) = sound {
        return Message::Issuance(Issuance {
            asset,
            quantity,
            divisible,
            lock,
            reset,
            description,
            mime_type,
            longname,
        });
    }
    let quantity = number.map_or_else(|| format!("{quantity:?}"), |number| number.to_string());
    let fields: Map<String, Json> = [
        ("asset".to_owned(), asset.name().into()),
        ("quantity".to_owned(), quantity.into()),
        ("divisible".to_owned(), divisible.into()),
        ("lock".to_owned(), lock.into()),
        ("reset".to_owned(), reset.into()),
        ("description".to_owned(), description.into()),
        ("mime_type".to_owned(), mime_type.into()),
        ("longname".to_owned(), longname.into()),
    ]
    .into_iter()
    .collect();
    Message::Unsound(Unsound { type_id, name: "issuance", fields, why: BAD_QUANTITY.meaning.to_owned() })
}
