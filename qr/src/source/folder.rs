//! A folder of pictures, in the order of their names.

use std::path::Path;

use airlock::Result;

use super::Frames;
use crate::gray::Gray;

/// Most files of a folder.
pub const FILES: usize = 10_000;

/// The pictures of a folder. Files of other kinds are passed over.
#[derive(Debug)]
pub struct Folder {}

impl Folder {
    /// Lists the folder.
    ///
    /// # Errors
    /// [`UNREADABLE`](super::UNREADABLE), [`TOO_MUCH`](super::TOO_MUCH).
    pub fn open(_path: &Path) -> Result<Self> {
        Ok(Self {})
    }
}

impl Frames for Folder {
    fn next(&mut self) -> Result<Option<Gray>> {
        Ok(None)
    }
}
