//! Codes as an animated PNG that plays for ever.

use airlock::Result;

use crate::look::Look;
use crate::png::{encoder, raster, refused};
use crate::reel::{REEL, Reel};

/// The APNG file of a reel. Programs that know no animation show its first code.
///
/// # Errors
/// [`REEL`] when it cannot be told in an APNG; [`crate::png::PICTURE`] when the crate that writes PNGs refuses.
pub fn encode(reel: &Reel, look: Look) -> Result<Vec<u8>> {
    let count = reel.symbols().len();
    let frames =
        u32::try_from(count).map_err(|_| REEL.error(format!("{count} frames are too many for a picture")))?;
    let millis = u16::try_from(reel.period().as_millis())
        .map_err(|_| REEL.error(format!("{:?} is too long for a frame", reel.period())))?;
    let mut file = Vec::new();
    let mut encoder = encoder(&mut file, reel.first(), look)?;
    encoder.set_animated(frames, 0).map_err(refused)?;
    encoder.set_frame_delay(millis, 1000).map_err(refused)?;
    let mut writer = encoder.write_header().map_err(refused)?;
    for symbol in reel.symbols() {
        writer.write_image_data(&raster(symbol, look)).map_err(refused)?;
    }
    writer.finish().map_err(refused)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::eye;

    #[test]
    fn every_frame_is_read_again_in_order_with_its_time() {
        let texts: Vec<String> = (0..9).map(|seed| eye::text_for(15, seed)).collect();
        let reel = Reel::new(texts.clone(), 15, Duration::from_millis(125)).unwrap();
        let file = encode(&reel, Look::default()).unwrap();
        let pictures = eye::png_pictures(&file);
        let read: Vec<String> = pictures.iter().filter_map(|(_, picture)| picture.text()).collect();
        assert_eq!(read, texts);
        assert!(pictures.iter().all(|(millis, _)| *millis == Some(125)));
    }

    #[test]
    fn a_single_code_and_the_longest_period_are_played_too() {
        let reel = Reel::new([eye::text_for(5, 1)], 5, Duration::from_millis(2000)).unwrap();
        let pictures = eye::png_pictures(&encode(&reel, Look::default().with_dim(true)).unwrap());
        assert_eq!(pictures.len(), 1);
        assert_eq!(pictures[0].0, Some(2000));
        assert_eq!(pictures[0].1.text(), Some(eye::text_for(5, 1)));
    }
}
