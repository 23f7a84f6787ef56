//! The program as a process: protected first, then its command line on the terminal and the standard streams.

use std::ffi::OsString;
use std::io::{stderr, stdout};

use crate::hygiene::{self, Hardened};
use crate::{Streams, clock, machine, screen};

/// Protects the process; nothing may run before it, and [`run`] comes after it.
pub fn begin() -> Hardened {
    hygiene::catch_panics();
    hygiene::harden()
}

/// Runs a command line and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let mut screen = screen::open();
    let (mut out, mut err) = (stdout().lock(), stderr().lock());
    let mut streams = Streams {
        screen: screen.as_mut(),
        stdout: &mut out,
        stderr: &mut err,
        machine: &machine::ThisMachine,
    };
    crate::run(arguments, &mut streams, &clock::now)
}
