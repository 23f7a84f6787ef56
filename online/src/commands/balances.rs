use std::collections::BTreeSet;

use airlock::Result;
use airlock::account::Account;
use airlock::text::Printable;
use clap::Args;
use serde_json::{Value, json};

use crate::answer::{Answer, put, table};
use crate::cli::Global;
use crate::commands::live::Live;
use crate::commands::snapshot;
use crate::gather::Scope;

mod count;
mod waiting;

use count::Holding;

/// Show what the accounts hold, for each tier and asset
///
/// What can be spent is `free`. Apart from it stand reserves of XRP accounts, assets and bitcoin on coins that carry
/// assets, unconfirmed coins, and what is `in flight`: assets and XRP (with the fee) that bundles under way send and the
/// ledgers still have on our addresses, and the coins that they spend, what comes back of them included. Tiers are roles,
/// or what airlock.toml says.
///
///     airlock-online balances
///     airlock-online balances --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Balances {}

impl Balances {
    pub(crate) fn run(&self, global: &Global) -> Result<Answer> {
        let live = Live::open(global)?;
        let accounts = live.home.accounts_for_planning()?;
        let scope = Scope::of_accounts(&accounts, &live.sources);
        let read: BTreeSet<&str> = scope.accounts.iter().map(|account| account.name.as_str()).collect();
        let is_read = |account: &&Account| match account.xrp() {
            Some(xrp) => scope.xrp.contains(xrp.address()),
            None => read.contains(account.name.as_str()),
        };
        let (seen, unseen): (Vec<&Account>, Vec<&Account>) = accounts.iter().partition(is_read);
        let gathered = live.gather(&scope, &accounts, global)?;
        let waiting = waiting::coins(&live, &gathered, &seen)?;
        let holdings = count::holdings(&gathered, &seen, &live.config.tiers, &waiting)?;
        let mut answer = told(&holdings);
        answer.lines.extend(snapshot::about(&gathered));
        if !unseen.is_empty() {
            let names: Vec<&str> = unseen.iter().map(|account| account.name.as_str()).collect();
            answer.lines.push(format!("not read     {} (no server, or another network)", names.join(", ")));
            put(&mut answer.json, "not_read", names);
        }
        put(&mut answer.json, "facts", snapshot::to_json(&gathered));
        Ok(answer)
    }
}

/// Rows by tier and asset, and the totals of each asset below.
fn told(holdings: &[Holding]) -> Answer {
    let head = ["TIER", "ASSET", "", "AMOUNT", "BASE UNITS"].map(str::to_owned).to_vec();
    let totals = count::totals(holdings);
    let rows = holdings.iter().chain(&totals).map(|held| {
        let (asset, amount, base) = (asset(held), amount(held), held.base_units.to_string());
        vec![held.tier.clone(), asset, held.part.name().to_owned(), amount, base]
    });
    let rows: Vec<Vec<String>> = core::iter::once(head).chain(rows).collect();
    let lines =
        if holdings.is_empty() { vec!["The accounts hold nothing.".to_owned()] } else { table(&rows) };
    let json = json!({
        "holdings": holdings.iter().map(to_json).collect::<Vec<_>>(),
        "totals": totals.iter().map(to_json).collect::<Vec<_>>(),
    });
    Answer { headline: None, lines, json }
}

fn asset(held: &Holding) -> String {
    let name = Printable::new(&held.asset);
    match &held.longname {
        Some(longname) => format!("{} ({name})", Printable::new(longname)),
        None => name.to_string(),
    }
}

fn amount(held: &Holding) -> String {
    held.decimals.map_or("unknown".to_owned(), |decimals| held.base_units.grouped(decimals))
}

fn to_json(held: &Holding) -> Value {
    let plain = held.decimals.map(|decimals| held.base_units.grouped(decimals).replace(',', ""));
    let mut json = json!({
        "tier": held.tier, "asset": held.asset, "part": held.part.name(), "base_units": held.base_units.to_string(),
    });
    if let Some(plain) = plain {
        put(&mut json, "amount", plain);
    }
    if let Some(longname) = &held.longname {
        put(&mut json, "longname", longname.as_str());
    }
    json
}

#[cfg(test)]
mod tests;
