//! `policy accept`: the one way by which a changed policy.toml comes into force.

use std::path::PathBuf;

use airlock::Result;
use airlock::policy::{Policy, difference};
use airlock::text::Printable;
use clap::Args;
use serde_json::json;

use super::read;
use crate::Streams;
use crate::answer::Answer;
use crate::clock::Clock;
use crate::commands::sign::hurdles::of_clock;
use crate::error::Failure;
use crate::home::Home;
use crate::journal::{Chain, Event, Journal};
use crate::rules::{self, NOT_ACCEPTED, PolicyHash, Rules};
use crate::sandbox::{Access, Folders};
use crate::sentence::Sentences;
use crate::unlocked::Locked;

/// Accepts policy.toml.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  airlock-offline policy accept
  airlock-offline policy accept --approve 5c0ffee5 --passphrase-file passphrase.txt
        for scripts: the first eight digits of `sha256sum policy.toml`")]
pub struct AcceptArgs {
    /// The approval of a run that nobody watches: the first eight digits of the SHA-256 of policy.toml
    #[arg(long, value_name = "DIGITS")]
    approve: Option<String>,
    /// Read the vault's passphrase from this file (- for stdin); without it the terminal asks
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl AcceptArgs {
    /// The places that the command needs.
    pub fn folders(&self, home: &Home) -> Folders {
        Folders::none().with(home.folder(), Access::Write).with_all(&self.passphrase_file, Access::File)
    }
}

/// Runs the command. The record is written first and decides; the copy only serves later differences
/// ([`rules`](crate::rules)).
///
/// # Errors
/// A policy that cannot be read, another approval than the one asked for, a passphrase, a journal or a disk in the way.
pub(super) fn run(
    args: &AcceptArgs,
    home: &Home,
    streams: &mut Streams<'_>,
    sentences: Sentences<'_>,
    as_json: bool,
    clock: Clock<'_>,
) -> Result<Answer, Failure> {
    let mut jumped = None;
    let rules = read(home)?;
    let text = rules.file()?;
    Policy::parse(text).map_err(|e| e.at("policy.toml"))?;
    let hash = PolicyHash::of(text);
    if rules.is_accepted(text) {
        if rules.needs_copy() {
            rules::keep_copy(home, text)?;
        }
        let lines = vec!["policy.toml is accepted already".to_owned()];
        return Ok(Answer { lines, json: json!({ "accepted": hash.to_hex(), "changed": false }) });
    }
    if let Some(hurdle) = of_clock(&Chain::read(home)?, clock()) {
        sentences.pass(&hurdle, streams, as_json)?;
        jumped = Some(hurdle);
    }
    let screen = screen(&rules, text, hash);
    ask(args, &screen, hash, streams, as_json)?;
    let unlocked = Locked::read(home)?.unlock_by(args.passphrase_file.as_deref(), streams.screen)?;
    let mut journal = Journal::open(home, &unlocked.vault)?;
    let now = clock();
    journal.check_clock(now)?;
    // Between the screen and here the journal can have accepted another text: then another difference counts.
    if rules.is_other(journal.accepted_policy()) {
        return Err(crate::journal::BUSY.error("another run accepted a policy meanwhile").into());
    }
    if let Some(hurdle) = jumped {
        journal.append(&unlocked.vault, hurdle.event(), now)?;
    }
    journal.append(&unlocked.vault, Event::PolicyAccepted { sha256: hash.to_hex() }, now)?;
    rules::keep_copy(home, text).map_err(|error| {
        Failure::new(error, "The policy is accepted and recorded; only its copy could not be written.")
    })?;
    let lines = vec![format!("accepted: SHA-256 {}", hash.to_hex()), journal.head_line()];
    let json = json!({
        "accepted": hash.to_hex(),
        "changed": true,
        "journal_head": journal.head().to_string(),
    });
    Ok(Answer { lines, json })
}

/// What a person reads before accepting.
fn screen(rules: &Rules, text: &str, hash: PolicyHash) -> Vec<String> {
    let mut lines = vec!["A changed policy".to_owned(), String::new()];
    match rules.accepted() {
        Some(accepted) => {
            lines.push("What changes:".to_owned());
            lines.extend(difference(accepted, text).iter().map(|line| format!("  {line}")));
        }
        None => {
            lines.push(
                "The text that was accepted last is not here any more, so this is all of the new one:"
                    .to_owned(),
            );
            lines.extend(text.lines().map(|line| format!("  | {}", Printable::new(line))));
        }
    }
    lines.push(String::new());
    lines.push(format!("SHA-256 of policy.toml: {}", hash.to_hex()));
    lines.push(format!("To accept, type its first eight digits: {}", hash.approval()));
    lines
}

fn ask(
    args: &AcceptArgs,
    screen: &[String],
    hash: PolicyHash,
    streams: &mut Streams<'_>,
    as_json: bool,
) -> Result<()> {
    let typed = match &args.approve {
        Some(approval) => {
            if !as_json {
                for line in screen {
                    let _ = writeln!(streams.stderr, "{line}");
                }
            }
            approval.clone()
        }
        None => {
            streams.screen.show(screen)?;
            streams.screen.ask(&format!("Type {} to accept: ", hash.approval()))?.trim().to_owned()
        }
    };
    if typed == hash.approval() {
        return Ok(());
    }
    Err(NOT_ACCEPTED.error(format!("another text was typed; asked for is {}", hash.approval())))
}
