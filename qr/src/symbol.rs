//! One frame's text as the modules of one QR code: level L, a fixed version, one explicit segment (qr.md 6.1).

use core::fmt;

use airlock::{Code, Exit, Result};
use qrcode::bits::Bits;
use qrcode::types::{Mode, QrError};
use qrcode::{Color, EcLevel, QrCode, Version};

/// The smallest and the largest version of QR codes.
pub const VERSIONS: core::ops::RangeInclusive<u8> = 1..=40;
/// Light modules on each side of a code: ISO/IEC 18004 asks for four.
pub const QUIET: usize = 4;

/// A frame that the chosen version does not hold.
pub static FRAME: Code = Code::new(
    "E-QR-040",
    Exit::Fixable,
    "A frame has more characters than a QR code of the chosen version holds at level L, or there is no such version.",
    "Choose a higher density, at most version 40.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&FRAME];

/// How the characters of a frame are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// 11 bits for two of `0-9 A-Z $%*+-./:` and space.
    Alphanumeric,
    /// 8 bits for each byte of UTF-8.
    Byte,
}

impl Segment {
    /// The shorter segment that holds `text`.
    pub fn of(text: &str) -> Self {
        let fits =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" $%*+-./:".contains(&byte);
        if text.bytes().all(fits) { Self::Alphanumeric } else { Self::Byte }
    }

    /// Most bytes of text in a code of this version at level L; `None` when there is no such version.
    pub fn capacity(self, version: u8) -> Option<usize> {
        let version = VERSIONS.contains(&version).then_some(Version::Normal(version.into()))?;
        let bits = Bits::new(version).max_len(EcLevel::L).ok()?;
        let head = version.mode_bits_count().checked_add(self.mode().length_bits_count(version))?;
        let room = bits.checked_sub(head)?;
        match self {
            Self::Alphanumeric => (room / 11).checked_mul(2)?.checked_add(usize::from(room % 11 >= 6)),
            Self::Byte => Some(room / 8),
        }
    }

    fn mode(self) -> Mode {
        match self {
            Self::Alphanumeric => Mode::Alphanumeric,
            Self::Byte => Mode::Byte,
        }
    }
}

/// The modules of one code, without the quiet zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol {
    version: u8,
    size: usize,
    /// Rows of whole bytes, the first module in the highest bit, 1 is dark.
    rows: Vec<u8>,
}

impl Symbol {
    /// The code of `text` in exactly this version.
    ///
    /// # Errors
    /// [`FRAME`] when the text is too long for it, or the version is not in [`VERSIONS`].
    pub fn new(text: &str, version: u8) -> Result<Self> {
        let segment = Segment::of(text);
        let capacity = segment.capacity(version).ok_or_else(|| {
            FRAME.error(format!("QR version {version} does not exist; versions are 1 to 40"))
        })?;
        let too_long = || {
            FRAME.error(format!(
                "a frame of {} characters does not fit QR version {version}, which holds {capacity}",
                text.len()
            ))
        };
        if text.len() > capacity {
            return Err(too_long());
        }
        let code = encode(text, segment, version).map_err(|_| too_long())?;
        let size = code.width();
        let colors = code.into_colors();
        let mut rows = Vec::with_capacity(size.saturating_mul(size.div_ceil(8)));
        for row in colors.chunks(size) {
            rows.extend(row.chunks(8).map(pack));
        }
        Ok(Self { version, size, rows })
    }

    /// The smallest version that holds `text`, if one does.
    pub fn smallest_version(text: &str) -> Option<u8> {
        let segment = Segment::of(text);
        VERSIONS.into_iter().find(|&version| segment.capacity(version).is_some_and(|most| text.len() <= most))
    }

    /// The version, 1 to 40.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Modules of a side, without the quiet zone: 17 + 4 × version.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Modules of a side with the quiet zone: 25 + 4 × version.
    pub fn outer_size(&self) -> usize {
        self.size.saturating_add(2 * QUIET)
    }

    /// Whether the module of column `x` and row `y` is dark; outside of the code all is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        if x >= self.size {
            return false;
        }
        let row = self.rows.chunks(self.size.div_ceil(8)).nth(y);
        let byte = row.and_then(|row| row.get(x / 8)).copied().unwrap_or(0);
        byte & (0x80 >> (x % 8)) != 0
    }

    /// The same, counted from the corner of the quiet zone.
    pub fn is_dark_outer(&self, x: usize, y: usize) -> bool {
        match (x.checked_sub(QUIET), y.checked_sub(QUIET)) {
            (Some(x), Some(y)) => self.is_dark(x, y),
            _ => false,
        }
    }

    /// Row by row in whole bytes: the first module is the highest bit, 1 is dark, the last byte is filled with light.
    pub fn packed(&self) -> &[u8] {
        &self.rows
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol(version {})", self.version)
    }
}

fn encode(text: &str, segment: Segment, version: u8) -> Result<QrCode, QrError> {
    let mut bits = Bits::new(Version::Normal(version.into()));
    match segment {
        Segment::Alphanumeric => bits.push_alphanumeric_data(text.as_bytes())?,
        Segment::Byte => bits.push_byte_data(text.as_bytes())?,
    }
    bits.push_terminator(EcLevel::L)?;
    QrCode::with_bits(bits, EcLevel::L)
}

fn pack(modules: &[Color]) -> u8 {
    let dark = modules.iter().zip([0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1]);
    dark.fold(0, |byte, (color, bit)| byte | color.select(bit, 0))
}

#[cfg(test)]
mod tests;
