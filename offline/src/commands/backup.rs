//! `backup`: does this file, do these words, open the same accounts? Nothing is written.

use std::collections::BTreeSet;
use std::path::PathBuf;

use airlock::Result;
use airlock::account::AccountName;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::backup::{self, Compared};
use crate::derive::Source;
use crate::error::{Failure, USAGE};
use crate::home::Home;
use crate::journal::Chain;
use crate::keys::reading::{self, Form};
use crate::register::{Entry, Register};
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::secret::SecretText;
use crate::unlocked::{Locked, Unlocked};
use crate::vault::Vault;
use crate::{files, passphrase};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Derive every account again from a backup and compare; writes nothing
    Verify(VerifyArgs),
}

/// Verifies a backup.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline backup verify /media/stick/vault.airlock
        opens the copy and derives every account of this home from its secrets
  airlock-offline backup verify --words
        asks for the words (or seed, or key) on paper and derives the accounts of that secret
  airlock-offline backup verify --words --bip39-passphrase --secret main")]
pub struct VerifyArgs {
    /// A copy of the vault file
    #[arg(required_unless_present = "words", conflicts_with = "words")]
    file: Option<PathBuf>,
    /// The words, the seed or the key on paper, instead of a file
    #[arg(long)]
    words: bool,
    #[command(flatten)]
    paper: Paper,
    /// Read the passphrase of the copy, or with --words that of the vault, from this file; without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Where the copy is of another vault: read the passphrase of this home's vault from this file
    #[arg(long, value_name = "FILE", conflicts_with = "words")]
    vault_passphrase_file: Option<PathBuf>,
}

/// What is on paper.
#[derive(Debug, Args)]
pub struct Paper {
    /// The secret whose accounts the paper should make; without it the one whose first account it makes
    #[arg(long, value_name = "NAME")]
    secret: Option<AccountName>,
    /// Read the words, the seed or the key from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Ask for the BIP-39 passphrase of the words
    #[arg(long)]
    bip39_passphrase: bool,
    /// Read the BIP-39 passphrase from this file
    #[arg(long, value_name = "FILE", conflicts_with = "bip39_passphrase")]
    bip39_passphrase_file: Option<PathBuf>,
}

impl BackupCommand {
    /// What the command opens after the lock-down.
    pub fn folders(&self, home: &Home) -> Folders {
        let Self::Verify(args) = self;
        let files = [&args.file, &args.passphrase_file, &args.vault_passphrase_file];
        args.paper.folders(home).with_all(files.into_iter().flatten(), Access::File)
    }
}

impl Paper {
    /// The home, and the files that options name.
    pub(super) fn folders(&self, home: &Home) -> Folders {
        let files = [&self.secret_file, &self.bip39_passphrase_file];
        Folders::none().with(home.folder(), Access::Read).with_all(files.into_iter().flatten(), Access::File)
    }

    /// Reads what is on paper and compares it with the accounts.
    pub(super) fn compare(&self, register: &Register, screen: &mut dyn Screen) -> Result<Vec<Compared>> {
        let question = "Words, seed or private key on paper (not shown): ";
        let text = passphrase::read(self.secret_file.as_deref(), screen, question)?;
        let readings = reading::read(&text)?;
        let has_words = readings.iter().any(|reading| reading.form == Form::Bip39);
        let passphrase = match (&self.bip39_passphrase_file, self.bip39_passphrase) {
            (None, false) => SecretText::new(String::new()),
            _ if !has_words => {
                return Err(
                    USAGE.error("a BIP-39 passphrase belongs to words, and these are not BIP-39 words")
                );
            }
            (Some(file), _) => passphrase::read_file(file)?,
            (None, true) => screen.ask_secret("BIP-39 passphrase of the words (not shown): ")?,
        };
        let compared = backup::of_paper(register, self.secret.as_ref(), readings, passphrase)?;
        if compared.iter().all(|found| found.made_by.is_none()) && has_words {
            let hint =
                "Words with a BIP-39 passphrase make other accounts: give it with `--bip39-passphrase`.";
            return backup::demand_all(&compared).map(|()| compared).map_err(|e| e.with_next(hint));
        }
        Ok(compared)
    }
}

