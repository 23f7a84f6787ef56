//! The texts of codes one after the other, whatever they come from.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use airlock::qr::{FRAME_CHARACTERS, Frame};
use airlock::{Error, Result};
use zeroize::Zeroizing;

use super::shown;
use crate::gray::Gray;
use crate::reader::{Effort, Reader};
use crate::source::camera::Camera;
use crate::source::folder::Folder;
use crate::source::raw::Raw;
use crate::source::y4m::Y4m;
use crate::source::{Frames, Source, TOO_MUCH, UNREADABLE, picture, unreadable};

/// After so long without a text every way of looking is tried.
const PATIENCE: Duration = Duration::from_millis(500);

/// A source of which the camera is open: no other is opened before the process has confined itself.
#[derive(Debug)]
pub struct Eye {
    source: Source,
    camera: Option<Camera>,
}

impl Eye {
    /// Opens and starts a camera; of any other source nothing yet.
    ///
    /// # Errors
    /// [`CAMERA`](crate::source::CAMERA).
    pub fn open(source: Source) -> Result<Self> {
        let camera = match &source {
            Source::Camera(device) => Some(Camera::open(device).map_err(|error| error.at(shown(device)))?),
            Source::Pictures(_) | Source::Film | Source::Raw(..) | Source::Lines => None,
        };
        Ok(Self { source, camera })
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What a person is told at the beginning.
    pub(super) fn greeting(&self) -> Option<String> {
        let camera = self.camera.as_ref()?;
        Some(format!("camera {}: show it the codes; q stops", camera.agreed()))
    }

    pub(super) fn feed<'a>(self, stdin: &'a mut dyn BufRead) -> Result<Feed<'a>> {
        let is_live = self.source.is_live();
        let place = match &self.source {
            Source::Camera(path) | Source::Pictures(path) => Some(shown(path)),
            Source::Film | Source::Raw(..) | Source::Lines => None,
        };
        let frames: Box<dyn Frames + 'a> = match (self.source, self.camera) {
            (Source::Lines, _) => return Ok(Feed::Lines(stdin)),
            (_, Some(camera)) => Box::new(camera),
            (Source::Raw(width, height), None) => Box::new(Raw::new(stdin, width, height)?),
            (Source::Film, None) => Box::new(Y4m::new(stdin)?),
            (Source::Pictures(path) | Source::Camera(path), None) => {
                open(&path).map_err(|error| error.at(shown(&path)))?
            }
        };
        let pictures = Pictures {
            frames,
            place,
            reader: Reader::new(),
            is_live,
            only: None,
            seen: 0,
            texts: VecDeque::new(),
        };
        Ok(Feed::Pictures(pictures))
    }
}

/// A picture, a film or a folder. A film may be larger than the pictures that are read as a whole.
fn open(path: &Path) -> Result<Box<dyn Frames>> {
    let failed = |error| unreadable("the file of pictures", &error);
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Ok(Box::new(Folder::open(path)?));
    }
    if !metadata.is_file() {
        return Err(UNREADABLE.error("the path of the pictures is neither a file nor a folder"));
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut first = [0; 4];
    let is_film = file.read_exact(&mut first).is_ok() && &first == b"YUV4";
    file.rewind().map_err(failed)?;
    if is_film {
        return Ok(Box::new(Y4m::new(BufReader::new(file))?));
    }
    if metadata.len() > u64::try_from(picture::FILE_BYTES).unwrap_or(u64::MAX) {
        let (length, limit) = (metadata.len(), picture::FILE_BYTES);
        return Err(TOO_MUCH.error(format!("the file has {length} bytes; allowed are {limit}")));
    }
    let mut bytes = Vec::new();
    let beyond = u64::try_from(picture::FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(beyond).read_to_end(&mut bytes).map_err(failed)?;
    picture::open(bytes)
}

/// What a source gave.
pub(super) enum Seen {
    /// The text of a code. It can be a secret: it is wiped when it was looked at.
    Text(Zeroizing<String>),
    /// A line that can be no code's text.
    Damaged,
    /// A picture without a code, an empty line.
    Nothing,
    /// A picture that holds more codes than one: they follow.
    Again,
    /// No more.
    End,
}

/// A source under way.
pub(super) enum Feed<'a> {
    Lines(&'a mut dyn BufRead),
    Pictures(Pictures<'a>),
}

impl Feed<'_> {
    /// The next text; nothing was read for the time of `silence`.
    pub(super) fn next(&mut self, silence: Duration) -> Result<Seen> {
        match self {
            Self::Lines(lines) => line(lines),
            Self::Pictures(pictures) => pictures.next(silence),
        }
    }

    /// Files that held no picture.
    pub(super) fn passed_over(&self) -> usize {
        match self {
            Self::Lines(_) => 0,
            Self::Pictures(pictures) => pictures.frames.passed_over(),
        }
    }
}

pub(super) struct Pictures<'a> {
    frames: Box<dyn Frames + 'a>,
    /// The file, folder or device.
    place: Option<String>,
    reader: Reader,
    is_live: bool,
    /// The first picture, as long as it is the only one: it may hold several codes.
    only: Option<Gray>,
    seen: usize,
    texts: VecDeque<String>,
}

