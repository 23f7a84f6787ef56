//! What a person sees while codes are read: one line of progress on the terminal, notes above it; only notes elsewhere.

use core::time::Duration;
use std::io::Write;
use std::time::Instant;

use airlock::Result;
use airlock::qr::Progress;
use airlock::qr::receiver::HINTS;

use crate::player::{Key, Stage};
use crate::tty::Tty;

/// After so long without a text a hint is given.
const SILENCE: Duration = Duration::from_secs(2);

pub(super) struct Watch<'a> {
    stage: Option<Tty>,
    stderr: &'a mut dyn Write,
    hints: bool,
    /// When a text was read last, and when the last hint was given.
    read: Instant,
    hinted: Instant,
    hint: usize,
    /// When the transfer under way began.
    began: Option<Instant>,
}

impl<'a> Watch<'a> {
    /// On a terminal, or with notes on `stderr` only. Hints are for sources that a person can move.
    pub(super) fn new(stage: Option<Tty>, stderr: &'a mut dyn Write, hints: bool) -> Self {
        let now = Instant::now();
        Self { stage, stderr, hints, read: now, hinted: now, hint: 0, began: None }
    }

    /// How long nothing was read.
    pub(super) fn silence(&self) -> Duration {
        self.read.elapsed()
    }

    /// A text was read.
    pub(super) fn was_read(&mut self) {
        self.read = Instant::now();
        self.hinted = self.read;
    }

    /// A line that stays.
    pub(super) fn tell(&mut self, text: &str) -> Result<()> {
        match &mut self.stage {
            Some(stage) => stage.write(&format!("\r\x1b[K{text}\r\n")),
            None => {
                // Nobody reads along any more; the scan goes on.
                let _gone = writeln!(self.stderr, "{text}");
                Ok(())
            }
        }
    }

    /// The line of progress, on a terminal.
    pub(super) fn progress(&mut self, progress: Option<&Progress>) -> Result<()> {
        let Some(progress) = progress else {
            self.began = None;
            return Ok(());
        };
        let began = *self.began.get_or_insert_with(Instant::now);
        self.show(&progress.line(began.elapsed()))
    }

    /// The next hint, where nothing was read for two seconds.
    pub(super) fn hint(&mut self) -> Result<()> {
        if !self.hints || self.hinted.elapsed() < SILENCE {
            return Ok(());
        }
        self.hinted = Instant::now();
        let hint = HINTS.into_iter().cycle().nth(self.hint).unwrap_or_default();
        self.hint = self.hint.saturating_add(1).checked_rem(HINTS.len()).unwrap_or(0);
        match self.stage {
            Some(_) => self.show(&format!("nothing read: {hint}")),
            None => self.tell(&format!("nothing read: {hint}")),
        }
    }

    /// Whether the person wants to stop.
    pub(super) fn is_over(&mut self) -> Result<bool> {
        let Some(stage) = &mut self.stage else { return Ok(false) };
        Ok(stage.key_within(Duration::ZERO)? == Some(Key::Quit))
    }

    fn show(&mut self, text: &str) -> Result<()> {
        let Some(stage) = &mut self.stage else { return Ok(()) };
        let columns = stage.size()?.columns.saturating_sub(1);
        let text: String = text.chars().take(columns).collect();
        stage.write(&format!("\r\x1b[K{text}"))
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(stage) = &mut self.stage {
            let _gone = stage.write("\r\x1b[K");
        }
    }
}
