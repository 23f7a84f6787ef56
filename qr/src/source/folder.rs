//! A folder of pictures, in the order of their names: `frame2.png` before `frame10.png`.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use airlock::Result;

use super::picture::{self, FILE_BYTES};
use super::{Frames, TOO_MUCH, unreadable};
use crate::gray::Gray;

/// Most files of a folder.
pub const FILES: usize = 10_000;

/// The pictures of a folder. What is no regular file, no picture, or a damaged one, is passed over and counted: other frames
/// of the transfer may suffice.
pub struct Folder {
    files: VecDeque<PathBuf>,
    open: Option<Box<dyn Frames>>,
    passed_over: usize,
}

impl Folder {
    /// Lists the folder.
    ///
    /// # Errors
    /// [`UNREADABLE`](super::UNREADABLE), [`TOO_MUCH`].
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error| unreadable("the folder", &error);
        let mut files = Vec::new();
        let mut passed_over = 0_usize;
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_file() {
                files.push(entry.path());
            } else {
                passed_over = passed_over.saturating_add(1);
            }
            if files.len().max(passed_over) > FILES {
                return Err(TOO_MUCH.error(format!("the folder has more than {FILES} files")));
            }
        }
        files.sort_by_cached_key(|path| order(&path.to_string_lossy()));
        Ok(Self { files: files.into(), open: None, passed_over })
    }
}

impl Frames for Folder {
    fn next(&mut self) -> Result<Option<Gray>> {
        loop {
            match self.open.as_mut().map(|frames| frames.next()) {
                Some(Ok(Some(frame))) => return Ok(Some(frame)),
                Some(Err(_)) => self.passed_over = self.passed_over.saturating_add(1),
                Some(Ok(None)) | None => {}
            }
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            self.open = read(&path).and_then(picture::open).ok();
            if self.open.is_none() {
                self.passed_over = self.passed_over.saturating_add(1);
            }
        }
    }

    /// Entries that held no picture that could be read.
    fn passed_over(&self) -> usize {
        self.passed_over
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| unreadable("a file of the folder", &error);
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Texts and the numbers between them, so that numbers compare as numbers.
fn order(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0_u64)];
    let mut in_number = false;
    for character in name.chars() {
        if !character.is_ascii_digit() && in_number {
            parts.push((String::new(), 0));
        }
        in_number = character.is_ascii_digit();
        let Some((text, number)) = parts.last_mut() else { continue };
        match character.to_digit(10) {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(u64::from(digit)),
            None => text.push(character),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["f10.png", "f9.png", "a.png", "f9b.png", "f010c.png"];
        names.sort_by_cached_key(|name| order(name));
        assert_eq!(names, ["a.png", "f9.png", "f9b.png", "f10.png", "f010c.png"]);
    }
}
