//! Bitcoin payments: several payees in one transaction, change last.

use std::collections::{BTreeMap, BTreeSet};

use airlock::account::{Account, Holds};
use airlock::amount::{self, BITCOIN_DECIMALS, parse_units, show_bitcoin};
use airlock::request::{BitcoinPayee, Request};
use airlock::snapshot::{BitcoinFacts, Snapshot};
use airlock::{Code, Exit, Result};
use bitcoin::{Address, Amount, OutPoint, TxOut};

use super::artefact::{Draft, Replacement, script_at};
use super::claims::Claims;
use super::fee::Rate;
use super::funding::{Bill, Funding};
use super::legs::{Leg, Legs};
use super::purse::{Place, Purse, Spendable};
use super::{counterparty, destination};

/// Nobody to pay, or too many.
pub static PAYEE_COUNT: Code = Code::new(
    "E-PLAN-026",
    Exit::BadInput,
    "A payment has at least one payee, and no more than a transaction can hold.",
    "Split the payment.",
);

/// More than this many outputs are not planned, so that change still fits the limit of a bundle.
const MAX_PAYEES: usize = airlock::bundle::limits::OUTPUTS - 1;
/// Virtual bytes that the next send of an address is counted with: more than any but a large batch has.
const NEXT_SEND: u64 = 1_000;

/// Plans a bitcoin payment.
///
/// # Errors
/// The codes of destinations, amounts, coins and funding.
pub(super) fn plan(
    request: &Request,
    payees: &[BitcoinPayee],
    account: &Account,
    purse: &Purse<'_>,
    snapshot: &Snapshot,
    facts: &BitcoinFacts,
) -> Result<(Legs, Claims)> {
    if payees.is_empty() || payees.len() > MAX_PAYEES {
        return Err(PAYEE_COUNT.error(format!("{} payees, 1 to {MAX_PAYEES} can be paid", payees.len())));
    }
    if account.holds == Holds::Assets {
        // Without a current ledger nobody knows which coins carry assets.
        counterparty::check_current(snapshot, facts)?;
    }
    let mut outputs = Vec::with_capacity(payees.len());
    let mut addresses = Vec::with_capacity(payees.len());
    for (index, payee) in payees.iter().enumerate() {
        let (output, address) = read_payee(payee, account, purse, snapshot).map_err(|e| {
            if payees.len() > 1 { e.at(format!("row {}", index.saturating_add(1))) } else { e }
        })?;
        outputs.push(output);
        addresses.push(address);
    }
    let place = purse.change_place();
    let bill = Bill {
        outputs,
        change: script_at(purse.account, place)?,
        rate: Rate::of(request, facts)?,
        input: purse.input_size(),
    };
    let holding = addresses_with_assets(snapshot);
    let all: Vec<&Spendable> = purse.coins().iter().collect();
    let all_safe = bill.outputs.iter().all(|output| destination::is_safe(&output.script_pubkey));
    let clean: Vec<&Spendable> = all
        .iter()
        .copied()
        .filter(|coin| all_safe || !holding.contains(coin.address.to_string().as_str()))
        .collect();
    let funding = match fund(&bill, &clean, &holding, purse) {
        Ok(funding) => funding,
        Err(_) if clean.len() < all.len() && bill.fund(&all, purse).is_ok() => {
            return Err(first_unsafe(&bill, &addresses, purse));
        }
        Err(short) => return Err(short),
    };
    let mut draft = Draft::new(purse.account, Replacement::Signalled);
    for coin in &funding.coins {
        draft.coin(coin)?;
    }
    for output in bill.outputs {
        draft.pay(output);
    }
    if let Some(change) = funding.settlement.change {
        draft.change(change, place)?;
    }
    let mut claims = Claims::default();
    claims.warnings.extend(emptied(&funding, &holding, purse));
    claims.bitcoin(facts, funding.coins.len(), usize::from(funding.settlement.change.is_some()));
    let leg = Leg {
        psbt: draft.finish(),
        links: Vec::new(),
        fee: funding.settlement.fee,
        vsize: funding.settlement.vsize,
    };
    let legs = Legs {
        legs: vec![leg],
        spent: funding.coins,
        tied_up: Amount::ZERO,
        takes_change_address: funding.settlement.change.is_some(),
    };
    Ok((legs, claims))
}

