//! `words show`: the words once more, for somebody who has the vault and its passphrase.

use std::path::PathBuf;

use airlock::account::AccountName;
use airlock::{Code, Exit, Result};
use clap::{Args, Subcommand};
use serde_json::json;

use super::Dated;
use crate::answer::Answer;
use crate::error::Failure;
use crate::home::Home;
use crate::hygiene::scrubbed;
use crate::journal::Event;
use crate::paper;
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::unlocked::{Locked, Unlocked};
use crate::vault::{NamedSecret, SECRET_NAME};

/// A run that was to show words and was not told so.
pub static NOT_SHOWN: Code = Code::new(
    "E-PAPER-002",
    Exit::Fixable,
    "Words are shown again only after the vault's passphrase and a typed sentence, and the journal records it: whoever \
     sees them has the money.",
    "Run the command again and type the sentence as it is asked.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_SHOWN];

const SENTENCE: &str = "show the words";

/// What to do with words.
#[derive(Debug, Subcommand)]
pub enum WordsCommand {
    /// Show the words of a secret again, at the terminal, after the passphrase and a typed sentence
    Show(ShowArgs),
}

/// Shows words again.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  airlock-offline words show --secret main
        when a paper has to be replaced; to see whether one is right, no words need to be
        shown: `airlock-offline backup verify --words`")]
pub struct ShowArgs {
    /// The secret; needed where the vault has several of words
    #[arg(long, value_name = "NAME")]
    secret: Option<AccountName>,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl WordsCommand {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        let Self::Show(args) = self;
        Folders::none().with(home.folder(), Access::Write).with_all(&args.passphrase_file, Access::File)
    }
}

/// Runs the command.
///
/// # Errors
/// A wrong passphrase, a secret without words, a sentence that is not typed, no terminal.
pub fn run(
    command: &WordsCommand,
    home: &Home,
    screen: &mut dyn Screen,
    dated: &Dated,
) -> Result<Answer, Failure> {
    scrubbed(|| show(command, home, screen, dated)).map_err(Failure::from)
}

fn show(command: &WordsCommand, home: &Home, screen: &mut dyn Screen, dated: &Dated) -> Result<Answer> {
    let WordsCommand::Show(args) = command;
    let unlocked = Locked::read(home)?.unlock_by(args.passphrase_file.as_deref(), screen)?;
    screen.show(&unlocked.greeting()?)?;
    let secret = choose(&unlocked, args.secret.as_ref())?;
    let words = secret
        .kept
        .words()
        .ok_or_else(|| SECRET_NAME.error(format!("secret '{}' is a {}", secret.name, secret.kept.kind())))?;
    let question = format!("Be alone, without cameras. To see the words, type: {SENTENCE}\n> ");
    if screen.ask(&question)?.trim() != SENTENCE {
        return Err(NOT_SHOWN.error(format!("'{SENTENCE}' was not typed")));
    }
    let about = vec![format!("the words of secret '{}'", secret.name)];
    let event =
        Event::Overridden { about, head: None, text: SENTENCE.to_owned(), what: "words-shown".to_owned() };
    super::record(home, &unlocked.vault, event, dated)?;
    paper::show(words, screen)?;
    let line =
        format!("The words of secret '{}' were shown. A BIP-39 passphrase is not among them.", secret.name);
    Ok(Answer { lines: vec![line], json: json!({ "shown": secret.name }) })
}

/// The secret of that name, or the only one of words.
fn choose<'a>(unlocked: &'a Unlocked, name: Option<&AccountName>) -> Result<&'a NamedSecret> {
    if let Some(name) = name {
        let found = unlocked.vault.secret(name.as_str());
        return found.ok_or_else(|| SECRET_NAME.error(format!("the vault has no secret '{name}'")));
    }
    let of_words: Vec<&NamedSecret> =
        unlocked.vault.secrets().iter().filter(|secret| secret.kept.words().is_some()).collect();
    match of_words.as_slice() {
        [only] => Ok(only),
        several => {
            Err(SECRET_NAME.error(format!("{} secrets of the vault are of words, not one", several.len())))
        }
    }
}
