//! Accounts: named, with a role, on one rail and one network. Public data only.
//!
//! A Bitcoin account is a ranged descriptor with key origin and two branches, `/<0;1>/*` (BIP-380, BIP-389);
//! branch 9 is reserved for reveal keys (design.md 10.7). For funds on historical addresses it may also be a
//! single key, compressed or not, which has the one address 0/0. An XRP account is one address with its master
//! public key.

use core::fmt;
use core::str::FromStr;

use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, KeySource, Xpub};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{All, Parity, Secp256k1};
use bitcoin::{Address, OutPoint, PublicKey, ScriptBuf, XOnlyPublicKey};
use miniscript::descriptor::{
    DescriptorMultiXKey, DescriptorType, ShInner, SinglePub, SinglePubKey, Wildcard, checksum,
};
use miniscript::{Descriptor, DescriptorPublicKey};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

use crate::error::{Code, Error, Exit, Result};
use crate::network::BitcoinNetwork;
use crate::text::Printable;
use crate::xrp;

/// A descriptor that is not one of ours.
pub static BAD_DESCRIPTOR: Code = Code::new(
    "E-ACCT-001",
    Exit::BadInput,
    "A Bitcoin account is one descriptor of the kinds wpkh, pkh, sh(wpkh) or tr, with key origin, one extended \
     public key and the branches /<0;1>/*, or one single public key, and its checksum.",
    "Export the watch file again with `airlock-offline accounts export`.",
);
/// A name that cannot be typed or shown safely.
pub static BAD_NAME: Code = Code::new(
    "E-ACCT-002",
    Exit::BadInput,
    "Account names have 1 to 32 characters out of a-z, 0-9, '-' and '_' and begin with a letter.",
    "Choose a shorter name of lower-case letters, digits, '-' and '_'.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BAD_DESCRIPTOR, &BAD_NAME];

/// The branch of reveal keys of Taproot commitments (design.md 10.7).
pub const REVEAL_BRANCH: u32 = 9;

/// The curve context for public keys; it holds no secret.
pub static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// The name of an account: 1 to 32 characters of `a-z0-9-_`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

impl AccountName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let begins_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins_well || text.len() > 32 || !text.chars().all(legal) {
            return Err(BAD_NAME.error(format!("'{}' is not an account name", Printable::new(text))));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AccountName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The bulk of the funds; keys never near a network.
    Cold,
    /// Between cold and hot, usually signed by several people.
    Warm,
    /// Pays withdrawals; keys online, outside this toolkit.
    Hot,
    /// Receives from customers.
    Deposit,
    /// Primary holding address of Counterparty assets.
    Holding,
}

impl Role {
    /// The word in files and on screens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Hot => "hot",
            Self::Deposit => "deposit",
            Self::Holding => "holding",
        }
    }
}

/// Whether addresses of a Bitcoin account may hold Counterparty assets (counterparty.md 6.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// It may hold assets, so it pays bitcoin to P2PKH and P2WPKH only.
    #[default]
    Assets,
    /// It holds no assets and may pay bitcoin to every kind of output.
    BitcoinOnly,
}

/// The kinds of Bitcoin account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScriptKind {
    /// Native segwit, BIP-84.
    Wpkh,
    /// Legacy, BIP-44.
    Pkh,
    /// Nested segwit, BIP-49.
    ShWpkh,
    /// Taproot key path, BIP-86.
    Tr,
}

/// The public keys of a Bitcoin account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountKeys {
    /// The branches 0, 1 and 9 below an extended key.
    Extended(Xpub),
    /// One key, at 0/0; not compressed only where its kind is `pkh`.
    Single(PublicKey),
}

/// A Bitcoin account: a descriptor on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitcoinAccount {
    network: BitcoinNetwork,
    kind: ScriptKind,
    origin: (Fingerprint, DerivationPath),
    keys: AccountKeys,
    checksum: String,
    descriptor: String,
}

