//! The online half of Airlock: plans what is to be signed and checks what came back.
//!
//! - [`cli`], [`commands`]: the command line, one file for each command.
//! - [`plan`], [`payouts`]: from requests and a snapshot to a bundle. Pure.
//! - [`book`]: names for destinations.
//! - [`clash`], [`repeat`], [`promise`]: what two bundles both use, what was asked for before, and what is sent already.
//! - [`replacement`]: a plan in the place of a transaction that waits.
//! - [`broadcast`]: signed bundles on their way, from the first submission to the receipt.
//! - [`deposits`]: addresses, invoices and tags of customers, and what came in.
//! - [`codec`]: the encoders and decoders over JSON Lines.
//! - [`config`], [`source`], [`http`]: which servers are asked, what, and how.
//! - [`gather`]: what planning needs, from live servers.
//! - [`stop`], [`progress`]: Ctrl-C and waiting.
//! - [`crossing`]: files that come and go as QR codes.
//! - [`heads`]: what is known of the offline journals.
//! - [`store`]: accounts, bundles and how far they are, deposits; one file that survives anything.
//! - [`home`], [`files`], [`clock`]: where the program keeps its files, how it reads and writes, what time it is.
//! - [`answer`], [`error`]: what a command says when it is done, and when it is not.

#![allow(
    rustdoc::invalid_rust_codeblocks,
    reason = "doc comments of commands are help texts with shell examples"
)]
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod answer;
pub mod book;
pub mod broadcast;
pub mod clash;
pub mod cli;
pub mod clock;
pub mod codec;
pub mod commands;
pub mod config;
pub mod crossing;
pub mod deposits;
pub mod error;
pub mod files;
pub mod gather;
pub mod heads;
pub mod home;
pub mod http;
pub mod payouts;
pub mod plan;
pub mod progress;
pub mod promise;
pub mod repeat;
pub mod replacement;
pub mod source;
pub mod stop;
pub mod store;

use std::ffi::OsString;
use std::io::{BufRead, Write};

pub use cli::run;

/// Where a run reads and writes.
pub struct Streams<'a> {
    /// Codec lines, and whatever is named `-`.
    pub stdin: &'a mut dyn BufRead,
    /// Answers.
    pub stdout: &'a mut dyn Write,
    /// Errors.
    pub stderr: &'a mut dyn Write,
    /// True where a person reads along: colour is allowed.
    pub is_terminal: bool,
}

/// The environment variable of a name, when it is set and not empty.
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
