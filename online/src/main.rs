//! The `airlock-online` program.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use airlock_online::Streams;

fn main() -> ExitCode {
    // Bars and traces write to stderr from threads of their own: held by one thread it would stop the others for ever.
    let (stdin, stdout, mut stderr) = (io::stdin(), io::stdout(), io::stderr());
    let is_terminal = stdout.is_terminal() && stderr.is_terminal();
    let mut streams = Streams {
        stdin: &mut stdin.lock(),
        stdout: &mut io::BufWriter::new(stdout.lock()),
        stderr: &mut stderr,
        is_terminal,
    };
    ExitCode::from(airlock_online::run(std::env::args_os(), &mut streams))
}
