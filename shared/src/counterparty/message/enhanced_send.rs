//! Enhanced send, message 2 (counterparty.md 4.1).

use serde_json::{Map, Value as Json};

use super::legacy::Fields;
use super::memo::MAX_SEND_MEMO;
use super::{BAD_QUANTITY, Memo, Message, NOT_ACTIVE, UNREADABLE, Unsound, check_movable};
use crate::amount::Quantity;
use crate::counterparty::address::{self, Form};
use crate::counterparty::asset::AssetId;
use crate::counterparty::cbor::{self, Value};
use crate::counterparty::rules::{Change, Rules};
use crate::error::Result;

/// The type id.
pub const ID: u32 = 2;

/// One asset to one destination, which stands in the message and needs no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnhancedSend {
    /// What is sent.
    pub asset: AssetId,
    /// How much, in base units.
    pub quantity: Quantity,
    /// To whom: an address, or whatever text the ledger makes of the bytes.
    pub destination: String,
    /// The memo; an empty one is none.
    pub memo: Option<Memo>,
}

impl EnhancedSend {
    pub(super) fn encode(&self, rules: &Rules) -> Result<Vec<u8>> {
        if !rules.is_active(Change::EnhancedSends) {
            return Err(
                NOT_ACTIVE.error(format!("enhanced sends are not in force at height {}", rules.height()))
            );
        }
        check_movable(self.asset, self.quantity)?;
        let form = Form::of(rules);
        let (packed, _) = address::pack_exactly(&self.destination, form, rules)?;
        if let Some(memo) = &self.memo {
            memo.check_length(MAX_SEND_MEMO)?;
        }
        let memo = self.memo.as_ref().map(Memo::as_bytes).unwrap_or_default();
        let (asset, quantity) = (self.asset.to_u64(), self.quantity.to_base_units());
        Ok(match form {
            Form::New => cbor::write(&Value::Array(vec![
                Value::Integer(asset.into()),
                Value::Integer(quantity.into()),
                Value::Bytes(packed),
                Value::Bytes(memo.to_vec()),
            ])),
            Form::Legacy => [&asset.to_be_bytes()[..], &quantity.to_be_bytes(), &packed, memo].concat(),
        })
    }
}

/// Reads CBOR where it is in force, else or if that fails the fixed layout.
///
/// # Errors
/// [`UNREADABLE`].
pub(super) fn decode(body: &[u8], rules: &Rules) -> Result<Message> {
    if rules.is_active(Change::TaprootSupport)
        && let Some(message) = decode_cbor(body, rules)
    {
        return Ok(message);
    }
    let unreadable = |why: String| UNREADABLE.error(why);
    if body.len() > 37 + MAX_SEND_MEMO {
        return Err(unreadable(format!("the memo is too long: {} bytes of body", body.len())));
    }
    let mut fields = Fields::new(body);
    let (Some(asset), Some(quantity), Some(packed)) = (fields.u64(), fields.u64(), fields.bytes(21)) else {
        return Err(unreadable(format!("{} bytes, at least 37 are needed", body.len())));
    };
    let memo = fields.rest();
    let asset = movable_asset(asset).ok_or_else(|| unreadable(format!("asset id {asset} is invalid")))?;
    let destination = address::unpack(packed, rules)?;
    let memo = (!memo.is_empty()).then(|| Memo::Unknown(memo.to_vec()));
    Ok(message(asset, quantity.into(), destination, memo))
}

fn decode_cbor(body: &[u8], rules: &Rules) -> Option<Message> {
    let items: [Value; 4] = cbor::read(body)?.into_items()?.try_into().ok()?;
    let [asset, quantity, packed, memo] = items;
    let asset = movable_asset(u64::try_from(asset.as_integer()?).ok()?)?;
    let destination = address::unpack(packed.as_bytes()?, rules).ok()?;
    // The ledger drops a memo that is no byte string and sends all the same.
    let memo = memo.as_bytes().filter(|memo| !memo.is_empty()).map(|memo| Memo::Unknown(memo.to_vec()));
    Some(match quantity.as_integer() {
        Some(quantity) => message(asset, quantity, destination, memo),
        None => {
            unsound(asset, format!("{quantity:?}"), &destination, memo.as_ref(), "the quantity is no integer")
        }
    })
}

fn movable_asset(id: u64) -> Option<AssetId> {
    AssetId::new(id).ok().filter(|asset| *asset != AssetId::BTC)
}

fn message(asset: AssetId, quantity: i128, destination: String, memo: Option<Memo>) -> Message {
    match u64::try_from(quantity).ok().and_then(|quantity| Quantity::new(quantity).ok()) {
        Some(quantity) => Message::EnhancedSend(EnhancedSend { asset, quantity, destination, memo }),
        None => unsound(asset, quantity.to_string(), &destination, memo.as_ref(), BAD_QUANTITY.meaning),
    }
}

fn unsound(asset: AssetId, quantity: String, destination: &str, memo: Option<&Memo>, why: &str) -> Message {
    let fields: Map<String, Json> = [
        ("asset".to_owned(), asset.name().into()),
        ("quantity".to_owned(), quantity.into()),
        ("destination".to_owned(), destination.into()),
        ("memo".to_owned(), memo.map_or(Json::Null, Memo::to_json)),
    ]
    .into_iter()
    .collect();
    Message::Unsound(Unsound { type_id: ID, name: "enhanced_send", fields, why: why.to_owned() })
}
