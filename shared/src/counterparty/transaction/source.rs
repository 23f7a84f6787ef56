//! Whose transaction it is: the owner of the output that input 0 spends; for a reveal, of the output that
//! input 0 of the commit spends (counterparty.md 6.2, 5.5).

use bitcoin::opcodes::all as op;
use bitcoin::{OutPoint, Script, Transaction, base58};

use super::{Lookup, Reason, outputs};
use crate::counterparty::arc4;
use crate::counterparty::carrier::{multisig, pubkeyhash, script};
use crate::counterparty::rules::{Change, Rules};

/// The source; `Ok(None)` when a previous transaction is missing.
pub(super) fn of(
    tx: &Transaction,
    is_reveal: bool,
    previous: Lookup<'_>,
    rules: &Rules,
) -> Result<Option<String>, Reason> {
    let Some(input) = tx.input.first() else { return Err(Reason::Coinbase) };
    let spent = if is_reveal {
        previous(&input.previous_output.txid)
            .and_then(|commit| commit.input.first())
            .map(|input| input.previous_output)
    } else {
        Some(input.previous_output)
    };
    let Some(OutPoint { txid, vout }) = spent else { return Ok(None) };
    let output = previous(&txid).and_then(|parent| parent.output.get(usize::try_from(vout).ok()?));
    let Some(output) = output else { return Ok(None) };
    let key = arc4::key(&input.previous_output.txid);
    address(&output.script_pubkey, &key, rules).map(Some).ok_or(Reason::UnreadableSource)
}

fn address(script: &Script, key: &[u8; 32], rules: &Rules) -> Option<String> {
    let items = script::items(script)?;
    let item = |index: usize| items.get(index).map(Vec::as_slice);
    let last = items.last()?.as_slice();
    if last == [op::OP_CHECKSIG.to_u8()] {
        let is_p2pkh = items.len() == 5
            && item(0) == Some(&[op::OP_DUP.to_u8()])
            && item(1) == Some(&[op::OP_HASH160.to_u8()])
            && item(3) == Some(&[op::OP_EQUALVERIFY.to_u8()]);
        let hash = item(2).filter(|_| is_p2pkh)?;
        // A source that decrypts to data is refused.
        return match pubkeyhash::decode_block(hash, key) {
            Some(_) => None,
            None => Some(outputs::hash_address(hash, rules.network())),
        };
    }
    if last == [op::OP_CHECKMULTISIG.to_u8()] {
        return match multisig::decode(script, key).ok()? {
            multisig::Multisig::Data(_) => None,
            multisig::Multisig::Destination(required, keys) => {
                Some(outputs::multisig_address(required, &keys, rules.network()))
            }
        };
    }
    if items.len() == 3 && item(0) == Some(&[op::OP_HASH160.to_u8()]) && last == [op::OP_EQUAL.to_u8()] {
        let version = [outputs::script_version(rules.network())];
        return Some(base58::encode_check(&[&version, item(1)?].concat()));
    }
    let is_witness = match item(0)? {
        [] => rules.is_active(Change::SegwitSupport),
        [1] => rules.is_active(Change::TaprootSupport),
        _ => false,
    };
    if is_witness { outputs::witness_address(script, rules) } else { None }
}
