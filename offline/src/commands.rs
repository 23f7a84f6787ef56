//! The commands, one file for each.

pub mod accounts;
pub mod completions;
pub mod explain;
pub mod import;
pub mod init;
pub mod inspect;
pub mod man;
pub mod review;
pub mod sign;
pub mod words;
