//! The stack below a call, wiped after it.

use zeroize::Zeroize;

/// How much stack is wiped. The deepest work with secrets, in an unoptimized build, takes less than a quarter of it.
pub const SCRUBBED_BYTES: usize = 512 * 1024;

/// Runs work that handles secrets, then wipes the stack that it used.
///
/// What the work gives back must hold its secrets behind a pointer ([`crate::secret`]) or none at all: it passes through
/// the caller's own stack. Each thread has a stack of its own and scrubs it itself. Calls may be nested.
pub fn scrubbed<T>(work: impl FnOnce() -> T) -> T {
    let result = deeper(work);
    scrub();
    result
}

/// A frame of its own, so that everything the work leaves lies below the caller's.
#[inline(never)]
fn deeper<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn scrub() {
    let mut stack = [0u8; SCRUBBED_BYTES];
    stack.zeroize();
    core::hint::black_box(&stack);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_the_work_gives_also_when_nested() {
        assert_eq!(scrubbed(|| 1 + scrubbed(|| 2)), 3);
    }
}
