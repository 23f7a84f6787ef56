use std::path::PathBuf;

use airlock::Result;
use airlock::snapshot::Snapshot;
use clap::Args;
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::Answer;
use crate::cli::Global;
use crate::commands::live::Live;
use crate::commands::plan::read_requests;
use crate::gather::{Gathered, Scope};
use crate::{clock, files, promise};

/// Write what the servers say to a file, for planning with --snapshot
///
/// Without --for it holds everything that the accounts hold. Builders without --snapshot read the servers themselves.
///
///     airlock-online snapshot --out now.json
///     airlock-online snapshot --for payments.json --out payments.snapshot.json
///     airlock-online snapshot --to bc1q… --to rHb9…
#[derive(Debug, Args)]
#[command(name = "snapshot", verbatim_doc_comment)]
pub(crate) struct TakeSnapshot {
    /// The file [default: the moment, as in 1795269600.snapshot.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read what this list of requests needs and nothing else, or - for stdin
    #[arg(long = "for", value_name = "REQUESTS")]
    requests: Option<PathBuf>,
    /// Read what is known of this address too: bitcoin (memos, dispensers) or XRP
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
}

impl TakeSnapshot {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        let live = Live::open(global)?;
        let accounts = live.home.accounts_for_planning()?;
        let scope = match &self.requests {
            Some(path) => Scope::of_requests(&read_requests(path, streams)?, &accounts, &live.sources)?,
            None => Scope::of_accounts(&accounts, &live.sources),
        };
        let gathered = live.gather(&scope.and_addresses(&self.to)?, &accounts, global)?;
        let taken = gathered.snapshot.taken_at.to_unix();
        let path = self.out.clone().unwrap_or_else(|| PathBuf::from(format!("{taken}.snapshot.json")));
        files::write_new(&path, &gathered.snapshot.encode())?;
        let mut lines = about(&gathered);
        lines.push(format!("wrote {}", files::shown(&path)));
        let mut json = to_json(&gathered);
        crate::answer::put(&mut json, "file", path.to_string_lossy().into_owned());
        Ok(Answer { headline: None, lines, json })
    }
}

/// What was read, and where.
pub(crate) fn about(gathered: &Gathered) -> Vec<String> {
    let Snapshot { taken_at, bitcoin, counterparty, xrpl, .. } = &gathered.snapshot;
    let mut lines = vec![format!("facts of     {}", clock::show(*taken_at))];
    if let Some(bitcoin) = bitcoin {
        let (network, height, coins) = (bitcoin.network, bitcoin.height, bitcoin.coins.len());
        lines.push(format!("bitcoin      {network}, block {height}, {coins} coins"));
    }
    if let Some(ledger) = counterparty {
        let (assets, addresses) = (ledger.assets.len(), ledger.addresses.len());
        let (height, balances) = (ledger.height, ledger.balances.len());
        lines.push(format!(
            "counterparty block {height}, {balances} balances, {assets} assets, {addresses} destinations"
        ));
    }
    if let Some(ledger) = xrpl {
        let (id, index, accounts) = (ledger.network_id, ledger.ledger_index, ledger.accounts.len());
        lines.push(format!("xrpl         network {id}, ledger {index}, {accounts} accounts"));
    }
    lines.push(format!("read from    {}", gathered.servers.join(", ")));
    if !gathered.in_flight.is_empty() {
        lines.push(format!("left out     {} coins that bundles under way spend", gathered.in_flight.len()));
    }
    lines.extend(gathered.under_way.iter().map(|row| {
        let (units, bundle) = (promise::show(row.base_units, &row.asset, &gathered.snapshot), &row.bundle);
        format!("under way    {units} of {} with bundle {bundle}: taken off the balance", row.address)
    }));
    lines.extend(gathered.under_way.iter().filter(|row| row.beyond > 0).map(|row| {
        let (units, bundle) = (promise::show(row.beyond, &row.asset, &gathered.snapshot), &row.bundle);
        format!(
            "WARNING      bundle {bundle} sends {units} more than {} has left: the ledger will not count it",
            row.address
        )
    }));
    lines.extend(gathered.notes.iter().map(|note| format!("note         {note}")));
    lines
}

/// The same for programs.
pub(crate) fn to_json(gathered: &Gathered) -> Value {
    let facts = &gathered.snapshot;
    json!({
        "taken_at": facts.taken_at,
        "bitcoin": facts.bitcoin.as_ref().map(|b| json!({ "network": b.network, "height": b.height, "coins": b.coins.len() })),
        "counterparty": facts.counterparty.as_ref().map(|c| json!({ "height": c.height, "balances": c.balances.len() })),
        "xrpl": facts.xrpl.as_ref().map(|x| json!({
            "network_id": x.network_id, "ledger_index": x.ledger_index, "accounts": x.accounts.len() })),
        "in_flight": gathered.in_flight.iter().map(|coin| coin.outpoint.to_string()).collect::<Vec<_>>(),
        "under_way": gathered.under_way.iter().map(|row| json!({
            "bundle": row.bundle, "address": row.address, "asset": row.asset, "base_units": row.base_units.to_string(),
            "beyond": row.beyond.to_string(),
        })).collect::<Vec<_>>(),
        "servers": gathered.servers,
        "notes": gathered.notes,
    })
}