/// Runs the command.
///
/// # Errors
/// A wrong passphrase, a file that is no vault, a backup that does not make every account.
pub fn run(command: &BackupCommand, home: &Home, screen: &mut dyn Screen) -> Result<Answer, Failure> {
    let BackupCommand::Verify(args) = command;
    let locked = Locked::read(home)?;
    match &args.file {
        Some(file) => {
            let sealed = files::read_bounded(file)?;
            let name = files::shown(file);
            let question = format!("Passphrase of {name}: ");
            let file = args.passphrase_file.as_deref();
            let open =
                |passphrase: &SecretText| Vault::open(&sealed, passphrase).map_err(|e| e.at(name.clone()));
            let (copy, _) = passphrase::opening(file, screen, &question, open)?;
            let (register, secrets) = authenticated(args, home, locked, &copy, screen)?;
            let answer = report(&backup::compare(register.entries(), copy.secrets()), &name)?;
            backup::demand_secrets(&secrets, copy.secrets()).map_err(|e| e.at(name))?;
            Ok(answer)
        }
        None => {
            let Unlocked { register, .. } = locked.unlock_by(args.passphrase_file.as_deref(), screen)?;
            let compared = args.paper.compare(&register, screen)?;
            report_paper(&compared, &register)
        }
    }
}

/// As [`report`] of one secret, with the accounts that this paper has nothing to do with.
pub(super) fn report_paper(compared: &[Compared], register: &Register) -> Result<Answer, Failure> {
    let mut answer = report(compared, "the paper")?;
    let is_compared = |entry: &Entry| compared.iter().any(|found| found.entry == *entry);
    let others = register.entries().iter().filter(|entry| !is_compared(entry));
    let others: Vec<&str> = others.map(|entry| entry.account.name.as_str()).collect();
    if !others.is_empty() {
        answer.lines.push(format!("Of other secrets, which need papers of their own: {}", others.join(", ")));
    }
    if let Some(members) = answer.json.as_object_mut() {
        members.insert("of_other_secrets".to_owned(), json!(others));
    }
    Ok(answer)
}

/// The accounts under the seal of the copy or, where that is of another vault, of this home's own vault; and the
/// fingerprints of all secrets.
fn authenticated(
    args: &VerifyArgs,
    home: &Home,
    locked: Locked,
    copy: &Vault,
    screen: &mut dyn Screen,
) -> Result<(Register, BTreeSet<String>)> {
    if locked.is_sealed_by(copy) {
        let journal = Chain::read(home)?.authenticate(copy)?;
        return Ok((locked.register().clone(), backup::taken(&journal)?));
    }
    screen_note(screen, args)?;
    let question = "Passphrase of the vault in this home: ";
    let file = args.vault_passphrase_file.as_deref();
    let Unlocked { vault, register } = locked.unlock_asking(file, screen, question)?;
    let secrets = vault.secrets().iter().map(|secret| Source::new(&secret.kept).fingerprint());
    Ok((register, secrets.collect::<Result<_>>()?))
}

fn screen_note(screen: &mut dyn Screen, args: &VerifyArgs) -> Result<()> {
    if args.vault_passphrase_file.is_some() {
        return Ok(());
    }
    screen
        .show(&["The copy is not of this home's vault, so its accounts are read under their own vault."
            .to_owned()])
}

/// What was compared, or the error that not all of it is the same.
pub(super) fn report(compared: &[Compared], title: &str) -> Result<Answer, Failure> {
    let mut lines: Vec<String> = compared.iter().map(Compared::line).collect();
    if let Err(error) = backup::demand_all(compared) {
        let told = lines.join("\n       ");
        return Err(Failure::new(error, format!("Compared, nothing written:\n       {told}")));
    }
    let count = compared.len();
    lines.push(format!("{title} makes all {count} account{}", if count == 1 { "" } else { "s" }));
    let accounts: Vec<Value> = compared
        .iter()
        .map(|found| json!({ "account": found.entry.account.name, "made_by": found.made_by }))
        .collect();
    Ok(Answer { lines, json: json!({ "accounts": accounts, "same": true }) })
}
