//! What was painted, read again: pictures of pixels for the tests of this crate, and the reader that the product uses.

#![allow(clippy::arithmetic_side_effects, reason = "tests; an overflow is a failure")]

use std::io::Cursor;

use rxing::common::HybridBinarizer;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BinaryBitmap, Luma8LuminanceSource, Reader as _};

use airlock::qr::capacity::alphanumeric;

use crate::symbol::Symbol;

/// A square gray picture.
pub(crate) struct Picture {
    pub(crate) side: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    pub(crate) fn blank(side: usize, light: u8) -> Self {
        Self { side, pixels: vec![light; side * side] }
    }

    /// Paints the rectangle at `(x, y)`, `size` wide and high.
    pub(crate) fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), gray: u8) {
        for row in y..y + height {
            self.pixels[row * self.side + x..][..width].fill(gray);
        }
    }

    /// Whether every module, those of the quiet zone too, is where it belongs and fills its pixels.
    pub(crate) fn shows(&self, symbol: &Symbol, scale: usize) -> bool {
        let expected = |at: usize| symbol.is_dark_outer(at % self.side / scale, at / self.side / scale);
        self.side == symbol.outer_size() * scale
            && self.pixels.iter().enumerate().all(|(at, &pixel)| (pixel == 0) == expected(at))
    }

    /// The text of the one code in it.
    pub(crate) fn text(&self) -> Option<String> {
        let side = u32::try_from(self.side).unwrap();
        let source = Luma8LuminanceSource::new(self.pixels.clone(), side, side).unwrap();
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        Some(QrReader.decode(&mut bitmap).ok()?.getText().to_owned())
    }
}

/// The frames of a PNG or APNG with their times in milliseconds.
pub(crate) fn png_pictures(file: &[u8]) -> Vec<(Option<u32>, Picture)> {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let animation = reader.info().animation_control().copied();
    let side = usize::try_from(reader.info().width).unwrap();
    assert_eq!(reader.info().width, reader.info().height);
    if let Some(animation) = animation {
        assert_eq!(animation.num_plays, 0, "plays for ever");
    }
    let mut pictures = Vec::new();
    for _ in 0..animation.map_or(1, |animation| animation.num_frames) {
        let mut colours = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut colours).unwrap();
        let millis = reader.info().frame_control().map(|control| {
            assert_eq!(control.delay_den, 1000);
            u32::from(control.delay_num)
        });
        assert!(colours.chunks(3).all(|colour| colour[0] == colour[1] && colour[1] == colour[2]), "gray");
        let pixels: Vec<u8> = colours.chunks(3).map(|colour| colour[0]).collect();
        pictures.push((millis, Picture { side, pixels }));
    }
    pictures
}

/// Draws rows as a terminal does: cells of `width` by `height` pixels, and `gap` more pixels below each, which glyphs do
/// not reach but backgrounds do.
pub(crate) fn draw(rows: &[impl AsRef<str>], (width, height, gap): (usize, usize, usize)) -> Picture {
    let columns = rows.iter().map(|row| cells(row.as_ref()).len()).max().unwrap();
    let side = (columns * width).max(rows.len() * (height + gap));
    let mut picture = Picture::blank(side, 60);
    for (line, row) in rows.iter().enumerate() {
        for (column, (glyph, ink, paper)) in cells(row.as_ref()).into_iter().enumerate() {
            let (x, y) = (column * width, line * (height + gap));
            picture.fill((x, y), (width, height + gap), paper);
            let half = height / 2;
            match glyph {
                ' ' => {}
                '▀' => picture.fill((x, y), (width, half), ink),
                '▄' => picture.fill((x, y + half), (width, height - half), ink),
                '█' => picture.fill((x, y), (width, height), ink),
                other => panic!("{other:?}"),
            }
        }
    }
    picture
}

/// Glyph, foreground and background of each cell; both must have been named before.
pub(crate) fn cells(row: &str) -> Vec<(char, u8, u8)> {
    let gray = |number: &str| match number {
        "16" => 0,
        "231" => 255,
        "250" => 188,
        other => panic!("colour {other}"),
    };
    let mut colours = None;
    let mut cells = Vec::new();
    let mut rest = row;
    while let Some(character) = rest.chars().next() {
        if let Some(escape) = rest.strip_prefix("\x1b[") {
            let (numbers, after) = escape.split_once('m').unwrap();
            let numbers: Vec<&str> = numbers.split(';').collect();
            colours = match numbers.as_slice() {
                ["0"] => None,
                ["38", "5", ink, "48", "5", paper] => Some((gray(ink), gray(paper))),
                other => panic!("{other:?}"),
            };
            rest = after;
        } else {
            let (ink, paper) = colours.expect("both colours are named before the first cell");
            cells.push((character, ink, paper));
            rest = &rest[character.len_utf8()..];
        }
    }
    assert_eq!(colours, None, "the terminal's own colours come back");
    cells
}

/// A frame that fills a code of this version to the brim.
pub(crate) fn text_for(version: u8, seed: usize) -> String {
    let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let length = alphanumeric(version);
    let mut state = seed + 1;
    let mut draw = || {
        state = state * 48_271 % 2_147_483_647;
        char::from(letters[state % letters.len()])
    };
    (0..length).map(|_| draw()).collect()
}
