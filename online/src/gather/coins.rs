//! The coins of the watched accounts.

use std::collections::{BTreeMap, BTreeSet};

use airlock::Result;
use airlock::account::{Account, AccountKeys, AccountName, BitcoinAccount};
use airlock::amount::show_bitcoin;
use airlock::bundle::limits;
use airlock::snapshot::{Attached, BitcoinFacts, Coin};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Amount, OutPoint, Witness};

use super::{Gathered, MOVING, Scope, Terms};
use crate::progress::Progress;
use crate::source::bitcoin::{FoundCoin, Watched};
use crate::source::open::Sources;
use crate::stop;

/// Most bytes of all previous transactions together, in hex: the file must stay below its limit.
const MOST_HEX: usize = 24 << 20;
/// How often the look goes further because a coin lay within the gap.
const WIDENINGS: u32 = 64;

/// What a Bitcoin server said.
pub(super) struct Found {
    pub(super) facts: BitcoinFacts,
    pub(super) coins: BTreeMap<OutPoint, FoundCoin>,
    /// The last index that is of interest, by account.
    pub(super) reach: BTreeMap<AccountName, u32>,
    pub(super) attached: BTreeMap<OutPoint, BTreeMap<String, u64>>,
    /// Own addresses, and their accounts.
    pub(super) own: BTreeMap<String, AccountName>,
    server: String,
}

/// Reads tip, estimates and coins.
pub(super) fn read(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
) -> Result<Found> {
    let (source, status) = sources.read_bitcoin()?;
    let mut fee_rates = source.fee_rates()?;
    fee_rates.sort_by_key(|rate| rate.blocks);
    fee_rates.dedup_by_key(|rate| rate.blocks);
    let facts = BitcoinFacts {
        network: status.network,
        height: status.height,
        hash: status.hash.to_string(),
        fee_rates,
        coins: Vec::new(),
    };
    let first = |account: &Account| terms.handed_out.get(&account.name).copied().unwrap_or(0);
    let mut reach: BTreeMap<AccountName, u32> =
        scope.accounts.iter().map(|account| (account.name.clone(), first(account))).collect();
    let mut looked: BTreeMap<AccountName, u32> = BTreeMap::new();
    let mut coins = BTreeMap::new();
    for _ in 0..WIDENINGS {
        stop::check()?;
        // Looking at more addresses of an account costs a scan of all coins nothing.
        let last = |name: &AccountName| {
            let reach = reach.get(name).copied().unwrap_or(0);
            reach.saturating_add(terms.gap_limit).max(source.free_reach())
        };
        let watched: Vec<Watched<'_>> = scope
            .accounts
            .iter()
            .filter_map(|account| watched(account, &last))
            .filter(|watched| looked.get(watched.name).is_none_or(|done| *done < watched.last_index))
            .collect();
        if watched.is_empty() {
            let server = source.name();
            return Ok(Found {
                facts,
                coins,
                reach,
                attached: BTreeMap::new(),
                own: BTreeMap::new(),
                server,
            });
        }
        let found = source.coins(&watched, progress);
        progress.end();
        looked.extend(watched.iter().map(|watched| (watched.name.clone(), watched.last_index)));
        for coin in found? {
            let reach = reach.entry(coin.account.clone()).or_default();
            *reach = coin.index.max(*reach);
            coins.insert(coin.outpoint, coin);
        }
    }
    Err(MOVING.error(format!("the coins of the accounts did not end after {WIDENINGS} looks")))
}

fn watched<'a>(account: &'a Account, last: &dyn Fn(&AccountName) -> u32) -> Option<Watched<'a>> {
    let bitcoin = account.bitcoin()?;
    let last_index = match bitcoin.keys() {
        AccountKeys::Extended(_) => last(&account.name),
        AccountKeys::Single(_) => 0,
    };
    Some(Watched { name: &account.name, account: bitcoin, last_index })
}

impl Found {
    /// The addresses of an account up to the end of its gap, both branches.
    pub(super) fn addresses(
        &self,
        name: &AccountName,
        account: &BitcoinAccount,
        gap: u32,
    ) -> BTreeSet<String> {
        let last = self.reach.get(name).copied().unwrap_or(0).saturating_add(gap);
        let indices = (0..=last).flat_map(|index| [(0, index), (1, index)]);
        let address = |(branch, index)| account.address(branch, index).map(|address| address.to_string());
        match account.keys() {
            AccountKeys::Extended(_) => indices.filter_map(address).collect(),
            AccountKeys::Single(_) => address((0, 0)).into_iter().collect(),
        }
    }

    /// Marks an output with what is attached to it; the larger of two claims counts.
    pub(super) fn attach(&mut self, outpoint: OutPoint, asset: &str, base_units: u64) {
        let on = self.attached.entry(outpoint).or_default().entry(asset.to_owned()).or_default();
        *on = base_units.max(*on);
    }

    /// Puts the coins into the snapshot, largest first until the file is full, without those under way.
    pub(super) fn settle(mut self, terms: &Terms, gathered: &mut Gathered) {
        let mut by_value: Vec<FoundCoin> = core::mem::take(&mut self.coins).into_values().collect();
        by_value.sort_by_key(|coin| (core::cmp::Reverse(value(coin)), coin.outpoint));
        let mut room = MOST_HEX;
        let mut left_out: Vec<Amount> = Vec::new();
        for found in by_value {
            let amount = value(&found);
            let coin = self.coin(found);
            if terms.in_flight.coins.contains(&coin.outpoint) {
                gathered.in_flight.push(coin);
                continue;
            }
            let too_big = coin.prev_tx.len() > limits::PREVIOUS_TRANSACTION_BYTES.saturating_mul(2);
            match room.checked_sub(coin.prev_tx.len()).filter(|_| !too_big) {
                Some(rest) => {
                    room = rest;
                    self.facts.coins.push(coin);
                }
                None => left_out.push(amount),
            }
        }
        if !left_out.is_empty() {
            let sum = left_out.iter().fold(Amount::ZERO, |sum, one| sum.checked_add(*one).unwrap_or(sum));
            gathered.notes.push(format!(
                "{} coins with {} are left out: the transactions that made them are too large to carry",
                left_out.len(),
                show_bitcoin(sum)
            ));
        }
        self.facts.coins.sort_by_key(|coin| coin.outpoint);
        gathered.in_flight.sort_by_key(|coin| coin.outpoint);
        gathered.servers.insert(0, self.server);
        gathered.own = self.own;
        gathered.reach = self.reach;
        gathered.snapshot.bitcoin = Some(self.facts);
    }

    fn coin(&self, found: FoundCoin) -> Coin {
        let mut previous = found.transaction;
        for input in &mut previous.input {
            input.witness = Witness::new();
        }
        let on = self.attached.get(&found.outpoint).into_iter().flatten();
        let attached =
            on.map(|(asset, base_units)| Attached { asset: asset.clone(), quantity: base_units.to_string() });
        Coin {
            outpoint: found.outpoint,
            account: found.account,
            branch: found.branch,
            index: found.index,
            prev_tx: serialize_hex(&previous),
            height: found.height,
            attached: attached.collect(),
        }
    }
}

fn value(coin: &FoundCoin) -> Amount {
    let output = usize::try_from(coin.outpoint.vout).ok().and_then(|vout| coin.transaction.output.get(vout));
    output.map_or(Amount::ZERO, |output| output.value)
}
