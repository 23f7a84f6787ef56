//! How long work shows that it goes on: a bar on stderr for people, nothing for programs.

use std::cell::RefCell;
use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Somebody who is told how far a long job is.
pub trait Progress {
    /// A job of so many parts begins; 0 where nobody knows how many.
    fn begin(&self, what: &str, parts: u64);
    /// So many parts are done.
    fn reach(&self, done: u64);
    /// What is happening right now, beside the bar.
    fn say(&self, what: &str);
    /// What a person should know while the job goes on; it stays on the screen.
    fn tell(&self, _what: &str) {}
    /// The job is over, for better or worse.
    fn end(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _parts: u64) {}
    fn reach(&self, _done: u64) {}
    fn say(&self, _what: &str) {}
    fn end(&self) {}
}

/// A bar on stderr.
#[derive(Debug, Default)]
pub struct Bar {
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress for Bar {
    fn begin(&self, what: &str, parts: u64) {
        self.end();
        let target = ProgressDrawTarget::stderr();
        let (bar, form) = match parts {
            0 => (ProgressBar::with_draw_target(None, target), "{spinner} {prefix} {elapsed} {msg}"),
            parts => (
                ProgressBar::with_draw_target(Some(parts), target),
                "{prefix} [{bar:30}] {pos}/{len} {elapsed} {msg}",
            ),
        };
        let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bar.with_style(style.progress_chars("=> ")).with_prefix(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.bar.borrow_mut() = Some(bar);
    }

    fn reach(&self, done: u64) {
        if let Some(bar) = self.bar.borrow().as_ref() {
            bar.set_position(done);
        }
    }

    fn say(&self, what: &str) {
        if let Some(bar) = self.bar.borrow().as_ref() {
            bar.set_message(what.to_owned());
        }
    }

    fn tell(&self, what: &str) {
        // A screen that is gone keeps no job from going on.
        let tell = || drop(writeln!(std::io::stderr(), "{what}"));
        match self.bar.borrow().as_ref() {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end();
    }
}
