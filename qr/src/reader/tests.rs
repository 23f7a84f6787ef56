//! Reads codes, and survives everything that only looks like one.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::time::{Duration, Instant};

use qrcode::{Color, EcLevel, QrCode, Version};
use rxing::qrcode::common::ErrorCorrectionLevel;
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

use super::{Effort, Reader};
use crate::gray::Gray;

const ANY: &dyn Fn(&str) -> bool = &|_| true;

/// Numbers of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// A white picture to draw on.
struct Sheet {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![255; width * height] }
    }

    /// Draws a square grid of modules with its top left corner there, as far as it is on the sheet.
    fn draw(
        &mut self,
        left: isize,
        top: isize,
        scale: usize,
        side: usize,
        dark: &dyn Fn(usize, usize) -> bool,
    ) {
        for y in 0..side * scale {
            for x in 0..side * scale {
                let (Some(column), Some(row)) = (left.checked_add_unsigned(x), top.checked_add_unsigned(y))
                else {
                    continue;
                };
                let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else { continue };
                if column < self.width && row < self.height {
                    self.pixels[row * self.width + column] = if dark(x / scale, y / scale) { 0 } else { 255 };
                }
            }
        }
    }

    fn gray(self) -> Gray {
        Gray::new(self.width, self.height, self.pixels).unwrap()
    }
}

/// The corner of a code with the light modules around it.
fn is_corner_dark(x: usize, y: usize) -> bool {
    let ring = x.abs_diff(4).max(y.abs_diff(4));
    ring < 2 || ring == 3
}

fn modules(text: &str, version: i16) -> (usize, Vec<bool>) {
    let code = QrCode::with_version(text, Version::Normal(version), EcLevel::L).unwrap();
    (code.width(), code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect())
}

fn painted(sheet: &mut Sheet, left: isize, top: isize, scale: usize, text: &str, version: i16) {
    let (side, dark) = modules(text, version);
    sheet.draw(left, top, scale, side, &|x, y| dark[y * side + x]);
}

#[test]
fn reads_a_code_of_any_module_size_with_a_quiet_zone() {
    for (version, text) in [(1, "UR:A"), (5, "UR:BYTES/1-2/ABC"), (15, "B$2P0100AAAA"), (20, "text in bytes")]
    {
        let side = 17 + 4 * usize::try_from(version).unwrap();
        for scale in [2, 3, 4, 7] {
            let whole = (side + 8) * scale;
            let mut sheet = Sheet::new(whole, whole);
            let quiet = isize::try_from(4 * scale).unwrap();
            painted(&mut sheet, quiet, quiet, scale, text, version);
            let found = Reader::new().read(&sheet.gray(), ANY, Effort::Full);
            assert_eq!(found.as_deref(), Some(text), "version {version}, {scale} pixels a module");
        }
    }
}

#[test]
fn the_gate_chooses_among_several_codes_and_all_of_them_can_be_had() {
    let mut sheet = Sheet::new(900, 500);
    painted(&mut sheet, 40, 40, 5, "https://example.org", 3);
    painted(&mut sheet, 600, 60, 4, "UR:BYTES/1-2/ABC", 5);
    painted(&mut sheet, 300, 260, 4, "UR:BYTES/2-2/DEF", 5);
    let picture = sheet.gray();
    let gate = |text: &str| text.ends_with("DEF");
    assert_eq!(Reader::new().read(&picture, &gate, Effort::Full).as_deref(), Some("UR:BYTES/2-2/DEF"));
    let mut all = Reader::new().read_all(&picture, ANY);
    all.sort();
    assert_eq!(all, ["UR:BYTES/1-2/ABC", "UR:BYTES/2-2/DEF", "https://example.org"]);
    assert_eq!(Reader::new().read(&picture, &|_| false, Effort::Full), None);
}

#[test]
fn the_way_that_worked_is_the_first_next_time() {
    let (side, dark) = modules("UR:A", 2);
    let mut sheet = Sheet::new(200, 200);
    sheet.pixels.fill(0);
    sheet.draw(30, 30, 5, side, &|x, y| !dark[y * side + x]);
    let picture = sheet.gray();
    let mut reader = Reader::new();
    assert_eq!(reader.read(&picture, ANY, Effort::Quick), None);
    assert!(reader.read(&picture, ANY, Effort::Full).is_some());
    assert!(
        reader.read(&picture, ANY, Effort::Quick).is_some(),
        "inverted codes are found at once from now on"
    );
}

