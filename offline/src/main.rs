//! The `airlock-offline` program.

use std::io::{stderr, stdout};
use std::process::ExitCode;

use airlock_offline::{Streams, clock, machine, screen};

fn main() -> ExitCode {
    let mut screen = screen::open();
    let (mut out, mut err) = (stdout().lock(), stderr().lock());
    let mut streams = Streams {
        screen: screen.as_mut(),
        stdout: &mut out,
        stderr: &mut err,
        machine: &machine::ThisMachine,
    };
    ExitCode::from(airlock_offline::run(std::env::args_os(), &mut streams, &clock::now))
}
