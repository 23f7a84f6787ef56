//! Airlock before a real rippled, where `RIPPLED_URL` names one that is standalone and lets us close its ledgers (admin):
//! keys, codec, reader, payments from plan to receipt, every way in which they end, deposits.

#[path = "live_ripple/codec.rs"]
mod codec;
#[path = "live_ripple/deposits.rs"]
mod deposits;
#[path = "live_ripple/endings.rs"]
mod endings;
#[path = "live_ripple/node.rs"]
mod node;
#[path = "live_ripple/payments.rs"]
mod payments;
#[path = "live_ripple/reading.rs"]
mod reading;
#[path = "live_ripple/removal.rs"]
mod removal;
#[path = "live_ripple/treasury.rs"]
mod treasury;
