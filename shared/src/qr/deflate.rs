//! Raw deflate (RFC 1951) with a window of 1 kB: what BBQr asks for and small devices can inflate (qr.md 3).

use core::fmt;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// 2^10 bytes.
const WINDOW_BITS: u8 = 10;
/// The room with which output begins; it doubles up to the limit.
const FIRST_ROOM: usize = 16 * 1024;

/// Why coded bytes give no plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// They are not of the format, or end too early.
    Malformed,
    /// The plain bytes would be more than this.
    OverLimit(usize),
    /// There are this many bytes behind the end.
    Trailing(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Malformed => f.write_str("it does not inflate"),
            Fault::OverLimit(limit) => write!(f, "it inflates to more than {limit} bytes"),
            Fault::Trailing(count) => write!(f, "{count} bytes stand behind the end of what inflates"),
        }
    }
}

/// Deflates; anybody can inflate the result with a window of 1 kB.
pub fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut coder = Compress::new_with_window_bits(Compression::best(), false, WINDOW_BITS);
    let mut coded = Vec::with_capacity(plain.len().saturating_add(64));
    loop {
        let read = usize::try_from(coder.total_in()).unwrap_or(usize::MAX).min(plain.len());
        let rest = plain.get(read..).unwrap_or_default();
        let status = coder.compress_vec(rest, &mut coded, FlushCompress::Finish);
        match status.expect("a coder that was never misused has no errors") {
            Status::StreamEnd => return coded,
            Status::Ok | Status::BufError => coded.reserve(FIRST_ROOM),
        }
    }
}

/// Inflates exactly one stream with any window, to at most `limit` bytes. Never has room for more than the limit.
///
/// # Errors
/// [`Fault`].
pub fn inflate(coded: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut decoder = Decompress::new(false);
    let mut plain = Vec::new();
    loop {
        let read = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX).min(coded.len());
        let rest = coded.get(read..).unwrap_or_default();
        make_room(&mut plain, limit);
        let is_full = plain.len() >= limit;
        let before = (decoder.total_in(), decoder.total_out());
        // With no room left, one byte of scratch tells the end of the stream from one byte too many.
        let status = match is_full {
            false => decoder.decompress_vec(rest, &mut plain, FlushDecompress::None),
            true => decoder.decompress(rest, &mut [0; 1], FlushDecompress::None),
        };
        let status = status.map_err(|_| Fault::Malformed)?;
        if is_full && decoder.total_out() > before.1 {
            return Err(Fault::OverLimit(limit));
        }
        match status {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError if before == (decoder.total_in(), decoder.total_out()) => {
                return Err(Fault::Malformed);
            }
            Status::Ok | Status::BufError => {}
        }
    }
    if plain.len() > limit {
        return Err(Fault::OverLimit(limit));
    }
    let read = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    match coded.len().saturating_sub(read) {
        0 => Ok(plain),
        trailing => Err(Fault::Trailing(trailing)),
    }
}

/// Doubles full output, up to the limit.
pub(super) fn make_room(plain: &mut Vec<u8>, limit: usize) {
    if plain.len() == plain.capacity() {
        let room = plain.len().saturating_mul(2).max(FIRST_ROOM).min(limit);
        plain.reserve_exact(room.saturating_sub(plain.len()));
    }
}

#[cfg(test)]
mod tests;
