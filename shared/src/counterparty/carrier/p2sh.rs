//! The historical P2SH pair (counterparty.md 5.4): the first transaction pays redeem scripts that hold the
//! chunks, the second spends them.

use bitcoin::opcodes::all as op;
use bitcoin::script::{Builder, ScriptBuf};
use bitcoin::{Amount, TxOut, Txid};

use super::{EMPTY, TOO_LONG, multisig, opreturn, script};
use crate::counterparty::message::framing::PREFIX;
use crate::error::Result;

mod redeem;

pub use redeem::{Redeemed, decode_redeem};

/// What the reference puts on each data output.
pub const DUST: Amount = Amount::from_sat(546);
/// The longest redeem script that can be spent, in bytes.
pub const MAX_REDEEM: usize = 520;
/// What the OP_RETURN of the second transaction says.
pub const MARK: &[u8; 4] = b"P2SH";

/// Message bytes per redeem script for a key of this length.
pub fn chunk_length(pubkey_length: usize) -> usize {
    MAX_REDEEM.saturating_sub(PREFIX.len()).saturating_sub(pubkey_length).saturating_sub(12)
}

/// The redeem scripts of a message, numbered from `first`.
///
/// # Errors
/// [`EMPTY`], [`super::BAD_KEY`], [`TOO_LONG`].
pub fn redeem_scripts(data: &[u8], pubkey: &[u8], first: u32) -> Result<Vec<ScriptBuf>> {
    if data.is_empty() {
        return Err(EMPTY.error("no message bytes"));
    }
    multisig::check_key(pubkey)?;
    data.chunks(chunk_length(pubkey.len()))
        .zip(first..)
        .map(|(chunk, index)| redeem_script(chunk, pubkey, index))
        .collect()
}

/// One redeem script of a single key.
///
/// # Errors
/// [`TOO_LONG`] beyond [`MAX_REDEEM`].
pub fn redeem_script(chunk: &[u8], pubkey: &[u8], index: u32) -> Result<ScriptBuf> {
    let builder = script::shortest_push(start(chunk), pubkey).push_opcode(op::OP_CHECKSIGVERIFY);
    finish(builder, index)
}

/// One redeem script of several keys, of which `required` must sign. It names no source.
///
/// # Errors
/// [`TOO_LONG`] beyond [`MAX_REDEEM`].
pub fn multisig_redeem_script(
    chunk: &[u8],
    pubkeys: &[Vec<u8>],
    required: u8,
    index: u32,
) -> Result<ScriptBuf> {
    let mut builder = start(chunk).push_int(required.into());
    for pubkey in pubkeys {
        builder = script::shortest_push(builder, pubkey);
    }
    let count = i64::try_from(pubkeys.len()).unwrap_or(i64::MAX);
    finish(builder.push_int(count).push_opcode(op::OP_CHECKMULTISIGVERIFY), index)
}

fn start(chunk: &[u8]) -> Builder {
    script::shortest_push(Builder::new(), &[PREFIX, chunk].concat()).push_opcode(op::OP_DROP)
}

fn finish(builder: Builder, index: u32) -> Result<ScriptBuf> {
    let script = builder
        .push_int(index.into())
        .push_opcode(op::OP_DROP)
        .push_opcode(op::OP_DEPTH)
        .push_int(0)
        .push_opcode(op::OP_EQUAL)
        .into_script();
    if script.len() > MAX_REDEEM {
        return Err(TOO_LONG.error(format!(
            "redeem script {index} has {} bytes, at most {MAX_REDEEM} can be spent",
            script.len()
        )));
    }
    Ok(script)
}

/// The data outputs of the first transaction.
pub fn first_outputs(redeem_scripts: &[ScriptBuf], value: Amount) -> Vec<TxOut> {
    redeem_scripts.iter().map(|script| TxOut { value, script_pubkey: script.to_p2sh() }).collect()
}

/// The outputs of the second transaction: the mark, encrypted with the txid of its first input.
pub fn second_outputs(first_transaction: &Txid) -> Vec<TxOut> {
    let mark = opreturn::encode(MARK, first_transaction, opreturn::MAX_PUSH);
    mark.into_iter().collect()
}

/// The same outputs before the txid is known: the mark in the clear.
pub fn second_outputs_template() -> Vec<TxOut> {
    vec![opreturn::output(&[&PREFIX[..], MARK].concat())]
}
