//! Joins parts in any order.

use super::header::{Part, Series};
use super::{DAMAGED, Encoding, UNSUPPORTED, is_sound};
use crate::Result;
use crate::qr::{Kind, PLAIN_BYTES, Payload, deflate};

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was missing.
    New,
    /// It was there.
    Repeat,
    /// It contradicts what is there: another content under the same number, or another length. Two files are shown:
    /// begin again. Nothing was kept of it.
    Conflict,
    /// Another encoding, file type or count: a part of another file. Nothing was kept of it.
    Foreign,
}

/// A file in the making. Holds at most 1,295 parts of 2,680 bytes, less than 4 MiB.
#[derive(Clone, Debug)]
pub struct Receiver {
    series: Series,
    kind: Kind,
    parts: Vec<Option<Vec<u8>>>,
    have: u32,
}

impl Receiver {
    /// Begins with what `first` says of the file; the part itself is to be added.
    ///
    /// # Errors
    /// [`UNSUPPORTED`] for a file type that is not taken.
    pub fn new(first: &Part) -> Result<Self> {
        let series = first.series;
        let Some(kind) = series.file_type.kind() else {
            return Err(UNSUPPORTED.error(format!("the code carries the file type {}", series.file_type)));
        };
        let count = usize::try_from(series.count).expect("counts are at most 1,295");
        Ok(Self { series, kind, parts: vec![None; count], have: 0 })
    }

    /// True when the part can be of this file: the same encoding, file type and count.
    pub fn matches(&self, part: &Part) -> bool {
        self.series == part.series
    }

    /// What the file will be.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Takes a part.
    pub fn add(&mut self, part: Part) -> Added {
        if !self.matches(&part) {
            return Added::Foreign;
        }
        if !self.agrees_in_length(&part) {
            return Added::Conflict;
        }
        let place = usize::try_from(part.index).ok().and_then(|index| self.parts.get_mut(index));
        match place.expect("a part's index lies below its count") {
            Some(there) if *there == part.bytes => Added::Repeat,
            Some(_) => Added::Conflict,
            empty @ None => {
                *empty = Some(part.bytes);
                self.have = self.have.saturating_add(1);
                Added::New
            }
        }
    }

    /// Parts before the last are equally long, and the last is not longer.
    fn agrees_in_length(&self, part: &Part) -> bool {
        let Some((last, others)) = self.parts.split_last() else { return false };
        let length = others.iter().flatten().next().map(Vec::len);
        if part.is_last() {
            return length.is_none_or(|length| part.bytes.len() <= length);
        }
        length.is_none_or(|length| part.bytes.len() == length)
            && last.as_ref().is_none_or(|last| last.len() <= part.bytes.len())
    }

    /// How many parts are there.
    pub fn have(&self) -> u32 {
        self.have
    }

    /// How many there are in all.
    pub fn of(&self) -> u32 {
        self.series.count
    }

    /// The numbers of the parts that are missing, from 1.
    pub fn missing(&self) -> impl Iterator<Item = u32> {
        (1..).zip(&self.parts).filter(|(_, part)| part.is_none()).map(|(number, _)| number)
    }

    /// True when no part is missing.
    pub fn is_complete(&self) -> bool {
        self.have == self.of()
    }

    /// Joins the parts and inflates them.
    ///
    /// The format has no checksum: whoever uses the bytes verifies what they are.
    ///
    /// # Errors
    /// [`DAMAGED`] when a part is missing, when the whole does not inflate within 4 MiB, and when JSON or text is not
    /// UTF-8.
    pub fn finish(&self) -> Result<Payload> {
        if !self.is_complete() {
            return Err(DAMAGED.error(format!("{} of {} parts were read", self.have, self.of())));
        }
        let joined = self.parts.iter().flatten().flatten().copied().collect::<Vec<u8>>();
        let bytes = match self.series.encoding {
            Encoding::Hex | Encoding::Base32 => joined,
            Encoding::Deflate => deflate::inflate(&joined, PLAIN_BYTES).map_err(|fault| {
                DAMAGED.error(format!("all parts were read, but the file is damaged: {fault}"))
            })?,
        };
        let payload = Payload { kind: self.kind, bytes };
        if !is_sound(&payload) {
            let what = self.series.file_type;
            return Err(DAMAGED
                .error(format!("all parts were read, but the file is not the {what} that it claims to be")));
        }
        Ok(payload)
    }
}
