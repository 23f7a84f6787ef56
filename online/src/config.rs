//! `airlock.toml` in the home folder: networks, servers, confirmations, tiers. It names secrets and holds none.
//!
//! A member that is not known is refused: a misspelled credential or depth must not be taken for an absent one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use airlock::network::BitcoinNetwork;
use airlock::{Code, Exit, Result};

use crate::home::Home;
use crate::http::{Credential, Http, Trace, Url};
use crate::{environment, files};

mod deposits;
mod depth;
mod file;
mod template;

pub use deposits::Deposits;
pub use depth::{Depth, Depths, Purpose};
pub use template::{Filled, template};

/// No configuration.
pub static NO_CONFIG: Code = Code::new(
    "E-CONF-001",
    Exit::Fixable,
    "Which networks and servers are asked stands in airlock.toml in the home folder.",
    "Write one with `airlock-online init`, and put your servers in.",
);
/// A configuration that cannot be read.
pub static BAD_CONFIG: Code = Code::new(
    "E-CONF-002",
    Exit::BadInput,
    "airlock.toml has a member that is not known, lacks one, or has a value that cannot be meant.",
    "Correct the line; `airlock-online init --show` prints a file with comments on every member.",
);
/// A chain without servers.
pub static NO_SERVER: Code = Code::new(
    "E-CONF-003",
    Exit::Fixable,
    "airlock.toml names no server of a chain that is needed.",
    "Add the server to airlock.toml; `airlock-online init --show` prints a file with comments on every member.",
);
/// Plain http to another machine.
pub static PLAIN_HTTP: Code = Code::new(
    "E-CONF-004",
    Exit::Refused,
    "Over http:// to another machine whoever stands between reads the credential, and can change every answer: hide coins, \
     deposits and assets, invent confirmations, hold payments back.",
    "Use https (`ca_file` for an authority of your own), or a tunnel such as ssh -L and 127.0.0.1. Where the line between the \
     machines is yours alone: `plain_http = true` beside the `url`.",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&NO_CONFIG, &BAD_CONFIG, &NO_SERVER, &PLAIN_HTTP];

/// Its name in the home folder.
pub const NAME: &str = "airlock.toml";
/// Most servers of one chain.
const MOST_SERVERS: usize = 16;
/// The highest gap limit; the planner looks no further for addresses of its own.
const MOST_GAP: u32 = 1_000;

/// What `airlock.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Bitcoin.
    pub bitcoin: Bitcoin,
    /// Counterparty servers on the same network, in order.
    pub counterparty: Vec<Server>,
    /// The XRP Ledger.
    pub xrpl: Xrpl,
    /// How many confirmations are waited for.
    pub depths: Depths,
    /// What is credited, and how far back is looked.
    pub deposits: Deposits,
    /// Tiers of `balances`: roles or names of accounts by the tier's name; empty for one tier for each role.
    pub tiers: BTreeMap<String, BTreeSet<String>>,
}

/// Bitcoin as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitcoin {
    /// The network.
    pub network: BitcoinNetwork,
    /// How many unused addresses are looked at behind the last used one.
    pub gap_limit: u32,
    /// Servers, in order.
    pub servers: Vec<BitcoinServer>,
}

/// The XRP Ledger as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xrpl {
    /// 0 mainnet, 1 testnet, 2 devnet; others above.
    pub network_id: u32,
    /// Servers, in order.
    pub servers: Vec<Server>,
}

/// A server of the Bitcoin chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitcoinServer {
    /// What kind.
    pub kind: BitcoinKind,
    /// Where, and who we are to it.
    pub server: Server,
    /// A watch-only descriptor wallet of Bitcoin Core.
    pub wallet: Option<String>,
}

/// The kinds of Bitcoin server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitcoinKind {
    /// Bitcoin Core, JSON-RPC.
    Core,
    /// Esplora, REST.
    Esplora,
}

/// Where a server is, and who we are to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub url: Url,
    /// Where the credential is found; paths as written.
    pub credential: Credential,
    /// Certificates of the treasury's own authority; path as written.
    pub ca_file: Option<PathBuf>,
}

impl Config {
    /// Reads `airlock.toml` of a home folder.
    ///
    /// # Errors
    /// [`NO_CONFIG`] where there is none, [`BAD_CONFIG`], or those of files.
    pub fn load(home: &Home) -> Result<Self> {
        Self::load_if_there(home)?
            .ok_or_else(|| NO_CONFIG.error(format!("there is no {}", files::shown(&path(home)))))
    }

    /// As [`Config::load`]; none where there is no file.
    ///
    /// # Errors
    /// [`BAD_CONFIG`], or those of files.
    pub fn load_if_there(home: &Home) -> Result<Option<Self>> {
        let path = path(home);
        if fs::symlink_metadata(&path).is_err() {
            return Ok(None);
        }
        let text = String::from_utf8(files::read(&path)?)
            .map_err(|_| BAD_CONFIG.error(format!("{} is not UTF-8", files::shown(&path))))?;
        Self::decode(&text).map_err(|e| e.at(files::shown(&path))).map(Some)
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// [`BAD_CONFIG`], [`PLAIN_HTTP`], or [`crate::http::BAD_URL`].
    pub fn decode(text: &str) -> Result<Self> {
        file::read(text)
    }
}

impl Server {
    /// A client of this server; relative paths lie in the home folder.
    ///
    /// # Errors
    /// [`crate::http::BAD_CERTIFICATE`], or those of files.
    pub fn http(&self, home: &Home, trace: &Trace) -> Result<Http> {
        let certificates =
            self.ca_file.as_deref().map(|path| files::read(&expanded(home, path))).transpose()?;
        let credential = match &self.credential {
            Credential::None => Credential::None,
            Credential::Cookie(path) => Credential::Cookie(expanded(home, path)),
            Credential::PasswordFile { user, file } => {
                Credential::PasswordFile { user: user.clone(), file: expanded(home, file) }
            }
            Credential::PasswordEnvironment { user, variable } => {
                Credential::PasswordEnvironment { user: user.clone(), variable: variable.clone() }
            }
        };
        Http::new(self.url.clone(), credential, certificates.as_deref(), trace.clone())
            .map_err(|e| e.at(self.url.to_string()))
    }

    /// True where a credential travels to another machine for everybody to read.
    pub fn exposes_credential(&self) -> bool {
        self.credential != Credential::None && !self.url.is_private()
    }
}

/// Where the file of a home folder is.
pub fn path(home: &Home) -> PathBuf {
    home.folder().join(NAME)
}

/// `~/` is the user's home, everything else that is relative lies in the program's home folder.
fn expanded(home: &Home, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), environment("HOME")) {
        (Ok(rest), Some(user)) => Path::new(&user).join(rest),
        (Ok(_), None) | (Err(_), _) => home.folder().join(path),
    }
}

#[cfg(test)]
mod tests;
