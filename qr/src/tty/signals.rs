//! The signals that end a program, while it holds a terminal: only noted, so that the terminal is given back first.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Once;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_usize};

/// From outside: keys give none in this mode.
const ENDING: [(i32, &str); 3] = [(SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")];

/// No terminal is held: a signal does what it does without this module.
static FREE: AtomicBool = AtomicBool::new(true);
/// The place from 1 in [`ENDING`] of the last signal that came while one was held.
static CAME: AtomicUsize = AtomicUsize::new(0);
static REGISTERED: Once = Once::new();

/// From now on signals are noted. Where the system does not allow it, they go on ending the program.
pub(super) fn hold() {
    CAME.store(0, Ordering::SeqCst);
    FREE.store(false, Ordering::SeqCst);
    REGISTERED.call_once(|| {
        for (place, (signal, _)) in (1..).zip(ENDING) {
            if register_conditional_default(signal, &FREE).is_ok() {
                let _unknown = register_usize(signal, &CAME, place);
            }
        }
    });
}

/// From now on signals end the program again.
pub(super) fn release() {
    FREE.store(true, Ordering::SeqCst);
}

/// The signal that came while the terminal was held.
pub(super) fn came() -> Option<&'static str> {
    let place = CAME.load(Ordering::SeqCst).checked_sub(1)?;
    ENDING.get(place).map(|(_, name)| *name)
}
