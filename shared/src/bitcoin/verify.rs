//! Every input of a final transaction against the outputs that it spends, for exactly the kinds that we sign.
//!
//! This is not consensus: it is narrower. One form of each spend, strict DER, low S, `ALL` or `DEFAULT`, nothing
//! beside it; whatever else a node would accept is not ours and is refused. Tests hold it against Bitcoin Core's
//! script engine.

use core::borrow::Borrow;

use bitcoin::blockdata::script::Builder;
use bitcoin::script::{Instruction, PushBytesBuf};
use bitcoin::secp256k1::{Message, PublicKey, ecdsa, schnorr};
use bitcoin::taproot::ControlBlock;
use bitcoin::{CompressedPublicKey, Script, ScriptBuf, Transaction, TxIn, TxOut, XOnlyPublicKey};

use super::sighash::Digests;
use super::spend;
use crate::account::SECP;
use crate::error::{Code, Exit, Result};
use crate::review::Spend;

/// An input that is not signed in one of our forms.
pub static NOT_OURS: Code = Code::new(
    "E-SPND-003",
    Exit::Refused,
    "An input is not signed in exactly one of the forms that this toolkit makes.",
    "Sign the bundle again with airlock-offline; do not broadcast this transaction.",
);
/// A signature that does not hold.
pub static BAD_SIGNATURE: Code = Code::new(
    "E-SPND-004",
    Exit::Refused,
    "A signature does not hold for this transaction, these outputs and this key.",
    "Sign the bundle again; if it happens again, the offline machine may be faulty.",
);

/// A final input, read.
struct Witnessed {
    spend: Spend,
    key: PublicKey,
    signature: Signature,
}

enum Signature {
    Ecdsa(ecdsa::Signature),
    Schnorr(schnorr::Signature),
}

/// Verifies every input of a final transaction; `prevouts` holds the spent outputs in the order of the inputs.
///
/// # Errors
/// [`NOT_OURS`], [`BAD_SIGNATURE`], [`spend::WRONG_SCRIPT`], each with the input; [`super::sighash::NO_DIGEST`]
/// where the counts differ.
pub fn verify<T: Borrow<TxOut>>(transaction: &Transaction, prevouts: &[T]) -> Result<()> {
    let prevouts: Vec<&TxOut> = prevouts.iter().map(Borrow::borrow).collect();
    let mut digests = Digests::new(transaction, prevouts.clone())?;
    for (index, (input, prevout)) in transaction.input.iter().zip(prevouts).enumerate() {
        verify_input(&mut digests, index, input, prevout).map_err(|e| e.at(format!("input {index}")))?;
    }
    Ok(())
}

fn verify_input(digests: &mut Digests<'_>, index: usize, input: &TxIn, prevout: &TxOut) -> Result<()> {
    let Witnessed { spend, key, signature } = read(input, &prevout.script_pubkey)?;
    let digest = digests.of(index, &spend, &key)?;
    if holds(&signature, &digest, &key) {
        return Ok(());
    }
    Err(BAD_SIGNATURE.error(format!("the signature does not hold for key {key}")))
}

fn holds(signature: &Signature, digest: &Message, key: &PublicKey) -> bool {
    match signature {
        Signature::Ecdsa(signature) => SECP.verify_ecdsa(digest, signature, key).is_ok(),
        Signature::Schnorr(signature) => {
            SECP.verify_schnorr(signature, digest, &key.x_only_public_key().0).is_ok()
        }
    }
}

