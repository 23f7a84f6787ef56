//! How a defect ends the program.

use std::panic::{PanicHookInfo, set_hook};

use airlock::text::Printable;
use airlock::{Code, Exit, report};

/// The program met what it holds for impossible.
pub static DEFECT: Code = Code::new(
    "E-OFSYS-003",
    Exit::Internal,
    "The program met a state that it holds for impossible and stopped at once. Only the place is told: the values there \
     could be secrets. Files that have their final names are whole.",
    "Report the place and what was done before. Signing again gives the same signatures.",
);

/// From now on a panic in any thread tells its place, never its message, and ends the process with exit code 5.
///
/// No value is dropped on this way out: the process ends, leaves no core file, and the system wipes its pages.
pub fn catch_panics() {
    set_hook(Box::new(end));
}

fn end(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", Printable::new(place.file()), place.line()),
    );
    let told = format!("{}\n", report::text(&DEFECT.error(format!("a defect at {place}")), ""));
    // Straight to the descriptor: another thread can hold the lock of the stream.
    let mut rest = told.as_bytes();
    while let Ok(count @ 1..) = rustix::io::write(rustix::stdio::stderr(), rest) {
        rest = rest.get(count..).unwrap_or_default();
    }
    std::process::exit(DEFECT.exit.code().into());
}
