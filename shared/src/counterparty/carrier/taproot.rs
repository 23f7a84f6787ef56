//! Taproot commit and reveal (counterparty.md 5.5).

use bitcoin::key::{TapTweak as _, UntweakedPublicKey};
use bitcoin::opcodes::Opcode;
use bitcoin::opcodes::all as op;
use bitcoin::script::{Instruction, Script, ScriptBuf};
use bitcoin::secp256k1::{Secp256k1, XOnlyPublicKey};
use bitcoin::taproot::{LeafVersion, TapLeafHash, TapNodeHash};
use bitcoin::{Amount, TxOut};

use super::{BAD_KEY, EMPTY, NOT_DATA, opreturn, script};
use crate::counterparty::cbor::{self, Value};
use crate::error::Result;

/// The longest push of a chunk.
pub const CHUNK: usize = 520;
/// The least value of a commit output.
pub const DUST: Amount = Amount::from_sat(330);
const NUMBERED_IF: u8 = 0x92;

/// A commit output and what the reveal needs to spend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The only leaf.
    pub script: ScriptBuf,
    /// The leaf's hash.
    pub leaf_hash: TapLeafHash,
    /// The third witness element of the reveal.
    pub control_block: Vec<u8>,
    /// The script of the commit output.
    pub commit_script: ScriptBuf,
    /// The outputs of the reveal.
    pub reveal_outputs: Vec<TxOut>,
}

/// The envelope of a message; `key` is both internal key and leaf key.
///
/// # Errors
/// [`EMPTY`], [`BAD_KEY`].
pub fn encode(data: &[u8], key: &[u8]) -> Result<Envelope> {
    if data.is_empty() {
        return Err(EMPTY.error("no message bytes"));
    }
    let key = XOnlyPublicKey::from_slice(key)
        .map_err(|_| BAD_KEY.error(format!("{} bytes that are no x-only public key", key.len())))?;
    let mut leaf = vec![0x00, op::OP_IF.to_u8()];
    for chunk in data.chunks(CHUNK) {
        leaf = script::push(leaf, chunk);
    }
    leaf.push(op::OP_ENDIF.to_u8());
    leaf = script::push(leaf, &key.serialize());
    leaf.push(op::OP_CHECKSIG.to_u8());
    Ok(envelope(ScriptBuf::from_bytes(leaf), key))
}

/// The envelope around a given leaf.
fn envelope(script: ScriptBuf, key: UntweakedPublicKey) -> Envelope {
    let secp = Secp256k1::verification_only();
    let leaf_hash = TapLeafHash::from_script(&script, LeafVersion::TapScript);
    let root = TapNodeHash::from(leaf_hash);
    let (output_key, parity) = key.tap_tweak(&secp, Some(root));
    let control = LeafVersion::TapScript.to_consensus() | parity.to_u8();
    Envelope {
        script,
        leaf_hash,
        control_block: [&[control], &key.serialize()[..]].concat(),
        commit_script: ScriptBuf::new_p2tr_tweaked(output_key),
        reveal_outputs: vec![opreturn::marker()],
    }
}

/// Length of the leaf of a message, in bytes.
pub fn script_length(message_length: usize) -> usize {
    let full = message_length / CHUNK;
    let rest = message_length % CHUNK;
    let head = match rest {
        0 => 0,
        1..=75 => 1,
        76..=254 => 2,
        _ => 3,
    };
    full.saturating_mul(CHUNK.saturating_add(3)).saturating_add(head).saturating_add(rest).saturating_add(37)
}

/// The message in an envelope, as the ledger reads it; `metadata_map` is the rule `ordinals_metadata_support`.
///
/// # Errors
/// [`NOT_DATA`] for scripts that are no envelope; the ledger ignores the whole transaction.
pub fn decode(script: &Script, metadata_map: bool) -> Result<Vec<u8>> {
    let refuse = |why: &str| NOT_DATA.error(format!("the witness script is no envelope: {why}"));
    let items: Vec<Option<Instruction<'_>>> = script.instructions().map(core::result::Result::ok).collect();
    if items.len() < 5 {
        return Err(refuse("too few instructions"));
    }
    let opcode = |index: usize| items.get(index).copied().flatten().and_then(|item| item.opcode());
    let push = |index: usize| match items.get(index) {
        Some(Some(Instruction::PushBytes(push))) => Some(push.as_bytes()),
        _ => None,
    };
    // OP_0NOTEQUAL passes for zero: the reader compares the beginning of the opcode's name.
    let opens = push(0).is_some_and(<[u8]>::is_empty) || opcode(0).map(Opcode::to_u8) == Some(NUMBERED_IF);
    let closes = opcode(items.len().saturating_sub(1));
    let is_checksig = closes
        .is_some_and(|code| [op::OP_CHECKSIG, op::OP_CHECKSIGVERIFY, op::OP_CHECKSIGADD].contains(&code));
    if !opens || opcode(1) != Some(op::OP_IF) || !is_checksig {
        return Err(refuse("it is not 0 IF … CHECKSIG"));
    }
    let end = items.len().saturating_sub(3);
    if items.len() >= 7 && push(2) == Some(b"ord") && push(3) == Some(&[7]) {
        let mime_type = push(6).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default();
        let inner = items.get(7..end).unwrap_or_default();
        return inscription(inner, mime_type, metadata_map)
            .ok_or_else(|| refuse("its metadata is no message"));
    }
    Ok((2..end).filter_map(push).flatten().copied().collect())
}

/// The message in an ordinals inscription: metadata, MIME type and content become one CBOR list.
fn inscription(items: &[Option<Instruction<'_>>], mime_type: &str, metadata_map: bool) -> Option<Vec<u8>> {
    #[derive(Clone, Copy)]
    enum Section {
        None,
        Metadata,
        Content,
    }
    let mut section = Section::None;
    let (mut metadata, mut content, mut has_content) = (Vec::new(), Vec::new(), false);
    for item in items.iter().flatten() {
        match item {
            Instruction::PushBytes(push) => match (push.as_bytes(), section) {
                ([5], _) => section = Section::Metadata,
                ([] | [0], _) => section = Section::Content,
                (bytes, Section::Metadata) => metadata.extend_from_slice(bytes),
                (bytes, Section::Content) => {
                    has_content = true;
                    content.extend_from_slice(bytes);
                }
                (_, Section::None) => {}
            },
            Instruction::Op(opcode) if opcode.to_u8() == NUMBERED_IF => section = Section::Content,
            Instruction::Op(_) => {}
        }
    }
    let mut message = cbor::read_exactly(&metadata)?;
    if let Value::Map(members) = message {
        let named = members.into_iter().rev().find(|(key, _)| *key == Value::Text("xcp".to_owned()));
        message = named.filter(|_| metadata_map)?.1;
    }
    let Value::Array(mut items) = message else { return None };
    if items.is_empty() {
        return None;
    }
    let Value::Integer(type_id) = items.remove(0) else { return None };
    items.push(Value::Text(mime_type.to_owned()));
    if has_content {
        items.push(Value::Bytes(content));
    }
    let type_id = type_id.to_le_bytes()[0];
    Some([vec![type_id], cbor::write_shortest(&Value::Array(items))].concat())
}
