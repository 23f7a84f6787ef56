//! The program as a process: protected first, then its command line on the terminal and the standard streams.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr, stdout};
use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

use crate::hygiene::{self, Hardened};
use crate::screen::Folded;
use crate::{Streams, clock, machine, screen};

/// Protects the process; nothing may run before it, and [`run`] comes after it.
pub fn begin() -> Hardened {
    hygiene::catch_panics();
    hygiene::harden()
}

/// Runs a command line and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_json = arguments.iter().any(|argument| argument == "--json");
    let mut screen = screen::open();
    let (out, err) = (stdout().lock(), stderr().lock());
    let (out_columns, err_columns) = (columns(&out).filter(|_| !is_json), columns(&err));
    let (mut out, mut err) = (Folded::new(out, out_columns), Folded::new(err, err_columns));
    let mut streams = Streams {
        screen: screen.as_mut(),
        stdout: &mut out,
        stderr: &mut err,
        machine: &machine::ThisMachine,
    };
    crate::run(arguments, &mut streams, &clock::now)
}

/// The columns of the window that a stream goes to; none for a file or a pipe.
fn columns(stream: &(impl AsFd + IsTerminal)) -> Option<usize> {
    let size = stream.is_terminal().then(|| tcgetwinsize(stream).ok()).flatten()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
