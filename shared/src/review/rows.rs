//! One row for each effect, nothing elided.

use bitcoin::hex::DisplayHex as _;

use super::Review;
use super::effect::{Effect, EffectMemo};
use super::lines::Lines;
use super::screen;
use crate::amount::show_bitcoin;
use crate::text::Printable;
use crate::xrp::AccountId;
use crate::xrp::whitelist::AccountFlag;

/// What the row of an effect needs beside the effect.
pub(super) struct Row<'a> {
    /// For example `3 of 41`.
    pub(super) number: String,
    /// The address that a Counterparty message speaks for.
    pub(super) source: Option<&'a str>,
    /// The memo of all sends stands above them.
    pub(super) has_shared_memo: bool,
}

/// Shows one effect.
pub(super) fn show(lines: &mut Lines, review: &Review, row: &Row<'_>, effect: &Effect) {
    let head = |lines: &mut Lines, text: &str| lines.line(2, &format!("{}  {text}", row.number));
    let source = |lines: &mut Lines, label: &str| {
        if let Some(source) = row.source {
            lines.address(4, label, source);
        }
    };
    match effect {
        Effect::PaysBitcoin { to, amount, own } => {
            head(lines, &format!("pays {}", show_bitcoin(*amount)));
            lines.address(4, "to", to);
            listed(lines, review, to);
            if let Some(place) = own.as_ref().or_else(|| review.own.get(to)) {
                let (account, branch, index) = (&place.account, place.branch, place.index);
                lines.line(4, &format!("proved to be your own: account {account}, {branch}/{index}"));
            }
        }
        Effect::SendsAsset { asset, quantity, to, memo } => {
            head(lines, &format!("sends {}", review.assets.show(*asset, *quantity)));
            counterparty_address(lines, review, "to", to);
            match row.has_shared_memo {
                true => lines.line(4, "memo: the one that all sends carry, above"),
                false => show_memo(lines, memo.as_ref()),
            }
        }
        Effect::Sweeps { to, balances, ownerships, memo } => {
            let what = match (balances, ownerships) {
                (true, true) => "all asset balances and the issuer right of all its assets",
                (true, false) => "all asset balances",
                (false, true) => "the issuer right of all its assets",
                (false, false) => "nothing",
            };
            head(lines, &format!("sweeps an address: {what}"));
            source(lines, "from");
            counterparty_address(lines, review, "to", to);
            show_memo(lines, memo.as_ref());
        }
        Effect::RequiresMemo { require: true } => {
            head(lines, "requires a memo: from then on, sends without one are refused (OPTIONS 1)");
            source(lines, "at the address");
        }
        Effect::RequiresMemo { require: false } => {
            head(lines, "requires no memo: from then on, sends without one are taken (OPTIONS 0)");
            source(lines, "at the address");
        }
        Effect::TransfersOwnership { asset, to, dust } => {
            head(lines, &format!("gives the issuer right of {} away", review.assets.name(*asset)));
            source(lines, "from");
            counterparty_address(lines, review, "new owner", to);
            lines.line(4, &format!("with {} on the output that names the new owner", show_bitcoin(*dust)));
        }
        Effect::PaysXrp { to, tag, amount, invoice_id } => {
            head(lines, &format!("pays {amount}"));
            xrp_address(lines, review, "to", *to);
            show_tag(lines, *tag);
            show_invoice(lines, *invoice_id);
        }
        Effect::PaysToken { to, tag, value, currency, issuer, send_max, invoice_id } => {
            head(lines, &format!("pays {value} {currency}"));
            xrp_address(lines, review, "issued by", *issuer);
            xrp_address(lines, review, "to", *to);
            show_tag(lines, *tag);
            if let Some(most) = send_max {
                lines.line(4, &format!("AT MOST {most} {currency} leave the account (SendMax)"));
            }
            show_invoice(lines, *invoice_id);
        }
        Effect::SetsAccount { set, clear, domain, email_hash, message_key } => {
            head(lines, "changes settings of the account");
            let settings = [("sets", "", set), ("clears", "which meant: ", clear)];
            for (verb, was, flag) in
                settings.iter().filter_map(|(verb, was, flag)| Some((verb, was, flag.as_ref()?)))
            {
                lines
                    .line(4, &format!("{verb} {} ({}), {was}{}", flag.name(), flag.number(), meaning(*flag)));
            }
            if let Some(domain) = domain {
                lines.outside(
                    4,
                    &format!("domain ({} bytes):", domain.len()),
                    &Printable::from_bytes(domain),
                );
            }
            if let Some(hash) = email_hash {
                lines.line(4, &format!("email hash {}", hash.to_upper_hex_string()));
            }
            if let Some(key) = message_key {
                lines.line(4, &format!("message key {}", key.to_upper_hex_string()));
            }
            if set.is_none()
                && clear.is_none()
                && domain.is_none()
                && email_hash.is_none()
                && message_key.is_none()
            {
                lines.line(4, "nothing: it only uses up its sequence or ticket");
            }
        }
        Effect::SetsRegularKey { key: Some(key) } => {
            head(lines, "SETS THE REGULAR KEY of the account");
            xrp_address(lines, review, "to the key of", *key);
        }
        Effect::SetsRegularKey { key: None } => head(lines, "REMOVES THE REGULAR KEY of the account"),
        Effect::SetsSigners { quorum: 0, .. } => head(lines, "REMOVES THE SIGNER LIST of the account"),
        Effect::SetsSigners { quorum, entries } => {
            head(lines, &format!("SETS THE SIGNER LIST: {} signers, quorum {quorum}", entries.len()));
            for entry in entries {
                xrp_address(lines, review, &format!("weight {}:", entry.weight), entry.account);
            }
        }
        Effect::CreatesTickets { count } => {
            head(lines, &format!("creates {count} tickets; each keeps one owner reserve until it is used"));
        }
        Effect::DeletesAccount { to, tag } => {
            head(lines, "DELETES THE ACCOUNT and sends all its XRP away");
            xrp_address(lines, review, "to", *to);
            show_tag(lines, *tag);
        }
        Effect::SetsTrust { limit, currency, issuer, no_ripple } => {
            head(lines, &format!("sets a trust line: at most {limit} {currency}"));
            xrp_address(lines, review, "of issuer", *issuer);
            if let Some(no_ripple) = no_ripple {
                lines.line(4, if *no_ripple { "sets NoRipple" } else { "CLEARS NoRipple" });
            }
        }
        Effect::Preauthorizes { sender, authorize } => {
            head(lines, if *authorize { "preauthorizes a sender" } else { "takes a preauthorization back" });
            xrp_address(lines, review, "sender", *sender);
        }
    }
}

