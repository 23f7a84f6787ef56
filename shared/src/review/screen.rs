//! The whole screen: one sentence, what is paid, what it costs, what is unusual, what it rests on.

use super::approval::{self, Money};
use super::effect::Effect;
use super::fees::Fee;
use super::lines::Lines;
use super::rows;
use super::step::BitcoinStep;
use super::steps::{StepKind, StepReview};
use super::xrp::XrpStep;
use super::{Review, warnings};
use crate::amount::{BITCOIN_DECIMALS, Quantity, XRP_DECIMALS, grouped_units, show_bitcoin};
use crate::bundle::{Assumption, Basis, Topic};
use crate::counterparty::carrier::Carrier;
use crate::text::Printable;
use crate::time::Moment;
use crate::xrp::whitelist::{Memo, Turn};

pub(super) fn lines(review: &Review, show_time: &dyn Fn(Moment) -> String) -> Vec<String> {
    let mut lines = Lines::default();
    lines.line(0, &headline(review, show_time));
    subject(&mut lines, review, show_time);
    totals(&mut lines, review);
    effects(&mut lines, review);
    transactions(&mut lines, review, show_time);
    fees(&mut lines, review);
    lines.heading(if review.warnings.is_empty() { "Nothing unusual" } else { "Unusual" });
    for warning in &review.warnings {
        lines.line(2, &format!("! {} [{}]", warning.text, warning.kind.code()));
    }
    assumptions(&mut lines, review, show_time);
    lines.heading("To approve");
    lines.line(2, &format!("type {}: {}", review.approval.1, Printable::new(&review.approval.0)));
    lines.finish()
}

/// `1 input`, `2 inputs`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The one sentence.
pub(super) fn headline(review: &Review, show_time: &dyn Fn(Moment) -> String) -> String {
    let names: Vec<&str> = warnings::payers(review).into_iter().map(|name| name.as_str()).collect();
    let from = names.join(", ");
    let effects = review.counted_effects();
    let what: Vec<String> =
        approval::totals(review).into_iter().map(|(money, total)| amount(review, money, &total)).collect();
    let others = effects.len().saturating_sub(approval::totals(review).values().map(|t| t.payments).sum());
    let destinations: std::collections::BTreeSet<String> =
        effects.iter().filter_map(|effect| effect.destination()).collect();
    let mut sentence = match (what.is_empty(), effects.as_slice()) {
        (false, _) => format!("Pay {} from {from}", what.join(" and ")),
        (true, []) => format!("Move bitcoin within {from} only"),
        (true, [_]) => format!("Change what {from} is or owns"),
        (true, _) => format!("Make {} changes to what {from} is or owns", effects.len()),
    };
    match (destinations.len(), destinations.first()) {
        (0, _) | (_, None) => {}
        (1, Some(destination)) => sentence.push_str(&format!(" to {}", Printable::new(destination))),
        (count, _) => sentence.push_str(&format!(" to {count} addresses")),
    }
    if !what.is_empty() && others > 0 {
        sentence.push_str(&format!(", and make {}", count(others, "other change")));
    }
    if let [Effect::PaysXrp { tag, .. }] = effects.as_slice() {
        sentence.push_str(&tag.map_or_else(|| ", no tag".to_owned(), |tag| format!(", tag {tag}")));
    }
    if review.steps.len() > 1 {
        sentence.push_str(&format!(" in {} transactions", review.steps.len()));
    }
    for (fee, name) in [(review.bitcoin_fee(), "BTC"), (review.xrp_fee(), "XRP")] {
        if let Some(fee) = fee {
            let decimals = if name == "BTC" { BITCOIN_DECIMALS } else { XRP_DECIMALS };
            let unit = if name == "BTC" { "sat" } else { "drops" };
            sentence.push_str(&format!(". Fee {} {name} ({fee} {unit})", grouped_units(fee, decimals)));
        }
    }
    if let Some(expires) = review.expires {
        sentence.push_str(&format!(". To be signed until {}", show_time(expires)));
    }
    sentence.push('.');
    sentence
}

fn amount(review: &Review, money: Money, total: &approval::Total) -> String {
    let units = total.units;
    let text = match (money, units) {
        (Money::Bitcoin, Some(sat)) => show_bitcoin(bitcoin::Amount::from_sat(sat)),
        (Money::Xrp, Some(drops)) => format!("{} XRP ({drops} drops)", grouped_units(drops, XRP_DECIMALS)),
        (Money::Asset(asset), Some(base)) => match Quantity::new(base) {
            Ok(quantity) => review.assets.show(asset, quantity),
            Err(_) => format!("{base} base units of {asset}"),
        },
        (Money::Token(currency, _), _) => match &total.value {
            Some(value) => format!("{value} {currency}"),
            None => format!("several amounts of {currency}"),
        },
        (Money::Bitcoin | Money::Xrp | Money::Asset(_), None) => "a sum beyond 64 bits".to_owned(),
    };
    if total.payments > 1 { format!("{text} in {} payments", total.payments) } else { text }
}

