//! The online half of Airlock.
