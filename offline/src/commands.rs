//! The commands, one file for each.

pub mod accounts;
pub mod completions;
pub mod explain;
pub mod import;
pub mod inspect;
pub mod journal;
pub mod man;
pub mod review;
pub mod sign;
