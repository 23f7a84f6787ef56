//! Resolution: means against noise, edges against blur.
#![allow(clippy::arithmetic_side_effects, reason = "sums of at most nine bytes in 16 and 32 bits")]

use crate::gray::Gray;

/// A ninth of 2^16, rounded up: exact for nine equal bytes.
const NINTH: u32 = 7282;

/// At half the size: each pixel the mean of four. None when nothing would be left.
pub(super) fn halved(picture: &Gray) -> Option<Gray> {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    if width == 0 || height == 0 {
        return None;
    }
    let mut pixels = Vec::with_capacity(width.saturating_mul(height));
    let rows: Vec<&[u8]> = picture.rows().collect();
    for pair in rows.chunks_exact(2) {
        let [upper, lower] = pair else { continue };
        pixels.extend(upper.as_chunks().0.iter().zip(lower.as_chunks().0).map(|(&[a, b], &[c, d])| {
            low_byte((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d) + 2) >> 2)
        }));
    }
    Gray::new(width, height, pixels).ok()
}

/// Each pixel the mean of the 3 x 3 around it; at the border of fewer rows and columns, taken more often.
pub(super) fn smoothed(picture: &Gray) -> Gray {
    means(picture, |_, sum| low_byte((sum * NINTH) >> 16))
}

/// Each pixel pushed away from the mean around it (unsharp mask): twice its distance is added.
pub(super) fn sharpened(picture: &Gray) -> Gray {
    means(picture, |pixel, sum| {
        let mean = i32::from(low_byte::<u32>((sum * NINTH) >> 16));
        let pixel = i32::from(pixel);
        u8::try_from((pixel + 2 * (pixel - mean)).clamp(0, 255)).unwrap_or(u8::MAX)
    })
}

/// Makes each pixel of itself and the sum of the 3 x 3 around it.
fn means(picture: &Gray, make: impl Fn(u8, u32) -> u8) -> Gray {
    let rows: Vec<&[u8]> = picture.rows().collect();
    let mut pixels = Vec::with_capacity(picture.pixels().len());
    let mut columns: Vec<u16> = Vec::with_capacity(picture.width() + 2);
    for (index, row) in rows.iter().enumerate() {
        let above = rows.get(index.saturating_sub(1)).unwrap_or(row);
        let below = rows.get(index + 1).unwrap_or(row);
        let sums = above.iter().zip(*row).zip(*below);
        columns.clear();
        columns.push(0);
        columns.extend(sums.map(|((a, b), c)| u16::from(*a) + u16::from(*b) + u16::from(*c)));
        columns.push(columns.last().copied().unwrap_or(0));
        if let [border, first, ..] = columns.as_mut_slice() {
            *border = *first;
        }
        pixels.extend(
            columns
                .array_windows()
                .zip(*row)
                .map(|(&[a, b, c], &pixel)| make(pixel, u32::from(a) + u32::from(b) + u32::from(c))),
        );
    }
    Gray::new(picture.width(), picture.height(), pixels).unwrap_or_else(|_| picture.clone())
}

fn low_byte<N: TryInto<u8>>(number: N) -> u8 {
    number.try_into().unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(width: usize, pixels: &[u8]) -> Gray {
        Gray::new(width, pixels.len() / width, pixels.to_vec()).unwrap()
    }

    #[test]
    fn half_the_size_is_the_mean_of_four_and_drops_an_odd_border() {
        let picture = gray(5, &[0, 10, 100, 100, 9, 20, 30, 200, 200, 9, 7, 7, 7, 7, 7]);
        assert_eq!(halved(&picture), Some(gray(2, &[15, 150])));
        assert_eq!(halved(&gray(1, &[1, 2, 3])), None);
    }

    #[test]
    fn smoothing_is_the_mean_of_nine_and_keeps_what_is_even() {
        let dot = gray(3, &[0, 0, 0, 0, 90, 0, 0, 0, 0]);
        assert_eq!(smoothed(&dot).pixels()[4], 10);
        for colour in [0, 1, 127, 254, 255] {
            let even = gray(4, &[colour; 12]);
            assert_eq!(smoothed(&even), even);
            assert_eq!(sharpened(&even), even);
        }
        assert_eq!(smoothed(&gray(1, &[42])).pixels(), [42]);
    }

    #[test]
    fn sharpening_moves_an_edge_apart() {
        let edge = gray(4, &[100, 100, 150, 150, 100, 100, 150, 150]);
        let sharp = sharpened(&edge);
        assert!(sharp.pixels()[1] < 100 && sharp.pixels()[2] > 150, "{:?}", sharp.pixels());
    }
}
