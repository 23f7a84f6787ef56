//! `qr`: shows a file as QR codes, or reads one from them.

use std::path::Path;

use airlock_qr::cli::{QrCommand, ScanArgs, ShowArgs};
use airlock_qr::command::{Eye, Outcome, answer_to, keep, scan, show};

use crate::answer::Answer;
use crate::crossing::{Arrival, OwnFiles, lend};
use crate::error::Failure;
use crate::sandbox::{Access, Folders};
use crate::{Streams, files};

/// The places that the command needs.
pub fn folders(command: &QrCommand) -> Folders {
    match command {
        QrCommand::Show(args) => {
            let folders = Folders::none().with(&args.file, Access::File);
            match &args.to {
                Some(to) if to.is_dir() => folders.with(to, Access::Write),
                Some(to) if to.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                    folders.with(to, Access::Make)
                }
                Some(to) => folders.with(files::folder(to), Access::Write),
                None => folders,
            }
        }
        QrCommand::Scan(args) => {
            arrival(args).folders(Folders::none()).with_all(&args.answer_to, Access::File)
        }
    }
}

fn arrival(args: &ScanArgs) -> Arrival {
    Arrival { source: args.source(), kinds: &[], out: args.out.clone() }
}

/// Runs the command; `eye` is the source of a scan.
///
/// # Errors
/// As `show` and `scan`.
pub fn run(command: &QrCommand, eye: Option<Eye>, streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    let nothing = |error| Failure::new(error, "Nothing was written.");
    match (command, eye) {
        (QrCommand::Show(args), _) => show_file(args, streams).map_err(nothing),
        (QrCommand::Scan(args), Some(eye)) => scan_file(args, eye, streams).map_err(nothing),
        (QrCommand::Scan(args), None) => {
            let eye = Eye::open(args.source()).map_err(nothing)?;
            scan_file(args, eye, streams).map_err(nothing)
        }
    }
}

fn show_file(args: &ShowArgs, streams: &mut Streams<'_>) -> airlock::Result<Answer> {
    Ok(answer(lend(streams, |lent| show(args, lent))?))
}

fn scan_file(args: &ScanArgs, eye: Eye, streams: &mut Streams<'_>) -> airlock::Result<Answer> {
    args.out.as_deref().filter(|out| !out.is_dir()).map_or(Ok(()), check_folder)?;
    let sent = answer_to(args.answer_to.as_deref(), &OwnFiles)?;
    let kinds = arrival(args).kinds;
    let (_, outcome) = lend(streams, |lent| {
        let received = scan(eye, kinds, sent, lent)?;
        keep(received, args.out.as_deref(), &OwnFiles)
    })?;
    Ok(answer(outcome))
}

/// A scan is not worth its while where its file cannot be written.
fn check_folder(out: &Path) -> airlock::Result<()> {
    match out.as_os_str().as_encoded_bytes().ends_with(b"/") {
        true => files::check_folder(out),
        false => files::check_folder(files::folder(out)),
    }
}

fn answer(outcome: Outcome) -> Answer {
    Answer { lines: outcome.lines, json: outcome.json }
}
