//! `journal`: show, verify, export, repair.

mod export;
mod show;

use std::path::PathBuf;

use airlock::bundle::Spoken;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::Streams;
use crate::answer::Answer;
use crate::clock::{self, Clock};
use crate::derive::Source;
use crate::error::{CANNOT_WRITE, Failure};
use crate::files;
use crate::home::Home;
use crate::journal::{Chain, examine, mend};
use crate::sandbox::{Access, Folders};
use crate::screen::Screen;
use crate::sentence::Sentences;
use crate::unlocked::{Locked, Unlocked};

use export::ExportArgs;
use show::ShowArgs;

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// List what was signed and decided; needs no passphrase
    Show(ShowArgs),
    /// Check every line and every seal of the journal
    Verify(PassphraseArgs),
    /// Write the records to a new file, for auditors
    Export(ExportArgs),
    /// Go on with a journal that is torn, damaged or lost, by a typed sentence
    Repair(PassphraseArgs),
}

/// How the vault is opened.
#[derive(Debug, Args)]
pub struct PassphraseArgs {
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl JournalCommand {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        let with = |access, file: &Option<PathBuf>| {
            Folders::none().with(home.folder(), access).with_all(file, Access::File)
        };
        match self {
            Self::Show(args) => with(Access::Read, &args.passphrase_file),
            Self::Verify(args) => with(Access::Read, &args.passphrase_file),
            Self::Export(args) => {
                with(Access::Read, &args.passphrase_file).with(files::folder(&args.file), Access::Write)
            }
            Self::Repair(args) => with(Access::Write, &args.passphrase_file),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As each of them.
pub fn run(
    command: &JournalCommand,
    home: &Home,
    streams: &mut Streams<'_>,
    sentences: Sentences<'_>,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<Answer, Failure> {
    match command {
        JournalCommand::Show(args) => show::run(args, home, streams.screen),
        JournalCommand::Verify(args) => verify(args, home, streams.screen),
        JournalCommand::Export(args) => export::run(args, home, streams.screen),
        JournalCommand::Repair(args) => repair(args, home, streams, sentences, as_json, clock),
    }
}

fn unlock(home: &Home, file: &Option<PathBuf>, screen: &mut dyn Screen) -> airlock::Result<Unlocked> {
    Locked::read_to_add(home)?.unlock_by(file.as_deref(), screen)
}

fn verify(args: &PassphraseArgs, home: &Home, screen: &mut dyn Screen) -> Result<Answer, Failure> {
    // What is wrong without the passphrase is told before it is asked for.
    let chain = Chain::read(home)?;
    chain.check_whole()?;
    let journal = chain.authenticate(&unlock(home, &args.passphrase_file, screen)?.vault)?;
    let lines = vec![
        format!("{}: one chain, each with the seal of this vault", records(journal.count())),
        format!("last record  {}", clock::show(journal.last_time())),
        journal.head_line(),
    ];
    let mut json = head_json(&journal);
    put(&mut json, "authenticated", true);
    Ok(Answer { lines, json })
}

fn repair(
    args: &PassphraseArgs,
    home: &Home,
    streams: &mut Streams<'_>,
    sentences: Sentences<'_>,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<Answer, Failure> {
    let unlocked = unlock(home, &args.passphrase_file, streams.screen)?;
    let Some(ailment) = examine(home, &unlocked.vault)? else {
        let journal = Chain::read(home)?.authenticate(&unlocked.vault)?;
        let lines = vec![format!("{}: nothing to repair", records(journal.count())), journal.head_line()];
        let mut json = head_json(&journal);
        put(&mut json, "repaired", false);
        return Ok(Answer { lines, json });
    };
    sentences.pass(&ailment.hurdle(), streams, as_json)?;
    let secrets = unlocked.vault.secrets().iter();
    let fingerprints =
        secrets.map(|secret| Source::new(&secret.kept).fingerprint()).collect::<Result<_, _>>()?;
    let mended = mend(home, &unlocked.vault, &ailment, fingerprints, clock()).map_err(|error| {
        // A damaged journal that is aside already leaves none: the next repair begins from there.
        let state = match error.code() == &CANNOT_WRITE {
            true => "The journal was not repaired; no record was taken out of it.",
            false => "Nothing was changed.",
        };
        Failure::new(error, state)
    })?;
    let chain = Chain::read(home)?;
    let aside = mended.aside.as_deref().map(files::shown);
    let mut lines: Vec<String> = aside.iter().map(|path| format!("put aside {path}")).collect();
    lines.push(format!("the journal can be used again: {}", records(chain.count())));
    lines.push(chain.head_line());
    let mut json = head_json(&chain);
    put(&mut json, "repaired", true);
    if let Some(path) = aside {
        put(&mut json, "aside", path);
    }
    Ok(Answer { lines, json })
}

fn records(count: usize) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn head_json(chain: &Chain) -> Value {
    let head = chain.head();
    json!({
        "records": chain.count(),
        "head": head.to_string(),
        "short": head.short(),
        "words": head.words().join(" "),
        "last": chain.last_time(),
    })
}

fn put(json: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = json.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}
