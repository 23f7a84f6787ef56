//! JPEG: single pictures, and what most cameras send. Only its brightness is decoded.

use airlock::Result;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::DAMAGED;
use crate::gray::{Gray, SIDE};

/// Decodes one picture.
pub(super) fn decode(bytes: &[u8]) -> Result<Gray> {
    let options = DecoderOptions::default()
        .set_use_unsafe(false)
        .set_max_width(SIDE)
        .set_max_height(SIDE)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let damaged = |_| DAMAGED.error("the JPEG is damaged or of a rare kind");
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    Gray::count(width, height)?;
    Gray::new(width, height, decoder.decode().map_err(damaged)?)
}
