//! The command line: what can be typed, and how a run ends.

use std::ffi::OsString;
use std::path::PathBuf;

use airlock::text::Printable;
use airlock::{Error, Exit, Result, report};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser};

use crate::commands::{self, Command, Done};
use crate::error::USAGE;
use crate::{Streams, crossing, environment};

/// Plans cold-wallet transactions for Bitcoin, Counterparty and XRP, and checks what comes back signed.
///
/// The keys are on another machine. This half builds an unsigned bundle; you carry it to the offline
/// half, read there what it really does, sign it, and carry the signed file back:
///
///     airlock-online init                 (once: airlock.toml, then your servers in it, then doctor)
///     airlock-online accounts import treasury.watch.json
///     airlock-online send xrp --from cold --to rHb9… --tag 1 --amount 80000
///     (walk, sign, walk)          or without a stick: --qr and --from-qr, on both machines
///     airlock-online verify R7K3-send-xrp.signed.json
///
/// Exit codes: 0 done, 1 refused by a rule, 2 bad input, 3 fixable as the message says,
/// 4 environment (file, disk, clock), 5 a defect of this program.
#[derive(Debug, Parser)]
#[command(name = "airlock-online", version, verbatim_doc_comment, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Folder of accounts and bundles [default: $AIRLOCK_ONLINE_HOME, else $XDG_DATA_HOME/airlock-online]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Answer with one JSON document on stdout; an error is a document too
    #[arg(long, global = true)]
    pub json: bool,
    /// No colour (as with NO_COLOR set)
    #[arg(long, global = true)]
    pub plain: bool,
    /// Tell each call to a server on stderr: how long, what, how it ended; never a credential
    #[arg(long, global = true)]
    pub trace: bool,
}

/// Runs the program and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, arguments.iter().any(|a| a == "--json"), streams),
    };
    let colour = streams.is_terminal && !cli.global.plain && environment("NO_COLOR").is_none();
    let done = match commands::run(&cli.command, &cli.global, streams) {
        Ok(done) => done,
        Err(error) => {
            return fail(&error, cli.command.state_after_error(&error), cli.global.json, colour, streams);
        }
    };
    let Some(Done { answer, crossing, exit }) = done else { return 0 };
    let code = exit.map_or(0, Exit::code);
    // A program gets its one document when the codes were shown.
    if let Some((written, profile)) = crossing {
        if !cli.global.json {
            let _ = answer.write(streams.stdout, false, colour);
        }
        if let Err(error) = crossing::show(&written, profile, streams) {
            let state = "The bundle was written; only its codes were not shown.";
            return fail(&error, state, cli.global.json, colour, streams);
        }
        if !cli.global.json {
            return code;
        }
    }
    match answer.write(streams.stdout, cli.global.json, colour) {
        Ok(()) => code,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => code,
        Err(e) => fail(&stream_error(&e), "", false, colour, streams),
    }
}

/// The whole command line, for help, completions and the manual.
pub fn command() -> clap::Command {
    Cli::command()
}

/// An error of the streams themselves.
pub(crate) fn stream_error(error: &std::io::Error) -> Error {
    crate::error::CANNOT_WRITE.error(format!("cannot write the answer: {error}"))
}

fn fail(error: &Error, state: &str, as_json: bool, colour: bool, streams: &mut Streams<'_>) -> u8 {
    let told = report::text(error, state);
    let told = match (colour, told.split_once(' ')) {
        (true, Some((code, rest))) => format!("\u{1b}[1;31m{code}\u{1b}[0m {rest}"),
        _ => told,
    };
    // Nobody is left to tell when these fail; the exit code still says what happened.
    let _ = writeln!(streams.stderr, "{told}");
    if as_json {
        let _ = writeln!(streams.stdout, "{}", report::json(error, state));
        let _ = streams.stdout.flush();
    }
    error.code().exit.code()
}

/// Help and version are answers; everything else that clap finds is an error of ours.
fn usage(error: &clap::Error, as_json: bool, streams: &mut Streams<'_>) -> u8 {
    let text = error.render().to_string();
    if !error.use_stderr() {
        let _ = write!(streams.stdout, "{text}");
        let _ = streams.stdout.flush();
        return 0;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = write!(streams.stderr, "{text}");
        return USAGE.exit.code();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let says: Vec<&str> =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect();
    let says = says.join(" ");
    let what = Printable::new(says.trim_start_matches("error: ").trim_end_matches('.'));
    let next = match text.lines().find_map(|line| line.strip_prefix("Usage: ")) {
        Some(usage) => format!("Usage: {}; `--help` shows examples.", Printable::new(usage)),
        None => USAGE.next.to_owned(),
    };
    fail(&USAGE.error(what.to_string()).with_next(next), "Nothing was done.", as_json, false, streams)
}

/// Reads a typed value, as clap wants its parsers.
pub(crate) fn parsed<T: std::str::FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: Error| e.what().to_owned())
}
