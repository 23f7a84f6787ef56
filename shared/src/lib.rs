//! What both halves of Airlock must agree on.
//!
//! - [`error`], [`codes`], [`report`]: stable codes, what is wrong, what to do next, and how it is told.
//! - [`amount`], [`text`], [`network`]: integers of money, the only way in which outside text reaches a
//!   screen, and the networks.
//! - [`json`]: strict reading and the one canonical way of writing.
//! - [`bitcoin`](mod@bitcoin): what a signature covers, whether it holds, and PSBTs of both versions.
//! - [`account`], [`watch`]: accounts and the file that tells the online half of them.
//! - [`snapshot`], [`request`], [`bundle`]: what the chains said, what people asked for, what crosses the gap.
//! - [`inspect`]: what any file or text is.
//! - [`review`]: what the bytes really do, and the one road to a signature.
//! - [`policy`]: what the treasury allows, and the permission without which nothing is approved.
//! - [`counterparty`]: Counterparty messages and the carriers that bring them onto Bitcoin.
//! - [`xrp`]: the XRP Ledger's binary format and the signer's whitelist.
//!
//! No I/O, no clock, no randomness and no secrets: everything here is a pure function of its input.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod account;
pub mod amount;
pub mod bitcoin;
pub mod bundle;
pub mod codes;
pub mod counterparty;
pub mod error;
pub mod inspect;
pub mod json;
pub mod network;
pub mod policy;
pub mod qr;
pub mod report;
pub mod request;
pub mod review;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod watch;
pub mod words;
pub mod xrp;

pub use error::{Code, Error, Exit, Result};
