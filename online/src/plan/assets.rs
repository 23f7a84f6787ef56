//! The assets that a snapshot knows, by name and by longname.

use std::collections::BTreeMap;

use airlock::counterparty::asset::AssetId;
use airlock::counterparty::message::BTC_NOT_MOVABLE;
use airlock::snapshot::{AssetFacts, CounterpartyFacts};
use airlock::text::Printable;
use airlock::{Code, Exit, Result};

/// An asset that the snapshot does not have.
pub static UNKNOWN_ASSET: Code = Code::new(
    "E-PLAN-041",
    Exit::BadInput,
    "The snapshot does not have the asset, so its divisibility is not known and no amount can be read.",
    "Check the spelling (names are upper case, subassets by their longname); take a snapshot that has the asset.",
);
/// An asset that contradicts its own name.
pub static BAD_ASSET: Code = Code::new(
    "E-PLAN-042",
    Exit::BadInput,
    "An asset of the snapshot has an id that does not belong to its name, stands there twice, or is XCP and said to be \
     indivisible.",
    "Take the snapshot again; if it comes back, do not trust the source that it came from.",
);

/// The assets of a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    by_name: BTreeMap<String, AssetFacts>,
    by_longname: BTreeMap<String, String>,
}

impl Assets {
    /// Checks what the snapshot says of assets; XCP is always there.
    ///
    /// # Errors
    /// [`BAD_ASSET`].
    pub(super) fn read(facts: &CounterpartyFacts) -> Result<Self> {
        let xcp = AssetFacts {
            name: "XCP".to_owned(),
            id: AssetId::XCP.to_u64().to_string(),
            longname: None,
            divisible: true,
            locked: true,
            owner: None,
        };
        let mut by_name = BTreeMap::from([(xcp.name.clone(), xcp)]);
        let mut by_longname = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for asset in &facts.assets {
            let bad = |why: &str| BAD_ASSET.error(format!("{}: {why}", Printable::new(&asset.name)));
            let id = AssetId::from_name(&asset.name).map_err(|e| bad(e.what()))?;
            if id.to_u64().to_string() != asset.id {
                return Err(bad(&format!("id {} instead of {}", Printable::new(&asset.id), id.to_u64())));
            }
            if id == AssetId::XCP && !asset.divisible {
                return Err(bad("XCP is divisible"));
            }
            let again = asset
                .longname
                .as_ref()
                .is_some_and(|longname| by_longname.insert(longname.clone(), asset.name.clone()).is_some());
            if again || !seen.insert(asset.name.clone()) {
                return Err(bad("listed twice"));
            }
            by_name.insert(asset.name.clone(), asset.clone());
        }
        Ok(Self { by_name, by_longname })
    }

    /// Finds an asset by name or longname.
    ///
    /// # Errors
    /// [`UNKNOWN_ASSET`], [`BTC_NOT_MOVABLE`].
    pub(super) fn find(&self, text: &str) -> Result<(AssetId, &AssetFacts)> {
        if text == "BTC" {
            return Err(BTC_NOT_MOVABLE.error("the asset is BTC"));
        }
        let name = self.by_longname.get(text).map_or(text, String::as_str);
        let facts = self.by_name.get(name).ok_or_else(|| {
            UNKNOWN_ASSET.error(format!("the snapshot does not know the asset '{}'", Printable::new(text)))
        })?;
        Ok((AssetId::from_name(&facts.name)?, facts))
    }

    /// All assets by name.
    pub(super) fn by_name(&self) -> &BTreeMap<String, AssetFacts> {
        &self.by_name
    }
}
