//! Reading redeem scripts as the ledger does.

use bitcoin::opcodes::all as op;

use crate::counterparty::carrier::NOT_DATA;
use crate::counterparty::message::framing::PREFIX;
use crate::error::Result;

/// What a redeem script of the right shape holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// The key that names the source; none for several keys.
    pub pubkey: Option<Vec<u8>>,
    /// The chunk.
    pub data: Vec<u8>,
}

/// Reads the last push of an input; none for scripts that are not of this shape, whose input is skipped.
///
/// # Errors
/// [`NOT_DATA`] for a script of this shape without the prefix: the ledger ignores the whole transaction.
pub fn decode_redeem(redeem: &[u8]) -> Result<Option<Redeemed>> {
    let Some((pubkey, pushed)) = parse(redeem) else { return Ok(None) };
    if pushed.is_empty() {
        return Ok(None);
    }
    match pushed.strip_prefix(PREFIX) {
        Some(data) => Ok(Some(Redeemed { pubkey, data: data.to_vec() })),
        None => Err(NOT_DATA.error("a redeem script whose push does not begin with the prefix")),
    }
}

fn parse(redeem: &[u8]) -> Option<(Option<Vec<u8>>, &[u8])> {
    if !(0x01..=0x4e).contains(redeem.first()?) {
        return None;
    }
    let (position, pushed) = push_at(redeem, 0)?;
    if *redeem.get(position)? != op::OP_DROP.to_u8() {
        return None;
    }
    let position = position.checked_add(1)?;
    let (position, pubkey, verify) = match redeem.get(position)? {
        0x52..=0x5f => (keys_end(redeem, position.checked_add(1)?)?, None, op::OP_CHECKMULTISIGVERIFY),
        _ => {
            let (position, pubkey) = push_at(redeem, position)?;
            (position, Some(pubkey.to_vec()), op::OP_CHECKSIGVERIFY)
        }
    };
    if *redeem.get(position)? != verify.to_u8() {
        return None;
    }
    let index = redeem.get(position.checked_add(1)?..)?;
    // The first DROP byte behind the index's first byte ends the index.
    let drop = op::OP_DROP.to_u8();
    let offset =
        index.iter().skip(1).position(|byte| *byte == drop).map_or(0, |found| found.saturating_add(1));
    let tail = index.get(offset..)?;
    let ends = tail.starts_with(&[drop, op::OP_DEPTH.to_u8(), 0x00, op::OP_EQUAL.to_u8()]);
    ends.then_some((pubkey, pushed))
}

/// The position behind a push and its bytes, which may be cut short; other opcodes stay where they are.
fn push_at(script: &[u8], position: usize) -> Option<(usize, &[u8])> {
    let little_endian = |from: usize, size: usize| {
        let bytes = script.get(from..from.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0usize, |number, byte| (number << 8) | usize::from(*byte)))
    };
    let behind = position.checked_add(1)?;
    let (start, length) = match script.get(position)? {
        direct @ 0x01..=0x4b => (behind, usize::from(*direct)),
        0x4c => (behind.checked_add(1)?, little_endian(behind, 1)?),
        0x4d => (behind.checked_add(2)?, little_endian(behind, 2)?),
        0x4e => (behind.checked_add(4)?, little_endian(behind, 4)?),
        _ => (position, 0),
    };
    let end = start.checked_add(length)?;
    let bytes = script.get(start.min(script.len())..end.min(script.len()))?;
    Some((end, bytes))
}

/// The position behind the keys and their count.
fn keys_end(script: &[u8], start: usize) -> Option<usize> {
    let mut position = start;
    for count in 1..=u8::MAX {
        position = push_at(script, position)?.0;
        if script.get(position)?.checked_sub(0x50) == Some(count) {
            return position.checked_add(1);
        }
    }
    None
}
