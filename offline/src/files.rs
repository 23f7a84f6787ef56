//! Reading within bounds and only what is a regular file; writing that is whole or not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use airlock::bundle::limits;
use airlock::text::Printable;
use airlock::{Error, Result};
use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::error::{CANNOT_READ, CANNOT_WRITE, EXISTS, NOT_REGULAR, TOO_LARGE};

/// Begins the names of files that are not whole yet, so that leftovers can be found.
pub const UNFINISHED: &str = ".airlock-unfinished-";

/// Reads a regular file of at most 32 MiB: no link is followed, no pipe or device waited for.
///
/// # Errors
/// [`CANNOT_READ`], [`NOT_REGULAR`] or [`TOO_LARGE`].
pub fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let (file, size) = open_regular(path, limits::FILE_BYTES)?;
    let mut bytes = Vec::with_capacity(size);
    take(&file, limits::FILE_BYTES, &mut bytes, path)?;
    Ok(bytes)
}

/// Opens a regular file that is not larger than `limit` and gives its size.
pub(crate) fn open_regular(path: &Path, limit: usize) -> Result<(File, usize)> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file =
        OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(
            |e| match fs::symlink_metadata(path) {
                Ok(found) if !found.is_file() => not_regular(path),
                Ok(_) | Err(_) => unreadable(path, &e),
            },
        )?;
    let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
    if !metadata.is_file() {
        return Err(not_regular(path));
    }
    match usize::try_from(metadata.len()) {
        Ok(size) if size <= limit => Ok((file, size)),
        _ => Err(too_large(path, limit)),
    }
}

/// Reads to the end, at most `limit` bytes: a file can grow while it is read.
fn take(file: &File, limit: usize, bytes: &mut Vec<u8>, path: &Path) -> Result<()> {
    let beyond = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(beyond).read_to_end(bytes).map_err(|e| unreadable(path, &e))?;
    if bytes.len() > limit { Err(too_large(path, limit)) } else { Ok(()) }
}

/// Writes a new file, synced before it gets its name; does nothing where the same bytes are there already.
///
/// # Errors
/// [`EXISTS`] where something else is there, or [`CANNOT_WRITE`].
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    if check_absent_or_same(path, bytes)? {
        return Ok(());
    }
    match unnamed(path, |file| file.write_all(bytes))?.persist_noclobber(path) {
        Ok(_) => sync_folder(path),
        Err(_) if check_absent_or_same(path, bytes)? => Ok(()),
        Err(e) => Err(unwritable(path, &e.error)),
    }
}

/// As [`write_new`], for what does not fit into memory and must not be there yet.
///
/// # Errors
/// [`EXISTS`], [`CANNOT_WRITE`].
pub fn write_new_by(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
    match unnamed(path, write)?.persist_noclobber(path) {
        Ok(_) => sync_folder(path),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => {
            Err(EXISTS.error(format!("{} is there already", shown(path))))
        }
        Err(e) => Err(unwritable(path, &e.error)),
    }
}

/// Writes a file of the program's own in place of the one that is there, if any: the old one or the new one is found
/// after a crash, never a part.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    replace_by(path, |file| file.write_all(bytes))
}

/// As [`replace`], for what does not fit into memory.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
    unnamed(path, write)?.persist(path).map_err(|e| unwritable(path, &e.error))?;
    sync_folder(path)
}

/// Removes a file.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|e| unwritable(path, &e))
}

/// True where the same bytes are there already, false where nothing is.
///
/// # Errors
/// [`EXISTS`] where something else is there.
pub fn check_absent_or_same(path: &Path, bytes: &[u8]) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(unwritable(path, &e)),
        Ok(_) if read_bounded(path).is_ok_and(|found| found == bytes) => Ok(true),
        Ok(_) => Err(EXISTS.error(format!("{} is there already and says something else", shown(path)))),
    }
}

/// A path as it may be shown.
pub fn shown(path: &Path) -> String {
    Printable::from_bytes(path.as_os_str().as_encoded_bytes()).to_string()
}

/// A synced file without its name yet, readable for its owner only.
fn unnamed(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<NamedTempFile> {
    let write_all = || -> std::io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder(path))?;
        write(file.as_file_mut())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write_all().map_err(|e| unwritable(path, &e))
}

/// The folder that a path lies in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> Result<()> {
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(|e| unwritable(path, &e))
}

/// Makes a folder, if it is not there, for its owner only.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn create_folder(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| CANNOT_WRITE.error(format!("cannot create {}: {e}", shown(path))))
}

/// Refuses a folder that is none, before anybody is asked for anything.
///
/// # Errors
/// [`CANNOT_WRITE`].
pub fn check_folder(path: &Path) -> Result<()> {
    if path.is_dir() { Ok(()) } else { Err(no_folder(path)) }
}

fn no_folder(path: &Path) -> Error {
    CANNOT_WRITE.error(format!("folder {} does not exist", shown(path)))
}

fn not_regular(path: &Path) -> Error {
    NOT_REGULAR.error(format!("{} is not a regular file", shown(path)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    CANNOT_READ.error(format!("cannot read {}: {error}", shown(path)))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    if !folder(path).is_dir() {
        return no_folder(folder(path));
    }
    // Errors that carry a path of their own name the unfinished file, which says nothing to anybody.
    match error.raw_os_error() {
        Some(_) => CANNOT_WRITE.error(format!("cannot write {}: {error}", shown(path))),
        None => CANNOT_WRITE.error(format!("cannot write {}: {}", shown(path), error.kind())),
    }
}

fn too_large(path: &Path, limit: usize) -> Error {
    TOO_LARGE.error(format!("{} has more than {limit} bytes", shown(path)))
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
        assert_eq!(read_bounded(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no unfinished file is left");
    }

    #[test]
    fn refuses_fifo_symlink_device_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link, pipe) =
            (folder.path().join("real"), folder.path().join("link"), folder.path().join("pipe"));
        fs::write(&real, b"x").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        assert_eq!(read_bounded(&real).unwrap(), b"x");
        for path in [&*link, &*pipe, Path::new("/dev/zero"), folder.path()] {
            assert_eq!(read_bounded(path).unwrap_err().code(), &NOT_REGULAR, "{}", path.display());
        }
        let absent = read_bounded(&folder.path().join("absent")).unwrap_err();
        assert_eq!(absent.code(), &CANNOT_READ);
    }

    #[test]
    fn does_not_write_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("target"), &path).unwrap();
        assert_eq!(write_new(&path, b"x").unwrap_err().code(), &EXISTS);
        assert!(!folder.path().join("target").exists());
    }

    #[test]
    fn refuses_a_file_over_the_limit_without_reading_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let file = File::create(&path).unwrap();
        file.set_len(limits::FILE_BYTES as u64 + 1).unwrap();
        assert_eq!(read_bounded(&path).unwrap_err().code(), &TOO_LARGE);
        file.set_len(limits::FILE_BYTES as u64).unwrap();
        assert_eq!(read_bounded(&path).unwrap().len(), limits::FILE_BYTES);
    }

    #[test]
    fn shows_hostile_names_as_escapes() {
        assert_eq!(shown(Path::new("a\u{1b}[2J")), "a\\u{1b}[2J");
    }
}
