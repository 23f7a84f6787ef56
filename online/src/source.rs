//! Where facts come from and transactions go to: one trait for each chain, behind it the kinds of server.
//!
//! - [`bitcoin`]: Bitcoin Core ([`core`]) or an Esplora server ([`esplora`]).
//! - [`counterparty`]: counterparty-server 11.x ([`counterparty_server`]).
//! - [`xrpl`]: rippled or Clio ([`rippled`]).
//!
//! Whatever a server says is checked here for type, range, size and for belonging to the question, before anybody
//! else sees it: a [`crate::snapshot`] or a deposit holds nothing that these modules have not read strictly.

pub mod bitcoin;
pub mod counterparty;
#[cfg(test)]
pub(crate) mod memory;
pub mod open;
pub mod xrpl;
