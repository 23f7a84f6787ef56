//! `[deposits]`: which assets are dealt in, how memos are read, how far back a look reaches.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::account::Holds;
use airlock::counterparty::asset::AssetId;
use airlock::text::Printable;
use serde::Deserialize;

use super::BAD_CONFIG;

/// Blocks that are looked through again where nothing else is said.
const USUAL_WINDOW: u32 = 100;
/// The most that can be asked for.
const MOST_WINDOW: u32 = 10_000;

/// What `[deposits]` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposits {
    /// The assets that are credited; none where the file does not list them.
    pub assets: Option<BTreeSet<String>>,
    /// True where a memo that is the digits of an invoice as text counts as the invoice.
    pub accept_text_memos: bool,
    /// How many blocks are looked through again each time.
    pub reorg_window: u32,
}

impl Default for Deposits {
    fn default() -> Self {
        Self { assets: None, accept_text_memos: false, reorg_window: USUAL_WINDOW }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    assets: Option<Vec<String>>,
    #[serde(default)]
    accept_text_memos: bool,
    reorg_window: Option<u32>,
}

impl Deposits {
    pub(super) fn read(file: File) -> Result<Self> {
        let reorg_window = file.reorg_window.unwrap_or(USUAL_WINDOW);
        if !(1..=MOST_WINDOW).contains(&reorg_window) {
            return Err(BAD_CONFIG.error(format!(
                "[deposits] reorg_window: {reorg_window} is not between 1 and {MOST_WINDOW}"
            )));
        }
        let assets = file.assets.map(|names| names.into_iter().map(checked).collect()).transpose()?;
        Ok(Self { assets, accept_text_memos: file.accept_text_memos, reorg_window })
    }

    /// True where an asset is credited that arrives at an account of this kind. Where the file lists none, XCP and XRP are,
    /// and bitcoin on accounts that hold nothing else: bitcoin that arrives where assets live usually primes an address.
    pub fn takes(&self, asset: &str, holds: Holds) -> bool {
        match &self.assets {
            Some(listed) => listed.contains(asset),
            None => matches!(asset, "XCP" | "XRP") || (asset == "BTC" && holds == Holds::BitcoinOnly),
        }
    }
}

fn checked(name: String) -> Result<String> {
    match name == "XRP" || AssetId::from_name(&name).is_ok() {
        true => Ok(name),
        false => Err(BAD_CONFIG.error(format!(
            "[deposits] assets: '{}' is neither BTC nor XRP nor the name of an asset (subassets by their A… name)",
            Printable::new(&name)
        ))),
    }
}
