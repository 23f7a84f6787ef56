//! The journal with its seals checked, and the one way to add to it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Deref;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock::bundle::{JournalHead, limits};
use airlock::time::Moment;
use airlock::{Error, Result};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::record::has_seal;
use super::{BUSY, Chain, Event, FULL, NOT_AUTHENTIC, Record};
use crate::error::CANNOT_WRITE;
use crate::files;
use crate::home::Home;
use crate::vault::Vault;

/// How long another run is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the other run has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// A journal in which every record carries the vault's seal.
pub struct Journal {
    chain: Chain,
    /// Where records are written, locked for this run alone.
    writer: Option<File>,
}

/// What the chain says is said by the journal too.
impl Deref for Journal {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.chain
    }
}

/// The first line of a new vault's journal, its founding.
///
/// # Errors
/// Never for the fingerprints of a vault.
pub(super) fn first_line(vault: &Vault, fingerprints: Vec<String>, now: Moment) -> Result<Vec<u8>> {
    Record::seal(Event::Founded { fingerprints }, 1, JournalHead::of(b""), now, vault)
}

/// The first lines of a new vault's journal, its founding and its first policy, as [`crate::files::write_new`] takes
/// them.
///
/// # Errors
/// Never for the fingerprints of a vault.
pub fn first_lines(
    vault: &Vault,
    fingerprints: Vec<String>,
    policy_sha256: String,
    now: Moment,
) -> Result<Vec<u8>> {
    let mut lines = first_line(vault, fingerprints, now)?;
    let accepted = Event::PolicyAccepted { sha256: policy_sha256 };
    lines.extend(Record::seal(accepted, 2, JournalHead::of(&lines), now, vault)?);
    Ok(lines)
}

impl Chain {
    /// Demands that the journal is whole and that every record carries the seal of this vault.
    ///
    /// # Errors
    /// [`super::TORN`], [`NOT_AUTHENTIC`].
    pub fn authenticate(self, vault: &Vault) -> Result<Journal> {
        self.check_whole()?;
        self.check_seals(vault)?;
        Ok(Journal { chain: self, writer: None })
    }

    pub(super) fn check_seals(&self, vault: &Vault) -> Result<()> {
        self.for_each_line(|_, line| match has_seal(line, vault) {
            true => Ok(()),
            false => Err(NOT_AUTHENTIC.error("it does not carry the seal of this vault")),
        })
    }
}

impl Journal {
    /// Reads the journal and keeps every other run from writing it until this value is dropped: what is judged by it
    /// is still so when the record is written. Another run is waited for, 10 seconds at most.
    ///
    /// # Errors
    /// [`BUSY`], and as [`Chain::read`] and [`Chain::authenticate`].
    pub fn open(home: &Home, vault: &Vault) -> Result<Self> {
        let path = home.journal();
        let begun = Instant::now();
        let writer = loop {
            match lock(&path) {
                Ok(writer) => break writer,
                Err(e) if e.code() == &BUSY && begun.elapsed() < PATIENCE => sleep(PAUSE),
                // What is missing or no file is told in the reader's words.
                Err(e) => return Err(Chain::read(home).err().unwrap_or(e)),
            }
        };
        let chain = Chain::read(home)?;
        check_same(&writer, &chain)?;
        let mut journal = chain.authenticate(vault)?;
        journal.writer = Some(writer);
        Ok(journal)
    }

    /// Writes a record behind the others and syncs it: one write. Afterwards it is on the disk, or the journal is as it
    /// was; where even that fails, the error says so.
    ///
    /// # Errors
    /// [`BUSY`] where another run wrote since this journal was read, [`FULL`], [`CANNOT_WRITE`].
    pub fn append(&mut self, vault: &Vault, event: Event, now: Moment) -> Result<JournalHead> {
        let chain = &mut self.chain;
        let number = u64::try_from(chain.count()).unwrap_or(u64::MAX).saturating_add(1);
        let line = Record::seal(event, number, chain.head(), chain.now(now), vault)?;
        let size = usize::try_from(chain.length).unwrap_or(usize::MAX).saturating_add(line.len());
        if size > limits::JOURNAL_BYTES || chain.count() >= limits::JOURNAL_RECORDS {
            return Err(FULL.error(format!(
                "the journal has {} records and {} bytes",
                chain.count(),
                chain.length
            )));
        }
        let record = chain.check_next(&line)?;
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => {
                let writer = lock(&chain.path)?;
                check_same(&writer, chain)?;
                writer
            }
        };
        let writer = self.writer.insert(writer);
        write_line(writer, &line, chain.length, &chain.path)?;
        chain.take(record, &line);
        Ok(chain.head())
    }
}

/// Opens the journal for writing, for this run alone.
pub(super) fn lock(path: &Path) -> Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file =
        OpenOptions::new().append(true).custom_flags(flags).open(path).map_err(|e| unwritable(path, &e))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(BUSY.error("another run is writing the journal")),
        Err(e) => Err(unwritable(path, &e.into())),
    }
}

/// Demands that the file to be written is the one that was read, still as long, and still lies at its place.
pub(super) fn check_same(writer: &File, chain: &Chain) -> Result<()> {
    let found = || -> std::io::Result<[fs::Metadata; 3]> {
        Ok([chain.file.metadata()?, writer.metadata()?, fs::symlink_metadata(&chain.path)?])
    };
    let [read, opened, named] = found().map_err(|e| unwritable(&chain.path, &e))?;
    let is_same = [opened, named].iter().all(|found| {
        (found.dev(), found.ino(), found.len())
            == (read.dev(), read.ino(), chain.length.saturating_add(chain.torn()))
    });
    if is_same { Ok(()) } else { Err(BUSY.error("another run wrote the journal meanwhile")) }
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    CANNOT_WRITE.error(format!("cannot write {}: {error}", files::shown(path)))
}

/// One write and a sync; what was written of a line that cannot be finished is taken back.
pub(super) fn write_line(file: &mut File, line: &[u8], length: u64, path: &Path) -> Result<()> {
    let written = file.write_all(line).and_then(|()| file.sync_data());
    written.map_err(|e| {
        let failed = unwritable(path, &e);
        match file.set_len(length).and_then(|()| file.sync_data()) {
            Ok(()) => failed,
            Err(e) => torn(&failed, &e),
        }
    })
}

fn torn(failed: &Error, error: &std::io::Error) -> Error {
    let what = format!("{}; a piece of the record may be left: {error}", failed.what());
    CANNOT_WRITE.error(what).with_next(
        "Make space or mend the disk, then look with `airlock-offline journal verify`; `airlock-offline journal repair` \
         puts a piece aside.",
    )
}
