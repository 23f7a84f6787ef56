//! PSBTs of version 0 with all that a signer needs to prove them (BIP-174, BIP-371).

use airlock::account::{BitcoinAccount, ScriptKind};
use airlock::{Code, Exit, Result};
use bitcoin::absolute::LockTime;
use bitcoin::psbt::{Input, Output};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, OutPoint, Psbt, PublicKey, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, XOnlyPublicKey,
};

use super::purse::{Place, Spendable};

/// An index beyond the last one of a branch.
pub static NO_KEY: Code = Code::new(
    "E-PLAN-013",
    Exit::Refused,
    "The branch of the account has no further address: its indices end at 2^31-1.",
    "Use another account.",
);

/// Whether nodes may replace the transaction by one with a higher fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replacement {
    /// Signalled as in BIP-125.
    Signalled,
    /// Not signalled: a child that is signed already spends it, and would be lost with it.
    NotSignalled,
}

/// Collects inputs and outputs of one transaction.
pub(super) struct Draft<'a> {
    account: &'a BitcoinAccount,
    inputs: Vec<(TxIn, Input)>,
    outputs: Vec<(TxOut, Output)>,
    sequence: Sequence,
}

impl<'a> Draft<'a> {
    /// A transaction without inputs and outputs.
    pub(super) fn new(account: &'a BitcoinAccount, replacement: Replacement) -> Self {
        let sequence = match replacement {
            Replacement::Signalled => Sequence::ENABLE_RBF_NO_LOCKTIME,
            Replacement::NotSignalled => Sequence::MAX,
        };
        Self { account, inputs: Vec::new(), outputs: Vec::new(), sequence }
    }

    /// Adds an input with its evidence.
    pub(super) fn input(&mut self, outpoint: OutPoint, evidence: Input) {
        let input = TxIn {
            previous_output: outpoint,
            script_sig: ScriptBuf::new(),
            sequence: self.sequence,
            witness: Witness::new(),
        };
        self.inputs.push((input, evidence));
    }

    /// Adds a coin of the account.
    ///
    /// # Errors
    /// [`NO_KEY`].
    pub(super) fn coin(&mut self, coin: &Spendable) -> Result<()> {
        let key = key_at(self.account, coin.place)?;
        let kind = self.account.kind();
        let mut evidence = Input::default();
        match kind {
            ScriptKind::Tr => {
                let internal = XOnlyPublicKey::from(key.inner);
                evidence.tap_internal_key = Some(internal);
                evidence.tap_key_origins.insert(internal, (vec![], origin(self.account, coin.place)?));
            }
            ScriptKind::Wpkh | ScriptKind::Pkh | ScriptKind::ShWpkh => {
                evidence.non_witness_utxo = Some(coin.previous.clone());
                evidence.bip32_derivation.insert(key.inner, origin(self.account, coin.place)?);
            }
        }
        if kind != ScriptKind::Pkh {
            evidence.witness_utxo = Some(coin.output.clone());
        }
        if kind == ScriptKind::ShWpkh {
            evidence.redeem_script = Some(redeem_script(&key)?);
        }
        self.input(coin.outpoint, evidence);
        Ok(())
    }

    /// Adds an output to somebody else, or of data.
    pub(super) fn pay(&mut self, output: TxOut) {
        self.outputs.push((output, Output::default()));
    }

    /// Adds a change output with the derivation that proves it.
    ///
    /// # Errors
    /// [`NO_KEY`].
    pub(super) fn change(&mut self, value: Amount, place: Place) -> Result<()> {
        let key = key_at(self.account, place)?;
        let mut evidence = Output::default();
        match self.account.kind() {
            ScriptKind::Tr => {
                let internal = XOnlyPublicKey::from(key.inner);
                evidence.tap_internal_key = Some(internal);
                evidence.tap_key_origins.insert(internal, (vec![], origin(self.account, place)?));
            }
            kind @ (ScriptKind::Wpkh | ScriptKind::Pkh | ScriptKind::ShWpkh) => {
                evidence.bip32_derivation.insert(key.inner, origin(self.account, place)?);
                if kind == ScriptKind::ShWpkh {
                    evidence.redeem_script = Some(redeem_script(&key)?);
                }
            }
        }
        let script_pubkey = script_at(self.account, place)?;
        self.outputs.push((TxOut { value, script_pubkey }, evidence));
        Ok(())
    }

    /// The PSBT: version 2 transaction, no lock time.
    pub(super) fn finish(self) -> Psbt {
        let (inputs, input_evidence) = self.inputs.into_iter().unzip();
        let (outputs, output_evidence) = self.outputs.into_iter().unzip();
        let unsigned =
            Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: inputs, output: outputs };
        let mut psbt = Psbt::from_unsigned_tx(unsigned).expect("inputs have neither scriptSig nor witness");
        psbt.inputs = input_evidence;
        psbt.outputs = output_evidence;
        psbt
    }
}

/// The public key at a place.
///
/// # Errors
/// [`NO_KEY`].
pub(super) fn key_at(account: &BitcoinAccount, place: Place) -> Result<PublicKey> {
    account.public_key(place.branch, place.index).ok_or_else(|| none_at(place))
}

/// The output script at a place.
///
/// # Errors
/// [`NO_KEY`].
pub(super) fn script_at(account: &BitcoinAccount, place: Place) -> Result<ScriptBuf> {
    account.script_pubkey(place.branch, place.index).ok_or_else(|| none_at(place))
}

/// Fingerprint of the master key and full path of a place.
///
/// # Errors
/// [`NO_KEY`].
pub(super) fn origin(account: &BitcoinAccount, place: Place) -> Result<bitcoin::bip32::KeySource> {
    let path = account.full_path(place.branch, place.index).ok_or_else(|| none_at(place))?;
    Ok((account.origin().0, path))
}

fn redeem_script(key: &PublicKey) -> Result<ScriptBuf> {
    let hash = key.wpubkey_hash().map_err(|_| NO_KEY.error("the key is not compressed"))?;
    Ok(ScriptBuf::new_p2wpkh(&hash))
}

fn none_at(place: Place) -> airlock::Error {
    NO_KEY.error(format!("no key at {}/{}", place.branch, place.index))
}