#[test]
fn bytes_that_are_no_text_come_one_by_one() {
    let entropy: Vec<u8> = (0..16).map(|byte| byte * 16 + 7).collect();
    let code = QrCode::with_version(&entropy, Version::Normal(1), EcLevel::L).unwrap();
    let dark = code.to_colors();
    let mut sheet = Sheet::new(29 * 4, 29 * 4);
    sheet.draw(16, 16, 4, 21, &|x, y| dark[y * 21 + x] == Color::Dark);
    let text = Reader::new().read(&sheet.gray(), ANY, Effort::Full).unwrap();
    let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(character).unwrap()).collect();
    assert_eq!(bytes, entropy);
}

/// What looks like a code in one way or another.
fn hostile(chance: &mut Chance) -> Gray {
    const SIDES: [usize; 12] = [1, 2, 3, 7, 8, 21, 39, 40, 41, 64, 117, 240];
    let (width, height) = (SIDES[chance.below(SIDES.len())], SIDES[chance.below(SIDES.len())]);
    let mut sheet = Sheet::new(width, height);
    let place = |chance: &mut Chance, side| isize::try_from(chance.below(side + 60)).unwrap() - 30;
    match chance.below(5) {
        0 => sheet.pixels.iter_mut().for_each(|pixel| *pixel = chance.byte()),
        1 => sheet.pixels.iter_mut().for_each(|pixel| *pixel = if chance.below(2) == 0 { 0 } else { 255 }),
        2 => {
            for _ in 0..chance.below(40) {
                let (left, top, scale) = (place(chance, width), place(chance, height), 1 + chance.below(4));
                sheet.draw(left, top, scale, 9, &is_corner_dark);
            }
        }
        _ => {
            let version = i16::try_from(1 + chance.below(8)).unwrap();
            let (side, mut dark) = modules("UR:A", version);
            for _ in 0..chance.below(3) * chance.below(side * side / 4) {
                let at = chance.below(dark.len());
                dark[at] = !dark[at];
            }
            let (left, top, scale) = (place(chance, width), place(chance, height), 1 + chance.below(4));
            let least = side * scale * (1 + chance.below(4)) / 2;
            sheet = Sheet::new(width.max(least), height.max(least));
            sheet.draw(left, top, scale, side, &|x, y| dark[y * side + x]);
            for _ in 0..chance.below(50) {
                let at = chance.below(sheet.pixels.len());
                sheet.pixels[at] = chance.byte();
            }
        }
    }
    sheet.gray()
}

/// `AIRLOCK_QR_PICTURES` and `AIRLOCK_QR_SEED` make it longer and different.
#[test]
fn no_picture_ends_the_program() {
    let setting = |name, default| std::env::var(name).ok().map_or(default, |value| value.parse().unwrap());
    let (pictures, seed) = (setting("AIRLOCK_QR_PICTURES", 400), setting("AIRLOCK_QR_SEED", 20_261_121));
    println!("{pictures} pictures, seed {seed}");
    let mut chance = Chance(seed);
    let mut read = 0;
    for _ in 0..pictures {
        read += Reader::new().read_all(&hostile(&mut chance), ANY).len();
    }
    assert!(read > 0, "some of the codes are whole");
}

#[test]
fn no_content_of_a_code_ends_the_program() {
    let mut chance = Chance(7);
    let mut good = 0;
    for round in 0..20_000 {
        let number = u32::try_from(1 + chance.below(40)).unwrap();
        let version = rxing::qrcode::common::Version::Model2(number).unwrap();
        let mut bits: Vec<u8> = (0..1 + chance.below(60)).map(|_| chance.byte()).collect();
        // The first mode is one of the sixteen, in turn.
        bits[0] = u8::try_from((round % 16) << 4).unwrap() | (bits[0] & 15);
        if let Ok(decoded) = DecodeBitStream(&bits, version, ErrorCorrectionLevel::L) {
            good += usize::from(decoded.isValid());
        }
    }
    assert!(good > 100, "{good} are valid");
}

#[test]
fn a_mosaic_of_corners_takes_neither_time_nor_memory_without_bound() {
    let mut sheet = Sheet::new(1280, 720);
    for top in (0..720).step_by(9) {
        for left in (0..1280).step_by(9) {
            sheet.draw(left, top, 1, 9, &is_corner_dark);
        }
    }
    let since = Instant::now();
    assert_eq!(Reader::new().read(&sheet.gray(), ANY, Effort::Full), None);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}
