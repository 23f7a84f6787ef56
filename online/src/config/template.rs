//! The file that `init` writes: every member with a comment, filled in as far as it was told.

use std::path::PathBuf;

use airlock::network::BitcoinNetwork;

use crate::http::Url;

/// What a person told `init`.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// The Bitcoin network.
    pub network: BitcoinNetwork,
    /// The XRP Ledger's network id.
    pub network_id: u32,
    /// A Bitcoin Core node.
    pub bitcoin: Option<Url>,
    /// Its cookie file.
    pub cookie: Option<PathBuf>,
    /// A Counterparty server.
    pub counterparty: Option<Url>,
    /// A server of the XRP Ledger.
    pub xrpl: Option<Url>,
}

/// The text of a new `airlock.toml`.
pub fn template(filled: &Filled) -> String {
    let (rpc, counterparty) = ports(filled.network);
    let bitcoin =
        filled.bitcoin.as_ref().map_or(format!("http://127.0.0.1:{rpc}"), |url| url.as_str().into());
    let ledger = filled
        .counterparty
        .as_ref()
        .map_or(format!("http://127.0.0.1:{counterparty}"), |url| url.as_str().into());
    let xrpl = filled.xrpl.as_ref().map_or("http://127.0.0.1:5005".to_owned(), |url| url.as_str().into());
    let cookie =
        filled.cookie.as_ref().map_or(usual_cookie(filled.network), |path| path.to_string_lossy().into());
    include_str!("template.toml")
        .replace("{network}", filled.network.name())
        .replace("{network_id}", &filled.network_id.to_string())
        .replace("{bitcoin}", &quoted(&bitcoin))
        .replace("{cookie}", &quoted(&cookie))
        .replace("{counterparty}", &quoted(&ledger))
        .replace("{xrpl}", &quoted(&xrpl))
}

/// The ports of Bitcoin Core's RPC and of counterparty-server (counterparty.md 9).
fn ports(network: BitcoinNetwork) -> (u16, u16) {
    match network {
        BitcoinNetwork::Mainnet => (8332, 4000),
        BitcoinNetwork::Testnet3 => (18332, 14000),
        BitcoinNetwork::Testnet4 => (48332, 44000),
        BitcoinNetwork::Signet => (38332, 34000),
        BitcoinNetwork::Regtest => (18443, 24000),
    }
}

fn usual_cookie(network: BitcoinNetwork) -> String {
    let folder = match network {
        BitcoinNetwork::Mainnet => "",
        BitcoinNetwork::Testnet3 => "testnet3/",
        BitcoinNetwork::Testnet4 => "testnet4/",
        BitcoinNetwork::Signet => "signet/",
        BitcoinNetwork::Regtest => "regtest/",
    };
    format!("~/.bitcoin/{folder}.cookie")
}

/// A TOML string, with everything escaped that could end it.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)).chars().collect(),
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}
