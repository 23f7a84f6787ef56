//! Scripts as the ledger's reader takes them apart: pushes and opcodes both as bytes.

use bitcoin::opcodes::Opcode;
use bitcoin::opcodes::all as op;
use bitcoin::script::{Builder, Instruction, PushBytesBuf, Script};

/// The items of a script: a push gives its bytes, `OP_1` to `OP_16` the number, another opcode its byte. None
/// for a script that cannot be parsed or holds nothing.
pub(in crate::counterparty) fn items(script: &Script) -> Option<Vec<Vec<u8>>> {
    let items: Vec<Vec<u8>> = script
        .instructions()
        .map(|instruction| {
            Some(match instruction.ok()? {
                Instruction::PushBytes(bytes) => bytes.as_bytes().to_vec(),
                Instruction::Op(opcode) => vec![item_byte(opcode)],
            })
        })
        .collect::<Option<_>>()?;
    // Of a script that ends like a multisig the reader takes the two counts, so both must be there.
    match items.last() {
        None => None,
        Some(last) if last == &[op::OP_CHECKMULTISIG.to_u8()] && items.len() < 2 => None,
        Some(_) => Some(items),
    }
}

fn item_byte(opcode: Opcode) -> u8 {
    match opcode.to_u8() {
        byte @ 0x51..=0x60 => byte.saturating_sub(0x50),
        // Opcodes that the reader's table does not name.
        0xb1 | 0xb2 | 0xba..=0xff => 0xff,
        byte => byte,
    }
}

/// Pushes bytes as the reference does: directly up to 75, then `4c` below 255 and `4d` from 255. Never as a
/// number opcode, which readers of envelopes skip.
pub(super) fn push(script: Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    let mut script = script;
    match bytes.len() {
        length @ 0..=75 => script.push(length.to_le_bytes()[0]),
        length @ 76..=254 => script.extend([0x4c, length.to_le_bytes()[0]]),
        length => {
            script.push(0x4d);
            script.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
        }
    }
    script.extend_from_slice(bytes);
    script
}

/// Pushes bytes with the shortest opcode.
pub(super) fn shortest_push(builder: Builder, bytes: &[u8]) -> Builder {
    match PushBytesBuf::try_from(bytes.to_vec()) {
        Ok(bytes) => builder.push_slice(bytes),
        Err(_) => builder,
    }
}
