//! Files that cross the gap as QR codes: what this half lends to `airlock_qr`, and a file that arrives before a command.

use std::fs::File;
use std::io::{BufReader, empty};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::qr::{Kind, Profile};
use airlock_qr::command::{Eye, Files, Lent, NO_TERMINAL, Written, keep, scan, show_also};
use airlock_qr::source::Source;

use crate::error::Failure;
use crate::sandbox::{Access, Folders};
use crate::{Streams, files};

/// What a command can read that is reviewed or signed.
pub const TO_REVIEW: &[Kind] = &[Kind::Psbt, Kind::Json];

/// What a command wants to read from codes.
#[derive(Debug)]
pub struct Arrival {
    /// Where the codes come from.
    pub source: Source,
    /// What is taken; anything where nothing is named.
    pub kinds: &'static [Kind],
    /// The folder or file that it becomes; without, a file in the current folder.
    pub out: Option<PathBuf>,
}

/// The arguments of a command that can read its file from codes.
pub trait TakesCodes {
    /// What is to be read from codes, if anything is.
    fn arrival(&self) -> Option<Arrival>;

    /// It came as this file.
    fn arrived(&mut self, path: PathBuf);

    /// Whether the command itself reads stdin.
    fn reads_stdin(&self) -> bool {
        false
    }
}

impl Arrival {
    /// The places that reading the codes and writing the file need.
    pub fn folders(&self, folders: Folders) -> Folders {
        let folders = with_source(folders, &self.source);
        let out = match &self.out {
            Some(out) if out.is_dir() => out.as_path(),
            Some(out) => files::folder(out),
            None => Path::new("."),
        };
        folders.with(out, Access::Write)
    }
}

/// With the places from which codes are read. The camera is open before: only its requests are needed.
pub fn with_source(folders: Folders, source: &Source) -> Folders {
    let folders = match source {
        Source::Camera(_) => folders.with_camera(),
        Source::Pictures(_) | Source::Film | Source::Raw(..) | Source::Lines => folders,
    };
    match source.place() {
        Some(path) if path.is_dir() => folders.with(path, Access::Read),
        Some(path) => folders.with(path, Access::File),
        None => folders,
    }
}

/// Reads the codes, writes the file and gives its path.
///
/// # Errors
/// As [`scan`] and [`keep`].
pub fn arrive(eye: Eye, arrival: &Arrival, streams: &mut Streams<'_>) -> Result<PathBuf> {
    let (path, outcome) = lend(streams, |lent| {
        let received = scan(eye, arrival.kinds, None, lent)?;
        keep(received, arrival.out.as_deref(), &OwnFiles)
    })?;
    for line in outcome.lines {
        let _ = writeln!(streams.stderr, "{line}");
    }
    Ok(path)
}

/// A failure of the command behind a file that arrived: that file was written all the same.
pub fn after_arrival(failure: Failure) -> Failure {
    let state = failure.state.replace("Nothing was written.", "Nothing else was written.");
    Failure { state, ..failure }
}

/// Refuses `--qr` where there is no terminal, before anything is done.
///
/// # Errors
/// [`NO_TERMINAL`].
pub fn check_terminal(streams: &Streams<'_>) -> Result<()> {
    match streams.screen.terminal() {
        Some(_) => Ok(()),
        None => Err(NO_TERMINAL.error("there is no terminal to show codes on")),
    }
}

/// Shows the files that a command wrote.
///
/// # Errors
/// As [`show_also`].
pub fn show_all(written: &[Written], profile: Profile, streams: &mut Streams<'_>) -> Result<()> {
    lend(streams, |lent| written.iter().try_for_each(|file| show_also(file, profile, lent).map(drop)))
}

/// Does something with all that this half lends.
///
/// # Errors
/// Those of `work`.
pub fn lend<T>(streams: &mut Streams<'_>, work: impl FnOnce(&mut Lent<'_>) -> Result<T>) -> Result<T> {
    let terminal = streams.screen.terminal();
    // A descriptor of its own: the buffer of `std::io::stdin` would never be wiped.
    let stdin = BorrowedFd::try_clone_to_owned(&rustix::stdio::stdin()).map(File::from);
    let mut nothing = empty();
    let mut lines = stdin.map(BufReader::new);
    let stdin = match &mut lines {
        Ok(lines) => lines as &mut dyn std::io::BufRead,
        Err(_) => &mut nothing,
    };
    work(&mut Lent { stdin, stderr: streams.stderr, terminal, files: &OwnFiles })
}

/// Files as this half reads and writes them.
pub struct OwnFiles;

impl Files for OwnFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        files::read_bounded(path)
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        files::write_new(path, bytes)
    }
}
