//! A screen of its own for what must not stay: the terminal's other screen, which has no way back to what it showed.

use std::fs::File;
use std::io::{Result, Write};

/// To the other screen, from its first row, all empty.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[H\x1b[J";
/// Empties it and what a terminal without a second screen kept of it, then back.
const LEAVE: &[u8] = b"\x1b[H\x1b[J\x1b[3J\x1b[?1049l";

/// The other screen until this is dropped.
pub(super) struct Aside {
    tty: File,
}

impl Aside {
    pub(super) fn begin(tty: &File) -> Result<Self> {
        let mut aside = Self { tty: tty.try_clone()? };
        aside.write(ENTER)?;
        Ok(aside)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.tty.write_all(bytes).and_then(|()| self.tty.flush())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = self.write(LEAVE);
    }
}
