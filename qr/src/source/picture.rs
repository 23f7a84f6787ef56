//! A file with one picture or many: PNG, APNG, GIF, JPEG or Y4M, told by its first bytes.

use airlock::Result;

use super::{DAMAGED, Frames};

/// Most bytes of such a file.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;

/// The pictures in these bytes of a file.
///
/// # Errors
/// [`TOO_MUCH`](super::TOO_MUCH) above [`FILE_BYTES`], [`DAMAGED`] when it is none of these or damaged at its beginning.
pub fn open(_bytes: Vec<u8>) -> Result<Box<dyn Frames>> {
    Err(DAMAGED.error("to come"))
}
