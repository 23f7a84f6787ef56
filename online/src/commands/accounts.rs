use std::path::PathBuf;

use airlock::Result;
use airlock::account::{Account, Holds, Rail, ScriptKind};
use airlock::qr::Kind;
use airlock::watch::Watch;
use airlock_qr::cli::FromQr;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::{Answer, put, table};
use crate::cli::Global;
use crate::commands::inspect::read_file_or_stdin;
use crate::crossing::arrive;
use crate::home::Home;

/// Import the vault's accounts, or list them
///
///     airlock-online accounts import treasury.watch.json
///     airlock-online accounts import --from-qr
///     airlock-online accounts list
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Accounts {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Import a watch file made by `airlock-offline accounts export`
    ///
    /// Known accounts stay as they are; one that contradicts them (same name and other keys, same keys and another
    /// name, another role) is refused and nothing is imported.
    Import {
        /// The watch file, or - for stdin
        #[arg(required_unless_present = "from_qr", conflicts_with = "from_qr")]
        file: Option<PathBuf>,
        #[command(flatten)]
        from_qr: FromQr,
    },
    /// List the accounts
    List,
}

impl Accounts {
    pub(crate) fn run(&self, global: &Global, streams: &mut Streams<'_>) -> Result<Answer> {
        let home = Home::find(global.home.as_deref())?;
        match &self.action {
            Action::Import { file, from_qr } => {
                let file = arrive(from_qr, &[Kind::Json], file.as_deref(), None, streams)?;
                let watch = Watch::decode(&read_file_or_stdin(&file, streams)?)?;
                let new = home.import(&watch)?;
                let known = watch.accounts.len().saturating_sub(new.len());
                let headline = format!("Imported {} accounts, {known} were known.", new.len());
                let answer = list(&home.accounts()?);
                let json =
                    json!({ "imported": new.len(), "known": known, "accounts": answer.json.get("accounts") });
                Ok(Answer { headline: Some(headline), json, ..answer })
            }
            Action::List => Ok(list(&home.accounts()?)),
        }
    }
}

fn list(accounts: &[Account]) -> Answer {
    if accounts.is_empty() {
        let lines = vec!["No accounts yet: `airlock-online accounts import FILE`.".to_owned()];
        return Answer { headline: None, lines, json: json!({ "accounts": [] }) };
    }
    let head = ["NAME", "ROLE", "CHAIN", "NETWORK", "KIND", "HOLDS", "FIRST ADDRESS"].map(str::to_owned);
    let rows: Vec<Vec<String>> =
        core::iter::once(head.to_vec()).chain(accounts.iter().map(|a| row(a).to_vec())).collect();
    let json = json!({ "accounts": accounts.iter().map(to_json).collect::<Vec<_>>() });
    Answer { headline: None, lines: table(&rows), json }
}

fn row(account: &Account) -> [String; 7] {
    let (chain, network, kind, holds, address) = match &account.rail {
        Rail::Bitcoin(bitcoin) => (
            "bitcoin",
            bitcoin.network().to_string(),
            kind(bitcoin.kind()),
            holds(account.holds),
            bitcoin.address(0, 0).map(|address| address.to_string()).unwrap_or_default(),
        ),
        Rail::Xrp(xrp) => (
            "xrp",
            format!("id {}", xrp.network_id),
            xrp.public_key.algorithm().name(),
            "",
            xrp.address().to_owned(),
        ),
    };
    [
        account.name.to_string(),
        account.role.name().into(),
        chain.into(),
        network,
        kind.into(),
        holds.into(),
        address,
    ]
}

fn to_json(account: &Account) -> Value {
    let [name, role, chain, _, kind, holds, address] = row(account);
    let mut json = json!({
        "name": name, "role": role, "chain": chain, "kind": kind, "address": address,
        "reference": account.reference(),
    });
    match &account.rail {
        Rail::Bitcoin(bitcoin) => {
            put(&mut json, "network", bitcoin.network().name());
            put(&mut json, "descriptor", bitcoin.descriptor());
            put(&mut json, "holds", holds);
        }
        Rail::Xrp(xrp) => {
            put(&mut json, "network_id", xrp.network_id);
            put(&mut json, "public_key", xrp.public_key.to_string());
        }
    }
    json
}

fn kind(kind: ScriptKind) -> &'static str {
    match kind {
        ScriptKind::Wpkh => "wpkh",
        ScriptKind::Pkh => "pkh",
        ScriptKind::ShWpkh => "sh(wpkh)",
        ScriptKind::Tr => "tr",
    }
}

fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Assets => "assets",
        Holds::BitcoinOnly => "bitcoin-only",
    }
}
