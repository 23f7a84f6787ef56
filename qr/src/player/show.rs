//! The state of a show: which series, which frame, since when.

use core::fmt::Write as _;
use core::time::Duration;

use airlock::Result;

use super::line::{KEYS, KEYS_SHORT, Progress, Title, beside, cut};
use super::{DENSITIES, Key, PERIODS_MILLIS, Series, Settings, Shown, Stage};
use crate::symbol::Symbol;
use crate::terminal::{Window, rows};

/// Lines under the code that a show insists on: the one of progress.
const LINES: usize = 1;
/// How often a show that does not move looks at the window.
const STILL: Duration = Duration::from_millis(500);
const TAKES_ALL: &str = "a String takes all that is written";
/// A key that changed nothing.
const NO_OTHER_CODE: &str = "still the same one code";
const NO_OTHER_SERIES: &str = "still the same codes";
/// The whole window in the terminal's own colours.
const CLEAR: &str = "\x1b[0m\x1b[2J";

type Build<'a> = &'a mut dyn FnMut(u8) -> Result<Box<dyn Series>>;

pub(super) struct Show<'a> {
    build: Build<'a>,
    series: Box<dyn Series>,
    /// The version that the series was asked to keep to.
    asked: u8,
    settings: Settings,
    title: &'a Title,
    window: Window,
    /// The frame on the screen, and since when.
    n: u32,
    since: Duration,
    /// What is on the screen is no longer the frame, or not even its size.
    stale: bool,
    resized: bool,
    paused: bool,
    frames: u64,
    note: String,
}

impl<'a> Show<'a> {
    pub(super) fn new(
        window: Window,
        settings: Settings,
        title: &'a Title,
        build: Build<'a>,
    ) -> Result<Self> {
        let (asked, series) = fitting(window, settings.version, build)?;
        let mut show = Self {
            build,
            series,
            asked,
            settings,
            title,
            window,
            n: 0,
            since: Duration::ZERO,
            stale: true,
            resized: false,
            paused: false,
            frames: 0,
            note: String::new(),
        };
        if asked < settings.version {
            show.note_window();
        }
        Ok(show)
    }

    pub(super) fn shown(&self) -> Shown {
        Shown { frames: self.frames, settings: self.settings }
    }

    pub(super) fn run(&mut self, stage: &mut dyn Stage) -> Result<()> {
        loop {
            let fits = self.follow(stage.size()?);
            if !fits {
                stage.write(&format!("{CLEAR}\x1b[1;1H{}", cut(&self.note, self.window.columns)))?;
            } else {
                if self.stale {
                    self.paint(stage)?;
                }
                stage.write(&self.words())?;
            }
            let still = !fits || self.paused || self.series.source_frames() <= 1;
            let shown = stage.now().saturating_sub(self.since);
            let wait = if still { STILL } else { self.settings.period.saturating_sub(shown) };
            match stage.key_within(wait)? {
                Some(Key::Quit) => return Ok(()),
                Some(key) => self.obey(key),
                None if still => {}
                None => {
                    self.n = self.n.checked_add(1).unwrap_or(0);
                    self.stale = true;
                }
            }
        }
    }

    /// Takes the window as it is now: a sparser series when this one no longer fits, a denser one when the window let less be
    /// shown than was chosen and now holds more. False when none fits.
    fn follow(&mut self, window: Window) -> bool {
        let mut has_grown = false;
        if window != self.window {
            self.window = window;
            self.note.clear();
            (self.stale, self.resized) = (true, true);
            let held_back = self.asked < self.settings.version;
            has_grown = held_back && window.largest_version(LINES).is_some_and(|most| most > self.asked);
        }
        let fits = window.check(self.series.version(), LINES).is_ok();
        if fits && !has_grown {
            return true;
        }
        let fits = self.rebuild(self.settings.version) || fits;
        if fits && self.asked < self.settings.version {
            self.note_window();
        }
        fits
    }

    /// Takes a series of at most this version, from its first frame on. Without one the old series stays.
    fn rebuild(&mut self, version: u8) -> bool {
        match fitting(self.window, version, self.build) {
            Ok((asked, series)) => {
                (self.asked, self.series, self.n) = (asked, series, 0);
                (self.stale, self.resized) = (true, true);
                true
            }
            Err(error) => {
                self.note = error.what().to_owned();
                false
            }
        }
    }

    fn obey(&mut self, key: Key) {
        self.note.clear();
        match key {
            Key::Denser => {
                let version = DENSITIES.into_iter().find(|&version| version > self.asked);
                self.change_density(version, "the highest density");
            }
            Key::Sparser => {
                let version = DENSITIES.into_iter().rfind(|&version| version < self.asked);
                self.change_density(version, "the lowest density");
            }
            Key::Faster => {
                self.change_period(PERIODS_MILLIS.into_iter().rfind(|&millis| millis < self.period_millis()));
            }
            Key::Slower => {
                self.change_period(PERIODS_MILLIS.into_iter().find(|&millis| millis > self.period_millis()));
            }
            Key::Pause => self.paused = !self.paused,
            Key::Dim => {
                self.settings.dim = !self.settings.dim;
                self.stale = true;
            }
            Key::Quit => {}
        }
    }

