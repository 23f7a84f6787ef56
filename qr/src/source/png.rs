//! PNG and APNG.

use std::io::Cursor;

use airlock::{Error, Result};
use png::{BlendOp, ColorType, Decoder, DecodingError, DisposeOp, Limits, Reader, Transformations};

use super::canvas::{Afterwards, Canvas, Layer, Place};
use super::{DAMAGED, Frames};
use crate::gray::Gray;

/// Most bytes that the decoder may hold: a picture of the largest size in colour and opacity.
const MEMORY: usize = 4 * crate::gray::PIXELS;

/// The picture or the pictures of a PNG.
pub(super) struct Png {
    reader: Reader<Cursor<Vec<u8>>>,
    canvas: Canvas,
    left: u32,
}

impl Png {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self> {
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY });
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let (width, height) = decoder.read_header_info().map_err(|error| damaged(&error))?.size();
        let canvas = Canvas::new(whole(width), whole(height))?;
        let reader = decoder.read_info().map_err(|error| damaged(&error))?;
        let animated = reader.info().animation_control().map_or(1, |control| control.num_frames);
        // A still picture before the animation that is no part of it.
        let still =
            u32::from(reader.info().frame_control().is_none() && reader.info().animation_control().is_some());
        Ok(Self { reader, canvas, left: animated.saturating_add(still) })
    }
}

impl Frames for Png {
    fn next(&mut self) -> Result<Option<Gray>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let size = self.reader.output_buffer_size().filter(|size| *size <= MEMORY);
        let mut bytes = vec![0; size.ok_or_else(|| DAMAGED.error("the PNG is larger than its size says"))?];
        let frame = self.reader.next_frame(&mut bytes).map_err(|error| damaged(&error))?;
        let channels = match frame.color_type {
            ColorType::Grayscale | ColorType::Indexed => 1,
            ColorType::GrayscaleAlpha => 2,
            ColorType::Rgb => 3,
            ColorType::Rgba => 4,
        };
        let info = self.reader.info();
        let control = info.frame_control();
        // Interlaced frames come in rows of the whole canvas.
        let row = if info.interlaced { info.width } else { frame.width };
        let layer = Layer {
            place: Place {
                left: control.map_or(0, |control| whole(control.x_offset)),
                top: control.map_or(0, |control| whole(control.y_offset)),
                width: whole(frame.width),
                height: whole(frame.height),
            },
            channels,
            stride: whole(row).saturating_mul(channels),
            bytes: &bytes,
            over: control.is_some_and(|control| control.blend_op == BlendOp::Over),
        };
        let afterwards = match control.map_or(DisposeOp::Background, |control| control.dispose_op) {
            DisposeOp::None => Afterwards::Stays,
            DisposeOp::Background => Afterwards::Cleared,
            DisposeOp::Previous => Afterwards::Undone,
        };
        self.canvas.show(&layer, afterwards).map(Some)
    }
}

fn whole(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn damaged(error: &DecodingError) -> Error {
    DAMAGED.error(match error {
        DecodingError::IoError(_) => "the PNG ends too early",
        DecodingError::LimitsExceeded => "the PNG needs more memory than it may",
        DecodingError::Format(_) | DecodingError::Parameter(_) => "the PNG is damaged",
    })
}
