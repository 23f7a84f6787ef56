//! Cuts a file into parts.

use super::header::{self, HEADER_CHARACTERS, Series};
use super::{Encoding, FileType};
use crate::Result;
use crate::qr::{BBQR_PARTS, PLAIN_BYTES, Payload, TOO_LARGE, deflate};

/// A file, cut into parts.
#[derive(Clone, Debug)]
pub struct Sender {
    series: Series,
    text: String,
    body: usize,
}

impl Sender {
    /// Cuts the payload into the fewest parts of at most `frame` characters with their header, all but the last of the
    /// same length and the last not much shorter. [`Encoding::Deflate`] falls back to [`Encoding::Base32`] where
    /// deflating does not make the payload smaller.
    ///
    /// # Errors
    /// [`TOO_LARGE`] above 4 MiB, above 1,295 parts, and where `frame` leaves no room for a group of characters.
    pub fn new(payload: &Payload, encoding: Encoding, frame: usize) -> Result<Self> {
        let (encoding, text) = encode(payload, encoding)?;
        let room = frame.saturating_sub(HEADER_CHARACTERS);
        if !text.is_empty() && text.len() <= room {
            let body = text.len();
            return Self::cut(payload, encoding, text, body);
        }
        let room = encoding.whole_groups(room);
        let parts = text.len().checked_div(room).map_or(0, |_| text.len().div_ceil(room)).max(1);
        let equal = text.len().div_ceil(parts).next_multiple_of(encoding.group()).max(1);
        Self::cut(payload, encoding, text, equal.min(room))
    }

    /// As [`new`](Self::new), but every part except the last is filled to the brim, as the reference splitters do.
    ///
    /// # Errors
    /// As there.
    pub fn brimful(payload: &Payload, encoding: Encoding, frame: usize) -> Result<Self> {
        let (encoding, text) = encode(payload, encoding)?;
        let room = encoding.whole_groups(frame.saturating_sub(HEADER_CHARACTERS));
        Self::cut(payload, encoding, text, room)
    }

    fn cut(payload: &Payload, encoding: Encoding, text: String, body: usize) -> Result<Self> {
        if body == 0 {
            return Err(TOO_LARGE.error("a code of this size holds no part of a BBQr"));
        }
        let parts = text.len().div_ceil(body).max(1);
        let count = u32::try_from(parts).ok().filter(|count| *count <= BBQR_PARTS);
        let Some(count) = count else {
            let (length, limit) = (text.len(), BBQR_PARTS);
            return Err(TOO_LARGE
                .error(format!("{length} characters in parts of {body} make {parts} parts of a BBQr, and {limit} are allowed"))
                .with_next("Choose larger codes (a higher density), or move the file on a stick instead."));
        };
        let series = Series { encoding, file_type: FileType::of_kind(payload.kind), count };
        Ok(Self { series, text, body })
    }

    /// The text of part `number`, counted from 0 and beginning again after the last one.
    pub fn part(&self, number: u32) -> String {
        let index = number.checked_rem(self.series.count).unwrap_or(0);
        let from =
            usize::try_from(index).unwrap_or(usize::MAX).saturating_mul(self.body).min(self.text.len());
        let to = from.saturating_add(self.body).min(self.text.len());
        header::write(&self.series, index) + self.text.get(from..to).unwrap_or_default()
    }

    /// How many parts there are, 1 to 1,295.
    pub fn parts(&self) -> u32 {
        self.series.count
    }

    /// The characters of the longest part, with its header.
    pub fn longest(&self) -> usize {
        self.body.min(self.text.len()).saturating_add(HEADER_CHARACTERS)
    }

    /// The encoding that was used.
    pub fn encoding(&self) -> Encoding {
        self.series.encoding
    }
}

fn encode(payload: &Payload, encoding: Encoding) -> Result<(Encoding, String)> {
    let plain = &payload.bytes;
    if plain.len() > PLAIN_BYTES {
        return Err(TOO_LARGE.error(format!("{} bytes are more than {PLAIN_BYTES}", plain.len())));
    }
    let deflated = match encoding {
        Encoding::Deflate => Some(deflate::deflate(plain)).filter(|coded| coded.len() < plain.len()),
        Encoding::Hex | Encoding::Base32 => None,
    };
    match (encoding, deflated) {
        (_, Some(coded)) => Ok((Encoding::Deflate, header::encode(Encoding::Deflate, &coded))),
        (Encoding::Hex, None) => Ok((Encoding::Hex, header::encode(Encoding::Hex, plain))),
        (Encoding::Base32 | Encoding::Deflate, None) => {
            Ok((Encoding::Base32, header::encode(Encoding::Base32, plain)))
        }
    }
}
