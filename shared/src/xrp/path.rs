//! Payment paths: read and written by the codec, never signed (xrpl.md 5.3).

use crate::xrp::address::AccountId;
use crate::xrp::currency::Currency;

/// One step of a path; at least one of the three is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Through this account.
    pub account: Option<AccountId>,
    /// Into this currency.
    pub currency: Option<Currency>,
    /// Of this issuer.
    pub issuer: Option<AccountId>,
}

/// The steps of one path.
pub type Path = Vec<Step>;
