//! Where facts come from and transactions go to: one trait for each chain, behind it the kinds of server.
//!
//! - [`bitcoin`]: Bitcoin Core ([`core`]) or an Esplora server ([`esplora`]).
//! - [`counterparty`]: counterparty-server 11.x ([`counterparty_server`]).
//! - [`open`]: all servers of airlock.toml, and which of them is read.
//! - [`second_opinion`]: a plan held against what the server would compose.
//! - [`xrpl`]: rippled or Clio ([`rippled`]); what its engine says: [`engine`].
//!
//! Whatever a server says is checked here for type, range, size and for belonging to the question, before anybody
//! else sees it: a snapshot ([`crate::gather`]) or a deposit holds nothing that these modules have not read strictly.

pub mod bitcoin;
pub(crate) mod blocks;
pub mod core;
pub mod counterparty;
pub mod counterparty_server;
mod decimal;
pub mod engine;
pub mod esplora;
#[cfg(test)]
pub(crate) mod memory;
pub mod open;
pub mod proof;
pub mod refusal;
pub mod rippled;
mod scripts;
pub mod second_opinion;
pub mod xrpl;
