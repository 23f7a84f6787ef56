//! The command line: what can be typed, and how a run ends.

use std::ffi::OsString;
use std::path::PathBuf;

use airlock::qr::Profile;
use airlock::text::Printable;
use airlock::{Exit, report};
use airlock_qr::cli::QrCommand;
use airlock_qr::command::{Eye, Written};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::answer::Answer;
use crate::clock::Clock;
use crate::commands::{
    Dated, accounts, backup, completions, doctor, drill, explain, import, init, inspect, journal, man,
    passphrase, policy, qr, review, self_test, sign, words,
};
use crate::crossing::TakesCodes;
use crate::error::{Failure, USAGE};
use crate::home::Home;
use crate::hygiene::scrubbed;
use crate::machine::{self, Grade};
use crate::sandbox::Folders;
use crate::sentence::Sentences;
use crate::{Streams, crossing, error};

/// Keeps the keys of a treasury on a machine without a network, shows what a bundle would do, and signs what a person
/// approved.
#[derive(Debug, Parser)]
#[command(name = "airlock-offline", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
The way of a payment:
  airlock-offline init                          once: new words, onto paper and into a vault
  airlock-offline import                        or: words or a seed that exist, into a vault
  airlock-offline accounts export --out /media/stick
                                                once: the watch file for the online machine
  airlock-offline review R7K3-send.bundle.json  what would it do? No passphrase needed
  airlock-offline sign                          the one new bundle on the stick: read, approve, sign
  airlock-offline sign --from-qr --qr           the same without a stick: by camera, and back on the screen
  airlock-offline sign some.psbt                a PSBT of Sparrow, Coldcard or Bitcoin Core

Exit codes: 0 done, 1 refused by a rule, 2 bad input, 3 fixable: the message says how,
            4 environment (clock, media, disk), 5 a defect of this program
Places:     --home, else AIRLOCK_OFFLINE_HOME, else XDG_DATA_HOME/airlock-offline,
            else ~/.local/share/airlock-offline";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Where the vault lies
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Answer with one JSON document on stdout
    #[arg(long, global = true)]
    json: bool,
    /// No colour (nor with NO_COLOR)
    #[arg(long, global = true)]
    plain: bool,
    /// A sentence that goes on where the program would stop, word by word as it asks for it; can be repeated
    #[arg(long = "yes-to", global = true, value_name = "TEXT")]
    yes_to: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make new words and a new vault: chance, paper, backup check
    Init(init::InitArgs),
    /// Take words, a seed or a private key into the vault; the first import makes the vault
    Import(import::ImportArgs),
    /// Show the words of a secret again
    #[command(subcommand)]
    Words(words::WordsCommand),
    /// Change the passphrase of the vault
    Passphrase(passphrase::PassphraseArgs),
    /// Say whether a copy of the vault, or words on paper, make the same accounts
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Practise the emergency: restore from paper, sign with every key
    #[command(subcommand)]
    Drill(drill::DrillCommand),
    /// Add, list or export accounts
    #[command(subcommand)]
    Accounts(accounts::AccountsCommand),
    /// Show what a bundle or a PSBT would do; needs no passphrase
    Review(review::ReviewArgs),
    /// Review, approve and sign bundles and PSBTs
    Sign(sign::SignArgs),
    /// Show, verify, export or repair the record of what was signed
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Show, check, test or accept the treasury's rules
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Show a file as QR codes, or read one from them
    #[command(subcommand)]
    Qr(QrCommand),
    /// Say what a file or text is and decode it
    Inspect(inspect::InspectArgs),
    /// Say whether this machine is fit for mainnet: air gap, memory, sandbox, clock, vault, journal
    Doctor(doctor::DoctorArgs),
    /// Ask every hash, curve, cipher and codec for known answers, as before each signing
    SelfTest,
    /// Explain an error code
    Explain(explain::ExplainArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print a man page
    Man(man::ManArgs),
}

/// The whole command line, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs one command line and gives the exit code.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    streams: &mut Streams<'_>,
    clock: Clock<'_>,
) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let mut cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) if !e.use_stderr() => {
            let outcome = write!(streams.stdout, "{}", e.render());
            return written(&outcome, streams);
        }
        Err(e) if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !wants_json => {
            let _ = write!(streams.stderr, "{}", e.render());
            return USAGE.exit.code();
        }
        Err(e) => return told(&usage(&e), wants_json, streams),
    };
    let as_json = cli.global.json;
    if cli.global.plain {
        streams.screen.make_plain();
    }
    match scrubbed(|| dispatch(&mut cli, streams, clock)) {
        Ok(Ended { answer, exit, crossing: None }) => {
            let outcome = answer.write(streams.stdout, as_json);
            match (written(&outcome, streams), exit) {
                (0, Some(exit)) => exit.code(),
                (code, _) => code,
            }
        }
        Ok(Ended { answer, crossing: Some((files, profile)), .. }) => {
            show(answer, &files, profile, as_json, streams)
        }
        Err(failure) => told(&failure, as_json, streams),
    }
}

