//! Facts of live servers as a [`Snapshot`]: all of one moment, canonical, and no more than is asked for.
//!
//! The Counterparty ledger stands at the block of the Bitcoin node, by height and by hash, and the coins are those at that
//! block: where a block arrives meanwhile everything is read again. What is in flight already is not offered again.
//! Where several servers can be read from, what the others say is held beside the first.

use std::collections::BTreeMap;
use std::time::Duration;

use airlock::account::AccountName;
use airlock::snapshot::{self, Coin, Snapshot};
use airlock::time::Moment;
use airlock::{Code, Exit, Result};

use crate::progress::Progress;
use crate::promise::{Promise, UnderWay, XRP};
use crate::source::open::Sources;
use crate::stop;
use crate::store::InFlight;

mod coins;
mod ledger;
mod scope;
mod step;
mod xrpl;

pub use scope::{Assets, Scope};

/// A chain that does not hold still.
pub static MOVING: Code = Code::new(
    "E-LIVE-003",
    Exit::Environment,
    "Coins, balances and the tip must be of one block. A block arrived in the middle of the reading, each time that it was \
     begun again.",
    "Try again in a minute. If it comes back, a watch-only wallet (`wallet` in airlock.toml) reads faster than a scan.",
);
/// A Counterparty server that is not at the tip.
pub static OUT_OF_STEP: Code = Code::new(
    "E-LIVE-004",
    Exit::Environment,
    "The Counterparty ledger must have reached the tip of the Bitcoin node that coins are read from; balances of another \
     block would not fit them.",
    "Wait until it has caught up: `airlock-online doctor` shows both heights.",
);
/// Two servers on different chains.
pub static FORKED: Code = Code::new(
    "E-LIVE-005",
    Exit::Refused,
    "Two servers have different blocks at the same height: one of them is on a chain that will not last, or lies.",
    "Wait for the next blocks and look at `airlock-online doctor`; do not plan before they agree.",
);
/// A ledger of another time.
pub static OTHER_TIME: Code = Code::new(
    "E-LIVE-007",
    Exit::Refused,
    "The last validated ledger of the XRP Ledger must have closed within 5 minutes of this machine's clock: sequences and the \
     last ledger of a transaction count from it.",
    "Set this machine's clock. If it is right, the server shows an old ledger or lies: `airlock-online doctor` holds all \
     servers beside each other.",
);
/// Servers at ledgers far apart.
pub static APART: Code = Code::new(
    "E-LIVE-008",
    Exit::Refused,
    "All servers of the XRP Ledger that can be read from must have validated ledgers within 20 of each other; one of the two \
     has lost the network, or lies.",
    "Find out which is right with `airlock-online doctor`, and take the other one out of airlock.toml.",
);
/// Two Counterparty servers that know different balances.
pub static DISAGREE: Code = Code::new(
    "E-LIVE-009",
    Exit::Refused,
    "Two Counterparty servers say different things of what our addresses hold at the same block: one of them follows other \
     rules, has a damaged ledger, or lies.",
    "Find out which is right before anything is planned: update the older one, or let it build its ledger again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&MOVING, &OUT_OF_STEP, &FORKED, &OTHER_TIME, &APART, &DISAGREE];

/// How often the reading is begun again because a block arrived.
const BEGINNINGS: u32 = 3;

/// How far, how long and beside what facts are gathered.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How many unused addresses are looked at behind the last used one.
    pub gap_limit: u32,
    /// The last index that is known to be used or handed out, by account.
    pub handed_out: BTreeMap<AccountName, u32>,
    /// What is left out.
    pub in_flight: InFlight,
    /// What is taken off the balances that still hold it.
    pub promises: Vec<Promise>,
    /// How often two servers are asked whether they stand at one block.
    pub looks: u32,
    /// The pause between two looks.
    pub pause: Duration,
    /// The clock.
    pub now: fn() -> Moment,
}

impl Terms {
    /// The usual patience: a minute for a block to arrive everywhere.
    pub fn new(gap_limit: u32) -> Self {
        Self {
            gap_limit,
            handed_out: BTreeMap::new(),
            in_flight: InFlight::default(),
            promises: Vec::new(),
            looks: 30,
            pause: Duration::from_secs(2),
            now: crate::clock::now,
        }
    }
}

