//! The controlling terminal, opened by its own name so that pipes on stdin and stdout change nothing.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use airlock::{Error, Result};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use zeroize::Zeroizing;

use super::aside::Aside;
use super::layout::{self, Size, USUAL};
use super::{ANSWER_BYTES, REVIEW_COLUMNS, Screen};
use crate::error::{BAD_LINE, BROKEN_OFF};
use crate::hygiene::scrubbed;
use crate::secret::SecretText;

const CTRL_C: u8 = 3;
const GO_ON: &str = "\n\n-- Enter: go on, q: stop ";
const BOLD: &str = "\u{1b}[1m";
const NORMAL: &str = "\u{1b}[0m";

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

    /// The size of the window now.
    fn size(&self) -> Result<Size> {
        let told = tcgetwinsize(&self.tty).ok();
        let or = |told: Option<u16>, usual: usize| told.map(usize::from).filter(|n| *n > 0).unwrap_or(usual);
        Size {
            rows: or(told.map(|size| size.ws_row), USUAL.rows),
            columns: or(told.map(|size| size.ws_col), USUAL.columns),
        }
        .checked()
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
        let mut size = self.size()?;
        let mut pages = layout::pages(lines, size);
        let mut index = 0usize;
        while let Some(page) = pages.get(index) {
            let headline = if index == 0 && !self.is_plain { first_paragraph(page) } else { 0 };
            let (bold, rest) = page.split_at_checked(headline).unwrap_or((&[], page));
            if !bold.is_empty() {
                self.write(&format!("{BOLD}{}{NORMAL}\n", bold.join("\n")))?;
            }
            self.write(&format!("{}\n", rest.join("\n")))?;
            index = index.saturating_add(1);
            let all = pages.len();
            if index < all {
                let place = format!("-- page {index} of {all} -- Enter: next, q: stop ");
                if self.ask(&place)?.trim() == "q" {
                    return Err(BROKEN_OFF.error(format!("stopped at page {index} of {all}")));
                }
            }
            // What a window of another size made of the pages that were seen is not known: again from the beginning.
            let now = self.size()?;
            if now != size {
                (size, index) = (now, 0);
                pages = layout::pages(lines, size);
            }
        }
        Ok(())
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        let mode = Mode::begin(&self.tty, LocalModes::ISIG)?;
        self.write(question)?;
        let answer = self.read_text();
        drop(mode);
        if answer.is_err() {
            self.write("\n")?;
        }
        Ok(answer?.expose().to_owned())
    }

    fn columns(&self) -> usize {
        self.size().map_or(REVIEW_COLUMNS, |size| size.columns)
    }

    fn terminal(&self) -> Option<File> {
        self.tty.try_clone().ok()
    }

    fn make_plain(&mut self) {
        self.is_plain = true;
    }

    fn ask_secret(&mut self, question: &str) -> Result<SecretText> {
        let mode = Mode::begin(&self.tty, LocalModes::ECHO | LocalModes::ISIG)?;
        self.write(question)?;
        let answer = scrubbed(|| self.read_text());
        drop(mode);
        self.write("\n")?;
        answer
    }

    fn show_secret(&mut self, page: &SecretText) -> Result<()> {
        self.size()?;
        let mut aside = Aside::begin(&self.tty).map_err(|e| gone(&e))?;
        let _mode = Mode::begin(&self.tty, LocalModes::ECHO | LocalModes::ISIG)?;
        let shown = aside.write(page.expose().as_bytes()).and_then(|()| aside.write(GO_ON.as_bytes()));
        shown.map_err(|e| gone(&e))?;
        match self.read_text()?.expose().trim() {
            "q" => Err(BROKEN_OFF.error("stopped at a page of secrets")),
            _ => Ok(()),
        }
    }

    fn ask_seen(&mut self, question: &str) -> Result<SecretText> {
        self.size()?;
        let mut aside = Aside::begin(&self.tty).map_err(|e| gone(&e))?;
        let _mode = Mode::begin(&self.tty, LocalModes::ISIG)?;
        aside.write(question.as_bytes()).map_err(|e| gone(&e))?;
        self.read_text()
    }
}

/// How many lines stand before the first empty one.
fn first_paragraph(lines: &[String]) -> usize {
    lines.iter().position(String::is_empty).unwrap_or(0)
}

/// The terminal without some of its modes until this is dropped. Always without signals: Ctrl-C ends the line instead
/// of the process, which could neither set the terminal right again nor say what was done. What was typed before is
/// forgotten. A question is written behind the change: who answers at once must not be shown or cut.
struct Mode {
    tty: File,
    before: Termios,
}

impl Mode {
    fn begin(tty: &File, without: LocalModes) -> Result<Self> {
        let tty = tty.try_clone().map_err(|e| gone(&e))?;
        let before = tcgetattr(&tty).map_err(|e| gone(&e.into()))?;
        let mut asking = before.clone();
        asking.local_modes.remove(without);
        asking.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(&tty, OptionalActions::Flush, &asking).map_err(|e| gone(&e.into()))?;
        Ok(Self { tty, before })
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
    }
}

fn gone(error: &std::io::Error) -> Error {
    BROKEN_OFF.error(format!("the terminal does not answer: {error}"))
}

#[cfg(test)]
mod tests;
