//! OP_RETURN (counterparty.md 5.1).

use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::{Builder, Instruction, Script};
use bitcoin::{Amount, TxOut, Txid};

use super::{EMPTY, TOO_LONG, script};
use crate::counterparty::arc4;
use crate::counterparty::message::framing::PREFIX;
use crate::error::Result;

/// The longest push that every node relays, in bytes.
pub const MAX_PUSH: usize = 80;
/// The longest message in such a push.
pub const MAX_MESSAGE: usize = MAX_PUSH - PREFIX.len();

/// The data output; `limit` is the longest push that the operator's nodes relay, usually [`MAX_PUSH`].
///
/// # Errors
/// [`EMPTY`], [`TOO_LONG`].
pub fn encode(data: &[u8], first_input: &Txid, limit: usize) -> Result<TxOut> {
    if data.is_empty() {
        return Err(EMPTY.error("no message bytes"));
    }
    let plain = [PREFIX, data].concat();
    if plain.len() > limit {
        return Err(TOO_LONG.error(format!("a push of {} bytes, at most {limit} fit", plain.len())));
    }
    let encrypted = arc4::crypt(&arc4::key(first_input), &plain);
    Ok(output(&encrypted))
}

/// The output of a reveal: the bare prefix in the clear.
pub fn marker() -> TxOut {
    output(PREFIX)
}

pub(super) fn output(push: &[u8]) -> TxOut {
    let script_pubkey = script::shortest_push(Builder::new().push_opcode(OP_RETURN), push).into_script();
    TxOut { value: Amount::ZERO, script_pubkey }
}

/// The one push of an OP_RETURN script; none for any other shape.
pub fn push_of(script: &Script) -> Option<&[u8]> {
    let mut instructions = script.instructions();
    match (instructions.next(), instructions.next(), instructions.next()) {
        (Some(Ok(Instruction::Op(OP_RETURN))), Some(Ok(Instruction::PushBytes(push))), None) => {
            Some(push.as_bytes())
        }
        _ => None,
    }
}

/// The message in an OP_RETURN script; none when it does not decrypt to the prefix.
pub fn decode(script: &Script, key: &[u8; 32]) -> Option<Vec<u8>> {
    arc4::crypt(key, push_of(script)?).strip_prefix(PREFIX).map(<[u8]>::to_vec)
}
