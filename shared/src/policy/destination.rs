//! `[[destination]]`: who may receive what, with which tag or memo, and how much.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;

use super::kind::Kind;
use super::limit::Limit;
use crate::review::Money;
use crate::xrp::{AccountId, XAddress};

/// One listed destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) name: String,
    /// In its usual spelling.
    pub(super) address: String,
    /// Payments of these are allowed.
    pub(super) assets: BTreeSet<Money>,
    /// Destination tags of the XRP Ledger.
    pub(super) tags: Marks<u32>,
    /// Memos of Counterparty messages.
    pub(super) memos: Marks<Vec<u8>>,
    /// Kinds beyond payments.
    pub(super) also: BTreeSet<Kind>,
    pub(super) limits: BTreeMap<Money, Limit>,
}

/// Which tags or memos a payment must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marks<T> {
    /// With or without.
    Any,
    /// Without.
    None,
    /// With one of these.
    These(BTreeSet<T>),
}

impl<T: Ord> Marks<T> {
    pub(super) fn allow(&self, found: Option<&T>) -> bool {
        match (self, found) {
            (Self::Any, _) | (Self::None, None) => true,
            (Self::These(these), Some(found)) => these.contains(found),
            (Self::None, Some(_)) | (Self::These(_), None) => false,
        }
    }
}

/// An address in its one usual spelling, whatever the spelling that was given; none for what is no address.
pub(super) fn usual(text: &str) -> Option<Place> {
    if let Ok(account) = text.parse::<AccountId>() {
        return Some(Place { address: account.to_string(), is_xrp: true, tag: None });
    }
    if let Ok(x) = text.parse::<XAddress>() {
        return Some(Place { address: x.account.to_string(), is_xrp: true, tag: Some(x.tag) });
    }
    let address = text.parse::<Address<NetworkUnchecked>>().ok()?.assume_checked();
    Some(Place { address: address.to_string(), is_xrp: false, tag: None })
}

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) is_xrp: bool,
    /// The tag of an X-address, or that it has none.
    pub(super) tag: Option<Option<u32>>,
}
