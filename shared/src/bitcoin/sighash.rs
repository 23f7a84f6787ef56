//! What a signature covers: BIP-143, BIP-341 and the legacy digest, always over the whole transaction (ALL,
//! DEFAULT). Amounts and scripts come from proved outputs, never from what a file claims.

use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Message, PublicKey};
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{EcdsaSighashType, TapLeafHash, TapSighashType, Transaction, TxOut};

use super::spend;
use crate::error::{Code, Exit, Result};
use crate::review::Spend;

/// No digest: transaction and spent outputs do not fit together.
pub static NO_DIGEST: Code = Code::new(
    "E-SPND-002",
    Exit::Internal,
    "The transaction and the outputs that it spends do not fit together, so nothing can be signed.",
    "Report this: it is a defect of the program.",
);

/// The digests of one transaction; what all inputs share is hashed once.
pub struct Digests<'a> {
    cache: SighashCache<&'a Transaction>,
    prevouts: Vec<&'a TxOut>,
}

impl<'a> Digests<'a> {
    /// For a transaction and the outputs that it spends, one for each input in order.
    ///
    /// # Errors
    /// [`NO_DIGEST`] where the counts differ.
    pub fn new(transaction: &'a Transaction, prevouts: Vec<&'a TxOut>) -> Result<Self> {
        if transaction.input.len() != prevouts.len() {
            return Err(NO_DIGEST.error(format!(
                "{} inputs, but {} spent outputs",
                transaction.input.len(),
                prevouts.len()
            )));
        }
        Ok(Self { cache: SighashCache::new(transaction), prevouts })
    }

    /// The digest that `key` signs for `input`; ECDSA with `SIGHASH_ALL`, BIP-340 with `SIGHASH_DEFAULT`.
    ///
    /// For [`Spend::TaprootKey`] the key is the output key ([`spend::output_key`]).
    ///
    /// # Errors
    /// [`spend::WRONG_SCRIPT`] where the spent output is not this key's; [`NO_DIGEST`] for an input that is not
    /// there.
    pub fn of(&mut self, input: usize, spend: &Spend, key: &PublicKey) -> Result<Message> {
        let prevout =
            *self.prevouts.get(input).ok_or_else(|| NO_DIGEST.error(format!("there is no input {input}")))?;
        let script = prevout.script_pubkey.as_script();
        spend::check(spend, key, script)?;
        let all = EcdsaSighashType::All;
        let digest = match spend {
            Spend::Wpkh => self
                .cache
                .p2wpkh_signature_hash(input, script, prevout.value, all)
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
            Spend::ShWpkh => self
                .cache
                .p2wpkh_signature_hash(input, &spend::nested_program(key), prevout.value, all)
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
            Spend::Pkh | Spend::PkhUncompressed => self
                .cache
                .legacy_signature_hash(input, script, all.to_u32())
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
            Spend::P2shData { redeem_script } => self
                .cache
                .legacy_signature_hash(input, redeem_script, all.to_u32())
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
            Spend::TaprootKey => self
                .cache
                .taproot_key_spend_signature_hash(
                    input,
                    &Prevouts::All(&self.prevouts),
                    TapSighashType::Default,
                )
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
            Spend::TaprootReveal { leaf, control_block } => self
                .cache
                .taproot_script_spend_signature_hash(
                    input,
                    &Prevouts::All(&self.prevouts),
                    TapLeafHash::from_script(leaf, control_block.leaf_version),
                    TapSighashType::Default,
                )
                .map(|digest| digest.to_byte_array())
                .map_err(|e| e.to_string()),
        };
        digest.map(Message::from_digest).map_err(|why| NO_DIGEST.error(why))
    }
}