impl BitcoinAccount {
    /// Reads a descriptor, which must be written exactly as `descriptor()` writes it.
    ///
    /// # Errors
    /// [`BAD_DESCRIPTOR`] for every other form, kind, network or a wrong checksum.
    pub fn parse(text: &str, network: BitcoinNetwork) -> Result<Self> {
        let bad = |why: &str| BAD_DESCRIPTOR.error(format!("'{}': {why}", Printable::new(text)));
        if !text.contains('#') {
            return Err(bad("no checksum"));
        }
        let parsed = Descriptor::<DescriptorPublicKey>::from_str(text)
            .map_err(|e| bad(Printable::new(&e.to_string()).as_str()))?;
        let (kind, key) = match (&parsed, parsed.desc_type()) {
            (Descriptor::Wpkh(inner), _) => (ScriptKind::Wpkh, inner.as_inner()),
            (Descriptor::Pkh(inner), _) => (ScriptKind::Pkh, inner.as_inner()),
            (Descriptor::Sh(inner), DescriptorType::ShWpkh) => match inner.as_inner() {
                ShInner::Wpkh(wpkh) => (ScriptKind::ShWpkh, wpkh.as_inner()),
                ShInner::Wsh(_) | ShInner::SortedMulti(_) | ShInner::Ms(_) => {
                    return Err(bad("only wpkh, pkh, sh(wpkh) and tr accounts"));
                }
            },
            (Descriptor::Tr(inner), _) if inner.tap_tree().is_none() => {
                (ScriptKind::Tr, inner.internal_key())
            }
            _ => return Err(bad("only wpkh, pkh, sh(wpkh) and tr accounts")),
        };
        let (keys, origin) = match key {
            DescriptorPublicKey::MultiXPub(key) => extended(key, network),
            DescriptorPublicKey::Single(key) => single(key, kind),
            DescriptorPublicKey::XPub(_) => Err("the branches must be /<0;1>/*".to_owned()),
        }
        .map_err(|why| bad(&why))?;
        let Some(origin) = origin else {
            return Err(bad("no key origin"));
        };
        let descriptor = parsed.to_string();
        if descriptor != text {
            return Err(bad(&format!("the usual way of writing it is {descriptor}")));
        }
        let checksum =
            descriptor.rsplit_once('#').map(|(_, sum)| sum.to_owned()).ok_or_else(|| bad("no checksum"))?;
        Ok(Self { network, kind, origin, keys, checksum, descriptor })
    }

    /// Builds the account of an extended public key.
    ///
    /// # Errors
    /// [`BAD_DESCRIPTOR`] where the key is for another network.
    pub fn new(
        kind: ScriptKind,
        network: BitcoinNetwork,
        fingerprint: Fingerprint,
        path: &DerivationPath,
        xpub: Xpub,
    ) -> Result<Self> {
        Self::written(kind, network, &format!("[{}]{xpub}/<0;1>/*", written_origin(fingerprint, path)))
    }

    /// Builds the account of a single key.
    ///
    /// # Errors
    /// [`BAD_DESCRIPTOR`] for a key that is not compressed, in another kind than `pkh`.
    pub fn single(
        kind: ScriptKind,
        network: BitcoinNetwork,
        fingerprint: Fingerprint,
        path: &DerivationPath,
        key: PublicKey,
    ) -> Result<Self> {
        let origin = written_origin(fingerprint, path);
        let key = match kind {
            ScriptKind::Tr => XOnlyPublicKey::from(key.inner).to_string(),
            ScriptKind::Wpkh | ScriptKind::Pkh | ScriptKind::ShWpkh => key.to_string(),
        };
        Self::written(kind, network, &format!("[{origin}]{key}"))
    }

    fn written(kind: ScriptKind, network: BitcoinNetwork, key: &str) -> Result<Self> {
        let body = match kind {
            ScriptKind::Wpkh => format!("wpkh({key})"),
            ScriptKind::Pkh => format!("pkh({key})"),
            ScriptKind::ShWpkh => format!("sh(wpkh({key}))"),
            ScriptKind::Tr => format!("tr({key})"),
        };
        let descriptor = Descriptor::<DescriptorPublicKey>::from_str(&body)
            .map_err(|e| BAD_DESCRIPTOR.error(Printable::new(&e.to_string()).to_string()))?;
        Self::parse(&descriptor.to_string(), network)
    }

