//! How many confirmations are waited for, by asset and amount; the block that holds the transaction counts as one.

use airlock::Result;
use airlock::amount::{BITCOIN_DECIMALS, parse_units};
use airlock::text::Printable;
use serde::Deserialize;

use super::BAD_CONFIG;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A customer's deposit is credited.
    Deposit,
    /// A sweep of a deposit counts as done.
    Sweep,
    /// A payment counts as done.
    Payment,
}

/// The confirmations of all assets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depths(Vec<Depth>);

/// One `[[depth]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// `BTC`, an asset, or `*` for all.
    pub asset: String,
    /// For deposits.
    pub deposit: Option<u32>,
    /// For sweeps.
    pub sweep: Option<u32>,
    /// For payments.
    pub payment: Option<u32>,
    /// It holds for larger amounts than this alone; in units times 10^8.
    pub above: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    asset: String,
    deposit: Option<u32>,
    sweep: Option<u32>,
    payment: Option<u32>,
    above: Option<String>,
}

/// The most confirmations that can be asked for.
const MOST: u32 = 1_000;

impl Depths {
    pub(super) fn read(entries: Vec<File>) -> Result<Self> {
        let depth = |(number, entry): (usize, File)| {
            let place = format!("[[depth]] {number} ('{}')", Printable::new(&entry.asset));
            read(entry).map_err(|e| e.at(place))
        };
        Ok(Self((1..).zip(entries).map(depth).collect::<Result<_>>()?))
    }

    /// Confirmations of an amount in base units of an asset with so many decimals: what the last entry that fits says,
    /// else 2 for deposits and 1 for sweeps and payments, as the exchange guides say.
    pub fn of(&self, purpose: Purpose, asset: &str, base_units: u64, decimals: u8) -> u32 {
        let scale = 10u128.saturating_pow(u32::from(BITCOIN_DECIMALS.saturating_sub(decimals)));
        let amount = u128::from(base_units).saturating_mul(scale);
        let fits = |depth: &&Depth| {
            (depth.asset == "*" || depth.asset == asset)
                && depth.above.is_none_or(|above| amount > u128::from(above))
        };
        let said = |depth: &Depth| match purpose {
            Purpose::Deposit => depth.deposit,
            Purpose::Sweep => depth.sweep,
            Purpose::Payment => depth.payment,
        };
        let usual = match purpose {
            Purpose::Deposit => 2,
            Purpose::Sweep | Purpose::Payment => 1,
        };
        self.0.iter().filter(fits).filter_map(said).next_back().unwrap_or(usual)
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> &[Depth] {
        &self.0
    }
}

fn read(entry: File) -> Result<Depth> {
    let asset = entry.asset.clone();
    if asset.is_empty() || asset.len() > 250 || !asset.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BAD_CONFIG.error("asset is neither BTC nor an asset's name nor *"));
    }
    for (member, value) in [("deposit", entry.deposit), ("sweep", entry.sweep), ("payment", entry.payment)] {
        if value.is_some_and(|value| !(1..=MOST).contains(&value)) {
            return Err(BAD_CONFIG.error(format!(
                "{member}: {} is not between 1 and {MOST}; the block that holds the transaction counts as 1",
                value.unwrap_or_default()
            )));
        }
    }
    if entry.above.is_some() && asset == "*" {
        return Err(BAD_CONFIG.error("above needs an asset: an amount of '*' means nothing"));
    }
    let above = entry.above.as_deref().map(|text| parse_units(text, BITCOIN_DECIMALS)).transpose();
    let above = above.map_err(|e| e.at("above"))?;
    Ok(Depth { asset, deposit: entry.deposit, sweep: entry.sweep, payment: entry.payment, above })
}
