//! The same withdrawal asked for twice: what was asked before is held beside what is asked now.
//!
//! Two requests that both have a reference are the same where the references are; otherwise payer, payees, amounts, memos
//! and tags decide. What ended without effect, or was never signed and has expired, stands in nobody's way.

use std::collections::BTreeSet;

use airlock::bundle::{Bundle, Step};
use airlock::request::{Intent, Request};
use airlock::review::Use;
use airlock::text::Printable;
use airlock::time::Moment;
use airlock::xrp::XAddress;
use airlock::{Code, Exit, Result};

use crate::clock;
use crate::store::in_flight::uses;
use crate::store::{Asked, BundleRecord, State};

/// The same was asked for before.
pub static REPEATED: Code = Code::new(
    "E-TWICE-001",
    Exit::Refused,
    "A withdrawal with this reference, or from the same account to the same payees with the same amounts, stands in another \
     bundle that was paid or can still pay: signing both would pay twice.",
    "Look at it with `airlock-online status`. `--again` plans it nonetheless; `--replaces ID` plans it so that at most one \
     of the two can happen.",
);
/// A replacement that replaces nothing.
pub static NOT_REPLACED: Code = Code::new(
    "E-TWICE-002",
    Exit::Refused,
    "A bundle replaces another one only if both use the same coin, sequence or ticket, for each transaction of the other one \
     that can still happen: then at most one of the two does. This plan leaves the other one free to happen as well.",
    "Wait until the other bundle is final or failed: `airlock-online status` shows it. `--again` instead of `--replaces` \
     plans a second payment.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&REPEATED, &NOT_REPLACED];

/// What may be planned although it was asked for before.
#[derive(Clone, Copy, Debug)]
pub struct Leave<'a> {
    /// True where everything may: what would be refused is a warning.
    pub again: bool,
    /// Bundles of which at most one can happen beside the new one: see [`replaced`].
    pub replaced: &'a [BundleRecord],
}

/// Warnings about what was asked for before.
///
/// # Errors
/// [`REPEATED`].
pub fn check(bundle: &Bundle, asked: &[Asked], leave: Leave<'_>, now: Moment) -> Result<Vec<String>> {
    let id = bundle.id().to_string();
    let mut warnings = Vec::new();
    for (index, request) in bundle.contents().requests.iter().enumerate() {
        let mut serving = bundle.steps().iter().filter(|step| step.request == index);
        let account = serving.next().map(|step| step.account.as_str()).unwrap_or_default();
        for old in asked.iter().filter(|old| old.bundle != id && is_same(request, account, old)) {
            let by_reference = request.reference.is_some() && old.request.reference.is_some();
            let told = told(index, request, old, by_reference);
            let is_harmless = old.state == State::Final && !by_reference;
            match standing(old, now) {
                Standing::Gone => {}
                Standing::Done if is_harmless => warnings.push(told),
                Standing::Open if is_replaced(bundle, index, old, leave.replaced)? => {}
                Standing::Done | Standing::Open if leave.again => warnings.push(told),
                Standing::Done => return Err(REPEATED.error(told).with_next(next(old, false))),
                Standing::Open => return Err(REPEATED.error(told).with_next(next(old, true))),
            }
        }
    }
    Ok(warnings)
}

/// What both use of a bundle and the one that replaces it, when each of its open transactions is excluded by the new one.
///
/// # Errors
/// [`NOT_REPLACED`].
pub fn replaced(old: &BundleRecord, new: &Bundle) -> Result<BTreeSet<Use>> {
    if old.steps.iter().all(|step| step.state.has_ended()) {
        let what = format!("bundle {} is {}: nothing of it can still happen", old.short, old.state);
        return Err(NOT_REPLACED.error(what).with_next("Plan without `--replaces`."));
    }
    let taken = used_by(new.steps())?;
    let (free, shared) = excluded(old, |_| true, &taken)?;
    match free {
        None => Ok(shared),
        Some(step) => Err(NOT_REPLACED.error(format!(
            "bundle {} is {}, and nothing that its transaction {} uses is used by the new plan",
            old.short,
            old.state,
            step.saturating_add(1)
        ))),
    }
}

