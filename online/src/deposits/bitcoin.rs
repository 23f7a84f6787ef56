//! A look at payments of bitcoin.
//!
//! Blocks name the block before them: where the block at which the last look ended is still in the chain, everything
//! below it is unchanged, and only the blocks behind it are read. Where it is not, the look goes back.

use std::collections::BTreeMap;

use airlock::Result;
use airlock::amount::BITCOIN_DECIMALS;
use airlock::network::BitcoinNetwork;
use bitcoin::{Address, ScriptBuf, Transaction};

use super::error::STRANGE_ANSWER;
use super::ours::Place;
use super::round::{Begins, Report, Round};
use super::settle::{Fate, Found, Look, depth};
use crate::config::Purpose;
use crate::source::bitcoin::Payment;
use crate::store::{Credit, CreditState, Cursor, NewCredit};

/// Bitcoin among the assets.
pub const ASSET: &str = "BTC";
/// Newly minted bitcoin, as a kind of payment.
const COINBASE: &str = "coinbase";
/// The depth below which newly minted bitcoin cannot be spent.
const MATURITY: u32 = 100;
/// Blocks that are read between two writes.
const CHUNK: u32 = 200;

/// Under which key the store keeps how far bitcoin was looked through.
pub(super) fn stream(network: BitcoinNetwork) -> String {
    format!("bitcoin {network}")
}

fn mine(credit: &Credit) -> bool {
    credit.what.asset == ASSET
}

/// Looks for payments to the customers' addresses; what was written is reported although a later part fails.
pub(super) fn look(round: &Round<'_>, reports: &mut Vec<Report>) -> Result<()> {
    let key = stream(round.network);
    let tip = round.view.height;
    let mut begin = match round.begin(&key, false, mine)? {
        Begins::At(begin) => begin,
        Begins::Behind(report) => {
            reports.push(report);
            return Ok(());
        }
    };
    let scripts = scripts(round);
    loop {
        // What the chain changed is settled in one piece, so that what only moved does not look as if it had gone.
        let whole = begin.cursor.is_some() && !begin.unchanged;
        let to = if whole { tip } else { tip.min(begin.from.saturating_add(CHUNK).saturating_sub(1)) };
        let mut look = Look { from: begin.from, to, ..Look::default() };
        if begin.from <= to {
            look.found = read(round, &scripts, begin.from, to)?;
        }
        if begin.unchanged && begin.from <= to {
            follows(round, begin.from, begin.cursor.as_ref())?;
        }
        still_there(round, &mut look)?;
        round.complete(&mut look, mine)?;
        round.weigh(&mut look)?;
        let last = round.view.block_at(to)?;
        round.view.check_still()?;
        reports.push(round.write(&key, begin.cursor.take(), last, &look, Vec::new())?);
        if to >= tip {
            return Ok(());
        }
        begin.cursor = Some(round.view.block_at(to)?);
        begin.from = to.saturating_add(1);
        begin.unchanged = true;
    }
}

/// Checks that the first new block names the one at which the last look ended.
fn follows(round: &Round<'_>, from: u32, cursor: Option<&Cursor>) -> Result<()> {
    let Some(last) = cursor.filter(|last| last.height.saturating_add(1) == from) else { return Ok(()) };
    let before = round.view.block(from, round.network)?.header.prev_blockhash;
    match before.to_string() == last.hash {
        true => Ok(()),
        false => Err(STRANGE_ANSWER.error(format!(
            "{} gives a block {from} that follows {before}; the last look ended at block {} {}",
            round.view.source.name(),
            last.height,
            last.hash
        ))),
    }
}

fn scripts(round: &Round<'_>) -> BTreeMap<ScriptBuf, String> {
    let script = |address: &String| {
        let parsed: Address<_> = address.parse().ok()?;
        let checked = parsed.require_network(round.network.to_bitcoin()).ok()?;
        Some((checked.script_pubkey(), address.clone()))
    };
    round.ours.addresses.keys().filter_map(script).collect()
}

fn read(round: &Round<'_>, scripts: &BTreeMap<ScriptBuf, String>, from: u32, to: u32) -> Result<Vec<Found>> {
    let wanted: Vec<ScriptBuf> = scripts.keys().cloned().collect();
    let payments = round.view.source.payments(&wanted, from, to, round.progress)?;
    let mut all = Vec::with_capacity(payments.len());
    for payment in &payments {
        let strange = |what: &str| STRANGE_ANSWER.error(format!("{} {what}", payment.outpoint));
        let address =
            scripts.get(&payment.script).ok_or_else(|| strange("pays a script that was not asked for"))?;
        let place = round.ours.addresses.get(address).ok_or_else(|| strange("pays nobody's address"))?;
        if !(from..=to).contains(&payment.height) {
            return Err(strange(&format!("is in block {}, asked for were {from} to {to}", payment.height)));
        }
        if !round.view.holds(payment.height, &payment.block.to_string())? {
            return Err(strange(&format!("is in a block {} that is not in the chain", payment.height)));
        }
        all.push(found(round, payment, address, place)?);
    }
    Ok(all)
}

