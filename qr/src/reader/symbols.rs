//! From a picture to black and white, from there to symbols, from symbols to texts: the work of the crate `rxing`, driven so
//! that no picture can make it work or allocate without bound.

use std::borrow::Cow;
use std::cmp::Reverse;

use rxing::common::{BitMatrix, DetectorRXingResult, GlobalHistogramBinarizer, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};
use rxing::{Binarizer, LuminanceSource};

use crate::gray::Gray;

/// Where black ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Threshold {
    /// Each 8 x 8 pixels have their own.
    Local,
    /// One for the whole picture.
    Global,
}

/// Most places in the rows of a picture that look like the corner of a code. A code has a few in each row that crosses it;
/// the search for corners takes the square of their number.
const PLACES: usize = 4000;
/// Most corners of codes, largest first, that are combined with one another.
const CORNERS: usize = 128;
/// Most combinations of three corners, most plausible first, that are looked at as a code.
const CODES: usize = 256;

/// Gives the text of each code to `accept`, until it says true. A thorough search looks at every third row for corners.
pub(super) fn search(
    picture: &Gray,
    threshold: Threshold,
    thorough: bool,
    accept: &mut dyn FnMut(String) -> bool,
) {
    let view = View(picture);
    match threshold {
        Threshold::Local => {
            if let Ok(matrix) = HybridBinarizer::new(view).get_black_matrix() {
                texts(matrix, thorough, accept);
            }
        }
        Threshold::Global => {
            if let Ok(matrix) = GlobalHistogramBinarizer::new(view).get_black_matrix() {
                texts(matrix, thorough, accept);
            }
        }
    }
}

fn texts(matrix: &BitMatrix, thorough: bool, accept: &mut dyn FnMut(String) -> bool) {
    if is_crowded(matrix) {
        return;
    }
    let mut corners = FindFinderPatterns(matrix, thorough, 0);
    corners.sort_by_key(|corner| Reverse(corner.size));
    corners.truncate(CORNERS);
    let mut used = Vec::new();
    for three in GenerateFinderPatternSets(&mut corners).into_iter().take(CODES) {
        let all = [three.bl, three.tl, three.tr];
        if all.iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let Ok(symbol) = SampleQR(matrix, &three) else { continue };
        let Ok(decoded) = Decode(symbol.getBits()) else { continue };
        if !decoded.isValid() {
            continue;
        }
        used.extend(all);
        if accept(text(decoded.content().bytes())) {
            return;
        }
    }
}

/// Whether every third row together has more than [`PLACES`] sequences of dark, light, dark, light and dark pixels of which the
/// middle one is as long as a corner's.
fn is_crowded(matrix: &BitMatrix) -> bool {
    let mut places = 0_usize;
    for y in (2..matrix.height()).step_by(3) {
        let mut runs = [0_u16; 5];
        let mut dark = false;
        for x in 0..matrix.width() {
            if matrix.get(x, y) == dark {
                runs[4] = runs[4].saturating_add(1);
                continue;
            }
            places = places.saturating_add(usize::from(dark && is_corner(runs)));
            dark = !dark;
            runs = [runs[1], runs[2], runs[3], runs[4], 1];
        }
        places = places.saturating_add(usize::from(dark && is_corner(runs)));
    }
    places > PLACES
}

/// The plainest part of what makes a corner: no longer ends than half of the middle, and no longer gaps than it.
fn is_corner([end, gap, middle, other_gap, other_end]: [u16; 5]) -> bool {
    let ends = end.max(other_end);
    end.min(other_end) > 0 && middle >= 3 && middle >= ends.saturating_mul(2) && middle >= gap.max(other_gap)
}

/// The text of a code's bytes: UTF-8, or one character a byte.
fn text(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// A picture as `rxing` wants to see it.
struct View<'a>(&'a Gray);

impl LuminanceSource for View<'_> {
    fn get_row(&self, y: usize) -> Option<Cow<'_, [u8]>> {
        self.0.rows().nth(y).map(Cow::Borrowed)
    }

    fn get_column(&self, x: usize) -> Cow<'_, [u8]> {
        self.0.rows().filter_map(|row| row.get(x).copied()).collect()
    }

    fn get_matrix(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.pixels())
    }

    fn get_width(&self) -> usize {
        self.0.width()
    }

    fn get_height(&self) -> usize {
        self.0.height()
    }

    /// Never asked for: the cascade inverts pictures itself.
    fn invert(&mut self) {}

    fn get_luma8_point(&self, x: usize, y: usize) -> u8 {
        self.0.rows().nth(y).and_then(|row| row.get(x)).copied().unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn bytes_that_are_no_text_keep_their_number() {
        assert_eq!(text("Größe".as_bytes()), "Größe");
        assert_eq!(text(&[0x7f, 0x80, 0xff]).chars().map(u32::from).collect::<Vec<_>>(), [0x7f, 0x80, 0xff]);
    }
}
