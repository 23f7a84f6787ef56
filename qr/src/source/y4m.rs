//! YUV4MPEG2, the uncompressed film that ffmpeg writes and reads; only its brightness is looked at.

use std::io::BufRead;

use airlock::Result;

use super::Frames;
use crate::gray::Gray;

/// A film in Y4M on a reader.
#[derive(Debug)]
pub struct Y4m<R> {
    #[expect(dead_code, reason = "to come")]
    reader: R,
}

impl<R: BufRead> Y4m<R> {
    /// Reads the film's header.
    ///
    /// # Errors
    /// [`DAMAGED`](super::DAMAGED), [`SIZE`](crate::gray::SIZE), [`UNREADABLE`](super::UNREADABLE).
    pub fn new(reader: R) -> Result<Self> {
        Ok(Self { reader })
    }
}

impl<R: BufRead> Frames for Y4m<R> {
    fn next(&mut self) -> Result<Option<Gray>> {
        Ok(None)
    }
}