    /// The network.
    pub fn network(&self) -> BitcoinNetwork {
        self.network
    }

    /// The kind of its scripts.
    pub fn kind(&self) -> ScriptKind {
        self.kind
    }

    /// Master fingerprint and path of the extended or single key.
    pub fn origin(&self) -> &(Fingerprint, DerivationPath) {
        &self.origin
    }

    /// The account's public keys.
    pub fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    /// The account's extended public key; none where it is a single key.
    pub fn xpub(&self) -> Option<&Xpub> {
        match &self.keys {
            AccountKeys::Extended(xpub) => Some(xpub),
            AccountKeys::Single(_) => None,
        }
    }

    /// False where its one key is written in 65 bytes.
    pub fn is_compressed(&self) -> bool {
        match &self.keys {
            AccountKeys::Extended(_) => true,
            AccountKeys::Single(key) => key.compressed,
        }
    }

    /// The eight characters behind `#`, by which bundles name the account.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The descriptor with checksum.
    pub fn descriptor(&self) -> &str {
        &self.descriptor
    }

    /// The public key at `branch/index`; none beyond 2^31-1, nor beside 0/0 of a single key.
    pub fn public_key(&self, branch: u32, index: u32) -> Option<PublicKey> {
        match &self.keys {
            AccountKeys::Extended(xpub) => {
                let child = xpub.derive_pub(&*SECP, &steps(branch, index)?).ok()?;
                Some(PublicKey::new(child.public_key))
            }
            AccountKeys::Single(key) => Some(*key).filter(|_| (branch, index) == (0, 0)),
        }
    }

    /// The full derivation path of `branch/index` from the master key.
    pub fn full_path(&self, branch: u32, index: u32) -> Option<DerivationPath> {
        match &self.keys {
            AccountKeys::Extended(_) => Some(self.origin.1.extend(steps(branch, index)?)),
            AccountKeys::Single(_) => Some(self.origin.1.clone()).filter(|_| (branch, index) == (0, 0)),
        }
    }

    /// Branch and index of the key at a full path below the master key; none where it does not lie in the account.
    pub fn place(&self, fingerprint: Fingerprint, path: &DerivationPath) -> Option<(u32, u32)> {
        let (master, origin) = &self.origin;
        let path: &[ChildNumber] = path.as_ref();
        let below = path.strip_prefix(AsRef::<[_]>::as_ref(origin)).filter(|_| fingerprint == *master)?;
        match (&self.keys, below) {
            (
                AccountKeys::Extended(_),
                [ChildNumber::Normal { index: branch }, ChildNumber::Normal { index }],
            ) => Some((*branch, *index)),
            (AccountKeys::Single(_), []) => Some((0, 0)),
            (AccountKeys::Extended(_) | AccountKeys::Single(_), _) => None,
        }
    }

    /// The output script at `branch/index`; none beyond 2^31-1.
    pub fn script_pubkey(&self, branch: u32, index: u32) -> Option<ScriptBuf> {
        self.address(branch, index).map(|address| address.script_pubkey())
    }

    /// The address at `branch/index`; none beyond 2^31-1.
    pub fn address(&self, branch: u32, index: u32) -> Option<Address> {
        let key = self.public_key(branch, index)?;
        let compressed = bitcoin::CompressedPublicKey(key.inner);
        let network = self.network.to_bitcoin();
        Some(match self.kind {
            ScriptKind::Wpkh => Address::p2wpkh(&compressed, network),
            ScriptKind::Pkh => Address::p2pkh(key, network),
            ScriptKind::ShWpkh => Address::p2shwpkh(&compressed, network),
            ScriptKind::Tr => Address::p2tr(&SECP, XOnlyPublicKey::from(key.inner), None, network),
        })
    }

    /// Index of the reveal key on branch 9 for a commit whose first input spends `first_input`: the first 31
    /// bits of SHA-256 of the outpoint as serialized (design.md 10.7).
    pub fn reveal_index(first_input: OutPoint) -> u32 {
        let digest = sha256::Hash::hash(&bitcoin::consensus::serialize(&first_input)).to_byte_array();
        let [a, b, c, d, ..] = digest;
        u32::from_be_bytes([a, b, c, d]) >> 1
    }