/// What was gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The facts that planning may use.
    pub snapshot: Snapshot,
    /// Coins that bundles under way spend; they are not in the snapshot.
    pub in_flight: Vec<Coin>,
    /// Assets and XRP that bundles under way send; they are taken off the snapshot's balances.
    pub under_way: Vec<UnderWay>,
    /// What a person should know: what was left out and why.
    pub notes: Vec<String>,
    /// The servers that were read.
    pub servers: Vec<String>,
    /// Own addresses whose assets were read, and their accounts.
    pub own: BTreeMap<String, AccountName>,
    /// The last used index of each Bitcoin account, as far as coins and what was handed out tell.
    pub reach: BTreeMap<AccountName, u32>,
}

impl Gathered {
    /// The snapshot as if nothing were under way: the balances that the servers told.
    pub fn whole(&self) -> Snapshot {
        let mut whole = self.snapshot.clone();
        for row in &self.under_way {
            let quantity = if row.asset == XRP {
                let accounts = whole.xrpl.iter_mut().flat_map(|ledger| &mut ledger.accounts);
                accounts
                    .into_iter()
                    .find(|known| known.address == row.address)
                    .map(|known| &mut known.balance)
            } else {
                let balances = whole.counterparty.iter_mut().flat_map(|ledger| &mut ledger.balances);
                let mut balances = balances.filter(|known| known.address == row.address);
                balances.find(|known| known.asset == row.asset).map(|known| &mut known.quantity)
            };
            if let Some(quantity) = quantity {
                let left: u64 = quantity.parse().unwrap_or(0);
                *quantity = left.saturating_add(row.base_units).to_string();
            }
        }
        whole
    }
}

/// Reads what a scope needs.
///
/// # Errors
/// One of [`CODES`], those of servers that cannot be used, those of the servers' answers, or [`stop::STOPPED`].
pub fn gather(
    sources: &Sources,
    scope: &Scope<'_>,
    terms: &Terms,
    progress: &dyn Progress,
) -> Result<Gathered> {
    let gathered = if scope.accounts.is_empty() && !scope.counterparty {
        read(sources, scope, terms, progress)?
    } else {
        still(sources, scope, terms, progress)?
    };
    stop::check()?;
    Ok(gathered)
}

/// Reads until nothing moved meanwhile.
fn still(sources: &Sources, scope: &Scope<'_>, terms: &Terms, progress: &dyn Progress) -> Result<Gathered> {
    let mut last = None;
    for _ in 0..BEGINNINGS {
        stop::check()?;
        let before = step::at_one_block(sources, scope, terms, progress)?;
        let gathered = read(sources, scope, terms, progress);
        let after = step::tips(sources, scope)?;
        if after == before {
            return gathered;
        }
        last = Some((before, after));
        progress.say("a block arrived: reading again");
    }
    let between =
        last.map(|(before, after)| format!(", last between {before} and {after}")).unwrap_or_default();
    Err(MOVING.error(format!("{BEGINNINGS} times{between}")))
}

fn read(sources: &Sources, scope: &Scope<'_>, terms: &Terms, progress: &dyn Progress) -> Result<Gathered> {
    let mut gathered = Gathered {
        snapshot: Snapshot {
            format: snapshot::FORMAT.to_owned(),
            version: snapshot::VERSION,
            taken_at: (terms.now)(),
            bitcoin: None,
            counterparty: None,
            xrpl: None,
        },
        in_flight: Vec::new(),
        under_way: Vec::new(),
        notes: Vec::new(),
        servers: Vec::new(),
        own: BTreeMap::new(),
        reach: BTreeMap::new(),
    };
    if !scope.accounts.is_empty() || scope.counterparty {
        let mut found = coins::read(sources, scope, terms, progress)?;
        if scope.counterparty {
            let facts = ledger::read(sources, scope, terms, &mut found, progress, &mut gathered)?;
            gathered.snapshot.counterparty = Some(facts);
        }
        found.settle(terms, &mut gathered);
    }
    if !scope.xrp.is_empty() {
        gathered.snapshot.xrpl = Some(xrpl::read(sources, scope, terms, progress, &mut gathered)?);
    }
    Ok(gathered)
}

#[cfg(test)]
mod tests;
