//! From what is written to what it means. Whatever could mean two things is refused.

use std::collections::{BTreeMap, BTreeSet};

use super::destination;
use super::file::{self, File, Number};
use super::limit::Limit;
use super::refusals::{ENTRY, WIDER};
use super::registry::Registry;
use super::{ExpiryRules, FeeRules, Policy};
use crate::amount::{BITCOIN_DECIMALS, XRP_DECIMALS, parse_units, plain_units};
use crate::bundle::limits::LIFE_SECONDS;
use crate::error::{Error, Result};
use crate::review::Money;
use crate::review::{fees, xrp};
use crate::text::Printable;

/// Decimals of a fee rate in sat/vB.
const RATE_DECIMALS: u8 = 3;

pub(super) fn policy(text: &str) -> Result<Policy> {
    let file = file::read(text)?;
    let registry = Registry::read(&file.asset)?;
    let kinds = words(&file.transactions.allow).map_err(|e| e.at("[transactions] allow"))?;
    let xrpl_test = networks(&file.networks.xrpl_test).map_err(|e| e.at("[networks] xrpl_test"))?;
    let mut limits = BTreeMap::new();
    for entry in &file.limit {
        let place = format!("[[limit]] {}", Printable::new(&entry.asset));
        let (money, limit) = limit(entry, &registry).map_err(|e| e.at(&place))?;
        if limit.per_event.is_none() || limit.per_day.is_none() {
            return Err(ENTRY.error("it needs both per_event and per_day").at(place));
        }
        if limits.insert(money, limit).is_some() {
            return Err(ENTRY.error("there are two limits for it").at(place));
        }
    }
    Ok(Policy {
        kinds,
        own_accounts: file.own_accounts,
        xrpl_test,
        fees: fee_rules(&file)?,
        expiry: expiry_rules(&file)?,
        destinations: destination::all(&file.destination, &registry)?,
        limits,
        assets: registry.into_assets(),
    })
}

/// A list of words without doubles.
pub(super) fn words<T: core::str::FromStr<Err = Error> + Ord>(list: &[String]) -> Result<BTreeSet<T>> {
    let mut found = BTreeSet::new();
    for word in list {
        if !found.insert(word.parse()?) {
            return Err(ENTRY.error(format!("'{}' is there twice", Printable::new(word))));
        }
    }
    Ok(found)
}

fn networks(list: &[u32]) -> Result<BTreeSet<u32>> {
    if list.contains(&0) {
        return Err(ENTRY.error("0 is the main network of the XRP Ledger"));
    }
    Ok(list.iter().copied().collect())
}

/// A limit; one of its two members may be absent.
pub(super) fn limit(entry: &file::Limit, registry: &Registry) -> Result<(Money, Limit)> {
    let (money, decimals) = registry.money(&entry.asset)?;
    let read = |number: &Option<Number>, member: &str| {
        let read = number.as_ref().map(|number| registry.amount(money, &number.0));
        read.transpose().map_err(|e| e.at(member))
    };
    let (per_event, per_day) = (read(&entry.per_event, "per_event")?, read(&entry.per_day, "per_day")?);
    if per_event.is_none() && per_day.is_none() {
        return Err(ENTRY.error("it needs per_event or per_day"));
    }
    Ok((money, Limit { per_event, per_day, decimals }))
}

fn fee_rules(file: &File) -> Result<FeeRules> {
    let fees = &file.fees;
    let rule = |number: &Option<Number>, member: &str, decimals: u8, unit: &str, cap: u64| {
        let Some(number) = number else { return Ok(None) };
        let read = parse_units(&number.0, decimals).map_err(|e| e.at(format!("[fees] {member}")))?;
        within(read, cap, &format!("[fees] {member}"), |value| {
            format!("{} {unit}", plain_units(value, decimals))
        })
    };
    let percent = match fees.bitcoin_max_percent {
        Some(value) => within(value, fees::MAX_PERCENT, "[fees] bitcoin_max_percent", |value| {
            format!("{value} percent")
        })?,
        None => None,
    };
    Ok(FeeRules {
        bitcoin_max: rule(&fees.bitcoin_max, "bitcoin_max", BITCOIN_DECIMALS, "BTC", fees::MAX_FEE.to_sat())?,
        bitcoin_max_rate: rule(
            &fees.bitcoin_max_rate,
            "bitcoin_max_rate",
            RATE_DECIMALS,
            "sat/vB",
            fees::MAX_RATE,
        )?,
        bitcoin_max_percent: percent,
        xrp_max: rule(&fees.xrp_max, "xrp_max", XRP_DECIMALS, "XRP", xrp::MAX_FEE)?,
    })
}

fn expiry_rules(file: &File) -> Result<ExpiryRules> {
    let expiry = &file.expiry;
    if !expiry.break_glass.is_empty() {
        return Err(WIDER
            .error("the review takes no transaction without LastLedgerSequence, so the list must be empty")
            .at("[expiry] break_glass"));
    }
    let max_bundle = match &expiry.max_bundle {
        Some(text) => {
            let seconds = duration(text).map_err(|e| e.at("[expiry] max_bundle"))?;
            within(seconds, LIFE_SECONDS, "[expiry] max_bundle", |value| format!("{value} seconds"))?
        }
        None => None,
    };
    let ledgers = match expiry.xrpl_max_ledgers {
        Some(value) => {
            within(u64::from(value), u64::from(xrp::WINDOW), "[expiry] xrpl_max_ledgers", |value| {
                format!("{value} ledgers")
            })?
        }
        None => None,
    };
    Ok(ExpiryRules { max_bundle, xrpl_max_ledgers: ledgers.and_then(|ledgers| u32::try_from(ledgers).ok()) })
}

/// Above zero and within what nothing lifts.
fn within(value: u64, cap: u64, place: &str, show: impl Fn(u64) -> String) -> Result<Option<u64>> {
    if value > cap {
        return Err(WIDER.error(format!("{place}: {} is wider than {}", show(value), show(cap))));
    }
    if value == 0 {
        return Err(ENTRY.error(format!("{place}: with 0 nothing could be signed")));
    }
    Ok(Some(value))
}

/// `90m`, `24h` or `7d`, in seconds.
fn duration(text: &str) -> Result<u64> {
    let bad = || ENTRY.error(format!("'{}' is not a time such as 90m, 24h or 7d", Printable::new(text)));
    let unit = match text.chars().last() {
        Some('m') => 60u64,
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some(_) | None => return Err(bad()),
    };
    let digits = text.trim_end_matches(['m', 'h', 'd']);
    if digits.len().saturating_add(1) != text.len() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit)).ok_or_else(bad)
}
