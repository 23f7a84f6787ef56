//! The journal as it lies on the disk: numbers and hashes checked, seals not yet. What it says is looked up here.
//!
//! Only where each record lies is kept in memory; a record is read again where it is asked for, and must be the one
//! whose hash was seen.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use airlock::bundle::{JournalHead, Spoken, limits};
use airlock::policy::Spent;
use airlock::review::Use;
use airlock::time::Moment;
use airlock::{Error, Result};

use super::lines::{Lines, Next};
use super::{DAMAGED, Event, FULL, MISSING, Record, TORN};
use crate::error::{CANNOT_READ, TOO_LARGE};
use crate::files;
use crate::home::Home;

/// A journal whose numbers, hashes and times fit together.
pub struct Chain {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// Bytes of the whole lines.
    pub(super) length: u64,
    /// Bytes behind the last whole line.
    torn: u64,
    places: Vec<Place>,
    signed: HashMap<String, usize>,
    uses: Vec<(u64, usize)>,
    is_read: bool,
    hasher: RandomState,
    overridden: Vec<usize>,
    lost_heads: Vec<JournalHead>,
    accepted_policy: Option<String>,
}

/// Where a record lies.
struct Place {
    offset: u64,
    length: usize,
    time: Moment,
    head: JournalHead,
}

/// A record and the head behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: Record,
    /// The head of the journal after it.
    pub head: JournalHead,
}

/// An earlier record that uses what a new one would use again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The record.
    pub entry: Entry,
    /// What both use, in the order in which it was asked for.
    pub uses: Vec<Use>,
}

