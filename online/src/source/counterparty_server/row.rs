//! Members of rows: whole numbers, names of assets, outputs.

use airlock::amount::Quantity;
use airlock::counterparty::asset::AssetId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A quantity: a whole number from 0 to 2^63-1.
pub(super) fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
    Quantity::new(u64::deserialize(deserializer)?).map_err(|e| D::Error::custom(e.what()))
}

/// An asset under the one name that it has.
pub(super) fn asset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match AssetId::from_name(&name) {
        Ok(_) => Ok(name),
        Err(e) => Err(D::Error::custom(e.what())),
    }
}

/// A quantity that was read as any JSON.
pub(super) fn quantity_of(value: &Value) -> Option<Quantity> {
    value.as_u64().and_then(|units| Quantity::new(units).ok())
}
