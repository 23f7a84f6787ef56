//! The offline half of Airlock: keeps the keys, shows what a bundle would do, signs what a person approved.
//!
//! - [`cli`], [`commands`]: the command line, one file for each command.
//! - [`subject`], [`media`]: what is to be signed, and where it lies.
//! - [`desk`], [`case`]: what is known before the passphrase, and a file under the judgement of policy and journal.
//! - [`screen`]: the terminal itself, where reviews are read and questions answered.
//! - [`vault`], [`register`], [`unlocked`]: the sealed secrets, the readable accounts beside them, and both together.
//! - [`rules`]: the accepted policy.
//! - [`founding`]: how a home comes to be.
//! - [`entropy`], [`dice`], [`recipe`], [`paper`]: new words: chance, what they are made of, and that they got to paper.
//! - [`crossing`]: files that come and go as QR codes.
//! - [`home`], [`files`], [`clock`]: where things lie, how files are read and written, what time it is.
//! - [`sentence`]: what a person types to go on where a run would stop.
//! - [`process`], [`hygiene`]: the whole program from its first instruction, and what protects its memory.
//! - [`machine`], [`sandbox`]: the measured air gap, and the confinement of this process.
//! - [`self_test`]: known answers of every primitive, before each signing.
//! - [`journal`]: what was signed, in a chain that nobody can quietly rewrite.
//! - [`secret`], [`keys`]: secrets that wipe themselves, and what is derived from them.
//! - [`keyring`], [`sign`]: signatures, each verified before it leaves.
//!
//! No network, ever.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod answer;
pub mod backup;
pub mod case;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod crossing;
pub mod derive;
pub mod desk;
pub mod dice;
pub mod drill;
pub mod entropy;
pub mod error;
pub mod files;
pub mod founding;
pub mod home;
pub mod hygiene;
pub mod journal;
pub mod keyring;
pub mod keys;
pub mod machine;
pub mod media;
pub mod paper;
pub mod passphrase;
pub mod process;
pub mod recipe;
pub mod register;
pub mod rules;
pub mod sandbox;
pub mod screen;
pub mod secret;
pub mod self_test;
pub mod sentence;
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
    /// The machine: its network, its memory, its sandbox.
    pub machine: &'a dyn machine::Machine,
}
