//! What two bundles both use: a coin or an XRP sequence is used up by whichever of them confirms first.

use std::collections::BTreeSet;

use airlock::bundle::{Artefact, Bundle, Spoken};
use airlock::time::Moment;
use serde_json::Value;

use crate::clock;

/// One line for each kept bundle that can still be signed and uses a coin or a sequence of the new one.
pub fn warnings(new: &Bundle, kept: &[Bundle], now: Moment) -> Vec<String> {
    let wanted = uses(new);
    kept.iter()
        .filter(|bundle| bundle.id() != new.id() && bundle.contents().expires > now)
        .filter_map(|bundle| {
            let used = uses(bundle);
            let mut both = wanted.intersection(&used);
            let first = both.next()?;
            let more = match both.count() {
                0 => "is".to_owned(),
                more => format!("and {more} more are"),
            };
            let (short, expires) = (bundle.id().short(), clock::show(bundle.contents().expires));
            Some(format!(
                "the {first} {more} already used by {short}, valid until {expires}; only one of the two can confirm"
            ))
        })
        .collect()
}

/// Coins, sequences and tickets, as a warning names them.
fn uses(bundle: &Bundle) -> BTreeSet<String> {
    let mut uses = BTreeSet::new();
    for step in bundle.steps() {
        match &step.artefact {
            Artefact::Psbt(psbt) => {
                for (index, input) in psbt.unsigned_tx.input.iter().enumerate() {
                    if step.links.iter().all(|link| link.input != index) {
                        uses.insert(format!("coin {}", input.previous_output));
                    }
                }
            }
            Artefact::TxJson(json) => {
                let number = |name: &str| json.get(name).and_then(Value::as_u64).filter(|number| *number > 0);
                let account = json.get("Account").and_then(Value::as_str).unwrap_or_default();
                let sequence = number("Sequence").map(|sequence| format!("sequence {sequence} of {account}"));
                let ticket = number("TicketSequence").map(|ticket| format!("ticket {ticket} of {account}"));
                uses.extend(sequence.into_iter().chain(ticket));
            }
        }
    }
    uses
}
