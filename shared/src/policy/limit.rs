//! How much of one money may leave: at once, and in 24 hours.

use crate::amount::decimal::Decimal;

/// A limit in base units; for tokens in their own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// The whole bundle.
    pub(super) per_event: Option<Decimal>,
    /// With what was signed in the 24 hours before.
    pub(super) per_day: Option<Decimal>,
    /// Decimals of a unit, for people.
    pub(super) decimals: u8,
}