fn found(round: &Round<'_>, payment: &Payment, address: &str, place: &Place) -> Result<Found> {
    let txid = payment.outpoint.txid.to_string();
    let (kind, fate) = match transaction(round, payment.height, &txid)? {
        transaction if !holds(&transaction, payment) => {
            return Err(STRANGE_ANSWER.error(format!("{} does not pay what is told", payment.outpoint)));
        }
        transaction if transaction.is_coinbase() => (COINBASE, None),
        transaction => ("payment", of_ours(round, &transaction)?),
    };
    let credit = NewCredit {
        chain: round.chain(),
        txid,
        position: payment.outpoint.vout,
        address: address.to_owned(),
        asset: ASSET.to_owned(),
        account: place.account.clone(),
        customer: None,
        amount: Some(payment.amount.to_sat()),
        decimals: BITCOIN_DECIMALS,
        height: payment.height,
        block_hash: payment.block.to_string(),
        block_time: (payment.height == round.view.height).then_some(round.view.time),
        kind: kind.to_owned(),
        source: None,
        memo: None,
        tag: None,
        state: CreditState::Pending,
        detail: None,
    };
    judged(round, credit, place, fate)
}

fn transaction(round: &Round<'_>, height: u32, txid: &str) -> Result<Transaction> {
    let found = round.view.transaction(height, txid, round.network)?;
    found.ok_or_else(|| STRANGE_ANSWER.error(format!("{txid} is not in block {height}")))
}

fn holds(transaction: &Transaction, payment: &Payment) -> bool {
    let output = usize::try_from(payment.outpoint.vout).ok().and_then(|vout| transaction.output.get(vout));
    output.is_some_and(|output| output.value == payment.amount && output.script_pubkey == payment.script)
}

/// Quarantine where the coins are ours.
fn of_ours(round: &Round<'_>, transaction: &Transaction) -> Result<Option<Fate>> {
    let fate =
        || Fate::quarantine(None, "it spends a coin of a bundle of ours: priming, change or a withdrawal");
    Ok(round.is_ours(transaction)?.then(fate))
}

fn judged(round: &Round<'_>, credit: NewCredit, place: &Place, settled: Option<Fate>) -> Result<Found> {
    let amount = credit.amount.unwrap_or_default();
    let usual = round.terms.depths.of(Purpose::Deposit, ASSET, amount, BITCOIN_DECIMALS);
    let needs = if credit.kind == COINBASE { usual.max(MATURITY) } else { usual };
    let customer = place.customer.as_deref();
    let judged = match customer {
        _ if round.store.made(&credit.txid)? => {
            Fate::quarantine(None, "a transaction of ours paid it: priming, change or a withdrawal")
        }
        _ if !round.terms.settings.takes(ASSET, place.holds) => {
            Fate::quarantine(customer, "BTC is not among the assets that are dealt in here")
        }
        Some(customer) => place.early(credit.height).unwrap_or_else(|| Fate::credited(customer)),
        None => Fate::suspense("bitcoin has no memo, and this address is of nobody"),
    };
    let fate = settled.unwrap_or(judged);
    Ok(Found { credit, fate, needs, waits: None })
}

/// Pending payments below the blocks that are read are as they were while their block is in the chain.
fn still_there(round: &Round<'_>, look: &mut Look) -> Result<()> {
    for credit in round.known(look.from, mine)?.into_values() {
        let what = &credit.what;
        let below = what.state == CreditState::Pending && what.height < look.from;
        let place = round.ours.addresses.get(&what.address);
        if let (true, Some(place)) = (below, place)
            && round.view.holds(what.height, &what.block_hash)?
        {
            let found = judged(round, what.clone(), place, None)?;
            // Before it is decided, its block is read once more: it says whose coins it spends.
            let fate = match depth(what.height, round.view.height) >= found.needs {
                true => of_ours(round, &transaction(round, what.height, &what.txid)?)?,
                false => None,
            };
            look.found.push(Found { fate: fate.unwrap_or(found.fate), ..found });
        }
    }
    Ok(())
}
