//! A file with one picture or many: PNG, APNG, GIF, JPEG or Y4M, told by its first bytes.

use std::io::Cursor;

use airlock::Result;

use super::gif::Gif;
use super::png::Png;
use super::y4m::Y4m;
use super::{DAMAGED, Frames, TOO_MUCH, jpeg};
use crate::gray::Gray;

/// Most bytes of such a file.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;

/// The pictures in these bytes of a file.
///
/// # Errors
/// [`TOO_MUCH`] above [`FILE_BYTES`], [`DAMAGED`] when it is none of these or damaged at its beginning,
/// [`SIZE`](crate::gray::SIZE).
pub fn open(bytes: Vec<u8>) -> Result<Box<dyn Frames>> {
    if bytes.len() > FILE_BYTES {
        return Err(TOO_MUCH.error(format!("the file has {} bytes; allowed are {FILE_BYTES}", bytes.len())));
    }
    match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => Ok(Box::new(Png::new(bytes)?)),
        [b'G', b'I', b'F', b'8', ..] => Ok(Box::new(Gif::new(bytes)?)),
        [0xff, 0xd8, ..] => Ok(Box::new(Still(Some(jpeg::decode(&bytes)?)))),
        [b'Y', b'U', b'V', b'4', ..] => Ok(Box::new(Y4m::new(Cursor::new(bytes))?)),
        _ => Err(DAMAGED.error("the file is no PNG, GIF, JPEG or Y4M")),
    }
}

/// One picture.
struct Still(Option<Gray>);

impl Frames for Still {
    fn next(&mut self) -> Result<Option<Gray>> {
        Ok(self.0.take())
    }
}
