//! Who may be paid, and who must not be.

use airlock::counterparty::address;
use airlock::network::BitcoinNetwork;
use airlock::snapshot::{CounterpartyFacts, Snapshot};
use airlock::text::Printable;
use airlock::{Code, Exit, Result};
use bitcoin::{Address, ScriptBuf};

/// A payment that comes back.
pub static PAYS_ITSELF: Code = Code::new(
    "E-PLAN-020",
    Exit::BadInput,
    "The destination belongs to the paying account (for Counterparty: is the paying address itself).",
    "Check the destination; to gather coins, wait for a consolidation command.",
);
/// An address that nobody can spend from.
pub static BURNS: Code = Code::new(
    "E-PLAN-021",
    Exit::Refused,
    "The destination is the address to which Counterparty's proof of burn was paid; nobody has a key for it.",
    "Check the destination.",
);
/// An output kind that must not be paid from an account with assets.
pub static UNSAFE_KIND: Code = Code::new(
    "E-PLAN-022",
    Exit::Refused,
    "An address that holds Counterparty assets pays bitcoin to P2PKH and P2WPKH addresses only.",
    "Pay bitcoin from an account that holds no assets (`holds` = bitcoin-only).",
);
/// A dispenser.
pub static PAYS_DISPENSER: Code = Code::new(
    "E-PLAN-023",
    Exit::Refused,
    "The destination has an open dispenser: a plain payment to it buys nothing and is a gift.",
    "Ask the recipient for another address.",
);
/// Less than nodes relay.
pub static BELOW_DUST: Code = Code::new(
    "E-PLAN-024",
    Exit::BadInput,
    "The amount is below what nodes relay for an output of this kind.",
    "Pay more, or not at all.",
);
/// A required memo that is missing.
pub static MEMO_REQUIRED: Code = Code::new(
    "E-PLAN-025",
    Exit::Refused,
    "The destination requires a memo on incoming sends; without one the ledger refuses the whole message.",
    "Ask the recipient for the memo and give it with the request.",
);

const BURN_MAINNET: &str = "1CounterpartyXXXXXXXXXXXXXXXUWLpVr";
const BURN_TEST: &str = "mvCounterpartyXXXXXXXXXXXXXXW24Hef";

/// Reads an address of the network that somebody can spend from.
///
/// # Errors
/// [`address::NOT_AN_ADDRESS`], [`BURNS`].
pub(super) fn read(text: &str, network: BitcoinNetwork) -> Result<Address> {
    let parsed = address::parse(text, network)?;
    let spelled = parsed.to_string();
    if spelled == BURN_MAINNET || spelled == BURN_TEST {
        return Err(BURNS.error(format!("{spelled} is the burn address")));
    }
    Ok(parsed)
}

/// Refuses a kind of output that an address with assets must not pay (counterparty.md 6.6).
///
/// # Errors
/// [`UNSAFE_KIND`].
pub(super) fn check_kind(script: &ScriptBuf, to: &Address, from: &str) -> Result<()> {
    if is_safe(script) {
        return Ok(());
    }
    Err(UNSAFE_KIND.error(format!(
        "{} is neither P2PKH nor P2WPKH, and account '{from}' may hold assets",
        Printable::new(&to.to_string())
    )))
}

/// True for P2PKH and P2WPKH.
pub(super) fn is_safe(script: &ScriptBuf) -> bool {
    script.is_p2pkh() || script.is_p2wpkh()
}

/// Refuses a destination with an open dispenser.
///
/// # Errors
/// [`PAYS_DISPENSER`].
pub(super) fn check_dispensers(to: &Address, snapshot: &Snapshot) -> Result<()> {
    let open = facts(snapshot.counterparty.as_ref(), to).map_or(0, |facts| facts.dispensers);
    match open {
        0 => Ok(()),
        open => Err(PAYS_DISPENSER.error(format!("{to} has {open} open dispenser(s)"))),
    }
}

/// Refuses a send without memo to a destination that requires one.
///
/// # Errors
/// [`MEMO_REQUIRED`].
pub(super) fn check_memo(to: &Address, has_memo: bool, facts_of: &CounterpartyFacts) -> Result<()> {
    let required = facts(Some(facts_of), to).is_some_and(|facts| facts.requires_memo);
    if required && !has_memo {
        return Err(MEMO_REQUIRED.error(format!("{to} requires a memo, and there is none")));
    }
    Ok(())
}

fn facts<'a>(
    facts: Option<&'a CounterpartyFacts>,
    to: &Address,
) -> Option<&'a airlock::snapshot::AddressFacts> {
    let spelled = to.to_string();
    facts?.addresses.iter().find(|known| known.address == spelled)
}

/// What is known of a destination's wish for memos; none where the snapshot does not name it.
pub(super) fn requires_memo(to: &str, facts: &CounterpartyFacts) -> Option<bool> {
    facts.addresses.iter().find(|known| known.address == to).map(|known| known.requires_memo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_burn_addresses_of_both_kinds_of_network() {
        for (text, network) in [(BURN_MAINNET, BitcoinNetwork::Mainnet), (BURN_TEST, BitcoinNetwork::Regtest)]
        {
            assert_eq!(read(text, network).unwrap_err().code(), &BURNS);
        }
    }
}
