//! What commands share that ask servers: configuration, sources, what is under way, a bar.

use std::collections::BTreeSet;

use airlock::Result;
use airlock::account::Account;
use airlock::bundle::BundleId;

use crate::cli::Global;
use crate::config::Config;
use crate::gather::{Gathered, Scope, Terms, gather};
use crate::home::Home;
use crate::http::Trace;
use crate::progress::{Bar, Progress, Silent};
use crate::source::open::Sources;
use crate::store::{Cursor, Store};
use crate::{clock, promise, stop};

/// The configured servers, opened.
pub(crate) struct Live {
    pub(crate) home: Home,
    pub(crate) config: Config,
    pub(crate) sources: Sources,
}

impl Live {
    /// Opens what airlock.toml names.
    ///
    /// # Errors
    /// Those of the configuration.
    pub(crate) fn open(global: &Global) -> Result<Self> {
        let home = Home::find(global.home.as_deref())?;
        let config = Config::load(&home)?;
        Self::of(home, config, global)
    }

    /// As [`Live::open`]; none where there is no airlock.toml.
    ///
    /// # Errors
    /// Those of the configuration.
    pub(crate) fn open_if_configured(global: &Global) -> Result<Option<Self>> {
        let home = Home::find(global.home.as_deref())?;
        let config = Config::load_if_there(&home)?;
        config.map(|config| Self::of(home, config, global)).transpose()
    }

    fn of(home: Home, config: Config, global: &Global) -> Result<Self> {
        stop::listen();
        let trace = if global.trace { Trace::Stderr } else { Trace::Off };
        let sources = Sources::open(&config, &home, &trace)?;
        Ok(Self { home, config, sources })
    }

    /// Gathers what a scope needs, without what is under way.
    ///
    /// # Errors
    /// Those of the store and of [`gather`].
    pub(crate) fn gather(
        &self,
        scope: &Scope<'_>,
        accounts: &[Account],
        global: &Global,
    ) -> Result<Gathered> {
        self.gather_replacing(&BTreeSet::new(), scope, accounts, global)
    }

    /// As [`Live::gather`], where what some bundles use counts as free.
    ///
    /// # Errors
    /// As [`Live::gather`].
    pub(crate) fn gather_replacing(
        &self,
        replaced: &BTreeSet<BundleId>,
        scope: &Scope<'_>,
        accounts: &[Account],
        global: &Global,
    ) -> Result<Gathered> {
        let store = Store::open(&self.home)?;
        let mut terms = self.terms(accounts, &store)?;
        let now = clock::now();
        terms.in_flight = store.in_flight_without(replaced, now)?;
        let under_way = store.under_way(replaced, now, now.minus(YOUNG))?;
        terms.promises = promise::of_steps(&under_way, accounts)?;
        let gathered = gather(&self.sources, scope, &terms, progress(global).as_ref())?;
        // Coins that are spent later no longer tell how far the account was used.
        for account in accounts {
            let reach = gathered.reach.get(&account.name).copied();
            if let Some(height) = reach.filter(|reach| terms.handed_out.get(&account.name) < Some(reach)) {
                store.set_cursor(&reach_of(account), &Cursor { height, hash: String::new() })?;
            }
        }
        Ok(gathered)
    }

    fn terms(&self, accounts: &[Account], store: &Store) -> Result<Terms> {
        let mut terms = Terms::new(self.config.bitcoin.gap_limit);
        for account in accounts.iter().filter(|account| account.bitcoin().is_some()) {
            let seen = store.cursor(&reach_of(account))?.map(|cursor| cursor.height);
            let last = store.last_index(&account.name)?.max(seen);
            terms.handed_out.extend(last.map(|last| (account.name.clone(), last)));
        }
        Ok(terms)
    }
}

/// How long ago something became final that a reorganization may have undone although nobody has looked since, in seconds:
/// eighteen blocks. Deeper ones are found where the bundle is followed.
const YOUNG: u64 = 3 * 3_600;

/// Under which key the store keeps how far an account was used.
fn reach_of(account: &Account) -> String {
    format!("reach:{}", account.reference())
}

/// A bar for people, nothing for programs.
pub(crate) fn progress(global: &Global) -> Box<dyn Progress> {
    match global.json {
        true => Box::new(Silent),
        false => Box::new(Bar::default()),
    }
}
