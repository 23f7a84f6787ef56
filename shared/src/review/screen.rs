//! The whole screen: one sentence, what is paid, what it costs, what is unusual, what it rests on.

use super::Review;
use super::approval;
use super::effect::{Effect, EffectMemo};
use super::fees::Fee;
use super::headline::headline;
use super::lines::Lines;
use super::outgoing::Money;
use super::rows;
use super::step::BitcoinStep;
use super::steps::{StepKind, StepReview};
use super::xrp::XrpStep;
use crate::amount::{Drops, Quantity, XRP_DECIMALS, grouped_units, show_bitcoin};
use crate::bundle::{Assumption, Basis, Topic};
use crate::counterparty::asset::AssetId;
use crate::counterparty::carrier::Carrier;
use crate::text::Printable;
use crate::time::Moment;
use crate::xrp::whitelist::{Memo, Turn};

pub(super) fn lines(
    review: &Review,
    columns: usize,
    sections: &[(&str, Vec<String>)],
    show_time: &dyn Fn(Moment) -> String,
) -> Vec<String> {
    let mut lines = Lines::within(columns);
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
    for (heading, section) in sections {
        lines.heading(heading);
        section.iter().for_each(|line| lines.line(2, line));
    }
    lines.heading("To approve");
    lines.line(2, &format!("type {}: {}", review.approval.1, Printable::new(&review.approval.0)));
    lines.finish()
}

pub(super) fn effect_lines(review: &Review) -> Vec<String> {
    let mut lines = Lines::default();
    effects(&mut lines, review);
    let rows = lines.finish().into_iter().map(|line| line.trim().to_owned());
    rows.filter(|line| !line.is_empty()).skip(1).collect()
}

/// `1 input`, `2 inputs`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

pub(super) fn amount(review: &Review, money: Money, total: &approval::Total) -> String {
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
            lines.outside(2, &label, &Printable::new(reference));
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
    let steps = review.counted_steps();
    let all: usize = steps.iter().map(|step| step.effects().len()).sum();
    lines.heading("What it does");
    if all == 0 {
        lines.line(2, "nothing to the outside: all outputs come back to the paying account");
    }
    let shared_memo = shared_memo(review);
    if let Some((sends, memo)) = shared_memo {
        lines.line(2, &format!("all {sends} sends carry the same memo"));
        rows::show_memo(lines, Some(memo));
    }
    let width = all.to_string().len();
    let numbered = steps.iter().flat_map(|step| step.effects().iter().map(move |effect| (step, effect)));
    for (number, (step, effect)) in (1usize..).zip(numbered) {
        let row = rows::Row {
            number: format!("{number:>width$} of {all}"),
            source: step.bitcoin().and_then(|found| Some(found.data.as_ref()?.source.as_str())),
            has_shared_memo: shared_memo.is_some(),
        };
        rows::show(lines, review, &row, effect);
    }
}

/// The memo that three or more sends have in common, all of the review, and how many they are.
fn shared_memo(review: &Review) -> Option<(usize, &EffectMemo)> {
    let memos: Vec<Option<&EffectMemo>> = review
        .counted_effects()
        .into_iter()
        .filter_map(
            |effect| if let Effect::SendsAsset { memo, .. } = effect { Some(memo.as_ref()) } else { None },
        )
        .collect();
    let first = memos.first().copied().flatten().filter(|memo| !memo.bytes.is_empty())?;
    (memos.len() >= 3 && memos.iter().all(|memo| *memo == Some(first))).then_some((memos.len(), first))
}

