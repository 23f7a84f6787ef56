//! `drill`: the emergency, practised. The outcome is recorded in the journal; counters of payments are not touched.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Dated;
use super::backup::{self, Paper};
use crate::answer::Answer;
use crate::backup as backups;
use crate::drill;
use crate::error::Failure;
use crate::home::Home;
use crate::journal::Event;
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::unlocked::{Locked, Unlocked};

/// What to practise.
#[derive(Debug, Subcommand)]
pub enum DrillCommand {
    /// Type the words from paper: do they make the accounts of the vault?
    Restore(RestoreArgs),
    /// Have the key of every account sign something that can never be valid, and verify it
    Sign(SignArgs),
}

/// Practises a restoration.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  airlock-offline drill restore --secret main")]
pub struct RestoreArgs {
    #[command(flatten)]
    paper: Paper,
    /// Read the vault's passphrase from this file; without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Practises signing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  airlock-offline drill sign")]
pub struct SignArgs {
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl DrillCommand {
    /// What the command opens after the lock-down.
    pub fn folders(&self, home: &Home) -> Folders {
        let (folders, file) = match self {
            Self::Restore(args) => (args.paper.folders(home), &args.passphrase_file),
            Self::Sign(args) => (Folders::none(), &args.passphrase_file),
        };
        folders.with(home.folder(), Access::Write).with_all(file, Access::File)
    }
}

/// Runs the command.
///
/// # Errors
/// A wrong passphrase, words that do not make every account, a signature that does not hold.
pub fn run(
    command: &DrillCommand,
    home: &Home,
    screen: &mut dyn Screen,
    dated: &Dated,
) -> Result<Answer, Failure> {
    match command {
        DrillCommand::Restore(args) => restore(args, home, screen, dated),
        DrillCommand::Sign(args) => sign(args, home, screen, dated),
    }
}

fn restore(
    args: &RestoreArgs,
    home: &Home,
    screen: &mut dyn Screen,
    dated: &Dated,
) -> Result<Answer, Failure> {
    let Unlocked { vault, register } =
        Locked::read(home)?.unlock_by(args.passphrase_file.as_deref(), screen)?;
    let compared = args.paper.compare(&register, screen)?;
    let outcome = match backups::demand_all(&compared) {
        Ok(()) => format!("restore: all {} accounts are the same", compared.len()),
        Err(error) => format!("restore: {}", error.what()),
    };
    if let Some(first) = compared.first() {
        let secret = first.entry.secret.to_string();
        super::record(home, &vault, Event::Drill { outcome, secret }, dated)?;
    }
    backup::report_paper(&compared, &register)
}

fn sign(args: &SignArgs, home: &Home, screen: &mut dyn Screen, dated: &Dated) -> Result<Answer, Failure> {
    let unlocked = Locked::read(home)?.unlock_by(args.passphrase_file.as_deref(), screen)?;
    let keyring = unlocked.keyring()?;
    let mut lines = unlocked.greeting()?;
    let mut accounts: Vec<Value> = Vec::new();
    for secret in unlocked.vault.secrets() {
        let own = unlocked.register.entries().iter().filter(|entry| entry.secret == secret.name);
        let mut count = 0usize;
        for entry in own {
            let done = drill::practise(&entry.account, &keyring)
                .map_err(|e| e.at(format!("account '{}'", entry.account.name)))?;
            let took = done.took.as_micros();
            lines.push(format!(
                "signed and verified  {:<12} {}, {took} µs",
                done.account.as_str(),
                done.what
            ));
            accounts.push(
                json!({ "account": done.account, "what": done.what, "microseconds": took.to_string() }),
            );
            count = count.saturating_add(1);
        }
        if count > 0 {
            let outcome = format!("sign: {count} account{} signed", if count == 1 { "" } else { "s" });
            super::record(
                home,
                &unlocked.vault,
                Event::Drill { outcome, secret: secret.name.to_string() },
                dated,
            )?;
        }
    }
    lines.push("Nothing of it was written: what was signed is valid nowhere.".to_owned());
    Ok(Answer { lines, json: json!({ "accounts": accounts }) })
}
