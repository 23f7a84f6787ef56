//! A gray picture: what every source gives and what the reader looks at.

use core::fmt;

use airlock::{Code, Exit, Result};

/// Most pixels along one side.
pub const SIDE: usize = 8192;
/// Most pixels of a picture: 16 Mi, as many bytes.
pub const PIXELS: usize = 16 * 1024 * 1024;

/// A picture without pixels, or with more than are looked at.
pub static SIZE: Code = Code::new(
    "E-QR-030",
    Exit::BadInput,
    "A picture is read when it has 1 to 8,192 pixels a side and at most 16 Mi pixels.",
    "Make the picture smaller, or cut it to the code.",
);
/// Fewer or more bytes than the picture's size says.
pub static BYTES: Code = Code::new(
    "E-QR-031",
    Exit::BadInput,
    "A picture has other bytes than its size says.",
    "Check the size that was given for raw frames.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&SIZE, &BYTES];

/// Brightness, one byte a pixel, row by row from the top left: 0 black, 255 white.
#[derive(Clone, PartialEq, Eq)]
pub struct Gray {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Gray {
    /// The number of pixels of such a picture, for whoever is about to allocate them.
    ///
    /// # Errors
    /// [`SIZE`] when it is none or more than [`SIDE`] and [`PIXELS`] allow.
    pub fn count(width: usize, height: usize) -> Result<usize> {
        let count = width
            .checked_mul(height)
            .filter(|&count| (1..=PIXELS).contains(&count) && width <= SIDE && height <= SIDE);
        count.ok_or_else(|| {
            SIZE.error(format!(
                "the picture is {width} x {height} pixels; allowed are 1 to {SIDE} a side and {PIXELS} in all"
            ))
        })
    }

    /// A picture of these pixels.
    ///
    /// # Errors
    /// [`SIZE`]; [`BYTES`] when the pixels are not `width * height`.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self> {
        let count = Self::count(width, height)?;
        if pixels.len() != count {
            return Err(BYTES.error(format!(
                "a picture of {width} x {height} has {} bytes instead of {count}",
                pixels.len()
            )));
        }
        Ok(Self { width, height, pixels })
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same picture with each pixel changed.
    pub(crate) fn map(&self, change: impl Fn(u8) -> u8) -> Self {
        let pixels = self.pixels.iter().map(|&pixel| change(pixel)).collect();
        Self { width: self.width, height: self.height, pixels }
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.pixels.chunks_exact(self.width)
    }
}

impl fmt::Debug for Gray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gray({} x {})", self.width, self.height)
    }
}
