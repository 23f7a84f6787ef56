//! The members of `airlock.toml`, and from what is written to what it means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use airlock::account::AccountName;
use airlock::network::BitcoinNetwork;
use airlock::text::Printable;
use airlock::{Error, Result};
use serde::Deserialize;

use super::{
    BAD_CONFIG, Bitcoin, BitcoinKind, BitcoinServer, Config, Deposits, Depths, MOST_GAP, MOST_SERVERS,
    PLAIN_HTTP, Server, Xrpl, deposits, depth,
};
use crate::http::{Credential, Url};

/// Addresses that are looked at behind the last used one, unless the file says otherwise (BIP-44).
const USUAL_GAP: u32 = 20;
/// Most bytes of the file.
const MOST_BYTES: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bitcoin: Option<BitcoinFile>,
    #[serde(default)]
    counterparty: Option<CounterpartyFile>,
    #[serde(default)]
    xrpl: Option<XrplFile>,
    #[serde(default)]
    depth: Vec<depth::File>,
    deposits: Option<deposits::File>,
    #[serde(default)]
    tiers: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BitcoinFile {
    network: String,
    gap_limit: Option<u32>,
    #[serde(default)]
    server: Vec<ServerFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CounterpartyFile {
    #[serde(default)]
    server: Vec<ServerFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct XrplFile {
    network_id: u32,
    #[serde(default)]
    server: Vec<ServerFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerFile {
    kind: Option<String>,
    url: String,
    cookie_file: Option<PathBuf>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    wallet: Option<String>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    plain_http: bool,
}

pub(super) fn read(text: &str) -> Result<Config> {
    if text.len() > MOST_BYTES {
        return Err(BAD_CONFIG.error(format!("{} bytes, at most {MOST_BYTES} are read", text.len())));
    }
    let file: File = toml::from_str(text).map_err(|e| toml_error(text, &e))?;
    let bitcoin = match file.bitcoin {
        None => Bitcoin { network: BitcoinNetwork::default(), gap_limit: USUAL_GAP, servers: Vec::new() },
        Some(bitcoin) => read_bitcoin(bitcoin)?,
    };
    let counterparty = file.counterparty.map(|counterparty| counterparty.server).unwrap_or_default();
    let xrpl = match file.xrpl {
        None => Xrpl { network_id: 0, servers: Vec::new() },
        Some(xrpl) => {
            Xrpl { network_id: xrpl.network_id, servers: each(xrpl.server, "xrpl", ServerFile::plain)? }
        }
    };
    Ok(Config {
        bitcoin,
        counterparty: each(counterparty, "counterparty", ServerFile::plain)?,
        xrpl,
        depths: Depths::read(file.depth)?,
        deposits: file.deposits.map(Deposits::read).transpose()?.unwrap_or_default(),
        tiers: tiers(file.tiers)?,
    })
}

/// The library's own text of an error shows the line, and a line may hold a secret.
fn toml_error(text: &str, error: &toml::de::Error) -> Error {
    let before = error.span().and_then(|span| text.get(..span.start));
    let message = Printable::new(error.message());
    match before {
        Some(before) => {
            let line = before.matches('\n').count().saturating_add(1);
            BAD_CONFIG.error(format!("line {line}: {message}"))
        }
        None => BAD_CONFIG.error(message.to_string()),
    }
}

fn read_bitcoin(bitcoin: BitcoinFile) -> Result<Bitcoin> {
    let network = bitcoin.network.parse().map_err(|e: Error| e.at("[bitcoin] network"))?;
    let gap_limit = bitcoin.gap_limit.unwrap_or(USUAL_GAP);
    if !(1..=MOST_GAP).contains(&gap_limit) {
        return Err(
            BAD_CONFIG.error(format!("[bitcoin] gap_limit: {gap_limit} is not between 1 and {MOST_GAP}"))
        );
    }
    Ok(Bitcoin { network, gap_limit, servers: each(bitcoin.server, "bitcoin", ServerFile::bitcoin)? })
}

fn each<T>(servers: Vec<ServerFile>, chain: &str, read: fn(ServerFile) -> Result<T>) -> Result<Vec<T>> {
    if servers.len() > MOST_SERVERS {
        return Err(BAD_CONFIG.error(format!("{} servers of {chain}, at most {MOST_SERVERS}", servers.len())));
    }
    let place = |number: usize| format!("[[{chain}.server]] {number}");
    (1..).zip(servers).map(|(number, server)| read(server).map_err(|e| e.at(place(number)))).collect()
}

impl ServerFile {
    fn bitcoin(self) -> Result<BitcoinServer> {
        let kind = match self.kind.as_deref() {
            None | Some("core") => BitcoinKind::Core,
            Some("esplora") => BitcoinKind::Esplora,
            Some(other) => {
                let other = Printable::new(other);
                return Err(BAD_CONFIG.error(format!("kind '{other}' is neither core nor esplora")));
            }
        };
        let wallet = self.wallet.clone();
        if wallet.is_some() && kind != BitcoinKind::Core {
            return Err(BAD_CONFIG.error("only kind core has a wallet"));
        }
        let server = Self { kind: None, wallet: None, ..self }.plain()?;
        Ok(BitcoinServer { kind, server, wallet })
    }

    fn plain(self) -> Result<Server> {
        if self.kind.is_some() || self.wallet.is_some() {
            return Err(BAD_CONFIG.error("only [[bitcoin.server]] has kind and wallet"));
        }
        let url: Url = self.url.parse()?;
        if !url.is_private() && !self.plain_http {
            return Err(PLAIN_HTTP.error(format!("{url} is another machine, without https")));
        }
        let credential = match (self.cookie_file, self.user, self.password_file, self.password_env) {
            (None, None, None, None) => Credential::None,
            (Some(cookie), None, None, None) => Credential::Cookie(cookie),
            (None, Some(user), Some(file), None) => Credential::PasswordFile { user: name(user)?, file },
            (None, Some(user), None, Some(variable)) => {
                Credential::PasswordEnvironment { user: name(user)?, variable }
            }
            (Some(_), _, _, _) => {
                return Err(BAD_CONFIG.error("cookie_file stands alone, without user and password"));
            }
            (None, _, _, _) => {
                return Err(BAD_CONFIG.error("user comes with one of password_file and password_env"));
            }
        };
        Ok(Server { url, credential, ca_file: self.ca_file })
    }
}

/// A user name as HTTP takes it: without colon (RFC 7617), printable.
fn name(user: String) -> Result<String> {
    match !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        true => Ok(user),
        false => Err(BAD_CONFIG.error("user is empty or has a colon, a space or a character beyond ASCII")),
    }
}

fn tiers(written: BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut seen = BTreeSet::new();
    let mut tiers = BTreeMap::new();
    for (tier, members) in written {
        let _: AccountName = tier.parse().map_err(|e: Error| e.at("[tiers]"))?;
        for member in &members {
            let _: AccountName = member.parse().map_err(|e: Error| e.at(format!("[tiers] {tier}")))?;
            if !seen.insert(member.clone()) {
                return Err(BAD_CONFIG.error(format!("[tiers]: '{member}' stands in two places")));
            }
        }
        tiers.insert(tier, members.into_iter().collect());
    }
    Ok(tiers)
}
