//! Brightness: contrast and inversion.

use crate::gray::Gray;

/// The picture with its 2nd percentile black and its 98th white.
pub(super) fn stretched(picture: &Gray) -> Gray {
    let mut histogram = [0_usize; 256];
    for &pixel in picture.pixels() {
        if let Some(count) = histogram.get_mut(usize::from(pixel)) {
            *count = count.saturating_add(1);
        }
    }
    let rank = picture.pixels().len() / 50;
    let low = level(histogram.iter(), rank);
    let high = u8::MAX.saturating_sub(level(histogram.iter().rev(), rank));
    let range = u16::from(high.saturating_sub(low)).max(1);
    let table: Vec<u8> = (0..=u8::MAX)
        .map(|pixel| {
            let above = u16::from(pixel.saturating_sub(low));
            u8::try_from(above.saturating_mul(255).checked_div(range).unwrap_or(255)).unwrap_or(u8::MAX)
        })
        .collect();
    picture.map(|pixel| table.get(usize::from(pixel)).copied().unwrap_or(pixel))
}

/// How many levels lie before the pixel of that rank.
fn level<'a>(counts: impl Iterator<Item = &'a usize>, rank: usize) -> u8 {
    let mut seen = 0_usize;
    let before = counts
        .take_while(|count| {
            seen = seen.saturating_add(**count);
            seen <= rank
        })
        .count();
    u8::try_from(before).unwrap_or(u8::MAX)
}

/// Black for white.
pub(super) fn inverted(picture: &Gray) -> Gray {
    picture.map(|pixel| !pixel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pale_picture_becomes_black_and_white() {
        let pale: Vec<u8> = (0..100).map(|n| if n % 2 == 0 { 100 } else { 150 }).collect();
        let strong = stretched(&Gray::new(10, 10, pale).unwrap());
        assert_eq!(strong.pixels().first_chunk(), Some(&[0_u8, 255]));
    }

    #[test]
    fn a_few_glaring_and_dark_pixels_do_not_count() {
        let mut pixels = vec![100; 500];
        pixels.extend([150; 500]);
        pixels[..5].fill(0);
        pixels[995..].fill(255);
        let strong = stretched(&Gray::new(100, 10, pixels).unwrap());
        assert_eq!((strong.pixels()[10], strong.pixels()[900]), (0, 255));
    }

    #[test]
    fn a_picture_of_one_colour_survives() {
        for colour in [0, 77, 255] {
            let even = Gray::new(8, 8, vec![colour; 64]).unwrap();
            assert_eq!(stretched(&even).pixels().len(), 64);
            assert_eq!(inverted(&inverted(&even)), even);
        }
    }
}
