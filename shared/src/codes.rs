//! The registry of error codes of this library; each half adds its own.

use crate::error::Code;
use crate::{
    account, amount, bitcoin, bundle, counterparty, inspect, json, network, policy, qr, review, watch, xrp,
};

/// Every module's codes.
static AREAS: &[&[&Code]] = &[
    account::CODES,
    amount::CODES,
    bitcoin::CODES,
    bundle::file::CODES,
    bundle::structure::CODES,
    bundle::template::CODES,
    bundle::verify::CODES,
    counterparty::address::CODES,
    counterparty::asset::CODES,
    counterparty::carrier::CODES,
    counterparty::message::CODES,
    counterparty::transaction::CODES,
    inspect::CODES,
    json::CODES,
    network::CODES,
    policy::CODES,
    qr::CODES,
    qr::bbqr::CODES,
    qr::envelope::CODES,
    qr::specter::CODES,
    qr::plain::CODES,
    qr::profile::CODES,
    qr::sender::CODES,
    qr::receiver::CODES,
    review::CODES,
    watch::CODES,
    xrp::CODES,
    xrp::whitelist::CODES,
];

/// All codes of this library, area by area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    AREAS.iter().copied().flatten().copied()
}

/// True for `E-AREA-NNN`: an area of 2 to 8 capital letters or digits and a number of three digits.
pub fn is_well_formed(id: &str) -> bool {
    let mut parts = id.split('-');
    let (head, area, number, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
    let area_fits = |area: &str| {
        (2..=8).contains(&area.len()) && area.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    head == Some("E")
        && area.is_some_and(area_fits)
        && number.is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
        && rest.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_well_formed_and_listed_once() {
        let mut seen = BTreeSet::new();
        for code in all() {
            assert!(is_well_formed(code.id), "{}", code.id);
            assert!(seen.insert(code.id), "{} is listed twice", code.id);
            assert!(code.meaning.ends_with('.') && code.next.ends_with('.'), "{}", code.id);
        }
        assert!(seen.len() > 10);
        for bad in ["E-X-001", "E-AMT-1", "AMT-001", "E-AMT-001-2", "E-amt-001", ""] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn the_codes_of_an_area_stand_in_order() {
        let mut last = std::collections::BTreeMap::new();
        for code in all() {
            let (area, _) = code.id.rsplit_once('-').unwrap();
            let before = last.insert(area, code.id);
            assert!(before < Some(code.id), "{} stands behind {before:?}", code.id);
        }
    }
}
