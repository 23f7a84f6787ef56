//! From the vault's secrets to accounts: which path, and is this account really of this secret?

use airlock::account::{AccountKeys, BitcoinAccount, Rail, ScriptKind, XrpAccount};
use airlock::network::BitcoinNetwork;
use airlock::{Code, Exit, Result};
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint};
use bitcoin::hashes::Hash;
use bitcoin::{NetworkKind, PublicKey};

use crate::keys::xrp::ErasedKey;
use crate::keys::{ExtendedKey, XrpKey, bip32::DERIVATION, curve::SECP};
use crate::register::Entry;
use crate::secret::Secret;
use crate::vault::Kept;

/// A secret that cannot make this kind of account.
pub static WRONG_KIND: Code = Code::new(
    "E-DERIVE-001",
    Exit::Fixable,
    "A mnemonic or an extended master key makes accounts of all kinds; a family seed makes one XRP account; a private \
     key, an extended key below a master key and a Counterwallet passphrase make Bitcoin accounts only.",
    "Choose another kind of account, or another secret with `--secret NAME`.",
);
/// An account that is not derived from its secret.
pub static NOT_DERIVED: Code = Code::new(
    "E-DERIVE-002",
    Exit::Refused,
    "Deriving the account again from the secret in the vault gives other keys than accounts.json names, so payments \
     shown as change would go elsewhere.",
    "Restore accounts.json from the backup, or add the account again in a fresh home folder.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&WRONG_KIND, &NOT_DERIVED];

/// The secret of one name, ready to derive from. BIP-39's stretching is done once.
pub struct Source<'a> {
    kept: &'a Kept,
    seed: Option<Secret<64>>,
}

impl<'a> Source<'a> {
    /// Prepares a secret.
    pub fn new(kept: &'a Kept) -> Self {
        let seed = match kept {
            Kept::Mnemonic { words, passphrase } => Some(words.seed(passphrase)),
            Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::PrivateKey(_) | Kept::Extended(_) => None,
        };
        Self { kept, seed }
    }

    /// The master key of a mnemonic or a Counterwallet passphrase.
    ///
    /// # Errors
    /// [`WRONG_KIND`] for every other secret.
    pub fn master(&self, network: BitcoinNetwork) -> Result<ExtendedKey> {
        match (self.kept, &self.seed) {
            (Kept::Mnemonic { .. }, Some(seed)) => ExtendedKey::master(seed, network.to_bitcoin()),
            (Kept::Counterwallet(words), _) => words.master(network.to_bitcoin()),
            (kept, _) => Err(WRONG_KIND.error(format!("a {} has no master key", kept.kind()))),
        }
    }

    /// The extended key at a path from the master key, with the master key's fingerprint.
    fn extended(&self, network: BitcoinNetwork, path: &DerivationPath) -> Result<(Fingerprint, ExtendedKey)> {
        if let Kept::Extended(own) = self.kept {
            check_network(own.network(), network)?;
            let key = own.derive(path)?.ok_or_else(|| {
                WRONG_KIND
                    .error(format!("the key lies at m/{}, which {path} does not begin with", own.path()))
            })?;
            return Ok((own.fingerprint(), key));
        }
        let master = self.master(network)?;
        Ok((master.fingerprint(&SECP), master.derive(&SECP, path)?))
    }

    /// The Bitcoin account at a path.
    ///
    /// # Errors
    /// [`WRONG_KIND`], or a path that is too deep.
    pub fn bitcoin(
        &self,
        kind: ScriptKind,
        network: BitcoinNetwork,
        path: &DerivationPath,
    ) -> Result<BitcoinAccount> {
        let (fingerprint, key) = self.extended(network, path)?;
        BitcoinAccount::new(kind, network, fingerprint, path, key.public(&SECP))
    }

    /// The Bitcoin account of the one key at a path, which is empty for a private key by itself.
    ///
    /// # Errors
    /// [`WRONG_KIND`], or a key in a form that its kind does not take.
    pub fn single(
        &self,
        kind: ScriptKind,
        network: BitcoinNetwork,
        path: &DerivationPath,
        is_compressed: bool,
    ) -> Result<BitcoinAccount> {
        let (fingerprint, key) = match self.kept {
            Kept::PrivateKey(own) => {
                check_network(own.network(), network)?;
                if !path.is_empty() {
                    return Err(WRONG_KIND.error("a private key has no paths"));
                }
                let key = own.public(is_compressed);
                (fingerprint(&key), key)
            }
            Kept::Mnemonic { .. } | Kept::FamilySeed(_) | Kept::Counterwallet(_) | Kept::Extended(_) => {
                let (fingerprint, key) = self.extended(network, path)?;
                let inner = key.public(&SECP).public_key;
                (fingerprint, PublicKey { compressed: is_compressed, inner })
            }
        };
        BitcoinAccount::single(kind, network, fingerprint, path, key)
    }

