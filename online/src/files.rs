//! Reading within bounds, and writing that is whole or not there.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use airlock::bundle::limits;
use airlock::text::Printable;
use airlock::{Error, Result};
use tempfile::NamedTempFile;

use crate::error::{CANNOT_READ, CANNOT_WRITE, EXISTS, NO_FOLDER, TOO_LARGE};

/// Reads a regular file of at most 32 MiB.
///
/// # Errors
/// [`CANNOT_READ`] or [`TOO_LARGE`].
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |why: &str| CANNOT_READ.error(format!("cannot read {}: {why}", shown(path)));
    let file = File::open(path).map_err(|e| unreadable(&e.to_string()))?;
    let metadata = file.metadata().map_err(|e| unreadable(&e.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("not a regular file"));
    }
    read_bounded(file, &shown(path))
}

/// Reads a stream of at most 32 MiB to its end.
///
/// # Errors
/// [`CANNOT_READ`] or [`TOO_LARGE`].
pub fn read_bounded(stream: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let beyond = u64::try_from(limits::FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    stream
        .take(beyond)
        .read_to_end(&mut bytes)
        .map_err(|e| CANNOT_READ.error(format!("cannot read {name}: {e}")))?;
    if bytes.len() > limits::FILE_BYTES {
        return Err(TOO_LARGE.error(format!("{name} has more than {} bytes", limits::FILE_BYTES)));
    }
    Ok(bytes)
}

/// Writes a new file, synced before it gets its name; does nothing where the same bytes are there already.
///
/// # Errors
/// [`EXISTS`] where something else is there, or [`CANNOT_WRITE`].
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    if check_absent_or_same(path, bytes)? {
        return Ok(());
    }
    let temporary = temporary(path, bytes)?;
    match temporary.persist_noclobber(path) {
        Ok(_) => sync_folder(path),
        Err(_) if check_absent_or_same(path, bytes)? => Ok(()),
        Err(e) => Err(unwritable(path, &e.error)),
    }
}

/// Writes a file of the program's own, in place of the one that is there.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    temporary(path, bytes)?.persist(path).map_err(|e| unwritable(path, &e.error))?;
    sync_folder(path)
}

/// True where the same bytes are there already, false where nothing is.
///
/// # Errors
/// [`EXISTS`] where something else is there.
pub fn check_absent_or_same(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(false);
    }
    match read(path) {
        Ok(found) if found == bytes => Ok(true),
        _ => Err(EXISTS.error(format!("{} is there already and says something else", shown(path)))),
    }
}

/// Refuses a folder for answers that is not there.
///
/// # Errors
/// [`NO_FOLDER`].
pub fn check_folder(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let why = if path.exists() { "is not a folder" } else { "does not exist" };
    Err(NO_FOLDER.error(format!("folder {} {why}", shown(path))))
}

/// A path as it may be shown.
pub fn shown(path: &Path) -> String {
    Printable::new(&path.to_string_lossy()).to_string()
}

/// A synced file without its name yet, readable for its owner only.
fn temporary(path: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let write = || -> std::io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(folder(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|e| unwritable(path, &e))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> Result<()> {
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(|e| unwritable(path, &e))
}

/// The error's kind only: its text would name the temporary file.
fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    CANNOT_WRITE.error(format!("cannot write {}: {}", shown(path), error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_overwrites_a_file_that_says_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_new(&path, b"one").unwrap();
        write_new(&path, b"one").unwrap();
        assert_eq!(write_new(&path, b"two").unwrap_err().code(), &EXISTS);
        assert_eq!(read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn does_not_follow_a_link_that_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("target"), &path).unwrap();
        assert_eq!(write_new(&path, b"x").unwrap_err().code(), &EXISTS);
        assert!(!folder.path().join("target").exists());
    }

    #[test]
    fn reads_neither_folders_nor_files_beyond_the_limit() {
        assert_eq!(read(Path::new("/")).unwrap_err().code(), &CANNOT_READ);
        assert_eq!(read_bounded(std::io::repeat(0), "zeros").unwrap_err().code(), &TOO_LARGE);
    }
}
