//! BBQr: a file in up to 1,295 parts, each of which decodes alone (qr.md 3).
//!
//! The format has neither checksum nor transfer id. The receiver therefore refuses everything that a sound sender does
//! not do: another content for a part that is there, parts of unequal length, padding bits that are not zero.

use core::fmt;

use super::{Kind, Payload};
use crate::{Code, Exit};

mod base32;
mod header;
mod receiver;
mod sender;

pub use header::{Fault, Part};
pub use receiver::{Added, Receiver};
pub use sender::Sender;

/// A file type that is not for wallets.
pub static UNSUPPORTED: Code = Code::new(
    "E-QR-010",
    Exit::BadInput,
    "Of the BBQr file types, P (PSBT), T (transaction), J (JSON), U (text) and B (binary) are taken. The others carry \
     programs, CBOR or a device's key teleport.",
    "Choose on the sender what to show: a PSBT, a transaction or a file.",
);

/// All parts are there and the file is not sound.
pub static DAMAGED: Code = Code::new(
    "E-QR-011",
    Exit::BadInput,
    "Every part was read, but together they do not make a file: it does not inflate, is too large, or is not what its \
     type says.",
    "Scan it again from the beginning, with only one file shown; parts of two files may be mixed.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&UNSUPPORTED, &DAMAGED];

/// How a part's body spells its bytes: the third character of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `H`: upper-case hex, two characters for a byte.
    Hex,
    /// `2`: base32 of RFC 4648 without padding, eight characters for five bytes.
    Base32,
    /// `Z`: raw deflate with a window of 1 kB, then base32.
    Deflate,
}

impl Encoding {
    /// The letter in the header.
    pub fn letter(self) -> char {
        match self {
            Encoding::Hex => 'H',
            Encoding::Base32 => '2',
            Encoding::Deflate => 'Z',
        }
    }

    /// The encoding of a letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        [Encoding::Hex, Encoding::Base32, Encoding::Deflate]
            .into_iter()
            .find(|known| known.letter() == letter)
    }

    /// Every part but the last is a multiple of this many characters, so that it decodes alone.
    pub fn group(self) -> usize {
        match self {
            Encoding::Hex => 2,
            Encoding::Base32 | Encoding::Deflate => 8,
        }
    }

    /// The whole groups among so many characters, in characters.
    fn whole_groups(self, characters: usize) -> usize {
        characters.checked_div(self.group()).unwrap_or(0).saturating_mul(self.group())
    }
}

/// What a BBQr says that it carries: the fourth character of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// `P`.
    Psbt,
    /// `T`: a transaction ready for the network.
    Transaction,
    /// `J`.
    Json,
    /// `U`: text in UTF-8.
    Text,
    /// `B`: bytes.
    Binary,
    /// `C`; not taken.
    Cbor,
    /// `X`; not taken.
    Executable,
    /// `R`, `S` and `E`, steps of Coldcard's key teleport; not taken.
    Teleport(char),
}

/// The types that are not letters of a teleport.
const FILE_TYPES: [FileType; 7] = [
    FileType::Psbt,
    FileType::Transaction,
    FileType::Json,
    FileType::Text,
    FileType::Binary,
    FileType::Cbor,
    FileType::Executable,
];

impl FileType {
    /// The letter in the header.
    pub fn letter(self) -> char {
        match self {
            FileType::Psbt => 'P',
            FileType::Transaction => 'T',
            FileType::Json => 'J',
            FileType::Text => 'U',
            FileType::Binary => 'B',
            FileType::Cbor => 'C',
            FileType::Executable => 'X',
            FileType::Teleport(letter) => letter,
        }
    }

    /// The type of a letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        match letter {
            'R' | 'S' | 'E' => Some(FileType::Teleport(letter)),
            other => FILE_TYPES.into_iter().find(|known| known.letter() == other),
        }
    }

    /// What we call it; none for the types that are not taken.
    pub fn kind(self) -> Option<Kind> {
        match self {
            FileType::Psbt => Some(Kind::Psbt),
            FileType::Transaction => Some(Kind::Transaction),
            FileType::Json => Some(Kind::Json),
            FileType::Text => Some(Kind::Text),
            FileType::Binary => Some(Kind::Bytes),
            FileType::Cbor | FileType::Executable | FileType::Teleport(_) => None,
        }
    }

    /// The type under which a payload travels.
    pub fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Psbt => FileType::Psbt,
            Kind::Transaction => FileType::Transaction,
            Kind::Json => FileType::Json,
            Kind::Text => FileType::Text,
            Kind::Bytes => FileType::Binary,
        }
    }
}

/// `PSBT (P)`, as the texts of qr.md 9 say it.
impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            FileType::Psbt => "PSBT",
            FileType::Transaction => "transaction",
            FileType::Json => "JSON",
            FileType::Text => "text",
            FileType::Binary => "binary",
            FileType::Cbor => "CBOR",
            FileType::Executable => "executable",
            FileType::Teleport(_) => "key teleport",
        };
        write!(f, "{name} ({})", self.letter())
    }
}

/// Refuses text kinds whose bytes are not UTF-8.
fn is_sound(payload: &Payload) -> bool {
    match payload.kind {
        Kind::Json | Kind::Text => core::str::from_utf8(&payload.bytes).is_ok(),
        Kind::Psbt | Kind::Transaction | Kind::Bytes => true,
    }
}

#[cfg(test)]
mod tests;