fn transactions(lines: &mut Lines, review: &Review, show_time: &dyn Fn(Moment) -> String) {
    for step in &review.steps {
        let mut title = format!("T{}", step.place().trim_start_matches('t'));
        if let Some(group) = step.one_of {
            title.push_str(&format!(": one of alternatives (group {group}), at most one of them counts"));
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
    let worth = if found.inputs.len() == 1 { "worth" } else { "worth together" };
    let inputs = count(found.inputs.len(), "input");
    lines.line(2, &format!("spends {inputs} {worth} {}", show_bitcoin(found.paid_in)));
    if let Some(data) = &found.data {
        lines.line(2, &format!("Counterparty message in {}", carrier_name(data.carrier)));
        lines.address(2, "Counterparty source address:", &data.source);
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
            &format!(
                "first of a pair: output {index} keeps {} for the second transaction",
                show_bitcoin(*amount)
            ),
        );
    }
    if let Some(first) = step.first_of_pair() {
        let first = first.saturating_add(1);
        lines.line(
            2,
            &format!(
                "second of a pair: transaction {first} only prepares, this one does what is shown above"
            ),
        );
        lines.line(
            2,
            &format!(
                "if only transaction {first} confirms: nothing is sent yet, and {} wait for this one; it stays \
                 valid, broadcast it again",
                show_bitcoin(found.paid_in)
            ),
        );
    }
    for change in &found.change {
        lines.line(2, &format!("change {} back to account {}", show_bitcoin(change.amount), found.account));
        lines.address(4, "to", &change.to);
        match &change.place {
            Some(place) => lines
                .line(4, &format!("proved yours: address {}/{} of the account", place.branch, place.index)),
            None => lines.line(4, "proved yours: an input comes from this address"),
        }
    }
    if found.change.is_empty() {
        lines.line(2, "no change");
    }
    if found.form.replaceable {
        lines.line(2, "may be replaced by a transaction with a higher fee until it confirms (BIP-125)");
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
    lines.address(2, "transaction of account", &found.acts_for.to_string());
    lines.line(2, &format!("fee {}", found.fee));
    lines.line(
        2,
        &match found.turn {
            Turn::Sequence(sequence) => format!("sequence {sequence}"),
            Turn::Ticket(ticket) => format!("ticket {ticket}"),
        },
    );
    let (before, after) = found.expires;
    lines.line(2, &format!("last ledger {}: after it the ledger refuses the transaction", found.last_ledger));
    lines.line(
        4,
        &format!("if the ledger is where the online machine says, not before {}", show_time(before)),
    );
    lines.line(4, &format!("and not after {}", show_time(after)));
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
        lines.outside(2, &format!("{label}, {} bytes:", bytes.len()), &Printable::from_bytes(bytes));
        let hex = bitcoin::hex::DisplayHex::to_upper_hex_string(&bytes[..]);
        lines.line(2, &format!("{label} in hex: {hex}"));
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
    let share = match fee.amount.to_sat().saturating_mul(10_000) < fee.base.to_sat() {
        true => "under 0.01".to_owned(),
        false => format!("{}.{:02}", points / 100, points % 100),
    };
    let of = if of_inputs { "of the inputs" } else { "of the payment" };
    format!(
        "{}, {} sat/vB at about {} vB, {share} percent {of}",
        show_bitcoin(fee.amount),
        grouped_units(fee.rate(), 3),
        fee.vsize
    )
}

fn assumptions(lines: &mut Lines, review: &Review, show_time: &dyn Fn(Moment) -> String) {
    lines.heading("Proved here");
    let inputs: usize =
        review.steps.iter().filter_map(StepReview::bitcoin).map(|step| step.inputs.len()).sum();
    let change: usize =
        review.steps.iter().filter_map(StepReview::bitcoin).map(|step| step.change.len()).sum();
    if review.bitcoin.is_some() {
        lines.line(2, &format!("amounts and scripts of {}, and that they are yours", count(inputs, "input")));
        match change {
            0 => lines.line(2, "that nothing comes back as change"),
            1 => lines.line(2, "that 1 change output comes back to the paying account"),
            _ => lines.line(2, &format!("that {change} change outputs come back to the paying accounts")),
        }
    }
    lines.line(2, "everything under 'What it does', from the bytes that get signed");
    if review.title.is_some() {
        lines.line(2, "that this is exactly what was asked for");
    }
    let mut claimed: Vec<String> = review
        .assumptions
        .iter()
        .filter(|assumption| assumption.basis == Basis::Claimed)
        .filter(|assumption| !matches!(&assumption.topic, Topic::Asset { name, .. } if name == "XCP"))
        .map(|assumption| claim(review, assumption, show_time))
        .collect();
    if review.steps.iter().filter_map(StepReview::bitcoin).any(|step| step.may_hold_assets) {
        claimed.push("no Counterparty assets are attached to the coins that are spent".to_owned());
    }
    lines.heading(if claimed.is_empty() {
        "Nothing is only claimed"
    } else {
        "Only claimed by the online machine"
    });
    for text in claimed {
        lines.line(2, &text);
    }
}

/// A claimed name or number: none holds a blank, so that no claim can look like lines of ours.
fn word(text: &str) -> String {
    Printable::new(text).as_str().replace(' ', "\\u{20}")
}

fn claim(review: &Review, assumption: &Assumption, show_time: &dyn Fn(Moment) -> String) -> String {
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
            format!("{} holds {}", word(address), holding(review, asset, quantity))
        }
        Topic::MemoRequired { address, required } => {
            let verb = if *required { "requires" } else { "does not require" };
            format!("{} {verb} a memo", word(address))
        }
        Topic::XrpLedger { index, close_time } => {
            format!("the XRP Ledger was at ledger {index}, closed {}", show_time(*close_time))
        }
        Topic::XrpAccount { address, sequence, balance, reserve } => format!(
            "{} has sequence {sequence} and {}, of which {} must stay",
            word(address),
            show_drops(balance),
            show_drops(reserve)
        ),
        Topic::XrpDestination { address, exists, requires_tag } => {
            let exists = if *exists { "exists" } else { "does not exist yet" };
            let tag = if *requires_tag { "requires a tag" } else { "requires no tag" };
            format!("{} {exists} and {tag}", word(address))
        }
    }
}

fn holding(review: &Review, asset: &str, quantity: &str) -> String {
    let id = AssetId::from_name(asset).ok();
    let base = quantity.parse().ok().and_then(|base| Quantity::new(base).ok());
    match id.zip(base) {
        Some((id, base)) => review.assets.show(id, base),
        None => format!("{} base units of {}", word(quantity), word(asset)),
    }
}

fn show_drops(text: &str) -> String {
    match text.parse().ok().and_then(|drops| Drops::new(drops).ok()) {
        Some(drops) => drops.to_string(),
        None => format!("{} drops", word(text)),
    }
}
