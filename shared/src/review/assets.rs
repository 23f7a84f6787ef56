//! How many units a quantity is: by rule, by the vault's registry, or only by claim (design.md 10.10).

use std::collections::BTreeMap;

use super::book::KnownAsset;
use super::refusals::REQUEST_DIFFERS;
use crate::amount::{BITCOIN_DECIMALS, Quantity, grouped_units, plain_units};
use crate::bundle::{Assumption, Topic};
use crate::counterparty::asset::AssetId;
use crate::counterparty::asset::subasset::parent_of;
use crate::error::Result;
use crate::text::Printable;

/// Who says that an asset is divisible or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// XCP, or the vault's registry.
    Certain,
    /// The bundle.
    Claimed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    longname: Option<String>,
    divisible: bool,
    authority: Authority,
}

/// All that is known or claimed about assets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Assets(BTreeMap<AssetId, Known>);

impl Assets {
    pub(super) fn new(registry: &[KnownAsset], assumptions: &[Assumption]) -> Self {
        let mut assets = BTreeMap::new();
        for assumption in assumptions {
            if let Topic::Asset { name, longname, divisible } = &assumption.topic
                && let Ok(id) = AssetId::from_name(name)
            {
                // What no subasset can be called is not shown as a name, and takes the place of none.
                let longname = longname.clone().filter(|name| matches!(parent_of(name, true), Ok(Some(_))));
                let divisible = *divisible;
                assets.insert(id, Known { longname, divisible, authority: Authority::Claimed });
            }
        }
        for known in registry {
            if let Ok(id) = AssetId::from_name(&known.name) {
                let (longname, divisible) = (known.longname.clone(), known.divisible);
                assets.insert(id, Known { longname, divisible, authority: Authority::Certain });
            }
        }
        let xcp = Known { longname: None, divisible: true, authority: Authority::Certain };
        assets.insert(AssetId::XCP, xcp);
        Self(assets)
    }

    /// The asset of a name or of a subasset's longname.
    pub(super) fn resolve(&self, name: &str) -> Result<AssetId> {
        let by_longname = self.0.iter().find(|(_, known)| known.longname.as_deref() == Some(name));
        match by_longname {
            Some((id, _)) => Ok(*id),
            None => AssetId::from_name(name),
        }
    }

    /// Reads units as a person typed them.
    pub(super) fn parse(&self, asset: AssetId, amount: &str) -> Result<Quantity> {
        let known = self.0.get(&asset).ok_or_else(|| {
            REQUEST_DIFFERS.error(format!("the bundle does not say whether {asset} is divisible"))
        })?;
        Quantity::parse(amount, known.divisible)
    }

    pub(super) fn authority(&self, asset: AssetId) -> Option<Authority> {
        self.0.get(&asset).map(|known| known.authority)
    }

    /// The name, with the longname where there is one.
    pub(super) fn name(&self, asset: AssetId) -> String {
        match self.0.get(&asset) {
            Some(Known { longname: Some(longname), authority, .. }) => {
                let claimed = if *authority == Authority::Claimed { "claimed: " } else { "" };
                format!("{asset} ({claimed}{})", Printable::new(longname))
            }
            _ => asset.name(),
        }
    }

    /// The quantity in words: units first where they are certain, else base units first.
    pub(super) fn show(&self, asset: AssetId, quantity: Quantity) -> String {
        let base = quantity.to_base_units();
        let name = self.name(asset);
        match self.0.get(&asset) {
            Some(Known { divisible: true, authority: Authority::Certain, .. }) => {
                format!("{} {name} ({base} base units)", grouped_units(base, BITCOIN_DECIMALS))
            }
            Some(Known { divisible: false, authority: Authority::Certain, .. }) => {
                format!("{} {name} (indivisible)", grouped_units(base, 0))
            }
            Some(Known { divisible, authority: Authority::Claimed, .. }) => {
                let decimals = if *divisible { BITCOIN_DECIMALS } else { 0 };
                let kind = if *divisible { "divisible" } else { "indivisible" };
                format!("{base} base units of {name} (claimed {kind}: {})", grouped_units(base, decimals))
            }
            None => format!("{base} base units of {name} (divisibility unknown)"),
        }
    }

    /// The quantity as it is typed to approve: shown units where certain, else base units.
    pub(super) fn plain(&self, asset: AssetId, base_units: u64) -> String {
        match self.0.get(&asset) {
            Some(Known { divisible: true, authority: Authority::Certain, .. }) => {
                plain_units(base_units, BITCOIN_DECIMALS)
            }
            Some(_) | None => base_units.to_string(),
        }
    }
}
