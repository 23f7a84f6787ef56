//! Where facts come from and transactions go to: one trait for each chain, behind it the kinds of server.
//!
//! - [`bitcoin`]: Bitcoin Core ([`core`]) or an Esplora server ([`esplora`]).
//! - [`counterparty`]: counterparty-server 11.x ([`counterparty_server`]).
//! - [`second_opinion`]: a plan held against what the server would compose.
//! - [`xrpl`]: rippled or Clio ([`rippled`]).
//! - [`xrpl`]: rippled or Clio ([`rippled`]); what its engine says: [`engine`].
//!
//! Whatever a server says is checked here for type, range, size and for belonging to the question, before anybody
//! else sees it: a [`crate::snapshot`] or a deposit holds nothing that these modules have not read strictly.

pub mod bitcoin;
mod blocks;
pub mod core;
pub mod counterparty;
pub mod counterparty_server;
#[cfg(test)]
pub(crate) mod memory;
pub mod open;
pub mod second_opinion;
mod decimal;
pub mod esplora;
pub mod proof;
pub mod refusal;
mod scripts;
pub mod engine;
pub mod rippled;
pub mod xrpl;