/// The name under which the policy lists an address, beside the address and never instead of it.
fn listed(lines: &mut Lines, review: &Review, address: &str) {
    if let Some(name) = review.listed.get(address) {
        lines.line(4, &format!("listed in the policy as \"{}\"", Printable::new(name)));
    }
}

fn counterparty_address(lines: &mut Lines, review: &Review, label: &str, address: &str) {
    lines.address(4, label, address);
    listed(lines, review, address);
    if let Some(place) = review.own.get(address) {
        let (account, branch, index) = (&place.account, place.branch, place.index);
        lines.line(4, &format!("proved to be your own: account {account}, {branch}/{index}"));
    }
}

fn xrp_address(lines: &mut Lines, review: &Review, label: &str, account: AccountId) {
    let address = account.to_string();
    lines.address(4, label, &address);
    listed(lines, review, &address);
    if let Some(name) = review.own_xrp.get(&address) {
        lines.line(4, &format!("proved to be your own: account {name}"));
    }
}

/// What an account setting means while it is set.
pub(super) fn meaning(flag: AccountFlag) -> &'static str {
    match flag {
        AccountFlag::RequireDest => "incoming payments need a destination tag",
        AccountFlag::DisallowXrp => "asks others not to send XRP, without force",
        AccountFlag::DisableMaster => "the master key can no longer sign",
        AccountFlag::DepositAuth => "only preauthorized senders can pay in",
        AccountFlag::DisallowIncomingNFTokenOffer => "no incoming offers of NFTs",
        AccountFlag::DisallowIncomingCheck => "no incoming checks",
        AccountFlag::DisallowIncomingPayChan => "no incoming payment channels",
        AccountFlag::DisallowIncomingTrustline => "no incoming trust lines",
    }
}

fn show_tag(lines: &mut Lines, tag: Option<u32>) {
    match tag {
        Some(tag) => lines.line(4, &format!("destination tag {tag}")),
        None => lines.line(4, "destination tag: NONE"),
    }
}

fn show_invoice(lines: &mut Lines, invoice_id: Option<[u8; 32]>) {
    if let Some(id) = invoice_id {
        lines.line(4, &format!("invoice id {}", id.to_upper_hex_string()));
    }
}

/// A memo in text and in hex.
pub(super) fn show_memo(lines: &mut Lines, memo: Option<&EffectMemo>) {
    let Some(memo) = memo else {
        lines.line(4, "memo: none");
        return;
    };
    let kind = match memo.is_text {
        Some(true) => "text",
        Some(false) => "bytes",
        None => "text or bytes, not told apart",
    };
    let size = memo.bytes.len();
    if size == 0 {
        lines.line(4, &format!("memo: empty ({kind})"));
        return;
    }
    let bytes = screen::count(size, "byte");
    if let Ok(text) = core::str::from_utf8(&memo.bytes) {
        lines.outside(4, &format!("memo, {bytes} ({kind}), as text:"), &Printable::new(text));
    } else {
        lines.line(4, &format!("memo, {bytes} ({kind}), not a text"));
    }
    lines.line(4, &format!("memo in hex: {}", memo.bytes.to_lower_hex_string()));
}
