//! Gray frames of a known size without any header, for a program that fills a pipe:
//! `ffmpeg -f v4l2 -i /dev/video0 -f rawvideo -pix_fmt gray -`.

use std::io::{self, Read};

use airlock::Result;

use super::{Frames, unreadable};
use crate::gray::{BYTES, Gray};

/// Raw gray frames on a reader.
#[derive(Debug)]
pub struct Raw<R> {
    reader: R,
    width: usize,
    height: usize,
    count: usize,
}

impl<R: Read> Raw<R> {
    /// Frames of this size.
    ///
    /// # Errors
    /// [`SIZE`](crate::gray::SIZE) for a size that is not read.
    pub fn new(reader: R, width: usize, height: usize) -> Result<Self> {
        let count = Gray::count(width, height)?;
        Ok(Self { reader, width, height, count })
    }
}

impl<R: Read> Frames for Raw<R> {
    fn next(&mut self) -> Result<Option<Gray>> {
        let mut pixels = vec![0; self.count];
        match fill(&mut self.reader, &mut pixels)
            .map_err(|error| unreadable("the stream of frames", &error))?
        {
            0 => Ok(None),
            read if read == self.count => Gray::new(self.width, self.height, pixels).map(Some),
            read => Err(BYTES.error(format!(
                "the stream ends with {read} bytes; a frame of {} x {} has {}",
                self.width, self.height, self.count
            ))),
        }
    }
}

/// Reads until the buffer is full or the reader at its end; the bytes that were read.
pub(super) fn fill(reader: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let wanted = buffer.len();
    while !buffer.is_empty() {
        match reader.read(buffer) {
            Ok(0) => break,
            Ok(read) => buffer = buffer.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted.saturating_sub(buffer.len()))
}