impl Pictures<'_> {
    fn next(&mut self, silence: Duration) -> Result<Seen> {
        if let Some(text) = self.texts.pop_front() {
            return Ok(Seen::Text(Zeroizing::new(text)));
        }
        let place = self.place.as_ref();
        let named = |error: Error| match place {
            Some(place) => error.at(place),
            None => error,
        };
        let Some(picture) = self.frames.next().map_err(named)? else {
            return Ok(self.look_again());
        };
        self.seen = self.seen.saturating_add(1);
        let effort = if self.is_live && silence < PATIENCE { Effort::Quick } else { Effort::Full };
        let other = RefCell::new(None);
        let found = self.reader.read(&picture, &|text| is_transfer(text, &other), effort);
        self.only = (self.seen == 1 && !self.is_live).then_some(picture);
        let text = found.or_else(|| other.into_inner());
        Ok(text.map_or(Seen::Nothing, |text| Seen::Text(Zeroizing::new(text))))
    }

    /// At the end of a single picture: every code in it.
    fn look_again(&mut self) -> Seen {
        let Some(picture) = self.only.take() else { return Seen::End };
        self.texts = self.reader.read_all(&picture, &|text| is_transfer(text, &RefCell::new(None))).into();
        if self.texts.len() > 1 { Seen::Again } else { Seen::End }
    }
}

/// The gate of the reader. What is no transfer is kept, to be told when there is nothing better in the picture.
fn is_transfer(text: &str, other: &RefCell<Option<String>>) -> bool {
    match Frame::read(text) {
        Frame::Damaged(_) | Frame::Foreign(_) => {
            other.borrow_mut().get_or_insert_with(|| text.to_owned());
            false
        }
        Frame::Ur(_)
        | Frame::Bbqr(_)
        | Frame::Specter(_)
        | Frame::Plain(_)
        | Frame::Ur1
        | Frame::Seed
        | Frame::TooLarge(_) => true,
    }
}

/// The next line. One that is longer than any code's text is passed over without keeping it.
fn line(lines: &mut dyn BufRead) -> Result<Seen> {
    let most = u64::try_from(FRAME_CHARACTERS).unwrap_or(u64::MAX).saturating_add(2);
    let failed = |error| unreadable("the lines", &error);
    let mut line = Zeroizing::new(Vec::with_capacity(FRAME_CHARACTERS.saturating_add(2)));
    lines.take(most).read_until(b'\n', &mut line).map_err(failed)?;
    if line.is_empty() {
        return Ok(Seen::End);
    }
    while !line.ends_with(b"\n") && line.len() > FRAME_CHARACTERS {
        let (passed, ended) = {
            let buffer = lines.fill_buf().map_err(failed)?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            (end.map_or(buffer.len(), |end| end.saturating_add(1)), end.is_some() || buffer.is_empty())
        };
        lines.consume(passed);
        if ended {
            return Ok(Seen::Damaged);
        }
    }
    Ok(match core::str::from_utf8(line.trim_ascii()) {
        Ok("") => Seen::Nothing,
        Ok(text) => Seen::Text(Zeroizing::new(text.to_owned())),
        Err(_) => Seen::Damaged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_too_long_or_no_text_are_damaged_and_the_next_one_is_read() {
        let long = "A".repeat(200_000);
        let most = "B".repeat(FRAME_CHARACTERS);
        let mut input = format!("one\r\n{long}\n\n{most}\n").into_bytes();
        input.extend_from_slice(b"\xff\xfe\nlast");
        let mut lines: &[u8] = &input;
        let mut seen = Vec::new();
        loop {
            seen.push(match line(&mut lines).unwrap() {
                Seen::Text(text) => text.as_str().to_owned(),
                Seen::Damaged => "damaged".to_owned(),
                Seen::Nothing | Seen::Again => "nothing".to_owned(),
                Seen::End => break,
            });
        }
        assert_eq!(seen, ["one", "damaged", "nothing", &most, "damaged", "last"]);
    }
}
