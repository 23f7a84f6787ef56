//! What a plan sends beside what is promised already.

use std::collections::BTreeSet;

use airlock::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, grouped_units, parse_units};
use airlock::review::Use;
use airlock::snapshot::Snapshot;
use airlock::text::Printable;
use airlock::{Code, Exit, Result};

use super::{EVERYTHING, Leaves, Promise, UnderWay, Units, XCP, XRP};

/// What bundles under way send already.
pub static PROMISED: Code = Code::new(
    "E-TWICE-003",
    Exit::Refused,
    "Bundles under way send what this plan would send as well. The ledger takes it off the balance when their block comes; \
     of two messages that together send more than there is, the later one has no effect, and its fee is lost. A sweep sends \
     everything, also what is promised to others.",
    "Wait until those bundles are final: `airlock-online status` shows them. Or ask for what is free, or let more come in. \
     `--replaces ID` plans it so that at most one of the two can happen.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&PROMISED];

/// Holds what a plan sends against what is free beside the bundles under way.
///
/// # Errors
/// [`PROMISED`] with the balance, what is under way with which bundle, what is free, and what is asked for.
pub fn check(asked: &Leaves, snapshot: &Snapshot, under_way: &[UnderWay]) -> Result<()> {
    for ((address, asset), units) in asked {
        let of_asset =
            |row: &&UnderWay| row.address == *address && (row.asset == *asset || asset == EVERYTHING);
        let rows: Vec<&UnderWay> = under_way.iter().filter(of_asset).collect();
        let Some(first) = rows.first() else { continue };
        let shown = |base_units: u64, asset: &str| show(base_units, asset, snapshot);
        let each =
            |row: &&UnderWay| format!("{} with bundle {}", shown(row.base_units, &row.asset), row.bundle);
        let told = rows.iter().map(each).collect::<Vec<_>>().join(", ");
        match units {
            Units::All if asset == EVERYTHING => {
                return Err(
                    PROMISED.error(format!("everything of {address} is asked for, and under way are {told}"))
                );
            }
            // How much it is the ledger alone knows; the planner has estimated it.
            Units::All => {}
            Units::Some(asked) => {
                let (balance, reserve) = balance(snapshot, address, asset);
                let free = balance.saturating_sub(reserve);
                if *asked <= free {
                    continue;
                }
                let whole = rows.iter().fold(balance, |sum, row| sum.saturating_add(row.base_units));
                let kept = if reserve > 0 {
                    format!(", {} is the reserve", shown(reserve, asset))
                } else {
                    String::new()
                };
                let (whole, free, asked) = (shown(whole, asset), shown(free, asset), shown(*asked, asset));
                return Err(PROMISED
                    .error(format!(
                        "{address} holds {whole}; under way are {told}{kept}; {free} are free, and {asked} are asked for"
                    ))
                    .with_next(format!(
                        "Ask for no more than {free} (fees included), or wait until {bundle} is final: `airlock-online status \
                         {bundle}` shows how it stands. `--replaces {bundle}` plans it so that at most one of the two can \
                         happen.",
                        bundle = first.bundle
                    )));
            }
        }
    }
    Ok(())
}

/// Warnings about other bundles that would send what this plan sends too, and are not taken off the balances of the
/// snapshot: more would leave than there is, if all of them happen.
pub fn warnings(
    asked: &Leaves,
    used: &BTreeSet<Use>,
    others: &[Promise],
    snapshot: &Snapshot,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for ((address, asset), units) in asked {
        let of_address = |other: &&Promise| other.uses.is_disjoint(used) && other.is_of(address);
        let with: Vec<(&Promise, Units)> = others
            .iter()
            .filter(of_address)
            .filter_map(|other| Some((other, other.sends(address, asset)?)))
            .collect();
        let sum = with.iter().fold(*units, |sum, (_, units)| sum.plus(*units));
        let (balance, reserve) = balance(snapshot, address, asset);
        let free = balance.saturating_sub(reserve);
        if with.is_empty() || matches!(sum, Units::Some(sum) if sum <= free) {
            continue;
        }
        let names: Vec<String> = with.iter().map(|(other, _)| other.bundle()).collect();
        let names = names.join(", ");
        warnings.push(match asset.as_str() {
            EVERYTHING => format!("everything of {address} is asked for, of which bundle {names} sends too"),
            _ => format!(
                "bundle {names} would send of {address} too, together more than the {} that are free: whatever the ledger \
                 reaches last has no effect",
                show(free, asset, snapshot)
            ),
        });
    }
    warnings
}

/// What the snapshot has of an asset at an address, and how much of it must stay.
fn balance(snapshot: &Snapshot, address: &str, asset: &str) -> (u64, u64) {
    let units = |text: &str| parse_units(text, 0).unwrap_or(0);
    if asset == XRP {
        let Some(ledger) = &snapshot.xrpl else { return (0, 0) };
        let account = ledger.accounts.iter().find(|known| known.address == address);
        return account.map_or((0, 0), |account| {
            let owned = u64::from(account.owner_count).saturating_mul(units(&ledger.reserve_inc));
            (units(&account.balance), owned.saturating_add(units(&ledger.reserve_base)))
        });
    }
    let rows = snapshot.counterparty.iter().flat_map(|ledger| &ledger.balances);
    let rows = rows.filter(|row| row.address == address && row.asset == asset);
    (rows.fold(0, |sum, row| sum.saturating_add(units(&row.quantity))), 0)
}

/// `12.5 XCP`; in base units where the snapshot does not know the asset.
pub fn show(base_units: u64, asset: &str, snapshot: &Snapshot) -> String {
    let facts = snapshot.counterparty.iter().flat_map(|ledger| &ledger.assets);
    let known = facts.into_iter().find(|facts| facts.name == asset);
    let decimals = match asset {
        XRP => Some(XRP_DECIMALS),
        XCP => Some(BITCOIN_DECIMALS),
        _ => known.map(|facts| if facts.divisible { BITCOIN_DECIMALS } else { 0 }),
    };
    let name = Printable::new(known.and_then(|facts| facts.longname.as_deref()).unwrap_or(asset));
    match decimals {
        Some(decimals) => format!("{} {name}", grouped_units(base_units, decimals)),
        None => format!("{base_units} base units of {name}"),
    }
}
