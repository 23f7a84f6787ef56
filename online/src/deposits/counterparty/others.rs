//! The other Counterparty servers: a row is credited when all of them tell it.

use std::collections::BTreeMap;

use airlock::Result;

use crate::deposits::round::Round;
use crate::source::counterparty::{CounterpartySource, Credit};
use crate::source::open::{Meant, check_counterparty};
use crate::stop;

/// What the others tell of each address, asked for once.
pub(super) struct Others<'a> {
    ledgers: Vec<&'a dyn CounterpartySource>,
    range: (u32, u32),
    rows: BTreeMap<(usize, String), core::result::Result<Vec<Credit>, String>>,
}

impl<'a> Others<'a> {
    /// Those that can be relied on now, for credits of these blocks.
    pub(super) fn of(
        round: &Round<'_>,
        all: Vec<&'a dyn CounterpartySource>,
        range: (u32, u32),
    ) -> Result<Self> {
        let mut ledgers = Vec::new();
        for ledger in all {
            stop::check()?;
            let usable = ledger
                .status()
                .and_then(|status| check_counterparty(&status, Meant::Configured(round.network)));
            if usable.is_ok() {
                ledgers.push(ledger);
            }
        }
        Ok(Self { ledgers, range, rows: BTreeMap::new() })
    }

    /// Who does not tell of this row, and why.
    pub(super) fn doubt(&mut self, address: &str, row: &Credit) -> Option<String> {
        let (from, to) = self.range;
        for (number, ledger) in self.ledgers.iter().enumerate() {
            let told = self
                .rows
                .entry((number, address.to_owned()))
                .or_insert_with(|| ledger.credits(address, from, to).map_err(|error| error.to_string()));
            match told {
                Ok(rows) if rows.contains(row) => {}
                Ok(_) => return Some(format!("{} does not tell the same of it", ledger.name())),
                Err(why) => return Some(format!("{} cannot tell: {why}", ledger.name())),
            }
        }
        None
    }
}
