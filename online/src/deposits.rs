//! Deposits: what is handed out to customers, what came in, and whose it is.
//!
//! - [`customer`], [`hand_out`], [`memo`]: addresses, invoices and destination tags, each for one customer, none twice.
//! - [`ours`]: everything that was handed out, to tell whose a payment is, and what we pay ourselves.
//! - [`bitcoin`], [`counterparty`], [`xrp`]: one look at a chain each: what came in, and what becomes of it.
//! - [`settle`]: what a look changes in the books. Pure.
//! - [`watch`]: one look at everything.
//! - [`books`]: the credits for the exchange's books, as CSV and JSON.
//!
//! A look reads, decides, and then writes what it found and how far it went in one transaction; a process that is killed
//! anywhere leaves the books as they were, and the next look finds the same again. Each credit has an idempotency key,
//! `chain:txid:position:address:asset`, and is taken once. What is credited never goes back silently: a block that left
//! the chain afterwards is an alarm.

pub mod bitcoin;
pub mod books;
pub mod counterparty;
pub mod customer;
pub mod error;
#[cfg(test)]
mod fakes;
pub mod hand_out;
pub mod memo;
pub mod ours;
mod round;
pub mod settle;
mod view;
pub mod watch;
pub mod xrp;

pub use customer::Customer;
pub use error::CODES;
