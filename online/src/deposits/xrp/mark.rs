//! How far an account was looked through, and the balance that it had there: the next look must end in the balance that
//! follows from it.

use airlock::amount::parse_units;
use airlock::{Error, Result};

use crate::source::xrpl::{HistoryEntry, XrplSource};
use crate::store::Cursor;
use crate::store::error::DAMAGED;

/// The balance of an account, in drops; nothing where there is no such account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Balance(pub(super) i64);

impl Balance {
    /// What the server says.
    ///
    /// # Errors
    /// Those of the server, and of amounts.
    pub(super) fn of(source: &dyn XrplSource, address: &str) -> Result<Self> {
        let facts = source.account(address)?;
        if !facts.exists {
            return Ok(Self(0));
        }
        let drops = airlock::amount::Drops::new(parse_units(&facts.balance, 0)?)?;
        Ok(Self(i64::try_from(drops.to_drops()).unwrap_or(i64::MAX)))
    }
}

/// A ledger up to which everything was looked through, and the balance there; both stand in one cursor, so that they are
/// written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The ledger's index.
    pub(super) ledger: u32,
    /// Its hash.
    pub(super) hash: String,
    /// The balance, in drops, where it is known at exactly this ledger.
    pub(super) balance: Option<i64>,
}

impl Mark {
    /// The hash and the balance with a blank between them.
    pub(super) fn cursor(&self) -> Cursor {
        let balance = self.balance.map_or("?".to_owned(), |drops| drops.to_string());
        Cursor { height: self.ledger, hash: format!("{} {balance}", self.hash) }
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`DAMAGED`].
    pub(super) fn read(cursor: &Cursor) -> Result<Self> {
        let damaged =
            || -> Error { DAMAGED.error(format!("the mark at ledger {} has no balance", cursor.height)) };
        let (hash, balance) = cursor.hash.rsplit_once(' ').ok_or_else(damaged)?;
        let balance = match balance {
            "?" => None,
            drops => Some(drops.parse().map_err(|_| damaged())?),
        };
        Ok(Self { ledger: cursor.height, hash: hash.to_owned(), balance })
    }
}

/// The balance at the last ledger, where it is known, and what is wrong where the changes do not add up. The balance was
/// read at some ledger of `early..=late`, so it may lack the changes of the last ones.
pub(super) fn reconcile(
    baseline: Option<i64>,
    now: Balance,
    entries: &[HistoryEntry],
    (early, late): (u32, u32),
) -> (Option<i64>, Option<String>) {
    let sum = |upto: u32| {
        let counted = entries.iter().filter(|entry| entry.ledger_index <= upto);
        counted.map(|entry| entry.balance_change).fold(0_i64, i64::saturating_add)
    };
    let between: Vec<u32> =
        entries.iter().map(|entry| entry.ledger_index).filter(|ledger| *ledger > early).collect();
    let Some(baseline) = baseline else {
        return (between.is_empty().then_some(now.0), None);
    };
    let all = baseline.saturating_add(sum(late));
    if [early].iter().chain(&between).any(|upto| baseline.saturating_add(sum(*upto)) == now.0) {
        return (Some(all), None);
    }
    let alarm = format!(
        "the balance was {baseline} drops, its changes add up to {}, and it is {} now: {} drops are not explained by the \
         history",
        sum(late),
        now.0,
        now.0.saturating_sub(all)
    );
    // From what it really is the next look begins, so that one defect is told once.
    (between.is_empty().then_some(now.0), Some(alarm))
}
