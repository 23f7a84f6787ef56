//! The offline half of Airlock.