fn subject(lines: &mut Lines, review: &Review, show_time: &dyn Fn(Moment) -> String) {
    lines.heading("What this is");
    match &review.title {
        Some((short, words)) => lines.line(2, &format!("bundle {short} \"{words}\"")),
        None => lines.line(2, "a PSBT of other software, without a request to compare it with"),
    }
    if let Some(network) = review.bitcoin {
        lines.line(2, &format!("Bitcoin network: {network}"));
    }
    if let Some(id) = review.xrpl {
        let name = match id {
            0 => "mainnet",
            1 => "testnet",
            2 => "devnet",
            _ => "another network",
        };
        lines.line(2, &format!("XRP Ledger network: {id} ({name})"));
    }
    if let (Some(created), Some(expires)) = (review.created, review.expires) {
        lines.line(2, &format!("made {}, to be signed until {}", show_time(created), show_time(expires)));
    }
    for (index, reference) in review.references.iter().enumerate() {
        if let Some(reference) = reference {
            let label =
                format!("reference of request {} of {}:", index.saturating_add(1), review.references.len());
            lines.outside(&label, &Printable::new(reference));
        }
    }
}

fn totals(lines: &mut Lines, review: &Review) {
    let totals = approval::totals(review);
    if totals.is_empty() {
        return;
    }
    lines.heading("In all");
    for (money, total) in totals {
        lines.line(2, &amount(review, money, &total));
        if let Money::Token(_, issuer) = money {
            lines.address(4, "issued by", &issuer.to_string());
        }
    }
}

fn effects(lines: &mut Lines, review: &Review) {
    let effects = review.counted_effects();
    lines.heading("What it does");
    if effects.is_empty() {
        lines.line(2, "nothing to the outside: all outputs come back to the paying account");
    }
    for (index, effect) in effects.iter().enumerate() {
        rows::show(lines, review, &format!("{} of {}", index.saturating_add(1), effects.len()), effect);
    }
}

fn transactions(lines: &mut Lines, review: &Review, show_time: &dyn Fn(Moment) -> String) {
    for step in &review.steps {
        let mut title = format!("T{}", step.place().trim_start_matches('t'));
        if let Some(group) = step.one_of {
            title.push_str(&format!(", at most one of group {group} counts"));
        }
        lines.heading(&title);
        match &step.kind {
            StepKind::Bitcoin(found) => bitcoin(lines, step, found),
            StepKind::Xrp(found) => xrp(lines, found, show_time),
        }
    }
}

fn bitcoin(lines: &mut Lines, step: &StepReview, found: &BitcoinStep) {
    lines.line(2, &format!("Bitcoin, from account {}", found.account));
    match found.is_final {
        true => lines.line(2, &format!("txid {}", found.txid)),
        false => lines.line(2, "txid known once it is signed"),
    }
    lines.line(2, &format!("{} of {}", count(found.inputs.len(), "input"), show_bitcoin(found.paid_in)));
    if let Some(data) = &found.data {
        lines.line(2, &format!("Counterparty message in {}", carrier_name(data.carrier)));
        lines.address(2, "Counterparty source", &data.source);
        if data.dust > bitcoin::Amount::ZERO {
            let dust = show_bitcoin(data.dust);
            lines.line(
                2,
                &format!(
                    "{} of data: {dust}, which your own key can take back",
                    count(data.outputs, "output")
                ),
            );
        }
    }
    for (index, amount) in &found.commits {
        lines.line(
            2,
            &format!("output {index} keeps {} for the second transaction of the pair", show_bitcoin(*amount)),
        );
    }
    if let Some(first) = step.first_of_pair() {
        let first = first.saturating_add(1);
        lines.line(2, &format!("second of a pair with transaction {first}: only this one moves anything"));
        lines.line(
            2,
            &format!(
                "if only transaction {first} confirms, nothing moves and its data outputs wait for this one; it \
                 stays valid, broadcast it again"
            ),
        );
    }
    for change in &found.change {
        lines.line(2, &format!("change {} back to account {}", show_bitcoin(change.amount), found.account));
        lines.address(4, "to", &change.to);
        match &change.place {
            Some(place) => lines.line(4, &format!("proved: {}/{}", place.branch, place.index)),
            None => lines.line(4, "proved: an address that an input came from"),
        }
    }
    if found.change.is_empty() {
        lines.line(2, "no change");
    }
}

fn carrier_name(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::OpReturn => "an OP_RETURN output",
        Carrier::Multisig => "bare multisig outputs",
        Carrier::Taproot => "a Taproot envelope",
        Carrier::P2sh => "the redeem scripts of a P2SH pair",
        Carrier::PubkeyHash | Carrier::Mixed => "other outputs",
    }
}

