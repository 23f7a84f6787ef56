//! The `airlock-offline` program.

use std::process::ExitCode;

use airlock_offline::process;

fn main() -> ExitCode {
    process::begin();
    ExitCode::from(process::run(std::env::args_os()))
}