    /// The private half of a Bitcoin account.
    ///
    /// # Errors
    /// [`WRONG_KIND`] where this secret cannot have made the account.
    pub fn bitcoin_key(&self, account: &BitcoinAccount) -> Result<BitcoinKey> {
        let path = &account.origin().1;
        match (self.kept, account.keys()) {
            (Kept::PrivateKey(own), AccountKeys::Single(_)) => {
                let mut key = *own.expose().expose();
                Ok(BitcoinKey::Single(ErasedKey::take(&mut key)))
            }
            (_, AccountKeys::Single(_)) => {
                let (_, key) = self.extended(account.network(), path)?;
                let mut key = *key.expose_private_key();
                Ok(BitcoinKey::Single(ErasedKey::take(&mut key)))
            }
            (_, AccountKeys::Extended(_)) => Ok(self.extended(account.network(), path)?.1.into()),
        }
    }

    /// The key of an XRP account: at a path below a mnemonic or an extended master key, or of the family seed itself.
    ///
    /// # Errors
    /// [`WRONG_KIND`] where the path and the kind of secret do not go together.
    pub fn xrp(&self, path: Option<&DerivationPath>) -> Result<XrpKey> {
        match (self.kept, path) {
            (Kept::Mnemonic { .. }, Some(path)) => {
                XrpKey::at(&SECP, &self.master(BitcoinNetwork::Mainnet)?, path)
            }
            (Kept::Extended(own), Some(path)) if own.is_master() => {
                let (_, key) = self.extended(BitcoinNetwork::Mainnet, path)?;
                XrpKey::at(&SECP, &key, &DerivationPath::master())
            }
            (Kept::FamilySeed(seed), None) => seed.key(&SECP),
            (kept, Some(_)) => {
                Err(WRONG_KIND.error(format!("a {} has no paths to XRP accounts", kept.kind())))
            }
            (kept, None) => {
                Err(WRONG_KIND.error(format!("a {} makes no XRP account without a path", kept.kind())))
            }
        }
    }

    /// Fingerprint of the master key or of the single key, or address of a family seed: what tells a wrong secret at a
    /// glance.
    ///
    /// # Errors
    /// Never in practice.
    pub fn fingerprint(&self) -> Result<String> {
        match self.kept {
            Kept::Mnemonic { .. } | Kept::Counterwallet(_) => {
                Ok(self.master(BitcoinNetwork::Mainnet)?.fingerprint(&SECP).to_string())
            }
            Kept::Extended(own) => Ok(own.fingerprint().to_string()),
            Kept::PrivateKey(own) => Ok(fingerprint(&own.public(own.is_compressed())).to_string()),
            Kept::FamilySeed(_) => Ok(self.xrp(None)?.account_id().to_string()),
        }
    }

    /// Derives the account again.
    ///
    /// # Errors
    /// [`WRONG_KIND`] where this secret cannot have made the account.
    pub fn again(&self, entry: &Entry) -> Result<Rail> {
        Ok(match &entry.account.rail {
            Rail::Bitcoin(account) => {
                let (kind, network, path) = (account.kind(), account.network(), &account.origin().1);
                Rail::Bitcoin(match account.keys() {
                    AccountKeys::Extended(_) => self.bitcoin(kind, network, path)?,
                    AccountKeys::Single(_) => self.single(kind, network, path, account.is_compressed())?,
                })
            }
            Rail::Xrp(account) => {
                let key = self.xrp(entry.path.as_ref())?;
                Rail::Xrp(XrpAccount::new(account.network_id, key.public_key()))
            }
        })
    }

    /// Derives the account again and demands the same.
    ///
    /// # Errors
    /// [`NOT_DERIVED`].
    pub fn check(&self, entry: &Entry) -> Result<()> {
        if self.again(entry)? != entry.account.rail {
            let name = &entry.account.name;
            return Err(
                NOT_DERIVED.error(format!("account '{name}' is not derived from secret '{}'", entry.secret))
            );
        }
        Ok(())
    }
}

