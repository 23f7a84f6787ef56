//! One Bitcoin transaction: digests from proved outputs, signatures, and the final form, which is verified before
//! it is given back.

use airlock::bitcoin::sighash::Digests;
use airlock::bitcoin::spend::nested_program;
use airlock::bitcoin::verify::{pushes, verify};
use airlock::review::{BitcoinJob, InputJob, Spend};
use airlock::{Code, Exit, Result};
use bitcoin::psbt::Input;
use bitcoin::sighash::{EcdsaSighashType, TapSighashType};
use bitcoin::{
    Psbt, PublicKey, ScriptBuf, TapLeafHash, Transaction, TxOut, Witness, XOnlyPublicKey, ecdsa, taproot,
};

use crate::keyring::Keyring;

/// Jobs and PSBT do not fit together.
pub static UNFIT_JOB: Code = Code::new(
    "E-SIGN-003",
    Exit::Internal,
    "What was approved and the transaction to sign do not fit together.",
    "Report this: it is a defect of the program. Nothing was signed.",
);

/// A signed transaction in its three forms.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedTransaction {
    /// With signatures beside everything that was there, so that other software can combine and finalize it.
    pub signed: Psbt,
    /// Finalized as BIP-174 says: of the inputs only UTXOs, unknown fields and the final scripts are left.
    pub finalized: Psbt,
    /// What the network takes; every input is verified.
    pub transaction: Transaction,
}

/// Signs every input of a job and verifies the final transaction.
///
/// # Errors
/// [`UNFIT_JOB`], [`crate::keyring::NO_KEY`], or the codes of [`airlock::bitcoin`] where an output does not
/// belong to the key or a signature does not hold.
pub fn sign(job: &BitcoinJob, keyring: &Keyring) -> Result<SignedTransaction> {
    let signed = sign_inputs(job, keyring)?;
    let mut finalized = signed.clone();
    for (index, (input, how)) in finalized.inputs.iter_mut().zip(&job.inputs).enumerate() {
        finalize(input, how).map_err(|e| e.at(format!("input {index}")))?;
    }
    let transaction = extract(&finalized);
    let prevouts: Vec<&TxOut> = job.inputs.iter().map(|input| &input.prevout).collect();
    verify(&transaction, &prevouts)?;
    Ok(SignedTransaction { signed, finalized, transaction })
}

fn sign_inputs(job: &BitcoinJob, keyring: &Keyring) -> Result<Psbt> {
    let transaction = &job.psbt.unsigned_tx;
    let mut psbt = job.psbt.clone();
    if job.inputs.len() != psbt.inputs.len() || transaction.input.len() != psbt.inputs.len() {
        return Err(UNFIT_JOB.error(format!(
            "{} jobs for {} inputs",
            job.inputs.len(),
            transaction.input.len()
        )));
    }
    let prevouts = job.inputs.iter().map(|input| &input.prevout).collect();
    let mut digests = Digests::new(transaction, prevouts)?;
    for (index, (input, how)) in psbt.inputs.iter_mut().zip(&job.inputs).enumerate() {
        sign_input(&mut digests, index, input, how, keyring).map_err(|e| e.at(format!("input {index}")))?;
    }
    Ok(psbt)
}

