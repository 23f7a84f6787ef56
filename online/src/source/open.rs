//! The servers of `airlock.toml`, opened; and which of them is read from.

use airlock::network::BitcoinNetwork;
use airlock::{Code, Error, Exit, Result};

use super::bitcoin::{BitcoinSource, BitcoinStatus};
use super::core::BitcoinCore;
use super::counterparty::{CounterpartySource, CounterpartyStatus};
use super::counterparty_server::CounterpartyServer;
use super::esplora::Esplora;
use super::rippled::Rippled;
use super::xrpl::{ValidatedLedger, XrplSource, XrplStatus};
use crate::config::{BitcoinKind, BitcoinServer, Config, NO_SERVER};
use crate::home::Home;
use crate::http::Trace;

/// A server that cannot be relied on now.
pub static NOT_USABLE: Code = Code::new(
    "E-LIVE-001",
    Exit::Environment,
    "The server answers, but is of another network than airlock.toml says, has not caught up, or must be updated: what it \
     says is not to be built on.",
    "`airlock-online doctor` shows how each server stands and what to do.",
);
/// None of several servers can be used.
pub static NONE_USABLE: Code = Code::new(
    "E-LIVE-002",
    Exit::Environment,
    "Facts are read from the first server of airlock.toml that works, is of the right network and has caught up; none is.",
    "`airlock-online doctor` shows how each server stands and what to do.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NOT_USABLE, &NONE_USABLE];

const COUNTERPARTY: &str = "Counterparty";
const XRP_LEDGER: &str = "XRP Ledger";

/// A validated ledger that is older than this many seconds is no basis for a plan.
pub const OLDEST_LEDGER: u64 = 120;

/// All servers, in the order of the file: read from the first that works, submit to all.
pub struct Sources {
    /// The Bitcoin network, and that of Counterparty.
    pub network: BitcoinNetwork,
    /// The XRP Ledger's network.
    pub network_id: u32,
    /// Bitcoin servers.
    pub bitcoin: Vec<Box<dyn BitcoinSource>>,
    /// Counterparty servers.
    pub counterparty: Vec<Box<dyn CounterpartySource>>,
    /// Servers of the XRP Ledger.
    pub xrpl: Vec<Box<dyn XrplSource>>,
}

impl Sources {
    /// Opens the servers; nothing is called yet.
    ///
    /// # Errors
    /// Those of certificates and files.
    pub fn open(config: &Config, home: &Home, trace: &Trace) -> Result<Self> {
        let network = config.bitcoin.network;
        let mut sources = Self {
            network,
            network_id: config.xrpl.network_id,
            bitcoin: Vec::new(),
            counterparty: Vec::new(),
            xrpl: Vec::new(),
        };
        for BitcoinServer { kind, server, wallet } in &config.bitcoin.servers {
            let http = server.http(home, trace)?;
            sources.bitcoin.push(match kind {
                BitcoinKind::Core => Box::new(BitcoinCore::new(http, wallet.clone())),
                BitcoinKind::Esplora => Box::new(Esplora::new(http)),
            });
        }
        for server in &config.counterparty {
            sources.counterparty.push(Box::new(CounterpartyServer::new(server.http(home, trace)?, network)));
        }
        for server in &config.xrpl.servers {
            sources.xrpl.push(Box::new(Rippled::new(server.http(home, trace)?)));
        }
        Ok(sources)
    }

    /// The Bitcoin server to read from, and how it stands.
    ///
    /// # Errors
    /// [`NO_SERVER`], [`NOT_USABLE`], [`NONE_USABLE`], or what the only server says.
    pub fn read_bitcoin(&self) -> Result<(&dyn BitcoinSource, BitcoinStatus)> {
        first(&self.bitcoin, "Bitcoin", |source| {
            let status = source.status()?;
            check_bitcoin(&status, self.network).map_err(|e| e.at(source.name()))?;
            Ok((source.as_ref(), status))
        })
    }

    /// The Counterparty server to read from, and how it stands: on the right network, following its Bitcoin node.
    ///
    /// # Errors
    /// As [`Sources::read_bitcoin`].
    pub fn read_counterparty(&self) -> Result<(&dyn CounterpartySource, CounterpartyStatus)> {
        first(&self.counterparty, COUNTERPARTY, |source| self.usable_counterparty(source.as_ref()))
    }

    /// Every Counterparty server that can be read from, in the order of the file; at least one.
    ///
    /// # Errors
    /// As [`Sources::read_bitcoin`].
    pub fn all_counterparty(&self) -> Result<Vec<(&dyn CounterpartySource, CounterpartyStatus)>> {
        all(&self.counterparty, COUNTERPARTY, |source| self.usable_counterparty(source.as_ref()))
    }

    fn usable_counterparty<'a>(
        &self,
        source: &'a dyn CounterpartySource,
    ) -> Result<(&'a dyn CounterpartySource, CounterpartyStatus)> {
        let status = source.status()?;
        check_counterparty(&status, self.network).map_err(|e| e.at(source.name()))?;
        Ok((source, status))
    }

    /// The server of the XRP Ledger to read from, how it stands, and its last validated ledger.
    ///
    /// # Errors
    /// As [`Sources::read_bitcoin`].
    pub fn read_xrpl(&self) -> Result<(&dyn XrplSource, XrplStatus, ValidatedLedger)> {
        first(&self.xrpl, XRP_LEDGER, |source| self.usable_xrpl(source.as_ref()))
    }

    /// Every server of the XRP Ledger that can be read from, in the order of the file; at least one.
    ///
    /// # Errors
    /// As [`Sources::read_bitcoin`].
    pub fn all_xrpl(&self) -> Result<Vec<(&dyn XrplSource, XrplStatus, ValidatedLedger)>> {
        all(&self.xrpl, XRP_LEDGER, |source| self.usable_xrpl(source.as_ref()))
    }

    fn usable_xrpl<'a>(
        &self,
        source: &'a dyn XrplSource,
    ) -> Result<(&'a dyn XrplSource, XrplStatus, ValidatedLedger)> {
        let status = source.status()?;
        let ledger = check_xrpl(&status, self.network_id).map_err(|e| e.at(source.name()))?;
        Ok((source, status, ledger))
    }
}

