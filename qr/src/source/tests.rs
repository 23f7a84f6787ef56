//! Every source gives the pictures that were put in, and survives damage.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::io::Cursor;
use std::path::Path;

use super::folder::Folder;
use super::raw::Raw;
use super::y4m::Y4m;
use super::{Frames, picture};
use crate::gray::Gray;

const WIDTH: usize = 16;
const HEIGHT: usize = 12;

/// A picture like no other of these.
fn sample(number: usize) -> Gray {
    let pixels = (0..WIDTH * HEIGHT).map(|at| u8::try_from((at * 7 + number * 31) % 256).unwrap());
    Gray::new(WIDTH, HEIGHT, pixels.collect()).unwrap()
}

fn all(frames: &mut dyn Frames) -> airlock::Result<Vec<Gray>> {
    std::iter::from_fn(|| frames.next().transpose()).collect()
}

fn opened(bytes: Vec<u8>) -> airlock::Result<Vec<Gray>> {
    all(picture::open(bytes)?.as_mut())
}

fn png(pictures: &[Gray]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 16, 12);
    encoder.set_color(png::ColorType::Grayscale);
    if pictures.len() > 1 {
        encoder.set_animated(u32::try_from(pictures.len()).unwrap(), 0).unwrap();
    }
    let mut writer = encoder.write_header().unwrap();
    for picture in pictures {
        writer.write_image_data(picture.pixels()).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn gif(pictures: &[Gray]) -> Vec<u8> {
    let palette: Vec<u8> = (0..=255).flat_map(|level| [level; 3]).collect();
    let mut encoder = gif::Encoder::new(Vec::new(), 16, 12, &palette).unwrap();
    for picture in pictures {
        let frame =
            gif::Frame { width: 16, height: 12, buffer: picture.pixels().into(), ..gif::Frame::default() };
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

fn y4m(colours: &str, bytes_of_colours: usize, pictures: &[Gray]) -> Vec<u8> {
    let mut bytes = format!("YUV4MPEG2 W16 H12 F30:1 Ip A1:1 {colours} XYSCSS=420\n").into_bytes();
    for picture in pictures {
        bytes.extend(b"FRAME Ip\n");
        bytes.extend(picture.pixels());
        bytes.resize(bytes.len() + bytes_of_colours, 128);
    }
    bytes
}

/// JPEGs of the same slope from black to white, as other programs write them: plain, progressive, in colour, and a camera's
/// without tables.
const JPEGS: [&[u8]; 3] = [
    include_bytes!("../../../vectors/pictures/slope.jpg"),
    include_bytes!("../../../vectors/pictures/slope-progressive.jpg"),
    include_bytes!("../../../vectors/pictures/slope-colour.jpg"),
];

#[test]
fn films_and_pictures_give_what_was_put_in() {
    let pictures = [sample(0), sample(1), sample(2)];
    assert_eq!(opened(png(&pictures)).unwrap(), pictures);
    assert_eq!(opened(png(&pictures[..1])).unwrap(), pictures[..1]);
    assert_eq!(opened(gif(&pictures)).unwrap(), pictures);
    for (colours, bytes) in
        [("C420jpeg", 96), ("Cmono", 0), ("C422", 192), ("C444", 384), ("C411", 96), ("", 96)]
    {
        assert_eq!(opened(y4m(colours, bytes, &pictures)).unwrap(), pictures, "{colours}");
    }
    let raw: Vec<u8> = pictures.iter().flat_map(|picture| picture.pixels().to_vec()).collect();
    assert_eq!(all(&mut Raw::new(Cursor::new(raw), WIDTH, HEIGHT).unwrap()).unwrap(), pictures);
}

#[test]
fn jpegs_are_read_for_their_brightness() {
    for jpeg in JPEGS {
        let pictures = opened(jpeg.to_vec()).unwrap();
        let [picture] = pictures.as_slice() else { panic!("one picture") };
        assert_eq!((picture.width(), picture.height()), (64, 48));
        for (at, pixel) in picture.rows().next().unwrap().iter().enumerate() {
            assert!(usize::from(*pixel).abs_diff(at * 4) < 10, "{at}: {pixel}");
        }
    }
}

#[test]
fn a_folder_is_read_in_the_order_of_numbers_and_passes_over_what_is_no_picture() {
    let folder = std::env::temp_dir().join(format!("airlock-qr-folder-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("0-folder")).unwrap();
    std::fs::write(folder.join("frame10.png"), png(&[sample(3)])).unwrap();
    std::fs::write(folder.join("frame9.gif"), gif(&[sample(1), sample(2)])).unwrap();
    std::fs::write(folder.join("frame1.y4m"), y4m("Cmono", 0, &[sample(0)])).unwrap();
    std::fs::write(folder.join("notes.txt"), "no picture").unwrap();
    std::os::unix::fs::symlink("frame10.png", folder.join("frame11.png")).unwrap();
    let mut frames = Folder::open(&folder).unwrap();
    let pictures = all(&mut frames).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(pictures, [sample(0), sample(1), sample(2), sample(3)]);
    assert_eq!(frames.passed_over(), 3);
    assert_eq!(Folder::open(Path::new("/nonexistent")).err().unwrap().code().id, "E-QR-033");
}

#[test]
fn sizes_beyond_the_limits_are_refused_before_they_are_allocated() {
    let mut large = png(&[sample(0)]);
    large[16..24].copy_from_slice(&[0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff]);
    let sum = crc32fast_of(&large[12..29]);
    large[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(opened(large).unwrap_err().code().id, "E-QR-030");
    let mut large = gif(&[sample(0)]);
    large[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(opened(large).unwrap_err().code().id, "E-QR-030");
    let film = b"YUV4MPEG2 W100000 H100000\nFRAME\n".to_vec();
    assert_eq!(opened(film).unwrap_err().code().id, "E-QR-030");
    assert_eq!(Raw::new(Cursor::new([]), usize::MAX, 2).unwrap_err().code().id, "E-QR-030");
    assert_eq!(opened(b"\xff\xd8\xff".to_vec()).unwrap_err().code().id, "E-QR-032");
    assert_eq!(opened(vec![0; picture::FILE_BYTES + 1]).unwrap_err().code().id, "E-QR-034");
}

#[test]
fn streams_that_end_in_a_frame_say_so() {
    let mut cut = Raw::new(Cursor::new(vec![0; WIDTH * HEIGHT + 1]), WIDTH, HEIGHT).unwrap();
    assert!(cut.next().unwrap().is_some());
    assert_eq!(cut.next().unwrap_err().code().id, "E-QR-031");
    let film = y4m("C422", 192, &[sample(0)]);
    for end in [film.len() - 1, film.len() - 193, 60] {
        let error = all(&mut Y4m::new(&film[..end]).unwrap()).unwrap_err();
        assert_eq!(error.code().id, "E-QR-032", "{end}");
    }
}

/// CRC-32 bit by bit, for a forged header.
fn crc32fast_of(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}

/// `AIRLOCK_QR_PICTURES` makes it longer.
#[test]
fn damage_is_an_error_or_another_picture_but_never_more() {
    let pictures = [sample(0), sample(1)];
    let mut files = vec![png(&pictures), png(&pictures[..1]), gif(&pictures), y4m("C420", 96, &pictures)];
    files.extend(JPEGS.map(<[u8]>::to_vec));
    let mut seed = 20_261_121_u64;
    let mut chance = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let (mut errors, mut others) = (0, 0);
    let rounds = std::env::var("AIRLOCK_QR_PICTURES").map_or(400, |rounds| rounds.parse().unwrap());
    for file in &files {
        for _ in 0..rounds {
            let mut damaged = file.clone();
            for _ in 0..=chance(3) {
                let at = chance(damaged.len());
                match chance(4) {
                    0 => damaged.truncate(at.max(1)),
                    1 => damaged.insert(at, u8::try_from(chance(256)).unwrap()),
                    2 => damaged[at] ^= 1 << chance(8),
                    _ => damaged[at] = [0, 255, 127, 128][chance(4)],
                }
            }
            match opened(damaged) {
                Ok(frames) => others += frames.len(),
                Err(error) => {
                    assert!(error.code().id.starts_with("E-QR-03"), "{error}");
                    errors += 1;
                }
            }
        }
    }
    assert!(errors > 500 && others > 500, "{errors} errors, {others} pictures");
}