fn xrp(lines: &mut Lines, found: &XrpStep, show_time: &dyn Fn(Moment) -> String) {
    lines.line(2, &format!("XRP Ledger {}, signed with the key of account {}", found.kind, found.account));
    lines.address(2, "for account", &found.acts_for.to_string());
    lines.line(2, &format!("fee {}", found.fee));
    lines.line(
        2,
        &match found.turn {
            Turn::Sequence(sequence) => format!("sequence {sequence}"),
            Turn::Ticket(ticket) => format!("ticket {ticket}"),
        },
    );
    let (before, after) = found.expires;
    lines.line(2, &format!("last ledger {}: it expires on the ledger", found.last_ledger));
    lines.line(4, &format!("not before {}", show_time(before)));
    lines.line(4, &format!("not after {}", show_time(after)));
    if let Some(tag) = found.source_tag {
        lines.line(2, &format!("source tag {tag}"));
    }
    for memo in &found.memos {
        xrp_memo(lines, memo);
    }
}

fn xrp_memo(lines: &mut Lines, memo: &Memo) {
    let parts = [("memo type", &memo.kind), ("memo format", &memo.format), ("memo", &memo.data)];
    for (label, bytes) in parts.iter().filter_map(|(label, bytes)| Some((label, bytes.as_ref()?))) {
        lines.outside(&format!("{label}, {} bytes:", bytes.len()), &Printable::from_bytes(bytes));
        let hex = bitcoin::hex::DisplayHex::to_upper_hex_string(&bytes[..]);
        lines.line(4, &format!("{label} in hex: {hex}"));
    }
}

fn fees(lines: &mut Lines, review: &Review) {
    if review.fees.is_empty() {
        return;
    }
    lines.heading("Bitcoin fees");
    for fee in &review.fees {
        lines.line(2, &format!("{}: {}", fee.place(), show_fee(&fee.fee, fee.paid_in == fee.fee.base)));
    }
}

/// Three ways: satoshi, rate and share.
pub(super) fn show_fee(fee: &Fee, of_inputs: bool) -> String {
    let points = fee.basis_points();
    let of = if of_inputs { "of the inputs" } else { "of the payment" };
    format!(
        "{} sat, {} sat/vB at about {} vB, {}.{:02} percent {of}",
        fee.amount.to_sat(),
        grouped_units(fee.rate(), 3),
        fee.vsize,
        points / 100,
        points % 100
    )
}

fn assumptions(lines: &mut Lines, review: &Review, show_time: &dyn Fn(Moment) -> String) {
    lines.heading("Proved here");
    let inputs: usize =
        review.steps.iter().filter_map(StepReview::bitcoin).map(|step| step.inputs.len()).sum();
    let change: usize =
        review.steps.iter().filter_map(StepReview::bitcoin).map(|step| step.change.len()).sum();
    if review.bitcoin.is_some() {
        lines.line(2, &format!("amounts and scripts of {}, and whose they are", count(inputs, "input")));
        lines.line(2, &format!("{} back to the paying account", count(change, "change output")));
    }
    lines.line(2, "everything under 'What it does', from the bytes that get signed");
    if review.title.is_some() {
        lines.line(2, "that this is exactly what was asked for");
    }
    let claimed: Vec<String> = review
        .assumptions
        .iter()
        .filter(|assumption| assumption.basis == Basis::Claimed)
        .map(|assumption| claim(assumption, show_time))
        .collect();
    lines.heading(if claimed.is_empty() {
        "Nothing is only claimed"
    } else {
        "Only claimed by the online machine"
    });
    for text in claimed {
        lines.quoting(2, &text);
    }
}

/// A claimed name or number: none holds a blank, so that no claim can look like lines of ours.
fn word(text: &str) -> String {
    Printable::new(text).as_str().replace(' ', "\\u{20}")
}

fn claim(assumption: &Assumption, show_time: &dyn Fn(Moment) -> String) -> String {
    match &assumption.topic {
        Topic::InputAmounts { inputs } => format!("amounts of {inputs} inputs"),
        Topic::Change { outputs } => format!("{outputs} change outputs"),
        Topic::BitcoinHeight { height } => format!("Bitcoin is at block {height}"),
        Topic::FeeLevel { sat_per_kvb } => {
            format!("the fee level is {} sat/vB", grouped_units(*sat_per_kvb, 3))
        }
        Topic::Asset { name, longname, divisible } => {
            let kind = if *divisible { "divisible" } else { "indivisible" };
            let long = longname.as_ref().map_or_else(String::new, |long| format!(" ({})", word(long)));
            format!("{}{long} is {kind}", word(name))
        }
        Topic::Balance { address, asset, quantity } => {
            format!("{} holds {} base units of {}", word(address), word(quantity), word(asset))
        }
        Topic::MemoRequired { address, required } => {
            let verb = if *required { "requires" } else { "does not require" };
            format!("{} {verb} a memo", word(address))
        }
        Topic::XrpLedger { index, close_time } => {
            format!("the XRP Ledger was at ledger {index}, closed {}", show_time(*close_time))
        }
        Topic::XrpAccount { address, sequence, balance, reserve } => format!(
            "{} has sequence {sequence}, {} drops, of which {} drops must stay",
            word(address),
            word(balance),
            word(reserve)
        ),
        Topic::XrpDestination { address, exists, requires_tag } => {
            let exists = if *exists { "exists" } else { "does not exist yet" };
            let tag = if *requires_tag { "requires a tag" } else { "requires no tag" };
            format!("{} {exists} and {tag}", word(address))
        }
    }
}