/// How a command ended.
struct Ended {
    answer: Answer,
    /// The exit code of an answer that is no good news.
    exit: Option<Exit>,
    /// The files that are shown as codes after the answer, and for whom.
    crossing: Option<(Vec<Written>, Profile)>,
}

/// The answer, then the codes; a program gets its one document when the codes were shown.
fn show(answer: Answer, files: &[Written], profile: Profile, as_json: bool, streams: &mut Streams<'_>) -> u8 {
    let outcome = if as_json { Ok(()) } else { answer.write(streams.stdout, false) };
    match crossing::show_all(files, profile, streams) {
        Ok(()) if as_json => {
            let outcome = answer.write(streams.stdout, true);
            written(&outcome, streams)
        }
        Ok(()) => written(&outcome, streams),
        Err(error) => {
            let failure = Failure::new(
                error,
                "The command was done and its files are written; only their codes were not shown.",
            );
            told(&if as_json { failure.with_answer(answer) } else { failure }, as_json, streams)
        }
    }
}

impl Command {
    /// The command, where it can read its file from codes.
    fn takes_codes(&mut self) -> Option<&mut dyn TakesCodes> {
        match self {
            Self::Review(args) => Some(args),
            Self::Sign(args) => Some(args),
            Self::Inspect(args) => Some(args),
            Self::Policy(command) => command.test().map(|args| args as &mut dyn TakesCodes),
            Self::Init(_)
            | Self::Import(_)
            | Self::Words(_)
            | Self::Passphrase(_)
            | Self::Backup(_)
            | Self::Drill(_)
            | Self::Accounts(_)
            | Self::Journal(_)
            | Self::Qr(_)
            | Self::Doctor(_)
            | Self::SelfTest
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }

    /// For whom the files that the command writes are shown as codes.
    fn shown_for(&self) -> Option<Profile> {
        if let Self::Sign(args) = self {
            args.shown_for()
        } else if let Self::Accounts(command) = self {
            command.shown_for()
        } else {
            None
        }
    }
}

fn dispatch(cli: &mut Cli, streams: &mut Streams<'_>, clock: Clock<'_>) -> Result<Ended, Failure> {
    let arrival = cli.command.takes_codes().and_then(|command| command.arrival());
    let is_taken = cli.command.takes_codes().is_some_and(|command| command.reads_stdin());
    if is_taken && arrival.as_ref().is_some_and(|arrival| arrival.source.is_stdin()) {
        let error = USAGE.error("stdin cannot bring both the codes and the passphrase");
        return Err(Failure::new(error, "Nothing was done."));
    }
    let profile = cli.command.shown_for();
    if profile.is_some() {
        crossing::check_terminal(streams).map_err(|error| Failure::new(error, "Nothing was done."))?;
    }
    // A camera is opened before the lock-down, everything else after it.
    let source = match (&arrival, &cli.command) {
        (Some(arrival), _) => Some(arrival.source.clone()),
        (None, Command::Qr(QrCommand::Scan(args))) => Some(args.source()),
        (None, _) => None,
    };
    let mut eye = source.map(Eye::open).transpose()?;
    let home_option = cli.global.home.clone();
    let home = || Home::find(home_option.as_deref());
    let sentences = Sentences::new(&cli.global.yes_to);
    // All that the command can open after the lock-down.
    let folders = match &cli.command {
        Command::Init(args) => args.folders(&home()?),
        Command::Words(command) => command.folders(&home()?),
        Command::Import(args) => args.folders(&home()?),
        Command::Passphrase(args) => args.folders(&home()?),
        Command::Backup(command) => command.folders(&home()?),
        Command::Drill(command) => command.folders(&home()?),
        Command::Accounts(command) => command.folders(&home()?),
        Command::Review(args) => args.folders(&home()?),
        Command::Sign(args) => args.folders(&home()?),
        Command::Journal(command) => command.folders(&home()?),
        Command::Policy(command) => command.folders(&home()?),
        Command::Inspect(args) => args.folders(),
        Command::Qr(command) => qr::folders(command),
        Command::Doctor(args) => args.folders(&home()?),
        Command::SelfTest | Command::Explain(_) | Command::Completions(_) | Command::Man(_) => {
            Folders::none()
        }
    };
    let folders = match &arrival {
        Some(arrival) => arrival.folders(folders),
        None => folders,
    };
    let confinement = streams.machine.lock_down(&folders)?;
    if let (Some(arrival), Some(command)) = (&arrival, cli.command.takes_codes())
        && let Some(eye) = eye.take()
    {
        command.arrived(crossing::arrive(eye, arrival, streams)?);
    }
    let mut files = Vec::new();
    if matches!(cli.command, Command::Init(_) | Command::Import(_) | Command::Words(_)) {
        warn_of_machine(streams, &home()?);
    }
    let dated =
        |streams: &mut Streams<'_>| Dated::ask(&home()?, streams, sentences, cli.global.json, clock());
    let answer = match &cli.command {
        Command::Init(args) => init::run(args, &home()?, streams.screen, clock()),
        Command::Import(args) => {
            let dated = dated(streams)?;
            import::run(args, &home()?, streams.screen, &dated)
        }
        Command::Words(command) => {
            let dated = dated(streams)?;
            words::run(command, &home()?, streams.screen, &dated)
        }
        Command::Passphrase(args) => {
            let dated = dated(streams)?;
            passphrase::run(args, &home()?, streams.screen, &dated)
        }
        Command::Backup(command) => backup::run(command, &home()?, streams.screen),
        Command::Drill(command) => {
            let dated = dated(streams)?;
            drill::run(command, &home()?, streams.screen, &dated)
        }
        Command::Accounts(command) => {
            accounts::run(command, &home()?, streams.screen).map(|done| keeping(done, &mut files))
        }
        Command::Review(args) => review::run(args, &home()?, streams, &confinement, cli.global.json, clock()),
        Command::Sign(args) => {
            sign::run(args, &home()?, streams, &confinement, sentences, cli.global.json, clock)
                .map(|done| keeping(done, &mut files))
        }
        Command::Journal(command) => {
            journal::run(command, &home()?, streams, sentences, cli.global.json, clock)
        }
        Command::Policy(command) => {
            policy::run(command, &home()?, streams, sentences, cli.global.json, clock)
        }
        Command::Inspect(args) => inspect::run(args),
        Command::Qr(command) => qr::run(command, eye, streams),
        Command::Explain(args) => explain::run(args),
        Command::Completions(args) => Ok(completions::run(args)),
        Command::Man(args) => man::run(args),
        Command::Doctor(args) => {
            let now = clock();
            let (answer, exit) = doctor::run(args, &home()?, streams.machine, &confinement, now)?;
            return Ok(Ended { answer, exit, crossing: None });
        }
        Command::SelfTest => self_test::run(),
    };
    let answer = match arrival {
        Some(_) => answer.map_err(crossing::after_arrival),
        None => answer,
    };
    Ok(Ended { answer: answer?, exit: None, crossing: profile.map(|profile| (files, profile)) })
}

/// The answer alone; the files that were written are kept aside.
fn keeping((answer, written): (Answer, Vec<Written>), files: &mut Vec<Written>) -> Answer {
    files.extend(written);
    answer
}

/// Before secrets come to a machine that would not be let sign for a main network.
fn warn_of_machine(streams: &mut Streams<'_>, home: &Home) {
    let findings = machine::findings(streams.machine, home);
    for finding in findings.iter().filter(|finding| finding.grade == Grade::Forbids) {
        let _ = writeln!(streams.stderr, "warning: {}: {}. {}", finding.name, finding.what, finding.next);
    }
}

/// What clap found wrong, as an error of ours: what it says above its hints, and the usage as what to do next.
fn usage(error: &clap::Error) -> Failure {
    let rendered = error.render().to_string();
    let mut paragraphs = rendered.split("\n\n");
    let says: Vec<&str> = paragraphs.next().unwrap_or_default().split_whitespace().collect();
    let says = says.join(" ");
    let mut what = says.trim_start_matches("error: ").trim_end_matches('.').to_owned();
    // A value's own parser speaks with a code; the code of the command line stands for all of them.
    if let Some((before, (_, after))) =
        what.split_once(": E-").and_then(|(before, rest)| Some((before, rest.split_once(' ')?)))
    {
        what = format!("{before}: {after}");
    }
    let error = USAGE.error(Printable::new(&what).to_string());
    let usage = rendered.lines().find_map(|line| line.strip_prefix("Usage: "));
    let next = usage.map(|usage| format!("Usage: {}; `--help` has examples.", Printable::new(usage)));
    let error = match next {
        Some(next) => error.with_next(next),
        None => error,
    };
    Failure::new(error, "Nothing was done.")
}

fn told(failure: &Failure, as_json: bool, streams: &mut Streams<'_>) -> u8 {
    let Failure { error, state, answer } = failure;
    let mut json = report::json(error, state);
    if let Some(answer) = answer {
        if !as_json {
            let _ = answer.write(streams.stdout, false);
        } else if let Some(members) = json.as_object_mut() {
            members.insert("answer".to_owned(), answer.json.clone());
        }
    }
    let _ = writeln!(streams.stderr, "{}", report::text(error, state));
    if as_json {
        let _ = writeln!(streams.stdout, "{json}");
    }
    error.code().exit.code()
}

/// A reader that went away is no failure of ours; anything else is the environment's, and the command itself was done.
fn written(outcome: &std::io::Result<()>, streams: &mut Streams<'_>) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(e) => {
            let error = error::CANNOT_WRITE.error(format!("cannot print the answer: {e}"));
            told(&Failure::new(error, "The command was done; only its answer is not here."), false, streams)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
