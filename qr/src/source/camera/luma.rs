//! The brightness in what a camera sends.

use std::fmt;

use airlock::Result;

use super::super::{DAMAGED, jpeg};
use crate::gray::Gray;

/// How pixels are sent, by the names that V4L2 gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    /// A JPEG each, sometimes without its Huffman tables.
    Mjpg,
    /// Brightness and colour in turn.
    Yuyv,
    /// A plane of brightness, then one of both colours.
    Nv12,
    /// A plane of brightness, then two of colour.
    Yu12,
    /// A plane of brightness.
    Grey,
}

impl Pixels {
    const ALL: [Pixels; 5] = [Pixels::Mjpg, Pixels::Yuyv, Pixels::Nv12, Pixels::Yu12, Pixels::Grey];

    /// The four characters.
    pub(super) fn code(self) -> [u8; 4] {
        match self {
            Pixels::Mjpg => *b"MJPG",
            Pixels::Yuyv => *b"YUYV",
            Pixels::Nv12 => *b"NV12",
            Pixels::Yu12 => *b"YU12",
            Pixels::Grey => *b"GREY",
        }
    }

    /// The pixels of these four characters; `JPEG` is sent as `MJPG` is.
    pub(super) fn of(code: [u8; 4]) -> Option<Self> {
        let code = if code == *b"JPEG" { *b"MJPG" } else { code };
        Self::ALL.into_iter().find(|pixels| pixels.code() == code)
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.code()))
    }
}

/// How pictures lie in the driver's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) pixels: Pixels,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bytes from one row to the next; 0 when they follow each other.
    pub(super) stride: usize,
}

impl Layout {
    /// The picture in these bytes.
    ///
    /// # Errors
    /// [`DAMAGED`] when they are too few or no JPEG, [`SIZE`](crate::gray::SIZE).
    pub(super) fn gray(&self, bytes: &[u8]) -> Result<Gray> {
        match self.pixels {
            Pixels::Mjpg => jpeg::decode(&with_tables(bytes)),
            Pixels::Yuyv => self.rows(bytes, 2),
            Pixels::Nv12 | Pixels::Yu12 | Pixels::Grey => self.rows(bytes, 1),
        }
    }

    /// Every `step`-th byte of each row.
    fn rows(&self, bytes: &[u8], step: usize) -> Result<Gray> {
        let count = Gray::count(self.width, self.height)?;
        let row = self.width.saturating_mul(step);
        let stride = self.stride.max(row);
        let mut pixels = Vec::with_capacity(count);
        for row in bytes.chunks(stride).take(self.height).filter_map(|line| line.get(..row)) {
            pixels.extend(row.iter().step_by(step));
        }
        if pixels.len() != count {
            return Err(DAMAGED.error(format!("the camera sent {} of {count} pixels", pixels.len())));
        }
        Gray::new(self.width, self.height, pixels)
    }
}

/// Marks a JPEG as one from a film, for whose missing Huffman tables the usual ones are meant. A JPEG that has tables keeps them.
fn with_tables(jpeg: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"\xff\xe0\x00\x10AVI1\0\0\0\0\0\0\0\0\0\0";
    match jpeg.split_at_checked(2) {
        Some((start, rest)) => [start, MARK, rest].concat(),
        None => jpeg.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests")]
    use super::*;

    fn layout(pixels: Pixels, stride: usize) -> Layout {
        Layout { pixels, width: 2, height: 2, stride }
    }

    #[test]
    fn planes_of_brightness_come_first_and_rows_may_be_padded() {
        for pixels in [Pixels::Nv12, Pixels::Yu12, Pixels::Grey] {
            let picture = layout(pixels, 3).gray(&[1, 2, 9, 3, 4, 9, 200, 201, 202]).unwrap();
            assert_eq!(picture.pixels(), [1, 2, 3, 4], "{pixels}");
            assert_eq!(layout(pixels, 0).gray(&[1, 2, 3, 4]).unwrap(), picture);
        }
    }

    #[test]
    fn brightness_and_colour_come_in_turn() {
        let picture = layout(Pixels::Yuyv, 4).gray(&[1, 128, 2, 128, 3, 128, 4, 128]).unwrap();
        assert_eq!(picture.pixels(), [1, 2, 3, 4]);
    }

    #[test]
    fn the_last_row_needs_no_padding() {
        assert!(layout(Pixels::Grey, 3).gray(&[1, 2, 9, 3, 4]).is_ok());
    }

    #[test]
    fn a_jpeg_without_huffman_tables_is_read_with_the_usual_ones() {
        let whole = include_bytes!("../../../../vectors/pictures/slope.jpg");
        let mut bare = whole.to_vec();
        while let Some(start) = bare.windows(2).position(|marker| marker == [0xff, 0xc4]) {
            let length = usize::from(u16::from_be_bytes([bare[start + 2], bare[start + 3]]));
            bare.drain(start..start + 2 + length);
        }
        assert!(bare.len() + 100 < whole.len(), "tables were taken out");
        assert!(jpeg::decode(&bare).is_err());
        let camera = layout(Pixels::Mjpg, 0);
        assert_eq!(camera.gray(&bare).unwrap(), jpeg::decode(whole).unwrap());
        assert_eq!(camera.gray(whole).unwrap(), jpeg::decode(whole).unwrap());
    }

    #[test]
    fn too_few_bytes_are_refused() {
        for (pixels, bytes) in [(Pixels::Grey, 3), (Pixels::Yuyv, 7), (Pixels::Nv12, 0), (Pixels::Mjpg, 1)] {
            let error = layout(pixels, 0).gray(&vec![0; bytes]).unwrap_err();
            assert_eq!(error.code().id, "E-QR-032", "{pixels}");
        }
    }

    #[test]
    fn formats_have_the_four_characters_of_the_kernel() {
        for pixels in Pixels::ALL {
            assert_eq!(Pixels::of(pixels.code()), Some(pixels));
        }
        assert_eq!(Pixels::of(*b"JPEG"), Some(Pixels::Mjpg));
        assert_eq!(Pixels::of(*b"H264"), None);
    }
}
