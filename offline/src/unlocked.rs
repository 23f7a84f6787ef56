//! The vault and its accounts, opened together: the seal of accounts.json is checked and every account derived again.

use std::path::Path;

use airlock::account::Rail;
use airlock::{Error, Result};

use crate::derive::{NOT_DERIVED, Source};
use crate::error::CANNOT_READ;
use crate::home::Home;
use crate::hygiene::{lock_memory, scrubbed};
use crate::journal::BUSY;
use crate::keyring::Keyring;
use crate::register::{self, Register, check_strength};
use crate::screen::Screen;
use crate::secret::{Secret, SecretText};
use crate::vault::{NO_VAULT, Vault, fill_random};
use crate::{files, passphrase};

/// What lies in the home folder before the passphrase.
pub struct Locked {
    vault: Vec<u8>,
    /// None where the file is lost.
    accounts: Option<Vec<u8>>,
    register: Register,
}

/// An open vault with authenticated accounts.
pub struct Unlocked {
    /// The open vault.
    pub vault: Vault,
    /// Its accounts, authenticated and derived again.
    pub register: Register,
}

impl Locked {
    /// Reads vault and accounts.
    ///
    /// # Errors
    /// [`NO_VAULT`], [`register::MISSING`], and what reading can meet.
    pub fn read(home: &Home) -> Result<Self> {
        let vault = read_vault(home)?;
        let accounts = read_accounts(home)?
            .ok_or_else(|| register::MISSING.error("there is no accounts.json beside the vault"))?;
        let register = Register::decode(&accounts)?;
        Ok(Self { vault, accounts: Some(accounts), register })
    }

    /// As [`Locked::read`], and a vault whose accounts.json is lost: then without accounts, to make them again.
    ///
    /// # Errors
    /// As [`Locked::read`], but for [`register::MISSING`].
    pub fn read_to_add(home: &Home) -> Result<Self> {
        match Self::read(home) {
            Err(e) if e.code() == &register::MISSING => {
                Ok(Self { vault: read_vault(home)?, accounts: None, register: Register::default() })
            }
            outcome => outcome,
        }
    }

    /// True where there is no accounts.json.
    pub fn has_lost_accounts(&self) -> bool {
        self.accounts.is_none()
    }

    /// The accounts, not yet authenticated.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Vault and accounts as they were read, for a command that will write them again.
    pub fn seen(&self) -> Seen {
        Seen { vault: self.vault.clone(), accounts: self.accounts.clone() }
    }

    /// Whether accounts.json carries the seal of this vault.
    pub fn is_sealed_by(&self, vault: &Vault) -> bool {
        self.accounts.as_ref().is_some_and(|accounts| Register::check_mac(accounts, vault).is_ok())
    }

    /// Opens the vault, checks the seal of the accounts and derives each again.
    ///
    /// # Errors
    /// A wrong passphrase, accounts that are not authentic or not derived from the vault's secrets.
    pub fn unlock(&self, passphrase: &SecretText) -> Result<Unlocked> {
        scrubbed(|| self.open(passphrase))
    }

    /// As [`Locked::unlock`], with the passphrase of a file or the one that the person types.
    ///
    /// # Errors
    /// As [`passphrase::opening`] and [`Locked::unlock`].
    pub fn unlock_by(&self, file: Option<&Path>, screen: &mut dyn Screen) -> Result<Unlocked> {
        self.unlock_asking(file, screen, "Passphrase: ")
    }

    /// As [`Locked::unlock_by`], with a question of the caller's.
    ///
    /// # Errors
    /// As [`Locked::unlock_by`].
    pub fn unlock_asking(
        &self,
        file: Option<&Path>,
        screen: &mut dyn Screen,
        question: &str,
    ) -> Result<Unlocked> {
        passphrase::opening(file, screen, question, |passphrase| self.unlock(passphrase))
            .map(|(unlocked, _)| unlocked)
    }

