//! The unlocked secrets of a signing session: account keys, and the children that it has needed so far. All of
//! it is wiped on drop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use airlock::account::{AccountKeys, BitcoinAccount, ScriptKind, XrpAccount};
use airlock::text::Printable;
use airlock::{Code, Exit, Result};
use bitcoin::bip32::ChildNumber;
use bitcoin::key::{TapTweak, UntweakedKeypair};
use bitcoin::secp256k1::{All, Keypair, Message, PublicKey, Secp256k1, SecretKey, ecdsa, schnorr};

use crate::derive::BitcoinKey;
use crate::keys::{ExtendedKey, XrpKey};
use crate::secret::Secret;

/// An account whose key is not unlocked.
pub static NO_KEY: Code = Code::new(
    "E-RING-001",
    Exit::Fixable,
    "The key of an account that has to sign is not unlocked.",
    "Unlock the vault that holds this account.",
);
/// A key that does not belong to its account.
pub static OTHER_KEY: Code = Code::new(
    "E-RING-002",
    Exit::Refused,
    "The private key in the vault does not give the public key that the account list names: one of the two was changed.",
    "Do not sign on this machine before you know why; restore the account list from a backup.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NO_KEY, &OTHER_KEY];

/// Where a child key lies, and whether it carries the BIP-86 tweak.
type Place = (String, u32, u32, bool);

/// Account keys by account reference. No `Clone`, no `Debug`.
///
/// ```compile_fail,E0277
/// fn show(keyring: &airlock_offline::keyring::Keyring) { println!("{keyring:?}"); }
/// ```
pub struct Keyring {
    secp: Secp256k1<All>,
    bitcoin: BTreeMap<String, BitcoinKey>,
    xrp: BTreeMap<String, XrpKey>,
    branches: Mutex<BTreeMap<(String, u32), Arc<ExtendedKey>>>,
    children: Mutex<BTreeMap<Place, Arc<ChildKey>>>,
}

impl Keyring {
    /// An empty keyring. `blinding` is 32 bytes from the operating system; it blinds the arithmetic against
    /// side channels and changes no signature.
    pub fn new(blinding: &Secret<32>) -> Self {
        let mut secp = Secp256k1::new();
        secp.seeded_randomize(blinding.expose());
        Self {
            secp,
            bitcoin: BTreeMap::new(),
            xrp: BTreeMap::new(),
            branches: Mutex::default(),
            children: Mutex::default(),
        }
    }

    /// Adds the extended or single key of a Bitcoin account.
    ///
    /// # Errors
    /// [`OTHER_KEY`] where it is not the private half of the account's extended public key.
    pub fn add_bitcoin(&mut self, account: &BitcoinAccount, key: impl Into<BitcoinKey>) -> Result<()> {
        let key = key.into();
        let is_own = match (&key, account.keys()) {
            (BitcoinKey::Extended(key), AccountKeys::Extended(named)) => {
                let own = key.public(&self.secp);
                own.public_key == named.public_key && own.chain_code == named.chain_code
            }
            (BitcoinKey::Single(key), AccountKeys::Single(named)) => {
                let own = key.expose().public_key(&self.secp);
                let is_same_x = own.x_only_public_key().0 == named.inner.x_only_public_key().0;
                own == named.inner || (account.kind() == ScriptKind::Tr && is_same_x)
            }
            (BitcoinKey::Extended(_), AccountKeys::Single(_))
            | (BitcoinKey::Single(_), AccountKeys::Extended(_)) => false,
        };
        if !is_own {
            return Err(OTHER_KEY.error(format!("the key of account {} is another", account.checksum())));
        }
        self.bitcoin.insert(account.checksum().to_owned(), key);
        Ok(())
    }

    /// Adds the key of an XRP account.
    ///
    /// # Errors
    /// [`OTHER_KEY`] where it is not the account's key.
    pub fn add_xrp(&mut self, account: &XrpAccount, key: XrpKey) -> Result<()> {
        if key.public_key() != account.public_key {
            return Err(OTHER_KEY.error(format!("the key of account {} is another", account.address())));
        }
        self.xrp.insert(account.address().to_owned(), key);
        Ok(())
    }

    /// The curve context of this session.
    pub(crate) fn secp(&self) -> &Secp256k1<All> {
        &self.secp
    }

    /// The key of an XRP account by its classic address.
    pub(crate) fn xrp(&self, address: &str) -> Result<&XrpKey> {
        self.xrp.get(address).ok_or_else(|| no_key(address))
    }

    /// The child key of a Bitcoin account at `branch/index`, derived once; `tweaked` for the Taproot key path.
    pub(crate) fn child(
        &self,
        account: &str,
        branch: u32,
        index: u32,
        tweaked: bool,
    ) -> Result<Arc<ChildKey>> {
        let place = (account.to_owned(), branch, index, tweaked);
        if let Some(key) = lock(&self.children).get(&place) {
            return Ok(Arc::clone(key));
        }
        let key = match self.bitcoin.get(account).ok_or_else(|| no_key(account))? {
            BitcoinKey::Extended(extended) => {
                let child = self.branch(account, extended, branch)?.derive(&self.secp, [step(index)?])?;
                ChildKey::of(&self.secp, child.expose_private_key(), tweaked)
            }
            BitcoinKey::Single(key) if (branch, index) == (0, 0) => {
                ChildKey::of(&self.secp, key.expose(), tweaked)
            }
            BitcoinKey::Single(_) => return Err(no_key(account)),
        };
        let key = Arc::new(key);
        lock(&self.children).insert(place, Arc::clone(&key));
        Ok(key)
    }

    fn branch(&self, account: &str, parent: &ExtendedKey, branch: u32) -> Result<Arc<ExtendedKey>> {
        let place = (account.to_owned(), branch);
        if let Some(key) = lock(&self.branches).get(&place) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(parent.derive(&self.secp, [step(branch)?])?);
        lock(&self.branches).insert(place, Arc::clone(&key));
        Ok(key)
    }
}

/// A key that signs one kind of input, on the heap and erased on drop.
pub(crate) struct ChildKey {
    pair: Box<Keypair>,
    public: PublicKey,
}

impl ChildKey {
    fn of(secp: &Secp256k1<All>, key: &SecretKey, tweaked: bool) -> Self {
        let mut pair = UntweakedKeypair::from_secret_key(secp, key);
        if tweaked {
            let mut output = pair.tap_tweak(secp, None).to_keypair();
            pair.non_secure_erase();
            pair = output;
            output.non_secure_erase();
        }
        let key = Self { public: pair.public_key(), pair: Box::new(pair) };
        pair.non_secure_erase();
        key
    }

    /// The public key that verifies; for a tweaked key the output key.
    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    /// RFC 6979 with Bitcoin Core's counter until R is low (design.md 10.18).
    pub(crate) fn sign_ecdsa(&self, secp: &Secp256k1<All>, digest: &Message) -> ecdsa::Signature {
        let mut secret = SecretKey::from_keypair(&self.pair);
        let signature = secp.sign_ecdsa_low_r(digest, &secret);
        secret.non_secure_erase();
        signature
    }

    /// BIP-340 with 32 zero bytes as auxiliary data (design.md 10.18).
    pub(crate) fn sign_schnorr(&self, secp: &Secp256k1<All>, digest: &Message) -> schnorr::Signature {
        secp.sign_schnorr_with_aux_rand(digest, &self.pair, &[0; 32])
    }
}

impl Drop for ChildKey {
    fn drop(&mut self) {
        self.pair.non_secure_erase();
    }
}

fn no_key(account: &str) -> airlock::Error {
    NO_KEY.error(format!("account {} is not in this keyring", Printable::new(account)))
}

fn step(number: u32) -> Result<ChildNumber> {
    ChildNumber::from_normal_idx(number)
        .map_err(|_| crate::keys::bip32::DERIVATION.error(format!("the step {number} is too large")))
}

/// A thread that panicked held no half-written entry: entries are inserted whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_bip340_vector_0_whose_auxiliary_data_is_zero() {
        let secp = Secp256k1::new();
        let mut secret = [0; 32];
        secret[31] = 3;
        let pair = Keypair::from_seckey_slice(&secp, &secret).unwrap();
        let key = ChildKey { public: pair.public_key(), pair: Box::new(pair) };
        let signature = key.sign_schnorr(&secp, &Message::from_digest([0; 32]));
        assert_eq!(
            signature.to_string(),
            "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215\
             25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0"
        );
    }

    #[test]
    fn refuses_a_key_that_is_not_the_accounts_and_names_accounts_without_key() {
        let secp = Secp256k1::new();
        let mut keyring = Keyring::new(&Secret::zero());
        let master = |byte: u8| {
            ExtendedKey::master(&Secret::take(&mut [byte; 64]), bitcoin::Network::Regtest).unwrap()
        };
        let account = BitcoinAccount::new(
            ScriptKind::Wpkh,
            airlock::network::BitcoinNetwork::Regtest,
            master(1).fingerprint(&secp),
            &"m/44'/1'/0'".parse().unwrap(),
            master(1).public(&secp),
        )
        .unwrap();
        assert_eq!(keyring.add_bitcoin(&account, master(2)).unwrap_err().code(), &OTHER_KEY);
        assert_eq!(keyring.child(account.checksum(), 0, 0, false).err().unwrap().code(), &NO_KEY);
        keyring.add_bitcoin(&account, master(1)).unwrap();
        let child = keyring.child(account.checksum(), 0, 5, false).unwrap();
        assert_eq!(child.public(), account.public_key(0, 5).unwrap().inner);
    }
}
