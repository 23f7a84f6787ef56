//! Which key an output wants: the one place that says so, for the signer and for `verify`.

use bitcoin::key::TapTweak;
use bitcoin::opcodes::Opcode;
use bitcoin::opcodes::all::{
    OP_CHECKSIG, OP_CHECKSIGVERIFY, OP_DEPTH, OP_DROP, OP_ENDIF, OP_EQUAL, OP_IF, OP_PUSHNUM_1, OP_PUSHNUM_16,
};
use bitcoin::script::Instruction;
use bitcoin::secp256k1::PublicKey;
use bitcoin::taproot::{ControlBlock, LeafVersion};
use bitcoin::{CompressedPublicKey, Script, ScriptBuf, XOnlyPublicKey};

use crate::account::SECP;
use crate::error::{Code, Exit, Result};
use crate::review::Spend;

/// The output does not belong to the key, or is not of the kind that was said.
pub static WRONG_SCRIPT: Code = Code::new(
    "E-SPND-001",
    Exit::Refused,
    "The spent output does not belong to the key, or its script is not of the kind that was said.",
    "Do not use this transaction; build it again.",
);

/// Longest push of a script, in bytes (consensus).
const PUSH_BYTES: usize = 520;

/// Demands that `key` alone can spend `script` the way that `spend` says.
///
/// For [`Spend::TaprootKey`] the key is the output key, that is, tweaked already ([`output_key`]).
///
/// # Errors
/// [`WRONG_SCRIPT`].
pub fn check(spend: &Spend, key: &PublicKey, script: &Script) -> Result<()> {
    let compressed = CompressedPublicKey(*key);
    let (belongs, kind) = match spend {
        Spend::Wpkh => (script == &*ScriptBuf::new_p2wpkh(&compressed.wpubkey_hash()), "P2WPKH"),
        Spend::Pkh => (script == &*ScriptBuf::new_p2pkh(&compressed.pubkey_hash()), "P2PKH"),
        Spend::PkhUncompressed => {
            let hash = bitcoin::PublicKey::new_uncompressed(*key).pubkey_hash();
            (script == &*ScriptBuf::new_p2pkh(&hash), "P2PKH of the uncompressed form")
        }
        Spend::ShWpkh => (script == &*ScriptBuf::new_p2sh(&nested_program(key).script_hash()), "P2SH-P2WPKH"),
        Spend::TaprootKey => {
            let (x, _) = key.x_only_public_key();
            let tweaked = bitcoin::key::TweakedPublicKey::dangerous_assume_tweaked(x);
            (script == &*ScriptBuf::new_p2tr_tweaked(tweaked), "P2TR")
        }
        Spend::TaprootReveal { leaf, control_block } => {
            (is_reveal(leaf, control_block, &key.x_only_public_key().0, script), "envelope")
        }
        Spend::P2shData { redeem_script } => {
            let own = data_key(redeem_script) == Some(*key);
            (own && script == &*ScriptBuf::new_p2sh(&redeem_script.script_hash()), "P2SH data")
        }
    };
    if belongs {
        return Ok(());
    }
    Err(WRONG_SCRIPT.error(format!("the output script {script:x} is not the {kind} script of key {key}")))
}

/// The output key of a Taproot account's key: BIP-86, no script tree. With even parity, as BIP-340 reads it.
pub fn output_key(internal: XOnlyPublicKey) -> PublicKey {
    let (tweaked, _) = internal.tap_tweak(&*SECP, None);
    tweaked.to_x_only_public_key().public_key(bitcoin::secp256k1::Parity::Even)
}

/// The witness program inside a nested segwit output: `0 <key hash>`.
pub fn nested_program(key: &PublicKey) -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&CompressedPublicKey(*key).wpubkey_hash())
}

/// The output commits to the leaf by the control block of a one-leaf tree under the same key.
fn is_reveal(leaf: &Script, control_block: &ControlBlock, key: &XOnlyPublicKey, script: &Script) -> bool {
    let Some(program) = script.as_bytes().get(2..) else { return false };
    let Ok(output) = XOnlyPublicKey::from_slice(program) else { return false };
    script.is_p2tr()
        && control_block.leaf_version == LeafVersion::TapScript
        && control_block.merkle_branch.is_empty()
        && control_block.internal_key == *key
        && envelope_key(leaf) == Some(*key)
        && control_block.verify_taproot_commitment(&*SECP, output, leaf)
}

/// The key of an envelope `OP_0 OP_IF push… OP_ENDIF key OP_CHECKSIG` (counterparty.md 5.5); none where the
/// script is anything else.
pub fn envelope_key(leaf: &Script) -> Option<XOnlyPublicKey> {
    let mut rest = leaf.instructions();
    if !push(rest.next()?.ok()?)?.is_empty() || rest.next()?.ok()? != Instruction::Op(OP_IF) {
        return None;
    }
    loop {
        let instruction = rest.next()?.ok()?;
        if instruction == Instruction::Op(OP_ENDIF) {
            break;
        }
        push(instruction)?;
    }
    let key = XOnlyPublicKey::from_slice(push(rest.next()?.ok()?)?).ok()?;
    (rest.next()?.ok()? == Instruction::Op(OP_CHECKSIG) && rest.next().is_none()).then_some(key)
}

/// The key of a redeem script of the historical pair `data OP_DROP key OP_CHECKSIGVERIFY n OP_DROP OP_DEPTH OP_0
/// OP_EQUAL` (counterparty.md 5.4); none where the script is anything else.
pub fn data_key(redeem_script: &Script) -> Option<PublicKey> {
    if redeem_script.len() > PUSH_BYTES {
        return None;
    }
    // Nodes relay only pushes in their shortest form where a script runs.
    let mut rest = redeem_script.instructions_minimal();
    push(rest.next()?.ok()?)?;
    op(rest.next()?.ok()?, OP_DROP)?;
    let key = CompressedPublicKey::from_slice(push(rest.next()?.ok()?)?).ok()?;
    op(rest.next()?.ok()?, OP_CHECKSIGVERIFY)?;
    let number = rest.next()?.ok()?;
    if push(number).is_none() && !small_number(number) {
        return None;
    }
    op(rest.next()?.ok()?, OP_DROP)?;
    op(rest.next()?.ok()?, OP_DEPTH)?;
    if !push(rest.next()?.ok()?)?.is_empty() {
        return None;
    }
    op(rest.next()?.ok()?, OP_EQUAL)?;
    rest.next().is_none().then_some(key.0)
}

fn push(instruction: Instruction<'_>) -> Option<&[u8]> {
    match instruction {
        Instruction::PushBytes(bytes) => Some(bytes.as_bytes()).filter(|bytes| bytes.len() <= PUSH_BYTES),
        Instruction::Op(_) => None,
    }
}

fn op(instruction: Instruction<'_>, wanted: Opcode) -> Option<()> {
    (instruction == Instruction::Op(wanted)).then_some(())
}

fn small_number(instruction: Instruction<'_>) -> bool {
    match instruction {
        Instruction::Op(code) => (OP_PUSHNUM_1.to_u8()..=OP_PUSHNUM_16.to_u8()).contains(&code.to_u8()),
        Instruction::PushBytes(bytes) => bytes.is_empty(),
    }
}
