//! What keeps secrets from staying behind in memory, and others from reading them there.
//!
//! - [`harden`], first in `main`: nobody of the same user reads this process, it leaves no core file, its pages stay out
//!   of swap. What the system did not grant is told by [`Hardened::missing`].
//! - The allocator of this library wipes every block of the heap when it is given back.
//! - [`scrubbed`]: work with secrets runs below a stretch of stack that is wiped afterwards, because moves, hash engines
//!   and curve arithmetic leave copies there that no type can reach.
//! - [`catch_panics`]: a defect ends the program with its place and exit code 5, never with the values that it met.
//!
//! Measured by the residue test: of the copies that stay without these measures, none stays with them.

mod hardened;
mod panic;
mod stack;

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

pub use hardened::{Hardened, Measure, harden, lock_memory, measured};
pub use panic::{DEFECT, catch_panics};
pub use stack::{SCRUBBED_BYTES, scrubbed};

use airlock::Code;

/// The codes of these modules.
pub static CODES: &[&Code] = &[&DEFECT];

#[global_allocator]
static HEAP: ZeroAlloc<System> = ZeroAlloc(System);
