//! `passphrase`: another passphrase for the vault.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Dated;
use crate::answer::Answer;
use crate::error::{BAD_PASSPHRASE, Failure};
use crate::files;
use crate::home::Home;
use crate::journal::Event;
use crate::passphrase;
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::unlocked::{Locked, Unlocked};
use crate::vault::{Strength, Vault};

/// Changes the passphrase of the vault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline passphrase
  airlock-offline passphrase --passphrase-file old.txt --new-passphrase-file new.txt

The vault file is replaced as a whole: after a crash the old or the new one is there.
Backups that were made before still open with the old passphrase; make new ones and
destroy those.")]
pub struct PassphraseArgs {
    /// Read the passphrase of today from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Read the new passphrase from this file; without it the terminal asks twice
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// What the command opens after the lock-down.
    pub fn folders(&self, home: &Home) -> Folders {
        let files = [&self.passphrase_file, &self.new_passphrase_file];
        Folders::none().with(home.folder(), Access::Write).with_all(files.into_iter().flatten(), Access::File)
    }
}

/// Runs the command.
///
/// # Errors
/// A wrong passphrase, a new one that is none or the old one, and what writing can meet.
pub fn run(
    args: &PassphraseArgs,
    home: &Home,
    screen: &mut dyn Screen,
    dated: &Dated,
) -> Result<Answer, Failure> {
    let locked = Locked::read(home)?;
    let seen = locked.seen();
    let file = args.passphrase_file.as_deref();
    let (unlocked, old) =
        passphrase::opening(file, screen, "Passphrase of today: ", |typed| locked.unlock(typed))?;
    let mut lines = unlocked.greeting()?;
    let Unlocked { mut vault, .. } = unlocked;
    let new = passphrase::choose(args.new_passphrase_file.as_deref(), screen, vault.is_test_only())?;
    if old.matches(new.expose()) {
        return Err(BAD_PASSPHRASE.error("the new passphrase is the old one").into());
    }
    vault.change_passphrase(&new)?;
    let sealed = vault.seal()?;
    // Opened once before it takes the place of the old one.
    Vault::open(&sealed, &new)?;
    let _alone = super::record_alone(home, &vault, Event::PassphraseChanged, dated, &seen)?;
    files::replace(&home.vault(), &sealed)?;
    lines.push(format!("The vault is under the new passphrase; a guess at it: {}", cost(&vault)));
    lines.push("Backups made before still open with the old passphrase: make new ones.".to_owned());
    Ok(Answer { lines, json: json!({ "vault": files::shown(&home.vault()), "passes": vault.passes() }) })
}

/// What a guess at the passphrase costs, for people.
pub(super) fn cost(vault: &Vault) -> String {
    match vault.strength() {
        Strength::Full => {
            format!("64 MiB and {} passes, measured to take about a second here", vault.passes())
        }
        Strength::TestOnly => "next to nothing, for test networks only".to_owned(),
    }
}
