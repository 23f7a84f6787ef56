//! The online half of Airlock.
pub mod codec;
