//! Ctrl-C: a flag that long jobs look at, so that they end where they can be taken up again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use airlock::{Code, Exit, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Somebody pressed Ctrl-C.
pub static STOPPED: Code = Code::new(
    "E-STOP-001",
    Exit::Fixable,
    "Somebody pressed Ctrl-C, or asked the program to end. Work stops where it can be taken up again.",
    "Give the same command again: it goes on from there.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&STOPPED];

/// How often a wait looks at the flag.
const LOOK: Duration = Duration::from_millis(100);

static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static LISTENING: LazyLock<()> = LazyLock::new(|| {
    for signal in [SIGINT, SIGTERM] {
        // The second one ends the program at once. Where a handler cannot be set the first one does.
        let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&FLAG));
        let _ = flag::register(signal, Arc::clone(&FLAG));
    }
});

/// From now on the first Ctrl-C raises the flag, and the second one ends the program.
pub fn listen() {
    LazyLock::force(&LISTENING);
}

/// True once Ctrl-C was pressed.
pub fn requested() -> bool {
    FLAG.load(Ordering::Relaxed)
}

/// Ends a job where Ctrl-C was pressed.
///
/// # Errors
/// [`STOPPED`].
pub fn check() -> Result<()> {
    match requested() {
        false => Ok(()),
        true => Err(STOPPED.error("stopped by Ctrl-C")),
    }
}

/// Waits, and wakes up for Ctrl-C.
///
/// # Errors
/// [`STOPPED`].
pub fn sleep(time: Duration) -> Result<()> {
    let begun = Instant::now();
    loop {
        check()?;
        match time.checked_sub(begun.elapsed()) {
            None | Some(Duration::ZERO) => return Ok(()),
            Some(left) => std::thread::sleep(left.min(LOOK)),
        }
    }
}
