//! The block at which the servers stand together.

use core::fmt;

use airlock::Result;
use bitcoin::BlockHash;

use super::{FORKED, OUT_OF_STEP, Scope, Terms};
use crate::progress::Progress;
use crate::source::counterparty::CounterpartySource;
use crate::source::open::Sources;
use crate::stop;

/// Where the servers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tips {
    height: u32,
    hash: BlockHash,
    /// Height of the Counterparty ledger, where it is asked.
    ledger: Option<u32>,
}

impl fmt::Display for Tips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}", self.height)
    }
}

/// Where they stand now.
pub(super) fn tips(sources: &Sources, scope: &Scope<'_>) -> Result<Tips> {
    let (_, bitcoin) = sources.read_bitcoin()?;
    let ledger = match scope.counterparty {
        true => Some(sources.read_counterparty()?.1.height),
        false => None,
    };
    Ok(Tips { height: bitcoin.height, hash: bitcoin.hash, ledger })
}

/// Waits until the ledger has the Bitcoin node's tip.
///
/// # Errors
/// [`OUT_OF_STEP`], [`FORKED`].
pub(super) fn at_one_block(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
) -> Result<Tips> {
    let mut look = 1;
    loop {
        let tips = tips(sources, scope)?;
        let Some(ledger) = tips.ledger else { return Ok(tips) };
        if ledger == tips.height {
            return same_block(sources, tips);
        }
        let apart =
            format!("the Counterparty ledger is at block {ledger}, the Bitcoin node at {}", tips.height);
        if look >= terms.looks {
            return Err(OUT_OF_STEP.error(apart));
        }
        if look == 1 {
            progress.begin("waiting", 0);
        }
        progress.say(&apart);
        stop::sleep(terms.pause)?;
        look = look.saturating_add(1);
    }
}

fn same_block(sources: &Sources, tips: Tips) -> Result<Tips> {
    let (server, _) = sources.read_counterparty()?;
    let theirs = server.block(tips.height)?;
    match theirs.hash == tips.hash {
        true => Ok(tips),
        false => Err(FORKED.error(format!(
            "block {} is {} at the Bitcoin node and {} at {}",
            tips.height,
            tips.hash,
            theirs.hash,
            server.name()
        ))),
    }
}

/// Waits until another Counterparty server has the block at which the first one is read.
///
/// # Errors
/// [`OUT_OF_STEP`], [`FORKED`].
pub(super) fn same_ledger(
    source: &dyn CounterpartySource,
    height: u32,
    hash: BlockHash,
    witness: &dyn CounterpartySource,
    terms: &Terms,
    progress: &dyn Progress,
) -> Result<()> {
    let mut look = 1;
    loop {
        let theirs = witness.status()?.height;
        if theirs == height {
            break;
        }
        let (name, other) = (source.name(), witness.name());
        let apart = format!("the ledger is at block {height} at {name} and at {theirs} at {other}");
        // Where the first one moved on meanwhile, everything is read again.
        if look >= terms.looks || source.status()?.height != height {
            return Err(OUT_OF_STEP.error(apart));
        }
        progress.say(&apart);
        stop::sleep(terms.pause)?;
        look = look.saturating_add(1);
    }
    let theirs = witness.block(height)?.hash;
    match theirs == hash {
        true => Ok(()),
        false => Err(FORKED.error(format!(
            "block {height} is {hash} at {} and {theirs} at {}",
            source.name(),
            witness.name()
        ))),
    }
}
