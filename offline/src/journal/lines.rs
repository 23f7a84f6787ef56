//! The lines of a file, one after the other in one buffer, none longer than a record may be.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use airlock::bundle::limits;

/// What comes next in a file.
pub(super) enum Next {
    /// A whole line, line end included, in the buffer.
    Line,
    /// Bytes without a line end, up to the end of what is read.
    Torn,
    /// A line that is longer than a record may be.
    TooLong,
    /// Nothing.
    End,
}

/// A file's lines up to a length that was measured before: what others append meanwhile is not read.
pub(super) struct Lines {
    source: io::Take<BufReader<File>>,
    /// The line that was read last.
    pub(super) line: Vec<u8>,
}

/// Bytes that are read at once.
const BUFFER: usize = 128 * 1024;

impl Lines {
    /// The lines of the first `length` bytes of a file that stands at its beginning.
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { source: BufReader::with_capacity(BUFFER, file).take(length), line: Vec::new() }
    }

    /// Reads the next line into the buffer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(&mut self) -> io::Result<Next> {
        self.line.clear();
        let most = u64::try_from(limits::FILE_BYTES).unwrap_or(u64::MAX);
        let count = self.source.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        Ok(match self.line.last() {
            None => Next::End,
            Some(b'\n') => Next::Line,
            Some(_) if count < limits::FILE_BYTES => Next::Torn,
            Some(_) if self.source.fill_buf()?.is_empty() => Next::Torn,
            Some(_) => Next::TooLong,
        })
    }
}
