//! Bitcoin Core and Esplora as sources: what they find, what they are not believed, and what their errors mean.

#[path = "bitcoin_sources/core.rs"]
mod core;
#[path = "bitcoin_sources/esplora.rs"]
mod esplora;
#[path = "bitcoin_sources/recordings.rs"]
mod recordings;
#[path = "bitcoin_sources/treasure.rs"]
mod treasure;
