//! The review: what the bytes really do, computed from the bytes that get signed.
//!
//! `Review` is made from a bundle or a bare PSBT, the vault's own accounts and the clock's time. It refuses what
//! must not be signed, and shows the rest. Only [`Review::approve`] makes an [`Approved`], and only an
//! `Approved` can be signed.

pub mod job;

pub use job::{Approved, BitcoinJob, InputJob, Job, Spend, XrpJob};
