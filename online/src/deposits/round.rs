//! What both looks at the Bitcoin chain share: where to begin, what is known there, and how the outcome is written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use airlock::Result;
use airlock::network::BitcoinNetwork;
use airlock::review::Chain;
use airlock::time::Moment;
use bitcoin::Transaction;

use super::error::{ABOVE_TIP, OVERTAKEN};
use super::ours::BitcoinDeposits;
use super::settle::{Look, Settled, settle};
use super::view::View;
use crate::config::{Deposits, Depths};
use crate::progress::Progress;
use crate::source::bitcoin::BitcoinSource;
use crate::stop;
use crate::store::{Batch, Credit, CreditFilter, CreditState, Credited, Cursor, Store};

/// How many windows a look goes back where the last block that was seen is no longer in the chain.
const WINDOWS: u32 = 10;

/// More blocks than this no healthy server is behind another.
const FAR: u32 = 6;
/// A tip on mainnet that is older than this many seconds is not the tip.
const OLDEST_TIP: u64 = 6 * 3_600;

/// How looks are made.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What is dealt in, and how memos are read.
    pub settings: &'a Deposits,
    /// How deep a deposit must be.
    pub depths: &'a Depths,
    /// Begin at this block or earlier, whatever was looked through.
    pub from: Option<u32>,
    /// Begin at this ledger or earlier.
    pub from_ledger: Option<u32>,
    /// When the looks began.
    pub now: Moment,
    /// The same by a clock that nobody sets.
    pub began: Instant,
    /// How often two servers are asked whether they stand at one block.
    pub looks: u32,
    /// The pause between two such questions.
    pub pause: Duration,
}

impl Terms<'_> {
    /// The present moment, which may be much later than the beginning of a look.
    pub(super) fn clock(&self) -> Moment {
        self.now.plus(self.began.elapsed().as_secs())
    }
}

/// What a look did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Which chain, and what of it.
    pub stream: String,
    /// `blocks` or `ledgers`.
    pub unit: &'static str,
    /// The first one that was looked through; above `to` where there was nothing new.
    pub from: u32,
    /// The last one.
    pub to: u32,
    /// Credits that are new, as they are now.
    pub new: Vec<Credit>,
    /// Credits that changed, and what they were.
    pub changed: Vec<(CreditState, Credit)>,
    /// What a person must look at.
    pub alarms: Vec<String>,
    /// What a person may like to know.
    pub notes: Vec<String>,
}

/// One look at the Bitcoin chain.
pub(super) struct Round<'a> {
    pub(super) store: &'a Store,
    pub(super) view: &'a View<'a>,
    /// The other Bitcoin servers.
    pub(super) others: Vec<&'a dyn BitcoinSource>,
    pub(super) ours: &'a BitcoinDeposits,
    pub(super) network: BitcoinNetwork,
    pub(super) terms: &'a Terms<'a>,
    pub(super) progress: &'a dyn Progress,
}

/// Where a look begins.
pub(super) struct Begin {
    /// Where the last one ended.
    pub(super) cursor: Option<Cursor>,
    /// The first block.
    pub(super) from: u32,
    /// True where everything below `from` is as it was.
    pub(super) unchanged: bool,
}

/// Whether a look begins.
pub(super) enum Begins {
    /// It does.
    At(Begin),
    /// It does not.
    Behind(Report),
}

