//! A terminal that was opened by somebody else, as the stage of a show: keys one by one, without echo.

use core::time::Duration;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::panic::{set_hook, take_hook};
use std::sync::{Mutex, Once};
use std::thread::sleep;
use std::time::Instant;

use airlock::{Code, Error, Exit, Result};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use crate::command::BROKEN_OFF;
use crate::player::{Key, Stage};
use crate::terminal::Window;

mod signals;

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

/// The terminal that is taken over, and its modes before.
static TAKEN: Mutex<Option<(File, Termios)>> = Mutex::new(None);
static HOOK: Once = Once::new();
/// Undoes what a show may have done, without wiping what is on the screen.
const UNDO: &str = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l\r\n";

/// A terminal that gives its keys at once, until this is dropped. Ctrl-C is a key, and a signal that ends a program is waited
/// for with the keys, so that the terminal is set right again.
pub struct Tty {
    file: File,
    /// Its modes before; none where they were not changed and no keys are read.
    before: Option<Termios>,
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
        // A defect ends the program at once, and nothing is dropped.
        HOOK.call_once(|| {
            let next = take_hook();
            set_hook(Box::new(move |info| {
                give_back();
                next(info);
            }));
        });
        signals::hold();
        if let (Ok(mut taken), Ok(same)) = (TAKEN.lock(), file.try_clone()) {
            *taken = Some((same, before.clone()));
        }
        if let Err(error) = tcsetattr(&file, OptionalActions::Flush, &keys) {
            signals::release();
            return Err(gone(&error.into()));
        }
        Ok(Self { file, before: Some(before), began: Instant::now() })
    }

    /// A terminal that is only written to: it keeps its modes, gives no keys, and Ctrl-C ends the program.
    pub fn beside(file: File) -> Self {
        Self { file, before: None, began: Instant::now() }
    }

    /// The next byte, if one is there.
    fn byte(&mut self) -> Result<Option<u8>> {
        if self.before.is_none() {
            return Ok(None);
        }
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
            if let Some(signal) = signals::came().filter(|_| self.before.is_some()) {
                return Err(BROKEN_OFF.error(format!("{signal} came from outside")));
            }
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
        if let Some(before) = &self.before {
            let _gone = tcsetattr(&self.file, OptionalActions::Now, before);
            if let Ok(mut taken) = TAKEN.try_lock() {
                *taken = None;
            }
            signals::release();
        }
    }
}

/// Sets a terminal right that nobody will drop any more.
fn give_back() {
    if let Ok(mut taken) = TAKEN.try_lock()
        && let Some((mut file, before)) = taken.take()
    {
        let _gone = file.write_all(UNDO.as_bytes());
        let _gone = tcsetattr(&file, OptionalActions::Now, &before);
    }
}

fn gone(error: &std::io::Error) -> Error {
    GONE.error(format!("the terminal does not answer: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    /// A terminal of its own: the modes of a master are those of its terminal.
    fn terminal() -> File {
        OpenOptions::new().read(true).write(true).open("/dev/ptmx").unwrap()
    }

    fn answers_ctrl_c(file: &File) -> bool {
        tcgetattr(file)
            .unwrap()
            .local_modes
            .contains(LocalModes::ISIG | LocalModes::ICANON | LocalModes::ECHO)
    }

    #[test]
    fn the_terminal_is_given_back_after_a_show_and_after_a_defect() {
        let file = terminal();
        let tty = Tty::begin(file.try_clone().unwrap()).unwrap();
        assert!(!answers_ctrl_c(&file));
        drop(tty);
        assert!(answers_ctrl_c(&file));

        let never_dropped = core::mem::ManuallyDrop::new(Tty::begin(file.try_clone().unwrap()).unwrap());
        assert!(!answers_ctrl_c(&never_dropped.file));
        let defect = std::thread::spawn(|| panic!("a defect, as the test wants it")).join();
        assert!(defect.is_err());
        assert!(answers_ctrl_c(&file));
    }

    #[test]
    fn a_terminal_that_is_only_written_to_keeps_its_modes_and_gives_no_keys() {
        let file = terminal();
        let mut tty = Tty::beside(file.try_clone().unwrap());
        assert!(answers_ctrl_c(&file));
        assert_eq!(tty.key_within(Duration::ZERO).unwrap(), None);
    }
}