impl Chain {
    /// Reads the journal of a home and checks that it is one chain.
    ///
    /// An incomplete last line is left to [`Chain::check_whole`].
    ///
    /// # Errors
    /// [`MISSING`], [`DAMAGED`], [`FULL`], and what opening a file can meet.
    pub fn read(home: &Home) -> Result<Self> {
        let path = home.journal();
        match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(MISSING.error(format!(
                    "there is no journal beside the vault in {}",
                    files::shown(home.folder())
                )));
            }
            Err(_) | Ok(_) => {}
        }
        let (file, size) =
            files::open_regular(&path, limits::JOURNAL_BYTES).map_err(|e| match e.code() == &TOO_LARGE {
                true => FULL.error(format!("the journal has more than {} bytes", limits::JOURNAL_BYTES)),
                false => e,
            })?;
        Self::of(path, file, u64::try_from(size).unwrap_or(u64::MAX))
    }

    pub(super) fn of(path: PathBuf, file: File, size: u64) -> Result<Self> {
        let mut chain = Self {
            path,
            file,
            length: 0,
            torn: 0,
            places: Vec::new(),
            signed: HashMap::new(),
            uses: Vec::new(),
            is_read: false,
            hasher: RandomState::new(),
            overridden: Vec::new(),
            lost_heads: Vec::new(),
            accepted_policy: None,
        };
        let mut lines = chain.lines(size)?;
        loop {
            let next = lines.read().map_err(|e| unreadable(&chain.path, &e))?;
            let number = chain.places.len().saturating_add(1);
            let damaged =
                |what: &str| DAMAGED.error(what.to_owned()).at(format!("line {number} of the journal"));
            match next {
                Next::End => break,
                Next::TooLong => return Err(damaged("it is longer than a record may be")),
                Next::Torn => {
                    chain.torn = size.saturating_sub(chain.length);
                    break;
                }
                Next::Line => {
                    if lines.line.contains(&0) && chain.length.saturating_add(length(&lines.line)) == size {
                        // Blocks that were never written read as zeros, and a line end may stand behind them.
                        chain.torn = length(&lines.line);
                        break;
                    }
                    let record = chain.check_next(&lines.line);
                    let record = record.map_err(|e| e.at(format!("line {number} of the journal")))?;
                    chain.take(record, &lines.line);
                }
            }
        }
        if chain.places.is_empty() {
            return Err(match chain.torn {
                0 => MISSING.error("the journal is empty".to_owned()),
                bytes => DAMAGED.error(format!("the journal has no whole line, only {bytes} bytes of one")),
            });
        }
        chain.uses.sort_unstable();
        chain.is_read = true;
        Ok(chain)
    }

    /// Demands that a line is the next record.
    pub(super) fn check_next(&self, line: &[u8]) -> Result<Record> {
        let expected = self.places.len().saturating_add(1);
        if expected > limits::JOURNAL_RECORDS {
            return Err(FULL.error(format!("more than {} records", limits::JOURNAL_RECORDS)));
        }
        let record = Record::decode(line)?;
        if u64::try_from(expected) != Ok(record.number) {
            return Err(DAMAGED.error(format!("it has the number {}, expected is {expected}", record.number)));
        }
        if record.previous != self.head() {
            return Err(DAMAGED.error("it does not follow the line before it"));
        }
        let last = self.last_time();
        if record.time < last {
            return Err(DAMAGED
                .error(format!("its time {} is before {last}, that of the line before it", record.time)));
        }
        if matches!(record.event, Event::Founded { .. }) != self.places.is_empty() {
            return Err(DAMAGED.error("the founding is the first record and no other"));
        }
        Ok(record)
    }

    /// Remembers where the next record lies and what it says.
    pub(super) fn take(&mut self, record: Record, line: &[u8]) {
        let index = self.places.len();
        match record.event {
            Event::Signed(signing) => {
                self.remember_uses(&signing.uses, index);
                self.signed.entry(signing.bundle).or_insert(index);
            }
            Event::PolicyAccepted { sha256 } => self.accepted_policy = Some(sha256),
            Event::Overridden { head, .. } => {
                self.overridden.push(index);
                self.lost_heads.extend(head);
            }
            Event::Founded { .. }
            | Event::Imported { .. }
            | Event::PassphraseChanged
            | Event::Drill { .. } => {}
        }
        let (offset, head) = (self.length, JournalHead::of(line));
        self.places.push(Place { offset, length: line.len(), time: record.time, head });
        self.length = self.length.saturating_add(length(line));
    }

    /// Keeps the uses in the order of their hashes once all were read: then records come one by one.
    fn remember_uses(&mut self, uses: &[Use], index: usize) {
        self.uses.extend(uses.iter().map(|used| (self.hasher.hash_one(used), index)));
        if self.is_read {
            self.uses.sort_unstable();
        }
    }

    /// The lines of the first `size` bytes, from the beginning.
    fn lines(&self, size: u64) -> Result<Lines> {
        let again = || -> io::Result<File> {
            let mut file = self.file.try_clone()?;
            file.rewind()?;
            Ok(file)
        };
        Ok(Lines::new(again().map_err(|e| unreadable(&self.path, &e))?, size))
    }

    /// Gives every whole line to `check` again, each the one that was seen before.
    pub(super) fn for_each_line(&self, mut check: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let mut lines = self.lines(self.length)?;
        for (index, place) in self.places.iter().enumerate() {
            lines.read().map_err(|e| unreadable(&self.path, &e))?;
            let number = index.saturating_add(1);
            place
                .is_this(&lines.line)
                .and_then(|()| check(index, &lines.line))
                .map_err(|e| e.at(format!("line {number} of the journal")))?;
        }
        Ok(())
    }

    /// Writes the whole lines as they are.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn copy_to(&self, to: &mut File) -> io::Result<()> {
        // Not io::copy, which copies inside the kernel by calls that the sandbox does not know.
        let mut part = vec![0; 128 * 1024];
        let mut at = 0u64;
        while at < self.length {
            let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
            let part = part.get_mut(..left.min(128 * 1024)).unwrap_or_default();
            self.file.read_exact_at(part, at)?;
            to.write_all(part)?;
            at = at.saturating_add(length(part));
        }
        Ok(())
    }

    /// Demands that the last line is whole.
    ///
    /// # Errors
    /// [`TORN`].
    pub fn check_whole(&self) -> Result<()> {
        match self.torn {
            0 => Ok(()),
            bytes => Err(TORN.error(format!(
                "line {} of the journal is not whole: {bytes} bytes behind the last record",
                self.places.len().saturating_add(1)
            ))),
        }
    }

    /// Bytes behind the last whole line: 0 in a journal that nothing happened to.
    pub fn torn(&self) -> u64 {
        self.torn
    }

    /// Records, the founding included.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The hash of the last record.
    pub fn head(&self) -> JournalHead {
        self.places.last().map_or_else(|| JournalHead::of(b""), |place| place.head)
    }

    /// What a person notes after each signing, to know the journal again.
    pub fn head_line(&self) -> String {
        let head = self.head();
        format!("journal head {} \"{}\" after record {}", head.short(), head.words().join(" "), self.count())
    }

    /// True where this head was the last one at some time, or is one whose loss a person accepted by a typed sentence.
    pub fn contains(&self, head: JournalHead) -> bool {
        self.places.iter().any(|place| place.head == head) || self.lost_heads.contains(&head)
    }

    /// The time of the last record.
    pub fn last_time(&self) -> Moment {
        self.places.last().map_or(Moment::from_unix(0), |place| place.time)
    }

    /// SHA-256, in hex, of the policy that was accepted last.
    pub fn accepted_policy(&self) -> Option<&str> {
        self.accepted_policy.as_deref()
    }

    /// The record of a number, counted from 1.
    ///
    /// # Errors
    /// [`DAMAGED`] where the file changed meanwhile or there is no such record.
    pub fn record(&self, number: usize) -> Result<Entry> {
        let index = number.checked_sub(1);
        let place = index.and_then(|index| self.places.get(index));
        let place = place.ok_or_else(|| DAMAGED.error(format!("the journal has no record {number}")))?;
        let mut line = vec![0; place.length];
        self.file.read_exact_at(&mut line, place.offset).map_err(|e| unreadable(&self.path, &e))?;
        let entry = place.is_this(&line).and_then(|()| Record::decode(&line));
        let record = entry.map_err(|e| e.at(format!("line {number} of the journal")))?;
        Ok(Entry { record, head: place.head })
    }

    /// The records with numbers from `first` on.
    pub fn records(&self, first: usize) -> impl Iterator<Item = Result<Entry>> + '_ {
        (first.max(1)..=self.count()).map(|number| self.record(number))
    }

    /// The record under which a bundle, or a PSBT by its txid, was signed before: its id in hex.
    ///
    /// # Errors
    /// As [`Chain::record`].
    pub fn signed(&self, bundle: &str) -> Result<Option<Entry>> {
        self.signed.get(bundle).map(|index| self.record(index.saturating_add(1))).transpose()
    }

    /// The records of other bundles that use the same coins, sequences or tickets, oldest first.
    ///
    /// # Errors
    /// As [`Chain::record`].
    pub fn using(&self, uses: &[Use], except: &str) -> Result<Vec<Earlier>> {
        let mut candidates: Vec<usize> = uses.iter().flat_map(|used| self.with_hash_of(used)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut earlier = Vec::new();
        for index in candidates {
            let entry = self.record(index.saturating_add(1))?;
            if let Event::Signed(signing) = &entry.record.event
                && signing.bundle != except
            {
                let theirs: std::collections::BTreeSet<&Use> = signing.uses.iter().collect();
                let both: Vec<Use> = uses.iter().filter(|used| theirs.contains(used)).cloned().collect();
                if !both.is_empty() {
                    earlier.push(Earlier { entry, uses: both });
                }
            }
        }
        Ok(earlier)
    }

    fn with_hash_of(&self, used: &Use) -> impl Iterator<Item = usize> + '_ {
        let hash = self.hasher.hash_one(used);
        let from = self.uses.partition_point(|(known, _)| *known < hash);
        self.uses.iter().skip(from).take_while(move |(known, _)| *known == hash).map(|(_, index)| *index)
    }

    /// What was spent from a moment on, that moment included; each bundle once, `except` not at all.
    ///
    /// # Errors
    /// As [`Chain::record`].
    pub fn spent_since(&self, from: Moment, except: &str) -> Result<Spent> {
        let first = self.places.partition_point(|place| place.time < from);
        let mut spent = Spent::default();
        for entry in self.records(first.saturating_add(1)) {
            if let Event::Signed(signing) = entry?.record.event
                && signing.bundle != except
            {
                signing.outgoings.iter().for_each(|outgoing| spent.add(outgoing));
            }
        }
        Ok(spent)
    }

    /// The records of what a person went on with by a typed sentence, oldest first.
    pub fn overridden(&self) -> impl Iterator<Item = Result<Entry>> + '_ {
        self.overridden.iter().map(|index| self.record(index.saturating_add(1)))
    }
}

impl Place {
    /// Demands that a line is the one that was seen here.
    fn is_this(&self, line: &[u8]) -> Result<()> {
        match JournalHead::of(line) == self.head {
            true => Ok(()),
            false => Err(DAMAGED.error("it changed while it was read")),
        }
    }
}

fn length(line: &[u8]) -> u64 {
    u64::try_from(line.len()).unwrap_or(u64::MAX)
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    CANNOT_READ.error(format!("cannot read {}: {error}", files::shown(path)))
}
