//! Bare multisig 1-of-3 (counterparty.md 5.2).

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::{Builder, Instruction, Script, ScriptBuf};
use bitcoin::secp256k1;
use bitcoin::{Amount, TxOut, Txid};

use super::{BAD_KEY, EMPTY, NOT_DATA, pubkeyhash, script};
use crate::counterparty::arc4;
use crate::counterparty::message::framing::PREFIX;
use crate::error::Result;

/// Message bytes per output.
pub const CHUNK: usize = 53;
/// What the reference puts on each data output.
pub const DUST: Amount = Amount::from_sat(1000);
/// Signature operations that nodes count per output.
pub const SIGOPS: u32 = 80;

/// How many outputs a message of this length takes.
pub fn output_count(message_length: usize) -> usize {
    message_length.div_ceil(CHUNK)
}

/// The data outputs in order; `pubkey` is a real key of the sender, who can reclaim `value` with it.
///
/// # Errors
/// [`EMPTY`], [`BAD_KEY`].
pub fn encode(data: &[u8], first_input: &Txid, pubkey: &[u8], value: Amount) -> Result<Vec<TxOut>> {
    if data.is_empty() {
        return Err(EMPTY.error("no message bytes"));
    }
    check_key(pubkey)?;
    let key = arc4::key(first_input);
    Ok(data
        .chunks(CHUNK)
        .map(|chunk| TxOut { value, script_pubkey: data_script(chunk, &key, pubkey) })
        .collect())
}

pub(super) fn check_key(pubkey: &[u8]) -> Result<()> {
    secp256k1::PublicKey::from_slice(pubkey)
        .map(|_| ())
        .map_err(|_| BAD_KEY.error(format!("{} bytes that are no public key", pubkey.len())))
}

fn data_script(chunk: &[u8], key: &[u8; 32], pubkey: &[u8]) -> ScriptBuf {
    let length = PREFIX.len().saturating_add(chunk.len()).to_le_bytes()[0];
    let mut block = [&[length], &PREFIX[..], chunk].concat();
    block.resize(62, 0);
    let encrypted = arc4::crypt(key, &block);
    let mut builder = Builder::new().push_int(1);
    for half in encrypted.chunks(31) {
        builder = script::shortest_push(builder, &grind(half));
    }
    script::shortest_push(builder, pubkey).push_int(3).push_opcode(OP_CHECKMULTISIG).into_script()
}

/// Wraps 31 bytes into a compressed key: a sign and a nonce from the hash, the nonce counted up until the x
/// coordinate lies on the curve.
fn grind(half: &[u8]) -> Vec<u8> {
    let [sign, nonce, ..] = sha256::Hash::hash(half).to_byte_array();
    let mut candidate = [&[0x02 | (sign & 1)], half, &[nonce]].concat();
    // Half of all x coordinates lie on the curve: 256 failures in a row do not happen.
    for step in 1..=u8::MAX {
        if let Some(last) = candidate.last_mut() {
            *last = nonce.wrapping_add(step);
        }
        if secp256k1::PublicKey::from_slice(&candidate).is_ok() {
            break;
        }
    }
    candidate
}

/// What a script that ends in OP_CHECKMULTISIG is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Multisig {
    /// Message bytes.
    Data(Vec<u8>),
    /// Signatures needed, and the keys.
    Destination(u8, Vec<Vec<u8>>),
}

/// Reads the shapes 1..3-of-2 and 1..3-of-3.
///
/// # Errors
/// [`NOT_DATA`] for any other shape; the ledger ignores the whole transaction.
pub fn decode(script: &Script, key: &[u8; 32]) -> Result<Multisig> {
    let refuse = || NOT_DATA.error("a multisig script of an unknown shape");
    let instructions: Vec<_> =
        script.instructions().collect::<core::result::Result<_, _>>().map_err(|_| refuse())?;
    let (required, keys) = shape(&instructions).ok_or_else(refuse)?;
    let mut encrypted = Vec::new();
    for key in keys.iter().take(keys.len().saturating_sub(1)) {
        let inner = key.len().checked_sub(1).and_then(|end| key.get(1..end)).ok_or_else(refuse)?;
        encrypted.extend_from_slice(inner);
    }
    Ok(match pubkeyhash::decode_block(&encrypted, key) {
        Some(data) => Multisig::Data(data),
        None => Multisig::Destination(required, keys),
    })
}

/// The reader also takes shapes in which the counts are pushes, as 1-of-2 and 2-of-3.
fn shape(instructions: &[Instruction<'_>]) -> Option<(u8, Vec<Vec<u8>>)> {
    let (last, rest) = instructions.split_last()?;
    let (required, rest) = rest.split_first()?;
    let (possible, keys) = rest.split_last()?;
    let keys: Vec<Vec<u8>> =
        keys.iter().map(|key| key.push_bytes().map(|key| key.as_bytes().to_vec())).collect::<Option<_>>()?;
    let count = |instruction: &Instruction<'_>| match instruction {
        Instruction::Op(opcode) => opcode.to_u8().checked_sub(0x50).filter(|count| (1..=3).contains(count)),
        Instruction::PushBytes(_) => None,
    };
    if last.opcode() != Some(OP_CHECKMULTISIG) {
        return None;
    }
    let required = match (required, possible, keys.len()) {
        (Instruction::PushBytes(_), Instruction::PushBytes(_), 2) => 1,
        (Instruction::PushBytes(_), Instruction::PushBytes(_), 3) => 2,
        (required, possible, total @ (2 | 3)) if count(possible).map(usize::from) == Some(total) => {
            count(required)?
        }
        _ => return None,
    };
    Some((required, keys))
}