fn sign_input(
    digests: &mut Digests<'_>,
    index: usize,
    input: &mut Input,
    how: &InputJob,
    keyring: &Keyring,
) -> Result<()> {
    let tweaked = match &how.spend {
        Spend::TaprootKey => true,
        Spend::Wpkh
        | Spend::Pkh
        | Spend::PkhUncompressed
        | Spend::ShWpkh
        | Spend::TaprootReveal { .. }
        | Spend::P2shData { .. } => false,
    };
    let key = keyring.child(&how.account, how.branch, how.index, tweaked)?;
    let digest = digests.of(index, &how.spend, &key.public())?;
    let ecdsa = || ecdsa::Signature {
        signature: key.sign_ecdsa(keyring.secp(), &digest),
        sighash_type: EcdsaSighashType::All,
    };
    let schnorr = || taproot::Signature {
        signature: key.sign_schnorr(keyring.secp(), &digest),
        sighash_type: TapSighashType::Default,
    };
    match &how.spend {
        Spend::Wpkh | Spend::Pkh => {
            input.partial_sigs.insert(PublicKey::new(key.public()), ecdsa());
        }
        Spend::PkhUncompressed => {
            input.partial_sigs.insert(PublicKey::new_uncompressed(key.public()), ecdsa());
        }
        Spend::ShWpkh => {
            input.redeem_script = Some(nested_program(&key.public()));
            input.partial_sigs.insert(PublicKey::new(key.public()), ecdsa());
        }
        Spend::P2shData { redeem_script } => {
            input.redeem_script = Some(redeem_script.clone());
            input.partial_sigs.insert(PublicKey::new(key.public()), ecdsa());
        }
        Spend::TaprootKey => input.tap_key_sig = Some(schnorr()),
        Spend::TaprootReveal { leaf, control_block } => {
            let hash = TapLeafHash::from_script(leaf, control_block.leaf_version);
            let key = XOnlyPublicKey::from(key.public());
            input.tap_script_sigs.insert((key, hash), schnorr());
        }
    }
    Ok(())
}

/// Puts the signature into its final place and clears what BIP-174 says.
fn finalize(input: &mut Input, how: &InputJob) -> Result<()> {
    let (script_sig, witness) = match &how.spend {
        Spend::Wpkh => (ScriptBuf::new(), key_witness(input)?),
        Spend::ShWpkh => {
            let (key, _) = only(input.partial_sigs.iter())?;
            (pushes(&[nested_program(&key.inner).as_bytes()])?, key_witness(input)?)
        }
        Spend::Pkh | Spend::PkhUncompressed => {
            let (key, signature) = only(input.partial_sigs.iter())?;
            (pushes(&[&signature.to_vec(), &key.to_bytes()])?, Witness::new())
        }
        Spend::P2shData { redeem_script } => {
            let (_, signature) = only(input.partial_sigs.iter())?;
            (pushes(&[&signature.to_vec(), redeem_script.as_bytes()])?, Witness::new())
        }
        Spend::TaprootKey => (ScriptBuf::new(), Witness::p2tr_key_spend(only(input.tap_key_sig.iter())?)),
        Spend::TaprootReveal { leaf, control_block } => {
            let (_, signature) = only(input.tap_script_sigs.iter())?;
            let elements = [signature.to_vec(), leaf.to_bytes(), control_block.serialize()];
            (ScriptBuf::new(), Witness::from_slice(&elements))
        }
    };
    *input = Input {
        non_witness_utxo: input.non_witness_utxo.take(),
        witness_utxo: input.witness_utxo.take(),
        proprietary: core::mem::take(&mut input.proprietary),
        unknown: core::mem::take(&mut input.unknown),
        final_script_sig: Some(script_sig).filter(|script| !script.is_empty()),
        final_script_witness: Some(witness).filter(|witness| !witness.is_empty()),
        ..Input::default()
    };
    Ok(())
}

fn key_witness(input: &Input) -> Result<Witness> {
    let (key, signature) = only(input.partial_sigs.iter())?;
    Ok(Witness::p2wpkh(signature, &key.inner))
}

/// Our own signature and no other: a review refuses PSBTs that carry signatures already.
fn only<T>(mut signatures: impl Iterator<Item = T>) -> Result<T> {
    match (signatures.next(), signatures.next()) {
        (Some(signature), None) => Ok(signature),
        _ => Err(UNFIT_JOB.error("the input carries signatures that are not ours")),
    }
}

fn extract(finalized: &Psbt) -> Transaction {
    let mut transaction = finalized.unsigned_tx.clone();
    for (input, from) in transaction.input.iter_mut().zip(&finalized.inputs) {
        input.script_sig = from.final_script_sig.clone().unwrap_or_default();
        input.witness = from.final_script_witness.clone().unwrap_or_default();
    }
    transaction
}
