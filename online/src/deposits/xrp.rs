//! A look at what reached an XRP account, in validated ledgers, without gaps.
//!
//! What a payment delivered is `delivered_amount` and nothing else; what it says that it sends is never read. XRP also
//! comes by checks, escrows, channels, deleted accounts and trades: every change of the balance is accounted for, and what
//! is no plain payment with a customer's tag waits for a person. At the end the changes must add up to the change of the
//! account's balance.

use airlock::Result;
use airlock::account::Holds;
use airlock::amount::XRP_DECIMALS;
use airlock::review::Chain;
use airlock::text::Printable;

use super::error::{ABOVE_TIP, GAP, OTHER_LEDGER, STRANGE_ANSWER};
use super::ours::XrpDeposits;
use super::round::{Report, Terms, behind, stalled_at, write};
use super::settle::{Fate, Found, Look, settle};
use crate::source::open::{Meant, check_xrpl};
use crate::source::xrpl::{Delivered, Found as Seen, HistoryEntry, ValidatedLedger, XrplSource};
use crate::stop;
use crate::store::{Batch, CreditFilter, CreditState, NewCredit, Store};

mod history;
mod mark;

use mark::{Balance, Mark};

/// XRP among the assets.
pub const ASSET: &str = "XRP";
/// Ledgers that are looked back further than the first tag is old, at two seconds for a ledger.
const MORE: u32 = 50;
/// More ledgers than this no healthy server is behind another.
const FAR: u32 = 100;
/// A last ledger whose time differs by more seconds than this from ours is not the last one.
const OLDEST: u64 = 600;

/// Looks for what reached an account; `others` are asked before anything is credited.
pub(super) fn look(
    store: &Store,
    source: &dyn XrplSource,
    others: &[&dyn XrplSource],
    network_id: u32,
    ours: &XrpDeposits,
    terms: &Terms<'_>,
) -> Result<Report> {
    let key = format!("xrpl {network_id} {}", ours.address);
    let cursor = store.cursor(&key)?;
    let last = cursor.as_ref().map(Mark::read).transpose()?;
    // The balance belongs to a ledger between the two.
    let before = history::validated(source)?;
    let balance = Balance::of(source, &ours.address)?;
    let tip = history::validated(source)?;
    let mut report = Report { stream: key.clone(), unit: "ledgers", to: tip.index, ..Report::default() };
    if let Some(from) = terms.from_ledger.filter(|from| *from > tip.index) {
        return Err(ABOVE_TIP.error(format!("--from-ledger {from}, and the last ledger is {}", tip.index)));
    }
    report.from = tip.index.saturating_add(1);
    let now = terms.clock();
    if now.since(tip.close_time).max(tip.close_time.since(now)) > OLDEST {
        let (index, closed) = (tip.index, tip.close_time);
        report
            .notes
            .push(format!("ledger {index} closed at {closed}, and it is {now}: nothing was credited"));
        return Ok(report);
    }
    if let Some(last) = last.as_ref().filter(|last| last.ledger > tip.index && terms.from_ledger.is_none()) {
        return behind(store, &key, "ledgers", (last.ledger, tip.index, FAR), now);
    }
    if before.index > tip.index {
        report.notes.push(format!("the server went back to ledger {}: nothing was looked at", tip.index));
        return Ok(report);
    }
    if let Some(last) = last.as_ref().filter(|last| last.ledger <= tip.index) {
        same_ledger(source, last)?;
    }
    let from = begin(store, &key, last.as_ref(), &tip, ours, terms)?;
    report.from = from;
    let entries =
        if from <= tip.index { history::read(source, &ours.address, from, &tip)? } else { Vec::new() };
    let done = last.as_ref().map_or(0, |last| last.ledger);
    let mut look = Look { from, to: tip.index, tip: tip.index, ..Look::default() };
    for entry in &entries {
        look.found.extend(found(network_id, ours, terms, entry)?);
        report.alarms.extend(leak(ours, entry).filter(|_| entry.ledger_index > done));
    }
    for found in &look.found {
        let key = found.credit.key();
        if let Some(known) = store.credit_by_key(&key)? {
            look.known.insert(key, known);
        }
    }
    let mut found = core::mem::take(&mut look.found);
    for found in found.iter_mut().filter(|found| look.decides(found)) {
        found.waits = doubt(others, network_id, &found.credit)?;
    }
    look.found = found;
    let settled = settle(&look)?;
    let baseline = last.as_ref().filter(|last| last.ledger <= tip.index).and_then(|last| last.balance);
    let new: Vec<HistoryEntry> = entries.into_iter().filter(|entry| entry.ledger_index > done).collect();
    let (balance, alarm) = mark::reconcile(baseline, balance, &new, (before.index, tip.index));
    report.alarms.extend(alarm.map(|what| format!("{}: {what}", ours.address)));
    let mark = Mark { ledger: tip.index, hash: tip.hash, balance };
    let to = mark.cursor();
    let batch = Batch { key, from: cursor, to, credits: Vec::new(), changes: Vec::new(), alarms: Vec::new() };
    write(store, batch, settled, report, terms)
}

