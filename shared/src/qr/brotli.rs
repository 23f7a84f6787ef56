//! Brotli (RFC 7932) for what goes from our own half to our own half: a quarter smaller than deflate on bundles.
//!
//! The window is the smallest that covers the plain length, and nothing else is read: a stream cannot ask for more
//! memory than its declared length is worth.

use brotli::enc::{BrotliEncoderParams, StandardAlloc};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::deflate::{Fault, make_room};

/// Bytes of a window that are no window (RFC 7932, 9.1).
const WINDOW_GAP: usize = 16;

/// Compresses, as small as it can be.
pub fn compress(plain: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: i32::from(window_bits(plain.len())),
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut coded = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut coded, &params).expect("memory can be read and written");
    coded
}

/// Decompresses exactly one stream to exactly `length` bytes.
///
/// # Errors
/// [`Fault`]: also for a window other than the smallest one.
pub fn decompress(coded: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    if declared_window(coded) != Some(window_bits(length)) {
        return Err(Fault::Malformed);
    }
    let memory = StandardAlloc::default;
    let mut state = BrotliState::new_strict(memory(), memory(), memory());
    let (mut left, mut read, mut plain) = (coded.len(), 0, Vec::new());
    let mut room = [0; 4096];
    loop {
        let (mut free, mut filled, mut total) = (room.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            coded,
            &mut free,
            &mut filled,
            &mut room,
            &mut total,
            &mut state,
        );
        let new = room.get(..filled).unwrap_or_default();
        if length.saturating_sub(plain.len()) < new.len() {
            return Err(Fault::OverLimit(length));
        }
        for piece in new.chunks(1024) {
            while plain.capacity().saturating_sub(plain.len()) < piece.len() {
                make_room(&mut plain, length);
            }
            plain.extend_from_slice(piece);
        }
        match result {
            BrotliResult::ResultSuccess => break,
            BrotliResult::NeedsMoreOutput if filled > 0 => {}
            BrotliResult::NeedsMoreOutput | BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => {
                return Err(Fault::Malformed);
            }
        }
    }
    match (left, plain.len() == length) {
        (0, true) => Ok(plain),
        (0, false) => Err(Fault::Malformed),
        (trailing, _) => Err(Fault::Trailing(trailing)),
    }
}

/// The smallest window for so many bytes, 10 to 22 bits.
fn window_bits(length: usize) -> u8 {
    let covers = |bits: &u8| {
        1usize.checked_shl(u32::from(*bits)).is_none_or(|size| length <= size.saturating_sub(WINDOW_GAP))
    };
    (10..22).find(covers).unwrap_or(22)
}

/// The window that a stream begins with (RFC 7932, 9.1); none for the large windows that are no part of the RFC.
fn declared_window(coded: &[u8]) -> Option<u8> {
    let first = *coded.first()?;
    match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, _, _) => Some(16),
        (_, 0, 0) => Some(17),
        (_, 0, 1) => None,
        (_, 0, bits) => bits.checked_add(8),
        (_, bits, _) => bits.checked_add(17),
    }
}

#[cfg(test)]
mod tests;
