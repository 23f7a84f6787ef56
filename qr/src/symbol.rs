//! One frame's text as the modules of one QR code: level L, a fixed version, one explicit segment (qr.md 6.1).

use core::fmt;

pub use airlock::qr::capacity::VERSIONS;
use airlock::qr::capacity::{characters, is_alphanumeric, version_for};
use airlock::{Code, Exit, Result};
use qrcode::bits::Bits;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode, Version};

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
        if !VERSIONS.contains(&version) {
            return Err(FRAME.error(format!("QR version {version} does not exist; versions are 1 to 40")));
        }
        let capacity = characters(version, text);
        let too_long = || {
            FRAME.error(format!(
                "a frame of {} characters does not fit QR version {version}, which holds {capacity}",
                text.len()
            ))
        };
        if text.len() > capacity {
            return Err(too_long());
        }
        let code = encode(text, version).map_err(|_| too_long())?;
        let size = code.width();
        let colors = code.into_colors();
        let mut rows = Vec::with_capacity(size.saturating_mul(size.div_ceil(8)));
        for row in colors.chunks(size) {
            rows.extend(row.chunks(8).map(pack));
        }
        Ok(Self { version, size, rows })
    }

    /// The code of `text` in the smallest version that holds it.
    ///
    /// # Errors
    /// [`FRAME`] when none does.
    pub fn smallest(text: &str) -> Result<Self> {
        Self::new(text, version_for(text).unwrap_or(*VERSIONS.end()))
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

/// Automatic segments of the crate can be longer than one of our choice, and Kanji.
fn encode(text: &str, version: u8) -> Result<QrCode, QrError> {
    let mut bits = Bits::new(Version::Normal(version.into()));
    if text.bytes().all(is_alphanumeric) {
        bits.push_alphanumeric_data(text.as_bytes())?;
    } else {
        bits.push_byte_data(text.as_bytes())?;
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