    /// The reveal key for a commit whose first input spends `first_input`.
    pub fn reveal_key(&self, first_input: OutPoint) -> Option<XOnlyPublicKey> {
        Some(self.public_key(REVEAL_BRANCH, Self::reveal_index(first_input))?.inner.into())
    }
}

/// The eight characters that stand behind `#` of a descriptor (BIP-380); none where it has characters that no
/// descriptor has.
pub fn descriptor_checksum(body: &str) -> Option<String> {
    let mut engine = checksum::Engine::new();
    engine.input(body).ok()?;
    Some(engine.checksum())
}

fn extended(
    key: &DescriptorMultiXKey<Xpub>,
    network: BitcoinNetwork,
) -> Result<(AccountKeys, Option<KeySource>), String> {
    let branches: Vec<String> = key.derivation_paths.paths().iter().map(ToString::to_string).collect();
    if branches != ["0", "1"] || key.wildcard != Wildcard::Unhardened {
        return Err("the branches must be /<0;1>/*".to_owned());
    }
    if key.xkey.network != network.to_bitcoin().into() {
        return Err(format!("the key is not for {network}"));
    }
    Ok((AccountKeys::Extended(key.xkey), key.origin.clone()))
}

fn single(key: &SinglePub, kind: ScriptKind) -> Result<(AccountKeys, Option<KeySource>), String> {
    let public = match (&key.key, kind) {
        (SinglePubKey::FullKey(public), ScriptKind::Pkh) => *public,
        (SinglePubKey::FullKey(public), ScriptKind::Wpkh | ScriptKind::ShWpkh) if public.compressed => {
            *public
        }
        (SinglePubKey::XOnly(x), ScriptKind::Tr) => PublicKey::new(x.public_key(Parity::Even)),
        (SinglePubKey::FullKey(_) | SinglePubKey::XOnly(_), _) => {
            return Err("the key is written in a form that its kind does not take".to_owned());
        }
    };
    Ok((AccountKeys::Single(public), key.origin.clone()))
}

fn steps(branch: u32, index: u32) -> Option<[ChildNumber; 2]> {
    Some([ChildNumber::from_normal_idx(branch).ok()?, ChildNumber::from_normal_idx(index).ok()?])
}

fn written_origin(fingerprint: Fingerprint, path: &DerivationPath) -> String {
    if path.is_empty() { fingerprint.to_string() } else { format!("{fingerprint}/{path:#}") }
}

/// An XRP account: one address with its master public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XrpAccount {
    /// 0 mainnet, 1 testnet, 2 devnet; other ids are other networks.
    pub network_id: u32,
    /// The master public key.
    pub public_key: xrp::PublicKey,
    /// The classic address of that key, as text.
    address: String,
}

impl XrpAccount {
    /// The account of a master public key.
    pub fn new(network_id: u32, public_key: xrp::PublicKey) -> Self {
        Self { network_id, public_key, address: public_key.account_id().to_string() }
    }

    /// The account id.
    pub fn account_id(&self) -> xrp::AccountId {
        self.public_key.account_id()
    }

    /// The classic address, `r…`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The chain of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rail {
    /// Bitcoin, and Counterparty on it.
    Bitcoin(BitcoinAccount),
    /// The XRP Ledger.
    Xrp(XrpAccount),
}

/// One account of a vault or of a watch file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Unique in its vault.
    pub name: AccountName,
    /// What it is for.
    pub role: Role,
    /// Whether it may hold Counterparty assets; meaningless for XRP.
    pub holds: Holds,
    /// Chain, network and keys.
    pub rail: Rail,
}

impl Account {
    /// The Bitcoin side, if it is a Bitcoin account.
    pub fn bitcoin(&self) -> Option<&BitcoinAccount> {
        match &self.rail {
            Rail::Bitcoin(account) => Some(account),
            Rail::Xrp(_) => None,
        }
    }

