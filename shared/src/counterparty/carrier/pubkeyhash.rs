//! Data in place of the hash of P2PKH outputs; nothing writes it any more (counterparty.md 5.3).

use bitcoin::script::Instruction;

use crate::counterparty::arc4;
use crate::counterparty::message::framing::PREFIX;

/// The bytes that stand at the third place of a script that ends in OP_CHECKSIG.
pub(in crate::counterparty) fn third(instruction: &Instruction<'_>) -> Vec<u8> {
    match instruction {
        Instruction::PushBytes(bytes) => bytes.as_bytes().to_vec(),
        Instruction::Op(opcode) if opcode.to_u8() == 0x51 => vec![1],
        Instruction::Op(opcode) => vec![opcode.to_u8()],
    }
}

/// The message bytes in an encrypted block of length, prefix and chunk; none when the prefix is not there.
pub fn decode_block(encrypted: &[u8], key: &[u8; 32]) -> Option<Vec<u8>> {
    let block = arc4::crypt(key, encrypted);
    let (length, rest) = block.split_first()?;
    if !rest.starts_with(PREFIX) {
        return None;
    }
    let length = usize::from(*length).min(rest.len());
    Some(rest.get(PREFIX.len()..length).unwrap_or_default().to_vec())
}
