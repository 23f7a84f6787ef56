//! What two bundles both use: a coin or an XRP sequence is used up by whichever of them confirms first.

use std::collections::BTreeSet;

use airlock::review::Use;

use crate::clock;
use crate::store::{Rival, State};

/// One line for each other bundle that can still confirm and uses something of a new one.
pub fn warnings(rivals: &[Rival]) -> Vec<String> {
    rivals.iter().filter_map(warning).collect()
}

/// The first of the things that two bundles both use, and how many there are beside it.
pub fn shared(uses: &BTreeSet<Use>) -> String {
    let first = uses.first().map(described).unwrap_or_default();
    match uses.len().saturating_sub(1) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn described(used: &Use) -> String {
    match used {
        Use::Coin(outpoint) => format!("coin {outpoint}"),
        Use::Sequence { account, sequence } => format!("sequence {sequence} of {account}"),
        Use::Ticket { account, ticket } => format!("ticket {ticket} of {account}"),
    }
}

fn warning(rival: &Rival) -> Option<String> {
    let first = described(rival.uses.first()?);
    let more = match rival.uses.len().saturating_sub(1) {
        0 => "is".to_owned(),
        more => format!("and {more} more are"),
    };
    let stands = if rival.state == State::Planned {
        format!("valid until {}", clock::show(rival.expires))
    } else {
        format!("which is {}", rival.state)
    };
    Some(format!(
        "the {first} {more} already used by {}, {stands}; only one of the two can confirm",
        rival.short
    ))
}
