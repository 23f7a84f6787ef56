//! Files that cross the gap as QR codes: what this half lends to `airlock_qr`, and a file that arrives before a command.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use airlock::Result;
use airlock::qr::{Kind, Profile};
use airlock_qr::cli::FromQr;
use airlock_qr::command::{Eye, Files, Lent, NO_TERMINAL, Written, keep, scan, show_also};
use rustix::termios::tcgetattr;

use crate::{Streams, files};

/// Reads the file that a command takes from codes, where it does, and gives its path instead of `named`.
///
/// # Errors
/// As [`scan`] and [`keep`].
pub fn arrive(
    from: &FromQr,
    kinds: &[Kind],
    named: Option<&Path>,
    out: Option<&Path>,
    streams: &mut Streams<'_>,
) -> Result<PathBuf> {
    let Some(source) = &from.source else { return Ok(named.unwrap_or(Path::new("")).to_path_buf()) };
    let eye = Eye::open(source.clone())?;
    let (path, outcome) = {
        let mut lent = lend(streams);
        keep(scan(eye, kinds, None, &mut lent)?, out, &OwnFiles)?
    };
    for line in outcome.lines {
        // Nobody reads along any more; the file is there.
        let _gone = writeln!(streams.stderr, "{line}");
    }
    Ok(path)
}

/// Refuses `--qr` where there is no terminal, before anything is done.
///
/// # Errors
/// [`NO_TERMINAL`].
pub fn check_terminal() -> Result<()> {
    match terminal() {
        Some(_) => Ok(()),
        None => Err(NO_TERMINAL.error("there is no terminal to show codes on")),
    }
}

/// Shows a file that a command wrote.
///
/// # Errors
/// As [`show_also`].
pub fn show(written: &Written, profile: Profile, streams: &mut Streams<'_>) -> Result<()> {
    show_also(written, profile, &mut lend(streams)).map(drop)
}

/// All that this half lends.
pub fn lend<'a>(streams: &'a mut Streams<'_>) -> Lent<'a> {
    Lent { stdin: &mut *streams.stdin, stderr: &mut *streams.stderr, terminal: terminal(), files: &OwnFiles }
}

/// The controlling terminal, by its own name: pipes on stdin and stdout change nothing.
fn terminal() -> Option<File> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    tcgetattr(&terminal).ok()?;
    Some(terminal)
}

/// Files as this half reads and writes them.
#[derive(Debug)]
pub struct OwnFiles;

impl Files for OwnFiles {
    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        files::read(path)
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        files::write_new(path, bytes)
    }
}
