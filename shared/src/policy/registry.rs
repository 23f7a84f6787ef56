//! `[[asset]]`: which assets are divisible, confirmed once by a person; and what an asset's name means everywhere else
//! in the file.

use super::file;
use super::refusals::ENTRY;
use crate::amount::decimal::Decimal;
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, parse_units};
use crate::counterparty::asset::AssetId;
use crate::counterparty::asset::subasset::parent_of;
use crate::error::Result;
use crate::review::{KnownAsset, Money};
use crate::text::Printable;
use crate::xrp::TokenValue;

/// The registered assets.
pub(super) struct Registry(Vec<KnownAsset>);

impl Registry {
    pub(super) fn read(entries: &[file::Asset]) -> Result<Self> {
        let mut assets: Vec<KnownAsset> = Vec::new();
        for entry in entries {
            let place = format!("[[asset]] {}", Printable::new(&entry.name));
            let asset = asset(entry).map_err(|e| e.at(&place))?;
            let is_double = |known: &&KnownAsset| {
                known.name == asset.name || (asset.longname.is_some() && known.longname == asset.longname)
            };
            if assets.iter().any(|known| is_double(&known)) {
                return Err(ENTRY.error("it is registered twice").at(place));
            }
            assets.push(asset);
        }
        Ok(Self(assets))
    }

    /// The assets by name.
    pub(super) fn into_assets(mut self) -> Vec<KnownAsset> {
        self.0.sort_by(|a, b| a.name.cmp(&b.name));
        self.0
    }

    /// The money of a name and the decimals of its unit. Tokens have no decimals of their own: 0.
    pub(super) fn money(&self, name: &str) -> Result<(Money, u8)> {
        let known = self.0.iter().find(|known| known.name == name || known.longname.as_deref() == Some(name));
        if let Some(known) = known {
            let money = Money::Asset(AssetId::from_name(&known.name)?);
            return Ok((money, if known.divisible { BITCOIN_DECIMALS } else { 0 }));
        }
        match name.parse::<Money>().map_err(|_| unknown(name))? {
            Money::Asset(AssetId::XCP) => Ok((Money::Asset(AssetId::XCP), BITCOIN_DECIMALS)),
            Money::Asset(_) => Err(ENTRY.error(format!(
                "{} has no [[asset]] entry, so nobody has said whether it is divisible",
                Printable::new(name)
            ))),
            Money::Bitcoin => Ok((Money::Bitcoin, BITCOIN_DECIMALS)),
            Money::Xrp => Ok((Money::Xrp, XRP_DECIMALS)),
            token @ Money::Token(..) => Ok((token, 0)),
        }
    }

    /// An amount as people write it: units of the money, plain digits.
    pub(super) fn amount(&self, money: Money, text: &str) -> Result<Decimal> {
        if let Money::Token(..) = money {
            // As exact as the ledger: 16 digits, no exponent.
            let value: Decimal = text.parse()?;
            text.parse::<TokenValue>()?;
            return Ok(value);
        }
        let (_, decimals) = self.money(&money.to_string())?;
        Ok(Decimal::from(parse_units(text, decimals)?))
    }
}

fn unknown(name: &str) -> crate::Error {
    ENTRY.error(format!(
        "'{}' is none of BTC, XRP, XCP, an asset with an [[asset]] entry, or a token such as USD.rISSUER",
        Printable::new(name)
    ))
}

fn asset(entry: &file::Asset) -> Result<KnownAsset> {
    let id = AssetId::from_name(&entry.name)?;
    if id == AssetId::BTC || id == AssetId::XCP {
        return Err(ENTRY.error("it is divisible by the ledger's own rule and needs no entry"));
    }
    if let Some(written) = entry.id.as_ref().filter(|written| written.0 != id.to_u64().to_string()) {
        let (written, computed) = (Printable::new(&written.0), id.to_u64());
        return Err(ENTRY.error(format!("its id is {computed}, not {written}: another asset was meant")));
    }
    if let Some(longname) = &entry.longname {
        let is_longname = id.is_numeric() && matches!(parent_of(longname, true), Ok(Some(_)));
        if !is_longname {
            return Err(ENTRY.error(format!("'{}' is no longname of a subasset", Printable::new(longname))));
        }
    }
    Ok(KnownAsset { name: id.name(), longname: entry.longname.clone(), divisible: entry.divisible })
}
