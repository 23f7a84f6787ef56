//! The commands, one file for each.

pub mod accounts;
pub mod completions;
pub mod doctor;
pub mod explain;
pub mod import;
pub mod inspect;
pub mod journal;
pub mod man;
pub mod review;
pub mod self_test;
pub mod sign;
