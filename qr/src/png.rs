//! One code as a PNG: one bit a pixel, a palette of black and the light of the [`Look`].

use airlock::{Code, Exit, Result};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

use crate::look::Look;
use crate::symbol::Symbol;

/// A picture that could not be made.
pub static PICTURE: Code = Code::new(
    "E-QR-043",
    Exit::Internal,
    "A PNG could not be made of a QR code.",
    "Report this with the command that was given; show the code on the terminal meanwhile.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&PICTURE];

/// The PNG file of a code.
///
/// # Errors
/// [`PICTURE`] when the crate that writes PNGs refuses, which no code and no look is known to cause.
pub fn encode(symbol: &Symbol, look: Look) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let encoder = encoder(&mut file, symbol, look)?;
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(&raster(symbol, look)).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(file)
}

/// An encoder of pictures of this size and these two colours.
pub(crate) fn encoder<'a>(
    file: &'a mut Vec<u8>,
    symbol: &Symbol,
    look: Look,
) -> Result<Encoder<'static, &'a mut Vec<u8>>> {
    let side = look.side(symbol);
    let side = u32::try_from(side)
        .map_err(|_| PICTURE.error(format!("a picture of {side} pixels a side is too large")))?;
    let light = look.light();
    let mut encoder = Encoder::new(file, side, side);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::One);
    encoder.set_palette(vec![light, light, light, 0, 0, 0]);
    encoder.set_compression(Compression::High);
    // Rows of a module repeat whole: differences to the row above would make files a third larger (measured at version 20).
    encoder.set_filter(Filter::NoFilter);
    Ok(encoder)
}

/// The pixels, quiet zone included: rows of whole bytes, the first pixel in the highest bit, 1 is dark.
pub(crate) fn raster(symbol: &Symbol, look: Look) -> Vec<u8> {
    let scale = look.scale(symbol);
    let row_bytes = look.side(symbol).div_ceil(8);
    let mut pixels = Vec::with_capacity(row_bytes.saturating_mul(look.side(symbol)));
    for y in 0..symbol.outer_size() {
        let mut row = vec![0u8; row_bytes];
        let modules = (0..symbol.outer_size()).map(|x| symbol.is_dark_outer(x, y));
        let dots = modules.flat_map(|dark| core::iter::repeat_n(dark, scale));
        for (at, _) in dots.enumerate().filter(|(_, dark)| *dark) {
            if let Some(byte) = row.get_mut(at / 8) {
                *byte |= 0x80 >> (at % 8);
            }
        }
        for _ in 0..scale {
            pixels.extend_from_slice(&row);
        }
    }
    pixels
}

pub(crate) fn refused(error: EncodingError) -> airlock::Error {
    PICTURE.error(format!("the PNG could not be written: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

    use super::*;
    use crate::eye;

    #[test]
    fn what_is_painted_is_read_again_at_every_size() {
        for (version, scale, dim) in [(1, 21, false), (10, 3, true), (20, 6, false), (40, 4, true)] {
            let text = eye::text_for(version, 7);
            let symbol = Symbol::new(&text, version).unwrap();
            let look = Look::default().with_scale(scale).unwrap().with_dim(dim);
            let file = encode(&symbol, look).unwrap();
            let pictures = eye::png_pictures(&file);
            let [(_, picture)] = pictures.as_slice() else { panic!("{} pictures", pictures.len()) };
            assert!(picture.shows(&symbol, scale), "version {version}");
            assert!(picture.pixels.iter().all(|&pixel| pixel == 0 || pixel == look.light()));
            assert_eq!(picture.text().as_deref(), Some(text.as_str()), "version {version}");
        }
    }

    #[test]
    fn a_picture_of_no_chosen_size_is_about_600_pixels_wide_and_4_modules_of_it_are_quiet() {
        for version in 1..=40 {
            let symbol = Symbol::new("UR:BYTES/AE", version).unwrap();
            let side = Look::default().side(&symbol);
            assert!((500..=700).contains(&side), "version {version}: {side}");
            assert_eq!(side % symbol.outer_size(), 0, "whole pixels");
        }
        let symbol = Symbol::new("UR:BYTES/AE", 3).unwrap();
        let look = Look::default().with_scale(5).unwrap();
        let file = encode(&symbol, look).unwrap();
        let picture = &eye::png_pictures(&file)[0].1;
        let dark = |x: usize, y: usize| picture.pixels[y * picture.side + x] == 0;
        let last = picture.side - 1;
        for y in 0..picture.side {
            for x in 0..picture.side {
                let margin = x.min(y).min(last - x).min(last - y);
                assert!(margin >= 20 || !dark(x, y), "({x}, {y}) lies in the quiet zone");
            }
        }
        assert!(dark(20, 20) && dark(last - 20, 20) && dark(20, last - 20), "the corners of the code");
    }
}
