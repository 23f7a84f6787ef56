//! `accounts`: add, list, export.

mod add;
mod table;
mod wanted;

use std::path::PathBuf;

use airlock::account::{Account, Holds, ScriptKind};
use airlock::qr::Profile;
use airlock_qr::cli::ShowAlso;
use airlock_qr::command::Written;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::Failure;
use crate::files;
use crate::home::Home;
use crate::register::Entry;
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::unlocked::{Locked, first_address};

pub use add::{AccountKind, AddArgs, Choice, Place, derive, make};
pub(super) use table::table;
pub use wanted::{Wanted, parse_account};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Add an account of a secret in the vault
    Add(AddArgs),
    /// List the accounts; needs no passphrase
    List,
    /// Write the watch file, by which the online machine knows the accounts; it holds no secret
    Export(ExportArgs),
}

/// Writes the watch file.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  airlock-offline accounts export --out /media/stick\n  airlock-offline accounts export --qr            and as QR codes for the camera of the online machine"
)]
pub struct ExportArgs {
    /// The folder to write `watch.json` to
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    also: ShowAlso,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl AccountsCommand {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        match self {
            Self::Add(args) => args.folders(home),
            Self::List => Folders::none().with(home.folder(), Access::Read),
            Self::Export(args) => Folders::none()
                .with(home.folder(), Access::Read)
                .with(&args.out, Access::Write)
                .with_all(&args.passphrase_file, Access::File),
        }
    }

    /// For whom the watch file is shown as codes.
    pub fn shown_for(&self) -> Option<Profile> {
        match self {
            Self::Add(_) | Self::List => None,
            Self::Export(args) => args.also.profile,
        }
    }
}

/// Runs the command; gives the watch file that it wrote, too.
///
/// # Errors
/// As each of them.
pub fn run(
    command: &AccountsCommand,
    home: &Home,
    screen: &mut dyn Screen,
) -> Result<(Answer, Vec<Written>), Failure> {
    let only = |answer| (answer, Vec::new());
    match command {
        AccountsCommand::Add(args) => add::run(args, home, screen).map(only),
        AccountsCommand::List => list(home).map(only),
        AccountsCommand::Export(args) => export(args, home, screen),
    }
}

fn list(home: &Home) -> Result<Answer, Failure> {
    let locked = Locked::read(home)?;
    let entries = locked.register().entries();
    let mut lines = table(entries);
    lines.push(match entries.len() {
        0 => "no accounts yet: `airlock-offline accounts add --help`".to_owned(),
        1 => "1 account, not authenticated without the passphrase".to_owned(),
        count => format!("{count} accounts, not authenticated without the passphrase"),
    });
    let accounts: Vec<Value> = entries.iter().map(to_json).collect();
    Ok(Answer { lines, json: json!({ "accounts": accounts, "authenticated": false }) })
}

/// Authenticated first: a watch file decides where deposits and change go.
fn export(
    args: &ExportArgs,
    home: &Home,
    screen: &mut dyn Screen,
) -> Result<(Answer, Vec<Written>), Failure> {
    files::check_folder(&args.out)?;
    let unlocked = Locked::read(home)?.unlock_by(args.passphrase_file.as_deref(), screen)?;
    let watch = unlocked.register.watch();
    let path = args.out.join("watch.json");
    let bytes = watch.encode();
    files::write_new(&path, &bytes)?;
    let count = watch.accounts.len();
    let mut lines = unlocked.greeting()?;
    lines.push(format!(
        "wrote {}   {count} account{}, no secrets",
        files::shown(&path),
        if count == 1 { "" } else { "s" }
    ));
    let from = if args.also.profile.is_some() { "--from-qr" } else { "watch.json" };
    lines.push(format!("Next, on the online machine: airlock-online accounts import {from}"));
    let json = json!({ "wrote": files::shown(&path), "accounts": count });
    Ok((Answer { lines, json }, vec![Written { path, bytes }]))
}

/// Two lines for each account, wide enough for descriptors.
pub(super) fn describe(entry: &Entry) -> [String; 2] {
    let account = &entry.account;
    let head = format!("{:<12} {:<8} {}", account.name.as_str(), account.role.name(), kind(account));
    [
        format!("{head}   secret '{}'", entry.secret),
        format!("             first address {}", first_address(account)),
    ]
}

fn kind(account: &Account) -> String {
    match (account.bitcoin(), account.xrp()) {
        (Some(bitcoin), _) => {
            let kind = match bitcoin.kind() {
                ScriptKind::Wpkh => "wpkh",
                ScriptKind::Pkh if !bitcoin.is_compressed() => "pkh-uncompressed",
                ScriptKind::Pkh => "pkh",
                ScriptKind::ShWpkh => "sh-wpkh",
                ScriptKind::Tr => "tr",
            };
            let holds = match account.holds {
                Holds::Assets => "",
                Holds::BitcoinOnly => ", bitcoin only",
            };
            let one = if bitcoin.xpub().is_some() { "" } else { ", one key" };
            format!("{kind} on {}, #{}{one}{holds}", bitcoin.network(), bitcoin.checksum())
        }
        (_, Some(xrp)) => format!("xrp on network {}, {}", xrp.network_id, xrp.public_key.algorithm().name()),
        (None, None) => String::new(),
    }
}

/// The account for programs.
pub(super) fn to_json(entry: &Entry) -> Value {
    let account = &entry.account;
    let mut value = json!({
        "name": account.name,
        "role": account.role,
        "secret": entry.secret,
        "reference": account.reference(),
        "first_address": first_address(account),
    });
    if let Some(members) = value.as_object_mut() {
        if let Some(bitcoin) = account.bitcoin() {
            members.insert("network".to_owned(), json!(bitcoin.network()));
            members.insert("descriptor".to_owned(), json!(bitcoin.descriptor()));
            members.insert("holds".to_owned(), json!(account.holds));
        }
        if let Some(xrp) = account.xrp() {
            members.insert("network_id".to_owned(), json!(xrp.network_id));
            members.insert("public_key".to_owned(), json!(xrp.public_key.to_string()));
            members.insert("algorithm".to_owned(), json!(xrp.public_key.algorithm().name()));
        }
    }
    value
}