/// Tells the kind from the spent script, then demands exactly the one form of it.
fn read(input: &TxIn, script: &Script) -> Result<Witnessed> {
    let witness: Vec<&[u8]> = input.witness.iter().collect();
    let sig = &input.script_sig;
    if script.is_p2wpkh() || script.is_p2tr() {
        if !sig.is_empty() {
            return Err(NOT_OURS.error("a native segwit input has a scriptSig"));
        }
    } else if script.is_p2pkh() && !witness.is_empty() {
        return Err(NOT_OURS.error("a legacy input has a witness"));
    }
    match (witness.as_slice(), script) {
        ([signature, key], script) if script.is_p2wpkh() => ecdsa_input(Spend::Wpkh, signature, key),
        ([signature, key], script) if script.is_p2sh() => {
            let read = ecdsa_input(Spend::ShWpkh, signature, key)?;
            if *sig != pushes(&[spend::nested_program(&read.key).as_bytes()])? {
                return Err(NOT_OURS.error("the scriptSig is not the push of the key's witness program"));
            }
            Ok(read)
        }
        ([signature], script) if script.is_p2tr() => {
            let output = script.as_bytes().get(2..).unwrap_or_default();
            schnorr_input(Spend::TaprootKey, signature, output)
        }
        ([signature, leaf, control_block], script) if script.is_p2tr() => {
            let leaf = ScriptBuf::from_bytes(leaf.to_vec());
            let control_block = ControlBlock::decode(control_block)
                .map_err(|e| NOT_OURS.error(format!("the control block: {e}")))?;
            let key =
                spend::envelope_key(&leaf).ok_or_else(|| NOT_OURS.error("the leaf is not an envelope"))?;
            schnorr_input(Spend::TaprootReveal { leaf, control_block }, signature, &key.serialize())
        }
        ([], script) if script.is_p2pkh() => {
            let [signature, key] = two_pushes(sig)?;
            // 04 and 65 bytes: hybrid keys (06, 07), which the network also knows, are none of ours.
            let spend =
                if key.len() == 65 && key.starts_with(&[4]) { Spend::PkhUncompressed } else { Spend::Pkh };
            ecdsa_input(spend, &signature, &key)
        }
        ([], script) if script.is_p2sh() => {
            let [signature, redeem_script] = two_pushes(sig)?;
            let redeem_script = ScriptBuf::from_bytes(redeem_script);
            let key = spend::data_key(&redeem_script)
                .ok_or_else(|| NOT_OURS.error("the redeem script is not one of a P2SH pair"))?;
            ecdsa_input(Spend::P2shData { redeem_script }, &signature, &key.serialize())
        }
        (elements, script) => {
            Err(NOT_OURS.error(format!("{} witness elements for the script {script:x}", elements.len())))
        }
    }
}

fn ecdsa_input(spend: Spend, signature: &[u8], key: &[u8]) -> Result<Witnessed> {
    let Some((1, der)) = signature.split_last().map(|(byte, der)| (*byte, der)) else {
        return Err(NOT_OURS.error("the signature does not end in the byte of SIGHASH_ALL"));
    };
    let parsed = ecdsa::Signature::from_der(der).map_err(|_| NOT_OURS.error("the signature is not DER"))?;
    let mut low = parsed;
    low.normalize_s();
    if &*parsed.serialize_der() != der || low != parsed {
        return Err(NOT_OURS.error("the signature is not strict DER with a low S"));
    }
    let key = match &spend {
        Spend::PkhUncompressed => PublicKey::from_slice(key).ok(),
        Spend::Wpkh
        | Spend::Pkh
        | Spend::ShWpkh
        | Spend::TaprootKey
        | Spend::TaprootReveal { .. }
        | Spend::P2shData { .. } => CompressedPublicKey::from_slice(key).ok().map(|key| key.0),
    };
    let key = key.ok_or_else(|| NOT_OURS.error("the key is not a public key in the form of its kind"))?;
    Ok(Witnessed { spend, key, signature: Signature::Ecdsa(parsed) })
}

fn schnorr_input(spend: Spend, signature: &[u8], key: &[u8]) -> Result<Witnessed> {
    let signature = schnorr::Signature::from_slice(signature).map_err(|_| {
        NOT_OURS.error(format!("a signature of {} bytes instead of 64 with SIGHASH_DEFAULT", signature.len()))
    })?;
    let key = XOnlyPublicKey::from_slice(key).map_err(|_| NOT_OURS.error("the key is not on the curve"))?;
    let key = key.public_key(bitcoin::secp256k1::Parity::Even);
    Ok(Witnessed { spend, key, signature: Signature::Schnorr(signature) })
}

/// A scriptSig of exactly two pushes, each written in the shortest way.
fn two_pushes(script: &Script) -> Result<[Vec<u8>; 2]> {
    let bad = || NOT_OURS.error("the scriptSig is not exactly two pushes in their shortest form");
    let mut found = Vec::with_capacity(2);
    for instruction in script.instructions().take(3) {
        match instruction {
            Ok(Instruction::PushBytes(bytes)) => found.push(bytes.as_bytes().to_vec()),
            Ok(Instruction::Op(_)) | Err(_) => return Err(bad()),
        }
    }
    let found: [Vec<u8>; 2] = found.try_into().map_err(|_| bad())?;
    if *script != *pushes(&[&found[0], &found[1]])? {
        return Err(bad());
    }
    Ok(found)
}

/// A script of pushes in their shortest form.
///
/// # Errors
/// [`NOT_OURS`] for a push that no script can hold.
pub fn pushes(elements: &[&[u8]]) -> Result<ScriptBuf> {
    let mut builder = Builder::new();
    for element in elements {
        let bytes = PushBytesBuf::try_from(element.to_vec())
            .map_err(|_| NOT_OURS.error(format!("a push of {} bytes", element.len())))?;
        builder = builder.push_slice(bytes);
    }
    Ok(builder.into_script())
}
