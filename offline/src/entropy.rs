//! The operating system's randomness, looked at before words are made of it.
//!
//! No test can tell good randomness from bad in general. What these find is a source that stands still, counts, repeats
//! itself or leaves bits out: what a broken driver or a badly simulated machine gives. A good source fails one of them in
//! fewer than one of 2^30 runs.

use airlock::{Code, Error, Exit, Result};
use zeroize::Zeroizing;

use crate::vault::fill_random;

/// A random source that is visibly broken.
pub static BAD_SOURCE: Code = Code::new(
    "E-ENTROPY-001",
    Exit::Environment,
    "Before words are made, 8,192 bytes of the operating system's random source are looked at: runs of equal bytes, one \
     byte too often (both as SP 800-90B, 4.4), the same on the differences of neighbours, zeros against ones, and \
     8 bytes that come twice. Words made of a broken source can be guessed.",
    "Do not make keys on this machine. Find out what is wrong with its random source, or take another machine.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_SOURCE];

/// Fills bytes from a random source.
pub type Draw = dyn Fn(&mut [u8]) -> Result<()>;

/// Bytes that are looked at, in two draws.
pub const SAMPLE_BYTES: usize = 8192;

/// A draw's bytes.
const DRAW_BYTES: usize = SAMPLE_BYTES / 2;
/// Repetition count test (SP 800-90B, 4.4.1) for 8 bits of entropy a byte and a false alarm in 2^48 bytes.
const MOST_EQUAL_IN_A_ROW: usize = 6;
/// Adaptive proportion test (SP 800-90B, 4.4.2): its window, and how often the window's first byte may be in it; more
/// come in fewer than one of 2^44 windows.
const WINDOW: usize = 512;
const MOST_OF_ONE_BYTE: usize = 20;
/// Ones may be this far from the half of all bits: 8 standard deviations.
const FARTHEST_FROM_HALF: u32 = 1024;
/// Pieces that must all differ.
const PIECE_BYTES: usize = 8;

/// The operating system's source.
///
/// # Errors
/// [`crate::error::NO_ENTROPY`].
pub fn of_system(bytes: &mut [u8]) -> Result<()> {
    fill_random(bytes)
}

/// Draws bytes, looks at them and throws them away.
///
/// # Errors
/// [`BAD_SOURCE`], and what the source says itself.
pub fn check(draw: &Draw) -> Result<()> {
    let mut sample = Zeroizing::new([0u8; SAMPLE_BYTES]);
    for part in sample.chunks_exact_mut(DRAW_BYTES) {
        draw(part)?;
    }
    let mut steps = Zeroizing::new([0u8; SAMPLE_BYTES]);
    for ((step, a), b) in steps.iter_mut().zip(sample.iter()).zip(sample.iter().skip(1)) {
        *step = b.wrapping_sub(*a);
    }
    check_bytes(&*sample, "bytes")?;
    check_bytes(&*steps, "differences of neighbouring bytes")?;
    check_bits(&*sample)?;
    check_pieces(&*sample)
}

fn check_bytes(bytes: &[u8], of: &str) -> Result<()> {
    let longest = bytes.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or_default();
    if longest > MOST_EQUAL_IN_A_ROW {
        return Err(bad(format!("{longest} equal {of} in a row, more than {MOST_EQUAL_IN_A_ROW}")));
    }
    for window in bytes.chunks_exact(WINDOW) {
        let count = window.iter().filter(|byte| Some(*byte) == window.first()).count();
        if count > MOST_OF_ONE_BYTE {
            return Err(bad(format!("{count} of {WINDOW} {of} are equal, more than {MOST_OF_ONE_BYTE}")));
        }
    }
    Ok(())
}

fn check_bits(bytes: &[u8]) -> Result<()> {
    let ones = bytes.iter().fold(0u32, |ones, byte| ones.saturating_add(byte.count_ones()));
    let half = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_mul(4);
    if ones.abs_diff(half) > FARTHEST_FROM_HALF {
        let all = half.saturating_mul(2);
        return Err(bad(format!("{ones} of {all} bits are ones, over {FARTHEST_FROM_HALF} from the half")));
    }
    Ok(())
}

fn check_pieces(bytes: &[u8]) -> Result<()> {
    let mut pieces: Vec<&[u8]> = bytes.chunks_exact(PIECE_BYTES).collect();
    pieces.sort_unstable();
    let twice = pieces.iter().zip(pieces.iter().skip(1)).filter(|(a, b)| a == b).count();
    if twice > 0 {
        return Err(bad(format!("{twice} pieces of {PIECE_BYTES} bytes came before")));
    }
    Ok(())
}

fn bad(what: String) -> Error {
    BAD_SOURCE.error(format!("the random source is broken: {what}"))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        reason = "bytes of bad sources"
    )]

    use std::cell::Cell;

    use bitcoin::hashes::{Hash, sha256};

    use super::*;
    use crate::error::NO_ENTROPY;

    /// A source that gives the byte of each place, counted over all draws.
    fn source(byte: impl Fn(u64) -> u8 + 'static) -> Box<Draw> {
        let place = Cell::new(0u64);
        Box::new(move |bytes| {
            for to in bytes {
                *to = byte(place.get());
                place.set(place.get() + 1);
            }
            Ok(())
        })
    }

    /// Bytes that no test of ours tells from random ones.
    fn hashed(place: u64) -> u8 {
        sha256::Hash::hash(&place.to_be_bytes()).to_byte_array()[0]
    }

    #[track_caller]
    fn refused(byte: impl Fn(u64) -> u8 + 'static, reason: &str) {
        let error = check(&source(byte)).unwrap_err();
        assert_eq!(error.code(), &BAD_SOURCE);
        assert!(error.what().contains(reason), "{error}");
    }

    #[test]
    fn the_system_and_hashes_pass() {
        check(&of_system).unwrap();
        check(&source(hashed)).unwrap();
    }

    #[test]
    fn a_source_that_is_broken_in_any_of_these_ways_is_refused() {
        refused(|_| 0, "8192 equal bytes in a row");
        refused(|place| place as u8, "equal differences of neighbouring bytes in a row");
        refused(|place| if place % 3 == 0 { 7 } else { hashed(place) }, "of 512 bytes are equal");
        refused(|place| if place == 5000 { 1 } else { [3, 9][place as usize % 2] }, "of 512 bytes are equal");
        refused(|place| hashed(place) & 0x7f, "bits are ones");
        refused(|place| hashed(place % 4096), "512 pieces of 8 bytes came before");
        refused(
            |place| if (800..807).contains(&place) { 1 } else { hashed(place) },
            "7 equal bytes in a row",
        );
    }

    #[test]
    fn a_source_that_fails_stays_a_failure() {
        let failing: &Draw = &|_| Err(NO_ENTROPY.error("no randomness"));
        assert_eq!(check(failing).unwrap_err().code(), &NO_ENTROPY);
    }
}