impl Round<'_> {
    pub(super) fn chain(&self) -> Chain {
        Chain::Bitcoin(self.network)
    }

    /// Where to begin, or why nothing is looked at: the server is behind what was looked through already, or old. With `again` the last window is
    /// looked through in any case.
    pub(super) fn begin(&self, key: &str, again: bool, mine: fn(&Credit) -> bool) -> Result<Begins> {
        let window = self.terms.settings.reorg_window;
        let cursor = self.store.cursor(key)?;
        if let Some(from) = self.terms.from.filter(|from| *from > self.view.height) {
            return Err(ABOVE_TIP.error(format!("--from {from}, and the tip is {}", self.view.height)));
        }
        let too_old = self.terms.clock().since(self.view.time) > OLDEST_TIP;
        if too_old && self.network == BitcoinNetwork::Mainnet {
            let tip = self.view.height;
            let note = format!(
                "block {tip}, the server's last, is of {}: it may lack newer ones, and nothing was credited",
                self.view.time
            );
            return Ok(Begins::Behind(Report {
                stream: key.to_owned(),
                unit: "blocks",
                from: tip.saturating_add(1),
                to: tip,
                notes: vec![note],
                ..Report::default()
            }));
        }
        let (mut from, unchanged) = match &cursor {
            None => (self.terms.from.unwrap_or_else(|| self.first()), false),
            Some(last) if last.height > self.view.height => match self.terms.from {
                None => {
                    let heights = (last.height, self.view.height, FAR);
                    let report = behind(self.store, key, "blocks", heights, self.terms.clock())?;
                    return Ok(Begins::Behind(report));
                }
                Some(from) => (from, false),
            },
            Some(last) => {
                let unchanged = self.view.holds(last.height, &last.hash)?;
                let back = match (unchanged, again) {
                    (true, false) => 0,
                    (true, true) => window,
                    (false, _) => window.saturating_mul(WINDOWS),
                };
                (last.height.saturating_add(1).saturating_sub(back), unchanged)
            }
        };
        if let Some(first) = self.terms.from {
            from = from.min(first);
        }
        if let Some(tip) = stalled_at(self.store, key)? {
            from = from.min(tip.saturating_add(1).saturating_sub(window));
        }
        let low = from.saturating_sub(window);
        for credit in self.known(low, mine)?.values() {
            let what = &credit.what;
            if what.state == CreditState::Reversed {
                continue;
            }
            let pending = again && what.state == CreditState::Pending;
            if pending || !self.view.holds(what.height, &what.block_hash)? {
                from = from.min(what.height);
            }
        }
        Ok(Begins::At(Begin { cursor, from, unchanged }))
    }

    /// The first block in which something that was handed out can have been paid.
    fn first(&self) -> u32 {
        let seconds = self.ours.first.map_or(0, |first| self.terms.now.since(first));
        // Twice as many blocks as usual and a day's; test networks have storms of blocks.
        let (each, more) = match self.network {
            BitcoinNetwork::Mainnet => (300, 144),
            BitcoinNetwork::Testnet3 | BitcoinNetwork::Testnet4 | BitcoinNetwork::Signet => (10, 2_000),
            BitcoinNetwork::Regtest => return 0,
        };
        let blocks = u32::try_from(u64::checked_div(seconds, each).unwrap_or_default())
            .unwrap_or(u32::MAX)
            .saturating_add(more);
        self.view.height.saturating_add(1).saturating_sub(blocks)
    }

    /// Credits of this chain in blocks from `from` on, and all that are pending.
    pub(super) fn known(&self, from: u32, mine: fn(&Credit) -> bool) -> Result<BTreeMap<String, Credit>> {
        let recent = CreditFilter { from_height: Some(from), ..CreditFilter::default() };
        let pending = CreditFilter { state: Some(CreditState::Pending), ..CreditFilter::default() };
        let all = self.store.credits(&recent)?.into_iter().chain(self.store.credits(&pending)?);
        let chain = self.chain();
        Ok(all
            .filter(|credit| credit.what.chain == chain && mine(credit))
            .map(|credit| (credit.key.clone(), credit))
            .collect())
    }

    /// Completes what is known of a look: what it found again, and what left the chain.
    pub(super) fn complete(&self, look: &mut Look, mine: fn(&Credit) -> bool) -> Result<()> {
        look.tip = self.view.height;
        look.known.extend(self.known(look.from, mine)?);
        for found in &look.found {
            let key = found.credit.key();
            if let Some(known) = self.store.credit_by_key(&key)? {
                look.known.insert(key, known);
            }
        }
        for (key, credit) in &look.known {
            if !self.view.holds(credit.what.height, &credit.what.block_hash)? {
                look.left.insert(key.clone());
            }
        }
        Ok(())
    }

    /// Lets what would be decided now wait for the sum of its customer and for every other Bitcoin server.
    pub(super) fn weigh(&self, look: &mut Look) -> Result<()> {
        look.wait_by_sum(self.terms.depths);
        let mut asked: BTreeMap<u32, Option<String>> = BTreeMap::new();
        let mut found = core::mem::take(&mut look.found);
        for found in found.iter_mut().filter(|found| look.decides(found)) {
            let height = found.credit.height;
            let doubt = match asked.get(&height) {
                Some(doubt) => doubt.clone(),
                None => self.doubt(height)?,
            };
            asked.insert(height, doubt.clone());
            found.waits = doubt;
        }
        look.found = found;
        Ok(())
    }

    /// Which other Bitcoin server has another block at a height, or none; those that do not answer are passed over.
    fn doubt(&self, height: u32) -> Result<Option<String>> {
        let ours = self.view.hash_at(height)?;
        for other in &self.others {
            stop::check()?;
            match other.block_hash(height) {
                Ok(theirs) if theirs == ours => {}
                Ok(Some(_)) => return Ok(Some(format!("{} has another block {height}", other.name()))),
                Ok(None) => return Ok(Some(format!("{} has no block {height} yet", other.name()))),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// True where a transaction spends a coin of ours, by whatever txid.
    pub(super) fn is_ours(&self, transaction: &Transaction) -> Result<bool> {
        for input in &transaction.input {
            if self.store.spends(input.previous_output)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Settles a look and writes it with its cursor, the block of which was read before the chain was seen to stand still.
    pub(super) fn write(
        &self,
        key: &str,
        cursor: Option<Cursor>,
        to: Cursor,
        look: &Look,
        alarms: Vec<String>,
    ) -> Result<Report> {
        let settled = settle(look)?;
        let report = Report {
            stream: key.to_owned(),
            unit: "blocks",
            from: look.from,
            to: look.to,
            alarms,
            ..Report::default()
        };
        write(
            self.store,
            Batch {
                key: key.to_owned(),
                from: cursor,
                to,
                credits: Vec::new(),
                changes: Vec::new(),
                alarms: Vec::new(),
            },
            settled,
            report,
            self.terms,
        )
    }
}

/// Under which key the store keeps how far a server stood that was behind what had been looked through.
fn stalled(key: &str) -> String {
    format!("stalled {key}")
}

/// Below where a look has to begin, because since then blocks or ledgers may have been taken for looked through that were
/// not: while the servers stood behind.
pub(super) fn stalled_at(store: &Store, key: &str) -> Result<Option<u32>> {
    Ok(store.cursor(&stalled(key))?.map(|cursor| cursor.height))
}

/// A report of a server that stands behind what was looked through: a note where that is little, an alarm where no server
/// can have been so far.
pub(super) fn behind(
    store: &Store,
    key: &str,
    unit: &'static str,
    (last, tip, most): (u32, u32, u32),
    now: Moment,
) -> Result<Report> {
    let lowest = stalled_at(store, key)?.map_or(tip, |known| known.min(tip));
    store.set_cursor(&stalled(key), &Cursor { height: lowest, hash: String::new() })?;
    let what =
        format!("{unit} were looked through up to {last}, and the server is at {tip}: nothing was looked at");
    let mut report =
        Report { stream: key.to_owned(), unit, from: tip.saturating_add(1), to: tip, ..Report::default() };
    match last.saturating_sub(tip) > most {
        false => report.notes.push(what),
        true => {
            let flag = if unit == "blocks" { "--from" } else { "--from-ledger" };
            let alarm = format!(
                "{what}. This server stands still, or an earlier one told of {unit} that there never were; in the second \
                 case begin again with `{flag}`"
            );
            // Without the figures, so that it is one alarm while the server moves on.
            let kept = format!("{unit} were looked through up to {last}, far above the server's tip");
            store.raise_alarm(key, &kept, now)?;
            report.alarms.push(alarm);
        }
    }
    Ok(report)
}

/// Writes what was settled together with the cursor, and reads back what changed.
pub(super) fn write(
    store: &Store,
    batch: Batch,
    settled: Settled,
    mut report: Report,
    terms: &Terms<'_>,
) -> Result<Report> {
    let Settled { credits, changes, alarms, notes } = settled;
    report.alarms.extend(alarms);
    let batch = Batch { credits, changes, alarms: report.alarms.clone(), ..batch };
    report.notes.extend(notes);
    let nothing = batch.credits.is_empty() && batch.changes.is_empty() && batch.alarms.is_empty();
    if nothing && batch.from.as_ref() == Some(&batch.to) {
        store.forget_cursor(&stalled(&batch.key))?;
        return Ok(report);
    }
    let Some(taken) = store.deposit_batch_at(&batch, || terms.clock())? else {
        return Err(OVERTAKEN.error(format!("the cursor of {} moved", batch.key)));
    };
    for (credit, taken) in batch.credits.iter().zip(&taken) {
        if matches!(taken, Credited::New) {
            report.new.extend(store.credit_by_key(&credit.key())?);
        }
    }
    store.forget_cursor(&stalled(&batch.key))?;
    for change in &batch.changes {
        let now_is = store.credit_by_key(&change.key)?;
        report.changed.extend(now_is.map(|credit| (change.from, credit)));
    }
    Ok(report)
}
