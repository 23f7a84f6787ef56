//! YUV4MPEG2, the uncompressed film that ffmpeg writes and reads; only its brightness is looked at.

use std::io::{self, BufRead, Read};

use airlock::Result;

use super::raw::fill;
use super::{DAMAGED, Frames, unreadable};
use crate::gray::Gray;

/// Most bytes of a header line.
const LINE: usize = 1024;
const FILM: &str = "the film";

/// A film in Y4M on a reader.
#[derive(Debug)]
pub struct Y4m<R> {
    reader: R,
    width: usize,
    height: usize,
    count: usize,
    colours: u64,
}

impl<R: BufRead> Y4m<R> {
    /// Reads the film's header: `YUV4MPEG2 W640 H480 C420jpeg …`.
    ///
    /// # Errors
    /// [`DAMAGED`], [`SIZE`](crate::gray::SIZE), [`UNREADABLE`](super::UNREADABLE).
    pub fn new(mut reader: R) -> Result<Self> {
        let line = line(&mut reader)?.unwrap_or_default();
        let mut words = line.split(' ');
        if words.next() != Some("YUV4MPEG2") {
            return Err(DAMAGED.error("the film does not begin with `YUV4MPEG2`"));
        }
        let (mut width, mut height, mut colours) = (0, 0, "420");
        for word in words {
            match word.split_at_checked(1) {
                Some(("W", number)) => width = number.parse().unwrap_or(0),
                Some(("H", number)) => height = number.parse().unwrap_or(0),
                Some(("C", name)) => colours = name,
                _ => {}
            }
        }
        let count = Gray::count(width, height)?;
        let colours = bytes_of_colours(colours, width, height)?;
        Ok(Self { reader, width, height, count, colours })
    }
}

impl<R: BufRead> Frames for Y4m<R> {
    fn next(&mut self) -> Result<Option<Gray>> {
        let Some(line) = line(&mut self.reader)? else { return Ok(None) };
        if line.split(' ').next() != Some("FRAME") {
            return Err(DAMAGED.error("a frame of the film does not begin with `FRAME`"));
        }
        let mut pixels = vec![0; self.count];
        let read = fill(&mut self.reader, &mut pixels).map_err(|error| unreadable(FILM, &error))?;
        let passed = io::copy(&mut self.reader.by_ref().take(self.colours), &mut io::sink())
            .map_err(|error| unreadable(FILM, &error))?;
        if read != self.count || passed != self.colours {
            return Err(DAMAGED.error("the film ends in the middle of a frame"));
        }
        Gray::new(self.width, self.height, pixels).map(Some)
    }
}

/// Bytes of colour that follow the brightness of each frame.
fn bytes_of_colours(name: &str, width: usize, height: usize) -> Result<u64> {
    let (planes, columns, rows) = match name {
        "mono" => (0, 1, 1),
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => (2, 2, 2),
        "411" => (2, 4, 1),
        "422" => (2, 2, 1),
        "444" => (2, 1, 1),
        "444alpha" => (3, 1, 1),
        _ => {
            return Err(
                DAMAGED.error("the film's colours are not 8 bits of 4:2:0, 4:1:1, 4:2:2, 4:4:4 or mono")
            );
        }
    };
    let plane = width.div_ceil(columns).saturating_mul(height.div_ceil(rows));
    Ok(u64::try_from(plane).unwrap_or(u64::MAX).saturating_mul(planes))
}

/// The next line without its end, or none at the end of the film.
fn line(reader: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    let most = u64::try_from(LINE).unwrap_or(u64::MAX);
    reader.by_ref().take(most).read_until(b'\n', &mut line).map_err(|error| unreadable(FILM, &error))?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => {
            String::from_utf8(line).map(Some).map_err(|_| DAMAGED.error("a header of the film is not text"))
        }
        Some(_) => Err(DAMAGED.error(format!("a header of the film does not end within {LINE} bytes"))),
    }
}
