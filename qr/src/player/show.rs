//! The state of a show: which series, which frame, since when.

use core::fmt::Write as _;
use core::time::Duration;

use airlock::Result;

use super::line::{KEYS, KEYS_SHORT, Progress, cut};
use super::{DENSITIES, Key, PERIODS_MILLIS, Series, Settings, Shown, Stage};
use crate::symbol::Symbol;
use crate::terminal::{Window, rows};

/// Lines under the code that a show insists on: the one of progress.
const LINES: usize = 1;
/// How often a show that does not move looks at the window.
const STILL: Duration = Duration::from_millis(500);
/// The whole window in the terminal's own colours.
const CLEAR: &str = "\x1b[0m\x1b[2J";

type Build<'a> = &'a mut dyn FnMut(u8) -> Result<Box<dyn Series>>;

pub(super) struct Show<'a> {
    build: Build<'a>,
    series: Box<dyn Series>,
    /// The version that the series was asked to keep to.
    asked: u8,
    settings: Settings,
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
    pub(super) fn new(window: Window, settings: Settings, build: Build<'a>) -> Result<Self> {
        let (asked, series) = fitting(window, settings.version, build)?;
        let mut show = Self {
            build,
            series,
            asked,
            settings,
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

    /// Takes the window as it is now; when the series no longer fits, makes a sparser one. False when none fits.
    fn follow(&mut self, window: Window) -> bool {
        if window != self.window {
            self.window = window;
            self.note.clear();
            (self.stale, self.resized) = (true, true);
        }
        if window.check(self.series.version(), LINES).is_ok() {
            return true;
        }
        let fits = self.rebuild(self.settings.version);
        if fits {
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
            Key::Denser => self.change_density(DENSITIES.into_iter().find(|&version| version > self.asked)),
            Key::Sparser => self.change_density(DENSITIES.into_iter().rfind(|&version| version < self.asked)),
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

    fn change_density(&mut self, version: Option<u8>) {
        let Some(version) = version else {
            self.note = "no other density".to_owned();
            return;
        };
        let largest = self.window.largest_version(LINES).unwrap_or(version);
        if version > self.asked && largest <= self.asked {
            self.note_window();
        } else if self.rebuild(version) {
            self.settings.version = self.asked;
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
            write!(text, "\x1b[{place};1H{row}").expect("a String takes all that is written");
        }
        text.push_str("\x1b[?2026l");
        stage.write(&text)?;
        (self.stale, self.resized) = (false, false);
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// The line of progress under the quiet zone, then notes and keys, in a second line when the window has one.
    fn words(&self) -> String {
        let progress = Progress {
            n: self.n,
            source_frames: self.series.source_frames(),
            period: self.settings.period,
            version: self.series.version(),
            paused: self.paused,
        };
        let place = Window::needed(self.series.version()).rows.saturating_add(1);
        let columns = self.window.columns;
        let beside = |keys: &str| match self.note.as_str() {
            "" => keys.to_owned(),
            note => format!("{note}   {keys}"),
        };
        if self.window.rows <= place {
            let all = format!("{}   {}", progress.short(self.note.is_empty()), beside(KEYS_SHORT));
            return format!("\x1b[{place};1H\x1b[0m{}\x1b[K", cut(&all, columns));
        }
        let (first, second) = (progress.text(), beside(KEYS));
        format!(
            "\x1b[{place};1H\x1b[0m{}\x1b[K\x1b[{};1H{}\x1b[K",
            cut(&first, columns),
            place.saturating_add(1),
            cut(&second, columns)
        )
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