fn read_payee(
    payee: &BitcoinPayee,
    account: &Account,
    purse: &Purse<'_>,
    snapshot: &Snapshot,
) -> Result<(TxOut, Address)> {
    let address = destination::read(&payee.to, purse.account.network())?;
    let value = Amount::from_sat(parse_units(&payee.amount, BITCOIN_DECIMALS)?);
    if value > Amount::MAX_MONEY {
        return Err(amount::OUT_OF_RANGE.error(format!("{} is more than all bitcoin", show_bitcoin(value))));
    }
    if value == Amount::ZERO {
        return Err(amount::ZERO.error("a payment of 0 BTC"));
    }
    let script_pubkey = address.script_pubkey();
    if purse.owns(&script_pubkey) {
        return Err(destination::PAYS_ITSELF.error(format!(
            "{} to {address}, which belongs to the paying account '{}'",
            show_bitcoin(value),
            account.name
        )));
    }
    if account.holds == Holds::Assets {
        destination::check_kind(&script_pubkey, &address, account.name.as_str())?;
    }
    destination::check_dispensers(&address, snapshot)?;
    let least = script_pubkey.minimal_non_dust();
    if value < least {
        return Err(destination::BELOW_DUST.error(format!(
            "{} is less than the {} that {address} must get",
            show_bitcoin(value),
            show_bitcoin(least)
        )));
    }
    Ok((TxOut { value, script_pubkey }, address))
}

/// Addresses of which the snapshot knows a balance or an owned asset. A balance of 0 is one that is under way as a whole.
fn addresses_with_assets(snapshot: &Snapshot) -> BTreeSet<&str> {
    let facts = snapshot.counterparty.iter();
    let balances = facts.clone().flat_map(|facts| &facts.balances).map(|balance| balance.address.as_str());
    let owners = facts.flat_map(|facts| &facts.assets).filter_map(|asset| asset.owner.as_deref());
    balances.chain(owners).collect()
}

/// Chooses coins so that an address with assets keeps what its next send has to be paid with: coins of other addresses
/// alone where they suffice, then what addresses with assets can spare, then everything.
///
/// # Errors
/// [`super::SHORT_OF_BITCOIN`].
fn fund(bill: &Bill, coins: &[&Spendable], holding: &BTreeSet<&str>, purse: &Purse<'_>) -> Result<Funding> {
    let with_assets: Vec<&Spendable> =
        coins.iter().copied().filter(|coin| holding.contains(coin.address.to_string().as_str())).collect();
    let kept = kept(&with_assets, bill.rate);
    let without = |left_out: &BTreeSet<OutPoint>| -> Vec<&Spendable> {
        coins.iter().copied().filter(|coin| !left_out.contains(&coin.outpoint)).collect()
    };
    let first = without(&with_assets.iter().map(|coin| coin.outpoint).collect());
    bill.fund(&first, purse)
        .or_else(|_| bill.fund(&without(&kept), purse))
        .or_else(|_| bill.fund(coins, purse))
}

/// Of each address the coin that stays for its next send: the smallest that pays for one, else the largest.
fn kept(with_assets: &[&Spendable], rate: Rate) -> BTreeSet<OutPoint> {
    let enough = rate.fee(NEXT_SEND);
    let mut kept: BTreeMap<Place, &Spendable> = BTreeMap::new();
    // The largest stands first.
    for coin in with_assets {
        let known = kept.entry(coin.place).or_insert(coin);
        if coin.output.value >= enough {
            *known = coin;
        }
    }
    kept.into_values().map(|coin| coin.outpoint).collect()
}

/// Says which addresses with assets have no bitcoin left.
fn emptied(funding: &Funding, holding: &BTreeSet<&str>, purse: &Purse<'_>) -> Vec<String> {
    let spent: BTreeSet<OutPoint> = funding.coins.iter().map(|coin| coin.outpoint).collect();
    let keeps = |place: Place| {
        purse.coins().iter().any(|coin| coin.place == place && !spent.contains(&coin.outpoint))
    };
    let addresses: BTreeSet<String> = funding
        .coins
        .iter()
        .filter(|coin| !keeps(coin.place))
        .map(|coin| coin.address.to_string())
        .filter(|address| holding.contains(address.as_str()))
        .collect();
    let said = |address: &String| {
        format!(
            "{address} holds assets, and this payment takes the last of its bitcoin, because other coins do not suffice: \
             its next send needs bitcoin there first"
        )
    };
    addresses.iter().map(said).collect()
}

fn first_unsafe(bill: &Bill, addresses: &[Address], purse: &Purse<'_>) -> airlock::Error {
    bill.outputs
        .iter()
        .zip(addresses)
        .find_map(|(output, address)| {
            destination::check_kind(&output.script_pubkey, address, purse.name).err()
        })
        .unwrap_or_else(|| destination::UNSAFE_KIND.error("the coins that remain hold assets"))
}

#[cfg(test)]
mod tests;