    fn change_density(&mut self, version: Option<u8>, end: &str) {
        let Some(version) = version else {
            self.note = end.to_owned();
            return;
        };
        let largest = self.window.largest_version(LINES).unwrap_or(version);
        let before = (self.series.version(), self.series.source_frames());
        if version > self.asked && largest <= self.asked {
            self.note_window();
        } else if self.rebuild(version) {
            self.settings.version = version;
            let (version, frames) = (self.series.version(), self.series.source_frames());
            if (version, frames) == before {
                self.note = if frames <= 1 { NO_OTHER_CODE } else { NO_OTHER_SERIES }.to_owned();
            }
        }
    }

    fn change_period(&mut self, millis: Option<u64>) {
        match millis {
            Some(millis) => self.settings.period = Duration::from_millis(millis),
            None => self.note = "no other speed".to_owned(),
        }
    }

    fn period_millis(&self) -> u64 {
        u64::try_from(self.settings.period.as_millis()).unwrap_or(u64::MAX)
    }

    fn note_window(&mut self) {
        let largest = self.window.largest_version(LINES).unwrap_or(0);
        self.note = format!("at most version {largest} fits");
    }

    /// The code at the top left of the window, each row at its own place so that nothing wraps or scrolls, and the whole as
    /// one step where the terminal can: a torn code is not read.
    fn paint(&mut self, stage: &mut dyn Stage) -> Result<()> {
        self.since = stage.now();
        let symbol = Symbol::new(&self.series.frame(self.n), self.series.version())?;
        let mut text = String::from("\x1b[?2026h");
        if self.resized {
            text.push_str(CLEAR);
        }
        for (place, row) in (1..).zip(rows(&symbol, self.settings.dim)) {
            write!(text, "\x1b[{place};1H{row}").expect(TAKES_ALL);
        }
        text.push_str("\x1b[?2026l");
        stage.write(&text)?;
        (self.stale, self.resized) = (false, false);
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// The line of progress under the quiet zone, then notes and keys, in a second line when the window has one. What the file
    /// is called stands above them, in the line of progress or at the right of the code, wherever there is room.
    fn words(&self) -> String {
        let progress = Progress {
            n: self.n,
            source_frames: self.series.source_frames(),
            period: self.settings.period,
            version: self.series.version(),
            paused: self.paused,
        };
        let needed = Window::needed(self.series.version());
        let columns = self.window.columns;
        let (mut lines, mut right) = (Vec::new(), Vec::new());
        match self.window.rows.saturating_sub(needed.rows) {
            0 | 1 => {
                right = self.title.pieces();
                lines.push(beside(&progress.shorter(&self.note, columns, KEYS_SHORT), KEYS_SHORT, columns));
            }
            2 => {
                let first = self.title.before(&progress.text());
                if first.chars().count() <= columns {
                    lines.push(first);
                } else {
                    right = self.title.pieces();
                    lines.push(progress.text());
                }
                lines.push(self.keys(columns));
            }
            _ => {
                lines.extend(self.title.line());
                lines.push(progress.text());
                lines.push(self.keys(columns));
            }
        }
        let mut text = String::from("\x1b[0m");
        let place = needed.rows.saturating_add(1);
        for (row, line) in (place..).zip(&lines) {
            write!(text, "\x1b[{row};1H{}\x1b[K", cut(line, columns)).expect(TAKES_ALL);
        }
        let free = columns.saturating_sub(needed.columns);
        if right.iter().all(|piece| piece.chars().count() < free) {
            for (row, piece) in (1..needed.rows).zip(&right) {
                write!(text, "\x1b[{row};{}H{piece}", needed.columns.saturating_add(2)).expect(TAKES_ALL);
            }
        }
        text
    }

    fn keys(&self, columns: usize) -> String {
        let note = self.note.as_str();
        let needed = note.chars().count().saturating_add(KEYS.len()).saturating_add(3);
        beside(note, if needed <= columns { KEYS } else { KEYS_SHORT }, columns)
    }
}

/// The densest series of at most `version` that the window holds, and the version it was asked for.
fn fitting(window: Window, version: u8, build: Build<'_>) -> Result<(u8, Box<dyn Series>)> {
    let largest = window.largest_version(LINES).unwrap_or(0);
    let version = version.max(1);
    let mut refused = version;
    for asked in (1..=version.min(largest)).rev() {
        let series = match build(asked) {
            Ok(series) => series,
            // What the window left is too little for any series.
            Err(_) if asked < version => break,
            Err(error) => return Err(error),
        };
        if series.version() <= largest {
            return Ok((asked, series));
        }
        refused = series.version();
    }
    Err(window.too_small(refused, LINES))
}
