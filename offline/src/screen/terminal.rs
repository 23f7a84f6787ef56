//! The controlling terminal, opened by its own name so that pipes on stdin and stdout change nothing.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use airlock::{Error, Result};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use zeroize::Zeroizing;

use super::{ANSWER_BYTES, Screen};
use crate::error::{BAD_LINE, BROKEN_OFF};
use crate::secret::SecretText;

const CTRL_C: u8 = 3;
const BOLD: &str = "\u{1b}[1m";
const NORMAL: &str = "\u{1b}[0m";
/// Rows of a terminal that does not tell its size.
const ROWS: usize = 24;

/// The terminal that a person sits at.
#[derive(Debug)]
pub struct Terminal {
    tty: File,
    is_plain: bool,
}

impl Terminal {
    /// Opens the controlling terminal; none where the process has none.
    pub fn open() -> Option<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        tcgetattr(&tty).ok()?;
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Some(Self { tty, is_plain })
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.tty.write_all(text.as_bytes()).and_then(|()| self.tty.flush()).map_err(|e| gone(&e))
    }

    /// Lines of a page: one row is left for the question below it.
    fn page_lines(&self) -> usize {
        let rows = tcgetwinsize(&self.tty).map_or(ROWS, |size| usize::from(size.ws_row));
        rows.max(4).saturating_sub(1)
    }

    /// Reads one line without its end, byte buffers wiped.
    fn read_line(&mut self) -> Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(Vec::with_capacity(ANSWER_BYTES));
        let mut piece = Zeroizing::new([0u8; ANSWER_BYTES]);
        loop {
            let count = self.tty.read(piece.as_mut_slice()).map_err(|e| gone(&e))?;
            let read = piece.get(..count).unwrap_or_default();
            if count == 0 || read.contains(&CTRL_C) {
                return Err(BROKEN_OFF.error("the answer was broken off"));
            }
            let (text, ended) = match read.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (read, false),
            };
            if line.len().saturating_add(text.len()) > ANSWER_BYTES {
                return Err(BAD_LINE.error(format!("the answer has more than {ANSWER_BYTES} bytes")));
            }
            line.extend_from_slice(text);
            if ended {
                return Ok(line);
            }
        }
    }

    fn read_text(&mut self) -> Result<SecretText> {
        let mut line = self.read_line()?;
        match String::from_utf8(core::mem::take(&mut *line)) {
            Ok(text) => Ok(SecretText::new(text)),
            Err(e) => {
                drop(Zeroizing::new(e.into_bytes()));
                Err(BAD_LINE.error("the answer is not UTF-8 text"))
            }
        }
    }
}

impl Screen for Terminal {
    fn show(&mut self, lines: &[String]) -> Result<()> {
        let pages: Vec<&[String]> = lines.chunks(self.page_lines()).collect();
        let last = pages.len().saturating_sub(1);
        for (index, page) in pages.iter().enumerate() {
            let headline = if index == 0 && !self.is_plain { first_paragraph(page) } else { 0 };
            let (bold, rest) = page.split_at_checked(headline).unwrap_or((&[], page));
            if !bold.is_empty() {
                self.write(&format!("{BOLD}{}{NORMAL}\n", bold.join("\n")))?;
            }
            self.write(&format!("{}\n", rest.join("\n")))?;
            if index < last {
                let place = format!(
                    "-- page {} of {} -- Enter: next page, q: stop ",
                    index.saturating_add(1),
                    pages.len()
                );
                if self.ask(&place)?.trim() == "q" {
                    return Err(BROKEN_OFF.error(format!(
                        "stopped at page {} of {}",
                        index.saturating_add(1),
                        pages.len()
                    )));
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        self.write(question)?;
        Ok(self.read_text()?.expose().to_owned())
    }

    fn make_plain(&mut self) {
        self.is_plain = true;
    }

    fn ask_secret(&mut self, question: &str) -> Result<SecretText> {
        self.write(question)?;
        let silence = Silence::begin(&self.tty)?;
        let answer = self.read_text();
        drop(silence);
        self.write("\n")?;
        answer
    }
}

/// How many lines stand before the first empty one.
fn first_paragraph(lines: &[String]) -> usize {
    lines.iter().position(String::is_empty).unwrap_or(0)
}

/// Typing does not show until this is dropped. Ctrl-C ends the line instead of the process, which could not set the
/// terminal right again.
struct Silence {
    tty: File,
    before: Termios,
}

impl Silence {
    fn begin(tty: &File) -> Result<Self> {
        let tty = tty.try_clone().map_err(|e| gone(&e))?;
        let before = tcgetattr(&tty).map_err(|e| gone(&e.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(&tty, OptionalActions::Flush, &silent).map_err(|e| gone(&e.into()))?;
        Ok(Self { tty, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
    }
}

fn gone(error: &std::io::Error) -> Error {
    BROKEN_OFF.error(format!("the terminal does not answer: {error}"))
}
