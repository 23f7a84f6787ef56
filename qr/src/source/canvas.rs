//! The canvas on which the frames of an animation are drawn over one another.

use airlock::Result;

use super::DAMAGED;
use crate::gray::Gray;

/// Where a frame lies on the canvas, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Pixels of a frame: rows of `stride` bytes, in each pixels of `channels` bytes: gray, gray and opacity, colour, colour and
/// opacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    pub(super) place: Place,
    pub(super) channels: usize,
    pub(super) stride: usize,
    pub(super) bytes: &'a [u8],
    /// What is not opaque lets the canvas through; otherwise white.
    pub(super) over: bool,
}

/// What becomes of a frame after it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Stays,
    Cleared,
    Undone,
}

/// A canvas, white at first.
#[derive(Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        let count = Gray::count(width, height)?;
        Ok(Self { width, height, pixels: vec![u8::MAX; count] })
    }

    /// The canvas with this frame drawn on it; it stays for the next frame as far as `afterwards` says.
    pub(super) fn show(&mut self, layer: &Layer<'_>, afterwards: Afterwards) -> Result<Gray> {
        let before = (afterwards == Afterwards::Undone).then(|| self.pixels.clone());
        self.draw(layer)?;
        let shown = Gray::new(self.width, self.height, self.pixels.clone())?;
        match afterwards {
            Afterwards::Stays => {}
            Afterwards::Cleared => self.rows(layer.place)?.for_each(|row| row.fill(u8::MAX)),
            Afterwards::Undone => self.pixels = before.unwrap_or_default(),
        }
        Ok(shown)
    }

    fn draw(&mut self, layer: &Layer<'_>) -> Result<()> {
        let rows = self.rows(layer.place)?;
        for (row, bytes) in rows.zip(layer.bytes.chunks(layer.stride.max(1))) {
            for (below, pixel) in row.iter_mut().zip(bytes.chunks_exact(layer.channels.max(1))) {
                let (light, opacity) = match *pixel {
                    [light] => (light, u8::MAX),
                    [light, opacity] => (light, opacity),
                    [red, green, blue] => (brightness(red, green, blue), u8::MAX),
                    [red, green, blue, opacity] => (brightness(red, green, blue), opacity),
                    _ => return Err(DAMAGED.error("a pixel has more than four channels")),
                };
                *below = mixed(light, if layer.over { *below } else { u8::MAX }, opacity);
            }
        }
        Ok(())
    }

    fn rows(&mut self, place: Place) -> Result<impl Iterator<Item = &mut [u8]>> {
        let right = place.left.checked_add(place.width).filter(|right| *right <= self.width);
        let bottom = place.top.checked_add(place.height).filter(|bottom| *bottom <= self.height);
        let (Some(right), Some(_)) = (right, bottom) else {
            return Err(DAMAGED.error(format!(
                "a frame of {} x {} at {}, {} is not on the canvas of {} x {}",
                place.width, place.height, place.left, place.top, self.width, self.height
            )));
        };
        let rows = self.pixels.chunks_exact_mut(self.width).skip(place.top).take(place.height);
        Ok(rows.map(move |row| row.get_mut(place.left..right).unwrap_or_default()))
    }
}

/// The brightness of a colour (ITU-R BT.601, in 256ths).
#[allow(clippy::arithmetic_side_effects, reason = "at most 256 * 255")]
fn brightness(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    u8::try_from(sum >> 8).unwrap_or(u8::MAX)
}

#[allow(clippy::arithmetic_side_effects, reason = "at most 255 * 255 and its half, divided by a constant")]
fn mixed(above: u8, below: u8, opacity: u8) -> u8 {
    let sum = u32::from(above) * u32::from(opacity) + u32::from(below) * u32::from(!opacity);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: Place = Place { left: 1, top: 1, width: 1, height: 1 };

    fn shown(canvas: &mut Canvas, pixel: &[u8], over: bool, afterwards: Afterwards) -> Vec<u8> {
        let layer = Layer { place: MIDDLE, channels: pixel.len(), stride: pixel.len(), bytes: pixel, over };
        canvas.show(&layer, afterwards).unwrap().pixels().to_vec()
    }

    #[test]
    fn frames_lie_over_one_another_and_go_as_they_are_told() {
        let mut canvas = Canvas::new(3, 2).unwrap();
        assert_eq!(shown(&mut canvas, &[9], false, Afterwards::Stays), [255, 255, 255, 255, 9, 255]);
        assert_eq!(shown(&mut canvas, &[0, 0], true, Afterwards::Stays)[4], 9);
        assert_eq!(shown(&mut canvas, &[90, 90, 90], true, Afterwards::Undone)[4], 90);
        assert_eq!(shown(&mut canvas, &[0, 0, 0, 0], true, Afterwards::Stays)[4], 9);
        assert_eq!(shown(&mut canvas, &[0, 0, 0, 0], false, Afterwards::Stays)[4], 255);
        assert_eq!(shown(&mut canvas, &[7], true, Afterwards::Cleared)[4], 7);
        assert_eq!(shown(&mut canvas, &[0, 128], true, Afterwards::Stays)[4], 127);
    }

    #[test]
    fn frames_beside_the_canvas_are_refused() {
        let mut canvas = Canvas::new(3, 2).unwrap();
        for place in
            [Place { left: 3, ..MIDDLE }, Place { height: 2, ..MIDDLE }, Place { left: usize::MAX, ..MIDDLE }]
        {
            let layer = Layer { place, channels: 1, stride: 1, bytes: &[0], over: false };
            assert_eq!(canvas.show(&layer, Afterwards::Stays).unwrap_err().code().id, "E-QR-032");
        }
    }
}
