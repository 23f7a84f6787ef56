//! The signature flags of input 0 (counterparty.md 6.3).

use bitcoin::Transaction;

use super::Reason;
use crate::counterparty::carrier::script;
use crate::counterparty::rules::{Change, Rules};

const ALL: u8 = 0x01;
const ALL_ANYONECANPAY: u8 = 0x81;

/// One transaction that the ledger takes whatever its flags, as displayed.
const EXEMPT: &str = "c8091f1ef768a2f00d48e6d0f7a2c2d272a5d5c8063db78bf39977adcb12e103";

/// Every signature that is found must cover all outputs, and one must be found.
pub(super) fn check(tx: &Transaction, rules: &Rules) -> Result<(), Reason> {
    let flags = flags(tx, rules)?;
    if flags.iter().all(|flag| [ALL, ALL_ANYONECANPAY].contains(flag)) && !flags.is_empty() {
        return Ok(());
    }
    if tx.compute_txid().to_string() == EXEMPT {
        return Ok(());
    }
    let has_witness = tx.input.first().is_some_and(|input| !input.witness.is_empty());
    Err(match (flags.is_empty(), has_witness) {
        (true, false) => Reason::Unsigned,
        (true, true) => Reason::NoReadableSignature,
        (false, _) => Reason::SignatureFlag,
    })
}

fn flags(tx: &Transaction, rules: &Rules) -> Result<Vec<u8>, Reason> {
    let Some(input) = tx.input.first() else { return Err(Reason::Coinbase) };
    let mut flags = Vec::new();
    if !input.script_sig.is_empty() {
        let items = script::items(&input.script_sig).ok_or(Reason::NoReadableSignature)?;
        flags.extend(items.iter().filter_map(|item| der_flag(item)));
    }
    let witness: Vec<&[u8]> = input.witness.iter().collect();
    let taproot = rules.is_active(Change::TaprootSupport);
    match witness.as_slice() {
        [] => {}
        [signature, _] => flags.extend(der_flag(signature)),
        [signature] => flags.extend(schnorr_flag(signature)),
        [signature, ..] if taproot => flags.extend(schnorr_flag(signature)),
        items => flags.extend(items.iter().filter_map(|item| schnorr_flag(item).or_else(|| der_flag(item)))),
    }
    Ok(flags)
}

/// The flag behind what looks like a DER signature.
fn der_flag(bytes: &[u8]) -> Option<u8> {
    let (flag, der) = bytes.split_last()?;
    let [0x30, length, 0x02, r_length, rest @ ..] = der else { return None };
    let r = rest.get(..usize::from(*r_length))?;
    let [0x02, s_length, s @ ..] = rest.get(r.len()..)? else { return None };
    let fits = usize::from(*length).checked_add(2) == Some(der.len())
        && usize::from(*s_length) == s.len()
        && !r.is_empty()
        && !s.is_empty();
    fits.then_some(*flag)
}

/// The flag of what can be a Schnorr signature; 64 bytes cover everything.
fn schnorr_flag(bytes: &[u8]) -> Option<u8> {
    const FIELD: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xfc, 0x2f,
    ];
    let (r, rest) = bytes.split_at_checked(32)?;
    let (s, flag) = rest.split_at_checked(32)?;
    if r >= &FIELD[..] || s >= &bitcoin::secp256k1::constants::CURVE_ORDER[..] {
        return None;
    }
    match flag {
        [] => Some(ALL),
        [flag] => Some(*flag),
        _ => None,
    }
}
