//! What is looked up: the accounts that pay, the assets that are named, the destinations.

use std::collections::BTreeSet;

use airlock::account::Account;
use airlock::counterparty::address;
use airlock::network::BitcoinNetwork;
use airlock::request::{AssetPayee, Intent, Request};
use airlock::text::Printable;
use airlock::xrp::{AccountId, XAddress};
use airlock::{Error, Result};
use serde_json::Value;

use crate::error::USAGE;
use crate::plan::{self, OTHER_NETWORK};
use crate::source::open::Sources;

/// What is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Bitcoin accounts whose coins and assets are read.
    pub accounts: Vec<&'a Account>,
    /// True where the Counterparty ledger is asked.
    pub counterparty: bool,
    /// Assets that are named, by name or longname.
    pub named: BTreeSet<String>,
    /// Which assets are looked up beside those.
    pub assets: Assets,
    /// Bitcoin addresses of others, as the ledger spells them.
    pub destinations: BTreeSet<String>,
    /// XRP accounts, own and of others: classic addresses.
    pub xrp: BTreeSet<String>,
    network: BitcoinNetwork,
}

/// Which assets are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assets {
    /// Those that requests name.
    Named,
    /// Those that our addresses hold as well.
    Held,
}

impl<'a> Scope<'a> {
    /// What requests need: the chains that they touch, the accounts that pay, what they name.
    ///
    /// The Counterparty ledger is asked for plain bitcoin payments too, where a server is configured: it knows which coins
    /// carry assets and which destinations are dispensers.
    ///
    /// # Errors
    /// [`plan::NO_ACCOUNT`], [`OTHER_NETWORK`].
    pub fn of_requests(requests: &[Request], accounts: &'a [Account], sources: &Sources) -> Result<Self> {
        let mut scope = Self::nothing(sources);
        for request in requests {
            let account = plan::payer(request, accounts)?;
            check_network(account, sources)?;
            match account.xrp() {
                Some(xrp) => drop(scope.xrp.insert(xrp.address().to_owned())),
                None if scope.accounts.iter().all(|known| known.name != account.name) => {
                    scope.accounts.push(account);
                }
                None => {}
            }
            scope.add(&request.intent);
        }
        scope.counterparty |= !scope.accounts.is_empty() && !sources.counterparty.is_empty();
        Ok(scope)
    }

    /// Everything that accounts of the configured networks hold, on the chains that have a server.
    pub fn of_accounts(accounts: &'a [Account], sources: &Sources) -> Self {
        let mut scope = Self { assets: Assets::Held, ..Self::nothing(sources) };
        for account in accounts.iter().filter(|account| check_network(account, sources).is_ok()) {
            match account.xrp() {
                Some(xrp) if !sources.xrpl.is_empty() => drop(scope.xrp.insert(xrp.address().to_owned())),
                None if !sources.bitcoin.is_empty() => scope.accounts.push(account),
                Some(_) | None => {}
            }
        }
        scope.counterparty = !scope.accounts.is_empty() && !sources.counterparty.is_empty();
        scope
    }

    /// The same and these addresses of others.
    ///
    /// # Errors
    /// [`USAGE`] for what is an address of no configured chain.
    pub fn and_addresses(mut self, addresses: &[String]) -> Result<Self> {
        for text in addresses {
            if let Ok(address) = address::parse(text, self.network) {
                self.destinations.insert(address.to_string());
                self.counterparty = true;
            } else if let Some(account) = classic(text) {
                self.xrp.insert(account);
            } else {
                let text = Printable::new(text);
                return Err(
                    USAGE.error(format!("'{text}' is neither an address of {} nor of XRP", self.network))
                );
            }
        }
        Ok(self)
    }

    fn nothing(sources: &Sources) -> Self {
        Self {
            accounts: Vec::new(),
            counterparty: false,
            named: BTreeSet::new(),
            assets: Assets::Named,
            destinations: BTreeSet::new(),
            xrp: BTreeSet::new(),
            network: sources.network,
        }
    }

    /// What cannot be read is left to the planner, which says what is wrong with it.
    fn add(&mut self, intent: &Intent) {
        match intent {
            Intent::SendBitcoin { payees } => payees.iter().for_each(|payee| self.to(&payee.to)),
            Intent::SendAsset { payee } => self.payee(payee),
            Intent::SendMany { payees, .. } => payees.iter().for_each(|payee| self.payee(payee)),
            Intent::Sweep { to, .. } => {
                self.to(to);
                self.assets = Assets::Held;
                self.counterparty = true;
            }
            Intent::RequireMemo { .. } => self.counterparty = true,
            Intent::TransferOwnership { asset, to } => {
                self.named.insert(asset.clone());
                self.to(to);
                self.counterparty = true;
            }
            Intent::SendXrp { to, .. } => self.xrp.extend(classic(to)),
            Intent::XrpTransaction { tx_json } => {
                let named = ["Account", "Destination"].into_iter().filter_map(|name| tx_json.get(name));
                self.xrp.extend(named.filter_map(Value::as_str).filter_map(classic));
            }
        }
    }

    fn payee(&mut self, payee: &AssetPayee) {
        self.named.insert(payee.asset.clone());
        self.to(&payee.to);
        self.counterparty = true;
    }

    fn to(&mut self, text: &str) {
        self.destinations.extend(address::parse(text, self.network).ok().map(|address| address.to_string()));
    }
}

fn check_network(account: &Account, sources: &Sources) -> Result<()> {
    let (theirs, ours) = match (account.bitcoin(), account.xrp()) {
        (Some(bitcoin), _) if bitcoin.network() != sources.network => {
            (bitcoin.network().to_string(), sources.network.to_string())
        }
        (None, Some(xrp)) if xrp.network_id != sources.network_id => {
            (format!("XRPL network {}", xrp.network_id), format!("XRPL network {}", sources.network_id))
        }
        (Some(_), _) | (None, _) => return Ok(()),
    };
    Err(OTHER_NETWORK
        .error(format!("account '{}' is of {theirs}, airlock.toml of {ours}", account.name))
        .with_next("Name the account's network and its servers in airlock.toml, or give another `--home`."))
}

/// The classic address of a classic address or an X-address.
fn classic(text: &str) -> Option<String> {
    let account: Result<AccountId, Error> = match text.parse::<XAddress>() {
        Ok(x) => Ok(x.account),
        Err(_) => text.parse(),
    };
    account.ok().map(|account| account.to_string())
}
