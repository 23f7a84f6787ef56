//! The `pMofN` parts of Specter: a PSBT in base64, cut into pieces without checksum (qr.md 4). Received only.

use bitcoin::base64::Engine;
use bitcoin::base64::engine::general_purpose::STANDARD;

use super::{FRAME_CHARACTERS, Kind, PLAIN_BYTES, Payload};
use crate::bitcoin::psbt_maps::MAGIC as PSBT_MAGIC;
use crate::{Code, Exit, Result};

/// Most parts: four digits, as other wallets read.
pub const PARTS: u32 = 9999;

/// All parts are there and they are no PSBT.
pub static DAMAGED: Code = Code::new(
    "E-QR-013",
    Exit::BadInput,
    "Every part was read, but together they are no PSBT in base64.",
    "Scan it again from the beginning, with only one file shown; parts of two files may be mixed.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&DAMAGED];

/// Most characters of all parts together: 4 MiB in base64.
const CHARACTERS: usize = PLAIN_BYTES.div_ceil(3) * 4;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    number: u32,
    of: u32,
    piece: String,
}

impl Part {
    /// Reads `p1of3 cHNid…`; none for anything else.
    pub fn parse(frame: &str) -> Option<Self> {
        if frame.len() > FRAME_CHARACTERS {
            return None;
        }
        let (head, piece) = frame.strip_prefix('p')?.split_once(' ')?;
        let (number, of) = head.split_once("of")?;
        let (number, of) = (decimal(number)?, decimal(of)?);
        let is_base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
        let fits =
            (1..=of).contains(&number) && of <= PARTS && !piece.is_empty() && piece.bytes().all(is_base64);
        fits.then(|| Self { number, of, piece: piece.to_owned() })
    }

    /// Which part this is, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many there are.
    pub fn of(&self) -> u32 {
        self.of
    }
}

/// A number without sign and without leading zeros.
fn decimal(digits: &str) -> Option<u32> {
    let is_plain = (1..=4).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    is_plain.then(|| digits.parse().ok()).flatten()
}

/// What became of a part.
pub use super::bbqr::Added;

/// A PSBT in the making.
#[derive(Clone, Debug)]
pub struct Receiver {
    pieces: Vec<Option<String>>,
    of: u32,
    have: u32,
    characters: usize,
}

impl Receiver {
    /// Begins with the count that `first` names; the part itself is to be added.
    pub fn new(first: &Part) -> Self {
        let count = usize::try_from(first.of).expect("counts are at most 9,999");
        Self { pieces: vec![None; count], of: first.of, have: 0, characters: 0 }
    }

    /// True when the part can be of this PSBT: the same count.
    pub fn matches(&self, part: &Part) -> bool {
        self.of == part.of
    }

    /// Takes a part. More than 4 MiB in all are a conflict, too.
    pub fn add(&mut self, part: Part) -> Added {
        if !self.matches(&part) {
            return Added::Foreign;
        }
        let characters = self.characters.saturating_add(part.piece.len());
        let index = part.number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        match index
            .and_then(|index| self.pieces.get_mut(index))
            .expect("a part's number lies within its count")
        {
            Some(there) if *there == part.piece => Added::Repeat,
            Some(_) => Added::Conflict,
            None if characters > CHARACTERS => Added::Conflict,
            empty @ None => {
                *empty = Some(part.piece);
                self.characters = characters;
                self.have = self.have.saturating_add(1);
                Added::New
            }
        }
    }

    /// How many parts are there.
    pub fn have(&self) -> u32 {
        self.have
    }

    /// How many there are in all.
    pub fn of(&self) -> u32 {
        self.of
    }

    /// The numbers of the parts that are missing, from 1.
    pub fn missing(&self) -> impl Iterator<Item = u32> {
        (1..).zip(&self.pieces).filter(|(_, piece)| piece.is_none()).map(|(number, _)| number)
    }

    /// True when no part is missing.
    pub fn is_complete(&self) -> bool {
        self.have == self.of
    }

    /// Joins the parts.
    ///
    /// # Errors
    /// [`DAMAGED`] when a part is missing and when the whole is no PSBT in base64.
    pub fn finish(&self) -> Result<Payload> {
        if !self.is_complete() {
            return Err(DAMAGED.error(format!("{} of {} parts were read", self.have, self.of)));
        }
        let text = self.pieces.iter().flatten().map(String::as_str).collect::<String>();
        let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.starts_with(PSBT_MAGIC));
        let bytes = bytes
            .ok_or_else(|| DAMAGED.error("all parts were read, but together they are no PSBT in base64"))?;
        Ok(Payload { kind: Kind::Psbt, bytes })
    }
}

#[cfg(test)]
mod tests;
