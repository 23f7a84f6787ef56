//! What is wrong with a journal, and how a treasury goes on all the same: by a typed sentence that the journal keeps.
//!
//! Nothing is deleted: a torn line, or a damaged journal, is put aside under another name in the same folder. A torn
//! line is taken out by writing the journal anew beside the old one, so that a crash leaves the one or the other.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use airlock::bundle::JournalHead;
use airlock::time::Moment;
use airlock::{Error, Result};
use bitcoin::hashes::{Hash, sha256};

use super::append::{check_same, lock, unwritable};
use super::chain::unreadable;
use super::record::Record;
use super::{BUSY, Chain, DAMAGED, Event, MISSING, NOT_AUTHENTIC, first_line};
use crate::error::EXISTS;
use crate::files;
use crate::home::Home;
use crate::sentence::Hurdle;
use crate::vault::Vault;

/// What keeps a journal from being used, as far as it can be mended.
#[derive(Clone, Debug)]
pub enum Ailment {
    /// There is none, or an empty one.
    Lost(Error),
    /// It is not a chain of this vault's records.
    Damaged(Error),
    /// The last line is not whole.
    Torn {
        /// Its number.
        line: usize,
        /// How much of it is there.
        bytes: u64,
        /// How a signing run ends by it.
        error: Error,
    },
}

/// A journal that can be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// Its head, the record of the mending included.
    pub head: JournalHead,
    /// Where the piece or the damaged journal lies now.
    pub aside: Option<PathBuf>,
}

/// Finds out what is wrong with the journal; none where nothing is.
///
/// # Errors
/// What cannot be mended here: a journal that cannot be read, is no file, or is beyond the limits.
pub fn examine(home: &Home, vault: &Vault) -> Result<Option<Ailment>> {
    let looked = Chain::read(home).and_then(|chain| {
        chain.check_seals(vault)?;
        Ok(chain)
    });
    match looked {
        Ok(chain) => Ok(chain.check_whole().err().map(|error| Ailment::Torn {
            line: chain.count().saturating_add(1),
            bytes: chain.torn(),
            error,
        })),
        Err(e) if e.code() == &MISSING => Ok(Some(Ailment::Lost(e))),
        Err(e) if e.code() == &DAMAGED || e.code() == &NOT_AUTHENTIC => Ok(Some(Ailment::Damaged(e))),
        Err(e) => Err(e),
    }
}

impl Ailment {
    /// What a person reads, and types to go on.
    pub fn hurdle(&self) -> Hurdle {
        let begun_anew = "The new journal knows nothing of what was signed before: the limits of the day begin at zero, a \
                          second payment of the same coin is not noticed, and the policy must be accepted again.";
        let (what, error, lines, sentence) = match self {
            Self::Torn { line, bytes, error } => (
                "torn-line",
                error,
                vec![
                    format!("Line {line} of the journal is torn: {bytes} bytes without an end."),
                    "It is put aside in the home folder, and the journal notes that you did so.".to_owned(),
                    "If a bundle was signed and carried away with this line, the online half will say so: its head is lost."
                        .to_owned(),
                ],
                format!("put torn line {line} aside"),
            ),
            Self::Lost(error) => (
                "journal-lost",
                error,
                vec![error.what().to_owned(), begun_anew.to_owned()],
                "begin a new journal without the old records".to_owned(),
            ),
            Self::Damaged(error) => (
                "journal-damaged",
                error,
                vec![
                    error.to_string(),
                    "The damaged journal is put aside in the home folder.".to_owned(),
                    begun_anew.to_owned(),
                ],
                "put the damaged journal aside and begin a new one".to_owned(),
            ),
        };
        Hurdle { error: error.clone(), lines, sentence, what, head: None }
    }
}

/// Mends the journal after the person typed the sentence of [`Ailment::hurdle`].
///
/// # Errors
/// Where another run changed the journal meanwhile, and what writing can meet; then the journal is as it was, or
/// missing where a damaged one is aside already.
pub fn mend(
    home: &Home,
    vault: &Vault,
    ailment: &Ailment,
    fingerprints: Vec<String>,
    now: Moment,
) -> Result<Mended> {
    let typed = ailment.hurdle().sentence;
    match ailment {
        Ailment::Torn { .. } => put_tail_aside(home, vault, typed, now),
        Ailment::Lost(error) => {
            // Somebody can put the lost one back while the sentence is typed.
            if fs::symlink_metadata(home.journal()).is_ok_and(|found| found.len() > 0) {
                return Err(BUSY.error("there is a journal now"));
            }
            match fs::remove_file(home.journal()) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(unwritable(&home.journal(), &e)),
                Ok(()) | Err(_) => {}
            }
            let head = begin(home, vault, fingerprints, note("journal-lost", typed, error.what()), now)?;
            Ok(Mended { head, aside: None })
        }
        Ailment::Damaged(error) => {
            let aside = home.folder().join(format!("journal.damaged-{}", now.to_unix()));
            if fs::symlink_metadata(&aside).is_ok() {
                return Err(EXISTS.error(format!("{} is there already", files::shown(&aside))));
            }
            fs::rename(home.journal(), &aside).map_err(|e| unwritable(&aside, &e))?;
            let head = begin(home, vault, fingerprints, note("journal-damaged", typed, error.what()), now)?;
            Ok(Mended { head, aside: Some(aside) })
        }
    }
}

fn note(what: &str, typed: String, found: &str) -> Event {
    Event::Overridden { about: vec![found.to_owned()], head: None, text: typed, what: what.to_owned() }
}

/// A journal of two records: its founding, and why it was begun anew.
fn begin(
    home: &Home,
    vault: &Vault,
    fingerprints: Vec<String>,
    why: Event,
    now: Moment,
) -> Result<JournalHead> {
    let founding = first_line(vault, fingerprints, now)?;
    let note = Record::seal(why, 2, JournalHead::of(&founding), now, vault)?;
    files::write_new(&home.journal(), &[founding, note.clone()].concat())?;
    Ok(JournalHead::of(&note))
}

fn put_tail_aside(home: &Home, vault: &Vault, typed: String, now: Moment) -> Result<Mended> {
    let path = home.journal();
    let writer = lock(&path)?;
    let chain = Chain::read(home)?;
    check_same(&writer, &chain)?;
    chain.check_seals(vault)?;
    let tail = tail(&chain)?;
    let (line, hash) = (chain.count().saturating_add(1), sha256::Hash::hash(&tail).to_string());
    let aside = home.folder().join(format!("journal.torn-{line}-{}", hash.get(..8).unwrap_or_default()));
    files::write_new(&aside, &tail)?;
    let found = format!("{} bytes of line {line}, SHA-256 {hash}", tail.len());
    let number = u64::try_from(line).unwrap_or(u64::MAX);
    // A clock that jumped is asked about by the next command that signs or records; mending does not answer for it.
    let time = if chain.check_jump(now).is_ok() { chain.now(now) } else { chain.last_time() };
    let note = Record::seal(note("torn-line", typed, &found), number, chain.head(), time, vault)?;
    chain.check_next(&note)?;
    files::replace_by(&path, |to| {
        chain.copy_to(to)?;
        to.write_all(&note)
    })?;
    Ok(Mended { head: JournalHead::of(&note), aside: Some(aside) })
}

fn tail(chain: &Chain) -> Result<Vec<u8>> {
    let mut tail = vec![0; usize::try_from(chain.torn()).unwrap_or_default()];
    chain.file.read_exact_at(&mut tail, chain.length).map_err(|e| unreadable(&chain.path, &e))?;
    Ok(tail)
}
