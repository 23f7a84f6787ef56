//! A terminal that was opened by somebody else, as the stage of a show: keys one by one, without echo.

use core::time::Duration;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::thread::sleep;
use std::time::Instant;

use airlock::{Code, Error, Exit, Result};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use crate::player::{Key, Stage};
use crate::terminal::Window;

/// The terminal does not answer.
pub static GONE: Code = Code::new(
    "E-QR-045",
    Exit::Environment,
    "The terminal on which codes are shown or progress is told does not answer any more.",
    "Run the command again in another terminal.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&GONE];

/// How long the wait for a key sleeps at a time. Sleeping needs no system call beside those that a sandbox grants anyway.
const NAP: Duration = Duration::from_millis(10);
/// Where the terminal does not tell its size.
const USUAL: Window = Window { columns: 80, rows: 24 };

/// A terminal that gives its keys at once, until this is dropped; Ctrl-C is a key, so that the terminal is set right again.
pub struct Tty {
    file: File,
    before: Termios,
    began: Instant,
}

impl Tty {
    /// Takes the terminal over. What was typed before is forgotten.
    ///
    /// # Errors
    /// [`GONE`].
    pub fn begin(file: File) -> Result<Self> {
        let before = tcgetattr(&file).map_err(|error| gone(&error.into()))?;
        let mut keys = before.clone();
        keys.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
        keys.input_modes.remove(InputModes::IXON);
        keys.special_codes[SpecialCodeIndex::VMIN] = 0;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&file, OptionalActions::Flush, &keys).map_err(|error| gone(&error.into()))?;
        Ok(Self { file, before, began: Instant::now() })
    }

    /// The next byte, if one is there.
    fn byte(&mut self) -> Result<Option<u8>> {
        let mut byte = [0];
        match self.file.read(&mut byte) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(byte.first().copied()),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Ok(None),
            Err(error) => Err(gone(&error)),
        }
    }
}

impl Stage for Tty {
    fn write(&mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).map_err(|error| gone(&error))
    }

    fn size(&mut self) -> Result<Window> {
        let told = tcgetwinsize(&self.file).map_err(|error| gone(&error.into()))?;
        let or = |told: u16, usual| if told == 0 { usual } else { usize::from(told) };
        Ok(Window { columns: or(told.ws_col, USUAL.columns), rows: or(told.ws_row, USUAL.rows) })
    }

    fn key_within(&mut self, time: Duration) -> Result<Option<Key>> {
        let since = Instant::now();
        loop {
            while let Some(byte) = self.byte()? {
                if let Some(key) = Key::of(byte) {
                    return Ok(Some(key));
                }
            }
            match time.checked_sub(since.elapsed()) {
                None | Some(Duration::ZERO) => return Ok(None),
                Some(left) => sleep(left.min(NAP)),
            }
        }
    }

    fn now(&mut self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _gone = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}

fn gone(error: &std::io::Error) -> Error {
    GONE.error(format!("the terminal does not answer: {}", error.kind()))
}
