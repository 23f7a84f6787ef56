//! What lies beside the vault and can be read without the passphrase, together: accounts, journal and policy. Nothing of
//! it is authentic before the vault is open.

use airlock::account::Account;
use airlock::policy::Policy;
use airlock::review::{Book, KnownDestination};
use airlock::{Error, Result};

use crate::home::Home;
use crate::journal::Chain;
use crate::rules::Rules;
use crate::unlocked::Locked;

/// Accounts, journal and policy of a home.
pub struct Desk {
    /// The journal.
    pub chain: Chain,
    /// The policy files.
    pub rules: Rules,
    accounts: Vec<Account>,
    policy: Result<Policy>,
    destinations: Vec<KnownDestination>,
}

impl Desk {
    /// Reads everything; a policy that was not accepted is told by [`Desk::policy`].
    ///
    /// # Errors
    /// As [`Locked::read`], [`Chain::read`] and [`Rules::read`].
    pub fn read(home: &Home) -> Result<(Locked, Self)> {
        let locked = Locked::read(home)?;
        let chain = Chain::read(home)?;
        let rules = Rules::read(home, chain.accepted_policy())?;
        let policy = rules.policy();
        let accounts = locked.register().accounts();
        let desk = Self { chain, rules, accounts, policy: Ok(Policy::default()), destinations: Vec::new() };
        Ok((locked, desk.with_policy(policy)))
    }

    /// The same with another policy, to see what it would say.
    #[must_use]
    pub fn with_policy(mut self, policy: Result<Policy>) -> Self {
        self.destinations = policy.as_ref().map(Policy::destinations).unwrap_or_default();
        self.policy = policy;
        self
    }

    /// The accepted policy.
    ///
    /// # Errors
    /// As [`Rules::policy`].
    pub fn policy(&self) -> Result<&Policy> {
        self.policy.as_ref().map_err(Error::clone)
    }

    /// The accounts.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What the review knows by itself, before or after the vault was opened.
    pub fn book(&self, authenticated: bool) -> Book<'_> {
        Book {
            accounts: &self.accounts,
            assets: self.policy.as_ref().map(Policy::assets).unwrap_or_default(),
            destinations: &self.destinations,
            authenticated,
        }
    }
}