/// The first ledger of a look: behind the last one, or further back for what is pending, for a person, and after servers
/// stood still.
fn begin(
    store: &Store,
    key: &str,
    last: Option<&Mark>,
    tip: &ValidatedLedger,
    ours: &XrpDeposits,
    terms: &Terms<'_>,
) -> Result<u32> {
    let mut from = match (last, terms.from_ledger) {
        (None, Some(from)) => from,
        (None, None) => first(tip, ours, terms),
        (Some(last), from) => from.unwrap_or(u32::MAX).min(last.ledger.saturating_add(1)),
    };
    if let Some(stalled) = stalled_at(store, key)? {
        from = from.min(stalled.saturating_add(1));
    }
    let pending = CreditFilter {
        account: Some(ours.account.clone()),
        state: Some(CreditState::Pending),
        ..CreditFilter::default()
    };
    let pending = store.credits(&pending)?.into_iter().filter(|credit| credit.what.address == ours.address);
    Ok(pending.map(|credit| credit.what.height).min().map_or(from, |height| from.min(height)))
}

/// Checks that the server has the ledger at which the last look ended.
fn same_ledger(source: &dyn XrplSource, last: &Mark) -> Result<()> {
    let index = last.ledger;
    match source.ledger_hash(index)? {
        Some(hash) if hash == last.hash => Ok(()),
        Some(hash) => Err(OTHER_LEDGER.error(format!(
            "{} has ledger {index} {}, the last look saw {}",
            source.name(),
            Printable::new(&hash),
            last.hash
        ))),
        None => Err(GAP
            .error(format!("{} does not hold ledger {index}, at which the last look ended", source.name()))),
    }
}

/// Which other server that can be relied on does not see the same payment in the same validated ledger.
fn doubt(others: &[&dyn XrplSource], network_id: u32, credit: &NewCredit) -> Result<Option<String>> {
    for other in others {
        stop::check()?;
        let usable = other.status().and_then(|status| check_xrpl(&status, Meant::Configured(network_id)));
        if usable.is_err() {
            continue;
        }
        let name = other.name();
        match other.transaction(&credit.txid, credit.height, credit.height) {
            Ok(Seen::Validated { ledger_index, result, delivered, .. }) => {
                // What is no payment of XRP has no amount there.
                let same = delivered.is_none_or(|drops| Some(drops.to_drops()) == credit.amount)
                    && (delivered.is_some() || credit.kind != "Payment" || credit.asset != ASSET);
                if ledger_index != credit.height || result != "tesSUCCESS" || !same {
                    return Ok(Some(format!("{name} has it with another outcome")));
                }
            }
            Ok(Seen::Pending | Seen::NotFound { .. }) => {
                return Ok(Some(format!("{name} does not have it in ledger {}", credit.height)));
            }
            Err(error) => return Ok(Some(format!("{name} cannot tell: {error}"))),
        }
    }
    Ok(None)
}

fn first(tip: &ValidatedLedger, ours: &XrpDeposits, terms: &Terms<'_>) -> u32 {
    let ledgers = u32::try_from(terms.now.since(ours.first) / 2).unwrap_or(u32::MAX).saturating_add(MORE);
    tip.index.saturating_sub(ledgers).max(1)
}

