use std::path::PathBuf;

use airlock::network::BitcoinNetwork;
use airlock::{Result, text::Printable};
use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::cli::{Global, parsed};
use crate::config::{self, Config, Filled};
use crate::error::EXISTS;
use crate::files;
use crate::home::Home;
use crate::http::Url;

/// Write airlock.toml: networks and servers, with comments
///
/// A file that is there is never overwritten. No password goes in: name the file or variable that holds it.
///
///     airlock-online init
///     airlock-online init --bitcoin https://node.example:8332 --cookie /mnt/node/.cookie --xrpl https://xrpl.example
///     airlock-online init --network regtest --network-id 1
///     airlock-online init --show
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Init {
    /// Bitcoin network: mainnet, testnet3, testnet4, signet, regtest
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = parsed::<BitcoinNetwork>)]
    network: BitcoinNetwork,
    /// XRP Ledger network: 0 mainnet, 1 testnet, 2 devnet [default: 0 on mainnet, else 1]
    #[arg(long, value_name = "ID")]
    network_id: Option<u32>,
    /// Bitcoin Core's JSON-RPC
    #[arg(long, value_name = "URL", value_parser = parsed::<Url>)]
    bitcoin: Option<Url>,
    /// Bitcoin Core's cookie file
    #[arg(long, value_name = "FILE")]
    cookie: Option<PathBuf>,
    /// counterparty-server
    #[arg(long, value_name = "URL", value_parser = parsed::<Url>)]
    counterparty: Option<Url>,
    /// rippled or Clio, JSON-RPC
    #[arg(long, value_name = "URL", value_parser = parsed::<Url>)]
    xrpl: Option<Url>,
    /// Print the file and write nothing
    #[arg(long)]
    show: bool,
}

/// What to do where there is one already.
const KEPT: &str = "Edit the one that is there. `airlock-online init --show` with the same options prints what would have been \
                    written; `--home DIR` begins another home folder.";

impl Init {
    pub(crate) fn run(&self, global: &Global) -> Result<Answer> {
        let usual_id = u32::from(self.network != BitcoinNetwork::Mainnet);
        let text = config::template(&Filled {
            network: self.network,
            network_id: self.network_id.unwrap_or(usual_id),
            bitcoin: self.bitcoin.clone(),
            cookie: self.cookie.clone(),
            counterparty: self.counterparty.clone(),
            xrpl: self.xrpl.clone(),
        });
        Config::decode(&text)?;
        if self.show {
            let lines = text.lines().map(str::to_owned).collect();
            return Ok(Answer { headline: None, lines, json: json!({ "text": text }) });
        }
        let home = Home::find(global.home.as_deref())?;
        let path = config::path(&home);
        home.create()?;
        files::write_new(&path, text.as_bytes()).map_err(|error| match error.code() == &EXISTS {
            true => error.with_next(KEPT),
            false => error,
        })?;
        let shown = files::shown(&path);
        let lines =
            vec![format!("wrote {shown}"), "Put your servers in, then: airlock-online doctor".to_owned()];
        let json = json!({ "file": Printable::new(&path.to_string_lossy()).as_str() });
        Ok(Answer { headline: None, lines, json })
    }
}