    fn open(&self, passphrase: &SecretText) -> Result<Unlocked> {
        let vault = Vault::open(&self.vault, passphrase)?;
        lock_memory();
        if let Some(accounts) = &self.accounts {
            Register::check_mac(accounts, &vault)?;
        }
        for secret in vault.secrets() {
            let source = Source::new(&secret.kept);
            for entry in self.register.entries().iter().filter(|entry| entry.secret == secret.name) {
                check_strength(&entry.account, &vault)?;
                source.check(entry)?;
            }
        }
        if let Some(orphan) =
            self.register.entries().iter().find(|e| vault.secret(e.secret.as_str()).is_none())
        {
            let (name, secret) = (&orphan.account.name, &orphan.secret);
            return Err(NOT_DERIVED
                .error(format!("account '{name}' names secret '{secret}', which the vault has not")));
        }
        Ok(Unlocked { vault, register: self.register.clone() })
    }
}

/// Vault and accounts as a run read them.
pub struct Seen {
    vault: Vec<u8>,
    accounts: Option<Vec<u8>>,
}

impl Seen {
    /// Demands that no other run wrote vault or accounts since: writing over them would lose what it added. Holds as
    /// long as the journal is locked.
    ///
    /// # Errors
    /// [`BUSY`].
    pub fn check(&self, home: &Home) -> Result<()> {
        if read_vault(home)? != self.vault || read_accounts(home)? != self.accounts {
            return Err(BUSY.error("another run changed the vault or its accounts meanwhile"));
        }
        Ok(())
    }
}

/// The bytes of the vault file.
///
/// # Errors
/// [`NO_VAULT`], and what reading can meet.
pub fn read_vault(home: &Home) -> Result<Vec<u8>> {
    files::read_bounded(&home.vault()).map_err(|e| match e.code() == &CANNOT_READ && !home.vault().exists() {
        true => no_vault(home),
        false => e,
    })
}

/// The bytes of accounts.json; none where there is no such file.
fn read_accounts(home: &Home) -> Result<Option<Vec<u8>>> {
    match std::fs::symlink_metadata(home.accounts()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) | Ok(_) => files::read_bounded(&home.accounts()).map(Some),
    }
}

fn no_vault(home: &Home) -> Error {
    NO_VAULT.error(format!("there is no vault in {}", files::shown(home.folder())))
}

impl Unlocked {
    /// The keys of all accounts, for one signing run.
    ///
    /// # Errors
    /// When the system has no randomness for the blinding.
    pub fn keyring(&self) -> Result<Keyring> {
        scrubbed(|| self.derive_keys())
    }

    fn derive_keys(&self) -> Result<Keyring> {
        let mut blinding = Secret::zero();
        fill_random(blinding.expose_mut())?;
        let mut keyring = Keyring::new(&blinding);
        for secret in self.vault.secrets() {
            let source = Source::new(&secret.kept);
            for entry in self.register.entries().iter().filter(|entry| entry.secret == secret.name) {
                match &entry.account.rail {
                    Rail::Bitcoin(account) => {
                        keyring.add_bitcoin(account, source.bitcoin_key(account)?)?;
                    }
                    Rail::Xrp(account) => keyring.add_xrp(account, source.xrp(entry.path.as_ref())?)?,
                }
            }
        }
        Ok(keyring)
    }

    /// What a person compares at every unlock: the fingerprint of each secret and the first address of its first account.
    ///
    /// # Errors
    /// Never in practice.
    pub fn greeting(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for secret in self.vault.secrets() {
            let fingerprint = scrubbed(|| Source::new(&secret.kept).fingerprint())?;
            lines.push(format!("Vault open: secret '{}', fingerprint {fingerprint}", secret.name));
            let first = self.register.entries().iter().find(|entry| entry.secret == secret.name);
            lines.extend(first.map(|entry| {
                format!("  account '{}', first address {}", entry.account.name, first_address(&entry.account))
            }));
        }
        Ok(lines)
    }
}

/// The address by which a person knows an account.
pub fn first_address(account: &airlock::account::Account) -> String {
    address_of(&account.rail, 0)
}

/// The receiving address of an index; an XRP account has one, and so has a single key.
pub fn address_of(rail: &Rail, index: u32) -> String {
    match rail {
        Rail::Bitcoin(account) => {
            account.address(0, index).map(|address| address.to_string()).unwrap_or_default()
        }
        Rail::Xrp(account) => account.address().to_owned(),
    }
}