/// What an entry of the history credits; none where nothing came in.
fn found(
    network_id: u32,
    ours: &XrpDeposits,
    terms: &Terms<'_>,
    entry: &HistoryEntry,
) -> Result<Option<Found>> {
    if entry.result != "tesSUCCESS" {
        return Ok(None);
    }
    let arrived = u64::try_from(entry.balance_change).ok().filter(|drops| *drops > 0);
    let is_payment = entry.transaction_type == "Payment" && entry.destination.as_ref() == Some(&ours.address);
    let to_us = is_payment && entry.account != ours.address;
    let customer = entry.destination_tag.and_then(|tag| ours.tags.get(&tag));
    let (asset, amount, fate) = match (to_us, &entry.delivered) {
        (true, Some(Delivered::Token { currency, issuer, value })) => {
            let asset = format!("{}.{}", Printable::new(currency), Printable::new(issuer));
            let value = Printable::new(value);
            let mut why = format!("{value} of a token, which is never XRP, whatever it is called");
            if let Some(drops) = arrived {
                why.push_str(&format!("; the account's XRP grew by {drops} drops"));
            }
            (asset, None, Fate::quarantine(customer.map(String::as_str), why))
        }
        (true, Some(Delivered::Xrp(drops))) => {
            let drops = drops.to_drops();
            let fate = match arrived {
                Some(arrived) if arrived == drops => by_tag(ours, terms, entry, customer),
                Some(_) | None => Fate::suspense(format!(
                    "{drops} drops are said to be delivered, and the balance changed by {}",
                    entry.balance_change
                )),
            };
            (ASSET.to_owned(), Some(drops), fate)
        }
        (true, Some(Delivered::Unavailable) | None) => {
            let why =
                "the server does not say what was delivered; the amount is by how much the balance grew";
            match (arrived, &entry.delivered) {
                (None, None) => return Ok(None),
                (arrived, _) => (ASSET.to_owned(), arrived, Fate::suspense(why)),
            }
        }
        (false, _) => match arrived {
            None => return Ok(None),
            Some(drops) => (ASSET.to_owned(), Some(drops), other_way(ours, entry)),
        },
    };
    let credit = NewCredit {
        chain: Chain::Xrpl(network_id),
        txid: entry.hash.clone(),
        position: 0,
        address: ours.address.clone(),
        decimals: if asset == ASSET { XRP_DECIMALS } else { 0 },
        asset,
        account: ours.account.clone(),
        customer: None,
        amount,
        height: entry.ledger_index,
        // A validated ledger is final, and the history does not name its hash.
        block_hash: String::new(),
        block_time: Some(entry.close_time),
        kind: Printable::new(&entry.transaction_type).to_string(),
        source: Some(entry.account.clone()),
        memo: None,
        tag: entry.destination_tag,
        state: CreditState::Pending,
        detail: None,
    };
    if credit.txid.is_empty() {
        return Err(
            STRANGE_ANSWER.error(format!("a transaction without a hash in ledger {}", entry.ledger_index))
        );
    }
    Ok(Some(Found { credit, fate, needs: 1, waits: None }))
}

/// A plain payment of XRP, all of which arrived.
fn by_tag(ours: &XrpDeposits, terms: &Terms<'_>, entry: &HistoryEntry, customer: Option<&String>) -> Fate {
    let own = ours.own.contains(&entry.account);
    if !terms.settings.takes(ASSET, Holds::default()) {
        return Fate::quarantine(
            customer.map(String::as_str),
            "XRP is not among the assets that are dealt in",
        );
    }
    match (customer, entry.destination_tag) {
        (Some(customer), Some(tag)) if own => Fate::suspense(format!(
            "an account of ours paid it, with the tag {tag} of {}",
            Printable::new(customer)
        )),
        (Some(customer), _) => Fate::credited(customer),
        (None, _) if own => Fate::quarantine(None, "an account of ours paid it"),
        (None, Some(tag)) => Fate::suspense(format!("tag {tag} is nobody's")),
        (None, None) => Fate::suspense("without a tag"),
    }
}

/// XRP that came otherwise.
fn other_way(ours: &XrpDeposits, entry: &HistoryEntry) -> Fate {
    let kind = Printable::new(&entry.transaction_type);
    let by = match entry.account == ours.address {
        true => "the account itself",
        false => "another account",
    };
    Fate::suspense(format!("XRP came by {kind}, sent by {by}; the amount is by how much the balance grew"))
}

/// XRP that left without a transaction of the account.
fn leak(ours: &XrpDeposits, entry: &HistoryEntry) -> Option<String> {
    let left = entry.balance_change < 0 && entry.account != ours.address;
    left.then(|| {
        format!(
            "{} drops left {} by {} {}, which the account did not send",
            entry.balance_change.unsigned_abs(),
            ours.address,
            Printable::new(&entry.transaction_type),
            Printable::new(&entry.hash)
        )
    })
}

#[cfg(test)]
mod tests;
