//! GIF, still and animated.

use std::io::Cursor;
use std::num::NonZeroU64;

use airlock::{Error, Result};
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, MemoryLimit};

use super::canvas::{Afterwards, Canvas, Layer, Place};
use super::{DAMAGED, Frames};
use crate::gray::Gray;

/// Most bytes that the decoder may hold: a picture of the largest size in colour and opacity.
const MEMORY: NonZeroU64 = NonZeroU64::new(64 * 1024 * 1024).expect("it is not zero");

/// The pictures of a GIF.
pub(super) struct Gif {
    decoder: Decoder<Cursor<Vec<u8>>>,
    canvas: Canvas,
}

impl Gif {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        options.set_memory_limit(MemoryLimit::Bytes(MEMORY));
        options.check_frame_consistency(true);
        let decoder = options.read_info(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        let canvas = Canvas::new(usize::from(decoder.width()), usize::from(decoder.height()))?;
        Ok(Self { decoder, canvas })
    }
}

impl Frames for Gif {
    fn next(&mut self) -> Result<Option<Gray>> {
        let Some(frame) = self.decoder.read_next_frame().map_err(|error| damaged(&error))? else {
            return Ok(None);
        };
        let (width, height) = (usize::from(frame.width), usize::from(frame.height));
        let layer = Layer {
            place: Place { left: usize::from(frame.left), top: usize::from(frame.top), width, height },
            channels: 4,
            stride: width.saturating_mul(4),
            bytes: &frame.buffer,
            over: true,
        };
        let afterwards = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Afterwards::Stays,
            DisposalMethod::Background => Afterwards::Cleared,
            DisposalMethod::Previous => Afterwards::Undone,
        };
        self.canvas.show(&layer, afterwards).map(Some)
    }
}

fn damaged(error: &DecodingError) -> Error {
    let memory = matches!(error, DecodingError::MemoryLimit | DecodingError::OutOfMemory);
    DAMAGED.error(if memory {
        "the GIF needs more memory than it may"
    } else {
        "the GIF is damaged or ends too early"
    })
}