/// The private half of a Bitcoin account.
pub enum BitcoinKey {
    /// The extended key above its branches.
    Extended(ExtendedKey),
    /// Its one key.
    Single(Box<ErasedKey>),
}

impl From<ExtendedKey> for BitcoinKey {
    fn from(key: ExtendedKey) -> Self {
        Self::Extended(key)
    }
}

/// The first four bytes of the key's hash, as Bitcoin Core names a key without origin.
fn fingerprint(key: &PublicKey) -> Fingerprint {
    let [a, b, c, d, ..] = key.pubkey_hash().to_byte_array();
    Fingerprint::from([a, b, c, d])
}

fn check_network(own: NetworkKind, network: BitcoinNetwork) -> Result<()> {
    if own == network.to_bitcoin().into() {
        return Ok(());
    }
    let own = if own.is_mainnet() { "the main network" } else { "test networks" };
    Err(WRONG_KIND
        .error(format!("this key is written for {own}, not for {network}"))
        .with_next("Choose the network with `--network`."))
}

/// The path of a Bitcoin account: BIP-44, 49, 84 or 86 by its kind, SLIP-44 coin type, number.
///
/// # Errors
/// [`DERIVATION`] when the number is 2^31 or more.
pub fn bitcoin_path(kind: ScriptKind, network: BitcoinNetwork, number: u32) -> Result<DerivationPath> {
    let purpose = match kind {
        ScriptKind::Pkh => 44,
        ScriptKind::ShWpkh => 49,
        ScriptKind::Wpkh => 84,
        ScriptKind::Tr => 86,
    };
    let steps = [purpose, network.coin_type(), number].map(ChildNumber::from_hardened_idx);
    let steps = steps.into_iter().collect::<Result<Vec<_>, _>>();
    steps
        .map(DerivationPath::from)
        .map_err(|_| DERIVATION.error(format!("account number {number} is 2147483648 or more")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Mnemonic, xrp::bip44_path};
    use crate::secret::SecretText;

    fn kept(passphrase: &str) -> Kept {
        let words =
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        Kept::Mnemonic {
            words: Mnemonic::parse(words).unwrap(),
            passphrase: SecretText::new(passphrase.to_owned()),
        }
    }

    #[test]
    fn derives_the_accounts_that_other_wallets_derive() {
        let kept = kept("");
        let source = Source::new(&kept);
        for (kind, network, first) in [
            // BIP-84, BIP-86 and BIP-49 test vectors; the pkh address is Bitcoin Core's of the recordings.
            (ScriptKind::Wpkh, BitcoinNetwork::Mainnet, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"),
            (
                ScriptKind::Tr,
                BitcoinNetwork::Mainnet,
                "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
            ),
            (ScriptKind::ShWpkh, BitcoinNetwork::Testnet3, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"),
            (ScriptKind::Pkh, BitcoinNetwork::Regtest, "mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV"),
        ] {
            let path = bitcoin_path(kind, network, 0).unwrap();
            let account = source.bitcoin(kind, network, &path).unwrap();
            assert_eq!(account.address(0, 0).unwrap().to_string(), first);
        }
        let key = source.xrp(Some(&bip44_path(0, 0).unwrap())).unwrap();
        assert_eq!(key.account_id().to_string(), "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3");
        assert_eq!(source.fingerprint().unwrap(), "73c5da0a");
    }

    #[test]
    fn an_account_of_another_passphrase_is_not_derived_from_this_secret() {
        let (own, other) = (kept(""), kept("x"));
        let path = bitcoin_path(ScriptKind::Wpkh, BitcoinNetwork::Regtest, 0).unwrap();
        let account = Source::new(&own).bitcoin(ScriptKind::Wpkh, BitcoinNetwork::Regtest, &path).unwrap();
        let entry = Entry {
            account: airlock::account::Account {
                name: "cold".parse().unwrap(),
                role: airlock::account::Role::Cold,
                holds: airlock::account::Holds::Assets,
                rail: Rail::Bitcoin(account),
            },
            secret: "main".parse().unwrap(),
            path: None,
        };
        assert!(Source::new(&own).check(&entry).is_ok());
        assert_eq!(Source::new(&other).check(&entry).unwrap_err().code(), &NOT_DERIVED);
    }
}
