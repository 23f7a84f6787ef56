//! accounts.json: which accounts the vault has, and which secret and path each comes from. Readable without the
//! passphrase, authenticated with a key of the vault (design.md 10.9).
//!
//! Canonical JSON: `{"format":"airlock-accounts","keys":[{"account","path","secret"}…],"mac","version":1,"watch":{…}}`
//! where `watch` is the watch file, `keys` names the accounts in its order, `path` is there for XRP accounts of a
//! mnemonic, and `mac` is HMAC-SHA256 of the canonical bytes without it.

use airlock::account::{Account, AccountName};
use airlock::bundle::limits;
use airlock::json::{self, Numbers};
use airlock::watch::Watch;
use airlock::{Code, Exit, Result};
use bitcoin::bip32::DerivationPath;
use bitcoin::hex::{DisplayHex, FromHex};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vault::{Purpose, TEST_VAULT, Vault};

/// A damaged accounts.json.
pub static DAMAGED: Code = Code::new(
    "E-REG-001",
    Exit::BadInput,
    "accounts.json is not in the form in which this program writes it.",
    "Restore accounts.json from the backup of the home folder; if it is lost, `airlock-offline accounts add` makes each \
     account again.",
);
/// An accounts.json that the vault did not write.
pub static NOT_AUTHENTIC: Code = Code::new(
    "E-REG-002",
    Exit::Refused,
    "accounts.json does not carry the seal of this vault: it was changed, or belongs to another vault. Reviews made \
     with it can show a stranger's address as ours.",
    "Restore accounts.json from the backup of the home folder, and find out who changed it.",
);
/// A name or a key that is there already, or too many.
pub static TAKEN: Code = Code::new(
    "E-REG-003",
    Exit::Fixable,
    "Each account has a name of its own and appears once; there are at most 1,000.",
    "Choose another name, or another kind, network or number of account.",
);

/// No accounts.json beside a vault.
pub static MISSING: Code = Code::new(
    "E-REG-004",
    Exit::Fixable,
    "Every vault has an accounts.json beside it from its founding on, even without an account. Without it addresses of \
     ours would be shown as strangers'.",
    "Restore accounts.json from the backup of the home folder; if it is lost, `airlock-offline accounts add` makes each \
     account again.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&DAMAGED, &NOT_AUTHENTIC, &TAKEN, &MISSING];

const FORMAT: &str = "airlock-accounts";
const VERSION: u32 = 1;

/// An account and where its key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// Name of the secret in the vault.
    pub secret: AccountName,
    /// The path of an XRP account below a mnemonic; a Bitcoin account carries its path itself.
    pub path: Option<DerivationPath>,
}

/// All accounts of a vault, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    keys: Vec<KeyEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    version: u32,
    watch: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    account: AccountName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    secret: AccountName,
}

impl Register {
    /// Reads accounts.json; whether it is authentic is told by [`Register::check_mac`].
    ///
    /// # Errors
    /// [`DAMAGED`], and the codes of watch files.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged = |what: &str| DAMAGED.error(format!("accounts.json: {what}"));
        let file: File = json::parse_as(bytes)?;
        if file.format != FORMAT || file.version != VERSION {
            return Err(damaged("another format or version"));
        }
        let mac = file.mac.as_deref().and_then(|text| <[u8; 32]>::from_hex(text).ok());
        let mac = mac.ok_or_else(|| damaged("no seal"))?;
        let watch = Watch::decode(&json::canonical(&file.watch))?;
        if watch.accounts.len() != file.keys.len() {
            return Err(damaged("accounts and keys differ in number"));
        }
        let entries = watch.accounts.into_iter().zip(file.keys).map(|(account, key)| {
            if account.name != key.account {
                return Err(damaged("accounts and keys differ in their names"));
            }
            let path =
                key.path.map(|path| path.parse().map_err(|_| damaged("a path that is none"))).transpose()?;
            Ok(Entry { account, secret: key.secret, path })
        });
        let register = Self { entries: entries.collect::<Result<_>>()? };
        if register.written(Some(mac)) != bytes {
            return Err(damaged("not in canonical form"));
        }
        Ok(register)
    }

    /// Writes accounts.json under the vault's seal.
    pub fn encode(&self, vault: &Vault) -> Vec<u8> {
        self.written(Some(vault.mac(Purpose::Accounts, &self.written(None))))
    }

    /// Demands that these bytes carry the seal of this vault.
    ///
    /// # Errors
    /// [`NOT_AUTHENTIC`], [`DAMAGED`].
    pub fn check_mac(bytes: &[u8], vault: &Vault) -> Result<()> {
        let register = Self::decode(bytes)?;
        if register.encode(vault) != bytes {
            return Err(NOT_AUTHENTIC.error("accounts.json does not carry the seal of this vault"));
        }
        Ok(())
    }

    fn written(&self, mac: Option<[u8; 32]>) -> Vec<u8> {
        let watch =
            json::parse(&self.watch().encode(), Numbers::Integers).expect("a watch file is strict JSON");
        let keys = self.entries.iter().map(|entry| KeyEntry {
            account: entry.account.name.clone(),
            path: entry.path.as_ref().map(|path| format!("{path:#}")),
            secret: entry.secret.clone(),
        });
        let file = File {
            format: FORMAT.to_owned(),
            keys: keys.collect(),
            mac: mac.map(|mac| mac.to_lower_hex_string()),
            version: VERSION,
            watch,
        };
        json::canonical(
            &serde_json::to_value(file).expect("the register has string keys and always serializes"),
        )
    }

    /// The accounts with their keys, sorted by name.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The accounts alone.
    pub fn accounts(&self) -> Vec<Account> {
        self.entries.iter().map(|entry| entry.account.clone()).collect()
    }

    /// What the online half may know.
    pub fn watch(&self) -> Watch {
        Watch { accounts: self.accounts() }
    }

    /// Takes one more account.
    ///
    /// # Errors
    /// [`TAKEN`]; [`TEST_VAULT`] where real money would go into a vault for tests.
    pub fn add(&mut self, entry: Entry, vault: &Vault) -> Result<()> {
        check_strength(&entry.account, vault)?;
        let (name, reference) = (&entry.account.name, entry.account.reference());
        if self.entries.len() >= limits::WATCH_ACCOUNTS {
            return Err(TAKEN.error(format!("there are {} accounts already", limits::WATCH_ACCOUNTS)));
        }
        for known in &self.entries {
            if known.account.name == *name {
                return Err(TAKEN.error(format!("the name '{name}' is taken")));
            }
            if known.account.reference() == reference {
                return Err(
                    TAKEN.error(format!("this account is there already, as '{}'", known.account.name))
                );
            }
        }
        let place = self.entries.partition_point(|known| known.account.name < *name);
        self.entries.insert(place, entry);
        Ok(())
    }
}

/// Refuses an account with real money in a vault for tests.
///
/// # Errors
/// [`TEST_VAULT`].
pub fn check_strength(account: &Account, vault: &Vault) -> Result<()> {
    use airlock::account::Rail;
    use airlock::network::BitcoinNetwork;
    let network = match &account.rail {
        Rail::Bitcoin(bitcoin) if bitcoin.network() == BitcoinNetwork::Mainnet => {
            "Bitcoin mainnet".to_owned()
        }
        Rail::Xrp(xrp) if !matches!(xrp.network_id, 1 | 2) => format!("XRPL network {}", xrp.network_id),
        Rail::Bitcoin(_) | Rail::Xrp(_) => return Ok(()),
    };
    if vault.is_test_only() {
        return Err(TEST_VAULT
            .error(format!("account '{}' is on {network}, and this vault is for tests", account.name)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
