//! One XRP transaction, one key (xrpl.md 5.7, 5.8; design.md 10.18): the data to sign is built here from the
//! decoded fields with the prefix of a transaction, never taken from outside.
//!
//! There is no way to sign a given hash or payload:
//! ```compile_fail,E0425
//! fn sign(key: &airlock_offline::keys::XrpKey) {
//!     let _ = airlock_offline::sign::xrp::sign_hash(key, [0u8; 32]);
//! }
//! ```
//! Whether a transaction may be signed at all was decided before, by the whitelist and by a person; this
//! module is what happens after the yes.

use std::borrow::Cow;

use airlock::xrp::hash::sha512_half;
use airlock::xrp::{AccountId, MultiSignature, Transaction};
use airlock::{Code, Exit, Result};
use bitcoin::secp256k1::{All, Message, Secp256k1};
use ed25519_dalek::Signer;

use crate::keys::XrpKey;
use crate::keys::xrp::Private;

/// SigningPubKey names another key.
pub static WRONG_KEY: Code = Code::new(
    "E-SIGN-001",
    Exit::Refused,
    "The transaction is made for another key, or for several signers.",
    "Choose the account whose key stands in SigningPubKey.",
);
/// The transaction carries a signature already.
pub static ALREADY_SIGNED: Code = Code::new(
    "E-SIGN-002",
    Exit::Refused,
    "A transaction is signed once: a second signature would make a second transaction id for the same payment.",
    "Broadcast the signed transaction that exists.",
);

/// Signs alone. SigningPubKey is filled in when it is absent and must be this key's otherwise. The key need
/// not be the master key of Account (regular keys).
///
/// # Errors
/// [`ALREADY_SIGNED`], [`WRONG_KEY`], or a signature that does not verify, which is a defect.
pub fn sign_single(secp: &Secp256k1<All>, key: &XrpKey, transaction: &Transaction) -> Result<Transaction> {
    refuse_signed(transaction)?;
    let own = key.public_key();
    let ready = match transaction.object().blob(airlock::xrp::Field::SigningPubKey) {
        None => Cow::Owned(transaction.with_signing_pub_key(&own)),
        Some(key) if *key == own.to_bytes() => Cow::Borrowed(transaction),
        Some(_) => {
            return Err(WRONG_KEY.error(format!("SigningPubKey is not this account's key {own}")));
        }
    };
    ready.with_signature(&signature(secp, key, &ready.signing_data()))
}

/// Signs as one of several signers, for the account that stands in the signer list.
///
/// # Errors
/// [`ALREADY_SIGNED`], [`WRONG_KEY`] when SigningPubKey is not empty, or a signature that does not verify,
/// which is a defect.
pub fn sign_multi(
    secp: &Secp256k1<All>,
    key: &XrpKey,
    signer: &AccountId,
    transaction: &Transaction,
) -> Result<MultiSignature> {
    refuse_signed(transaction)?;
    if transaction.signing_pub_key().is_some() {
        return Err(WRONG_KEY.error("SigningPubKey names one key; with several signers it is empty"));
    }
    let data = transaction.multi_signing_data(signer);
    let signature = signature(secp, key, &data);
    key.public_key().verify_with(secp, &data, &signature)?;
    Ok(MultiSignature { account: *signer, key: key.public_key(), signature })
}

fn refuse_signed(transaction: &Transaction) -> Result<()> {
    if transaction.is_signed() {
        return Err(ALREADY_SIGNED.error("the transaction carries a signature already"));
    }
    Ok(())
}

/// Plain RFC 6979 with low S as DER, or RFC 8032; no other entropy, so two machines give equal bytes.
fn signature(secp: &Secp256k1<All>, key: &XrpKey, signing_data: &[u8]) -> Vec<u8> {
    match key.expose() {
        Private::Secp256k1(private) => {
            let digest = Message::from_digest(sha512_half(&[signing_data]));
            secp.sign_ecdsa(&digest, private.expose()).serialize_der().to_vec()
        }
        Private::Ed25519(private) => private.sign(signing_data).to_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::FamilySeed;

    fn payment() -> Transaction {
        let tx = json!({
            "TransactionType": "Payment", "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            "Destination": "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe", "Amount": "1", "Fee": "12", "Flags": 0, "Sequence": 5,
        });
        Transaction::from_json(&tx).unwrap()
    }

    fn key(seed: &str) -> XrpKey {
        FamilySeed::parse(seed).unwrap().key(&Secp256k1::new()).unwrap()
    }

    #[test]
    fn two_runs_give_equal_bytes_with_differently_randomized_contexts() {
        for seed in ["snoPBrXtMeMyMHUVTgbuqAfg1SUTb", "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"] {
            let signed = [[1u8; 32], [2; 32]].map(|random| {
                let mut secp = Secp256k1::new();
                secp.seeded_randomize(&random);
                sign_single(&secp, &key(seed), &payment()).unwrap().to_blob()
            });
            assert_eq!(signed[0], signed[1]);
        }
    }

    #[test]
    fn refuses_to_sign_for_another_key_or_twice() {
        let secp = Secp256k1::new();
        let (genesis, other) = (key("snoPBrXtMeMyMHUVTgbuqAfg1SUTb"), key("sEdTM1uX8pu2do5XvTnutH6HsouMaM2"));
        let ready = payment().with_signing_pub_key(&genesis.public_key());
        assert_eq!(sign_single(&secp, &other, &ready).unwrap_err().code(), &WRONG_KEY);
        let several = payment().with_empty_signing_pub_key();
        assert_eq!(sign_single(&secp, &genesis, &several).unwrap_err().code(), &WRONG_KEY);
        assert_eq!(sign_multi(&secp, &other, &other.account_id(), &ready).unwrap_err().code(), &WRONG_KEY);
        let signed = sign_single(&secp, &genesis, &ready).unwrap();
        assert_eq!(sign_single(&secp, &genesis, &signed).unwrap_err().code(), &ALREADY_SIGNED);
        let account = other.account_id();
        assert_eq!(sign_multi(&secp, &other, &account, &signed).unwrap_err().code(), &ALREADY_SIGNED);
    }

    #[test]
    fn a_signature_for_one_signer_does_not_serve_another() {
        let secp = Secp256k1::new();
        let key = key("sEdTM1uX8pu2do5XvTnutH6HsouMaM2");
        let mut signature = sign_multi(&secp, &key, &key.account_id(), &payment()).unwrap();
        assert!(payment().with_signers(std::slice::from_ref(&signature)).is_ok());
        signature.account = "rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe".parse().unwrap();
        assert!(payment().with_signers(&[signature]).is_err());
    }
}
