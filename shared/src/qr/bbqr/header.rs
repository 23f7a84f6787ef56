//! One part: its eight characters of header, and the bytes of its body.

use core::fmt;

use bitcoin::hex::{DisplayHex, FromHex};

use super::{Encoding, FileType, base32};
use crate::qr::{BBQR_PARTS, FRAME_CHARACTERS};

/// How many characters the header has.
pub(super) const HEADER_CHARACTERS: usize = 8;

/// Why a frame is no part of a BBQr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It does not begin with `B$`.
    NotBbqr,
    /// It has more characters than a QR code holds, or fewer than a header.
    Length,
    /// A letter that is no encoding.
    Encoding,
    /// A letter that is no file type.
    FileType,
    /// The count is not 1 to 1,295, written with two digits to the base 36 in upper case.
    Count,
    /// The index does not lie below the count.
    Index,
    /// The body is not written as the encoding says, or a part before the last does not decode alone.
    Body,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::NotBbqr => "not a BBQr",
            Fault::Length => "too short or too long for a BBQr",
            Fault::Encoding => "unknown BBQr encoding",
            Fault::FileType => "unknown BBQr file type",
            Fault::Count => "BBQr part count out of range",
            Fault::Index => "BBQr part number out of range",
            Fault::Body => "damaged BBQr body",
        })
    }
}

/// What all parts of a file say alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) encoding: Encoding,
    pub(super) file_type: FileType,
    pub(super) count: u32,
}

/// One part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub(super) series: Series,
    pub(super) index: u32,
    pub(super) bytes: Vec<u8>,
}

impl Part {
    /// Reads the text of one code. The text must be as long as a code can be at most, and in upper case.
    ///
    /// File types that are not taken are read, so that they can be named: see [`FileType::kind`].
    ///
    /// # Errors
    /// [`Fault`], and nothing of the text.
    pub fn parse(frame: &str) -> Result<Self, Fault> {
        let body = frame.strip_prefix("B$").ok_or(Fault::NotBbqr)?;
        if !(HEADER_CHARACTERS..=FRAME_CHARACTERS).contains(&frame.len()) {
            return Err(Fault::Length);
        }
        let mut letters = body.chars();
        let encoding = letters.next().and_then(Encoding::of_letter).ok_or(Fault::Encoding)?;
        let file_type = letters.next().and_then(FileType::of_letter).ok_or(Fault::FileType)?;
        let count = base36(letters.next(), letters.next()).ok_or(Fault::Count)?;
        if !(1..=BBQR_PARTS).contains(&count) {
            return Err(Fault::Count);
        }
        let index =
            base36(letters.next(), letters.next()).filter(|index| *index < count).ok_or(Fault::Index)?;
        let body = letters.as_str();
        let is_last = index.checked_add(1) == Some(count);
        let is_whole = !body.is_empty() && encoding.whole_groups(body.len()) == body.len();
        if !is_last && !is_whole {
            return Err(Fault::Body);
        }
        let bytes = decode(encoding, body).ok_or(Fault::Body)?;
        Ok(Self { series: Series { encoding, file_type, count }, index, bytes })
    }

    /// What the file is.
    pub fn file_type(&self) -> FileType {
        self.series.file_type
    }

    /// How the file is written.
    pub fn encoding(&self) -> Encoding {
        self.series.encoding
    }

    /// How many parts the file has, 1 to 1,295.
    pub fn of(&self) -> u32 {
        self.series.count
    }

    /// Which part this is, from 1, as people count.
    pub fn number(&self) -> u32 {
        self.index.saturating_add(1)
    }

    pub(super) fn is_last(&self) -> bool {
        self.number() == self.of()
    }
}

/// The header of part `index` (from 0).
pub(super) fn write(series: &Series, index: u32) -> String {
    let mut text = String::from("B$");
    text.push(series.encoding.letter());
    text.push(series.file_type.letter());
    for number in [series.count, index] {
        for digit in [number / 36, number % 36] {
            text.push(
                char::from_digit(digit, 36).expect("counts lie below 36 times 36").to_ascii_uppercase(),
            );
        }
    }
    text
}

/// Writes bytes as the encoding says; `Z` has been deflated before.
pub(super) fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => bytes.to_upper_hex_string(),
        Encoding::Base32 | Encoding::Deflate => base32::encode(bytes),
    }
}

fn decode(encoding: Encoding, body: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Hex if body.bytes().any(|digit| digit.is_ascii_lowercase()) => None,
        Encoding::Hex => Vec::from_hex(body).ok(),
        Encoding::Base32 | Encoding::Deflate => base32::decode(body),
    }
}

fn base36(high: Option<char>, low: Option<char>) -> Option<u32> {
    let digit = |letter: char| (!letter.is_ascii_lowercase()).then(|| letter.to_digit(36)).flatten();
    digit(high?)?.checked_mul(36)?.checked_add(digit(low?)?)
}
