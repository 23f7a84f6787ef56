//! Crashes, failing devices, full disks, pulled sticks, and files that are none: afterwards the vault opens, the same
//! bundle gives the same signatures or is refused with the reason, and nothing is half there.

use airlock_tests::strace;

#[path = "faults/calls.rs"]
mod calls;
#[path = "faults/kinds.rs"]
mod kinds;
#[path = "faults/media.rs"]
mod media;

/// Where no fault can be injected a test says so and ends; `.ci/run` makes that a failure.
fn can_inject() -> bool {
    strace::is_there()
}
