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
    "The server answers, but is of another network than airlock.toml or the bundle says, has not caught up, or must be \
     updated: what it says is not to be built on.",
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

const BITCOIN: &str = "Bitcoin";
const COUNTERPARTY: &str = "Counterparty";
const XRP_LEDGER: &str = "XRP Ledger";

/// A validated ledger that is older than this many seconds is no basis for a plan, and its server no witness.
pub const OLDEST_LEDGER: u64 = 120;

/// The network that is meant, and who means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant<N> {
    /// That of airlock.toml: what is read, planned and credited.
    Configured(N),
    /// That of a bundle: what is broadcast.
    OfBundle(N),
}

impl<N: Copy + PartialEq + core::fmt::Display> Meant<N> {
    /// A server of this network.
    ///
    /// # Errors
    /// [`NOT_USABLE`].
    pub fn check(self, theirs: N) -> Result<()> {
        let (ours, says) = match self {
            Self::Configured(ours) => (ours, "airlock.toml says"),
            Self::OfBundle(ours) => (ours, "the bundle is for"),
        };
        match theirs == ours {
            true => Ok(()),
            false => Err(NOT_USABLE.error(format!("it is on network {theirs}, {says} {ours}"))),
        }
    }
}

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
        first(&self.bitcoin, BITCOIN, |source| self.usable_bitcoin(source.as_ref()))
    }

    /// Every Bitcoin server that can be read from, in the order of the file; at least one.
    ///
    /// # Errors
    /// As [`Sources::read_bitcoin`].
    pub fn all_bitcoin(&self) -> Result<Vec<(&dyn BitcoinSource, BitcoinStatus)>> {
        all(&self.bitcoin, BITCOIN, |source| self.usable_bitcoin(source.as_ref()))
    }

    fn usable_bitcoin<'a>(
        &self,
        source: &'a dyn BitcoinSource,
    ) -> Result<(&'a dyn BitcoinSource, BitcoinStatus)> {
        let status = source.status()?;
        check_bitcoin(&status, Meant::Configured(self.network)).map_err(|e| e.at(source.name()))?;
        Ok((source, status))
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
        check_counterparty(&status, Meant::Configured(self.network)).map_err(|e| e.at(source.name()))?;
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
        let ledger =
            check_xrpl(&status, Meant::Configured(self.network_id)).map_err(|e| e.at(source.name()))?;
        Ok((source, status, ledger))
    }
}

/// A Bitcoin server whose word counts: for planning, for deposits and for what becomes of a payment alike.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_bitcoin(status: &BitcoinStatus, meant: Meant<BitcoinNetwork>) -> Result<()> {
    meant.check(status.network)?;
    let (height, headers) = (status.height, status.headers);
    match status.synced {
        true => Ok(()),
        false => Err(NOT_USABLE.error(format!("it has {height} of {headers} blocks"))),
    }
}

/// A Counterparty server whose word counts. What it says about itself proves nothing: the heights do.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_counterparty(status: &CounterpartyStatus, meant: Meant<BitcoinNetwork>) -> Result<()> {
    meant.check(status.network)?;
    let (height, node) = (status.height, status.bitcoin_height);
    match status.ready && height.saturating_add(1) >= node {
        true => Ok(()),
        false => Err(NOT_USABLE.error(format!("its ledger is at block {height}, its node at {node}"))),
    }
}

/// A server of the XRP Ledger whose word counts, and its last validated ledger.
///
/// # Errors
/// [`NOT_USABLE`].
pub fn check_xrpl(status: &XrplStatus, meant: Meant<u32>) -> Result<ValidatedLedger> {
    meant.check(status.network_id)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::memory::Chain;

    #[test]
    fn a_server_is_fit_by_one_rule_whoever_asks() {
        let sources = Chain::demo().sources();
        let bitcoin = sources.bitcoin[0].status().unwrap();
        let (ours, other) = (BitcoinNetwork::Regtest, BitcoinNetwork::Signet);
        let told = |result: Result<()>| result.unwrap_err().what().to_owned();
        for meant in [Meant::Configured(ours), Meant::OfBundle(ours)] {
            check_bitcoin(&bitcoin, meant).unwrap();
            let behind = BitcoinStatus { synced: false, headers: 900, ..bitcoin.clone() };
            assert_eq!(told(check_bitcoin(&behind, meant)), "it has 285 of 900 blocks");
        }
        let says = |meant| told(check_bitcoin(&bitcoin, meant));
        assert_eq!(says(Meant::Configured(other)), "it is on network regtest, airlock.toml says signet");
        assert_eq!(says(Meant::OfBundle(other)), "it is on network regtest, the bundle is for signet");
    }

    #[test]
    fn a_server_of_the_xrp_ledger_is_fit_while_its_ledger_is_young() {
        let chain = Chain::demo();
        let sources = chain.sources();
        let check = |meant| check_xrpl(&sources.xrpl[0].status().unwrap(), meant);
        for (age, is_fit) in [(0, true), (OLDEST_LEDGER, true), (OLDEST_LEDGER + 1, false)] {
            chain.age.set(age);
            assert_eq!(check(Meant::OfBundle(1)).is_ok(), is_fit, "{age}");
            assert_eq!(check(Meant::Configured(1)).is_ok(), is_fit, "{age}");
        }
        chain.age.set(0);
        assert_eq!(check(Meant::OfBundle(2)).unwrap_err().code(), &NOT_USABLE);
        let status = sources.xrpl[0].status().unwrap();
        let blocked = XrplStatus { amendment_blocked: true, ..status.clone() };
        assert!(check_xrpl(&blocked, Meant::OfBundle(1)).is_err());
        let empty = XrplStatus { validated: None, ..status };
        assert!(check_xrpl(&empty, Meant::OfBundle(1)).is_err());
    }
}
