//! Stories of broadcasting, told with servers in memory and a store on the disk.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests count in small numbers")]

mod bitcoin_stories;
mod counterparty_stories;
mod killed;
mod proof_stories;
mod rival_stories;
mod sources;
mod world;
mod xrpl_stories;
