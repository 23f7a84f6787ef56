//! The offline half of Airlock: keeps the keys, shows what a bundle would do, signs what a person approved.
//!
//! - [`cli`], [`commands`]: the command line, one file for each command.
//! - [`subject`], [`media`]: what is to be signed, and where it lies.
//! - [`screen`]: the terminal itself, where reviews are read and questions answered.
//! - [`vault`], [`register`], [`unlocked`]: the sealed secrets, the readable accounts beside them, and both together.
//! - [`founding`]: how a home comes to be.
//! - [`entropy`], [`dice`], [`recipe`], [`paper`]: new words: chance, what they are made of, and that they got to paper.
//! - [`home`], [`files`], [`clock`]: where things lie, how files are read and written, what time it is.
//! - [`process`], [`hygiene`]: the whole program from its first instruction, and what protects its memory.
//! - [`secret`], [`keys`]: secrets that wipe themselves, and what is derived from them.
//! - [`keyring`], [`sign`]: signatures, each verified before it leaves.
//!
//! No network, ever.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod answer;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod derive;
pub mod dice;
pub mod entropy;
pub mod error;
pub mod files;
pub mod founding;
pub mod home;
pub mod hygiene;
pub mod keyring;
pub mod keys;
pub mod media;
pub mod paper;
pub mod passphrase;
pub mod process;
pub mod recipe;
pub mod register;
pub mod screen;
pub mod secret;
pub mod sign;
pub mod subject;
pub mod unlocked;
pub mod vault;

pub use cli::run;

/// Where a run reads and writes.
pub struct Streams<'a> {
    /// The terminal itself: reviews and questions.
    pub screen: &'a mut dyn screen::Screen,
    /// Answers.
    pub stdout: &'a mut dyn std::io::Write,
    /// Errors, and the reviews of runs that nobody watches.
    pub stderr: &'a mut dyn std::io::Write,
}