/// A Bitcoin server that can be read from.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_bitcoin(status: &BitcoinStatus, network: BitcoinNetwork) -> Result<()> {
    let (theirs, height, headers) = (status.network, status.height, status.headers);
    if theirs != network {
        return Err(NOT_USABLE.error(format!("it is on {theirs}, airlock.toml says {network}")));
    }
    match status.synced {
        true => Ok(()),
        false => Err(NOT_USABLE.error(format!("it has {height} of {headers} blocks"))),
    }
}

/// A Counterparty server that can be read from. What it says about itself proves nothing: the heights do.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_counterparty(status: &CounterpartyStatus, network: BitcoinNetwork) -> Result<()> {
    let (theirs, height, node) = (status.network, status.height, status.bitcoin_height);
    if theirs != network {
        return Err(NOT_USABLE.error(format!("it is on {theirs}, airlock.toml says {network}")));
    }
    match status.ready && height.saturating_add(1) >= node {
        true => Ok(()),
        false => Err(NOT_USABLE.error(format!("its ledger is at block {height}, its node at {node}"))),
    }
}

/// A server of the XRP Ledger that can be read from.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_xrpl(status: &XrplStatus, network_id: u32) -> Result<ValidatedLedger> {
    if status.network_id != network_id {
        let theirs = status.network_id;
        return Err(NOT_USABLE.error(format!("it is on network {theirs}, airlock.toml says {network_id}")));
    }
    if status.amendment_blocked {
        return Err(NOT_USABLE.error("it is amendment blocked: its version no longer understands the ledger"));
    }
    match &status.validated {
        None => Err(NOT_USABLE.error("it has no validated ledger yet")),
        Some(ledger) if ledger.age > OLDEST_LEDGER => Err(NOT_USABLE
            .error(format!("its last validated ledger {} is {} seconds old", ledger.index, ledger.age))),
        Some(ledger) => Ok(ledger.clone()),
    }
}

/// The first source that can be used. One alone says itself why it cannot.
fn first<'a, S: ?Sized, T>(
    sources: &'a [Box<S>],
    chain: &str,
    usable: impl Fn(&'a Box<S>) -> Result<T>,
) -> Result<T> {
    let mut failures: Vec<Error> = Vec::new();
    for source in sources {
        match usable(source) {
            Ok(found) => return Ok(found),
            Err(error) => failures.push(error),
        }
    }
    Err(none_usable(failures, chain))
}

/// Every source that can be used.
fn all<'a, S: ?Sized, T>(
    sources: &'a [Box<S>],
    chain: &str,
    usable: impl Fn(&'a Box<S>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut failures: Vec<Error> = Vec::new();
    let mut found = Vec::new();
    for source in sources {
        match usable(source) {
            Ok(one) => found.push(one),
            Err(error) => failures.push(error),
        }
    }
    if found.is_empty() { Err(none_usable(failures, chain)) } else { Ok(found) }
}

fn none_usable(mut failures: Vec<Error>, chain: &str) -> Error {
    match (failures.pop(), failures.is_empty()) {
        (None, _) => NO_SERVER.error(format!("no {chain} server is configured")),
        (Some(only), true) => only,
        (Some(last), false) => {
            let all: Vec<String> = failures.iter().chain([&last]).map(told).collect();
            NONE_USABLE.error(format!("no {chain} server can be read from: {}", all.join("; ")))
        }
    }
}

fn told(error: &Error) -> String {
    format!("{} {}", error.code().id, error.what())
}