/// The first open step among those that nothing in `taken` excludes, and what excludes the others. A step that spends an
/// output of an excluded one is excluded with it.
fn excluded(
    old: &BundleRecord,
    is_meant: impl Fn(&Step) -> bool,
    taken: &BTreeSet<Use>,
) -> Result<(Option<usize>, BTreeSet<Use>)> {
    let (mut out, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for (index, (step, record)) in old.bundle.steps().iter().zip(&old.steps).enumerate() {
        let common: BTreeSet<Use> = uses(step)?.intersection(taken).cloned().collect();
        let follows = step.links.iter().any(|link| out.contains(&link.step));
        let is_open = !record.state.has_ended();
        if record.state == State::Superseded || is_open && (follows || !common.is_empty()) {
            out.insert(index);
            shared.extend(common);
        } else if is_meant(step) && is_open {
            return Ok((Some(index), shared));
        }
    }
    Ok((None, shared))
}

/// True where the steps of one new request exclude the steps of an old one by themselves: another transaction of the new
/// bundle would not keep the two from both happening.
fn is_replaced(new: &Bundle, index: usize, old: &Asked, replaced: &[BundleRecord]) -> Result<bool> {
    let Some(record) = replaced.iter().find(|record| record.id.to_string() == old.bundle) else {
        return Ok(false);
    };
    let taken = used_by(new.steps().iter().filter(|step| step.request == index))?;
    Ok(excluded(record, |step| step.request == old.index, &taken)?.0.is_none())
}

fn used_by<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Result<BTreeSet<Use>> {
    let each = steps.into_iter().map(uses).collect::<Result<Vec<_>>>()?;
    Ok(each.into_iter().flatten().collect())
}

/// What an earlier request means for the same one now.
enum Standing {
    /// It has paid.
    Done,
    /// It can still pay. What was signed can, also behind its expiry: a signed Bitcoin transaction does not expire.
    Open,
    /// It will not pay.
    Gone,
}

fn standing(old: &Asked, now: Moment) -> Standing {
    match old.state {
        State::Failed | State::Superseded => Standing::Gone,
        State::Planned if !old.was_signed && old.expires <= now => Standing::Gone,
        State::Final => Standing::Done,
        State::Planned | State::Signed | State::Submitted | State::Seen | State::Confirmed => Standing::Open,
    }
}

fn told(index: usize, request: &Request, old: &Asked, by_reference: bool) -> String {
    let number = index.saturating_add(1);
    let stands = match (old.state, old.done) {
        (State::Final, Some(done)) => format!("which is final since {}", clock::show(done)),
        (State::Planned, _) => format!("which is planned and valid until {}", clock::show(old.expires)),
        (state, _) => format!("which is {state}"),
    };
    match request.reference.as_deref().filter(|_| by_reference) {
        Some(reference) => format!(
            "request {number} has the reference '{}' of bundle {}, {stands}",
            Printable::new(reference),
            old.short
        ),
        None => format!("request {number} asks for the same as bundle {}, {stands}", old.short),
    }
}

fn next(old: &Asked, is_open: bool) -> String {
    let short = &old.short;
    let replace = match is_open {
        true => format!(" `--replaces {short}` plans it so that at most one of the two can happen."),
        false => String::new(),
    };
    let drop = match old.state == State::Planned && !old.was_signed {
        true => format!(" Where it was never signed, `airlock-online drop {short}` gives it up."),
        false => String::new(),
    };
    format!(
        "`airlock-online status {short}` shows how it stands.{replace}{drop} `--again` plans it nonetheless."
    )
}

fn is_same(request: &Request, account: &str, old: &Asked) -> bool {
    match (&request.reference, &old.request.reference) {
        (Some(new), Some(old)) => new == old,
        (Some(_) | None, _) => account == old.account && plain(&request.intent) == plain(&old.request.intent),
    }
}

/// An intent with amounts and addresses in one spelling, as far as that is certain: 1.50 is 1.5, an X-address is an account
/// and a tag, segwit addresses have no case.
fn plain(intent: &Intent) -> Intent {
    let mut plain = intent.clone();
    match &mut plain {
        Intent::SendBitcoin { payees } => {
            for payee in payees {
                (payee.to, payee.amount) = (address(&payee.to), amount(&payee.amount));
            }
        }
        Intent::SendAsset { payee } => {
            (payee.to, payee.amount) = (address(&payee.to), amount(&payee.amount));
        }
        Intent::SendMany { payees, .. } => {
            for payee in payees {
                (payee.to, payee.amount) = (address(&payee.to), amount(&payee.amount));
            }
        }
        Intent::Sweep { to, .. } | Intent::TransferOwnership { to, .. } => *to = address(to),
        Intent::SendXrp { to, tag, amount: xrp } => {
            if let Ok(x) = to.parse::<XAddress>() {
                *to = x.account.to_string();
                *tag = tag.or(x.tag);
            }
            *xrp = amount(xrp);
        }
        Intent::RequireMemo { .. } | Intent::XrpTransaction { .. } => {}
    }
    plain
}

fn address(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match ["bc1", "tb1", "bcrt1"].iter().any(|head| lower.starts_with(head)) {
        true => lower,
        false => text.to_owned(),
    }
}

/// The digits that count; text that is no amount stays as it is.
fn amount(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests;