    /// The XRP side, if it is an XRP account.
    pub fn xrp(&self) -> Option<&XrpAccount> {
        match &self.rail {
            Rail::Xrp(account) => Some(account),
            Rail::Bitcoin(_) => None,
        }
    }

    /// How bundles name the account: descriptor checksum or classic address (design.md 10.8).
    pub fn reference(&self) -> &str {
        match &self.rail {
            Rail::Bitcoin(account) => account.checksum(),
            Rail::Xrp(account) => account.address(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Vec<(BitcoinAccount, [&'static str; 2])> {
        // Test mnemonic of the recordings ("abandon" x 11, "about") and the addresses 0/0 and 0/4 of Bitcoin Core.
        let rows = [
            (
                ScriptKind::Wpkh,
                "84'/1'/0'",
                "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M",
                [
                    "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk",
                    "bcrt1q677973lw0w796gttpy52f296jqaaksz0kadvlr",
                ],
            ),
            (
                ScriptKind::Pkh,
                "44'/1'/0'",
                "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba",
                ["mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV", "n2BMo5arHDyAK2CM8c56eoEd18uEkKnRLC"],
            ),
            (
                ScriptKind::Tr,
                "86'/1'/0'",
                "tpubDDfvzhdVV4unsoKt5aE6dcsNsfeWbTgmLZPi8LQDYU2xixrYemMfWJ3BaVneH3u7DBQePdTwhpybaKRU95pi6PMUtLPBJLVQRpzEnjfjZzX",
                [
                    "bcrt1p8wpt9v4frpf3tkn0srd97pksgsxc5hs52lafxwru9kgeephvs7rqjeprhg",
                    "bcrt1p759ss4nwlk93nmljrpp24mqdtcc5e4f6u3nyteq2577m68ryas0qzc3amn",
                ],
            ),
            (
                ScriptKind::ShWpkh,
                "49'/1'/0'",
                "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2",
                ["2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2", "2MuKeQzUHhUQWUZgx5AuNWoQ7YWx6vsXxrv"],
            ),
        ];
        rows.into_iter()
            .map(|(kind, path, xpub, addresses)| {
                let path = path.parse().unwrap();
                let fingerprint = "73c5da0a".parse().unwrap();
                let xpub = xpub.parse().unwrap();
                (
                    BitcoinAccount::new(kind, BitcoinNetwork::Regtest, fingerprint, &path, xpub).unwrap(),
                    addresses,
                )
            })
            .collect()
    }

    #[test]
    fn derives_the_addresses_that_bitcoin_core_derives() {
        for (account, [first, fifth]) in accounts() {
            assert_eq!(account.address(0, 0).unwrap().to_string(), first);
            assert_eq!(account.address(0, 4).unwrap().to_string(), fifth);
            assert_eq!(account.address(0, 1 << 31), None);
        }
    }

    #[test]
    fn reads_back_its_own_descriptor_and_nothing_else() {
        let (account, _) = accounts().remove(0);
        let text = account.descriptor().to_owned();
        assert_eq!(BitcoinAccount::parse(&text, BitcoinNetwork::Regtest).unwrap(), account);
        assert!(BitcoinAccount::parse(&text, BitcoinNetwork::Mainnet).is_err());
        let without_checksum = text.split_once('#').unwrap().0;
        for other in [
            without_checksum.to_owned(),
            text.replace("<0;1>", "<0;2>"),
            text.replace("wpkh", "pkh"),
            format!("{text} "),
        ] {
            assert_eq!(
                BitcoinAccount::parse(&other, BitcoinNetwork::Regtest).unwrap_err().code(),
                &BAD_DESCRIPTOR,
                "{other}"
            );
        }
    }

    #[test]
    fn keeps_names_to_letters_that_can_be_typed() {
        assert!("cold-2".parse::<AccountName>().is_ok());
        for bad in ["", "Cold", "2cold", "c\u{f6}ld", "a b", "a/b", &"x".repeat(33)] {
            assert_eq!(bad.parse::<AccountName>().unwrap_err().code(), &BAD_NAME, "{bad}");
        }
    }
}
