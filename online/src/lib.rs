//! The online half of Airlock.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod codec;
pub mod payouts;
pub mod plan;
