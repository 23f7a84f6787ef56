//! `policy`: show, check, test, accept.

mod accept;
mod test;

use std::path::PathBuf;

use airlock::Result;
use airlock::policy::{Policy, difference};
use airlock::text::Printable;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::answer::Answer;
use crate::clock::Clock;
use crate::error::{CANNOT_READ, Failure};
use crate::home::Home;
use crate::journal::Chain;
use crate::rules::{self, NO_POLICY, PolicyHash, Rules};
use crate::sandbox::{Access, Folders};
use crate::sentence::Sentences;
use crate::unlocked::read_vault;
use crate::{Streams, files};

pub use accept::AcceptArgs;
pub use test::TestArgs;

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show the accepted policy, and whether policy.toml still is that policy; needs no passphrase
    Show,
    /// Read policy.toml, or another file, and say what it would change; needs no passphrase
    Check(CheckArgs),
    /// Say whether bundles may pass today, and which rule says no; needs no passphrase
    Test(TestArgs),
    /// Accept policy.toml as it is now: shows what changed, asks for approval and passphrase, and writes it down
    Accept(AcceptArgs),
}

/// Reads a policy without using it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline policy check                  policy.toml in the home folder, after editing it
  airlock-offline policy check /media/stick/policy.toml")]
pub struct CheckArgs {
    /// A policy file; without, policy.toml in the home folder
    file: Option<PathBuf>,
}

impl PolicyCommand {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        let reading = Folders::none().with(home.folder(), Access::Read);
        match self {
            Self::Show => reading,
            Self::Check(args) => reading.with_all(&args.file, Access::File),
            Self::Test(args) => args.folders(reading),
            Self::Accept(args) => args.folders(home),
        }
    }

    /// The arguments of `test`, which can read its file from codes.
    pub fn test(&mut self) -> Option<&mut TestArgs> {
        match self {
            Self::Test(args) => Some(args),
            Self::Show | Self::Check(_) | Self::Accept(_) => None,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As each of them.
pub fn run(
    command: &PolicyCommand,
    home: &Home,
    streams: &mut Streams<'_>,
    sentences: Sentences<'_>,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<Answer, Failure> {
    match command {
        PolicyCommand::Show => Ok(show(home)?),
        PolicyCommand::Check(args) => Ok(check(args, home)?),
        PolicyCommand::Test(args) => test::run(args, home, clock()),
        PolicyCommand::Accept(args) => accept::run(args, home, streams, sentences, as_json, clock),
    }
}

/// The policy files and what the journal says of them; a home has a vault.
fn read(home: &Home) -> Result<Rules> {
    read_vault(home)?;
    Rules::read(home, Chain::read(home)?.accepted_policy())
}

fn show(home: &Home) -> Result<Answer> {
    let rules = read(home)?;
    let file = rules.file();
    let (state, is_accepted) = match &file {
        Ok(text) if rules.is_accepted(text) => ("policy.toml is the accepted policy".to_owned(), true),
        Ok(_) => ("policy.toml was CHANGED and is not accepted: nothing is signed by it".to_owned(), false),
        Err(_) => ("there is NO policy.toml: nothing is signed".to_owned(), false),
    };
    let mut lines = Vec::new();
    let mut json = json!({ "file_is_accepted": is_accepted, "authenticated": false });
    match rules.accepted() {
        Some(text) => {
            let hash = PolicyHash::of(text).to_hex();
            lines.push(format!("The accepted policy, SHA-256 {hash}"));
            lines.push(String::new());
            lines.extend(text.lines().map(|line| Printable::new(line).to_string()));
            lines.push(String::new());
            if let Some(members) = json.as_object_mut() {
                members.insert("sha256".to_owned(), hash.into());
                members.insert("accepted".to_owned(), text.into());
            }
        }
        None => lines.push("The text that was accepted last is not here any more.".to_owned()),
    }
    lines.push(state);
    lines.push("The journal that says so is not authenticated without the passphrase.".to_owned());
    Ok(Answer { lines, json })
}

fn check(args: &CheckArgs, home: &Home) -> Result<Answer> {
    let text = match &args.file {
        Some(path) => rules::read_text(path)?.ok_or_else(|| {
            CANNOT_READ.error(format!("cannot read {}: there is no such file", files::shown(path)))
        })?,
        None => {
            rules::read_text(&home.policy())?.ok_or_else(|| NO_POLICY.error("there is no policy.toml"))?
        }
    };
    let name = args.file.as_deref().map_or_else(|| "policy.toml".to_owned(), files::shown);
    Policy::parse(&text).map_err(|e| e.at(&name))?;
    let hash = PolicyHash::of(&text);
    // A policy is read on any machine; what it would change is known where there is a vault.
    let rules = match home.vault().exists() {
        true => Some(read(home)?),
        false => None,
    };
    let mut lines = vec![format!("{name} can be read as a policy, SHA-256 {}", hash.to_hex())];
    let mut changed = Vec::new();
    match rules.as_ref().map(|rules| (rules.is_accepted(&text), rules.accepted())) {
        None => lines.push("There is no vault here, so there is nothing to compare it with.".to_owned()),
        Some((true, _)) => lines.push("It is the accepted policy.".to_owned()),
        Some((false, Some(accepted))) => {
            lines.push("Compared with the accepted policy:".to_owned());
            changed = difference(accepted, &text);
            lines.extend(changed.iter().map(|line| format!("  {line}")));
            lines.push("It counts after `airlock-offline policy accept`.".to_owned());
        }
        Some((false, None)) => {
            lines.push("The text that was accepted last is not here any more to compare with.".to_owned());
        }
    }
    let is_accepted = rules.is_some_and(|rules| rules.is_accepted(&text));
    let json = json!({ "sha256": hash.to_hex(), "accepted": is_accepted, "difference": changed });
    Ok(Answer { lines, json })
}
