//! One look at everything that customers pay to.
//!
//! The tip is read before the addresses: what is handed out after that cannot have been paid in a block that this look
//! reads.

use airlock::account::Account;
use airlock::{Error, Result};

use super::error::{MOVED, NOTHING_TO_WATCH, OVERTAKEN};
use super::ours::{self, BitcoinDeposits};
use super::round::Round;
pub use super::round::{Report, Terms};
use super::view::View;
use super::{bitcoin, counterparty, xrp};
use crate::progress::Progress;
use crate::source::open::Sources;
use crate::store::Store;
use crate::{stop, store};

/// How often a look is made again that the chain or another process overtook.
const ATTEMPTS: u32 = 3;

/// What a look at everything did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was looked through.
    pub reports: Vec<Report>,
    /// What could not be looked through, and why; the next look begins where the last whole one ended.
    pub failures: Vec<(String, Error)>,
}

impl Outcome {
    /// All alarms.
    pub fn alarms(&self) -> impl Iterator<Item = &String> {
        self.reports.iter().flat_map(|report| &report.alarms)
    }

    /// A chain that fails does not keep the others from being looked at; a store that fails ends everything. What was
    /// written before stands in the reports in any case.
    fn take(&mut self, what: &str, look: impl FnMut(&mut Vec<Report>) -> Result<()>) -> Result<()> {
        match again(look, &mut self.reports) {
            Ok(()) => Ok(()),
            Err(error) if is_ours(&error) => Err(error),
            Err(error) => {
                self.failures.push((what.to_owned(), error));
                Ok(())
            }
        }
    }
}

fn is_ours(error: &Error) -> bool {
    store::CODES.iter().chain(stop::CODES).any(|code| *code == error.code())
}

/// Looks at everything once. What was done stands in the outcome, also where an error ends it.
///
/// # Errors
/// [`NOTHING_TO_WATCH`], those of the store, or [`stop::STOPPED`]. What servers do wrong stands in the outcome.
pub fn look(
    store: &Store,
    sources: &Sources,
    accounts: &[Account],
    terms: &Terms<'_>,
    progress: &dyn Progress,
    outcome: &mut Outcome,
) -> Result<()> {
    let handed_out = ours::on_bitcoin(store, accounts, sources.network)?;
    let xrp_accounts = ours::on_xrpl(store, accounts, sources.network_id)?;
    if handed_out.addresses.is_empty() && xrp_accounts.is_empty() {
        return Err(NOTHING_TO_WATCH.error(format!(
            "nothing was handed out on Bitcoin {} and on the XRP Ledger {}",
            sources.network, sources.network_id
        )));
    }
    if !handed_out.addresses.is_empty() {
        for (name, which) in [("bitcoin", Which::Bitcoin), ("counterparty", Which::Counterparty)] {
            let taken = outcome.take(&format!("{name} {}", sources.network), |reports| {
                on_bitcoin(store, sources, accounts, (terms, progress), which, reports)
            });
            progress.end();
            taken?;
        }
    }
    for ours in &xrp_accounts {
        let what = format!("xrpl {} {}", sources.network_id, ours.address);
        outcome.take(&what, |reports| {
            let (source, ..) = sources.read_xrpl()?;
            let others = sources.xrpl.iter().map(AsRef::as_ref);
            let others: Vec<_> = others.filter(|other| !core::ptr::addr_eq(*other, source)).collect();
            reports.push(xrp::look(store, source, &others, sources.network_id, ours, terms)?);
            Ok(())
        })?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Which {
    Bitcoin,
    Counterparty,
}

fn on_bitcoin(
    store: &Store,
    sources: &Sources,
    accounts: &[Account],
    (terms, progress): (&Terms<'_>, &dyn Progress),
    which: Which,
    reports: &mut Vec<Report>,
) -> Result<()> {
    let (source, status) = sources.read_bitcoin()?;
    let view = View::of(source, &status);
    let ours = ours::on_bitcoin(store, accounts, sources.network)?;
    let others = sources.bitcoin.iter().map(AsRef::as_ref);
    let others = others.filter(|other| !core::ptr::addr_eq(*other, source)).collect();
    let round = Round { store, view: &view, others, ours: &ours, network: sources.network, terms, progress };
    match which {
        Which::Bitcoin => return bitcoin::look(&round, reports),
        Which::Counterparty if sources.counterparty.is_empty() && ours.invoices.is_empty() => {
            reports.push(without_ledger(&ours, &view, sources));
        }
        Which::Counterparty => {
            let (ledger, _) = sources.read_counterparty()?;
            let others = sources.counterparty.iter().map(AsRef::as_ref);
            let others = others.filter(|other| !core::ptr::addr_eq(*other, ledger)).collect();
            reports.push(counterparty::look(&round, ledger, others)?);
        }
    }
    Ok(())
}

fn without_ledger(ours: &BitcoinDeposits, view: &View<'_>, sources: &Sources) -> Report {
    let count = ours.addresses.len();
    Report {
        stream: format!("counterparty {}", sources.network),
        unit: "blocks",
        from: view.height.saturating_add(1),
        to: view.height,
        notes: vec![format!("no server is configured: assets on {count} addresses are not looked for")],
        ..Report::default()
    }
}

fn again(mut look: impl FnMut(&mut Vec<Report>) -> Result<()>, reports: &mut Vec<Report>) -> Result<()> {
    let mut left = ATTEMPTS;
    loop {
        stop::check()?;
        left = left.saturating_sub(1);
        match look(reports) {
            Err(error) if left > 0 && (error.code() == &MOVED || error.code() == &OVERTAKEN) => {}
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests;
